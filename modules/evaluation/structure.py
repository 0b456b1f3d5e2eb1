"""How bars of a canvas resemble others: repetition of chords and tune, phrase lengths."""

from __future__ import annotations

import numpy as np

from modules.canvas import Canvas
from modules.canvas import vocabulary as v


def chord_trigram_irregularity(canvas: Canvas) -> float:
    """Share of unique trigrams among all trigrams of the chord sequence (Wu & Yang 2020, "The
    Jazz Transformer on the Front Line", §4.3); NaN for under three."""
    chords = [(root, quality) for _, _, root, quality in canvas.chords()]
    trigrams = list(zip(chords, chords[1:], chords[2:], strict=False))
    return len(set(trigrams)) / len(trigrams) if trigrams else float("nan")


def phrase_bars(canvas: Canvas) -> np.ndarray:
    """Lengths in bars of the melody's phrases: parted by a rest of a beat or more, or by a note of three beats or
    more with what follows it."""
    notes = canvas.notes("melody")
    spb, per_bar = canvas.steps_per_beat, canvas.steps_per_bar
    if len(notes) < 4:
        return np.array([])
    bounds = [notes[0].step]
    for n, following in zip(notes, notes[1:], strict=False):
        rest = following.step - n.step - n.length
        if rest >= spb or n.length >= 3 * spb:
            bounds.append(following.step)
    bounds.append(notes[-1].step + notes[-1].length)
    return np.diff(bounds) / per_bar


def bar_likeness(canvas: Canvas, lag: int) -> float:
    """Mean likeness of bars `lag` apart in melody: shared steps of equal token among those where either has a note."""
    line = canvas.steps[v.ROW_NAMES.index("melody")].reshape(canvas.n_bars, -1)
    scores = []
    for bar in range(canvas.n_bars - lag):
        a, b = line[bar], line[bar + lag]
        heard = (a >= v.ONSET) | (b >= v.ONSET)
        if heard.any():
            scores.append(float((a == b)[heard].mean()))
    return float(np.mean(scores)) if scores else float("nan")
