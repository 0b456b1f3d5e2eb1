"""Fills canvases with the model, beat by beat and cell by cell, under masks. Deterministic for a seed and machine.

Cells are decided in this order of right: known cells; lanes at rest; cells copied from an earlier section; rhythm and
range constraints; the model's draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event

import numpy as np
import torch

from modules.canvas import MUST_HOLD, MUST_ONSET, MUST_REST, NO_ONSET, Canvas
from modules.canvas import vocabulary as v
from modules.errors import Cancelled
from modules.generator import encoding as enc
from modules.generator.beats import BeatNetwork
from modules.generator.cells import CellNetwork
from modules.generator.model import CanvasModel, copy_offsets
from modules.types import LANES

OFF = -1e9
# how much more than learned a set slider moves the cells by the short way: guidance (Ho & Salimans 2022) at its price
STRESS = 3.0
RHYTHM_OF = np.array([MUST_REST, MUST_HOLD, MUST_ONSET])  # of a rest, a hold and an onset


@dataclass(frozen=True)
class Fill:
    """One canvas to fill and how.

    features (T, F); styles (S + 1,) weights; copy_from (T, C) beat that a cell copies from, -1 = none; rhythm_from (T,)
    beat whose melody rhythm a beat takes up with new pitches, -1 = none; lanes: those modelled, None = all;
    free_features (T, F): the features without what a person has set, so that the difference can be stressed;
    chord_bias: nats added to root (T, 13) and to quality given the root (T, 13, Q), None = nothing; contour (T, K): the
    height that the melody is drawn to, step by step, in pitch indices, NaN = free; contour_spread: semitones that it
    may stray from there at a cost of half a nat.
    """

    canvas: Canvas
    features: np.ndarray
    styles: np.ndarray
    copy_from: np.ndarray | None = None
    rhythm_from: np.ndarray | None = None
    lanes: frozenset[str] | None = None
    free_features: np.ndarray | None = None
    chord_bias: tuple[np.ndarray, np.ndarray] | None = None
    contour: np.ndarray | None = None
    contour_spread: float = 3.0


def fill(model: CanvasModel, jobs: list[Fill], *, seed: int, temperature: dict[str, float] | None = None,
         cancel: Event | None = None) -> tuple[list[Canvas], np.ndarray]:
    """Fill canvases of one metre and length together.

    Returns:
        Filled canvases (new objects; known cells unchanged) and float (B,) mean log-likelihood a drawn cell in nats.

    Raises:
        Cancelled: `cancel` was set.
    """
    with torch.inference_mode():
        return _fill(model, jobs, seed, temperature or {}, cancel)


def _fill(model: CanvasModel, jobs: list[Fill], seed: int, temperature: dict[str, float],
          cancel: Event | None) -> tuple[list[Canvas], np.ndarray]:
    first = jobs[0].canvas
    k, bpb, t, b = first.steps_per_beat, first.beats_per_bar, first.n_beats, len(jobs)
    c = 2 + len(v.ROWS) * k
    groups, sizes = enc.cell_groups(k), enc.group_sizes(k)
    forced, tokens, known_in, rhythm = _prepare(jobs, t, c, k, groups, sizes)
    copy_from = np.stack([job.copy_from if job.copy_from is not None else np.full((t, c), -1) for job in jobs])
    copy_from = np.where(forced, -1, copy_from)
    chance = np.random.default_rng([seed & 0xFFFFFFFF, 0xF1]).random((t, c, b), np.float32)
    beats = _Beats(model, jobs, known_in, k)
    network = CellNetwork(model, k)
    rows = {row: 2 + v.ROW_NAMES.index(row) * k for row in v.PITCH_ROWS}
    last = {row: np.full(b, -1) for row in v.PITCH_ROWS}
    limits = [job.canvas.pitch_range for job in jobs]
    names = [enc.GROUPS[group] for group in groups]
    heats = [temperature.get(name, 1.0) for name in names]
    leaning = [(index, job) for index, job in enumerate(jobs) if job.chord_bias is not None or job.contour is not None]
    likelihood, drawn = np.zeros(b), np.zeros(b)
    offsets = copy_offsets(bpb)
    for beat in range(t):
        if cancel is not None and beat % 4 == 0 and cancel.is_set():
            raise Cancelled("Stopped.")
        here = tokens[:, beat]
        state, context, hint = beats.next(tokens[:, beat - 1] if beat else None)
        need = ~_decided(jobs, tokens, forced, copy_from, rhythm, beat, rows["melody"], k)  # (B, C)
        asked = need.any(axis=0)
        needed = np.flatnonzero(asked)
        network.begin(state, context, hint, [tokens[:, beat - o] if beat >= o else None for o in offsets])
        for cell in range(needed[-1] + 1 if len(needed) else 0):
            network.step(here, cell)
            name = names[cell]
            if asked[cell]:
                logits = network.logits(cell, here, last.get(name))
                for index, job in leaning:
                    _lean(logits[index], job, name, beat, here[index], cell)
                _constrain(logits, name, cell, beat, k, tokens, rhythm, limits)
                pick, got = draw(logits, heats[cell], chance[beat, cell])
                np.copyto(here[:, cell], pick, where=need[:, cell])
                likelihood += got * need[:, cell]
            if name in rows:
                _remember(last, name, here[:, cell], int(sizes[cell]))
        drawn += need.sum(axis=1)
        for cell in range(needed[-1] + 1 if len(needed) else 0, c):
            if names[cell] in rows:
                _remember(last, names[cell], here[:, cell], int(sizes[cell]))
    filled = []
    for index, job in enumerate(jobs):
        canvas = job.canvas.copy()
        cells = np.where(tokens[index] < sizes[None], tokens[index], 0)
        if job.lanes is not None:
            unmodelled = ~np.isin(groups, enc.lane_groups(*job.lanes))
            cells[:, unmodelled] = enc.to_cells(job.canvas)[:, unmodelled]
        enc.write_cells(canvas, cells)
        filled.append(canvas)
    return filled, likelihood / np.maximum(drawn, 1)


class _Beats:
    """What each beat starts from: the decoder's state for its cells, and the condition's hint."""

    def __init__(self, model: CanvasModel, jobs: list[Fill], known_in: np.ndarray, k: int) -> None:
        styles = torch.from_numpy(np.stack([job.styles for job in jobs]).astype(np.float32))
        condition = model.condition(torch.from_numpy(np.stack([job.features for job in jobs])), styles)
        hint = model.hint(condition)
        if any(job.free_features is not None for job in jobs):
            free = [job.features if job.free_features is None else job.free_features for job in jobs]
            plain = model.condition(torch.from_numpy(np.stack(free)), styles)
            hint = hint + STRESS * (hint - model.hint(plain))
        self.hint = hint.numpy()  # (B, T, H)
        self.model = model
        self.decoder = BeatNetwork(model, condition + model.encode(torch.from_numpy(known_in), condition, k), k)

    def next(self, before: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The next beat's start state and context (B, G) each, and hint (B, H); `before` (B, C) are the last beat's
        tokens."""
        hint = self.hint[:, self.decoder.at]
        h = self.decoder.next(None if before is None else torch.from_numpy(before))  # (B, D)
        return torch.tanh(self.model.start(h)).numpy(), self.model.beat(h).numpy(), hint


