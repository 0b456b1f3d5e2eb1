"""Finds tempo, metre and downbeat of sung notes together and puts the notes on the step grid.

Every hypothesis (grid, tempo, where in the bar the first note stands) is followed through the onsets by a beat clock
that gives way to the singer; each onset costs its distance to the chosen step and what melodies rarely do (Temperley
2007, ch. 3, in small). The cheapest are judged by `meter`, on everything that a whole melody says. A swung grid's
steps lie at thirds of the beat. Times are seconds, positions are steps (4 a beat, 6 in 6/8). Knows nothing of sound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from modules.canvas.vocabulary import BEATS_PER_BAR, STEPS_PER_BEAT
from modules.conditions.humming import meter as metre
from modules.conditions.humming.knowledge import knowledge
from modules.conditions.humming.meter import Fits, Tune

TEMPI = np.geomspace(46, 200, 50)  # BPM, 3 % apart: the clock finds what lies between
TEMPI_6_8 = np.geomspace(32, 130, 48)  # dotted quarters
TIMING_S = 0.035  # spread of sung onsets round the beat
TIMING_SHARE = 0.04  # and of the time since the last note
CLOCK_GIVES, TEMPO_GIVES = 0.65, 0.07  # shares of a deviation that move the clock and its rate
FIRST_WEIGHT = 2.0  # where a tune begins says more than where any other note does
LENGTH_SPREAD = 0.70  # octaves of a note's length round what is usual on its step
STRAY_COST = 12.0  # at most: one stray note must not decide
KEPT = 40  # hypotheses of each grid that are judged
LEGATO_BEATS = 0.4  # a shorter gap before the next note is articulation, not a rest
SWING = 2 / 3  # share of a beat that its first half takes on a swung grid
LATENCY_S = 0.15  # how far behind (or before) a click a person may be throughout
# grid → (metre, where each step of a beat lies, in steps)
GRIDS = {
    "4/4": ("4/4", (0.0, 1.0, 2.0, 3.0)), "4/4 swung": ("4/4", (0.0, 4 / 3, 8 / 3, 10 / 3)),
    "3/4": ("3/4", (0.0, 1.0, 2.0, 3.0)), "3/4 swung": ("3/4", (0.0, 4 / 3, 8 / 3, 10 / 3)),
    "6/8": ("6/8", (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)),
}


@dataclass(frozen=True)
class Beat:
    """The grid that was found: step 0, the first downbeat, lies at `offset_s`; `steps` and `lengths` are per note.
    `swing` is the share of a beat that its first half takes, 0.5 when straight."""

    tempo_bpm: float
    meter: str
    offset_s: float
    steps: tuple[int, ...]
    lengths: tuple[int, ...]
    swing: float


def find_beat(onsets_s: np.ndarray, offsets_s: np.ndarray, midi: np.ndarray, *, tempo_bpm: float | None = None,
              meter: str | None = None, downbeat_s: float | None = None) -> Beat:
    """Fit the grid to notes.

    Args:
        onsets_s, offsets_s: (n,) n ≥ 1, in order, not overlapping.
        midi: (n,) pitches.
        tempo_bpm, meter: known beforehand (tapped, typed, counted in); None = to be found.
        downbeat_s: when some bar begins, where a click counted in at `tempo_bpm`; None = to be found.
    """
    tune = Tune.of(onsets_s, offsets_s, midi)
    fits = [follow(tune, grid, tempo_bpm=tempo_bpm, downbeat_s=downbeat_s)
            for grid, (name, _) in GRIDS.items() if meter in (None, name)]
    best, row, score = fits[0], 0, -np.inf
    for found in fits:
        scores = metre.judge(found, tune, tempo_known=tempo_bpm is not None)
        if scores.max() > score:
            best, row, score = found, int(scores.argmax()), float(scores.max())
    name, warp = GRIDS[best.grid]
    bar = bar_steps(name)
    steps = best.steps[row]
    steps = steps - bar * ((steps[0] + bar - bar // 4) // bar)  # what begins after the first beat is a pick-up
    places = place(steps, warp)
    spb = STEPS_PER_BEAT[name]
    step_s = 60 / best.tempi[row] / spb
    if tempo_bpm is None:
        step_s = _steady(onsets_s, places, step_s)
    offset_s = float(np.median(onsets_s - places * step_s))
    return Beat(round(60 / step_s / spb, 2), name, offset_s, tuple(steps.tolist()),
                _lengths(onsets_s, offsets_s, steps, step_s, spb), SWING if best.grid.endswith("swung") else 0.5)


def bar_steps(meter: str) -> int:
    """Steps a bar."""
    return STEPS_PER_BEAT[meter] * BEATS_PER_BAR[meter]


def place(steps: np.ndarray, warp: tuple[float, ...]) -> np.ndarray:
    """Where steps lie on the straight grid."""
    whole, inside = np.divmod(steps, len(warp))
    return whole * len(warp) + np.array(warp)[inside]


def follow(tune: Tune, grid: str, *, tempo_bpm: float | None = None, downbeat_s: float | None = None) -> Fits:
    """The cheapest different ways of putting a tune on one grid."""
    name, warp = GRIDS[grid]
    bar = bar_steps(name)
    if tempo_bpm is not None and downbeat_s is not None:
        return _click(tune, grid, tempo_bpm, downbeat_s)
    tempi = np.array([tempo_bpm]) if tempo_bpm is not None else TEMPI_6_8 if name == "6/8" else TEMPI
    tables = knowledge()
    rarity = -np.log(tables["onsets"][grid])
    oddness = 0.5 * ((tune.emphasis - tables["lengths"][name][:, None]) / LENGTH_SPREAD) ** 2  # (bar, n)
    first = np.tile(np.arange(0, bar, 2), len(tempi))
    start_step_s = np.repeat(60 / tempi / STEPS_PER_BEAT[name], bar // 2)  # (H,)
    rows = np.arange(len(first))
    step_s, onsets_s = start_step_s.copy(), tune.onsets_s
    clock = np.full(len(first), onsets_s[0])  # time of the last chosen step
    steps = np.zeros((len(first), len(onsets_s)), int)
    steps[:, 0] = first
    strain = np.zeros(len(first))  # of the timing alone
    cost = FIRST_WEIGHT * -np.log(tables["firsts"][name])[first // 2] + oddness[first, 0]
    for note in range(1, len(onsets_s)):
        ahead_s = onsets_s[note] - clock
        last = steps[:, note - 1]
        candidates = last[:, None] + np.maximum(np.round(ahead_s / step_s).astype(int)[:, None] + np.arange(-2, 3), 1)
        distance = place(candidates, warp) - place(last, warp)[:, None]  # (H, 5)
        late_s = ahead_s[:, None] - distance * step_s[:, None]
        timing = 0.5 * (late_s / np.hypot(TIMING_S, TIMING_SHARE * tune.spans_s[note - 1])) ** 2
        places = candidates % bar
        each = timing + rarity[places] + oddness[places, note]
        chosen = each.argmin(axis=1)
        cost = cost + np.minimum(each[rows, chosen], STRAY_COST)
        strain = strain + np.minimum(timing[rows, chosen], STRAY_COST)
        steps[:, note] = candidates[rows, chosen]
        late = late_s[rows, chosen]
        clock = onsets_s[note] - (1 - CLOCK_GIVES) * late
        pulled = step_s + TEMPO_GIVES * late / distance[rows, chosen]
        reach = (0.88, 1.14) if tempo_bpm is None else (0.95, 1.05)
        step_s = np.clip(pulled, reach[0] * start_step_s, reach[1] * start_step_s)
    cost = cost - len(onsets_s) * np.log(start_step_s * bar)  # a step's share is spread over a longer bar
    kept = _different(steps, cost)
    return Fits(grid, name, steps[kept], cost[kept], strain[kept], np.repeat(tempi, bar // 2)[kept])


def _different(steps: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Rows of the `KEPT` cheapest hypotheses, of those with equal steps only the cheapest."""
    kept: list[int] = []
    seen: set[bytes] = set()
    for row in np.argsort(cost, kind="stable"):
        mark = steps[row].tobytes()
        if mark not in seen:
            seen.add(mark)
            kept.append(int(row))
            if len(kept) == KEPT:
                break
    return np.array(kept)


