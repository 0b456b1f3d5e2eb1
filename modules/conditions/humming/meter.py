"""Judges ways of putting a tune on a grid: a log-linear model over what stands where in the bar.

What it looks at: which places carry long notes, leaps, peaks, breaths, tonic notes and returning patterns; which note
values the reading needs; what is held across the beat; whether patterns return at the same place of the bar; whether
single bars are explained by single chords; the tempo; the timing. The weights were learned from written melodies
performed loosely (`modules.training.melody_meter`). Letters: `K` readings, `n` notes, `P` places, `A` attributes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from modules.conditions.humming.key import degree_chances, key_chances
from modules.conditions.humming.knowledge import knowledge
from modules.conditions.humming.phrases import phrase_ends

GRIDS = ("4/4", "4/4 swung", "3/4", "3/4 swung", "6/8")  # order of the grids' own weights
N_TEMPO = 3  # features about the tempo, the first
PLACES = 9  # eighths of the bar, and one for all that lies between them
VALUES = (1, 2, 3, 4, 6, 8, 12, 16)  # note values in steps; one more for all others
EVIDENCE = 8.0  # notes that count as one unit of evidence
USUAL_TEMPO = {"4/4": 105.0, "3/4": 105.0, "6/8": 66.0}  # BPM of beats
PATTERN, PATTERN_TIMING = 3, 0.25  # notes of a pattern; octaves by which its note values may differ
# step of the bar → how strong: 3 the downbeat, 2 the half of 4/4 (the second beat of 6/8), 1 a beat, 0 others
STRENGTH = {
    "4/4": np.array([3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0]),
    "3/4": np.array([3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]),
    "6/8": np.array([3, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0]),
}
TRIADS = np.array([[(pc - root) % 12 in tones for pc in range(12)]
                   for tones in ((0, 4, 7), (0, 3, 7)) for root in range(12)], float)  # (24, 12)


@dataclass(frozen=True)
class Tune:
    """Notes and what can be said of each without a grid. All (n,) but `patterns`: (pairs, 2) notes at which the same
    few notes begin, and `attributes`: (n, A)."""

    onsets_s: np.ndarray
    spans_s: np.ndarray  # to the next onset; the last note's length
    midi: np.ndarray
    emphasis: np.ndarray  # log2 of the span's share of the usual one
    patterns: np.ndarray
    attributes: np.ndarray

    @classmethod
    def of(cls, onsets_s: np.ndarray, offsets_s: np.ndarray, midi: np.ndarray) -> Tune:
        """Look at notes: (n,) seconds, seconds, midi; n ≥ 1."""
        midi = np.asarray(midi)
        spans = np.maximum(np.diff(onsets_s, append=max(offsets_s[-1], onsets_s[-1] + 0.1)), 0.02)
        emphasis = np.clip(np.log2(spans / np.median(spans)), -1.5, 1.5)
        ends = phrase_ends(onsets_s, offsets_s)
        starts = np.r_[True, ends[:-1]]
        into = np.diff(midi, prepend=midi[:1])
        out_of = np.diff(midi, append=midi[-1:])
        patterns = _patterns(spans, into)
        returning = np.zeros(len(midi))
        returning[np.unique(patterns)] = 1.0
        tonic, triad = degree_chances(midi, key_chances(midi, onsets_s, offsets_s))
        gaps = np.append(np.maximum(onsets_s[1:] - offsets_s[:-1], 0) / np.median(spans), 1.0)
        edge = np.zeros((len(midi), 2))
        edge[0, 0] = edge[-1, 1] = EVIDENCE / 2  # one note of each tune, whatever its length
        attributes = np.column_stack([
            np.ones(len(midi)), emphasis, emphasis ** 2, np.minimum(np.abs(into), 12) / 4, (into > 0) & (out_of < 0),
            (into == 0) & ~starts, starts * 2.0, ends * 2.0, np.minimum(gaps, 2.0), tonic, triad, returning, edge])
        return cls(np.asarray(onsets_s), spans, midi, emphasis, patterns, attributes / EVIDENCE)


@dataclass(frozen=True)
class Fits:
    """Readings of a tune on one grid: `steps` (K, n) from the bar in which the first note lies; (K,) each: `cost` of
    following, `strain` of its timing alone, `tempi` in BPM that it began with."""

    grid: str
    meter: str
    steps: np.ndarray
    cost: np.ndarray
    strain: np.ndarray
    tempi: np.ndarray


def judge(fits: Fits, tune: Tune, *, tempo_known: bool) -> np.ndarray:
    """(K,) how likely each reading is, as log-odds that compare across grids."""
    weights = knowledge()["meter"]
    seen = features(fits, tune)
    if tempo_known:  # what is known needs no guessing
        seen[:, :N_TEMPO] = 0
    return seen @ weights[fits.meter] + weights["grids"][GRIDS.index(fits.grid)]


def features(fits: Fits, tune: Tune) -> np.ndarray:
    """(K, F) what the model looks at; the tempo's come first."""
    return np.concatenate([_tempo_features(fits, tune), _place_features(fits, tune), _value_features(fits, tune),
                           _pattern_features(fits, tune), _chord_features(fits, tune)], axis=1)


