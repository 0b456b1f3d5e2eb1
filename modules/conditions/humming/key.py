"""Tuning and key of sung notes. Knows nothing of sound or of the beat.

Singers without an instrument are in tune with themselves, not with A = 440, and sink or climb slowly; both are taken
out before pitches become semitones. The key is chosen by a log-linear model over how long and how often each degree
sounds and on which degrees the tune, and its phrases, begin and end; its weights were learned from written melodies.
"""

from __future__ import annotations

import numpy as np

from modules.conditions.humming.knowledge import knowledge
from modules.conditions.humming.phrases import phrase_ends

DRIFT_LIMIT = 1.5  # semitones over the whole recording
DRIFT_COST = 0.02  # share of agreement each semitone of drift must earn
DRIFT_NOTES = 8  # fewer notes cannot tell drift from tune
MODES = ("major", "minor")
LONGEST = 3.0  # times the usual: a longer note says no more about the key
EVIDENCE = 8.0  # notes that count as one unit of evidence
TRIADS = {"major": (0, 4, 7), "minor": (0, 3, 7)}


def round_pitches(pitches: np.ndarray, onsets_s: np.ndarray, offsets_s: np.ndarray) -> tuple[list[int], float, float]:
    """Nearest semitones after tuning and slow drift are taken out.

    Args:
        pitches: (n,) fractional midi.

    Returns:
        midi per note; tuning offset in cents at the middle of the recording, within ±50; drift in cents over all.
    """
    times = (onsets_s + offsets_s) / 2
    weights = offsets_s - onsets_s
    length = max(times[-1] - times[0], 1e-9)
    place = (times - times[0]) / length - 0.5  # −0.5 … 0.5
    drifts = np.linspace(-DRIFT_LIMIT, DRIFT_LIMIT, 61) if len(pitches) >= DRIFT_NOTES else np.zeros(1)
    turns = (weights * np.exp(2j * np.pi * (pitches - drifts[:, None] * place))).sum(axis=1) / weights.sum()
    best = int((np.abs(turns) - DRIFT_COST * np.abs(drifts)).argmax())
    tuning, drift = float(np.angle(turns[best]) / (2 * np.pi)), float(drifts[best])
    midi = np.round(pitches - tuning - drift * place).astype(int)
    return midi.tolist(), 100 * tuning, 100 * drift


def find_key(midi: np.ndarray, onsets_s: np.ndarray, offsets_s: np.ndarray) -> tuple[int, str]:
    """Tonic pitch class 0–11 and "major" or "minor"."""
    best = int(key_chances(midi, onsets_s, offsets_s).argmax())
    return best % 12, MODES[best // 12]


def key_chances(midi: np.ndarray, onsets_s: np.ndarray, offsets_s: np.ndarray) -> np.ndarray:
    """(24,) how likely each key is: twelve tonics in major, then twelve in minor."""
    seen = key_features(midi, onsets_s, offsets_s)
    weights = knowledge()["key"]
    logits = np.concatenate([seen @ weights[mode] for mode in MODES])
    chances = np.exp(logits - logits.max())
    return chances / chances.sum()


def key_features(midi: np.ndarray, onsets_s: np.ndarray, offsets_s: np.ndarray) -> np.ndarray:
    """(12, 61) for each tonic: degrees' lengths, counts, phrase ends, first and last note (12 each), and 1."""
    pcs = np.asarray(midi) % 12
    spans = np.diff(onsets_s, append=max(offsets_s[-1], onsets_s[-1] + 0.1))
    lengths = np.minimum(spans / np.median(spans), LONGEST)
    ends = phrase_ends(onsets_s, offsets_s).astype(float)
    heard = [np.bincount(pcs, weights, minlength=12)[:12] / EVIDENCE
             for weights in (lengths, np.ones(len(pcs)), ends * 2)]
    heard += [np.eye(12)[pcs[0]], np.eye(12)[pcs[-1]]]
    turned = (np.arange(12)[:, None] + np.arange(12)) % 12  # (tonic, degree) → pitch class
    return np.concatenate([*(row[turned] for row in heard), np.ones((12, 1))], axis=1)


def degree_chances(midi: np.ndarray, chances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each note how likely it is the tonic, and a tone of the tonic triad, over all keys: (n,), (n,)."""
    pcs = np.asarray(midi) % 12
    tonic, triad = np.zeros(12), np.zeros(12)
    for index, chance in enumerate(chances):
        tonic[index % 12] += chance
        triad[[(index + tone) % 12 for tone in TRIADS[MODES[index // 12]]]] += chance
    return tonic[pcs], triad[pcs]
