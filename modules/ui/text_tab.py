"""Describe: a prompt, what to leave out, what was understood of both as chips, and ideas to begin or go on with.

`assets/theme/chips.js` sets chips aside, changes their words in the prompt, and puts ideas there.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import gradio as gr

from modules.conditions.corrections import can_be_set_aside, name_of, read_without
from modules.conditions.ideas import Idea, grown, improvements, remember, surprise
from modules.config import MAX_PROMPT_CHARS
from modules.types import Finding, TextReading
from modules.ui.errors import speaking
from modules.ui.form import blend_words
from modules.ui.listeners import Listeners
from modules.ui.settle import settled

EXAMPLES = (
    Idea("Rainy study", "warm lo-fi hip-hop for studying on a rainy night, dusty drums, mellow electric piano, 78 bpm"),
    Idea("Film hero", "heroic orchestral theme that builds up, brass and strings, D minor, big drums at 0:15"),
    Idea("Sunday bossa", "relaxed bossa nova with nylon guitar and soft flute, Sunday morning"),
    Idea("Night drive", "synthwave night drive, pulsing bass, bright lead, 110 bpm in F# minor"),
    Idea("Podcast intro", "upbeat funky podcast intro, 15 seconds, tight bass and clean guitar"),
)


@dataclass(frozen=True)
class TextTab:
    prompt: gr.Textbox
    negative: gr.Textbox
    chips: gr.HTML
    set_aside: gr.Textbox
    ideas: gr.HTML
    surprise: gr.Button


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
            set_aside = gr.Textbox("", visible="hidden", elem_id="set-aside", label="set aside")
    with gr.Row(elem_classes="ew-examples"):
        more_like = gr.Button("Surprise me", size="sm", min_width=60, elem_id="surprise")
        ideas = gr.HTML(idea_list("Try", EXAMPLES), elem_id="ideas")
    return TextTab(prompt, negative, chips, set_aside, ideas, more_like)


def idea_list(title: str, ideas: Sequence[Idea]) -> str:
    """Buttons that put a whole prompt into the box."""
    buttons = "".join(f'<button type="button" class="ew-small" data-prompt="{escape(idea.text)}" '
                      f'title="{escape(idea.text)}">{escape(idea.title)}</button>' for idea in ideas)
    return f'<div class="ew-ideas"><span class="ew-label">{escape(title)}</span>{buttons}</div>'


def chip(finding: Finding, prompt: str, negative: str, *, aside: bool = False) -> str:
    """One understood thing: its words can be changed, and it can be set aside or taken back."""
    name, said = escape(name_of(finding)), finding.source.lower()
    body = f"<span>{escape(finding.label)}</span> {escape(finding.value.removesuffix(' 100%'))}"
    if aside:
        return (f'<li class="ew-aside"><s>{body}</s><button type="button" data-aside="{name}" '
                f'aria-label="Use {name} again" title="use it again">↺</button></li>')
    if said and any(said in text.lower() for text in (prompt, negative)):
        body = (f'<button type="button" data-words="{escape(finding.source)}" title="from “{escape(finding.source)}”; '
                f'press to change">{body}</button>')
    elif finding.label == "style":
        body = f'<button type="button" data-open="style-map" title="choose on the style map">{body}</button>'
    else:
        body = f"<em>{body}</em>"
    if can_be_set_aside(finding, prompt, negative):
        body += (f'<button type="button" data-aside="{name}" aria-label="Do not use {name}" title="do not use">×'
                 '</button>')
    return f"<li>{body}</li>"


def chip_list(reading: TextReading | None, prompt: str = "", negative: str = "",
              aside: Sequence[Finding] = (), blend: str = "") -> str:
    """What was understood, as chips, with what would make it sharper; a hint while there is nothing.

    A `blend` chosen on the map stands for the styles of the words.
    """
    if reading is None:
        return '<p class="ew-hint">What Earworm understands appears here while you type.</p>'
    found = [f for f in reading.findings if not (blend and f.label == "style")]
    chips = "".join([chosen_chip(blend)] * bool(blend) + [chip(f, prompt, negative) for f in found]
                    + [chip(f, prompt, negative, aside=True) for f in aside])
    notes = "".join(f'<p class="ew-note-line">⚠ {escape(warning)}</p>' for warning in reading.warnings)
    shown = (f'<span class="ew-label">Understood</span><ul class="ew-chips">{chips}</ul>{notes}' if chips or notes else
             '<p class="ew-hint">Nothing certain yet: the words will only lean on the style.</p>')
    sharper = "".join(f'<button type="button" class="ew-small" data-add="{escape(idea.text)}">+ {escape(idea.title)}'
                      '</button>' for idea in improvements(prompt, reading, aside))
    more = f'<div class="ew-sharper"><span class="ew-label">Sharper</span>{sharper}</div>' if sharper else ""
    curve = ",".join(f"{time:g}:{value:g}" for time, value in reading.controls.energy_curve)
    length = reading.controls.duration_s
    return f'<div data-said-curve="{curve}" data-said-length="{f"{length:g}" if length else ""}">{shown}{more}</div>'


def own_ideas(desk: dict):
    """Ideas from what was made in this session; the examples stay until something was."""
    ideas = grown([remember(**made) for made in desk.get("made", ())])
    return gr.HTML(idea_list("From your takes", ideas)) if ideas else gr.skip()


def next_surprise(past: list[int]) -> tuple[str, list[int]]:
    """Another prompt of this session's own series; `past` is [seed, how many were given]."""
    seed, nth = past or (secrets.randbelow(2**31), 0)
    return surprise(seed, nth), [seed, nth + 1]


def chosen_chip(blend: str) -> str:
    """The chip of what was chosen on the style map."""
    return (f'<li><button type="button" data-open="style-map" title="choose on the style map"><span>style</span> '
            f'{escape(blend_words(blend))}</button><button type="button" data-clear="style-blend" '
            'aria-label="Do not use the style chosen on the map" title="do not use">×</button></li>')


def connect(tab: TextTab, blend: gr.Textbox, desk: gr.State, listeners: Listeners) -> None:
    """Show what is understood once typing settles, surprise, and let ideas grow."""

    @speaking
    def understand(prompt: str, negative: str, set_aside: str, chosen: str) -> str:
        if not prompt.strip() and not negative.strip() and not chosen:
            return chip_list(None)
        reading, aside = read_without(listeners.text, prompt, negative, (set_aside or "").splitlines())
        return chip_list(reading, prompt, negative, aside, chosen)

    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    gr.on([tab.prompt.change, tab.negative.change, tab.set_aside.change, blend.change], understand,
          [tab.prompt, tab.negative, tab.set_aside, blend], tab.chips, js=settled("text"), trigger_mode="multiple",
          concurrency_id="listen", **quiet)
    past = gr.State([])
    tab.surprise.click(next_surprise, past, [tab.prompt, past], queue=False, **quiet)
    desk.change(own_ideas, desk, tab.ideas, queue=False, **quiet)
