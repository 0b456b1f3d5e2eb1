"""Noise that leads into a drop and the boom it lands on, for the styles that live by it. Added to the drums' lane, so
that a song without drums has none and muting the drums mutes it.

Silent where the style has no side-chain or nothing rises. Synthesised here because it follows the form, not notes.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.signal import butter, sosfilt

from modules.studio.character import song_character
from modules.types import Performance, Song

PUMPING = 0.3  # side-chain of a style from which such sounds belong to it
RISE, LOUD = 2, 5  # steps of energy that a section must gain, and have
SWEEP_BARS = 2
SWEEP_DB, BOOM_DB = -9.0, -4.0  # at their loudest, against the drums' loudest hits
SWEEP_HZ = (300.0, 9_000.0)
STEPS = 24  # filters that make up a sweep
BOOM_S, BOOM_HZ, BOOM_DROP_OCTAVES = 1.6, 41.0, 1.3


def risers(song: Song, performance: Performance) -> list[tuple[float, float]]:
    """(start_s, end_s) of every rise into a much louder section."""
    if song_character(song).sidechain < PUMPING:
        return []
    bars = performance.bar_starts_s
    out = []
    for before, after in zip(song.sections, song.sections[1:], strict=False):
        first = after.start_bar
        if after.energy - before.energy >= RISE and after.energy >= LOUD and 0 < first < len(bars):
            out.append((bars[max(first - SWEEP_BARS, before.start_bar, 0)], bars[first]))
    return out


def transitions(song: Song, performance: Performance, drums: np.ndarray, rate: int) -> np.ndarray:
    """Sweeps and booms as loud as the drums' stem asks; float32 (2, T) like `drums`, the finished lane."""
    out = np.zeros_like(drums)
    peak = float(np.percentile(np.abs(drums).max(axis=0), 99.9))
    if peak < 1e-4:
        return out
    for start_s, end_s in risers(song, performance):
        start, end = round(start_s * rate), min(round(end_s * rate), out.shape[-1])
        if end - start > rate // 4:
            out[:, start:end] += np.float32(peak * 10 ** (SWEEP_DB / 20)) * sweep(end - start, rate)
        boom = impact(rate)[:, :out.shape[-1] - end]
        out[:, end:end + boom.shape[-1]] += np.float32(peak * 10 ** (BOOM_DB / 20)) * boom
    return out


@lru_cache(maxsize=8)
def sweep(n_samples: int, rate: int) -> np.ndarray:
    """Noise that climbs and swells, peak 1, float32 (2, n); sides differ. Gone within 20 ms at its end."""
    noise = np.random.default_rng(303).standard_normal((2, n_samples))
    x = np.linspace(0.0, 1.0, n_samples)
    out = np.zeros((2, n_samples))
    for i, centre in enumerate(np.geomspace(*SWEEP_HZ, STEPS)):
        share = np.clip(1.0 - np.abs(x * (STEPS - 1) - i) / 2.0, 0.0, None)  # neighbours overlap: no steps
        first, last = np.flatnonzero(share)[[0, -1]]
        band = butter(1, (0.7 * centre, min(1.4 * centre, 0.45 * rate)), "bandpass", fs=rate, output="sos")
        out[:, first:last + 1] += sosfilt(band, noise[:, first:last + 1]) * share[first:last + 1]
    out *= x ** 2
    fade = min(n_samples, rate // 50)
    out[:, -fade:] *= np.linspace(1.0, 0.0, fade)
    return (out / np.abs(out).max()).astype(np.float32)


@lru_cache(maxsize=2)
def impact(rate: int) -> np.ndarray:
    """A low boom under a burst of dark noise, peak 1, float32 (2, n); its bottom is mono."""
    t = np.arange(int(BOOM_S * rate)) / rate
    pitch = BOOM_HZ * 2 ** (BOOM_DROP_OCTAVES * np.exp(-t / 0.05))
    boom = np.sin(2 * np.pi * np.cumsum(pitch) / rate) * np.exp(-t / 0.35)
    noise = np.random.default_rng(304).standard_normal((2, len(t)))
    air = sosfilt(butter(2, (400.0, 5_000.0), "bandpass", fs=rate, output="sos"), noise) * np.exp(-t / 0.28)
    out = (boom + 0.35 * air / np.abs(air).max()) * np.minimum(t / 0.003, 1.0) * np.minimum((t[-1] - t) / 0.1, 1.0)
    return (out / np.abs(out).max()).astype(np.float32)
