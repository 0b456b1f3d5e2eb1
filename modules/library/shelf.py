"""The library itself: keep, find, star, share, vote; whole or not at all, and never larger than it may be."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from modules import config
from modules.assets import data_folder
from modules.errors import InputError
from modules.library import statements as sql
from modules.library.entry import OUTCOMES, About, Kept, Usage, Vote

GONE = "That take is not in your library any more."
NAME = re.compile(r"[0-9a-f]{32}")
WAIT_S = 10.0  # for another writer
MOST_VOTES = 5_000  # of one owner; older ones go first
STALE_S = 3600.0  # a folder without an entry that is older was left by a crash


@dataclass(frozen=True)
class Limits:
    """How large the whole library and one owner's part may become."""

    size: int = config.LIBRARY_MB * 1_000_000
    owner_size: int = config.LIBRARY_MB * 1_000_000
    owner_takes: int = config.LIBRARY_TAKES


def limits() -> Limits:
    """Those of this machine: `EARWORM_LIBRARY_MB`, and a smaller share for each person where many are expected."""
    text = os.environ.get("EARWORM_LIBRARY_MB", "")
    try:
        size = int(float(text) * 1_000_000) if text else config.LIBRARY_MB * 1_000_000
    except ValueError:
        raise InputError(f"EARWORM_LIBRARY_MB is {text!r}; a number of megabytes would be right.") from None
    if os.environ.get("SPACE_ID"):
        return Limits(size, min(size, config.SHARED_LIBRARY_MB * 1_000_000), config.SHARED_LIBRARY_TAKES)
    return Limits(size, size)


