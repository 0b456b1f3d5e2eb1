"""How a singer moves between and within notes: the pitch curve and the dynamics of a line, at 5 ms frames.

Owns portamento, scoop, vibrato, drift, phrase-end fall, swell and release; refuses to know phones and spectra.
Figures follow measurements of singing (Sundberg 1987; Saitou et al. 2007): vibrato about 5.5 Hz growing in after
300 ms, transitions of 60–90 ms.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter1d

from modules.types import SungNote
from modules.vocoder.articulation import REST_S
from modules.vocoder.phones import VOWELS
from modules.vocoder.voicebank import FRAME_S

GLIDE_S = (0.06, 0.09)  # a semitone … an octave
GLIDE_BEFORE = 0.55  # share of a glide that lies before the note's onset
SCOOP_SEMITONES, SCOOP_S = 0.9, 0.08  # start of a note after a rest
FALL_SEMITONES, FALL_S = 0.6, 0.12  # end of a note before a rest
VIBRATO_HZ, VIBRATO_DELAY_S, VIBRATO_GROW_S = 5.5, 0.3, 0.4
VIBRATO_SEMITONES = (0.22, 0.38)  # half a second … two seconds and longer
PASSED, SPOKEN_SMOOTH_S = 0.35, 0.025  # where in a spoken syllable its pitch lies; how softly pitch turns there
DECLINATION, SPOKEN_FALL = 0.4, 2.5  # semitones a second that speech sinks by; at a phrase's end
DRIFT_SEMITONES, JITTER_SEMITONES = 0.05, 0.02  # standard deviations
DB_PER_VELOCITY, LOUD_VELOCITY = 0.13, 100
TILT_PER_VELOCITY, MEDIUM_VELOCITY = 0.025, 92  # dB an octave: loud singing is brighter
ATTACK_DB, ATTACK_S = 3.0, 0.06
RELEASE_DB, RELEASE_S = 14.0, 0.09
SWELL_DB = 1.2
SHIMMER_DB, SHADE_DB = 0.4, 0.3  # slow wander of level, and of tilt in dB an octave: no two moments are alike
WANDER_S = 0.1


def _ramp(x: np.ndarray) -> np.ndarray:
    """Raised cosine from 0 at x ≤ 0 to 1 at x ≥ 1."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(x, 0.0, 1.0))


