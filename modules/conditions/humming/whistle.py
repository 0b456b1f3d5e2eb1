"""Whistling: one pure line, often above CREPE's range, found and followed in the spectrum itself. Knows no notes."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d

FRAME_S = 0.064
RANGE_HZ = (480.0, 5_000.0)  # where people whistle
PEAK_BINS = 2  # each side of the line that belong to it
OTHER_PARTIALS = (0.5, 1.5, 2.0, 3.0)  # of a line that is not a whistle but a partial of a voice
PURE = 0.06  # share of the line that any of those may have
LOUD_SHARE, NEAR = 0.3, 100  # of the strongest line within so many frames: below it a frame says nothing
CLEAR = 4.0  # times the noise in its place, of a line that says something
PURE_FRAMES = 0.75  # of the loud ones
SURE = 0.7  # exponent that brings the share to CREPE's scale, where a half means a pitch


def follow_whistle(sound: np.ndarray, rate: int, hop: int) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Pitch of a whistle, or None when the sound is none.

    Args:
        sound: (n,) mono; noise need not be taken out.

    Returns:
        midi, confidence 0–1 (from the line's share of what sounds in its range) and the line's level in dB, one each
        `hop` samples.
    """
    size = int(FRAME_S * rate)
    padded = np.pad(sound, (size // 2, size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop][:-(-len(sound) // hop)]
    power = np.abs(np.fft.rfft(frames * np.hanning(size).astype(np.float32))) ** 2
    low, high = (int(hz * FRAME_S) for hz in RANGE_HZ)
    peaks = low + power[:, low:high].argmax(axis=1)
    line = _near(power, peaks)
    others = np.max([_near(power, np.round(peaks * ratio).astype(int)) for ratio in OTHER_PARTIALS], axis=0)
    share = line / np.maximum(power[:, low:high].sum(axis=1), 1e-12)
    floor = 2 * (2 * PEAK_BINS + 1) * np.median(power[:, low:high], axis=1)  # of noise, in so many bins
    pure = (others - floor < PURE * line) & (share > 0.4)
    told = (line > LOUD_SHARE * maximum_filter1d(line, NEAR)) & (line > CLEAR * floor)
    if not told.any() or pure[told].mean() < PURE_FRAMES:
        return None
    rows = np.arange(len(peaks))
    before, at, after = (np.log(power[rows, peaks + step] + 1e-12) for step in (-1, 0, 1))
    bend = 0.5 * (before - after) / np.minimum(before - 2 * at + after, -1e-6)  # top of a parabola
    hz = (peaks + np.clip(bend, -0.5, 0.5)) / FRAME_S
    return 69 + 12 * np.log2(hz / 440), np.minimum(share, 1.0) ** SURE, 10 * np.log10(line / size ** 2 * 16 + 1e-12)


def _near(power: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """(n_frames,) power round one bin of each frame; 0 above the spectrum."""
    inside = bins + PEAK_BINS < power.shape[1]
    around = np.clip(bins[:, None] + np.arange(-PEAK_BINS, PEAK_BINS + 1), 0, power.shape[1] - 1)
    return np.where(inside, np.take_along_axis(power, around, axis=1).sum(axis=1), 0.0)
