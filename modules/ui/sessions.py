"""Whose job is whose: one running job and its cancel event per browser session, and folders for results.

Folders have unguessable names, because whoever knows the address of a result may fetch it. They are kept for a day, so
that a page left open keeps playing, and vanish with the process at the latest. Refuses to know what a job does.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from threading import Event, Lock

from modules.errors import Busy

KEEP_S = 24 * 3600.0  # results older than this are removed when somebody starts a job


@lru_cache(maxsize=1)
def _results() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="earworm-")


def results_folder() -> Path:
    """The folder under which all results of this process lie; removed when the process ends."""
    return Path(_results().name).resolve()


def new_folder() -> Path:
    """A fresh results folder; removes folders older than `KEEP_S`."""
    root = results_folder()
    for old in root.iterdir():
        if time.time() - old.stat().st_mtime > KEEP_S:
            shutil.rmtree(old, ignore_errors=True)
    folder = root / secrets.token_hex(16)
    folder.mkdir()
    return folder


class Sessions:
    """Cancel events of running jobs by session. One per page, shared by its handlers; safe across threads."""

    def __init__(self) -> None:
        self._running: dict[str, Event] = {}
        self._lock = Lock()

    def check_free(self, session: str) -> None:
        """Raise when the session has a job that nobody stopped.

        Raises:
            Busy: it has.
        """
        if session in self._running and not self._running[session].is_set():
            raise Busy("You already have takes on the way; wait for them or press Stop first.")

    def begin(self, session: str) -> Event:
        """Register a job and return its cancel event. A stopped job that is still winding down does not count.

        Raises:
            Busy: this session already has one.
        """
        with self._lock:
            self.check_free(session)
            self._running[session] = Event()
            return self._running[session]

    def end(self, session: str, event: Event) -> None:
        """Forget the job that `begin` gave this event, finished or not."""
        with self._lock:
            if self._running.get(session) is event:
                del self._running[session]

    def stop(self, session: str) -> bool:
        """Ask the session's job to stop; False when there is none."""
        with self._lock:
            event = self._running.get(session)
        if event:
            event.set()
        return event is not None