def draw(logits: np.ndarray, heat: float, chance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw from logits (B, V) at a temperature by `chance` (B,) in [0, 1): tokens (B,) and their log-likelihoods (at
    temperature 1) in nats."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(shifted / heat)
    total = p.cumsum(axis=1)
    pick = (total < chance[:, None] * total[:, -1:]).sum(axis=1)
    norm = np.log(np.exp(shifted).sum(axis=1))
    return pick, shifted[np.arange(len(pick)), pick] - norm


def _decided(jobs: list[Fill], tokens: np.ndarray, forced: np.ndarray, copy_from: np.ndarray, rhythm: np.ndarray,
             beat: int, melody: int, k: int) -> np.ndarray:
    """Write what this beat copies and the rhythm that it takes up; (B, C) True where the model is not asked."""
    fixed, sources = forced[:, beat], copy_from[:, beat]
    copied = sources >= 0
    if copied.any():
        rows, cells = np.nonzero(copied)
        tokens[rows, beat, cells] = tokens[rows, sources[rows, cells], cells]
        fixed = fixed | copied
    for index, job in enumerate(jobs):
        if job.rhythm_from is not None and job.rhythm_from[beat] >= 0:
            cells = slice(melody, melody + k)
            rhythm[index, beat, cells] = RHYTHM_OF[np.minimum(tokens[index, job.rhythm_from[beat], cells], v.ONSET)]
    return fixed


def _remember(last: dict[str, np.ndarray], name: str, token: np.ndarray, size: int) -> None:
    """Keep the last sounding pitch of a row up to date, in place."""
    onset = (token >= v.ONSET) & (token < size)
    last[name] = np.where(onset, token - v.ONSET, last[name])


def _lean(logits: np.ndarray, job: Fill, name: str, beat: int, here: np.ndarray, cell: int) -> None:
    """Add one job's biases to its logits (V,), in place."""
    if name == "root" and job.chord_bias is not None:
        logits += job.chord_bias[0][beat]
    elif name == "quality" and job.chord_bias is not None:
        logits += job.chord_bias[1][beat, min(int(here[0]), v.NO_CHORD)]
    elif name == "melody" and job.contour is not None:
        height = job.contour[beat, (cell - 2) % job.contour.shape[1]]
        if np.isnan(height):
            return
        away = (np.arange(len(logits) - v.ONSET) - height) / job.contour_spread
        pull = -0.5 * away ** 2
        logits[v.ONSET:] += pull - pull.max()


def _prepare(jobs: list[Fill], t: int, c: int, k: int, groups: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, ...]:
    """Forced mask, start tokens, encoder tokens and rhythm codes, each (B, T, C)."""
    forced, tokens, known_in, rhythms = [], [], [], []
    for job in jobs:
        known, rhythm = enc.known_cells(job.canvas)
        cells = enc.to_cells(job.canvas).astype(np.int64)
        modelled = np.ones(c, bool) if job.lanes is None else np.isin(groups, enc.lane_groups(*job.lanes))
        cells = np.where(known, cells, 0)
        cells = np.where(modelled[None], cells, (sizes + enc.UNKNOWN)[None])
        resting = np.zeros((t, c), bool)
        for index, lane in enumerate(LANES):
            rest = np.repeat(job.canvas.active[index] == 0, job.canvas.beats_per_bar)
            resting |= rest[:, None] & np.isin(groups, enc.lane_groups(lane))[None]
        resting &= modelled[None] & ~known
        known_in.append(enc.encoder_tokens(cells, known | ~modelled[None], rhythm, k))
        forced.append(known | ~modelled[None] | resting)
        tokens.append(cells)
        rhythms.append(rhythm)
    return (np.stack(forced), np.stack(tokens), np.stack(known_in), np.stack(rhythms))


def _constrain(logits: np.ndarray, name: str, cell: int, beat: int, k: int, tokens: np.ndarray, rhythm: np.ndarray,
               limits: Sequence[tuple[int, int] | None]) -> None:
    """Close off tokens of (B, V) that the canvas' rhythm codes, range and plain sense forbid, in place."""
    if name == "root":
        logits[:, v.NO_CHORD] = OFF
    if name in ("root", "quality") or v.ROWS[name][1] == "drum":
        return
    first = (cell - 2) % k == 0
    before = tokens[:, beat, cell - 1] if not first else (
        tokens[:, beat - 1, cell + k - 1] if beat else np.zeros(len(tokens), np.int64))
    logits[before == v.REST, v.HOLD] = OFF  # nothing sounds that could be held
    if v.ROWS[name][1] != "pitch":
        return
    code = rhythm[:, beat, cell]
    if code.any():
        logits[code == MUST_ONSET, :v.ONSET] = OFF
        logits[np.isin(code, (NO_ONSET, MUST_REST, MUST_HOLD)), v.ONSET:] = OFF
        logits[code == MUST_REST, v.HOLD] = OFF
        logits[(code == MUST_HOLD) & (before != v.REST), v.REST] = OFF
    if name == "melody":
        for index, span in enumerate(limits):
            if span is not None:
                logits[index, v.ONSET:v.ONSET + span[0]] = OFF
                logits[index, v.ONSET + span[1] + 1:] = OFF
