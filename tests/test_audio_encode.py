"""Exports carry the sound, its tags, and the notice that an AI made it."""

import numpy as np
import pytest
import soundfile

from modules.audio.encode import write_audio
from modules.audio.tags import AI_NOTICE
from modules.errors import InputError
from modules.types import Audio

TONE = Audio(np.repeat(0.5 * np.sin(np.arange(44_100) * 0.05, dtype=np.float32)[None], 2, axis=0), 44_100)


@pytest.mark.parametrize("fmt, subtype, written, accuracy", [
    ("wav", "16", "PCM_16", 1e-4), ("wav", "24", "PCM_24", 1e-6), ("flac", "24", "PCM_24", 1e-6),
    ("mp3", "16", "MPEG_LAYER_III", 0.02), ("ogg", "16", "VORBIS", 0.05)])
def test_every_format_comes_back(tmp_path, fmt, subtype, written, accuracy):
    path = write_audio(tmp_path / f"take.{fmt}", TONE, fmt, subtype, {"title": "Rain", "comment": "seed 7"})
    with soundfile.SoundFile(path) as file:
        assert (file.subtype, file.samplerate, file.channels, file.title) == (written, 44_100, 2, "Rain")
        assert file.comment == f"{AI_NOTICE}. seed 7"
        heard = file.read(dtype="float32").T
    assert np.abs(heard[:, 5_000:40_000] - TONE.samples[:, 5_000:40_000]).max() < accuracy
    assert [entry.name for entry in tmp_path.iterdir()] == [f"take.{fmt}"]


@pytest.mark.parametrize(("fmt", "subtype"), [("wav", "16"), ("wav", "24"), ("flac", "24")])
def test_samples_are_rounded_not_cut(tmp_path, fmt, subtype):
    step = 2.0 ** (1 - int(subtype))
    ramp = Audio((np.linspace(-0.5, 0.5, 20_001, dtype=np.float32) * 400 * np.float32(step))[None], 44_100)
    read = soundfile.read(write_audio(tmp_path / f"a.{fmt}", ramp, fmt, subtype), dtype="float64")[0]
    error = (read - ramp.samples[0]) / step
    assert np.abs(error).max() <= 0.5001 and abs(error.mean()) < 0.01


def test_loud_samples_are_clipped_not_wrapped(tmp_path):
    path = write_audio(tmp_path / "a.wav", Audio(TONE.samples * 4, 44_100), "wav")
    assert np.sign(soundfile.read(path)[0][:, 0] * TONE.samples[0]).min() >= 0


def test_a_long_ogg_is_written_whole(tmp_path):
    long = Audio(np.tile(TONE.samples[:1, ::4], 60), 11_025)
    assert soundfile.info(write_audio(tmp_path / "a.ogg", long, "ogg")).frames == long.samples.shape[1]


def test_nothing_half_written_stays(tmp_path):
    with pytest.raises(InputError, match="wav, flac, mp3, ogg"):
        write_audio(tmp_path / "a.aiff", TONE, "aiff")
    with pytest.raises(InputError, match="16 or 24"):
        write_audio(tmp_path / "a.wav", TONE, "wav", "32")
    with pytest.raises(ValueError, match="not finite"):
        write_audio(tmp_path / "a.wav", Audio(TONE.samples * np.nan, 44_100), "wav")
    assert not list(tmp_path.iterdir())
