"""An edit as plain data, from the page, the API or the command line, and carrying it out.

`kind` is one of `edit.EDITS`, or "moods" (what: which, all by default), "progressions" (count), "mix" (sheet), "undo"
(what: steps), "back" (what: a version's name).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from threading import Event
from typing import Any

from modules.engines import sets
from modules.engines.edit import EDITS, bring_back, edit, remix, undo
from modules.engines.recomposing import MOODS
from modules.engines.replay import Shelf
from modules.errors import InputError
from modules.studio.mix_sheet import read_sheet
from modules.types import Progress, Take

KINDS = (*EDITS, "moods", "progressions", "mix", "undo", "back")


def carry_out(recipe: Mapping[str, Any], order: Mapping[str, Any], *, cancel: Event,
              shelf: Shelf | None = None) -> Iterator[Progress | Take]:
    """Carry out an order.

    Args:
        order: {"kind", "what", "lanes", "bars", "seed", "count", "sheet"}; all but "kind" may be left out.

    Raises:
        InputError: the order cannot be carried out; nothing was made.
        Cancelled: `cancel` was set.
    """
    kind, what, bars = (str(order.get(name) or "") for name in ("kind", "what", "bars"))
    lanes = tuple(str(lane) for lane in order.get("lanes") or ())
    seed = order.get("seed")
    seed = secrets.randbelow(2**31) if seed is None else int(seed)
    here = {"cancel": cancel, "shelf": shelf}
    match kind:
        case "moods":
            which = tuple(name.strip() for name in what.split(",") if name.strip()) or tuple(MOODS)
            yield from sets.moods(recipe, seed=seed, which=which, **here)
        case "progressions":
            yield from sets.progressions(recipe, count=int(order.get("count") or 5), what=what, bars=bars, seed=seed,
                                         **here)
        case "mix":
            yield from remix(recipe, read_sheet(order.get("sheet")), **here)
        case "undo":
            yield from undo(recipe, what or "1", cancel)
        case "back":
            yield bring_back(recipe, what, **here)
        case _ if kind in EDITS:
            yield from edit(recipe, kind=kind, what=what, lanes=lanes, bars=bars, seed=seed, **here)
        case _:
            raise InputError(f"The edit {kind!r} is unknown; choose {', '.join(KINDS)}.")
