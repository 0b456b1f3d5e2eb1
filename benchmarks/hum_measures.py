"""Sounds that are no melody, and likeness of a hum to a finished mix by chroma, for `benchmarks.hum`."""

from __future__ import annotations

import librosa
import numpy as np
import pyworld
from scipy.ndimage import gaussian_filter1d

from modules.audio.decode import resample
from modules.training import hummed
from modules.types import Audio, SungNote
from modules.vocoder.voice import sing

RATE = hummed.RATE
# As audiocraft evaluates MusicGen (config/solver/musicgen/default.yaml, chroma_cosine): 32 kHz, windows of 2¹⁴ samples,
# a quarter of that apart, 12 chroma, power spectra, each frame divided by its largest bin.
CHROMA_RATE, CHROMA_WINDOW, CHROMA_HOP = 32_000, 2 ** 14, 2 ** 12
SPEECH = (("DH", "AH"), ("K", "AE", "T"), ("S", "AE", "T"), ("AA", "N"), ("DH", "AH"), ("M", "AE", "T"),
          ("AE", "N", "D"), ("L", "UH", "K", "T"), ("AH", "T"), ("HH", "IH", "M"), ("W", "IH", "DH"), ("B", "IH", "G"),
          ("AY", "Z"))


def spoken(seed: int, voice: str) -> Audio:
    """Nonsense at the rhythm of speech, its pitch falling, rising and never still."""
    rng = np.random.default_rng(seed)
    notes, time = [], 0.3
    middle = 57 if voice == "clara" else 46
    for index in range(28):
        span = float(rng.uniform(0.11, 0.26))
        notes.append(SungNote(time, time + span, middle, 90, SPEECH[index % len(SPEECH)]))
        time += span + (0.3 if index % 9 == 8 else 0.0)
    x = sing(notes, voice=voice, duration_s=time + 0.4, seed=seed, sample_rate=RATE).samples[0].astype(np.float64)
    f0, at = pyworld.dio(x, RATE, f0_floor=60, f0_ceil=500)
    f0 = pyworld.stonemask(x, f0, at, RATE)
    wander = gaussian_filter1d(rng.standard_normal(len(f0)), 14)
    falling = -6 * ((at % 1.9) / 1.9)
    moved = f0 * 2 ** ((falling + 3.5 * wander / wander.std() + 3) / 12)
    y = pyworld.synthesize(moved, pyworld.cheaptrick(x, f0, at, RATE), pyworld.d4c(x, f0, at, RATE), RATE)
    return Audio((0.4 * y / np.abs(y).max()).astype(np.float32)[None], RATE)


def clapped(seed: int) -> Audio:
    """Two claps a second for six seconds."""
    rng = np.random.default_rng(seed)
    out = 0.001 * rng.standard_normal(6 * RATE)
    for clap in range(12):
        start = int((0.2 + clap * 0.48) * RATE)
        burst = rng.standard_normal(RATE // 8) * np.exp(-np.arange(RATE // 8) / (0.012 * RATE))
        out[start:start + len(burst)] += 0.3 * burst
    return Audio(out.astype(np.float32)[None], RATE)


def chorded(seed: int) -> Audio:
    """Four bars of chords on three instruments."""
    rng = np.random.default_rng(seed)
    manner = hummed.Manner(scoop=0, vibrato=0.1, drift=0, tuning=0, looseness_s=0)
    chords = ((48, 64, 67), (45, 60, 64), (41, 57, 60), (43, 59, 62))
    sound = np.zeros(1)
    for voice, kind in enumerate(("bowed", "plucked", "trumpet")):
        line = tuple((0.3 + 1.6 * i + half, 0.3 + 1.6 * i + half + 0.75, float(chord[voice]))
                     for i, chord in enumerate(chords) for half in (0.0, 0.8))
        part = hummed.instrument(line, 7.2, rng, manner, kind)
        sound = sound + part / np.abs(part).max()
    return Audio((0.25 * sound).astype(np.float32)[None], RATE)


def chroma(audio: Audio, centres_s: np.ndarray, tuning: float = 0.0) -> np.ndarray:
    """(n, 12) chroma round each of (n,) times, each divided by its largest bin.

    Args:
        tuning: semitones that the sound lies above A = 440.
    """
    mono = resample(audio, CHROMA_RATE).mono
    padded = np.pad(mono, CHROMA_WINDOW)
    starts = np.round(centres_s * CHROMA_RATE).astype(int) + CHROMA_WINDOW // 2
    starts = np.clip(starts, 0, len(padded) - CHROMA_WINDOW)
    frames = np.stack([padded[start:start + CHROMA_WINDOW] for start in starts])
    power = np.abs(np.fft.rfft(frames * np.hanning(CHROMA_WINDOW + 1)[:-1])) ** 2
    out = power @ librosa.filters.chroma(sr=CHROMA_RATE, n_fft=CHROMA_WINDOW, tuning=tuning, n_chroma=12).T
    return out / np.maximum(out.max(axis=1, keepdims=True), 1e-9)


def chroma_cosine(hum: Audio, mix: Audio, hum_s: np.ndarray, mix_s: np.ndarray, tuning: float) -> tuple[float, float]:
    """Mean cosine of the frames' chroma, as they are and with only the strongest bin kept.

    Args:
        hum_s, mix_s: (n,) the same moments in both sounds; between them time runs evenly.
    """
    centres = np.arange(hum_s[0], hum_s[-1], CHROMA_HOP / CHROMA_RATE)
    one, other = chroma(hum, centres, tuning), chroma(mix, np.interp(centres, hum_s, mix_s))
    norm = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return (float(((one * other).sum(axis=1) / np.maximum(norm, 1e-8)).mean()),
            float((one.argmax(axis=1) == other.argmax(axis=1)).mean()))
