"""A patch and a pitch → samples, from attack to sustain; letting go is `stems`' part.

Nothing aliases: wavetables hold only harmonics below 18 kHz, and the low-pass is not a filter run over samples but the
same wave stored at many cutoffs (each harmonic scaled by the filter's response), so that sweeps are smooth look-ups.
Pads are PADsynth (Nasca 2005): each harmonic a band of random-phase partials, one inverse FFT, a loop without seam.
"""

from __future__ import annotations

from functools import lru_cache
from zlib import crc32

import numpy as np

from modules.config import SAMPLE_RATE
from modules.vocoder.synths.patches import Patch

HIGHEST_HZ = 18_000.0
ROWS_PER_OCTAVE = 6  # stored cutoffs
PAD_SAMPLES = 1 << 17  # 3 s loop
REFERENCE_RMS = 0.125  # of the loudest 0.2 s of a tone at full velocity
PITCH_A4, HZ_A4 = 69, 440.0
BRIGHTNESS_OCTAVES = 1.0  # cutoff between the softest and the loudest velocity
VIBRATO_HZ, VIBRATO_DELAY_S = 5.4, 0.3
_FORMANTS = ((700.0, 1.0, 130.0), (1150.0, 0.5, 150.0), (2700.0, 0.18, 220.0), (3500.0, 0.12, 260.0))  # "ah", Hz


def hz(midi: float) -> float:
    return HZ_A4 * 2.0 ** ((midi - PITCH_A4) / 12.0)


