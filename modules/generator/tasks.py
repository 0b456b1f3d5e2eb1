"""Edits as masks: redo a hole, continue or extend, restyle. Each turns a filled canvas into a plan for `compose`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from modules.canvas import NO_ONSET, Canvas
from modules.canvas import vocabulary as v
from modules.generator.plan import Plan
from modules.types import LANES, Section


def reopen(canvas: Canvas, bars: range, lanes: frozenset[str]) -> Canvas:
    """A copy whose cells are all known but those of `lanes` ("harmony" among them) in `bars`.

    A note belongs to the bar where it begins: one that rings into the hole stays whole, the tail of one that began
    inside is opened with it. A lane that may be redone keeps playing where it played.
    """
    return reopen_holes(canvas, ((bars, lanes),))


def reopen_holes(canvas: Canvas, holes: Iterable[tuple[range, frozenset[str]]]) -> Canvas:
    """As `reopen`, several holes at once."""
    out = canvas.copy()
    out.known_harmony[:] = True
    out.known_steps[:] = True
    out.rhythm[:] = 0
    per_bar, bpb = canvas.steps_per_bar, canvas.beats_per_bar
    for bars, lanes in holes:
        first, last = bars.start * per_bar, bars.stop * per_bar
        for lane in lanes:
            if lane == "harmony":
                out.known_harmony[bars.start * bpb:bars.stop * bpb] = False
                continue
            for row in v.LANE_ROWS[lane]:
                held = v.ROWS[v.ROW_NAMES[row]][1] != "drum"
                start = first + (held_from(canvas.steps[row], first) if first else 0) if held else first
                tail = last + held_from(canvas.steps[row], last) if held else last
                out.known_steps[row, start:tail] = False
                out.rhythm[row, last:tail] = NO_ONSET
    return out


def held_from(line: np.ndarray, step: int) -> int:
    """Number of steps from `step` on over which an earlier note is held."""
    end = step
    while end < len(line) and line[end] == v.HOLD:
        end += 1
    return end - step


def redo(plan: Plan, canvas: Canvas, holes: Iterable[tuple[range, frozenset[str]]], *,
         wake: frozenset[str] = frozenset()) -> Plan:
    """Draw each hole's lanes again in its bars (numbers from 0), everything else kept.

    Args:
        wake: lanes that begin to play in a hole in which they rested.
    """
    holes = tuple(holes)
    out = reopen_holes(canvas, holes)
    for bars, lanes in holes:
        for lane in lanes & wake:
            row = out.active[LANES.index(lane), bars.start:bars.stop]
            if not (row > 0).any():
                row[:] = 1
    return replace(plan, canvas=out, copy_bars=nothing_returns(canvas))


def restyle(plan: Plan, canvas: Canvas, active: np.ndarray) -> Plan:
    """Keep melody and chords; every other lane is drawn again in the plan's styles, playing where `active` says."""
    out = reopen(canvas, range(canvas.n_bars), frozenset(LANES) - {"melody"})
    melody = LANES.index("melody")
    out.active[:] = active
    out.active[melody] = canvas.active[melody]
    return replace(plan, canvas=out, copy_bars=nothing_returns(canvas))


