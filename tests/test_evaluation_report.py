"""The match report on sound of known content: it must notice what is kept and what is not."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hand_song import hand_song

from modules.canvas import vocabulary as v
from modules.conditions.spectra import analyse
from modules.evaluation import sound
from modules.evaluation.report import report, summary
from modules.performance.perform import perform
from modules.types import (
    Audio,
    Condition,
    Controls,
    GridNote,
    Lyrics,
    Part,
    Performance,
    SungNote,
    Syllable,
)

RATE = 44_100
LOUDNESS = (-14.0, -1.0)


def tone(midi: float, seconds: float, level: float = 0.1) -> np.ndarray:
    """A decaying tone of six partials."""
    t = np.arange(int(seconds * RATE)) / RATE
    hz = 440 * 2 ** ((midi - 69) / 12)
    wave = sum(0.6**k * np.sin(2 * np.pi * hz * (k + 1) * t + k) for k in range(6))
    return level * wave * np.minimum(1, t / 0.005) * np.exp(-2 * t) * np.minimum(1, (seconds - t) / 0.01)


def drum(midi: int) -> np.ndarray:
    t = np.arange(int(0.15 * RATE)) / RATE
    noise = np.random.default_rng(midi).standard_normal(len(t))
    if midi == 36:
        return 0.5 * np.sin(2 * np.pi * (55 * t + 2 * np.exp(-30 * t))) * np.exp(-18 * t)
    return (0.25 if midi in (37, 38) else 0.06) * noise * np.exp(-(25 if midi in (37, 38) else 70) * t)


def sound_of(performance: Performance) -> dict[str, Audio]:
    """Plain stems: what the parts play, with tones and noise."""
    stems = {}
    for part in performance.parts:
        line = np.zeros(int(performance.duration_s * RATE))
        for note in part.notes or part.sung:
            wave = drum(note.midi) if part.is_drum else tone(note.midi, max(note.offset_s - note.onset_s, 0.05))
            start = int(max(note.onset_s, 0) * RATE)
            wave = wave[:max(0, len(line) - start)] * note.velocity / 100
            line[start:start + len(wave)] += wave
        stems[part.lane] = Audio(np.stack([line, line]).astype(np.float32), RATE)
    return stems


@pytest.fixture(scope="module")
def take():
    song = hand_song()
    performance = perform(song)
    stems = sound_of(performance)
    mixed = Audio(0.5 * sum(stem.samples for stem in stems.values()), RATE)
    return mixed, stems, performance, song


def checks(take, **controls) -> dict:
    mixed, stems, performance, song = take
    extra = {key: controls.pop(key) for key in ("melody", "melody_source", "faithfulness", "lyrics") if key in controls}
    condition = Condition(styles={}, controls=Controls(**controls), **extra)
    return {check.name: check for check in report(mixed, stems, performance, song, condition, loudness=LOUDNESS)}


def test_what_was_kept_is_said_so(take):
    found = checks(take, tempo_bpm=100, tonic=5, mode="major", meter="4/4", wanted=("flute", "drums"),
                   unwanted=("organ", "trumpet"), duration_s=take[0].duration_s)
    for name in ("tempo", "key", "metre", "instruments", "left out", "length", "loudness"):
        assert found[name].verdict == "yes", found[name]
        assert found[name].match > 0.9
    assert found["tempo"].heard == "100 BPM" and found["key"].heard == "F major" and found["metre"].heard == "4/4"


def test_what_was_not_kept_is_said_too(take):
    found = checks(take, tempo_bpm=83, tonic=6, mode="major", meter="3/4", wanted=("trumpet",), unwanted=("drums",),
                   duration_s=15.0)
    for name in ("tempo", "key", "metre", "instruments", "left out", "length"):
        assert found[name].verdict == "no", found[name]
    assert found["tempo"].heard == "100 BPM"
    assert "trumpet" in found["instruments"].heard and "drums" in found["left out"].heard


def test_near_misses_are_near(take):
    assert checks(take, tonic=2, mode="minor")["key"].verdict == "near"  # relative minor: the same notes
    assert checks(take, tempo_bpm=102.5)["tempo"].verdict == "near"
    assert checks(take, wanted=("flute", "trumpet"))["instruments"].verdict == "near"


def test_nothing_asked_is_only_heard(take):
    found = checks(take)
    for name in ("tempo", "key", "metre", "instruments", "length", "ending", "form"):
        assert found[name].verdict == "heard" and found[name].match is None and found[name].heard
    assert found["tempo"].heard == "100 BPM"
    assert "left out" not in found and "melody" not in found and "words" not in found
    assert found["dynamics"].asked == "" and found["dynamics"].verdict in ("yes", "near", "no")  # the critic's opinion


def melody_of(song) -> tuple[GridNote, ...]:
    return tuple(replace(n, midi=v.to_midi("melody", n.midi, song.do_pc)) for n in song.canvas.notes("melody")
                 if n.step < song.canvas.n_steps // 2)


def test_the_hummed_melody_is_counted_note_by_note(take):
    melody = melody_of(take[3])
    kept = checks(take, melody=melody, melody_source="hum")["melody"]
    assert kept.verdict == "yes" and f"your melody: {len(melody)} of {len(melody)} notes" in kept.heard
    octave = tuple(replace(n, midi=n.midi - 12) for n in melody)
    assert checks(take, melody=octave, melody_source="hum")["melody"].match == kept.match
    wrong = tuple(replace(n, midi=n.midi + 1 + index % 5) for index, n in enumerate(melody))
    assert checks(take, melody=wrong, melody_source="hum")["melody"].verdict == "no"
    half = tuple(replace(n, midi=n.midi + 6 * (index % 2)) for index, n in enumerate(melody))
    assert 0.4 < checks(take, melody=half, melody_source="hum")["melody"].match < 0.65
    assert checks(take, melody=half, melody_source="hum", faithfulness=0.5)["melody"].verdict == "yes"


def test_a_melody_that_does_not_sound_is_not_counted(take):
    mixed, stems, performance, song = take
    mute = {**stems, "melody": Audio(np.zeros_like(mixed.samples), RATE)}
    found = checks((mixed, mute, performance, song), melody=melody_of(song), melody_source="hum", wanted=("flute",))
    assert found["melody"].verdict == "no" and found["instruments"].verdict == "no"


def test_syllables_must_sound_on_their_note(take):
    mixed, stems, performance, song = take
    sung = tuple(SungNote(0.6 * k, 0.6 * k + 0.5, 60 + 2 * (k % 5), 90, ("L", "AA"), "la") for k in range(10))
    part = Part("vocal", "clara", 52, False, (), sung=sung)
    vocal = sound_of(replace(performance, parts=(part,)))["vocal"]
    lyrics = Lyrics((tuple(Syllable("la", ("L", "AA"), 1) for _ in sung),), ("verse",), (0,))
    sings = replace(performance, parts=(*performance.parts, part))
    found = checks((mixed, {**stems, "vocal": vocal}, sings, song), lyrics=lyrics)["words"]
    assert found.verdict == "yes" and found.heard.startswith("10 of 10") and "100 %" in found.heard
    flat = sound_of(replace(performance, parts=(replace(part, sung=tuple(replace(n, midi=n.midi - 1) for n in sung)),)))
    assert checks((mixed, {**stems, **flat}, sings, song), lyrics=lyrics)["words"].verdict != "yes"
    silent = vocal.samples.copy()
    silent[:, int(3.0 * RATE):] = 0
    found = checks((mixed, {**stems, "vocal": Audio(silent, RATE)}, sings, song), lyrics=lyrics)["words"]
    assert found.heard.startswith("5 of 10") and found.verdict == "no"


def test_the_energy_curve_is_followed_or_not(take):
    mixed = take[0]
    rising = ((0.0, 0.1), (mixed.duration_s, 0.9))  # verse at 2, chorus at 6
    assert checks(take, energy_curve=rising)["energy"].verdict == "yes"
    assert checks(take, energy_curve=tuple((t, 1 - e) for t, e in rising))["energy"].verdict == "no"
    assert "louder than the verse" in checks(take)["dynamics"].heard


def test_loudness_outside_the_target_is_no(take):
    mixed, stems, performance, song = take
    condition = Condition(styles={}, controls=Controls())
    for loudness, verdict in (((-14.3, -1.1), "yes"), ((-16.0, -1.1), "near"), ((-14.0, 0.3), "no"),
                              ((-22.0, -3.0), "no")):
        found = {c.name: c for c in report(mixed, stems, performance, song, condition, loudness=loudness)}
        assert found["loudness"].verdict == verdict


def test_endings_are_told_apart():
    rng = np.random.default_rng(1)
    t = np.arange(10 * RATE) / RATE
    beat = sum(np.roll(np.pad(tone(60 + 2 * k, 0.45), (0, len(t) - int(0.45 * RATE))), int(0.5 * k * RATE))
               for k in range(20))
    steady = beat + 0.001 * rng.standard_normal(len(t))
    fade = steady * np.clip((9.5 - t) / 4, 0, 1) ** 1.5
    ring = steady * (t < 6) + 0.3 * np.exp(-1.5 * np.maximum(t - 6, 0)) * np.sin(2 * np.pi * 220 * t) * (t >= 6)
    hit = steady * (t < 8)
    for wave, kind in ((fade, "fade"), (ring, "ring"), (hit, "hit"), (steady, "cut")):
        assert sound.ending_of(Audio(wave[None].astype(np.float32), RATE))[0] == kind


def test_a_loop_is_called_one():
    bar = np.concatenate([tone(60 + k, 0.5) for k in (0, 4, 7, 4)])
    loop = Audio(np.tile(bar, 8)[None].astype(np.float32), RATE)
    going = np.concatenate([tone(48 + (5 * bar + k) % 24, 0.5) for bar in range(8) for k in (0, 4, 7, 4)])
    other = Audio(going[None].astype(np.float32), RATE)
    bars = tuple(2.0 * np.arange(9))
    assert sound.repeated_bars(analyse(loop), bars) > 0.8
    assert sound.repeated_bars(analyse(other), bars) < 0.2


def test_the_report_costs_little_and_is_repeatable(take):
    checks(take)
    started = time.process_time()
    first = checks(take, melody=melody_of(take[3]), melody_source="hum")
    assert time.process_time() - started < take[0].duration_s / 30 * 1.5
    assert first == checks(take, melody=melody_of(take[3]), melody_source="hum")


def test_summary_is_one_plain_line(take):
    song = take[3]
    line = summary(song, Condition(styles={}, controls=Controls(wanted=("drums",)), melody=melody_of(song),
                                   melody_source="hum"))
    assert line == "100 BPM, F major, drums, flute, grand piano; your hum is the melody"
