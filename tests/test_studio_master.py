"""The master reaches its loudness under its ceiling, by meters that are not its own, whatever comes in."""

from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest
from scipy.signal import resample_poly

from modules.errors import InputError
from modules.studio.loudness import integrated_lufs, loudness_curve, octave_levels, true_peak_dbtp
from modules.studio.master import master
from modules.studio.mix import mix
from modules.types import Audio
from tests.studio_stems import RATE, stage, wave


def meter_lufs(samples: np.ndarray) -> float:
    return pyloudnorm.Meter(RATE).integrated_loudness(samples.T.astype(float))


def meter_dbtp(samples: np.ndarray) -> float:
    """4× true peak with a longer filter than the studio's own."""
    fine = resample_poly(samples.astype(float), 4, 1, axis=-1, window=("kaiser", 8.0))
    return 20 * np.log10(np.abs(fine).max())


def notes(midis: list[int], every_s: float, length_s: float, total_s: float, *, decay: float) -> np.ndarray:
    line = np.zeros(int(total_s * RATE), np.float32)
    for i, midi in enumerate(midis):
        sound = wave(midi, length_s, harmonics=4, decay=decay)
        start = int(i * every_s * RATE)
        line[start:start + len(sound)] += sound[:len(line) - start]
    return np.stack([line, line])


def materials() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    t = np.arange(5 * RATE) / RATE
    hits = np.zeros((2, 10 * RATE), np.float32)
    for i in range(40):
        hit = (0.9 if i % 4 == 0 else 0.3) * rng.standard_normal((2, 9_000)) * np.exp(-np.arange(9_000) / 1_500)
        hits[:, int(i * 0.25 * RATE):][:, :9_000] += hit.astype(np.float32)
    swell = 10 ** (np.linspace(-60, -5, 12 * RATE) / 20) * rng.standard_normal((2, 12 * RATE)) * 0.2
    return {
        "marimba, 5 s": notes([72, 76, 79, 84, 79, 76, 72, 67, 72], 0.5, 0.45, 5.0, decay=14),
        "one quiet note, 5 s": notes([60], 1.0, 4.0, 5.0, decay=1.5) * np.float32(0.01),
        "sine": np.stack([1e-3 * np.sin(2 * np.pi * 220 * t)] * 2).astype(np.float32),
        "drums alone": hits,
        "swell of 55 dB": swell.astype(np.float32),
        "hot noise": (2.0 * rng.standard_normal((2, 5 * RATE))).astype(np.float32),
        "offset": np.stack([0.3 + 0.1 * np.sin(2 * np.pi * 330 * t)] * 2).astype(np.float32),
    }


@pytest.mark.parametrize("name", materials())
def test_loudness_and_true_peak_hold_for_hard_material(name):
    done = master(Audio(materials()[name], RATE))
    samples = done.audio.samples
    assert meter_lufs(samples) == pytest.approx(-14.0, abs=0.2)
    assert meter_dbtp(samples) <= -0.95
    assert done.integrated_lufs == pytest.approx(meter_lufs(samples), abs=0.05)
    assert np.isfinite(samples).all() and samples.dtype == np.float32
    assert np.abs(samples[:, [0, -1]]).max() < 1e-3 and abs(samples.mean()) < 1e-3


@pytest.fixture(scope="module")
def band():
    stems, song, performance = stage()
    return mix(stems, song, performance).bus, performance


@pytest.mark.parametrize(("target_lufs", "ceiling_dbtp"), [(-14.0, -1.0), (-16.0, -1.0), (-23.0, -2.0), (-10.0, -1.0)])
def test_a_band_reaches_every_target(band, target_lufs, ceiling_dbtp):
    done = master(band[0], target_lufs=target_lufs, ceiling_dbtp=ceiling_dbtp)
    assert meter_lufs(done.audio.samples) == pytest.approx(target_lufs, abs=0.2)
    assert meter_dbtp(done.audio.samples) <= ceiling_dbtp + 0.05
    assert done.true_peak_dbtp <= ceiling_dbtp


def test_the_chorus_stays_louder_than_the_verse(band):
    bus, performance = band
    samples = master(bus).audio.samples
    half = int(performance.bar_starts_s[4] * RATE)
    assert meter_lufs(samples[:, half:]) - meter_lufs(samples[:, :half]) >= 2.0


def test_five_seconds_of_a_band():
    stems, song, performance = stage(bars=2, rest_s=1.0)
    done = master(mix(stems, song, performance).bus, duration_s=5.0)
    assert done.audio.samples.shape == (2, 5 * RATE)
    assert meter_lufs(done.audio.samples) == pytest.approx(-14.0, abs=0.5)


