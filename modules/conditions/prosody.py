"""When words are sung: syllables onto the step grid.

Owns stress against beat, breath, pick-ups and line lengths in bars. Refuses to know spelling, phonemes and pitch.
Steps are 16ths (six a beat in 6/8), counted from the first bar of the first section.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modules.canvas.vocabulary import STEPS_PER_BEAT
from modules.errors import InputError
from modules.types import METERS, Lyrics, PlacedSyllable, Syllable

BREATH = 2  # steps of rest that every line ends with
PICKUP = 4  # steps that a line may begin before its bar
RATE = (1.5, 5.0)  # syllables a second that are comfortable to sing
LINE_BARS = (1, 2, 4, 8)
# How heavy each step of a bar is, 0–1 (Lerdahl & Jackendoff 1983, metrical structure), from bar line to 16th.
STRENGTH = {
    "4/4": (1.0, 0.0, 0.3, 0.0, 0.6, 0.0, 0.3, 0.0, 0.85, 0.0, 0.3, 0.0, 0.6, 0.0, 0.3, 0.0),
    "3/4": (1.0, 0.0, 0.3, 0.0, 0.6, 0.0, 0.3, 0.0, 0.6, 0.0, 0.3, 0.0),
    "6/8": (1.0, 0.0, 0.35, 0.0, 0.35, 0.0, 0.8, 0.0, 0.35, 0.0, 0.35, 0.0),
}
PROMINENCE = (0.1, 1.0, 0.55)  # of stress 0, 1, 2: how much a syllable wants a strong, long note
IMPOSSIBLE = 1e9


@dataclass(frozen=True)
class LyricPlan:
    """Words on the grid.

    meter      "4/4", "3/4" or "6/8"
    sections   (section name, bars) of each stanza, bars even; the plan puts intro and outro round them
    sources    for each section the index of the first one with the same words, or None
    syllables  in order; `step` counts from the first bar of `sections[0]`, no two share a step
    line_bars  bars of each line, in order (a section may be one bar longer than its lines)
    """

    meter: str
    sections: tuple[tuple[str, int], ...]
    sources: tuple[int | None, ...]
    syllables: tuple[PlacedSyllable, ...]
    line_bars: tuple[int, ...]


def place(lyrics: Lyrics, *, meter: str, tempo_bpm: float, seed: int, bars_per_line: int | None = None) -> LyricPlan:
    """Set each line to a rhythm.

    Stressed syllables go to strong beats and last longer, function words are light, every line ends in a breath with
    its last word long on a strong beat, weak syllables before the first stress may be a pick-up. A stanza that comes
    back gets the same rhythm to the step.

    Args:
        lyrics: what `parse` returned.
        meter: "4/4", "3/4" or "6/8".
        tempo_bpm: beats a minute (dotted quarters in 6/8).
        seed: small preferences among good rhythms; the same for all lines of a section name.
        bars_per_line: asked length of a line, None = by syllable count and tempo. Lines that do not fit get more.
    """
    if meter not in METERS:
        raise InputError(f"The meter {meter} is not one I can set words in; it should be one of {', '.join(METERS)}.")
    step_s = 60.0 / (tempo_bpm * STEPS_PER_BEAT[meter])
    base = bars_per_line or _usual_bars(lyrics, meter, step_s)
    stanzas = [[i for i, s in enumerate(lyrics.stanzas) if s == stanza] for stanza in sorted(set(lyrics.stanzas))]
    keys = [_key(lyrics, lines) for lines in stanzas]
    done: dict[tuple, tuple[int, list[list[tuple[int, int]]], list[int]]] = {}
    sections, syllables, line_bars, first_step = [], [], [], 0
    for key, lines in zip(keys, stanzas, strict=True):
        if key not in done:
            done[key] = _place_stanza(lyrics, lines, meter=meter, step_s=step_s, base=base, seed=seed,
                                      pickup_at_start=key != keys[0])
        bars, spans, lengths = done[key]
        for line, places in zip(lines, spans, strict=True):
            syllables += [PlacedSyllable(syllable, first_step + step, length)
                          for syllable, (step, length) in zip(lyrics.lines[line], places, strict=True)]
        line_bars += lengths
        sections.append((lyrics.line_sections[lines[0]], bars))
        first_step += bars * len(STRENGTH[meter])
    sources = tuple(keys.index(key) if keys.index(key) < index else None for index, key in enumerate(keys))
    return LyricPlan(meter, tuple(sections), sources, tuple(syllables), tuple(line_bars))


def prominence(line: Sequence[Syllable]) -> np.ndarray:
    """float (n,): how much each syllable wants a strong beat, 0–1. The last word always carries one."""
    weights = np.array([PROMINENCE[syllable.stress] for syllable in line])
    last = [i for i, syllable in enumerate(line) if syllable.word_index == line[-1].word_index]
    weights[max(last, key=lambda i: (weights[i], i))] = 1.0
    return weights


def place_line(line: Sequence[Syllable], *, meter: str, bars: int, step_s: float, taste: np.ndarray,
               pickup: bool) -> list[int]:
    """Onset step of each syllable, by a dynamic programme over the line's steps.

    The cost of a rhythm is the sum of
      * a stressed syllable off the beat: 1.6 · prominence · (1 − strength); a light one on it: 0.7 · (1 − prominence) ·
        strength; a 16th off the eighths: 0.4;
      * a gap unlike its ideal: ln(gap / ideal)², where ideals share the line out by prominence; 2.5 more when a
        syllable gets under 0.11 s;
      * the last word's stress off a strong beat, once more 1.6 · (1 − strength); its note shorter than a beat and a
        half (ln², × 1.5);
      * starting late: 0.25 a beat; a pick-up: 0.2 (only light syllables before the first stress may stand there);
      * `taste`: float (bars · steps a bar,), small seeded preferences.

    Args:
        line: its syllables.
        taste: see above.
        pickup: whether the line may begin up to PICKUP steps before its bar.

    Returns:
        increasing steps from −PICKUP; the last one leaves at least a step, the breath and the next line's pick-up.
    """
    n, strength = len(line), np.tile(STRENGTH[meter], bars)
    end = len(strength) - BREATH - PICKUP
    steps = np.arange(-PICKUP if pickup else 0, end)
    heavy = strength[steps % len(strength)]
    wish = prominence(line)
    beat = STEPS_PER_BEAT[meter]
    first_stress = int(np.argmax(wish >= 0.5))
    stress_of_end = max(i for i in range(n) if wish[i] == wish.max() and line[i].word_index == line[-1].word_index)
    final = min(1.5 * beat, end / 3)
    ideals = (0.65 + 0.7 * wish)
    ideals = ideals / max(ideals[:-1].sum(), 1e-9) * max(end - final, n - 1)
    ideals = np.clip(ideals, 1.0, min(2.0 * beat, max(0.8 / step_s, 1.0)))
    gaps = steps[None, :] - steps[:, None]  # (S from, S to)
    log_gaps = np.where(gaps > 0, np.log(np.maximum(gaps, 1)), np.inf)
    hurried = np.where(gaps * step_s < 0.11, 2.5, 0.0)
    cost, back = np.full(len(steps), np.inf), []
    for i in range(n):
        here = (1.6 * wish[i] * (1 - heavy) + 0.7 * (1 - wish[i]) * heavy + 0.4 * (heavy == 0)
                + taste[steps % len(strength)] + 0.2 * (steps < 0))
        if i == stress_of_end:
            here = here + 1.6 * (1 - heavy)
        if i == n - 1:
            here = here + 1.5 * np.log(np.minimum((end - steps) / final, 1.0)) ** 2
        if i >= first_stress:
            here = here + IMPOSSIBLE * (steps < 0)
        if i == 0:
            cost = here + 0.25 * np.maximum(steps, 0) / beat
            continue
        paths = cost[:, None] + (log_gaps - math.log(ideals[i - 1])) ** 2 + hurried
        back.append(paths.argmin(axis=0))
        cost = paths.min(axis=0) + here
    index = int(cost.argmin())
    path = [index]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    return [int(steps[index]) for index in reversed(path)]


def _usual_bars(lyrics: Lyrics, meter: str, step_s: float) -> int:
    """Bars a line that sing most lines at a comfortable rate: near 2.6 syllables a second and two steps each."""
    counts = np.array([len(line) for line in lyrics.lines])

    def cost(bars: int) -> float:
        room = bars * len(STRENGTH[meter]) - BREATH - PICKUP + 1
        rate = counts / (room * step_s)
        crowd = np.maximum(np.log(2.0 * counts / room), 0.0)
        outside = np.maximum(np.log(rate / RATE[1]), 0.0) + np.maximum(np.log(RATE[0] / rate), 0.0)
        return float(np.sum(np.log(rate / 2.6) ** 2 + 2 * crowd ** 2 + 4 * outside ** 2))

    return min(LINE_BARS, key=cost)


def _line_bars(count: int, meter: str, step_s: float, base: int) -> int:
    """`base`, doubled until the syllables fit the grid and can be sung without haste."""
    bars = base
    while True:
        room = bars * len(STRENGTH[meter]) - BREATH - PICKUP
        if count <= 0.8 * room and (count <= 1.15 * RATE[1] * room * step_s or bars >= LINE_BARS[-1]):
            return bars
        bars *= 2


def _key(lyrics: Lyrics, lines: list[int]) -> tuple:
    return (lyrics.line_sections[lines[0]],
            tuple(tuple(syllable.text.lower() for syllable in lyrics.lines[line]) for line in lines))


def _place_stanza(lyrics: Lyrics, lines: list[int], *, meter: str, step_s: float, base: int, seed: int,
                  pickup_at_start: bool) -> tuple[int, list[list[tuple[int, int]]], list[int]]:
    """(bars, (step, length) of each line's syllables from the stanza's first bar, bars of each line)."""
    per_bar, beat = len(STRENGTH[meter]), STEPS_PER_BEAT[meter]
    onsets, bars, start = [], [], 0
    for number, line in enumerate(lines):
        syllables = lyrics.lines[line]
        bars.append(_line_bars(len(syllables), meter, step_s, base))
        # One taste a section name, so that its lines share a rhythm: that is what makes a verse sound like one.
        draw = np.random.default_rng([seed & 0xFFFFFFFF, zlib.crc32(lyrics.line_sections[line].encode())])
        taste = np.resize(draw.uniform(-0.25, 0.25, 2 * per_bar), bars[-1] * per_bar)
        onsets.append([start + step for step in place_line(
            syllables, meter=meter, bars=bars[-1], step_s=step_s, taste=taste, pickup=number > 0 or pickup_at_start)])
        start += bars[-1] * per_bar
    total = sum(bars) + sum(bars) % 2
    longest = max(beat, min(per_bar, round(2.5 / step_s)))
    spans = []
    for number, (line, steps) in enumerate(zip(lines, onsets, strict=True)):
        # The next stanza may be any, so the last line leaves room for the longest pick-up.
        end = onsets[number + 1][0] - BREATH if number + 1 < len(lines) else start - PICKUP - BREATH
        wish = prominence(lyrics.lines[line])
        places = []
        for i, step in enumerate(steps):
            following = steps[i + 1] if i + 1 < len(steps) else end
            most = longest if i + 1 == len(steps) else 2 * beat if wish[i] >= 0.5 else beat
            places.append((step, min(following - step, most)))
        spans.append(places)
    return total, spans, bars
