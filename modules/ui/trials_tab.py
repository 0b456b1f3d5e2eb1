"""Experiments in the page: the form varied by seed, by input, by engine or over two settings, as one job.

Results stand in a grid as they come, are kept like all takes, can be compared and ranked by what was varied, and leave
as a folder that opens without Earworm.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import gradio as gr

from modules.engines import trials as plans
from modules.engines.trials import Outcome, Trial, run_trials
from modules.errors import Cancelled, EarwormError
from modules.library.shelf import Library
from modules.types import Engine, Progress, Request
from modules.ui.acts import act_button
from modules.ui.downloads import url
from modules.ui.errors import as_message, speaking
from modules.ui.faces import Face, playable
from modules.ui.form import Form, to_request
from modules.ui.grid_report import Grid, Report, mini_card, refused
from modules.ui.handlers import PROGRESS_EVERY_S, choose_engine
from modules.ui.keeping import Keep, arrive, keeper
from modules.ui.listeners import Listeners
from modules.ui.player import player
from modules.ui.sessions import Sessions, new_folder
from modules.ui.takes import done_line, progress_line

WAYS = (("seeds", "seeds"), ("inputs: each alone, then all together", "inputs"), ("engines", "engines"),
        ("one or two settings", "settings"))
USUAL = {"energy": "0.2, 0.5, 0.8", "complexity": "0.2, 0.5, 0.8", "density": "0.2, 0.5, 0.8",
         "brightness": "0.2, 0.5, 0.8", "tempo": "80, 110, 140", "length": "15, 30", "swing": "0.5, 0.58, 0.66",
         "key": "A minor, C major", "metre": "4/4, 3/4", "faithfulness": "1, 0.5, 0",
         "style": "bossa nova, synthwave, lo-fi", "prompt": "calm piano | the same, but stormy",
         "leave out": "drums | bass"}
WAITING = '<p class="ew-cell-waiting" aria-hidden="true"></p>'
NOT_MADE = '<p class="ew-hint">not made</p>'
STOPPED = "Stopped. What is finished stays."
OFFERED = ("energy", "style", "tempo", "complexity", "density", "brightness", "key", "metre", "swing", "length",
           "prompt", "leave out", "faithfulness")


@dataclass(frozen=True)
class TrialsTab:
    way: gr.Radio
    seeds: gr.Slider
    first: gr.Dropdown
    first_values: gr.Textbox
    second: gr.Dropdown
    second_values: gr.Textbox
    each: gr.Slider
    start: gr.Button
    stop: gr.Button
    status: gr.HTML
    grid: gr.HTML
    report: gr.HTML
    settings: gr.Row


@dataclass(frozen=True)
class Plan:
    """What the panel asks for."""

    way: str
    seeds: int = 3
    first: str = "energy"
    first_values: str = ""
    second: str = ""
    second_values: str = ""
    each: int = 1


def build() -> TrialsTab:
    """Components, in place behind a lid."""
    with gr.Accordion("Experiment: compare seeds, inputs, engines or settings", open=False, elem_id="experiment",
                      elem_classes="ew-lid ew-room"):
        way = gr.Radio(list(WAYS), value="seeds", label="What to compare, everything else staying as filled in above",
                       elem_id="trial-way")
        with gr.Row(elem_classes="ew-trial-row", visible=False) as settings:
            first = gr.Dropdown(list(OFFERED), value="energy", label="Down", elem_id="trial-first", min_width=130,
                                scale=1, filterable=False)
            first_values = gr.Textbox(USUAL["energy"], label="with the values", elem_id="trial-first-values",
                                      min_width=200, scale=2, max_length=2000)
            second = gr.Dropdown([("nothing", ""), *OFFERED], value="style", label="Across", elem_id="trial-second",
                                 min_width=130, scale=1, filterable=False)
            second_values = gr.Textbox(USUAL["style"], label="with the values", elem_id="trial-second-values",
                                       min_width=200, scale=2, max_length=2000)
        with gr.Row(elem_classes="ew-trial-row"):
            seeds = gr.Slider(2, 6, 3, step=1, label="Seeds", elem_id="trial-seeds", buttons=[], min_width=180)
            each = gr.Slider(1, 3, 1, step=1, label="Takes for each", elem_id="trial-each", buttons=[], min_width=180)
        with gr.Row(elem_classes="ew-examples"):
            start = gr.Button("Run the experiment", elem_id="trial-start", min_width=150)
            stop = gr.Button("Stop", visible=False, elem_id="trial-stop", min_width=90)
        status = gr.HTML("", elem_id="trial-status")
        grid = gr.HTML("", elem_id="trials")
        report = gr.HTML("", elem_id="trial-report")
    return TrialsTab(way, seeds, first, first_values, second, second_values, each, start, stop, status, grid, report,
                     settings)


def plan_trials(plan: Plan, request: Request, engines: Sequence[str]) -> list[Trial]:
    """The trials that a plan makes of the form's request.

    Raises:
        InputError: nothing to compare, or a value that is none.
    """
    request = replace(request, takes=int(plan.each))
    if plan.way == "inputs":
        return plans.by_input(request)
    if plan.way == "engines":
        return plans.by_engine(request, engines)
    if plan.way == "settings":
        axes = [plans.read_axis(f"{name}={values}") for name, values in
                ((plan.first, plan.first_values), (plan.second, plan.second_values)) if name]
        return plans.over_settings(request, axes)
    return plans.by_seed(request, int(plan.seeds))


def shown_card(face: Face, folder: Path, outcome: Outcome) -> str:
    """A cell's card in the playground."""
    name = f"take {outcome.number}"
    playing = player(url(folder / playable(face.files)), face.duration_s, name, face.wave, "takes")
    star = (f'<button type="button" class="ew-star" data-act="star" aria-pressed="false" aria-label="Star {name}">★'
            "</button>")
    more = star + act_button("open", "Open", f"Show {name} among the takes") + act_button("share", "Share",
                                                                                         f"Copy a link to {name}")
    return mini_card(face, playing, name, outcome.trial.labels, take=folder.name, more=more)


