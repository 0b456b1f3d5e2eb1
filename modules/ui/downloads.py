"""The Download menu of a card and its pictures: files that are there already, and those made when somebody asks.

A take is known here by the name of its results folder, which nobody can guess. What is made on demand is written into
the same folder, so that asking twice costs nothing. Refuses to know how files are made: the listeners do it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr

from modules.errors import InputError
from modules.studio.export import KINDS
from modules.ui.errors import speaking
from modules.ui.listeners import Listeners
from modules.ui.sessions import new_folder, results_folder

GONE = "That take is no longer kept here; make it again from its recipe."
AT_ONCE = 1  # exports at the same time: a film keeps one core busy


def url(path: Path) -> str:
    """Address of a served file, relative to the page."""
    return f"gradio_api/file={quote(str(path))}"


def size_of(path: Path) -> str:
    """A file's size for people: "7.9 MB"."""
    size = Path(path).stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{max(size / 1e3, 1):.0f} kB"


def download_menu(files: Mapping[str, Path], sung: bool) -> str:
    """The menu: links for files that are there, buttons for those to be made, in groups.

    Args:
        files: kind of export → written file.
        sung: are there words for a karaoke file?
    """
    groups: dict[str, list[str]] = {}
    for kind, what in KINDS.items():
        if kind == "lrc" and not sung:
            continue
        title, hint = escape(what.title), escape(what.hint)
        if kind in files:
            path = files[kind]
            item = (f'<a class="ew-item" href="{url(path)}" download="{escape(Path(path).name)}"><b>{title}</b>'
                    f"<span>{hint}, {size_of(path)}</span></a>")
        else:
            item = (f'<button type="button" class="ew-item" data-export="{kind}"><b>{title}</b>'
                    f'<span data-hint="{hint}" role="status">{hint}</span></button>')
        groups.setdefault(what.group, []).append(f"<li>{item}</li>")
    lists = "".join(f'<section><h4>{escape(name)}</h4><ul>{"".join(items)}</ul></section>'
                    for name, items in groups.items())
    return (f'<details class="ew-box ew-downloads"><summary>Download '
            f"<em>sound, parts, score, video</em></summary><div>{lists}</div></details>")


def pictures_box() -> str:
    """The switch behind which the pictures of the sound are drawn when it is opened first."""
    return ('<details class="ew-box ew-pictures"><summary>Pictures '
            '<em>waveform, spectrum, loudness</em></summary><div role="status"></div></details>')


def take_folder(name: str) -> Path:
    """The results folder of a take.

    Raises:
        InputError: no such take is kept.
    """
    folder = results_folder() / name
    if not re.fullmatch(r"[0-9a-f]{32}", name or "") or not folder.is_dir():
        raise InputError(GONE)
    return folder


def recipe_in(folder: Path) -> Path:
    """The recipe that a results folder holds.

    Raises:
        InputError: it holds none.
    """
    found = sorted(folder.glob("*.json"))
    if not found:
        raise InputError(GONE)
    return found[0]


def recipe_of_take(take: str) -> dict[str, Any]:
    """The recipe of a take on the page.

    Raises:
        InputError: it is no longer kept.
    """
    return json.loads(recipe_in(take_folder(take)).read_text(encoding="utf-8"))


def export_kept(listeners: Listeners, take: str, kind: str) -> Path:
    """A file of a kept take, made if it is not there yet.

    Raises:
        InputError: no such take or kind.
    """
    recipe = recipe_in(take_folder(take))
    if kind in KINDS:
        there = recipe.with_name(recipe.stem + KINDS[kind].suffix)
        if there.is_file():
            return there
    return listeners.export_as(recipe, (kind,), recipe.parent)[kind]


def connect_downloads(listeners: Listeners) -> None:
    """Add the endpoints `/export` (for scripts), `/card_file` and `/card_pictures` (for the page's own script)."""
    quiet = {"concurrency_id": "export", "concurrency_limit": AT_ONCE, "show_progress": "hidden"}
    recipe = gr.File(label="recipe", visible=False)
    take, kinds = gr.Textbox("", label="take", visible=False), gr.Textbox("mp3", label="to", visible=False)
    answer, files = gr.JSON(visible=False), gr.File(file_count="multiple", label="files", visible=False)

    @speaking
    def export(recipe=None, take="", to="mp3"):
        """Write a finished take in other formats.

        Args:
            recipe: a take's recipe, or a sound or video with one inside.
            take: instead, the name of a take that /make returned.
            to: comma-separated: wav24, wav16, flac, mp3, ogg, loop, stems, midi, musicxml, score, lrc, mp4, recipe.
        """
        wanted = tuple(kind.strip().lower() for kind in to.split(",") if kind.strip())
        if take:
            return [str(export_kept(listeners, take, kind)) for kind in wanted]
        if not recipe:
            raise InputError("Nothing to export was given; give a recipe file, or the name of a take from /make.")
        return [str(path) for path in listeners.export_as(Path(recipe), wanted, new_folder()).values()]

    @speaking
    def card_file(take, kind):
        """Address and name of one file of a take on the page."""
        path = export_kept(listeners, take, kind)
        return {"address": url(path), "name": path.name, "size": size_of(path)}

    @speaking
    def card_pictures(take):
        """The pictures of a take on the page, as HTML."""
        return {"html": listeners.pictures(export_kept(listeners, take, "wav24"))}

    gr.Button(visible=False).click(export, [recipe, take, kinds], files, api_name="export",
                                   api_description="Write a finished take in other formats.", **quiet)
    gr.Button(visible=False).click(card_file, [take, kinds], answer, api_name="card_file",
                                   api_visibility="undocumented", **quiet)
    gr.Button(visible=False).click(card_pictures, take, answer, api_name="card_pictures",
                                   api_visibility="undocumented", **quiet)
