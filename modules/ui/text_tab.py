"""Describe: a prompt, what to leave out, and what was understood of both."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import gradio as gr

from modules.config import MAX_PROMPT_CHARS
from modules.types import TextReading
from modules.ui.errors import speaking
from modules.ui.listeners import Listeners
from modules.ui.settle import settled

EXAMPLES = (
    ("Rainy study", "warm lo-fi hip-hop for studying on a rainy night, dusty drums, mellow electric piano, 78 bpm"),
    ("Film hero", "heroic orchestral theme that builds up, brass and strings, D minor, big drums at 0:15"),
    ("Sunday bossa", "relaxed bossa nova with nylon guitar and soft flute, Sunday morning"),
    ("Night drive", "synthwave night drive, pulsing bass, bright lead, 110 bpm in F# minor"),
    ("Kitchen waltz", "a tender waltz for accordion and piano, a little melancholic"),
    ("Podcast intro", "upbeat funky podcast intro, 15 seconds, tight bass and clean guitar"),
)


@dataclass(frozen=True)
class TextTab:
    prompt: gr.Textbox
    negative: gr.Textbox
    chips: gr.HTML


def build() -> TextTab:
    """Components of the tab, in place."""
    with gr.Row(elem_classes="ew-split"):
        with gr.Column(scale=3, min_width=280):
            prompt = gr.Textbox(
                label="What should it sound like?", lines=4, max_lines=10, max_length=MAX_PROMPT_CHARS,
                elem_id="prompt", placeholder="A place, a mood, a style, instruments, a tempo, a key, a form … "
                "“rainy night lo-fi, 78 bpm, verse chorus verse”")
        with gr.Column(scale=2, min_width=280):
            negative = gr.Textbox(label="Leave out", lines=1, max_length=MAX_PROMPT_CHARS, elem_id="negative",
                                  placeholder="drums, acoustic guitar …")
            chips = gr.HTML(chip_list(None), elem_id="understood")
    with gr.Row(elem_classes="ew-examples"):
        gr.HTML('<span class="ew-label">Try</span>', elem_classes="ew-inline")
        for title, text in EXAMPLES:
            button = gr.Button(title, size="sm", min_width=60)
            button.click(None, None, prompt, js=f"() => {text!r}", api_visibility="private")
    return TextTab(prompt, negative, chips)


def chip_list(reading: TextReading | None) -> str:
    """What was understood, as chips; a hint while there is nothing."""
    if reading is None:
        return '<p class="ew-hint">What Earworm understands appears here while you type.</p>'
    chips = "".join(
        f'<li title="from “{escape(f.source)}”"><span>{escape(f.label)}</span> {escape(f.value)}</li>'
        if f.source else f"<li><span>{escape(f.label)}</span> {escape(f.value)}</li>" for f in reading.findings)
    notes = "".join(f'<p class="ew-note-line">⚠ {escape(warning)}</p>' for warning in reading.warnings)
    if not chips and not notes:
        return '<p class="ew-hint">Nothing certain yet: the words will only lean on the style.</p>'
    return f'<span class="ew-label">Understood</span><ul class="ew-chips">{chips}</ul>{notes}'


def connect(tab: TextTab, listeners: Listeners) -> None:
    """Show what is understood once typing settles."""

    @speaking
    def understand(prompt: str, negative: str) -> str:
        if not prompt.strip() and not negative.strip():
            return chip_list(None)
        return chip_list(listeners.text(prompt, negative))

    gr.on([tab.prompt.change, tab.negative.change], understand, [tab.prompt, tab.negative], tab.chips,
          js=settled("text"), trigger_mode="multiple", show_progress="hidden", concurrency_id="listen",
          api_visibility="private")
