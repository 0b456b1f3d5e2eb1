"""Cuts a pitch curve into notes. Owns segmentation; knows nothing of keys, beats or tuning.

A voice scoops into notes, shakes round them, slides between them and sings the same pitch twice with only an "m" or a
"d" between. So: a best path through levels a quarter tone apart, where changing level costs as much as being half a
semitone off for a while, and less where `articulation` hears a note begin (the idea of pYIN's note stage, Mauch &
Dixon 2014, with one state a level); then cuts where a note is heard to begin inside a level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d

from modules.conditions.humming.articulation import hear_articulation
from modules.conditions.humming.pitch import HOP_S, PitchTrack, stretches

LEVEL_STEP = 0.25  # semitones between levels
FREE_DEVIATION = 0.25  # semitones off a level that cost nothing: unsteadiness
WORST_DEVIATION = 2.0  # semitones; an octave glitch costs no more than this
CHANGE_COST = 6.5  # semitones × frames: 130 ms at half a semitone beyond the free deviation
HEARD_COST = 2.0  # of a change where a beginning is certain
SAME_PITCH = 0.55  # semitones; neighbours nearer than this are one note unless a beginning is heard
SHORTEST_S = 0.07  # of a note
GLIDE_S, GLIDE_RANGE = 0.10, 0.7  # a piece shorter than that, moving more than these semitones, is a scoop or a fall
ATTACK_S, ATTACK_RANGE = 0.2, 2.5  # before the first beginning of a breath: shorter and nearer than that is its attack
QUICKEST_S = 0.1  # of a breath's first note: a second beginning sooner than that is still its attack
BRIDGED = 6  # frames of lost pitch that one note may span when no beginning is heard
PEAK_REACH = 4  # frames each side over which a beginning is the likeliest
CUT = 0.5  # chance of a beginning that cuts a level in two
BESIDE = 6  # frames from a change of level within which a beginning belongs to it
SOUNDING = 0.4  # mean chance that a note sounds: what lies below is breath or noise
ENDING = 0.4  # chance below which a note's end is cut off


@dataclass(frozen=True)
class RawNote:
    """A note before any rounding: `pitch` is fractional midi, `confidence` CREPE's mean inside it."""

    onset_s: float
    offset_s: float
    pitch: float
    confidence: float
    steadiness: float  # share of it within half a semitone of its pitch


def find_notes(track: PitchTrack) -> list[RawNote]:
    """Notes in time order, monophonic; empty when nothing is held long enough."""
    begins, sounds = hear_articulation(track)
    peaks = np.where(maximum_filter1d(begins, 2 * PEAK_REACH + 1) == begins, begins, 0.0)
    notes: list[RawNote] = []
    for start, end in _breaths(track, peaks):
        bounds = _split_at_beginnings(_levels_path(track, peaks, start, end), peaks)
        for a, b in _without_attack(_absorb_short(bounds, track), track, peaks):
            a, b = _sounding_part(a, b, sounds)
            if b - a >= SHORTEST_S / HOP_S - 1e-9 and sounds[a:b].mean() > SOUNDING:
                notes.append(_raw_note(track, a, b))
    return notes


