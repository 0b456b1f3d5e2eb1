"""Whatever people upload becomes plain audio or one plain sentence."""

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from modules.audio.decode import read_audio, resample
from modules.errors import InputError
from modules.types import Audio


def tone(seconds: float = 1.0, rate: int = 44_100, channels: int = 1, pitch_hz: float = 440.0) -> np.ndarray:
    """float32 (samples, channels)."""
    wave = 0.4 * np.sin(2 * np.pi * pitch_hz * np.arange(int(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def write_with_av(path: Path, *, codec: str | None, video: bool = False) -> Path:
    """An M4A, WebM or MP4 with a tone, a moving picture, or both."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream("mpeg4", rate=10) if video else None
        sound = container.add_stream(codec, rate=48_000) if codec else None
        if sound:
            sound.layout = "mono"
        if picture:
            picture.width = picture.height = 32
            for _ in range(10):
                frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
                container.mux(picture.encode(frame))
            container.mux(picture.encode())
        if sound:
            wave = np.ascontiguousarray(tone(1.0, 48_000).T)
            for start in range(0, 48_000, 960):
                frame = av.AudioFrame.from_ndarray(wave[:, start:start + 960], format="fltp", layout="mono")
                frame.rate, frame.pts = 48_000, start
                container.mux(sound.encode(frame))
            container.mux(sound.encode())
    return path


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_common_formats(tmp_path, suffix):
    soundfile.write(tmp_path / f"a.{suffix}", tone(channels=2), 44_100)
    audio = read_audio(tmp_path / f"a.{suffix}", 10)
    assert audio.samples.dtype == np.float32 and audio.samples.shape[0] == 2 and audio.sample_rate == 44_100
    assert abs(audio.duration_s - 1) < 0.1
    middle = audio.mono[11_025:33_075]
    assert abs(np.abs(np.fft.rfft(middle)).argmax() * 2 - 440) <= 2


@pytest.mark.parametrize("name, codec", [("a.m4a", "aac"), ("a.webm", "libopus"), ("a.mp4", "aac")])
def test_browser_and_phone_recordings(tmp_path, name, codec):
    audio = read_audio(write_with_av(tmp_path / name, codec=codec), 10)
    assert audio.samples.shape[0] == 1 and abs(audio.duration_s - 1) < 0.1
    assert audio.mono[12_000:36_000].std() == pytest.approx(0.4 / 2 ** 0.5, rel=0.05)


def test_the_content_decides_not_the_suffix(tmp_path):
    soundfile.write(tmp_path / "a.flac", tone(), 44_100)
    (tmp_path / "a.flac").rename(tmp_path / "really_flac.wav")
    assert read_audio(tmp_path / "really_flac.wav", 10).sample_rate == 44_100


def test_six_channels_at_96_khz_become_stereo_and_8_khz_mono_stays(tmp_path):
    surround = np.zeros((96_000, 6), np.float32)
    surround[:, 0] = tone(1, 96_000)[:, 0]
    soundfile.write(tmp_path / "surround.wav", surround, 96_000)
    left, right = read_audio(tmp_path / "surround.wav", 10).samples
    assert np.abs(left).max() > 0.1 and np.abs(right).max() < 1e-4
    soundfile.write(tmp_path / "phone.wav", tone(1, 8_000), 8_000)
    assert read_audio(tmp_path / "phone.wav", 10).samples.shape == (1, 8_000)


def test_floats_above_one_are_scaled(tmp_path):
    soundfile.write(tmp_path / "hot.wav", tone() * 5, 44_100, subtype="FLOAT")
    assert np.abs(read_audio(tmp_path / "hot.wav", 10).samples).max() == pytest.approx(1.0)


def bad_files(folder: Path) -> dict[str, tuple[Path, str]]:
    def sound(name: str, samples: np.ndarray, **options: str) -> Path:
        soundfile.write(folder / name, samples, 44_100, **options)
        return folder / name

    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("this is a shopping list\n" * 40)
    (folder / "list.txt").write_text("this is a shopping list\n" * 40)
    spoiled = tone()
    spoiled[100] = np.nan
    return {
        "missing": (folder / "nothing.wav", "not there"),
        "folder": (folder, "not a file"),
        "empty": (folder / "empty.wav", "0 bytes"),
        "text": (folder / "text.wav", "not a sound"),
        "txt": (folder / "list.txt", "not a sound"),
        "nan": (sound("nan.wav", spoiled, subtype="FLOAT"), "no numbers"),
        "short": (sound("short.wav", tone(0.1)), "at least 0.3 s"),
        "long": (sound("long.wav", tone(12)), "12 s long; at most 10 s"),
        "silent": (sound("silent.wav", tone() * 0), "silent"),
        "video": (write_with_av(folder / "film.mp4", codec="aac", video=True), "is a video; export its sound"),
        "mute video": (write_with_av(folder / "mute.mp4", codec=None, video=True), "video without any sound"),
    }


@pytest.mark.parametrize("case", ["missing", "folder", "empty", "text", "txt", "nan", "short", "long", "silent",
                                  "video", "mute video"])
def test_bad_files_are_refused_in_one_sentence_with_their_name(tmp_path, case):
    path, message = bad_files(tmp_path)[case]
    with pytest.raises(InputError, match=message) as caught:
        read_audio(path, 10, name="Anna's upload")
    assert str(caught.value).startswith('"Anna\'s upload"') and "\n" not in str(caught.value)


@pytest.mark.parametrize("rate, to", [(44_100, 16_000), (8_000, 44_100), (48_000, 44_100)])
def test_resampling_keeps_the_tone_and_the_bytes(rate, to):
    audio = Audio(tone(1, rate, pitch_hz=1000).T.copy(), rate)
    once, twice = resample(audio, to), resample(audio, to)
    assert once.sample_rate == to and once.samples.shape == (1, to) and np.array_equal(once.samples, twice.samples)
    ideal = 0.4 * np.sin(2 * np.pi * 1000 * np.arange(to) / to)
    assert np.abs(once.samples[0] - ideal)[to // 10:-to // 10].max() < 1e-3
