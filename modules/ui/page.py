"""The page: four tabs, one Make button, one results area; and what `launch()` needs to show it.

Composition only: tabs build and connect themselves, `handlers.py` runs, `api.py` adds the named endpoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import gradio as gr

from modules.assets import asset
from modules.config import MAX_TAKES
from modules.library.shelf import Library
from modules.types import Engine
from modules.ui import (
    compare,
    edit_panel,
    handlers,
    hum_tab,
    library_tab,
    lyrics_tab,
    mix_panel,
    more,
    reference_tab,
    style_map,
    text_tab,
    trials_tab,
)
from modules.ui import links as sharing
from modules.ui.api import build_endpoints
from modules.ui.api_grid import build_grid
from modules.ui.downloads import connect_downloads
from modules.ui.edit_api import connect_edits
from modules.ui.errors import speaking
from modules.ui.form import Form, sentence
from modules.ui.keeping import keeper
from modules.ui.listeners import Listeners
from modules.ui.sessions import Sessions, results_folder
from modules.ui.settle import settled
from modules.ui.theme import css, head, header, theme

AT_ONCE = 2  # jobs that run at the same time; two cores, two people
LISTEN_AT_ONCE = 2
WAITING = 24  # jobs that may wait; more are told to come back
UPLOAD_LIMIT = "200mb"
CACHE_S = (3600, 24 * 3600)  # how often uploads are looked through, and how old they may get
OWNER_SEAL = "earworm"  # Gradio scrambles what the browser keeps; a key that changed at each start would lose it
EMPTY_STAGE = ('<div class="ew-empty"><p>Your takes will stand here, side by side.</p>'
               "<p>Fill in one tab or several, then press Make.</p></div>")


def build_page(engine: Engine, listeners: Listeners, others: Sequence[Engine] = (),
               library: Library | None = None) -> gr.Blocks:
    """The whole page, wired.

    Args:
        engine: the engine chosen at first.
        listeners: what hears, decodes and writes.
        others: further engines that can be chosen.
        library: where finished takes are kept; None = the one of the data folder.
    """
    engines = (engine, *others)
    library = library or Library()
    sessions = Sessions()
    with gr.Blocks(title="Earworm", analytics_enabled=False, delete_cache=CACHE_S) as page:
        gr.HTML(header(), elem_id="header")
        desk = gr.State(handlers.empty_desk())
        owner = gr.BrowserState("", storage_key="earworm-owner", secret=OWNER_SEAL)
        with gr.Column(elem_id="composer"):
            with gr.Tabs(elem_id="inputs"):
                with gr.Tab("Describe", id="describe"):
                    text = text_tab.build()
                with gr.Tab("Hum", id="hum", render_children=True):
                    hum = hum_tab.build()
                with gr.Tab("Track", id="track", render_children=True):
                    track = reference_tab.build()
                with gr.Tab("Lyrics", id="lyrics", render_children=True):
                    lyrics = lyrics_tab.build(listeners)
            atlas = style_map.build()
            links = sharing.build()
            extra = more.build(engines)
            engine_words = gr.HTML("", elem_id="engine-note")
            with gr.Row(elem_id="make-row"):
                make = gr.Button("Make", variant="primary", elem_id="make", scale=0, min_width=150,
                                 interactive=False)  # until the page knows whose takes these will be
                stop = gr.Button("Stop", visible=False, elem_id="stop", scale=0, min_width=90)
                used = gr.HTML(f"<p>{sentence(Form())}</p>", elem_id="used")
        gr.HTML("<h2>Takes</h2>", elem_classes="ew-hidden")
        status = gr.HTML("", elem_id="status")
        with gr.Row(elem_id="takes-grid", elem_classes="ew-grid"):
            slots = [gr.HTML(EMPTY_STAGE if i == 0 else "", visible=i == 0, elem_classes="ew-slot")
                     for i in range(MAX_TAKES)]
        duel = compare.build()
        with gr.Accordion("Earlier takes", open=False, visible=False, elem_id="earlier") as lid:
            earlier = gr.HTML("")
        trial = trials_tab.build()
        editor, mixer = edit_panel.build(), mix_panel.build()
        shelf = library_tab.build()

        text_tab.connect(text, atlas.blend, desk, listeners)
        hum_tab.connect(hum, listeners)
        reference_tab.connect(track, listeners)
        lyrics_tab.connect(lyrics, listeners)

        fields = {
            "prompt": text.prompt, "negative": text.negative, "hum": hum.sound, "faithfulness": hum.faithfulness,
            "hum_notes": hum.notes, "hum_beat": hum.beat, "follow_timing": hum.follow, "keep_voice": hum.keep,
            "reference": track.sound, "reference_mode": track.mode, "reference_fixes": track.fixes,
            "strength": track.strength, "lyrics": lyrics.words, "voice": lyrics.voice, "singing": lyrics.singing,
            **{f"dial_{name}": slider for name, slider in extra.dials.items()},
            **{f"auto_{name}": box for name, box in extra.autos.items()},
            **{f"lane_{lane}": choice for lane, choice in extra.players.items()},
            "set_aside": text.set_aside, "blend": atlas.blend, "curve": extra.curve,
            "key": extra.key, "meter": extra.meter, "takes": extra.takes, "seed": extra.seed, "engine": extra.engine,
            "best": extra.best, "recalled": links.recalled,
        }
        shown = [status, lid, earlier, *slots]

        def read_form(values: Sequence) -> Form:
            return Form.from_fields(dict(zip(fields, values)))

        def tell_used(*values):
            """The line beside Make."""
            return f"<p>{escape(sentence(read_form(values)))}</p>"

        @speaking
        def prepare(takes, desk_now, request: gr.Request):
            """Refuse a second job of the same person, else make room."""
            sessions.check_free(request.session_hash or "")
            return handlers.prepare(int(takes), desk_now)

        def run(desk_now, token, request: gr.Request, *values):
            """Compose, keep and show, card by card."""
            yield from handlers.run(read_form(values), desk_now, session=request.session_hash or "", engines=engines,
                                    listeners=listeners, sessions=sessions, keep=keeper(library, token))

        def stop_mine(request: gr.Request):
            """Stop this session's job only."""
            sessions.stop(request.session_hash or "")
            return gr.Button("Stopping …", interactive=False)

        def leave(request: gr.Request):
            """The page was closed: nobody waits for the job any more."""
            sessions.stop(request.session_hash or "")

        inputs = list(fields.values())
        gr.on([component.change for component in inputs], tell_used, inputs, used, js=settled("used", 150),
              show_progress="hidden", trigger_mode="multiple", queue=False, api_visibility="private")
        extra.engine.change(lambda name: handlers.engine_note(engines, name), extra.engine, engine_words,
                            show_progress="hidden", api_visibility="private")
        quiet = {"show_progress": "hidden", "api_visibility": "private"}
        started = gr.on([make.click, text.prompt.submit], prepare, [extra.takes, desk],
                        [desk, status, make, stop, lid, earlier, *slots], queue=False, trigger_mode="once", **quiet)
        running = started.success(run, [desk, owner, *inputs], [desk, status, *slots], concurrency_id="generate",
                                  concurrency_limit=AT_ONCE, **quiet)
        for end in (running.success, running.failure):  # `then` is not called when a generator fails on the way
            end(handlers.finish, desk, [status, make, stop, *slots], queue=False, **quiet)
        stop.click(stop_mine, None, stop, cancels=running, queue=False, **quiet).then(
            handlers.after_stop, desk, [desk, status, make, stop, *slots], queue=False, **quiet)
        page.unload(leave)
        build_endpoints(engines, listeners, sessions)
        build_grid(engines, listeners, sessions)
        connect_downloads(listeners)
        compare.connect(duel, owner, library)
        trials_tab.connect(trial, inputs, read_form, owner, engines=engines, listeners=listeners, sessions=sessions,
                           library=library)
        connect_edits(listeners.workshop, listeners, sessions)
        for panel, tab in ((edit_panel, editor), (mix_panel, mixer)):
            panel.connect(tab, desk=desk, owner=owner, shown=shown, workshop=listeners.workshop, listeners=listeners,
                          sessions=sessions, library=library)
        library_tab.connect(shelf, owner, desk, shown, library, listeners)
        ready = sharing.connect(links, owner=owner, desk=desk, shown=shown, fields=fields, page=page, library=library,
                        listeners=listeners, empty=EMPTY_STAGE)
        ready.then(lambda: gr.Button(interactive=True), None, make, queue=False, **quiet)
        ready.then(text_tab.own_ideas, desk, text.ideas, queue=False, **quiet)
    page.queue(max_size=WAITING, default_concurrency_limit=LISTEN_AT_ONCE)
    return page


def launch_options() -> dict:
    """Keyword arguments for `Blocks.launch`: looks, limits, and which folders may be served."""
    return {
        "theme": theme(), "css": css(), "head": head(),
        "allowed_paths": [str(results_folder()), str(asset("examples"))], "footer_links": ["api"],
        "run_history": False, "max_file_size": UPLOAD_LIMIT, "show_error": False, "ssr_mode": False, "share": False,
        "pwa": False,
    }