def extend(plan: Plan, canvas: Canvas, n_bars: int) -> Plan:
    """Go on for `n_bars` more before the ending: the ending moves, new bars take up the fullest section's plan."""
    ending = canvas.sections[-1] if len(canvas.sections) > 1 and canvas.sections[-1].name == "outro" else None
    kept = canvas.sections[:-1] if ending else canvas.sections
    body = sum(section.bars for section in kept)
    model = max(kept, key=lambda section: section.energy)
    sections = list(kept)
    start = body
    while start < body + n_bars:
        bars = min(8, body + n_bars - start)
        sections.append(Section(model.name, start, bars, model.energy))
        start += bars
    if ending:
        sections.append(replace(ending, start_bar=start))
    out = Canvas.empty(canvas.meter, tuple(sections))
    per_bar, bpb = canvas.steps_per_bar, canvas.beats_per_bar
    # an ending that rings is no ending any more: without an outro its last bar opens
    fixed = body if ending else body - 1
    spans = [(0, 0, fixed)] + ([(body, start, ending.bars)] if ending else [])
    for source, target, bars in spans:
        old = slice(source * per_bar, (source + bars) * per_bar)
        new = slice(target * per_bar, (target + bars) * per_bar)
        out.steps[:, new], out.known_steps[:, new] = canvas.steps[:, old], True
        old, new = slice(source * bpb, (source + bars) * bpb), slice(target * bpb, (target + bars) * bpb)
        out.harmony[new], out.known_harmony[new] = canvas.harmony[old], True
        out.active[:, target:target + bars] = canvas.active[:, source:source + bars]
    fullest = canvas.active[:, model.start_bar:model.start_bar + model.bars].max(axis=1)
    out.active[:, fixed:start] = fullest[:, None]
    return replace(plan, canvas=replace(out, pitch_range=canvas.pitch_range), copy_bars=nothing_returns(out))


def cut(canvas: Canvas, first_bar: int) -> Canvas:
    """The canvas from a bar on, which must begin a section; what rings into it from before falls silent."""
    step, beat = first_bar * canvas.steps_per_bar, first_bar * canvas.beats_per_bar
    kept = [index for index, section in enumerate(canvas.sections) if section.start_bar >= first_bar]
    sections = tuple(replace(
        section, start_bar=section.start_bar - first_bar,
        source=section.source - kept[0] if section.source is not None and section.source >= kept[0] else None)
        for section in canvas.sections[kept[0]:])
    steps = canvas.steps[:, step:].copy()
    for line, (_, kind, _) in zip(steps, v.ROWS.values(), strict=True):
        if kind != "drum":
            line[:held_from(line, 0)] = v.REST
    return replace(canvas, steps=steps, harmony=canvas.harmony[beat:].copy(),
                   known_harmony=canvas.known_harmony[beat:].copy(), known_steps=canvas.known_steps[:, step:].copy(),
                   rhythm=canvas.rhythm[:, step:].copy(), active=canvas.active[:, first_bar:].copy(),
                   energy=canvas.energy[first_bar:].copy(), sections=sections)


def lead_in(plan: Plan, canvas: Canvas, n_bars: int) -> Plan:
    """Begin `n_bars` earlier: an introduction in which those who play first play, without the tune."""
    first = canvas.sections[0]
    intro = Section("intro", 0, n_bars, max(1, first.energy - 1))
    moved = tuple(replace(section, start_bar=section.start_bar + n_bars,
                          source=None if section.source is None else section.source + 1) for section in canvas.sections)
    out = Canvas.empty(canvas.meter, (intro, *moved))
    steps, beats = n_bars * canvas.steps_per_bar, n_bars * canvas.beats_per_bar
    out.steps[:, steps:], out.known_steps[:, steps:] = canvas.steps, True
    out.harmony[beats:], out.known_harmony[beats:] = canvas.harmony, True
    out.active[:, n_bars:] = canvas.active
    out.energy[n_bars:] = canvas.energy
    out.active[:, :n_bars] = (canvas.active[:, :first.bars] > 0).any(axis=1)[:, None]
    out.active[LANES.index("melody"), :n_bars] = 0
    chordal = [LANES.index(lane) for lane in ("comp", "pad", "comp2", "bass", "drums")]
    if not (out.active[chordal, 0] > 0).any():  # the tune began alone: who joins it first leads in
        later = [row for row in chordal if (canvas.active[row] > 0).any()]
        out.active[later[:1], :n_bars] = 1
    return replace(plan, canvas=replace(out, pitch_range=canvas.pitch_range), copy_bars=nothing_returns(out),
                   syllables=tuple(replace(s, step=s.step + steps) for s in plan.syllables))


def nothing_returns(canvas: Canvas) -> np.ndarray:
    """`Plan.copy_bars` with every bar drawn anew."""
    return np.full((len(LANES) + 1, canvas.n_bars), -1)
