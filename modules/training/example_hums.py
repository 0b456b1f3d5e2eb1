"""Hums of our own making: public-domain tunes in a synthetic voice, for `assets/examples/` and for tests.

`python -m modules.training.example_hums` rebuilds assets/examples/hum_*.wav, byte for byte. Owns the tunes and the
voice (harmonics of a glottal source through moving formants: Fant 1960; values after Klatt 1980). Knows nothing of how
a hum is heard.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soundfile
from scipy.ndimage import gaussian_filter1d
from scipy.signal import lfilter

from modules.assets import ROOT
from modules.types import Audio

CONTROL_HZ = 200  # control curves, points a second
EXAMPLE_RATE = 22_050
# (frequency Hz, bandwidth Hz, gain) of the resonances: closed lips, and the vowel between "oh" and "ah"
NASAL = ((260, 70, 1.0), (1050, 250, 0.09), (2150, 300, 0.04), (2900, 400, 0.02))
VOWEL = ((560, 90, 1.0), (980, 110, 0.6), (2500, 160, 0.16), (3350, 250, 0.10), (4300, 350, 0.04))

SCALE = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True)
class Tune:
    """A public-domain tune. `notes` are (onset, length, midi) in beats; onsets below 0 are a pick-up."""

    title: str
    meter: str
    tonic: int
    mode: str
    tempo_bpm: float
    notes: tuple[tuple[float, float, int], ...]


def read_tune(title: str, meter: str, key: tuple[int, str], tempo_bpm: float, text: str, *, pickup: float = 0.0,
          unit: float = 1.0) -> Tune:
    """Read "E4 F#4:2 r:1 …": a pitch or rest, and its length in units of `unit` beats (default 1 unit)."""
    notes, time = [], -pickup
    for word in text.split():
        pitch, _, length = word.partition(":")
        beats = float(length or 1) * unit
        if pitch != "r":
            midi = SCALE[pitch[0]] + pitch.count("#") - pitch.count("b") + 12 * int(pitch[-1]) + 12
            notes.append((time, beats, midi))
        time += beats
    return Tune(title, meter, key[0], key[1], tempo_bpm, tuple(notes))


TUNES = {
    "ode_to_joy": read_tune(
        "Ode to Joy (Beethoven, 1824)", "4/4", (0, "major"), 108,
        "E4 E4 F4 G4 G4 F4 E4 D4 C4 C4 D4 E4 E4:1.5 D4:.5 D4:2 E4 E4 F4 G4 G4 F4 E4 D4 C4 C4 D4 E4 D4:1.5 C4:.5 C4:2"),
    "twinkle": read_tune(
        "Twinkle, Twinkle, Little Star (French, 18th century)", "4/4", (7, "major"), 96,
        "G3 G3 D4 D4 E4 E4 D4:2 C4 C4 B3 B3 A3 A3 G3:2 D4 D4 C4 C4 B3 B3 A3:2 D4 D4 C4 C4 B3 B3 A3:2 "
        "G3 G3 D4 D4 E4 E4 D4:2 C4 C4 B3 B3 A3 A3 G3:2"),
    "amazing_grace": read_tune(
        "Amazing Grace (New Britain, 1829)", "3/4", (5, "major"), 84,
        "C4 F4:2 A4:.5 F4:.5 A4:2 G4 F4:2 D4 C4:2 C4 F4:2 A4:.5 F4:.5 A4:2 G4 C5:5 "
        "A4 C5:2 A4:.5 F4:.5 A4:2 G4 F4:2 D4 C4:2 C4 F4:2 A4:.5 F4:.5 A4:2 G4 F4:5", pickup=1),
    "greensleeves": read_tune(
        "Greensleeves (English, 1580)", "6/8", (9, "minor"), 56,
        "A3 C4:2 D4 E4:1.5 F4:.5 E4 D4:2 B3 G3:1.5 A3:.5 B3 C4:2 A3 A3:1.5 G#3:.5 A3 B3:2 G#3 E3:2",
        pickup=1 / 3, unit=1 / 3),
    "frere_jacques": read_tune(
        "Frère Jacques (French, 18th century)", "4/4", (2, "major"), 112,
        "D4 E4 F#4 D4 D4 E4 F#4 D4 F#4 G4 A4:2 F#4 G4 A4:2 A4:.5 B4:.5 A4:.5 G4:.5 F#4 D4 "
        "A4:.5 B4:.5 A4:.5 G4:.5 F#4 D4 D4 A3 D4:2 D4 A3 D4:2"),
    "saints": read_tune(
        "When the Saints Go Marching In (American, 19th century)", "4/4", (10, "major"), 120,
        "Bb3 D4 Eb4 F4:4 r Bb3 D4 Eb4 F4:4 r Bb3 D4 Eb4 F4:2 D4:2 Bb3:2 D4:2 C4:4", pickup=3),
}
EXAMPLES = {  # file name → (tune, voice settings)
    "hum_ode_to_joy": ("ode_to_joy", {"seed": 1, "tuning_cents": -18, "breath": 0.03}),
    "hum_amazing_grace": ("amazing_grace", {"seed": 2, "transpose": 5, "tuning_cents": 12, "vibrato_cents": 35}),
    "hum_greensleeves": ("greensleeves", {"seed": 3, "drift_cents": -25, "breath": 0.04}),
}
EXAMPLE_BEATS = {"hum_ode_to_joy": 16, "hum_amazing_grace": 12, "hum_greensleeves": 8}


def synth_hum(notes: tuple[tuple[float, float, int], ...], tempo_bpm: float, sample_rate: int = EXAMPLE_RATE, *,
              seed: int = 0, vibrato_cents: float = 25.0, scoop_cents: float = 90.0, drift_cents: float = 0.0,
              tuning_cents: float = 0.0, breath: float = 0.02, timing_s: float = 0.012, articulation_db: float = 14.0,
              transpose: int = 0) -> tuple[Audio, tuple[tuple[float, float, int], ...]]:
    """Hum notes in a voice-like way.

    Args:
        notes: (onset, length, midi) in beats.
        vibrato_cents: depth (half of peak to peak) it grows to on held notes, at about 5.5 Hz.
        scoop_cents: how far below a note after a rest begins.
        drift_cents: how far the singer has moved at the end.
        breath: level of the breath noise relative to the voice.
        timing_s: standard deviation of the onsets round the beat.
        articulation_db: depth of the dip ("m", "n", "d") before each note.

    Returns:
        Mono audio with 0.4 s of quiet round the notes, and the true notes as (onset_s, offset_s, midi).
    """
    rng = np.random.default_rng(seed)
    beat_s = 60.0 / tempo_bpm
    lead_s = 0.4 - notes[0][0] * beat_s
    onsets = [lead_s + beat * beat_s + timing_s * float(np.clip(rng.standard_normal(), -2, 2)) for beat, _, _ in notes]
    ends = [lead_s + (beat + length) * beat_s for beat, length, _ in notes]
    offsets = [min(end, onset) if onset - end < 0.1 else end - 0.06 for end, onset in zip(ends, [*onsets[1:], 1e9])]
    offsets[-1] = ends[-1] - 0.1
    truth = tuple((on, off, midi + transpose) for on, off, (_, _, midi) in zip(onsets, offsets, notes))

    n_points = int((offsets[-1] + 0.5) * CONTROL_HZ)
    pitch, level, openness = _control_curves(truth, n_points, rng, vibrato_cents=vibrato_cents, scoop_cents=scoop_cents,
                                             articulation_db=articulation_db)
    pitch = pitch + (tuning_cents + drift_cents * np.linspace(0, 1, n_points)) / 100
    voice = _voice(440 * 2 ** ((pitch - 69) / 12), level, openness, sample_rate, rng)
    noise = _breath(level, openness, truth, sample_rate, rng)
    sound = voice / np.abs(voice).max() + breath * noise / np.abs(noise).max()
    sound = 0.5 * sound / np.abs(sound).max() + 3e-4 * rng.standard_normal(len(sound))  # a room's quiet
    return Audio(sound.astype(np.float32)[None], sample_rate), truth


def _control_curves(truth: tuple[tuple[float, float, int], ...], n_points: int, rng: np.random.Generator, *,
                    vibrato_cents: float, scoop_cents: float, articulation_db: float) -> tuple[np.ndarray, ...]:
    """Pitch (midi), level (0–1) and lips' openness (0–1), each (n_points,)."""
    time = np.arange(n_points) / CONTROL_HZ
    pitch = np.full(n_points, float(truth[0][2]))
    level_db = np.full(n_points, -70.0)
    openness = np.zeros(n_points)
    previous_end = -1.0
    for onset, offset, midi in truth:
        inside = (time >= onset) & (time < offset)
        since = time - onset
        pitch[time >= onset - 0.03] = midi
        phrase_start = onset - previous_end > 0.05
        depth = np.clip((since - 0.25) / 0.4, 0, 1) * vibrato_cents / 100
        phase = rng.uniform(0, 2 * np.pi)
        pitch[inside] += (depth * np.sin(2 * np.pi * rng.uniform(5.2, 5.8) * since + phase))[inside]
        if phrase_start:
            pitch[time >= onset] -= scoop_cents / 100 * np.exp(-since[time >= onset] / 0.05)
        if offset - onset > 0.5:  # a slight fall into the end of long notes
            pitch[inside] -= (0.3 * np.clip((time - offset + 0.12) / 0.12, 0, 1))[inside]
        swell = -2.5 * np.clip(since / max(offset - onset, 0.1), 0, 1) + rng.uniform(-1.5, 1.5)
        level_db[inside] = swell[inside] - articulation_db * np.exp(-since[inside] / 0.025)
        fading = inside & (time > offset - 0.05)
        level_db[fading] -= (articulation_db * 0.6 * (1 - (offset - time) / 0.05))[fading]
        openness[inside] = np.clip(since / 0.09, 0, 1)[inside]
        previous_end = offset
    wander = gaussian_filter1d(rng.standard_normal(n_points), 0.15 * CONTROL_HZ)
    pitch = gaussian_filter1d(pitch, 0.018 * CONTROL_HZ) + 0.08 * wander / wander.std()  # portamento; unsteadiness
    level = 10 ** (gaussian_filter1d(level_db, 0.010 * CONTROL_HZ) / 20)
    return pitch, level, gaussian_filter1d(openness, 0.012 * CONTROL_HZ)


