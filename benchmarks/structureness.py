"""Structureness of a canvas: how much of it is explained by a part that returns.

After Wu & Yang 2020 ("The Jazz Transformer on the Front Line", §4.4), which rests on the fitness of a segment (Müller,
Jiang & Grosche 2013, "A Robust Fitness Measure for Capturing Repetitions in Music Recordings", §III), here on a
self-similarity matrix of beats instead of audio frames.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from modules.canvas import Canvas
from modules.canvas import vocabulary as v

SPANS_S = ((3.0, 8.0), (8.0, 15.0), (15.0, 60.0))
_KEEP = 0.2  # share of a similarity matrix' cells that count as alike
_PENALTY = -2.0  # of cells that do not (Müller et al. 2013, §II)


def beat_vectors(canvas: Canvas) -> np.ndarray:
    """float64 (T, 12): unit vectors of what sounds in each beat, melody beside the chord's tones."""
    sound = np.zeros((canvas.n_steps, 12))
    for n in canvas.notes("melody"):
        sound[n.step:n.step + n.length, (n.midi + v.LOWEST["melody"]) % 12] += 1.0
    out = sound.reshape(canvas.n_beats, -1, 12).mean(axis=1)
    for beat, (root, quality) in enumerate(canvas.harmony):
        if root != v.NO_CHORD:
            for tone in v.QUALITIES[v.QUALITY_NAMES[quality]]:
                out[beat, (root + tone) % 12] += 0.35
    norm = np.linalg.norm(out, axis=1, keepdims=True)
    return out / np.maximum(norm, 1e-9)


def similarity(canvas: Canvas) -> np.ndarray:
    """(T, T) enhanced self-similarity: the most alike cells scaled to 0–1, the rest at a penalty."""
    x = beat_vectors(canvas)
    raw = x @ x.T
    smooth = np.zeros_like(raw)  # along the diagonal, two beats each way
    for by in range(-2, 3):
        smooth += np.roll(raw, (by, by), axis=(0, 1))
    smooth /= 5
    edge = np.quantile(smooth, 1 - _KEEP)
    top = smooth.max()
    out = np.where(smooth >= edge, (smooth - edge) / max(1e-9, top - edge), _PENALTY)
    np.fill_diagonal(out, 1.0)
    return np.ascontiguousarray(out)


@njit(cache=True)
def _fitness(s: np.ndarray, start: int, length: int) -> float:
    """Fitness of the segment [start, start + length) of a similarity matrix: harmonic mean of normalised score and
    coverage of its best path family."""
    n = s.shape[0]
    score = np.full((n + 1, length + 1), -np.inf)
    score[0, 0] = 0.0
    steps = np.zeros((n + 1, length + 1), np.int64)  # path cells so far
    cover = np.zeros((n + 1, length + 1), np.int64)  # frames covered so far
    open_at = np.zeros((n + 1, length + 1), np.int64)
    for row in range(1, n + 1):
        # between two paths
        score[row, 0], steps[row, 0], cover[row, 0] = score[row - 1, 0], steps[row - 1, 0], cover[row - 1, 0]
        if score[row - 1, length] > score[row, 0]:
            score[row, 0] = score[row - 1, length]
            steps[row, 0] = steps[row - 1, length]
            cover[row, 0] = cover[row - 1, length] + (row - 1 - open_at[row - 1, length])
        for column in range(1, length + 1):
            here = s[row - 1, start + column - 1]
            if column == 1:
                best = score[row, 0]
                score[row, 1] = best + here
                steps[row, 1] = steps[row, 0] + 1
                cover[row, 1] = cover[row, 0]
                open_at[row, 1] = row - 1
                continue
            r, c = row - 1, column - 1
            if row >= 2 and score[row - 2, column - 1] > score[r, c]:
                r, c = row - 2, column - 1
            if column >= 3 and score[row - 1, column - 2] > score[r, c]:
                r, c = row - 1, column - 2
            if score[r, c] > -np.inf and c >= 1:
                score[row, column] = score[r, c] + here
                steps[row, column] = steps[r, c] + 1
                cover[row, column] = cover[r, c]
                open_at[row, column] = open_at[r, c]
    total, length_of, covered = score[n, 0], steps[n, 0], cover[n, 0]
    if score[n, length] > total:
        total, length_of = score[n, length], steps[n, length]
        covered = cover[n, length] + n - open_at[n, length]
    if length_of == 0:
        return 0.0
    sigma = (total - length) / length_of
    gamma = (covered - length) / n
    if sigma <= 0 or gamma <= 0:
        return 0.0
    return 2 * sigma * gamma / (sigma + gamma)


def structureness(canvas: Canvas, tempo_bpm: float) -> tuple[float, ...]:
    """Highest fitness 0–1 of segments of 3–8 s, 8–15 s and over 15 s; NaN where the piece is too short for two."""
    s = similarity(canvas)
    n = len(s)
    beat_s = 60.0 / tempo_bpm
    out = []
    for low, high in SPANS_S:
        shortest, longest = max(2, round(low / beat_s)), min(n // 2, round(high / beat_s))
        lengths = np.unique(np.linspace(shortest, longest, 8).astype(int)) if longest >= shortest else ()
        found = [_fitness(s, start, int(length)) for length in lengths
                 for start in range(0, n - int(length) + 1, canvas.beats_per_bar)]
        out.append(max(found) if found else float("nan"))
    return tuple(out)
