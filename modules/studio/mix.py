"""`mix`: stems become a stereo bus. One gain per lane for the whole song, so that what the players did stays.

Order: each lane is filtered, compressed (voices, bass), saturated and set to its loudness; faders, pan and ducking make
the stems; sends feed one room, a short room for drums and an echo; the bus is shaped, glued, rides with the song's
energy plan and is mono below 120 Hz.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

import numpy as np

from modules.config import SAMPLE_RATE
from modules.errors import Cancelled, InputError
from modules.studio import dynamics, effects, lanes
from modules.studio.bus import shape_bus, tone_filters
from modules.studio.character import Character, song_character
from modules.studio.reverb import reverberate
from modules.types import Audio, Performance, Song

THREADS = 2
SEND_REVERB = {"vocal": 0.8, "melody": 0.9, "counter": 1.1, "comp": 0.75, "comp2": 0.9, "pad": 1.0, "drums": 0.5,
               "bass": 0.0}
SEND_ECHO = {"vocal": 0.7, "melody": 0.8, "counter": 0.6, "comp2": 0.35}
DUCKED = {"pad": 1.0, "comp": 0.9, "comp2": 0.9, "bass": 0.8, "counter": 0.6, "melody": 0.35, "vocal": 0.15}
DUCK_DB = 13.0  # under a kick at sidechain 1
KICKS = (35, 36)


@dataclass(frozen=True)
class MixSettings:
    """What a person turned at the mixer, by lane; empty = as the studio would have it.

    gain_db, pan (−1 … 1, added to the lane's place), low_db and high_db (shelves at 150 Hz and 4 kHz), reverb_db (its
    send). `mute` and `solo` hold lanes; when any lane is soloed the others are silent.
    """

    gain_db: Mapping[str, float] = field(default_factory=dict)
    pan: Mapping[str, float] = field(default_factory=dict)
    low_db: Mapping[str, float] = field(default_factory=dict)
    high_db: Mapping[str, float] = field(default_factory=dict)
    reverb_db: Mapping[str, float] = field(default_factory=dict)
    mute: frozenset[str] = frozenset()
    solo: frozenset[str] = frozenset()

    def hears(self, lane: str) -> bool:
        """Is the lane on the bus?"""
        return lane not in self.mute and (not self.solo or lane in self.solo)


@dataclass(frozen=True)
class Mixed:
    """`stems`: every lane after its own processing, muted ones too, without the shared rooms and bus effects.
    `bus`: the whole mix before the master, about −20 LUFS."""

    stems: Mapping[str, Audio]
    bus: Audio


def mix(stems: Mapping[str, Audio], song: Song, performance: Performance, *, settings: MixSettings | None = None,
        cancel: Event | None = None) -> Mixed:
    """Mix a song's stems.

    Args:
        stems: lane → sound at 44.1 kHz, all of one length; mono is taken as centred.
        song: gives styles, brightness, production words, energy plan and seed.
        performance: gives the kicks to duck under, bar times and the parts' registers.
        settings: a person's changes; muting a lane never changes the level of another.

    Returns:
        The lanes and the bus, as long as the stems. The same input gives the same bytes.

    Raises:
        InputError: no stems, an unknown lane, different rates or lengths, or values that are not finite.
        Cancelled: `cancel` was set.
    """
    settings = settings or MixSettings()
    rate, n_samples = _checked(stems, settings)
    character = song_character(song)
    parts = {part.lane: part for part in performance.parts}
    sounding = [lane for lane, stem in stems.items() if np.any(stem.samples)]
    plan = lanes.plan_lanes(sounding, parts, character)

    def place(lane: str) -> np.ndarray:
        _look_at(cancel)
        return lanes.process(_stereo(stems[lane].samples), rate, plan[lane], character)

    # pedalboard and NumPy work without Python's lock; results come in order, so threads change no byte
    with ThreadPoolExecutor(THREADS) as pool:
        placed = dict(zip(sounding, pool.map(place, sounding), strict=True))
    tone = tone_filters(placed.values(), rate, character)  # from all lanes, so that a mute changes no tone

    kicks = _kicks(performance)
    for lane in sounding:
        placed[lane] = _faded(placed[lane], rate, lane, settings, plan[lane].pan)
        if character.sidechain > 0.02 and lane in DUCKED and len(kicks):
            placed[lane] = _ducked(placed[lane], rate, kicks, character.sidechain * DUCKED[lane], song.tempo_bpm)
    heard = {lane: sound for lane, sound in placed.items() if settings.hears(lane)}
    _look_at(cancel)
    bus = np.zeros((2, n_samples), np.float32)
    for sound in heard.values():
        bus += sound
    if heard:
        bus += _returns(heard, rate, character, settings, song, kicks)
        _look_at(cancel)
        bus = shape_bus(bus, rate, tone, character, song, performance)
    scale = _headroom([bus, *placed.values()])
    silence = np.zeros((2, n_samples), np.float32)
    done = {lane: Audio(placed[lane] * scale if lane in placed else silence, rate) for lane in stems}
    return Mixed(done, Audio(bus * scale, rate))


def _returns(heard: Mapping[str, np.ndarray], rate: int, character: Character, settings: MixSettings, song: Song,
             kicks: np.ndarray) -> np.ndarray:
    """What comes back from the rooms and the echo, float32 (2, T)."""
    shape = next(iter(heard.values())).shape
    sends = {name: np.zeros(shape, np.float32) for name in ("room", "drums", "echo")}
    for lane, sound in heard.items():
        level = np.float32(SEND_REVERB[lane] * 10 ** (settings.reverb_db.get(lane, 0.0) / 20))
        sends["drums" if lane == "drums" else "room"] += sound * level
        if character.delay > 0.02 and lane in SEND_ECHO:
            sends["echo"] += sound * np.float32(SEND_ECHO[lane] * 0.6 * character.delay)
    out = np.zeros(shape, np.float32)
    if np.any(sends["echo"]):
        beats = 0.75 if song.canvas.meter != "6/8" else 2 / 3  # a dotted eighth, or two of a beat's three
        time_s = beats * 60.0 / song.tempo_bpm
        while time_s > 0.65:
            time_s /= 2
        repeats = effects.echo(sends["echo"], rate, time_s)
        sends["room"] += repeats * np.float32(0.4)
        out += repeats
    wet = np.float32(0.95 * character.reverb ** 1.3)
    rooms = {"room": character.room, "drums": "room" if character.room == "room" else "plate"}

    def sound_room(name: str) -> np.ndarray:
        send = effects.equalise(sends[name], rate, [*effects.low_cut(220.0), *effects.high_cut(9_000.0)])
        return reverberate(send, rate, rooms[name]) * wet

    with ThreadPoolExecutor(THREADS) as pool:
        for back in pool.map(sound_room, [name for name in ("room", "drums") if wet > 0.003 and np.any(sends[name])]):
            out += back
    if character.sidechain > 0.02 and len(kicks):
        out = _ducked(out, rate, kicks, character.sidechain, song.tempo_bpm)
    return out


def _faded(sound: np.ndarray, rate: int, lane: str, settings: MixSettings, place: float) -> np.ndarray:
    sound = effects.equalise(sound, rate, [*effects.low_shelf(150.0, settings.low_db.get(lane, 0.0)),
                                           *effects.high_shelf(4_000.0, settings.high_db.get(lane, 0.0))])
    return effects.pan(sound, place + settings.pan.get(lane, 0.0)) * np.float32(
        10 ** (settings.gain_db.get(lane, 0.0) / 20))


def _ducked(sound: np.ndarray, rate: int, kicks: np.ndarray, amount: float, tempo_bpm: float) -> np.ndarray:
    curve = dynamics.duck_curve(kicks, sound.shape[-1], rate, depth_db=DUCK_DB * amount,
                                recover_s=min(0.7 * 60.0 / tempo_bpm, 0.4))
    return dynamics.apply_gain(sound, curve)


def _kicks(performance: Performance) -> np.ndarray:
    """Onsets of the bass drum in seconds, ascending."""
    return np.sort([note.onset_s for part in performance.parts if part.is_drum for note in part.notes
                    if note.midi in KICKS])


def _headroom(sounds: list[np.ndarray]) -> np.float32:
    """One factor for everything, so that stems and bus stay in proportion and no file clips."""
    peak = max(float(np.abs(sound).max(initial=0.0)) for sound in sounds)
    return np.float32(min(1.0, 0.95 / max(peak, 1e-9)))


def _stereo(samples: np.ndarray) -> np.ndarray:
    return samples if len(samples) == 2 else np.repeat(samples[:1], 2, axis=0)


def _look_at(cancel: Event | None) -> None:
    if cancel is not None and cancel.is_set():
        raise Cancelled("Stopped.")


def _checked(stems: Mapping[str, Audio], settings: MixSettings) -> tuple[int, int]:
    """(rate, samples) of all stems."""
    if not stems:
        raise InputError("there are no stems to mix; at least one lane that sounds would be right.")
    named = (*stems, *settings.gain_db, *settings.pan, *settings.low_db, *settings.high_db, *settings.reverb_db,
             *settings.mute, *settings.solo)
    unknown = sorted(set(named) - set(SEND_REVERB))
    if unknown:
        raise InputError(f"the mixer knows no lane {', '.join(unknown)}; {', '.join(SEND_REVERB)} would be right.")
    rates = {stem.sample_rate for stem in stems.values()}
    lengths = {stem.samples.shape[-1] for stem in stems.values()}
    if len(rates) > 1 or len(lengths) > 1:
        raise InputError(f"stems have rates {sorted(rates)} Hz and lengths {sorted(lengths)}; "
                         "one of each would be right.")
    if rates != {SAMPLE_RATE}:
        raise InputError(f"stems have a rate of {rates.pop()} Hz; {SAMPLE_RATE} Hz would be right.")
    for lane, stem in stems.items():
        if not np.isfinite(stem.samples).all():
            raise InputError(f"the stem of {lane} holds values that are not finite; a whole sound would be right.")
    return rates.pop(), lengths.pop()
