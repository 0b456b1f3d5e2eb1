"""Canvas ↔ JSON types: compact, lossless, for recipes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from modules.canvas.canvas import Canvas
from modules.types import Section

_ARRAYS = ("harmony", "steps", "known_harmony", "known_steps", "rhythm", "active", "energy")


def to_json(canvas: Canvas) -> dict[str, Any]:
    """A canvas as JSON types; arrays as flat run-length pairs [value, count, …]."""
    return {
        "meter": canvas.meter,
        "sections": [vars(section) | {} for section in canvas.sections],
        "pitch_range": canvas.pitch_range,
        **{name: _pack(getattr(canvas, name)) for name in _ARRAYS},
    }


def from_json(data: Mapping[str, Any]) -> Canvas:
    """The canvas that `to_json` wrote."""
    sections = tuple(Section(**section) for section in data["sections"])
    canvas = Canvas.empty(data["meter"], sections)
    arrays = {name: _unpack(data[name], getattr(canvas, name)) for name in _ARRAYS}
    limits = data.get("pitch_range")
    return Canvas(meter=data["meter"], sections=sections, pitch_range=tuple(limits) if limits else None, **arrays)


def _pack(array: np.ndarray) -> list[int]:
    flat = array.astype(int).reshape(-1)
    starts = np.flatnonzero(np.diff(flat, prepend=flat[:1] - 1)) if len(flat) else np.array([], int)
    counts = np.diff([*starts, len(flat)])
    return [int(x) for pair in zip(flat[starts], counts, strict=True) for x in pair]


def _unpack(runs: list[int], like: np.ndarray) -> np.ndarray:
    if sum(runs[1::2]) != like.size:
        raise ValueError(f"{sum(runs[1::2])} cells where there are {like.size}")
    return np.repeat(runs[::2], runs[1::2]).reshape(like.shape).astype(like.dtype)