def _breaths(track: PitchTrack, peaks: np.ndarray) -> list[tuple[int, int]]:
    """Voiced stretches, joined over short gaps in which no note begins."""
    joined: list[tuple[int, int]] = []
    for start, end in stretches(~np.isnan(track.midi)):
        if joined and start - joined[-1][1] <= BRIDGED and peaks[joined[-1][1] - 2:start + 3].max() < CUT:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _levels_path(track: PitchTrack, peaks: np.ndarray, start: int, end: int) -> list[tuple[int, int]]:
    """Bounds of the constant stretches of the cheapest path through the levels."""
    midi = track.midi[start:end]
    known = ~np.isnan(midi)
    levels = np.arange(midi[known].min(), midi[known].max() + LEVEL_STEP, LEVEL_STEP)
    away = np.abs(np.where(known, midi, 0)[:, None] - levels)
    cost = np.clip(away - FREE_DEVIATION, 0, WORST_DEVIATION) * (known * track.confidence[start:end])[:, None]
    near = maximum_filter1d(peaks, 2 * PEAK_REACH + 1)[start:end]
    change_cost = CHANGE_COST + (HEARD_COST - CHANGE_COST) * near
    total = cost[0].copy()
    came_from = np.zeros(cost.shape, int)
    stay = np.arange(len(levels))
    for frame in range(1, len(cost)):
        best = int(total.argmin())
        change = total[best] + change_cost[frame] < total
        came_from[frame] = np.where(change, best, stay)
        total = np.where(change, total[best] + change_cost[frame], total) + cost[frame]
    path = np.empty(len(cost), int)
    path[-1] = total.argmin()
    for frame in range(len(cost) - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    cuts = np.flatnonzero(np.diff(path)) + 1
    edges = [0, *cuts.tolist(), len(path)]
    bounds = [(start + a, start + b) for a, b in zip(edges, edges[1:])]
    merged = bounds[:1]
    for a, b in bounds[1:]:
        heard = peaks[max(a - BESIDE, 0):a + BESIDE + 1].max() > CUT
        if not heard and abs(_pitch(track, *merged[-1]) - _pitch(track, a, b)) < SAME_PITCH:
            merged[-1] = (merged[-1][0], b)
        else:
            merged.append((a, b))
    return merged


def _split_at_beginnings(bounds: list[tuple[int, int]], peaks: np.ndarray) -> list[tuple[int, int]]:
    """Cut where a note is heard to begin inside a level."""
    shortest = round(SHORTEST_S / HOP_S)
    pieces: list[tuple[int, int]] = []
    for start, end in bounds:
        low = start
        for frame in (start + np.flatnonzero(peaks[start:end] > CUT)).tolist():
            if frame - low >= shortest and end - frame >= shortest:
                pieces.append((low, frame))
                low = frame
        pieces.append((low, end))
    return pieces


def _without_attack(bounds: list[tuple[int, int]], track: PitchTrack, peaks: np.ndarray) -> list[tuple[int, int]]:
    """Without a first piece that only leads into the note after it. Where it was heard to begin it is that note's
    beginning, else the note begins where it is heard to."""
    if len(bounds) > 1:
        (start, end), (_, after) = bounds[:2]
        begins = peaks[max(start - BESIDE, 0):start + BESIDE + 1].max() > CUT
        near = abs(_pitch(track, start, end) - _pitch(track, end, after)) < ATTACK_RANGE
        if near and peaks[end - 1:end + 2].max() > CUT and (end - start) * HOP_S < (QUICKEST_S if begins else ATTACK_S):
            return [(start if begins else end, after), *bounds[2:]]
    return bounds


def _sounding_part(start: int, end: int, sounds: np.ndarray) -> tuple[int, int]:
    """Without an end in which nothing sounds any more."""
    heard = np.flatnonzero(sounds[start:end] > ENDING)
    return (start, start + int(heard[-1]) + 1) if len(heard) else (start, end)


def _absorb_short(bounds: list[tuple[int, int]], track: PitchTrack) -> list[tuple[int, int]]:
    """Give pieces that are no notes to the neighbour of nearer pitch: a scoop to its note, a fall to its note."""
    pieces = list(bounds)
    while len(pieces) > 1:
        short = [i for i, (a, b) in enumerate(pieces) if _is_too_short(track, a, b)]
        if not short:
            break
        index = min(short, key=lambda i: pieces[i][1] - pieces[i][0])
        neighbours = [i for i in (index - 1, index + 1) if 0 <= i < len(pieces)]
        into = min(neighbours, key=lambda i: abs(_pitch(track, *pieces[i]) - _pitch(track, *pieces[index])))
        first, last = min(index, into), max(index, into)
        pieces[first:last + 1] = [(pieces[first][0], pieces[last][1])]
    return pieces


def _is_too_short(track: PitchTrack, start: int, end: int) -> bool:
    inside = track.midi[start:end][~np.isnan(track.midi[start:end])]
    seconds = (end - start) * HOP_S
    return seconds < SHORTEST_S or (
        seconds < GLIDE_S and len(inside) > 0 and np.ptp(np.percentile(inside, (10, 90))) > GLIDE_RANGE)


def _pitch(track: PitchTrack, start: int, end: int) -> float:
    """Median midi of the middle of a stretch, leaving out scoop and fall."""
    trim = min((end - start) // 4, 8)
    inside = track.midi[start + trim:end - trim]
    inside = inside[~np.isnan(inside)]
    if not len(inside):
        inside = track.midi[start:end][~np.isnan(track.midi[start:end])]
    return float(np.median(inside)) if len(inside) else float("nan")


def _raw_note(track: PitchTrack, start: int, end: int) -> RawNote:
    pitch = _pitch(track, start, end)
    near = np.abs(track.midi[start:end] - pitch) < 0.5
    return RawNote(start * HOP_S, end * HOP_S, pitch, float(track.confidence[start:end].mean()), float(near.mean()))
