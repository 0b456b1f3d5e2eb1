"""Fills canvases with the model, beat by beat and cell by cell, under masks. Deterministic for a seed and machine.

Cells are decided in this order of right: known cells; lanes at rest; cells copied from an earlier section; rhythm and
range constraints; the model's draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event

import numpy as np
import torch
from torch import Tensor

from modules.canvas import MUST_HOLD, MUST_ONSET, MUST_REST, NO_ONSET, Canvas
from modules.canvas import vocabulary as v
from modules.errors import Cancelled
from modules.generator import encoding as enc
from modules.generator.model import CanvasModel, PitchHead, add_copies, copy_offsets, turns
from modules.types import LANES

OFF = -1e9
RHYTHM_OF = np.array([MUST_REST, MUST_HOLD, MUST_ONSET])  # of a rest, a hold and an onset


@dataclass(frozen=True)
class Fill:
    """One canvas to fill and how.

    features (T, F); styles (S + 1,) weights; copy_from (T, C) beat that a cell copies from, -1 = none; rhythm_from (T,)
    beat whose melody rhythm a beat takes up with new pitches, -1 = none; lanes: those modelled, None = all.
    """

    canvas: Canvas
    features: np.ndarray
    styles: np.ndarray
    copy_from: np.ndarray | None = None
    rhythm_from: np.ndarray | None = None
    lanes: frozenset[str] | None = None


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
    groups, places, base = enc.cell_groups(k), enc.cell_positions(k), enc.token_base(k)
    sizes = enc.group_sizes(k)
    generator = torch.Generator().manual_seed(seed)
    forced, tokens, known_in, rhythm = _prepare(jobs, t, c, k, groups, sizes)
    copy_from = np.stack([job.copy_from if job.copy_from is not None else np.full((t, c), -1) for job in jobs])
    copy_from = np.where(forced, -1, copy_from)
    condition = model.condition(torch.from_numpy(np.stack([job.features for job in jobs])),
                                torch.from_numpy(np.stack([job.styles for job in jobs]).astype(np.float32)))
    encoded = model.encode(torch.from_numpy(known_in), condition, k)
    conditioned = condition + encoded
    angle = turns(torch.arange(t), model.config.width // model.config.heads)
    caches: list[list[Tensor]] = [[] for _ in model.decoder]
    out = torch.from_numpy(tokens)  # (B, T, C), filled in place
    tokens = out.numpy()  # the same memory
    table = _Tables(model, places, base)
    pitch_cells = {row: 2 + v.ROW_NAMES.index(row) * k for row in v.PITCH_ROWS}
    last = {row: np.full(b, -1) for row in v.PITCH_ROWS}
    ranges = [job.canvas.pitch_range for job in jobs]
    likelihood, drawn = np.zeros(b), np.zeros(b)
    offsets = copy_offsets(bpb)
    past = torch.zeros(b, 1, model.config.width)
    for beat in range(t):
        if cancel is not None and beat % 4 == 0 and cancel.is_set():
            raise Cancelled("Stopped.")
        x = past + conditioned[:, beat:beat + 1]
        for layer, cache in zip(model.decoder, caches, strict=True):
            x = layer(x, angle[:, beat:beat + 1], None, cache)
            if cache[0].shape[2] >= model.config.window:
                cache[:] = [cache[0][:, :, 1 - model.config.window:], cache[1][:, :, 1 - model.config.window:]]
        h = model.norm(x)[:, 0]  # (B, D)
        state = torch.tanh(model.start(h))
        context = model.beat(h)
        # what is decided without the model
        fixed = forced[:, beat]
        sources = copy_from[:, beat]
        copied = sources >= 0
        if copied.any():
            rows, cells = np.nonzero(copied)
            tokens[rows, beat, cells] = tokens[rows, sources[rows, cells], cells]
            fixed = fixed | copied
        for index, job in enumerate(jobs):
            if job.rhythm_from is not None and job.rhythm_from[beat] >= 0:
                cells = slice(pitch_cells["melody"], pitch_cells["melody"] + k)
                rhythm[index, beat, cells] = RHYTHM_OF[np.minimum(tokens[index, job.rhythm_from[beat], cells], v.ONSET)]
        before = np.stack([tokens[:, beat - o] if beat >= o else np.full((b, c), -1) for o in offsets], axis=-1)
        before_beat = tokens[:, beat - 1] if beat else np.zeros((b, c), np.int64)
        chord = None
        for cell in range(c):
            if cell < 2:
                line = before_beat[:, cell] + (base[cell] if beat else 0)
            elif (cell - 2) % k == 0:
                line = before_beat[:, cell + k - 1] + base[cell + k - 1] if beat else np.zeros(b, np.int64)
            else:
                line = tokens[:, beat, cell - 1] + base[cell - 1]
            if not beat and cell < 2:
                line = np.zeros(b, np.int64)
            previous = tokens[:, beat, cell - 1] + base[cell - 1] if cell else np.zeros(b, np.int64)
            x_in = table.token[previous] + table.place[cell] + table.line[line] + context
            if cell >= 2:
                x_in = x_in + chord
            state = table.step(x_in, state)
            need = ~fixed[:, cell]
            name = enc.GROUPS[groups[cell]]
            if need.any():
                logits = _logits(model, int(groups[cell]), state, tokens, beat, last.get(name))
                logits = add_copies(logits, table.gates(state, cell), torch.from_numpy(before[:, cell]),
                                    int(sizes[cell]))
                logits = _constrain(logits, name, cell, beat, k, tokens, rhythm, ranges, last.get(name))
                log_p = torch.log_softmax(logits, dim=-1)
                heat = temperature.get(name, 1.0)
                p = log_p.exp() if heat == 1.0 else torch.softmax(logits / heat, dim=-1)
                pick = torch.multinomial(p, 1, generator=generator)[:, 0]
                got = log_p.gather(1, pick[:, None])[:, 0].numpy()
                tokens[need, beat, cell] = pick.numpy()[need]
                likelihood[need] += got[need]
                drawn[need] += 1
            if name in pitch_cells:
                token = tokens[:, beat, cell]
                onset = (token >= v.ONSET) & (token < sizes[cell])
                last[name] = np.where(onset, token - v.ONSET, last[name])
            if cell == 1:
                chord = table.chord[tokens[:, beat, 0] + base[0]] + table.chord[tokens[:, beat, 1] + base[1]]
        past = model.embed_past(out[:, beat], k)[:, None]
    filled = []
    for index, job in enumerate(jobs):
        canvas = job.canvas.copy()
        cells = np.where(tokens[index] < sizes[None], tokens[index], 0)
        if job.lanes is not None:
            unmodelled = ~np.isin(groups, _modelled_groups(job.lanes))
            cells[:, unmodelled] = enc.to_cells(job.canvas)[:, unmodelled]
        enc.write_cells(canvas, cells)
        filled.append(canvas)
    return filled, likelihood / np.maximum(drawn, 1)


def _modelled_groups(lanes: frozenset[str]) -> list[int]:
    return [g for lane in lanes for g in ([0, 1] if lane == "harmony" else [2 + r for r in v.LANE_ROWS[lane]])]


def _prepare(jobs: list[Fill], t: int, c: int, k: int, groups: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, ...]:
    """Forced mask, start tokens, encoder tokens and rhythm codes, each (B, T, C)."""
    forced, tokens, known_in, rhythms = [], [], [], []
    for job in jobs:
        known, rhythm = enc.known_cells(job.canvas)
        cells = enc.to_cells(job.canvas).astype(np.int64)
        modelled = np.ones(c, bool) if job.lanes is None else np.isin(groups, _modelled_groups(job.lanes))
        cells = np.where(known, cells, 0)
        cells = np.where(modelled[None], cells, (sizes + enc.UNKNOWN)[None])
        resting = np.zeros((t, c), bool)
        for index, lane in enumerate(LANES):
            rest = np.repeat(job.canvas.active[index] == 0, job.canvas.beats_per_bar)
            resting |= rest[:, None] & np.isin(groups, [2 + r for r in v.LANE_ROWS[lane]])[None]
        resting &= modelled[None] & ~known
        known_in.append(enc.encoder_tokens(cells, known | ~modelled[None], rhythm, k))
        forced.append(known | ~modelled[None] | resting)
        tokens.append(cells)
        rhythms.append(rhythm)
    return (np.stack(forced), np.stack(tokens), np.stack(known_in), np.stack(rhythms))


class _Tables:
    """The cell GRU's inputs multiplied out once, so that a step is one small matrix product."""

    def __init__(self, model: CanvasModel, places: np.ndarray, base: np.ndarray) -> None:
        self.token, self.line, self.chord = model.token.weight, model.line.weight, model.chord.weight
        self.place = model.place.weight[torch.from_numpy(places)]
        gru = model.cells
        self.w_in, self.w_h, self.b_in, self.b_h = gru.weight_ih_l0, gru.weight_hh_l0, gru.bias_ih_l0, gru.bias_hh_l0
        self.model, self.places = model, torch.from_numpy(places)

    def step(self, x: Tensor, state: Tensor) -> Tensor:
        """One GRU step: x, state (B, G) → (B, G)."""
        return torch.gru_cell(x, state, self.w_in, self.w_h, self.b_in, self.b_h)

    def gates(self, state: Tensor, cell: int) -> Tensor:
        return self.model.copy_gates(state, self.places[cell])


