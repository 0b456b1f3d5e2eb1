"""The embedded engine, end to end, on the shipped weights: contract, obedience, determinism, inputs that change it."""

import json
from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from modules.conditions.recall import plain
from modules.engines.embedded import EmbeddedEngine
from modules.errors import Cancelled, InputError
from modules.evaluation.music import measure
from modules.training.example_hums import synth_hum
from modules.types import LANES, Audio, Controls, GridNote, Progress, Request, Take

SHORT = Controls(duration_s=14.0)
LINE = ((60, 1), (60, 1), (67, 1), (67, 1), (69, 1), (69, 1), (67, 2), (65, 1), (65, 1), (64, 1), (64, 1), (62, 1),
        (62, 1), (60, 2))  # Twinkle, twinkle: MIDI number, beats
ONSETS = np.cumsum([0, *(beats for _, beats in LINE)])[:-1]
TUNE = tuple((float(at), float(beats), midi) for at, (midi, beats) in zip(ONSETS, LINE))


@pytest.fixture(scope="module")
def hum() -> Audio:
    return synth_hum(TUNE, 100.0, seed=1)[0]


def make(**kwargs) -> list[Take]:
    request = Request(**{"takes": 1, "seed": 5, "controls": SHORT, **kwargs})
    return [item for item in EmbeddedEngine().takes(request, Event()) if isinstance(item, Take)]


@pytest.fixture(scope="module")
def lofi() -> Take:
    return make(prompt="warm lo-fi with rhodes and brushed drums, 82 BPM, no guitar, A minor")[0]


def test_a_take_is_what_was_asked(lofi):
    recipe = lofi.recipe
    assert recipe["tempo_bpm"] == 82 and recipe["key"] == "A minor"
    assert "rhodes" in {lane["instrument"] for lane in recipe["lanes"]}
    assert not [lane for lane in recipe["lanes"] if "guitar" in lane["instrument"]]
    assert abs(lofi.audio.duration_s - 14.0) < 0.6


def test_the_recipe_holds_the_contract(lofi):
    recipe = json.loads(json.dumps(lofi.recipe))
    for name in ("request", "engine", "seed", "sample_rate", "duration_s", "tempo_bpm", "key", "meter", "swing",
                 "sections", "chords", "lanes", "notes", "lyrics", "report", "loudness", "timings_s", "versions"):
        assert name in recipe, name
    assert recipe["sections"][0]["start_s"] == 0 and recipe["sections"][-1]["end_s"] <= recipe["duration_s"] + 0.01
    assert all(chord["end_s"] > chord["start_s"] for chord in recipe["chords"])
    for note in recipe["notes"]["melody"]:
        assert note["offset_s"] > note["onset_s"] and 20 < note["midi"] < 110


def test_sound_is_finite_loud_enough_and_ends(lofi):
    samples = lofi.audio.samples
    assert np.isfinite(samples).all() and samples.shape[0] == 2
    assert abs(lofi.recipe["loudness"]["integrated_lufs"] + 14) <= 0.5
    assert lofi.recipe["loudness"]["true_peak_dbtp"] <= -1.0 + 1e-6
    assert np.abs(samples[:, :8]).max() < 0.02 and np.abs(samples[:, -8:]).max() < 0.02


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(lofi):
    request = {"prompt": "warm lo-fi with rhodes and brushed drums, 82 BPM, no guitar, A minor"}
    again, other = make(**request)[0], make(**request, seed=6)[0]
    assert np.array_equal(again.audio.samples, lofi.audio.samples)
    assert not np.array_equal(other.song.canvas.steps, lofi.song.canvas.steps)


def test_a_recipe_makes_its_take_again(lofi):
    from modules.cli.requests import read_recipe

    request = read_recipe_of(lofi, read_recipe)
    [again] = [item for item in EmbeddedEngine().takes(request, Event()) if isinstance(item, Take)]
    assert np.array_equal(again.audio.samples, lofi.audio.samples)


def read_recipe_of(take: Take, read):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "take_1.json"
        path.write_text(json.dumps(take.recipe), encoding="utf-8")
        return read(path)


@pytest.mark.parametrize("refused,words", [("drums", "no drums"), ("bass", "without bass"), ("pad", "no pads")])
def test_refusals_are_obeyed(refused, words):
    [take] = make(prompt=f"indie pop, {words}")
    assert refused not in {part.lane for part in take.performance.parts}


def test_a_hummed_tune_is_the_melody(hum):
    with_hum, without = make(prompt="folk", hum=hum)[0], make(prompt="folk")[0]
    wanted = [b - a for (a, _), (b, _) in zip(LINE, LINE[1:])]
    played = [n.midi for n in with_hum.song.canvas.notes("melody")]
    intervals = [b - a for a, b in zip(played, played[1:])]
    kept = max(np.mean(np.array(intervals[i:i + len(wanted)]) == wanted)
               for i in range(max(1, len(intervals) - len(wanted) + 1)))
    assert kept >= 0.95
    assert not np.array_equal(with_hum.song.canvas.steps[0][:64], without.song.canvas.steps[0][:64])


