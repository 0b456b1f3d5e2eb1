"""Measures loudness and true peak as ITU-R BS.1770-4 defines them, and the long-term spectrum. Changes no sound."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from pedalboard import HighpassFilter, HighShelfFilter, Pedalboard
from scipy.signal import firwin, resample_poly

from modules.types import Audio

FLOOR_LUFS = -70.0  # BS.1770's absolute gate: what is quieter counts as silence
FLOOR_DBTP = -120.0
BLOCK_S, BLOCK_STEP_S = 0.4, 0.1
RELATIVE_GATE_LU = -10.0
OVERSAMPLING = 4
INTERSAMPLE_DB = 4.5  # more than a true peak of music lies above the largest sample beside it
_CHUNK = 1 << 19  # samples oversampled at a time, so that four minutes stay small in memory
_EDGE = 64  # samples of context for the interpolation filter
_STRETCH = 1024  # samples looked at together where only loud ones are oversampled

OCTAVES_HZ = 31.25 * 2.0 ** np.arange(10)  # 31 Hz … 16 kHz


def k_weighted(samples: np.ndarray, rate: int) -> np.ndarray:
    """BS.1770's head shelf and low cut. float32 (C, T) → (C, T)."""
    # Two equal first-order low cuts are the standard's second-order one (its Q is 0.5003).
    board = Pedalboard([HighShelfFilter(1_500.0, 4.0, 2 ** -0.5), HighpassFilter(38.1), HighpassFilter(38.1)])
    return board(np.ascontiguousarray(samples, np.float32), rate)


def k_hop_powers(samples: np.ndarray, rate: int) -> np.ndarray:
    """K-weighted mean square of each 100 ms, summed over channels, float64 (n,), from spectra: a third of the work of
    filtering and within 0.1 LU of it (0.3 for a lone tone near 50 Hz), enough to balance lanes by. What is left of the
    last 100 ms is not counted."""
    hop = rate // 10
    n_hops = samples.shape[-1] // hop
    if n_hops == 0:
        return hop_powers(k_weighted(samples, rate), hop)
    frames = torch.from_numpy(np.ascontiguousarray(samples[:, :n_hops * hop], np.float32)).reshape(-1, n_hops, hop)
    parts = torch.view_as_real(torch.fft.rfft(frames)).flatten(2).square_()  # (channels, n_hops, 2 · bins)
    return (parts @ torch.from_numpy(_k_response(rate, hop))).sum(0).numpy().astype(np.float64)


