"""Progressions of a card → chords on beats. Roots are semitones above do, so modes share one scale."""

from __future__ import annotations

import numpy as np

from modules.canvas import vocabulary as v
from modules.styles.cards import Card, read_progression
from modules.types import MODE_OFFSETS

MINOR_LIKE = ("minor", "dorian", "phrygian")
TONICS = {True: ("min", "m7", "m9", "m6"), False: ("maj", "maj7", "maj9", "6", "add9", "7", "9")}
# mode → (degree, 1 major or 0 minor third) of the chord that tells it from plain major or minor
_COLOURS = {"dorian": (5, 1), "phrygian": (1, 1), "lydian": (2, 1), "mixolydian": (10, 1)}
Chord = tuple[int, str]  # (root above do, quality)
# plain triads for simpler takes of a style
_PLAIN = {"maj7": "maj", "maj9": "maj", "6": "maj", "add9": "maj", "m7": "min", "m9": "min", "m6": "min", "9": "7"}


def is_minor(bars: tuple[tuple[Chord, ...], ...]) -> bool:
    """Whether a progression reads as minor: by its tonic chord, else by its flat degrees."""
    chords = [chord for bar in bars for chord in bar]
    for degree, quality in chords:
        if degree == 0 and quality not in ("5", "sus4", "sus2"):
            return 3 in v.QUALITIES[quality] and 4 not in v.QUALITIES[quality]
    flats = sum(degree in (3, 8, 10) for degree, _ in chords)
    return flats > sum(degree in (4, 9, 11) for degree, _ in chords)


def choose_progression(card: Card, section: str, mode: str, rng: np.random.Generator) -> list[list[Chord]]:
    """A progression for a section as bars of chords above do; in the relative key if none is written for the mode."""
    texts = card.progressions.get(section) or card.progressions.get(
        {"drop": "chorus", "solo": "verse", "prechorus": "bridge"}.get(section, "verse")) or card.progressions["verse"]
    parsed = [read_progression(text) for text in texts]
    minor = mode in MINOR_LIKE
    fitting = [bars for bars in parsed if is_minor(bars) == minor]
    if mode in _COLOURS:  # the chord that makes the mode heard, where the card has written it
        coloured = [bars for bars in (parsed if mode == "phrygian" else fitting) if any(
            degree == _COLOURS[mode][0] and 3 + _COLOURS[mode][1] in v.QUALITIES[quality]
            for bar in bars for degree, quality in bar)]
        fitting = coloured or fitting
    offset = MODE_OFFSETS[mode] if fitting else (0 if minor else 9)
    pool = fitting or parsed
    bars = pool[rng.integers(len(pool))]
    return [[((degree + offset) % 12, quality) for degree, quality in bar] for bar in bars]


def tonic_chord(mode: str, near: list[Chord], rng: np.random.Generator) -> Chord:
    """The tonic chord in the colour that the piece uses, plain if it never stands on the tonic."""
    root = MODE_OFFSETS[mode]
    allowed = TONICS[mode in MINOR_LIKE] + ("5",) + (("maj",) if mode == "phrygian" else ())
    seen = [chord for chord in near if chord[0] == root and chord[1] in allowed]
    return seen[rng.integers(len(seen))] if seen else (root, "min" if mode in MINOR_LIKE else "maj")


def lay_section(bars: list[list[Chord]], n_bars: int, beats_per_bar: int, plain: bool) -> list[Chord]:
    """One chord a beat for `n_bars`, the progression looped."""
    out: list[Chord] = []
    for index in range(n_bars):
        bar = bars[index % len(bars)]
        for beat in range(beats_per_bar):
            root, quality = bar[min(len(bar) - 1, beat * len(bar) // beats_per_bar)]
            out.append((root, _PLAIN.get(quality, quality) if plain else quality))
    return out
