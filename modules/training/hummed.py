"""Hums whose truth is known: tunes performed loosely by four voices, in rooms, through telephones, in noise.

`suite(tunes, seed)` makes the same hums each time. The voices: both of Earworm's own (WORLD) with formants moved, on
"da", "la", "mm" or nonsense words, with scoops, vibrato and drift laid on top; a whistle; an instrument (trumpet,
bowed or plucked string). Owns how hums sound; knows nothing of how they are heard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyworld
from scipy.ndimage import gaussian_filter1d
from scipy.signal import butter, fftconvolve, sosfilt

from modules.training.example_hums import Tune
from modules.types import Audio, SungNote
from modules.vocoder.voice import sing, voices

RATE = 22_050
FRAME_S = 0.005
LEAD_S, TAIL_S = 0.5, 0.6  # quiet round the notes
BREATH_S = 0.12  # a note before a breath is that much shorter
SHORTEST_S = 0.09  # of a note
VOICES = ("clara", "marcus", "whistle", "instrument")
SYLLABLES = {"da": (("D", "AA"),), "la": (("L", "AA"),), "doo": (("D", "UW"),), "mm": (("M", "AH", "M"),),
             "words": (("S", "OW"), ("M", "AY"), ("L", "AH", "V"), ("K", "AE", "N"), ("B", "IY"), ("R", "EH", "D"))}
SNR_DB = (20.0, 15.0, 10.0, 5.0, 0.0)
ROOMS = ("dry", "room", "phone", "room and phone")
USUAL_BPM = {"4/4": (70, 180), "3/4": (70, 170), "6/8": (60, 110)}


@dataclass(frozen=True)
class Hummed:
    """A hum and its truth. `notes` are (onset_s, offset_s, fractional midi), `steps` the notes' beats."""

    name: str
    tune: Tune
    audio: Audio
    notes: tuple[tuple[float, float, float], ...]
    beats: tuple[float, ...]
    tempo_bpm: float
    tonic: int
    voice: str
    room: str
    snr_db: float
    swung: bool


@dataclass(frozen=True)
class Manner:
    """How one person hums: depths in semitones, times in seconds."""

    scoop: float
    vibrato: float
    drift: float
    tuning: float
    looseness_s: float


