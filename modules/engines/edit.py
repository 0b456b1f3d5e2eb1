"""Edits of a finished take. Each is the generator's one call with other cells known, or the same notes played again.

What an edit does not touch stays: notes and turns of phrase are the old ones, and where bars of it are untouched the
finished sound is the old one, sample for sample, outside the edit and its tail (`studio.splice`). The take before is
kept in the new one's recipe (`lineage`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from threading import Event
from typing import Any

import numpy as np

from modules.canvas import Canvas
from modules.canvas import vocabulary as v
from modules.conditions.recall import plain
from modules.engines import rearranging, recomposing
from modules.engines.embedded import DRAWS, compose_canvas, retake, stop_if
from modules.engines.lineage import Change, ancestor, ancestors, child_of, score_of
from modules.engines.recipe import score_json
from modules.engines.recomposing import PARTS, Draft, no_wish
from modules.engines.replay import Shelf, play
from modules.errors import InputError
from modules.generator import checkpoint, compose
from modules.studio.mix_sheet import MixSheet, sheet_json, told
from modules.types import Performance, Progress, Song, Take

# kind → what it does, for people; "what" is read as said
EDITS: Mapping[str, str] = {
    "redo": "draw bars again (what: a section or 9-16; lanes: which parts)",
    "reroll": "draw everything again but what is locked (what: bars kept; lanes: parts kept)",
    "extend": "go on longer (what: seconds)",
    "lead_in": "begin earlier (what: seconds)",
    "restyle": "another style, same tune and chords (what: a description)",
    "reharmonise": "other chords under the tune (what: nothing, or jazzier, sadder …; bars: where)",
    "chords": "these chords under the tune (what: Am F C G; bars: where)",
    "mood": "the same bars calm, tense or triumphant (what: which)",
    "transpose": "another key (what: +2 or F# minor)",
    "tempo": "another tempo (what: 120 or +10%)",
    "instruments": "other players (what: bass=tuba, drums=none)",
    "alone": "some parts by themselves (lanes: which)",
}
UNLIKE = 0.25  # share of beats whose chord is another where chords are to be others
MOST_DRAWN = 12  # harmonies that other chords are chosen from


def edit(recipe: Mapping[str, Any], *, kind: str, what: str = "", lanes: tuple[str, ...] = (), bars: str = "",
         seed: int, cancel: Event, shelf: Shelf | None = None) -> Iterator[Progress | Take]:
    """Edit a take.

    Args:
        recipe: the take's recipe.
        kind: of `EDITS`, which says what `what`, `lanes` (of `PARTS`) and `bars` are for it.
        shelf: takes sounded before.

    Raises:
        InputError: the edit cannot be made; nothing was.
        Cancelled: `cancel` was set.
    """
    if kind not in EDITS:
        raise InputError(f"The edit {kind!r} is unknown; choose {', '.join(EDITS)}.")
    unknown = [lane for lane in lanes if lane not in PARTS]
    if unknown:
        raise InputError(f"There is no part called {unknown[0]!r}; choose from {', '.join(PARTS)}.")
    yield Progress(0.05, "Reading the take")
    song, played = play(recipe, shelf=shelf)
    draft = drafted(song, played, kind=kind, what=what, lanes=lanes, bars=bars, seed=seed)
    stop_if(cancel)
    started = time.monotonic()
    if draft.plan is not None:
        yield Progress(0.1, "Writing it")
    song = draft.song if draft.plan is None else filled(draft, seed, cancel)
    yield Progress(0.5, "Playing it")
    asked = {"kind": kind, "what": what, "lanes": list(lanes), "bars": bars, "seed": seed}
    yield child(recipe, draft, song, asked, cancel, shelf=shelf, timings={"compose": time.monotonic() - started})
    yield Progress(1.0, "Done")


def child(recipe: Mapping[str, Any], draft: Draft, song: Song, asked: Mapping[str, Any], cancel: Event, *,
          shelf: Shelf | None = None, timings: dict[str, float] | None = None, sheet: MixSheet | None = None) -> Take:
    """The take that an edit makes of a recipe's, sounded.

    Args:
        song: the draft's, filled.
        asked: the edit as it stands in the new recipe.
        sheet: how the mixer is set; None = as it was.
    """
    parent = child_of(recipe, {**asked, "words": draft.words}, draft.change)
    mixer = {} if sheet is None else {"mixer": sheet_json(sheet)}
    new = plain({**score_of(recipe), **score_json(song), **mixer, "request": recipe["request"],
                 "take": recipe.get("take", 1), "parent": parent})
    return retake(new, draft.condition, cancel, shelf=shelf, timings=timings)


def drafted(song: Song, played: Performance, *, kind: str, what: str, lanes: tuple[str, ...], bars: str,
            seed: int) -> Draft:
    """The edit before it is composed.

    Raises:
        InputError: it cannot be made.
    """
    match kind:
        case "redo":
            return recomposing.redo(song, what, lanes, seed)
        case "reroll":
            return recomposing.reroll(song, what, lanes)
        case "extend":
            return recomposing.extend(song, what, played)
        case "lead_in":
            return recomposing.lead_in(song, what)
        case "restyle":
            return recomposing.restyle(song, what, seed)
        case "reharmonise":
            return recomposing.reharmonise(song, what, bars)
        case "chords":
            return recomposing.given_chords(song, what, bars)
        case "mood":
            return recomposing.mood(song, what, seed)
        case "transpose":
            return rearranging.transpose(song, what)
        case "tempo":
            return rearranging.tempo(song, what)
        case "instruments":
            return rearranging.instruments(song, what)
        case _:
            return rearranging.alone(song, lanes)


def filled(draft: Draft, seed: int, cancel: Event) -> Song:
    """The draft's song with what was open drawn; a tune's own timing goes with the notes that stay."""
    harmonies = None
    if draft.other_chords:
        harmonies = other_chords(draft, seed, DRAWS, cancel)
    canvas = compose_canvas(draft.plan, checkpoint.generator(), seed, cancel, harmonies=harmonies)
    stays = draft.plan.canvas.known_steps[v.ROW_NAMES.index("melody")]
    late = tuple((step, by) for step, by in draft.song.lateness if stays[step])
    return with_canvas(replace(draft.song, lateness=late), canvas)


def other_chords(draft: Draft, seed: int, count: int, cancel: Event) -> list[Canvas]:
    """Canvases with other chords than the take has, unlike each other: the first is unlike the old ones, every further
    one lies furthest from all before it."""
    drawn = compose.draw_harmony(checkpoint.generator(), draft.plan, seed=seed % 2**31, draws=MOST_DRAWN, cancel=cancel)
    chords = [draft.song.canvas.harmony, *(one.harmony for one in drawn)]
    apart = np.array([[float((a != b).any(axis=1).mean()) for b in chords] for a in chords])
    chosen = [0]
    while len(chosen) <= count:
        nearest = apart[:, chosen].min(axis=1)
        nearest[chosen] = -1.0
        # the first draw is what most agree on: it is taken first where it is other enough
        chosen.append(1 if len(chosen) == 1 and nearest[1] >= UNLIKE else int(nearest.argmax()))
    return [drawn[i - 1] for i in chosen[1:]]


def with_canvas(song: Song, canvas: Canvas) -> Song:
    """The song filled."""
    return replace(song, canvas=canvas, sections=canvas.sections)


def undo(recipe: Mapping[str, Any], steps: str, cancel: Event) -> Iterator[Progress | Take]:
    """The take as it was `steps` edits before.

    Raises:
        InputError: it has not as many before it.
    """
    past = list(ancestors(recipe))
    if not steps.isdigit() or not 1 <= int(steps) <= len(past):
        raise InputError(f"{steps} steps back were asked for; this take has {len(past)} before it.")
    yield bring_back(recipe, past[int(steps) - 1]["id"], cancel=cancel)


def bring_back(recipe: Mapping[str, Any], name: str, *, cancel: Event, shelf: Shelf | None = None) -> Take:
    """An earlier version of a take, by its name (`lineage.take_id`).

    Raises:
        InputError: the take does not come from it.
    """
    before = ancestor(recipe, name)
    if before is None:
        raise InputError(f"This take does not come from a version {name!r}.")
    return retake(before, no_wish(), cancel, shelf=shelf)


def remix(recipe: Mapping[str, Any], sheet: MixSheet, *, cancel: Event,
          shelf: Shelf | None = None) -> Iterator[Progress | Take]:
    """A take with the mixer set: the same notes, mixed and mastered as the sheet says.

    Raises:
        InputError: settings that cannot be mixed.
        Cancelled: `cancel` was set.
    """
    yield Progress(0.1, "Mixing it")
    song, _ = play(recipe, shelf=shelf)
    words = told(sheet, [*song.instruments, *(["vocal"] if song.syllables else [])])
    draft = Draft(song, None, no_wish(), Change({}), f"mix: {words}")
    asked = {"kind": "mix", "what": words, "lanes": [], "bars": "", "seed": recipe["seed"]}
    yield child(recipe, draft, song, asked, cancel, shelf=shelf, sheet=sheet)
    yield Progress(1.0, "Done")
