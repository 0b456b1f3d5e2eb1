"""Edits and the mixer as named endpoints, for `gradio_client`: /edit and /mix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from modules.errors import InputError
from modules.studio.mix_sheet import preset as ready_mix
from modules.studio.mix_sheet import read_sheet, sheet_json, written
from modules.ui.api import collect_takes
from modules.ui.downloads import recipe_of_take
from modules.ui.listeners import Listeners
from modules.ui.sessions import Sessions
from modules.ui.workshop import Workshop


def connect_edits(workshop: Workshop, listeners: Listeners, sessions: Sessions) -> None:
    """Add the endpoints to the page under construction."""
    result, files = gr.JSON(label="result", visible=False), gr.File(file_count="multiple", label="files", visible=False)
    texts = {name: gr.Textbox("", label=name, visible=False) for name in (
        "take", "kind", "what", "lanes", "bars", "seed", "preset", "level", "pan", "eq", "reverb", "mute", "solo")}
    recipe = gr.File(label="recipe", visible=False)
    count, lufs = gr.Number(None, label="count", visible=False), gr.Number(None, label="lufs", visible=False)

    def read(recipe: str | None, take: str) -> Mapping[str, Any]:
        if take:
            return recipe_of_take(take)
        if not recipe:
            raise InputError("No take was given; give a recipe file, or the name of a take from /make.")
        from modules.engines.recipe import load_recipe

        return load_recipe(Path(recipe))

    def done(order: Callable[[], tuple[Mapping[str, Any], dict[str, Any]]], session: str,
             progress: gr.Progress) -> tuple[list[dict[str, Any]], list[str]]:
        """All takes that come of an order, with their files."""
        return collect_takes(lambda cancel: workshop.carry_out(*order(), cancel), session, progress,
                             listeners=listeners, sessions=sessions)

    def edit(request: gr.Request, recipe=None, take="", kind="redo", what="", lanes="", bars="", seed="", count=None,
             progress=gr.Progress()):  # noqa: B008 - Gradio's way of injecting progress
        """Edit a take. Returns a list of {seed, summary, report, recipe, take, files} and all files written.

        Args:
            recipe: a take's recipe, or a sound or video with one inside.
            take: instead, the name of a take that /make or /edit returned.
            kind: redo, reroll, extend, lead_in, restyle, reharmonise, chords, mood, transpose, tempo, instruments,
                alone, moods, progressions, undo.
            what: bars, seconds, a description, a key …, as the kind asks.
            lanes: comma-separated parts.
            bars: where, for reharmonise, chords and progressions.
            seed: a whole number; empty = drawn.
            count: of progressions.
        """
        def order():
            if seed.strip() and not seed.strip().isdigit():
                raise InputError(f"The seed {seed!r} is no whole number; leave it out to have one drawn.")
            given = {"kind": kind, "what": what, "bars": bars, "count": count,
                     "lanes": [lane.strip() for lane in lanes.split(",") if lane.strip()],
                     "seed": int(seed) if seed.strip() else None}
            return read(recipe, take), given

        return done(order, f"api {request.session_hash}", progress)

    def mix(request: gr.Request, recipe=None, take="", preset="", level="", pan="", eq="", reverb="", mute="", solo="",
            lufs=None, progress=gr.Progress()):  # noqa: B008
        """Mix a take again. Returns as /edit.

        Args:
            recipe: a take's recipe, or a sound or video with one inside.
            take: instead, the name of a take that /make, /edit or /mix returned.
            preset: a ready mix: as_made, more_vocals, drums_up, club, intimate, wide, karaoke, speech_bed.
            level: dB, such as drums=-3, vocal=+2, pad=off.
            pan: -1 left … 1 right, such as comp=0.3.
            eq: bands low, mid, high in dB, such as bass.low=+3.
            reverb: room in dB, such as pad=+4.
            mute: comma-separated parts.
            solo: comma-separated parts.
            lufs: loudness of the whole, -40 … -5.
        """
        def order():
            found = read(recipe, take)
            start = ready_mix(preset) if preset else read_sheet(found.get("mixer"))
            sheet = written(start, level=level, pan=pan, eq=eq, reverb=reverb, mute=mute, solo=solo, lufs=lufs)
            return found, {"kind": "mix", "sheet": sheet_json(sheet)}

        return done(order, f"api {request.session_hash}", progress)

    t = texts
    gr.Button(visible=False).click(
        edit, [recipe, t["take"], t["kind"], t["what"], t["lanes"], t["bars"], t["seed"], count], [result, files],
        api_name="edit", api_description="Edit a finished take.", concurrency_id="generate")
    gr.Button(visible=False).click(
        mix, [recipe, t["take"], t["preset"], t["level"], t["pan"], t["eq"], t["reverb"], t["mute"], t["solo"], lufs],
        [result, files], api_name="mix", api_description="Mix a finished take again.", concurrency_id="generate")
