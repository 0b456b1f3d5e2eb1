"""Recordings with known truth: cuts, moves and stretches keep sound and truth together."""

from io import BytesIO

import numpy as np
import pytest
import soundfile

from modules.canvas import vocabulary as v
from modules.styles.cards import cards
from modules.training import recordings
from modules.training.teacher import write_song


@pytest.fixture(scope="module")
def lesson():
    return write_song(cards()["indie_pop"], np.random.default_rng(0))


def test_a_cut_canvas_holds_its_bars(lesson):
    canvas = lesson.canvas
    part = recordings.cut(canvas, 6, 9)
    assert part.n_bars == 9 and sum(section.bars for section in part.sections) == 9
    assert (part.harmony == canvas.harmony[6 * 4:15 * 4]).all()
    assert part.steps.shape[1] == 9 * part.steps_per_bar and part.sections[0].start_bar == 0


def test_the_last_chord_tells_the_mode(lesson):
    canvas = lesson.canvas.copy()
    for root, quality, mode in ((0, "maj", "major"), (9, "m7", "minor"), (7, "maj", None), (9, "dim", None)):
        canvas.harmony[-1] = root, v.QUALITY_NAMES.index(quality)
        assert recordings.ending_mode(canvas) == mode


def test_clips_are_the_same_each_time_and_fit_their_truth(monkeypatch):
    monkeypatch.setattr(recordings, "SOURCES", {"teacher": 1.0})
    monkeypatch.setattr(recordings, "FONT_SHARES", {"train": {recordings.OWN_SYNTHS: 1.0}})
    monkeypatch.setattr(recordings, "LENGTHS_S", {"train": (9.0, 10.0)})
    (one,), (other,) = (recordings.draw_clips("train", 3, {}) for _ in range(2))
    assert one.truth == other.truth and (one.audio.samples == other.audio.samples).all()
    truth, seconds = one.truth, one.audio.duration_s
    assert np.diff(truth.beats_s) == pytest.approx(60 / truth.tempo_bpm, rel=1e-3)
    assert set(truth.downbeats_s) <= set(truth.beats_s) and truth.beats_s[-1] < seconds
    assert all(a[1] == pytest.approx(b[0]) for a, b in zip(truth.chords, truth.chords[1:]))
    assert truth.chords[-1][1] <= seconds + 1e-6 and np.abs(one.audio.samples).max() <= 1
    samples, rate = soundfile.read(BytesIO(recordings.pack(one)))
    assert rate == one.audio.sample_rate and len(samples) == one.audio.samples.shape[1]
