"""The mix bus: tone towards recorded music's long-term spectrum, glue, rides by the energy plan, old machines."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.ndimage import gaussian_filter1d

from modules.studio import dynamics, effects
from modules.studio.character import Character
from modules.studio.loudness import OCTAVES_HZ, hop_powers, k_hop_powers, octave_levels, to_lufs
from modules.types import Performance, Song

_SHARE = 0.8  # of a deviation from the curve that is corrected
_DEADBAND_DB = 0.8  # what music differs by anyway
_MOST_CUT_DB, _MOST_BOOST_DB = 9.0, 4.5
_UNPLAYED_DB = 25.0  # a band this far below the strongest says nothing of the balance
_ABSENT_DB = 14.0  # a band this far below has no instrument in it: nothing to lift
HISS_FROM, VINYL_FROM = 0.25, 0.7  # how old a machine sounds before its noise is heard
HISS_DB, VINYL_DB = -46.0, -36.0  # against the music
DB_PER_LEVEL = 0.75  # at least this much louder for one step of the energy plan (0–7)
MOST_PER_LEVEL = 1.8  # and at most this much, so that an intro does not vanish under its chorus
MAX_RIDE_DB, MAX_LIFT_DB = 4.5, 4.0
CURVE_SPAN_LU = 15.0  # between 0 and 1 of a drawn energy curve
CURVE_MOST_DB = 9.0  # that its ride may turn up or down
CURVE_HEARD_S = 2.0  # of the music's own loudness, smoothed, that the ride works against


def tone_curve(sounds: Iterable[np.ndarray], rate: int, character: Character) -> np.ndarray:
    """Gain in dB of each octave, float64 (10,), that leads the sum of `sounds` to the style's long-term spectrum, then
    tilts it as asked."""
    total = np.zeros((2, 0), np.float32)
    for sound in sounds:
        if total.shape[-1] == 0:
            total = sound.copy()
        else:
            total += sound
    if not np.any(total):
        return np.zeros(len(OCTAVES_HZ))
    aim = np.array(character.curve_db) + character.treble_db * np.clip((np.arange(10) - 5) / 3, 0.0, 1.2)
    levels = octave_levels(total, rate)
    away = levels - aim
    # 125 Hz … 2 kHz are the middle that stays; what is not played does not count
    played = (levels[2:7] > levels[2:7].max() - _UNPLAYED_DB) * 10 ** (aim[2:7] / 20)
    away -= np.average(away[2:7], weights=played)
    excess = np.sign(away) * np.maximum(np.abs(away) - _DEADBAND_DB, 0.0)
    gain_db = np.where(away > -_ABSENT_DB, np.clip(-_SHARE * excess, -_MOST_CUT_DB, _MOST_BOOST_DB), 0.0)
    gain_db[0] = min(gain_db[0], 0.0)  # rumble is never lifted
    gain_db[9] = min(gain_db[9], gain_db[8], _MOST_BOOST_DB)  # nor hiss above what lies below it
    gain_db += (character.warmth_db - 0.35 * character.tilt_db) / (1 + (OCTAVES_HZ / 180.0) ** 2)
    return gain_db + character.tilt_db / (1 + (2_800.0 / OCTAVES_HZ) ** 2)


def shape_bus(bus: np.ndarray, rate: int, tone_db: np.ndarray, character: Character, song: Song,
              performance: Performance) -> np.ndarray:
    """Tone and a mono bottom, glue, old machines, energy rides, width. float32 (2, T) → (2, T)."""
    bus = effects.shape(bus, rate, OCTAVES_HZ, tone_db)
    rides = _energy_rides(bus, rate, song, performance)
    bus = _glued(bus, rate, character.density)
    if character.old > 0:
        bus = _aged(bus, rate, character.old, song.seed)
    bus = dynamics.apply_gain(bus, rides)
    return _widened(bus, 0.8 + 0.4 * character.width)


def _glued(bus: np.ndarray, rate: int, density: float) -> np.ndarray:
    """One compressor over everything; denser styles get a quicker, firmer one and rounded peaks."""
    bus = dynamics.compress(bus, rate, over_db=1.5 - 1.5 * density, ratio=1.6 + 0.9 * density,
                            attack_s=0.025 - 0.013 * density, release_db_per_s=20.0 + 20.0 * density)
    if density <= 0.1:
        return bus
    return effects.saturate(bus, 0.12 + 0.4 * density, dynamics.active_rms(hop_powers(bus, dynamics.HOP)))


def _widened(bus: np.ndarray, amount: float) -> np.ndarray:
    """Scale the sides, but leave them at least 3 dB below the middle: more is lost on one loudspeaker."""
    middle, side = (float(np.mean((bus[0] + sign * bus[1]) ** 2)) for sign in (1, -1))
    return effects.widen(bus, min(amount, (0.5 * middle / max(side, 1e-12)) ** 0.5))


def _aged(bus: np.ndarray, rate: int, amount: float, seed: int) -> np.ndarray:
    """"vintage" (0.5): narrower band, a little wow, tape hiss. "lo-fi" (1): narrow band, wow and flutter, vinyl."""
    rms = dynamics.active_rms(hop_powers(bus, dynamics.HOP))
    bus = effects.saturate(bus, 0.3 * amount, rms)
    # the cut's filters lie half as high again, and must stay under half the rate
    top_hz = min(0.31 * rate, 15_000.0 * (6_500.0 / 15_000.0) ** amount)
    bus = effects.equalise(bus, rate, [*effects.low_cut(35.0 + 40.0 * amount), *effects.high_cut(top_hz)])
    bus = effects.tape_drift(bus, rate, seed, cents=6.0 * amount)
    if rms > 0 and amount > HISS_FROM:
        vinyl = amount >= VINYL_FROM
        noise = effects.vinyl_noise(bus.shape[-1], rate, seed, crackles_per_s=8.0 if vinyl else 0.0)
        bus = bus + noise * np.float32(rms * 10 ** ((VINYL_DB if vinyl else HISS_DB) / 20))
    return bus


def _energy_rides(bus: np.ndarray, rate: int, song: Song, performance: Performance) -> np.ndarray:
    """Gain in dB per hop that makes the loudness of passages follow the plan.

    All bars of one energy level get one gain: a lower level lies at least `DB_PER_LEVEL` and at most `MOST_PER_LEVEL`
    a step under the highest one. Where that is so already, nothing moves.
    """
    n_hops = -(-bus.shape[-1] // dynamics.HOP)
    if song.energy_curve:
        return _curve_rides(bus, rate, song.energy_curve)
    starts_s = np.array(performance.bar_starts_s[:song.canvas.n_bars])
    if len(starts_s) < 2:
        return np.zeros(n_hops)
    levels = np.asarray(song.canvas.energy[:len(starts_s)], float)

    def level_at(times_s: np.ndarray) -> np.ndarray:
        return levels[np.clip(np.searchsorted(starts_s, times_s, "right") - 1, 0, None)]

    power = k_hop_powers(bus, rate)
    level_of_power = level_at((np.arange(len(power)) + 0.5) * bus.shape[-1] / rate / max(len(power), 1))
    found = {level: float(to_lufs(power[level_of_power == level].mean())) for level in np.unique(level_of_power)}
    top = max(found)
    ride = {}
    for level, lufs in found.items():
        wanted = np.clip(lufs, found[top] - MOST_PER_LEVEL * (top - level), found[top] - DB_PER_LEVEL * (top - level))
        ride[level] = float(np.clip(wanted - lufs, -MAX_RIDE_DB, MAX_LIFT_DB))
    curve = np.array([ride.get(level, 0.0) for level in level_at(np.arange(n_hops) * dynamics.HOP / rate)])
    return gaussian_filter1d(curve, 0.12 * rate / dynamics.HOP, mode="nearest")


def _curve_rides(bus: np.ndarray, rate: int, curve: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Gain in dB per hop that lays the loudness along a drawn curve: what was asked less what is heard.

    The asked line jumps where the curve jumps, so that a drop falls where it was drawn; the heard one is smooth, so
    that beats stay beats.
    """
    n_hops = -(-bus.shape[-1] // dynamics.HOP)
    power = k_hop_powers(bus, rate)
    if len(power) == 0:
        return np.zeros(n_hops)
    times_s = (np.arange(len(power)) + 0.5) * bus.shape[-1] / rate / len(power)
    heard = to_lufs(np.maximum(gaussian_filter1d(power, CURVE_HEARD_S / 2 / (times_s[0] * 2), mode="nearest"), 1e-9))
    asked = CURVE_SPAN_LU * np.clip(np.interp(times_s, *zip(*sorted(curve), strict=True)), 0.0, 1.0)
    loud = power > power.max() * 1e-4  # the last ring dies away by itself
    ride = asked - heard
    ride = np.clip(ride - np.median(ride[loud]), -CURVE_MOST_DB, CURVE_MOST_DB)
    last = int(np.flatnonzero(loud)[-1])
    ride[last:] = np.minimum(ride[last:], ride[last])
    ride = np.interp(np.arange(n_hops) * dynamics.HOP / rate, times_s, ride)
    return gaussian_filter1d(ride, 0.12 * rate / dynamics.HOP, mode="nearest")
