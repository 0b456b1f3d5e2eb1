"""The singing voice: contract, pitch, timing, levels, joins, speed. Everything is measured on the sound."""

import time
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
import pyworld
from scipy.signal import resample_poly, stft

from modules.errors import InputError
from modules.types import SungNote
from modules.vocoder.articulation import plan_phones, take_breaths
from modules.vocoder.choir import with_backing
from modules.vocoder.expression import pitch_curve
from modules.vocoder.phones import PHONES, UNVOICED, VOWELS
from modules.vocoder.voice import fit_octave, sing, voices
from modules.vocoder.voicebank import load_voicebank

RATE = 44_100
LINES = (
    "T W IH NG|K AH L|T W IH NG|K AH L|L IH|T AH L|S T AA R", "HH AW|AY|W AH N|D ER|W AH T|Y UW|AA R",
    "HH AE|P IY|B ER TH|D EY|T UW|Y UW", "S IH NG|AH|S AO NG|AH V|S IH K S|P EH N S",
    "TH R UW|DH AH|S T R EH NG K TH S|AH V|Y UH R|V OY S", "SH AY N|AA N|CH EH R IY|JH OY|F AY ER|ZH AH",
)
CONTOUR = (0, 2, 4, 5, 7, 9, 7, 4, 5, 2, -3, 0)
BASE = {"clara": 62, "marcus": 50}


def line_notes(base: int, beat_s: float = 0.5, start_s: float = 1.0) -> tuple[SungNote, ...]:
    notes, t = [], start_s
    for line in LINES:
        syllables = line.split("|")
        for i, syllable in enumerate(syllables):
            last = i == len(syllables) - 1
            length = beat_s * (2 if last else 1)
            midi = base + CONTOUR[len(notes) % len(CONTOUR)]
            notes.append(SungNote(t, t + length, midi, 90, tuple(syllable.split()), line_end=last))
            t += length
        t += beat_s
    return tuple(notes)


@lru_cache(maxsize=8)
def sung(voice: str, beat_s: float = 0.5):
    notes = line_notes(BASE[voice], beat_s)
    return notes, sing(notes, voice=voice, duration_s=notes[-1].offset_s + 0.5, seed=7)


@lru_cache(maxsize=8)
def tracked(voice: str) -> tuple[np.ndarray, np.ndarray]:
    """(times, f0) by DIO, which shares nothing with the synthesis."""
    _, audio = sung(voice)
    mono = resample_poly(audio.mono.astype(float), 160, 441)
    f0, times = pyworld.dio(mono, 16_000, f0_floor=60.0, f0_ceil=800.0)
    return times, pyworld.stonemask(mono, f0, times, 16_000)


def rms_db(samples: np.ndarray) -> float:
    return 20 * np.log10(np.sqrt(np.mean(samples.astype(float) ** 2)) + 1e-12)


@pytest.mark.parametrize("voice", BASE)
def test_shape_range_and_silence_around(voice):
    notes, audio = sung(voice)
    assert audio.samples.dtype == np.float32 and audio.samples.ndim == 2
    assert audio.samples.shape[1] == round((notes[-1].offset_s + 0.5) * RATE)
    assert np.isfinite(audio.samples).all()
    assert 0.2 < np.abs(audio.samples).max() < 0.99
    assert rms_db(audio.mono[: int(0.4 * RATE)]) < -70


@pytest.mark.parametrize("voice", BASE)
def test_every_note_is_in_tune(voice):
    notes, _ = sung(voice)
    times, f0 = tracked(voice)
    errors = []
    for note in notes:
        inside = (times >= note.onset_s) & (times < note.offset_s) & (f0 > 0)
        assert inside.sum() > 10, f"no voice on {note.phonemes}"
        errors.append(1200 * np.log2(np.median(f0[inside]) / (440 * 2 ** ((note.midi - 69) / 12))))
    assert np.median(np.abs(errors)) < 10
    assert np.percentile(np.abs(errors), 95) < 30


@pytest.mark.parametrize("voice", BASE)
def test_every_syllable_sounds_and_levels_are_even(voice):
    notes, audio = sung(voice)
    levels = np.array([rms_db(audio.mono[int((n.onset_s + 0.03) * RATE): int((n.offset_s - 0.1) * RATE)])
                       for n in notes])
    assert levels.min() > -30
    assert levels.std() < 3


