"""Taking a track apart: the parts are the track again, hits and tones part, and Demucs says why where it cannot run."""

import numpy as np
import pytest

from modules.audio import demucs, separation
from modules.audio.separation import PARTS, harmonic_and_centre, separate, take_apart
from modules.errors import EngineUnavailable, InputError
from modules.types import Audio

RATE = 22_050


def chords(seconds: float = 6.0) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    return sum(0.1 * np.sin(2 * np.pi * hz * t) for hz in (220.0, 277.2, 329.6))


def hits(seconds: float = 6.0) -> np.ndarray:
    rng, out = np.random.default_rng(1), np.zeros(int(seconds * RATE))
    for at in np.arange(0.25, seconds - 0.2, 0.5):
        noise = rng.standard_normal(1500) * np.exp(-np.arange(1500) / 200)
        out[int(at * RATE):int(at * RATE) + 1500] += 0.3 * noise
    return out


def wavering(seconds: float = 6.0) -> np.ndarray:
    """A voice-like tone: 440 Hz with vibrato and partials."""
    t = np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * 440 * t + 6 * np.sin(2 * np.pi * 5.5 * t)
    return sum(0.12 / k * np.sin(k * phase) for k in (1, 2, 3, 4))


def share(part: Audio, whole: np.ndarray) -> float:
    """Correlation with a sound."""
    return float(np.corrcoef(part.mono, whole)[0, 1])


def test_the_parts_are_the_recording_again():
    stereo = np.stack([chords() + hits(), chords() * 0.5 + hits()]).astype(np.float32)
    parts = take_apart(Audio(stereo, RATE))
    assert tuple(parts) == PARTS
    assert all(part.samples.shape == stereo.shape and part.sample_rate == RATE for part in parts.values())
    assert np.abs(sum(part.samples for part in parts.values()) - stereo).max() < 1e-4


def test_hits_tones_and_a_wavering_middle_go_where_they_belong():
    side = chords()
    voice, drums = wavering(), hits()
    mixed = np.stack([1.6 * side + voice + drums, 0.2 * side + voice + drums]).astype(np.float32)
    parts = take_apart(Audio(mixed, RATE))
    whole = mixed.mean(axis=0)
    assert share(parts["drums"], drums) > 0.8 > share(Audio(whole[None], RATE), drums)
    assert share(parts["voice"], voice) > max(0.75, share(Audio(whole[None], RATE), voice))
    assert share(parts["rest"], side) > max(0.8, share(Audio(whole[None], RATE), side))


def test_a_long_recording_is_joined_without_a_seam(monkeypatch):
    monkeypatch.setattr(separation, "BLOCK_S", 2.0)
    mixed = (chords() + hits())[None].astype(np.float32)
    parts = take_apart(Audio(mixed, RATE))
    assert np.abs(sum(part.samples for part in parts.values()) - mixed).max() < 1e-4


def test_a_mono_recording_is_all_middle():
    tones, middle = harmonic_and_centre(Audio((chords() + hits())[None].astype(np.float32), RATE))
    assert np.array_equal(tones, middle)
    assert float(np.corrcoef(tones, chords())[0, 1]) > 0.95


def test_an_unknown_way_is_one_sentence():
    with pytest.raises(InputError, match="choose simple or demucs"):
        separate(Audio(np.zeros((1, RATE), np.float32), RATE), "magic")


def test_demucs_takes_long_sound_apart_in_chunks():
    import torch

    class Halves(torch.nn.Module):
        sources = ["drums", "vocals"]

        def forward(self, x):  # (1, 2, T) → (1, 2, 2, T)
            return torch.stack([0.25 * x, 0.75 * x], dim=1)

    sound = Audio(np.stack([chords(20.0), hits(20.0)]).astype(np.float32), RATE)
    parts = demucs.take_apart(sound, Halves(), RATE)
    assert set(parts) == {"drums", "voice"}
    assert np.allclose(parts["voice"].samples, 0.75 * (sound.samples - sound.mono.mean()), atol=1e-3)


def test_demucs_without_its_weights_says_why(monkeypatch):
    from modules.audio.torchaudio_compat import prepare_torchaudio

    prepare_torchaudio()
    from torchaudio import pipelines

    def refuse(self):
        raise OSError("no route to host")

    monkeypatch.setattr(type(pipelines.HDEMUCS_HIGH_MUSDB_PLUS), "get_model", refuse)
    demucs.load.cache_clear()
    with pytest.raises(EngineUnavailable, match="no route to host.*built-in way"):
        separate(Audio(np.zeros((1, RATE), np.float32), RATE), "demucs")
