"""The bus leads a mix to its style's spectrum and density; old styles hiss; the meters that save work agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modules.studio.bus import tone_curve
from modules.studio.character import OLD_STYLES, song_character
from modules.studio.curves import CURVES, DENSITY, curve_of, density_of
from modules.studio.effects import convolve, shape
from modules.studio.loudness import (
    OCTAVES_HZ,
    hop_powers,
    k_hop_powers,
    k_weighted,
    octave_levels,
    oversampled_peaks,
    to_lufs,
)
from modules.studio.mix import mix
from modules.styles.cards import cards
from tests.studio_stems import RATE, stage


def noise(seconds: float = 2.0, seed: int = 0) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).standard_normal((2, int(seconds * RATE))).astype(np.float32)


def test_every_family_has_a_curve_and_known_density():
    families = {card.family for card in cards().values()} | {"soul"}  # a family that has no card yet
    assert set(DENSITY) <= families
    for family in families:
        assert curve_of(family).shape == (10,) and 0.0 <= density_of(family) <= 1.0
    for curve in CURVES.values():
        assert (np.diff(curve[4:]) < 0).all()  # records fall off from 500 Hz upwards
    assert set(OLD_STYLES) <= set(cards())


def test_a_bright_mix_is_led_towards_the_curve_and_a_fitting_one_left_alone():
    character = song_character(stage(bars=1, styles={"indie_pop": 1.0})[1])
    character = replace(character, treble_db=0.0, warmth_db=0.0, tilt_db=0.0)
    white = noise()
    before = octave_levels(white, RATE) - character.curve_db
    gain_db = tone_curve([white], RATE, character)
    assert (gain_db[8:] <= -5).all() and gain_db[1] >= 3  # white noise has far too much top
    after = octave_levels(shape(white, RATE, OCTAVES_HZ, gain_db), RATE) - character.curve_db
    assert np.abs(after - after[2:7].mean())[1:9].mean() < 0.6 * np.abs(before - before[2:7].mean())[1:9].mean()
    fitting = shape(white, RATE, OCTAVES_HZ, np.array(character.curve_db) - octave_levels(white, RATE))
    assert np.abs(tone_curve([fitting], RATE, character)[1:9]).max() < 2.0


def test_a_band_without_an_instrument_is_not_lifted():
    character = song_character(stage(bars=1)[1])
    t = np.arange(2 * RATE) / RATE
    tone = np.sin(2 * np.pi * 500 * t)[None].repeat(2, axis=0).astype(np.float32)
    assert tone_curve([tone], RATE, replace(character, warmth_db=0.0, tilt_db=0.0)).max() <= 0.1


def test_shape_does_what_its_gains_say_without_delay():
    gain_db = np.array([0, 0, 6, 6, 0, 0, -6, -6, -6, -6.0])
    click = np.zeros((2, RATE), np.float32)
    click[:, 1_000] = 1.0
    heard = shape(click, RATE, OCTAVES_HZ, gain_db)
    assert np.abs(heard[:, :1_000]).max() < 1e-3
    power = 20 * np.log10(np.abs(np.fft.rfft(heard[0])))
    for hz, gain in zip(OCTAVES_HZ[2:9], gain_db[2:9], strict=True):
        assert power[round(hz)] == pytest.approx(gain, abs=0.3)


def test_convolve_agrees_with_the_definition():
    sound, response = noise(0.05), noise(0.01, seed=1)
    heard = convolve(sound, response)
    for side in (0, 1):
        assert np.allclose(heard[side], np.convolve(sound[side], response[side])[:heard.shape[1]], atol=1e-4)


def test_denser_styles_have_lower_crests():
    def crest_db(style: str) -> float:
        stems, song, performance = stage(styles={style: 1.0}, bars=4)
        bus = mix(stems, song, performance).bus.samples
        return float(20 * np.log10(np.abs(bus).max() / np.sqrt((bus ** 2).mean())))

    assert crest_db("metal") < crest_db("bluegrass") - 1.0


def test_old_styles_hiss_between_the_notes_and_new_ones_do_not():
    def rest_db(style: str) -> float:
        stems, song, performance = stage(styles={style: 1.0}, bars=2, rest_s=5.0, production=("dry",))
        bus = mix(stems, song, performance).bus.samples
        return float(10 * np.log10((bus[:, -RATE:] ** 2).mean() / (bus ** 2).mean() + 1e-12))

    assert -60 < rest_db("delta_blues") < rest_db("lofi_hiphop") < -25
    assert rest_db("house") < -75


def test_loudness_from_spectra_agrees_with_filtering():
    sound = noise()
    quick, exact = k_hop_powers(sound, RATE), hop_powers(k_weighted(sound, RATE), RATE // 10)
    assert float(to_lufs(quick.mean())) == pytest.approx(float(to_lufs(exact.mean())), abs=0.1)
    low = np.sin(2 * np.pi * 55 * np.arange(2 * RATE) / RATE)[None].astype(np.float32)
    quick, exact = k_hop_powers(low, RATE), hop_powers(k_weighted(low, RATE), RATE // 10)
    assert float(to_lufs(quick.mean())) == pytest.approx(float(to_lufs(exact.mean())), abs=0.35)


def test_peaks_of_loud_stretches_are_exact_and_quiet_ones_bounded():
    sound = noise(1.0) * np.linspace(0.01, 1.0, RATE).astype(np.float32)
    exact, quick = oversampled_peaks(sound, 32), oversampled_peaks(sound, 32, 0.2)
    loud = np.repeat(np.abs(sound).max(axis=0)[:RATE // 1024 * 1024].reshape(-1, 1024).max(axis=1) >= 0.2, 32)
    assert loud.any() and not loud.all()
    assert np.allclose(quick[:len(loud)][loud], exact[:len(loud)][loud], atol=1e-6)
    assert (quick <= exact + 1e-6).all()