def _logits(model: CanvasModel, group: int, state: Tensor, tokens: np.ndarray, beat: int,
            last: np.ndarray | None) -> Tensor:
    head = model.heads[group]
    if not isinstance(head, PitchHead):
        return head(state)
    root, quality = torch.from_numpy(tokens[:, beat, 0]), torch.from_numpy(tokens[:, beat, 1])
    root = torch.where(quality < len(v.QUALITIES), root.clamp(max=12), 12)
    return head(state, torch.from_numpy(last), root, quality.clamp(max=len(v.QUALITIES) - 1))


def _constrain(logits: Tensor, name: str, cell: int, beat: int, k: int, tokens: np.ndarray, rhythm: np.ndarray,
               ranges: list, last: np.ndarray | None) -> Tensor:
    """Close off tokens that the canvas' rhythm codes, range and plain sense forbid."""
    if name == "root":
        logits[:, v.NO_CHORD] = OFF
        return logits
    if name == "quality":
        return logits
    first = cell < 2 or (cell - 2) % k == 0
    before = tokens[:, beat, cell - 1] if not first else (
        tokens[:, beat - 1, cell + k - 1] if beat else np.zeros(len(tokens), np.int64))
    if name in v.PITCH_ROWS or v.ROWS[name][1] == "role":
        logits[torch.from_numpy(before == v.REST), v.HOLD] = OFF  # nothing sounds that could be held
    if name in v.PITCH_ROWS:
        code = rhythm[:, beat, cell]
        if code.any():
            logits[torch.from_numpy(code == MUST_ONSET), :v.ONSET] = OFF
            logits[torch.from_numpy(np.isin(code, (NO_ONSET, MUST_REST, MUST_HOLD))), v.ONSET:] = OFF
            logits[torch.from_numpy(code == MUST_REST), v.HOLD] = OFF
            logits[torch.from_numpy((code == MUST_HOLD) & (before != v.REST)), v.REST] = OFF
        if name == "melody":
            for index, limits in enumerate(ranges):
                if limits is not None:
                    logits[index, v.ONSET:v.ONSET + limits[0]] = OFF
                    logits[index, v.ONSET + limits[1] + 1:] = OFF
    return logits
