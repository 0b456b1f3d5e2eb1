"""Which styles a prompt asks for: genre words decide, meaning fills the rest, refused words push away.

Explicit genre words get `EXPLICIT` of the weight; what the sentence encoder makes of the whole colours the remainder.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from modules.conditions.text_words import Hit, Words, canonical, pattern
from modules.styles.encoder import encode
from modules.styles.lookup import SHARPEN, UNSURE, keep_best, push_away, rank_styles
from modules.styles.names import called

EXPLICIT = 0.9
TOUCH = 0.25  # share of the second style in "X with a touch of Y"
_TOUCH = pattern("(?:with |and )?(?:just )?(?:a |some )?(?:little |tiny |small )?(?:touch(?:es)?|hints?|bit|dash|"
                 "pinch|splash|"
                 "sprinkle|flavou?r|elements?|influences?|twist|undertones?|tinge) (?:of )?(?:a |the )?")
_EMPTY_WORDS = (
    "a an the and or with in on of for to from by at as is it its this that some make me i want need give please "
    "create "
    "generate compose write play music song songs track tracks piece pieces tune sound sounds audio something anything "
    "style genre kind type like would can you my your be very really quite too nice good great more less bit loop key "
    "bpm tempo time long short version part parts let lets have has just only then they them come comes there here "
    "when "
    "while after before about into out up down over so but not no all also start starts end ends")
_EMPTY = frozenset(_EMPTY_WORDS.split())
_COMMON = frozenset(("drums", "bass", "melody", "comp", "comp2", "pad"))  # lanes: every style has them


@lru_cache(maxsize=1)
def style_lexicon() -> dict[str, Hit]:
    """Genre words without spaces → a hit of kind "style" (cards it may mean)."""
    return {canonical(phrase).replace(" ", ""): Hit(0, 0, "style", names) for phrase, names in called().items()}


def content(text: str, hits: Sequence[Hit], words: Words) -> bool:
    """Whether anything in `text` can speak of style."""
    def speaks(hit: Hit) -> bool:
        return hit.kind in ("style", "energy", "production") or (hit.kind == "instrument" and hit.mood == "wanted"
                                                                 and not set(hit.value[0]) <= _COMMON)

    dumb = {word for hit in hits if hit.kind in ("tempo_word", "complexity", "swing", "vocal", "brightness", "section",
                                                 "piece", "instrument")
            for word in words.text[hit.start:hit.end].split()}
    loud = {word for hit in hits if speaks(hit) for word in words.text[hit.start:hit.end].split()}
    return any(word.isascii() and word.isalpha() and len(word) > 1 and word not in _EMPTY
               and (word not in dumb or word in loud) for word in text.split())


def choose_styles(words: Words, hits: Sequence[Hit], said: str, refused: str) -> dict[str, float]:
    """Style weights.

    Args:
        words: the prompt.
        hits: all hits, moods set.
        said: the prompt without refused and purely technical words; "" when nothing speaks of style.
        refused: refused words that may speak of style, or "".

    Returns:
        Card name → weight, sum 1; empty when nothing was said about style.
    """
    named = sorted((hit for hit in hits if hit.kind == "style" and hit.mood == "wanted" and not hit.box),
                   key=lambda hit: hit.start)
    banned = {name for hit in hits if hit.kind == "style" and hit.negative for name in hit.value}
    texts = [text for text in (said, refused) if text]
    if not texts and not named:
        return {}
    vectors = encode(texts) if texts else None
    ranked = rank_styles(vectors[0]) if said else {}
    away = rank_styles(vectors[-1]) if refused else {}
    if not said and not named:
        ranked = {name: 1 / len(away) for name in away}
    if refused and ranked:
        ranked = push_away(ranked, away)
    if named:
        explicit = _blend(words, named, ranked)
        rest = 1 - EXPLICIT if len(explicit) == 1 and ranked else 0.0  # a fusion is only of what it names
        weights = {name: (1 - rest) * weight for name, weight in explicit.items()}
        for name, weight in ranked.items():
            weights[name] = weights.get(name, 0.0) + rest * weight
        banned -= set(explicit)
    elif said and max(ranked.values()) <= UNSURE:
        return {}
    else:
        weights = {name: weight ** SHARPEN for name, weight in ranked.items()}
    return keep_best({name: weight for name, weight in weights.items() if name not in banned})


def _blend(words: Words, named: Sequence[Hit], ranked: dict[str, float]) -> dict[str, float]:
    single = {hit.value[0] for hit in named if len(hit.value) == 1}
    shares: dict[str, float] = {}
    total = 0.0
    for index, hit in enumerate(named):
        between = words.text[named[index - 1].end + 1:hit.start - 1] if index else ""
        share = TOUCH / (1 - TOUCH) if between and _TOUCH.fullmatch(between) else 1.0
        options = [name for name in hit.value if name in single] or list(hit.value)
        best = max(options, key=lambda name: ranked.get(name, 0.0))  # `max` keeps the first of equals
        shares[best] = shares.get(best, 0.0) + share
        total += share
    return {name: share / total for name, share in shares.items()}
