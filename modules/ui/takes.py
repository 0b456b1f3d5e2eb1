"""A take as a card: player, piano roll, words, match report, downloads and stems, as HTML.

Knows a `Take` and the files written for it; refuses to know who asked and how it was made. `earworm.js` plays it: a
player is any element with `data-audio`; its position is the CSS variable `--p`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path

from modules.ui.acts import act_button
from modules.ui.downloads import download_menu, pictures_box, url
from modules.ui.faces import Face, playable
from modules.ui.original import original_box
from modules.ui.player import player
from modules.ui.plots import lane_title
from modules.ui.report_table import report_table, verdict_line

# Buttons of a card: what each opens, what people read, how a screen reader begins ("Use the settings of take 2 again").
ACTS = (("edit", "Edit", "Edit"), ("mix", "Mix", "Mix"), ("again", "Use again", "Use the settings of"),
        ("share", "Share", "Copy a link to"))


def _stem_row(lane: str, path: Path, duration_s: float, take_name: str) -> str:
    title = escape(lane_title(lane))
    playing = player(url(path), duration_s, f"{title} of {take_name}", '<i class="ew-line"></i>')
    return (f'<li><span class="ew-stem"><i class="dot lane-{escape(lane)}"></i>{title}</span>{playing}'
            f'<a class="ew-small" href="{url(path)}" download="{escape(path.name)}" '
            f'aria-label="Download {title}">↓</a></li>')


def card(face: Face, folder: Path, number: int, labels: Mapping[str, str] | None = None) -> str:
    """The whole card.

    Args:
        face: what it shows.
        folder: the take's results folder; its name is the take's.
        number: 1 for the first of its run.
        labels: what an experiment varied, by name; stands instead of the number.
    """
    name = f"take {number}"
    title = f"Take {number}" if not labels else ", ".join(labels.values())
    rows = "".join(_stem_row(lane, folder / "stems" / file, seconds, name)
                   for lane, (file, seconds) in face.stems.items())
    stem_box = (f'<details class="ew-box"><summary>Stems <em>{len(face.stems)} parts</em></summary>'
                f'<ul class="ew-stems">{rows}</ul></details>') if rows else ""
    acts = "".join(act_button(act, words, f"{spoken} {name}") for act, words, spoken in ACTS)
    return (f'<article class="ew-take" data-take="{escape(folder.name)}" data-lufs="{face.lufs:.2f}" '
            f'data-name="{escape(title)} · seed {face.seed}" aria-label="{escape(title)}">'
            f'<header><h3>{escape(title)}</h3>'
            f'<button type="button" class="ew-seed" data-copy="{face.seed}" title="Copy the seed">seed {face.seed}'
            f'</button><button type="button" class="ew-star" data-act="star" aria-pressed="false" '
            f'aria-label="Star {name}" title="Starred takes stay in your library">★</button>'
            f'<button type="button" class="ew-wide" aria-pressed="false" title="Wider">⤢<span '
            f'class="ew-hidden">Show {name} wider</span></button></header>'
            f'<p class="ew-summary">{escape(face.summary)}</p>'
            f'{player(url(folder / playable(face.files)), face.duration_s, name, face.wave, "takes")}'
            f'{original_box(face.original, folder)}{face.roll}{face.words}<div class="ew-acts">{acts}</div>'
            f'<details class="ew-box"><summary>Asked and heard <em>{verdict_line(face.report)}</em></summary>'
            f'{report_table(face.report)}</details>{pictures_box()}{stem_box}'
            f'{download_menu({kind: folder / file for kind, file in face.files.items()}, bool(face.words))}</article>')


def skeleton(number: int) -> str:
    """What stands where a take will be."""
    return (f'<article class="ew-take ew-skeleton" aria-hidden="true"><header><h3>Take {number}</h3></header><i></i>'
            '<i class="tall"></i><i></i></article>')


def progress_line(fraction: float, message: str) -> str:
    """The line above the takes while they come."""
    percent = round(100 * min(max(fraction, 0.0), 1.0))
    return (f'<div class="ew-progress" role="status"><span>{escape(message)}</span><b>{percent} %</b>'
            f'<div class="ew-bar"><i style="width:{percent}%"></i></div></div>')


def done_line(message: str) -> str:
    """The line above the takes when nothing is under way."""
    return f'<div class="ew-progress" role="status"><span>{escape(message)}</span></div>' if message else ""


def recipe_of(files: Mapping[str, Path]) -> dict | None:
    """The written recipe, for the interface for scripts."""
    for path in files.values():
        if Path(path).suffix == ".json":
            return json.loads(Path(path).read_text(encoding="utf-8"))
    return None
