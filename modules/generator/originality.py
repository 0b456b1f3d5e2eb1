"""Whether a melody quotes a training piece: runs of eight notes, looked up among those of the real scores.

Keeps numbers made from the runs, from which no tune can be read back. `python -m modules.training.originality` makes
them.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

import numpy as np

from modules.assets import asset
from modules.canvas import Canvas

RUN = 8  # notes
LEAST_PITCHES = 3  # a run on fewer is no tune


def melody_runs(canvas: Canvas, n: int = RUN) -> set[tuple[int, ...]]:
    """Runs of `n` melody notes as (interval in semitones, distance of onsets in steps) by turns, free of key and place;
    runs on fewer than three pitches left out."""
    notes = canvas.notes("melody")
    out = set()
    for at in range(len(notes) - n + 1):
        part = notes[at:at + n]
        if len({note.midi for note in part}) >= LEAST_PITCHES:
            out.add(tuple(x for a, b in pairwise(part) for x in (b.midi - a.midi, b.step - a.step)))
    return out


def run_numbers(runs: set[tuple[int, ...]]) -> np.ndarray:
    """uint32 (n,), sorted: a number for each run; two runs share one with a chance of 2⁻³²."""
    numbers = {int.from_bytes(blake2b(repr(run).encode(), digest_size=4).digest(), "little") for run in runs}
    return np.array(sorted(numbers), np.uint32)


@lru_cache(maxsize=1)
def training_runs() -> np.ndarray:
    """The shipped numbers of the training pieces' runs, uint32, sorted."""
    return np.load(asset("weights/melody_runs.npy"))


def quotes(canvas: Canvas) -> int:
    """How many runs of the melody stand in a training piece."""
    return int(np.isin(run_numbers(melody_runs(canvas)), training_runs(), assume_unique=True).sum())
