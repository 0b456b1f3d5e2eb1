"""Several takes of one piece that belong together: its faces for a scene, chord progressions to audition."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from threading import Event
from typing import Any

from modules.engines.edit import child, edit, other_chords, with_canvas
from modules.engines.embedded import compose_canvas, stop_if
from modules.engines.recomposing import MOODS, check_mood, reharmonise
from modules.engines.replay import Shelf, play
from modules.errors import InputError
from modules.generator import checkpoint
from modules.types import Progress, Take

MOST = 6  # takes of a set
FILLINGS = 2  # of each progression; the critic keeps one


def moods(recipe: Mapping[str, Any], *, seed: int, cancel: Event, shelf: Shelf | None = None,
          which: tuple[str, ...] = tuple(MOODS)) -> Iterator[Progress | Take]:
    """The same piece in several moods: the same tune, chords, tempo and bars, so that one can lead over into another
    at any bar.

    Raises:
        InputError: a mood that there is not.
        Cancelled: `cancel` was set; what is done was yielded.
    """
    for name in which:
        check_mood(name)
    for place, name in enumerate(which):
        for item in edit(recipe, kind="mood", what=name, seed=seed, cancel=cancel, shelf=shelf):
            if isinstance(item, Progress):
                item = Progress((place + item.fraction) / len(which), f"{name.capitalize()}: {item.message.lower()}")
            yield item


def progressions(recipe: Mapping[str, Any], *, count: int, what: str = "", bars: str = "", seed: int, cancel: Event,
                 shelf: Shelf | None = None) -> Iterator[Progress | Take]:
    """The take over other chords, `count` times, unlike each other.

    Args:
        what, bars: as of the edit "reharmonise".

    Raises:
        InputError: too many, or words that ask for no chords.
        Cancelled: `cancel` was set; what is done was yielded.
    """
    if not 1 <= count <= MOST:
        raise InputError(f"{count} progressions were asked for; ask for 1 to {MOST}.")
    yield Progress(0.02, "Reading the take")
    song, _ = play(recipe, shelf=shelf)
    draft = reharmonise(song, what, bars)
    yield Progress(0.05, "Looking for chords")
    harmonies = other_chords(draft, seed, count, cancel)
    for place, harmony in enumerate(harmonies):
        yield Progress(0.1 + 0.9 * place / count, f"Playing progression {place + 1}")
        started = time.monotonic()
        stop_if(cancel)
        canvas = compose_canvas(draft.plan, checkpoint.generator(), seed + place, cancel,
                                harmonies=[harmony] * FILLINGS)
        asked = {"kind": "reharmonise", "what": what, "lanes": [], "bars": bars, "seed": seed + place}
        yield child(recipe, draft, with_canvas(draft.song, canvas), asked, cancel, shelf=shelf,
                    timings={"compose": time.monotonic() - started})
    yield Progress(1.0, "Done")
