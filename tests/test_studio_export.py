"""A take's files: all of them or none, readable by others, honest about who made them."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from modules.audio.tags import read_recipe
from modules.errors import InputError
from modules.performance.perform import perform
from modules.studio import export
from modules.studio.export import KINDS, Piece, dithered, export_as, export_take, kinds_for, title_of
from modules.studio.mix import mix
from modules.studio.provenance import read_credentials
from modules.studio.stems import SHARED, laid_stems, with_shared
from modules.types import Audio, Take
from tests.hand_song import hand_song, hand_syllables
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
        assert "120 BPM" in file.comment and "C major" in file.comment and file.title == "Indie pop in C major"
        assert file.frames == pytest.approx(take.audio.samples.shape[1], abs=3_000)


def test_sixteen_bits_are_dithered_the_same_way_each_time(take, tmp_path):
    first = export_take(take, tmp_path / "a", stem="x", bits=16)["audio"]
    second = export_take(take, tmp_path / "b", stem="x", bits=16)["audio"]
    assert soundfile.info(first).subtype == "PCM_16"
    assert np.array_equal(soundfile.read(first, dtype="int16")[0], soundfile.read(second, dtype="int16")[0])


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


@pytest.fixture(scope="module")
def piece() -> Piece:
    """A sung song with the sound of the small band: what export needs, made cheaply."""
    song = hand_song(voice="clara")
    song = replace(song, syllables=hand_syllables(song))
    performance = perform(song, cards={})
    stems, band, played = stage(bars=2)
    mixed = mix(stems, band, played)
    rng = np.random.default_rng(4)
    sound = Audio((mixed.bus.samples + 1e-3 * rng.standard_normal(mixed.bus.samples.shape)).astype(np.float32), RATE)
    recipe = {"seed": 7, "duration_s": sound.duration_s, "request": {"prompt": "für dich"},
              "sections": [{"name": "verse", "start_s": 0.0, "end_s": 4.0}],
              "chords": [{"name": "F", "start_s": 0.0, "end_s": 4.0}],
              "loudness": {"integrated_lufs": -14.0, "true_peak_dbtp": -1.0}}
    return Piece(song, performance, recipe, lambda: sound, lambda: (laid_stems(mixed, band, played), mixed.bus))


@pytest.fixture(scope="module")
def everything(piece, tmp_path_factory) -> dict[str, Path]:
    """All but the loop, which is played anew (`test_engine_replay`)."""
    return export_as(piece, tuple(k for k in KINDS if k != "loop"), tmp_path_factory.mktemp("all"), stem="take_1")


def test_every_kind_is_written_under_its_own_name(everything):
    names = sorted(path.name for path in next(iter(everything.values())).parent.iterdir())
    assert names == sorted("take_1" + kind.suffix for name, kind in KINDS.items() if name != "loop")


def decoded(file: object) -> np.ndarray:
    """Samples (channels, n) in [-1, 1] as FFmpeg, which wrote no sound file of ours, reads them."""
    import av

    with av.open(file) as container:
        blocks = [(f.to_ndarray(), f.format, f.layout.nb_channels) for f in container.decode(audio=0)]
    whole = np.concatenate([b if f.is_planar else b.reshape(-1, n).T for b, f, n in blocks], axis=1)
    return whole / {"s2": 2.0 ** 15, "s4": 2.0 ** 31}.get(f"{whole.dtype.kind.replace('i', 's')}{whole.itemsize}", 1.0)


@pytest.mark.parametrize(("kind", "subtype", "limit"), [
    ("wav24", "PCM_24", 2 ** -23), ("wav16", "PCM_16", 1.51 / 32_768),
                                                       ("flac", "PCM_24", 2 ** -23)])
def test_lossless_sound_is_equal_to_what_was_written(everything, piece, kind, subtype, limit):
    assert soundfile.info(everything[kind]).subtype == subtype and soundfile.info(everything[kind]).samplerate == RATE
    found, meant = decoded(str(everything[kind])), piece.sound().samples
    assert found.shape == meant.shape and np.abs(found - meant).max() <= limit


@pytest.mark.parametrize("kind", ["mp3", "ogg", "mp4"])
def test_lossy_sound_is_the_same_music_at_the_same_time(everything, piece, kind):
    heard = decoded(str(everything[kind]))
    meant = piece.sound().samples
    at = slice(20_000, 120_000)
    lags = range(-1_500, 1_501)
    match = [float(np.dot(meant[0, at], heard[0, at.start + lag:at.stop + lag])) for lag in lags]
    lag = lags[int(np.argmax(match))]
    assert abs(lag) <= 1_200  # an MP3's or AAC's own delay, where the decoder does not take it off
    error = heard[:, at.start + lag:at.stop + lag] - meant[:, at]
    assert 10 * np.log10(np.mean(meant[:, at] ** 2) / np.mean(error ** 2)) > 14


@pytest.mark.parametrize("kind", ["wav24", "wav16", "flac", "mp3", "ogg", "mp4"])
def test_sound_and_film_can_be_opened_again(everything, piece, kind):
    assert json.loads(read_recipe(everything[kind])) == piece.recipe


@pytest.mark.parametrize("kind", ["wav24", "wav16", "flac", "mp3", "mp4", "score"])
def test_content_credentials_are_valid(everything, kind):
    found = read_credentials(everything[kind])
    assert found["state"] == "Valid" and found["manifest"]["title"].startswith("La la la")


def test_a_film_says_the_same_to_another_reader(everything):
    import av

    with av.open(str(everything["mp4"])) as file:
        assert file.metadata["title"].startswith("La la la") and file.metadata["comment"].startswith("AI-generated")
        assert file.metadata["DigitalSourceType"].endswith("trainedAlgorithmicMedia")


def test_stems_add_up_to_what_the_master_was_given(everything, piece):
    _, bus = piece.mixed()
    with zipfile.ZipFile(everything["stems"]) as bundle:
        assert bundle.testzip() is None
        names = [name for name in bundle.namelist() if name.endswith(".wav")]
        total = np.zeros(bus.samples.shape)
        for name in names:
            sound = decoded(io.BytesIO(bundle.read(name)))
            assert np.abs(sound).max() < 1.0
            total += sound
        told = bundle.read("README.txt").decode()
    lanes = {lane for lane, stem in piece.mixed()[0].items() if np.any(stem.samples)}
    assert {name.removesuffix(".wav") for name in names} == {*lanes, SHARED}
    scale = float(np.sum(total * bus.samples) / np.sum(bus.samples.astype(float) ** 2))
    error_db = 10 * np.log10(np.mean((total / scale - bus.samples) ** 2) / np.mean(bus.samples.astype(float) ** 2))
    assert error_db < -80 and f"{abs(20 * np.log10(scale)):.2f} dB" in told


def test_loud_stems_are_turned_down_alike_and_still_add_up(tmp_path):
    loud = Audio(np.full((2, 1_000), 0.9, np.float32), RATE)
    quiet = Audio(np.full((2, 1_000), -0.2, np.float32), RATE)
    sounds = with_shared({"bass": loud, "pad": loud}, quiet)
    assert np.allclose(sum(sounds.values()), -0.2, atol=1e-6) and np.abs(sounds[SHARED]).max() == pytest.approx(2.0)


def test_stems_of_another_length_are_refused():
    short = Audio(np.zeros((2, 10), np.float32), RATE)
    with pytest.raises(InputError, match="bass"):
        with_shared({"bass": short}, Audio(np.zeros((2, 20), np.float32), RATE))


@pytest.mark.parametrize(("kinds", "message"), [(("aiff",), "aiff"), ((), "Nothing"), (("wav24", "tape"), "tape")])
def test_unknown_kinds_are_refused_before_anything_is_written(piece, tmp_path, kinds, message):
    with pytest.raises(InputError, match=message):
        export_as(piece, kinds, tmp_path, stem="t")
    assert list(tmp_path.iterdir()) == []


def test_who_does_not_sing_has_no_karaoke(piece, tmp_path):
    silent = replace(piece, song=hand_song())
    assert "lrc" not in kinds_for(silent.song) and "lrc" in kinds_for(piece.song)
    with pytest.raises(InputError, match="no sung words"):
        export_as(silent, ("midi", "lrc"), tmp_path, stem="t")
    assert list(tmp_path.iterdir()) == []


def test_a_failing_kind_leaves_nothing_behind(piece, tmp_path, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(export, "write_tags", fail)
    with pytest.raises(OSError, match="disk full"):
        export_as(piece, ("midi", "mp4"), tmp_path, stem="t")
    assert list(tmp_path.iterdir()) == []


def test_titles_are_for_people(piece):
    song = hand_song()
    assert title_of(song, {"request": {"prompt": "  warm   lo-fi "}}) == "Warm lo-fi"
    assert title_of(song, {}) == "Indie pop in F major"
    long = title_of(song, {"request": {"prompt": "a very " * 20}})
    assert len(long) <= 64 and long.endswith("…")
