"""How a tune moves and how notes are played: melodic contour, register, articulation.

"rising melody in the verse, descending hook" becomes hits that the generator follows. Works on canonical words; knows
nothing of styles, negation or instruments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from modules.conditions.text_words import Hit, Words, pattern

_SHAPES = {  # tried in this order: an arch also rises
    "arch": "arch(?:ed|ing|es)?(?: shaped)?|(?:rises?|rising|goes|going|moves?|climbs?)(?: up)? (?:and|then|and then)"
            " (?:goes |comes )?(?:back )?(?:falls?|falling|down|descends?)|up and (?:then )?(?:back )?down|"
            "wave(?: ?like| shaped)?|wavy",
    "rise": "rising|rises?|ascending|ascends?|climb(?:s|ing)?|upwards?|soar(?:s|ing)?|"
            "(?:goes|going|moves|moving|lifts|leaps|steps|heads) up(?:wards?)?|uplifting line",
    "fall": "falling|falls|descending|descends?|downwards?|sink(?:s|ing)|tumbl(?:es|ing)|"
            "(?:goes|going|moves|moving|steps|drops|heads|drifts) down(?:wards?)?",
    "flat": "flat|static|monotone|monotonous|one note|single note|level|stays (?:on one note|flat|level)|"
            "repeat(?:ed|ing|s)? (?:one |the same )?notes?|hovers|hovering",
}
_SHAPE_RULES = [(shape, pattern(f"(?:{body})")) for shape, body in _SHAPES.items()]
_SHAPE = "(?:" + "|".join(_SHAPES.values()) + ")"
_SECTIONS = {"intro": "intro", "verse": "verses?", "prechorus": "pre ?chorus", "chorus": "chorus(?:es)?|refrain|hooks?",
             "bridge": "bridge|middle (?:eight|8)", "solo": "solo", "break": "break ?down", "drop": "drop",
             "outro": "outro"}
_SECTION_RULES = [(name, pattern(f"(?:{body})")) for name, body in _SECTIONS.items()]
_SECTION = "(?:" + "|".join([_SECTIONS["prechorus"], *_SECTIONS.values()]) + ")"
_TUNE = ("(?:melod(?:y|ies)(?: lines?)?|melodic lines?|tunes?|lead(?: line)?|lead melody|top ?line|vocal line|line|"
         "theme|motif|phrases?)")
_IN = f"(?: (?:in|for|during|of|over|through)(?: the| every| each)? (?P<where>{_SECTION}))"
_LINK = "(?: (?:that|which|is|should|must|slowly|gently|gradually|then|always|keeps|kind of))*"
_RULES = (
    pattern(rf"(?:the )?(?P<first>{_SECTION})(?:s)? (?P<noun>{_TUNE}){_LINK} (?P<shape>{_SHAPE})"),
    pattern(rf"(?P<shape>{_SHAPE})(?:,? {_SHAPE})*(?:\s\w+)? (?P<noun>{_TUNE}){_IN}"),
    pattern(rf"(?P<noun>{_TUNE}){_LINK} (?P<shape>{_SHAPE}){_IN}?"),
    pattern(rf"(?P<shape>{_SHAPE})(?: {_SHAPE})* (?P<noun>{_TUNE})"),
    pattern(rf"(?P<shape>{_SHAPE}) (?P<first>{_SECTION})(?: (?:melody|tune|line))?"),
    pattern(rf"(?P<shape>repeat(?:ed|ing) notes){_IN}(?: (?:melody|tune|line))?"),
)
_NOT_TUNE = re.compile(r"(?:bass|drums?|chords?|kick|beat|punch|time|dead|story) $")  # whose line it is
_FURTHER = pattern(rf"(?:but |and |then )?(?P<shape>{_SHAPE})(?: one)?{_IN}")


def contours(words: Words) -> Iterator[Hit]:
    """Hits "contour": (section or "", "rise" | "fall" | "arch" | "flat")."""
    found = False
    for rule in (*_RULES, _FURTHER):
        if rule is _FURTHER and not found:
            return  # "falling in the bridge" alone speaks of a fall
        for match in rule.finditer(words.text):
            groups = match.groupdict()
            if not words.free(*match.span()) or (groups.get("noun") and
                                                 _NOT_TUNE.search(words.text[:match.start("noun")])):
                continue
            words.take(*match.span())
            place = groups.get("first") or groups.get("where") or ""
            section = next((name for name, one in _SECTION_RULES if one.fullmatch(place)), "") if place else ""
            shape = next(shape for shape, one in _SHAPE_RULES if one.fullmatch(match["shape"]))
            found = True
            yield Hit(*match.span(), "contour", (section, shape))


_TONE = "(?:melod(?:y|ies)|tunes?|leads?|lines?|notes|phrases|pitch|pitches|theme)"
_REGISTERS = {
    "high": rf"(?:in (?:a|the|its) )?(?:very |really )?(?:high|upper|top) (?:register|range|octaves?)|"
            rf"(?:very )?high(?: pitched)?(?:\s\w+)? {_TONE}|high pitched|(?:an |one |two )?octaves? (?:higher|up)|"
            "up an octave|(?:played|sung) high|high up|8va",
    "low": rf"(?:in (?:a|the|its) )?(?:very |really )?(?:low|lower|bottom|deep) (?:register|range|octaves?)|"
           rf"(?:very )?(?:low|deep)(?: pitched)?(?:\s\w+)? {_TONE}|low pitched|(?:an |one |two )?octaves? (?:lower|"
           rf"down)|"
           "down an octave|(?:played|sung) low|8vb",
}
_REGISTER_RULES = [(name, pattern(f"(?:{body})")) for name, body in _REGISTERS.items()]
_ARTICULATIONS = {
    "staccato": "staccatos?|staccatissimo|spiccato|detached(?: notes)?|clipped(?: notes)?|choppy(?: notes)?|"
                "short(?:\s\w+)? notes|plucky notes",
    "legato": "(?:molto |sempre )?legato|slurred|(?:smooth(?:ly)?|flowing|connected|sustained)(?:\s\w+)?"
              " (?:phrases|phrasing|notes|lines)|cantabile",
    "accented": "accented|accents|marcato|martellato|sforzando|sforzato|sfz|punchy accents|hammered",
}
_ARTICULATION_RULES = [(name, pattern(f"(?:{body})")) for name, body in _ARTICULATIONS.items()]


def registers(words: Words) -> Iterator[Hit]:
    """Hits "register": "high" or "low", of the tune."""
    for name, rule in _REGISTER_RULES:
        for match in words.find(rule, share=True):
            yield Hit(*match.span(), "register", name)


def articulations(words: Words) -> Iterator[Hit]:
    """Hits "articulation": "staccato", "legato" or "accented"."""
    for name, rule in _ARTICULATION_RULES:
        for match in words.find(rule, share=True):
            yield Hit(*match.span(), "articulation", name)
