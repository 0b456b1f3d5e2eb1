"""Chroma and key from note strengths. Owns profiles of the degrees; knows nothing of beats or networks.

Letters: `M` harmonic frames, `P` pitches, `T` beats (or any spans).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from modules.canvas.vocabulary import SCALES
from modules.conditions.spectra import LOWEST_MIDI, N_PITCHES, SLOW_FRAME_S
from modules.types import MODE_OFFSETS

# Weights of the twelve degrees: Faraldo et al. 2016 ("edma", from dance music) and Albrecht & Shanahan 2013, from
# classical music, averaged after standardising. The other modes exchange the two degrees that set them apart.
PROFILES = {
    "major": ((1.00, .29, .50, .40, .60, .56, .32, .80, .31, .45, .42, .39),
              (.238, .006, .111, .006, .137, .094, .016, .214, .009, .080, .008, .081)),
    "minor": ((1.00, .31, .44, .58, .33, .49, .29, .78, .43, .29, .53, .32),
              (.220, .006, .104, .123, .019, .103, .012, .214, .062, .022, .061, .052)),
}
MODE_DEGREES = {"dorian": ("minor", 8, 9), "phrygian": ("minor", 1, 2), "lydian": ("major", 5, 6),
                "mixolydian": ("major", 10, 11)}
MODE_COST = 0.045  # of correlation, that a mode other than major and minor must earn
BASS_SHARE = 0.35  # of the bass chroma in the key's
BASS_TOP, TREBLE_BOTTOM = 52, 47  # midi: where bass ends and chords begin, softly


@dataclass(frozen=True)
class Key:
    """`confidence` 0–1 grows with the distance to the best key that is not a mere relative or neighbour."""

    tonic: int
    mode: str
    confidence: float
    scores: dict[tuple[int, str], float]  # correlation of every (tonic, mode)


def _ramp(bottom: float, top: float) -> np.ndarray:
    """(P,) 0 below `bottom` midi, 1 above `top`."""
    return np.clip((LOWEST_MIDI + np.arange(N_PITCHES) - bottom) / (top - bottom), 0, 1)


def chroma(notes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Note strengths (M, P) → treble and bass chroma (M, 12), C first."""
    treble = notes * (_ramp(TREBLE_BOTTOM - 3, TREBLE_BOTTOM + 6) * (1 - 0.7 * _ramp(84, 100)))
    bass = notes * (1 - _ramp(BASS_TOP - 7, BASS_TOP + 3))
    return treble.reshape(len(notes), -1, 12).sum(axis=1), bass.reshape(len(notes), -1, 12).sum(axis=1)


def over_spans(frames: np.ndarray, starts_s: np.ndarray, ends_s: np.ndarray) -> np.ndarray:
    """Mean of (M, D) frames over spans of time (T, D); every span takes at least its middle frame."""
    total = np.concatenate([np.zeros((1, frames.shape[1])), np.cumsum(frames, axis=0, dtype=np.float64)])
    first = np.clip(np.round(np.asarray(starts_s) / SLOW_FRAME_S + 0.6).astype(int), 0, len(frames) - 1)
    last = np.clip(np.round(np.asarray(ends_s) / SLOW_FRAME_S - 0.4).astype(int), first + 1, len(frames))
    last = np.maximum(last, first + 1)
    return (total[last] - total[first]) / (last - first)[:, None]


def profile(mode: str) -> np.ndarray:
    """(12,) standardised weights of the degrees above the tonic."""
    base, one, other = MODE_DEGREES.get(mode, (mode, 0, 0))
    each = np.array(PROFILES[base])
    out = ((each - each.mean(axis=1, keepdims=True)) / each.std(axis=1, keepdims=True)).mean(axis=0)
    out[[one, other]] = out[[other, one]]
    return out


def find_key(notes: np.ndarray, modes: tuple[str, ...] = ("major", "minor")) -> Key:
    """The key of a recording, by correlation with degree profiles (Krumhansl 1990, ch. 4).

    Args:
        notes: (M, P) strengths.
        modes: those considered; modes other than major and minor pay a small cost, for they are rarer.
    """
    treble, bass = chroma(notes)
    each = treble / (treble.sum(axis=1, keepdims=True) + 1e-3 * treble.sum(axis=1).max() + 1e-9)
    low = bass / (bass.sum(axis=1, keepdims=True) + 1e-3 * bass.sum(axis=1).max() + 1e-9)
    heard = np.sqrt(each.mean(axis=0) * (1 - BASS_SHARE) + low.mean(axis=0) * BASS_SHARE)
    scores = {}
    for mode in modes:
        ideal = profile(mode)
        cost = 0.0 if mode in PROFILES else MODE_COST
        for tonic in range(12):
            scores[tonic, mode] = _correlation(heard, np.roll(ideal, tonic)) - cost
    tonic, mode = max(scores, key=scores.__getitem__)
    scale = {(tonic + degree) % 12 for degree in SCALES[mode]}
    rivals = [score for (other, kind), score in scores.items()
              if len(scale & {(other + degree) % 12 for degree in SCALES[kind]}) < 6]
    best = scores[tonic, mode]
    confidence = float(np.clip((best - max(rivals)) / 0.45, 0, 1) * np.clip(best / 0.7, 0, 1)) if rivals else 0.0
    return Key(tonic, mode, confidence, scores)


def scale_share(notes: np.ndarray, tonic: int, mode: str) -> tuple[float, float]:
    """Share of what sounds that lies in a key's scale, and the best share that any of the twelve such scales has."""
    treble, bass = chroma(notes)
    heard = treble.sum(axis=0) / (treble.sum() + 1e-9) + 0.5 * bass.sum(axis=0) / (bass.sum() + 1e-9)
    shares = [float(heard[[(do + degree) % 12 for degree in SCALES["major"]]].sum() / heard.sum()) for do in range(12)]
    return shares[(tonic - MODE_OFFSETS[mode]) % 12], max(shares)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / size) if size > 1e-12 else 0.0
