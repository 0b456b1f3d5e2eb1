"""Style cards: genre knowledge as data (`assets/styles/*.yaml`), read and checked. See `assets/styles/README.md`.

The teacher in `training/` writes music from progressions and figures; at run time only tempo, forms, lanes,
instruments, feel and mix are used: the generator has learned the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from modules.assets import asset, instruments
from modules.canvas import vocabulary as v
from modules.errors import WeightsMissing
from modules.types import LANES, METERS, MODE_OFFSETS, SECTIONS

LEVEL_NAMES = ("low", "mid", "high")
FIGURE_SIGNS = {"bass": "R8o3567aw-.", "comp": "FHL1234DUM-.", "comp2": "FHL1234DUM-.", "pad": "FHL1234DUM-."}
PIECES = tuple(v.DRUM_KEYS)
COUNTERS = ("answer", "thirds", "lines", "riff", "none")
ENDINGS = ("ring", "ritard", "fade", "hit")
# scales of melodies that leave the major scale's seven notes: pitch classes above the mode's tonic
MELODY_SCALES: dict[str, tuple[int, ...]] = {
    "diatonic": (), "harmonic_minor": (0, 2, 3, 5, 7, 8, 11), "hijaz": (0, 1, 4, 5, 7, 8, 10),
    "double_harmonic": (0, 1, 4, 5, 7, 8, 11), "hungarian_minor": (0, 2, 3, 6, 7, 8, 11),
    "ukrainian_dorian": (0, 2, 3, 6, 7, 9, 10), "lydian_dominant": (0, 2, 4, 6, 7, 9, 10), "blues": (0, 3, 5, 6, 7, 10),
    "major_pentatonic": (0, 2, 4, 7, 9), "minor_pentatonic": (0, 3, 5, 7, 10), "hirajoshi": (0, 2, 3, 7, 8),
    "in": (0, 1, 5, 7, 8), "whole_tone": (0, 2, 4, 6, 8, 10),
}
# modes that a scale belongs to, where it is not all; in a card's other modes the melody keeps the key signature
SCALE_MODES = {
    "harmonic_minor": ("minor",), "hijaz": ("phrygian",), "double_harmonic": ("phrygian",),
    "hungarian_minor": ("minor",), "ukrainian_dorian": ("dorian",), "lydian_dominant": ("mixolydian", "lydian"),
    "major_pentatonic": ("major", "mixolydian", "lydian"), "minor_pentatonic": ("minor", "dorian", "phrygian"),
    "hirajoshi": ("minor",), "in": ("phrygian", "minor"),
}
_STEPS = {"4/4": 16, "3/4": 12, "6/8": 12}

_NUMERALS = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
_ROMAN = re.compile(r"^([b#]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(.*)$")
_SUFFIX = {
    True: {"": "maj", "7": "7", "9": "9", "6": "6"}, False: {"": "min", "7": "m7", "9": "m9", "6": "m6"},
}
_SHARED = {"maj7", "maj9", "dim", "dim7", "m7b5", "sus4", "sus2", "aug", "5", "add9"}


@dataclass(frozen=True)
class Card:
    """One style. Fields are those of the YAML file (`assets/styles/README.md`), figures by level low/mid/high."""

    name: str
    title: str
    family: str
    describe: tuple[str, ...]
    tempo: tuple[float, float, float]
    meters: Mapping[str, float]
    modes: Mapping[str, float]
    swing: tuple[float, int]
    progressions: Mapping[str, tuple[str, ...]]
    grooves: Mapping[str, tuple[Mapping[str, str], ...]]
    fills: tuple[Mapping[str, str], ...]
    bass: Mapping[str, tuple[str, ...]]
    comp: Mapping[str, tuple[str, ...]]
    comp2: Mapping[str, tuple[str, ...]]
    pad: Mapping[str, tuple[str, ...]]
    melody: Mapping[str, float]
    counter: str
    forms: tuple[tuple[tuple[str, int, int], ...], ...]
    lanes: Mapping[str, int]
    instruments: Mapping[str, tuple[str, ...]]
    mix: Mapping[str, Any]
    ending: str
    scale: str = "diatonic"

    @property
    def meter(self) -> str:
        """The most usual metre."""
        return max(self.meters, key=lambda name: self.meters[name])


def melody_pcs(scale: str, mode: str) -> tuple[int, ...]:
    """Pitch classes above do (the relative major's tonic) that a melody in a scale and mode moves in."""
    if scale == "diatonic" or mode not in SCALE_MODES.get(scale, (mode,)):
        return (0, 2, 4, 5, 7, 9, 11)
    return tuple((MODE_OFFSETS[mode] + pc) % 12 for pc in MELODY_SCALES[scale])


def read_roman(text: str) -> tuple[int, str]:
    """(semitones above the mode's tonic, quality) of a Roman numeral such as "bVII", "iim7b5" or "Vsus4".

    Raises:
        ValueError: not a numeral of the grammar.
    """
    match = _ROMAN.match(text)
    if not match:
        raise ValueError(f"{text!r} is no Roman numeral such as I, ii7, bVII or Vsus4")
    accidental, numeral, suffix = match.groups()
    upper = numeral.isupper()
    quality = suffix if suffix in _SHARED else _SUFFIX[upper].get(suffix)
    if quality is None:
        raise ValueError(f"{text!r}: unknown chord suffix {suffix!r}")
    degree = _NUMERALS[numeral.upper()] + {"b": -1, "#": 1, "": 0}[accidental]
    return degree % 12, quality


def read_progression(text: str) -> tuple[tuple[tuple[int, str], ...], ...]:
    """Bars of (degree, quality) from "I V | vi IV"."""
    return tuple(tuple(read_roman(word) for word in bar.split()) for bar in text.split("|"))


def _fail(path: Path, why: str) -> None:
    raise ValueError(f"{path.name}: {why}")


def _levels(path: Path, raw: Any, name: str) -> dict[str, tuple]:
    if raw is None:
        return {}
    if not isinstance(raw, dict) or not set(raw) <= set(LEVEL_NAMES):
        _fail(path, f"{name} must map low/mid/high to lists")
    return {level: tuple(raw[level]) for level in LEVEL_NAMES if raw.get(level)}


def read_card(path: Path) -> Card:
    """Read and check one card.

    Raises:
        ValueError: naming the file and what is wrong in it.
    """
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    missing = set(Card.__dataclass_fields__) - set(raw) - {"scale"}
    extra = set(raw) - set(Card.__dataclass_fields__)
    if missing or extra:
        _fail(path, f"missing fields {sorted(missing)}, unknown fields {sorted(extra)}")
    if raw["name"] != path.stem:
        _fail(path, f"name {raw['name']!r} differs from the file's")
    forms = []
    for form in raw["forms"]:
        parts = tuple((name, int(bars), int(energy)) for name, bars, energy in
                      (part.split(":") for part in form.split()))
        for name, bars, energy in parts:
            if name not in SECTIONS or not 1 <= bars <= 16 or not 0 <= energy <= 7:
                _fail(path, f"form part {name}:{bars}:{energy}")
        forms.append(parts)
    card = Card(
        **{key: raw[key] for key in ("name", "title", "family", "counter", "ending", "meters", "modes", "melody",
                                     "lanes", "mix")},
        describe=tuple(raw["describe"]), tempo=tuple(float(x) for x in raw["tempo"]),
        swing=(float(raw["swing"][0]), int(raw["swing"][1])),
        progressions={k: tuple(p) for k, p in raw["progressions"].items()},
        grooves=_levels(path, raw["grooves"], "grooves"), fills=tuple(raw["fills"] or ()),
        bass=_levels(path, raw["bass"], "bass"), comp=_levels(path, raw["comp"], "comp"),
        comp2=_levels(path, raw["comp2"], "comp2"), pad=_levels(path, raw["pad"], "pad"),
        scale=raw.get("scale", "diatonic"), forms=tuple(forms),
        instruments={k: tuple(x) for k, x in raw["instruments"].items()},
    )
    _check(path, card)
    return card


def _check(path: Path, card: Card) -> None:
    bar = _STEPS[card.meter]
    low, typical, high = card.tempo
    if not 40 <= low <= typical <= high <= 240:
        _fail(path, f"tempo {card.tempo}: low ≤ typical ≤ high within 40–240")
    if len(card.describe) < 8:
        _fail(path, "at least 8 descriptions")
    if not set(card.meters) <= set(METERS) or not set(card.modes) <= set(MODE_OFFSETS):
        _fail(path, f"meters {set(card.meters)} or modes {set(card.modes)}")
    if not 0.5 <= card.swing[0] <= 0.7 or card.swing[1] not in (8, 16):
        _fail(path, f"swing {card.swing}")
    if card.scale not in MELODY_SCALES:
        _fail(path, f"scale {card.scale!r}: one of {tuple(MELODY_SCALES)}")
    if card.counter not in COUNTERS or card.ending not in ENDINGS:
        _fail(path, f"counter {card.counter!r} or ending {card.ending!r}")
    for section, texts in card.progressions.items():
        if section not in SECTIONS:
            _fail(path, f"progression for unknown section {section!r}")
        for text in texts:
            try:
                read_progression(text)
            except ValueError as error:
                _fail(path, str(error))
    if "verse" not in card.progressions:
        _fail(path, "progressions need at least 'verse' (other sections fall back to it)")
    for kind, signs in FIGURE_SIGNS.items():
        for figures in getattr(card, kind).values():
            for figure in figures:
                if set(figure) - set(signs) or len(figure) % bar or not figure:
                    _fail(path, f"{kind} figure {figure!r}: signs {signs}, whole bars of {bar} steps")
    for groove in (*[g for level in card.grooves.values() for g in level], *card.fills):
        for piece, line in groove.items():
            if piece not in PIECES or set(line) - set("x.") or len(line) % bar or not line:
                _fail(path, f"groove row {piece}: {line!r}: 'x' and '.', whole bars of {bar} steps")
    wanted = {"density", "range", "syncopation", "leap", "phrase_bars", "space", "pentatonic", "chromatic", "register"}
    if set(card.melody) != wanted:
        _fail(path, f"melody needs exactly {sorted(wanted)}")
    if set(card.lanes) != set(LANES) or set(card.instruments) != set(LANES):
        _fail(path, f"lanes and instruments need exactly {LANES}")
    for lane, names in card.instruments.items():
        unknown = [name for name in names if name not in instruments()]
        if unknown or (card.lanes[lane] < 9 and not names):
            _fail(path, f"instruments of {lane}: unknown {unknown} or none given")
    for kind in ("bass", "comp", "comp2", "pad"):
        if card.lanes[kind] < 9 and not getattr(card, kind):
            _fail(path, f"lane {kind} plays but has no figures")
    if card.lanes["drums"] < 9 and not card.grooves:
        _fail(path, "drums play but there are no grooves")
    if set(card.mix) != {"reverb", "room", "tone", "width", "saturation", "sidechain", "delay"}:
        _fail(path, "mix needs exactly reverb, room, tone, width, saturation, sidechain, delay")
    rooms, tones = ("room", "plate", "hall"), ("dark", "warm", "neutral", "bright")
    if card.mix["room"] not in rooms or card.mix["tone"] not in tones:
        _fail(path, f"mix room {card.mix['room']!r} or tone {card.mix['tone']!r}")


@lru_cache(maxsize=1)
def cards() -> dict[str, Card]:
    """All shipped cards by name, in alphabetical order."""
    found = {path.stem: read_card(path) for path in sorted(asset("styles").glob("*.yaml"))}
    if not found:
        raise WeightsMissing("assets/styles holds no style cards; check out a complete copy.")
    return found


def level_of(energy: int) -> str:
    """Figure level for a section energy 0–7."""
    return "low" if energy <= 2 else "mid" if energy <= 4 else "high"


def main() -> None:
    """`python -m modules.styles.cards`: check every card, one line each."""
    for path in sorted(asset("styles").glob("*.yaml")):
        try:
            card = read_card(path)
            print(f"ok  {card.name:24s} {card.family:14s} {card.meter} {card.tempo}")
        except (ValueError, KeyError, TypeError, yaml.YAMLError) as error:
            print(f"BAD {path.name}: {error}")


if __name__ == "__main__":
    main()
