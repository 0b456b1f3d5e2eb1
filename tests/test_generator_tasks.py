"""Edits as masks: a redone hole keeps whole notes on both sides."""

import numpy as np
from hand_song import hand_canvas

from modules.canvas import NO_ONSET, write_notes
from modules.canvas import vocabulary as v
from modules.generator import tasks
from modules.types import GridNote

ROW = v.ROW_NAMES.index("melody")


def canvas_with_long_notes():
    """One note rings into bar 4, another out of bar 7 (bars from 0)."""
    canvas = hand_canvas()
    write_notes(canvas.steps, "melody", [GridNote(56, 16, 12), GridNote(80, 8, 14), GridNote(120, 12, 16)])
    return canvas


def test_a_note_that_rings_into_the_hole_stays_and_a_tail_out_of_it_opens():
    canvas = canvas_with_long_notes()
    out = tasks.reopen(canvas, range(4, 8), frozenset({"melody"}))
    known = out.known_steps[ROW]
    assert known[:72].all() and not known[72:132].any() and known[132:].all()
    assert (out.rhythm[ROW, 128:132] == NO_ONSET).all()
    assert out.known_steps[[r for r in range(len(v.ROWS)) if r != ROW]].all() and out.known_harmony.all()


def test_drums_open_on_the_bar_lines():
    canvas = hand_canvas()
    out = tasks.reopen(canvas, range(2, 4), frozenset({"drums"}))
    row = v.LANE_ROWS["drums"][0]
    assert np.flatnonzero(~out.known_steps[row]).tolist() == list(range(32, 64))
