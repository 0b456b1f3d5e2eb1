"""A recording with new parts: joined at the bar without a click, at its level and tone; laid under it when it plays."""

import numpy as np
import pytest

from modules.studio.beside import BELOW_LU, at_loudness, go_on, lay_beside
from modules.studio.loudness import integrated_lufs
from modules.studio.mix import Mixed
from modules.types import Audio

RATE = 44_100


def music(seconds: float, level: float, hz: float, seed: int = 0) -> Audio:
    t = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).standard_normal(len(t)) * 0.05
    wave = level * (np.sin(2 * np.pi * hz * t) + 0.4 * np.sin(2 * np.pi * 4 * hz * t) + noise)
    return Audio(np.stack([wave, wave]).astype(np.float32), RATE)


def mixed_of(sound: Audio) -> Mixed:
    half = Audio(sound.samples / 2, RATE)
    return Mixed({"bass": half, "pad": half}, sound)


def test_a_clip_goes_on_at_its_own_level():
    clip, new = music(6.2, 0.3, 220), music(8.0, 0.02, 260, 1)
    joined = go_on(clip, mixed_of(new), 6.0)
    out, joint = joined.bus, 6 * RATE
    assert np.array_equal(out.samples[:, :joint - RATE // 10], clip.samples[:, :joint - RATE // 10])
    before = integrated_lufs(Audio(out.samples[:, joint - 3 * RATE:joint], RATE))
    after = integrated_lufs(Audio(out.samples[:, joint + RATE // 10:joint + 3 * RATE], RATE))
    assert abs(before - after) < 1.0
    assert out.duration_s == pytest.approx(14.0, abs=0.01)
    assert np.abs(sum(stem.samples for stem in joined.stems.values()) - out.samples).max() < 1e-4
    turns = np.abs(np.diff(out.mono, 2))
    assert turns[joint - 200:joint + 200].max() < 1.5 * turns[joint - RATE:joint - 400].max()
    assert not joined.stems["track"].samples[:, joint + RATE // 10:].any()


def test_parts_that_play_along_stand_under_the_track():
    track, new = music(5.0, 0.2, 330), music(5.0, 0.3, 110, 1)
    laid = lay_beside(Audio(track.samples[:1], RATE), mixed_of(new))
    assert laid.bus.samples.shape == track.samples.shape
    assert np.allclose(laid.stems["track"].samples, track.samples)
    parts = laid.bus.samples - laid.stems["track"].samples
    gap = integrated_lufs(track) - integrated_lufs(Audio(parts, RATE))
    assert gap == pytest.approx(BELOW_LU, abs=0.2)


def test_loudness_by_one_gain_never_clips():
    quiet = at_loudness(music(4.0, 0.05, 220))
    assert integrated_lufs(quiet) == pytest.approx(-14.0, abs=0.1)
    spike = music(4.0, 0.002, 220)
    spike.samples[:, 1000] = 0.5
    assert np.abs(at_loudness(spike).samples).max() <= 1.0
