"""An edit laid into a finished take: outside it every sample stays, inside the new master sounds at the old level.

Mixing and mastering look at the whole piece, so another drum part in one chorus would move every sample by a little. So
the edited piece is mixed and mastered as a whole, and only the edit and its tail are taken from it: brought to the
level at which the old master has the same music on both sides of the seams, limited once more where that is louder, and
led over at the seams.
"""

from __future__ import annotations

import numpy as np

from modules.errors import InputError
from modules.studio import dynamics
from modules.studio.loudness import integrated_lufs, oversampled_peaks, true_peak_dbtp
from modules.studio.master import HOP, MARGIN_DB, Mastered
from modules.types import Audio

LEAD_S = 0.16  # before the first changed bar: notes are played early, and slow instruments start before they speak
TAIL_S = 1.5  # after the last changed note: releases, rooms, echoes
SEAM_IN_S, SEAM_OUT_S = 0.03, 0.3  # of leading over; both lie inside the edit
BESIDE_S = 2.0  # of the same music beside a seam, by which the level is found
MOST_DB = 6.0  # that the level is moved
REST_S = 1.0  # less than this between the tail and the end is not worth a seam


def edit_span(start_s: float, end_s: float, old_end_s: float) -> tuple[float, float | None]:
    """Seconds of the new take that an edit and its tail take up; no end where it reaches the take's.

    Args:
        start_s: the first changed bar.
        end_s: when the last changed note ends.
        old_end_s: the end of the old take on the new one's clock.
    """
    end = end_s + TAIL_S
    return max(0.0, start_s - LEAD_S), None if end > old_end_s - REST_S else end


def lay_in(old: Audio, new: Audio, spans: list[tuple[float, float | None]], *, ceiling_dbtp: float,
           later_s: float = 0.0) -> Mastered:
    """The old master with stretches of the new one.

    Args:
        old, new: finished masters at one rate, two channels each.
        spans: from `edit_span`, in order, in seconds of the new one; those that touch are one.
        later_s: how much later in the new one the old one's beginning lies (rounded to whole samples).

    Returns:
        Outside `spans` the old master's very samples; measured as a whole.

    Raises:
        InputError: masters of different rates.
    """
    rate = old.sample_rate
    if new.sample_rate != rate:
        raise InputError(f"The edit has {new.sample_rate} Hz and the take {rate} Hz; one rate would be right.")
    later = round(later_s * rate)
    n_samples = new.samples.shape[-1] if spans and spans[-1][1] is None else old.samples.shape[-1] + later
    was, now = _at(old.samples, later, n_samples), _at(new.samples, 0, n_samples)
    out = was.copy()
    for start_s, end_s in _joined(spans):
        first = round(start_s * rate)
        last = n_samples if end_s is None else min(n_samples, round(end_s * rate))
        out[:, first:last] = _stretch(was, now, first, last, rate, ceiling_dbtp)
    audio = Audio(out, rate)
    return Mastered(audio, round(integrated_lufs(audio), 2), round(true_peak_dbtp(audio), 2))


def _stretch(was: np.ndarray, now: np.ndarray, first: int, last: int, rate: int, ceiling_dbtp: float) -> np.ndarray:
    """float32 (2, last − first): the new sound at the old level, led over from and to the old one."""
    n, beside = last - first, round(BESIDE_S * rate)
    left = _gain_db(was[:, max(0, first - beside):first], now[:, max(0, first - beside):first])
    right = _gain_db(was[:, last:last + beside], now[:, last:last + beside])
    left, right = (right if left is None else left) or 0.0, (left if right is None else right) or 0.0
    n_hops = -(-n // HOP)
    sound = dynamics.apply_gain(now[:, first:last], np.linspace(left, right, n_hops), HOP)
    ceiling = 10 ** ((ceiling_dbtp - MARGIN_DB) / 20)
    peaks = oversampled_peaks(sound, HOP)
    if peaks.max(initial=0.0) > ceiling:
        sound = dynamics.apply_gain(sound, dynamics.limiter_curve(peaks, ceiling, hop=HOP, rate=rate), HOP)
    share = np.ones(n, np.float32)
    if first > 0:
        seam = min(n // 2, round(SEAM_IN_S * rate))
        share[:seam] = _rise(seam)
    if last < was.shape[-1]:
        seam = min(n // 2, round(SEAM_OUT_S * rate))
        share[n - seam:] = _rise(seam)[::-1]
    return was[:, first:last] + share * (sound - was[:, first:last])


def _gain_db(was: np.ndarray, now: np.ndarray) -> float | None:
    """What brings the new sound nearest to the old one, by least squares; None where nothing is to compare."""
    power = float(np.sum(np.square(now, dtype=np.float64)))
    common = float(np.sum(was.astype(np.float64) * now))
    if now.shape[-1] == 0 or power < 1e-6 * now.size or common <= 0:
        return None
    return float(np.clip(20 * np.log10(common / power), -MOST_DB, MOST_DB))


def _rise(n: int) -> np.ndarray:
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / max(n, 1))).astype(np.float32)


def _at(samples: np.ndarray, later: int, n_samples: int) -> np.ndarray:
    """float32 (2, n_samples) with the sound's beginning at `later`, silence round it."""
    out = np.zeros((2, n_samples), np.float32)
    kept = min(n_samples - later, samples.shape[-1])
    out[:, later:later + kept] = samples[:, :kept]
    return out


def _joined(spans: list[tuple[float, float | None]]) -> list[tuple[float, float | None]]:
    """Spans in order; those that overlap or nearly touch are one."""
    out: list[tuple[float, float | None]] = []
    for start_s, end_s in sorted(spans, key=lambda span: span[0]):
        if out and (out[-1][1] is None or start_s <= out[-1][1] + BESIDE_S / 4):
            last = out[-1][1]
            out[-1] = (out[-1][0], None if last is None or end_s is None else max(last, end_s))
        else:
            out.append((start_s, end_s))
    return out
