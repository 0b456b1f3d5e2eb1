"""The mix bus: tone towards recorded music's long-term spectrum, glue, rides by the energy plan, old machines."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from pedalboard import Plugin
from scipy.ndimage import gaussian_filter1d

from modules.studio import dynamics, effects
from modules.studio.character import Character
from modules.studio.loudness import hop_powers, k_weighted, octave_levels, to_lufs
from modules.types import Performance, Song

# Level of each octave (31 Hz … 16 kHz) of full-band popular music against the whole, dB: close to Elowsson & Friberg
# 2017, "Long-term average spectrum in popular music", which falls about 4 dB an octave above 100 Hz.
POPULAR_DB = np.array([-16.0, -7.0, -5.5, -6.5, -8.5, -12.0, -15.5, -19.0, -22.5, -28.0])
# (octaves looked at, share of the deviation corrected, most cut, most boost, the filter)
_CORRECTIONS = (
    ((1, 2), 0.6, 4.0, 2.5, lambda db: effects.low_shelf(110.0, db)),
    ((3,), 0.5, 3.0, 1.5, lambda db: effects.bell(260.0, db, 0.8)),
    ((6,), 0.6, 4.0, 3.0, lambda db: effects.bell(2_000.0, db, 0.9)),
    ((7,), 0.6, 5.0, 3.0, lambda db: effects.bell(4_000.0, db, 0.9)),
    ((8,), 0.6, 5.0, 6.0, lambda db: effects.high_shelf(6_500.0, db)),
)
_DEADBAND_DB = 2.0  # what music differs by anyway
_ABSENT_DB = 14.0  # a band this far below has no instrument in it: nothing to lift
DB_PER_LEVEL = 0.75  # at least this much louder for one step of the energy plan (0–7)
MAX_RIDE_DB = 4.5


def tone_filters(sounds: Iterable[np.ndarray], rate: int, character: Character) -> list[Plugin]:
    """Filters that lead the sum of `sounds` half-way to the style's long-term spectrum, then tilt it as asked."""
    total = np.zeros((2, 0), np.float32)
    for sound in sounds:
        total = sound.copy() if total.shape[-1] == 0 else total + sound
    if not np.any(total):
        return []
    aim = POPULAR_DB + character.treble_db * np.clip((np.arange(10) - 5) / 3, 0.0, 1.2)
    away = octave_levels(total, rate) - aim
    away -= away[3:7].mean()  # 250 Hz … 2 kHz are the middle that stays
    filters: list[Plugin] = []
    for octaves, share, most_cut, most_boost, make in _CORRECTIONS:
        deviation = away[list(octaves)].mean()
        if abs(deviation) > _DEADBAND_DB and deviation > -_ABSENT_DB:
            excess = deviation - np.sign(deviation) * _DEADBAND_DB
            filters += make(float(np.clip(-share * excess, -most_cut, most_boost)))
    filters += effects.low_shelf(180.0, character.warmth_db - 0.35 * character.tilt_db)
    filters += effects.high_shelf(2_800.0, character.tilt_db)
    return filters


def shape_bus(bus: np.ndarray, rate: int, tone: list[Plugin], character: Character, song: Song,
              performance: Performance) -> np.ndarray:
    """Tone, glue, old machines, energy rides, width and a mono bottom. float32 (2, T) → (2, T)."""
    bus = effects.equalise(bus, rate, tone)
    rides = _energy_rides(bus, rate, song, performance)
    bus = dynamics.compress(bus, rate, over_db=1.5, ratio=1.6, attack_s=0.025, release_db_per_s=20.0)
    if character.old > 0:
        bus = _aged(bus, rate, character.old, song.seed)
    bus = dynamics.apply_gain(bus, rides)
    return effects.mono_lows(_widened(bus, 0.8 + 0.4 * character.width), rate)


def _widened(bus: np.ndarray, amount: float) -> np.ndarray:
    """Scale the sides, but leave them at least 3 dB below the middle: more is lost on one loudspeaker."""
    middle, side = (float(np.mean((bus[0] + sign * bus[1]) ** 2)) for sign in (1, -1))
    return effects.widen(bus, min(amount, (0.5 * middle / max(side, 1e-12)) ** 0.5))


def _aged(bus: np.ndarray, rate: int, amount: float, seed: int) -> np.ndarray:
    """"vintage" (0.5): narrower band, a little wow. "lo-fi" (1): narrow band, wow and flutter, vinyl."""
    rms = dynamics.active_rms(hop_powers(bus, dynamics.HOP))
    bus = effects.saturate(bus, 0.3 * amount, rms)
    top_hz = 15_000.0 * (6_500.0 / 15_000.0) ** amount
    bus = effects.equalise(bus, rate, [*effects.low_cut(35.0 + 40.0 * amount), *effects.high_cut(top_hz)])
    bus = effects.tape_drift(bus, rate, seed, cents=6.0 * amount)
    if amount > 0.7 and rms > 0:
        bus = bus + effects.vinyl_noise(bus.shape[-1], rate, seed) * np.float32(rms * 10 ** (-34 / 20))
    return bus


def _energy_rides(bus: np.ndarray, rate: int, song: Song, performance: Performance) -> np.ndarray:
    """Gain in dB per hop that turns quieter passages of the plan down where players left them too loud.

    All bars of one energy level get one gain: the loudness of the highest level less `DB_PER_LEVEL` a step is the most
    that a lower level may have. Where that is so already, nothing moves.
    """
    n_hops = -(-bus.shape[-1] // dynamics.HOP)
    starts_s = np.array(performance.bar_starts_s[:song.canvas.n_bars])
    if len(starts_s) < 2:
        return np.zeros(n_hops)
    levels = np.asarray(song.canvas.energy[:len(starts_s)], float)
    power = hop_powers(k_weighted(bus, rate), dynamics.HOP)
    bar_of_hop = np.clip(np.searchsorted(starts_s, np.arange(n_hops) * dynamics.HOP / rate, "right") - 1, 0, None)
    level_of_hop = levels[bar_of_hop]
    found = {level: float(to_lufs(power[level_of_hop == level].mean())) for level in np.unique(levels)
             if np.any(level_of_hop == level)}
    top = max(found)
    ride = {level: float(np.clip(found[top] - DB_PER_LEVEL * (top - level) - lufs, -MAX_RIDE_DB, 0.0))
            for level, lufs in found.items()}
    curve = np.array([ride[level] for level in level_of_hop])
    return gaussian_filter1d(curve, 0.12 * rate / dynamics.HOP, mode="nearest")
