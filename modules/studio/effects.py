"""Effects on one sound: filters, stereo placing, saturation, the echo, the sound of old machines. Knows no lanes.

Everything takes and gives float32 (2, T) and leaves its input as it was. Filters are pedalboard's, a new instance per
call, so that no state goes from one take to the next.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from pedalboard import HighpassFilter, HighShelfFilter, LowpassFilter, LowShelfFilter, PeakFilter, Pedalboard, Plugin
from scipy.interpolate import PchipInterpolator

SHELF_Q = 2 ** -0.5
MONO_BELOW_HZ = 150.0  # nothing but the middle lies at 120 Hz and under
_SHAPE_TAPS = 1 << 14
_FILTER_TAPS = 1 << 13  # 0.2 s: an 18 Hz cut has died away
_FEW = 3  # filters from which one convolution is cheaper


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
    if len(plugins) >= _FEW and samples.shape[-1] > _FILTER_TAPS:  # what they do together, in one go
        impulse = np.zeros((1, _FILTER_TAPS), np.float32)
        impulse[0, 0] = 1.0
        return convolve(samples, Pedalboard(plugins)(impulse, rate))
    return Pedalboard(plugins)(np.ascontiguousarray(samples, np.float32), rate)


def convolve(samples: np.ndarray, response: np.ndarray) -> np.ndarray:
    """The sound of float32 (2, T) through impulse responses (1 or 2, n), as long as it was.

    Overlap-add with torch's FFT, three times as fast as SciPy's on float32.
    """
    n_samples, tail = samples.shape[-1], response.shape[-1] - 1
    size = 1 << 15
    while size < 2.3 * tail:
        size *= 2
    step = size - tail
    n_blocks = -(-n_samples // step)
    blocks = np.zeros((len(samples), n_blocks * step), np.float32)
    blocks[:, :n_samples] = samples
    spectra = torch.fft.rfft(torch.from_numpy(blocks).reshape(len(samples), n_blocks, step), n=size)
    spectra *= torch.fft.rfft(torch.from_numpy(response), n=size)[:, None]  # (C, blocks, bins)
    parts = torch.fft.irfft(spectra, n=size).numpy()
    out = np.zeros((len(samples), n_blocks * step + tail), np.float32)
    for i in range(n_blocks):
        out[:, i * step:i * step + size] += parts[:, i]
    return out[:, :n_samples]


def shape(samples: np.ndarray, rate: int, at_hz: np.ndarray, gain_db: np.ndarray) -> np.ndarray:
    """Give a sound (2, T) a tone: gains at some frequencies, smooth between them, without delay (minimum phase). Under
    `MONO_BELOW_HZ` its side signal is taken away (48 dB an octave)."""
    tone = _minimum_phase(rate, tuple(at_hz), tuple(gain_db))
    thin = Pedalboard([plugin for _ in range(4) for plugin in low_cut(MONO_BELOW_HZ)])(tone[None], rate)
    middle_side = np.stack([samples[0] + samples[1], samples[0] - samples[1]]) * np.float32(0.5)
    middle, side = convolve(middle_side, np.concatenate([tone[None], thin]))
    return np.stack([middle + side, middle - side])


@lru_cache(maxsize=16)
def _minimum_phase(rate: int, at_hz: tuple[float, ...], gain_db: tuple[float, ...]) -> np.ndarray:
    """Impulse response by the folded cepstrum (Oppenheim & Schafer, "Discrete-Time Signal Processing", 12.3)."""
    hz = np.maximum(np.fft.rfftfreq(_SHAPE_TAPS, 1 / rate), 1.0)
    smooth = PchipInterpolator(np.log2(at_hz), gain_db)(np.clip(np.log2(hz), np.log2(at_hz[0]), np.log2(at_hz[-1])))
    cepstrum = np.fft.irfft(smooth * np.log(10.0) / 20.0)
    fold = np.zeros(_SHAPE_TAPS)
    fold[[0, _SHAPE_TAPS // 2]] = 1.0
    fold[1:_SHAPE_TAPS // 2] = 2.0
    return np.fft.irfft(np.exp(np.fft.rfft(cepstrum * fold))).astype(np.float32)


def pan_gains(position: float) -> np.ndarray:
    """Constant-power gains of left and right at −1 left … 1 right, 1 in the centre; float32 (2, 1)."""
    angle = (np.clip(position, -1.0, 1.0) + 1.0) * np.pi / 4
    return np.array([[np.cos(angle)], [np.sin(angle)]], np.float32) * np.float32(2 ** 0.5)


def pan(samples: np.ndarray, position: float) -> np.ndarray:
    """Constant-power balance, −1 left … 1 right; the centre leaves levels as they are."""
    return samples if position == 0.0 else samples * pan_gains(position)


def widen(samples: np.ndarray, amount: float) -> np.ndarray:
    """Scale the side signal: 0 mono, 1 as it is, 2 twice as wide."""
    out = samples * np.float32((1 + amount) / 2)
    out += samples[::-1] * np.float32((1 - amount) / 2)
    return out


def spread_mono(samples: np.ndarray, rate: int, amount: float) -> np.ndarray:
    """Give a mono sound a side signal: itself above 250 Hz, diffused over 25 ms. The mono sum stays what it was."""
    middle = samples.mean(axis=0, keepdims=True, dtype=np.float32)
    side = convolve(equalise(middle, rate, low_cut(250.0)), _diffuser(rate)[None])
    side *= np.float32(amount)
    return np.concatenate([samples[:1] + side, samples[-1:] - side])


@lru_cache(maxsize=4)
def _diffuser(rate: int) -> np.ndarray:
    n_taps = int(0.025 * rate)
    taps = np.random.default_rng(25).standard_normal(n_taps) * np.exp(-4.0 * np.arange(n_taps) / n_taps)
    return (taps / np.sqrt((taps ** 2).sum())).astype(np.float32)


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
    n_samples = samples.shape[-1]
    knots = np.arange(0, n_samples + 64, 64)  # nothing here moves faster than a few hertz
    drift = np.zeros(len(knots))
    for hz, share in ((0.53, 0.75), (6.1, 0.25)):
        speed = share * (2 ** (cents / 1200) - 1)  # relative
        turns = hz * knots / rate + rng.uniform()
        drift += rate * speed / (2 * np.pi * hz) * (1 + np.sin(2 * np.pi * turns))
    at = np.arange(n_samples)
    late = np.interp(at, knots, drift)
    whole = late.astype(np.int64)
    share = (late - whole).astype(np.float32)
    near = np.maximum(at - whole, 0)
    far = np.maximum(near - 1, 0)
    return np.stack([channel[near] + share * (channel[far] - channel[near]) for channel in samples])


def vinyl_noise(n_samples: int, rate: int, seed: int, crackles_per_s: float = 8.0) -> np.ndarray:
    """Hiss, rumble-free, and crackles, float32 (2, n), RMS 1 (0 dBFS); tape is a record without crackles."""
    rng = np.random.default_rng((seed, 2))
    noise = rng.standard_normal((2, n_samples), dtype=np.float32)
    clicks = rng.poisson(crackles_per_s * n_samples / rate)
    at = rng.integers(0, n_samples, clicks)
    noise[rng.integers(0, 2, clicks), at] += (30.0 * rng.standard_exponential(clicks)).astype(np.float32)
    noise = equalise(noise, rate, [*low_cut(400.0), LowpassFilter(3_500.0)])
    return noise / np.float32(max(np.sqrt(np.mean(noise ** 2)), 1e-9))