class Library:
    """Takes on a shelf. One for a process, shared by its threads; several processes may open the same folder."""

    def __init__(self, folder: Path | None = None, allowed: Limits | None = None, *, lasting: bool = True) -> None:
        self.folder = Path(folder) if folder else data_folder() / "library"
        self.lasting = lasting  # False: it ends with this process
        self.allowed = allowed or limits()
        self._files = self.folder / "files"
        self._files.mkdir(parents=True, exist_ok=True)
        with self._open() as db:
            db.execute("PRAGMA journal_mode = WAL")
            for version in range(db.execute("PRAGMA user_version").fetchone()[0], len(sql.MIGRATIONS)):
                db.executescript(f"BEGIN;{sql.MIGRATIONS[version]}PRAGMA user_version = {version + 1};COMMIT;")
            known = {row[0] for row in db.execute(sql.IDS)}
        for left in self._files.iterdir():
            if left.name not in known and time.time() - left.stat().st_mtime > STALE_S:
                shutil.rmtree(left, ignore_errors=True)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection with one transaction around the block."""
        db = sqlite3.connect(self.folder / "library.sqlite", timeout=WAIT_S)
        try:
            db.execute("PRAGMA synchronous = NORMAL")
            with db:
                yield db
        finally:
            db.close()

    def keep(self, owner: str, take: str, files: Sequence[Path], entry: About, *, starred: bool = False) -> bool:
        """Copy a take's files in.

        Args:
            owner: the owner's token.
            take: the take's name, 32 hexadecimal digits that nobody can guess.
            files: sound, recipe and whatever else is to come back.

        Returns:
            False when there is no room, because all that is kept is starred; nothing was kept then. What is kept
            already stays as it is.
        """
        check_name(take)
        size = sum(path.stat().st_size for path in files)
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            if db.execute(sql.ANYONES, (take,)).fetchone():
                return True
            gone = self._make_room(db, hash_of(owner), size)
            if gone is None:
                db.rollback()
                return False
            part = self._files / f"{take}.part"
            part.mkdir(exist_ok=True)
            for path in files:
                shutil.copyfile(path, part / path.name)
            part.replace(self._files / take)
            added = db.execute(sql.ADD, (
                take, hash_of(owner), entry.run, entry.number, entry.made_at or time.time(), entry.title, entry.seed,
                entry.tempo_bpm, entry.key, entry.style, int(starred), size, json.dumps(dict(entry.labels)),
                json.dumps(dict(entry.made))))
            db.execute(sql.ADD_WORDS, (added.lastrowid, entry.words))
        self._remove_files(gone)
        return True

    def _make_room(self, db: sqlite3.Connection, owner: str, size: int) -> list[str] | None:
        """Drop the oldest unstarred, this owner's first, until `size` more bytes fit; None when they cannot."""
        gone = []

        def drop(query: str, *values: str) -> bool:
            row = db.execute(query, values).fetchone()
            if row:
                self._drop(db, row[0])
                gone.append(row[0])
            return row is not None

        while True:
            takes, used, _ = db.execute(sql.USED, (owner,)).fetchone()
            if takes < self.allowed.owner_takes and used + size <= self.allowed.owner_size:
                break
            if not drop(sql.OLDEST_OF_OWNER, owner):
                return None
        while db.execute(sql.USED_BY_ALL).fetchone()[0] + size > self.allowed.size:
            if not drop(sql.OLDEST):
                return None
        return gone

    def _drop(self, db: sqlite3.Connection, take: str) -> None:
        for statement in (sql.DROP_WORDS, sql.DROP_SHARED, sql.DROP):
            db.execute(statement, (take,))

    def _remove_files(self, takes: Sequence[str]) -> None:
        for take in takes:
            shutil.rmtree(self._files / take, ignore_errors=True)

    def find(self, owner: str, *, words: str = "", starred: bool = False, count: int = 24, skip: int = 0) -> list[Kept]:
        """An owner's takes, newest first; `words` may be beginnings, and all must occur."""
        terms = " ".join(f'"{term}"*' for term in re.findall(r"\w+", words))
        with self._open() as db:
            if terms:
                rows = db.execute(sql.FOUND, (hash_of(owner), int(starred), terms, count, skip))
            else:
                rows = db.execute(sql.NEWEST, (hash_of(owner), int(starred), count, skip))
            return [_kept(row) for row in rows]

    def get(self, owner: str, take: str) -> Kept:
        """One take of an owner.

        Raises:
            InputError: the owner has none of that name.
        """
        with self._open() as db:
            row = db.execute(sql.ONE, (hash_of(owner), take)).fetchone()
        if row is None:
            raise InputError(GONE)
        return _kept(row)

    def has(self, owner: str, take: str) -> bool:
        """Is a take of that name this owner's?"""
        with self._open() as db:
            return db.execute(sql.ONE, (hash_of(owner), take)).fetchone() is not None

    def is_known(self, take: str) -> bool:
        """Is a take of that name anybody's?"""
        with self._open() as db:
            return db.execute(sql.ANYONES, (take,)).fetchone() is not None

    def bring(self, owner: str, take: str, folder: Path) -> Path:
        """Copy a take's files out into `folder`, which is made; returns it.

        Raises:
            InputError: the owner has none of that name.
        """
        self.get(owner, take)
        return self._copy_out(take, folder)

    def _copy_out(self, take: str, folder: Path) -> Path:
        try:
            shutil.copytree(self._files / take, folder, dirs_exist_ok=True, copy_function=shutil.copyfile)
        except OSError:
            raise InputError(GONE) from None
        return folder

    def files_of(self, take: str) -> list[Path]:
        """The files of a kept take."""
        check_name(take)
        return sorted((self._files / take).glob("*"))

    def words_of(self, take: str) -> str:
        """The words by which a take is found."""
        with self._open() as db:
            row = db.execute(sql.WORDS_OF, (take,)).fetchone()
        return row[0] if row else ""

    def usage(self, owner: str) -> Usage:
        """How much an owner holds and may hold."""
        with self._open() as db:
            return Usage(*db.execute(sql.USED, (hash_of(owner),)).fetchone(), self.allowed.owner_takes,
                         self.allowed.owner_size)

    def star(self, owner: str, take: str, on: bool) -> None:
        """Star a take, so that it stays when room is short, or take its star away.

        Raises:
            InputError: the owner has none of that name.
        """
        with self._open() as db:
            if not db.execute(sql.STAR, (int(on), hash_of(owner), take)).rowcount:
                raise InputError(GONE)

    def starred(self, owner: str) -> list[str]:
        """Names of an owner's starred takes."""
        with self._open() as db:
            return [row[0] for row in db.execute(sql.STARRED, (hash_of(owner),))]

    def forget(self, owner: str, take: str) -> None:
        """Remove a take for good.

        Raises:
            InputError: the owner has none of that name.
        """
        self.get(owner, take)
        with self._open() as db:
            self._drop(db, take)
        self._remove_files([take])

    def share(self, owner: str, take: str) -> str:
        """The token of a link that shows this take to whoever has it; the same each time.

        Raises:
            InputError: the owner has none of that name.
        """
        self.get(owner, take)
        with self._open() as db:
            db.execute(sql.SHARE, (secrets.token_urlsafe(18), take))
            return db.execute(sql.TOKEN, (take,)).fetchone()[0]

    def bring_shared(self, token: str, folder: Path) -> Kept:
        """Copy the files of a shared take into `folder`, which is made.

        Raises:
            InputError: nothing is shared by that token.
        """
        with self._open() as db:
            row = db.execute(sql.SHARED, (token,)).fetchone()
        if row is None:
            raise InputError("That link leads to a take that is not kept any more; ask for its recipe instead.")
        self._copy_out(row[0], folder)
        return _kept(row)

    def vote(self, owner: str, ballot: Vote) -> None:
        """Write a vote down; of too many, the oldest go.

        Raises:
            InputError: an outcome that is none.
        """
        if ballot.outcome not in OUTCOMES:
            raise InputError(f"The vote {ballot.outcome!r} is unknown; choose {', '.join(OUTCOMES)}.")
        own = hash_of(owner)
        with self._open() as db:
            db.execute(sql.VOTE, (own, time.time(), json.dumps(dict(ballot.one)), json.dumps(dict(ballot.other)),
                                  ballot.outcome, int(ballot.blind)))
            db.execute(sql.FORGET_OLD_VOTES, (own, own, MOST_VOTES))

    def votes(self, owner: str) -> list[Vote]:
        """An owner's votes, oldest first."""
        with self._open() as db:
            return [Vote(json.loads(one), json.loads(other), outcome, bool(blind), at)
                    for at, one, other, outcome, blind in db.execute(sql.VOTES, (hash_of(owner),))]

    def forget_votes(self, owner: str) -> None:
        """Begin to count anew."""
        with self._open() as db:
            db.execute(sql.FORGET_VOTES, (hash_of(owner),))


def open_library() -> Library:
    """The library of the data folder; one for this run only where that cannot be written, and the page says so."""
    try:
        return Library()
    except (OSError, sqlite3.OperationalError):
        return Library(Path(tempfile.mkdtemp(prefix="earworm-library-")), lasting=False)


def hash_of(owner: str) -> str:
    """What is written down of an owner's token: whoever reads the database cannot become the owner.

    Raises:
        InputError: no token.
    """
    if not owner:
        raise InputError("This browser keeps nothing between visits, so there is no library here.")
    return hashlib.sha256(owner.encode()).hexdigest()


def check_name(take: str) -> None:
    """Raise `InputError` for what is no name of a take."""
    if not NAME.fullmatch(take or ""):
        raise InputError(GONE)


def _kept(row: Sequence) -> Kept:
    *plain, starred, size, labels, made = row
    return Kept(*plain, bool(starred), size, json.loads(labels), json.loads(made))
