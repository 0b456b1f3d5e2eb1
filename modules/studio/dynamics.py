"""Gain over time: compressor, de-esser, ducking, rides and the true-peak limiter's curve. All without Python loops.

Gains are curves in dB with one value per hop, ≤ 0, and both channels share them, so that the picture stands still.
A release that is linear in dB has a closed form: y[n] = min over k ≤ n of (x[k] + r (n − k)), a running minimum.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import lfilter

from modules.studio.effects import equalise, low_cut
from modules.studio.loudness import hop_powers

HOP = 64  # samples a control value (1.5 ms at 44.1 kHz)


def release(gain_db: np.ndarray, db_per_hop: float) -> np.ndarray:
    """Let a gain curve fall at once but rise by at most `db_per_hop`."""
    ramp = db_per_hop * np.arange(len(gain_db))
    return np.minimum.accumulate(gain_db - ramp) + ramp


def apply_gain(samples: np.ndarray, gain_db: np.ndarray, hop: int = HOP) -> np.ndarray:
    """Multiply (2, T) by a curve of one dB value per hop, straight lines between hop starts."""
    n_samples = samples.shape[-1]
    knots = 10.0 ** (np.append(gain_db, gain_db[-1]) / 20.0)
    steps = np.diff(knots).astype(np.float32)[:, None] * (np.arange(hop, dtype=np.float32) / np.float32(hop))
    return samples * (knots[:-1, None].astype(np.float32) + steps).ravel()[:n_samples]


def active_rms(powers: np.ndarray) -> float:
    """RMS of what sounds: hops at least a tenth as strong as the mean. `powers` as from `hop_powers`, two channels."""
    mean = powers.mean() if len(powers) else 0.0
    return float(np.sqrt(powers[powers > mean / 10].mean() / 2)) if mean > 1e-12 else 0.0


def compress(samples: np.ndarray, rate: int, *, over_db: float, ratio: float, attack_s: float,
             release_db_per_s: float) -> np.ndarray:
    """Turn down what is louder than the sound's own level + `over_db`; 6 dB soft knee, no make-up.

    Relative to its own level, so that a quiet and a loud stem of the same music are treated alike.
    """
    powers = hop_powers(samples, HOP)
    rms = active_rms(powers)
    if rms == 0.0:
        return samples
    # 5 ms of averaging, so that a bass note's own waveform is not followed
    level_db = 10 * np.log10(np.maximum(uniform_filter1d(powers, max(1, int(0.005 * rate / HOP))) / 2, 1e-14))
    over = level_db - 20 * np.log10(rms) - over_db
    knee_db = 6.0
    bent = np.where(over < -knee_db / 2, 0.0,
                    np.where(over > knee_db / 2, over, (over + knee_db / 2) ** 2 / (2 * knee_db)))
    gain_db = release(-bent * (1 - 1 / ratio), release_db_per_s * HOP / rate)
    keep = np.exp(-HOP / (attack_s * rate))
    return apply_gain(samples, lfilter([1 - keep], [1, -keep], gain_db))


def de_ess(samples: np.ndarray, rate: int) -> np.ndarray:
    """Turn the band above 5.5 kHz down by at most 8 dB where it is nearly as strong as the whole."""
    sharp = equalise(samples, rate, low_cut(5_500.0))
    width = max(1, int(0.008 * rate / HOP))
    whole = uniform_filter1d(hop_powers(samples, HOP), width)
    share_db = 10 * np.log10((uniform_filter1d(hop_powers(sharp, HOP), width) + 1e-12) / (whole + 1e-9))
    gain_db = -np.clip((share_db + 9.0) * 0.8, 0.0, 8.0)
    gain_db = uniform_filter1d(release(gain_db, 400.0 * HOP / rate), 3)
    return samples + apply_gain(sharp, gain_db) - sharp


def duck_curve(onsets_s: np.ndarray, n_samples: int, rate: int, *, depth_db: float, recover_s: float) -> np.ndarray:
    """Gain in dB per hop that dips by `depth_db` at each onset and comes back within `recover_s`."""
    n_hops = -(-n_samples // HOP)
    t = np.arange(n_hops) * HOP / rate
    since = np.full(n_hops, np.inf)
    for onset in onsets_s:
        first, last = np.searchsorted(t, (onset, onset + recover_s))
        since[first:last] = np.minimum(since[first:last], t[first:last] - onset)
    curve = -depth_db * np.clip(1.0 - since / recover_s, 0.0, 1.0) ** 1.5
    return uniform_filter1d(curve, 5)  # 7 ms edges: no click


def limiter_curve(peaks: np.ndarray, ceiling: float, *, hop: int, rate: int,
                  release_db_per_s: float = 45.0) -> np.ndarray:
    """Gain in dB per hop that keeps `peaks` (as from `oversampled_peaks`) under `ceiling`.

    The gain is down 1.5 ms before a peak, and straight lines between its values stay under what every hop needs.
    """
    needed = np.minimum(0.0, 20 * np.log10(ceiling / np.maximum(peaks, 1e-9)))
    reach = max(2, round(0.0015 * rate / hop))
    # every value within reach, and the next line's end, must already be low enough: minimum, then mean that wide
    low = minimum_filter1d(needed, 2 * reach + 3)
    return uniform_filter1d(release(low, release_db_per_s * hop / rate), 2 * reach + 1)
