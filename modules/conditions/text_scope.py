"""Negation: which hits a prompt refuses, wants less of, or wants alone. Knows no music beyond the kinds of hits.

Lists: "no drums, bass or vocals" and "without drums, bass and vocals" refuse all; "no drums, bass and vocals" refuses
the drums only, for a prompt is often a list of wishes. Commas do not count, ends of sentences do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from modules.conditions.text_words import Hit, Words

_STRONG = re.compile(
    r"(?<![^ ])(?:without|w o|minus|sans|exclud(?:e|es|ing)|avoid(?:ing|s)?|omit(?:ting)?|skip(?:ping)?|leav(?:e|"
    r"ing) out|"
    r"remov(?:e|ing)|drop the|ditch(?:ing)?(?: the)?|kill the|scrap(?: the)?|forget(?: about)? the|get rid of|"
    r"free of|free from|lacking|lacks|instead of|rather than|hold the|cut the|lose the|mute|"
    r"not using|not including|not with|nothing (?:with|like)|absence of|(?:all |everything |anything )?except(?: for)?|"
    r"apart from|anything but|stay away from|keep out|i hate|i dislike|"
    r"(?:do not|dont|doesnt|does not|never|should not|shouldnt|must not|mustnt|cannot|cant|please no)"
    r"(?: (?:use|using|include|add|want|have|need|put|play|give me|like|be|sound|make it|make|contain|get|"
    r"go))?(?: in)?)(?![^ ])")
_NO = re.compile(r"(?<![^ ])(?:no more|none of|not any|nothing too|no|not|isnt|arent|non|zero|neither|nor|"
                 r"nothing)(?![^ ])")
_NOT_CUES = re.compile(r"no (?:matter|one|problem|time|worries|doubt|gravity|limits?)(?![^ ])|not (?:only|just|"
                       r"sure|know|bad)(?![^ ])|"
                       r"nothing (?:but|except|else)(?![^ ])|no (?:other )?(?:instruments?|accompaniment|anything) "
                       r"(?:except|but|besides|other than)|dont (?:know|care|mind|stop|forget|worry)(?![^ ])|"
                       r"(?:cant|cannot) (?:stop|get|wait|help|live|resist|"
                       r"go wrong)(?![^ ])|no wait(?![^ ])")
_LESS = re.compile(r"(?<![^ ])(?P<away>less|fewer|not (?:too|so|very) (?:much|many)|not a lot of|reduced?|"
                   r"barely any|hardly any|"
                   r"(?:very|too) little|turn down the|quieter|(?:go )?easy on|"
                   r"(?:go )?light on)(?: of)?(?: the)?(?![^ ])|"
                   r"(?<![^ ])(?P<some>minimal|light|subtle|sparse|(?:just )?a (?:little|bit of|hint of|touch of)|"
                   r"occasional|faint|restrained|understated)(?: the)?(?![^ ])")
_FILLER_WORDS = ("any the a an more of use using too much many so very really all kind kinds sort type types added "
                 "extra that those these kinda super overly my it to be with have need want in other heavy "
                 "big loud live")
_FILLERS = frozenset(_FILLER_WORDS.split())
_UNTIL = re.compile(r" (?:until|till|til|before|at first|at the (?:start|beginning)|in the (?:intro|beginning|first)|"
                    r"for the first|during the intro)(?![^ ])")
_LIST_KINDS = ("instrument", "vocal", "piece")
_EXACT = ("tempo", "key", "length", "meter")
_QUANTITIES = ("energy", "complexity", "density", "tempo_word", "brightness", "production")
_OR = re.compile(r" (?:or|nor|or any|and no|nor any)(?= )")
_AND = re.compile(r" and(?= )")
_AFTERWARDS = re.compile(r" (?:(?:is|are|should be|must be) )?(?:(?:not|never) (?:allowed|wanted|needed|welcome|used|"
                         r"included|desired|required|permitted)|none|off(?! beat)|forbidden|banned|excluded|muted|"
                         r"left out|removed)(?![^ ])")
_EXCEPT = re.compile(r"(?: at all)? (?:except|but|besides|apart from|other than|only)(?: for)?(?= )")


def mark_negation(words: Words, hits: Sequence[Hit],
                  exempt: Sequence[tuple[int, int]] = ()) -> tuple[list[tuple[int, int]], list[str]]:
    """Set `mood` of the hits in reach of a negating word; `exempt` spans hold no such words.

    Returns:
        The spans of refused text (cue and object), and the refused words that are no hits.
    """
    spans: list[tuple[int, int]] = []
    unknown: list[str] = []
    whole = ("moment", "instrument", "style", "ending", "tempo", "length", "contour")  # whose words are no cues
    inside = [*exempt, *((hit.start, hit.end) for hit in hits if hit.kind in whole)]
    cues = sorted([(m.start(), m.end(), True) for m in _STRONG.finditer(words.text)]
                  + [(m.start(), m.end(), False) for m in _NO.finditer(words.text)], key=lambda cue: (cue[0], -cue[1]))
    reached = 0
    for start, end, strong in cues:
        if start < reached or _NOT_CUES.match(words.text, start) or any(a <= start < b for a, b in inside):
            continue
        nearest = _longest(hits, end + 1)
        if words.text[start:end] == "no" and nearest is not None and nearest.kind in _EXACT:
            continue  # "no, 100 bpm" mends what was said
        stop, word = _refuse(words, hits, end, strong)
        if stop > end:
            spans.append((start, stop))
            exception = _EXCEPT.match(words.text, stop)
            reached = exception.end() if exception else stop
            for hit in hits if exception else ():
                hit.excepted = hit.excepted or hit.start == _skip(words, exception.end())
        if word:
            unknown.append(word)
    for match in _LESS.finditer(words.text):
        if match.start() < reached and any(a <= match.start() < b for a, b in spans):
            continue
        for hit in hits:
            if match["some"] and hit.kind in ("complexity", "density", "energy") and hit.start == match.start() and any(
                    other.kind == "instrument" and other.start == match.end() + 1 for other in hits):
                hit.mood = "spent"
            if hit.start == match.end() + 1 and hit.mood == "wanted" and \
                    (hit.kind == "instrument" or (match["away"] and hit.kind in _QUANTITIES)):
                hit.mood = "less" if match["away"] else "light"
    for hit in hits:
        after = _AFTERWARDS.match(words.text, hit.end) if hit.kind in _LIST_KINDS else None
        if after and hit.end not in words.breaks:
            hit.mood = "unwanted"
            spans.append((hit.start, after.end()))
    for hit in hits:
        if hit.negative and not any(a <= hit.start < b for a, b in spans):
            spans.append((hit.start, hit.end))
    return spans, unknown


def _longest(hits: Sequence[Hit], start: int) -> Hit | None:
    here = [hit for hit in hits if hit.start == start]
    return max(here, key=lambda hit: (hit.end, hit.kind in _LIST_KINDS)) if here else None


def _first(words: Words, hits: Sequence[Hit], position: int, last: int) -> Hit | None:
    """The longest hit at the first word from `position` to `last` that has one: "not in a minor key"."""
    while position <= last:
        hit = _longest(hits, position)
        if hit is not None:
            return hit
        space = words.text.find(" ", position)
        position = space + 1 if space >= 0 else last + 1
    return None


def _skip(words: Words, position: int) -> int:
    """Start of the first word after fillers, from the space at `position`."""
    position += 1
    while position < len(words.text):
        end = words.text.find(" ", position)
        end = len(words.text) if end < 0 else end
        if words.text[position:end] not in _FILLERS or end == len(words.text):
            return position
        position = end + 1
    return position


def _refuse(words: Words, hits: Sequence[Hit], end: int, strong: bool) -> tuple[int, str]:
    """Refuse what follows a cue that ends at `end`: (end of what was refused, an unknown refused word)."""
    if end in words.breaks or end >= len(words.text):
        return end, ""
    start = _skip(words, end)
    hit, unknown = _first(words, hits, end + 1, start), ""
    if hit is None:  # an adjective may stand before the noun: "no screaming vocals"
        space = words.text.find(" ", start)
        stop = len(words.text) if space < 0 else space
        hit = _longest(hits, stop + 1) if space > 0 and stop not in words.breaks else None
        linked = words.text[start:stop] in ("with", "and", "but", "just", "only")
        if hit is None or hit.kind not in _LIST_KINDS or linked:
            return stop, words.text[start:stop]
    elif hit.kind not in _LIST_KINDS:  # "no fast drums" refuses the drums too
        after = _longest(hits, hit.end + 1)
        if after is not None and after.kind in _LIST_KINDS and hit.end not in words.breaks and \
                hit.kind in ("energy", "brightness", "complexity", "density", "tempo_word"):
            hit.mood, hit = "spent", after
    position = _take(words, hits, hit)
    while position < len(words.text) and position not in words.breaks:
        if _EXCEPT.match(words.text, position):
            break
        item = _next_item(words, hits, position, strong)
        if item is None:
            break
        position = _take(words, hits, item)
    return position, unknown


def _take(words: Words, hits: Sequence[Hit], hit: Hit) -> int:
    """Refuse a hit and all that its words say otherwise, unless only for a while; a "guitar solo" refuses the solo."""
    solo = _longest(hits, hit.end + 1)
    later = bool(_UNTIL.match(words.text, hit.end))
    if hit.kind == "instrument" and solo is not None and solo.kind == "section" and solo.value[0] == "solo":
        hit.mood, solo.mood = "spent", "unwanted"
        return solo.end
    for other in hits:
        if hit.start <= other.start and other.end <= hit.end:
            other.mood = "later" if later and hit.kind in _LIST_KINDS else "unwanted"
    return hit.end


def _next_item(words: Words, hits: Sequence[Hit], position: int, strong: bool) -> Hit | None:
    """The next hit of the same refused list, or None."""
    joined = _OR.match(words.text, position)
    if joined:
        start = _skip(words, joined.end())
        hit = _longest(hits, start)
        if hit is None:
            space = words.text.find(" ", start)
            hit = _longest(hits, space + 1) if space > 0 else None
        return hit
    joined = _AND.match(words.text, position)
    if joined:
        hit = _longest(hits, _skip(words, joined.end()))
        return hit if hit is not None and hit.kind in _LIST_KINDS else None
    hit = _longest(hits, position + 1)
    if hit is None or hit.kind not in _LIST_KINDS:
        return None
    end = hit.end  # a run of nouns belongs to the list if an "or" (or, after "without", an "and") closes it
    while end not in words.breaks:
        if _OR.match(words.text, end) or (strong and _AND.match(words.text, end)):
            link = _OR.match(words.text, end) or _AND.match(words.text, end)
            last = _longest(hits, _skip(words, link.end()))
            return hit if last is not None and last.kind in _LIST_KINDS else None
        following = _longest(hits, end + 1)
        if following is None or following.kind not in _LIST_KINDS:
            return None
        end = following.end
    return None
