"""What the voice benchmark measures on sound at 16 kHz: likeness of words whatever their timing (MFCC, arc length,
dynamic time warping), vowel onsets, pitch, and how sharply spectra change."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyworld
from scipy.fft import dct
from scipy.ndimage import gaussian_filter1d
from scipy.signal import stft

RATE = 16_000
HOP = 80  # 5 ms
POINTS = 120  # of a line, equally far apart in what is heard
THROATS = (1.0, 1.16)  # a man's; a woman's, whose resonances lie higher
BAND = 0.25  # of the points: how far the time warp may stray
FLOOR_DB = 50.0  # below a sound's loudest frame nothing is compared
VOWEL_HZ = (400.0, 2_600.0)
ONSET_REACH_S = 0.12
FLUX_REACH = 6  # frames round a border of phones


@lru_cache(maxsize=4)
def _mel(throat: float = 1.0, n_bands: int = 26, n_fft: int = 512) -> np.ndarray:
    """Triangular bands (26, 257) from 80 to 6,400 Hz; of another `throat`, all of them that much higher."""
    edges = throat * 700 * (np.exp(np.linspace(*np.log1p(np.array([80, 6_400]) / 700), n_bands + 2)) - 1)
    hz = np.arange(n_fft // 2 + 1) * RATE / n_fft
    up = (hz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - hz) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0.0, np.minimum(up, down))


def log_mel(samples: np.ndarray, window_s: float = 0.025) -> np.ndarray:
    """dB (T, 26) every 5 ms, no lower than `FLOOR_DB` under the loudest frame."""
    n = int(window_s * RATE)
    _, _, spectrum = stft(samples, RATE, nperseg=n, noverlap=n - HOP, nfft=512, padded=False)
    db = 10 * np.log10(_mel() @ np.abs(spectrum) ** 2 + 1e-12)
    return np.maximum(db, db.max() - FLOOR_DB).T


def smooth_mel(samples: np.ndarray, throat: float) -> np.ndarray:
    """dB (T, 26) every 5 ms of the envelope without the pitch's overtones (CheapTrick, Morise 2015), floored likewise:
    high notes are far apart in their overtones, which a plain spectrum takes for formants."""
    sound = samples.astype(float)
    f0, times = pyworld.dio(sound, RATE, f0_floor=60.0, f0_ceil=900.0)
    envelope = pyworld.cheaptrick(sound, pyworld.stonemask(sound, f0, times, RATE), times, RATE, fft_size=1024)
    db = 10 * np.log10(envelope[:, ::2] @ _mel(throat).T + 1e-14)
    return np.maximum(db, db.max() - FLOOR_DB)


def trace(samples: np.ndarray, points: int = POINTS, throat: float = 1.0) -> np.ndarray:
    """(points, 24) cepstra at equal distances of what is heard: a held vowel takes no more room than a short one."""
    mel = gaussian_filter1d(smooth_mel(samples, throat), 2.0, axis=0)
    cepstrum = dct(mel, axis=1, norm="ortho")[:, 1:13]
    cepstrum = (cepstrum - cepstrum.mean(axis=0)) / (cepstrum.std(axis=0) + 1e-6)
    loud = mel.max(axis=1) > mel.max() - FLOOR_DB + 6
    first, last = np.flatnonzero(loud)[[0, -1]]
    cepstrum = cepstrum[first:last + 1]
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(cepstrum, axis=0), axis=1))])
    where = np.interp(np.linspace(0, way[-1], points), way, np.arange(len(way)))
    low = where.astype(int)
    part = (where - low)[:, None]
    even = cepstrum[low] * (1 - part) + cepstrum[np.minimum(low + 1, len(cepstrum) - 1)] * part
    return np.column_stack([even, np.gradient(even, axis=0) * 2.0])


def distances(heard: np.ndarray, templates: np.ndarray) -> np.ndarray:
    """(C,) mean distance along the best time warp between a trace (P, D) and each of `templates` (C, P, D)."""
    n = len(heard)
    squares = (heard ** 2).sum(axis=1)[None, :, None] + (templates ** 2).sum(axis=2)[:, None] - 2 * heard @ np.swapaxes(
        templates, 1, 2)
    cost = np.sqrt(np.maximum(squares, 0.0))  # (C, P, P)
    reach = int(BAND * n)
    total = np.full((len(templates), n, n), np.inf)
    for i in range(n):  # rows of the warp; inside a row a running minimum does the horizontal steps
        low, high = max(0, i - reach), min(n, i + reach + 1)
        row = cost[:, i, low:high]
        if i == 0:
            total[:, 0, :high] = np.cumsum(row, axis=1)
            continue
        above = total[:, i - 1, low:high]
        diagonal = np.concatenate([total[:, i - 1, low - 1:low] if low else np.full((len(row), 1), np.inf),
                                   total[:, i - 1, low:high - 1]], axis=1)
        enter = np.minimum(above + row, diagonal + row)
        way = np.cumsum(row, axis=1)
        total[:, i, low:high] = way + np.minimum.accumulate(enter - way, axis=1)
    return total[:, -1, -1] / (2 * n)


def nearness(samples: np.ndarray, templates: np.ndarray, points: int = POINTS) -> np.ndarray:
    """(C,) mean distance of a sound from each of `templates` (C, S speakers, P, D), in the one of `THROATS` in which it
    comes nearest to any: listeners too get used to how long a speaker's throat is."""
    best = None
    for throat in THROATS:
        heard = trace(samples, points, throat)
        far = np.mean([distances(heard, templates[:, s]) for s in range(templates.shape[1])], axis=0)
        best = far if best is None or far.min() < best.min() else best
    return best


