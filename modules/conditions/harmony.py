"""Chords and keys of a recording, from what the trained ear hears in its notes, each with how sure it is.

Chords: the ear's probabilities over each beat and a best path that prefers to change on downbeats. Keys: the ear's view
of the whole, and of windows for changes of key. Letters: `T` beats (or any spans), `M` harmonic frames, `W` windows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from modules.conditions.ear import MODES, QUALITIES, hear_harmony, hear_key, home_weights
from modules.conditions.home import PHRASE_BARS, hear_home, home_features
from modules.conditions.spectra import SLOW_FRAME_S
from modules.conditions.tonality import Key, find_key, over_spans
from modules.types import ChordSpan, KeySpan

CHANGE_COST, DOWNBEAT_CHANGE_COST = 3.0, 1.5  # nats
# Of what the ear, profiles of the degrees and the chords say of the key; fitted to the clips that `pulse`'s were.
EAR_WEIGHT, PROFILE_WEIGHT, HOME_WEIGHT = 0.72, 4.0, 0.56
ENOUGH_ROOTS = 3  # different ones, from which chords tell where home is; a single one tells nothing
EVIDENCE = 4.0  # frames of a beat that count: neighbours tell the same story
WINDOW_S, STEP_S = 16.0, 4.0  # in which a change of key is looked for
KEY_CHANGE_COST = 4.0  # nats: of 47 clips played twice 98 % keep one key, and 87 % of those moved up midway two
N_CLASSES = 12 * len(QUALITIES) + 1


@dataclass(frozen=True)
class Harmony:
    """`chords` with a confidence each; `key` of the whole; `keys` in time order over the whole recording."""

    chords: tuple[ChordSpan, ...]
    chord_confidences: tuple[float, ...]
    key: Key
    keys: tuple[KeySpan, ...]


def find_harmony(notes: np.ndarray, starts_s: np.ndarray, ends_s: np.ndarray, downbeats: np.ndarray,
                 duration_s: float) -> Harmony:
    """Chords on spans and keys.

    Args:
        notes: (M, P) strengths.
        starts_s, ends_s: (T,) spans, usually beats, from the start of the recording to its end.
        downbeats: (T,) True where a bar begins.
    """
    heard, features = hear_harmony(notes)
    chords, sure = _chords(heard, starts_s, ends_s, downbeats)
    phrases = starts_s[downbeats][::PHRASE_BARS]
    votes = [_key_between(start, end, notes, features, chords, phrases)
             for start, end in _stretches(features, duration_s)]
    keys: list[KeySpan] = []
    for span, _ in votes:
        if keys and (keys[-1].tonic, keys[-1].mode) == (span.tonic, span.mode):
            keys[-1] = replace(keys[-1], end_s=span.end_s, confidence=max(keys[-1].confidence, span.confidence))
        else:
            keys.append(span)
    longest, vote = max(votes, key=lambda each: each[0].end_s - each[0].start_s)
    scores = {(tonic, mode): float(vote[tonic, column]) for tonic in range(12) for column, mode in enumerate(MODES)}
    return Harmony(chords, sure, Key(longest.tonic, longest.mode, longest.confidence, scores), tuple(keys))


def _key_between(start_s: float, end_s: float, notes: np.ndarray, features: np.ndarray,
                 chords: tuple[ChordSpan, ...], phrases_s: np.ndarray) -> tuple[KeySpan, np.ndarray]:
    """The key of a stretch, and the probabilities (12, 2) of all keys: ear, profiles and chords vote."""
    frames = slice(round(start_s / SLOW_FRAME_S), max(round(end_s / SLOW_FRAME_S), round(start_s / SLOW_FRAME_S) + 1))
    inside = tuple(chord for chord in chords if chord.end_s > start_s + 0.1 and chord.start_s < end_s - 0.1)
    profiles = find_key(notes[frames], MODES).scores
    fits = np.array([[profiles[tonic, mode] for mode in MODES] for tonic in range(12)])
    roots = len({chord.root for chord in inside if chord.root is not None})
    told = float(np.clip((roots - 1) / (ENOUGH_ROOTS - 1), 0, 1))
    phrases_s = phrases_s[(phrases_s >= start_s - 0.1) & (phrases_s < end_s - 0.1)]
    votes = (EAR_WEIGHT * hear_key(features[:, frames]) + PROFILE_WEIGHT * fits
             + told * HOME_WEIGHT * hear_home(home_weights(), home_features(inside, phrases_s)))
    p = np.exp(votes - votes.max())
    p /= p.sum()
    tonic, column = divmod(int(p.argmax()), len(MODES))
    return KeySpan(start_s, end_s, tonic, MODES[column], round(float(p.max()), 3)), p


def _chords(heard: np.ndarray, starts_s: np.ndarray, ends_s: np.ndarray,
            downbeats: np.ndarray) -> tuple[tuple[ChordSpan, ...], tuple[float, ...]]:
    """Runs of equal chords joined, and the mean probability of each."""
    mean = over_spans(heard, starts_s, ends_s)  # (T, classes)
    weight = np.minimum((ends_s - starts_s) / SLOW_FRAME_S, EVIDENCE)
    path = best_path(mean * weight[:, None], np.where(downbeats, DOWNBEAT_CHANGE_COST, CHANGE_COST))
    likely = over_spans(np.exp(heard), starts_s, ends_s)[np.arange(len(path)), path]
    chords: list[ChordSpan] = []
    sure: list[list[float]] = []
    for span, state in enumerate(path):
        root = None if state == N_CLASSES - 1 else int(state) // len(QUALITIES)
        quality = "maj" if root is None else QUALITIES[int(state) % len(QUALITIES)]
        if chords and (chords[-1].root, chords[-1].quality) == (root, quality):
            chords[-1] = ChordSpan(chords[-1].start_s, float(ends_s[span]), root, quality)
            sure[-1].append(float(likely[span]))
        else:
            chords.append(ChordSpan(float(starts_s[span]), float(ends_s[span]), root, quality))
            sure.append([float(likely[span])])
    return tuple(chords), tuple(round(float(np.mean(each)), 3) for each in sure)


def _stretches(features: np.ndarray, duration_s: float) -> list[tuple[float, float]]:
    """(start, end) of stretches that keep a key: one unless windows agree that it changes."""
    size, step = round(WINDOW_S / SLOW_FRAME_S), round(STEP_S / SLOW_FRAME_S)
    firsts = np.arange(0, max(1, features.shape[1] - size + 1), step)
    heard = np.stack([hear_key(features[:, first:first + size]).ravel() for first in firsts])  # (W, 24)
    whole = hear_key(features).ravel()
    # windows overlap, so each counts by its share; the view of the whole is everywhere a gentle prior
    path = best_path(heard * (2 * STEP_S / WINDOW_S) + 0.25 * whole, np.full(len(heard), KEY_CHANGE_COST))
    middles = (firsts + size / 2) * SLOW_FRAME_S
    turns = [w for w in range(1, len(path)) if path[w] != path[w - 1]]
    times = [0.0, *((middles[w - 1] + middles[w]) / 2 for w in turns), duration_s]
    return [(float(a), float(b)) for a, b in zip(times[:-1], times[1:], strict=True)]


def best_path(gain: np.ndarray, change_cost: np.ndarray) -> np.ndarray:
    """(T,) states of the best way through (T, S) gains when a change of state costs `change_cost` (T,) at its span."""
    total = gain[0].copy()
    back = np.zeros(gain.shape, int)
    stay = np.arange(gain.shape[1])
    for span in range(1, len(gain)):
        best = int(total.argmax())
        moves = total[best] - change_cost[span] > total
        back[span] = np.where(moves, best, stay)
        total = np.where(moves, total[best] - change_cost[span], total) + gain[span]
    path = [int(total.argmax())]
    for span in range(len(gain) - 1, 0, -1):
        path.append(int(back[span, path[-1]]))
    return np.array(path[::-1])