def _tempo_features(fits: Fits, tune: Tune) -> np.ndarray:
    """(K, N_TEMPO) octaves away from the usual tempo, and their square for the tune and for each note."""
    away = np.log2(fits.tempi / USUAL_TEMPO[fits.meter])
    return np.column_stack([away, away ** 2, away ** 2 * min(len(tune.midi), 32) / EVIDENCE])


def _place_features(fits: Fits, tune: Tune) -> np.ndarray:
    """(K, P·A) attributes summed by place; then the timing's strain, the cost of following, the spread of places."""
    bar = len(STRENGTH[fits.meter])
    inside = fits.steps % bar
    places = np.where(inside % 2 == 0, inside // 2, PLACES - 1)  # (K, n)
    chosen = places[:, :, None] == np.arange(PLACES)  # (K, n, P)
    by_place = np.einsum("knp,na->kpa", chosen, tune.attributes).reshape(len(places), -1)
    odd = (inside % 2 == 1).mean(axis=1)
    strain = fits.strain / EVIDENCE
    return np.column_stack([by_place, strain, fits.cost / EVIDENCE, np.sqrt(strain), odd])


def _value_features(fits: Fits, tune: Tune) -> np.ndarray:
    """(K, 12) note values; then how often a note is held across a beat, a half bar, a bar line while none begins
    there, and the share of bars whose downbeat carries an onset."""
    strength = STRENGTH[fits.meter]
    bar = len(strength)
    spans = np.diff(fits.steps, axis=1)  # (K, n − 1)
    values = np.stack([(spans == value).sum(axis=1) for value in VALUES], axis=1)
    others = spans.shape[1] - values.sum(axis=1)
    inside = fits.steps[:, :-1] % bar
    crossed = np.zeros((len(spans), 3))
    unrolled = np.tile(strength, 3)
    for level in (1, 2, 3):
        at = np.flatnonzero(unrolled >= level)
        following = at[np.searchsorted(at, np.arange(bar) + 1)]  # the next such step after each step of the bar
        held = (inside + np.minimum(spans, bar) > following[inside]) & (strength[inside] < level)
        crossed[:, level - 1] = held.sum(axis=1)
    downbeats = np.array([len(np.unique(row[row % bar == 0])) for row in fits.steps])
    n_bars = np.maximum(fits.steps[:, -1] // bar - (fits.steps[:, 0] > 0) + 1, 1)
    return np.column_stack([values / EVIDENCE, others / EVIDENCE, crossed / EVIDENCE, downbeats / n_bars,
                            n_bars / EVIDENCE])


def _pattern_features(fits: Fits, tune: Tune) -> np.ndarray:
    """(K, 5) share of returning patterns that return after whole beats, halves, bars, two bars, four bars."""
    bar = len(STRENGTH[fits.meter])
    beat = {"4/4": 4, "3/4": 4, "6/8": 6}[fits.meter]
    if not len(tune.patterns):
        return np.zeros((len(fits.steps), 5))
    lags = fits.steps[:, tune.patterns[:, 1]] - fits.steps[:, tune.patterns[:, 0]]  # (K, pairs)
    weight = min(len(tune.patterns), 12) / 4
    return weight * np.stack([(lags % period == 0).mean(axis=1)
                              for period in (beat, 8, bar, 2 * bar, 4 * bar)], axis=1)


def _chord_features(fits: Fits, tune: Tune) -> np.ndarray:
    """(K, 3) how well one triad explains each bar, each half of a 4/4 bar, and each two bars."""
    bar = len(STRENGTH[fits.meter])
    weights = np.minimum(2.0 ** tune.emphasis, 2.5)
    out = []
    for unit in (bar, 8 if fits.meter == "4/4" else bar, 2 * bar):
        windows = fits.steps // unit
        windows = windows - windows.min(axis=1, keepdims=True)
        heard = np.zeros((len(windows), int(windows.max()) + 1, 12))
        np.add.at(heard, (np.arange(len(windows))[:, None], windows, tune.midi % 12), weights)
        out.append((heard @ TRIADS.T).max(axis=2).sum(axis=1) / EVIDENCE)
    return np.stack(out, axis=1)


def _patterns(spans_s: np.ndarray, into: np.ndarray) -> np.ndarray:
    """(pairs, 2) notes at which the same `PATTERN` notes begin: equal intervals, like note values."""
    n = len(spans_s) - PATTERN
    if n < 2:
        return np.zeros((0, 2), int)
    logs = np.log2(spans_s)
    same = np.ones((n, n), bool)
    for offset in range(PATTERN):
        values = logs[offset:offset + n]
        same &= np.abs(values[:, None] - values) < PATTERN_TIMING
        if offset:
            steps = into[offset:offset + n]
            same &= steps[:, None] == steps
    first, second = np.nonzero(np.triu(same, PATTERN))
    return np.stack([first, second], axis=1)