def vowel_onset_errors(samples: np.ndarray, onsets_s: np.ndarray) -> np.ndarray:
    """Seconds between each wanted vowel onset and the nearest place where the vowel's band rises steeply (at least half
    as much as at its steepest within 120 ms: a cluster such as KL rises twice); NaN where it does not rise at all."""
    n = int(0.012 * RATE)
    hz, _, spectrum = stft(samples, RATE, nperseg=n, noverlap=n - HOP, nfft=512, padded=False)
    band = (hz > VOWEL_HZ[0]) & (hz < VOWEL_HZ[1])
    db = 10 * np.log10((np.abs(spectrum[band]) ** 2).sum(axis=0) + 1e-12)
    db = gaussian_filter1d(db, 1.0)
    errors = np.full(len(onsets_s), np.nan)
    for i, onset in enumerate(onsets_s):
        at = int(round(onset * RATE / HOP))
        reach = int(ONSET_REACH_S * RATE / HOP)
        vowel = np.median(db[at + 6:at + 24]) if at + 6 < len(db) else -120.0
        near = np.clip(db[max(at - reach, 0):at + reach + 1], vowel - 18.0, vowel - 2.0)
        rise = np.diff(near)
        if len(rise) and rise.max() > 0.6:
            steep = rise > 0.5 * rise.max()
            edges = np.flatnonzero(np.diff(np.concatenate([[False], steep, [False]]).astype(int)))
            centres = [np.average(np.arange(a, b) + 0.5, weights=rise[a:b]) for a, b in edges.reshape(-1, 2)]
            found = (max(at - reach, 0) + np.array(centres)) * HOP / RATE - onset
            errors[i] = found[np.abs(found).argmin()]
    return errors


def pitch_errors(samples: np.ndarray, notes: list[tuple[float, float, float]]) -> np.ndarray:
    """Cents (absolute) between the median pitch of the steady part of each (onset_s, offset_s, midi) and its note."""
    f0, times = pyworld.dio(samples.astype(float), RATE, f0_floor=60.0, f0_ceil=900.0)
    f0 = pyworld.stonemask(samples.astype(float), f0, times, RATE)
    errors = []
    for onset, offset, midi in notes:
        inside = (times > onset + 0.12) & (times < offset - 0.1) & (f0 > 0)
        if inside.sum() >= 20:
            errors.append(abs(1200 * np.log2(np.median(f0[inside]) / (440 * 2 ** ((midi - 69) / 12)))))
    return np.array(errors)


def border_flux(samples: np.ndarray, borders_s: np.ndarray) -> np.ndarray:
    """The sharpest change near each border of phones: mean dB over the bands between frames 5 ms apart."""
    flux = np.abs(np.diff(log_mel(samples, 0.02), axis=0)).mean(axis=1)
    at = np.round(np.asarray(borders_s) * RATE / HOP).astype(int)
    return np.array([flux[max(a - FLUX_REACH, 0):a + FLUX_REACH].max() for a in at if 0 <= a < len(flux)])
