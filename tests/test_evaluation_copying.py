"""Runs that two melodies share, in any key and at half or double pace; and how they are broken."""

import numpy as np

from modules.evaluation.copying import MOST_SHARED, longest_run, shared_run, without_runs
from modules.evaluation.vibe import HEARD_SHARE, as_busy, groove_likeness, groove_of_canvas, nearness, onsets_a_second
from modules.types import GridNote, Reference
from tests.hand_song import hand_canvas

TUNE = tuple(GridNote(step, 2, midi) for step, midi in zip(
    (0, 4, 6, 8, 12, 16, 20, 22, 24, 30), (60, 62, 64, 60, 67, 65, 64, 62, 60, 59), strict=True))


def moved(notes, semitones=0, pace=1, start=0):
    return tuple(GridNote(int(n.step * pace) + start, 1, n.midi + semitones) for n in notes)


def test_a_transposed_and_slower_copy_is_found_whole():
    assert longest_run(TUNE, moved(TUNE, 5, 1, 32))[0] == len(TUNE)
    assert longest_run(moved(TUNE, -3, 2), TUNE)[0] == len(TUNE)
    assert longest_run(moved(TUNE, 0, 0.5), TUNE)[0] == len(TUNE)


def test_a_run_in_the_middle_is_counted_in_notes():
    other = (*(GridNote(4 * i, 1, 80 - 5 * i) for i in range(4)), *moved(TUNE[2:7], 3, 1, 40))
    length, first = longest_run(other, TUNE)
    assert (length, first) == (5, 4)


def test_the_same_note_over_and_over_is_nobodys_tune():
    same = tuple(GridNote(4 * i, 1, 60) for i in range(12))
    assert longest_run(same, same) == (0, 0)
    assert longest_run((), TUNE) == (0, 0)


def test_runs_are_broken_and_nothing_else_moves():
    canvas = hand_canvas()
    tune = tuple(canvas.notes("melody"))
    assert shared_run(canvas, tune) > MOST_SHARED
    changed = without_runs(canvas, tune)
    assert shared_run(changed, tune) <= MOST_SHARED
    assert np.array_equal(changed.steps[2:], canvas.steps[2:])
    assert [n.step for n in changed.notes("melody")] == [n.step for n in canvas.notes("melody")]
    assert without_runs(canvas, ()) is canvas


def test_a_groove_is_like_itself_and_less_like_another():
    groove = groove_of_canvas(hand_canvas())
    assert groove.shape == (3, 16)
    assert groove_likeness(groove, groove) > 0.99
    assert groove_likeness(groove, np.roll(groove, 1, axis=1)) < 0.6


def track(**heard) -> Reference:
    return Reference(120.0, np.arange(9) / 2, np.arange(3) * 2.0, "4/4", 0, "major", 1.0, (), (), np.full(4, 0.1), 0.5,
                     {}, "", **heard)


def test_weak_places_are_left_out_until_it_is_as_busy_as_the_track():
    canvas = hand_canvas()
    same = track(onsets_per_s=HEARD_SHARE * onsets_a_second(canvas, 100.0))
    calm = ((0.0, 0.1), (60.0, 0.1))
    assert as_busy(canvas, calm, 100.0, same) is canvas  # though the curve alone would thin it
    sparse = as_busy(canvas, (), 100.0, track(onsets_per_s=1.0))
    assert onsets_a_second(sparse, 100.0) < onsets_a_second(canvas, 100.0)
    assert sparse.notes("melody") == canvas.notes("melody")


def test_nearness_prefers_the_tracks_own_density():
    canvas = hand_canvas()
    busy = HEARD_SHARE * onsets_a_second(canvas, 100.0)
    near, far = (nearness(canvas, 100.0, track(groove=groove_of_canvas(canvas), onsets_per_s=rate))
                 for rate in (busy, 3 * busy))
    assert near > far
