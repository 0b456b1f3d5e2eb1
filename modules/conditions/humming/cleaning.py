"""A recording before its pitch is heard: steady noise taken out, levels, bands. Knows nothing of pitch and notes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.ndimage import median_filter, uniform_filter

WINDOW_S, HOPS = 0.064, 4  # of the noise's spectra: 64 ms, a quarter of it apart
FLOOR_PERCENTILE = 15.0  # of a band's power over time: what lies there also when nobody sings
FLOOR_FACTOR = 2.0  # times that is taken out
TONE_LIMIT = 4.0  # times its neighbours: a line further out than that is a held note, not noise
TONE_HZ = 480.0  # width of the neighbourhood
LEAST_GAIN = 0.1  # amplitude that always stays
LEVEL_WINDOW_S = 0.025  # two periods at 80 Hz
BANDS = 24
BAND_RANGE_HZ = (80.0, 7_600.0)


def clean(sound: np.ndarray, rate: int) -> np.ndarray:
    """Take steady noise out of mono `sound` (n,) by spectral subtraction (Boll 1979), its gain smoothed."""
    size = int(WINDOW_S * rate)
    hop = size // HOPS
    window = np.hanning(size + 1)[:-1]
    padded = np.pad(sound.astype(np.float64), (size, 2 * size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    spectra = np.fft.rfft(frames * window)
    power = uniform_filter(np.abs(spectra) ** 2, (3, 3))
    noise = np.percentile(power, FLOOR_PERCENTILE, axis=0)
    width = max(3, int(TONE_HZ * WINDOW_S) | 1)
    noise = np.minimum(noise, TONE_LIMIT * median_filter(noise, width))
    gain = np.sqrt(np.clip(1 - FLOOR_FACTOR * noise / np.maximum(power, 1e-20), LEAST_GAIN ** 2, 1))
    pieces = np.fft.irfft(spectra * gain, size) * window
    out = np.zeros((len(pieces) + HOPS - 1, hop))
    for part in range(HOPS):
        out[part:part + len(pieces)] += pieces[:, part * hop:(part + 1) * hop]
    return (out.reshape(-1)[size:size + len(sound)] / 1.5).astype(np.float32)  # Hann², four a window, add up to 1.5


def levels(sound: np.ndarray, rate: int, hop: int) -> np.ndarray:
    """RMS in dBFS round each multiple of `hop` samples, smoothed over three of them."""
    width = int(LEVEL_WINDOW_S * rate)
    power = np.cumsum(np.pad(sound.astype(np.float64) ** 2, (width // 2 + 1, width)))
    starts = np.arange(0, len(sound), hop)
    mean = (power[starts + width] - power[starts]) / width
    mean = np.convolve(np.pad(mean, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    return 10 * np.log10(np.maximum(mean, 1e-12))


def bands(sound: np.ndarray, rate: int, hop: int) -> np.ndarray:
    """(n_frames, BANDS) dB in bands of equal width in mel round each multiple of `hop` samples."""
    size = 512
    padded = np.pad(sound, (size // 2, size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop][:-(-len(sound) // hop)]
    power = np.abs(np.fft.rfft(frames * np.hanning(size).astype(np.float32))) ** 2
    return 10 * np.log10(power @ _filters(rate, size) + 1e-9)


@lru_cache(maxsize=2)
def _filters(rate: int, size: int) -> np.ndarray:
    """(size / 2 + 1, BANDS) triangles in mel (O'Shaughnessy 1987)."""
    edges = 700 * (np.exp(np.linspace(*(np.log1p(f / 700) for f in BAND_RANGE_HZ), BANDS + 2)) - 1)
    hz = np.fft.rfftfreq(size, 1 / rate)
    rising = (hz[:, None] - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - hz[:, None]) / np.diff(edges)[1:]
    return np.clip(np.minimum(rising, falling), 0, None).astype(np.float32)
