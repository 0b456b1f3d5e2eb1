"""How a take's end is faded. Reads the song's ending and the performance's length; touches no sound."""

from __future__ import annotations

from modules.performance.perform import MIN_BARS_FOR_ENDING
from modules.types import Performance, Song

FADE_OUT_S = 5.0  # of takes that end by fading
LONGEST_RING_FADE_S = 3.0


def closing_fade_s(song: Song, performance: Performance) -> float | None:
    """Length of the fade at the end: long for a fading piece, over the second half of what rings after the last bar
    begins for one that rings out (held strings do not die away by themselves), None for hits and short loops.
    """
    if song.ending == "fade":
        return FADE_OUT_S
    if song.ending == "hit" or song.canvas.n_bars < MIN_BARS_FOR_ENDING:
        return None
    return min(LONGEST_RING_FADE_S, 0.5 * (performance.duration_s - performance.bar_starts_s[-1]))
