"""The edit panel: a take's parts over its bars, what can be done with a choice of them, and its versions.

`edit.js` turns gestures and buttons into orders (JSON in the field #edit-order); `changes.carry_out` does them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from secrets import token_hex
from typing import Any

import gradio as gr

from modules.conditions.settings import offered
from modules.errors import InputError
from modules.library.shelf import Library
from modules.types import LANES, PITCH_CLASSES
from modules.ui.acts import chosen_field, take_of
from modules.ui.changes import carry_out, done_note, sound_file
from modules.ui.downloads import recipe_of_take, take_folder, url
from modules.ui.errors import speaking
from modules.ui.keeping import keeper
from modules.ui.lane_roll import lane_roll
from modules.ui.lineage_strip import strip_html, versions, with_kin
from modules.ui.listeners import Listeners
from modules.ui.player import player
from modules.ui.plots import lane_title
from modules.ui.sessions import Sessions, new_folder
from modules.ui.workshop import Workshop

CHORD_WORDS = ("jazzier", "simpler", "sadder", "happier", "richer", "busier", "calmer")
MOODS = ("calm", "tense", "triumphant")


@dataclass(frozen=True)
class EditPanel:
    """`chosen` opens a take (also "undo" and versions), `order` is what to do, `stop` stops it; the rest is shown."""

    chosen: gr.Textbox
    order: gr.Textbox
    stop: gr.Textbox
    made: gr.Textbox
    status: gr.HTML
    panel: gr.HTML


def build() -> EditPanel:
    """The panel, closed, in place."""
    chosen = chosen_field("edit")
    order = gr.Textbox("", visible="hidden", elem_id="edit-order", label="edit", max_length=4000)
    stop = gr.Textbox("", visible="hidden", elem_id="edit-stop", label="stop")
    made = gr.Textbox("", visible="hidden", elem_id="edit-made", label="take made")
    panel = gr.HTML("", visible=False, elem_id="edit-panel")
    status = gr.HTML("", elem_id="edit-status")
    return EditPanel(chosen, order, stop, made, status, panel)


def panel_html(take: str, recipe: Mapping[str, Any], desk: Mapping[str, Any], workshop: Workshop) -> str:
    """The panel for one take."""
    folder = take_folder(take)
    sound = sound_file(folder)
    performance = workshop.play(recipe)
    duration = float(recipe["duration_s"])
    number = desk.get("family", {}).get(take, {}).get("number", 0)
    name = f"take {number}" if number else "this take"
    mode = recipe["key"].split(" ", 1)[1]
    tools = "".join((_longer(), _style(), _chords(), _key_and_tempo(recipe, mode), _players(recipe), _sets()))
    return (
        f'<section class="ew-edit ew-desk" data-take="{escape(take)}" data-drawn="{token_hex(4)}" '
        f'aria-label="Edit {name}"><header>'
        f'<h3>Edit {name}</h3>{_steps(recipe, desk, take)}<button type="button" class="ew-close" data-close="" '
        'title="Close" aria-label="Close the editor">✕</button></header>'
        f'{strip_html(recipe, desk.get("family", {}))}'
        f'{player(url(sound), duration, f"{name} in the editor", "<i class=ew-line></i>", "takes")}'
        f'{lane_roll(performance, recipe, duration)}'
        '<p class="ew-said" role="status" aria-live="polite">Drag over bars and parts, or click a part under a section.'
        '</p><div class="ew-do"><button type="button" class="ew-main" data-do="redo" disabled>Draw again</button>'
        '<button type="button" class="ew-small" data-do="lock-bars" disabled>Lock these bars</button>'
        '<button type="button" class="ew-small" data-do="reroll">Draw all that is not locked</button>'
        '<button type="button" class="ew-small" data-do="alone" disabled>Only these parts</button>'
        '<button type="button" class="ew-small" data-do="loop" disabled>Loop these bars ↓</button></div>'
        f'<div class="ew-tools">{tools}</div></section>')


def _steps(recipe: Mapping[str, Any], desk: Mapping[str, Any], take: str) -> str:
    """Undo and redo, with where they lead."""
    parent = (recipe.get("parent") or {}).get("id", "")
    back = next((one for one in versions(recipe, desk.get("family", {})) if one["id"] == parent), None)
    undone = desk.get("undone", [])
    undo = f'data-version="{parent}"' if back else "disabled"
    redo = f'data-show="{escape(undone[-1])}"' if undone else "disabled"
    return (f'<span class="ew-steps"><button type="button" class="ew-small" data-undo="" {undo}>↶ Undo</button>'
            f'<button type="button" class="ew-small" data-redo="" {redo}>↷ Redo</button></span>')


def _tool(title: str, hint: str, inside: str) -> str:
    return (f'<details class="ew-tool"><summary>{title} <em>{hint}</em></summary><div>{inside}</div></details>')


def _button(order: str, title: str, **data: str) -> str:
    attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    return f'<button type="button" class="ew-small" data-do="{order}"{attributes}>{escape(title)}</button>'


def _longer() -> str:
    return _tool("Longer", "before or after", '<label>Seconds <input type="number" data-in="seconds" value="8" min="1" '
                 'max="200"></label>' + _button("lead_in", "Begin earlier", take="seconds")
                 + _button("extend", "Go on longer", take="seconds"))


def _style() -> str:
    return _tool("Style", "same tune and chords", '<label>As <input type="text" data-in="style" maxlength="300" '
                 'placeholder="bossa nova with flute"></label>' + _button("restyle", "Restyle", take="style"))


def _chords() -> str:
    words = "".join(_button("reharmonise", word, what=word) for word in CHORD_WORDS)
    return _tool("Chords", "under the same tune, in the chosen bars",
                 f'<span class="ew-label">Other chords:</span>{_button("reharmonise", "any", what="")}{words}'
                 f'{_button("progressions", "Five to choose from", what="")}<label>These <input type="text" '
                 'data-in="chords" maxlength="300" placeholder="Am F C G"></label>'
                 + _button("chords", "Use them", take="chords"))


def _key_and_tempo(recipe: Mapping[str, Any], mode: str) -> str:
    here = recipe["key"].split(" ", 1)[0]
    keys = "".join(f'<option value="{name} {mode}"{" selected" if name == here else ""}>{name} {mode}</option>'
                   for name in PITCH_CLASSES)
    return _tool("Key and tempo", "the same notes, played again",
                 f'<label>Key <select data-in="key">{keys}</select></label>{_button("transpose", "Change", take="key")}'
                 f'<label>BPM <input type="number" data-in="bpm" value="{float(recipe["tempo_bpm"]):g}" min="40" '
                 f'max="240" step="any"></label>{_button("tempo", "Change", take="bpm")}')


def _players(recipe: Mapping[str, Any]) -> str:
    played = {lane["name"]: lane["instrument"] for lane in recipe.get("lanes", ())}
    rows = []
    for lane in LANES:
        if lane not in played:
            continue
        options = "".join(f'<option value="{name}"{" selected" if name == played[lane] else ""}>'
                          f'{escape(name.replace("_", " "))}</option>'
                          for name in dict.fromkeys((played[lane], *offered(lane))))
        rows.append(f'<label>{escape(lane_title(lane))} <select data-player="{lane}"><option value="none">nobody'
                    f'</option>{options}</select></label>')
    return _tool("Players", "the same notes on other instruments", "".join(rows) + _button("instruments", "Change"))


def _sets() -> str:
    moods = "".join(_button("mood", mood, what=mood) for mood in MOODS)
    return _tool("Scenes", "the same bars in other moods, for games and films",
                 f'{moods}{_button("moods", "All three, aligned bar for bar", what="")}')


def connect(tab: EditPanel, *, desk: gr.State, owner: gr.BrowserState, shown: Sequence[gr.components.Component],
            workshop: Workshop, listeners: Listeners, sessions: Sessions, library: Library) -> None:
    """Wire the panel.

    Args:
        shown: status, earlier lid, earlier cards and slots, as `handlers.lay_out` gives them after the desk.
    """
    quiet = {"show_progress": "hidden", "api_visibility": "private"}

    @speaking
    def show(chosen, desk_now):
        """Open a take in the panel; going back to the take before is remembered, so that it can be taken back."""
        take = take_of(chosen)
        if not take:
            return desk_now, gr.HTML("", visible=False), ""
        recipe = recipe_of_take(take)
        desk_now = moved(desk_now, take, recipe)
        return desk_now, gr.HTML(panel_html(take, recipe, desk_now, workshop), visible=True), ""

    def work(order_text, desk_now, token, request: gr.Request):
        """Carry an order out."""
        order = read_order(order_text)
        yield from carry_out(order, order["take"], desk_now, session=request.session_hash or "", workshop=workshop,
                             listeners=listeners, sessions=sessions, keep=keeper(library, token))

    @speaking
    def after(made, order_text, desk_now):
        """The panel goes on with what was made; after a set it stays with the take it came from."""
        take = read_order(order_text)["take"] if read_order(order_text)["kind"] in ("moods", "progressions") else made
        if not take:
            return gr.skip(), gr.skip()
        recipe = recipe_of_take(take)
        desk_now = {**moved(desk_now, take, recipe), "undone": []}
        return desk_now, gr.HTML(panel_html(take, recipe, desk_now, workshop), visible=True)

    def stop_mine(request: gr.Request):
        """Stop this session's job only."""
        sessions.stop(request.session_hash or "")
        return done_note("Stopped.")

    tab.chosen.change(show, [tab.chosen, desk], [desk, tab.panel, tab.status], queue=False, **quiet)
    running = tab.order.change(work, [tab.order, desk, owner], [tab.status, tab.made, desk, *shown],
                               concurrency_id="generate", **quiet)
    running.success(after, [tab.made, tab.order, desk], [desk, tab.panel], queue=False, **quiet)
    tab.stop.change(stop_mine, None, tab.status, cancels=running, queue=False, **quiet)
    _connect_loop(workshop)


