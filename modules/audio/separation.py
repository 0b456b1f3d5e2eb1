"""A recording taken apart without a trained model: what hits, what is sung in the middle, what is left.

Medians over time and frequency tell tones from hits (Fitzgerald 2010); bins that both channels hold alike lie in the
middle (Avendano & Jot 2004). Soft masks of one short-time spectrum, so the parts add up to the recording. Knows sound
only; it cannot tell a voice from a solo instrument that stands in the middle.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import median_filter
from scipy.signal import istft, stft

from modules.errors import InputError
from modules.types import Audio

WAYS = ("simple", "demucs")
PARTS = ("voice", "drums", "rest")
WINDOW_S, LONG_WINDOW_S = 0.046, 0.186  # hits are short
OVERLAP = 4
TONE_FRAMES, HIT_BINS = 17, 17  # lengths of the medians
VOICE_HZ = (150.0, 9_000.0)
CENTRE_SHARPNESS = 3.0  # how quickly a bin that leans to one side stops counting as the middle
BLOCK_S, BLEND_S = 40.0, 1.0  # taken apart at a time, so that ten minutes stay small in memory; cross-faded
MARGIN_S = 2.0  # heard on both sides of a block where nothing is cross-faded
TINY = 1e-12


def separate(audio: Audio, how: str = "simple") -> dict[str, Audio]:
    """Parts of a recording: name → sound.

    Args:
        how: "simple" (`take_apart`), or "demucs" where it can run.

    Raises:
        InputError: an unknown way.
        EngineUnavailable: Demucs cannot run here; the message says why.
    """
    if how == "simple":
        return take_apart(audio)
    if how == "demucs":
        from modules.audio import demucs

        return demucs.take_apart(audio)
    raise InputError(f"There is no way called {how!r} to take a track apart; choose {' or '.join(WAYS)}.")


def take_apart(audio: Audio) -> dict[str, Audio]:
    """`PARTS` of a recording, each as long as it and with its channels; together they are the recording."""
    rate, n = audio.sample_rate, audio.samples.shape[1]
    step, blend = int(BLOCK_S * rate), int(BLEND_S * rate)
    out = {name: np.zeros_like(audio.samples) for name in PARTS}
    for start in range(0, n, step):
        first, last = max(0, start - blend), min(n, start + step)
        parts = _block(audio.samples[:, first:last], rate)
        fade = np.ones(last - first, np.float32)
        if start:
            fade[:blend] = np.linspace(0, 1, blend, dtype=np.float32)
            for name in PARTS:
                out[name][:, first:start] *= 1 - fade[:blend]
        for name in PARTS:
            out[name][:, first:last] += parts[name] * fade
    return {name: Audio(samples, rate) for name, samples in out.items()}


def _block(samples: np.ndarray, rate: int) -> dict[str, np.ndarray]:
    """Parts of some seconds, (channels, n) each."""
    n = samples.shape[1]
    # what holds still over long windows is no drum; of what moves there, drums are what is broad in short ones
    size = _size(LONG_WINDOW_S, rate)
    long = _spectrum(samples, size)
    moving = _sound(long * _hits(long), size, n)
    size = _size(WINDOW_S, rate)
    short = _spectrum(moving, size)
    drums = _sound(short * _hits(short), size, n)
    tones = _spectrum(samples - drums, size)
    voice = _sound(tones * centre_mask(tones) * _band(tones.shape[1], rate)[:, None], size, n)
    return {"voice": voice, "drums": drums, "rest": samples - voice - drums}


def harmonic_and_centre(audio: Audio) -> tuple[np.ndarray, np.ndarray]:
    """float32 (n,) twice: the tones of a recording in mono, and those of them that stand in the middle.

    A mono recording is all middle. Long ones are worked through in blocks: each bin knows its neighbourhood only.
    """
    rate, n = audio.sample_rate, audio.samples.shape[1]
    block, margin = int(BLOCK_S * rate), int(MARGIN_S * rate)
    parts = []
    for start in range(0, max(n, 1), block):
        first, last = max(0, start - margin), min(n, start + block + margin)
        found = _harmonic_and_centre(Audio(audio.samples[:, first:last], rate))
        inside = slice(start - first, min(n, start + block) - first)
        parts.append([one[inside] for one in found])
    tonal, middle = (np.concatenate(one) for one in zip(*parts, strict=True))
    return tonal, middle


def _harmonic_and_centre(audio: Audio) -> tuple[np.ndarray, np.ndarray]:
    size = _size(WINDOW_S, audio.sample_rate)
    spectrum = _spectrum(audio.samples, size)
    harmonic = spectrum.mean(axis=0) * (1 - _hits(spectrum))
    n = audio.samples.shape[1]
    tonal = _sound(harmonic[None], size, n)[0]
    if len(audio.samples) == 1:
        return tonal, tonal
    return tonal, _sound((harmonic * centre_mask(spectrum))[None], size, n)[0]


def centre_mask(spectrum: np.ndarray) -> np.ndarray:
    """0–1 (bins, frames): how much each bin lies in the middle of (channels, bins, frames); 1 everywhere for mono."""
    if len(spectrum) == 1:
        return np.ones(spectrum.shape[1:], np.float32)
    left, right = np.abs(spectrum[0]), np.abs(spectrum[1])
    lean = np.abs(left - right) / (left + right + TINY)
    together = (spectrum[0] * np.conj(spectrum[1])).real / (left * right + TINY)
    return (np.clip(1 - CENTRE_SHARPNESS * lean, 0, 1) * np.clip(together, 0, 1)).astype(np.float32)


def _size(seconds: float, rate: int) -> int:
    """The power of two of samples nearest to a length."""
    return 1 << round(np.log2(seconds * rate))


def _spectrum(samples: np.ndarray, size: int) -> np.ndarray:
    """complex64 (channels, bins, frames)."""
    return stft(samples, nperseg=size, noverlap=size - size // OVERLAP)[2].astype(np.complex64)


def _sound(spectrum: np.ndarray, size: int, n: int) -> np.ndarray:
    """float32 (channels, n)."""
    out = istft(spectrum, nperseg=size, noverlap=size - size // OVERLAP)[1]
    return np.pad(out, ((0, 0), (0, max(0, n - out.shape[1]))))[:, :n].astype(np.float32)


def _hits(spectrum: np.ndarray) -> np.ndarray:
    """0–1 (bins, frames): how much each bin of (channels, bins, frames) is broad and short rather than lasting."""
    magnitude = np.abs(spectrum).mean(axis=0)
    tones, hits = median_filter(magnitude, (1, TONE_FRAMES)), median_filter(magnitude, (HIT_BINS, 1))
    return hits**2 / (tones**2 + hits**2 + TINY)


def _band(n_bins: int, rate: int) -> np.ndarray:
    """(bins,) 1 where voices sound, soft at its edges."""
    hz = np.linspace(0, rate / 2, n_bins)
    low, high = VOICE_HZ
    return (1 / (1 + (low / np.maximum(hz, 1.0)) ** 8) / (1 + (hz / high) ** 8)).astype(np.float32)
