"""Track: a recording to match in feel or to restyle, and what was heard in it, in words and as a small plot."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

import gradio as gr

from modules.config import MAX_UPLOAD_S
from modules.types import PITCH_CLASSES, Reference
from modules.ui.errors import speaking
from modules.ui.examples import example_files, title_of
from modules.ui.listeners import Listeners
from modules.ui.plots import energy_curve
from modules.ui.theme import WAVE

HINT = ('<p class="ew-hint">A song whose feel you want, or a sketch of yours to dress anew. '
        'It stays on this machine and is deleted within a day or so.</p>')
MODES = (("Match the vibe: tempo, groove, energy; not one note of it", "vibe"),
         ("Restyle: keep its melody and chords, change the rest", "restyle"))


@dataclass(frozen=True)
class ReferenceTab:
    sound: gr.Audio
    mode: gr.Radio
    picture: gr.HTML


def build() -> ReferenceTab:
    """Components of the tab, in place."""
    with gr.Row(elem_classes="ew-split"):
        with gr.Column(scale=2, min_width=280):
            sound = gr.Audio(sources=["upload"], type="filepath", elem_id="reference", buttons=[],
                             label=f"A track, up to {MAX_UPLOAD_S / 60:.0f} minutes", waveform_options=WAVE)
            mode = gr.Radio(list(MODES), value="vibe", label="What to take from it", elem_id="reference-mode")
        with gr.Column(scale=3, min_width=280):
            picture = gr.HTML(HINT, elem_id="heard-reference")
    files = example_files("reference")
    if files:
        with gr.Row(elem_classes="ew-examples"):
            gr.HTML('<span class="ew-label">Try</span>', elem_classes="ew-inline")
            for path in files:
                gr.Button(title_of(path), size="sm", min_width=60).click(
                    lambda file=str(path): file, None, sound, api_visibility="private", show_progress="hidden")
    return ReferenceTab(sound, mode, picture)


def reference_words(heard: Reference) -> str:
    """A sentence, facts as chips, and the energy curve."""
    styles = sorted(heard.styles.items(), key=lambda item: -item[1])[:3]
    facts = [("tempo", f"{heard.tempo_bpm:.0f} BPM"), ("key", f"{PITCH_CLASSES[heard.tonic]} {heard.mode}"),
             ("metre", heard.meter), ("brightness", f"{100 * heard.brightness:.0f} %")]
    if styles:
        facts.append(("near", ", ".join(name.replace("_", " ") for name, _ in styles)))
    loop = [chord.name for chord in heard.chords if chord.root is not None][:8]
    if loop:
        facts.append(("chords", " ".join(loop) + (" …" if len(heard.chords) > 8 else "")))
    chips = "".join(f"<li><span>{escape(label)}</span> {escape(value)}</li>" for label, value in facts)
    return (f'<p class="ew-sentence">{escape(heard.description)}</p><ul class="ew-chips">{chips}</ul>'
            f"{energy_curve(heard)}")


def connect(tab: ReferenceTab, listeners: Listeners) -> None:
    """Say what was heard as soon as there is a track."""

    @speaking
    def listen(path: str | None) -> str:
        return reference_words(listeners.reference(Path(path))) if path else HINT

    tab.sound.change(lambda path: '<p class="ew-hint ew-listening">Listening to the whole of it …</p>' if path
                     else HINT, tab.sound, tab.picture, queue=False, show_progress="hidden",
                     api_visibility="private").then(
        listen, tab.sound, tab.picture, show_progress="hidden", concurrency_id="listen", api_visibility="private"
    ).failure(lambda: HINT, None, tab.picture, queue=False, show_progress="hidden", api_visibility="private")