@pytest.mark.parametrize("voice", BASE)
def test_vowels_start_on_their_notes(voice):
    notes, audio = sung(voice)
    hop = 88
    hz, times, spectrum = stft(audio.mono, RATE, nperseg=704, noverlap=704 - hop, nfft=2048)
    low = 10 * np.log10((np.abs(spectrum[(hz > 100) & (hz < 1_200)]) ** 2).sum(axis=0) + 1e-12)
    errors = []
    for note in notes:
        if len(note.phonemes) > 1 and note.phonemes[0] in UNVOICED and note.phonemes[1] in VOWELS:
            level = np.median(low[(times > note.onset_s + 0.05) & (times < note.onset_s + 0.2)])
            near = np.flatnonzero(np.abs(times - note.onset_s) < 0.12)
            rises = near[1:][(low[near[1:]] > level - 8) & (low[near[1:] - 1] <= level - 8)]
            assert len(rises), f"no vowel onset near {note.onset_s:.2f} s in {note.phonemes}"
            errors.append(np.abs(times[rises] - note.onset_s).min())
    assert len(errors) >= 8
    assert np.median(errors) < 0.03


def test_same_seed_same_bytes_other_seed_other_bytes():
    notes = line_notes(60)[:8]
    first = sing(notes, voice="clara", duration_s=6.0, seed=1)
    assert np.array_equal(first.samples, sing(notes, voice="clara", duration_s=6.0, seed=1).samples)
    assert not np.array_equal(first.samples, sing(notes, voice="clara", duration_s=6.0, seed=2).samples)


@pytest.mark.parametrize("voice", BASE)
def test_joins_do_not_click(voice):
    """Frame-to-frame change inside sung syllables stays near that of the bank's own speech."""
    bank = load_voicebank(voice)
    speech = [np.abs(np.diff(half.envelope[:, :25], axis=0)).mean(axis=1)
              for row in bank.units.values() for unit in row for half in (unit.left, unit.right) if len(half) > 3]
    limit = np.percentile(np.concatenate(speech), 99)
    notes, audio = sung(voice)
    mono = resample_poly(audio.mono.astype(float), 160, 441)
    f0 = np.full(int(len(mono) / 80), 200.0)
    envelope = pyworld.cheaptrick(mono, f0, np.arange(len(f0)) * 0.005, 16_000)
    coded = pyworld.code_spectral_envelope(envelope, 16_000, 50)
    flux = np.abs(np.diff(coded[:, :25], axis=0)).mean(axis=1)
    inside = np.zeros(len(flux), bool)
    for note in notes:
        inside[int((note.onset_s + 0.06) * 200): int((note.offset_s - 0.12) * 200)] = True
    assert np.percentile(flux[inside], 99) < 1.5 * limit


def test_melisma_keeps_the_vowel_and_moves_the_pitch():
    notes = (SungNote(0.5, 1.0, 60, 90, ("S", "T", "AA", "R")), SungNote(1.0, 1.5, 64, 90), SungNote(1.5, 2.2, 62, 90))
    phones = [p for phrase in plan_phones(notes, load_voicebank("clara")) for p in phrase]
    assert [p.symbol for p in phones] == ["S", "T", "AA", "R"]
    nucleus = phones[2]
    assert nucleus.start_s == pytest.approx(0.5) and nucleus.end_s > 2.0
    audio = sing(notes, voice="clara", duration_s=3.0, seed=0)
    assert rms_db(audio.mono[int(1.1 * RATE): int(1.4 * RATE)]) > -30


def test_lines_end_with_a_breath():
    first = SungNote(0.5, 1.5, 60, 90, ("L", "AA"), line_end=True)
    second = SungNote(1.5, 2.5, 62, 90, ("L", "IY"))
    assert take_breaths((first, second))[0].offset_s == pytest.approx(1.28)
    audio = sing((first, second), voice="clara", duration_s=3.0, seed=0).mono
    assert rms_db(audio[int(1.36 * RATE): int(1.4 * RATE)]) < rms_db(audio[int(1.0 * RATE): int(1.2 * RATE)]) - 15
    short = SungNote(1.3, 1.5, 60, 90, ("L", "AA"), line_end=True)
    assert take_breaths((short, second))[0].offset_s == pytest.approx(1.42)


