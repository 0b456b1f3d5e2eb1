"""Cuts a pitch curve into notes. Owns segmentation and re-articulation; knows nothing of keys, beats or tuning.

A voice scoops into notes, shakes round them, slides between them and sings the same pitch twice with only an "m" or a
"d" between. So: a best path through levels a quarter tone apart, where changing level costs as much as being half a
semitone off for a while (the idea of pYIN's note stage, Mauch & Dixon 2014, with one state a level); then cuts where
the sound dips inside a level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from modules.conditions.humming.pitch import HOP_S, PitchTrack, stretches

LEVEL_STEP = 0.25  # semitones between levels
FREE_DEVIATION = 0.25  # semitones off a level that cost nothing: unsteadiness
WORST_DEVIATION = 2.0  # semitones; an octave glitch costs no more than this
CHANGE_COST = 8.0  # semitones × frames: 160 ms at half a semitone beyond the free deviation
SAME_PITCH = 0.55  # semitones; neighbours nearer than this are one note
SHORTEST_S = 0.07  # of a note
GLIDE_S, GLIDE_RANGE = 0.13, 0.7  # a piece shorter than that, moving more than these semitones, is a scoop or a fall
BRIDGED = 4  # frames of lost pitch that one note may span when the level holds
DIP_REACH = 18  # frames each side in which a dip's shoulders are looked for
DIP_DB, EDGE_DIP_DB = 4.0, 9.0  # depth below both shoulders that means a new note


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
    notes: list[RawNote] = []
    for start, end in _breaths(track):
        bounds = _split_at_dips(_levels_path(track, start, end), track)
        notes.extend(_raw_note(track, a, b) for a, b in _absorb_short(bounds, track))
    return [note for note in notes if note.offset_s - note.onset_s >= SHORTEST_S - 1e-9]


def _breaths(track: PitchTrack) -> list[tuple[int, int]]:
    """Voiced stretches, joined over short gaps in which the level holds."""
    joined: list[tuple[int, int]] = []
    for start, end in stretches(~np.isnan(track.midi)):
        if joined:
            gap_start = joined[-1][1]
            shoulder = min(track.level_db[gap_start - 1], track.level_db[start])
            if start - gap_start <= BRIDGED and track.level_db[gap_start:start].min() > shoulder - DIP_DB:
                joined[-1] = (joined[-1][0], end)
                continue
        joined.append((start, end))
    return joined


def _levels_path(track: PitchTrack, start: int, end: int) -> list[tuple[int, int]]:
    """Bounds of the constant stretches of the cheapest path through the levels."""
    midi = track.midi[start:end]
    known = ~np.isnan(midi)
    levels = np.arange(midi[known].min(), midi[known].max() + LEVEL_STEP, LEVEL_STEP)
    away = np.abs(np.where(known, midi, 0)[:, None] - levels)
    cost = np.clip(away - FREE_DEVIATION, 0, WORST_DEVIATION) * (known * track.confidence[start:end])[:, None]
    total = cost[0].copy()
    came_from = np.zeros(cost.shape, int)
    stay = np.arange(len(levels))
    for frame in range(1, len(cost)):
        best = int(total.argmin())
        change = total[best] + CHANGE_COST < total
        came_from[frame] = np.where(change, best, stay)
        total = np.where(change, total[best] + CHANGE_COST, total) + cost[frame]
    path = np.empty(len(cost), int)
    path[-1] = total.argmin()
    for frame in range(len(cost) - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    cuts = np.flatnonzero(np.diff(path)) + 1
    edges = [0, *cuts.tolist(), len(path)]
    bounds = [(start + a, start + b) for a, b in zip(edges, edges[1:])]
    merged = bounds[:1]
    for a, b in bounds[1:]:
        if abs(_pitch(track, *merged[-1]) - _pitch(track, a, b)) < SAME_PITCH:
            merged[-1] = (merged[-1][0], b)
        else:
            merged.append((a, b))
    return merged


def _split_at_dips(bounds: list[tuple[int, int]], track: PitchTrack) -> list[tuple[int, int]]:
    """Cut where level or edge has a valley deep under both its shoulders."""
    pieces: list[tuple[int, int]] = []
    for start, end in bounds:
        low = start
        for valley in _valleys(track, start, end):
            if valley - low >= SHORTEST_S / HOP_S and end - valley >= SHORTEST_S / HOP_S:
                pieces.append((low, valley))
                low = valley
        pieces.append((low, end))
    return pieces


def _valleys(track: PitchTrack, start: int, end: int) -> list[int]:
    """Frames of the valleys strictly inside (start, end), in order."""
    found: set[int] = set()
    for curve, depth in ((track.level_db, DIP_DB), (track.edge_db, EDGE_DIP_DB)):
        part = curve[start:end]
        lowest = minimum_filter1d(part, 2 * DIP_REACH // 2 + 1) == part
        before = maximum_filter1d(part, DIP_REACH, origin=(DIP_REACH - 1) // 2, mode="nearest")
        after = maximum_filter1d(part, DIP_REACH, origin=-(DIP_REACH // 2), mode="nearest")
        deep = np.minimum(before, after) - part > depth
        found.update((start + np.flatnonzero(lowest & deep)).tolist())
    ordered: list[int] = []
    for frame in sorted(found):
        if start < frame < end and (not ordered or frame - ordered[-1] > SHORTEST_S / HOP_S):
            ordered.append(frame)
    return ordered


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
    return seconds < SHORTEST_S or (seconds < GLIDE_S and np.ptp(np.percentile(inside, (10, 90))) > GLIDE_RANGE)


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
