"""Which lanes play in which bars: by energy against the style's thresholds, by what was asked or refused, in layers.

Knows styles and conditions; writes only `Canvas.active`.
"""

from __future__ import annotations

import numpy as np

from modules.canvas import Canvas
from modules.styles.cards import Card
from modules.types import LANES, Condition, Section

MOST_ASKED = 6  # energy at which the last part joins under a drawn curve
CHORDAL = ("comp", "pad", "comp2")  # lanes that can carry the harmony alone


def set_lanes(canvas: Canvas, condition: Condition, mixed: list[tuple[Card, float]], rng: np.random.Generator) -> None:
    """Which lanes play in which bars: by energy against the style's thresholds, then what was asked for or refused."""
    lead = mixed[0][0]
    thresholds = {lane: sum(weight * min(9, card.lanes[lane]) for card, weight in mixed) if lead.lanes[lane] < 9
                  else 9.0 for lane in LANES}
    controls = condition.controls
    wanted, unwanted = lanes_named(controls.wanted), lanes_named(controls.unwanted)
    sings = bool(condition.vocal or condition.melody)
    calm = bool(controls.energy_curve) or (controls.energy is not None and controls.energy < 0.35)
    for lane in ("counter", "comp2", "pad"):  # takes of one prompt differ in their arrangement
        if rng.random() < 0.12:
            thresholds[lane] += 2
    if controls.energy_curve:
        thresholds = one_by_one(thresholds, wanted)
    for section in canvas.sections:
        bars = slice(section.start_bar, section.start_bar + section.bars)
        for index, lane in enumerate(LANES):
            # a quiet verse still has its groove: only asked-for calm takes bass and drums away
            floor = 0 if calm or section.name in ("intro", "break", "outro") or lane not in ("bass", "drums") else 3
            on = np.maximum(canvas.energy[bars], floor) + 0.49 >= thresholds[lane]
            if controls.energy_curve:  # the curve says who plays, whatever the section is called
                on = canvas.energy[bars] >= min(thresholds[lane], canvas.energy.max() if lane in wanted else 9)
            elif lane == "melody":
                quiet = section.name == "intro" or (section.name in ("outro", "break") and rng.random() < 0.5)
                on = np.full(section.bars, not quiet if thresholds["melody"] < 9 else False)
                if section.name == "intro" and lead.lanes["melody"] == 0 and len(canvas.sections) > 1:
                    on[:] = rng.random() < 0.4
            elif lane == "counter" and section.name in ("intro", "outro", "break"):
                on = on & (rng.random() < 0.4)
            elif lane in wanted and len(canvas.sections) > 1:
                on = np.full(section.bars, section.energy >= 2 or section.name not in ("intro", "break"))
            elif lane in wanted:
                on = np.full(section.bars, True)
            canvas.active[index, bars] = on
    melody = LANES.index("melody")
    if sings or "melody" in wanted:
        for section in canvas.sections:
            bars = slice(section.start_bar, section.start_bar + section.bars)
            canvas.active[melody, bars] = section.name not in ("intro", "outro", "break") or len(canvas.sections) == 1
    for index, lane in enumerate(LANES):
        if lane in unwanted:
            canvas.active[index] = 0
    # a bar is never silent: the first lane that may play carries it
    for bar in np.flatnonzero((canvas.active > 0).sum(axis=0) == 0):
        for lane in ("comp", "pad", "comp2", "bass", "melody", "drums", "counter"):
            if lane not in unwanted:
                canvas.active[LANES.index(lane), bar] = 1
                break
    if len(canvas.sections) > 1 or canvas.n_bars > 1:  # a quiet intro still has harmony under it
        for bar in range(canvas.n_bars):
            if not canvas.active[[LANES.index(lane) for lane in ("comp", "comp2", "pad", "bass", "melody")], bar].any():
                lane = next((x for x in ("comp", "pad", "comp2") if x not in unwanted and lead.lanes[x] < 9), None)
                if lane:
                    canvas.active[LANES.index(lane), bar] = 1


def one_by_one(thresholds: dict[str, float], wanted: frozenset[str]) -> dict[str, float]:
    """Thresholds spread over the energies 0–7 in the style's own order, so that a curve brings parts in one at a time.
    The two that carry a piece by themselves play from the start; the tune comes among the first."""
    order = sorted((lane for lane in thresholds if thresholds[lane] < 9 or lane in wanted),
                   key=lambda lane: (thresholds[lane] - 1.5 * (lane == "melody"), LANES.index(lane)))
    first = [lane for lane in order if lane in CHORDAL][:1]
    order = first + [lane for lane in order if lane not in first]
    steps = np.linspace(0, MOST_ASKED, max(2, len(order) - 1))
    return {**thresholds, **{lane: float(steps[max(0, place - 1)]) for place, lane in enumerate(order)}}


def lanes_named(names: tuple[str, ...]) -> frozenset[str]:
    """The lanes among instrument, family and lane names ("drums" and "percussion" are one lane)."""
    return frozenset("drums" if name == "percussion" else name for name in names) & frozenset(LANES)


def layer(active: np.ndarray, sections: tuple[Section, ...], rng: np.random.Generator,
          keep: frozenset[str] = frozenset()) -> None:
    """Let parts enter one after another, in place: an intro opens with one part, a first verse may wait for its drums,
    an outro thins out. Harmony is always carried; lanes of `keep` stay as they are.

    Args:
        active: (L, N) 1 where a lane plays.
    """
    row = {lane: index for index, lane in enumerate(LANES)}

    def rest(lanes: tuple[str, ...], first: int, last: int) -> None:
        for lane in lanes:
            if lane not in keep:
                active[row[lane], first:last] = 0

    opened = False
    for index, section in enumerate(sections):
        start, half = section.start_bar, section.start_bar + section.bars // 2
        end = section.start_bar + section.bars
        chordal = [lane for lane in CHORDAL if active[row[lane], start:end].all()]
        if section.name == "intro" and section.bars >= 4:
            if chordal and rng.random() < 0.6:
                first = chordal[rng.integers(len(chordal))]
                rest(tuple(lane for lane in ("comp", "comp2", "pad", "bass", "drums", "counter") if lane != first),
                     start, half)
        elif section.name in ("verse", "chorus") and not opened:
            opened = True
            if not (chordal and section.energy <= 3 and section.bars >= 8):
                continue
            if rng.random() < 0.3:
                rest(("drums", "counter") if rng.random() < 0.6 else ("drums", "bass", "counter"), start, half)
        elif section.name == "outro" and index == len(sections) - 1 and section.bars >= 4 and chordal and (
                rng.random() < 0.35):
            rest(("drums", "counter", "comp2") if len(chordal) > 1 else ("drums", "counter"), half, end)
