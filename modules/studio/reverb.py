"""Rooms as impulse responses, made from a seed: noise whose bands die away at their own speed, after early reflections.

Moorer 1979, "About this reverberation business": a good hall's late response is exponentially decaying noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from modules.studio.effects import convolve, equalise, high_cut, low_cut

_SEED = 1979


@dataclass(frozen=True)
class Room:
    """`decay_s` are times to −60 dB at 125 Hz, 500 Hz, 2 kHz and 8 kHz; `early` pairs are (ms, gain)."""

    pre_delay_s: float
    decay_s: tuple[float, float, float, float]
    build_s: float  # how long the late sound takes to come in
    early: tuple[tuple[float, float], ...]


ROOMS = {
    "room": Room(0.004, (0.5, 0.55, 0.5, 0.3), 0.003, ((7, 0.8), (11, 0.6), (17, 0.5), (23, 0.35), (31, 0.25))),
    "plate": Room(0.012, (1.3, 1.7, 1.6, 0.9), 0.004, ()),
    "hall": Room(0.024, (2.4, 2.5, 1.9, 0.9), 0.030, ((19, 0.5), (27, 0.45), (38, 0.4), (53, 0.3), (71, 0.2))),
}
_BANDS_HZ = (125.0, 500.0, 2_000.0, 8_000.0)


def reverberate(samples: np.ndarray, rate: int, room: str) -> np.ndarray:
    """The sound of a send in a room, without the direct sound. float32 (2, T) → (2, T), about as loud as the send."""
    return convolve(samples, _filtered_response(room, rate))


@lru_cache(maxsize=6)
def _filtered_response(room: str, rate: int) -> np.ndarray:
    """The room behind its send's filters: no rumble in it and no hiss."""
    return equalise(impulse_response(room, rate), rate, [*low_cut(220.0), *high_cut(9_000.0)])


@lru_cache(maxsize=6)
def impulse_response(room: str, rate: int) -> np.ndarray:
    """float32 (2, n): left and right differ in every tap, each of energy 1."""
    design = ROOMS[room]
    n_samples = int((design.pre_delay_s + max(design.decay_s)) * rate)
    late = _late_sound(design, n_samples - int(design.pre_delay_s * rate), rate)
    response = np.zeros((2, n_samples))
    response[:, n_samples - late.shape[1]:] = late / np.sqrt((late ** 2).sum(axis=1, keepdims=True))
    rng = np.random.default_rng((_SEED, 1))
    for ms, gain in design.early:
        for channel in response:
            channel[int((ms + rng.uniform(-1.5, 1.5)) * 1e-3 * rate)] += 0.35 * gain * rng.choice([-1, 1])
    return (response / np.sqrt((response ** 2).sum(axis=1, keepdims=True))).astype(np.float32)


def _late_sound(design: Room, n_samples: int, rate: int) -> np.ndarray:
    t = np.arange(n_samples) / rate
    noise = np.fft.rfft(np.random.default_rng((_SEED, 0)).standard_normal((2, n_samples)))
    octave = np.log2(np.maximum(np.fft.rfftfreq(n_samples, 1 / rate), 1.0))
    centres = np.log2(_BANDS_HZ)
    late = np.zeros((2, n_samples))
    for i, decay_s in enumerate(design.decay_s):
        # triangular bands on a log axis that add up to one
        weight = np.interp(octave, centres, np.eye(len(centres))[i])
        late += np.fft.irfft(noise * weight, n_samples) * 10 ** (-3.0 * t / decay_s)
    return late * np.minimum(t / design.build_s, 1.0)
