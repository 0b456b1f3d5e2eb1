"""Which styles a prompt asks for: genre words decide, meaning fills the rest, refused words push away.

Explicit genre words get `EXPLICIT` of the weight; what the sentence encoder makes of the whole colours the remainder.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from modules.conditions.text_words import Hit, Words, canonical, pattern
from modules.styles.encoder import encode
from modules.styles.lookup import SHARPEN, UNSURE, push_away, rank_styles
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
    "again actually wait now ok okay "
    "while after before about into out up down over so but not no all also start starts end ends")
_EMPTY = frozenset(_EMPTY_WORDS.split())
# decade → cards at home in it: an era leans on the choice
_ERAS = {
    "1920s": "dixieland ragtime delta_blues gypsy_jazz tango klezmer",
    "1930s": "swing_jazz big_band gypsy_jazz delta_blues", "1940s": "big_band swing_jazz bebop jump_blues",
    "1950s": "rock_and_roll doo_wop bebop cool_jazz bolero cha_cha jump_blues",
    "1960s": "motown soul surf_rock psychedelic_rock folk_rock bossa_nova ska",
    "1970s": "disco funk classic_rock yacht_rock salsa afrobeat reggae dub hard_rock",
    "1980s": "synth_pop synthwave hard_rock acid_house electro thrash_metal chiptune new_jack_swing yacht_rock",
    "1990s": "boom_bap grunge britpop eurodance jungle trip_hop trance g_funk new_jack_swing acid_jazz house",
    "2000s": "pop_punk rnb dance_pop indie_rock uk_garage trance dubstep",
    "2010s": "folk_pop trap future_bass tropical_house dubstep dance_pop indie_pop",
    "2020s": "hyperpop drill amapiano trap lofi_hiphop phonk",
}
_ERA_LEAN = 3.0  # factor on the share of a card at home in the era that was asked for
_COMMON = frozenset(("drums", "bass", "melody", "comp", "comp2", "pad"))  # lanes: every style has them


# genre words that are also things: behind a determiner and before no word of music they set a scene, "haunted house"
_THINGS = frozenset("house country trap drill jungle march reel surf swing soul rock metal folk holiday circus".split())
_DETERMINED = re.compile(r"(?<![^ ])(?:the|a|an|my|our|your|his|her|their|this|that|old|haunted|empty|abandoned|little|"
                         r"tree|dolls?|foreign|neighbouring|full|opera|tea|coffee|public|safe|summer|light|power|in|"
                         r"at|into|through|"
                         r"every|each|beach) $")
_OF_MUSIC = re.compile(r" (?:music|tracks?|beats?|songs?|grooves?|tunes?|style|styles|vibes?|loops?|drums?|bass|riffs?|"
                       r"guitars?|bands?|rhythms?|feel|pieces?|anthems?|ballads?|jams?|bangers?|opera|fusion|remix|"
                       r"mood|"
                       r"intro|outro|number|hits?|solos?|instrumental|background|soundtrack|score|theme|sound|mix|set|"
                       r"album|demo|idea|arrangement|version|piano|singer|production|cover|flavou?r|influences?|"
                       r"and|meets|at(?= \d)|blend)(?![^ ])")
_IN_MARCH = re.compile(r"(?<![^ ])(?:in|early|late|of|this|last) $")


_SOUNDS = re.compile(r" (?:samples?|bass ?lines?|chords|riffs?|solos?|energy|horns|licks?|harmonies|scales?)(?![^ ])")
_PLACE = 0.15  # how much each place behind its leader counts against a member of a group
_LONG = 6  # words from which a prompt says more than its genre
_THING = 0.1  # and of one whose name was said of a thing
_COLOUR = 4.0  # factor on the share of a style that only colours an instrument


def set_scenes(words: Words, hits: Sequence[Hit]) -> None:
    """Make style hits that name a thing ("the house on the hill") hits of kind "scene"; their meaning still counts.

    In a longer prompt a genre before a sound ("with a dusty jazz sample") is a "colour": it leans, others decide.
    """
    long = words.text.count(" ") + 1 >= _LONG
    for hit in hits:
        if hit.kind == "style" and long and _SOUNDS.match(words.text, hit.end):
            hit.kind = "colour"
        name, before = words.text[hit.start:hit.end], words.text[:hit.start]
        thing = name in _THINGS and _DETERMINED.search(before) or name == "march" and _IN_MARCH.search(before)
        if hit.kind == "style" and thing and not _OF_MUSIC.match(words.text, hit.end):
            hit.kind = "scene"


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


def common_lanes(words: Words, hits: Sequence[Hit], away: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of "drums", "bass" and the like where a prompt names only instruments: they say nothing of style."""
    played = [hit for hit in hits if hit.kind == "instrument"]
    rest = words.without([*away, *((hit.start, hit.end) for hit in played)]).split()
    if any(word not in _EMPTY and word != "only" for word in rest):
        return []
    return [(hit.start, hit.end) for hit in played if hit.value[0] and set(hit.value[0]) <= _COMMON]


def weigh_styles(words: Words, hits: Sequence[Hit], said: str, refused: str) -> dict[str, float]:
    """Weights of all styles that a prompt may mean, best first.

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
    eras = {hit.value for hit in hits if hit.kind == "era" and hit.mood == "wanted"}
    ranked = _lean(ranked, {name for era in eras for name in _ERAS.get(era, "").split()}, _ERA_LEAN)
    coloured = {name for hit in hits if hit.kind == "colour" and hit.mood == "wanted" for name in hit.value}
    ranked = _lean(ranked, coloured, _COLOUR)
    things = {name for hit in hits if hit.kind == "scene" and len(hit.value) == 1 for name in hit.value}
    ranked = _lean(ranked, things - {name for hit in named for name in hit.value}, _THING)
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
    left = {name: weight for name, weight in weights.items() if name not in banned}
    return dict(sorted(left.items(), key=lambda item: (-item[1], item[0])))


def _lean(weights: dict[str, float], names: set[str], factor: float) -> dict[str, float]:
    """`weights` with those of `names` multiplied, sum 1 again."""
    leant = {name: weight * (factor if name in names else 1.0) for name, weight in weights.items()}
    total = sum(leant.values()) or 1.0
    return {name: weight / total for name, weight in leant.items()}


def _blend(words: Words, named: Sequence[Hit], ranked: dict[str, float]) -> dict[str, float]:
    single = {hit.value[0] for hit in named if len(hit.value) == 1}
    shares: dict[str, float] = {}
    total = 0.0
    for index, hit in enumerate(named):
        between = words.text[named[index - 1].end + 1:hit.start - 1] if index else ""
        share = TOUCH / (1 - TOUCH) if between and _TOUCH.fullmatch(between) else 1.0
        options = [name for name in hit.value if name in single] or list(hit.value)
        best = max(options, key=lambda name: ranked.get(name, 0.0) / (1 + _PLACE * options.index(name)))
        shares[best] = shares.get(best, 0.0) + share
        total += share
    return {name: share / total for name, share in shares.items()}
