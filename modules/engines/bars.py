"""Bars and stretches of a song as people name them: "9-16", "chorus 2", "1-4, outro"; seconds as whole bars."""

from __future__ import annotations

import re

from modules.config import DURATION_S
from modules.errors import InputError
from modules.types import Song


def find_bars(song: Song, what: str) -> range:
    """Bars (from 0) of "9-16" or of the first section called `what` ("chorus", "chorus 2" for the second).

    Raises:
        InputError: the song has no such bars.
    """
    n = song.canvas.n_bars
    span = re.fullmatch(r"\s*(\d+)\s*(?:[-–]\s*(\d+))?\s*", what)
    if span:
        first, last = int(span[1]), int(span[2] or span[1])
        if not 1 <= first <= last <= n:
            raise InputError(f"Bars {what.strip()} are not in this take; it has bars 1 to {n}.")
        return range(first - 1, last)
    name, _, number = what.strip().lower().rpartition(" ") if what.strip()[-1:].isdigit() else (what.strip().lower(),
                                                                                             "", "1")
    found = [section for section in song.sections if section.name == name]
    if not 1 <= int(number) <= len(found):
        names = ", ".join(dict.fromkeys(section.name for section in song.sections))
        raise InputError(f"There is no section {what.strip()!r} in this take; it has {names}, or give bars like 9-16.")
    section = found[int(number) - 1]
    return range(section.start_bar, section.start_bar + section.bars)


def find_stretches(song: Song, what: str) -> list[range]:
    """As `find_bars`, of a comma-separated list, in order, those that touch as one; empty text is the whole song."""
    if not what.strip():
        return [range(song.canvas.n_bars)]
    bars = {bar for part in what.split(",") if part.strip() for bar in find_bars(song, part)}
    return stretches(bars)


def stretches(bars: set[int]) -> list[range]:
    """Bars as runs of neighbours, in order."""
    out: list[range] = []
    for bar in sorted(bars):
        if out and out[-1].stop == bar:
            out[-1] = range(out[-1].start, bar + 1)
        else:
            out.append(range(bar, bar + 1))
    return out


def told(runs: list[range], n_bars: int) -> str:
    """Stretches in words: "in bars 9–16", nothing for the whole song."""
    if sum(map(len, runs)) == n_bars:
        return ""
    spans = [f"{run.start + 1}" if len(run) == 1 else f"{run.start + 1}–{run.stop}" for run in runs]
    one = len(runs) == 1 and len(runs[0]) == 1
    return f"in bar{'' if one else 's'} {' and '.join(filter(None, (', '.join(spans[:-1]), spans[-1])))}"


def extra_bars(song: Song, what: str) -> int:
    """Whole bars nearest to `what` seconds.

    Raises:
        InputError: no number, or more than a take may last.
    """
    try:
        seconds = float(what)
    except ValueError:
        raise InputError(f"{what!r} is no number of seconds to extend by; give something like 16.") from None
    bar_s = song.step_s * song.canvas.steps_per_bar
    if not seconds > 0 or song.canvas.n_bars * bar_s + seconds > DURATION_S[1]:
        raise InputError(f"Extending by {seconds:g} s is out of reach; a take can be up to {DURATION_S[1]:g} s long.")
    return max(1, round(seconds / bar_s))
