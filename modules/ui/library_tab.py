"""The library panel: what was kept, found by words, starred, opened again, saved as one file and brought back.

Also opens a take from a file that is chosen or dropped anywhere on the page (`assets/theme/library.js`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import gradio as gr

from modules.library.bundle import pack, unpack
from modules.library.entry import Kept, Usage
from modules.library.shelf import Library
from modules.ui.acts import act_button, chosen_field, take_of
from modules.ui.downloads import url
from modules.ui.errors import speaking
from modules.ui.handlers import add_card, lay_out
from modules.ui.keeping import card_of, keeper, open_file
from modules.ui.listeners import Listeners
from modules.ui.sessions import new_folder
from modules.ui.settle import settled
from modules.ui.takes import card

PAGE = 20  # rows at first, and more with each press
OPENED = [".json", ".wav", ".flac", ".mp3", ".ogg", ".mp4", ".zip"]
EMPTY = ('<p class="ew-hint">Every finished take is kept here for this browser, with everything it takes to make it '
         "again.</p>")
NOTHING = '<p class="ew-hint">Nothing here matches; try fewer words.</p>'


@dataclass(frozen=True)
class LibraryTab:
    words: gr.Textbox
    starred: gr.Checkbox
    rows: gr.HTML
    more: gr.Button
    count: gr.State
    save: gr.Button
    saved: gr.HTML
    file: gr.UploadButton
    stars: gr.HTML
    star: gr.Textbox
    open: gr.Textbox
    remove: gr.Textbox


def build() -> LibraryTab:
    """Components, in place: a lid, and the button that opens a file."""
    with gr.Accordion("Library", open=False, elem_id="library", elem_classes="ew-lid ew-room"):
        with gr.Row(elem_classes="ew-find-row"):
            words = gr.Textbox("", label="Search your library", placeholder="a word of the prompt, a style, a key …",
                               elem_id="library-words", max_length=200, min_width=220, scale=3)
            starred = gr.Checkbox(False, label="Starred only", elem_id="library-starred", min_width=120, scale=1)
        rows = gr.HTML(EMPTY, elem_id="library-rows")
        with gr.Row(elem_classes="ew-examples"):
            more = gr.Button("Show more", size="sm", min_width=60, visible=False, elem_id="library-more")
            save = gr.Button("Save my library", size="sm", min_width=60, elem_id="library-save")
            saved = gr.HTML("", elem_id="library-saved")
    with gr.Row(elem_classes="ew-examples"):
        file = gr.UploadButton("Open a take or library …", file_types=OPENED, size="sm", elem_id="open-file",
                               min_width=60)
        gr.HTML('<span class="ew-label">or drop its file anywhere on this page</span>', elem_classes="ew-inline")
    return LibraryTab(words, starred, rows, more, gr.State(PAGE), save, saved, file,
                      gr.HTML(star_list(()), visible="hidden", elem_id="starred"),
                      chosen_field("star"), chosen_field("open"), chosen_field("remove"))


def star_list(takes: Sequence[str]) -> str:
    """Which takes are starred, for the stars on cards and rows."""
    return f'<div data-starred="{escape(" ".join(takes))}"></div>'


def ago(seconds: float) -> str:
    """How long ago, for people."""
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            n = int(seconds // size)
            return f"{n} {word}{'s' if n != 1 else ''} ago"
    return "just now"


def row_html(kept: Kept, now: float) -> str:
    """One take of the library."""
    title = escape(kept.title)
    facts = [f"{kept.tempo_bpm:.0f} BPM", kept.key, kept.style, f"seed {kept.seed}", ago(now - kept.made_at)]
    return (f'<li data-take="{escape(kept.take)}"><button type="button" class="ew-star" data-act="star" '
            f'aria-pressed="false" aria-label="Star {title}" title="Starred takes stay">★</button>'
            f'<div><button type="button" class="ew-title" data-act="open" title="Show it among the takes">{title}'
            f'</button><span>{escape(" · ".join(filter(None, facts)))}</span></div>'
            f'{act_button("remove", "Remove", f"Remove {kept.title} from the library")}</li>')


def usage_line(usage: Usage, lasting: bool = True) -> str:
    """How full the library is, in words; one that does not last says so."""
    ends = "" if lasting else " This server cannot write its data folder, so the library ends when it stops."
    room = f"{usage.most_size / 1e9:.1f} GB" if usage.most_size >= 1e9 else f"{usage.most_size / 1e6:.0f} MB"
    return (f'<p class="ew-label">{usage.takes} take{"s" if usage.takes != 1 else ""}, {usage.starred} starred, '
            f"{usage.size / 1e6:.0f} MB of {room}. When it is full, the oldest without a star go first.{ends}"
            "</p>")


def connect(tab: LibraryTab, owner: gr.BrowserState, desk: gr.State, shown: Sequence[gr.components.Component],
            library: Library, listeners: Listeners) -> None:
    """Wire the panel.

    Args:
        owner: the browser's token.
        desk: what is on the page.
        shown: status, earlier lid, earlier cards and slots, as `handlers.lay_out` gives them after the desk.
    """
    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    view = [owner, tab.words, tab.starred, tab.count]

    @speaking
    def show(token, words, starred, count):
        """Rows of what is found, whether there is more, and which takes are starred."""
        if not token:
            return EMPTY, gr.Button(visible=False), star_list(())
        found = library.find(token, words=words or "", starred=starred, count=count + 1)
        rows = "".join(row_html(kept, time.time()) for kept in found[:count])
        usage = library.usage(token)
        nothing = NOTHING if usage.takes else EMPTY
        return ((f'<ul class="ew-shelf">{rows}</ul>' if rows else nothing) + usage_line(usage, library.lasting),
                gr.Button(visible=len(found) > count), star_list(library.starred(token)))

    @speaking
    def star(chosen, token):
        """Star the chosen take, or take its star away."""
        take = take_of(chosen)
        library.star(token, take, take not in library.starred(token))

    @speaking
    def remove(chosen, token):
        """Remove the chosen take for good."""
        library.forget(token, take_of(chosen))

    @speaking
    def open_kept(chosen, token, desk_now):
        """Show a take of the library among the takes."""
        kept = library.get(token, take_of(chosen))
        return add_card(desk_now, card_of(library, token, kept, listeners), f"Opened “{kept.title}” from your library.")

    @speaking
    def save(token, starred):
        """The whole library, or its starred takes, as one file."""
        path = new_folder() / "earworm_library.zip"
        n = pack(library, token, path, starred=starred)
        return (f'<a class="ew-small" href="{url(path)}" download="{path.name}">Download {n} '
                f'take{"s" if n != 1 else ""}</a>')

    @speaking
    def opened(file, token, desk_now):
        """A take or a library from a file."""
        if Path(file).suffix.lower() == ".zip":
            came, refused = unpack(library, token, Path(file))
            told = f"{came} take{'s' if came != 1 else ''} came into your library."
            return lay_out({**desk_now, "message": told + (f" For {refused} there was no room." if refused else "")})
        folder, face = open_file(Path(file), listeners, keeper(library, token))
        return add_card(desk_now, card(face, folder, 1), f"Opened {Path(file).name}.")

    outputs = [tab.rows, tab.more, tab.stars]
    gr.on([tab.words.change, tab.starred.change], show, view, outputs, js=settled("library", 200),
          trigger_mode="multiple", queue=False, **quiet)
    gr.on([desk.change, owner.change], show, view, outputs, queue=False, **quiet)
    tab.more.click(lambda count: count + PAGE, tab.count, tab.count, queue=False, **quiet).then(
        show, view, outputs, queue=False, **quiet)
    for field, act in ((tab.star, star), (tab.remove, remove)):
        field.change(act, [field, owner], None, queue=False, **quiet).then(show, view, outputs, queue=False, **quiet)
    tab.open.change(open_kept, [tab.open, owner, desk], [desk, *shown], concurrency_id="listen", **quiet)
    tab.save.click(save, [owner, tab.starred], tab.saved, concurrency_id="listen", **quiet)
    tab.file.upload(opened, [tab.file, owner, desk], [desk, *shown], concurrency_id="listen", **quiet)
