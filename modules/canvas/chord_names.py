"""Chords as people write them ("F#m7", "Bbmaj7", "Gsus4"): names to tokens. One chord each; knows no key."""

from __future__ import annotations

import re

from modules.canvas.vocabulary import QUALITIES
from modules.errors import InputError

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_WRITTEN = {"": "maj", "M": "maj", "m": "min", "min": "min", "-": "min", "M7": "maj7", "Δ": "maj7", "min7": "m7",
            "-7": "m7", "ø": "m7b5", "min7b5": "m7b5", "°": "dim", "o": "dim", "°7": "dim7", "o7": "dim7",
            "sus": "sus4", "+": "aug", "min6": "m6", "min9": "m9", "M9": "maj9", "2": "add9",
            **{name: name for name in QUALITIES}}


def read_chord(name: str) -> tuple[int, str]:
    """(root pitch class, quality) of a written chord.

    Raises:
        InputError: no chord that Earworm plays.
    """
    found = re.fullmatch(r"([A-Ga-g])([#♯b♭]?)(.*)", name.strip())
    quality = _WRITTEN.get(found[3].replace("♭", "b")) if found else None
    if quality is None:
        raise InputError(f"{name.strip()!r} is no chord that Earworm plays; write it like C, F#m7, Bbmaj7 or Gsus4.")
    return (_LETTERS[found[1].upper()] + {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}[found[2]]) % 12, quality


def read_progression(text: str) -> list[list[tuple[int, str]]]:
    """Bars of chords: "Am F C G" is a chord a bar, "Am F | C G" bars of two.

    Raises:
        InputError: nothing, or something that is no chord.
    """
    bars = [bar.replace(",", " ").split() for bar in text.split("|") if bar.strip()]
    if len(bars) == 1:
        bars = [[name] for name in bars[0]]
    if not bars:
        raise InputError("No chords were given; write them bar by bar, such as \"Am F C G\" or \"Am F | C G\".")
    return [[read_chord(name) for name in bar] for bar in bars]
