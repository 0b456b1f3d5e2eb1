"""Humming: from a voice to notes, key, tempo, metre and grid; and what is no melody is refused in a sentence."""

import time
from pathlib import Path

import mir_eval
import numpy as np
import pytest
import torch

from benchmarks.hum_measures import chorded, spoken
from benchmarks.hum_tunes import TUNING
from modules.audio.decode import read_audio
from modules.canvas.vocabulary import STEPS_PER_BEAT
from modules.conditions.humming import listen
from modules.conditions.humming.cleaning import clean
from modules.conditions.humming.rhythm import find_beat
from modules.errors import InputError
from modules.training.example_hums import TUNES, synth_hum
from modules.training.hummed import hum
from modules.types import Audio

RATE = 16_000
SHARED = str(Path(__file__).resolve().parents[2] / "shared" / "audio")


def note_f1(notes, truth, tolerance_s=0.1) -> float:
    """F1 with 100 ms (or other) for onsets and 50 cents for pitch; `truth` is (onset_s, offset_s, hz)."""
    if not notes:
        return 0.0
    return mir_eval.transcription.precision_recall_f1_overlap(
        np.array([t[:2] for t in truth]), np.array([t[2] for t in truth]),
        np.array([(n.onset_s, n.offset_s) for n in notes]), np.array([n.pitch_hz for n in notes]),
        onset_tolerance=tolerance_s, offset_ratio=None)[2]


def hz(midi: float) -> float:
    return 440 * 2 ** ((midi - 69) / 12)


@pytest.mark.parametrize("name, voice", [
    ("ode_to_joy", {"tuning_cents": 20, "vibrato_cents": 50}),
    ("amazing_grace", {"scoop_cents": 200, "breath": 0.05}),
    ("greensleeves", {"drift_cents": -30, "transpose": 5}),
    ("saints", {"transpose": -7, "tuning_cents": -30}),
])
def test_a_tune_is_heard(name, voice):
    tune = TUNES[name]
    audio, truth = synth_hum(tune.notes, tune.tempo_bpm, seed=7, **voice)
    hum = listen(audio)
    sung = voice.get("tuning_cents", 0) / 100
    drift = voice.get("drift_cents", 0) / 100 / audio.duration_s
    assert note_f1(hum.notes, [(a, b, hz(m + sung + drift * a)) for a, b, m in truth]) >= 0.9
    assert min(abs(hum.tempo_bpm / tune.tempo_bpm / octave - 1) for octave in (0.5, 1, 2)) < 0.04
    assert hum.meter == tune.meter
    assert abs(hum.tuning_cents - 100 * (sung + drift * audio.duration_s / 2)) < 8
    if name != "greensleeves":  # its first half ends on the dominant: the mode is open
        assert (hum.tonic, hum.mode) == ((tune.tonic + voice.get("transpose", 0)) % 12, tune.mode)
    assert [cell.midi for cell in hum.grid] == [note.midi for note in hum.notes]
    assert all(cell.length >= 1 for cell in hum.grid)
    assert all(a.step + a.length <= b.step for a, b in zip(hum.grid, hum.grid[1:]))
    assert np.isfinite(hum.f0_hz).all() and len(hum.f0_hz) == len(hum.f0_times_s) == len(hum.f0_confidence)


def test_amazing_grace_lies_on_the_grid_with_its_pickup():
    tune = TUNES["amazing_grace"]
    hum = listen(synth_hum(tune.notes[:16], tune.tempo_bpm, seed=3)[0])
    assert [(c.step, c.length, c.midi) for c in hum.grid[:5]] == [
        (-4, 4, 60), (0, 8, 65), (8, 2, 69), (10, 2, 65), (12, 8, 69)]
    lead_s = 0.4 + 60 / tune.tempo_bpm
    assert abs(hum.offset_s - lead_s) < 0.1


def test_a_given_tempo_and_metre_are_obeyed():
    tune = TUNES["ode_to_joy"]
    audio, _ = synth_hum(tune.notes[:15], tune.tempo_bpm)
    hum = listen(audio, tempo_bpm=54, meter="3/4")
    assert (hum.tempo_bpm, hum.meter) == (54, "3/4")
    assert [b.step - a.step for a, b in zip(hum.grid[:12], hum.grid[1:13])] == [2] * 12


