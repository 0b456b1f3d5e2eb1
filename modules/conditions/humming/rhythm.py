"""Finds tempo, metre and downbeat of sung notes together and puts the notes on the step grid.

Every hypothesis (metre, tempo, where in the bar the first note stands) is followed through the onsets by a beat clock
that gives way to the singer; each onset costs its distance to the chosen step, and what melodies rarely do: notes off
the beat, long notes on weak steps (Temperley 2007, ch. 3, in small). The cheapest hypothesis wins. Times are seconds,
positions are steps (4 a beat, 6 in 6/8). Knows nothing of sound or pitch curves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from modules.canvas.vocabulary import BEATS_PER_BAR, STEPS_PER_BEAT

TEMPI = np.geomspace(50, 180, 66)  # BPM, 2 % apart
LIKELY_TEMPO = {"4/4": 100.0, "3/4": 105.0, "6/8": 62.0}  # BPM of beats; a 6/8 beat is a dotted quarter
TEMPO_SPREAD = 0.33  # natural logarithm: two thirds of hums lie within a factor of 1.4
TEMPO_WEIGHT = 0.25  # a note
TIMING_S = 0.035  # spread of sung onsets round the beat
TIMING_SHARE = 0.04  # and of the time since the last note
FIRST_WEIGHT = 2.7  # where a tune begins says more than where any other note does
CLOCK_GIVES, TEMPO_GIVES = 0.65, 0.07  # shares of a deviation that move the clock and its rate
METER_COST = {"4/4": 0.0, "3/4": 2.0, "6/8": 4.0}
LEGATO_BEATS = 0.4  # a shorter gap before the next note is articulation, not a rest

# Share of melody notes that begin at each step of a bar, rounded from 494 lead sheets (OpenEWLD), rare steps raised.
ONSETS = {
    "4/4": (.250, .002, .045, .012, .150, .002, .065, .012, .180, .002, .045, .010, .165, .002, .060, .012),
    "3/4": (.370, .003, .030, .006, .165, .004, .045, .006, .260, .005, .090, .012),
    "6/8": (.270, .002, .060, .006, .160, .003, .230, .002, .055, .010, .200, .006),
}
# Where melodies begin, by eighths of the bar.
FIRSTS = {
    "4/4": (.46, .03, .09, .015, .09, .04, .23, .045),
    "3/4": (.45, .02, .09, .02, .38, .04),
    "6/8": (.47, .01, .02, .02, .10, .38),
}
# Usual length of a note by the step it begins on: log2 of its share of the tune's median note.
USUAL_LENGTH = {
    "4/4": (.55, -.45, .05, -.9, .1, -.45, .0, -.9, .3, -.4, 0, -.9, .05, -.45, -.2, -.9),
    "3/4": (.6, -.4, -.1, -.7, .25, -.4, -.35, -.6, -.15, -.5, -.5, -.7),
    "6/8": (.8, -.8, 0, -1.1, -.15, -.8, .65, -.8, 0, -1.1, -.2, -1.1),
}
LENGTH_SPREAD = 0.70  # octaves of length


@dataclass(frozen=True)
class Beat:
    """The grid that was found: step 0, the first downbeat, lies at `offset_s`; `steps` and `lengths` are per note."""

    tempo_bpm: float
    meter: str
    offset_s: float
    steps: tuple[int, ...]
    lengths: tuple[int, ...]


def find_beat(onsets_s: np.ndarray, offsets_s: np.ndarray, *, tempo_bpm: float | None = None,
              meter: str | None = None) -> Beat:
    """Fit the grid to notes.

    Args:
        onsets_s, offsets_s: (n,) n ≥ 1, in order, not overlapping.
        tempo_bpm, meter: known beforehand (tapped, typed); None = to be found.
    """
    spans = np.diff(onsets_s, append=max(offsets_s[-1], onsets_s[-1] + 0.1))
    emphasis = np.clip(np.log2(spans / np.median(spans)), -1.5, 1.5)
    best = None
    for name in (meter,) if meter else METER_COST:
        tempi = TEMPI * (0.65 if name == "6/8" else 1.0) if tempo_bpm is None else np.array([tempo_bpm])
        cost, steps = _follow(onsets_s, emphasis, tempi, name, steady=tempo_bpm is not None)
        winner = int(cost.argmin())
        if best is None or cost[winner] < best[0]:
            best = (cost[winner], name, steps[winner], np.repeat(tempi, _bar(name) // 2)[winner])
    _, name, steps, tempo = best
    steps = steps - _bar(name) * (steps[0] >= _bar(name) // 4)  # what begins after the first beat is a pick-up
    step_s, offset_s = _line(onsets_s, steps, 60 / tempo / STEPS_PER_BEAT[name], fixed=tempo_bpm is not None)
    lengths = _lengths(onsets_s, offsets_s, steps, step_s, STEPS_PER_BEAT[name])
    return Beat(round(60 / step_s / STEPS_PER_BEAT[name], 2), name, float(offset_s), tuple(steps.tolist()), lengths)


def _bar(meter: str) -> int:
    """Steps a bar."""
    return STEPS_PER_BEAT[meter] * BEATS_PER_BAR[meter]


def _follow(onsets_s: np.ndarray, emphasis: np.ndarray, tempi: np.ndarray, meter: str, *,
            steady: bool) -> tuple[np.ndarray, np.ndarray]:
    """Cost (H,) and steps (H, n) of every tempo × first step (eighths of the bar, or of its halves in 6/8)."""
    bar = _bar(meter)
    rarity = -np.log(np.array(ONSETS[meter]))
    oddness = 0.5 * ((emphasis - np.array(USUAL_LENGTH[meter])[:, None]) / LENGTH_SPREAD) ** 2  # (bar, n)
    first = np.tile(np.arange(0, bar, 2), len(tempi))
    start_step_s = np.repeat(60 / tempi / STEPS_PER_BEAT[meter], bar // 2)  # (H,)
    hypotheses = np.arange(len(first))
    step_s = start_step_s.copy()
    clock = np.full(len(first), onsets_s[0])  # time of the last chosen step
    steps = np.zeros((len(first), len(onsets_s)), int)
    steps[:, 0] = first
    cost = FIRST_WEIGHT * -np.log(np.array(FIRSTS[meter]))[first // 2] + oddness[first, 0]
    for note in range(1, len(onsets_s)):
        ahead = (onsets_s[note] - clock) / step_s
        candidates = np.maximum(np.round(ahead).astype(int)[:, None] + np.arange(-2, 3), 1)  # (H, 5)
        late_s = (ahead[:, None] - candidates) * step_s[:, None]
        spread = np.hypot(TIMING_S, TIMING_SHARE * (onsets_s[note] - onsets_s[note - 1]))
        places = (steps[:, note - 1, None] + candidates) % bar
        each = 0.5 * (late_s / spread) ** 2 + rarity[places] + oddness[places, note]
        chosen = each.argmin(axis=1)
        cost = cost + np.minimum(each[hypotheses, chosen], 12.0)  # one stray note must not decide
        moved, late = candidates[hypotheses, chosen], late_s[hypotheses, chosen]
        steps[:, note] = steps[:, note - 1] + moved
        clock = clock + moved * step_s + CLOCK_GIVES * late
        if not steady:
            step_s = np.clip(step_s + TEMPO_GIVES * late / moved, 0.88 * start_step_s, 1.14 * start_step_s)
    cost = cost - len(onsets_s) * np.log(start_step_s * bar)  # a step's share is spread over a longer bar
    if not steady:
        away = np.log(60 / start_step_s / STEPS_PER_BEAT[meter] / LIKELY_TEMPO[meter]) / TEMPO_SPREAD
        cost = cost + TEMPO_WEIGHT * len(onsets_s) * 0.5 * away ** 2
    return cost + METER_COST[meter], steps


def _line(onsets_s: np.ndarray, steps: np.ndarray, step_s: float, *, fixed: bool) -> tuple[float, float]:
    """Seconds a step and time of step 0: a straight line through the onsets, or an offset alone when fixed."""
    if not fixed and len(steps) >= 4:
        slope = np.polyfit(steps, onsets_s, 1)[0]
        step_s = float(np.clip(slope, 0.85 * step_s, 1.18 * step_s))
    return step_s, float(np.median(onsets_s - steps * step_s))


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
