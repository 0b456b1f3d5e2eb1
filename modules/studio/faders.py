"""What a person turned at the mixer, and doing it to one lane."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from modules.studio import effects

LOW_HZ, MID_HZ, HIGH_HZ, MID_Q = 150.0, 1_000.0, 4_000.0, 0.7
MAX_GAIN_DB = 24.0  # of faders, bands and sends, upwards


@dataclass(frozen=True)
class MixSettings:
    """By lane; empty = as the studio would have it.

    gain_db, pan (−1 … 1, added to the lane's place), three bands: low_db (shelf at 150 Hz), mid_db (bell at 1 kHz),
    high_db (shelf at 4 kHz), reverb_db (its send). `mute` and `solo` hold lanes; when any lane is soloed the others are
    silent. Levels up to 24 dB; as far down as one likes (−inf is silence).
    """

    gain_db: Mapping[str, float] = field(default_factory=dict)
    pan: Mapping[str, float] = field(default_factory=dict)
    low_db: Mapping[str, float] = field(default_factory=dict)
    mid_db: Mapping[str, float] = field(default_factory=dict)
    high_db: Mapping[str, float] = field(default_factory=dict)
    reverb_db: Mapping[str, float] = field(default_factory=dict)
    mute: frozenset[str] = frozenset()
    solo: frozenset[str] = frozenset()

    def hears(self, lane: str) -> bool:
        """Is the lane on the bus?"""
        return lane not in self.mute and (not self.solo or lane in self.solo)

    def named(self) -> Iterator[str]:
        """Every lane that is spoken of."""
        for lanes in (self.gain_db, self.pan, self.low_db, self.mid_db, self.high_db, self.reverb_db, self.mute,
                      self.solo):
            yield from lanes

    def strip(self, lane: str) -> tuple[float, float, float, float, float]:
        """(gain_db, pan, low_db, mid_db, high_db) of one lane."""
        return (self.gain_db.get(lane, 0.0), self.pan.get(lane, 0.0), self.low_db.get(lane, 0.0),
                self.mid_db.get(lane, 0.0), self.high_db.get(lane, 0.0))

    def wrong_value(self) -> str:
        """The first value out of range in words, or nothing."""
        for name in ("gain_db", "low_db", "mid_db", "high_db", "reverb_db"):
            for lane, value in getattr(self, name).items():
                if not value <= MAX_GAIN_DB:
                    return f"{name} of {lane} is {value:g}; up to {MAX_GAIN_DB:g} dB would be right."
        for lane, value in self.pan.items():
            if not -1.0 <= value <= 1.0:
                return f"pan of {lane} is {value:g}; -1 (left) to 1 (right) would be right."
        return ""


def fade_lane(sound: np.ndarray, rate: int, strip: tuple[float, float, float, float, float],
              place: float) -> np.ndarray:
    """Equalise, move and set the level of a lane that stands at `place` already. float32 (2, T) → (2, T)."""
    gain_db, turn, low_db, mid_db, high_db = strip
    out = effects.equalise(sound, rate, [*effects.low_shelf(LOW_HZ, low_db), *effects.bell(MID_HZ, mid_db, MID_Q),
                                         *effects.high_shelf(HIGH_HZ, high_db)])
    gains = np.full((2, 1), 10 ** (gain_db / 20), np.float32)
    if turn:
        gains = gains * effects.pan_gains(place + turn) / effects.pan_gains(place)
    return out if (gains == 1.0).all() else out * gains
