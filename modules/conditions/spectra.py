"""What a recording holds, frame by frame: onset strength, level, brightness, and which notes sound.

The shared ground of reference listening and of the match report. Knows nothing of beats, keys or of who made the sound.

Letters: `F` onset frames (86.13 a second), `M` harmonic frames (10.77 a second), `P` = 84 pitches from `LOWEST_MIDI`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.fft import rfft
from scipy.ndimage import maximum_filter1d, median_filter, uniform_filter1d

from modules.audio.decode import resample
from modules.types import Audio

RATE = 22_050  # Hz
HOP, WINDOW = 256, 1024  # samples, onset frames
FRAME_S = HOP / RATE
SLOW_HOP, SLOW_WINDOW = 2048, 8192  # samples, harmonic frames: 2.7 Hz bins tell semitones apart from 60 Hz on
SLOW_FRAME_S = SLOW_HOP / RATE
LOWEST_MIDI, N_PITCHES = 24, 84  # C1 … B7
BINS_A_SEMITONE = 3
N_BANDS = 40  # mel bands of the onset spectrum
LOW_HZ, HIGH_HZ = 150.0, 5_000.0  # below: kick and bass; above: hats and cymbals
TONE_FRAMES, HIT_BANDS = 21, 9  # lengths of the medians that part tones from hits
COMPRESSION = 1000.0  # log(1 + c·magnitude): quiet onsets count, silence does not
FLUX_LAG = 2  # frames between spectra compared (Böck & Widmer 2013, SuperFlux, §2)
HARMONICS, DECAY = 16, 0.7  # of the note dictionary (Mauch & Dixon 2010, NNLS chroma, §3.2)
ITERATIONS = 25  # multiplicative updates
BLOCK = 2048  # frames transformed at a time, so that ten minutes stay small in memory
SILENT_DB = -90.0


@dataclass(frozen=True)
class Spectra:
    """Features of one recording.

    flux (F, 3) rise of the log spectrum in low, middle and high bands; level_db (F,) RMS in dBFS;
    centroid_hz (F,); percussive (F,) share 0–1 of what sounds that is short and broad, as drums are;
    notes (M, P) how strongly each pitch sounds, ≥ 0; tuning in semitones, −0.5 … 0.5;
    flatness (F,) 0 tone … 1 noise; bands (F / 2, N_BANDS) compressed mel spectrum, two frames' mean.
    """

    duration_s: float
    flux: np.ndarray
    level_db: np.ndarray
    centroid_hz: np.ndarray
    flatness: np.ndarray
    percussive: np.ndarray
    notes: np.ndarray
    tuning: float
    bands: np.ndarray

    @property
    def onsets(self) -> np.ndarray:
        """(F,) onset strength over all bands."""
        return self.flux.sum(axis=1)


def analyse(audio: Audio) -> Spectra:
    """Measure a recording of any rate and channels, at least one harmonic window (0.37 s) long."""
    sound = mono(audio)
    flux, level_db, centroid_hz, flatness, percussive, bands = _fast(sound)
    spectrum = _slow(sound)  # (M, bins)
    tuning = find_tuning(spectrum)
    notes = _notes(spectrum, tuning)
    return Spectra(len(sound) / RATE, flux, level_db, centroid_hz, flatness, percussive, notes, tuning,
                   bands)


def mono(audio: Audio) -> np.ndarray:
    """float32 (n,) at `RATE`."""
    return resample(Audio(audio.mono[None], audio.sample_rate), RATE).samples[0]


def pitch_strength(sound: np.ndarray, tuning: float, window: int, hop: int) -> np.ndarray:
    """(frames, P) which pitches sound in mono sound at `RATE`, with frames of another length and hop."""
    return _notes(_slow(sound, window, hop), tuning)


def note_strength(audio: Audio, tuning: float = 0.0) -> np.ndarray:
    """(M, P) which pitches sound, for a stem whose tuning is known."""
    return _notes(_slow(mono(audio)), tuning)


def _frames(sound: np.ndarray, window: int, hop: int) -> np.ndarray:
    """(n_frames, window) view; frame k is centred on sample k·hop."""
    padded = np.pad(sound, (window // 2, window // 2))
    return np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]


def _fast(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """flux, level, centroid, flatness and percussive share of the short frames, and their mel bands in pairs."""
    frames = _frames(sound, WINDOW, HOP)
    window = np.hanning(WINDOW).astype(np.float32)
    filters, centres = mel_filters()
    hz = np.arange(WINDOW // 2 + 1, dtype=np.float32) * RATE / WINDOW
    bands = np.empty((len(frames), N_BANDS), np.float32)
    level, centroid, flatness = (np.empty(len(frames), np.float32) for _ in range(3))
    for start in range(0, len(frames), BLOCK):
        part = slice(start, min(start + BLOCK, len(frames)))
        magnitude = np.abs(rfft(frames[part] * window, axis=1)) / (WINDOW / 4)
        mel = magnitude @ filters
        bands[part] = np.log1p(COMPRESSION * mel)
        level[part] = np.sqrt((frames[part] ** 2).mean(axis=1))
        centroid[part] = magnitude @ hz / np.maximum(magnitude.sum(axis=1), 1e-9)
        flatness[part] = np.exp(np.log(mel + 1e-7).mean(axis=1)) / (mel.mean(axis=1) + 1e-7)
    before = maximum_filter1d(bands, 3, axis=1)[:-FLUX_LAG]
    rise = np.zeros_like(bands)
    rise[FLUX_LAG:] = np.maximum(bands[FLUX_LAG:] - before, 0)
    flux = np.stack([rise[:, centres < LOW_HZ].sum(axis=1),
                     rise[:, (centres >= LOW_HZ) & (centres < HIGH_HZ)].sum(axis=1),
                     rise[:, centres >= HIGH_HZ].sum(axis=1)], axis=1)
    # Fitzgerald 2010: medians over time keep tones, medians over frequency keep hits
    tones, hits = median_filter(bands, (TONE_FRAMES, 1)), median_filter(bands, (1, HIT_BANDS))
    share = hits**2 / (hits**2 + tones**2 + 1e-6)
    percussive = (share * bands).sum(axis=1) / (bands.sum(axis=1) + 1e-3)
    pairs = bands[:len(bands) // 2 * 2].reshape(-1, 2, N_BANDS).mean(axis=1)
    return flux, 20 * np.log10(np.maximum(level, 10 ** (SILENT_DB / 20))), centroid, flatness, percussive, pairs


@lru_cache(maxsize=1)
def mel_filters() -> tuple[np.ndarray, np.ndarray]:
    """Triangles (WINDOW // 2 + 1, N_BANDS) of unit sum and their centres in Hz, 30 Hz to 10.5 kHz."""
    lowest, highest = 2595 * np.log10(1 + np.array([30.0, 10_500.0]) / 700)
    edges = 700 * (10 ** (np.linspace(lowest, highest, N_BANDS + 2) / 2595) - 1)
    hz = np.arange(WINDOW // 2 + 1)[:, None] * RATE / WINDOW
    up = (hz - edges[:-2]) / np.maximum(edges[1:-1] - edges[:-2], RATE / WINDOW)
    down = (edges[2:] - hz) / np.maximum(edges[2:] - edges[1:-1], RATE / WINDOW)
    filters = np.clip(np.minimum(up, down), 0, None)
    nearest = np.abs(hz - edges[1:-1]).argmin(axis=0)  # a band narrower than a bin takes the nearest one
    filters[nearest, np.arange(N_BANDS)] += 1e-3
    return (filters / filters.sum(axis=0)).astype(np.float32), edges[1:-1]


def _slow(sound: np.ndarray, size: int = SLOW_WINDOW, hop: int = SLOW_HOP) -> np.ndarray:
    """(M, size // 2 + 1) magnitudes of the long frames, float32."""
    frames = _frames(sound, size, hop)
    window = np.hanning(size).astype(np.float32)
    return np.concatenate([np.abs(rfft(frames[start:start + 256] * window, axis=1)).astype(np.float32)
                           for start in range(0, len(frames), 256)]) / (size / 4)


def find_tuning(spectrum: np.ndarray) -> float:
    """Offset from A = 440 Hz in semitones (−0.5 … 0.5): circular mean of interpolated peaks, 100 Hz to 2 kHz."""
    low, high = (int(hz * SLOW_WINDOW / RATE) for hz in (100, 2000))
    every = max(1, len(spectrum) // 400)
    part = np.log(spectrum[::every, low - 1:high + 1] + 1e-7)
    middle, left, right = part[:, 1:-1], part[:, :-2], part[:, 2:]
    loud = middle > part.max(axis=1, keepdims=True) - 5.0  # within 43 dB of the frame's strongest
    peak = (middle > left) & (middle >= right) & loud & (middle > np.log(1e-4))
    if not peak.any():
        return 0.0
    shift = 0.5 * (left - right)[peak] / np.minimum((left - 2 * middle + right)[peak], -1e-6)
    bins = np.nonzero(peak)[1] + low + np.clip(shift, -0.5, 0.5)
    midi = 69 + 12 * np.log2(bins * RATE / SLOW_WINDOW / 440)
    turn = (np.exp(middle[peak] / 2) * np.exp(2j * np.pi * midi)).sum()
    return float(np.angle(turn) / (2 * np.pi))


@lru_cache(maxsize=4)
def _dictionary(window: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log-frequency bins' places (in midi), notes as they look there (P, bins), and their products (P, P)."""
    places = LOWEST_MIDI + np.arange(-1, (N_PITCHES + 7) * BINS_A_SEMITONE) / BINS_A_SEMITONE
    hz = 440 * 2 ** ((places - 69) / 12)
    pitches = LOWEST_MIDI + np.arange(N_PITCHES)
    partial = np.arange(1, HARMONICS + 1)
    tones = 440 * 2 ** ((pitches - 69) / 12)[:, None] * partial  # (P, H)
    width = RATE / window
    x = (hz[None, None] - tones[:, :, None]) / width  # (P, H, bins) distance in FFT bins
    # Hann's main lobe; side lobes are ignored
    with np.errstate(divide="ignore", invalid="ignore"):
        lobe = np.where(np.abs(x) < 1e-6, 1, np.where(np.abs(np.abs(x) - 1) < 1e-6, 0.5, np.sinc(x) / (1 - x**2)))
    lobe[np.abs(x) > 2] = 0
    atoms = (lobe * (DECAY ** (partial - 1))[None, :, None]).sum(axis=1)
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    atoms = atoms.astype(np.float32)
    return places, atoms, atoms @ atoms.T


def _notes(spectrum: np.ndarray, tuning: float) -> np.ndarray:
    """Non-negative note strengths (M, P) that explain the whitened log-frequency spectrum (Mauch & Dixon 2010).

    Whitening (what stands above the octave's mean, over its deviation) drops drums, whose spectra are flat, and evens
    out bright and dull instruments; strengths are scaled back by the frame's loudness.
    """
    window = 2 * (spectrum.shape[1] - 1)
    places, atoms, products = _dictionary(window)
    bins = 440 * 2 ** ((places + tuning - 69) / 12) * window / RATE
    inside = bins < spectrum.shape[1] - 2
    whole = np.floor(np.where(inside, bins, 0)).astype(int)
    share = (np.where(inside, bins, 0) - whole).astype(np.float32)
    line = (spectrum[:, whole] * (1 - share) + spectrum[:, whole + 1] * share) * inside
    size = 12 * BINS_A_SEMITONE + 1
    mean = uniform_filter1d(line, size, axis=1)
    deviation = np.sqrt(np.maximum(uniform_filter1d(line**2, size, axis=1) - mean**2, 0))
    floor = 1e-3 * line.max(axis=1, keepdims=True) + 1e-6
    white = np.maximum(line - mean, 0) / (deviation + floor)
    wanted = white @ atoms.T  # (M, P)
    strength = np.maximum(wanted, 1e-6)
    for _ in range(ITERATIONS):
        strength *= wanted / (strength @ products + 1e-6)
    loudness = np.sqrt(np.sqrt((line**2).sum(axis=1, keepdims=True)))  # a compressed weight: quiet bars count too
    return strength * loudness
