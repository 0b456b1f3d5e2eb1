"""Reference listening on synthesised clips of known tempo, metre, key, chords and form; real recordings as extras."""

import json
import time
from pathlib import Path

import numpy as np
import pytest

from modules.audio.decode import read_audio
from modules.canvas.vocabulary import QUALITIES
from modules.conditions.reference import listen, to_json
from modules.conditions.structure import course, name_sections
from modules.errors import InputError
from modules.styles.cards import cards
from modules.types import METERS, MODE_OFFSETS, PITCH_CLASSES, SECTIONS, Audio

RATE = 22_050
RECORDINGS = Path(__file__).resolve().parents[2] / "shared" / "audio"
MAJOR, MINOR = ((0, "maj"), (9, "min"), (5, "maj"), (7, "maj")), ((0, "min"), (8, "maj"), (3, "maj"), (7, "min"))
BEATS = {"4/4": 4, "3/4": 3, "6/8": 2}


def tone(midi: float, seconds: float, level: float, decay: float = 2.0) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    hz = 440 * 2 ** ((midi - 69) / 12)
    wave = sum(0.6**k * np.sin(2 * np.pi * hz * (k + 1) * t + k) for k in range(6) if hz * (k + 1) < RATE / 2)
    return level * wave * np.minimum(1, t / 0.005) * np.exp(-decay * t) * np.minimum(1, (seconds - t) / 0.01)


def drum(kind: str) -> np.ndarray:
    t = np.arange(int(0.15 * RATE)) / RATE
    if kind == "kick":
        return 0.5 * np.sin(2 * np.pi * (55 * t + 2 * np.exp(-30 * t))) * np.exp(-18 * t)
    noise = np.random.default_rng(len(kind)).standard_normal(len(t))
    return noise * ({"snare": 0.25, "hat": 0.06}[kind] * np.exp(-{"snare": 25, "hat": 70}[kind] * t))


def clip(tempo: float = 100, meter: str = "4/4", tonic: int = 0, mode: str = "major", *, bars: int = 10,
         drums: bool = True, start_s: float = 0.3, progression=None, cents: float = 0.0, levels=None,
         tune: bool = True) -> Audio:
    """Bass, chords on the beats, a tune of chord tones and drums."""
    beat_s, per_bar = 60 / tempo, BEATS[meter]
    bar_s = beat_s * per_bar
    progression = progression or (MAJOR if mode == "major" else MINOR)
    out = np.zeros(int((start_s + bars * bar_s + 1.0) * RATE))

    def put(wave: np.ndarray, at_s: float, level: float) -> None:
        first = int(round((start_s + at_s) * RATE))
        wave = wave[:max(0, len(out) - first)]
        out[first:first + len(wave)] += level * wave

    rng = np.random.default_rng(3)
    for bar in range(bars):
        level = 1.0 if levels is None else levels[bar]
        degree, quality = progression[bar % len(progression)]
        root, at = (tonic + degree) % 12, bar * bar_s
        put(tone(36 + root + cents / 100, bar_s, 0.2, 1.0), at, level)
        pattern = {"4/4": (0, 1, 2, 3), "3/4": (1, 2), "6/8": (0, 1 / 3, 2 / 3, 1, 4 / 3, 5 / 3)}[meter]
        for interval in QUALITIES[quality]:
            for beat in pattern:
                put(tone(60 + (root + interval) % 12 + cents / 100, beat_s * (0.9 if meter != "6/8" else 0.3), 0.05),
                    at + beat * beat_s, level)
        for beat in range(per_bar if tune else 0):
            pitch = 72 + (root + int(rng.choice(QUALITIES[quality]))) % 12
            put(tone(pitch + cents / 100, 0.8 * beat_s, 0.1, 3.0), at + beat * beat_s, level)
        if drums:
            hits = {"4/4": [("kick", 0), ("snare", 1), ("kick", 2), ("snare", 3)] + [("hat", k / 2) for k in range(8)],
                    "3/4": [("kick", 0), ("snare", 1), ("snare", 2)] + [("hat", k / 2) for k in range(6)],
                    "6/8": [("kick", 0), ("snare", 1)] + [("hat", k / 3) for k in range(6)]}[meter]
            for kind, beat in hits:
                put(drum(kind), at + beat * beat_s, level)
    out *= 0.7 / np.abs(out).max()
    return Audio(out[None].astype(np.float32), RATE)


CASES = [(72, "4/4", 0, "major", True), (92, "4/4", 5, "minor", True), (120, "4/4", 7, "major", False),
         (140, "4/4", 9, "minor", True), (84, "3/4", 2, "major", True), (128, "3/4", 10, "major", False),
         (60, "6/8", 4, "minor", True), (90, "6/8", 0, "major", True)]


