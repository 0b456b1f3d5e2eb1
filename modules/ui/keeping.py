"""Between the page and the library: a finished take is kept, and comes back as a folder of results and a card.

Results lie in a folder that is served for a day (`sessions.py`); the library is never served. A take has the same name
in both, so that everything a card can do works alike for a take just made and for one from last month.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from modules.errors import InputError
from modules.library.entry import Kept, about
from modules.library.shelf import Library
from modules.types import Request, Take
from modules.ui.downloads import recipe_in
from modules.ui.faces import FACE, Face, face_of, playable, read_face, write_face
from modules.ui.listeners import Listeners
from modules.ui.original import keep_original
from modules.ui.sessions import new_folder, results_folder
from modules.ui.takes import card

Keep = Callable[[Path, Face, int, Mapping[str, str]], bool]
FULL = "Your library is full of starred takes, so this one is not kept; take a star away or remove something."


def nowhere(folder: Path, face: Face, number: int, labels: Mapping[str, str]) -> bool:
    """Keeps nothing, and that is all right: there is no library."""
    return True


def keeper(library: Library, owner: str, run: str | None = None) -> Keep:
    """What keeps the takes of one job for one owner; for a browser that keeps nothing, `nowhere`."""
    if not owner:
        return nowhere
    run = run or secrets.token_hex(8)

    def keep(folder: Path, face: Face, number: int, labels: Mapping[str, str]) -> bool:
        recipe_path = recipe_in(folder)
        recipe = json.loads(recipe_path.read_text(encoding="utf-8"))
        files = {FACE, recipe_path.name, playable(face.files), face.files.get("midi", recipe_path.name)}
        entry = about(recipe, face.summary, run=run, number=number, labels=labels)
        return library.keep(owner, folder.name, [folder / name for name in sorted(files)], entry)

    return keep


def arrive(take: Take, listeners: Listeners, request: Request | None = None) -> tuple[Path, Face]:
    """Write the files of a finished take into a fresh results folder, its face among them; with the request that it
    was made from, the track that it restyles too."""
    folder = new_folder()
    stem_folder = folder / "stems"
    stem_folder.mkdir()
    face = face_of(take, listeners.export(take, folder), listeners.stems(take, stem_folder))
    if request is not None:
        face = replace(face, original=keep_original(take, request, folder, listeners))
    write_face(face, folder)
    return folder, face


def bring(library: Library, owner: str, kept: Kept, listeners: Listeners) -> tuple[Path, Face]:
    """A kept take as results, from the library if the results of its making are gone.

    Raises:
        InputError: it is not kept any more.
    """
    folder = results_folder() / kept.take
    if read_face(folder) is None:
        library.bring(owner, kept.take, folder)
        os.utime(folder)  # as old as its coming back: results are removed by age
    return folder, face_in(folder, listeners)


def face_in(folder: Path, listeners: Listeners) -> Face:
    """The face in a folder of results; drawn from the recipe where there is none."""
    return read_face(folder) or listeners.reopen(recipe_in(folder), folder)


def card_of(library: Library, owner: str, kept: Kept, listeners: Listeners) -> str:
    """The card of a kept take."""
    folder, face = bring(library, owner, kept, listeners)
    return card(face, folder, kept.number)


def recent_cards(library: Library, owner: str, listeners: Listeners, *, now: int, before: int) -> tuple[list, list]:
    """Cards of the newest run in order, at most `now`, and of those before, newest first, at most `before`.

    Takes whose pictures would have to be drawn first (those of an imported library) are left to the library panel.
    """
    found = [kept for kept in library.find(owner, count=now + before)
             if any(path.name == FACE for path in library.files_of(kept.take))]
    run = [kept for kept in found if kept.run == found[0].run][:now] if found else []
    last = sorted(run, key=lambda kept: kept.number)
    rest = [kept for kept in found if kept not in run][:before]
    return ([card_of(library, owner, kept, listeners) for kept in last],
            [card_of(library, owner, kept, listeners) for kept in rest])


def open_file(source: Path, listeners: Listeners, keep: Keep) -> tuple[Path, Face]:
    """A take from its recipe, or from a sound or video that carries one; it is kept.

    Raises:
        InputError: no recipe is there, or it cannot be played.
    """
    folder = new_folder()
    face = listeners.reopen(source, folder)
    keep(folder, face, 1, {})
    return folder, face


def open_shared(library: Library, token: str, listeners: Listeners, keep: Keep) -> tuple[Path, Face]:
    """A copy of a take that somebody shared; it is kept, under a name of its own.

    Raises:
        InputError: the link leads nowhere any more.
    """
    folder = new_folder()
    library.bring_shared(token, folder)
    os.utime(folder)
    face = face_in(folder, listeners)
    if not keep(folder, face, 1, {}):
        raise InputError(FULL)
    return folder, face
