"""Edits of a finished take: redo bars, extend, restyle. Each is the generator's one call with other cells known."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from threading import Event
from typing import Any

import numpy as np

from modules.conditions.fuse import Heard, fuse
from modules.config import DURATION_S
from modules.engines.embedded import compose_canvas, sound_take, stop_if
from modules.engines.recipe import read_song
from modules.errors import InputError
from modules.generator import checkpoint, tasks
from modules.generator.arrangement import set_lanes
from modules.generator.plan import Plan, blend
from modules.performance.palette import choose_instruments, lanes_of
from modules.types import LANES, Progress, Request, Song, Take

EDITS = ("redo", "extend", "restyle")


def edit(recipe: Mapping[str, Any], *, kind: str, what: str, lanes: tuple[str, ...] = (), seed: int,
         cancel: Event) -> Iterator[Progress | Take]:
    """Edit a take.

    Args:
        recipe: the take's recipe.
        kind: "redo" (`what`: a section name or "9-16", bars from 1), "extend" (seconds), "restyle" (a description).
        lanes: for "redo": the lanes to draw again ("harmony" among them); empty = all lanes but not the harmony.

    Raises:
        InputError: the edit cannot be made; nothing was.
    """
    song = read_song(recipe)
    unknown = set(lanes) - {*LANES, "harmony"}
    if unknown:
        raise InputError(f"There is no part called {sorted(unknown)[0]!r}; choose from {', '.join(LANES)}, harmony.")
    yield Progress(0.05, "Reading the take")
    plan = plan_of(song)
    condition = fuse(Request(), Heard())
    if kind == "redo":
        plan = tasks.redo(plan, song.canvas, find_bars(song, what), frozenset(lanes or LANES))
    elif kind == "extend":
        plan = tasks.extend(plan, song.canvas, extra_bars(song, what))
        song = replace(song, duration_s=None)
    elif kind == "restyle":
        song, plan, condition = restyled(song, what, seed)
    else:
        raise InputError(f"The edit {kind!r} is unknown; choose {', '.join(EDITS)}.")
    stop_if(cancel)
    started = time.monotonic()
    canvas = compose_canvas(plan, checkpoint.generator(), seed, cancel)
    song = replace(song, canvas=canvas, sections=canvas.sections)
    yield Progress(0.5, "Playing it")
    request = {**recipe["request"], "edit": {"kind": kind, "what": what, "lanes": list(lanes), "seed": seed,
                                             "of_seed": recipe["seed"]}}
    yield sound_take(song, condition, request, {"compose": time.monotonic() - started}, recipe["take"], cancel)
    yield Progress(1.0, "Done")


def plan_of(song: Song) -> Plan:
    """The plan that a finished song stands on, nothing of it returning by rule."""
    return Plan(canvas=song.canvas, styles=song.styles, tempo_bpm=song.tempo_bpm, tonic=song.tonic, mode=song.mode,
                swing=song.swing, swing_unit=song.swing_unit, copy_bars=tasks.nothing_returns(song.canvas),
                ending=song.ending, syllables=song.syllables)


def find_bars(song: Song, what: str) -> range:
    """Bars (from 0) of "9-16" or of the first section called `what` ("chorus", "chorus 2" for the second)."""
    n = song.canvas.n_bars
    span = re.fullmatch(r"\s*(\d+)\s*(?:[-–]\s*(\d+))?\s*", what)
    if span:
        first, last = int(span[1]), int(span[2] or span[1])
        if not 1 <= first <= last <= n:
            raise InputError(f"Bars {what.strip()} are not in this take; it has bars 1 to {n}.")
        return range(first - 1, last)
    name, _, number = what.strip().lower().rpartition(" ") if what.strip()[-1:].isdigit() else (what.strip().lower(),
                                                                                             "", "1")
    found = [section for section in song.sections if section.name == name]
    if not 1 <= int(number) <= len(found):
        names = ", ".join(dict.fromkeys(section.name for section in song.sections))
        raise InputError(f"There is no section {what.strip()!r} in this take; it has {names}, or give bars like 9-16.")
    section = found[int(number) - 1]
    return range(section.start_bar, section.start_bar + section.bars)


def extra_bars(song: Song, what: str) -> int:
    """Whole bars nearest to `what` seconds."""
    try:
        seconds = float(what)
    except ValueError:
        raise InputError(f"{what!r} is no number of seconds to extend by; give something like 16.") from None
    bar_s = song.step_s * song.canvas.steps_per_bar
    if not seconds > 0 or song.canvas.n_bars * bar_s + seconds > DURATION_S[1]:
        raise InputError(f"Extending by {seconds:g} s is out of reach; a take can be up to {DURATION_S[1]:g} s long.")
    return max(1, round(seconds / bar_s))


def restyled(song: Song, what: str, seed: int) -> tuple[Song, Plan, Any]:
    """Song and plan with the melody and chords kept and everything else to be drawn in the described style."""
    from modules.conditions.text import understand

    condition = fuse(Request(prompt=what), Heard(text=understand(what)))
    if not condition.styles:
        raise InputError(f"No style was understood from {what!r}; name one, such as \"bossa nova\" or \"synthwave\".")
    mixed = blend(condition.styles)
    chosen = choose_instruments(mixed, condition.controls, seed, sung=bool(song.syllables))
    asked = condition.controls
    controls = replace(asked, wanted=(*asked.wanted, *lanes_of(asked.wanted, chosen)),
                       unwanted=(*asked.unwanted, *(lane for lane in LANES if lane not in chosen)))
    canvas = song.canvas.copy()
    set_lanes(canvas, replace(condition, controls=controls), mixed, np.random.default_rng(seed))
    lead = mixed[0][0]
    tempo = condition.controls.tempo_bpm or song.tempo_bpm
    song = replace(song, instruments=chosen, styles={card.name: weight for card, weight in mixed}, tempo_bpm=tempo,
                   swing=lead.swing[0], swing_unit=lead.swing[1], ending=lead.ending, production=condition.production,
                   articulation=condition.controls.articulation,
                   duration_s=song.duration_s if tempo == song.tempo_bpm else None)
    return song, tasks.restyle(plan_of(song), song.canvas, canvas.active), condition
