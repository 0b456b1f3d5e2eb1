"""The energy curve: drawn over time with pointer or keys (`assets/theme/curve.js`), kept as text in one field.

The field holds what `--curve` takes ("0:0.2, 15:0.9"); empty = as the words and the style have it.
"""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from modules.config import DEFAULT_DURATION_S

SHAPES = (("rise", "Rises"), ("fall", "Falls"), ("arch", "Arch"), ("drop", "Drop"), ("waves", "Waves"))


@dataclass(frozen=True)
class Curve:
    points: gr.Textbox


def curve_html() -> str:
    """The drawing board with ready shapes under it."""
    shapes = "".join(f'<button type="button" class="ew-small" data-shape="{name}">{title}</button>'
                     for name, title in SHAPES)
    return (f'<div class="ew-curve" data-length="{DEFAULT_DURATION_S:g}">'
            '<p class="ew-hint">Draw how loud and how busy it is over time: low is calm, high is everything.</p>'
            '<div class="ew-board" tabindex="0" role="slider" aria-label="Energy over time. Left and right move in '
            'time, up and down change the energy there." aria-valuemin="0" aria-valuemax="100" aria-valuenow="50">'
            '<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">'
            '<path class="ew-curve-grid" d="M25 0V100M50 0V100M75 0V100M0 50H100"/><path class="ew-curve-said"/>'
            '<path class="ew-curve-area"/><path class="ew-curve-line"/></svg><i class="ew-curve-at" hidden></i></div>'
            '<div class="ew-times" aria-hidden="true"><span></span><span></span><span></span><span></span><span></span>'
            f'</div><div class="ew-shapes">{shapes}<button type="button" class="ew-small" data-shape="">auto</button>'
            '</div></div>')


def build() -> Curve:
    """The field and the board, in place."""
    points = gr.Textbox("", visible="hidden", elem_id="energy-curve", label="energy curve", max_length=1200)
    with gr.Accordion("Energy over time", open=False, elem_id="curve", elem_classes="ew-lid"):
        gr.HTML(curve_html())
    return Curve(points)
