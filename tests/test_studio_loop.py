"""Loops: bar-exact to the sample, no seam, tails of the end in the head, the same music at the same place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modules.errors import InputError
from modules.performance.looping import TAIL_BARS, lead_bars, loop_song, perform_loop
from modules.studio.loop import cut_round, make_loop
from modules.types import Audio
from tests.hand_song import hand_song, hand_syllables

RATE = 44_100


@pytest.fixture(scope="module")
def loop():
    return make_loop(hand_song(), 8, 4)


def bends(samples: np.ndarray) -> np.ndarray:
    return np.abs(np.diff(samples, 2, axis=-1)).max(axis=0)


def test_it_lasts_its_bars_to_the_sample(loop):
    assert loop.audio.samples.shape == (2, round(4 * 4 * 60 / 100 * RATE))
    assert loop.n_bars == 4 and loop.tempo_bpm == 100.0
    assert loop.integrated_lufs == pytest.approx(-14.0, abs=0.2) and loop.true_peak_dbtp <= -1.0


def test_no_seam_is_heard_where_it_goes_round(loop):
    """The curve bends at the seam no more than it does just before and after."""
    twice = np.concatenate([loop.audio.samples, loop.audio.samples], axis=1)
    n = loop.audio.samples.shape[1]
    bend = bends(twice)
    around = np.concatenate([bend[n - 2_000:n - 20], bend[n + 20:n + 2_000]])
    assert bend[n - 3:n + 2].max() <= 2.0 * np.percentile(around, 99)
    # unlike a plain cut of the same sound a quarter of a beat later
    cut = np.concatenate([loop.audio.samples[:, :n - 7_000], loop.audio.samples], axis=1)
    assert bends(cut)[n - 7_003:n - 6_998].max() > bend[n - 3:n + 2].max()


def test_what_rings_at_the_end_is_in_the_head():
    """A pad whose loop begins with a bar of rest: its tail (release and room) sounds under that."""
    song = hand_song(instruments={"pad": "slow_strings"}, styles={"ambient": 1.0})
    steps = song.canvas.steps.copy()
    steps[:, :song.canvas.steps_per_bar] = 0  # the first bar rests
    song = replace(song, canvas=replace(song.canvas, steps=steps))
    head = make_loop(song, 0, 2).audio.samples[:, 2_000:10_000]
    assert 20 * np.log10(np.abs(head).max()) > -50


def test_what_comes_before_and_after_is_played_the_same():
    performance, lead_s, round_s = perform_loop(loop_song(hand_song(), 4, 8), 8)
    assert round_s == pytest.approx(8 * 4 * 0.6)

    def between(part, start_s: float, end_s: float, moved_s: float) -> list[tuple]:
        return sorted((round(n.onset_s + moved_s, 3), n.midi, n.velocity) for n in part.notes
                      if start_s - 0.02 <= n.onset_s < end_s - 0.02)

    for part in performance.parts:
        end_s = lead_s + round_s
        before = between(part, 0.0, lead_s, round_s)
        assert between(part, end_s - lead_s, end_s, 0.0)[-3:] == before[-3:], part.lane
        after = between(part, end_s, performance.duration_s, -round_s)
        assert between(part, lead_s, lead_s + performance.duration_s - end_s, 0.0) == after, part.lane


def test_a_note_held_into_the_first_bar_is_struck_there():
    song = hand_song()
    looped = loop_song(song, 9, 2)  # the counter line holds from bar 8 over bar 9
    lead = lead_bars(song, 2)
    assert lead == 2 and looped.canvas.n_bars == lead + 2 + TAIL_BARS == sum(s.bars for s in looped.sections)
    per_bar = song.canvas.steps_per_bar
    assert any(note.step == lead * per_bar and note.length == per_bar for note in looped.canvas.notes("counter"))


def test_words_come_round_too():
    song = hand_song(voice="clara")
    song = replace(song, syllables=hand_syllables(song))
    looped = loop_song(song, 0, 4)
    per_bar, lead = song.canvas.steps_per_bar, lead_bars(song, 4)
    inside = [(s.step + lead * per_bar, s.syllable.word_index) for s in song.syllables if s.step < 4 * per_bar]
    assert [(s.step, s.syllable.word_index) for s in looped.syllables
            if lead * per_bar <= s.step < (lead + 4) * per_bar] == inside
    assert len(looped.syllables) > len(inside)


def test_the_second_round_is_cut_and_led_into_the_beginning():
    """A tone that does not fit the loop would jump; the blend makes the end the sound that led to the beginning."""
    t = np.arange(3 * RATE) / RATE
    tone = np.sin(2 * np.pi * 220.37 * t).astype(np.float32)[None].repeat(2, axis=0)
    once = cut_round(Audio(tone, RATE), 1.0, 1.0).samples
    assert once.shape == (2, RATE)
    assert np.allclose(once[:, -1], tone[:, RATE - 1], atol=1e-6)  # … which tone[RATE] = once[0] follows
    assert np.array_equal(once[:, 0], tone[:, RATE])


@pytest.mark.parametrize("first, n", [(-1, 2), (15, 2), (0, 0)])
def test_bars_outside_the_song_are_refused(first, n):
    with pytest.raises(InputError, match="of a song of 16 bars"):
        loop_song(hand_song(), first, n)
