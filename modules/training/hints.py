"""Teaches the generator's short way from the condition to the tokens by itself, before the rest.

Alone it is a log-linear model of every cell under the condition and costs a hundredth of a full step, so that what each
style plays where is known within minutes; trained with the rest from nothing it lags behind copying from the past.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from modules.canvas import vocabulary as v
from modules.generator import encoding as enc
from modules.generator.model import CanvasModel
from modules.training import lessons


def teach_hints(model: CanvasModel, pool: list[lessons.Example], *, steps: int, seed: int, report: int = 200) -> None:
    """Train `model.hint` and `model.hint_token` in place on beats drawn from `pool`; everything else stays.

    A bias for each cell's tokens takes the part of the likelihood that no condition is needed for, and is thrown away.
    """
    rng = np.random.default_rng(seed)
    table = beats_of(pool, rng)
    bias = torch.zeros(enc.N_TOKENS, requires_grad=True)
    torch.nn.init.normal_(model.hint_token.weight, std=0.02)
    own = [*model.hint.parameters(), model.hint_token.weight]
    optimiser = torch.optim.AdamW([{"params": own}, {"params": [bias]}], lr=4e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    n_styles = len(model.config.styles)
    running = [0.0, 0.0]
    for step in range(steps):
        k = 4 if rng.random() < 0.88 or 6 not in table else 6
        cells, features, styles = table[k]
        pick = rng.integers(len(cells), size=384)
        marks = np.zeros((len(pick), n_styles + 1), np.float32)
        given = np.where(rng.random(len(pick)) < 0.1, n_styles, styles[pick])
        marks[np.arange(len(pick)), given] = 1
        with torch.no_grad():
            condition = model.condition(torch.from_numpy(dropped(features[pick], rng))[:, None],
                                        torch.from_numpy(marks))[:, 0]
        hint = model.hint(condition)  # (N, H)
        base, sizes, groups = enc.token_base(k), enc.group_sizes(k), enc.cell_groups(k)
        loss = torch.zeros(())
        for group in range(len(enc.GROUPS)):
            at = np.flatnonzero(groups == group)
            rows = torch.from_numpy(base[at][:, None] + np.arange(sizes[at[0]]))  # (K, V)
            logits = torch.einsum("nh,kvh->nkv", hint, model.hint_token(rows)) + bias[rows]
            true = torch.from_numpy(cells[pick][:, at].astype(np.int64))
            loss = loss + F.cross_entropy(logits.flatten(0, 1), true.flatten(), reduction="sum")
        loss = loss / len(pick)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        running[0] += float(loss.detach())
        running[1] += 1
        if (step + 1) % report == 0:
            print(f"hints: step {step + 1}, {running[0] / running[1]:.3f} nats a beat", flush=True)
            running = [0.0, 0.0]


def beats_of(pool: list[lessons.Example], rng: np.random.Generator) -> dict[int, tuple[np.ndarray, ...]]:
    """k → cells (N, C), features (N, F) and style rows (N,) of all beats of the pieces on that grid."""
    out = {}
    for k in sorted(set(v.STEPS_PER_BEAT.values())):
        own = [ex for ex in pool if ex.k == k]
        if own:
            out[k] = (np.concatenate([ex.cells for ex in own]), np.concatenate([ex.features for ex in own]),
                      np.concatenate([np.full(len(ex.cells), ex.styles[0]) for ex in own]))
    return out


def dropped(features: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Features (N, F) with the droppable ones left out now and then."""
    out = features.astype(np.int64)
    for name in enc.DROPPABLE:
        gone = rng.random(len(out)) < 0.25
        out[gone, enc.FEATURE_NAMES.index(name)] = enc.FEATURES[name] - 1
    return out
