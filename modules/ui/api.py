"""The same actions as named endpoints with typed inputs, for `gradio_client`: make, listen_text, listen_hum,
listen_reference, listen_lyrics, separate; `downloads.py` adds export.

Inputs are components that are not shown, so that Gradio checks uploads and describes the types. Everything optional may
be left out; a dial left out is "auto".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import Any

import gradio as gr
import numpy as np

from modules.conditions.settings import read_beat, read_lanes, write_notes
from modules.engines.best import best_of
from modules.errors import Cancelled, EarwormError
from modules.types import PITCH_CLASSES, REFERENCE_MODES, SINGING, Engine, Progress, Take
from modules.ui.errors import as_message, speaking
from modules.ui.form import Form, to_request
from modules.ui.handlers import choose_engine, kept_best
from modules.ui.listeners import Listeners
from modules.ui.more import DEFAULT_TAKES, DIALS
from modules.ui.sessions import Sessions, new_folder
from modules.ui.takes import recipe_of

HUM_KEYS = ("tempo_bpm", "meter", "tuning_cents")
REFERENCE_KEYS = ("tempo_bpm", "meter", "key_confidence", "energy", "brightness", "beats_s", "downbeats_s",
                  "description")


def plain(value: Any) -> Any:
    """Dataclasses, arrays and tuples as JSON holds them."""
    if hasattr(value, "__dataclass_fields__"):
        return plain(asdict(value))
    if isinstance(value, np.ndarray):
        return [round(float(x), 4) for x in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return dict(value) if hasattr(value, "keys") else value


def collect_takes(start: Callable[[Event], Iterable[Progress | Take]], session: str, progress: gr.Progress, *,
                  listeners: Listeners, sessions: Sessions) -> tuple[list[dict[str, Any]], list[str]]:
    """Run one job of a script and write what comes of it.

    Args:
        start: begins the job, given its cancel event.

    Returns:
        [{seed, summary, report, recipe, take, files}], and all files written. When the client goes away, what is done.

    Raises:
        gr.Error: what went wrong.
    """
    done, written = [], []
    try:
        cancel = sessions.begin(session)
    except EarwormError as error:
        raise as_message(error) from error
    try:
        for item in start(cancel):
            if isinstance(item, Progress):
                progress(item.fraction, desc=item.message)
                continue
            paths = listeners.export(item, new_folder())
            written += [str(path) for path in paths.values()]
            done.append({"seed": item.seed, "summary": item.summary, "report": plain(item.report),
                         "recipe": recipe_of(paths), "take": next(iter(paths.values())).parent.name,
                         "files": {label: Path(path).name for label, path in paths.items()}})
    except Cancelled:
        pass
    except EarwormError as error:
        raise as_message(error) from error
    finally:
        sessions.end(session, cancel)
    return done, written


@speaking
def told_lanes(text: str) -> dict[str, str]:
    """Instruments by lane of "bass=tuba, drums=none"."""
    return dict(read_lanes(text))


def build_endpoints(engines: Sequence[Engine], listeners: Listeners, sessions: Sessions) -> None:
    """Add the endpoints to the page under construction."""
    with gr.Group(visible=False):
        result, files = gr.JSON(label="result"), gr.File(file_count="multiple", label="files")
        _add_listeners(listeners, result)
        _add_separate(listeners, files)
        fields = [
            gr.Textbox("", label="prompt"), gr.Textbox("", label="negative"),
            gr.File(label="hum"), gr.Slider(0, 1, 1, label="faithfulness"),
            gr.Audio(type="filepath", label="reference"),
            gr.Radio(list(REFERENCE_MODES), value="vibe", label="reference_mode"),
            gr.Textbox("", label="lyrics"), gr.Textbox("auto", label="voice"),
            *(gr.Number(None, label=dial.name, minimum=dial.low, maximum=dial.high) for dial in DIALS),
            gr.Textbox("auto", label="key"), gr.Textbox("auto", label="meter"),
            gr.Number(DEFAULT_TAKES, label="takes", precision=0), gr.Textbox("", label="seed"),
            gr.Textbox(engines[0].name, label="engine"), gr.Textbox("", label="style"),
            gr.Textbox("", label="energy_curve"), gr.Textbox("", label="instruments"),
            gr.Radio(list(SINGING), value="sung", label="singing"),
            gr.Textbox("", label="hum_notes"), gr.Textbox("", label="hum_beat"),
            gr.Checkbox(False, label="follow_timing"), gr.Checkbox(False, label="keep_voice"),
            gr.Textbox("", label="reference_fixes"), gr.Slider(0, 1, 0.5, label="strength"),
            gr.Number(0, label="best", precision=0),
        ]

    # Gradio reads "may be left out" from a default of None, and passes the component's own value then.
    def make(request: gr.Request, prompt="", negative="", hum=None, faithfulness=1.0, reference=None,
             reference_mode="vibe", lyrics="", voice="auto", tempo_bpm=None, duration_s=None, energy=None,
             complexity=None, density=None, brightness=None, swing=None, key="auto", meter="auto",
             takes=DEFAULT_TAKES, seed="", engine="embedded", style="", energy_curve="", instruments="",
             singing="sung", hum_notes="", hum_beat="", follow_timing=False, keep_voice=False, reference_fixes="",
             strength=0.5, best=0,
             progress=gr.Progress()):  # noqa: B008 - Gradio's way of injecting progress
        """Compose takes. Returns a list of {seed, summary, report, recipe, take, files} and all files written."""
        dials = dict(tempo_bpm=tempo_bpm, duration_s=duration_s, energy=energy, complexity=complexity,
                     density=density, brightness=brightness, swing=swing)
        form = Form(prompt=prompt, negative=negative, hum=hum, faithfulness=faithfulness, reference=reference,
                    reference_mode=reference_mode, reference_fixes=reference_fixes, strength=strength, lyrics=lyrics,
                    voice=voice, singing=singing, blend=style, curve=energy_curve, lanes=told_lanes(instruments),
                    dials=dials, key=key, meter=meter, takes=takes, seed=seed, engine=engine, hum_notes=hum_notes,
                    hum_beat=hum_beat, follow_timing=follow_timing, keep_voice=keep_voice, best=best)

        def start(cancel):
            asked = to_request(form, listeners.read_audio)
            return best_of(choose_engine(engines, asked.engine).takes(asked, cancel), kept_best(form))

        return collect_takes(start, f"api {request.session_hash}", progress, listeners=listeners, sessions=sessions)

    gr.Button(visible=False).click(make, fields, [result, files], api_name="make", concurrency_id="generate",
                                   api_description="Compose takes from any mixture of prompt, hum, track and lyrics.")


def _add_separate(listeners: Listeners, files: gr.File) -> None:
    track, how = gr.Audio(type="filepath", label="track"), gr.Textbox("simple", label="how")

    @speaking
    def separate(track, how="simple"):
        """Take a track apart: voice, drums and the rest as sound files.

        Args:
            how: "simple", or "demucs" where its weights can be fetched.
        """
        return [str(path) for path in listeners.separate(Path(track), how, new_folder()).values()]

    gr.Button(visible=False).click(separate, [track, how], files, api_name="separate", concurrency_id="listen",
                                   api_description="Take a track apart: voice, drums and the rest as sound files.")


def _add_listeners(listeners: Listeners, result: gr.JSON) -> None:
    text, negative = gr.Textbox("", label="prompt"), gr.Textbox("", label="negative")
    hum, track = gr.File(label="hum"), gr.Audio(type="filepath", label="reference")
    beat = gr.Textbox("", label="hum_beat")
    words = gr.Textbox("", label="lyrics")

    @speaking
    def listen_text(prompt, negative):
        """What a prompt (and what to leave out) is understood to ask for."""
        return plain(listeners.text(prompt, negative))

    @speaking
    def listen_hum(hum, hum_beat=""):
        """Tempo, key, tuning and notes of a hummed, sung or played tune or a MIDI file, and its notes on the grid."""
        heard = listeners.hum(Path(hum), read_beat(hum_beat, Path(hum).name))
        return {**{name: plain(getattr(heard, name)) for name in HUM_KEYS},
                "key": f"{PITCH_CLASSES[heard.tonic]} {heard.mode}", "notes": plain(heard.notes),
                "hum_notes": write_notes(heard.grid)}

    @speaking
    def listen_reference(reference):
        """Tempo, beats, metre, key, chords, sections, energy, brightness, nearest styles and words for a track."""
        heard = listeners.reference(Path(reference))
        return {**{name: plain(getattr(heard, name)) for name in REFERENCE_KEYS},
                "key": f"{PITCH_CLASSES[heard.tonic]} {heard.mode}",
                "chords": [{"start_s": c.start_s, "end_s": c.end_s, "name": c.name} for c in heard.chords],
                "sections": plain(heard.sections),
                "styles": [{"name": name, "weight": float(weight)} for name, weight in heard.styles.items()]}

    @speaking
    def listen_lyrics(lyrics):
        """Lines of syllables with phonemes and stress."""
        return plain(listeners.lyrics(lyrics))

    for function, inputs in ((listen_text, [text, negative]), (listen_hum, [hum, beat]), (listen_reference, track),
                             (listen_lyrics, words)):
        gr.Button(visible=False).click(function, inputs, result, api_name=function.__name__, concurrency_id="listen",
                                       api_description=function.__doc__)
