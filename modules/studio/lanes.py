"""One lane's strip: what its role and register ask for (`plan_lanes`), and doing it (`process`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from modules.studio import dynamics, effects
from modules.studio.character import MELODY_BEHIND_VOCAL_LU, Character
from modules.studio.loudness import FLOOR_LUFS, block_powers, gated_lufs, hop_powers, k_hop_powers
from modules.types import Part

LEAD_LUFS = -22.0  # the lead while it sounds; the whole mix comes out near −20
MAX_GAIN_DB = 40.0
PEAK_DBFS = 0.0  # a sparse, sharp lane (a triangle) may not be turned up beyond this peak
NO_BACKBEAT_LU = -5.0  # drums without kick and snare are colour, not the beat
BACKBEAT = (35, 36, 37, 38, 39, 40)
VOICES = ("vocal", "hum")  # the singer; a person's own voice
LOW_CUT_HZ = {"vocal": 95.0, "hum": 95.0, "melody": 110.0, "counter": 130.0, "comp": 120.0, "comp2": 150.0,
              "pad": 160.0, "drums": 28.0, "bass": 28.0}
PLACES = {"comp": -0.42, "comp2": 0.45, "counter": 0.28}
PARTNERS = {"comp": ("comp2", "counter"), "comp2": ("comp",), "counter": ("comp",)}
SPREAD = {"pad": 0.55, "comp2": 0.22, "counter": 0.15}  # side against middle given to mono sounds at width 1
SATURATED = {"drums": 0.7, "bass": 1.0, "comp": 0.7, "comp2": 0.5, "melody": 0.3}


@dataclass(frozen=True)
class Strip:
    """`target_lufs` while it plays, `low_cut_hz`, `pan` −1 … 1; `behind`: makes way for a lead in 1–4 kHz."""

    lane: str
    target_lufs: float
    low_cut_hz: float
    pan: float
    behind: bool


def plan_lanes(sounding: Iterable[str], parts: Mapping[str, Part], character: Character) -> dict[str, Strip]:
    """A strip for every lane that sounds, seen together: who leads, who holds the bottom, who balances whom."""
    lanes = tuple(sounding)
    sung = any(lane in lanes for lane in VOICES)
    lead = sung or "melody" in lanes
    strips = {}
    for lane in lanes:
        loudness = character.lane_lu[lane]
        if lane == "melody" and sung:
            loudness += MELODY_BEHIND_VOCAL_LU
        notes = parts[lane].notes if lane in parts else ()
        if lane == "drums" and notes and not any(note.midi in BACKBEAT for note in notes):
            loudness += NO_BACKBEAT_LU
        width = 0.5 + 0.7 * character.width
        alone = not any(partner in lanes for partner in PARTNERS.get(lane, ()))
        strips[lane] = Strip(lane, LEAD_LUFS + loudness, _low_cut_hz(lane, lanes, parts),
                             PLACES.get(lane, 0.0) * width * (0.25 if alone else 1.0),
                             lead and lane in ("counter", "comp", "comp2", "pad"))
    return strips


def _low_cut_hz(lane: str, lanes: tuple[str, ...], parts: Mapping[str, Part]) -> float:
    """Below the lane's lowest note always; up to its role's corner when a bass lane holds the bottom."""
    notes = [*parts[lane].notes, *parts[lane].sung] if lane in parts else []
    if lane in ("drums", "bass") or not notes:
        return LOW_CUT_HZ[lane] if "bass" in lanes else min(LOW_CUT_HZ[lane], 40.0)
    lowest_hz = 440.0 * 2 ** ((min(note.midi for note in notes) - 69) / 12)
    below_all = max(35.0, 0.7 * lowest_hz)
    return min(LOW_CUT_HZ[lane], 1.3 * below_all) if "bass" in lanes else min(LOW_CUT_HZ[lane], below_all)


def process(samples: np.ndarray, rate: int, strip: Strip, character: Character) -> np.ndarray:
    """Filter, compress, saturate, spread and set the loudness of one lane, centred. (1 or 2, T) → (2, T)."""
    if len(samples) == 2 and np.array_equal(samples[0], samples[1]):
        samples = samples[:1]  # half the work; what is mono stays so until it is spread
    sound = effects.equalise(samples, rate, _filters(strip, character))
    if strip.lane in VOICES:
        sound = dynamics.de_ess(sound, rate)
        sound = dynamics.compress(sound, rate, over_db=-3.0, ratio=3.0, attack_s=0.006, release_db_per_s=40.0)
    elif strip.lane == "bass":
        sound = dynamics.compress(sound, rate, over_db=0.0, ratio=2.5, attack_s=0.015, release_db_per_s=40.0)
    elif strip.lane == "melody":
        sound = dynamics.compress(sound, rate, over_db=2.0, ratio=1.8, attack_s=0.01, release_db_per_s=30.0)
    amount = character.saturation * SATURATED.get(strip.lane, 0.0)
    if amount > 0.02:
        sound = effects.saturate(sound, amount, dynamics.active_rms(
            hop_powers(sound, dynamics.HOP) * (2 / len(sound))))
    spread = SPREAD.get(strip.lane, 0.0) * character.width
    if spread > 0.05 and _is_mono(sound):
        sound = effects.spread_mono(sound, rate, spread)
    elif strip.lane not in (*VOICES, "bass") and len(sound) == 2:
        sound = effects.widen(sound, 0.65 + 0.7 * character.width)
    sound = sound * _balance_gain(sound, rate, strip.target_lufs)
    return sound if len(sound) == 2 else np.repeat(sound, 2, axis=0)


def _filters(strip: Strip, character: Character) -> list[effects.Plugin]:
    lane = strip.lane
    filters = effects.low_cut(strip.low_cut_hz)
    if lane in VOICES:
        return [*filters, *effects.bell(280.0, -1.5), *effects.bell(3_000.0, 2.0, 0.7),
                *effects.high_shelf(9_000.0, 2.0)]
    if lane == "bass":
        return [*filters, *effects.bell(260.0, -2.0), *effects.bell(900.0, 1.5)]
    if lane == "drums":
        return [*filters, *effects.bell(330.0, -2.0)]
    if strip.behind:
        return [*filters, *effects.bell(300.0, -1.5), *effects.bell(2_400.0, -2.0 if lane != "pad" else -3.0, 0.6)]
    return filters


def _is_mono(sound: np.ndarray) -> bool:
    if len(sound) == 1:
        return True
    side = float(np.mean((sound[0] - sound[1]) ** 2))
    return side < 0.02 * float(np.mean((sound[0] + sound[1]) ** 2))


def _balance_gain(sound: np.ndarray, rate: int, target_lufs: float) -> np.float32:
    """One gain for the whole lane: its loudness while it plays (BS.1770's gates leave rests out) to the target."""
    lufs = gated_lufs((2 / len(sound)) * block_powers(k_hop_powers(sound, rate), 0.1))
    if lufs <= FLOOR_LUFS:
        return np.float32(1.0)  # below hearing: noise is not turned into music
    peak_db = 20 * np.log10(max(float(np.abs(sound).max()), 1e-9))
    return np.float32(10 ** (min(target_lufs - lufs, PEAK_DBFS - peak_db, MAX_GAIN_DB) / 20))