def _wander(n_frames: int, smooth_s: float, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """Smoothed noise (n_frames,) of the given standard deviation."""
    noise = gaussian_filter1d(rng.standard_normal(n_frames), smooth_s / FRAME_S)
    return noise * (deviation / max(float(noise.std()), 1e-9))


def _gaps(notes: Sequence[SungNote]) -> tuple[np.ndarray, np.ndarray]:
    """Seconds of rest before and after each note; infinite at the ends."""
    between = np.array([b.onset_s - a.offset_s for a, b in zip(notes, notes[1:], strict=False)])
    return np.concatenate([[np.inf], between]), np.concatenate([between, [np.inf]])


def _is_open(notes: Sequence[SungNote], index: int) -> bool:
    """Whether a note ends in a vowel, which must die away; final consonants close the others."""
    while index >= 0 and not notes[index].phonemes:
        index -= 1
    return index < 0 or notes[index].phonemes[-1] in VOWELS


def pitch_curve(notes: Sequence[SungNote], n_frames: int, rng: np.random.Generator) -> np.ndarray:
    """float64 (n_frames,) MIDI pitch, defined everywhere (rests hold the nearest note's pitch)."""
    time = np.arange(n_frames) * FRAME_S
    before, after = _gaps(notes)
    curve = np.full(n_frames, float(notes[0].midi))
    for i, note in enumerate(notes):
        length = note.offset_s - note.onset_s
        if i and before[i] < REST_S:
            step = note.midi - notes[i - 1].midi
            glide = np.interp(abs(step), (1, 12), GLIDE_S)
            glide = min(glide, 0.4 * length, 0.6 * (notes[i - 1].offset_s - notes[i - 1].onset_s))
            curve += step * _ramp((time - note.onset_s + GLIDE_BEFORE * glide) / glide)
        else:
            start = note.onset_s - 0.4 * before[i] if i else 0.0
            curve[time >= start] = note.midi
            depth = SCOOP_SEMITONES * rng.uniform(0.6, 1.2)
            rise = min(SCOOP_S, 0.3 * length)
            in_scoop = (time >= start) & (time < note.onset_s + rise)
            curve[in_scoop] -= depth * (1 - _ramp((time[in_scoop] - note.onset_s + 0.4 * rise) / (1.4 * rise)))
    bend = np.zeros(n_frames)
    for i, note in enumerate(notes):
        length = note.offset_s - note.onset_s
        inside = (time >= note.onset_s) & (time < note.offset_s + (0.1 if after[i] >= REST_S else 0.0))
        if not inside.any():
            continue
        t = time[inside] - note.onset_s
        rate = VIBRATO_HZ * rng.uniform(0.95, 1.05) * (1 + 0.04 * t / max(length, 0.5))
        depth = np.interp(length, (0.5, 2.0), VIBRATO_SEMITONES) * rng.uniform(0.85, 1.15)
        grown = _ramp((t - VIBRATO_DELAY_S) / VIBRATO_GROW_S) * _ramp((length - t) / 0.08)
        bend[inside] += depth * grown * np.sin(2 * np.pi * np.cumsum(rate) * FRAME_S)
        if after[i] >= REST_S and length > 3 * FALL_S:
            bend[inside] -= FALL_SEMITONES * np.clip((t - length + FALL_S) / FALL_S, 0.0, 1.5) ** 2
    _speak(curve, bend, notes, after)
    return (curve + bend + _wander(n_frames, 0.12, DRIFT_SEMITONES, rng)
            + _wander(n_frames, 0.008, JITTER_SEMITONES, rng))


def _speak(curve: np.ndarray, bend: np.ndarray, notes: Sequence[SungNote], after: np.ndarray) -> None:
    """Where notes are spoken, let the pitch pass through without stopping, sink over a phrase and fall at its end."""
    first = 0
    for last, note in enumerate(notes):
        if note.manner != "spoken":
            first = last + 1
            continue
        if after[last] < REST_S and notes[min(last + 1, len(notes) - 1)].manner == "spoken":
            continue
        phrase = notes[first:last + 1]
        middles = [n.onset_s + PASSED * (n.offset_s - n.onset_s) for n in phrase]
        knots_s = [*middles, note.offset_s + 0.05]
        tones = [*(float(n.midi) for n in phrase), note.midi - SPOKEN_FALL]
        span = slice(int(max(phrase[0].onset_s - REST_S, 0.0) / FRAME_S), int((note.offset_s + REST_S) / FRAME_S))
        time = np.arange(len(curve))[span] * FRAME_S
        sunk = DECLINATION * (time - phrase[0].onset_s)
        curve[span] = gaussian_filter1d(np.interp(time, knots_s, tones), SPOKEN_SMOOTH_S / FRAME_S, mode="nearest")
        curve[span] -= np.clip(sunk, 0.0, 2.0)
        bend[span] = 0.0
        first = last + 1


def level_curve(notes: Sequence[SungNote], n_frames: int, rng: np.random.Generator) -> np.ndarray:
    """float64 (n_frames,) dB: velocity, attack, swell and release of each note; rests carry the next note's level."""
    time = np.arange(n_frames) * FRAME_S
    before, after = _gaps(notes)
    level = np.full(n_frames, DB_PER_VELOCITY * (notes[-1].velocity - LOUD_VELOCITY))
    for note in reversed(notes):
        level[time < note.offset_s] = DB_PER_VELOCITY * (note.velocity - LOUD_VELOCITY)
    level = gaussian_filter1d(level, 0.02 / FRAME_S, mode="nearest")
    for i, note in enumerate(notes):
        length = note.offset_s - note.onset_s
        t = time - note.onset_s
        inside = (t >= 0) & (t < length)
        if before[i] >= REST_S:
            early = (t >= -0.5 * before[i]) & (t < ATTACK_S)
            level[early] -= ATTACK_DB * (1 - _ramp(t[early] / ATTACK_S))
        if length > 0.6:
            level[inside] += SWELL_DB * np.sin(np.pi * t[inside] / length)
        if after[i] >= REST_S and _is_open(notes, i):
            release = min(RELEASE_S, 0.3 * length)
            late = (t >= length - release) & (t < length + 0.5 * after[i])
            level[late] -= RELEASE_DB * _ramp((t[late] - length + release) / (2 * release))
    return level + _wander(n_frames, WANDER_S, SHIMMER_DB, rng)


def brightness_curve(notes: Sequence[SungNote], n_frames: int, rng: np.random.Generator) -> np.ndarray:
    """float64 (n_frames,) dB an octave of spectral tilt above 500 Hz: loud singing is brighter."""
    time = np.arange(n_frames) * FRAME_S
    tilt = np.zeros(n_frames)
    for note in reversed(notes):
        tilt[time < note.offset_s] = TILT_PER_VELOCITY * (note.velocity - MEDIUM_VELOCITY)
    tilt = gaussian_filter1d(tilt, 0.05 / FRAME_S, mode="nearest")
    return tilt + _wander(n_frames, WANDER_S, SHADE_DB, rng)
