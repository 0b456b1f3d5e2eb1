"""The mixer: a fader, a place, tone and room for every part, presets, and the loudness of the whole.

While a fader moves, the browser mixes the parts itself (`mix.js`, Web Audio); when it rests, the studio's own mix of it
is heard. "Keep this mix" makes a take of it, its settings in the recipe.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from secrets import token_hex
from typing import Any

import gradio as gr

from modules.errors import InputError
from modules.library.shelf import Library
from modules.studio.mix_sheet import BANDS, presets, read_sheet, sheet_json
from modules.ui.acts import chosen_field, take_of
from modules.ui.changes import carry_out, sound_file
from modules.ui.downloads import recipe_of_take, take_folder, url
from modules.ui.edit_panel import read_order
from modules.ui.errors import speaking
from modules.ui.keeping import keeper
from modules.ui.listeners import Listeners
from modules.ui.plots import lane_title
from modules.ui.sessions import Sessions
from modules.ui.workshop import Workshop

TARGETS = ((-14.0, "streaming, −14 LUFS"), (-16.0, "Apple Music, −16 LUFS"), (-23.0, "broadcast, −23 LUFS"))
LEVEL_DB, TONE_DB, ROOM_DB = (-30, 12), (-12, 12), (-24, 12)  # reach of the knobs; a level at its lowest is off
KEPT_PREVIEWS = 4  # mixes of a take that lie ready to be heard


@dataclass(frozen=True)
class MixPanel:
    """`chosen` opens a take, `order` keeps a mix of it; the rest is shown."""

    chosen: gr.Textbox
    order: gr.Textbox
    made: gr.Textbox
    status: gr.HTML
    panel: gr.HTML


def build() -> MixPanel:
    """The mixer, closed, in place."""
    chosen = chosen_field("mix")
    order = gr.Textbox("", visible="hidden", elem_id="mix-order", label="mix", max_length=4000)
    made = gr.Textbox("", visible="hidden", elem_id="mix-made", label="take made")
    panel = gr.HTML("", visible=False, elem_id="mix-panel")
    status = gr.HTML("", elem_id="mix-status")
    return MixPanel(chosen, order, made, status, panel)


def panel_html(take: str, recipe: Mapping[str, Any], number: int) -> str:
    """The mixer for one take."""
    lanes = [lane["name"] for lane in recipe.get("lanes", ())]
    sheet = sheet_json(read_sheet(recipe.get("mixer")))
    name = f"take {number}" if number else "this take"
    ready = {key: sheet_json(one.sheet) for key, one in presets().items()}
    chips = "".join(f'<button type="button" class="ew-small" data-preset="{key}" aria-pressed="false" title='
                    f'"{escape(one.hint)}">{escape(one.title)}</button>' for key, one in presets().items())
    targets = "".join(f'<option value="{value:g}"{" selected" if value == sheet["target_lufs"] else ""}>{title}'
                      '</option>' for value, title in TARGETS)
    strips = "".join(_strip(lane) for lane in lanes)
    return (
        f'<section class="ew-mix ew-desk" data-take="{escape(take)}" data-drawn="{token_hex(4)}" '
        f'data-sheet="{escape(json.dumps(sheet))}" '
        f'data-presets="{escape(json.dumps(ready))}" data-sound="{url(sound_file(take_folder(take)))}" '
        f'data-duration="{float(recipe["duration_s"]):.3f}" aria-label="Mixer of {name}"><header><h3>Mix {name}</h3>'
        '<button type="button" class="ew-close" data-close="" title="Close" aria-label="Close the mixer">✕</button>'
        f'</header><div class="ew-presets" role="group" aria-label="Ready mixes">{chips}</div>'
        '<div class="ew-transport"><button type="button" class="ew-small" data-play="" aria-pressed="false">▶ Play'
        '</button><input type="range" data-at="" min="0" max="1000" value="0" aria-label="Position">'
        '<span class="ew-time"><b>0:00</b></span><span class="ew-hearing" role="status" aria-live="polite">as it is'
        f'</span></div><div class="ew-mixstrips">{strips}</div>'
        f'<div class="ew-do"><label>Loudness <select data-lufs="">{targets}</select></label>'
        '<button type="button" class="ew-main" data-keep="">Keep this mix</button></div></section>')


def _slider(lane: str, knob: str, reach: tuple[float, float], step: float, spoken: str) -> str:
    return (f'<label class="ew-knob"><span>{escape(spoken)}</span><input type="range" data-knob="{knob}" '
            f'data-lane="{lane}" min="{reach[0]:g}" max="{reach[1]:g}" step="{step:g}" value="0" '
            f'aria-label="{escape(spoken)} of the {escape(lane_title(lane))}"><output></output></label>')


def _strip(lane: str) -> str:
    title = escape(lane_title(lane))
    tone = "".join(_slider(lane, field, TONE_DB, 0.5, band) for band, field in BANDS.items())
    return (f'<div class="ew-mixstrip" data-lane="{lane}"><span class="ew-stem"><i class="dot lane-{lane}"></i>{title}'
            f'</span>{_slider(lane, "gain_db", LEVEL_DB, 0.5, "level")}'
            f'<span class="ew-ms"><button type="button" class="ew-small" data-mute="{lane}" aria-pressed="false" '
            f'aria-label="Mute the {title}">M</button><button type="button" class="ew-small" data-solo="{lane}" '
            f'aria-pressed="false" aria-label="Hear only the {title}">S</button></span>'
            f'<details class="ew-more"><summary aria-label="Place, tone and room of the {title}">place, tone, room'
            f'</summary><div>{_slider(lane, "pan", (-1, 1), 0.05, "place")}{tone}'
            f'{_slider(lane, "reverb_db", ROOM_DB, 1, "room")}</div></details></div>')


def connect(tab: MixPanel, *, desk: gr.State, owner: gr.BrowserState, shown: Sequence[gr.components.Component],
            workshop: Workshop, listeners: Listeners, sessions: Sessions, library: Library) -> None:
    """Wire the mixer; arguments as of `edit_panel.connect`."""
    quiet = {"show_progress": "hidden", "api_visibility": "private"}

    @speaking
    def show(chosen, desk_now):
        """Open a take in the mixer."""
        take = take_of(chosen)
        if not take:
            return gr.HTML("", visible=False), ""
        number = desk_now.get("family", {}).get(take, {}).get("number", 0)
        return gr.HTML(panel_html(take, recipe_of_take(take), number), visible=True), ""

    def keep(order_text, desk_now, token, request: gr.Request):
        """Make a take of the mix."""
        order = read_order(order_text)
        yield from carry_out({**order, "kind": "mix"}, order["take"], desk_now, session=request.session_hash or "",
                             workshop=workshop, listeners=listeners, sessions=sessions, keep=keeper(library, token))

    @speaking
    def after(made, desk_now):
        """The mixer goes on with what was made."""
        return show(f"{made} 1", desk_now)[0] if made else gr.skip()

    tab.chosen.change(show, [tab.chosen, desk], [tab.panel, tab.status], queue=False, **quiet)
    tab.order.change(keep, [tab.order, desk, owner], [tab.status, tab.made, desk, *shown], concurrency_id="generate",
                     **quiet).success(after, [tab.made, desk], tab.panel, queue=False, **quiet)
    _connect_preview(workshop)


def _connect_preview(workshop: Workshop) -> None:
    take, sheet = gr.Textbox("", label="take", visible=False), gr.Textbox("", label="sheet", visible=False)
    answer = gr.JSON(visible=False)
    quiet = {"concurrency_id": "mix", "concurrency_limit": 2, "show_progress": "hidden",
             "api_visibility": "undocumented"}

    @speaking
    def card_stems(take):
        """Addresses of a take's parts before anybody's faders."""
        found = workshop.stems(recipe_of_take(take), take_folder(take) / "dry")
        return {lane: url(path) for lane, path in found.items()}

    @speaking
    def card_mix(take, sheet):
        """Address of a take mixed by a sheet, and how loud that is."""
        recipe = recipe_of_take(take)
        settings = sheet_json(read_sheet(_json(sheet)))
        folder = take_folder(take) / "mixes"
        folder.mkdir(exist_ok=True)
        name = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
        path, told = folder / f"{name}.mp3", folder / f"{name}.json"
        if not told.is_file():
            _make_room(folder)
            lufs, dbtp = workshop.preview(recipe, settings, path)
            told.write_text(json.dumps({"lufs": lufs, "dbtp": dbtp}), encoding="utf-8")
        return {"address": url(path), **json.loads(told.read_text(encoding="utf-8"))}

    gr.Button(visible=False).click(card_stems, take, answer, api_name="card_stems", **quiet)
    gr.Button(visible=False).click(card_mix, [take, sheet], answer, api_name="card_mix", **quiet)


def _make_room(folder: Path) -> None:
    kept = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    for old in kept[:max(0, len(kept) - KEPT_PREVIEWS + 1)]:
        old.unlink(missing_ok=True)
        old.with_suffix(".mp3").unlink(missing_ok=True)


def _json(text: str) -> Any:
    try:
        return json.loads(text or "{}")
    except ValueError:
        raise InputError("The mixer's settings could not be read; move a fader again.") from None
