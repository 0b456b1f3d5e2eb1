"""The mixer for people: neutral is the original, mute and solo are exact, knobs move what they say, and it is quick."""

from __future__ import annotations

from threading import Event
from time import process_time

import numpy as np
import pytest

from modules.errors import Cancelled, InputError
from modules.studio.ending import closing_fade_s
from modules.studio.master import master
from modules.studio.mix import mix
from modules.studio.mixer import TARGETS_LUFS, Mixer, MixSettings
from modules.types import Audio
from tests.studio_stems import RATE, stage


def level_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-20))


def apart_db(first: np.ndarray, second: np.ndarray) -> float:
    """Level of the difference against the first."""
    return level_db(first - second) - level_db(first)


def band_db(samples: np.ndarray, low_hz: float, high_hz: float) -> float:
    power = np.abs(np.fft.rfft(samples)) ** 2
    hz = np.fft.rfftfreq(samples.shape[-1], 1 / RATE)
    return float(10 * np.log10(power[..., (hz >= low_hz) & (hz < high_hz)].sum() + 1e-20))


@pytest.fixture(scope="module", params=["indie_pop", "house"])
def take(request):
    """(stems of the mix, song, performance, bus, master) of a song that was mixed once."""
    stems, song, performance = stage(styles={request.param: 1.0})
    mixed = mix(stems, song, performance)
    mastered = master(mixed.bus, fade_out_s=closing_fade_s(song, performance), duration_s=song.duration_s)
    return mixed.stems, song, performance, mixed.bus, mastered


@pytest.fixture(scope="module")
def mixer(take):
    return Mixer(*take[:3])


def test_untouched_it_gives_the_original_mix_and_master(take, mixer):
    remix = mixer.remix()
    assert apart_db(take[3].samples, remix.mixed.bus.samples) < -80
    assert apart_db(take[4].audio.samples, remix.mastered.audio.samples) < -80
    assert remix.mastered.integrated_lufs == pytest.approx(take[4].integrated_lufs, abs=0.02)


def test_a_muted_lane_is_gone_and_the_others_stay(take, mixer):
    """The bus with the bass muted is the bus of a take that never had its sound."""
    muted = mixer.remix(MixSettings(mute=frozenset({"bass"}))).mixed
    assert band_db(muted.bus.samples, 40, 90) < band_db(take[3].samples, 40, 90) - 3
    for lane in take[0]:
        assert np.array_equal(muted.stems[lane].samples, take[0][lane].samples), lane
    turned_off = mixer.remix(MixSettings(gain_db={"bass": float("-inf")})).mixed.bus
    assert apart_db(muted.bus.samples, turned_off.samples) < -80


@pytest.mark.parametrize("lane", ["melody", "drums"])
def test_solo_is_the_lane_alone(take, mixer, lane):
    others = frozenset(take[0]) - {lane}
    soloed = mixer.remix(MixSettings(solo=frozenset({lane}))).mixed.bus.samples
    rest_muted = mixer.remix(MixSettings(mute=others)).mixed.bus.samples
    assert apart_db(soloed, rest_muted) < -80
    # and dry, it is the lane's own stem but for the bus: no other lane leaks in
    dry = mixer.remix(MixSettings(solo=frozenset({lane}), reverb_db={lane: -90.0})).mixed.bus.samples
    similar = np.corrcoef(dry[0], take[0][lane].samples[0])[0, 1]
    assert similar > 0.9


def test_all_muted_is_silence(take, mixer):
    remix = mixer.remix(MixSettings(mute=frozenset(take[0])))
    assert not remix.mixed.bus.samples.any() and not remix.mastered.audio.samples.any()


@pytest.mark.parametrize("target", TARGETS_LUFS.values())
def test_loudness_targets_are_met(mixer, target):
    mastered = mixer.remix(target_lufs=target).mastered
    assert mastered.integrated_lufs == pytest.approx(target, abs=0.1)
    assert mastered.true_peak_dbtp <= -1.0


def test_fader_pan_and_bands_move_what_they_say(take, mixer):
    stems = take[0]
    turned = mixer.remix(MixSettings(gain_db={"comp": -6.0}, pan={"melody": 1.0}, low_db={"bass": 4.0},
                                     mid_db={"pad": -6.0}, high_db={"counter": 5.0})).mixed.stems
    assert level_db(turned["comp"].samples) == pytest.approx(level_db(stems["comp"].samples) - 6.0, abs=0.02)
    left, right = turned["melody"].samples
    assert level_db(left) < level_db(right) - 40

    def moved(lane: str, low_hz: float, high_hz: float) -> float:
        return band_db(turned[lane].samples, low_hz, high_hz) - band_db(stems[lane].samples, low_hz, high_hz)

    assert moved("bass", 40, 80) > 3.0
    assert -6.5 < moved("pad", 900, 1_100) < -5.0 and abs(moved("pad", 100, 200)) < 1.0
    assert moved("counter", 5_000, 7_000) > 2.5 and abs(moved("counter", 300, 800)) < 0.5
    assert np.array_equal(turned["drums"].samples, stems["drums"].samples)


def test_a_send_turned_up_is_heard_in_the_tail(take):
    mixer = Mixer(*take[:3])
    solo = frozenset({"comp"})
    plain, wet = (mixer.remix(MixSettings(solo=solo, reverb_db={"comp": db})).mixed.bus.samples for db in (-60, 12))
    assert level_db(wet - plain) > level_db(plain) - 20


def test_the_order_of_changes_does_not_matter(take):
    settings = MixSettings(gain_db={"drums": 2.0}, mute=frozenset({"pad"}))
    at_once = Mixer(*take[:3]).remix(settings)
    after_others = Mixer(*take[:3])
    after_others.remix(MixSettings(solo=frozenset({"drums"}), gain_db={"drums": -9.0}))
    after_others.remix()
    later = after_others.remix(settings)
    assert at_once.mastered.audio.samples.tobytes() == later.mastered.audio.samples.tobytes()


def test_bad_settings_are_refused_in_words(take, mixer):
    with pytest.raises(InputError, match="no lane kazoo"):
        mixer.remix(MixSettings(gain_db={"kazoo": 1.0}))
    with pytest.raises(InputError, match="pan of bass is 2"):
        mixer.remix(MixSettings(pan={"bass": 2.0}))
    with pytest.raises(InputError, match="gain_db of bass is nan"):
        mixer.remix(MixSettings(gain_db={"bass": float("nan")}))
    with pytest.raises(InputError, match="mastered to"):
        mixer.remix(target_lufs=3.0)
    silent = {lane: Audio(np.zeros_like(stem.samples), RATE) for lane, stem in take[0].items()}
    with pytest.raises(InputError, match="every stem is silent"):
        Mixer(silent, *take[1:3])


def test_cancel_stops_it(take):
    cancel = Event()
    cancel.set()
    with pytest.raises(Cancelled):
        Mixer(*take[:3]).remix(cancel=cancel)


@pytest.mark.slow
def test_a_change_to_thirty_seconds_takes_less_than_a_second_of_compute():
    stems, song, performance = stage(bars=15)
    mixer = Mixer(mix(stems, song, performance).stems, song, performance)
    mixer.remix()
    start = process_time()
    mixer.remix(MixSettings(gain_db={"bass": -3.0}))
    assert process_time() - start < 1.0