def test_lyrics_are_sung_syllable_by_syllable():
    [take] = make(prompt="pop ballad", lyrics="Morning light upon the water\nCarry me along with you",
                  controls=Controls())
    sung = [entry["syllable"] for entry in take.recipe["lyrics"]]
    assert "".join(sung).lower().replace("-", "") == "morninglightuponthewatercarrymealongwithyou"
    vocal = take.stems["vocal"]
    for entry in take.recipe["lyrics"]:
        span = vocal.mono[int(entry["onset_s"] * 44100):int(entry["offset_s"] * 44100)]
        assert 20 * np.log10(np.sqrt((span ** 2).mean()) + 1e-9) > -50, entry
    words = next(check for check in take.report if check.name == "words")
    assert words.verdict == "yes" and words.match >= 0.95, words  # pitch measured in the vocal stem


def test_sliders_move_what_they_name():
    calm = make(prompt="pop", controls=Controls(duration_s=14.0, energy=0.1))[0]
    wild = make(prompt="pop", controls=Controls(duration_s=14.0, energy=0.95))[0]
    notes = [sum(len(part.notes) for part in take.performance.parts) for take in (calm, wild)]
    assert notes[1] > 1.3 * notes[0]


def test_hum_notes_corrected_by_the_person_replace_what_was_heard(hum):
    corrected = tuple(GridNote(i * 4, 4, 60 + 2 * (i % 3)) for i in range(16))
    [take] = make(prompt="folk", hum=hum, hum_notes=corrected)
    played = [n.midi for n in take.song.canvas.notes("melody")][:16]
    assert np.diff(played).tolist() == np.diff([n.midi for n in corrected]).tolist()


def test_progress_comes_first_and_takes_one_by_one():
    request = Request(prompt="calm piano", takes=2, seed=3, controls=Controls(duration_s=8.0))
    items = list(EmbeddedEngine().takes(request, Event()))
    assert isinstance(items[0], Progress)
    takes = [item for item in items if isinstance(item, Take)]
    assert len(takes) == 2 and takes[0].seed != takes[1].seed
    fractions = [item.fraction for item in items if isinstance(item, Progress)]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0


def test_cancel_stops_between_steps():
    cancel = Event()
    run = EmbeddedEngine().takes(Request(prompt="rock", takes=3, seed=1, controls=SHORT), cancel)
    next(run)
    cancel.set()
    with pytest.raises(Cancelled):
        list(run)


@pytest.mark.parametrize("bad,message", [
    ({"prompt": "", "negative": ""}, "Nothing was given"),
    ({"prompt": "x", "controls": Controls(tempo_bpm=900.0)}, "tempo of 900"),
    ({"prompt": "x", "controls": Controls(duration_s=1e5)}, "length of 100000"),
    ({"prompt": "x", "controls": Controls(meter="7/8")}, "7/8"),
    ({"prompt": "x", "takes": 99}, "99 takes"),
    ({"prompt": "x", "voice": "elvis"}, "no voice called"),
    ({"prompt": "x", "faithfulness": 3.0}, "Faithfulness"),
    ({"prompt": "x", "controls": Controls(unwanted=LANES)}, "Every part was refused"),
    ({"prompt": "x", "reference_mode": "copy"}, "Reference mode"),
])
def test_what_cannot_be_met_is_said_in_one_sentence(bad, message):
    with pytest.raises(InputError, match=message) as caught:
        make(**bad)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


def test_measures_of_a_take_are_musical(lofi):
    found = measure(lofi.song.canvas)
    assert found.out_of_key <= 0.15 and found.chords_in_eight >= 2


def test_analysis_survives_the_recipe(hum):
    from modules.conditions.humming import listen
    from modules.conditions.recall import read_hum

    heard = listen(hum)
    back = read_hum(json.loads(json.dumps(plain(heard))))
    assert back.grid == heard.grid and back.meter == heard.meter and back.notes[0].midi == heard.notes[0].midi
    assert replace(back, notes=(), f0_times_s=0, f0_hz=0, f0_confidence=0).tonic == heard.tonic


def test_without_a_sound_font_own_synths_play_and_the_take_says_so(monkeypatch):
    monkeypatch.setenv("EARWORM_SOUNDFONT", "/nowhere/none.sf2")
    [take] = make(prompt="jazz ballad with sax and piano", controls=Controls(duration_s=8.0))
    assert {lane["sounded_by"] for lane in take.recipe["lanes"]} == {"synth"}
    assert "own synths" in take.summary and "own synths" in take.recipe["sound_engine"]
    assert np.sqrt((take.audio.samples ** 2).mean()) > 0.02


def test_two_people_at_once_get_what_each_would_get_alone(lofi):
    from concurrent.futures import ThreadPoolExecutor

    words = "Morning light upon the water\nCarry me along with you"
    requests = ({"prompt": "warm lo-fi with rhodes and brushed drums, 82 BPM, no guitar, A minor"},
                {"prompt": "folk waltz", "lyrics": words, "controls": Controls()})
    alone = make(**requests[1])[0]
    with ThreadPoolExecutor(2) as people:
        first, second = people.map(lambda request: make(**request)[0], requests)
    assert np.array_equal(first.audio.samples, lofi.audio.samples)
    assert np.array_equal(second.audio.samples, alone.audio.samples)