@lru_cache(maxsize=4)
def _k_response(rate: int, size: int) -> np.ndarray:
    """What the real and imaginary part of each bin of an rfft of `size` add to the K-weighted mean square, float32
    (2 · (size // 2 + 1),)."""
    impulse = np.zeros((1, 10 * size), np.float32)
    impulse[0, 0] = 1.0
    gain = np.abs(np.fft.rfft(k_weighted(impulse, rate)[0]))[::10] ** 2
    gain[1:(size + 1) // 2] *= 2.0  # the negative frequencies
    return np.repeat(gain / size ** 2, 2).astype(np.float32)


def hop_powers(samples: np.ndarray, hop: int) -> np.ndarray:
    """Mean square per hop, summed over channels, float64 (ceil(T / hop),); the last hop is padded with zeros."""
    n_hops = -(-samples.shape[-1] // hop)
    power = np.zeros(n_hops)
    for channel in samples:
        padded = np.zeros(n_hops * hop, np.float32)
        padded[:len(channel)] = channel
        frames = padded.reshape(n_hops, hop)
        power += np.einsum("nh,nh->n", frames, frames, dtype=np.float64)
    return power / hop


def block_powers(k_hop_powers: np.ndarray, hop_s: float) -> np.ndarray:
    """Mean power of the standard's 400 ms blocks, one each 100 ms, from hops of `hop_s` seconds.

    Sound shorter than one block counts as one block.
    """
    total = np.concatenate([[0.0], np.cumsum(k_hop_powers)])
    n_hops = len(k_hop_powers)
    starts = np.arange(0.0, max(n_hops * hop_s - BLOCK_S, 0.0) + 1e-6, BLOCK_STEP_S) / hop_s
    at = np.arange(n_hops + 1)
    ends = np.minimum(starts + BLOCK_S / hop_s, n_hops)
    return (np.interp(ends, at, total) - np.interp(starts, at, total)) / np.maximum(ends - starts, 1e-9)


def gated_lufs(blocks: np.ndarray) -> float:
    """Integrated loudness of block powers with both gates; `FLOOR_LUFS` for silence."""
    lufs = to_lufs(blocks)
    heard = lufs > FLOOR_LUFS
    if not heard.any():
        return FLOOR_LUFS
    gate = float(to_lufs(blocks[heard].mean())) + RELATIVE_GATE_LU
    return float(to_lufs(blocks[heard & (lufs > gate)].mean()))


def to_lufs(power: np.ndarray | float) -> np.ndarray:
    """K-weighted power summed over channels → LUFS."""
    return -0.691 + 10.0 * np.log10(np.maximum(power, 1e-15))


def integrated_lufs(audio: Audio) -> float:
    """Integrated loudness (BS.1770-4), `FLOOR_LUFS` (−70) for silence."""
    hop = audio.sample_rate // 100
    powers = hop_powers(k_weighted(audio.samples, audio.sample_rate), hop)
    return gated_lufs(block_powers(powers, hop / audio.sample_rate))


def loudness_curve(audio: Audio) -> np.ndarray:
    """Momentary loudness in LUFS, one value each 100 ms, of the 400 ms that start there."""
    hop = audio.sample_rate // 100
    powers = hop_powers(k_weighted(audio.samples, audio.sample_rate), hop)
    return np.maximum(to_lufs(block_powers(powers, hop / audio.sample_rate)), FLOOR_LUFS)


def oversampled_peaks(samples: np.ndarray, hop: int, quiet_below: float = 0.0) -> np.ndarray:
    """Largest |value| over channels between the samples of each hop (4×), float32 (ceil(T / hop),).

    Where the samples of a stretch stay under `quiet_below`, their own largest is given, which is at most
    `INTERSAMPLE_DB` too low.
    """
    if quiet_below > 0:
        return _peaks_of_loud(samples, hop, quiet_below)
    n_samples = samples.shape[-1]
    n_hops = -(-n_samples // hop)
    peaks = np.zeros(n_hops, np.float32)
    chunk = _CHUNK // hop * hop
    for start in range(0, n_samples, chunk):
        first, last = max(start - _EDGE, 0), min(start + chunk + _EDGE, n_samples)
        end = min(start + chunk, n_samples)
        for channel in samples:
            fine = np.abs(resample_poly(channel[first:last], OVERSAMPLING, 1))
            fine = fine[(start - first) * OVERSAMPLING:(end - first) * OVERSAMPLING]
            bounds = np.arange(0, len(fine), hop * OVERSAMPLING)
            found = np.maximum.reduceat(fine, bounds)
            at = slice(start // hop, start // hop + len(found))
            peaks[at] = np.maximum(peaks[at], found)
    return peaks


def _peaks_of_loud(samples: np.ndarray, hop: int, quiet_below: float) -> np.ndarray:
    n_samples = samples.shape[-1]
    n_hops = -(-n_samples // hop)
    stretch = hop * max(1, _STRETCH // hop)
    n_stretches = -(-n_samples // stretch)
    padded = np.zeros((len(samples), n_stretches * stretch + 2 * _EDGE), np.float32)
    padded[:, _EDGE:_EDGE + n_samples] = samples
    plain = np.abs(padded[:, _EDGE:len(padded[0]) - _EDGE]).max(axis=0).reshape(-1, hop).max(axis=1)
    loud = np.flatnonzero(plain.reshape(n_stretches, -1).max(axis=1) >= quiet_below)
    if len(loud):
        windows = np.lib.stride_tricks.sliding_window_view(padded, stretch + 2 * _EDGE, axis=1)[:, loud * stretch]
        flat = torch.from_numpy(windows.reshape(-1, 1, windows.shape[-1]))
        fine = torch.nn.functional.conv1d(flat, _phases())  # (channels · loud, phases, stretch + …)
        margin = (fine.shape[-1] - stretch) // 2
        fine = fine[..., margin:margin + stretch].abs_().amax(1).reshape(len(samples), len(loud), -1, hop)
        plain.reshape(n_stretches, -1)[loud] = np.maximum(fine.amax((0, 3)).numpy(),
                                                          plain.reshape(n_stretches, -1)[loud])
    return plain[:n_hops]


@lru_cache(maxsize=1)
def _phases() -> torch.Tensor:
    """The interpolation filter of SciPy's `resample_poly` by its phases, float32 (OVERSAMPLING, 1, 21)."""
    half = 10 * OVERSAMPLING
    taps = OVERSAMPLING * firwin(2 * half + 1, 1.0 / OVERSAMPLING, window=("kaiser", 5.0))
    rows = np.zeros((OVERSAMPLING, 21), np.float32)
    for phase in range(OVERSAMPLING):
        row = taps[phase::OVERSAMPLING][::-1]
        rows[phase, 21 - len(row):] = row
    return torch.from_numpy(rows)[:, None]


def true_peak_dbtp(audio: Audio) -> float:
    """True peak (4× oversampled), `FLOOR_DBTP` for silence."""
    if audio.samples.size == 0:
        return FLOOR_DBTP
    near = 10 ** (-INTERSAMPLE_DB / 20) * float(np.abs(audio.samples).max())
    peak = oversampled_peaks(audio.samples, _STRETCH, near).max()
    return float(20.0 * np.log10(max(peak, 10 ** (FLOOR_DBTP / 20))))


def octave_levels(samples: np.ndarray, rate: int) -> np.ndarray:
    """Long-term level of each band of `OCTAVES_HZ` in dB against the whole, float64 (10,); −120 where nothing is."""
    mono = samples.mean(axis=0, dtype=np.float32)
    size = 8_192
    frames = np.zeros(-(-len(mono) // size) * size, np.float32)
    frames[:len(mono)] = mono
    spectra = torch.fft.rfft(torch.from_numpy(frames.reshape(-1, size) * np.hanning(size).astype(np.float32))).numpy()
    power = (spectra.real ** 2 + spectra.imag ** 2).mean(axis=0, dtype=np.float64)
    bins_hz = np.fft.rfftfreq(size, 1 / rate)
    edges = np.searchsorted(bins_hz, [*(OCTAVES_HZ / 2 ** 0.5), OCTAVES_HZ[-1] * 2 ** 0.5])
    bands = np.array([power[a:b].sum() for a, b in zip(edges[:-1], edges[1:], strict=True)])
    return 10.0 * np.log10(np.maximum(bands / max(bands.sum(), 1e-20), 1e-12))
