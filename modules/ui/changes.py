"""Edits and mixes from the page: an order is carried out, each take that comes of it becomes a card.

As `handlers.run`: a generator in the queue, so that Stop works; a person has one job at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from modules.config import MAX_TAKES
from modules.errors import Cancelled, EarwormError
from modules.types import Progress
from modules.ui.downloads import recipe_in, recipe_of_take
from modules.ui.errors import as_message
from modules.ui.handlers import PROGRESS_EVERY_S, REMEMBERED, add_card, made_of
from modules.ui.keeping import FULL, Keep, arrive
from modules.ui.lineage_strip import with_kin
from modules.ui.listeners import Listeners
from modules.ui.sessions import Sessions
from modules.ui.takes import card
from modules.ui.workshop import Workshop

LAID_OUT = MAX_TAKES + 3  # what `handlers.lay_out` gives after the desk


def carry_out(order: Mapping[str, Any], take: str, desk: dict, *, session: str, workshop: Workshop,
              listeners: Listeners, sessions: Sessions, keep: Keep) -> Iterator[tuple]:
    """Carry an order out.

    Yields:
        the panel's status as HTML, the name of the take made last (empty so far), desk, then as `handlers.lay_out`.

    Raises:
        gr.Error: what went wrong, for the person; takes that are done stay.
    """
    skip = [gr.skip()] * LAID_OUT
    made = 0
    try:
        cancel = sessions.begin(session)
    except EarwormError as error:
        raise as_message(error) from error
    try:
        shown_at = 0.0
        recipe = recipe_of_take(take)
        yield waiting_line("Getting ready …", 0.0), "", gr.skip(), *skip
        for item in workshop.carry_out(recipe, order, cancel):
            if isinstance(item, Progress):
                if time.monotonic() - shown_at >= PROGRESS_EVERY_S:
                    shown_at = time.monotonic()
                    yield waiting_line(item.message, item.fraction), gr.skip(), gr.skip(), *skip
                continue
            made += 1
            folder, face = arrive(item, listeners)
            number = min(len(desk["cards"]), MAX_TAKES) + 1
            full = not keep(folder, face, number, {})
            desk = with_kin({**desk, "made": [*desk.get("made", ()), made_of(item)][-REMEMBERED:]}, folder.name,
                            item.recipe, number)
            told = f"Done: {face.summary.split('. ')[0]}." + (f" {FULL}" if full else "")
            desk, *laid = add_card(desk, card(face, folder, number), told)
            yield done_note(told), folder.name, desk, *laid
    except Cancelled:
        yield done_note("Stopped."), gr.skip(), gr.skip(), *skip
    except EarwormError as error:
        yield done_note(str(error)), gr.skip(), gr.skip(), *skip
        raise as_message(error) from error
    finally:
        cancel.set()
        sessions.end(session, cancel)


def waiting_line(message: str, fraction: float) -> str:
    """Where a job stands, with a way to stop it."""
    percent = round(100 * min(max(fraction, 0.0), 1.0))
    return (f'<div class="ew-progress ew-working" role="status"><span>{escape(message)}</span>'
            f'<button type="button" class="ew-small" data-stop="">Stop</button>'
            f'<div class="ew-bar"><i style="width:{percent}%"></i></div></div>')


def done_note(message: str) -> str:
    """What came of a job."""
    return f'<div class="ew-progress" role="status"><span>{escape(message)}</span></div>'


def sound_file(folder: Path) -> Path:
    """The take's sound that a browser plays, lightest first."""
    stem = recipe_in(folder).stem
    return next(path for path in (folder / f"{stem}{suffix}" for suffix in (".mp3", ".ogg", ".wav", ".flac"))
                if path.is_file())
