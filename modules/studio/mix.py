"""`mix`: stems become a stereo bus. One gain per lane for the whole song, so that what the players did stays.

Order: each lane is filtered, compressed (voices, bass), saturated and set to its loudness; drums get their sweeps into
drops; pan and ducking make the stems; a person's faders move those; sends feed one room, a short room for drums and an
echo; the bus is led to its style's spectrum with a mono bottom, glued, and rides with the song's energy plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event

import numpy as np

from modules.config import SAMPLE_RATE
from modules.errors import Cancelled, InputError
from modules.studio import dynamics, effects, lanes
from modules.studio.bus import shape_bus, tone_curve
from modules.studio.character import Character, song_character
from modules.studio.faders import fade_lane
from modules.studio.mix_sheet import MixSettings
from modules.studio.reverb import reverberate
from modules.studio.transitions import transitions
from modules.types import Audio, Performance, Song

THREADS = 2
SEND_REVERB = {"vocal": 0.8, "hum": 0.8, "melody": 0.9, "counter": 1.1, "comp": 0.75, "comp2": 0.9, "pad": 1.0,
               "drums": 0.5, "bass": 0.0}
SEND_ECHO = {"vocal": 0.7, "hum": 0.7, "melody": 0.8, "counter": 0.6, "comp2": 0.35}
DUCKED = {"pad": 1.0, "comp": 0.9, "comp2": 0.9, "bass": 0.8, "counter": 0.6, "melody": 0.35, "vocal": 0.15,
          "hum": 0.15}
DUCK_DB = 13.0  # under a kick at sidechain 1
KICKS = (35, 36)


@dataclass(frozen=True)
class Mixed:
    """`stems`: every lane after its own processing, muted ones too, without the shared rooms and bus effects.
    `bus`: the whole mix before the master, about −20 LUFS. `scale`: what all were turned down by lest one clips."""

    stems: Mapping[str, Audio]
    bus: Audio
    scale: float = 1.0


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
    rate, _ = check_stems(stems, settings)
    character = song_character(song)
    parts = {part.lane: part for part in performance.parts}
    sounding = [lane for lane, stem in stems.items() if np.any(stem.samples)]
    plan = lanes.plan_lanes(sounding, parts, character)
    kicks = _kicks(performance)

    def place(lane: str) -> np.ndarray:
        _look_at(cancel)
        sound = lanes.process(stems[lane].samples, rate, plan[lane], character)
        if lane == "drums":
            sound = sound + transitions(song, performance, sound, rate)
        sound = effects.pan(sound, plan[lane].pan)
        if character.sidechain > 0.02 and lane in DUCKED and len(kicks):
            sound = _ducked(sound, rate, kicks, character.sidechain * DUCKED[lane], song.tempo_bpm)
        return sound

    # pedalboard and NumPy work without Python's lock; results come in order, so threads change no byte
    with ThreadPoolExecutor(THREADS) as pool:
        placed = dict(zip(sounding, pool.map(place, sounding), strict=True))
    places = {lane: plan[lane].pan for lane in sounding}
    table = Table(placed, places, tone_curve(placed.values(), rate, character), character, song, performance, rate)
    faded = {lane: table.fade(lane, settings) for lane in sounding}
    bus = table.bus({lane: sound for lane, sound in faded.items() if settings.hears(lane)}, settings, cancel)
    return scaled(bus, {lane: faded.get(lane) for lane in stems}, rate)


@dataclass(frozen=True)
class Table:
    """Lanes that are processed and placed, and what turns them into a bus.

    `lanes`: lane → float32 (2, T), all of one length; `places`: where each stands; `tone_db`: the bus's tone by octave,
    found from all lanes, so that a mute changes no tone.
    """

    lanes: Mapping[str, np.ndarray]
    places: Mapping[str, float]
    tone_db: np.ndarray
    character: Character
    song: Song
    performance: Performance
    rate: int

    def fade(self, lane: str, settings: MixSettings) -> np.ndarray:
        """A lane as a person set it."""
        return fade_lane(self.lanes[lane], self.rate, settings.strip(lane), self.places[lane])

    def bus(self, heard: Mapping[str, np.ndarray], settings: MixSettings, cancel: Event | None = None) -> np.ndarray:
        """Faded lanes with rooms, echo and bus effects, float32 (2, T); silence where nothing is heard."""
        _look_at(cancel)
        bus = np.zeros_like(next(iter(self.lanes.values()), np.zeros((2, 1), np.float32)))
        for sound in heard.values():
            bus += sound
        if not heard:
            return bus
        bus += _returns(heard, self.rate, self.character, settings, self.song, _kicks(self.performance))
        _look_at(cancel)
        return shape_bus(bus, self.rate, self.tone_db, self.character, self.song, self.performance)


def placed_table(stems: Mapping[str, Audio], song: Song, performance: Performance) -> Table:
    """The table of a finished mix, from its stems (`Mixed.stems` with neutral settings), to be mixed again."""
    rate, _ = check_stems(stems, MixSettings())
    character = song_character(song)
    parts = {part.lane: part for part in performance.parts}
    placed = {lane: _stereo(stem.samples) for lane, stem in stems.items() if np.any(stem.samples)}
    plan = lanes.plan_lanes(list(placed), parts, character)
    return Table(placed, {lane: plan[lane].pan for lane in placed}, tone_curve(placed.values(), rate, character),
                 character, song, performance, rate)


def _returns(heard: Mapping[str, np.ndarray], rate: int, character: Character, settings: MixSettings, song: Song,
             kicks: np.ndarray) -> np.ndarray:
    """What comes back from the rooms and the echo, float32 (2, T)."""
    shape = next(iter(heard.values())).shape
    drum_room = "room" if character.room == "room" else "plate"
    rooms: dict[str, np.ndarray] = {}
    echo = np.zeros(shape, np.float32)
    for lane, sound in heard.items():
        level = np.float32(SEND_REVERB[lane] * 10 ** (settings.reverb_db.get(lane, 0.0) / 20))
        if level > 0:
            room = drum_room if lane == "drums" else character.room
            rooms[room] = rooms[room] + sound * level if room in rooms else sound * level
        if character.delay > 0.02 and lane in SEND_ECHO:
            echo += sound * np.float32(SEND_ECHO[lane] * 0.6 * character.delay)
    out = np.zeros(shape, np.float32)
    if np.any(echo):
        beats = 0.75 if song.canvas.meter != "6/8" else 2 / 3  # a dotted eighth, or two of a beat's three
        time_s = beats * 60.0 / song.tempo_bpm
        while time_s > 0.65:
            time_s /= 2
        out += effects.echo(echo, rate, time_s)
        if character.room in rooms:
            rooms[character.room] += out * np.float32(0.4)
    wet = np.float32(0.95 * character.reverb ** 1.3)
    if wet > 0.003:
        for room, send in rooms.items():
            out += reverberate(send, rate, room) * wet
    if character.sidechain > 0.02 and len(kicks):
        out = _ducked(out, rate, kicks, character.sidechain, song.tempo_bpm)
    return out


def _ducked(sound: np.ndarray, rate: int, kicks: np.ndarray, amount: float, tempo_bpm: float) -> np.ndarray:
    curve = dynamics.duck_curve(kicks, sound.shape[-1], rate, depth_db=DUCK_DB * amount,
                                recover_s=min(0.7 * 60.0 / tempo_bpm, 0.4))
    return dynamics.apply_gain(sound, curve)


def _kicks(performance: Performance) -> np.ndarray:
    """Onsets of the bass drum in seconds, ascending."""
    return np.sort([note.onset_s for part in performance.parts if part.is_drum for note in part.notes
                    if note.midi in KICKS])


def scaled(bus: np.ndarray, stems: Mapping[str, np.ndarray | None], rate: int) -> Mixed:
    """One factor for everything, so that stems and bus stay in proportion and no file clips; None is a silent lane."""
    peak = max(max(float(sound.max(initial=0.0)), -float(sound.min(initial=0.0)))
               for sound in (bus, *stems.values()) if sound is not None)
    scale = np.float32(min(1.0, 0.95 / max(peak, 1e-9)))
    silence = np.zeros_like(bus)

    def at_level(sound: np.ndarray | None) -> Audio:
        return Audio(silence if sound is None else sound if scale == 1.0 else sound * scale, rate)

    return Mixed({lane: at_level(sound) for lane, sound in stems.items()}, at_level(bus), float(scale))


def _stereo(samples: np.ndarray) -> np.ndarray:
    return samples if len(samples) == 2 else np.repeat(samples[:1], 2, axis=0)


def _look_at(cancel: Event | None) -> None:
    if cancel is not None and cancel.is_set():
        raise Cancelled("Stopped.")


def check_stems(stems: Mapping[str, Audio], settings: MixSettings, *, finite: bool = False) -> tuple[int, int]:
    """(rate, samples) of all stems.

    Args:
        finite: the samples were looked at before.

    Raises:
        InputError: no stems, an unknown lane, different rates or lengths, values not finite or settings out of range.
    """
    if not stems:
        raise InputError("there are no stems to mix; at least one lane that sounds would be right.")
    unknown = sorted({*stems, *settings.named()} - set(SEND_REVERB))
    if unknown:
        raise InputError(f"the mixer knows no lane {', '.join(unknown)}; {', '.join(SEND_REVERB)} would be right.")
    if settings.wrong_value():
        raise InputError(settings.wrong_value())
    rates = {stem.sample_rate for stem in stems.values()}
    lengths = {stem.samples.shape[-1] for stem in stems.values()}
    if len(rates) > 1 or len(lengths) > 1:
        raise InputError(f"stems have rates {sorted(rates)} Hz and lengths {sorted(lengths)}; "
                         "one of each would be right.")
    if rates != {SAMPLE_RATE}:
        raise InputError(f"stems have a rate of {rates.pop()} Hz; {SAMPLE_RATE} Hz would be right.")
    for lane, stem in stems.items():
        if not finite and not np.isfinite(stem.samples).all():
            raise InputError(f"the stem of {lane} holds values that are not finite; a whole sound would be right.")
    return rates.pop(), lengths.pop()
