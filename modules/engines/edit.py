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

from modules.conditions.recall import plain
from modules.engines import rearranging, recomposing
from modules.engines.embedded import DRAWS, compose_canvas, retake, stop_if
from modules.engines.lineage import Change, child_of
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
    song = draft.song
    if draft.plan is not None:
        yield Progress(0.1, "Writing it")
        canvas = filled(draft, seed, cancel)
        song = replace(song, canvas=canvas, sections=canvas.sections)
    yield Progress(0.5, "Playing it")
    asked = {"kind": kind, "what": what, "lanes": list(lanes), "bars": bars, "seed": seed, "words": draft.words}
    mixer = {"mixer": recipe["mixer"]} if "mixer" in recipe else {}
    new = {**recipe, **score_json(song), **mixer, "parent": child_of(recipe, asked, draft.change)}
    yield _told(retake(plain(new), draft.condition, cancel, shelf=shelf,
                       timings={"compose": time.monotonic() - started}), draft.words)
    yield Progress(1.0, "Done")


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


def filled(draft: Draft, seed: int, cancel: Event):
    """The draft's canvas with what was open drawn."""
    model = checkpoint.generator()
    if not draft.other_chords:
        return compose_canvas(draft.plan, model, seed, cancel)
    harmonies = compose.draw_harmony(model, draft.plan, seed=seed % 2**31, draws=2 * DRAWS, cancel=cancel)
    old = draft.song.canvas.harmony
    unlike = [float((one.harmony != old).any(axis=1).mean()) for one in harmonies]
    order = sorted(range(len(harmonies)), key=lambda i: (unlike[i] < UNLIKE, i if unlike[i] >= UNLIKE else -unlike[i]))
    return compose_canvas(draft.plan, model, seed, cancel, [harmonies[i] for i in order[:DRAWS]])


def remix(recipe: Mapping[str, Any], sheet: MixSheet, *, cancel: Event,
          shelf: Shelf | None = None) -> Iterator[Progress | Take]:
    """A take with the mixer set: the same notes, mixed and mastered as the sheet says.

    Raises:
        InputError: settings that cannot be mixed.
        Cancelled: `cancel` was set.
    """
    yield Progress(0.1, "Mixing it")
    lanes = [lane["name"] for lane in recipe.get("lanes", ())]
    words = f"mix: {told(sheet, lanes)}"
    asked = {"kind": "mix", "what": told(sheet, lanes), "lanes": [], "bars": "", "seed": recipe["seed"], "words": words}
    new = {**recipe, "mixer": sheet_json(sheet), "parent": child_of(recipe, asked, Change({}))}
    yield _told(retake(plain(new), no_wish(), cancel, shelf=shelf), words)
    yield Progress(1.0, "Done")


def _told(take: Take, words: str) -> Take:
    """The take, its summary led by what was done."""
    return replace(take, summary=f"{words[0].upper()}{words[1:]}. {take.summary}")
