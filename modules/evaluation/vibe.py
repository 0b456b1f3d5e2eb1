"""How near a filled canvas comes to the feel of a track: where its hits lie in the bar and how much happens.

A choice among drafts, made before anything sounds; `report` and the benchmarks judge the sound.
"""

from __future__ import annotations

import numpy as np

from modules.canvas import Canvas
from modules.canvas import vocabulary as v
from modules.generator.thinning import thin
from modules.types import Reference

BANDS = (0.5, 0.35, 0.15)  # how much low, middle and high hits say about a groove
LOW_ROWS, MIDDLE_ROWS = ("bass",), ("comp", "comp2", "melody")  # stand in for drums where none play
HEARD_SHARE = 0.64  # of the steps on which something begins, those that stand out as onsets in the sound (measured)
THINNED = (1.0, 0.6, 0.35)  # most energy by which notes are left to a bar (`thinning.FLOORS`), from few to many gone
LEVEL = ((0.0, 1.0), (1.0, 1.0))  # a curve that asks for everything
GROOVE_WEIGHT, BUSY_WEIGHT = 2.0, 1.5


def groove_of_canvas(canvas: Canvas) -> np.ndarray:
    """(3, steps a bar) share of bars with a hit in each band; without drums, bass and the others stand in."""
    rows = {name: canvas.steps[v.ROW_NAMES.index(name)] for name in v.ROW_NAMES}
    kick = np.array(["kick" in pieces for pieces in v.DRUM_A])[rows["drum_a"]]
    snare = np.array([pieces[1] is not None for pieces in v.DRUM_A])[rows["drum_a"]]
    bands = [kick, snare, rows["drum_b"] > 0]
    if not any(band.any() for band in bands):
        bands = [np.any([rows[name] >= v.ONSET for name in names], axis=0) for names in (LOW_ROWS, MIDDLE_ROWS)]
        bands.append(np.zeros(canvas.n_steps, bool))
    per_bar = np.stack(bands).reshape(3, canvas.n_bars, -1)
    heard = per_bar.any(axis=(0, 2))
    return per_bar[:, heard].mean(axis=1) if heard.any() else np.zeros((3, canvas.steps_per_bar))


def groove_likeness(one: np.ndarray, other: np.ndarray) -> float:
    """0–1 correlation of two (3, steps) grooves, low hits counting most; 0 where nothing can be compared."""
    total = weight = 0.0
    for a, b, share in zip(one, other, BANDS, strict=True):
        a, b = a - a.mean(), b - b.mean()
        size = np.linalg.norm(a) * np.linalg.norm(b)
        if size > 1e-9:
            total += share * max(0.0, float(a @ b / size))
            weight += share
    return total / weight if weight else 0.0


def onsets_a_second(canvas: Canvas, tempo_bpm: float) -> float:
    """Steps on which anything begins, a second."""
    begins = [canvas.steps[index] >= (1 if kind == "drum" else v.ONSET)
              for index, (_, kind, _) in enumerate(v.ROWS.values())]
    beats = canvas.n_beats * 60 / tempo_bpm
    return float(np.any(begins, axis=0).sum() / beats)


def as_busy(canvas: Canvas, curve: tuple[tuple[float, float], ...], tempo_bpm: float, reference: Reference) -> Canvas:
    """The canvas with as many notes as the track has onsets, as nearly as leaving weak places out can bring it.

    Args:
        curve: the energy that was asked, ((time_s, 0–1), …); empty = level.
    """
    if reference.onsets_per_s <= 0:
        return canvas
    bar_s = canvas.beats_per_bar * 60.0 / tempo_bpm
    drafts = [canvas]
    for most in THINNED:
        drafts.append(thin(canvas, tuple((at, min(level, most)) for at, level in curve or LEVEL), bar_s))

    def away(draft: Canvas) -> float:
        busy = HEARD_SHARE * onsets_a_second(draft, tempo_bpm)
        return abs(float(np.log(max(busy, 0.2) / reference.onsets_per_s)))

    return min(drafts, key=away)


def nearness(canvas: Canvas, tempo_bpm: float, reference: Reference) -> float:
    """Merit of a draft as company for a track: higher is nearer."""
    merit = 0.0
    groove = reference.groove
    if groove is not None and groove.shape[1] == canvas.steps_per_bar:
        merit += GROOVE_WEIGHT * groove_likeness(groove_of_canvas(canvas), groove)
    if reference.onsets_per_s > 0:
        busy = HEARD_SHARE * onsets_a_second(canvas, tempo_bpm)
        merit -= BUSY_WEIGHT * abs(float(np.log(max(busy, 0.2) / reference.onsets_per_s)))
    return merit
