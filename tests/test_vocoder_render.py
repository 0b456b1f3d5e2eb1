"""`render`: stems of equal length, silent ends, the right voice for each part, cancelling; FluidSynth where it is."""

from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from modules.errors import Cancelled
from modules.performance.perform import perform
from modules.types import Part, Performance, PlayedNote
from modules.vocoder import sampled
from modules.vocoder.render import render, sound_engine, sounded_by
from tests.hand_song import INSTRUMENTS, hand_song, hand_syllables

ELECTRONIC = {"melody": "saw_lead", "counter": "synth_bells", "bass": "bass_808", "comp": "supersaw",
              "comp2": "synth_pluck", "pad": "warm_pad", "drums": "kit_909"}
needs_font = pytest.mark.skipif(not sampled.available(), reason="no libfluidsynth or no sound font on this machine")


def level_db(samples: np.ndarray) -> float:
    return 20 * np.log10(np.sqrt(np.square(samples).mean()) + 1e-12)


def solo(instrument: str, program: int, notes, is_drum=False, controls=(), duration_s=2.0) -> Performance:
    part = Part("drums" if is_drum else "melody", instrument, program, is_drum,
                tuple(PlayedNote(*n) for n in notes), controls)
    return Performance((part,), duration_s, ((0.0, 120.0),), (0.0,), "4/4")


@pytest.fixture(scope="module")
def electronic():
    return perform(hand_song(instruments=ELECTRONIC), cards={})


def check_stems(performance, stems):
    n = round(performance.duration_s * 44_100)
    assert set(stems) == {p.lane for p in performance.parts}
    for lane, audio in stems.items():
        x = audio.samples
        assert x.shape == (2, n) and x.dtype == np.float32 and audio.sample_rate == 44_100, lane
        assert np.isfinite(x).all() and 0.02 < np.abs(x).max() < 2.0, lane
        assert np.abs(x[:, -20:]).max() < 1e-3, f"{lane} ends in silence"
        assert abs(x.mean()) < 0.02 * x.std(), f"{lane} has no offset"


def test_electronic_stems(electronic):
    stems = render(electronic, seed=1)
    check_stems(electronic, stems)
    again = render(electronic, seed=1)
    assert all((stems[lane].samples == again[lane].samples).all() for lane in stems)
    assert all(sounded_by(p) == "synth" for p in electronic.parts)


def test_chorus_stems_are_louder_than_verse(electronic):
    stems = render(electronic, seed=1)
    edge = round(electronic.bar_starts_s[8] * 44_100)
    for lane in ("melody", "bass", "comp", "drums"):
        x = stems[lane].samples
        assert level_db(x[:, edge:2 * edge]) - level_db(x[:, :edge * 3 // 4]) > 4.0, lane


def test_without_a_font_own_synths_play_and_the_engine_says_so(monkeypatch):
    monkeypatch.setenv("EARWORM_SOUNDFONT", "/nowhere.sf2")
    assert "own synths" in sound_engine()
    performance = perform(hand_song(), cards={})
    assert all(sounded_by(p) == "synth" for p in performance.parts)
    early = tuple(p for p in performance.parts if p.lane not in ("counter", "comp2"))
    performance = replace(performance, duration_s=6.0, parts=early)
    check_stems(performance, render(performance, seed=1))


def test_cancel_stops(electronic):
    cancel = Event()
    cancel.set()
    with pytest.raises(Cancelled):
        render(electronic, seed=1, cancel=cancel)


def test_the_singer_sings_the_vocal_part():
    pytest.importorskip("pyworld")
    song = hand_song(voice="clara", instruments={"bass": "sub_bass"})
    song = replace(song, syllables=hand_syllables(song)[:3])
    performance = perform(song, cards={})
    performance = replace(performance, duration_s=4.0)
    stems = render(performance, seed=1)
    assert stems["vocal"].samples.shape == stems["bass"].samples.shape
    assert level_db(stems["vocal"].samples[:, :40_000]) > -45
    np.testing.assert_array_equal(stems["vocal"].samples[0], stems["vocal"].samples[1])


@needs_font
def test_sampled_stems():
    performance = perform(hand_song(), cards={})
    performance = replace(performance, duration_s=22.0)  # all seven lanes have come in
    stems = render(performance, seed=1)
    check_stems(performance, stems)
    again = render(performance, seed=1)
    assert all((stems[lane].samples == again[lane].samples).all() for lane in stems)
    assert all(sounded_by(p) == "sampled" for p in performance.parts) and "FluidSynth" in sound_engine()


@needs_font
def test_sampled_velocity_expression_and_pedal():
    soft, hard = (render(solo("grand_piano", 0, [(0.1, 0.6, 60, v)]), seed=0)["melody"].samples for v in (40, 110))
    assert level_db(hard) - level_db(soft) > 12
    flute = [(0.0, 1.5, 72, 100)]
    loud, quiet = (render(solo("flute", 73, flute, controls=((0.0, 11, value),)), seed=0)["melody"].samples
                   for value in (120, 50))
    assert level_db(loud) - level_db(quiet) > 8
    dry = render(solo("grand_piano", 0, [(0.0, 0.2, 60, 90)]), seed=0)["melody"].samples
    held = render(solo("grand_piano", 0, [(0.0, 0.2, 60, 90)], controls=((0.0, 64, 127),)), seed=0)["melody"].samples
    assert level_db(held[:, 44_100:66_150]) > level_db(dry[:, 44_100:66_150]) + 20


@needs_font
def test_sampled_notes_start_on_time_and_drums_come_from_the_kit():
    stem = render(solo("standard_kit", 0, [(0.5, 0.6, 38, 110)], is_drum=True), seed=0)["drums"].samples
    start = int(np.argmax(np.abs(stem).max(0) > 0.02))
    assert 0.5 <= start / 44_100 < 0.506
    assert not np.abs(stem[:, :22_000]).max() > 1e-4
    other = render(solo("brush_kit", 40, [(0.5, 0.6, 38, 110)], is_drum=True), seed=0)["drums"].samples
    assert np.abs(stem - other).max() > 0.05


@needs_font
def test_each_lane_is_alone_in_its_stem():
    performance = perform(hand_song(instruments=INSTRUMENTS), cards={})
    performance = replace(performance, duration_s=8.0)
    counter = render(performance, seed=1)["counter"].samples  # the violin enters in the chorus, at 19 s
    assert np.abs(counter).max() < 1e-4
