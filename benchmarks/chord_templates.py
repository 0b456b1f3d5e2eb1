"""The baseline that trained chords are measured against: templates on beats, and a best path.

Letters: `M` harmonic frames, `P` pitches, `T` beats, `Q` chord states.
"""

from __future__ import annotations

import numpy as np

from modules.canvas.vocabulary import QUALITIES, SCALES
from modules.conditions.harmony import best_path
from modules.conditions.tonality import Key, chroma, over_spans
from modules.types import ChordSpan

ROOT_BONUS = 0.55  # of a chord whose root lies in the bass
CHORD_QUALITIES = ("maj", "min", "7", "maj7", "m7", "dim", "m7b5", "sus4", "sus2", "aug")
# Rarer qualities must sound clearly better than the plain triad.
QUALITY_COST = {"maj": 0.0, "min": 0.0, "7": 0.08, "maj7": 0.08, "m7": 0.07, "dim": 0.14, "m7b5": 0.16, "sus4": 0.14,
                "sus2": 0.16, "aug": 0.2}
CHANGE_COST, DOWNBEAT_CHANGE_COST = 0.55, 0.22
OUT_OF_KEY_COST = 0.07  # a chord tone outside the key
NO_CHORD_SCORE = 0.30


def find_chords(notes: np.ndarray, starts_s: np.ndarray, ends_s: np.ndarray, *, downbeats: np.ndarray,
                key: Key) -> tuple[ChordSpan, ...]:
    """Chords on beats, by templates and a best path that prefers to change on downbeats.

    Args:
        notes: (M, P) strengths.
        starts_s, ends_s: (T,) spans, usually beats.
        downbeats: (T,) True where a bar begins.
        key: costs a little for what lies outside it.

    Returns:
        Runs of equal chords joined, in time order.
    """
    treble, bass = chroma(notes)
    upper, lower = over_spans(treble, starts_s, ends_s), over_spans(bass, starts_s, ends_s)
    states, score = _match(upper, lower, key)
    path = best_path(score, np.where(downbeats, DOWNBEAT_CHANGE_COST, CHANGE_COST))
    out: list[ChordSpan] = []
    for span, state in enumerate(path):
        root, quality = states[state]
        if out and (out[-1].root, out[-1].quality) == (root, quality):
            out[-1] = ChordSpan(out[-1].start_s, float(ends_s[span]), root, quality)
        else:
            out.append(ChordSpan(float(starts_s[span]), float(ends_s[span]), root, quality))
    return tuple(out)


def _match(upper: np.ndarray, lower: np.ndarray, key: Key) -> tuple[list[tuple[int | None, str]], np.ndarray]:
    """Chord states and how well each fits each span (T, Q)."""
    scale = {(key.tonic + degree) % 12 for degree in SCALES[key.mode]}
    if key.mode == "minor":
        scale.add((key.tonic + 11) % 12)  # the leading note of V
    loudest = np.percentile(upper.sum(axis=1), 90) + 1e-9
    quiet = upper.sum(axis=1) < 0.03 * loudest
    size = np.linalg.norm(upper, axis=1, keepdims=True)
    upper = upper / np.maximum(size, 1e-9)
    lower = lower / np.maximum(lower.sum(axis=1, keepdims=True), 1e-3 * lower.sum(axis=1).max() + 1e-9)
    states: list[tuple[int | None, str]] = []
    columns = []
    for quality in CHORD_QUALITIES:
        for root in range(12):
            template = np.zeros(12)
            tones = [(root + tone) % 12 for tone in QUALITIES[quality]]
            template[tones] = [1.0, 0.9, 0.85, 0.7][:len(tones)]
            template /= np.linalg.norm(template)
            outside = sum(tone not in scale for tone in tones)
            states.append((root, quality))
            columns.append(upper @ template + ROOT_BONUS * lower[:, root] + 0.12 * lower[:, tones[2]]
                           - QUALITY_COST[quality] - OUT_OF_KEY_COST * outside)
    states.append((None, "maj"))
    columns.append(np.where(quiet, 3.0, NO_CHORD_SCORE))
    return states, np.stack(columns, axis=1)
