"""A hum against its grid: which sung note became which of a corrected tune, and how late each was sung.

Knows notes, steps and seconds; nothing of sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from modules.canvas.vocabulary import STEPS_PER_BEAT
from modules.types import GridNote, Hum

SLOW_NOTES = 9  # the singer's drift over that many notes is tempo, and stays out of the notes' own lateness
MOST_LATE_S = 0.15  # either way
FURTHEST = 6  # steps between a sung note and the corrected one that it may have become
SKIP = 4.0  # cost of a note that has no partner, in steps


def step_s(hum: Hum) -> float:
    """Seconds a step at the hum's tempo."""
    return 60.0 / hum.tempo_bpm / STEPS_PER_BEAT[hum.meter]


def positions(hum: Hum, times_s: Sequence[float]) -> np.ndarray:
    """Steps, not rounded, at times of the recording."""
    times = np.asarray(times_s, float) - hum.offset_s
    if not hum.beat_tempi:
        return times / step_s(hum)
    beat_s = 60.0 / hum.tempo_bpm
    edges_s = np.concatenate([[0.0], np.cumsum(beat_s / np.array(hum.beat_tempi))])
    beats = np.interp(times, edges_s, np.arange(len(edges_s)))
    beats += np.minimum(times, 0) / beat_s + np.maximum(times - edges_s[-1], 0) / beat_s
    return beats * STEPS_PER_BEAT[hum.meter]


def pairs(sung: Sequence[GridNote], wanted: Sequence[GridNote]) -> list[tuple[int, int]]:
    """Which note of `sung` became which of `wanted`, in order: the cheapest alignment by place and pitch."""
    n, m = len(sung), len(wanted)
    cost = np.zeros((n + 1, m + 1))
    cost[:, 0], cost[0, :] = np.arange(n + 1) * SKIP, np.arange(m + 1) * SKIP
    away = (np.abs(np.array([note.step for note in sung])[:, None] - [note.step for note in wanted])
            + 0.3 * np.minimum(np.abs(np.array([note.midi for note in sung])[:, None]
                                      - [note.midi for note in wanted]), 6)).reshape(n, m)
    away[away > FURTHEST + 2] = np.inf
    for i in range(1, n + 1):
        for k in range(1, m + 1):
            cost[i, k] = min(cost[i - 1, k - 1] + away[i - 1, k - 1], cost[i - 1, k] + SKIP, cost[i, k - 1] + SKIP)
    found, i, k = [], n, m
    while i and k:
        if cost[i, k] == cost[i - 1, k - 1] + away[i - 1, k - 1]:
            found.append((i - 1, k - 1))
            i, k = i - 1, k - 1
        elif cost[i, k] == cost[i - 1, k] + SKIP:
            i -= 1
        else:
            k -= 1
    return found[::-1]


def with_own_timing(hum: Hum, notes: Sequence[GridNote]) -> tuple[GridNote, ...]:
    """The notes, each as late or early as it was sung; the singer's slow drift is left out, and no note passes another.

    Args:
        notes: the hum's grid, or what a person made of it.
    """
    onsets = positions(hum, [note.onset_s for note in hum.notes])
    beats, inside = np.divmod(np.array([note.step for note in hum.grid]) / STEPS_PER_BEAT[hum.meter], 1.0)
    swung = np.where(inside < 0.5, 2 * hum.swing * inside, hum.swing + (2 * inside - 1) * (1 - hum.swing))
    late = onsets - (beats + swung) * STEPS_PER_BEAT[hum.meter]
    half = SLOW_NOTES // 2
    drift = np.array([np.median(late[max(0, i - half):i + half + 1]) for i in range(len(late))])
    most = MOST_LATE_S / step_s(hum)
    own = np.clip(late - drift, -most, most)
    out = list(notes)
    for i, k in pairs(hum.grid, notes):
        out[k] = replace(out[k], late=round(float(own[i]), 4))
    for k in range(1, len(out)):  # a quarter of a step is left to the note before
        soonest = out[k - 1].step + out[k - 1].late + 0.25 - out[k].step
        if out[k].late < soonest:
            out[k] = replace(out[k], late=round(soonest, 4))
    return tuple(out)


def sung_spans(hum: Hum, wanted: Sequence[GridNote]) -> list[tuple[tuple[float, float], list[int]]]:
    """Stretches of the recording, ((start_s, end_s), notes of `wanted` that are sung on it), in order.

    A note that was split is sung on through its parts, notes that were merged are sung as one; an added note away from
    any sung one is not sung.
    """
    found = pairs(hum.grid, wanted)
    out = []
    for index, (i, k) in enumerate(found):
        next_i, next_k = found[index + 1] if index + 1 < len(found) else (len(hum.grid), len(wanted))
        which, end = [k], wanted[k].step + wanted[k].length
        while which[-1] + 1 < next_k and wanted[which[-1] + 1].step == end:
            which.append(which[-1] + 1)
            end += wanted[which[-1]].length
        last = max([i, *(j for j in range(i + 1, next_i) if hum.grid[j].step < end)])
        out.append(((hum.notes[i].onset_s, hum.notes[last].offset_s), which))
    return out
