"""Plan → filled canvases: harmony first, then every lane; several draws, so that the engine can choose.

Compose, harmonise, set words, continue, redo and restyle are this one call: they differ in what the canvas knows.
"""

from __future__ import annotations

from dataclasses import replace
from threading import Event

import numpy as np

from modules.canvas import Canvas
from modules.canvas import vocabulary as v
from modules.generator import encoding as enc
from modules.generator.model import CanvasModel
from modules.generator.plan import Plan
from modules.generator.sampling import Fill, fill
from modules.types import LANES

# Just under 1 where a stray note hurts most; far lower collapses into copying (canvas.md).
TEMPERATURE = {"root": 0.92, "quality": 0.9, "melody": 0.94, "bass": 0.9, "counter": 0.9, "comp": 0.85, "comp2": 0.85,
               "pad": 0.85, "drum_a": 0.88, "drum_b": 0.85, "drum_c": 0.85}


def style_vector(model: CanvasModel, styles: dict[str, float]) -> np.ndarray:
    """float32 (S + 1,) weights over the model's style rows; all on "none" when no style is known to it."""
    rows = model.config.styles
    out = np.zeros(len(rows) + 1, np.float32)
    for name, weight in styles.items():
        if name in rows:
            out[rows.index(name)] = weight
    if out.sum() == 0:
        out[-1] = 1
    return out / out.sum()


def plan_features(plan: Plan, canvas: Canvas, lanes: frozenset[str] | None) -> np.ndarray:
    """Per-beat features of a plan."""
    bins = {}
    for name in ("density", "harmonic_rhythm", "richness", "syncopation"):
        value = getattr(plan, name)
        if value is not None:
            bins[name] = np.full(canvas.n_beats, value)
    return enc.features(canvas, mode=plan.mode, tempo_bpm=plan.tempo_bpm, bins=bins, modelled=lanes)


def copy_cells(plan: Plan, canvas: Canvas) -> np.ndarray:
    """(T, C) source beat of each cell by `plan.copy_bars`, -1 = drawn."""
    k, bpb = canvas.steps_per_beat, canvas.beats_per_bar
    groups = enc.cell_groups(k)
    out = np.full((canvas.n_beats, len(groups)), -1)
    for row, lane in enumerate(("harmony", *LANES)):
        cells = groups < 2 if lane == "harmony" else np.isin(groups, [2 + r for r in v.LANE_ROWS[lane]])
        for bar, source in enumerate(plan.copy_bars[row]):
            if source >= 0:
                beats = np.arange(bpb)
                out[np.ix_(bar * bpb + beats, cells)] = (source * bpb + beats)[:, None]
    return out


def draw_harmony(model: CanvasModel, plan: Plan, *, seed: int, draws: int, cancel: Event | None) -> list[Canvas]:
    """`draws` canvases with harmony filled; unchanged copies where the plan's harmony is known."""
    canvas = plan.canvas
    if canvas.known_harmony.all():
        return [canvas] * draws
    melody = canvas.known_steps[v.ROW_NAMES.index("melody")].any()
    lanes = frozenset({"harmony", "melody"}) if melody else frozenset({"harmony"})
    styles = style_vector(model, dict(plan.styles))
    job = Fill(canvas, plan_features(plan, canvas, lanes), styles, copy_cells(plan, canvas), lanes=lanes)
    filled, _ = fill(model, [job] * draws, seed=seed, temperature=TEMPERATURE, cancel=cancel)
    out = []
    for index in range(draws):
        kept = canvas.copy()
        kept.harmony[:] = filled[index].harmony
        kept.known_harmony[:] = True
        out.append(kept)
    return out


def phrase_returns(plan: Plan, canvas: Canvas, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """How second halves of sections take up their first half's melody, as songs do.

    Returns:
        `plan.copy_bars` with the melody's notes returning where the chords do, and (T,) the beat whose rhythm a beat
        takes up with new pitches where the chords differ, -1 = none. The last bar of a half is always new.
    """
    rng = np.random.default_rng([seed, 0xA4])
    copies = plan.copy_bars.copy()
    rhythm = np.full(canvas.n_beats, -1)
    lane, row = LANES.index("melody"), v.ROW_NAMES.index("melody")
    known = canvas.known_steps[row].reshape(canvas.n_bars, -1).any(axis=1)
    if (canvas.rhythm[row] != 0).any():
        return copies, rhythm  # words decide where the tune goes
    bars = canvas.harmony.reshape(canvas.n_bars, -1)
    beats = np.arange(canvas.beats_per_bar)
    for section in canvas.sections:
        if section.source is not None or section.bars < 4 or section.bars % 2 or known[section.start_bar]:
            continue
        if rng.random() < 0.25:
            continue
        half = section.bars // 2
        for bar in range(max(1, half - 1)):
            at, source = section.start_bar + half + bar, section.start_bar + bar
            if copies[1 + lane, at] >= 0 or canvas.active[lane, at] != canvas.active[lane, source]:
                continue
            if np.array_equal(bars[at], bars[source]):
                copies[1 + lane, at] = source
            else:
                rhythm[at * canvas.beats_per_bar + beats] = source * canvas.beats_per_bar + beats
    return copies, rhythm


def draw_canvases(model: CanvasModel, plan: Plan, harmonies: list[Canvas], *, seed: int,
                  cancel: Event | None = None) -> tuple[list[Canvas], np.ndarray]:
    """Every lane over each given harmony.

    Returns:
        One filled canvas a harmony, and their mean log-likelihoods a drawn cell (B,).
    """
    styles = style_vector(model, dict(plan.styles))
    jobs = []
    for index, canvas in enumerate(harmonies):
        copies, rhythm = phrase_returns(plan, canvas, seed + index)
        shaped = replace(plan, canvas=canvas, copy_bars=copies)
        jobs.append(Fill(canvas, plan_features(shaped, canvas, None), styles, copy_cells(shaped, canvas), rhythm))
    return fill(model, jobs, seed=seed + 1, temperature=TEMPERATURE, cancel=cancel)
