"""How loud: section energies, crescendi, the energy curve, metric accents, phrase arcs. Velocities and levels only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from modules.performance.clock import Clock
from modules.performance.feel import MACHINE_KITS
from modules.types import GridNote, Song

# level 0 … 7 → 57 … 106: energies 2.5 and 6.5 lie 5 dB apart (v² law); what joins in and leaves does the rest, and
# more made an intro vanish under its chorus
BASE_VELOCITY, VELOCITY_PER_LEVEL = 57, 7.0
CRESCENDO_BARS = 2
CRESCENDO_SHARE = 0.6  # of the way to the louder section, reached at its threshold
BREATH_BARS, BREATH_PEAK = 4, 0.6  # the band swells over four bars, most at six tenths of them
BREATH_LEVELS, MACHINE_BREATH_LEVELS = 1.8, 0.6  # from its softest to its loudest, 2 to 3 dB; to a drum machine less
ACCENTS = {"downbeat": 1.08, "beat": 1.03, "half": 0.97, "off": 0.92}
PHRASE_REST_STEPS = 3  # a rest this long parts two phrases


@dataclass(frozen=True)
class Dynamics:
    """`levels` float (S,): the level 0–7 on each step; `quiet` float (S,): factor below 1 where a curve asks for
    less than the softest section."""

    levels: np.ndarray
    quiet: np.ndarray
    steps_per_beat: int
    steps_per_bar: int

    def velocity(self, step: float) -> float:
        """Velocity of an unaccented note."""
        at = int(np.clip(step, 0, len(self.levels) - 1))
        return (BASE_VELOCITY + VELOCITY_PER_LEVEL * self.levels[at]) * self.quiet[at]

    def accent(self, step: int) -> float:
        """Factor by metric weight."""
        if step % self.steps_per_bar == 0:
            return ACCENTS["downbeat"]
        if step % self.steps_per_beat == 0:
            return ACCENTS["beat"]
        return ACCENTS["half"] if step % 2 == 0 else ACCENTS["off"]

    def expression(self, step: float) -> float:
        """CC11 (0–127) that follows the level on instruments which can change a sounding note."""
        at = int(np.clip(step, 0, len(self.levels) - 1))
        return (101 + 3.5 * self.levels[at]) * self.quiet[at] ** 0.5


def make_dynamics(song: Song, clock: Clock) -> Dynamics:
    """Levels from the bars' energies, with crescendi into louder sections, bent by the song's energy curve."""
    canvas = song.canvas
    per_bar = canvas.steps_per_bar
    levels = np.repeat(canvas.energy.astype(float), per_bar)
    for section in song.sections[1:]:
        first = section.start_bar
        if not 0 < first < canvas.n_bars:
            continue
        before, rise = float(canvas.energy[first - 1]), float(canvas.energy[first]) - float(canvas.energy[first - 1])
        if rise > 0:
            start = max(first - CRESCENDO_BARS, 0) * per_bar
            n = first * per_bar - start
            levels[start:start + n] = np.maximum(levels[start:start + n],
                                                 before + CRESCENDO_SHARE * rise * np.linspace(0, 1, n) ** 1.5)
    levels = np.clip(levels + _breath(song, len(levels)), 0.0, 7.0)
    quiet = np.ones(len(levels))
    if song.energy_curve:
        times, values = np.array(sorted(song.energy_curve), dtype=float).T
        asked = np.interp([clock.at(step) for step in range(len(levels))], times, np.clip(values, 0, 1))
        levels = 0.25 * levels + 0.75 * 7.0 * asked
        quiet = 0.45 + 0.55 * np.minimum(1.0, asked / 0.25)
    return Dynamics(levels, quiet, canvas.steps_per_beat, per_bar)


def _breath(song: Song, n_steps: int) -> np.ndarray:
    """Levels by which the whole band rises and eases over the phrases of each section; float (S,), mean about 0.

    Todd 1992, "The dynamics of dynamics: a model of musical expression": intensity follows the grouping in arcs.
    """
    out = np.zeros(n_steps)
    depth = MACHINE_BREATH_LEVELS if song.instruments.get("drums") in MACHINE_KITS else BREATH_LEVELS
    per_bar = song.canvas.steps_per_bar
    for section in song.sections:
        for bar in range(section.start_bar, section.start_bar + section.bars, BREATH_BARS):
            bars = min(BREATH_BARS, section.start_bar + section.bars - bar)
            x = (np.arange(bars * per_bar) + 0.5) / (bars * per_bar)
            arc = -((x - BREATH_PEAK) / BREATH_PEAK) ** 2
            at = slice(bar * per_bar, min((bar + bars) * per_bar, n_steps))
            out[at] = depth * (arc - arc.mean())[:at.stop - at.start]
    return out


def phrases(notes: list[GridNote]) -> list[list[GridNote]]:
    """Notes cut at rests."""
    out: list[list[GridNote]] = []
    for note in notes:
        if out and note.step - (out[-1][-1].step + out[-1][-1].length) < PHRASE_REST_STEPS:
            out[-1].append(note)
        else:
            out.append([note])
    return out


def phrase_factors(phrase: list[GridNote]) -> list[float]:
    """Arc over a phrase (peak near two thirds, Todd 1992's kinematic shape) plus a little for high notes."""
    start, end = phrase[0].step, phrase[-1].step + phrase[-1].length
    middle = float(np.mean([note.midi for note in phrase]))
    out = []
    for note in phrase:
        x = (note.step - start) / max(end - start, 1)
        arc = 1.0 - 0.22 * (x - 0.6) ** 2 / 0.36
        out.append(arc * (1.0 + 0.006 * float(np.clip(note.midi - middle, -8, 8))))
    return out