def _voice(f0_hz: np.ndarray, level: np.ndarray, openness: np.ndarray, sample_rate: int,
           rng: np.random.Generator) -> np.ndarray:
    """Harmonics with a glottal slope through the formants between closed lips and a vowel, (n_samples,)."""
    n_samples = int(len(f0_hz) * sample_rate / CONTROL_HZ)
    points, samples = np.arange(len(f0_hz)), np.arange(n_samples) * CONTROL_HZ / sample_rate
    jitter = gaussian_filter1d(rng.standard_normal(len(f0_hz)), 1) * 0.0025
    phase = 2 * np.pi * np.cumsum(np.interp(samples, points, f0_hz * (1 + jitter))) / sample_rate
    shimmer = 1 + 0.04 * gaussian_filter1d(rng.standard_normal(len(f0_hz)), 2)
    sound = np.zeros(n_samples)
    for harmonic in range(1, int(min(5_500, sample_rate / 2) / f0_hz.min()) + 1):
        frequency = harmonic * f0_hz
        strength = level * shimmer * _formants(frequency, openness) * harmonic ** -1.15
        strength *= 1 / (1 + np.exp((frequency - min(5_000, 0.45 * sample_rate)) / 150))
        sound += np.interp(samples, points, strength) * np.sin(harmonic * phase + rng.uniform(0, 2 * np.pi))
    return sound


