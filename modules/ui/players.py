"""Who plays what: one short list for each lane, the style's own until something is chosen."""

from __future__ import annotations

import gradio as gr

from modules.conditions.settings import NONE, offered
from modules.types import LANES
from modules.ui.plots import lane_title


def build() -> dict[str, gr.Dropdown]:
    """A dropdown for each lane, in place behind a closed lid."""
    with gr.Accordion("Instruments", open=False, elem_id="players", elem_classes="ew-lid"), \
            gr.Row(elem_classes="ew-players"):
        return {lane: gr.Dropdown(
            [("style’s own", ""), ("none", NONE), *((name.replace("_", " "), name) for name in offered(lane))],
            value="", label=lane_title(lane).capitalize(), elem_id=f"lane-{lane}", min_width=150) for lane in LANES}
