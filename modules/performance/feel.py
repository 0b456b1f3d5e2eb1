"""Where a player sets notes against the grid and how he weighs them: drummers' averages per style family.

Reads `assets/feel.json` (Groove MIDI Dataset, CC BY 4.0; built by `modules.training.feel`). Times in seconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zlib import crc32

import numpy as np

from modules.assets import asset
from modules.types import Song

# card family → the drummers' family that is nearest
_LIKE = {
    "pop": "pop", "rock": "rock", "metal": "rock", "folk": "country", "country": "country", "blues": "blues",
    "jazz": "jazz", "funk": "funk", "soul": "soul", "hip-hop": "hip-hop", "house": "house", "reggae": "reggae",
    "latin": "latin", "african": "african", "world": "world", "cinematic": "rock", "sacred": "soul",
    "techno": "house", "trance": "house", "bass": "hip-hop", "synthwave": "pop", "game": "pop", "children": "pop",
    "ambient": "pop",
}
# share of human deviation; a machine's grid is part of the style
_TIGHT = {"house": 0.3, "techno": 0.1, "trance": 0.1, "bass": 0.3, "synthwave": 0.2, "game": 0.15, "metal": 0.6}
# kits that a machine plays, whatever the style: its band plays to that grid
MACHINE_KITS = ("kit_808", "kit_909", "electronic_kit", "chip_kit")
_MACHINE_TIGHT = 0.25
# milliseconds that the melody lies behind the beat
_LAID_BACK = {"jazz": 20, "soul": 16, "hip-hop": 18, "blues": 15, "funk": 8, "reggae": 12, "pop": 6, "rock": 5,
              "folk": 6, "country": 5, "latin": 6, "african": 4, "sacred": 8, "world": 5, "ambient": 10,
              "cinematic": 6, "children": 3, "synthwave": 4}
_GROUPS = {"kick": "kick", "snare": "snare", "rim": "snare", "clap": "snare", "ghost": "ghost", "soft": "hat",
           "closed": "hat", "pedal": "hat", "open": "hat", "shaker": "hat", "ride": "ride", "bell": "ride",
           "crash": "crash"}
_SIX_EIGHT = (0, 1, 2, 1, 2, 3)  # which sixteenth of a straight beat each sixteenth of a dotted quarter resembles
_MAX_LATE_S = 0.025  # further off sounds like a mistake


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return json.loads(asset("feel.json").read_text(encoding="utf-8"))["families"]


@dataclass(frozen=True)
class Feel:
    """The mixture of families of one song."""

    families: Mapping[str, float]
    seed: int
    meter: str
    machine: bool = False  # a drum machine keeps the time

    def draws(self, lane: str) -> np.random.Generator:
        """The lane's own random numbers: changing one lane leaves the others alone."""
        return np.random.default_rng([self.seed & 0xFFFFFFFF, crc32(lane.encode())])

    def mean(self, values: Mapping[str, float], default: float) -> float:
        """Average of a per-family number."""
        return sum(weight * values.get(family, default) for family, weight in self.families.items())

    @property
    def tightness(self) -> float:
        """1 human, towards 0 a machine."""
        return self._tight(self.mean(_TIGHT, 1.0))

    @property
    def laid_back_s(self) -> float:
        return self.mean(_LAID_BACK, 0.0) / 1000.0 * (0.5 if self.machine else 1.0)

    def _tight(self, style: float) -> float:
        return min(style, _MACHINE_TIGHT) if self.machine else style

    def hit(self, piece: str, step_in_bar: int) -> tuple[float, float, float, float]:
        """(lateness s, its spread s, velocity factor, its spread) of a drum piece on a step of the bar."""
        group = _GROUPS.get(piece, "tom")
        step = step_in_bar % 16
        if self.meter == "6/8":
            step = (step_in_bar // 6) * 8 + _SIX_EIGHT[step_in_bar % 6]
        out = np.zeros(4)
        table = _table()
        for family, weight in self.families.items():
            cells = table.get(_LIKE.get(family, "all"), table["all"])[group]
            tight = self._tight(_TIGHT.get(family, 1.0))
            scale = (tight, tight, 1.0, 1.0)
            columns = ("timing_ms", "spread_ms", "velocity", "velocity_spread")
            out += weight * np.array([cells[name][step] * s for name, s in zip(columns, scale, strict=True)])
        late_s = float(np.clip(out[0] / 1000.0, -_MAX_LATE_S, _MAX_LATE_S))
        return late_s, float(out[1] / 1000.0), float(out[2]), float(out[3])

    def timing(self, piece: str, step_in_bar: int, draws: np.random.Generator) -> float:
        """One hit's lateness in seconds. A third of the measured spread: the rest is drift, not placing."""
        late_s, spread_s, _, _ = self.hit(piece, step_in_bar)
        return float(np.clip(late_s + draws.normal() * spread_s / 3, -_MAX_LATE_S, _MAX_LATE_S))


def make_feel(song: Song, cards: Mapping[str, Any]) -> Feel:
    """The feel of a song from the families of its style cards (pop where a card is unknown)."""
    families: dict[str, float] = {}
    total = sum(song.styles.values()) or 1.0
    for name, weight in song.styles.items():
        family = cards[name].family if name in cards else "pop"
        families[family] = families.get(family, 0.0) + weight / total
    machine = song.instruments.get("drums") in MACHINE_KITS
    return Feel(families or {"pop": 1.0}, song.seed, song.canvas.meter, machine)
