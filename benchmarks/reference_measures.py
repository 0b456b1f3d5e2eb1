"""How well a heard track fits what is known of it, by mir_eval where it has the measure."""

from __future__ import annotations

import warnings

import mir_eval
import numpy as np

from modules.training.recordings import Truth
from modules.types import PITCH_CLASSES, ChordSpan

TEMPO_TOLERANCE = 0.04  # Gouyon et al. 2006, "An experimental comparison of audio tempo induction algorithms", §IV
SECTION_WINDOW_S = 3.0
_SHORTHANDS = {"m7": "min7", "m7b5": "hdim7", "6": "maj6", "m6": "min6", "m9": "min9", "add9": "maj(9)"}
_MAJOR = ("major", "mixolydian", "lydian")


def tempo_right(truth_bpm: float, heard_bpm: float) -> tuple[bool, bool]:
    """(Accuracy1, Accuracy2): the tempo itself; or its half, third, double or triple."""
    def near(ratio: float) -> bool:
        return abs(heard_bpm / (truth_bpm * ratio) - 1) <= TEMPO_TOLERANCE

    return near(1), any(near(ratio) for ratio in (1, 2, 3, 1 / 2, 1 / 3))


def beat_f(truth_s: tuple[float, ...], heard_s: np.ndarray) -> float:
    """F-measure within 70 ms, the first five seconds left out as is usual."""
    trim = mir_eval.beat.trim_beats
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(mir_eval.beat.f_measure(trim(np.array(truth_s)), trim(np.asarray(heard_s, float))))


def key_score(tonic: int, mode: str, heard_tonic: int, heard_mode: str) -> float:
    """MIREX score: 1 right, 0.5 a fifth off, 0.3 relative, 0.2 parallel. Modes count by their third."""
    def name(pc: int, kind: str) -> str:
        return f"{PITCH_CLASSES[pc]} {'major' if kind in _MAJOR else 'minor'}"

    return float(mir_eval.key.weighted_score(name(tonic, mode), name(heard_tonic, heard_mode)))


def chord_label(root: int | None, quality: str) -> str:
    """A chord in Harte's notation."""
    return "N" if root is None else f"{PITCH_CLASSES[root]}:{_SHORTHANDS.get(quality, quality)}"


def chord_scores(truth: Truth, heard: tuple[ChordSpan, ...]) -> dict[str, float]:
    """Weighted chord symbol recall by "root", "majmin", "thirds" and "sevenths"; NaN where nothing is comparable."""
    first, last = truth.chords[0][0], truth.chords[-1][1]
    known = np.array([[start, end] for start, end, *_ in truth.chords])
    labels = [chord_label(root, quality) for _, _, root, quality in truth.chords]
    spans = np.array([[c.start_s, c.end_s] for c in heard])
    spans, names = mir_eval.util.adjust_intervals(spans, [chord_label(c.root, c.quality) for c in heard], first, last,
                                                  mir_eval.chord.NO_CHORD, mir_eval.chord.NO_CHORD)
    both, a, b = mir_eval.util.merge_labeled_intervals(known, labels, spans, names)
    lengths = mir_eval.util.intervals_to_durations(both)
    out = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("root", "majmin", "thirds", "sevenths"):
            found = getattr(mir_eval.chord, name)(a, b)
            fair = found >= 0
            out[name] = float((found * lengths)[fair].sum() / lengths[fair].sum()) if fair.any() else float("nan")
    return out


def boundary_f(truth: Truth, times_s: list[float], duration_s: float, trim: bool = True) -> float:
    """Hit rate F of section boundaries within 3 s; `trim` leaves out the start and end of the clip."""
    known = [0.0, *(start for start, *_ in truth.sections[1:]), duration_s]
    return float(mir_eval.segment.detection(_intervals(known), _intervals(times_s), window=SECTION_WINDOW_S,
                                            trim=trim)[2])


def _intervals(times_s: list[float]) -> np.ndarray:
    return np.array([times_s[:-1], times_s[1:]]).T
