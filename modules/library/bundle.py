"""A library as one ZIP file, out and in again: recipes, sounds and stars. What comes in is not trusted.

Only sound, MIDI and recipe travel. Pictures of takes are drawn again where they are opened, so that no markup of
somebody else's file ever reaches a page.
"""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
import zipfile
from pathlib import Path

from modules.errors import InputError
from modules.library.entry import About
from modules.library.shelf import NAME, Library

SUFFIXES = (".mp3", ".ogg", ".flac", ".wav", ".mid", ".json")
INDEX = "earworm_library.json"
FACE = "face.json"  # a drawn card; made again where a take is opened
MOST_TAKES = 5_000
MOST_FILE = 200_000_000  # bytes of one unpacked file
WRONG = "That file is no Earworm library; give the ZIP that “Save my library” wrote."


def pack(library: Library, owner: str, path: Path, *, starred: bool = False) -> int:
    """Write an owner's takes, or the starred ones, into one ZIP file; the number of takes."""
    takes = library.find(owner, starred=starred, count=MOST_TAKES)
    with zipfile.ZipFile(path, "w") as file:
        index = [{"take": one.take, "title": one.title, "words": library.words_of(one.take), "seed": one.seed,
                  "tempo_bpm": one.tempo_bpm, "key": one.key, "style": one.style, "run": one.run,
                  "number": one.number, "labels": dict(one.labels), "made": dict(one.made), "made_at": one.made_at,
                  "starred": one.starred}
                 for one in takes]
        file.writestr(INDEX, json.dumps({"version": 1, "takes": index}, ensure_ascii=False), zipfile.ZIP_DEFLATED)
        for one in takes:
            for part in library.files_of(one.take):
                if part.suffix in SUFFIXES and part.name != FACE:
                    how = zipfile.ZIP_DEFLATED if part.suffix == ".json" else zipfile.ZIP_STORED
                    file.write(part, f"{one.take}/{part.name}", how)
    return len(takes)


def unpack(library: Library, owner: str, path: Path) -> tuple[int, int]:
    """Take a packed library in; what is there already stays as it is.

    Returns:
        how many takes came in, how many had no room.

    Raises:
        InputError: not a packed library.
    """
    came = refused = size = 0
    try:
        with zipfile.ZipFile(path) as file, tempfile.TemporaryDirectory(prefix="earworm-in-") as temporary:
            index = json.loads(file.read(INDEX))["takes"][:MOST_TAKES]
            members = _members(file)
            for row in reversed(index):  # oldest first, so that their order stays
                name = str(row["take"])
                if not NAME.fullmatch(name) or name not in members or library.has(owner, name):
                    continue
                folder = Path(temporary) / name
                folder.mkdir()
                files = []
                size += sum(member.file_size for member in members[name])
                if size > library.allowed.owner_size:
                    break  # more than this owner may have, whatever it is
                for member in members[name]:
                    files.append(folder / Path(member.filename).name)
                    with file.open(member) as source, open(files[-1], "wb") as target:
                        target.write(source.read(MOST_FILE))
                entry = About(**{field: row[field] for field in About.__dataclass_fields__})
                free = secrets.token_hex(16) if library.is_known(name) else name
                kept = library.keep(owner, free, files, entry, starred=bool(row["starred"]))
                came, refused = came + kept, refused + (not kept)
                shutil.rmtree(folder)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, OSError, UnicodeDecodeError):
        raise InputError(WRONG) from None
    return came, refused


def _members(file: zipfile.ZipFile) -> dict[str, list[zipfile.ZipInfo]]:
    """Files by take; those in other places or of other kinds are left out."""
    found: dict[str, list[zipfile.ZipInfo]] = {}
    for member in file.infolist():
        parts = member.filename.split("/")
        if len(parts) == 2 and NAME.fullmatch(parts[0]) and Path(parts[1]).name == parts[1] \
                and Path(parts[1]).suffix in SUFFIXES and parts[1] != FACE and member.file_size <= MOST_FILE:
            found.setdefault(parts[0], []).append(member)
    return found