@pytest.mark.parametrize(("tempo", "meter", "tonic", "mode", "drums"), CASES)
def test_tempo_beats_metre_key_and_chords(tempo, meter, tonic, mode, drums):
    audio = clip(tempo, meter, tonic, mode, drums=drums, bars=round(22 * tempo / 60 / BEATS[meter]))
    heard = listen(audio)
    assert heard.meter == meter
    assert heard.tempo_bpm == pytest.approx(tempo, rel=0.01)
    assert (heard.tonic, heard.mode) == (tonic, mode)
    beat_s, bar_s = 60 / tempo, 60 / tempo * BEATS[meter]
    assert np.abs((heard.beats_s - 0.3 + beat_s / 2) % beat_s - beat_s / 2).max() < 0.07
    assert np.median(np.abs((heard.downbeats_s - 0.3 + bar_s / 2) % bar_s - bar_s / 2)) < 0.03
    progression = MAJOR if mode == "major" else MINOR
    right = []
    for bar in range(round((audio.duration_s - 1.5) / bar_s)):
        middle = 0.3 + (bar + 0.5) * bar_s
        chord = next(c for c in heard.chords if c.start_s <= middle < c.end_s)
        degree, quality = progression[bar % 4]
        right.append((chord.root, chord.quality) == ((tonic + degree) % 12, quality))
    assert np.mean(right) > 0.85


def test_seventh_chords_are_told_from_triads():
    heard = listen(clip(90, progression=((0, "maj7"), (9, "m7"), (2, "m7"), (7, "7")), tune=False, drums=False))
    names = [c.name for c in heard.chords if c.end_s - c.start_s > 1.5]
    assert len({"Cmaj7", "Am7", "Dm7", "G7"} & set(names)) >= 3, names


def test_tuning_is_taken_out():
    heard = listen(clip(tonic=2, cents=35))
    assert (heard.tonic, heard.mode) == (2, "major")
    tuning = next(f.value for f in heard.findings if f.label == "tuning")
    assert abs(int(tuning.split()[0]) - 35) <= 6


def test_the_reference_keeps_its_contract():
    audio = clip(bars=8)
    heard = listen(audio)
    assert heard.meter in METERS and heard.mode in MODE_OFFSETS and 0 <= heard.key_confidence <= 1
    assert heard.chords[0].start_s == 0 and heard.chords[-1].end_s == pytest.approx(audio.duration_s)
    assert all(a.end_s == b.start_s for a, b in zip(heard.chords, heard.chords[1:]))
    assert all(c.quality in QUALITIES for c in heard.chords)
    assert heard.sections[0].start_s == 0 and heard.sections[-1].end_s == pytest.approx(audio.duration_s, abs=0.01)
    assert all(s.name in SECTIONS for s in heard.sections)
    assert len(heard.energy) == round(audio.duration_s) and ((heard.energy >= 0) & (heard.energy <= 1)).all()
    assert 0 <= heard.brightness <= 1
    assert len(heard.styles) >= 2 and sum(heard.styles.values()) == pytest.approx(1, abs=1e-3)
    assert set(heard.styles) <= set(cards())
    assert (np.diff(heard.beats_s) > 0).all() and set(heard.downbeats_s) <= set(heard.beats_s)
    assert all(n.length >= 1 for n in heard.melody)
    assert all(a.step + a.length <= b.step for a, b in zip(heard.melody, heard.melody[1:]))
    assert "C major" in heard.description and "100 BPM" in heard.description


def test_json_holds_what_the_command_line_promises():
    data = json.loads(json.dumps(to_json(listen(clip(bars=6)))))
    assert {"tempo_bpm", "beats_s", "downbeats_s", "meter", "key", "chords", "sections", "energy", "brightness",
            "styles", "description"} <= set(data)
    assert data["key"] == "C major" and set(data["styles"][0]) == {"name", "weight"}
    assert set(data["chords"][0]) == {"start_s", "end_s", "name"}


def test_the_same_sound_is_heard_the_same():
    audio = clip(bars=6)
    first, second = to_json(listen(audio)), to_json(listen(audio))
    assert first == second
    stereo = Audio(np.repeat(audio.samples, 2, axis=0), RATE)
    assert to_json(listen(stereo)) == first


def test_transposing_the_track_transposes_key_and_chords():
    one, other = listen(clip(bars=8, tonic=0)), listen(clip(bars=8, tonic=3))
    assert (one.tonic + 3) % 12 == other.tonic and one.mode == other.mode
    middle = [next(c.root for c in heard.chords if c.start_s <= 6.0 < c.end_s) for heard in (one, other)]
    assert (middle[0] + 3) % 12 == middle[1]


