"""A restyled take beside its original: one button that changes over at the same bar.

`assets/theme/track.js` does the changing; here are the sound at the takes' own loudness and the clock between both.
"""

from __future__ import annotations

import json
from pathlib import Path

from modules.types import Request, Take
from modules.ui.listeners import Listeners
from modules.ui.takes import small_player

ORIGINAL = "original.mp3"


def original_box(take: Take, request: Request, folder: Path, listeners: Listeners) -> str:
    """The original's player with the switch, for a restyled take; nothing for another one.

    Args:
        folder: where the take's files are; the original is written beside them.
    """
    times = take.recipe.get("track_times")
    if not times or request.reference is None:
        return ""
    path = listeners.original(request.reference, folder / ORIGINAL)
    name = request.reference_name or "the original"
    return (f'<div class="ew-original" data-times="{json.dumps(times)}"><button type="button" class="ew-small ew-ab" '
            'aria-pressed="false">⇄ Hear the original at this bar</button>'
            f'{small_player(path, f"the original of this take ({name})")}</div>')
