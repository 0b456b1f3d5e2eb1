"""A recorded voice, tuned and led through time: pitch and onsets as asked, formants as they were, silence elsewhere."""

import numpy as np
import pytest

from modules.conditions.humming.notes import find_notes
from modules.conditions.humming.pitch import track_pitch
from modules.training.example_hums import synth_hum
from modules.types import Audio
from modules.vocoder.own_voice import Span, retune

NOTES = ((0.0, 1.0, 57), (1.0, 1.0, 60), (2.0, 1.5, 62), (4.0, 1.0, 60), (5.0, 2.0, 57))


@pytest.fixture(scope="module")
def hum():
    """A voice that sings flat, sinks, and comes early or late; with what it sang and its pitch curve."""
    sound, truth = synth_hum(NOTES, 100.0, seed=4, timing_s=0.05, tuning_cents=-40, drift_cents=-50, breath=0.03)
    track = track_pitch(sound)
    return sound, truth, track.times_s, np.nan_to_num(440 * 2 ** ((track.midi - 69) / 12))


def spans(truth, *, up=0, beat_s=0.5, start_s=1.0):
    """Each sung note on its beat, another tempo than it was sung at."""
    return [Span((on, off), (start_s + beat * beat_s, start_s + (beat + length) * beat_s),
                 ((start_s + beat * beat_s, midi + up),))
            for (on, off, _), (beat, length, midi) in zip(truth, NOTES, strict=True)]


@pytest.mark.parametrize("up", [0, 4, -5])
def test_the_voice_is_in_tune_and_on_the_beat(hum, up):
    sound, truth, times_s, f0_hz = hum
    wanted = spans(truth, up=up)
    track = track_pitch(retune(sound, times_s, f0_hz, wanted, 6.0))
    for span in wanted:
        held = (track.times_s > span.target_s[0] + 0.1) & (track.times_s < span.target_s[1] - 0.08)
        assert abs(np.nanmedian(track.midi[held]) - span.pitches[0][1]) < 0.12
    begun = np.array([note.onset_s for note in find_notes(track)])
    assert max(np.abs(begun - span.target_s[0]).min() for span in wanted) < 0.05


def band_db(audio, bands):
    """Power in each band against the whole, dB."""
    rate, mono = audio.sample_rate, audio.mono
    power, hz = np.abs(np.fft.rfft(mono)) ** 2, np.fft.rfftfreq(len(mono), 1 / rate)
    return 10 * np.log10([power[(hz >= low) & (hz < high)].sum() / power.sum() for low, high in bands])


def test_formants_stay_where_they_were(hum):
    sound, truth, times_s, f0_hz = hum
    bands = [(a, 1.35 * a) for a in 540 * 1.35 ** np.arange(7)]  # wide enough to hold harmonics at any pitch
    high = retune(sound, times_s, f0_hz, spans(truth, up=5), 6.0)
    assert np.abs(band_db(high, bands) - band_db(sound, bands)).mean() < 2.5


def test_it_is_silent_between_phrases_finite_and_repeatable(hum):
    sound, truth, times_s, f0_hz = hum
    first, second = (retune(sound, times_s, f0_hz, spans(truth), 6.0) for _ in range(2))
    assert np.array_equal(first.samples, second.samples) and np.isfinite(first.samples).all()
    assert first.samples.shape == (1, 6 * 44_100) and np.abs(first.samples).max() <= 0.71
    assert np.abs(first.samples[0, :int(0.85 * 44_100)]).max() == 0.0
    assert np.abs(retune(sound, times_s, f0_hz, [], 1.0).samples).max() == 0.0


def test_a_split_note_steps_in_pitch(hum):
    sound, truth, times_s, f0_hz = hum
    on, off, _ = truth[4]
    out = track_pitch(retune(sound, times_s, f0_hz, [Span((on, off), (0.5, 1.7), ((0.5, 57), (1.1, 61)))], 2.5))
    halves = [np.nanmedian(out.midi[(out.times_s > a) & (out.times_s < b)]) for a, b in ((0.65, 1.0), (1.2, 1.6))]
    assert halves == pytest.approx([57, 61], abs=0.15)


def test_the_rooms_noise_is_turned_down(hum):
    sound, truth, times_s, f0_hz = hum
    noise = 0.02 * np.random.default_rng(0).standard_normal(sound.samples.shape).astype(np.float32)
    noisy = Audio(sound.samples + noise, sound.sample_rate)
    hiss = [float(band_db(audio, [(5_000, 10_000)])[0]) for audio in
            (noisy, retune(noisy, times_s, f0_hz, spans(truth), 6.0))]
    assert hiss[1] < hiss[0] - 10
