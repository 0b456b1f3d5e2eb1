"""A form for a length: a style's own sections, shortened or gone round again until they fill the bars."""

from __future__ import annotations

import numpy as np

from modules.styles.cards import Card
from modules.types import Section

_DROP_ORDER = ("solo", "break", "prechorus", "bridge")  # what a short form does without, first to go first


def choose_form(card: Card, n_bars: int, asked: tuple[str, ...], rng: np.random.Generator) -> tuple[Section, ...]:
    """Sections that fill exactly `n_bars`, from a form of the card or the asked one, shortened or gone round again."""
    form = [list(part) for part in card.forms[rng.integers(len(card.forms))]]
    if asked:
        typical = {name: (bars, energy) for name, bars, energy in form}
        level = {"intro": 2, "verse": 3, "prechorus": 4, "chorus": 6, "bridge": 4, "solo": 5, "break": 1, "drop": 7,
                 "outro": 2}
        form = [[name, typical.get(name, (8, 0))[0], typical.get(name, (0, level[name]))[1]] for name in asked]
    elif n_bars < 6:
        peak = max(form, key=lambda part: part[2])
        return (Section(peak[0], 0, n_bars, peak[2]),)
    else:
        for name in _DROP_ORDER:
            if shortest(form) > n_bars:
                form = [part for part in form if part[0] != name]
        while shortest(form) > n_bars and len(form) > 2:
            form.pop(repeated(form))
        core = [part for part in form if part[0] not in ("intro", "outro")]
        while sum(part[1] for part in form) < n_bars - 8:  # a long song goes round again before its end
            at = len(form) - (form[-1][0] == "outro")
            form[at:at] = [list(part) for part in core]
    return lay(form, n_bars)


def shortest(form: list[list]) -> int:
    """Bars of a form with every section at its shortest: verse and chorus 4, the rest 2."""
    return sum(4 if part[0] in ("verse", "chorus", "drop") else 2 for part in form)


def repeated(form: list[list]) -> int:
    """Index of the section that a form misses least: a repeated one, else an edge, else the last."""
    names = [part[0] for part in form]
    for index in range(len(names) - 1, -1, -1):
        if names[index] in names[:index] and names[index] not in ("chorus", "drop"):
            return index
    for index in range(len(names) - 1, -1, -1):
        if names[index] in names[:index]:
            return index
    for name in ("outro", "intro"):
        if name in names:
            return names.index(name)
    return len(names) - 1


def lay(form: list[list], n_bars: int) -> tuple[Section, ...]:
    """Give each section a length so that all together fill `n_bars`; same names keep the same length if possible."""
    bars = [part[1] for part in form]
    while sum(bars) > n_bars:
        floor = [4 if part[0] in ("verse", "chorus", "drop") else 2 for part in form]
        over = [index for index in range(len(bars)) if bars[index] > floor[index]]
        if not over:
            over = [index for index in range(len(bars)) if bars[index] > 1] or [0]
            bars[max(over, key=lambda i: (bars[i], i))] -= 1
            continue
        longest = max(bars[index] for index in over)
        for index in over:  # shorten all of one name together
            if bars[index] == longest and sum(bars) > n_bars:
                bars[index] = max(floor[index], bars[index] // 2 if bars[index] % 2 == 0 else bars[index] - 1)
    spare = n_bars - sum(bars)
    order = sorted(range(len(bars)), key=lambda i: (form[i][0] in ("intro", "outro", "break"),
                                                    form[i][0] not in ("chorus", "drop"), -i))
    for size in (4, 2):  # what is left goes to the peak first, a last odd bar to the end
        for index in order:
            if spare >= size:
                bars[index] += size
                spare -= size
    bars[-1] += spare
    sections, start = [], 0
    first: dict[str, int] = {}
    for index, (name, length) in enumerate(zip([part[0] for part in form], bars, strict=True)):
        if length <= 0:
            continue
        source = first.get(name) if name not in ("intro", "outro", "break") else None
        sections.append(Section(name, start, length, int(form[index][2]), source))
        first.setdefault(name, len(sections) - 1)
        start += length
    return tuple(sections)
