"""A first guess at the generator's style table: what each style's canvases are like, as numbers.

With random rows a hundred and fifty styles are learned by heart one by one and too slowly (measured: after 1,400 steps
the right style helped the likelihood by 1–3 %); rows that say how a style plays let the network read them.
"""

from __future__ import annotations

import numpy as np
import torch

from modules.canvas import Canvas
from modules.canvas import vocabulary as v
from modules.styles.cards import cards
from modules.training.teacher import write_song

COMPONENTS = 64
_SIZES = {row: size for row, (_, _, size) in v.ROWS.items()}


def style_features(canvas: Canvas) -> np.ndarray:
    """What a plain ear may go by: hits by step and piece, figures, chords, density. No tempo."""
    per_bar = canvas.steps_per_bar
    out = []
    for name in ("drum_a", "drum_b", "drum_c", "comp", "comp2", "pad"):
        line = canvas.steps[v.ROW_NAMES.index(name)].reshape(canvas.n_bars, per_bar)
        bars = line[(line > 0).any(axis=1)]
        profile = np.zeros((16, _SIZES[name]))
        if len(bars):
            for step in range(per_bar):
                profile[step] = np.bincount(bars[:, step], minlength=_SIZES[name]) / len(bars)
        out += [profile.sum(axis=0), profile[:, 2 if "drum" not in name else 1:].ravel(),
                np.array([len(bars) / canvas.n_bars])]
    for name in ("bass", "melody", "counter"):
        line = canvas.steps[v.ROW_NAMES.index(name)]
        onset = line >= v.ONSET
        steps = np.zeros(16)
        steps[:per_bar] = onset.reshape(-1, per_bar).mean(axis=0)
        beats = np.arange(canvas.n_steps) // canvas.steps_per_beat
        degree = (line - v.ONSET + v.LOWEST[name] - canvas.harmony[beats, 0]) % 12
        out += [steps, np.bincount(degree[onset], minlength=12) / max(1, onset.sum()), np.array([onset.mean()])]
    out += [np.bincount(canvas.harmony[:, 1], minlength=len(v.QUALITIES)) / canvas.n_beats,
            np.bincount(canvas.harmony[:, 0], minlength=13) / canvas.n_beats,
            np.eye(17)[per_bar][[12, 16]], (canvas.active > 0).mean(axis=1)]
    return np.concatenate(out)


def style_table(rows: tuple[str, ...], width: int, songs: int = 5) -> torch.Tensor:
    """float32 (S + 1, D): the principal components of each style's mean features; other rows start at zero."""
    rng = np.random.default_rng(17)
    means = np.array([np.mean([style_features(write_song(card, rng).canvas) for _ in range(songs)], axis=0)
                      for card in cards().values()])
    x = (means - means.mean(axis=0)) / (means.std(axis=0) + 0.02)
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    n = min(COMPONENTS, len(s), width)
    kept = u[:, :n] * np.sqrt(s[:n])  # between whitened and raw: fine distinctions count, noise less
    spread = np.linalg.qr(rng.normal(size=(width, n)))[0].T  # (n, D)
    values = kept @ spread
    values *= 0.5 / values.std()
    table = np.zeros((len(rows) + 1, width), np.float32)
    for name, row in zip(cards(), values, strict=True):
        table[rows.index(name)] = row
    return torch.from_numpy(table)
