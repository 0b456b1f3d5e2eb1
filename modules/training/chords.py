"""Chords of polyphonic music, beat by beat, for corpora without chord symbols: a shortest path over candidates."""

from __future__ import annotations

import numpy as np

from modules.canvas import vocabulary as v

# qualities that an analysis may name; richer ones are colour that notes alone do not settle
NAMES = ("maj", "min", "7", "m7", "maj7", "dim", "dim7", "m7b5", "sus4", "aug")
_PRIOR = {"maj": 0.0, "min": 0.0, "7": 0.10, "m7": 0.16, "maj7": 0.2, "dim": 0.14, "dim7": 0.22, "m7b5": 0.2,
          "sus4": 0.3, "aug": 0.3}
_CHANGE = 0.55  # cost of a new chord on a weak beat; less on strong ones
_STRONG = 0.45  # share of that cost on a bar's first beat


def candidates() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(roots (M,), quality indices (M,), chord tones (M, 12) bool)."""
    roots, qualities, tones = [], [], []
    for root in range(12):
        for name in NAMES:
            roots.append(root)
            qualities.append(v.QUALITY_NAMES.index(name))
            tones.append(np.isin((np.arange(12) - root) % 12, v.QUALITIES[name]))
    return np.array(roots), np.array(qualities), np.array(tones)


def analyse(weights: np.ndarray, bass: np.ndarray, beats_per_bar: int) -> np.ndarray:
    """Chords of a piece.

    Args:
        weights: (T, 12) sounding weight of each pitch class a beat (any scale).
        bass: (T,) lowest pitch class a beat, -1 = none.

    Returns:
        int16 (T, 2): root pitch class and quality index; beats where nothing sounds go on with the chord before.
    """
    roots, qualities, tones = candidates()
    total = weights.sum(axis=1, keepdims=True)
    share = np.where(total > 0, weights / np.maximum(total, 1e-9), 0)
    inside = share @ tones.T  # (T, M)
    present = (share > 0.04).astype(float)
    missing = (tones.sum(axis=1)[None] - present @ tones.T) / tones.sum(axis=1)[None]
    cost = 1.6 * (1 - inside) + 0.45 * missing + np.array([_PRIOR[NAMES[i % len(NAMES)]] for i in range(len(roots))])
    cost = cost - 0.35 * (bass[:, None] == roots[None]) - 0.2 * share[:, roots]
    cost = np.where(total > 0, cost, 0.0)
    change = np.full(len(cost), _CHANGE)
    place = np.arange(len(cost)) % beats_per_bar
    change[place == 0] *= _STRONG
    if beats_per_bar == 4:
        change[place == 2] *= 0.7
    best, back = cost[0], []
    for beat in range(1, len(cost)):
        cheapest = int(best.argmin())
        stay = best <= best[cheapest] + change[beat]
        back.append(np.where(stay, np.arange(len(best)), cheapest))
        best = np.where(stay, best, best[cheapest] + change[beat]) + cost[beat]
    path = [int(best.argmin())]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    path = np.array(path[::-1])
    return np.stack([roots[path], qualities[path]], axis=1).astype(np.int16)