def test_transposing_the_hum_transposes_notes_and_key():
    tune = TUNES["ode_to_joy"]
    low, high = (listen(synth_hum(tune.notes[:15], tune.tempo_bpm, transpose=shift)[0]) for shift in (-5, 4))
    assert [note.midi + 9 for note in low.notes] == [note.midi for note in high.notes]
    assert (low.tonic + 9) % 12 == high.tonic


def test_repeated_and_quick_neighbouring_notes_stay_apart():
    repeated = tuple((i * 0.5, 0.5, 60) for i in range(8))
    assert len(listen(synth_hum(repeated, 90, articulation_db=13)[0]).notes) == 8
    turning = tuple((i * 0.5, 0.5, 64 - i % 2) for i in range(9))  # a semitone to and fro, 0.27 s each
    assert [n.midi for n in listen(synth_hum(turning, 110)[0]).notes] == [64 - i % 2 for i in range(9)]


def test_a_whistle_above_crepes_range_is_heard():
    time_s = np.arange(int(2.4 * 44_100)) / 44_100
    steps = np.array([96, 98, 100, 101])[np.minimum((time_s / 0.6).astype(int), 3)]
    sound = 0.3 * np.sin(2 * np.pi * np.cumsum(hz(steps)) / 44_100)
    sound *= np.minimum(1, 8 * np.sin(np.pi * time_s / 0.6) ** 2)
    assert [note.midi for note in listen(Audio(sound.astype(np.float32)[None], 44_100)).notes] == [96, 98, 100, 101]


def test_the_same_hum_gives_the_same_answer():
    audio, _ = synth_hum(TUNES["twinkle"].notes[:7], 96)
    first, second = listen(audio), listen(audio)
    assert first.notes == second.notes and first.grid == second.grid
    assert np.array_equal(first.f0_hz, second.f0_hz)


