"""Sweeps into drops: where the style has them and the form rises, nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from modules.studio.mix import mix
from modules.studio.transitions import impact, risers, sweep, transitions
from tests.studio_stems import RATE, stage


def test_a_dance_style_rises_into_its_chorus_and_others_do_not():
    _, song, performance = stage(styles={"trance": 1.0})
    chorus_s = performance.bar_starts_s[4]
    assert risers(song, performance) == [(performance.bar_starts_s[2], chorus_s)]
    assert risers(replace(song, styles={"acoustic_folk": 1.0}), performance) == []
    level = replace(song, sections=tuple(replace(s, energy=5) for s in song.sections))
    assert risers(level, performance) == []


def test_it_swells_climbs_and_lands_with_the_drums():
    stems, song, performance = stage(styles={"trance": 1.0})
    drums = stems["drums"].samples
    added = transitions(song, performance, drums, RATE)
    at = round(performance.bar_starts_s[4] * RATE)
    early, late = added[:, at - 3 * RATE:at - 2 * RATE], added[:, at - RATE:at - RATE // 10]
    assert np.sqrt((late ** 2).mean()) > 3 * np.sqrt((early ** 2).mean()) > 0
    assert not added[:, :at - 5 * RATE].any()
    boom = added[:, at:at + RATE // 2]
    power = np.abs(np.fft.rfft(boom.mean(axis=0))) ** 2
    hz = np.fft.rfftfreq(boom.shape[1], 1 / RATE)
    assert power[hz < 120].sum() > 0.5 * power.sum()
    assert np.abs(added).max() <= np.abs(drums).max()


def test_without_drums_and_with_drums_muted_there_is_none():
    stems, song, performance = stage(styles={"trance": 1.0})
    with_drums = mix(stems, song, performance).stems
    without = mix({lane: stem for lane, stem in stems.items() if lane != "drums"}, song, performance).stems
    at = round(performance.bar_starts_s[4] * RATE)
    # the noise of the sweep is wide; the drums of this band are in the middle
    side = np.abs(np.diff(with_drums["drums"].samples[:, at - RATE:at], axis=0)).max()
    assert side > 1e-3
    assert "drums" not in without


def test_the_sounds_are_whole_and_end_without_a_click():
    noise, boom = sweep(2 * RATE, RATE), impact(RATE)
    for sound in (noise, boom):
        assert np.isfinite(sound).all() and np.abs(sound).max() <= 1.0
        assert np.abs(sound[:, -1]).max() < 1e-3 and np.abs(sound[:, 0]).max() < 1e-3
    assert np.corrcoef(noise)[0, 1] < 0.3
    low = np.fft.rfft(boom)[:, :int(100 * boom.shape[1] / RATE)]
    assert np.abs(low[0] - low[1]).max() < 0.05 * np.abs(low).max()
