"""Beats and bars out of probabilities: the best path through positions in a beat and tempi, then through bars.

A hidden Markov model of a pointer that runs through each beat at a tempo which may change at every beat (Krebs, Böck
& Widmer 2015, "An efficient state-space model for joint tempo and meter tracking"); bars are laid over the beats that
it finds. Knows probabilities only, nothing of sound.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

SLOWEST_BPM, FASTEST_BPM, N_TEMPI = 36.0, 225.0, 80
STEADINESS = 90.0  # λ of the paper's equation 7: how unlikely a change of tempo is
BEAT_SHARE = 16  # the first of so many parts of a beat is where a beat is heard
FLOOR = 0.02  # no probability is believed further than this
USUAL = 0.28  # probability that a beat is a downbeat, when nothing is known
LOST_BEAT = -7.0  # log-probability of a bar cut short
BEATS = {"4/4": 4, "3/4": 3, "6/8": 2}


@lru_cache(maxsize=64)
def _space(frame_s: float, slowest: float, fastest: float) -> tuple[np.ndarray, ...]:
    """Beat lengths (K,) in frames, first and last state of each, states that hear a beat, log-transitions (K, K)."""
    n = max(2, round(N_TEMPI * np.log(fastest / slowest) / np.log(FASTEST_BPM / SLOWEST_BPM)))
    lengths = np.unique(np.round(np.geomspace(60 / fastest, 60 / slowest, n) / frame_s).astype(int))
    first = np.r_[0, np.cumsum(lengths)[:-1]]
    last = first + lengths - 1
    beat = np.concatenate([start + np.arange(max(1, round(length / BEAT_SHARE)))
                           for start, length in zip(first, lengths, strict=True)])
    change = -STEADINESS * np.abs(lengths[None] / lengths[:, None] - 1)
    change -= np.log(np.exp(change).sum(axis=1, keepdims=True))
    return lengths, first, last, beat, change


def find_beats(probability: np.ndarray, frame_s: float, slowest: float = SLOWEST_BPM,
               fastest: float = FASTEST_BPM) -> np.ndarray:
    """Beat times in seconds.

    Args:
        probability: (N,) that a beat falls on each frame.
        frame_s: length of a frame.
        slowest, fastest: tempi considered, BPM.
    """
    lengths, first, last, beat, change = _space(frame_s, slowest, fastest)
    p = np.clip(probability, FLOOR, 1 - FLOOR)
    on, off = np.log(p), np.log((1 - p) / (BEAT_SHARE - 1))
    gain = on - off
    score = np.zeros(last[-1] + 1)
    came = np.zeros((len(p), len(lengths)), np.int16)
    columns = np.arange(len(lengths))
    score += off[0]
    score[beat] += gain[0]
    for frame in range(1, len(p)):
        ways = score[last][:, None] + change
        best = ways.argmax(axis=0)
        came[frame] = best
        entering = ways[best, columns]
        score[1:] = score[:-1]
        score[first] = entering
        score += off[frame]
        score[beat] += gain[frame]
    state = int(score.argmax())
    tempo = int(np.searchsorted(first, state, side="right") - 1)
    frame = len(p) - 1 - (state - int(first[tempo]))
    found = []
    while frame >= 0:
        found.append(frame)
        tempo = int(came[frame, tempo])
        frame -= int(lengths[tempo])
    return _peaks(p, np.array(found[::-1], int)) * frame_s


def _peaks(p: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Frames moved to the peak near them, between frames by a parabola."""
    out = []
    for frame in frames:
        low = max(0, frame - 3)
        at = low + int(p[low:frame + 4].argmax()) if p[low:frame + 4].max() > 0.15 else int(frame)
        if 0 < at < len(p) - 1:
            a, b, c = p[at - 1:at + 2]
            bend = a - 2 * b + c
            at = at + (float(np.clip(0.5 * (a - c) / bend, -0.5, 0.5)) if bend < -1e-6 else 0.0)
        out.append(at)
    return np.maximum.accumulate(np.array(out, float)) if out else np.zeros(0)


def bar_path(downbeats: np.ndarray, meter: str) -> tuple[np.ndarray, float]:
    """Place in the bar of each beat (T,), 0 = downbeat, and the mean log-odds of the path, 0 = nothing heard.

    Args:
        downbeats: (T,) probability that each beat is a downbeat.
    """
    size = BEATS[meter]
    p = np.clip(downbeats, FLOOR, 1 - FLOOR)
    # against what a beat is worth anyhow, so that bars of all lengths start alike
    hears = np.stack([np.log(p / USUAL if place == 0 else (1 - p) / (1 - USUAL)) for place in range(size)], axis=1)
    score = hears[0].copy()
    came = np.zeros((len(p), size), int)
    for index in range(1, len(p)):
        straight = np.roll(score, 1)
        before = np.roll(np.arange(size), 1)
        cut = int(score[:-1].argmax()) if size > 1 else 0
        if score[cut] + LOST_BEAT > straight[0]:
            straight[0], before[0] = score[cut] + LOST_BEAT, cut
        came[index] = before
        score = straight + hears[index]
    place = int(score.argmax())
    total = float(score[place]) / len(p)
    path = [place]
    for index in range(len(p) - 1, 0, -1):
        path.append(int(came[index, path[-1]]))
    return np.array(path[::-1]), total
