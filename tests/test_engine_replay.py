"""A take made again from its recipe: the same samples, and every export from the command line."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from threading import Event

import numpy as np
import pytest
import soundfile

from modules.cli import main
from modules.conditions.fuse import Heard, fuse
from modules.engines.embedded import sound_take
from modules.engines.recipe import load_recipe, request_json
from modules.engines.replay import replay
from modules.errors import InputError
from modules.studio.export import export_take
from modules.types import Request, Take
from tests.hand_song import hand_song, hand_syllables


@pytest.fixture(scope="module")
def take() -> Take:
    """Eight seconds of the song written by hand, sung, sounded and judged by the engine."""
    song = hand_song(voice="clara", duration_s=8.0)
    song = replace(song, syllables=hand_syllables(song))
    request = Request(prompt="by hand")
    asked = request_json(request, Heard())
    return sound_take(song, fuse(request, Heard()), asked, {}, 1, Event())


@pytest.fixture(scope="module")
def written(take, tmp_path_factory):
    return export_take(take, tmp_path_factory.mktemp("takes"), stem="take_1", fmt="mp3")


def test_the_recipe_alone_gives_the_same_samples(take, written):
    piece = replay(load_recipe(written["recipe"]))
    assert np.array_equal(piece.sound().samples, take.audio.samples)
    assert piece.performance == take.performance


def test_the_parts_alone_nearly_are_the_mix(take, written):
    """What the bus does to all of them together is small beside it; `test_studio_export` adds it up exactly."""
    stems, bus = replay(load_recipe(written["recipe"])).mixed()
    assert set(stems) == {lane for lane, stem in take.stems.items() if np.any(stem.samples)}
    left = bus.samples - sum(stem.samples for stem in stems.values())
    assert 10 * np.log10(np.mean(left ** 2) / np.mean(bus.samples ** 2)) < -8
    for lane, stem in stems.items():
        dry = take.stems[lane].samples
        assert np.corrcoef(dry.mean(axis=0), stem.samples.mean(axis=0))[0, 1] > 0.6


def test_a_sound_holds_its_own_recipe(take, written):
    assert load_recipe(written["audio"]) == load_recipe(written["recipe"]) == json.loads(json.dumps(take.recipe))


def test_export_writes_what_was_named_from_a_recipe_or_a_sound(take, written, tmp_path, capsys):
    assert main(["export", str(written["recipe"]), "--to", "flac,stems,musicxml", "--out", str(tmp_path / "a")]) == 0
    assert capsys.readouterr().out.count("\n") == 3
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert names == {"take_1.flac", "take_1.stems.zip", "take_1.musicxml"}
    found, _ = soundfile.read(tmp_path / "a" / "take_1.flac", dtype="float32")
    assert np.abs(found.T - take.audio.samples).max() < 2 ** -22
    with zipfile.ZipFile(tmp_path / "a" / "take_1.stems.zip") as bundle:
        assert {"vocal.wav", "bus_effects.wav", "README.txt"} <= set(bundle.namelist())
    assert main(["export", str(written["audio"]), "--to", "lrc, score, midi", "--out", str(tmp_path / "b")]) == 0
    assert "la la" in (tmp_path / "b" / "take_1.lrc").read_text(encoding="utf-8")


def test_a_loop_lasts_its_bars_to_the_sample_and_meets_itself(written, tmp_path):
    assert main(["export", str(written["recipe"]), "--to", "loop", "--out", str(tmp_path)]) == 0
    sound, rate = soundfile.read(tmp_path / "take_1.loop.wav")
    assert len(sound) == round(8 * 4 * 60 / 100 * rate)  # the chorus: eight bars at 100 BPM
    seam = np.abs(np.diff(np.concatenate([sound[-3:], sound[:3]]), axis=0)).max()
    assert seam < np.percentile(np.abs(np.diff(sound, axis=0)).max(axis=1), 99.9)
    with soundfile.SoundFile(tmp_path / "take_1.loop.wav") as file:
        assert "loop of the chorus, 8 bars" in file.title


@pytest.mark.parametrize(("arguments", "word"), [
    (("absent.json", "--to", "mp3"), "absent.json"), (("{recipe}", "--to", "tape"), "tape"),
    (("{recipe}", "--to", ","), "Nothing"), (("{midi}", "--to", "mp3"), "not an Earworm recipe"),
    (("{recipe}",), "--to"),
])
def test_what_cannot_be_exported_is_one_sentence(arguments, word, written, tmp_path, capsys):
    filled = [a.format(**{kind: str(path) for kind, path in written.items()}) for a in arguments]
    assert main(["export", *filled, "--out", str(tmp_path / "out")]) == 2
    out, err = capsys.readouterr()
    assert word in err and err.count("\n") == 1 and out == ""
    assert not (tmp_path / "out").exists()


def test_a_recipe_that_no_longer_fits_is_refused_in_words(written):
    recipe = load_recipe(written["recipe"])
    with pytest.raises(InputError, match="does not know"):
        replay({**recipe, "song": {**recipe["song"], "instruments": {"melody": "theremin of glass"}}})
    with pytest.raises(InputError, match="no finished take"):
        replay({"request": {}})


def test_a_recipe_that_would_fill_the_memory_is_refused_at_once(written):
    recipe = load_recipe(written["recipe"])
    canvas, song = recipe["canvas"], recipe["song"]
    endless = [{**canvas["sections"][0], "bars": 10 ** 12}]
    with pytest.raises(InputError, match="bars"):
        replay({**recipe, "canvas": {**canvas, "sections": endless}})
    with pytest.raises(InputError, match="no finished take"):
        replay({**recipe, "canvas": {**canvas, "steps": [0, 10 ** 14]}})
    for change in ({"tempo_bpm": 1e-6}, {"song": {**song, "duration_s": 1e9}}, {"tempo_bpm": float("nan")}):
        with pytest.raises(InputError, match="can be played"):
            replay({**recipe, **change})
