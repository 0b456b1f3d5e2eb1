"""How words sit on music, by numbers that real songs and ours share. `real_words` applies it to a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modules.canvas.vocabulary import STEPS_PER_BEAT
from modules.conditions.line_rhythm import STRENGTH
from modules.types import PlacedSyllable, Syllable

STRONG = 0.85  # weight of a bar line and of the middle of a 4/4 bar
PAUSE = 1.75  # times a line's usual gap that its end is held or rests, to be heard as an end


@dataclass(frozen=True)
class Set:
    """A syllable as set: `onset` and `length` in beats (length: until its note ends), `heavy` the weight of its place
    in the bar, 0–1."""

    syllable: Syllable
    onset: float
    length: float
    heavy: float


def as_set(placed: Sequence[PlacedSyllable], meter: str) -> list[list[Set]]:
    """Our own placing, line by line."""
    lines: dict[tuple[int, int], list[Set]] = {}
    beat, weights = STEPS_PER_BEAT[meter], STRENGTH[meter]
    turn = 0
    before = -1
    for one in sorted(placed, key=lambda p: p.step):
        turn += one.syllable.line < before  # sung through once more
        before = one.syllable.line
        lines.setdefault((turn, before), []).append(
            Set(one.syllable, one.step / beat, one.length / beat, weights[one.step % len(weights)]))
    return list(lines.values())


def measure(lines: Sequence[Sequence[Set]]) -> dict[str, float]:
    """Shares and ratios over all lines.

    Returns:
        in_word: stressed syllables that stand stronger than each unstressed one beside them in their word;
        in_word_not_weaker: the same, or as strong;
        stressed_stronger, stressed_weaker: of stressed syllables of content words and light syllables beside them, the
        pairs in which the stressed one stands stronger, and weaker;
        stressed_on_beat: stressed syllables on a beat; light_on_strong: light syllables on a bar line or half bar;
        longer: how much longer until the next syllable after a stressed one than after a light one (line ends apart);
        end_gap: a line's last syllable to the next line, over the usual gap; ends_heard: share of ends of `PAUSE` times
        the usual gap; end_on_beat: last stressed syllables on a beat; per_beat: syllables a beat within lines.
    """
    in_word, pairs, on_beat, strong, long, short, ends, ends_on_beat, rates = [], [], [], [], [], [], [], [], []
    for index, line in enumerate(lines):
        gaps = np.diff([one.onset for one in line])
        usual = float(np.median(gaps)) if len(gaps) else 0.0
        for i, one in enumerate(line):
            stressed = one.syllable.stress == 1
            (on_beat if stressed else strong).append(one.heavy >= (0.6 if stressed else STRONG))
            if i < len(gaps):
                (long if stressed else short).append(gaps[i])
            if not stressed:
                continue
            for other in line[max(i - 1, 0):i] + line[i + 1:i + 2]:
                if other.syllable.stress == 0:
                    pairs.append(np.sign(one.heavy - other.heavy))
                    if other.syllable.word_index == one.syllable.word_index:
                        in_word.append(pairs[-1])
        if index + 1 < len(lines) and usual and lines[index + 1][0].onset > line[-1].onset:
            ends.append((lines[index + 1][0].onset - line[-1].onset) / usual)
        last = [one for one in line if one.syllable.word_index == line[-1].syllable.word_index]
        ends_on_beat.append(max(last, key=lambda one: one.syllable.stress).heavy >= 0.6)
        if len(line) > 3:
            rates.append((len(line) - 1) / (line[-1].onset - line[0].onset))
    signs = np.array(pairs)
    return {"in_word": np.mean(np.array(in_word) > 0), "in_word_not_weaker": np.mean(np.array(in_word) >= 0),
            "stressed_stronger": np.mean(signs > 0), "stressed_weaker": np.mean(signs < 0),
            "stressed_on_beat": np.mean(on_beat), "light_on_strong": np.mean(strong),
            "longer": np.mean(long) / np.mean(short), "end_gap": np.median(ends),
            "ends_heard": np.mean(np.array(ends) >= PAUSE), "end_on_beat": np.mean(ends_on_beat),
            "per_beat": np.median(rates)}
