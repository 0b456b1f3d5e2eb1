"""`edit` and `mix` from the command line: what is written, and one sentence for what cannot be."""

from __future__ import annotations

import json
from threading import Event

import numpy as np
import pytest
import soundfile

from modules.cli import main
from modules.conditions.fuse import Heard, fuse
from modules.engines.embedded import sound_take
from modules.engines.recipe import request_json
from modules.studio.export import export_take
from modules.types import Request
from tests.hand_song import hand_canvas, hand_song


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    """A take of the song written by hand, quick, as `make` would have written it."""
    canvas = hand_canvas()
    canvas.active[:] = 1
    song = hand_song(canvas=canvas, tempo_bpm=240.0)
    request = Request(prompt="by hand")
    take = sound_take(song, fuse(request, Heard()), request_json(request, Heard()), {}, 1, Event())
    return export_take(take, tmp_path_factory.mktemp("takes"), stem="take_1")["recipe"]


def test_a_mix_is_written_with_its_settings_and_taken_back(recipe, tmp_path, capsys):
    out = tmp_path / "mixed"
    assert main(["mix", str(recipe), "--preset", "club", "--set", "drums=-3,melody=+2", "--pan", "comp=0.3", "--eq",
                 "bass.low=+1", "--reverb", "pad=+4", "--mute", "counter", "--lufs", "-16", "--out", str(out)]) == 0
    assert capsys.readouterr().out.startswith("take 1: ")
    written = json.loads((out / "take_1.json").read_text(encoding="utf-8"))
    assert written["mixer"]["gain_db"]["drums"] == -3.0 and written["mixer"]["low_db"]["bass"] == 1.0
    assert written["mixer"]["mute"] == ["counter"] and written["mixer"]["preset"] == "club"
    assert written["loudness"]["integrated_lufs"] == pytest.approx(-16.0, abs=0.1)
    assert main(["edit", str(out / "take_1.json"), "--undo", "--out", str(tmp_path / "back")]) == 0
    first, _ = soundfile.read(recipe.with_suffix(".wav"))
    back, _ = soundfile.read(tmp_path / "back" / "take_1.wav")
    assert np.array_equal(first, back)


def test_an_edit_is_written_with_what_was_done(recipe, tmp_path, capsys):
    assert main(["edit", str(recipe), "--instruments", "bass=tuba", "--out", str(tmp_path)]) == 0
    assert "Bass on tuba." in capsys.readouterr().out
    written = json.loads((tmp_path / "take_1.json").read_text(encoding="utf-8"))
    assert written["parent"]["edit"]["kind"] == "instruments" and written["song"]["instruments"]["bass"] == "tuba"


@pytest.mark.parametrize(("arguments", "word"), [
    (("mix", "{recipe}", "--set", "kazoo=3"), "kazoo"), (("mix", "{recipe}", "--lufs", "3"), "LUFS"),
    (("mix", "{recipe}", "--preset", "loudest"), "loudest"), (("mix", "absent.json",), "absent.json"),
    (("mix", "{recipe}", "--format", "aiff"), "aiff"), (("edit", "{recipe}"), "required"),
    (("edit", "{recipe}", "--redo", "99"), "not in this take"), (("edit", "{recipe}", "--undo"), "has 0 before"),
    (("edit", "{recipe}", "--redo", "1-2", "--tempo", "100"), "not allowed"),
    (("edit", "{recipe}", "--reroll", "1-16"), "locked"), (("edit", "{recipe}", "--mood", "calm,hungry"), "hungry"),
    (("edit", "{recipe}", "--reharmonise", "--count", "50"), "50"),
])
def test_what_cannot_be_done_is_one_sentence(arguments, word, recipe, tmp_path, capsys):
    filled = [argument.format(recipe=recipe) for argument in arguments]
    status = main([*filled, "--out", str(tmp_path / "out")])
    err = capsys.readouterr().err
    assert status == 2 and word in err and err.count("\n") == 1
