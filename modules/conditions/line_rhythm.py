"""The rhythm of one line: a step for each syllable, the cheapest by a dynamic programme.

Owns what a syllable wants of its place, of its length and of its neighbours. Refuses to know stanzas, spelling and
pitch. Steps are 16ths (six a beat in 6/8), counted from the line's first bar.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modules.canvas.vocabulary import STEPS_PER_BEAT
from modules.types import Syllable

BREATH = 2  # steps of rest that every line ends with
PICKUP = 4  # steps that a line may begin before its bar
# How heavy each step of a bar is, 0–1 (Lerdahl & Jackendoff 1983, metrical structure), from bar line to 16th.
STRENGTH = {
    "4/4": (1.0, 0.0, 0.3, 0.0, 0.6, 0.0, 0.3, 0.0, 0.85, 0.0, 0.3, 0.0, 0.6, 0.0, 0.3, 0.0),
    "3/4": (1.0, 0.0, 0.3, 0.0, 0.6, 0.0, 0.3, 0.0, 0.6, 0.0, 0.3, 0.0),
    "6/8": (1.0, 0.0, 0.35, 0.0, 0.35, 0.0, 0.8, 0.0, 0.35, 0.0, 0.35, 0.0),
}
PROMINENCE = (0.1, 1.0, 0.55)  # of stress 0, 1, 2: how much a syllable wants a strong, long note
HASTE_S = 0.11  # a syllable shorter than this is hurried
CONTRAST = 0.3  # prominence by which one neighbour must stand out for their order of weight to matter
TWISTED = (0.8, 1.6)  # a light syllable heavier than a stressed neighbour: of another word, of the same word
END = 1.6  # what a last stress off the beat costs
ON_BEAT = 0.6  # weight from which a step is a beat
IMPOSSIBLE = 1e9


@dataclass(frozen=True)
class Paths:
    """What each choice for a line costs.

    steps  int (S,) the steps that a syllable may start on
    here   float (n, S) syllable n on step S
    jump   float (n − 1, S, S) from one syllable's step to the next one's
    end    index of the syllable that carries the line's last stress
    """

    steps: np.ndarray
    here: np.ndarray
    jump: np.ndarray
    end: int


def prominence(line: Sequence[Syllable]) -> np.ndarray:
    """float (n,): how much each syllable wants a strong beat, 0–1. The last word always carries one."""
    weights = np.array([PROMINENCE[syllable.stress] for syllable in line])
    last = [i for i, syllable in enumerate(line) if syllable.word_index == line[-1].word_index]
    weights[max(last, key=lambda i: (weights[i], i))] = 1.0
    return weights


def line_paths(line: Sequence[Syllable], *, meter: str, bars: int, step_s: float, taste: np.ndarray,
               pickup: bool) -> Paths:
    """Costs of a line's rhythms.

    The cost of a rhythm is the sum of
      * a stressed syllable off the beat: 1.6 · prominence · (1 − strength); a light one on it: 0.9 · (1 − prominence) ·
        strength; a 16th off the eighths: 0.4;
      * a light syllable that stands heavier than a stressed one beside it: `TWISTED` times the difference;
      * a gap unlike its ideal: ln(gap / ideal)², where ideals share the line out by prominence; 2.5 more when a
        syllable gets under `HASTE_S`; a step at least for each note that it is drawn over;
      * the last word's stress off the beat, once more `END` · (1 − strength / `ON_BEAT`); its note shorter than a beat
        and a half (ln², × 1.5);
      * starting late: 0.25 a beat; a pick-up: 0.2 (only light syllables before the first stress may stand there);
      * `taste`: float (bars · steps a bar,), small seeded preferences.

    Args:
        line: its syllables.
        taste: see above.
        pickup: whether the line may begin up to PICKUP steps before its bar.
    """
    n, strength = len(line), np.tile(STRENGTH[meter], bars)
    end = len(strength) - BREATH - PICKUP  # the breath and the next line's pick-up
    steps = np.arange(-PICKUP if pickup else 0, end)
    heavy = strength[steps % len(strength)]
    wish = prominence(line)
    notes = np.array([syllable.notes for syllable in line])
    beat = STEPS_PER_BEAT[meter]
    first_stress = int(np.argmax(wish >= 0.5))
    last_stress = max(i for i in range(n) if wish[i] == wish.max() and line[i].word_index == line[-1].word_index)
    final = min(1.5 * beat, end / 3)
    ideals = (0.65 + 0.7 * wish) * (1 + 0.8 * (notes - 1))
    ideals = ideals / max(ideals[:-1].sum(), 1e-9) * max(end - final, n - 1)
    ideals = np.clip(ideals, 1.0, np.maximum(min(2.0 * beat, max(0.8 / step_s, 1.0)), 2 * notes))
    here = np.empty((n, len(steps)))
    for i in range(n):
        here[i] = (1.6 * wish[i] * (1 - heavy) + 0.9 * (1 - wish[i]) * heavy + 0.4 * (heavy == 0)
                   + taste[steps % len(strength)] + 0.2 * (steps < 0))
        if i >= first_stress:
            here[i] += IMPOSSIBLE * (steps < 0)
    here[0] += 0.25 * np.maximum(steps, 0) / beat
    here[last_stress] += END * (1 - np.minimum(heavy / ON_BEAT, 1.0))
    here[-1] += 1.5 * np.log(np.minimum((end - steps) / final, 1.0)) ** 2
    gaps = steps[None, :] - steps[:, None]  # (S from, S to)
    log_gaps = np.where(gaps > 0, np.log(np.maximum(gaps, 1)), np.inf)
    hurried = np.where(gaps * step_s < HASTE_S, 2.5, 0.0)
    rise = np.maximum(heavy[None, :] - heavy[:, None], 0.0)
    jump = np.empty((n - 1, len(steps), len(steps)))
    for i in range(n - 1):
        jump[i] = (log_gaps - math.log(ideals[i])) ** 2 + hurried + IMPOSSIBLE * (gaps < notes[i])
        weight = TWISTED[line[i].word_index == line[i + 1].word_index]
        if wish[i] - wish[i + 1] > CONTRAST:
            jump[i] += weight * rise
        elif wish[i + 1] - wish[i] > CONTRAST:
            jump[i] += weight * rise.T
    return Paths(steps, here, jump, last_stress)


def end_costs(paths: Paths) -> np.ndarray:
    """float (S,): the cost of the best rhythm that sets the line's last stress on each step."""
    before = paths.here[0]
    for i in range(paths.end):
        before = (before[:, None] + paths.jump[i]).min(axis=0) + paths.here[i + 1]
    after = np.zeros(len(paths.steps))
    for i in range(len(paths.here) - 1, paths.end, -1):
        after = (paths.jump[i - 1] + (paths.here[i] + after)[None, :]).min(axis=1)
    return before + after


def best_path(paths: Paths, end_step: int | None = None) -> list[int]:
    """Onset step of each syllable: increasing from −PICKUP; the last leaves at least a step, the breath and a pick-up.

    Args:
        end_step: where the line's last stress must stand, None = free.
    """
    here = paths.here.copy()
    if end_step is not None:
        here[paths.end] += IMPOSSIBLE * (paths.steps != end_step)
    cost, back = here[0], []
    for jump, arrive in zip(paths.jump, here[1:], strict=True):
        ways = cost[:, None] + jump
        back.append(ways.argmin(axis=0))
        cost = ways.min(axis=0) + arrive
    index = int(cost.argmin())
    path = [index]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    return [int(paths.steps[index]) for index in reversed(path)]
