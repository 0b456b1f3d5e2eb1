"""The network inside a beat, for sampling: the cell GRU and its heads in NumPy on weights multiplied out once.

A cell costs about twenty tiny operations, so their overhead is the time: NumPy's is a fraction of torch's. The matrix
products stay in torch, whose thread count the engine sets. `model.CanvasModel.forward` is the reference; a test holds
the two together.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
import torch
import torch.nn.functional as F

from modules.canvas import vocabulary as v
from modules.generator import encoding as enc
from modules.generator.model import MAX_COPY, N_COPIES, CanvasModel, PitchHead

_built: WeakKeyDictionary[CanvasModel, dict[int, tuple]] = WeakKeyDictionary()


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def pitch_logits(head: PitchHead, raw: np.ndarray, here: np.ndarray, last: np.ndarray) -> np.ndarray:
    """`PitchHead.forward` after its linear layer, in NumPy: raw (B, R) → (B, 2 + size)."""
    size = head.size
    known = here[:, 1] < len(v.QUALITIES)
    root = np.where(known, np.minimum(here[:, 0], v.NO_CHORD), v.NO_CHORD)
    quality = np.minimum(here[:, 1], len(v.QUALITIES) - 1)
    absolute, interval = raw[:, 3:3 + size], raw[:, 3 + size:2 + 3 * size]
    degree, tone = raw[:, 2 + 3 * size:14 + 3 * size], raw[:, 14 + 3 * size:]
    step = np.clip(np.arange(size)[None] - last[:, None], 1 - size, size - 1) + size - 1
    onset = raw[:, 2:3] + absolute + np.take_along_axis(interval, step, axis=1) * (last >= 0)[:, None]
    onset += np.take_along_axis(degree, head.relative.numpy()[root], axis=1) * (root < v.NO_CHORD)[:, None]
    onset += tone * head.tones.numpy()[root, quality]
    return np.concatenate([raw[:, :2], onset], axis=1)


class CellNetwork:
    """State of the cells of one beat for B canvases. `begin` a beat, then `step` and perhaps `logits`, cell by cell."""

    def __init__(self, model: CanvasModel, k: int, tables: tuple) -> None:
        self.model, self.k = model, k
        self.groups, self.base = enc.cell_groups(k), enc.token_base(k)
        self.token, self.line, self.chord, self.place, self.gates, self.hint_w, self.hint_at = tables
        self.w_in = model.cells.weight_ih_l0.T.contiguous()
        self.w_h, self.b_h = model.cells.weight_hh_l0.T.contiguous(), model.cells.bias_hh_l0
        self.copy = model.copy.weight.T.contiguous()

    @classmethod
    def of(cls, model: CanvasModel, k: int) -> CellNetwork:
        """The network of a model for a grid of `k` steps a beat; tables are made once a model."""
        built = _built.setdefault(model, {})
        if k not in built:
            places = torch.from_numpy(enc.cell_positions(k))
            w = model.cells.weight_ih_l0.T
            tables = [(table @ w).numpy() for table in (model.token.weight, model.line.weight, model.chord.weight)]
            place = (model.place.weight[places] @ w + model.cells.bias_ih_l0).numpy()
            gates = (model.copy_place.weight[places] + model.copy.bias).numpy()
            sizes = enc.group_sizes(k)
            rows = np.concatenate([base + np.arange(size) for base, size in zip(enc.token_base(k), sizes, strict=True)])
            hint = model.hint_token.weight[torch.from_numpy(rows)].T.contiguous()  # (H, sum of V)
            built[k] = (*tables, place, gates, hint, np.concatenate([[0], np.cumsum(sizes)]))
        return cls(model, k, built[k])

    def begin(self, state: np.ndarray, context: np.ndarray, hint: np.ndarray, before: np.ndarray | None) -> None:
        """Start a beat: state and context (B, G), hint (B, H), the last beat's tokens (B, C) or None at the start."""
        self.h = state
        self.hints = (torch.from_numpy(hint) @ self.hint_w).numpy()
        self.context = (torch.from_numpy(context) @ self.w_in).numpy()
        self.before = before

    def step(self, here: np.ndarray, cell: int) -> None:
        """Advance to `cell`; `here` (B, C) holds this beat's tokens of the cells before it."""
        k, base, before = self.k, self.base, self.before
        if cell >= 2 and (cell - 2) % k:
            line = here[:, cell - 1] + base[cell - 1]
        elif before is None:
            line = 0
        elif cell < 2:
            line = before[:, cell] + base[cell]
        else:
            line = before[:, cell + k - 1] + base[cell + k - 1]
        previous = here[:, cell - 1] + base[cell - 1] if cell else 0
        x = self.context + self.token[previous] + self.line[line] + self.place[cell]
        if cell == 2:
            self.harmony = self.chord[here[:, 0] + base[0]] + self.chord[here[:, 1] + base[1]]
        if cell >= 2:
            x += self.harmony
        g = self.h.shape[1]
        y = torch.addmm(self.b_h, torch.from_numpy(self.h), self.w_h).numpy()
        both = _sigmoid(x[:, :2 * g] + y[:, :2 * g])
        new = np.tanh(x[:, 2 * g:] + both[:, :g] * y[:, 2 * g:])
        self.h = new + both[:, g:] * (self.h - new)

    def logits(self, cell: int, here: np.ndarray, before: np.ndarray, last: np.ndarray | None) -> np.ndarray:
        """Logits (B, V) of a cell with the copy head's share.

        Args:
            here: (B, C) this beat's tokens. before: (B, O) tokens of the same cell at the copy offsets, -1 = none.
            last: (B,) last sounding pitch index of the row (pitch rows), -1 = none.
        """
        group = int(self.groups[cell])
        head, h = self.model.heads[group], torch.from_numpy(self.h)
        linear = head.out if isinstance(head, PitchHead) else head
        out = F.linear(h, linear.weight, linear.bias).numpy()
        if linear is not head:
            out = pitch_logits(head, out, here, last)
        out = out + self.hints[:, self.hint_at[cell]:self.hint_at[cell + 1]]
        gates = MAX_COPY * np.tanh(((h @ self.copy).numpy() + self.gates[cell]) / 2)
        rows = np.arange(len(out))
        for index in range(N_COPIES):
            token = before[:, index]
            valid = (token >= 0) & (token < out.shape[1])
            if valid.any():
                gate = np.where(token >= v.ONSET, gates[:, index], gates[:, N_COPIES + index])
                out[rows[valid], token[valid]] += gate[valid]
        return out