def test_consonants_come_before_the_beat_and_vowels_keep_their_time():
    notes = line_notes(60, beat_s=0.25)
    for phrase in plan_phones(notes, load_voicebank("clara")):
        for left, right in zip(phrase, phrase[1:], strict=False):
            assert right.start_s == pytest.approx(left.end_s)
        for phone in phrase:
            assert phone.end_s > phone.start_s
            if phone.nucleus:
                assert phone.end_s - phone.start_s > 0.06
        onsets = [notes[p.note].onset_s for p in phrase if p.nucleus and notes[p.note].phonemes != ("F", "AY", "ER")
                  and notes[p.note].phonemes != ("CH", "EH", "R", "IY")]
        starts = [p.start_s for p in phrase if p.nucleus and notes[p.note].phonemes != ("F", "AY", "ER")
                  and notes[p.note].phonemes != ("CH", "EH", "R", "IY")]
        assert starts == pytest.approx(onsets)


@pytest.mark.parametrize("midi", [36, 45, 84, 90])
def test_notes_outside_the_range_still_sound(midi):
    audio = sing((SungNote(0.3, 1.3, midi, 90, ("L", "AA")),), voice="clara", duration_s=1.6, seed=0)
    assert np.isfinite(audio.samples).all()
    assert rms_db(audio.mono[int(0.5 * RATE): int(1.1 * RATE)]) > -32


@pytest.mark.parametrize("phonemes", [("M", "M"), ("SH",), ("NG",), ("B", "AA", "B", "AA"), ("AY", "AW", "OY"), ()])
def test_odd_syllables_are_sung(phonemes):
    audio = sing((SungNote(0.0, 0.6, 60, 90, phonemes),), voice="marcus", duration_s=1.0, seed=0)
    assert rms_db(audio.mono[int(0.1 * RATE): int(0.5 * RATE)]) > -45


def test_units_are_those_said_between_the_same_phones():
    bank = load_voicebank("clara")
    pair = max(bank.units, key=lambda pair: len(bank.units[pair]))
    for unit in bank.units[pair]:
        chosen = bank.choose((unit.before, *pair, unit.after))[1]
        assert (chosen.before == unit.before) + (chosen.after == unit.after) >= 1
    row = bank.choose(("_", "L", "AY", "T", "_"))
    assert len(row) == 4
    steps = [np.abs(a.right.envelope[-1, :25] - b.left.envelope[0, :25]).mean()
             for a, b in zip(row, row[1:], strict=False)]
    assert max(steps) < 1.5


def spoken(midis: tuple[int, ...]) -> tuple[SungNote, ...]:
    return tuple(SungNote(0.5 + 0.25 * i, 0.75 + 0.25 * i, midi, 90, ("L", "AA"), line_end=i == len(midis) - 1,
                          manner="spoken") for i, midi in enumerate(midis))


def test_spoken_words_glide_and_sink():
    notes = spoken((60, 60, 60, 60, 60, 60))
    curve = pitch_curve(notes, 600, np.random.default_rng(0))
    middles = [curve[int((n.onset_s + 0.08) / 0.005)] for n in notes]
    assert np.all(np.diff(middles) < 0.1) and 0.2 < middles[0] - middles[-1] < 2.0  # declination
    assert curve[int(notes[-1].offset_s / 0.005) + 6] < middles[-1] - 1.0  # the phrase's end falls
    held = tuple(replace(n, manner="sung") for n in spoken((60, 64)))
    said = spoken((60, 64))
    sung_curve, said_curve = (pitch_curve(x, 300, np.random.default_rng(0)) for x in (held, said))
    inside = slice(int(0.55 / 0.005), int(0.7 / 0.005))
    assert np.ptp(said_curve[inside]) > 2 * np.ptp(sung_curve[inside])  # it passes through, a sung note stays