def moved(desk: dict, take: str, recipe: Mapping[str, Any]) -> dict:
    """The desk with another take open: steps back are kept to be taken again."""
    if take not in desk.get("family", {}):
        desk = with_kin(desk, take, recipe, 0)
    before, undone, family = desk.get("open", ""), list(desk.get("undone", [])), desk["family"]
    if undone and undone[-1] == take:
        undone.pop()
    elif before in family and family[before]["parent"] == family[take]["id"]:
        undone.append(before)
    elif before != take:
        undone = []
    return {**desk, "open": take, "undone": undone}


def read_order(text: str) -> dict[str, Any]:
    """An order from the page's field.

    Raises:
        InputError: it is none.
    """
    try:
        order = json.loads(text)
        return {**order, "take": str(order["take"]), "kind": str(order["kind"])}
    except (ValueError, TypeError, KeyError):
        raise InputError("That edit could not be read; choose it again.") from None


def _connect_loop(workshop: Workshop) -> None:
    take, bars = gr.Textbox("", label="take", visible=False), gr.Textbox("", label="bars", visible=False)
    answer = gr.JSON(visible=False)

    @speaking
    def card_loop(take, bars):
        """Address of a sound of these bars that goes round without a seam."""
        recipe = recipe_of_take(take)
        path = new_folder() / f"earworm_{recipe['seed']}_bars_{bars.strip().replace(' ', '_')}.loop.wav"
        seconds = workshop.loop(recipe, bars, path)
        return {"address": url(path), "name": path.name, "seconds": round(seconds, 2)}

    gr.Button(visible=False).click(card_loop, [take, bars], answer, api_name="card_loop", concurrency_id="export",
                                   api_visibility="undocumented", show_progress="hidden")
