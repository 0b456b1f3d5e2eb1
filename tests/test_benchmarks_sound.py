"""The sound benchmark's own meters: known sounds give known numbers, and a click is found where one is."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.sound import GROUPS, RANGES, STYLES, group_of, within
from benchmarks.sound_measures import Sound, clicks, loudness_range, low_correlation, measure, slope, true_peak
from modules.styles.cards import cards

RATE = 44_100


def tone(hz: float, seconds: float, level: float = 0.25) -> np.ndarray:
    return level * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)[None].repeat(2, axis=0)


def test_a_tone_measures_as_it_should():
    sound = measure(tone(997.0, 5.0, 10 ** (-20 / 20)), RATE)
    assert sound.lufs == pytest.approx(-20.0, abs=0.1)  # BS.1770: a stereo tone of −20 dBFS peak is −20 LUFS
    assert sound.true_peak_dbtp == pytest.approx(-20.0, abs=0.05) and sound.crest_db == pytest.approx(3.0, abs=0.1)
    assert sound.range_lu == pytest.approx(0.0, abs=0.1) and sound.clipped == 0 and sound.offset_db < -60


def test_the_peak_between_samples_is_found():
    between = np.sin(2 * np.pi * RATE / 4 * np.arange(RATE) / RATE + np.pi / 4)[None]  # samples reach 0.707 only
    assert true_peak(between[:, 200:-200] * 0.5) == pytest.approx(0.5, abs=0.03)


def test_pink_noise_has_no_slope_and_brown_falls_three_decibels():
    rng = np.random.default_rng(0)
    hz = np.maximum(np.fft.rfftfreq(20 * RATE, 1 / RATE), 20.0)
    for power, fall in ((0.5, 0.0), (1.0, -3.0)):
        sound = np.fft.irfft(np.fft.rfft(rng.standard_normal(20 * RATE)) / hz ** power)
        assert slope(sound[None].repeat(2, axis=0), RATE) == pytest.approx(fall, abs=0.2)


def test_two_levels_make_a_range_and_a_split_bottom_no_correlation():
    soft_and_loud = np.concatenate([tone(440, 12.0, 0.02), tone(440, 12.0, 0.2)], axis=1)
    assert loudness_range(soft_and_loud, RATE) == pytest.approx(20.0, abs=0.7)
    low = tone(60.0, 2.0)
    assert low_correlation(low, RATE) == pytest.approx(1.0, abs=1e-3)
    assert low_correlation(np.stack([low[0], -low[1]]), RATE) < -0.99


def test_a_cut_note_clicks_and_a_faded_one_does_not():
    cut = tone(220.0, 1.0)
    cut[:, int(0.5034 * RATE):] = 0
    faded = tone(220.0, 1.0)
    faded[:, int(0.5034 * RATE):] *= np.exp(-np.arange(faded.shape[1] - int(0.5034 * RATE)) / 800.0)
    times = np.array([0.2, 0.5034, 0.8])
    assert clicks(cut, RATE, times) == [pytest.approx(0.5034)]
    assert clicks(faded, RATE, times) == []


def test_ranges_cover_every_group_and_a_take_outside_is_a_miss():
    ranges = json.loads(RANGES.read_text(encoding="utf-8"))
    assert set(ranges["groups"]) == {"band", *GROUPS}
    assert set(STYLES) <= set(cards()) and len(set(STYLES)) == 25
    good = Sound(-14.0, -1.0, 15.0, -2.5, 4.0, 1.0, -80.0, 0)
    bad = Sound(-14.0, -1.0, 8.0, -2.5, 4.0, 1.0, -80.0, 0)
    style = next(style for style in STYLES if group_of(style) == "band")
    assert within({style: [good]}, ranges)[1] == 0
    rows, misses = within({style: [good, bad]}, ranges)
    assert misses == 1 and any("NO: 1 of 2" in row for row in rows)
