"""Chords that a melody suggests: a small network that sees the melody on both sides of each beat.

The generator writes harmony from left to right; this is its second opinion, added to its logits where a melody is given
(`canvas.md`: "priors help small models"). Trained by `modules.training.chord_prior`. Pitch classes are above do.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from modules.assets import asset
from modules.canvas import Canvas
from modules.canvas import vocabulary as v

SOURCES = ("openewld", "lieder", "hymns", "teacher")  # whose habits: the last input
N_QUALITIES = len(v.QUALITIES)
_POSITIONS = (4, 2, 4, 8, 10, 10, 3)  # beat of the bar, bar mod 2, 4, 8, bars from the start and to the end, metre


def melody_features(canvas: Canvas) -> np.ndarray:
    """float32 (T, F): pitch classes that sound in windows round each beat, and where the beat stands."""
    t, spb, bpb = canvas.n_beats, canvas.steps_per_beat, canvas.beats_per_bar
    sound, onset = np.zeros((canvas.n_steps, 12), np.float32), np.zeros((t, 12), np.float32)
    for n in canvas.notes("melody"):
        pc = (n.midi + v.LOWEST["melody"]) % 12
        sound[n.step:n.step + n.length, pc] = 1
        if n.step % spb == 0:
            onset[n.step // spb, pc] = 1
    beat = sound.reshape(t, spb, 12).mean(axis=1)
    bar = beat.reshape(-1, bpb, 12).mean(axis=1)
    half = beat if bpb == 3 else np.repeat(beat.reshape(-1, 2, 12).mean(axis=1), 2, axis=0)

    def bars(by: int) -> np.ndarray:
        return np.repeat(shift(bar, by), bpb, axis=0)

    windows = [beat, onset, shift(beat, 1), shift(beat, -1), half, shift(half, 2), shift(half, -2), bars(0), bars(1),
               bars(-1), bars(2), bars(-2), np.repeat(beat.mean(axis=0, keepdims=True), t, axis=0)]
    place, index = np.arange(t), np.arange(t) // bpb
    n_bars = canvas.n_bars
    meter = np.full(t, {4: 0, 3: 1, 2: 2}[bpb])
    columns = (place % bpb, index % 2, index % 4, index % 8, np.minimum(index, 9), np.minimum(n_bars - 1 - index, 9),
               meter)
    marks = [np.eye(size, dtype=np.float32)[column] for size, column in zip(_POSITIONS, columns, strict=True)]
    return np.concatenate(windows + marks, axis=1)


def shift(x: np.ndarray, by: int) -> np.ndarray:
    """Rows moved down by `by` (up if negative), zeros where none come from."""
    out = np.zeros_like(x)
    if by > 0:
        out[by:] = x[:-by]
    elif by < 0:
        out[:by] = x[-by:]
    else:
        out[:] = x
    return out


N_FEATURES = 13 * 12 + sum(_POSITIONS) + len(SOURCES)


class ChordPrior(nn.Module):
    """Features (N, F) → logits (N, 12 · Q) of root and quality together."""

    def __init__(self, width: int = 192) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(N_FEATURES, width), nn.GELU(), nn.Dropout(0.35), nn.Linear(width, width),
                                 nn.GELU(), nn.Dropout(0.35), nn.Linear(width, 12 * N_QUALITIES))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


def with_source(features: np.ndarray, source: str) -> np.ndarray:
    """Features with the source's mark appended."""
    mark = np.eye(len(SOURCES), dtype=np.float32)[SOURCES.index(source)]
    return np.concatenate([features, np.broadcast_to(mark, (len(features), len(mark)))], axis=1)


@lru_cache(maxsize=1)
def chord_prior() -> tuple[ChordPrior, dict]:
    """The shipped network and its card."""
    path = asset("weights/chords.safetensors")
    card = json.loads(Path(path).with_suffix(".json").read_text(encoding="utf-8"))
    model = ChordPrior(card["width"])
    model.load_state_dict({name: value.float() for name, value in load_file(str(path)).items()}, strict=True)
    return model.eval(), card


def chord_probabilities(canvas: Canvas, source: str) -> np.ndarray:
    """float32 (T, 12, Q): how likely each chord is under the canvas' melody, by the habits of `source`."""
    model, _ = chord_prior()
    with torch.inference_mode():
        logits = model(torch.from_numpy(with_source(melody_features(canvas), source)))
        return torch.softmax(logits, dim=-1).numpy().reshape(-1, 12, N_QUALITIES)


def chord_evidence(canvas: Canvas, sources: tuple[str, ...], weight: float) -> tuple[np.ndarray, np.ndarray]:
    """What the melody says about the chords, in nats: `weight` × log-odds against the sources' own habits, averaged.

    Returns:
        (T, 13) for roots and (T, 13, Q) for qualities given a root; nothing for "no chord".
    """
    t = canvas.n_beats
    roots, qualities = np.zeros((t, 13), np.float32), np.zeros((t, 13, N_QUALITIES), np.float32)
    for source in sources:
        p = chord_probabilities(canvas, source) + 1e-6
        base = np.array(chord_prior()[1]["marginal"][source]).reshape(12, N_QUALITIES) + 1e-6
        root, base_root = p.sum(axis=2), base.sum(axis=1)
        roots[:, :12] += weight / len(sources) * np.log(root / base_root)
        given, base_given = p / root[:, :, None], base / base_root[:, None]
        qualities[:, :12] += weight / len(sources) * np.log(given / base_given)
    return roots, qualities