def _formants(frequency: np.ndarray, openness: np.ndarray) -> np.ndarray:
    """Gain of the mouth at `frequency` Hz for lips open by `openness`, both (n_points,)."""
    def gain(resonances: tuple) -> np.ndarray:
        return sum(g / np.sqrt(1 + ((frequency - centre) / (width / 2)) ** 2) for centre, width, g in resonances)
    return (1 - openness) * 0.8 * gain(NASAL) + openness * gain(VOWEL) + 0.05


def _breath(level: np.ndarray, openness: np.ndarray, truth: tuple, sample_rate: int,
            rng: np.random.Generator) -> np.ndarray:
    """Air through the voice, and a breath drawn in before notes that follow a rest, (n_samples,)."""
    n_samples = int(len(level) * sample_rate / CONTROL_HZ)
    time = np.arange(len(level)) / CONTROL_HZ
    amount = 0.5 * level * (0.3 + 0.7 * openness)
    previous_end = -1.0
    for onset, offset, _ in truth:
        if onset - previous_end > 0.25:
            amount = amount + 0.8 * np.exp(-0.5 * ((time - onset + 0.16) / 0.05) ** 2)
        previous_end = offset
    noise = lfilter([1, -0.4], [1, -0.75], rng.standard_normal(n_samples))
    return noise * np.interp(np.arange(n_samples) * CONTROL_HZ / sample_rate, np.arange(len(level)), amount)


def main() -> None:
    """Write the example hums."""
    for name, (tune_name, voice) in EXAMPLES.items():
        tune = TUNES[tune_name]
        notes = tuple(note for note in tune.notes if note[0] < EXAMPLE_BEATS[name])
        audio, _ = synth_hum(notes, tune.tempo_bpm, **voice)
        path = ROOT / "assets" / "examples" / f"{name}.wav"
        soundfile.write(path, audio.samples.T, audio.sample_rate, subtype="PCM_16")
        print(f"{path.name}: {audio.duration_s:.1f} s, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
