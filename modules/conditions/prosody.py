"""When words are sung: syllables onto the step grid, stanza by stanza.

Owns line lengths in bars, rhymes that stand alike and stanzas that go to one tune. Refuses to know spelling and pitch;
the rhythm of one line is `line_rhythm`. Steps are 16ths (six a beat in 6/8), counted from the first bar of the first
section.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from modules.canvas.vocabulary import STEPS_PER_BEAT
from modules.conditions.line_rhythm import (
    BREATH,
    PICKUP,
    STRENGTH,
    Paths,
    best_path,
    end_costs,
    line_paths,
    prominence,
)
from modules.conditions.rhyme import rhyme_scheme
from modules.errors import InputError
from modules.types import METERS, Lyrics, PlacedSyllable, Syllable

RATE = (1.5, 5.0)  # syllables a second that are comfortable to sing
LINE_BARS = (1, 2, 4, 8)
TASTE = 0.25  # how far a seed's likings go
FOLLOW = 0.6  # what a start where the tune already has one is worth to a later stanza's line
PARALLEL = 0.3  # the same for a line whose stanza began with a line as long


@dataclass(frozen=True)
class LyricPlan:
    """Words on the grid.

    meter      "4/4", "3/4" or "6/8"
    sections   (section name, bars) of each stanza, bars even; the plan puts intro and outro round them
    sources    for each section the index of the first one that it goes to the tune of, or None: a section with the
               same words, or of the same name with as many bars a line
    syllables  in order; `step` counts from the first bar of `sections[0]`, no two share a step
    line_bars  bars of each line, in order (a section may be one bar longer than its lines)
    """

    meter: str
    sections: tuple[tuple[str, int], ...]
    sources: tuple[int | None, ...]
    syllables: tuple[PlacedSyllable, ...]
    line_bars: tuple[int, ...]


def place(lyrics: Lyrics, *, meter: str, tempo_bpm: float, seed: int, bars_per_line: int | None = None,
          lead_in: bool = False) -> LyricPlan:
    """Set each line to a rhythm.

    Stressed syllables go to strong beats and last longer, function words are light, every line ends in a breath with
    its last word long on a strong beat, weak syllables before the first stress may be a pick-up. Lines that rhyme carry
    their last stress at the same place of their bars. A stanza that comes back gets the same rhythm to the step, one
    of the same section with other words as much of it as its words allow.

    Args:
        lyrics: what `parse` returned.
        meter: "4/4", "3/4" or "6/8".
        tempo_bpm: beats a minute (dotted quarters in 6/8).
        seed: small preferences among good rhythms; the same for all lines of a section name.
        bars_per_line: asked length of a line, None = by syllable count and tempo. Lines that do not fit get more.
        lead_in: music goes before the first section, so that its first line may begin up to PICKUP steps early.
    """
    if meter not in METERS:
        raise InputError(f"The meter {meter} is not one I can set words in; it should be one of {', '.join(METERS)}.")
    step_s = 60.0 / (tempo_bpm * STEPS_PER_BEAT[meter])
    base = bars_per_line or _usual_bars(lyrics, meter, step_s)
    stanzas = [[i for i, s in enumerate(lyrics.stanzas) if s == stanza] for stanza in sorted(set(lyrics.stanzas))]
    keys = [_key(lyrics, lines) for lines in stanzas]
    rhymes = rhyme_scheme(lyrics)
    done: dict[tuple, _Stanza] = {}
    sections, sources, syllables, line_bars, first_step = [], [], [], [], 0
    for index, (key, lines) in enumerate(zip(keys, stanzas, strict=True)):
        if key not in done:
            bars = tuple(_line_bars(_notes(lyrics.lines[line]), meter, step_s, base) for line in lines)
            like = next((i for i in range(index) if keys[i][0] == key[0] and done[keys[i]].line_bars == bars), None)
            done[key] = _place_stanza(
                lyrics, lines, bars, meter=meter, step_s=step_s, seed=seed, rhymes=rhymes,
                pickup_at_start=lead_in or index > 0, tune=None if like is None else done[keys[like]].spans)
            sources.append(like)
        else:
            sources.append(keys.index(key))
        stanza = done[key]
        for line, places in zip(lines, stanza.spans, strict=True):
            syllables += [PlacedSyllable(syllable, first_step + step, length)
                          for syllable, (step, length) in zip(lyrics.lines[line], places, strict=True)]
        line_bars += stanza.line_bars
        sections.append((lyrics.line_sections[lines[0]], stanza.bars))
        first_step += stanza.bars * len(STRENGTH[meter])
    return LyricPlan(meter, tuple(sections), tuple(sources), tuple(syllables), tuple(line_bars))


@dataclass(frozen=True)
class _Stanza:
    """`bars` in all, bars of each line, and (step, length) of each line's syllables from the stanza's first bar."""

    bars: int
    line_bars: tuple[int, ...]
    spans: tuple[tuple[tuple[int, int], ...], ...]


def _usual_bars(lyrics: Lyrics, meter: str, step_s: float) -> int:
    """Bars a line that sing most lines at a comfortable rate: near 2.6 syllables a second and two steps each."""
    counts = np.array([_notes(line) for line in lyrics.lines])

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


def _common_end(lines: list[tuple[Paths, int]]) -> int:
    """Where lines that rhyme best put their last stress together, in steps before the end of their bars.

    Args:
        lines: costs of each line and the steps of its bars.
    """
    costs = [dict(zip((length - paths.steps).tolist(), end_costs(paths).tolist(), strict=True))
             for paths, length in lines]
    common = set.intersection(*map(set, costs))
    return min(common, key=lambda place: (sum(cost[place] for cost in costs), place))


def _notes(line: Sequence[Syllable]) -> int:
    """Notes that a line needs."""
    return sum(syllable.notes for syllable in line)


def _key(lyrics: Lyrics, lines: list[int]) -> tuple:
    """Equal for stanzas of the same section that say the same."""
    return (lyrics.line_sections[lines[0]],
            tuple(tuple((syllable.text.lower(), syllable.phonemes, syllable.notes) for syllable in lyrics.lines[line])
                  for line in lines))


def _place_stanza(lyrics: Lyrics, lines: list[int], bars: tuple[int, ...], *, meter: str, step_s: float, seed: int,
                  rhymes: tuple[str, ...], pickup_at_start: bool,
                  tune: tuple[tuple[tuple[int, int], ...], ...] | None) -> _Stanza:
    """A stanza's rhythm.

    Args:
        lines: numbers of its lines. bars: of each of them.
        rhymes: a letter for each line of the song.
        pickup_at_start: whether its first line may begin before its bar.
        tune: the spans of the stanza to whose tune this one goes, None = there is none.
    """
    per_bar, beat = len(STRENGTH[meter]), STEPS_PER_BEAT[meter]
    starts = np.cumsum([0, *bars]) * per_bar
    paths = []
    for number, line in enumerate(lines):
        # One taste a section name, so that its lines share a rhythm: that is what makes a verse sound like one.
        draw = np.random.default_rng([seed & 0xFFFFFFFF, zlib.crc32(lyrics.line_sections[line].encode())])
        taste = np.resize(draw.uniform(-TASTE, TASTE, 2 * per_bar), bars[number] * per_bar)
        if tune is not None:
            taste[[(step - starts[number]) % len(taste) for step, _ in tune[number]]] -= FOLLOW
        paths.append(line_paths(lyrics.lines[line], meter=meter, bars=bars[number], step_s=step_s, taste=taste,
                                pickup=number > 0 or pickup_at_start))
    own: list[list[int]] = []
    ends: dict[str, int] = {}  # rhyme letter → where the last stress stands, counted back from the end of the bars
    for number, line in enumerate(lines):
        letter = rhymes[line]
        if letter not in ends:
            ends[letter] = _common_end([(paths[n], bars[n] * per_bar) for n, other in enumerate(lines)
                                        if rhymes[other] == letter])
        like = next((n for n in range(number) if bars[n] == bars[number]), None)
        way = paths[number]
        if like is not None and tune is None:
            way = replace(way, here=way.here - PARALLEL * np.isin(way.steps, own[like]))
        own.append(best_path(way, bars[number] * per_bar - ends[letter]))
    onsets = [[int(start) + step for step in steps] for start, steps in zip(starts, own, strict=False)]
    end_step, total = int(starts[-1]), sum(bars) + sum(bars) % 2
    longest = max(beat, min(per_bar, round(2.5 / step_s)))
    spans = []
    for number, (line, steps) in enumerate(zip(lines, onsets, strict=True)):
        # The next stanza may be any, so the last line leaves room for the longest pick-up.
        end = onsets[number + 1][0] - BREATH if number + 1 < len(lines) else end_step - PICKUP - BREATH
        wish = prominence(lyrics.lines[line])
        places = []
        for i, step in enumerate(steps):
            following = steps[i + 1] if i + 1 < len(steps) else end
            most = longest if i + 1 == len(steps) else 2 * beat if wish[i] >= 0.5 else beat
            places.append((step, min(following - step, most * lyrics.lines[line][i].notes)))
        spans.append(tuple(places))
    return _Stanza(total, bars, tuple(spans))
