"""The network inside a beat, for sampling: the cell GRU and its heads in NumPy on weights multiplied out once.

A cell costs about twenty tiny operations, so their overhead is the time: NumPy's is a fraction of torch's. The matrix
products stay in torch, whose thread count the engine sets. `model.CanvasModel.forward` is the reference; a test holds
the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import torch
import torch.nn.functional as F

from modules.canvas import vocabulary as v
from modules.generator import encoding as enc
from modules.generator.model import MAX_COPY, N_COPIES, CanvasModel, PitchHead

_built: WeakKeyDictionary[CanvasModel, dict[int, CellTables]] = WeakKeyDictionary()


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def pitch_logits(head: PitchHead, tables: tuple[np.ndarray, ...], raw: np.ndarray, here: np.ndarray,
                 last: np.ndarray) -> np.ndarray:
    """`PitchHead.forward` after its linear layer, in NumPy: raw (B, R) → (B, 2 + size). `tables` are `pitch_tables`."""
    size, (steps, relative, tones) = head.size, tables
    rows = np.arange(len(raw))[:, None]
    known = here[:, 1] < len(v.QUALITIES)
    root = np.where(known, np.minimum(here[:, 0], v.NO_CHORD), v.NO_CHORD)
    quality = np.minimum(here[:, 1], len(v.QUALITIES) - 1)
    out = raw[:, :2 + size].copy()
    onset = out[:, 2:]
    onset[:] = raw[:, 2:3] + raw[:, 3:3 + size]
    onset += raw[rows, steps[last + 1]] * (last >= 0)[:, None]
    onset += raw[rows, relative[root]] * (root < v.NO_CHORD)[:, None]
    onset += raw[:, -1:] * tones[root, quality]
    return out


def pitch_tables(head: PitchHead) -> tuple[np.ndarray, ...]:
    """Columns of a pitch head's raw output that a pitch takes its interval (last + 1, size) and degree (root, size)
    from, and whether it is a chord tone (root, quality, size)."""
    size = head.size
    last = np.arange(-1, size)
    steps = np.clip(np.arange(size)[None] - last[:, None], 1 - size, size - 1) + size - 1
    return steps + 3 + size, head.relative.numpy() + 2 + 3 * size, head.tones.numpy()


@dataclass(frozen=True)
class CellTables:
    """A model's weights for a grid of `k` steps a beat, multiplied out. W = 3 G; C cells; O copy offsets.

    token, line, chord (N_TOKENS, W): what the cell before, the step before and the chord add to a cell's input;
    place (C, W): what its place adds; gates (C, 2 O): the same for the copy head; hint (H, sum of V) with the columns
    of a cell at `hint_at[cell]:hint_at[cell + 1]`; head[group]: weight and bias of the cell's logits followed by those
    of the copy head, and `pitch_tables` or None.
    """

    token: np.ndarray
    line: np.ndarray
    chord: np.ndarray
    place: np.ndarray
    gates: np.ndarray
    hint: torch.Tensor
    hint_at: np.ndarray
    w_in: torch.Tensor
    w_h: torch.Tensor
    b_h: torch.Tensor
    heads: tuple[tuple[PitchHead | None, torch.Tensor, torch.Tensor, tuple[np.ndarray, ...]], ...]

    @classmethod
    def of(cls, model: CanvasModel, k: int) -> CellTables:
        """The tables of a model; made once."""
        built = _built.setdefault(model, {})
        if k not in built:
            places = torch.from_numpy(enc.cell_positions(k))
            w = model.cells.weight_ih_l0.T.contiguous()
            token, line, chord = ((table @ w).numpy() for table in (model.token.weight, model.line.weight,
                                                                    model.chord.weight))
            sizes = enc.group_sizes(k)
            rows = np.concatenate([base + np.arange(size) for base, size in zip(enc.token_base(k), sizes, strict=True)])
            heads = []
            for head in model.heads:
                linear = head.out if isinstance(head, PitchHead) else head
                heads.append((head if linear is not head else None, torch.cat([linear.weight, model.copy.weight]),
                              torch.cat([linear.bias, torch.zeros_like(model.copy.bias)]),
                              pitch_tables(head) if linear is not head else ()))
            built[k] = cls(
                token=token, line=line, chord=chord, w_in=w, w_h=model.cells.weight_hh_l0.T.contiguous(),
                b_h=model.cells.bias_hh_l0, place=(model.place.weight[places] @ w + model.cells.bias_ih_l0).numpy(),
                gates=(model.copy_place.weight[places] + model.copy.bias).numpy(), heads=tuple(heads),
                hint=model.hint_token.weight[torch.from_numpy(rows)].T.contiguous(),
                hint_at=np.concatenate([[0], np.cumsum(sizes)]))
        return built[k]


class CellNetwork:
    """State of the cells of one beat for B canvases. `begin` a beat, then `step` and perhaps `logits`, cell by cell."""

    def __init__(self, model: CanvasModel, k: int) -> None:
        self.k, self.tables = k, CellTables.of(model, k)
        self.groups, self.base, self.sizes = enc.cell_groups(k), enc.token_base(k), enc.group_sizes(k)

    def begin(self, state: np.ndarray, context: np.ndarray, hint: np.ndarray, past: Sequence[np.ndarray | None],
              ) -> None:
        """Start a beat: state and context (B, G), hint (B, H); `past`: the tokens (B, C) of the beats at the copy
        offsets, None before the start; the first is the last beat."""
        self.h = state
        self.hints = (torch.from_numpy(hint) @ self.tables.hint).numpy()
        self.context = (torch.from_numpy(context) @ self.tables.w_in).numpy()
        self.before = past[0]
        nothing = np.full((len(state), len(self.sizes)), -1)
        copied = np.stack([nothing if tokens is None else tokens for tokens in past]).transpose(2, 0, 1)  # (C, O, B)
        self.can_copy = (copied >= 0) & (copied < self.sizes[:, None, None])
        self.copies_onset = copied >= v.ONSET
        self.copy_at = np.where(self.can_copy, copied, 0) + self.sizes[:, None, None] * np.arange(len(state))

    def step(self, here: np.ndarray, cell: int) -> None:
        """Advance to `cell`; `here` (B, C) holds this beat's tokens of the cells before it."""
        k, base, before, tables = self.k, self.base, self.before, self.tables
        if cell >= 2 and (cell - 2) % k:
            line = here[:, cell - 1] + base[cell - 1]
        elif before is None:
            line = 0
        elif cell < 2:
            line = before[:, cell] + base[cell]
        else:
            line = before[:, cell + k - 1] + base[cell + k - 1]
        previous = here[:, cell - 1] + base[cell - 1] if cell else 0
        x = self.context + tables.token[previous] + tables.line[line] + tables.place[cell]
        if cell == 2:
            self.harmony = tables.chord[here[:, 0] + base[0]] + tables.chord[here[:, 1] + base[1]]
        if cell >= 2:
            x += self.harmony
        g = self.h.shape[1]
        y = torch.addmm(tables.b_h, torch.from_numpy(self.h), tables.w_h).numpy()
        both = _sigmoid(x[:, :2 * g] + y[:, :2 * g])
        new = np.tanh(x[:, 2 * g:] + both[:, :g] * y[:, 2 * g:])
        self.h = new + both[:, g:] * (self.h - new)

    def logits(self, cell: int, here: np.ndarray, last: np.ndarray | None) -> np.ndarray:
        """Logits (B, V) of a cell with the copy head's share.

        Args:
            here: (B, C) this beat's tokens. last: (B,) last sounding pitch index of the row (pitch rows), -1 = none.
        """
        pitch, weight, bias, tables = self.tables.heads[self.groups[cell]]
        raw = F.linear(torch.from_numpy(self.h), weight, bias).numpy()
        out, gates = raw[:, :-2 * N_COPIES], raw[:, -2 * N_COPIES:]
        if pitch is not None:
            out = pitch_logits(pitch, tables, out, here, last)
        out = out + self.hints[:, self.tables.hint_at[cell]:self.tables.hint_at[cell + 1]]
        gates = MAX_COPY * np.tanh((gates + self.tables.gates[cell]) / 2).T  # (2 O, B)
        gates = np.where(self.copies_onset[cell], gates[:N_COPIES], gates[N_COPIES:]) * self.can_copy[cell]
        np.add.at(out.reshape(-1), self.copy_at[cell].reshape(-1), gates.reshape(-1))
        return out
