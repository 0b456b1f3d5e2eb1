"""A later verse goes to the tune of the first, though its words have another rhythm.

Owns which pitch a note takes up from the section that its own returns to. Refuses to draw anything: it reads a filled
canvas and changes pitches only.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from modules.canvas import Canvas
from modules.canvas import vocabulary as v
from modules.types import PlacedSyllable


def follow_tune(canvas: Canvas, syllables: tuple[PlacedSyllable, ...]) -> Canvas:
    """The canvas with the sung notes of returning sections on the pitches of the tune that they return to.

    A note takes the pitch that sounds at its place in the first section (the nearest note's where that rests), unless
    the chords there differ or its pitch was given.

    Args:
        canvas: filled.
        syllables: placed on it; only notes under them change.
    """
    row = v.ROW_NAMES.index("melody")
    size = canvas.steps_per_bar
    steps = canvas.steps.copy()
    notes = canvas.notes("melody")
    sung = np.zeros(canvas.n_steps, bool)
    for one in syllables:
        sung[one.step:one.step + one.length] = True
    for section in canvas.sections:
        if section.source is None:
            continue
        origin = canvas.sections[section.source]
        shift = (section.start_bar - origin.start_bar) * size
        first, last = origin.start_bar * size - v.STEPS_PER_BEAT[canvas.meter], (origin.start_bar + origin.bars) * size
        tune = [note for note in notes if first <= note.step < last and sung[note.step]]
        if not tune:
            continue
        for note in notes:
            at = note.step - shift
            inside = first <= at < last and note.step < canvas.n_steps and sung[note.step]
            if not inside or canvas.known_steps[row, note.step] or not _same_chord(canvas, note.step, at):
                continue
            under = min(tune, key=lambda one: (max(one.step - at, at - one.step - one.length + 1, 0), -one.step))
            steps[row, note.step] = v.ONSET + under.midi
    return replace(canvas, steps=steps)


def _same_chord(canvas: Canvas, step: int, other: int) -> bool:
    """Whether two steps stand on one chord."""
    if other < 0:
        return False
    beat = canvas.steps_per_beat
    return np.array_equal(canvas.harmony[step // beat], canvas.harmony[other // beat])
