"""A performance on another clock: notes, controllers, bars and the tempo map move together."""

import pytest

from modules.performance.perform import perform
from modules.performance.retiming import retimed
from tests.hand_song import hand_song


@pytest.fixture(scope="module")
def played():
    return perform(hand_song())


def test_a_shift_moves_everything_and_the_lead_in_is_whole_bars(played):
    later = retimed(played, [(0.0, 7.3), (1.0, 8.3)])
    assert later.duration_s == pytest.approx(played.duration_s + 7.3)
    assert later.bar_starts_s[0] == pytest.approx(7.3)
    first, moved = played.parts[0].notes[0], later.parts[0].notes[0]
    assert moved.onset_s - first.onset_s == pytest.approx(7.3) and moved.midi == first.midi
    (start, lead), (bar_one, tempo) = later.tempo_map[:2]
    assert start == 0 and bar_one == pytest.approx(7.3) and tempo == pytest.approx(100.0)
    bars = 7.3 * lead / 60 / 4
    assert bars == pytest.approx(round(bars)) and abs(lead / 100 - 1) < 0.3


def test_beats_of_a_recording_are_followed(played):
    beat = 0.6  # 100 BPM
    points = [(i * beat, 0.02 + i * beat * (1 + 0.01 * (i % 2))) for i in range(65)]
    followed = retimed(played, points)
    for bar, start in enumerate(followed.bar_starts_s):
        assert start == pytest.approx(points[4 * bar][1])
    assert followed.tempo_map[0][0] == 0.0
    assert all(a[0] < b[0] for a, b in zip(followed.tempo_map, followed.tempo_map[1:]))
    onsets = [n.onset_s for n in followed.parts[0].notes]
    assert onsets == sorted(onsets)
