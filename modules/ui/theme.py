"""How the page looks: the Gradio theme, the mark, and the CSS and JavaScript files of `assets/theme`.

System fonts only, so that no outside host is asked for anything. Colours of everything that is ours live in the CSS
file as variables, light and dark; this file gives Gradio's own components the same ones.
"""

from __future__ import annotations

import inspect

import gradio as gr

from modules.assets import asset

FONT = ("Seravek", "Gill Sans Nova", "Ubuntu", "Calibri", "DejaVu Sans", "source-sans-pro", "sans-serif")
MONO = ("ui-monospace", "Cascadia Code", "Source Code Pro", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace")

# An ear whose inner curl is a worm that is a wave.
MARK = (
    '<svg class="ew-mark" viewBox="0 0 48 48" aria-hidden="true" fill="none" stroke-linecap="round" '
    'stroke-linejoin="round"><path class="ew-mark-ear" d="M17 43.5c6 1.6 9.4-2.4 10.4-6.5 1.5-6 11.6-8 '
    '11.6-19C39 9.5 32.5 3.5 24.5 3.500S10 9.5 10 17.5"/><path class="ew-mark-worm" '
    'd="M4 30c2.6-5.4 5.4-5.4 8 0s5.4 5.4 8 0 1.6-9.6 4.8-12.2c3-2.4 7.2-.6 7.2 2.7"/>'
    '<circle class="ew-mark-eye" cx="30.9" cy="18.3" r="1.5"/></svg>'
)
SCRIPTS = ("earworm.js", "fields.js", "chips.js", "curve.js", "map.js", "record.js", "notes.js", "track.js", "acts.js",
           "library.js", "compare.js", "edit.js", "mix.js")
STYLES = ("earworm.css", "wishes.css", "tune.css", "track.css", "library.css", "desk.css")
WAVE = {"waveform_color": "#9ab8ae", "waveform_progress_color": "#1b8a7a"}  # of Gradio's own players
FAVICON_COLORS = ("#16302b", "#e8542f")


def header() -> str:
    """Mark, name, one sentence, and the switch between light and dark."""
    return (f'<div class="ew-header">{MARK}<div><h1>Earworm</h1><p>Say it, hum it, play it or write it. '
            'Get music that listened.</p></div><button type="button" class="ew-dark" '
            'aria-label="Switch between light and dark">◐</button></div>')


def theme() -> gr.themes.Base:
    """Gradio's components in Earworm's colours."""
    shared = {
        "body_background_fill": "var(--ew-paper)", "body_text_color": "var(--ew-ink)",
        "body_text_color_subdued": "var(--ew-soft)", "background_fill_primary": "var(--ew-card)",
        "background_fill_secondary": "var(--ew-well)", "border_color_primary": "var(--ew-line)",
        "border_color_accent": "var(--ew-teal)", "color_accent": "var(--ew-teal)",
        "color_accent_soft": "var(--ew-tint)", "link_text_color": "var(--ew-teal)",
        "link_text_color_hover": "var(--ew-teal)", "link_text_color_visited": "var(--ew-teal)",
        "link_text_color_active": "var(--ew-teal)", "block_background_fill": "var(--ew-card)",
        "block_border_color": "var(--ew-line)", "block_info_text_color": "var(--ew-soft)",
        "block_label_background_fill": "transparent", "block_label_text_color": "var(--ew-soft)",
        "block_label_border_color": "transparent", "block_title_text_color": "var(--ew-ink)",
        "input_background_fill": "var(--ew-well)", "input_background_fill_focus": "var(--ew-card)",
        "input_border_color": "var(--ew-line)", "input_border_color_focus": "var(--ew-teal)",
        "input_placeholder_color": "var(--ew-faint)", "slider_color": "var(--ew-teal)",
        "loader_color": "var(--ew-teal)", "checkbox_background_color": "var(--ew-card)",
        "checkbox_background_color_selected": "var(--ew-teal)", "checkbox_border_color": "var(--ew-edge)",
        "checkbox_border_color_selected": "var(--ew-teal)", "checkbox_border_color_focus": "var(--ew-teal)",
        "checkbox_label_background_fill": "var(--ew-well)", "checkbox_label_background_fill_hover": "var(--ew-tint)",
        "checkbox_label_background_fill_selected": "var(--ew-tint)", "checkbox_label_border_color": "var(--ew-line)",
        "checkbox_label_text_color": "var(--ew-ink)", "checkbox_label_text_color_selected": "var(--ew-ink)",
        "button_primary_background_fill": "var(--ew-make)",
        "button_primary_background_fill_hover": "var(--ew-make-hover)",
        "button_primary_text_color": "var(--ew-on-make)", "button_primary_text_color_hover": "var(--ew-on-make)",
        "button_primary_border_color": "transparent", "button_primary_border_color_hover": "transparent",
        "button_secondary_background_fill": "var(--ew-well)",
        "button_secondary_background_fill_hover": "var(--ew-tint)", "button_secondary_text_color": "var(--ew-ink)",
        "button_secondary_text_color_hover": "var(--ew-ink)", "button_secondary_border_color": "var(--ew-line)",
        "button_secondary_border_color_hover": "var(--ew-edge)", "accordion_text_color": "var(--ew-ink)",
        "panel_background_fill": "var(--ew-card)", "table_border_color": "var(--ew-line)",
        "stat_background_fill": "var(--ew-tint)", "shadow_drop": "none", "shadow_drop_lg": "none",
        "block_shadow": "none",
    }
    fixed = {"block_radius": "12px", "input_radius": "10px", "button_large_radius": "999px",
             "button_small_radius": "999px", "block_title_text_weight": "600", "block_label_text_weight": "500",
             "layout_gap": "14px", "form_gap_width": "14px", "block_border_width": "0px"}
    base = gr.themes.Base(primary_hue="teal", secondary_hue="teal", neutral_hue="stone", font=FONT, font_mono=MONO,
                          text_size=gr.themes.sizes.text_md)
    has_dark = inspect.signature(base.set).parameters
    dark = {f"{key}_dark": value for key, value in shared.items() if f"{key}_dark" in has_dark}
    return base.set(**shared, **dark, **fixed)


def css() -> str:
    """All style sheets as one."""
    return "\n".join(asset(f"theme/{name}").read_text(encoding="utf-8") for name in STYLES)


def head() -> str:
    """Script and meta tags: the player, colours of the browser's own bars, an icon without a request."""
    ear, worm = (color.replace("#", "%23") for color in FAVICON_COLORS)
    icon = (MARK.replace('class="ew-mark"', "xmlns='http://www.w3.org/2000/svg' stroke-width='4'")
            .replace('class="ew-mark-ear"', f"stroke='{ear}'").replace('class="ew-mark-worm"', f"stroke='{worm}'")
            .replace('class="ew-mark-eye"', f"fill='{worm}'").replace('"', "'").replace("<", "%3C").replace(">", "%3E"))
    script = "\n".join(asset(f"theme/{name}").read_text(encoding="utf-8") for name in SCRIPTS)
    return (f'<link rel="icon" type="image/svg+xml" href="data:image/svg+xml,{icon}">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<meta name="description" content="A music playground: describe, hum, drop in a track, paste lyrics.">'
            f"<script>{script}</script>")
