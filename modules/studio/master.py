"""`master`: a mix becomes a finished take of one loudness under one true-peak ceiling. Knows nothing of styles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pedalboard import HighpassFilter

from modules.config import TARGET_LUFS, TRUE_PEAK_DBTP
from modules.errors import InputError
from modules.studio import dynamics, effects
from modules.studio.loudness import (
    FLOOR_LUFS,
    INTERSAMPLE_DB,
    block_powers,
    gated_lufs,
    hop_powers,
    integrated_lufs,
    k_weighted,
    oversampled_peaks,
    true_peak_dbtp,
)
from modules.types import Audio

HOP = 32  # samples a value of the limiter's curve (0.7 ms at 44.1 kHz)
RUMBLE_HZ = 18.0
TAIL_FLOOR_DB, TAIL_S = -60.0, 0.4  # what lies this far under the peak counts as over; kept after it
TRIM_FADE_S = 1.0  # longest fade where the sound is longer than asked
EDGE_IN_S, EDGE_OUT_S = 0.002, 0.012
TOLERANCE_LU = 0.03
MARGIN_DB = 0.03  # the limiter works on straight lines between its values, so it aims a little lower
GENTLE_LIMITING_DB = 6.0  # at the sharpest hundredth of the time; beyond it something gentler does the first part
MAX_SQUEEZES = 8
SPARE_DRIVE_DB = 3.0  # limiting costs loudness, so the drive ends a little above what the loudness alone asks


@dataclass(frozen=True)
class Mastered:
    """`integrated_lufs` −70 and `true_peak_dbtp` −120 stand for silence."""

    audio: Audio
    integrated_lufs: float
    true_peak_dbtp: float


def master(bus: Audio, *, target_lufs: float = TARGET_LUFS, ceiling_dbtp: float = TRUE_PEAK_DBTP,
           fade_out_s: float | None = None, duration_s: float | None = None) -> Mastered:
    """Bring a mix to its length, loudness and peak level.

    Args:
        bus: mono or stereo; mono becomes two equal channels.
        target_lufs: integrated loudness (BS.1770-4), −40 … −5.
        ceiling_dbtp: most true peak, −12 … 0.
        fade_out_s: fade over the last seconds, for pieces that end so; None = only where the end is cut.
        duration_s: exact length; longer sound is faded within its last second and cut, shorter is followed by silence;
            None ends soon after the last sound.

    Returns:
        The sound and what was measured on it. Silence stays silence.

    Raises:
        InputError: no samples, values that are not finite, or a target out of range.
    """
    if bus.samples.size == 0 or not np.isfinite(bus.samples).all():
        raise InputError("the mix is empty or holds values that are not finite; a whole sound would be right.")
    if not -40.0 <= target_lufs <= -5.0 or not -12.0 <= ceiling_dbtp <= 0.0:
        raise InputError(f"{target_lufs:g} LUFS at {ceiling_dbtp:g} dBTP cannot be mastered to; "
                         "-40 to -5 LUFS at -12 to 0 dBTP would be right.")
    rate = bus.sample_rate
    samples = bus.samples if len(bus.samples) == 2 else np.repeat(bus.samples[:1], 2, axis=0)
    samples = effects.equalise(samples, rate, [HighpassFilter(RUMBLE_HZ), HighpassFilter(RUMBLE_HZ)])
    samples = _timed(samples, rate, fade_out_s, duration_s)
    limiter = _Limiter(samples, rate, 10 ** ((ceiling_dbtp - MARGIN_DB) / 20), target_lufs)
    if limiter.own_lufs <= FLOOR_LUFS:
        return Mastered(Audio(samples, rate), FLOOR_LUFS, round(true_peak_dbtp(Audio(samples, rate)), 2))
    out, lufs = _to_loudness(limiter, target_lufs)
    audio = Audio(out, rate)
    over_db = true_peak_dbtp(audio) - ceiling_dbtp
    if over_db > -0.002:  # thousandths of a dB, from the interpolation between the limiter's values
        down_db, over_db = over_db + 0.005, -0.005
        audio, lufs = Audio(out * np.float32(10 ** (-down_db / 20)), rate), lufs - down_db
    return Mastered(audio, round(lufs, 2), round(ceiling_dbtp + over_db, 2))


def _timed(samples: np.ndarray, rate: int, fade_out_s: float | None, duration_s: float | None) -> np.ndarray:
    """A copy of the asked length with clean edges."""
    n_samples = _sounding(samples, rate) if duration_s is None else max(1, round(duration_s * rate))
    out = np.zeros((2, n_samples), np.float32)
    kept = min(n_samples, samples.shape[-1])
    out[:, :kept] = samples[:, :kept]
    fade_s = EDGE_OUT_S
    if kept < samples.shape[-1]:
        fade_s = min(TRIM_FADE_S, 0.2 * kept / rate)
    if fade_out_s is not None:
        fade_s = max(fade_s, fade_out_s)
    _fade(out[:, :kept][:, ::-1], round(fade_s * rate))
    _fade(out, round(EDGE_IN_S * rate))
    return out


def _sounding(samples: np.ndarray, rate: int) -> int:
    """Length up to a little after the last sound, so that nobody listens to nothing."""
    heard = np.flatnonzero(np.abs(samples).max(axis=0) > np.abs(samples).max() * 10 ** (TAIL_FLOOR_DB / 20))
    return min(samples.shape[-1], int(heard[-1]) + round(TAIL_S * rate)) if len(heard) else samples.shape[-1]


def _fade(samples: np.ndarray, n_samples: int) -> None:
    """Raise the first `n_samples` from nothing, in place (half a cosine)."""
    n_samples = min(n_samples, samples.shape[-1])
    samples[:, :n_samples] *= (0.5 - 0.5 * np.cos(np.pi * np.arange(n_samples) / max(n_samples, 1))).astype(np.float32)


def _to_loudness(limiter: _Limiter, target_lufs: float) -> tuple[np.ndarray, float]:
    """The limited sound and its integrated loudness."""
    rate = limiter.rate
    gain_db = limiter.gain_for(target_lufs)
    for squeezes in range(MAX_SQUEEZES):
        harshest_db = -float(np.percentile(limiter.curve(gain_db), 1.0))
        if harshest_db < GENTLE_LIMITING_DB and abs(limiter.loudness(gain_db) - target_lufs) < 0.1:
            break
        # Sharp or sparse sound: compression and soft clipping take some decibels first, so that the limiter neither
        # pumps nor runs out of range.
        limiter = _Limiter(_squeezed(limiter.samples, rate, squeezes), rate, limiter.ceiling, target_lufs)
        gain_db = limiter.gain_for(target_lufs)
    out = limiter.apply(gain_db)
    lufs = integrated_lufs(Audio(out, rate))
    for _ in range(2):  # the estimate took each hop's gain as constant: correct what that left
        if abs(target_lufs - lufs) < TOLERANCE_LU:
            break
        gain_db += target_lufs - lufs
        out = limiter.apply(gain_db)
        lufs = integrated_lufs(Audio(out, rate))
    return out, lufs


def _squeezed(samples: np.ndarray, rate: int, already: int) -> np.ndarray:
    """A little less distance between peaks and the rest; firmer and quicker the more often it was done before."""
    even = dynamics.compress(samples, rate, over_db=2.0, ratio=2.0, attack_s=0.004,
                             release_db_per_s=40.0 * 2 ** already)
    return effects.saturate(even, 0.25 + 0.1 * already, dynamics.active_rms(hop_powers(even, dynamics.HOP)))


class _Limiter:
    """A sound with its peaks and loudness measured once per hop, so that trying a gain costs no filtering."""

    def __init__(self, samples: np.ndarray, rate: int, ceiling: float, target_lufs: float) -> None:
        self.samples, self.rate, self.ceiling = samples, rate, ceiling
        self.powers = hop_powers(k_weighted(samples, rate), HOP)
        self.own_lufs = gated_lufs(block_powers(self.powers, HOP / rate))
        self._measure_peaks(target_lufs - self.own_lufs + SPARE_DRIVE_DB)

    def _measure_peaks(self, most_db: float) -> None:
        """Peaks exact for gains up to `most_db`: what such a gain leaves under the ceiling is not oversampled."""
        self.most_db = most_db
        self.peaks = oversampled_peaks(self.samples, HOP, self.ceiling * 10 ** (-(most_db + INTERSAMPLE_DB) / 20))

    def curve(self, gain_db: float) -> np.ndarray:
        """The limiter's own gain in dB per hop when driven by `gain_db`."""
        return dynamics.limiter_curve(self.peaks * 10 ** (gain_db / 20), self.ceiling, hop=HOP, rate=self.rate)

    def loudness(self, gain_db: float) -> float:
        powers = self.powers * 10 ** ((self.curve(gain_db) + gain_db) / 10)
        return gated_lufs(block_powers(powers, HOP / self.rate))

    def gain_for(self, target_lufs: float) -> float:
        """Drive in dB that reaches the target."""
        gain_db = self._gain_for(target_lufs)
        if gain_db > self.most_db:
            self._measure_peaks(gain_db + SPARE_DRIVE_DB)
            gain_db = self._gain_for(target_lufs)
        return gain_db

    def _gain_for(self, target_lufs: float) -> float:
        """By the secant method (loudness only ever rises with drive)."""
        gain_db = target_lufs - self.own_lufs  # enough if nothing is limited
        reached, slope = self.loudness(gain_db), 1.0
        for _ in range(16):
            missed = target_lufs - reached
            if abs(missed) < 0.01:
                break
            step = float(np.clip(missed / slope, -12.0, 12.0))
            now = self.loudness(gain_db + step)
            slope = float(np.clip((now - reached) / step, 0.15, 1.5))
            gain_db, reached = gain_db + step, now
        return gain_db

    def apply(self, gain_db: float) -> np.ndarray:
        return dynamics.apply_gain(self.samples, self.curve(gain_db) + gain_db, HOP)
