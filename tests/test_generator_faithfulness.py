"""What a given tune fixes as faithfulness falls: never more, its turning points longest, its rhythm down to a half."""

import numpy as np
import pytest

from modules.canvas import MUST_ONSET, Canvas
from modules.canvas import vocabulary as v
from modules.generator.givens import weights, write_melody
from modules.generator.plan import draw_plan
from modules.types import Condition, Controls, GridNote, Section

TUNE = [GridNote(*note) for note in ((0, 4, 60), (4, 4, 62), (8, 2, 64), (10, 2, 62), (12, 4, 67), (16, 4, 64),
                                     (20, 4, 62), (24, 8, 60))]
CONTROLS = Controls(duration_s=30.0, tempo_bpm=120.0, meter="4/4")
ROW = v.ROW_NAMES.index("melody")


def written(faithfulness, seed=3):
    canvas = Canvas.empty("4/4", (Section("verse", 0, 2, 4),))
    heights = write_melody(canvas, TUNE, 0, faithfulness=faithfulness, rng=np.random.default_rng(seed))
    return canvas, heights


def fixed(canvas):
    """Steps on which a pitch is fixed, and steps on which a note must begin."""
    onset = canvas.steps[ROW] >= v.ONSET
    return (set(np.flatnonzero(onset & canvas.known_steps[ROW])),
            set(np.flatnonzero(onset & canvas.known_steps[ROW] | (canvas.rhythm[ROW] == MUST_ONSET))))


def test_less_is_fixed_the_less_is_asked():
    found = [fixed(written(f)[0]) for f in (1.0, 0.75, 0.5, 0.25, 0.0)]
    onsets = {note.step for note in TUNE}
    assert found[0] == (onsets, onsets) and found[-1] == (set(), set())
    for (more, more_rhythm), (less, less_rhythm) in zip(found, found[1:]):
        assert less < more and less_rhythm <= more_rhythm
    assert found[1][1] == found[2][1] == onsets  # the whole rhythm, down to a half
    assert {0, 12} <= found[2][0]  # where it begins, and its highest note


def test_open_notes_are_drawn_to_where_they_were():
    canvas, heights = written(0.5)
    pitches, _ = fixed(canvas)
    low = v.do_midi(0) + v.LOWEST["melody"]
    for note in TUNE:
        asked = heights.reshape(-1)[note.step:note.step + note.length]
        assert np.isnan(asked).all() if note.step in pitches else np.allclose(asked, note.midi - low)
    flat = written(0.1)[1]
    assert np.nanstd(flat) < 0.3 * np.std([note.midi for note in TUNE])
    assert written(1.0)[1] is None and written(0.0)[1] is None


def test_what_returns_is_treated_alike():
    canvas = Canvas.empty("4/4", (Section("verse", 0, 2, 4), Section("chorus", 2, 2, 6, 0)))
    twice = [*TUNE, *(GridNote(n.step + 32, n.length, n.midi) for n in TUNE)]
    write_melody(canvas, twice, 0, faithfulness=0.4, rng=np.random.default_rng(1))
    for cells in (canvas.known_steps[ROW], canvas.rhythm[ROW]):
        assert np.array_equal(cells[:32], cells[32:])
    again = [*TUNE[:3], *(GridNote(n.step + 16, n.length, n.midi) for n in TUNE[:3])]  # within a tune
    found = weights(again, canvas, np.random.default_rng(0))
    assert found[1] == pytest.approx(found[4])


def test_a_loosely_followed_tune_returns_with_its_section():
    condition = Condition({"folk_pop": 1.0}, CONTROLS, tuple(TUNE), "hum", faithfulness=0.5)
    plan = draw_plan(condition, 4)
    assert (plan.copy_bars[1] >= 0).any()
    strict = draw_plan(Condition(condition.styles, condition.controls, tuple(TUNE), "hum"), 4)
    assert (strict.copy_bars[1] < 0).all() and strict.heights is None


def test_tempi_of_a_tune_are_laid_where_it_is_stated():
    condition = Condition({"folk_pop": 1.0}, CONTROLS, tuple(TUNE), "hum",
                          melody_tempi=(1.0, 0.8, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5))
    plan = draw_plan(condition, 4)
    tempi = np.array(plan.beat_tempi)
    starts = [s.start_bar * 4 for s in plan.canvas.sections if s.name not in ("intro", "outro")]
    assert set(np.flatnonzero(tempi == 0.8)) == {start + 1 for start in starts} and (tempi == 0.5).sum() == len(starts)