def run_experiment(trials: Sequence[Trial], *, engines: Sequence[Engine], listeners: Listeners, keep: Keep,
                   cancel: Event) -> Iterator[tuple]:
    """Run, keep and show.

    Yields:
        status, grid and report line as HTML, and the report's folder; what has not changed is skipped.
    """
    grid, shown_at, n = Grid(trials), 0.0, 0
    report = Report(new_folder() / "earworm_experiment", trials, "An Earworm experiment")
    yield progress_line(0, "Getting ready …"), grid.html(WAITING), "", str(report.folder)
    try:
        for item in run_trials(trials, lambda name: choose_engine(engines, name), cancel):
            if isinstance(item, Progress):
                if time.monotonic() - shown_at >= PROGRESS_EVERY_S:
                    shown_at = time.monotonic()
                    yield progress_line(item.fraction, item.message), gr.skip(), gr.skip(), gr.skip()
                continue
            folder, face = arrive(item.take, listeners) if item.take else (None, None)
            if face:
                n += 1
                keep(folder, face, n, item.trial.labels)
            grid.add(item.trial, shown_card(face, folder, item) if face else refused(item.reason))
            report.add(item, face, folder)
            yield gr.skip(), grid.html(WAITING), gr.skip(), gr.skip()
        told = f"{n} take{'s' if n != 1 else ''} made, and kept in your library."
    except Cancelled:
        told = STOPPED
    yield done_line(told), grid.html(NOT_MADE), report_link(str(report.folder)), gr.skip()


def report_link(folder: str) -> str:
    """The experiment as one file to take away; nothing when nothing was made."""
    if not (Path(folder) / "index.html").is_file():
        return ""
    packed = shutil.make_archive(folder, "zip", Path(folder).parent, Path(folder).name)
    return (f'<a class="ew-small" href="{url(Path(packed))}" download="earworm_experiment.zip">Take the report away '
            "(ZIP: a page that opens without Earworm)</a>")


def after_stop(grid: str) -> tuple:
    """What is done stays; what is not, says so."""
    return done_line(STOPPED), (grid or "").replace(WAITING, NOT_MADE)


def connect(tab: TrialsTab, inputs: Sequence[gr.components.Component], read_form: Callable[[Sequence], Form],
            owner: gr.BrowserState, *, engines: Sequence[Engine], listeners: Listeners, sessions: Sessions,
            library: Library) -> None:
    """Wire the panel.

    Args:
        inputs: the form's components; `read_form` makes a form of their values.
        owner: the browser's token.
    """
    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    chosen = [tab.way, tab.seeds, tab.first, tab.first_values, tab.second, tab.second_values, tab.each]
    folder = gr.State("")

    def show_fields(way):
        """Only what the chosen way needs."""
        return gr.Row(visible=way == "settings"), gr.Slider(visible=way == "seeds")

    @speaking
    def prepare(request: gr.Request):
        """Refuse a second job of the same person."""
        sessions.check_free(request.session_hash or "")
        return gr.Button(interactive=False), gr.Button("Stop", visible=True, interactive=True)

    def run(token, request: gr.Request, *values):
        """Plan and run; the panel's own values come first."""
        session = request.session_hash or ""
        try:
            asked = to_request(read_form(values[len(chosen):]), listeners.read_audio)
            trials = plan_trials(Plan(*values[:len(chosen)]), asked, [engine.name for engine in engines])
            cancel = sessions.begin(session)
        except EarwormError as error:
            raise as_message(error) from error
        try:
            yield from run_experiment(trials, engines=engines, listeners=listeners, keep=keeper(library, token),
                                      cancel=cancel)
        finally:
            cancel.set()
            sessions.end(session, cancel)

    def stop(request: gr.Request):
        """Stop this session's job only."""
        sessions.stop(request.session_hash or "")
        return gr.Button("Stopping …", interactive=False)

    def finish():
        """Always at the end."""
        return gr.Button(interactive=True), gr.Button(visible=False)

    tab.way.change(show_fields, tab.way, [tab.settings, tab.seeds], queue=False, **quiet)
    for name, values in ((tab.first, tab.first_values), (tab.second, tab.second_values)):
        name.input(lambda setting: USUAL.get(setting, ""), name, values, queue=False, **quiet)
    buttons, shown = [tab.start, tab.stop], [tab.status, tab.grid, tab.report]
    running = tab.start.click(prepare, None, buttons, queue=False, trigger_mode="once", **quiet).success(
        run, [owner, *chosen, *inputs], [*shown, folder], concurrency_id="generate", **quiet)
    for end in (running.success, running.failure):
        end(finish, None, buttons, queue=False, **quiet)
    tab.stop.click(stop, None, tab.stop, cancels=running, queue=False, **quiet).then(
        after_stop, tab.grid, shown[:2], queue=False, **quiet).then(
        finish, None, buttons, queue=False, **quiet).then(report_link, folder, tab.report, queue=False, **quiet)
