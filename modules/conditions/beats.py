"""Onsets, their returns, and what rhythm says of tempi and metres. Knows nothing of keys or styles, and no networks.

Tempo: autocorrelation of the onset strength with a preference for usual tempi. Beats: dynamic programming (Ellis 2007,
"Beat tracking by dynamic programming"). Metre: the bar length at which rhythm repeats and accents and chord changes
gather. Frames are those of `spectra`. Letters: `F` onset frames, `T` beats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, uniform_filter1d

from modules.conditions.spectra import FRAME_S, Spectra
from modules.conditions.tonality import chroma, over_spans

TEMPI = np.geomspace(40, 240, 500)  # BPM, 0.36 % apart
USUAL_BPM, SPREAD_OCTAVES = 108.0, 0.85
COMB = ((1, 1.0), (2, 0.6), (3, 0.25), (4, 0.45))  # multiples of a beat and what a return there says
LATE_S = 0.004  # by which onset strength peaks after the onset itself, measured on clicks
TIGHTNESS = 120.0  # cost of log²(interval / period), as Ellis' α
PARTS = 12  # a beat is cut into: divides by 2, 3 and 4
METER_BIAS = {"4/4": 0.1, "3/4": 0.0, "6/8": -0.1}
RETURN_WEIGHT, CONTRAST_WEIGHT = 0.8, 0.5
COMPOUND_WEIGHT, ON_BEAT_WEIGHT, BACKBEAT_WEIGHT = 0.8, 0.3, 0.2
FASTEST_COMPOUND, SLOWEST_EIGHTHS = 135.0, 130.0  # BPM of dotted quarters, and of eighths
BAR = {"4/4": 4, "3/4": 3, "6/8": 2}
NO_BEAT = 0.06  # autocorrelation under which nothing returns


@dataclass(frozen=True)
class Pulse:
    """Beats of a recording: `beats_s` (T,), `downbeats_s`, tempo of the beats (dotted quarters in 6/8).

    `strength` 0–1 is how regularly onsets return at that tempo; `evidence` that for the metre;
    `swing` the share of a beat that its first half takes.
    """

    tempo_bpm: float
    beats_s: np.ndarray
    downbeats_s: np.ndarray
    meter: str
    strength: float
    evidence: float
    swing: float
    first: int  # index of the first downbeat in beats_s
    swing_unit: int = 8
    other_tempo_bpm: float | None = None  # half or double, where that may be meant as well
    confidences: Mapping[str, float] = field(default_factory=dict)  # "tempo", "beats", "meter", "swing"


def onset_envelope(spectra: Spectra) -> np.ndarray:
    """(F,) onset strength, bands evened out, slow changes taken away, unit deviation."""
    flux = spectra.flux / (spectra.flux.std(axis=0) + 1e-3 * spectra.flux.std() + 1e-9)
    both = flux @ np.array([1.0, 1.0, 0.6])
    both = gaussian_filter1d(both, 1.0)
    both = np.maximum(both - uniform_filter1d(both, round(0.8 / FRAME_S)), 0)
    return both / (both.std() + 1e-9)


def tempo_scores(envelope: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How well each of `TEMPI` explains the returns of onsets: (with, without) the preference for usual tempi."""
    longest = int(4.2 * 60 / TEMPI[0] / FRAME_S)
    size = 1 << int(np.ceil(np.log2(2 * len(envelope))))
    centred = envelope - envelope.mean()
    acf = np.fft.irfft(np.abs(np.fft.rfft(centred, size)) ** 2)[:longest + 2]
    if len(acf) > len(envelope):
        acf[len(envelope):] = 0
    acf = acf / (acf[0] + 1e-9)
    acf = acf / np.maximum(1 - np.arange(len(acf)) / len(envelope), 0.3)
    smooth = gaussian_filter1d(maximum_filter1d(acf, 3), 0.8)
    lags = 60 / TEMPI / FRAME_S
    raw, weight = np.zeros(len(TEMPI)), 0.0
    for multiple, share in COMB:
        inside = lags * multiple < 0.6 * len(envelope)
        raw += share * np.where(inside, np.interp(lags * multiple, np.arange(len(smooth)), smooth), 0.5 * raw)
        weight += share
    raw = raw / weight
    preference = np.exp(-0.5 * (np.log2(TEMPI / USUAL_BPM) / SPREAD_OCTAVES) ** 2)
    return raw * preference, raw


def tempo_near(envelope: np.ndarray, tempo_bpm: float) -> tuple[float, float]:
    """(tempo within 6 % of `tempo_bpm` at which onsets return best, how well, relative to the best of all tempi)."""
    _, raw = tempo_scores(envelope)
    near = np.abs(np.log(TEMPI / tempo_bpm)) < 0.06
    best = int(np.flatnonzero(near)[raw[near].argmax()])
    beats = track(envelope, float(TEMPI[best]))
    return refine(beats, float(TEMPI[best])), float(raw[best] / max(raw.max(), 1e-9))


