"""The endpoint `/grid`: prompts and settings varied as one job, for `gradio_client`."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace

import gradio as gr

from modules.engines.trials import axes_of, over_settings, run_trials
from modules.errors import Cancelled, EarwormError
from modules.types import Engine, Progress
from modules.ui.errors import as_message
from modules.ui.form import Form, to_request
from modules.ui.grid_report import Report
from modules.ui.handlers import choose_engine
from modules.ui.keeping import arrive
from modules.ui.listeners import Listeners
from modules.ui.sessions import Sessions, new_folder


def build_grid(engines: Sequence[Engine], listeners: Listeners, sessions: Sessions) -> None:
    """Add the endpoint to the page under construction."""
    result, report = gr.JSON(label="result", visible=False), gr.File(label="report", visible=False)
    fields = [gr.Textbox("", label="prompts", visible=False), gr.Textbox("", label="vary", visible=False),
              gr.Number(1, label="takes", precision=0, visible=False), gr.Textbox("", label="seed", visible=False)]

    def grid(request: gr.Request, prompts="", vary="", takes=1, seed="",
             progress=gr.Progress()):  # noqa: B008 - Gradio's way of injecting progress
        """Vary prompts and settings. Returns a list of {labels, seed, summary, take, reason} and a report as ZIP.

        Args:
            prompts: parted by |.
            vary: settings, one a line: "energy=0.2,0.8".
            takes: for each combination.
            seed: the same for all.
        """
        session, done = f"api {request.session_hash}", []
        try:
            axes = axes_of(prompts, vary.splitlines())
            asked = to_request(Form(prompt=prompts.split("|")[0], takes=1, seed=seed), listeners.read_audio)
            trials = over_settings(replace(asked, takes=int(takes)), axes)
            cancel = sessions.begin(session)
        except EarwormError as error:
            raise as_message(error) from error
        page = Report(new_folder() / "earworm_grid", trials, "Earworm grid")
        try:
            for item in run_trials(trials, lambda name: choose_engine(engines, name), cancel):
                if isinstance(item, Progress):
                    progress(item.fraction, desc=item.message)
                    continue
                folder, face = arrive(item.take, listeners) if item.take else (None, None)
                page.add(item, face, folder)
                done.append({"labels": dict(item.trial.labels), "reason": item.reason,
                             "seed": face.seed if face else None, "summary": face.summary if face else "",
                             "take": folder.name if folder else None})
        except Cancelled:
            pass  # the client went away; what is done is returned all the same
        finally:
            sessions.end(session, cancel)
        return done, shutil.make_archive(str(page.folder), "zip", page.folder.parent, page.folder.name)

    gr.Button(visible=False).click(grid, fields, [result, report], api_name="grid", concurrency_id="generate",
                                   api_description="Vary prompts and settings as one job, with a report to take away.")
