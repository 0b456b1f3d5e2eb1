"""Names of pitches and chords in a key: B flat or A sharp, as a reader of that key expects."""

from __future__ import annotations

_FIFTHS = "FCGDAEB"  # letters on the line of fifths; F is −1, C is 0
_SHARP_WAYS = {"minor": 2, "dorian": 1, "phrygian": 2}  # these modes raise degrees more than they lower others
_CHORD_ENDS = (-6, 0)  # lowest places of chord roots: none is called C♭, B♯ or with two signs
_SHORT = {"maj": "", "min": "m"}


def key_fifths(do_pc: int) -> int:
    """Sharps (flats below 0) of a major key's signature, −5 … 6."""
    return (do_pc * 7 + 5) % 12 - 5


def spell(pc: int, fifths: int, mode: str = "major") -> tuple[str, int]:
    """(letter, alteration) of a pitch class in a key: the name nearest to the key on the line of fifths."""
    return _letter(pc, fifths - 4 + _SHARP_WAYS.get(mode, 0))


def _letter(pc: int, low: int) -> tuple[str, int]:
    at = low + (pc * 7 - low) % 12  # place on the line of fifths
    return _FIFTHS[(at + 1) % 7], (at + 1) // 7


def in_key(letter: str, fifths: int) -> int:
    """What a key signature does to a letter: −1, 0 or 1."""
    place = _FIFTHS.index(letter)
    return 1 if place < fifths else -1 if place >= 7 + fifths else 0


def chord_name(root: int | None, quality: str, do_pc: int, mode: str) -> str:
    """A chord as lead sheets name it: "Bbm7"; "N" for none.

    Args:
        root: semitones above do, as on the canvas; None = no chord. do_pc: pitch class of the relative major's tonic.
    """
    if root is None:
        return "N"
    low = key_fifths(do_pc) - 4 + _SHARP_WAYS.get(mode, 0)
    letter, alteration = _letter((root + do_pc) % 12, min(max(low, _CHORD_ENDS[0]), _CHORD_ENDS[1]))
    return letter + ("#" if alteration > 0 else "b" if alteration < 0 else "") + _SHORT.get(quality, quality)
