"""Effects on one sound: filters, stereo placing, saturation, the echo, the sound of old machines. Knows no lanes.

Everything takes and gives float32 (2, T) and leaves its input as it was. Filters are pedalboard's, a new instance per
call, so that no state goes from one take to the next.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from pedalboard import HighpassFilter, HighShelfFilter, LowpassFilter, LowShelfFilter, PeakFilter, Pedalboard, Plugin
from scipy.signal import oaconvolve

SHELF_Q = 2 ** -0.5


def low_cut(hz: float) -> list[Plugin]:
    """12 dB an octave, −3 dB at `hz`."""
    return [HighpassFilter(hz * 0.64), HighpassFilter(hz * 0.64)]


def high_cut(hz: float) -> list[Plugin]:
    """12 dB an octave, −3 dB at `hz`."""
    return [LowpassFilter(hz * 1.55), LowpassFilter(hz * 1.55)]


def bell(hz: float, gain_db: float, q: float = 0.9) -> list[Plugin]:
    return [PeakFilter(hz, gain_db, q)] if abs(gain_db) > 0.05 else []


def low_shelf(hz: float, gain_db: float) -> list[Plugin]:
    return [LowShelfFilter(hz, gain_db, SHELF_Q)] if abs(gain_db) > 0.05 else []


def high_shelf(hz: float, gain_db: float) -> list[Plugin]:
    return [HighShelfFilter(hz, gain_db, SHELF_Q)] if abs(gain_db) > 0.05 else []


def equalise(samples: np.ndarray, rate: int, plugins: list[Plugin]) -> np.ndarray:
    """Send `samples` (C, T) through filters in order."""
    if not plugins:
        return samples
    return Pedalboard(plugins)(np.ascontiguousarray(samples, np.float32), rate)


def pan(samples: np.ndarray, position: float) -> np.ndarray:
    """Constant-power balance, −1 left … 1 right; the centre leaves levels as they are."""
    angle = (np.clip(position, -1.0, 1.0) + 1.0) * np.pi / 4
    gains = np.array([[np.cos(angle)], [np.sin(angle)]], np.float32) * np.float32(2 ** 0.5)
    return samples * gains


def widen(samples: np.ndarray, amount: float) -> np.ndarray:
    """Scale the side signal: 0 mono, 1 as it is, 2 twice as wide."""
    middle = (samples[0] + samples[1]) * np.float32(0.5)
    side = (samples[0] - samples[1]) * np.float32(0.5 * amount)
    return np.stack([middle + side, middle - side])


def spread_mono(samples: np.ndarray, rate: int, amount: float) -> np.ndarray:
    """Give a mono sound a side signal: itself above 250 Hz, diffused over 25 ms. The mono sum stays what it was."""
    middle = samples.mean(axis=0, keepdims=True, dtype=np.float32)
    side = oaconvolve(equalise(middle, rate, low_cut(250.0)), _diffuser(rate)[None], axes=-1)[:, :samples.shape[-1]]
    side *= np.float32(amount)
    return np.concatenate([samples[:1] + side, samples[1:] - side])


@lru_cache(maxsize=4)
def _diffuser(rate: int) -> np.ndarray:
    n_taps = int(0.025 * rate)
    taps = np.random.default_rng(25).standard_normal(n_taps) * np.exp(-4.0 * np.arange(n_taps) / n_taps)
    return (taps / np.sqrt((taps ** 2).sum())).astype(np.float32)


def mono_lows(samples: np.ndarray, rate: int, below_hz: float = 120.0) -> np.ndarray:
    """Take the side signal away below `below_hz` (36 dB an octave)."""
    middle = (samples[0] + samples[1]) * np.float32(0.5)
    side = ((samples[0] - samples[1]) * np.float32(0.5))[None]
    side = equalise(side, rate, [plugin for _ in range(3) for plugin in low_cut(below_hz)])[0]
    return np.stack([middle + side, middle - side])


def saturate(samples: np.ndarray, amount: float, rms: float) -> np.ndarray:
    """Soft clipping by tanh; `amount` 0–1, `rms` the sound's own level, so that quiet and loud stems bend alike."""
    if amount <= 0.02 or rms <= 0.0:
        return samples
    knee = np.float32(rms * 10 ** ((14.0 - 12.0 * amount) / 20))  # 14 dB above the level (peaks only) … 2 dB
    return np.tanh(samples / knee) * knee


def echo(samples: np.ndarray, rate: int, time_s: float, *, repeats: int = 5, feedback: float = 0.42) -> np.ndarray:
    """Ping-pong repeats of a sound's mono sum, each quieter and darker; the direct sound is left out."""
    delay = int(round(time_s * rate))
    tap = equalise(samples.mean(axis=0, keepdims=True, dtype=np.float32), rate, [*low_cut(250.0), *high_cut(5_000.0)])
    out = np.zeros_like(samples)
    gain = np.float32(1.0)
    for repeat in range(repeats):
        start = delay * (repeat + 1)
        if start >= samples.shape[-1]:
            break
        # 80 % to one side, 40 % to the other, in turn
        near, far = repeat % 2, 1 - repeat % 2
        out[near, start:] += tap[0, :-start] * gain * np.float32(0.8)
        out[far, start:] += tap[0, :-start] * gain * np.float32(0.4)
        gain *= np.float32(feedback)
    return out


def tape_drift(samples: np.ndarray, rate: int, seed: int, cents: float = 5.0) -> np.ndarray:
    """Wow and flutter: the speed wanders by at most about `cents`, slowly (0.5 Hz) and a little quickly (6 Hz)."""
    rng = np.random.default_rng((seed, 1))
    t = np.arange(samples.shape[-1]) / rate
    drift_s = np.zeros_like(t)
    for hz, share in ((0.53, 0.75), (6.1, 0.25)):
        speed = share * (2 ** (cents / 1200) - 1)  # relative
        drift_s += speed / (2 * np.pi * hz) * (1 + np.sin(2 * np.pi * hz * t + rng.uniform(0, 2 * np.pi)))
    at = np.maximum(np.arange(len(t)) - drift_s * rate, 0.0)
    return np.stack([np.interp(at, np.arange(len(t)), channel) for channel in samples]).astype(np.float32)


def vinyl_noise(n_samples: int, rate: int, seed: int) -> np.ndarray:
    """Hiss, rumble-free, and about eight crackles a second, float32 (2, n), hiss RMS 1 (0 dBFS)."""
    rng = np.random.default_rng((seed, 2))
    noise = rng.standard_normal((2, n_samples), dtype=np.float32)
    clicks = rng.poisson(8.0 * n_samples / rate)
    at = rng.integers(0, n_samples, clicks)
    noise[rng.integers(0, 2, clicks), at] += (30.0 * rng.standard_exponential(clicks)).astype(np.float32)
    noise = equalise(noise, rate, [*low_cut(400.0), LowpassFilter(3_500.0)])
    return noise / np.float32(max(np.sqrt(np.mean(noise ** 2)), 1e-9))
