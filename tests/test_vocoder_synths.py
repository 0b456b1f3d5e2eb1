"""Our own synths: pitch, level, clean starts and ends, no aliasing, every name sounds."""

import numpy as np
import pytest

from modules.assets import instruments
from modules.canvas.vocabulary import DRUM_KEYS
from modules.types import Part, PlayedNote
from modules.vocoder.synths.drums import KITS, TAKES, piece_of, render_hit
from modules.vocoder.synths.patches import PATCHES, patch_of
from modules.vocoder.synths.stems import force_of, render_synth
from modules.vocoder.synths.tones import hz, render_tone

RATE = 44_100


def part(instrument: str, *notes: tuple[float, float, int, int], controls=()) -> Part:
    return Part("melody", instrument, 80, instruments()[instrument]["family"] == "drums",
                tuple(PlayedNote(*n) for n in notes), controls)


def level_db(samples: np.ndarray) -> float:
    return 20 * np.log10(np.sqrt(np.square(samples).mean()) + 1e-12)


def pitch_hz(samples: np.ndarray) -> float:
    """Lag of the best autocorrelation, refined by a parabola."""
    mono = samples.mean(0)
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(len(mono)), 4 * len(mono))) ** 2
    auto = np.fft.irfft(spectrum)[: RATE // 20]
    first = RATE // 2000
    start = first + int(np.argmax(auto[first:] < 0)) if (auto[first:] < 0).any() else first
    lag = start + int(np.argmax(auto[start:] > 0.93 * auto[start:].max()))
    lag += int(np.argmax(auto[lag:lag + 20]))
    a, b, c = auto[lag - 1:lag + 2]
    return RATE / (lag + 0.5 * (a - c) / (a - 2 * b + c))


@pytest.mark.parametrize("name", sorted(instruments()))
def test_every_instrument_sounds_without_a_font(name):
    low = 36 if "bass" in instruments()[name]["lanes"] else 64
    stem = render_synth(part(name, (0.2, 0.6, 38 if instruments()[name]["family"] == "drums" else low, 100)), 1.0)
    assert stem.shape == (2, RATE) and stem.dtype == np.float32
    assert np.isfinite(stem).all() and 0.02 < np.abs(stem).max() < 1.2
    sounding = np.flatnonzero(np.abs(stem).max(0))
    assert 0.07 * RATE < sounding[0] < 0.21 * RATE, "starts with its note, slow pads a little before"
    assert np.abs(stem[:, sounding[0]]).max() < 0.02, "no click at the start"


@pytest.mark.parametrize("name", ["saw_lead", "square_lead", "soft_lead", "synth_bass", "sub_bass", "supersaw",
                                  "fm_piano", "warm_pad", "synth_arp"])
@pytest.mark.parametrize("midi", [45, 64])
def test_pitch(name, midi):
    samples = render_tone(patch_of(name), midi, 0.6, None, RATE)[:, RATE // 8:RATE // 3]
    cents = 1200 * np.log2(pitch_hz(samples) / hz(midi))
    assert abs(cents) < 15 or abs(abs(cents) - 1200) < 15  # a sub octave may win


def test_harder_is_louder_and_brighter():
    soft, hard = (render_synth(part("saw_lead", (0.0, 0.5, 60, velocity)), 0.6) for velocity in (50, 110))
    assert 10 < level_db(hard) - level_db(soft) < 18

    def centroid(x):
        s = np.abs(np.fft.rfft(x.mean(0)))
        return float((s * np.arange(len(s))).sum() / s.sum())

    assert centroid(hard) > 1.1 * centroid(soft)


@pytest.mark.parametrize("name", ["saw_lead", "supersaw", "synth_stab", "square_lead", "synth_bells"])
def test_high_notes_do_not_alias(name):
    """All energy of a high steady note lies on or near its partials: nothing folded between them."""
    midi = 96
    samples = render_tone(patch_of(name), midi, 0.9, None, RATE)[:, 8000:8000 + 32768].mean(0)
    spectrum = np.abs(np.fft.rfft(samples * np.blackman(len(samples)))) ** 2
    frequency = np.arange(len(spectrum)) * RATE / len(samples)
    folded = frequency < 0.9 * hz(midi)  # below the fundamental only aliases can lie
    allowed = 1e-3 if name == "synth_bells" else 1e-6  # FM has lower side bands of its own
    if name == "synth_bells":
        folded &= frequency < 0.2 * hz(midi)
    assert spectrum[folded & (frequency > 40)].sum() < allowed * spectrum.sum()


@pytest.mark.parametrize("name", sorted(PATCHES))
def test_notes_end_without_click_and_without_offset(name):
    stem = render_synth(part(name, (0.0, 0.5, 48, 110), (0.5, 0.9, 48, 110)), 2.5)
    assert abs(stem.mean()) < 0.01 * np.abs(stem).max()
    release = round((0.9 + patch_of(name).release_s) * RATE)
    assert not stem[:, release + 2:].any()
    assert np.abs(stem[:, release - 60:release + 1]).max() < 0.01
    steps = np.abs(np.diff(stem, axis=1))
    boundary = steps[:, int(0.9 * RATE) - 5:int(0.9 * RATE) + 50].max()
    assert boundary <= 1.2 * steps[:, int(0.6 * RATE):int(0.88 * RATE)].max() + 1e-4


def test_same_notes_same_samples_whatever_was_rendered_before():
    notes = [(0.2 * i, 0.2 * i + 0.15, 50 + i, 60 + 5 * i) for i in range(6)]
    first = render_synth(part("acid_bass", *notes), 2.0)
    render_synth(part("acid_bass", *[(a, a + 1.0, m, v) for a, _, m, v in notes]), 3.0)
    np.testing.assert_array_equal(first, render_synth(part("acid_bass", *notes), 2.0))


def test_808_bass_falls_to_its_pitch_and_one_note_silences_the_other():
    samples = render_tone(patch_of("bass_808"), 36, 0.7, None, RATE)
    assert pitch_hz(samples[:, RATE // 4:RATE // 4 + 16384]) == pytest.approx(hz(36), rel=0.01)
    together = render_synth(part("bass_808", (0.0, 1.0, 36, 110), (0.5, 1.0, 43, 110)), 1.2)
    alone = render_synth(part("bass_808", (0.5, 1.0, 43, 110)), 1.2)
    late = slice(int(0.75 * RATE), int(0.95 * RATE))
    assert level_db(together[:, late]) == pytest.approx(level_db(alone[:, late]), abs=1.0)


def test_expression_and_tone_shape_the_stem():
    notes = [(0.0, 1.9, 60, 100)]
    fading = render_synth(part("warm_pad", *notes, controls=((0.0, 11, 127), (1.5, 11, 40))), 2.0)
    plain = render_synth(part("warm_pad", *notes), 2.0)
    late = slice(int(1.5 * RATE), int(1.8 * RATE))
    assert level_db(fading[:, late]) < level_db(plain[:, late]) - 15
    dark, bright = (render_synth(part("saw_lead", *notes), 2.0, tone=tone) for tone in (-0.6, 0.4))
    high = [np.abs(np.fft.rfft(x.mean(0)))[8000:].sum() / np.abs(np.fft.rfft(x.mean(0))).sum() for x in (dark, bright)]
    assert high[1] > 1.3 * high[0]


def test_pedal_holds_decaying_notes():
    note = (0.0, 0.2, 60, 100)
    held = render_synth(part("fm_piano", note, controls=((0.0, 64, 127), (1.0, 64, 0))), 1.5)
    dry = render_synth(part("fm_piano", note), 1.5)
    window = slice(int(0.6 * RATE), int(0.9 * RATE))
    assert level_db(held[:, window]) > level_db(dry[:, window]) + 20


@pytest.mark.parametrize("kit", sorted(KITS))
def test_kits_have_every_piece(kit):
    for piece in set(DRUM_KEYS) - {"ghost", "soft"}:
        assert piece_of(DRUM_KEYS[piece]) == piece
        hit = render_hit(kit, piece)
        assert np.isfinite(hit).all() and 0.03 < np.abs(hit).max() < 1.0
        assert np.abs(hit[:, 0]).max() < 1e-3 and np.abs(hit[:, -1]).max() < 1e-3
    kick, hat = render_hit(kit, "kick"), render_hit(kit, "closed")

    def low_share(x):
        power = np.abs(np.fft.rfft(x.mean(0), RATE)) ** 2
        return power[:200].sum() / power.sum()

    assert low_share(kick) > 0.6 and low_share(hat) < 0.1


def test_closed_hat_shuts_the_open_one():
    open_key, closed_key = DRUM_KEYS["open"], DRUM_KEYS["closed"]
    ringing = render_synth(part("kit_808", (0.0, 0.1, open_key, 100)), 1.0)
    shut = render_synth(part("kit_808", (0.0, 0.1, open_key, 100), (0.15, 0.2, closed_key, 40)), 1.0)
    late = slice(int(0.35 * RATE), int(0.5 * RATE))
    assert level_db(shut[:, late]) < level_db(ringing[:, late]) - 20


def test_no_two_strokes_in_a_row_are_the_same_sample_but_the_same_seed_is():
    first, second = (render_hit("lofi_kit", "snare", take) for take in (0, 1))
    n = min(first.shape[1], second.shape[1])
    assert not np.allclose(first[:, :n], second[:, :n], atol=1e-3)
    notes = tuple(PlayedNote(0.5 * i, 0.5 * i + 0.1, DRUM_KEYS["snare"], 100) for i in range(6))
    stem = render_synth(Part("drums", "lofi_kit", 0, True, notes), 3.5)
    hits = [stem[:, round(0.5 * i * RATE):][:, :4_000] for i in range(6)]
    assert not np.array_equal(hits[0], hits[1]) and np.array_equal(hits[0], hits[TAKES])
    levels = [10 * np.log10((hit ** 2).mean()) for hit in hits]
    assert max(levels) - min(levels) < 2.0  # another stroke, not another drum


def test_soft_strokes_are_duller_not_just_quieter():
    def brightness(force: int) -> float:
        hit = render_hit("standard_kit", "snare", 0, force)[0]
        power = np.abs(np.fft.rfft(hit)) ** 2
        return power[int(5_000 * len(hit) / RATE):].sum() / power.sum()

    assert brightness(0) < 0.8 * brightness(2)
    assert [force_of(velocity) for velocity in (1, 49, 50, 87, 88, 127)] == [0, 0, 1, 1, 2, 2]


def test_a_sound_chip_always_sounds_the_same():
    assert np.array_equal(render_hit("chip_kit", "snare", 0), render_hit("chip_kit", "snare", 2, 0))