def test_humming_knows_no_words():
    def hum(*phonemes, manner="hummed"):
        return sing((SungNote(0.3, 1.3, 62, 90, phonemes, manner=manner),), voice="clara", duration_s=1.6, seed=0).mono

    assert np.array_equal(hum("S", "T", "AA", "R"), hum("L", "IY"))
    assert np.array_equal(hum("M"), hum("K", "AE", "T"))
    assert not np.array_equal(hum("UW"), hum("M"))

    def dull(samples):
        power = np.abs(np.fft.rfft(samples[int(0.5 * RATE):int(1.2 * RATE)])) ** 2
        hz = np.fft.rfftfreq(int(1.2 * RATE) - int(0.5 * RATE), 1 / RATE)
        return 10 * np.log10(power[(hz > 200) & (hz < 500)].sum() / power[(hz > 600) & (hz < 1_500)].sum())

    assert dull(hum("M")) > dull(hum("AA", manner="sung")) + 10
    assert rms_db(hum("M")[int(0.5 * RATE):int(1.2 * RATE)]) > -35


def test_a_second_voice_stands_to_both_sides_of_the_lead():
    lead = sing(line_notes(60)[:6], voice="clara", duration_s=5.0, seed=1)
    above = tuple(replace(n, midi=n.midi + 4) for n in line_notes(60)[3:6])
    second = sing(above, voice="clara", duration_s=5.0, seed=2)
    out = with_backing(lead, second, above, seed=3)
    assert out.shape == (2, 5 * RATE) and out.dtype == np.float32
    before = slice(0, int((above[0].onset_s - 0.6) * RATE))
    assert np.allclose(out[0, before], out[1, before], atol=1e-4)  # alone in the middle until the chorus
    during = slice(int(above[0].onset_s * RATE), int(above[-1].offset_s * RATE))
    side = rms_db(out[0, during] - out[1, during])
    assert -30 < side - rms_db(lead.mono[during]) < -6
    assert np.array_equal(out, with_backing(lead, second, above, seed=3))


def test_louder_notes_are_louder_and_brighter():
    def said(velocity):
        return sing((SungNote(0.3, 1.5, 62, velocity, ("L", "AA")),), voice="clara", duration_s=2.0, seed=0).mono[
            int(0.5 * RATE): int(1.3 * RATE)]

    def top(samples):
        power = np.abs(np.fft.rfft(samples)) ** 2
        hz = np.fft.rfftfreq(len(samples), 1 / RATE)
        return 10 * np.log10(power[hz > 2_000].sum() / power[hz < 2_000].sum())

    soft, loud = said(50), said(115)
    assert rms_db(loud) - rms_db(soft) > 5
    assert top(loud) - top(soft) > 2


def test_thirty_seconds_in_three():
    notes = line_notes(60, beat_s=0.55)
    load_voicebank("clara")
    started = time.process_time()
    audio = sing(notes, voice="clara", duration_s=30.0, seed=0)
    assert audio.duration_s == 30.0
    assert time.process_time() - started < 3.0


def test_voices_and_octaves():
    known = voices()
    assert known["clara"].comfortable[0] > known["marcus"].comfortable[0]
    for info in known.values():
        assert info.lowest_midi <= info.comfortable[0] < info.comfortable[1] <= info.highest_midi
        assert set(load_voicebank(info.name).units) >= {(a, b) for a in PHONES for b in PHONES}
    assert fit_octave([60, 62, 64], "clara") == 0
    assert fit_octave([60, 64, 67], "marcus") == -1
    assert fit_octave([36, 40], "clara") >= 2
    assert fit_octave([], "clara") == 0


@pytest.mark.parametrize(("arguments", "message"), [
    (dict(voice="nobody"), "no voice called 'nobody'"),
    (dict(notes=(SungNote(0, 1, 60, 90, ("AA1",)),)), "'AA1' is not a phoneme"),
    (dict(notes=(SungNote(0, 1, 60, 90, ("AA",)), SungNote(0.5, 2, 60, 90, ("AA",)))), "overlap"),
    (dict(sample_rate=1), "cannot sing at 1 Hz"),
    (dict(notes=(SungNote(0, 1, 60, 90, ("AA",), manner="yodelled"),)), "cannot be 'yodelled'"),
])
def test_bad_input_says_what_would_be_right(arguments, message):
    given = dict(notes=(SungNote(0, 1, 60, 90, ("AA",)),), voice="clara", duration_s=2.0, seed=0) | arguments
    with pytest.raises(InputError, match=message):
        sing(given.pop("notes"), **given)


def test_no_notes_is_silence():
    audio = sing((), voice="clara", duration_s=1.0, seed=0)
    assert audio.samples.shape == (1, RATE) and not audio.samples.any()
