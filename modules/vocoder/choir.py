"""The vocal stem with its choruses widened: the lead in the middle, its own double and the second voice to both sides.

Doubles are made as studios made them on tape: the same singing again, late by a wandering few milliseconds, which also
bends its pitch by some cents. Owns levels and places inside the vocal stem; refuses to know what is sung.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter1d

from modules.types import Audio, SungNote

DOUBLE_DB, SECOND_DB = -14.0, -11.0  # each side's, under the lead
LATE_S = (0.017, 0.026)  # left and right
WANDER_S, WANDER_SECONDS = 0.0022, 0.35  # how far the lateness strays, and over what time
FADE_S = 0.15  # in and out of a chorus
STEPS_S = 0.01  # the lateness is drawn at


def with_backing(lead: Audio, second: Audio, backing: Sequence[SungNote], seed: int) -> np.ndarray:
    """Stereo float32 (2, T).

    Args:
        lead, second: mono, of one length; `second` sings `backing`.
        backing: tells where the choruses are.
        seed: of the doubles' lateness.
    """
    rng = np.random.default_rng(seed)
    voice, other = lead.samples[0], second.samples[0]
    doubled = voice * _where_sung(backing, len(voice), lead.sample_rate)
    sides = [10 ** (DOUBLE_DB / 20) * _late(doubled, late_s, lead.sample_rate, rng)
             + 10 ** (SECOND_DB / 20) * _late(other, late_s - LATE_S[0], lead.sample_rate, rng) for late_s in LATE_S]
    out = (voice + np.stack(sides)).astype(np.float32)
    return out * min(1.0, 0.98 / max(float(np.abs(out).max()), 1e-9))


def _where_sung(notes: Sequence[SungNote], n_samples: int, rate: int) -> np.ndarray:
    """float32 (T,): 1 where `notes` sound, with soft edges; gaps shorter than two fades stay open."""
    curve = np.zeros(int(n_samples / (STEPS_S * rate)) + 2)
    for note in notes:
        curve[int(max(note.onset_s - 2 * FADE_S, 0.0) / STEPS_S):int((note.offset_s + 2 * FADE_S) / STEPS_S)] = 1.0
    smooth = gaussian_filter1d(curve, 0.5 * FADE_S / STEPS_S)
    return np.interp(np.arange(n_samples) / (STEPS_S * rate), np.arange(len(smooth)), smooth).astype(np.float32)


def _late(samples: np.ndarray, late_s: float, rate: int, rng: np.random.Generator) -> np.ndarray:
    """The same samples (T,) late by `late_s` and a wandering little."""
    steps = np.arange(int(len(samples) / (STEPS_S * rate)) + 2)
    wander = gaussian_filter1d(rng.standard_normal(len(steps)), WANDER_SECONDS / STEPS_S)
    late = np.maximum(late_s + wander * (WANDER_S / max(float(wander.std()), 1e-9)), 0.0)
    at = np.arange(len(samples))
    where = at - rate * np.interp(at / (STEPS_S * rate), steps, late)
    return np.interp(where, at, samples, left=0.0)
