"""Tempo in prompts: numbers, ranges, bounds, Italian terms and plain words, double- and half-time.

Tempo words follow the usual metronome tables. Knows nothing of styles and negation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from modules.conditions.text_numbers import BIG_NUMBER, read_number
from modules.conditions.text_words import Hit, Words, pattern

_BPM = "(?:bpm|beats per minute|beats a minute|b p m)"
_LOOSE = "(?:somewhere |anywhere |around |about |roughly |approximately |circa |ca |near |at |tempo )*"
_RANGE = pattern(rf"{_LOOSE}(?:between |from )?(\d+(?:\.\d+)?)\s(?:{_BPM}\s)?(?:and\s|to\s|or\s)?(\d+(?:\.\d+)?) "
                 rf"{_BPM}")
_BOUND = pattern(rf"(?:(?P<up>at least|no slower than|not slower than|not below|no less than|minimum(?: of)?|"
                 rf"upwards of)|(?P<over>over|above|more than|faster than|beyond)|(?P<down>at most|no faster than|"
                 rf"not faster than|not above|not over|no more than|max|maximum(?: of)?)|(?P<under>under|below|"
                 rf"less than|slower than)) (?P<n>{BIG_NUMBER}) {_BPM}")
_MARGIN = {"up": 1.05, "over": 1.1, "down": .95, "under": .9}  # how far past a bound the tempo goes
_EXACT = pattern(rf"{_LOOSE}({BIG_NUMBER})(?: ish)? {_BPM}|(?:{_BPM}|tempo)(?: of| is| at| around| about|"
                 rf" equals)* "
                 r"(\d+(?:\.\d+)?)|(?:quarter|crotchet)(?: note)?(?: equals| is)? (\d+)")
_TEMPO_WORDS = {  # beats a minute
    "prestissimo": 200, "presto": 180, "vivace": 160, "allegretto": 112, "allegro moderato": 120, "allegro": 132,
    "moderato": 108, "andantino": 92, "andante": 84, "adagietto": 74, "adagio": 70, "larghetto": 63, "largo": 50,
    "lento": 54, "grave": 42, "(?:very|really|super|extremely|so|painfully) slow(?:ly)?": 56, "slow moving": 66,
    "slow(?:ly|er)? paced": 68, "slow(?:ly)?": 70, "slow tempo": 70, "slower": 76, "downtempo": 84, "down tempo": 84,
    "con brio": 138, "con moto": 108, "con fuoco": 152, "vivo": 152, "animato": 126,
    "agitato": 140, "maestoso": 84, "sostenuto": 72, "tranquillo": 70, "allegro vivace": 156, "andante moderato": 96,
    "allegro (?:ma )?non troppo": 120, "allegro con brio": 144, "lentissimo": 44, "larghissimo": 40, "adagissimo": 48,
    "allegrissimo": 172, "mid tempo": 100, "medium tempo": 100, "midtempo": 100, "medium paced": 100, "moderate(?: "
        "tempo)?": 104,
    "moderately paced": 104, "walking pace": 92, "upbeat": 122, "up tempo": 136, "brisk(?:ly)?": 132, "lively": 128,
    "(?:very|really|super|extremely|so|insanely) fast": 174, "fast(?:er)?(?: paced| tempo| moving)?": 150,
    "quick(?:ly)?(?: paced)?": 144, "rapid(?:ly)?": 156, "breakneck": 184, "racing": 160, "frantic": 164,
}
_TEMPO = pattern("(?P<word>" + "|".join(sorted(_TEMPO_WORDS, key=len, reverse=True)) + ")")
_TEMPO_RULES = [(pattern(word), bpm) for word, bpm in _TEMPO_WORDS.items()]
_BARE = pattern(r"at\s(\d{2,3})")  # "drum and bass at 174"
_GRAVEYARD = re.compile(r"(?:the|a|an|my|his|her|our|to|this|shallow|open) $")
_TIME_FEEL = pattern("(double|half) time(?: feel)?")


def tempos(words: Words) -> Iterator[Hit]:
    """Hits "tempo" (beats a minute, exact) and "time_feel" ("double" or "half")."""
    for match in _RANGE.finditer(words.text):
        low, high = float(match[1]), float(match[2])
        if words.free(*match.span()) and low < high <= 2.5 * low:  # "bar 9, 120 bpm" is none
            words.take(*match.span())
            yield Hit(*match.span(), "tempo", (low + high) / 2)
    for match in words.find(_BOUND):
        margin = next(_MARGIN[name] for name in _MARGIN if match[name])
        yield Hit(*match.span(), "tempo", round(read_number(match["n"]) * margin))
    for match in words.find(_EXACT):
        yield Hit(*match.span(), "tempo", read_number(match[1] or match[2] or match[3]))
    for match in words.find(_TIME_FEEL):
        yield Hit(*match.span(), "time_feel", match[1])


def tempo_words(words: Words, styles: list[tuple[int, int]]) -> Iterator[Hit]:
    """Hits "tempo_word" (beats a minute that the word means without a style), and "tempo" for a bare "at 174".

    The words may lie inside the spans of `styles` ("slow blues").
    """
    for match in words.find(_BARE):
        if 50 <= int(match[1]) <= 220:
            yield Hit(*match.span(), "tempo", float(match[1]))
    for match in words.find(_TEMPO, share=True):
        start, end = match.span()
        if match["word"] == "grave" and _GRAVEYARD.search(words.text[:start]):
            continue
        if not words.free(start, end) and not any(a < end and start < b for a, b in styles):
            continue
        words.take(start, end)
        yield Hit(*match.span(), "tempo_word",
                  float(next(bpm for rule, bpm in _TEMPO_RULES if rule.fullmatch(match["word"]))))