def test_the_limiter_does_not_pump():
    """A steady tone under sparse hits stays steady: its level between the hits moves by less than 4 dB."""
    t = np.arange(6 * RATE) / RATE
    tone = 0.05 * np.sin(2 * np.pi * 440 * t)
    hits = np.zeros_like(t)
    rng = np.random.default_rng(2)
    for beat in range(12):
        start = int(beat * 0.5 * RATE)
        hits[start:start + 2_000] += 0.8 * rng.standard_normal(2_000) * np.exp(-np.arange(2_000) / 400)
    samples = master(Audio(np.stack([tone + hits] * 2).astype(np.float32), RATE)).audio.samples[0]
    levels = [np.sqrt(np.mean(samples[int((beat * 0.5 + at) * RATE):][:2_000] ** 2)) for beat in range(2, 10)
              for at in (0.15, 0.3, 0.4)]
    assert 20 * np.log10(max(levels) / min(levels)) < 4.0


def test_mastering_twice_gives_the_same_bytes(band):
    assert master(band[0]).audio.samples.tobytes() == master(band[0]).audio.samples.tobytes()


def test_the_mix_given_stays_as_it_was(band):
    before = band[0].samples.copy()
    master(band[0], duration_s=3.0)
    assert np.array_equal(before, band[0].samples)


def test_duration_cuts_with_a_fade_of_the_last_second_and_pads_with_silence(band):
    bus, _ = band
    whole = master(bus, duration_s=bus.duration_s).audio.samples
    cut = master(bus, duration_s=7.3).audio.samples
    assert cut.shape[1] == round(7.3 * RATE)
    tail = cut[:, -RATE:].reshape(2, 10, -1)
    levels = np.sqrt((tail ** 2).mean(axis=(0, 2)))
    assert levels[-1] < 0.05 * levels[0]
    before = slice(int(4.0 * RATE), int(6.2 * RATE))
    assert np.corrcoef(cut[0, before], whole[0, before])[0, 1] > 0.98
    longer = master(bus, duration_s=20.0).audio.samples
    assert longer.shape[1] == 20 * RATE and not longer[:, bus.samples.shape[1]:].any()


def test_fade_out_is_as_long_as_asked(band):
    bus, _ = band
    faded, plain = (master(bus, fade_out_s=fade_s).audio for fade_s in (6.0, None))
    difference = loudness_curve(faded) - loudness_curve(plain)
    assert difference[-60] > difference[-30] + 3 > difference[-12] + 10


def test_silence_stays_silence():
    done = master(Audio(np.zeros((2, 5 * RATE), np.float32), RATE), duration_s=6.0)
    assert done.audio.samples.shape == (2, 6 * RATE) and not done.audio.samples.any()
    assert (done.integrated_lufs, done.true_peak_dbtp) == (-70.0, -120.0)


def test_mono_becomes_stereo():
    samples = notes([60, 64, 67], 0.5, 0.5, 2.0, decay=2)[:1]
    left, right = master(Audio(samples, RATE)).audio.samples
    assert np.array_equal(left, right) and left.any()


def test_bad_input_is_refused_in_words():
    broken = np.zeros((2, RATE), np.float32)
    broken[0, 5] = np.nan
    with pytest.raises(InputError, match="not finite"):
        master(Audio(broken, RATE))
    with pytest.raises(InputError, match="empty"):
        master(Audio(np.zeros((2, 0), np.float32), RATE))
    with pytest.raises(InputError, match="cannot be mastered"):
        master(Audio(np.ones((2, RATE), np.float32), RATE), target_lufs=3.0)


@pytest.mark.parametrize("gap", [False, True])
def test_own_loudness_meter_agrees_with_pyloudnorm(gap):
    rng = np.random.default_rng(4)
    samples = (rng.standard_normal((2, 6 * RATE)) * np.array([[0.1], [0.03]])).astype(np.float32)
    if gap:
        samples[:, 2 * RATE:4 * RATE] *= 1e-3
    assert integrated_lufs(Audio(samples, RATE)) == pytest.approx(meter_lufs(samples), abs=0.03)


@pytest.mark.parametrize("hz", [30, 60, 997, 4_000, 12_000])
def test_own_loudness_meter_agrees_at_every_pitch(hz):
    t = np.arange(3 * RATE) / RATE
    samples = np.stack([0.2 * np.sin(2 * np.pi * hz * t)] * 2).astype(np.float32)
    assert integrated_lufs(Audio(samples, RATE)) == pytest.approx(meter_lufs(samples), abs=0.1)


def test_true_peak_sees_between_samples():
    """A quarter-rate sine sampled at 45°: samples reach −3 dB, the wave 0 dB (BS.1770-4, annex 2)."""
    n = np.arange(RATE)
    edges = np.minimum(1.0, np.minimum(n, RATE - n) / 2_000)
    samples = np.stack([np.sin(np.pi / 2 * n + np.pi / 4) * edges] * 2).astype(np.float32)
    assert 20 * np.log10(np.abs(samples).max()) == pytest.approx(-3.0, abs=0.05)
    assert true_peak_dbtp(Audio(samples, RATE)) == pytest.approx(0.0, abs=0.1)


def test_octave_levels_find_the_octave():
    t = np.arange(2 * RATE) / RATE
    samples = np.stack([np.sin(2 * np.pi * 1_000 * t)] * 2).astype(np.float32)
    levels = octave_levels(samples, RATE)
    assert np.argmax(levels) == 5 and levels[5] > -0.1 and levels[[0, 9]].max() < -50
