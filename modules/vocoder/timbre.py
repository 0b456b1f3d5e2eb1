"""From coded frames to full-band spectra: decoding, band extension, aperiodicity, predicted loudness.

The banks know what lies below their `top_hz` (9 to 11 kHz). Above, the envelope goes on from its own mean of the last
part below with a slope: steep where the voice is periodic, shallow in hiss. Decoding is linear (a cosine basis over
the mel axis), so the extended envelope is a matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyworld

from modules.vocoder.voicebank import ANALYSIS_RATE, ENVELOPE_DIMS

FFT_SIZE = {44_100: 2048, 48_000: 2048, 22_050: 1024, 16_000: 1024}
DB = np.log(10.0) / 10.0  # dB → natural log of power
EXTEND = (0.88, 1.0)  # of the top: the extension takes over between
EDGE_VOICED, EDGE_UNVOICED = (0.75, 0.95), (0.85, 0.98)  # of the top: where its level comes from
SLOPE_VOICED, SLOPE_UNVOICED = -17.0, -8.0  # dB an octave above
AIR_HZ, AIR_SLOPE = 13_000.0, -30.0  # everything falls off above
RUMBLE_HZ, RUMBLE_SLOPE = 450.0, 24.0  # hiss and breath have nothing to say below
PRESENCE_HZ, PRESENCE_DB, PRESENCE_OCTAVES = 3_000.0, 3.0, 0.5  # the singer's formant, which speech lacks
AP_HZ = (0, 3_000, 6_000, 9_000, 20_000)  # where aperiodicity is set
HARMONICS = 24  # enough for loudness below 8 kHz
WORLD_DB = -44.0  # from envelope units to dBFS of the sound, measured


def bin_hz(rate: int) -> np.ndarray:
    """Frequencies of the spectrum's bins, (K,)."""
    return np.arange(FFT_SIZE[rate] // 2 + 1) * (rate / FFT_SIZE[rate])


@dataclass(frozen=True)
class _Grid:
    """For an output rate and a bank's top: `basis` (60, K) below the extension, `edge_voiced` and `edge_unvoiced`
    (60,), `extended` (K,) 0 below … 1 above, and fixed shapes in dB or octaves (K,)."""

    basis: np.ndarray
    edge_voiced: np.ndarray
    edge_unvoiced: np.ndarray
    extended: np.ndarray
    above: np.ndarray
    rumble: np.ndarray
    presence: np.ndarray
    air: np.ndarray
    octaves: np.ndarray


@lru_cache(maxsize=8)
def _grid(rate: int, top_hz: float) -> _Grid:
    hz = bin_hz(rate)
    fine = 4096
    flat = np.log(pyworld.decode_spectral_envelope(np.zeros((1, ENVELOPE_DIMS)), ANALYSIS_RATE, fine))
    fine_basis = np.log(pyworld.decode_spectral_envelope(np.eye(ENVELOPE_DIMS), ANALYSIS_RATE, fine)) - flat
    fine_hz = np.arange(fine // 2 + 1) * (ANALYSIS_RATE / fine)

    def edge(band: tuple[float, float]) -> np.ndarray:
        inside = (fine_hz > band[0] * top_hz) & (fine_hz < band[1] * top_hz)
        return fine_basis[:, inside].mean(axis=1).astype(np.float32)

    start_hz, end_hz = EXTEND[0] * top_hz, EXTEND[1] * top_hz
    extended = np.clip((hz - start_hz) / (end_hz - start_hz), 0.0, 1.0)
    basis = np.stack([np.interp(hz, fine_hz, row) for row in fine_basis]) * (1 - extended)
    bump = np.exp(-0.5 * (np.log2(np.maximum(hz, 1.0) / PRESENCE_HZ) / PRESENCE_OCTAVES) ** 2)
    return _Grid(
        basis.astype(np.float32), edge(EDGE_VOICED), edge(EDGE_UNVOICED), extended,
        above=np.log2(np.maximum(hz, start_hz) / start_hz),
        rumble=RUMBLE_SLOPE * np.log2(np.clip(hz, 40.0, RUMBLE_HZ) / RUMBLE_HZ),
        presence=PRESENCE_DB * bump,
        air=AIR_SLOPE * np.log2(np.maximum(hz, AIR_HZ) / AIR_HZ),
        octaves=np.log2(np.clip(hz, 500.0, 8_000.0) / 500.0))


def log_spectrum(envelope: np.ndarray, periodic: np.ndarray, tilt_db: np.ndarray, *, top_hz: float,
                 rate: int) -> np.ndarray:
    """Natural log power (T, K).

    Args:
        envelope: (T, 60) coded.
        periodic: (T,) 0 hiss … 1 periodic; chooses level and slope of the extension, rumble filter and presence.
        tilt_db: (T,) dB an octave above 500 Hz.
        top_hz: the bank's, above which the extension goes on.
        rate: output sample rate, a key of `FFT_SIZE`.
    """
    grid = _grid(rate, top_hz)
    envelope = envelope.astype(np.float32)
    edge = periodic * (envelope @ grid.edge_voiced) + (1 - periodic) * (envelope @ grid.edge_unvoiced)  # (T,)
    slope = SLOPE_UNVOICED + (SLOPE_VOICED - SLOPE_UNVOICED) * periodic
    weights = np.column_stack([edge / DB, slope, tilt_db, 1 - periodic, periodic, np.ones_like(edge)])  # (T, 6)
    shapes = np.stack([grid.extended, grid.above, grid.octaves, grid.rumble, grid.presence, grid.air])  # (6, K)
    shape = weights.astype(np.float32) @ (shapes * DB).astype(np.float32)
    return (envelope @ grid.basis + shape).astype(np.float64)


def aperiodicity(db: np.ndarray, voiced: np.ndarray, rate: int) -> np.ndarray:
    """WORLD aperiodicity (T, K) in (0, 1]: `db` (T, 3) at 3, 6 and 9 kHz, −60 dB at 0 Hz, near 0 at the top."""
    hz = bin_hz(rate)
    weights = np.stack([np.interp(hz, AP_HZ, row) for row in np.eye(len(AP_HZ))])  # (5, K)
    knots = np.column_stack([np.full(len(db), -60.0), db, np.full(len(db), -1.0)])  # (T, 5)
    level = np.where(voiced[:, None], knots.astype(np.float32) @ weights.astype(np.float32), 0.0)
    return np.clip(10.0 ** (level / 20.0), 1e-3, 1.0 - 1e-9).astype(np.float64)


def hiss_db(log_power: np.ndarray, rate: int) -> np.ndarray:
    """Predicted level (T,) in dBFS of the frames when noise excites them, above 2 kHz."""
    hz = bin_hz(rate)
    return 10 * np.log10(np.exp(log_power[:, hz > 2_000]).sum(axis=1) * hz[1] + 1e-20) + WORLD_DB


def loudness_db(log_power: np.ndarray, f0_hz: np.ndarray, rate: int) -> np.ndarray:
    """Predicted loudness (T,) in dBFS: the power of the harmonics that fall on the envelope, weighted like BS.1770."""
    hz = bin_hz(rate)
    step = hz[1]
    order = np.arange(1, HARMONICS + 1)
    where = np.minimum(np.outer(f0_hz, order) / step, len(hz) - 2)  # (T, H)
    index = where.astype(int)
    part = where - index
    rows = np.arange(len(f0_hz))[:, None]
    level = log_power[rows, index] * (1 - part) + log_power[rows, index + 1] * part
    weight = np.interp(where * step, (60, 200, 1_000, 2_000, 8_000), (-3.0, 0.0, 0.7, 3.5, 4.0))
    power = np.where(where * step < 8_000, np.exp(level + weight * DB), 0.0).sum(axis=1) * f0_hz
    return 10 * np.log10(power + 1e-20) + WORLD_DB
