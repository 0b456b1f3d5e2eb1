"""Buttons on take cards that open something for that take: a hidden field for each kind tells which take it was.

A panel calls `chosen_field("mix")`, listens to its `input` event and reads the take with `take_of`. The buttons are
`act_button("mix", …)` in the card; `acts.js` stands between.
"""

from __future__ import annotations

from html import escape

import gradio as gr


def chosen_field(act: str) -> gr.Textbox:
    """The hidden field that a press of `data-act=ACT` writes; one for each act."""
    return gr.Textbox("", visible="hidden", elem_id=f"chosen-{act}", label=f"take to {act}")


def act_button(act: str, title: str, label: str) -> str:
    """A button for a take card; it must stand inside an element with `data-take`.

    Args:
        act: what it opens, one word.
        title: what people read.
        label: what a screen reader says: "Mix take 2".
    """
    return (f'<button type="button" class="ew-act" data-act="{escape(act)}" aria-label="{escape(label)}">'
            f"{escape(title)}</button>")


def take_of(chosen: str) -> str:
    """The take's name (that of its results folder) in what a chosen field holds; empty when there is none."""
    return (chosen or "").partition(" ")[0]