def harmonics(wave: str, pitch_hz: float) -> np.ndarray:
    """Amplitudes of harmonics 1 … K below 18 kHz, signed (sine phase)."""
    k = np.arange(1, max(2, int(HIGHEST_HZ / pitch_hz)) + 1, dtype=np.float64)
    odd = k % 2 == 1
    if wave == "saw":
        return 1.0 / k
    if wave == "square":
        return np.where(odd, 1.0 / k, 0.0)
    if wave in ("pulse25", "pulse12"):
        return np.sin(np.pi * k * (0.25 if wave == "pulse25" else 0.125)) / k
    if wave == "triangle":
        return np.where(odd, (-1.0) ** ((k - 1) // 2) / k**2, 0.0)
    if wave == "sine":
        return (k == 1).astype(np.float64)
    if wave == "organ":  # drawbars 8' 4' 2⅔' 2' 1'
        return sum(level * (k == n) for n, level in ((1, 1.0), (2, 0.7), (3, 0.5), (4, 0.4), (8, 0.2)))
    if wave == "string":  # plucked at a seventh of its length
        return np.sin(np.pi * k / 7.0) / k**1.3
    if wave == "reed":
        return np.where(odd, 1.0, 0.35) / k**1.1
    if wave == "flute":
        return np.array([1.0, 0.35, 0.18, 0.06, 0.03, 0.02] + [0.0] * len(k))[: len(k)]
    if wave == "glass":
        return np.where(np.isin(k, (1, 3, 4, 7, 10, 13)), 1.0 / k**0.7, 0.0)
    if wave == "vowel":
        f = k * pitch_hz
        return sum(g / (1.0 + ((f - centre) / band) ** 2) for centre, g, band in _FORMANTS) / np.sqrt(k) + 0.02 / k
    raise ValueError(f"no wave named {wave!r}")


def _spectrum(patch: Patch, highest_hz: float) -> np.ndarray:
    """The patch's harmonics for a note that rises to `highest_hz`, with its octave mixed in."""
    amplitudes = np.array(harmonics(patch.wave, highest_hz), dtype=np.float64)
    if patch.octave:
        amplitudes[1::2] += patch.octave * amplitudes[: len(amplitudes[1::2])].copy()
    return amplitudes


def low_pass(frequency_hz: np.ndarray, cutoff_hz: np.ndarray | float, q: float, poles: int) -> np.ndarray:
    """Magnitude of a resonant low-pass (two or four poles)."""
    x = frequency_hz / cutoff_hz
    two = 1.0 / np.sqrt((1 - x**2) ** 2 + (x / q) ** 2)
    return two if poles == 2 else two / np.sqrt(1 + x**2) ** 2


def render_tone(patch: Patch, midi: int, brightness: float, from_midi: int | None, n_samples: int,
                tone: float = 0.0) -> np.ndarray:
    """A held note.

    Args:
        brightness: 0–1, how hard it is played.
        from_midi: the pitch it glides from, or None.
        tone: octaves added to the cutoff (the style's dark or bright).

    Returns:
        float32 (2, n_samples), as long as the key stays down.
    """
    draws = np.random.default_rng([crc32(repr(patch).encode()), midi])
    scale = 2.0 ** (tone + BRIGHTNESS_OCTAVES * (brightness - 0.7))
    if patch.engine == "pad":
        samples = _pad(patch, midi, round(tone, 2), n_samples, int(draws.integers(PAD_SAMPLES)))
    elif patch.engine == "fm":
        samples = _fm(patch, midi, scale, n_samples, draws)
    else:
        samples = _wave(patch, midi, scale, from_midi, n_samples, draws)
    samples = samples * _attack_decay(patch, n_samples)
    if patch.drive:
        peak = np.abs(samples).max() + 1e-9
        samples = np.tanh(samples / peak * (0.6 + patch.drive)) / np.tanh(0.6 + patch.drive)
    window = min(n_samples, SAMPLE_RATE // 5)
    power = np.square(samples).mean(0)
    loudest = np.sqrt(np.add.reduceat(power, np.arange(0, n_samples, window)).max() / window)
    gain = REFERENCE_RMS * 10 ** (patch.gain_db / 20) / max(loudest, 1e-6)
    return (samples * gain).astype(np.float32)


def _attack_decay(patch: Patch, n: int) -> np.ndarray:
    t = np.arange(n, dtype=np.float32) / SAMPLE_RATE
    rise = 0.5 - 0.5 * np.cos(np.pi * np.minimum(t / max(patch.attack_s, 0.0015), 1.0))
    fall = patch.sustain + (1 - patch.sustain) * np.exp(-np.maximum(t - patch.attack_s, 0) * (3.0 / patch.decay_s))
    return (rise * fall).astype(np.float32)


def _pitch(patch: Patch, midi: int, from_midi: int | None, n: int) -> np.ndarray | float:
    """Frequency in Hz over time, or one number when it does not move."""
    t = np.arange(n, dtype=np.float32) / SAMPLE_RATE
    semitones: np.ndarray | float = 0.0
    if from_midi is not None and patch.glide_s:
        semitones = semitones + (from_midi - midi) * np.exp(-t * (4.0 / patch.glide_s))
    elif patch.drop_octaves:
        semitones = semitones + 12 * patch.drop_octaves * np.exp(-t / patch.drop_s)
    if patch.vibrato_cents:
        depth = np.clip((t - VIBRATO_DELAY_S) / 0.4, 0, 1) * (patch.vibrato_cents / 100)
        semitones = semitones + depth * np.sin(2 * np.pi * VIBRATO_HZ * t)
    return hz(midi) * np.exp2(semitones / 12.0)


def _wave(patch: Patch, midi: int, scale: float, from_midi: int | None, n: int,
          draws: np.random.Generator) -> np.ndarray:
    t = np.arange(n, dtype=np.float32) / SAMPLE_RATE
    pitch = _pitch(patch, midi, from_midi, n)
    amplitudes = _spectrum(patch, float(np.max(pitch)) * 2 ** (patch.detune_cents / 1200))
    base = patch.cutoff_hz * scale * 2.0 ** (patch.key_track * (midi - 60) / 12)
    octaves = patch.sweep_octaves * np.exp(-t * (3.0 / patch.sweep_s))
    if patch.lfo_octaves:
        octaves = octaves + patch.lfo_octaves * np.sin(2 * np.pi * patch.lfo_hz * t + draws.uniform(0, 6.28))
    low, high = float(octaves.min()), float(octaves.max())
    n_rows = int(np.ceil((high - low) * ROWS_PER_OCTAVE)) + 2
    row_hz = base * 2.0 ** np.linspace(low, high + 1e-6, n_rows)
    size = 4096 if midi < 52 else 2048
    spectra = np.zeros((n_rows, size // 2 + 1), np.complex128)
    frequency = hz(midi) * np.arange(1, len(amplitudes) + 1)
    spectra[:, 1:len(amplitudes) + 1] = -0.5j * amplitudes * low_pass(
        frequency, np.maximum(row_hz, 30)[:, None], patch.resonance, patch.poles)
    tables = np.fft.irfft(spectra * size, axis=1)
    tables = np.concatenate([tables, tables[:, :1]], axis=1).astype(np.float32).ravel()  # guard for interpolation
    row = (octaves - low) * ((n_rows - 1) / max(high - low + 1e-6, 1e-6))
    row_index = np.minimum(row.astype(np.intp), n_rows - 2)
    row_share = (row - row_index).astype(np.float32)
    offset = row_index * (size + 1)
    moving = high - low > 1e-3

    def voice(ratio: float, phase: float) -> np.ndarray:
        if isinstance(pitch, float):
            turns = (np.arange(n) * (pitch * ratio / SAMPLE_RATE) + phase) % 1.0
        else:
            turns = (np.cumsum(pitch, dtype=np.float64) * (ratio / SAMPLE_RATE) + phase) % 1.0
        place = turns * size
        index = place.astype(np.intp)
        share = (place - index).astype(np.float32)
        index += offset
        a = tables.take(index)
        out = a + share * (tables.take(index + 1) - a)
        if moving:
            index += size + 1
            b = tables.take(index)
            out += row_share * (b + share * (tables.take(index + 1) - b) - out)
        return out

    out = np.zeros((2, n), np.float32)
    for i in range(patch.voices):
        side = 0.0 if patch.voices == 1 else 2.0 * i / (patch.voices - 1) - 1.0
        phase = float(draws.random()) if patch.voices > 1 else 0.0
        sound = voice(2.0 ** (patch.detune_cents * side / 1200), phase) / np.sqrt(patch.voices)
        # neighbours in pitch go to opposite sides, so that neither side is the sharp one
        angle = np.pi / 4 * (1 + patch.width * side * (-1) ** i)
        out[0] += np.float32(np.cos(angle) * np.sqrt(2)) * sound
        out[1] += np.float32(np.sin(angle) * np.sqrt(2)) * sound
    if patch.sub:
        turns = np.cumsum(np.broadcast_to(pitch, n), dtype=np.float64) * (0.5 / SAMPLE_RATE)
        ratio = 2.0 if midi < 36 else 1.0  # below C2 the fundamental itself, an octave down would be lost
        out += (patch.sub * 0.6 * np.sin(2 * np.pi * turns * ratio)).astype(np.float32)
    if patch.noise:
        hiss = draws.standard_normal(n).astype(np.float32)
        out += patch.noise * (hiss - np.concatenate([[0], hiss[:-1]]).astype(np.float32) * 0.5)
    return out


def _fm(patch: Patch, midi: int, scale: float, n: int, draws: np.random.Generator) -> np.ndarray:
    """Two operators (Chowning 1973); the index never pushes a strong side band over 18 kHz."""
    t = np.arange(n, dtype=np.float64) / SAMPLE_RATE
    carrier = hz(midi)
    modulator = carrier * patch.ratio
    while modulator + carrier > HIGHEST_HZ / 1.2 and modulator > carrier:
        modulator /= 2.0
    room = max(0.1, (HIGHEST_HZ - carrier) / modulator - 1.0)
    index = patch.index_end + (patch.index - patch.index_end) * np.exp(-t * (3.0 / patch.index_s))
    index = np.minimum(index * min(scale, 1.6), room)
    out = np.zeros((2, n), np.float32)
    for i in range(patch.voices):
        side = 0.0 if patch.voices == 1 else 2.0 * i / (patch.voices - 1) - 1.0
        ratio = 2.0 ** (patch.detune_cents * side / 1200)
        phase = float(draws.uniform(0, 2 * np.pi)) if i else 0.0
        turn = 2 * np.pi * ratio * t
        sound = np.sin(carrier * turn + phase + index * np.sin(modulator * turn))
        if patch.ratio > 8:  # an electric piano's tine sits on a plain body
            sound = 0.45 * sound + 0.55 * np.sin(carrier * turn + phase + 0.6 * index * np.sin(carrier * turn))
        angle = np.pi / 4 * (1 + patch.width * side)
        out[0] += (np.cos(angle) * sound).astype(np.float32)
        out[1] += (np.sin(angle) * sound).astype(np.float32)
    return out


@lru_cache(maxsize=96)
def _pad_loops(patch: Patch, midi: int, tone: float) -> np.ndarray:
    """PADsynth loops of a pitch: float32 (dark or bright, side, PAD_SAMPLES)."""
    draws = np.random.default_rng([crc32(repr(patch).encode()), midi, 1])
    pitch_hz = hz(midi)
    amplitudes = _spectrum(patch, pitch_hz)
    n_bins = PAD_SAMPLES // 2 + 1
    bin_hz = SAMPLE_RATE / PAD_SAMPLES
    magnitude = np.zeros((2, n_bins))
    base = patch.cutoff_hz * 2.0 ** (tone + patch.key_track * (midi - 60) / 12)
    for k, amplitude in enumerate(amplitudes, start=1):
        centre = k * pitch_hz
        width_hz = max((2.0 ** (patch.bandwidth_cents / 1200) - 1) * centre, 2 * bin_hz)
        first = max(1, int((centre - 3 * width_hz) / bin_hz))
        last = min(n_bins - 1, int((centre + 3 * width_hz) / bin_hz) + 2)
        x = (np.arange(first, last) * bin_hz - centre) / width_hz
        band = np.exp(-x**2) * abs(amplitude) / np.sqrt(width_hz)
        for row, cutoff in enumerate((base, base * 2.2)):
            magnitude[row, first:last] += band * low_pass(np.array(centre), cutoff, 0.75, patch.poles)
    if patch.sub:
        magnitude[:, max(1, round(pitch_hz / 2 / bin_hz))] += patch.sub * magnitude.max()
    phases = np.exp(1j * draws.uniform(0, 2 * np.pi, (1, 2, n_bins)))  # the sides differ: wide
    loops = np.fft.irfft(magnitude[:, None] * phases, axis=-1)
    return (loops / (loops[0].std() + 1e-12)).astype(np.float32)


def _pad(patch: Patch, midi: int, tone: float, n: int, start: int) -> np.ndarray:
    loops = _pad_loops(patch, midi, tone)  # (dark or bright, side, PAD_SAMPLES)
    rounds = [loops[..., start:], *[loops] * ((n + start) // PAD_SAMPLES)]
    dark, bright = np.concatenate(rounds, axis=-1)[..., :n]
    t = np.arange(n, dtype=np.float32) / SAMPLE_RATE
    share = 0.35 - 0.35 * np.cos(2 * np.pi * patch.motion_hz * t)
    return dark + share * (bright - dark)