def _click(tune: Tune, grid: str, tempo_bpm: float, downbeat_s: float) -> Fits:
    """The one way that a click leaves open: the nearest steps, after being late or early throughout is taken out."""
    name, warp = GRIDS[grid]
    step_s = 60 / tempo_bpm / STEPS_PER_BEAT[name]
    beats = (tune.onsets_s - downbeat_s) / (step_s * len(warp))
    turn = np.exp(4j * np.pi * beats).mean()  # the mean place between two eighths
    shift_s = float(np.angle(turn) / (4 * np.pi)) * step_s * len(warp)
    if abs(shift_s) > LATENCY_S or abs(turn) < 0.5:
        shift_s = 0.0
    position = (tune.onsets_s - downbeat_s - shift_s) / step_s
    near = np.floor(position).astype(int)[:, None] + np.arange(-1, 3)  # (n, 4)
    off = np.abs(place(near, warp) - position[:, None])
    steps = np.take_along_axis(near, off.argmin(axis=1)[:, None], axis=1)[:, 0]
    for note in range(1, len(steps)):  # two notes cannot begin at once
        steps[note] = max(steps[note], steps[note - 1] + 1)
    late_s = (position - place(steps, warp)) * step_s
    strain = float(np.minimum(0.5 * (late_s / TIMING_S) ** 2, STRAY_COST).sum())
    rarity = -np.log(knowledge()["onsets"][grid])[steps % bar_steps(name)]
    return Fits(grid, name, steps[None], np.array([strain + rarity.sum()]), np.array([strain]), np.array([tempo_bpm]))


def _steady(onsets_s: np.ndarray, places: np.ndarray, step_s: float) -> float:
    """Seconds a step of the steady beat nearest to all onsets: a straight line through them."""
    if len(places) < 4:
        return step_s
    return float(np.clip(np.polyfit(places, onsets_s, 1)[0], 0.85 * step_s, 1.18 * step_s))


def _lengths(onsets_s: np.ndarray, offsets_s: np.ndarray, steps: np.ndarray, step_s: float,
             steps_per_beat: int) -> tuple[int, ...]:
    """Steps each note lasts, at least 1, never into the next; small gaps are closed."""
    lengths = []
    for note, onset in enumerate(onsets_s):
        held = max(1, round((offsets_s[note] - onset) / step_s))
        if note + 1 < len(steps):
            room = int(steps[note + 1] - steps[note])
            local_step_s = (onsets_s[note + 1] - onset) / room
            held = max(1, round((offsets_s[note] - onset) / local_step_s))
            if room - held <= LEGATO_BEATS * steps_per_beat or held > room:
                held = room
        else:  # singers let go of the last note early: up to the next whole beat when that is near
            whole = -(-held // steps_per_beat) * steps_per_beat
            held = whole if whole - held <= LEGATO_BEATS * steps_per_beat else held
        lengths.append(held)
    return tuple(lengths)
