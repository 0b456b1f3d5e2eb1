"""The style map: every style as a dot, near = alike; what is chosen there is a blend, kept in one field.

The field holds what `--style` takes ("bossa_nova:0.6,synthwave:0.4"). `assets/theme/map.js` draws labels where there is
room, chooses by pointer, touch and keys, and leans the blend in a direction.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape

import gradio as gr

from modules.styles.atlas import GROUPS, places

DIRECTIONS = (("happy", 1, "happier"), ("happy", -1, "darker"), ("electronic", 1, "more electronic"),
              ("electronic", -1, "more acoustic"), ("sparse", 1, "sparser"), ("sparse", -1, "fuller"))


@dataclass(frozen=True)
class StyleMap:
    blend: gr.Textbox


def map_html() -> str:
    """Dots, the list of what is chosen, directions, and a box to find a style by name."""
    colors = {group: index for index, group in enumerate(GROUPS)}
    dots = "".join(f'<i class="ew-dot ew-g{colors[p.group]}" data-style="{p.name}" '
                   f'style="left:{4 + 92 * p.x:.2f}%;top:{4 + 92 * p.y:.2f}%"><b>{escape(p.title)}</b></i>'
                   for p in places().values())
    data = {p.name: {"title": p.title, "x": p.x, "y": p.y, "happy": p.happy, "electronic": p.electronic,
                     "sparse": p.sparse, "like": p.like} for p in places().values()}
    legend = "".join(f'<li><i class="ew-g{index}"></i>{escape(group)}</li>' for group, index in colors.items())
    leans = "".join(f'<button type="button" class="ew-small" data-lean="{name}" data-way="{way}">{label}</button>'
                    for name, way, label in DIRECTIONS)
    names = "".join(f'<option value="{escape(p.title)}">' for p in places().values())
    return (f'<div class="ew-atlas" data-styles="{escape(json.dumps(data))}">'
            '<p class="ew-hint">Near means alike. Choose up to three; they are blended.</p>'
            '<div class="ew-map" tabindex="0" role="application" aria-label="Map of styles. Arrow keys move to '
            f'a style that way, Enter chooses it or lets it go." aria-describedby="map-near">{dots}<u hidden></u></div>'
            '<p class="ew-near" id="map-near" role="status"></p>'
            f'<ul class="ew-groups" aria-label="Colours">{legend}</ul>'
            '<div class="ew-blend"></div>'
            f'<div class="ew-leans" role="group" aria-label="Lean the blend" hidden>{leans}</div>'
            '<label class="ew-find"><span>Find a style</span><input type="text" list="ew-style-names" '
            f'autocomplete="off"></label><datalist id="ew-style-names">{names}</datalist></div>')


def build() -> StyleMap:
    """The field and, behind a closed lid, the map."""
    blend = gr.Textbox("", visible="hidden", elem_id="style-blend", label="style blend", max_length=300)
    with gr.Accordion("Style map", open=False, elem_id="style-map", elem_classes="ew-lid"):
        gr.HTML(map_html())
    return StyleMap(blend)
