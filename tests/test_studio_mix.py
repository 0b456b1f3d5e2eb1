"""The mix: balance, placing, mute and solo, dynamics, the sound of production words, and the same bytes every time."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from time import process_time

import numpy as np
import pyloudnorm
import pytest

from modules.errors import Cancelled, InputError
from modules.studio.dynamics import de_ess
from modules.studio.effects import equalise, low_cut, pan
from modules.studio.master import master
from modules.studio.mix import MixSettings, mix
from modules.studio.reverb import ROOMS, impulse_response
from modules.types import Audio
from tests.studio_stems import RATE, stage, wave


def level_db(samples: np.ndarray) -> float:
    return 10 * np.log10(np.mean(samples ** 2) + 1e-20)


def band_db(samples: np.ndarray, low_hz: float, high_hz: float) -> float:
    power = np.abs(np.fft.rfft(samples)) ** 2
    hz = np.fft.rfftfreq(samples.shape[-1], 1 / RATE)
    return 10 * np.log10(power[..., (hz >= low_hz) & (hz < high_hz)].sum() + 1e-20)


def lufs(audio: Audio, start_s: float = 0.0, end_s: float | None = None) -> float:
    end = None if end_s is None else int(end_s * RATE)
    return pyloudnorm.Meter(RATE).integrated_loudness(audio.samples[:, int(start_s * RATE):end].T.astype(float))


@pytest.fixture(scope="module")
def plain():
    stems, song, performance = stage()
    return stems, song, performance, mix(stems, song, performance)


def test_mix_gives_every_lane_and_a_bus_as_long_as_the_stems(plain):
    stems, _, _, mixed = plain
    assert list(mixed.stems) == list(stems)
    for audio in (mixed.bus, *mixed.stems.values()):
        assert audio.samples.shape == stems["bass"].samples.shape and audio.samples.dtype == np.float32
        assert np.isfinite(audio.samples).all() and np.abs(audio.samples).max() < 1.0


def test_stems_stay_as_they_were(plain):
    stems, song, performance, _ = plain
    before = {lane: stem.samples.copy() for lane, stem in stems.items()}
    mix(stems, song, performance)
    assert all(np.array_equal(before[lane], stems[lane].samples) for lane in stems)


@pytest.mark.parametrize("style", ["house", "swing_jazz"])
@pytest.mark.parametrize("production", [(), ("lo-fi",)])
def test_the_same_input_gives_the_same_bytes(style, production):
    stems, song, performance = stage(styles={style: 1.0}, production=production, bars=2)
    first, second = (mix(stems, song, performance).bus.samples for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_the_lead_is_in_front_and_pads_are_behind(plain):
    loudness = {lane: lufs(audio) for lane, audio in plain[3].stems.items()}
    for lane in ("counter", "comp", "comp2", "pad"):
        assert loudness["melody"] > loudness[lane] + 3.0, lane
    assert loudness["melody"] > loudness["bass"] > loudness["comp"] > loudness["pad"]
    assert loudness["drums"] > loudness["comp"] + 2.0


def test_balance_does_not_depend_on_how_loud_a_stem_arrives(plain):
    stems, song, performance, mixed = plain
    quiet = {**stems, "comp": Audio(stems["comp"].samples * np.float32(0.1), RATE)}
    again = mix(quiet, song, performance)
    assert lufs(again.stems["comp"]) == pytest.approx(lufs(mixed.stems["comp"]), abs=0.2)


def test_a_voice_takes_the_lead_from_the_melody():
    stems, song, performance = stage(vocal=True, bars=4)
    mixed = mix(stems, song, performance)
    assert lufs(mixed.stems["vocal"]) > lufs(mixed.stems["melody"]) + 3.0


def test_one_gain_a_lane_keeps_what_players_did(plain):
    """The pad is not compressed: its chorus stands as far above its verse as it came."""
    stems, _, performance, mixed = plain
    half = performance.bar_starts_s[4]

    def step(audio: Audio) -> float:
        return lufs(audio, half) - lufs(audio, 0.0, half)

    assert step(mixed.stems["pad"]) == pytest.approx(step(stems["pad"]), abs=0.3)


def test_the_energy_plan_is_heard_even_if_players_did_not_follow_it():
    stems, song, performance = stage(chorus_db=0.0)
    half = performance.bar_starts_s[4]
    bus = mix(stems, song, performance).bus
    assert lufs(bus, half + 0.4) - lufs(bus, 0.0, half - 0.4) >= 2.0


def test_a_passage_that_players_left_far_too_quiet_is_lifted():
    stems, song, performance = stage(chorus_db=16.0)
    half = performance.bar_starts_s[4]

    def step(audio: Audio) -> float:
        return lufs(audio, half + 0.4) - lufs(audio, 0.0, half - 0.4)

    mixed = mix(stems, song, performance)
    dry = Audio(sum(stem.samples for stem in mixed.stems.values()), RATE)
    assert step(dry) > 12.0
    assert 4.0 < step(mixed.bus) < step(dry) - 2.0


def test_mute_and_solo_leave_the_other_lanes_alone(plain):
    stems, song, performance, mixed = plain
    muted = mix(stems, song, performance, settings=MixSettings(mute=frozenset({"bass"})))
    soloed = mix(stems, song, performance, settings=MixSettings(solo=frozenset({"melody"})))
    assert np.array_equal(muted.stems["melody"].samples, mixed.stems["melody"].samples)
    assert np.array_equal(soloed.stems["melody"].samples, mixed.stems["melody"].samples)
    assert band_db(muted.bus.samples, 40, 120) < band_db(mixed.bus.samples, 40, 120) - 3.0
    assert band_db(soloed.bus.samples, 40, 120) < band_db(mixed.bus.samples, 40, 120) - 30.0


def test_all_lanes_muted_is_silence(plain):
    stems, song, performance, _ = plain
    assert not mix(stems, song, performance, settings=MixSettings(mute=frozenset(stems))).bus.samples.any()


def test_fader_pan_and_shelves_do_what_they_say(plain):
    stems, song, performance, mixed = plain
    settings = MixSettings(gain_db={"comp": -6.0}, pan={"melody": 1.0}, high_db={"pad": -9.0})
    turned = mix(stems, song, performance, settings=settings).stems
    assert level_db(turned["comp"].samples) == pytest.approx(level_db(mixed.stems["comp"].samples) - 6.0, abs=0.05)
    left, right = turned["melody"].samples
    assert level_db(left) < level_db(right) - 40
    assert band_db(turned["pad"].samples, 5_000, 9_000) < band_db(mixed.stems["pad"].samples, 5_000, 9_000) - 5


def test_reverb_send_is_turned_down_by_lane(plain):
    stems, song, performance, _ = plain
    song = replace(song, styles={"ambient": 1.0})
    solo = frozenset({"melody"})
    wet = mix(stems, song, performance, settings=MixSettings(solo=solo)).bus
    dry = mix(stems, song, performance, settings=MixSettings(solo=solo, reverb_db={"melody": -60.0})).bus
    assert level_db(wet.samples) > level_db(dry.samples) + 0.5


def test_comping_lanes_stand_left_and_right_and_the_bottom_in_the_middle(plain):
    *_, mixed = plain
    for lane, sign in (("comp", 1), ("comp2", -1)):
        left, right = mixed.stems[lane].samples
        assert sign * (level_db(left) - level_db(right)) > 2.0
    for lane in ("bass", "melody", "drums"):
        left, right = mixed.stems[lane].samples
        assert abs(level_db(left) - level_db(right)) < 0.5


@pytest.mark.parametrize("production", [(), ("wide",)])
def test_low_end_is_mono(production):
    stems, song, performance = stage(production=production, bars=2)
    one_sided = np.concatenate([stems["bass"].samples[:1], np.zeros_like(stems["bass"].samples[:1])])
    left, right = mix({**stems, "bass": Audio(one_sided, RATE)}, song, performance).bus.samples
    assert band_db(left - right, 20, 75) < band_db(left + right, 20, 75) - 20


def test_kicks_duck_the_pad_where_the_style_has_it():
    def dip(style: str) -> float:
        stems, song, performance = stage(styles={style: 1.0}, bars=2)
        pad = mix(stems, song, performance).stems["pad"].samples
        kicks = [note.onset_s for part in performance.parts for note in part.notes if part.is_drum and note.midi == 36]

        def near(offset_s: float) -> float:
            spans = [pad[:, int((t + offset_s) * RATE):int((t + offset_s + 0.04) * RATE)] for t in kicks[1:-1]]
            return level_db(np.concatenate(spans, axis=1))
        return near(0.42) - near(0.02)

    assert dip("trance") > 4.0
    assert abs(dip("swing_jazz")) < 1.5


def test_brightness_moves_the_tone_step_by_step():
    tones = []
    for brightness in (0.1, 0.4, 0.7, 1.0):
        stems, song, performance = stage(brightness=brightness, bars=2)
        bus = mix(stems, song, performance).bus.samples
        tones.append(band_db(bus, 3_000, 12_000) - band_db(bus, 200, 2_000))
    assert all(b > a + 1.0 for a, b in zip(tones, tones[1:], strict=False))


def test_production_words_are_heard():
    def bus(*words: str) -> np.ndarray:
        stems, song, performance = stage(styles={"synthwave": 1.0}, production=words, bars=4, rest_s=1.0)
        return mix(stems, song, performance).bus.samples

    def sides(samples: np.ndarray) -> float:
        return level_db(samples[0] - samples[1]) - level_db(samples[0] + samples[1])

    def tail(samples: np.ndarray) -> float:
        return level_db(samples[:, -int(0.8 * RATE):]) - level_db(samples)

    plain_bus, lofi = bus(), bus("lo-fi")
    assert band_db(lofi, 10_000, 20_000) - band_db(lofi, 300, 2_000) < \
        band_db(plain_bus, 10_000, 20_000) - band_db(plain_bus, 300, 2_000) - 8
    assert sides(bus("wide")) > sides(plain_bus) + 1.0
    assert tail(bus("dry")) < tail(plain_bus) - 8.0
    warm = bus("warm")
    assert band_db(warm, 4_000, 10_000) - band_db(warm, 100, 500) < \
        band_db(plain_bus, 4_000, 10_000) - band_db(plain_bus, 100, 500) - 1.0
    # vinyl goes on where the music rests, but stays far below it
    assert -60 < tail(lofi) < -20


def test_silent_stems_stay_silent_and_do_no_harm(plain):
    stems, song, performance, mixed = plain
    silent = Audio(np.zeros_like(stems["bass"].samples), RATE)
    again = mix({**stems, "counter": silent}, song, performance)
    assert not again.stems["counter"].samples.any() and np.isfinite(again.bus.samples).all()
    nothing = mix({"melody": silent, "drums": silent}, song, performance)
    assert not nothing.bus.samples.any()
    assert lufs(mixed.bus) > -30


def test_noise_below_hearing_is_not_turned_up(plain):
    stems, song, performance, _ = plain
    hiss = 1e-5 * np.random.default_rng(0).standard_normal(stems["bass"].samples.shape).astype(np.float32)
    assert level_db(mix({**stems, "pad": Audio(hiss, RATE)}, song, performance).stems["pad"].samples) < -80


def test_bad_stems_are_refused_in_words(plain):
    stems, song, performance, _ = plain
    bad = stems["pad"].samples.copy()
    bad[0, 100] = np.nan
    with pytest.raises(InputError, match="pad holds values that are not finite"):
        mix({**stems, "pad": Audio(bad, RATE)}, song, performance)
    with pytest.raises(InputError, match="no lane kazoo"):
        mix({**stems, "kazoo": stems["pad"]}, song, performance)
    with pytest.raises(InputError, match="lengths"):
        mix({**stems, "pad": Audio(stems["pad"].samples[:, :-5], RATE)}, song, performance)
    with pytest.raises(InputError, match="22050 Hz"):
        mix({lane: Audio(stem.samples, 22_050) for lane, stem in stems.items()}, song, performance)
    with pytest.raises(InputError, match="no stems"):
        mix({}, song, performance)


def test_cancel_stops_the_mix(plain):
    stems, song, performance, _ = plain
    cancel = Event()
    cancel.set()
    with pytest.raises(Cancelled):
        mix(stems, song, performance, cancel=cancel)


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_die_away_and_differ_left_from_right(room):
    response = impulse_response(room, RATE)
    assert np.allclose((response ** 2).sum(axis=1), 1.0, atol=1e-3)
    early, late = np.array_split(response, 2, axis=1)
    assert level_db(late) < level_db(early) - 15
    assert abs(np.corrcoef(response)[0, 1]) < 0.2


def test_low_cut_is_three_decibels_down_at_its_corner():
    t = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 200 * t)[None].astype(np.float32)
    heard = equalise(tone, RATE, low_cut(200.0))[:, RATE // 2:]
    assert level_db(heard) - level_db(tone) == pytest.approx(-3.0, abs=0.3)


def test_pan_keeps_the_power():
    sound = np.ones((2, 10), np.float32)
    for position in (-1.0, -0.3, 0.0, 0.8):
        assert np.mean(pan(sound, position) ** 2) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.slow
def test_eight_stems_of_thirty_seconds_take_three_seconds_of_compute():
    """1.5 s on two cores; processor time, so that a busy machine does not fail it."""
    stems, song, performance = stage(bars=15, vocal=True)
    master(mix(stems, song, performance).bus)  # rooms are made once
    start = process_time()
    master(mix(stems, song, performance).bus)
    assert process_time() - start < 3.0


def test_the_de_esser_turns_down_hiss_and_leaves_vowels():
    vowel = np.stack([wave(64, 1.0, harmonics=10, decay=0.5)] * 2)
    noise = 0.1 * np.random.default_rng(0).standard_normal((2, RATE)).astype(np.float32)
    hiss = equalise(noise, RATE, low_cut(6_000.0))
    assert level_db(de_ess(hiss, RATE)) < level_db(hiss) - 4.0
    assert level_db(de_ess(vowel, RATE) - vowel) < level_db(vowel) - 60


@pytest.mark.parametrize("amount", [0.005, 0.03, 0.06, 0.5, 1.0])
def test_any_share_of_an_old_machine_stays_finite(amount):
    from modules.studio.bus import _aged

    noise = 0.1 * np.random.default_rng(0).standard_normal((2, 50_000)).astype(np.float32)
    aged = _aged(noise, 44_100, amount, 3)
    assert np.isfinite(aged).all() and 0.5 < np.abs(aged).mean() / np.abs(noise).mean() < 1.5