def test_energy_and_sections_follow_loudness():
    levels = [0.15] * 8 + [1.0] * 8 + [0.15] * 8 + [1.0] * 8
    heard = listen(clip(120, bars=32, levels=levels))
    bar_s = 2.0
    quiet, loud = heard.energy[2:14].mean(), heard.energy[18:30].mean()
    assert loud > quiet + 0.25
    turns = [s.start_s for s in heard.sections[1:]]
    for bar in (8, 16, 24):
        assert min(abs(turn - 0.3 - bar * bar_s) for turn in turns) < 0.5, heard.sections
    assert next(s.name for s in heard.sections if s.start_s <= 24 < s.end_s) == "chorus"


def test_a_tune_over_chords_is_found():
    heard = listen(clip(100, bars=8, drums=False))
    rng = np.random.default_rng(3)
    right = []
    for bar in range(8):
        degree, quality = MAJOR[bar % 4]
        for beat in range(4):
            pitch = (degree + int(rng.choice(QUALITIES[quality]))) % 12
            step = 16 * bar + 4 * beat
            right.append(any(n.step <= step + 1 < n.step + n.length and n.midi % 12 == pitch for n in heard.melody))
    assert not heard.melody or np.mean(right) > 0.6


def test_names_come_from_repetition_and_loudness():
    assert name_sections([0, 1, 2, 1, 2, 3], [-30, -20, -15, -20, -15, -28], [4, 8, 8, 8, 8, 4]) == [
        "intro", "verse", "chorus", "verse", "chorus", "outro"]
    assert name_sections([0, 1, 0, 1, 2, 1], [-20, -15, -20, -15, -22, -15], [8, 8, 8, 8, 8, 8]) == [
        "verse", "chorus", "verse", "chorus", "bridge", "chorus"]
    assert name_sections([0], [-20], [16]) == ["verse"]


def test_the_course_of_energy_in_words():
    rising = np.linspace(0.1, 0.9, 30)
    assert course(rising) == "a calm start and a loud end"
    assert course(rising[::-1]) == "a full start and a quiet end"
    assert "one level" in course(np.full(30, 0.5))


def noise(seconds: float) -> Audio:
    return Audio(0.2 * np.random.default_rng(1).standard_normal((1, int(seconds * RATE))).astype(np.float32), RATE)


@pytest.mark.parametrize(("audio", "words"), [
    (Audio(np.zeros((1, RATE * 10), np.float32), RATE), "silent"),
    (Audio(0.1 * np.ones((1, RATE), np.float32), RATE), "only 1.0 s"),
    (noise(10), "only noise"),
    (Audio(np.full((1, RATE * 5), np.nan, np.float32), RATE), "no numbers"),
    (Audio(np.zeros((1, 601 * 1000 + 1000), np.float32), 1000), "min long"),
])
def test_what_is_no_music_is_refused_in_one_sentence(audio, words):
    with pytest.raises(InputError, match=words) as caught:
        listen(audio)
    assert str(caught.value).count(".") <= 2 and "would be right" in str(caught.value)


def test_half_a_minute_is_heard_in_four_seconds():
    audio = clip(bars=12)
    listen(audio)
    started = time.process_time()
    listen(audio)
    assert time.process_time() - started < 4.0


def recording(name: str) -> Audio:
    path = RECORDINGS / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    return read_audio(path, 600)


def test_a_real_trumpet_loop():
    heard = listen(recording("solo_trumpet.ogg"))
    assert heard.tonic == 5
    assert min(abs(heard.tempo_bpm / (90 * m) - 1) for m in (0.5, 1, 2)) < 0.03


@pytest.mark.slow
def test_table_of_tempi_keys_and_metres(capsys):
    rows, right = [], []
    for index, tempo in enumerate((56, 66, 76, 88, 96, 104, 112, 124, 136, 150)):
        for meter in METERS:
            if meter == "6/8" and tempo > 112:
                continue
            tonic, mode, drums = (5 * index) % 12, ("major", "minor")[index % 2], index % 3 > 0
            heard = listen(clip(tempo, meter, tonic, mode, drums=drums, bars=round(24 * tempo / 60 / BEATS[meter])))
            ok = (abs(heard.tempo_bpm / tempo - 1) < 0.02, heard.meter == meter,
                  (heard.tonic, heard.mode) == (tonic, mode))
            right.append(ok)
            rows.append(f"{tempo:4d} BPM {meter} {PITCH_CLASSES[tonic]:2s} {mode:5s} {'drums' if drums else '-----'} → "
                        f"{heard.tempo_bpm:6.1f} {heard.meter} {PITCH_CLASSES[heard.tonic]:2s} {heard.mode:5s} "
                        f"{''.join('.x'[not x] for x in ok)}")
    with capsys.disabled():
        print("\n" + "\n".join(rows))
        print("tempo, metre, key right:", np.round(np.mean(right, axis=0), 2))
    assert (np.mean(right, axis=0) >= (0.85, 0.85, 0.9)).all()
