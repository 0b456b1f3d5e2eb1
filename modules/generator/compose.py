"""Plan → filled canvases: harmony first, then every lane; several draws, so that the engine can choose.

Compose, harmonise, set words, continue, redo and restyle are this one call: they differ in what the canvas knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from threading import Event

import numpy as np

from modules.canvas import Canvas
from modules.canvas import vocabulary as v
from modules.generator import encoding as enc
from modules.generator.chord_prior import chord_evidence
from modules.generator.model import CanvasModel
from modules.generator.plan import Plan
from modules.generator.sampling import Fill, fill
from modules.styles.cards import cards
from modules.types import LANES

# Just under 1 where a stray note hurts most; far lower collapses into copying (canvas.md).
TEMPERATURE = {"root": 0.92, "quality": 0.9, "melody": 0.94, "bass": 0.9, "counter": 0.9, "comp": 0.85, "comp2": 0.85,
               "pad": 0.85, "drum_a": 0.88, "drum_b": 0.85, "drum_c": 0.85}


CONTOUR_SPAN = (10, 27)  # melody pitch indices between which an asked contour moves
CONTOUR_SPREAD, TUNE_SPREAD = 3.0, 1.8  # semitones that a melody strays from an asked contour, from a tune that it was
VOTERS = 4  # harmonisations drawn for each that is kept, under a given melody
PRIOR_WEIGHT = 1.0  # of what the chord prior hears in a given melody
COLOUR_NATS = 2.5  # by which a wholly bright plan prefers the roots of a key's major chords to those of its minor ones
MAJOR_ROOTS, MINOR_ROOTS = (0, 5, 7), (2, 4, 9)  # semitones above do
CHANGE_COST = 0.6  # nats that another chord must be worth in the vote of many draws
_PRIOR_SOURCES = {"sacred": ("hymns",), "classical": ("lieder",)}  # card family → whose chords; else songs and teacher


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


HABITS = ("density", "harmonic_rhythm", "richness", "syncopation")


def plan_features(plan: Plan, canvas: Canvas, lanes: frozenset[str] | None, planned: bool = True,
                  habits: tuple[str, ...] = HABITS) -> np.ndarray:
    """Per-beat features of a plan, of its `habits` only those named."""
    bins = {name: np.full(canvas.n_beats, float(getattr(plan, name))) for name in habits
            if getattr(plan, name) is not None}
    return enc.features(canvas, mode=plan.mode, tempo_bpm=plan.tempo_bpm, bins=bins, modelled=lanes, planned=planned)


def free_features(plan: Plan, canvas: Canvas, lanes: frozenset[str] | None) -> np.ndarray | None:
    """The features without the habits that a person has set; None when none is."""
    if all(getattr(plan, name) is None for name in HABITS):
        return None
    return plan_features(plan, canvas, lanes, habits=()).astype(np.float32)


def copy_cells(plan: Plan, canvas: Canvas) -> np.ndarray:
    """(T, C) source beat of each cell by `plan.copy_bars`, -1 = drawn."""
    k, bpb = canvas.steps_per_beat, canvas.beats_per_bar
    groups = enc.cell_groups(k)
    out = np.full((canvas.n_beats, len(groups)), -1)
    for row, lane in enumerate(("harmony", *LANES)):
        cells = np.isin(groups, enc.lane_groups(lane))
        for bar, source in enumerate(plan.copy_bars[row]):
            if source >= 0:
                beats = np.arange(bpb)
                out[np.ix_(bar * bpb + beats, cells)] = (source * bpb + beats)[:, None]
    return out


def draw_harmony(model: CanvasModel, plan: Plan, *, seed: int, draws: int, cancel: Event | None) -> list[Canvas]:
    """`draws` canvases with harmony filled; unchanged copies where the plan's harmony is known.

    Under a given melody many more are drawn and those kept that agree best with the rest: one odd chord is heard at
    once there, and the vote of many draws is right more often than any one of them (`canvas.md`).
    """
    if plan.canvas.known_harmony.all():
        return [plan.canvas] * draws
    many = draws * VOTERS if given_melody(plan.canvas) else draws
    return harmonisations(model, plan, seed=seed, draws=many, cancel=cancel)[:draws]


def given_melody(canvas: Canvas) -> bool:
    """Whether something of the melody is known."""
    return bool(canvas.known_steps[v.ROW_NAMES.index("melody")].any())


def harmonisations(model: CanvasModel, plan: Plan, *, seed: int, draws: int, cancel: Event | None = None,
                   planned: bool = True) -> list[Canvas]:
    """Canvases with harmony drawn `draws` times. Under a given melody the first is the vote of all, and the others
    follow by how well they agree with the rest.

    Args:
        planned: False where the plan's sections and energies mean nothing (real scores).
    """
    canvas = plan.canvas
    melody = given_melody(canvas)
    lanes = frozenset({"harmony", "melody"}) if melody else frozenset({"harmony"})
    styles = style_vector(model, dict(plan.styles))
    bias = chord_evidence(canvas, prior_sources(plan.styles), PRIOR_WEIGHT) if melody else None
    if bias is not None and plan.colour:
        bias = (bias[0] + plan.colour * colour_lean(), bias[1])
    job = Fill(canvas, plan_features(plan, canvas, lanes, planned), styles, copy_cells(plan, canvas), lanes=lanes,
               free_features=free_features(plan, canvas, lanes), chord_bias=bias)
    filled, _ = fill(model, [job] * draws, seed=seed, temperature=TEMPERATURE, cancel=cancel)
    chords = np.stack([one.harmony for one in filled]).astype(int)  # (B, T, 2)
    if melody and draws > 1:
        same_root = chords[:, None, :, 0] == chords[None, :, :, 0]
        same = same_root & (chords[:, None, :, 1] == chords[None, :, :, 1])
        agreement = (same_root.mean(axis=2) + same.mean(axis=2)).mean(axis=1)
        chords = np.concatenate([vote(chords, bias)[None], chords[np.argsort(-agreement, kind="stable")[:-1]]])
    out = []
    for found in chords:
        kept = canvas.copy()
        kept.harmony[:] = np.where(canvas.known_harmony, canvas.harmony, found)
        kept.known_harmony[:] = True
        out.append(kept)
    return out


def colour_lean() -> np.ndarray:
    """(13,) nats for each root that a bright plan adds and a dark one takes away."""
    lean = np.zeros(v.N_ROOTS)
    lean[list(MAJOR_ROOTS)], lean[list(MINOR_ROOTS)] = COLOUR_NATS / 2, -COLOUR_NATS / 2
    return lean


def vote(chords: np.ndarray, bias: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """The chords that most draws name, where they agree little those that the melody suggests, changing no more often
    than is worth it: a shortest path.

    Args:
        chords: (B, T, 2) root and quality of each draw. bias: nats for root (T, 13) and quality (T, 13, Q).

    Returns:
        (T, 2) root and quality.
    """
    n_qualities = len(v.QUALITIES)
    codes = chords[..., 0] * n_qualities + chords[..., 1]
    worth = 0.5 * (bias[0][:, :, None] + bias[1]).reshape(len(bias[0]), -1)  # (T, 13 · Q)
    for beat in range(codes.shape[1]):
        worth[beat] += np.log(np.bincount(codes[:, beat], minlength=worth.shape[1]) + 0.3)
    best, back = worth[0], []
    for beat in range(1, len(worth)):
        top = int(best.argmax())
        stay = best >= best[top] - CHANGE_COST
        back.append(np.where(stay, np.arange(len(best)), top))
        best = np.where(stay, best, best[top] - CHANGE_COST) + worth[beat]
    path = [int(best.argmax())]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    found = np.array(path[::-1])
    return np.stack([found // n_qualities, found % n_qualities], axis=1)


def prior_sources(styles: Mapping[str, float]) -> tuple[str, ...]:
    """Whose chord habits suit a blend of styles."""
    known = cards()
    if set(styles) == {"openewld"}:
        return ("openewld",)
    names = [name for name in styles if name in known]
    family = known[max(names, key=lambda name: styles[name])].family if names else ""
    return _PRIOR_SOURCES.get(family, ("openewld", "teacher"))


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
            if known[at] or known[source]:
                continue
            if np.array_equal(bars[at], bars[source]) and not plan.contour:
                copies[1 + lane, at] = source
            else:
                rhythm[at * canvas.beats_per_bar + beats] = source * canvas.beats_per_bar + beats
    return copies, rhythm


def contour_heights(plan: Plan, canvas: Canvas) -> np.ndarray | None:
    """(T, K) height in pitch indices that each step's melody is drawn to, by the asked contours and by a given tune
    whose pitches are open; NaN = free; None = none.

    A contour spans its section (of every occurrence); "" means all sections.
    """
    if not plan.contour:
        return plan.heights
    out = np.full((canvas.n_beats, canvas.steps_per_beat), np.nan)
    if plan.heights is not None:
        out[:] = plan.heights
    low, high = canvas.pitch_range or CONTOUR_SPAN
    for name, shape in plan.contour:
        for section in canvas.sections:
            if name and section.name != name:
                continue
            beats = slice(section.start_bar * canvas.beats_per_bar,
                          (section.start_bar + section.bars) * canvas.beats_per_bar)
            x = np.linspace(0, 1, section.bars * canvas.beats_per_bar)
            height = {"rise": x, "fall": 1 - x, "arch": np.sin(np.pi * x), "flat": np.full_like(x, 0.5),
                      "high": np.full_like(x, 0.85), "low": np.full_like(x, 0.15)}[shape]
            out[beats] = low + (high - low) * height[:, None]
    return out


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
        jobs.append(Fill(canvas, plan_features(shaped, canvas, None), styles, copy_cells(shaped, canvas), rhythm,
                         free_features=free_features(plan, canvas, None), contour=contour_heights(plan, canvas),
                         contour_spread=CONTOUR_SPREAD if plan.heights is None else TUNE_SPREAD))
    return fill(model, jobs, seed=seed + 1, temperature=TEMPERATURE, cancel=cancel)
