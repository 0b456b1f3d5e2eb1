"""How much of one melody stands in another: the longest run of notes with the same intervals in the same rhythm.

In any key and at any of the usual readings of the beat (as it is, twice or half as fast). A run on fewer than three
pitches is nobody's tune and does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from modules.canvas import Canvas, write_notes
from modules.types import GridNote

MOST_SHARED = 6  # notes in a run that may be alike by chance
PACES = (1.0, 2.0, 0.5)
FEWEST_PITCHES = 3
TUNEFUL = ("melody", "counter")  # rows in which a tune would be noticed
STEP_UP = 2  # semitones that a note is moved to break a run


def moves(notes: Sequence[GridNote]) -> list[tuple[int, int]]:
    """(interval in semitones, distance in steps) from each note to the next."""
    return [(b.midi - a.midi, b.step - a.step) for a, b in zip(notes, notes[1:], strict=False)]


def longest_run(notes: Sequence[GridNote], other: Sequence[GridNote]) -> tuple[int, int]:
    """(length in notes, index of its first note in `notes`) of the longest run that both have; (0, 0) for none."""
    best = (0, 0)
    mine, theirs = np.array(moves(notes)).reshape(-1, 2), np.array(moves(other)).reshape(-1, 2)
    for pace in PACES:
        same = (mine[:, None, 0] == theirs[None, :, 0]) & (mine[:, None, 1] == pace * theirs[None, :, 1])
        run = np.zeros(len(theirs), int)  # moves in common that end at each of theirs
        for i, row in enumerate(same):
            run = np.where(row, np.r_[0, run[:-1]] + 1, 0)
            length = int(run.max(initial=0)) + 1
            first = i + 2 - length
            if length > max(best[0], 1) and len({note.midi for note in notes[first:i + 2]}) >= FEWEST_PITCHES:
                best = (length, first)
    return best


def shared_run(canvas: Canvas, other: Sequence[GridNote]) -> int:
    """The longest run of `other` in any tuneful row of a canvas."""
    return max(longest_run(canvas.notes(row), other)[0] for row in TUNEFUL)


def without_runs(canvas: Canvas, other: Sequence[GridNote]) -> Canvas:
    """The canvas with no run of `other` longer than `MOST_SHARED`: the middle note of each such run goes a step up.

    A canvas without such runs is returned as it is.
    """
    steps = canvas.steps.copy()
    for row in TUNEFUL:
        notes = canvas.notes(row)
        length, first = longest_run(notes, other)
        tried = 0
        while length > MOST_SHARED and tried < len(notes):
            middle = first + length // 2
            notes[middle] = replace(notes[middle], midi=max(0, notes[middle].midi + STEP_UP - 4 * (tried % 2)))
            write_notes(steps, row, notes)
            length, first = longest_run(notes, other)
            tried += 1
    return canvas if np.array_equal(steps, canvas.steps) else replace(canvas, steps=steps)
