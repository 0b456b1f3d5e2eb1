"""A lane as a person set it at the mixer."""

from __future__ import annotations

import numpy as np

from modules.studio import effects

LOW_HZ, MID_HZ, HIGH_HZ, MID_Q = 150.0, 1_000.0, 4_000.0, 0.7


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
