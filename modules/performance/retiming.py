"""A performance moved onto another clock: the beats of a recording it goes with, or later in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from modules.canvas.vocabulary import BEATS_PER_BAR
from modules.types import Performance

SHORTEST_LEAD_S = 0.05  # before the first bar; less is not worth a tempo of its own


def retimed(performance: Performance, points: Sequence[tuple[float, float]]) -> Performance:
    """The same notes at other times; the tempo map follows, so that its bars stay bars in a sequencer.

    Args:
        points: two or more (seconds before, seconds after), both rising; straight lines between them, going on at both
            ends. What came before bar 0 is whole bars of its own in the tempo map.
    """
    before, after = (np.array(side, float) for side in zip(*points, strict=True))
    ratios = np.diff(after) / np.diff(before)

    def at(time_s: float) -> float:
        if time_s <= before[0]:
            return max(0.0, float(after[0] + (time_s - before[0]) * ratios[0]))
        if time_s >= before[-1]:
            return float(after[-1] + (time_s - before[-1]) * ratios[-1])
        return float(np.interp(time_s, before, after))

    def tempo_at(time_s: float) -> float:
        place = int(np.clip(np.searchsorted(before, time_s + 1e-9, side="right") - 1, 0, len(ratios) - 1))
        told = [tempo for start, tempo in performance.tempo_map if start <= time_s + 1e-9]
        return (told[-1] if told else performance.tempo_map[0][1]) / float(ratios[place])

    parts = tuple(replace(
        part, notes=tuple(replace(n, onset_s=at(n.onset_s), offset_s=at(n.offset_s)) for n in part.notes),
        controls=tuple((at(t), number, value) for t, number, value in part.controls),
        sung=tuple(replace(n, onset_s=at(n.onset_s), offset_s=at(n.offset_s)) for n in part.sung),
    ) for part in performance.parts)
    inside = before[(before > 0) & (before < performance.duration_s)]
    turns = sorted({*(start for start, _ in performance.tempo_map), *map(float, inside)})
    tempo_map = [(at(start), tempo_at(start)) for start in turns]
    lead_s = at(0.0)
    if lead_s > SHORTEST_LEAD_S:
        beats = BEATS_PER_BAR[performance.meter]
        bars = max(1, round(lead_s * tempo_map[0][1] / 60 / beats))
        tempo_map.insert(0, (0.0, 60.0 * bars * beats / lead_s))
    else:
        tempo_map[0] = (0.0, tempo_map[0][1])
    return Performance(parts, at(performance.duration_s), tuple(tempo_map),
                       tuple(at(start) for start in performance.bar_starts_s), performance.meter)
