"""A later verse goes to the tune of the first: pitches follow, rhythm and everything else stay."""

from dataclasses import replace

import numpy as np

from modules.canvas import Canvas, write_notes
from modules.canvas import vocabulary as v
from modules.generator.strophes import follow_tune
from modules.types import GridNote, PlacedSyllable, Section, Syllable

TUNE = [(0, 4, 10), (4, 4, 12), (8, 8, 14), (16, 6, 17)]
OTHER = [(0, 2, 3), (2, 2, 3), (4, 4, 3), (10, 6, 3), (16, 4, 3)]


def two_verses() -> tuple[Canvas, tuple[PlacedSyllable, ...]]:
    canvas = Canvas.empty("4/4", (Section("verse", 0, 2, 3), Section("verse", 2, 2, 3, 0)))
    canvas.harmony[:] = (0, 0)
    notes = [GridNote(*n) for n in TUNE] + [GridNote(step + 32, length, midi) for step, length, midi in OTHER]
    write_notes(canvas.steps, "melody", notes)
    return canvas, tuple(PlacedSyllable(Syllable("la", ("L", "AA"), 1), n.step, n.length) for n in notes)


def test_the_second_verse_takes_the_pitches_that_sound_at_its_places():
    canvas, syllables = two_verses()
    followed = follow_tune(canvas, syllables)
    later = [note for note in followed.notes("melody") if note.step >= 32]
    assert [(n.step - 32, n.length) for n in later] == [(step, length) for step, length, _ in OTHER]
    assert [n.midi for n in later] == [10, 10, 12, 14, 17]
    assert [n for n in followed.notes("melody") if n.step < 32] == [GridNote(*n) for n in TUNE]


def test_given_notes_other_chords_and_what_is_not_sung_stay():
    canvas, syllables = two_verses()
    row = v.ROW_NAMES.index("melody")
    canvas.known_steps[row, 32] = True
    canvas.harmony[9] = (5, 0)  # under step 36
    followed = follow_tune(canvas, syllables[:-1])
    assert [n.midi for n in followed.notes("melody") if n.step >= 32] == [3, 10, 3, 14, 3]
    alone = replace(canvas, sections=(Section("verse", 0, 4, 3),))
    assert np.array_equal(follow_tune(alone, syllables).steps, canvas.steps)
