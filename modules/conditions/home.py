"""Where home is, told from chords: which of them last, begin, end, open phrases, and how roots move.

Relative and neighbouring keys share nearly all their notes, so notes alone do not tell them apart. A log-linear model,
the same for all twelve tonics; its weights, learned from written chords (`modules.training.home`), lie with the ear's.

Letters: `R` = 12 tonics, `F` features.
"""

from __future__ import annotations

import numpy as np

from modules.canvas.vocabulary import QUALITIES
from modules.types import ChordSpan

PHRASE_BARS = 4
N_KINDS = 3  # minor third, major third, neither a third nor a perfect fifth
N_FEATURES = 4 * 12 * N_KINDS + 144


def kind(quality: str) -> int:
    """0 minor, 1 major, 2 anything else."""
    tones = QUALITIES[quality]
    return 0 if 3 in tones and 7 in tones else 1 if 4 in tones and 7 in tones else 2


def home_features(chords: tuple[ChordSpan, ...], phrase_starts_s: np.ndarray) -> np.ndarray:
    """(R, F) of a piece or a stretch of it, each row with roots counted from one tonic; zeros without chords.

    Args:
        chords: in time order; spans without a chord are passed over.
        phrase_starts_s: times at which phrases may begin, every fourth bar.
    """
    sounding = [chord for chord in chords if chord.root is not None]
    lasting, first, last, opening = np.zeros((4, 12, N_KINDS))
    moves = np.zeros((12, 12))
    if sounding:
        for chord in sounding:
            lasting[chord.root, kind(chord.quality)] += chord.end_s - chord.start_s
        lasting /= lasting.sum() + 1e-9
        first[sounding[0].root, kind(sounding[0].quality)] = 1
        last[sounding[-1].root, kind(sounding[-1].quality)] = 1
        for time in phrase_starts_s:
            at = next((c for c in sounding if c.start_s - 0.1 <= time + 0.05 < c.end_s), None)
            if at is not None:
                opening[at.root, kind(at.quality)] += 1 / len(phrase_starts_s)
        pairs = [(a.root, b.root) for a, b in zip(sounding, sounding[1:], strict=False) if a.root != b.root]
        for a, b in pairs:
            moves[a, b] += 1 / len(pairs)
    rows = []
    for tonic in range(12):
        relative = [np.roll(each, -tonic, axis=0).ravel() for each in (lasting, first, last, opening)]
        rows.append(np.concatenate([*relative, np.roll(moves, (-tonic, -tonic), axis=(0, 1)).ravel()]))
    return np.array(rows, np.float32)


def hear_home(weights: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Log-probabilities (R, 2) of major and minor keys from features (R, F) and weights (F + 1, 2)."""
    logits = features @ weights[:-1] + weights[-1]
    return logits - logits.max() - np.log(np.exp(logits - logits.max()).sum())
