"""Make and Stop: a form becomes a request, the engine's takes become cards, one after another.

Three steps, so that nothing is lost: `prepare` (at once: skeletons, Stop), `run` (a generator in the queue), `finish`
(always, also after an error: what is done stays). Stop sets this session's event, so that the engine ends between
steps, and takes the job out of Gradio's queue if it still waits there (`after_stop`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from html import escape

import gradio as gr

from modules.config import MAX_TAKES
from modules.engines.best import best_of
from modules.errors import Cancelled, EarwormError, EngineUnavailable
from modules.types import Engine, Progress, Request, Take
from modules.ui.errors import as_message
from modules.ui.form import Form, to_request
from modules.ui.keeping import FULL, Keep, arrive, nowhere
from modules.ui.lineage_strip import with_kin
from modules.ui.listeners import Listeners
from modules.ui.more import engine_title
from modules.ui.sessions import Sessions
from modules.ui.takes import card, done_line, progress_line, skeleton

SHOWN_EARLIER = 12  # cards of earlier runs that stay on the page
REMEMBERED = 12  # takes that ideas grow from
PROGRESS_EVERY_S = 0.2  # seconds between two updates of the progress line


def empty_desk() -> dict:
    """What a session holds: cards of this run, of earlier runs (newest run first), the last message, and what was made
    (style, tempo, instruments of each take, oldest first) for ideas to grow from."""
    return {"cards": [], "earlier": [], "message": "", "made": []}


def choose_engine(engines: Sequence[Engine], name: str) -> Engine:
    """The engine of that name.

    Raises:
        EngineUnavailable: unknown here, or it says why it cannot run.
    """
    for engine in engines:
        if engine.name == name:
            reason = engine.available()
            if reason:
                raise EngineUnavailable(f"{engine_title(name)} cannot run here: {reason}")
            return engine
    raise EngineUnavailable(f"There is no engine “{name}” here; {', '.join(e.name for e in engines)} would be right.")


def prepare(takes: int, desk: dict) -> tuple:
    """At once on Make: earlier takes step back, skeletons stand in.

    Returns:
        desk, status, make button, stop button, earlier lid, earlier cards, then `MAX_TAKES` slots.
    """
    earlier = (desk["cards"] + desk["earlier"])[:SHOWN_EARLIER]
    desk = {**desk, "cards": [], "earlier": earlier, "message": ""}
    slots = [gr.HTML(skeleton(i + 1), visible=True) if i < takes else gr.HTML("", visible=False)
             for i in range(MAX_TAKES)]
    waiting = "Getting ready; if others are making music, this waits its turn …"
    return (desk, progress_line(0, waiting), gr.Button(interactive=False),
            gr.Button("Stop", visible=True, interactive=True), *earlier_box(earlier), *slots)


def run(form: Form, desk: dict, *, session: str, engines: Sequence[Engine], listeners: Listeners,
        sessions: Sessions, keep: Keep = nowhere) -> Iterator[tuple]:
    """Compose, keep and show.

    Yields:
        desk, status, then `MAX_TAKES` slots; what has not changed is skipped.

    Raises:
        gr.Error: what went wrong, for the person; cards that are done stay.
    """
    skip = [gr.skip()] * MAX_TAKES
    cards: list[str] = []
    try:
        cancel = sessions.begin(session)
    except EarwormError as error:
        raise as_message(error) from error
    try:
        request = to_request(form, listeners.read_audio)
        shown_at = 0.0
        note = ""
        for item in best_of(choose_engine(engines, request.engine).takes(request, cancel), kept_best(form)):
            if isinstance(item, Progress):
                if time.monotonic() - shown_at >= PROGRESS_EVERY_S:
                    shown_at = time.monotonic()
                    yield gr.skip(), progress_line(item.fraction, item.message), *skip
                continue
            folder, face = arrive(item, listeners, request)
            if not keep(folder, face, len(cards) + 1, {}):
                note = f" {FULL}"
            cards.append(card(face, folder, len(cards) + 1))
            desk = with_kin({**desk, "made": [*desk.get("made", ()), made_of(item)][-REMEMBERED:]}, folder.name,
                            item.recipe, len(cards))
            slots = list(skip)
            slots[len(cards) - 1] = cards[-1]
            yield {**desk, "cards": list(cards), "message": ready(len(cards), request) + note}, gr.skip(), *slots
    except Cancelled:
        yield {**desk, "cards": list(cards), "message": stopped(len(cards))}, gr.skip(), *skip
    except EarwormError as error:
        yield {**desk, "cards": list(cards), "message": str(error)}, gr.skip(), *skip
        raise as_message(error) from error
    finally:
        cancel.set()  # when Gradio closes this generator, an engine with threads of its own stops too
        sessions.end(session, cancel)


def kept_best(form: Form) -> int:
    """How many of the takes are to be chosen by their reports; 0 = all are shown as they come."""
    return int(form.best) if 0 < int(form.best) < int(form.takes) else 0


def made_of(take: Take) -> dict:
    """What a session remembers of a take, as plain data."""
    return {"styles": dict(take.song.styles), "tempo_bpm": take.song.tempo_bpm,
            "played": dict(take.song.instruments)}


def ready(n_takes: int, request: Request) -> str:
    """What to say when all is done."""
    return f"{n_takes} take{'s' if n_takes != 1 else ''} ready. Seed {request.seed} brings them back."


def stopped(n_takes: int) -> str:
    """What to say after Stop."""
    return f"Stopped. {n_takes} finished take{'s stay' if n_takes != 1 else ' stays'}." if n_takes else "Stopped."


def add_card(desk: dict, shown: str, message: str) -> tuple:
    """One more card, last in its row; the first ones step back where there is no room.

    Returns:
        desk, status, earlier lid, earlier cards, then `MAX_TAKES` slots.
    """
    cards = [*desk["cards"], shown]
    earlier = (cards[:-MAX_TAKES] + desk["earlier"])[:SHOWN_EARLIER]
    return lay_out({**desk, "cards": cards[-MAX_TAKES:], "earlier": earlier, "message": message})


def lay_out(desk: dict) -> tuple:
    """A desk as it stands.

    Returns:
        desk, status, earlier lid, earlier cards, then `MAX_TAKES` slots.
    """
    slots = [gr.HTML(desk["cards"][i], visible=True) if i < len(desk["cards"]) else gr.HTML("", visible=False)
             for i in range(MAX_TAKES)]
    return desk, done_line(desk["message"]), *earlier_box(desk["earlier"]), *slots


def earlier_box(earlier: list[str]) -> tuple:
    """Lid and cards of earlier takes."""
    lid = gr.Accordion(f"Earlier takes ({len(earlier)})", visible=bool(earlier))
    return lid, f'<div class="ew-grid">{"".join(earlier)}</div>'


def after_stop(desk: dict) -> tuple:
    """After Stop: the desk says so, then as `finish`; desk first."""
    desk = {**desk, "message": stopped(len(desk["cards"]))}
    return desk, *finish(desk)


def finish(desk: dict) -> tuple:
    """Always at the end: leftover skeletons go, Make comes back.

    Returns:
        status, make button, stop button, then `MAX_TAKES` slots.
    """
    slots = [gr.skip() if i < len(desk["cards"]) else gr.HTML("", visible=False) for i in range(MAX_TAKES)]
    return done_line(desk["message"]), gr.Button(interactive=True), gr.Button(visible=False), *slots


def engine_note(engines: Sequence[Engine], name: str) -> str:
    """Why the chosen engine cannot run, or nothing."""
    try:
        choose_engine(engines, name)
    except EngineUnavailable as error:
        return f'<p class="ew-note-line">⚠ {escape(str(error))}</p>'
    return ""
