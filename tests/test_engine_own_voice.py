"""A hum through the whole engine: corrected, in its own timing and voice, as MIDI; and back from the recipe."""

import json
from threading import Event

import mido
import numpy as np
import pytest

from modules.cli import main
from modules.cli.requests import read_recipe
from modules.engines.embedded import EmbeddedEngine
from modules.engines.own_voice import LANE
from modules.engines.recipe import load_recipe
from modules.engines.replay import replay
from modules.errors import InputError
from modules.studio.export import export_take
from modules.training.example_hums import TUNES, synth_hum
from modules.types import Audio, Controls, GridNote, HumBeat, Request, Take

TUNE = TUNES["twinkle"]


@pytest.fixture(scope="module")
def hum() -> Audio:
    return synth_hum(TUNE.notes[:7], TUNE.tempo_bpm, seed=2, timing_s=0.04, tuning_cents=-30)[0]


def make(**kwargs) -> Take:
    request = Request(**{"takes": 1, "seed": 8, "controls": Controls(duration_s=9.0), "prompt": "folk", **kwargs})
    return next(item for item in EmbeddedEngine().takes(request, Event()) if isinstance(item, Take))


@pytest.fixture(scope="module")
def kept(hum) -> Take:
    """With corrected notes, own timing and own voice."""
    notes = tuple(GridNote(4 * i, 4, midi) for i, midi in enumerate((55, 55, 62, 62, 67, 64, 62)))
    return make(hum=hum, hum_notes=notes, hum_beat=HumBeat(TUNE.tempo_bpm, "4/4"), keep_voice=True,
                follow_timing=True, faithfulness=0.6)


@pytest.fixture(scope="module")
def written(kept, tmp_path_factory):
    return export_take(kept, tmp_path_factory.mktemp("takes"), stem="take_1", fmt="mp3")


def test_corrected_notes_are_the_tune_and_stand_in_the_recipe(kept):
    played = [note.midi for note in kept.song.canvas.notes("melody")][:7]
    assert np.diff(played).tolist() == [0, 7, 0, 5, -3, -2]  # kept note for note, because the voice is
    asked = json.loads(json.dumps(kept.recipe))["request"]
    assert [note["midi"] for note in asked["hum_notes"]] == [55, 55, 62, 62, 67, 64, 62]
    assert any("note for note" in text for text in kept.recipe["conflicts"])


def test_the_voice_is_a_stem_of_its_own_and_the_tune_keeps_its_timing(kept):
    assert np.abs(kept.stems[LANE].samples).max() > 0.02
    assert {"name": LANE, "instrument": "your voice"}.items() <= kept.recipe["lanes"][-1].items()
    assert kept.song.lateness and max(abs(late) for _, late in kept.song.lateness) > 0.05
    melody = next(part for part in kept.performance.parts if part.lane == "melody")
    late = dict(kept.song.lateness)
    grid = kept.song.canvas.notes("melody")[:len(melody.notes)]
    for note, cell in zip(melody.notes, grid, strict=True):
        assert note.onset_s == pytest.approx((cell.step + late.get(cell.step, 0.0)) * kept.song.step_s, abs=0.002)


def test_the_recipe_brings_the_voice_back_and_a_sound_file_says_where_it_is(kept, written):
    assert np.array_equal(replay(load_recipe(written["recipe"])).sound().samples, kept.audio.samples)
    inside = load_recipe(written["audio"])
    assert inside["request"]["kept_voice"] == "" and len(written["recipe"].read_text()) > 60_000
    with pytest.raises(InputError, match="only the recipe file"):
        replay(inside).sound()


def test_the_recipe_makes_the_same_take_again(kept, written):
    request = read_recipe(written["recipe"])
    assert (request.hum_beat, request.follow_timing, request.keep_voice) == (HumBeat(TUNE.tempo_bpm, "4/4"), True, True)
    again = next(item for item in EmbeddedEngine().takes(request, Event()) if isinstance(item, Take))
    assert np.array_equal(again.audio.samples, kept.audio.samples)


def test_a_midi_file_is_the_tune_with_its_tempo_map(tmp_path):
    track = mido.MidiTrack([mido.MetaMessage("time_signature", numerator=3, denominator=4),
                            mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(100))])
    for i, midi in enumerate((60, 64, 67, 72, 67, 64)):
        track.append(mido.Message("note_on", note=midi, velocity=80))
        if i == 3:
            track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(80)))
        track.append(mido.Message("note_off", note=midi, time=480))
    file = mido.MidiFile(ticks_per_beat=480)
    file.tracks.append(track)
    file.save(tmp_path / "tune.mid")
    out = tmp_path / "out"
    assert main(["make", "--out", str(out), "--hum", str(tmp_path / "tune.mid"), "--prompt", "waltz", "--takes", "1",
                 "--seed", "3", "--keep-voice", "--duration", "9"]) == 0
    recipe = load_recipe(out / "take_1.json")
    assert recipe["meter"] == "3/4" and recipe["tempo_bpm"] == 100.0
    midis = [note["midi"] for note in recipe["notes"]["melody"]][:6]
    assert np.diff(midis).tolist() == [4, 3, 5, -5, -3]
    tempi = {message.tempo for message in mido.MidiFile(out / "take_1.mid").tracks[0] if message.type == "set_tempo"}
    assert tempi >= {mido.bpm2tempo(100), mido.bpm2tempo(80)}  # and the ritard at the end
    assert any("only be kept from a recording" in text for text in recipe["conflicts"])
    assert all(lane["name"] != LANE for lane in recipe["lanes"])


def test_a_told_click_sets_the_bar(hum):
    from modules.engines.hearing import listen_on

    beat_s = 60 / TUNE.tempo_bpm
    for beats in (0, -2):
        heard = listen_on(hum, HumBeat(TUNE.tempo_bpm, "4/4", 0.4 + beats * beat_s))
        assert heard.grid[0].step == (0 if beats == 0 else -8)
        assert heard.offset_s == pytest.approx(0.4 + (0 if beats == 0 else 2) * beat_s, abs=0.12)


def test_notes_alone_are_a_tune():
    notes = tuple(GridNote(4 * i, 4, midi) for i, midi in enumerate((62, 64, 65, 69, 67, 65, 64, 61, 62)))
    take = make(hum_notes=notes, prompt="")
    assert np.diff([note.midi for note in take.song.canvas.notes("melody")][:4]).tolist() == [2, 1, 4]
    assert (take.song.tonic, take.song.mode) == (2, "minor")
