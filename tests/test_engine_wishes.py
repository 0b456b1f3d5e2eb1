"""What a person set by hand is what sounds: instruments lane by lane, curves, and nothing of what was set aside."""

from __future__ import annotations

from threading import Event

import mido
import numpy as np
import pytest

from modules.assets import instruments
from modules.canvas import Canvas
from modules.canvas import vocabulary as v
from modules.conditions.fuse import Heard, fuse
from modules.conditions.text import understand
from modules.engines.embedded import EmbeddedEngine
from modules.engines.hearing import hear
from modules.generator.plan import blend, draw_plan
from modules.generator.thinning import strengths, thin
from modules.performance.midi import write_midi
from modules.performance.palette import choose_instruments
from modules.types import LANES, Condition, Controls, Request, Section, Take

LOW_THEN_HIGH = ((0.0, 0.05), (15.0, 0.1), (15.1, 0.95), (30.0, 1.0))


def test_lanes_set_by_hand_play_what_was_set_whatever_the_style_and_the_words():
    by_hand = (("melody", "oboe"), ("bass", "tuba"), ("drums", "none"))
    for style in ("techno", "string_quartet", "punk_rock"):
        for seed in range(3):
            chosen = choose_instruments(blend({style: 1.0}), Controls(
                lane_instruments=by_hand, wanted=("cello", "rhodes"), unwanted=("brass",)), seed)
            assert chosen["melody"] == "oboe" and chosen["bass"] == "tuba" and "drums" not in chosen


def test_a_lane_set_by_hand_beats_words_that_refuse_it_and_it_is_said():
    request = Request(prompt="no bass", controls=Controls(lane_instruments=(("bass", "tuba"),)))
    condition = fuse(request, Heard(text=understand("no bass")))
    assert "bass" not in condition.controls.unwanted
    assert any("gives way to the instrument" in line for line in condition.conflicts)


def test_what_was_set_aside_does_not_reach_the_condition():
    request = Request(prompt="lo-fi at 90 bpm, no drums", set_aside=("tempo: 90 BPM", "without: drums"))
    condition = fuse(request, hear(request))
    assert condition.controls.tempo_bpm is None and condition.controls.unwanted == ()
    kept = fuse(Request(prompt=request.prompt), hear(Request(prompt=request.prompt)))
    assert kept.controls.tempo_bpm == 90 and kept.controls.unwanted == ("drums",)


def test_instruments_asked_for_are_what_the_midi_file_plays(tmp_path):
    request = Request(prompt="folk song with harp and flute", takes=1, seed=3, controls=Controls(
        duration_s=12.0, lane_instruments=(("bass", "tuba"), ("drums", "none"))))
    take = next(item for item in EmbeddedEngine().takes(request, Event()) if isinstance(item, Take))
    write_midi(take.performance, take.song, str(tmp_path / "take.mid"))
    messages = [message for track in mido.MidiFile(tmp_path / "take.mid").tracks for message in track]
    programs = {message.program for message in messages if message.type == "program_change"}
    assert {instruments()[name]["program"] for name in ("tuba", "harp", "flute")} <= programs
    assert not [m for m in messages if m.type == "note_on" and m.channel == 9]
    assert set(take.stems) == {part.lane for part in take.performance.parts} and "drums" not in take.stems
    assert np.abs(take.stems["bass"].samples).max() > 1e-3
    assert take.recipe["request"]["controls"]["lane_instruments"] == [["bass", "tuba"], ["drums", "none"]]


@pytest.mark.parametrize("style", ["techno", "bossa_nova", "lofi_hiphop", "baroque"])
def test_a_curve_brings_parts_in_and_takes_them_out(style):
    plan = draw_plan(Condition({style: 1.0}, Controls(energy_curve=LOW_THEN_HIGH, duration_s=30.0, tempo_bpm=120.0)), 4)
    playing = (plan.canvas.active > 0).sum(axis=0)
    assert 1 <= playing[:7].max() <= 3 and playing[8:-1].min() >= playing[:7].max() + 2


def test_a_wanted_part_is_heard_even_under_a_low_curve():
    controls = Controls(energy_curve=((0.0, 0.1), (30.0, 0.2)), duration_s=30.0, wanted=("drums",))
    plan = draw_plan(Condition({"ambient": 1.0}, controls), 4)
    assert plan.canvas.active[LANES.index("drums")].any()


def full_canvas() -> Canvas:
    canvas = Canvas.empty("4/4", (Section("verse", 0, 2, 4),))
    for name in ("drum_b", "comp", "melody"):
        canvas.steps[v.ROW_NAMES.index(name)] = v.ONSET
    return canvas


def test_thinning_takes_weak_places_first_and_leaves_the_tune():
    canvas = full_canvas()
    counts = []
    for value in (0.1, 0.3, 0.5, 0.9):
        thinned = thin(canvas, ((0.0, value), (60.0, value)), 2.0)
        counts.append(int((thinned.steps[v.ROW_NAMES.index("drum_b"), :16] > 0).sum()))
        assert int((thinned.steps[v.ROW_NAMES.index("comp"), :16] >= v.ONSET).sum()) == counts[-1]
        assert (thinned.steps[v.ROW_NAMES.index("comp"), :16] != v.REST).all()  # chords are held over
        assert (thinned.steps[v.ROW_NAMES.index("melody")] == v.ONSET).all()
    assert counts == [2, 4, 8, 16] and (canvas.steps[v.ROW_NAMES.index("comp")] == v.ONSET).all()


def test_thinning_keeps_new_chords_and_what_is_known():
    canvas = full_canvas()
    canvas.harmony[1:, 0] = 5  # a new chord on the second beat
    canvas.known_steps[v.ROW_NAMES.index("drum_b"), 3] = True
    thinned = thin(canvas, ((0.0, 0.1), (60.0, 0.1)), 2.0)
    assert thinned.steps[v.ROW_NAMES.index("comp"), 4] == v.ONSET and thinned.steps[v.ROW_NAMES.index("drum_b"), 3] > 0


def test_strengths_follow_the_metre():
    assert list(strengths(16, 4)[:9]) == [3, 0, 1, 0, 2, 0, 1, 0, 3]
    assert strengths(12, 4)[4] == 2 and strengths(12, 6)[6] == 3
