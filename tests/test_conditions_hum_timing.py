"""A hum against its grid: which note became which, and the singer's own timing."""

from dataclasses import replace

import numpy as np
import pytest

from modules.conditions.hum_timing import MOST_LATE_S, pairs, positions, step_s, sung_spans, with_own_timing
from modules.conditions.settings import read_beat, read_notes, write_notes
from modules.errors import InputError
from modules.types import GridNote, Hum, HumBeat, HumNote

TUNE = (60, 62, 64, 65, 67, 65, 64, 62, 60, 64)


ON_TIME = (0.0,) * len(TUNE)


def hummed(lateness=ON_TIME, tempo=120.0, offset=0.5) -> Hum:
    """Quarter notes from the first downbeat on, each late by some steps."""
    step = 60 / tempo / 4
    grid = tuple(GridNote(4 * i, 4, midi) for i, midi in enumerate(TUNE))
    notes = tuple(HumNote(offset + (n.step + late) * step, offset + (n.step + late + 3.5) * step, 440.0, n.midi, 1.0)
                  for n, late in zip(grid, lateness, strict=True))
    return Hum(tempo, 0, "major", "4/4", 0.0, notes, grid, np.zeros(0), np.zeros(0), np.zeros(0), offset)


def test_own_timing_is_followed_within_bounds_and_drift_is_not():
    late = (0.0, 0.4, -0.3, 0.0, 0.5, -0.2, 0.1, 9.0, 0.0, 0.2)
    hum = hummed(late)
    own = with_own_timing(hum, hum.grid)
    assert [round(n.late, 2) for n in own[:5]] == pytest.approx([0.0, 0.4, -0.3, 0.0, 0.5], abs=0.11)
    assert own[7].late * step_s(hum) == pytest.approx(MOST_LATE_S, abs=0.01)
    starts = [n.step + n.late for n in own]
    assert all(a < b for a, b in zip(starts, starts[1:]))
    dragging = hummed(tuple(0.3 * i for i in range(len(TUNE))))
    assert max(abs(n.late) for n in with_own_timing(dragging, dragging.grid)) < 0.65


def test_positions_follow_a_tempo_map():
    hum = replace(hummed(), offset_s=0.0, beat_tempi=(1.0, 0.5, 1.0))
    assert positions(hum, [-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5]) == pytest.approx([-4, 0, 4, 6, 8, 12, 16])


def test_corrected_notes_find_what_was_sung():
    grid = hummed().grid
    moved = [replace(n, step=n.step + (i == 3), midi=n.midi + 12 * (i == 5)) for i, n in enumerate(grid)]
    assert pairs(grid, moved) == [(i, i) for i in range(len(grid))]
    without = [n for i, n in enumerate(grid) if i not in (2, 6)]
    assert pairs(grid, without) == [(i, i - (i > 2) - (i > 6)) for i in range(len(grid)) if i not in (2, 6)]


def test_split_notes_are_sung_through_and_merged_ones_as_one():
    hum = hummed()
    split = [GridNote(0, 2, 60), GridNote(2, 2, 64), *hum.grid[1:]]
    spans = sung_spans(hum, split)
    assert spans[0] == ((hum.notes[0].onset_s, hum.notes[0].offset_s), [0, 1]) and spans[1][1] == [2]
    merged = [GridNote(0, 8, 60), *hum.grid[2:]]
    assert sung_spans(hum, merged)[0] == ((hum.notes[0].onset_s, hum.notes[1].offset_s), [0])
    added = [*hum.grid, GridNote(60, 4, 67)]
    assert [which for _, which in sung_spans(hum, added)] == [[i] for i in range(len(TUNE))]


def test_notes_and_beat_are_read_as_they_are_written():
    notes = (GridNote(-4, 4, 60), GridNote(0, 8, 62))
    assert read_notes(write_notes(notes)) == notes and read_notes("") == ()
    assert read_notes("4:4:62, 0:4:60")[0].step == 0
    assert read_beat("tempo=96, meter=3/4, start=2.1, file=a.wav", "a.wav") == HumBeat(96.0, "3/4", 2.1)
    assert read_beat("tempo=96, start=2.1, file=a.wav", "b.wav") == HumBeat(96.0)
    assert read_beat("") == HumBeat()


@pytest.mark.parametrize("read, text, told", [
    (read_notes, "0:4", "step:length:pitch"), (read_notes, "0:0:60", "out of range"),
    (read_notes, "0:4:200", "out of range"), (read_notes, "0:4:60, 2:4:62", "one note at a time"),
    (read_notes, ",".join(f"{i}:1:60" for i in range(1001)), "1001"),
    (read_beat, "tempo=fast", "tempo=96"), (read_beat, "tempo=nan", "40 to 240"), (read_beat, "meter=7/8", "4/4, 3/4"),
    (read_beat, "tempo=96, start=1e9", "outside")])
def test_what_cannot_be_read_is_refused_in_words(read, text, told):
    with pytest.raises(InputError, match=told):
        read(text)
