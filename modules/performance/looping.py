"""A stretch of a song as a loop: its bars over and over, played the same way each time round. Knows no sound."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from modules.canvas import vocabulary as v
from modules.canvas.canvas import Canvas
from modules.errors import InputError
from modules.performance.perform import perform
from modules.types import Part, Performance, Section, Song

LEAD_S = 6.0  # of the loop's end before it, at least: it fills the rooms
TAIL_BARS = 1  # of its beginning after it
EARLY_S = 0.04  # a note this little before the first bar is that bar's, played early


def lead_bars(song: Song, n_bars: int) -> int:
    """Bars of a loop of `n_bars` that are played before it begins."""
    bar_s = song.step_s * song.canvas.steps_per_bar
    return min(n_bars, math.ceil(LEAD_S / bar_s))


def loop_song(song: Song, first_bar: int, n_bars: int) -> Song:
    """The song whose bars are `n_bars` of the given one, led in by their last ones and followed by their first, without
    an ending.

    A note or chord that is held into the first bar is struck there.

    Raises:
        InputError: bars outside the song.
    """
    canvas = song.canvas
    if n_bars < 1 or first_bar < 0 or first_bar + n_bars > canvas.n_bars:
        raise InputError(f"bars {first_bar + 1} to {first_bar + n_bars} of a song of {canvas.n_bars} bars; "
                         f"a stretch within 1 to {canvas.n_bars} would be right.")
    start, length = first_bar * canvas.steps_per_bar, n_bars * canvas.steps_per_bar
    lead = np.arange(n_bars - lead_bars(song, n_bars), n_bars)
    bars = np.concatenate([lead, np.arange(n_bars), np.arange(TAIL_BARS)])
    steps = (bars[:, None] * canvas.steps_per_bar + np.arange(canvas.steps_per_bar)).ravel()
    beats = first_bar * canvas.beats_per_bar + (
        bars[:, None] * canvas.beats_per_bar + np.arange(canvas.beats_per_bar)).ravel()
    sections = _sections(song, first_bar + bars)
    looped = replace(
        canvas, steps=_struck(canvas, start, length)[:, steps], sections=sections,
        rhythm=canvas.rhythm[:, start + steps], known_steps=canvas.known_steps[:, start + steps],
        harmony=canvas.harmony[beats], known_harmony=canvas.known_harmony[beats],
        active=canvas.active[:, first_bar + bars], energy=canvas.energy[first_bar + bars])
    syllables = tuple(
        replace(placed, step=i * canvas.steps_per_bar + placed.step % canvas.steps_per_bar,
                length=min(placed.length, start + length - placed.step))
        for i, bar in enumerate(first_bar + bars) for placed in song.syllables
        if placed.step // canvas.steps_per_bar == bar)
    return replace(song, canvas=looped, sections=sections, syllables=syllables, ending="fade", duration_s=None,
                   energy_curve=(), beat_tempi=(), lateness=())


def perform_loop(song: Song, n_bars: int) -> tuple[Performance, float, float]:
    """Play a song from `loop_song`: its loop of `n_bars`, the same notes copied before and after it.

    Returns:
        (performance, seconds before the loop begins, seconds of the loop).
    """
    played = perform(song)
    lead = song.canvas.n_bars - n_bars - TAIL_BARS
    start_s, end_s = played.bar_starts_s[lead], played.bar_starts_s[lead + n_bars]
    parts = tuple(part for part in (_round(part, start_s, end_s, played.duration_s) for part in played.parts)
                  if part.notes or part.sung)
    return replace(played, parts=parts), start_s, end_s - start_s


def _round(part: Part, start_s: float, end_s: float, whole_s: float) -> Part:
    """The part's notes from `start_s` to `end_s`, over and over."""
    first, last, round_s = start_s - EARLY_S, end_s - EARLY_S, end_s - start_s

    def every(items: tuple) -> tuple:
        moved = (replace(item, onset_s=max(0.0, item.onset_s + k * round_s),
                         offset_s=min(item.offset_s + k * round_s, whole_s))
                 for item in items if first <= item.onset_s < last for k in (-1, 0, 1)
                 if -EARLY_S <= item.onset_s + k * round_s < whole_s - EARLY_S)
        return tuple(sorted(moved, key=lambda item: (item.onset_s, item.midi)))

    controls = tuple(sorted((time_s + k * round_s, number, value) for time_s, number, value in part.controls
                            if first <= time_s < last for k in (-1, 0, 1) if 0 <= time_s + k * round_s < whole_s))
    return replace(part, notes=every(part.notes), sung=every(part.sung), backing=every(part.backing), controls=controls)


def _struck(canvas: Canvas, start: int, length: int) -> np.ndarray:
    """Steps (R, length) whose first ones hold nothing over from before."""
    out = canvas.steps[:, start:start + length].copy()
    for row, name in enumerate(v.ROW_NAMES):
        if name.startswith("drum") or out[row, 0] != v.HOLD:
            continue
        before = canvas.steps[row, :start]
        struck = np.flatnonzero(before != v.HOLD)
        out[row, 0] = before[struck[-1]] if len(struck) else v.REST
        if out[row, 0] == v.REST:
            after = np.flatnonzero(out[row, 1:] != v.HOLD)
            out[row, :(after[0] + 1 if len(after) else length)] = v.REST
    return out


def _sections(song: Song, bars: np.ndarray) -> tuple[Section, ...]:
    """Sections of a song whose bars are `bars` of the given one."""
    out: list[Section] = []
    before: tuple[int, int] | None = None
    for i, bar in enumerate(bars):
        section = song.canvas.section_at(int(bar))
        if before == (section.start_bar, int(bar) - 1):
            out[-1] = replace(out[-1], bars=out[-1].bars + 1)
        else:
            out.append(Section(section.name, i, 1, section.energy))
        before = (section.start_bar, int(bar))
    return tuple(out)
