"""Hum: microphone or file, the pitch curve with the notes found, and how closely to follow them."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

import gradio as gr

from modules.config import MAX_HUM_S
from modules.types import PITCH_CLASSES, Hum
from modules.ui.errors import speaking
from modules.ui.examples import example_files, title_of
from modules.ui.listeners import Listeners
from modules.ui.plots import pitch_curve

HINT = ('<p class="ew-hint">Hum, sing, whistle or play a tune. Steady “da da da” is easiest to follow. '
        'The notes appear here at once.</p>')


@dataclass(frozen=True)
class HumTab:
    sound: gr.Audio
    faithfulness: gr.Slider
    picture: gr.HTML


def build() -> HumTab:
    """Components of the tab, in place."""
    with gr.Row(elem_classes="ew-split"):
        with gr.Column(scale=2, min_width=280):
            sound = gr.Audio(sources=["microphone", "upload"], type="filepath", elem_id="hum", buttons=[],
                             label=f"Record or upload a tune, up to {MAX_HUM_S:.0f} s", waveform_options=WAVE)
            faithfulness = gr.Slider(0, 1, 1, step=0.05, label="How closely to follow it", elem_id="faithfulness",
                                     info="0: be inspired by it · 1: note for note", buttons=[])
        with gr.Column(scale=3, min_width=280):
            picture = gr.HTML(HINT, elem_id="heard-hum")
    files = example_files("hum")
    if files:
        with gr.Row(elem_classes="ew-examples"):
            gr.HTML('<span class="ew-label">Try</span>', elem_classes="ew-inline")
            for path in files:
                button = gr.Button(title_of(path), size="sm", min_width=60)
                button.click(lambda file=str(path): file, None, sound, api_visibility="private",
                             show_progress="hidden")
    return HumTab(sound, faithfulness, picture)


WAVE = {"waveform_color": "#9ab8ae", "waveform_progress_color": "#1b8a7a"}


def hum_words(hum: Hum) -> str:
    """Facts about the hum as chips, and its picture."""
    facts = [("notes", str(len(hum.notes))), ("key", f"{PITCH_CLASSES[hum.tonic]} {hum.mode}"),
             ("tempo", f"{hum.tempo_bpm:.0f} BPM"), ("metre", hum.meter)]
    if abs(hum.tuning_cents) >= 5:
        facts.append(("tuning", f"{abs(hum.tuning_cents):.0f} cents {'sharp' if hum.tuning_cents > 0 else 'flat'}"))
    chips = "".join(f"<li><span>{escape(label)}</span> {escape(value)}</li>" for label, value in facts)
    return f'<span class="ew-label">Heard</span><ul class="ew-chips">{chips}</ul>{pitch_curve(hum)}'


def connect(tab: HumTab, listeners: Listeners) -> None:
    """Draw what was heard as soon as there is a recording."""

    @speaking
    def listen(path: str | None) -> str:
        return hum_words(listeners.hum(Path(path))) if path else HINT

    tab.sound.change(lambda path: '<p class="ew-hint ew-listening">Listening …</p>' if path else HINT, tab.sound,
                     tab.picture, queue=False, show_progress="hidden", api_visibility="private").then(
        listen, tab.sound, tab.picture, show_progress="hidden", concurrency_id="listen", api_visibility="private"
    ).failure(lambda: HINT, None, tab.picture, queue=False, show_progress="hidden", api_visibility="private")
