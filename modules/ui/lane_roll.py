"""The notes of a take part by part over its bars, for choosing bars and parts (`assets/theme/edit.js`).

Knows performances and recipes; refuses to know what is done with a choice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from modules.types import Part, Performance
from modules.ui.plots import DRUM_ROWS, WIDTH, lane_title, svg

ROW_HEIGHT = 40.0
ORDER = ("melody", "counter", "comp", "comp2", "pad", "bass", "drums")


def lane_roll(performance: Performance, recipe: Mapping[str, Any], duration_s: float) -> str:
    """Rows of parts over a ruler of sections and bars; parts that the take has not stand there empty, to be added.

    Args:
        duration_s: of the sound; the roll is as long.
    """
    ends = [*performance.bar_starts_s[1:], min(duration_s, performance.duration_s)]
    bars = [start / duration_s for start in performance.bar_starts_s] + [min(1.0, ends[-1] / duration_s)]
    by_lane = {part.lane: part for part in performance.parts}
    rows = [_chord_row(recipe.get("chords") or (), duration_s)]
    for lane in ORDER:
        part = by_lane.get("vocal" if lane == "melody" and "vocal" in by_lane else lane)
        rows.append(_row(lane, part, duration_s))
    lines = "".join(f'<i style="left:{100 * at:.3f}%"></i>' for at in bars[1:-1])
    return (f'<div class="ew-board-roll" data-bars="{escape(json.dumps([round(at, 5) for at in bars]))}" tabindex="0" '
            'role="application" aria-roledescription="bars and parts" aria-label="Choose bars and parts: arrow keys '
            'move, with Shift they choose more, Enter chooses the whole section, A all parts, Escape nothing">'
            f'{_ruler(recipe.get("sections") or (), bars, duration_s)}{"".join(rows)}'
            f'<div class="ew-lines" aria-hidden="true">{lines}<i class="ew-head"></i></div></div>')


def _ruler(sections: Sequence[Mapping[str, Any]], bars: Sequence[float], duration_s: float) -> str:
    names, n_bars = [], len(bars) - 1
    seen: dict[str, int] = {}
    for section in sections:
        first = int(section["start_bar"])
        last = min(first + int(section["bars"]), n_bars)
        seen[section["name"]] = seen.get(section["name"], 0) + 1
        title = section["name"] + (f" {seen[section['name']]}" if seen[section["name"]] > 1 else "")
        names.append(f'<button type="button" class="ew-sec" data-from="{first}" data-to="{last}" tabindex="-1" '
                     f'style="left:{100 * bars[first]:.3f}%;width:{100 * (bars[last] - bars[first]):.3f}%" '
                     f'title="Bars {first + 1} to {last}">{escape(title)}</button>')
    step = next(step for step in (1, 2, 4, 8, 16, 32, 64) if n_bars <= 16 * step)
    numbers = "".join(f'<span style="left:{100 * bars[bar]:.3f}%">{bar + 1}</span>' for bar in range(0, n_bars, step))
    return (f'<div class="ew-ruler"><div class="ew-row-head"></div><div class="ew-ruler-bars">{"".join(names)}'
            f'<div class="ew-numbers" aria-hidden="true">{numbers}</div></div></div>')


def _head(lane: str, title: str, hint: str) -> str:
    return (f'<div class="ew-row-head"><button type="button" class="ew-row-name" data-lane-name="{lane}" tabindex="-1" '
            f'title="{escape(hint)}"><i class="dot lane-{lane}"></i>{escape(title)}</button>'
            f'<button type="button" class="ew-lock" data-lock="{lane}" aria-pressed="false" '
            f'aria-label="Lock the {escape(title)}" title="Lock: stays when the rest is drawn again"></button></div>')


def _row(lane: str, part: Part | None, duration_s: float) -> str:
    title = lane_title(part.lane if part else lane)
    shape = svg(_notes(part, duration_s), ROW_HEIGHT, f"Notes of the {title}") if part else "<em>not playing</em>"
    hint = part.instrument.replace("_", " ") if part else "choose bars here and draw them to add this part"
    return (f'<div class="ew-row{"" if part else " ew-absent"}" data-lane="{lane}" data-title="{escape(title)}">'
            f'{_head(lane, title, hint)}<div class="ew-row-notes">{shape}<i class="ew-pick"></i></div></div>')


def _chord_row(chords: Sequence[Mapping[str, Any]], duration_s: float) -> str:
    names = "".join(
        f'<span style="left:{100 * c["start_s"] / duration_s:.2f}%;'
        f'width:{100 * (c["end_s"] - c["start_s"]) / duration_s:.2f}%">{escape(c["name"])}</span>'
        for c in chords if c["name"] != "N")
    return ('<div class="ew-row ew-row-chords" data-lane="harmony" data-title="harmony">'
            f'{_head("harmony", "harmony", "the chords that everybody plays on")}'
            f'<div class="ew-row-notes">{names}<i class="ew-pick"></i></div></div>')


def _notes(part: Part, duration_s: float) -> str:
    if part.is_drum:
        hits = [(n.onset_s, next((i for i, keys in enumerate(DRUM_ROWS) if n.midi in keys), 2)) for n in part.notes]
        boxes = [(WIDTH * at / duration_s, 29 - 11 * line, 3.4, 7) for at, line in hits if at < duration_s]
    else:
        notes = [(n.onset_s, min(n.offset_s, duration_s), n.midi) for n in (*part.notes, *part.sung)
                 if n.onset_s < duration_s]
        midis = [midi for _, _, midi in notes] or [60]
        low, span = min(midis), max(max(midis) - min(midis), 7)
        row = (ROW_HEIGHT - 10) / span
        boxes = [(WIDTH * on / duration_s, ROW_HEIGHT - 7 - (midi - low) * row,
                  max(WIDTH * (off - on) / duration_s - 0.8, 1.6), max(row, 3.0)) for on, off, midi in notes]
    path = "".join(f"M{x:.1f} {y:.1f}h{w:.1f}v{h:.1f}h-{w:.1f}z" for x, y, w, h in boxes)
    return f'<path class="lane-{escape(part.lane)}" d="{path}"/>'


