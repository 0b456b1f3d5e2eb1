"""The manner of a prompt: energy, complexity, density, brightness, swing, production, era, ending, singing.

Works on canonical words and yields hits; knows nothing of styles, negation or time curves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from modules.conditions.text_words import Hit, Words, pattern

_SCALED = {
    "energy": {
        .08: "barely there|motionless|almost silent|pianissimo|pp|ppp",
        .15: "sleepy|drowsy|hushed|whispered|whispering",
        .2: "calm(?:ing)?|peaceful|tranquil|serene|soothing|quiet(?:ly)?|gentle|gently|relax(?:ing|ed)|low energy|"
            "restful|still|delicate|tender|dolce|tranquillo",
        .3: "chill(?:ed)?|soft(?:ly)?|subdued|laid back|easy going|mellow|restrained", .35: "mezzo piano|mp",
        .5: "medium energy|moderate energy|steady", .62: "mezzo forte|mf",
        .7: "lively|upbeat|groovy|bouncy|danceable", .76: "forte", .78: "driving|exciting|party|pumping|hype",
        .82: "energetic|loud|powerful|punchy|high energy|energy|hard hitting",
        .88: "epic|intense|huge|massive|anthemic|triumphant", .9: "fortissimo|ff|fff|con fuoco|agitato",
        .95: "aggressive|explosive|furious|wild|brutal|frenetic|maximum energy|pounding"},
    "complexity": {
        .15: "minimal(?:ist|istic)?|sparse|bare|stripped(?: back| down)?|few notes|simplistic",
        .22: "simple|simply|basic|uncomplicated|plain", .8: "complex|busy|dense|elaborate|layered|ornate|sophisticated",
        .86: "intricate|technical|complicated|progressive", .95: "virtuosic|virtuoso|virtuosity|shredding|very busy"},
    "density": {
        .12: "(?:very |only |just )?(?:few|sparse|scattered|occasional) notes|barely any notes",
        .15: "sparse|bare|stripped(?: back| down)?|long(?: held)? notes|held notes|sustained notes|uncluttered",
        .2: "(?:plenty|lots|a lot) of (?:space|room|air)(?: between (?:the )?notes)?|space between (?:the )?notes|"
            "room to breathe|spacious arrangement|minimal(?:ist|istic)?", .8: "dense|busy|crowded|cluttered",
        .9: "(?:lots|loads|plenty|tons|a lot) of notes|many notes|note heavy|packed with notes|constant notes",
        .95: "wall of notes|flurr(?:y|ies) of notes|non ?stop notes|cascad(?:es?|ing)(?: of)? notes"},
    "brightness": {
        .12: "very dark|murky|muffled|pitch black", .2: "dark(?:er)?|gloomy sounding|dull|sombre sounding",
        .35: "warm(?:er|th)?|mellow(?:er)?|rounded", .8: "bright(?:er)?|crisp|airy|sparkl(?:y|ing)|shiny|glassy|"
                                                         "glittering|"
        "shimmering", .9: "very bright|brilliant|piercing"},
    "swing": {.5: "straight(?: (?:feel|eighths|8ths|sixteenths|16ths|beat|rhythm|time|groove))?|no swing",
              .58: "lightly swung|light swing|slightly swung|subtle swing",
              .64: "swung(?: (?:feel|eighths|8ths|sixteenths|16ths|hats|hi hats|drums|beat|groove))?|swing(?:ing)?"
                   "(?: (?:feel|eighths|8ths|groove))?",
              .66: "shuffl(?:e|ed|ing|y)(?: (?:feel|beat|groove|rhythm))?|triplet feel",
              .68: "heavy swing|hard swing|heavily swung"},
}
_STRONGER = "very|super|extremely|really|incredibly|ultra|so|insanely"
_WEAKER = "slightly|a bit|a little|somewhat|fairly|kind of|sort of|rather|a touch"
_NOT_STRAIGHT = re.compile(r" (?:ahead|to|from|forward|into|out|away|up)(?![^ ])")
_SCALED_RULES = [(kind, value, pattern(rf"(?:(?P<more>{_STRONGER}) |(?P<less>{_WEAKER}) )?(?P<word>{body})"))
                 for kind, values in _SCALED.items() for value, body in values.items()]


def scaled_words(words: Words) -> Iterator[Hit]:
    """Hits "energy", "complexity", "density", "brightness", "swing" (0–1).

    One word may speak of two of them ("mellow").
    """
    hits: list[Hit] = []
    for kind, value, rule in _SCALED_RULES:
        for match in words.find(rule, share=True):
            if kind == "swing" and value == .5 and _NOT_STRAIGHT.match(words.text, match.end()):
                continue
            if kind != "swing":
                scale = 1.25 if match["more"] else .6 if match["less"] else 1.0
                amount = min(1.0, max(0.0, .5 + (value - .5) * scale))
            else:
                amount = value
            hits.append(Hit(*match.span(), kind, round(amount, 3)))
    for hit in hits:  # "low energy" is not also "energy"
        if not any(o.kind == hit.kind and o.start <= hit.start and hit.end <= o.end
                   and o.end - o.start > hit.end - hit.start for o in hits):
            yield hit


_TAGS = {
    "lo-fi": "lo fi|low fi|dusty|crackl(?:e|y|ing)|vinyl|hazy|"
             "tape hiss", "dry": "bone dry|dry|no reverb|close miked|close mic",
    "wide": "wide|wide stereo|stereo|panoramic|spacious", "warm": "warm|warmth|analog(?:ue)? warmth|cozy|cosy",
    "dark": "dark|darker|murky", "bright": "bright|crisp|sparkling|shiny",
    "vintage": "vintage|retro|old school|oldschool|tape|saturated|analog(?:ue)?",
    "reverb": "roomy|reverb|reverberant|reverby|echo(?:es|ey|y|ing)?|cavernous|spacious|wet|drenched|cathedral|"
              "washed out",
}
_TAG_RULES = [(tag, pattern(f"(?:{body})")) for tag, body in _TAGS.items()]
_ENDINGS = {
    "fade": "(?:with a |and )?(?:slow )?fad(?:e|es|ing)(?: it)? (?:out|away|to silence|to nothing|"
            "to black)(?: ending| at the end)?|"
            "fade ending|ends? with a fade",
    "hit": r"ending hits?|(?:ends?|ending|finish(?:es)?) (?:with|on) (?:a|one) (?:\w+\s)?(?:hit|bang|stab)|"
           "(?:hard|abrupt|cold|sudden|button|tight) (?:ending|stop|end|finish)|(?:stops?|stopping|ends?|ending) "
           "(?:suddenly|abruptly|dead)|final hit|stinger ending|hit at the end",
    "ritard": "ritardando|ritard|rit|rallentando|(?:slows|slowing|slow) down (?:at|towards?|near) the end|"
              "slowing ending|ends? (?:by )?slowing(?: down)?",
    "ring": "(?:let it |lets? |notes? )?ring(?:s|ing)? out|long tail|last chord rings?|ringing (?:end|ending|chord)",
}
_ENDING_RULES = [(value, pattern(f"(?:{body})")) for value, body in _ENDINGS.items()]
_SUNG = pattern("(?:(?P<voice>female|male|woman|womans|man|mans|girl|boy|high|higher|low|lower|deep|soprano|tenor|alto|"
                "baritone) )?(?:lead )?(?:vocals?|singing|sings|sung|singers?|vocalists?|lyrics|words|voice|voices|"
                "a ?capp?ella|rapping|rapper|rap vocals?|crooning)")
_INSTRUMENTAL = pattern("(?:purely |fully |all )?instrumentals?(?: only| version| track)?|only instrumental|"
                        "karaoke(?: version)?|"
                        "backing track|vocal ?less|voiceless|wordless")


def endings(words: Words) -> Iterator[Hit]:
    """Hits "ending"."""
    for value, rule in _ENDING_RULES:
        for match in words.find(rule):
            yield Hit(*match.span(), "ending", value)


def production(words: Words) -> Iterator[Hit]:
    """Hits "production"; their words also say other things ("warm"), so they are shared."""
    for tag, rule in _TAG_RULES:
        for match in words.find(rule, share=True):
            yield Hit(*match.span(), "production", tag)


def vocals(words: Words) -> Iterator[Hit]:
    """Hits "vocal": (sung, "higher" | "lower" | "")."""
    for match in words.find(_INSTRUMENTAL):
        yield Hit(*match.span(), "vocal", (False, ""))
    for match in words.find(_SUNG):
        who = match["voice"] or ""
        low = who in ("male", "man", "mans", "boy", "low", "lower", "deep", "tenor", "baritone")
        yield Hit(*match.span(), "vocal", (True, "" if not who else "lower" if low else "higher"))


_DECADES = {"twenties": 1920, "thirties": 1930, "forties": 1940, "fifties": 1950, "sixties": 1960, "seventies": 1970,
            "eighties": 1980, "nineties": 1990, "noughties": 2000, "two thousands": 2000}
_ERA = pattern(r"(?:(?:from |in |of |around |circa )?(?:the )?(?:early |mid |late |swinging |roaring |golden )*)(?:"
               r"(?P<full>(?:19|20)\d0) ?s|(?P<year>(?:19[1-9]|20[0-2])\d)|(?P<short>[2-9]0) ?s|"
               r"(?P<word>twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties|noughties|"
               r"two thousands)|(?P<late>y2k|turn of the millennium)|(?P<now>modern(?: day)?|contemporary|present day|"
               r"current)(?= \w))")
_NOT_ERA = re.compile(r" (?:art|classical|jazz dance|museum|architecture|house|office|apartment|times?)(?![^ ])")


def eras(words: Words) -> Iterator[Hit]:
    """Hits "era": a decade such as "1980s". Lengths ("30 s") must have been taken before."""
    for match in words.find(_ERA, share=True):
        if not words.free(*match.span()) or (match["now"] and _NOT_ERA.match(words.text, match.end())):
            continue
        if match["now"]:
            decade = 2020
        elif match["late"]:
            decade = 2000
        elif match["word"]:
            decade = _DECADES[match["word"]]
        elif match["short"]:
            decade = 1900 + int(match["short"])
        else:
            decade = int(match["full"] or match["year"]) // 10 * 10
        yield Hit(*match.span(), "era", f"{decade}s")
