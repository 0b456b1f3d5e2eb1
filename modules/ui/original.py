"""A restyled take beside its original: one button that changes over at the same bar.

`assets/theme/track.js` does the changing; here are the sound at the takes' own loudness and the clock between both.
"""

from __future__ import annotations

import json
from pathlib import Path

from modules.types import Request, Take
from modules.ui.faces import Original
from modules.ui.listeners import Listeners
from modules.ui.player import small_player

ORIGINAL = "original.mp3"


def keep_original(take: Take, request: Request, folder: Path, listeners: Listeners) -> Original | None:
    """Write a restyled take's original beside it; None for another take.

    Args:
        folder: where the take's files are.
    """
    times = take.recipe.get("track_times")
    if not times or request.reference is None:
        return None
    path = listeners.original(request.reference, folder / ORIGINAL)
    return Original(path.name, request.reference_name or "the original", tuple(map(tuple, times)))


def original_box(original: Original | None, folder: Path) -> str:
    """The original's player with the switch; nothing without one, or without its file (the library keeps none)."""
    if original is None or not (folder / original.file).is_file():
        return ""
    return (f'<div class="ew-original" data-times="{json.dumps(original.times)}"><button type="button" '
            'class="ew-small ew-bar-switch" aria-pressed="false">⇄ Hear the original at this bar</button>'
            f'{small_player(folder / original.file, f"the original of this take ({original.name})")}</div>')