def suite(tunes: Mapping[str, Tune], seed: int, *, swung: tuple[str, ...] = (), each: int = 2) -> Iterator[Hummed]:
    """`each` hums of every tune, voices, rooms and noise dealt out evenly."""
    for index, (name, tune) in enumerate(tunes.items()):
        for turn in range(each):
            number = index * each + turn
            rng = np.random.default_rng([seed, number])
            yield hum(name, tune, rng, voice=VOICES[(number + index // 2) % 4], room=ROOMS[(number // 3) % 4],
                      snr_db=SNR_DB[(number * 2 + index // 5) % 5], swung=turn == 1 and name in swung)


def hum(name: str, tune: Tune, rng: np.random.Generator, *, voice: str, room: str, snr_db: float,
        swung: bool = False) -> Hummed:
    """One hum of 7 to 14 s (as far as the tune goes), transposed to where the voice is at home."""
    low, high = USUAL_BPM[tune.meter]
    tempo = float(np.clip(tune.tempo_bpm * np.exp(rng.normal(0, 0.16)), low, high))
    manner = Manner(scoop=rng.uniform(0, 2.2), vibrato=rng.uniform(0, 0.55), drift=rng.normal(0, 0.25),
                    tuning=rng.uniform(-0.5, 0.5), looseness_s=rng.uniform(0.006, 0.022))
    kept = tuple(note for note in tune.notes if (note[0] - tune.notes[0][0]) * 60 / tempo < rng.uniform(8.5, 13.5))
    timed = perform(kept, tempo, rng, manner, swung=swung)
    middle = np.median([midi for *_, midi in timed])
    home = {"clara": 66, "marcus": 53, "whistle": 82, "instrument": 68}[voice]
    shift = int(round(home - middle)) + int(rng.integers(-2, 3))
    bend = manner.tuning + manner.drift * np.linspace(-1, 1, len(timed))
    notes = tuple((on, off, midi + shift + float(b)) for (on, off, midi), b in zip(timed, bend, strict=True))
    length_s = notes[-1][1] + TAIL_S
    if voice == "whistle":
        sound = whistle(notes, length_s, rng, manner)
    elif voice == "instrument":
        sound = instrument(notes, length_s, rng, manner, ("trumpet", "bowed", "plucked")[int(rng.integers(3))])
    else:
        sound = sung(notes, length_s, rng, manner, voice)
    audio = Audio(recorded(sound, rng, room=room, snr_db=snr_db).astype(np.float32)[None], RATE)
    return Hummed(name, tune, audio, notes, tuple(note[0] for note in kept), tempo, (tune.tonic + shift) % 12, voice,
                  room, snr_db, swung)


def perform(notes: tuple[tuple[float, float, int], ...], tempo_bpm: float, rng: np.random.Generator, manner: Manner, *,
            swung: bool) -> list[tuple[float, float, int]]:
    """Onsets and offsets in seconds: a beat that drifts, notes early and late, breaths that cut notes short."""
    beat_s = 60 / tempo_bpm
    lead = min(0.0, notes[0][0])
    span = notes[-1][0] + notes[-1][1] - lead
    rush = rng.normal(0, 0.02)

    def at(beat: float) -> float:
        whole = np.floor(beat)
        inside = beat - whole
        if swung:
            inside = inside * 4 / 3 if inside <= 0.5 else 2 / 3 + (inside - 0.5) * 2 / 3
        share = (whole + inside - lead) / span
        return LEAD_S + (whole + inside - lead) * beat_s * (1 + rush * (share - 0.5))

    onsets = [at(on) + float(np.clip(rng.normal(0, manner.looseness_s), -0.05, 0.05)) for on, _, _ in notes]
    onsets = (np.maximum.accumulate(onsets - SHORTEST_S * np.arange(len(notes))) + SHORTEST_S * np.arange(
        len(notes))).tolist()
    ends = [at(on + length) for on, length, _ in notes]
    out = []
    for index, (_, length, midi) in enumerate(notes):
        follows = onsets[index + 1] if index + 1 < len(notes) else ends[index] + 1.0
        end = min(ends[index], follows)
        if follows - end > 0.1 * beat_s or (length >= 2 and index + 1 < len(notes)):  # before a rest, or for air
            end = min(end, follows - BREATH_S)
        out.append((onsets[index], min(max(end, onsets[index] + SHORTEST_S), follows), midi))
    return out


def curve(notes: tuple[tuple[float, float, float], ...], length_s: float, rng: np.random.Generator, manner: Manner, *,
          glide_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Pitch (midi) and level (0–1) at each `FRAME_S`, (n,) each."""
    time = np.arange(int(length_s / FRAME_S)) * FRAME_S
    pitch = np.full(len(time), notes[0][2])
    level = np.zeros(len(time))
    for on, _, midi in notes:
        pitch[time >= on] = midi
    pitch = gaussian_filter1d(pitch, glide_s / 2 / FRAME_S)
    pitch += bends(notes, time, rng, manner)
    for on, off, _ in notes:
        inside = (time >= on) & (time < off)
        loud = 10 ** (rng.uniform(-3, 0) / 20)
        level[inside] = loud * np.minimum(1, np.minimum((time[inside] - on) / 0.03, (off - time[inside]) / 0.05 + 0.02))
    return pitch + gaussian_filter1d(rng.standard_normal(len(time)), 4) * 0.15, level


def bends(notes: tuple[tuple[float, float, float], ...], time: np.ndarray, rng: np.random.Generator,
          manner: Manner) -> np.ndarray:
    """Scoops into phrases (and some notes) and vibrato on held notes, in semitones."""
    out = np.zeros(len(time))
    previous = -1.0
    for on, off, _ in notes:
        since = time - on
        inside = (since >= -0.02) & (time < off)
        if on - previous > 0.08 or rng.random() < 0.15:
            scoop = manner.scoop * rng.uniform(0.3, 1.0) * np.exp(-np.maximum(since, 0) / 0.04)
            out[inside] -= scoop[inside]
        depth = manner.vibrato * np.clip((since - 0.22) / 0.3, 0, 1)
        turn = np.sin(2 * np.pi * (rng.uniform(4.8, 6.2) * since + rng.random()))
        out[inside] += (depth * turn)[inside]
        previous = off
    return out


def sung(notes: tuple[tuple[float, float, float], ...], length_s: float, rng: np.random.Generator, manner: Manner,
         voice: str) -> np.ndarray:
    """One of Earworm's voices on nonsense, its formants and pitch moved afterwards."""
    syllables = SYLLABLES[("da", "la", "doo", "mm", "words")[int(rng.integers(5))]]
    low, high = voices()[voice].comfortable
    octave = 12 * round(((low + high) / 2 - float(np.median([n[2] for n in notes]))) / 12)
    line = tuple(SungNote(on, off, int(round(midi)) + octave, int(rng.integers(80, 110)),
                          syllables[i % len(syllables)]) for i, (on, off, midi) in enumerate(notes))
    sound = sing(line, voice=voice, duration_s=length_s, seed=int(rng.integers(2**31)), sample_rate=RATE)
    x = sound.samples[0].astype(np.float64)
    f0, time = pyworld.dio(x, RATE, f0_floor=60, f0_ceil=900, frame_period=1000 * FRAME_S)
    f0 = pyworld.stonemask(x, f0, time, RATE)
    envelope, noise = pyworld.cheaptrick(x, f0, time, RATE), pyworld.d4c(x, f0, time, RATE)
    formants = rng.uniform(0.86, 1.18)
    bins = np.arange(envelope.shape[1])
    envelope = np.exp(np.array([np.interp(bins / formants, bins, row) for row in np.log(envelope + 1e-16)]))
    fine = np.interp(time, [(on + off) / 2 for on, off, _ in notes], [midi - round(midi) for *_, midi in notes])
    f0 = f0 * 2 ** ((bends(notes, time, rng, manner) + fine - octave) / 12)
    return pyworld.synthesize(f0, envelope, noise, RATE, 1000 * FRAME_S)


def whistle(notes: tuple[tuple[float, float, float], ...], length_s: float, rng: np.random.Generator,
            manner: Manner) -> np.ndarray:
    """One sine, a little of its octave, and air."""
    pitch, level = curve(notes, length_s, rng, replace(manner, scoop=manner.scoop / 2), glide_s=0.035)
    frequency, loud = (_samples(c, length_s) for c in (440 * 2 ** ((pitch - 69) / 12), level))
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    air = sosfilt(butter(2, (1_500, 5_000), "bandpass", fs=RATE, output="sos"), rng.standard_normal(len(phase)))
    return loud * (np.sin(phase) + 0.03 * np.sin(2 * phase) + 0.06 * air)


def instrument(notes: tuple[tuple[float, float, float], ...], length_s: float, rng: np.random.Generator,
               manner: Manner, kind: str) -> np.ndarray:
    """A trumpet (brighter when louder), a bowed string (vibrato), a plucked string (each note dies away)."""
    calm = replace(manner, scoop=manner.scoop * 0.3, vibrato=manner.vibrato if kind == "bowed" else manner.vibrato / 4)
    pitch, level = curve(notes, length_s, rng, calm, glide_s=0.006 if kind == "plucked" else 0.03)
    time = np.arange(len(pitch)) * FRAME_S
    since = np.full(len(time), 9.0)
    for on, _, _ in notes:
        since[time >= on] = time[time >= on] - on
    if kind == "plucked":
        level = np.where(level > 0, 1.0, gaussian_filter1d(level, 2)) * np.exp(-since / 0.6)
    frequency, loud, age = (_samples(c, length_s) for c in (440 * 2 ** ((pitch - 69) / 12), level, since))
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    sound = np.zeros(len(phase))
    for partial in range(1, 24):
        alive = partial * frequency < 0.45 * RATE
        if kind == "trumpet":
            gain = np.exp(-0.5 * ((np.log2(partial * frequency / 1_100)) / 1.3) ** 2) * loud ** (1 + 0.12 * partial)
        elif kind == "bowed":
            gain = loud / partial * (1 + 0.5 * np.sin(partial * 1.7))
        else:
            gain = loud / partial * np.exp(-age * partial * 0.7) * abs(np.sin(partial * 0.45))
        sound += np.where(alive, gain, 0) * np.sin(partial * phase + rng.uniform(0, 2 * np.pi))
    return sound


def recorded(sound: np.ndarray, rng: np.random.Generator, *, room: str, snr_db: float) -> np.ndarray:
    """What a microphone hears of it: a room, a gain that moves, noise, a telephone's band and its clipping."""
    sound = sound / np.abs(sound).max()
    power = float(np.mean(sound[np.abs(sound) > 0.02] ** 2))
    if "room" in room:
        decay_s = rng.uniform(0.2, 0.5)
        time = np.arange(int(decay_s * RATE)) / RATE
        tail = rng.standard_normal(len(time)) * np.exp(-6.9 * time / decay_s)
        tail *= rng.uniform(0.2, 0.45) / np.sqrt((tail ** 2).sum())
        tail[0] = 1.0
        sound = fftconvolve(sound, tail)[:len(sound)]
    wander = gaussian_filter1d(rng.standard_normal(len(sound) // 100 + 1), 2 * RATE / 100)
    gain_db = 4 * wander / max(np.abs(wander).max(), 1e-9)
    sound = sound * 10 ** (np.interp(np.arange(len(sound)) / 100, np.arange(len(gain_db)), gain_db) / 20)
    spectrum = np.fft.rfft(rng.standard_normal(len(sound)))
    frequency = np.fft.rfftfreq(len(sound), 1 / RATE)
    noise = np.fft.irfft(spectrum * (np.maximum(frequency, 30) / 100) ** -rng.uniform(0.3, 0.8), len(sound))
    sound = sound + noise * np.sqrt(power / 10 ** (snr_db / 10) / np.mean(noise ** 2))
    if "phone" in room:
        sound = sosfilt(butter(3, (300, 3_400), "bandpass", fs=RATE, output="sos"), sound)
    sound = sound / np.abs(sound).max() * rng.uniform(0.05, 1.3)
    return np.clip(sound, -0.99, 0.99)


def _samples(points: np.ndarray, length_s: float) -> np.ndarray:
    """Control points each `FRAME_S` → one value a sample."""
    return np.interp(np.arange(int(length_s * RATE)) / RATE, np.arange(len(points)) * FRAME_S, points)
