"""Fewer notes where a drawn energy curve is low: the weak places of the bar fall silent first, as players do it.

Works on a filled canvas, after the model. The melody and all that an input fixed stay as they are.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from modules.canvas import Canvas
from modules.canvas import vocabulary as v

# curve value below which only notes this strong are begun: 3 half bars, 2 beats, 1 half beats
FLOORS = ((0.2, 3), (0.42, 2), (0.66, 1))
STRUCK = ("drum_a", "drum_b", "drum_c")  # rows whose tokens are hits: what is taken away is silence
HELD = ("comp", "comp2", "pad", "bass", "counter")  # rows whose notes last: what came before goes on


def strengths(per_bar: int, per_beat: int) -> np.ndarray:
    """int (per_bar,): 3 on the bar's start and its middle, 2 on beats, 1 half way between beats, 0 elsewhere."""
    out = np.zeros(per_bar, int)
    out[::max(1, per_beat // 2)] = 1
    out[::per_beat] = 2
    out[0] = 3
    if per_bar // per_beat % 2 == 0:
        out[per_bar // 2] = 3
    return out


def thin(canvas: Canvas, curve: tuple[tuple[float, float], ...], bar_s: float) -> Canvas:
    """The canvas with fewer onsets in bars where the curve is low. The first note of a bar in each lane stays.

    Args:
        curve: ((time_s, 0–1), …).
        bar_s: length of a bar.
    """
    steps = canvas.steps.copy()
    per_bar = canvas.steps_per_bar
    strong = strengths(per_bar, canvas.steps_per_beat)
    chord = canvas.harmony[:, 0].astype(int) * len(v.QUALITIES) + canvas.harmony[:, 1]
    turns = np.zeros(canvas.n_steps, bool)  # a new chord is always struck
    turns[1 + np.flatnonzero(np.diff(np.repeat(chord, canvas.steps_per_beat)))] = True
    asked = np.interp((np.arange(canvas.n_bars) + 0.5) * bar_s, *zip(*curve, strict=True))
    for bar, value in enumerate(asked):
        floor = next((least for below, least in FLOORS if value < below), 0)
        for name in (*STRUCK, *HELD) if floor else ():
            row = v.ROW_NAMES.index(name)
            bars = slice(bar * per_bar, (bar + 1) * per_bar)
            line, free = steps[row, bars], ~canvas.known_steps[row, bars]
            onsets = np.flatnonzero(line > 0 if name in STRUCK else line >= v.ONSET)
            for step in onsets[1:]:
                if strong[step] < floor and free[step] and (name in STRUCK or not turns[bar * per_bar + step]):
                    _take_out(line, int(step), struck=name in STRUCK)
    return replace(canvas, steps=steps)


def _take_out(line: np.ndarray, step: int, *, struck: bool) -> None:
    """Remove one onset in place."""
    if struck or step and line[step - 1] == v.REST:
        end = step + 1
        while not struck and end < len(line) and line[end] == v.HOLD:
            end += 1
        line[step:end] = v.REST
    else:
        line[step] = v.HOLD
