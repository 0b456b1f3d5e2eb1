"""Measures of finished sound that share no code with the studio: BS.1770 by pyloudnorm, a 4× true-peak meter, crest
factor, spectral slope, loudness range, low-end correlation, offset, clicks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyloudnorm
from scipy.signal import butter, firwin, sosfiltfilt, upfirdn, welch

PHASES, TAPS = 4, 48  # the meter's interpolator: four times the rate, 48 taps a phase (BS.1770-4 Annex 2 has 12)
BANDS_HZ = 125.0 * 2.0 ** np.arange(6)  # 125 Hz … 4 kHz: what a recording at 22.05 kHz holds whole


@dataclass(frozen=True)
class Sound:
    """What was measured on one recording. `crest_db` true peak over RMS; `slope_db` fall of octave-band levels from
    125 Hz to 4 kHz in dB an octave (pink noise: 0); `range_lu` EBU Tech 3342 loudness range; `low_correlation` of left
    and right under 120 Hz; `offset_db` of the mean against the RMS."""

    lufs: float
    true_peak_dbtp: float
    crest_db: float
    slope_db: float
    range_lu: float
    low_correlation: float
    offset_db: float
    clipped: int


def measure(samples: np.ndarray, rate: int) -> Sound:
    """All measures of a recording, float (2, T)."""
    samples = samples.astype(np.float64)
    rms = np.sqrt((samples ** 2).mean())
    peak = true_peak(samples)
    return Sound(
        lufs=float(pyloudnorm.Meter(rate).integrated_loudness(samples.T)), true_peak_dbtp=decibels(peak),
        crest_db=decibels(peak / rms), slope_db=slope(samples, rate), range_lu=loudness_range(samples, rate),
        low_correlation=low_correlation(samples, rate), offset_db=decibels(np.abs(samples.mean(axis=1)).max() / rms),
        clipped=int((np.abs(samples) >= 0.99997).sum()))


def decibels(amplitude: float) -> float:
    return float(20 * np.log10(max(amplitude, 1e-9)))


def true_peak(samples: np.ndarray) -> float:
    """Largest |value| at four times the rate; a second of context more would change nothing."""
    taps = PHASES * firwin(PHASES * TAPS + 1, 1.0 / PHASES, window=("kaiser", 8.0))
    return max(float(np.abs(samples).max()), *(float(np.abs(upfirdn(taps, channel, PHASES)).max())
                                                for channel in samples))


def slope(samples: np.ndarray, rate: int) -> float:
    """Regression of octave-band levels on octaves, dB an octave, from the lowest band that lies at most 15 dB under the
    strongest: music without a bass has no bottom to fall from."""
    hz, power = welch(samples.mean(axis=0), rate, nperseg=8192)
    levels = [10 * np.log10(power[(hz >= centre / 2 ** 0.5) & (hz < centre * 2 ** 0.5)].sum() + 1e-15)
              for centre in BANDS_HZ]
    first = int(np.argmax(np.array(levels) > max(levels) - 15.0))
    return float(np.polyfit(np.arange(len(levels) - first), levels[first:], 1)[0])


def loudness_range(samples: np.ndarray, rate: int) -> float:
    """EBU Tech 3342: 95th less 10th percentile of the 3 s loudness, gated 20 LU under its mean."""
    meter = pyloudnorm.Meter(rate)
    weighted = samples.astype(np.float64)
    for stage in meter._filters.values():
        weighted = np.stack([stage.apply_filter(channel) for channel in weighted])
    power = np.concatenate([[0.0], np.cumsum((weighted ** 2).sum(axis=0))])
    starts = np.arange(0, samples.shape[1] - 3 * rate + 1, rate // 10)
    blocks = (power[starts + 3 * rate] - power[starts]) / (3 * rate)
    lufs = -0.691 + 10 * np.log10(blocks + 1e-15)
    heard = lufs > -70
    if heard.sum() < 2:
        return 0.0
    gate = -0.691 + 10 * np.log10(blocks[heard].mean()) - 20
    return float(np.diff(np.percentile(lufs[heard & (lufs > gate)], (10, 95)))[0])


def low_correlation(samples: np.ndarray, rate: int) -> float:
    """Correlation of left and right under 120 Hz; 1 where there is next to nothing (60 dB under the whole)."""
    low = sosfiltfilt(butter(4, 120.0, fs=rate, output="sos"), samples, axis=1)
    if (low ** 2).mean() < 1e-6 * (samples ** 2).mean():
        return 1.0
    left, right = low
    return float((left * right).mean() / np.sqrt((left ** 2).mean() * (right ** 2).mean() + 1e-20))


def clicks(samples: np.ndarray, rate: int, times_s: np.ndarray) -> list[float]:
    """Times of `times_s` (note-offs, a stem's start and end) at which a stem jumps.

    A jump is a second difference within 3 ms of the time that is 8 times the largest one of the 30 ms on either side
    and lies over −60 dBFS: where a wave is cut, one sample breaks a curve that is smooth around it.
    """
    bend = np.abs(np.diff(samples.astype(np.float64), 2, axis=1)).max(axis=0)
    near, far = round(0.003 * rate), round(0.03 * rate)
    out = []
    for time_s in times_s:
        at = round(time_s * rate)
        inside = bend[max(0, at - near):at + near]
        around = np.concatenate([bend[max(0, at - far):max(0, at - near)], bend[at + near:at + far]])
        if len(inside) and len(around) and inside.max() > max(8 * around.max(), 1e-3):
            out.append(float(time_s))
    return out
