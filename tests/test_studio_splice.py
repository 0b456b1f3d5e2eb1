"""An edit laid into a finished take: the old samples outside, no step at the seams, the ceiling kept."""

from __future__ import annotations

import numpy as np
import pytest

from modules.errors import InputError
from modules.studio.splice import LEAD_S, TAIL_S, edit_span, lay_in
from modules.types import Audio

RATE = 44_100


def music(seconds: float, seed: int = 1) -> np.ndarray:
    """Slowly swelling tones, float32 (2, T)."""
    t = np.arange(int(seconds * RATE)) / RATE
    rng = np.random.default_rng(seed)
    tones = sum(np.sin(2 * np.pi * hz * t + rng.random() * 6) for hz in (110.0, 277.0, 440.0, 1_320.0))
    return np.stack([0.06 * tones * (1 + 0.3 * np.sin(t))] * 2).astype(np.float32)


def test_outside_every_sample_is_the_old_one_and_inside_the_new_at_the_old_level():
    old = music(12.0)
    new = 0.8 * old  # the whole piece came out softer …
    new[:, 4 * RATE:6 * RATE] += 0.2 * music(2.0, seed=2)  # … and something new happens
    spans = [edit_span(4.0, 6.0, 12.0)]
    out = lay_in(Audio(old, RATE), Audio(new.astype(np.float32), RATE), spans, ceiling_dbtp=-1.0).audio.samples
    first, last = round((4.0 - LEAD_S) * RATE), round((6.0 + TAIL_S) * RATE)
    assert np.array_equal(out[:, :first], old[:, :first]) and np.array_equal(out[:, last:], old[:, last:])
    inside = slice(round(4.5 * RATE), round(5.5 * RATE))
    assert np.allclose(out[:, inside], new[:, inside] / 0.8, atol=1e-3)
    bend = np.abs(np.diff(out, 2)).max(axis=0)
    assert bend[[first - 2, first - 1, first, last - 2, last - 1]].max() <= 1.2 * np.abs(np.diff(old, 2)).max()


def test_an_edit_to_the_end_takes_the_new_length_and_one_before_the_beginning_moves_the_old():
    old, new = music(6.0), music(9.0)
    out = lay_in(Audio(old, RATE), Audio(new, RATE), [edit_span(5.0, 8.5, 6.0)], ceiling_dbtp=-1.0).audio.samples
    assert out.shape == new.shape and np.array_equal(out[:, :4 * RATE], old[:, :4 * RATE])
    assert np.allclose(out[:, -RATE:], new[:, -RATE:], atol=1e-3)
    out = lay_in(Audio(old, RATE), Audio(new, RATE), [edit_span(0.0, 2.0, 8.0)], ceiling_dbtp=-1.0, later_s=2.0)
    samples = out.audio.samples
    assert samples.shape[-1] == 8 * RATE
    assert np.array_equal(samples[:, 4 * RATE:], old[:, 2 * RATE:])


def test_what_is_louder_than_the_old_level_allows_is_limited():
    old = music(10.0)
    new = old.copy()
    new[:, 4 * RATE:5 * RATE] *= 5.0
    found = lay_in(Audio(old, RATE), Audio(new, RATE), [edit_span(4.0, 5.0, 10.0)], ceiling_dbtp=-1.0)
    assert found.true_peak_dbtp <= -1.0
    assert np.array_equal(found.audio.samples[:, 7 * RATE:], old[:, 7 * RATE:])


def test_edits_that_nearly_touch_are_one_and_rates_must_agree():
    old, new = music(14.0), music(14.0, seed=5)
    spans = [edit_span(2.0, 4.0, 14.0), edit_span(5.0, 7.0, 14.0)]
    out = lay_in(Audio(old, RATE), Audio(new, RATE), spans, ceiling_dbtp=-1.0).audio.samples
    assert not np.array_equal(out[:, 5 * RATE:6 * RATE], old[:, 5 * RATE:6 * RATE])
    assert np.array_equal(out[:, 9 * RATE:], old[:, 9 * RATE:])
    with pytest.raises(InputError, match="one rate"):
        lay_in(Audio(old, RATE), Audio(new, 48_000), spans, ceiling_dbtp=-1.0)