def track(envelope: np.ndarray, tempo_bpm: float) -> np.ndarray:
    """Beat times in seconds at about a tempo, over the whole recording (Ellis 2007, §4)."""
    period = 60 / tempo_bpm / FRAME_S
    smooth = gaussian_filter1d(envelope, max(1.0, period / 32))
    smooth = smooth / (smooth.std() + 1e-9)
    lags = np.arange(max(1, round(period / 2)), round(2 * period) + 1)
    cost = -TIGHTNESS * np.log(lags / period) ** 2
    n = len(smooth)
    total = smooth.astype(np.float64).copy()
    back = np.full(n, -1)
    reach = int(lags[-1])
    padded = np.concatenate([np.full(reach, -np.inf), total])
    first_only = reach  # frames that may begin a sequence
    for frame in range(n):
        before = padded[frame + reach - lags] + cost
        best = int(before.argmax())
        if before[best] > 0 or (frame >= first_only and np.isfinite(before[best])):
            total[frame] += before[best]
            back[frame] = frame - lags[best]
        padded[frame + reach] = total[frame]
    tail = np.arange(max(0, n - round(1.5 * period)), n)
    frame = int(tail[total[tail].argmax()])
    path = [frame]
    while back[frame] >= 0:
        frame = int(back[frame])
        path.append(frame)
    frames = np.array(path[::-1], float)
    left = frames[0]
    lead = left - period * np.arange(int((left + 0.1 * period) // period), 0, -1)
    beats = np.concatenate([np.maximum(lead, 0), _between(smooth, frames)])
    return np.maximum(beats * FRAME_S - LATE_S, 0.0)


def _between(envelope: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Peaks' places between frames, by a parabola."""
    at = np.clip(frames.astype(int), 1, len(envelope) - 2)
    a, b, c = envelope[at - 1], envelope[at], envelope[at + 1]
    bend = a - 2 * b + c
    shift = np.where(bend < -1e-9, 0.5 * (a - c) / np.where(bend < -1e-9, bend, -1), 0)
    return frames + np.clip(shift, -0.5, 0.5)


def refine(beats_s: np.ndarray, tempo_bpm: float) -> float:
    """Tempo of tracked beats: the slope of a line through them, outliers left out."""
    if len(beats_s) < 4:
        return tempo_bpm
    gaps = np.diff(beats_s)
    usual = float(np.median(gaps))
    index = np.cumsum(np.r_[0, np.maximum(np.round(gaps / usual), 1)])
    slope, offset = np.polyfit(index, beats_s, 1)
    off = np.abs(beats_s - slope * index - offset)
    if np.median(off) > 0.12 * usual:  # the tempo wanders: the usual interval says more than a line
        return 60 / usual
    kept = off <= 3 * np.median(off) + 0.005
    if kept.sum() >= 4:
        slope = np.polyfit(index[kept], beats_s[kept], 1)[0]
    return float(60 / slope)


def meter_scores(spectra: Spectra, envelope: np.ndarray, tempo_bpm: float) -> dict[str, float]:
    """Evidence for each metre when beats come at a known tempo; empty for fewer than eight beats."""
    beats = track(envelope, tempo_bpm)
    found = readings(spectra, beats, tempo_bpm) if len(beats) >= 8 else []
    return {reading.meter: reading.evidence for reading in found if reading.tempo_bpm == tempo_bpm}


def sub_beats(spectra: Spectra, beats_s: np.ndarray) -> np.ndarray:
    """(T - 1, PARTS, 3) strongest onset in each twelfth of each beat, by band, in units of the band's deviation."""
    flux = maximum_filter1d(spectra.flux, 3, axis=0) / (spectra.flux.std(axis=0) + 1e-6)
    edges = np.interp(np.arange((len(beats_s) - 1) * PARTS) / PARTS, np.arange(len(beats_s)), beats_s)
    frames = np.clip(np.round((edges + LATE_S) / FRAME_S).astype(int), 0, len(flux) - 1)
    return flux[frames].reshape(len(beats_s) - 1, PARTS, 3)


def off_beats(parts: np.ndarray) -> np.ndarray:
    """(PARTS,) onset strength at each twelfth of the beat, the usual level taken away, in units of the strongest."""
    profile = parts.sum(axis=2).mean(axis=0)
    above = np.maximum(profile - np.median(profile), 0)
    return above / (above.max() + 1e-9)


@dataclass(frozen=True)
class Reading:
    """One way to hear beats: a metre, the tempo and times of its beats, the first downbeat, the evidence for it."""

    meter: str
    tempo_bpm: float
    beats_s: np.ndarray
    first: int
    evidence: float


def readings(spectra: Spectra, beats: np.ndarray, tempo: float) -> list[Reading]:
    """Metres that beats may be heard in, with evidence that can be compared between tempi of one recording."""
    if len(beats) < 7:
        return [Reading("4/4", tempo, beats, 0, 0.0)]
    parts = sub_beats(spectra, beats)  # (T - 1, 12, 3)
    accents = _accents(spectra, beats)
    patterns = parts.reshape(len(parts), -1) - parts.reshape(len(parts), -1).mean(axis=0)
    returns = {lag: _return(patterns, lag) for lag in (2, 3, 4, 6)}
    contrast = {period: _contrast(accents, period) for period in (2, 3, 4)}
    duple = (RETURN_WEIGHT * (max(returns[2], returns[4]) - returns[3])
             + CONTRAST_WEIGHT * (max(contrast[4][1], contrast[2][1]) - contrast[3][1]))
    off = off_beats(parts)
    thirds, halves = min(off[4], off[8]), max(off[6], min(off[3], off[9]))
    compound = COMPOUND_WEIGHT * float(np.clip(thirds - halves, -0.5, 0.5))
    on_beat = ON_BEAT_WEIGHT * (parts[:, [0, -1], :2].max(axis=1).sum(axis=1).mean()
                                / (parts[:, 2:-1, :2].max(axis=1).sum(axis=1).mean() + 1e-9) - 1)
    on_beat = float(np.clip(on_beat, -0.3, 0.3))
    snares = _z(parts[:, 0, 1] + parts[:, 0, 2])
    phase = contrast[4][0] % 2
    backbeat = BACKBEAT_WEIGHT * float(np.clip(snares[1 - phase::2].mean() - snares[phase::2].mean(), -1, 1))
    out = [Reading("4/4", tempo, beats, contrast[4][0], METER_BIAS["4/4"] + duple - compound + on_beat + backbeat),
           Reading("3/4", tempo, beats, contrast[3][0], METER_BIAS["3/4"] - duple - compound + on_beat)]
    if tempo <= FASTEST_COMPOUND:
        out.append(Reading("6/8", tempo, beats, contrast[2][0], METER_BIAS["6/8"] + duple + compound + on_beat
                           + 0.5 * backbeat))
    slower = beats[contrast[3][0]::3]
    if tempo >= SLOWEST_EIGHTHS and len(slower) >= 6:  # beats may be eighths: three make a dotted quarter
        uneven = returns[6] - returns[3]  # in 3/4 each three are alike, in 6/8 every other three
        out.append(Reading("6/8", tempo / 3, slower, _contrast(_accents(spectra, slower), 2)[0],
                           METER_BIAS["6/8"] - duple + 1.2 * uneven + on_beat - 0.3))
    return out


def _accents(spectra: Spectra, beats: np.ndarray) -> np.ndarray:
    """(T,) how much each beat sounds like the first of a bar: bass and kick, and a change of harmony."""
    frames = np.clip(np.round((beats + LATE_S) / FRAME_S).astype(int), 0, len(spectra.flux) - 1)
    flux = maximum_filter1d(spectra.flux, 5, axis=0)[frames]
    treble, bass = chroma(spectra.notes)
    ends = np.r_[beats[1:], beats[-1] + np.median(np.diff(beats))]
    upper, lower = over_spans(treble, beats, ends), over_spans(bass, beats, ends)
    return (0.8 * _z(flux[:, 0]) + 0.2 * _z(flux[:, 1]) - 0.25 * _z(flux[:, 2]) + 1.2 * _z(_change(upper))
            + 0.9 * _z(_change(lower)))


def _z(x: np.ndarray) -> np.ndarray:
    return np.clip((x - x.mean()) / (x.std() + 1e-9), -2.5, 2.5)


def _change(vectors: np.ndarray) -> np.ndarray:
    """(T,) 1 − cosine of each vector (two beats' mean) to what was before it; 0 for the first."""
    pair = vectors + 0.5 * np.r_[vectors[1:], vectors[-1:]]
    past = vectors + 0.5 * np.r_[vectors[:1], vectors[:-1]]
    a, b = pair[1:], past[:-1]
    cosine = (a * b).sum(axis=1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1) + 1e-9)
    return np.r_[0.0, 1 - cosine]


def _return(patterns: np.ndarray, lag: int) -> float:
    """Mean correlation of beats' patterns with those `lag` beats later."""
    if len(patterns) <= lag + 2:
        return 0.0
    a, b = patterns[:-lag], patterns[lag:]
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum() + 1e-9))


def _contrast(accents: np.ndarray, period: int) -> tuple[int, float]:
    """Phase of a period whose beats stand out most, and by how much (fair to all periods)."""
    means = np.array([accents[phase::period].mean() for phase in range(period)])
    counts = np.array([len(accents[phase::period]) for phase in range(period)])
    gain = means - 1 / np.sqrt(np.maximum(counts, 1)) * 0.5
    first = int(gain.argmax())
    spread = accents.std() + 1e-9
    return first, float(means[first] * np.sqrt(period - 1) / spread / 1.7)
