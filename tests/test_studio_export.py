"""A take's files: all of them or none, readable by others, honest about who made them."""

from __future__ import annotations

import json
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from modules.errors import InputError
from modules.studio import export
from modules.studio.export import dithered, export_take
from modules.types import Audio, Take
from tests.studio_stems import RATE, stage


@pytest.fixture(scope="module")
def take() -> Take:
    stems, song, performance = stage(bars=2)
    audio = Audio(0.3 * stems["melody"].samples + 0.3 * stems["bass"].samples, RATE)
    recipe = {"seed": 3, "key": "C major", "words": "für dich"}
    return Take(audio, stems, song, performance, (), recipe, 3, "A small band.")


def test_all_files_are_there_and_readable(take, tmp_path):
    paths = export_take(take, tmp_path / "new" / "folder", stem="take_1", stems=True)
    assert {kind: path.name for kind, path in paths.items()} == {
        "audio": "take_1.wav", "midi": "take_1.mid", "recipe": "take_1.json", "stems": "take_1.stems"}
    samples, rate = soundfile.read(paths["audio"], dtype="float32")
    assert rate == RATE and np.abs(samples.T - take.audio.samples).max() < 2 ** -22
    assert soundfile.info(paths["audio"]).subtype == "PCM_24"
    assert json.loads(paths["recipe"].read_text(encoding="utf-8")) == take.recipe
    assert any(message.type == "note_on" for message in mido.MidiFile(paths["midi"]))
    lanes = {path.stem: soundfile.info(path) for path in paths["stems"].iterdir()}
    assert set(lanes) == set(take.stems)
    assert all(info.subtype == "PCM_24" and info.frames == take.audio.samples.shape[1] for info in lanes.values())
    assert sorted(path.name for path in paths["audio"].parent.iterdir()) == [
        "take_1.json", "take_1.mid", "take_1.stems", "take_1.wav"]


@pytest.mark.parametrize("fmt", ["wav", "flac", "mp3", "ogg"])
def test_every_format_says_that_it_is_ai_generated(take, tmp_path, fmt):
    path = export_take(take, tmp_path, stem="take_2", fmt=fmt)["audio"]
    with soundfile.SoundFile(path) as file:
        assert file.comment.startswith("AI-generated")
        assert "120 BPM" in file.comment and "C major" in file.comment and file.title == "take_2"
        assert file.frames == pytest.approx(take.audio.samples.shape[1], abs=3_000)


def test_sixteen_bits_are_dithered_the_same_way_each_time(take, tmp_path):
    first = export_take(take, tmp_path / "a", stem="x", bits=16)["audio"]
    second = export_take(take, tmp_path / "b", stem="x", bits=16)["audio"]
    assert soundfile.info(first).subtype == "PCM_16" and first.read_bytes() == second.read_bytes()


def test_dither_keeps_a_tone_below_one_step():
    """A tone of half a step vanishes by plain rounding; with dither its pitch survives."""
    t = np.arange(RATE) / RATE
    tone = Audio(np.stack([0.45 / 32_768 * np.sin(2 * np.pi * 1_000 * t)] * 2).astype(np.float32), RATE)
    assert not np.round(tone.samples * 32_768).any()
    spectrum = np.abs(np.fft.rfft(np.round(dithered(tone, 1).samples[0] * 32_768)))
    assert np.argmax(spectrum[20:]) + 20 == 1_000


def test_exporting_again_replaces_everything(take, tmp_path):
    export_take(take, tmp_path, stem="t", stems=True)
    fewer = Take(take.audio, {"bass": take.stems["bass"]}, take.song, take.performance, (), {"seed": 4}, 4, "")
    paths = export_take(fewer, tmp_path, stem="t", stems=True)
    assert [path.name for path in paths["stems"].iterdir()] == ["bass.wav"]
    assert json.loads(paths["recipe"].read_text())["seed"] == 4


def test_a_failure_leaves_nothing_behind(take, tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(export, "write_midi", fail)
    with pytest.raises(OSError, match="disk full"):
        export_take(take, tmp_path, stem="t", stems=True)
    assert list(tmp_path.iterdir()) == []


def test_a_recipe_that_is_no_json_is_refused_before_anything_is_there(take, tmp_path):
    broken = Take(take.audio, {}, take.song, take.performance, (), {"lufs": float("nan")}, 4, "")
    with pytest.raises(ValueError, match="JSON"):
        export_take(broken, tmp_path, stem="t")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("changes", "message"), [
    ({"fmt": "aiff"}, "aiff"), ({"bits": 20}, "20 bits"), ({"stem": "../take"}, "no file name"),
    ({"stem": ""}, "no file name"),
])
def test_bad_wishes_are_refused_in_words(take, tmp_path: Path, changes, message):
    with pytest.raises(InputError, match=message):
        export_take(take, tmp_path, **{"stem": "take_1", **changes})
    assert list(tmp_path.iterdir()) == []