@pytest.mark.parametrize("sound, message", [
    (np.zeros(3 * RATE), "silent"),
    (0.3 * np.random.default_rng(0).standard_normal(3 * RATE), "pitch|noise"),
    (np.random.default_rng(0).standard_normal(4 * RATE) * np.tile(np.exp(-np.arange(RATE // 2) / 300), 8) * 0.5,
     "pitch|clapping"),
    (np.sin(np.arange(RATE // 5)), "only 0.2 s"),
    (np.zeros(95 * RATE), "at most 90 s"),
    (np.full(RATE, np.nan), "no numbers"),
    (0.3 * np.sin(2 * np.pi * np.cumsum(
        170 + 60 * np.sin(np.arange(4 * RATE) * 2 * np.pi * 1.3 / RATE)) / RATE), "speech"),
])
def test_what_is_no_melody_is_refused(sound, message):
    with pytest.raises(InputError, match=message):
        listen(Audio(sound.astype(np.float32)[None], RATE))


@pytest.mark.parametrize("asked, message", [({"tempo_bpm": 5}, "40 to 240"), ({"meter": "7/8"}, "4/4, 3/4, 6/8")])
def test_impossible_wishes_are_refused(asked, message):
    with pytest.raises(InputError, match=message):
        listen(Audio(np.zeros((1, RATE), np.float32), RATE), **asked)


@pytest.mark.parametrize("name", ["ode_to_joy", "amazing_grace", "greensleeves"])
def test_rhythm_survives_loose_timing(name):
    tune = TUNES[name]
    beat_s = 60 / tune.tempo_bpm
    onsets = np.array([n[0] for n in tune.notes]) * beat_s + np.random.default_rng(5).normal(0, 0.025, len(tune.notes))
    offsets = onsets + np.array([n[1] for n in tune.notes]) * beat_s * 0.9
    beat = find_beat(onsets, np.minimum(offsets, np.r_[onsets[1:], np.inf]), np.array([n[2] for n in tune.notes]))
    wanted = [round(n[0] * STEPS_PER_BEAT[tune.meter]) for n in tune.notes]
    assert beat.meter == tune.meter
    assert np.mean(np.array(beat.steps) == wanted) >= 0.9


def test_eight_seconds_take_less_than_three():
    audio, _ = synth_hum(TUNES["ode_to_joy"].notes[:14], 108)
    listen(audio)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        start = time.process_time()
        listen(audio)
        assert (time.process_time() - start) / audio.duration_s * 8 < 3
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("name, voice, room, snr_db", [
    ("row_your_boat", "clara", "room and phone", 5.0), ("clementine", "whistle", "phone", 0.0),
    ("korobeiniki", "instrument", "room", 10.0)])
def test_a_hum_is_heard_through_noise_rooms_and_telephones(name, voice, room, snr_db):
    made = hum(name, TUNING[name], np.random.default_rng(12), voice=voice, room=room, snr_db=snr_db)
    heard = listen(made.audio)
    assert note_f1(heard.notes, [(a, b, hz(m)) for a, b, m in made.notes], tolerance_s=0.05) >= 0.85
    assert min(abs(heard.tempo_bpm / made.tempo_bpm / octave - 1) for octave in (0.5, 1, 2)) < 0.05


def sung_on(steps, tempo_bpm, *, start_s=1.0, swing=0.5, seed=0):
    """Onsets and offsets of notes on sixteenths, a little loose."""
    beats, inside = np.divmod(np.array(steps) / 4, 1.0)
    inside = np.where(inside < 0.5, 2 * swing * inside, swing + (2 * inside - 1) * (1 - swing))
    onsets = start_s + (beats + inside) * 60 / tempo_bpm
    onsets = onsets + np.random.default_rng(seed).normal(0, 0.008, len(onsets))
    return onsets, np.r_[onsets[1:], onsets[-1] + 0.4] - 0.03


SAINTS_STEPS = (4, 8, 12, 16, 36, 40, 44, 48, 68, 72, 76, 80)
SAINTS_MIDI = (58, 62, 63, 65) * 3


def test_a_click_sets_the_bar():
    onsets, offsets = sung_on(SAINTS_STEPS, 120)
    for bar in (0, 2):  # a late entry begins its own first bar all the same
        beat = find_beat(onsets + 0.06, offsets + 0.06, np.array(SAINTS_MIDI), tempo_bpm=120, meter="4/4",
                         downbeat_s=1.0 - bar * 2.0)
        assert [s + 16 for s in beat.steps] == list(SAINTS_STEPS)
        assert abs(beat.offset_s - 3.06) < 0.02
    shifted = find_beat(onsets, offsets, np.array(SAINTS_MIDI), tempo_bpm=120, meter="4/4", downbeat_s=1.5)
    assert shifted.steps[0] % 16 == 0  # the click is believed, not the tune


def test_swung_eighths_are_written_straight():
    steps = (0, 4, 6, 8, 12, 14, 16, 20, 22, 24, 28, 30, 32, 36, 38, 40)
    midi = np.array((60, 62, 64, 65, 67, 65, 64, 62, 60, 62, 64, 65, 67, 65, 64, 60))
    onsets, offsets = sung_on(steps, 120, swing=0.667)
    beat = find_beat(onsets, offsets, midi, tempo_bpm=120, meter="4/4")
    assert beat.swing > 0.6
    assert [s - beat.steps[0] for s in beat.steps] == list(steps)
    onsets, offsets = sung_on(steps, 120)
    assert find_beat(onsets, offsets, midi, tempo_bpm=120, meter="4/4").swing == 0.5


def test_a_click_needs_its_tempo():
    with pytest.raises(InputError, match="tempo that it clicked at"):
        listen(Audio(np.zeros((1, RATE), np.float32), RATE), downbeat_s=1.0)


def test_speech_and_chords_are_told_from_a_tune():
    with pytest.raises(InputError, match="speech"):
        listen(spoken(2, "clara"))
    with pytest.raises(InputError, match="several notes at once"):
        listen(chorded(4))


def test_noise_is_taken_out_and_a_held_note_is_not():
    time_s = np.arange(4 * RATE) / RATE
    held = 0.2 * np.sin(2 * np.pi * 220 * time_s) * (time_s > 0.3)
    cleaned = clean((held + 0.02 * np.random.default_rng(1).standard_normal(len(held))).astype(np.float32), RATE)
    quiet, loud = cleaned[:RATE // 5].std(), cleaned[RATE:2 * RATE].std()
    assert quiet < 0.013 and loud > 0.12


@pytest.mark.slow
def test_real_singing():
    try:
        audio = read_audio(f"{SHARED}/vocadito_1.wav", 90)
    except InputError:
        pytest.skip("the vocadito recording is not on this machine")
    notes = listen(audio).notes
    for annotator in ("A1", "A2"):
        rows = np.loadtxt(f"{SHARED}/vocadito_1_notes{annotator}.csv", delimiter=",")
        assert note_f1(notes, [(onset, onset + span, pitch) for onset, pitch, span in rows]) >= 0.75
