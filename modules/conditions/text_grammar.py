"""The letter of a prompt: tempo, key, metre, swing, length, ending, production and the words for energy and the like.

Works on canonical words (`text_words`) and yields hits; knows nothing of styles, negation or time curves. Tempo words
follow the usual metronome tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from modules.conditions.text_words import Hit, Words, pattern

# ---- numbers -------------------------------------------------------------------------------------------------------
_UNITS_SAID = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
               "seventeen eighteen nineteen")
_TENS_SAID = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES = {word: value for value, word in enumerate(_UNITS_SAID.split())}
_TENS = {word: 10 * value for value, word in enumerate(_TENS_SAID.split(), 2)}
_TEEN = "|".join(sorted(_ONES, key=len, reverse=True))
NUMBER = rf"(?:\d+(?:\.\d+)?|one hundred(?: and)?(?: (?:{'|'.join(_TENS)}))?(?: (?:{_TEEN}))?|" \
         rf"(?:{'|'.join(_TENS)})(?: (?:{_TEEN}))?|{_TEEN})"


def read_number(text: str) -> float:
    """Value of a number in figures or English words up to 199."""
    text = text.replace(" ", "")
    if text[0].isdigit():
        return float(text)
    total = 0
    if text.startswith("onehundred"):
        total, text = 100, text[10:].removeprefix("and")
    for word, value in _TENS.items():
        if text.startswith(word):
            total, text = total + value, text[len(word):]
    return float(total + _ONES.get(text, 0))


# ---- key -----------------------------------------------------------------------------------------------------------
_LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_MODES = {"major": "major", "maj": "major", "ionian": "major", "minor": "minor", "min": "minor", "aeolian": "minor",
          "natural minor": "minor", "harmonic minor": "minor", "melodic minor": "minor", "dorian": "dorian",
          "phrygian": "phrygian", "lydian": "lydian", "mixolydian": "mixolydian", "locrian": "phrygian"}
_MODE = "(?P<mode>natural minor|harmonic minor|melodic minor|major|maj|minor|min|ionian|aeolian|dorian|phrygian|" \
        "lydian|" \
        "mixolydian|locrian)"
_NOTE = "(?P<note>[a-g])(?: ?(?P<sign>#|sharp|flat)|(?P<b>b))?"
_KEY = pattern(rf"(?P<lead>(?:in )?(?:the )?key of |key |in )?{_NOTE} {_MODE}(?P<key> key)?")
_KEY_SHORT = pattern(r"(?P<lead>(?:in )?(?:the )?key of |key |in )(?P<note>[a-g])(?P<sign>#)?(?P<b>b)?(?P<m>m| m)")
_KEY_SIGNED = pattern(r"(?P<note>[a-g])(?:(?P<sign>#) ?|(?P<b>b))m")
_KEY_OF = pattern(rf"(?P<lead>(?:in )?(?:the )?key (?:of |is )?|in ){_NOTE}")
_BAD_KEY = pattern(r"(?:in )?(?:the )?key\s(?:of\s)?(?P<note>[h-z]\b#?)(?:\s(?:sharp|flat|major|minor))*|"
                   r"(?P<other>[h-z]\b)(?:#|\s(?:sharp|flat))(?: (?:major|minor))?|in\sh\s(?:major|minor)")
_MODE_ALONE = pattern(rf"(?:in )?(?:a )?{_MODE} (?P<what>key|keys|chord progressions?|chords?|scale|mode|tonality|"
                      rf"pentatonic)|"
                      r"(?P<mode2>dorian|phrygian|lydian|mixolydian|locrian|aeolian|ionian)(?: dominant)?(?: mode|"
                      r" scale)?")
# "in a minor chord progression", "in a major city": the article, not the note A
_NOT_A_KEY = re.compile(r" (?:key|keys|chord|chords|progression|progressions|scale|mode|tonality|pentatonic|mood|"
                        r"feel|vibe|"
                        r"sound|city|cities|way|role|town|road|event|lift|change|crisis|problem|injury|accident|"
                        r"character|"
                        r"incident|detail|league|hit|label|studio|film|movie|motion|deal|figure|battle|success|"
                        r"disaster|"
                        r"setback|company|airport|highway|tone|land|landscape|voice|surface|tire|third|seventh|sixth)"
                        r"(?![^ ])")


_AFTER_KEY = re.compile(r" (?:with|and|at|for|no|without|but|around)(?![^ ])|$")


def _pitch(match: re.Match[str]) -> int:
    groups = match.groupdict()
    sign = groups.get("sign")
    shift = 1 if sign in ("#", "sharp") else -1 if sign == "flat" or groups.get("b") else 0
    return (_LETTERS[match["note"]] + shift) % 12


def keys(words: Words) -> Iterator[Hit]:
    """Hits "key" (tonic, mode or None), "mode" and "bad_key"."""
    for rule in (_BAD_KEY, _KEY, _KEY_SIGNED, _KEY_SHORT, _KEY_OF, _MODE_ALONE):
        for match in rule.finditer(words.text):
            start, end = match.span()
            if not words.free(start, end):
                continue
            groups = match.groupdict()
            if rule is _BAD_KEY:
                hit = Hit(start, end, "bad_key", words.source(start, end))
            elif rule is _MODE_ALONE:
                hit = Hit(start, end, "mode", _MODES[groups["mode"] or groups["mode2"]])
            else:
                article = match["note"] == "a" and not (groups.get("b")) and "key" not in (groups.get("lead") or "")
                if article and (_NOT_A_KEY.match(words.text, end) or groups.get("key")):
                    continue
                bare = rule is _KEY_OF and article and not groups.get("sign")
                if bare and not _AFTER_KEY.match(words.text, end):
                    continue  # "in a" before a noun is English
                if rule is _KEY:
                    mode = _MODES[re.sub(r"(natural|harmonic|melodic) ?minor", "minor", match["mode"])]
                elif rule is _KEY_OF:
                    mode = "major" if "key" in match["lead"] else None
                else:
                    mode = "minor"
                hit = Hit(start, end, "key", (_pitch(match), mode))
            words.take(start, end)
            yield hit


# ---- tempo ---------------------------------------------------------------------------------------------------------
_BPM = "(?:bpm|beats per minute|beats a minute|b p m)"
_RANGE = pattern(rf"(?:between |from )?(\d+(?:\.\d+)?)\s(?:and\s|to\s|or\s)?(\d+(?:\.\d+)?) {_BPM}")
_EXACT = pattern(rf"(?:at |around |about |tempo )?({NUMBER}) {_BPM}|(?:{_BPM}|tempo)(?: of| is| at| around| about|"
                 rf" equals)* "
                 r"(\d+(?:\.\d+)?)|(?:quarter|crotchet)(?: note)?(?: equals| is)? (\d+)")
_TEMPO_WORDS = {  # beats a minute
    "prestissimo": 200, "presto": 180, "vivace": 160, "allegretto": 112, "allegro moderato": 120, "allegro": 132,
    "moderato": 108, "andantino": 92, "andante": 84, "adagietto": 74, "adagio": 70, "larghetto": 63, "largo": 50,
    "lento": 54, "grave": 42, "(?:very|really|super|extremely|so|painfully) slow(?:ly)?": 56, "slow moving": 66,
    "slow(?:ly|er)? paced": 68, "slow(?:ly)?": 70, "slow tempo": 70, "slower": 76, "downtempo": 84, "down tempo": 84,
    "mid tempo": 100, "medium tempo": 100, "midtempo": 100, "medium paced": 100, "moderate(?: tempo)?": 104,
    "moderately paced": 104, "walking pace": 92, "upbeat": 122, "up tempo": 136, "brisk(?:ly)?": 132, "lively": 128,
    "(?:very|really|super|extremely|so|insanely) fast": 174, "fast(?:er)?(?: paced| tempo| moving)?": 150,
    "quick(?:ly)?(?: paced)?": 144, "rapid(?:ly)?": 156, "breakneck": 184, "racing": 160, "frantic": 164,
}
_TEMPO = pattern("(?P<word>" + "|".join(sorted(_TEMPO_WORDS, key=len, reverse=True)) + ")")
_TEMPO_RULES = [(pattern(word), bpm) for word, bpm in _TEMPO_WORDS.items()]
_BARE = pattern(r"at\s(\d{2,3})")  # "drum and bass at 174"
_TIME_FEEL = pattern("(double|half) time(?: feel)?")


def tempos(words: Words) -> Iterator[Hit]:
    """Hits "tempo" (beats a minute, exact) and "time_feel" ("double" or "half")."""
    for match in words.find(_RANGE):
        low, high = float(match[1]), float(match[2])
        yield Hit(*match.span(), "tempo", (low + high) / 2 if low < high <= 2.5 * low else high)
    for match in words.find(_EXACT):
        yield Hit(*match.span(), "tempo", read_number(match[1] or match[2] or match[3]))
    for match in words.find(_TIME_FEEL):
        yield Hit(*match.span(), "time_feel", match[1])


def tempo_words(words: Words) -> Iterator[Hit]:
    """Hits "tempo_word" (beats a minute that the word means without a style), and "tempo" for a bare "at 174"."""
    for match in words.find(_BARE):
        if 50 <= int(match[1]) <= 220:
            yield Hit(*match.span(), "tempo", float(match[1]))
    for match in words.find(_TEMPO):
        yield Hit(*match.span(), "tempo_word",
                  float(next(bpm for rule, bpm in _TEMPO_RULES if rule.fullmatch(match["word"]))))


# ---- metre ---------------------------------------------------------------------------------------------------------
_SIGNATURE = pattern(r"(?:in )?(\d{1,2}) ?/ ?(2|4|8|16)(?: (?:time|meter|metre|signature|time signature|groove|feel))?")
_SPOKEN = {"three four": "3/4", "four four": "4/4", "six eight": "6/8", "common time": "4/4", "cut time": "4/4",
           "twelve eight": "12/8", "seven eight": "7/8", "five four": "5/4", "nine eight": "9/8",
           "three quarter": "3/4",
           "four on the floor": "4/4", "in three": "3/4", "in five": "5/4", "in seven": "7/8", "triple (?:meter|"
                                                                                               "metre|time)": "3/4",
           "compound (?:meter|metre|time)": "6/8"}
_SPOKEN_METERS = pattern("(?P<word>" + "|".join(_SPOKEN) + ")(?: time| meter| metre)?")
_SPOKEN_RULES = [(pattern(word), meter) for word, meter in _SPOKEN.items()]
_DANCES = pattern(r"(?P<three>waltz(?:es)?|minuet|mazurka|l[aä]ndler)|(?P<six>jigs?|tarantella|siciliana|barcarolle|"
                  r"slip jig)")


def meters(words: Words) -> Iterator[Hit]:
    """Hits "meter" (as said, for example "7/8"). Dances share their words with the style."""
    for match in words.find(_SIGNATURE):
        if 1 <= int(match[1]) <= 16:
            yield Hit(*match.span(), "meter", f"{int(match[1])}/{match[2]}")
    for match in words.find(_SPOKEN_METERS):
        yield Hit(*match.span(), "meter", next(m for rule, m in _SPOKEN_RULES if rule.fullmatch(match["word"])))
    for match in words.find(_DANCES, share=True):
        yield Hit(*match.span(), "meter", "3/4" if match["three"] else "6/8")


# ---- length --------------------------------------------------------------------------------------------------------
_UNIT = {"s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "mins": 60, "minute": 60,
         "minutes": 60, "h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600}
_SEC, _MIN = "(?:seconds|second|secs|sec|s)", "(?:minutes|minute|mins|min|m)"
_LENGTHS = (
    (pattern(rf"(?P<m>{NUMBER}) {_MIN}(?: and)? (?P<s>{NUMBER})(?: {_SEC})?(?: long)?"), None),
    (pattern(r"(?:a |one )?minute and a half|one and a half minutes|1 1/2 minutes?"), 90.0),
    (pattern(rf"(?P<m>{NUMBER}) and a half {_MIN}"), None),
    (pattern("half (?:a |an )?minute|half minute"), 30.0),
    (pattern("half (?:a |an )?hour|half hour"), 1800.0),
    (pattern(rf"(?P<n>{NUMBER}) (?P<unit>seconds|second|secs|sec|minutes|minute|mins|min|hours|hour|hrs|"
             rf"hr)(?: long)?"), None),
    (pattern("(?:a|an) (?P<unit>minute|hour)(?: long)?"), None),
    (pattern(r"(?P<clock>\d{1,2}:\d{2})(?: long| minutes| min)?"), None),
    (pattern(r"(?P<n>\d+(?:\.\d+)?) (?P<unit>s|m|h)(?: long)?"), None),
)
_ERA = re.compile(r"^(?:[2-9]0|(?:19|20)\d0)$")
_ERA_AFTER = re.compile(r" (?:loop|long|clip|track|song|piece|intro|jingle|bed|cue|video|ad|spot|bumper|sting|stinger|"
                        r"outro|version|edit|max|of)(?![^ ])")
_ERA_BEFORE = re.compile(r"(?:the|early|late|mid|roaring|swinging) $")
_BARS = pattern(rf"(?P<n>{NUMBER}) (?:bars|bar|measures|measure)(?: long| loop)?")
_SHORT = re.compile(r"(?<![^ ])short(?= (?:loop|clip|jingle|piece|track|song|tune|sting|bumper|cue)(?![^ ]))")


def lengths(words: Words) -> Iterator[Hit]:
    """Hits "length" (seconds) and "bars". "80s" is a decade, "30s loop" and "20s" are lengths."""
    for rule, fixed in _LENGTHS:
        for match in rule.finditer(words.text):
            start, end = match.span()
            if not words.free(start, end):
                continue
            groups = match.groupdict()
            if groups.get("unit") == "s" and groups["n"] in ("303", "606", "707", "808", "909"):
                continue  # drum machines
            if groups.get("unit") == "s" and _ERA.match(groups["n"]):
                decade = float(groups["n"]) >= 50 or _ERA_BEFORE.search(words.text[:start])
                if decade and not match.group().endswith("long") and not _ERA_AFTER.match(words.text, end):
                    continue
            if fixed is not None:
                value = fixed
            elif groups.get("m"):
                value = 60 * read_number(groups["m"]) + (read_number(groups["s"]) if groups.get("s") else 30)
            elif groups.get("clock"):
                minutes, seconds = groups["clock"].split(":")
                value = 60.0 * int(minutes) + int(seconds)
            else:
                value = (read_number(groups["n"]) if groups.get("n") else 1) * _UNIT[groups["unit"]]
            words.take(start, end)
            yield Hit(start, end, "length", float(value))
    for match in words.find(_BARS):
        yield Hit(*match.span(), "bars", read_number(match["n"]))
    for match in words.find(_SHORT):
        yield Hit(*match.span(), "length", 15.0)


# ---- words with a value --------------------------------------------------------------------------------------------
_SCALED = {
    "energy": {
        .08: "barely there|motionless|almost silent", .15: "sleepy|drowsy|hushed|whispered|whispering",
        .2: "calm(?:ing)?|peaceful|tranquil|serene|soothing|quiet(?:ly)?|gentle|gently|relax(?:ing|ed)|low energy|"
            "restful|still|delicate|tender", .3: "chill(?:ed)?|soft(?:ly)?|subdued|laid back|easy going|mellow|"
                                                 "restrained",
        .5: "medium energy|moderate energy|steady", .7: "lively|upbeat|groovy|bouncy|danceable",
        .78: "driving|exciting|party|pumping|hype", .82: "energetic|loud|powerful|punchy|high energy|energy|"
                                                         "hard hitting",
        .88: "epic|intense|huge|massive|anthemic|triumphant", .95: "aggressive|explosive|furious|wild|brutal|frenetic|"
        "maximum energy|pounding"},
    "complexity": {
        .15: "minimal(?:ist|istic)?|sparse|bare|stripped(?: back| down)?|few notes|simplistic",
        .22: "simple|simply|basic|uncomplicated|plain", .8: "complex|busy|dense|elaborate|layered|ornate|sophisticated",
        .86: "intricate|technical|complicated|progressive", .95: "virtuosic|virtuoso|virtuosity|shredding|very busy"},
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
    """Hits "energy", "complexity", "brightness", "swing" (0–1). One word may speak of two of them ("mellow")."""
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
    "lo-fi": "lo fi|low fi|dusty|crackl(?:e|y|ing)|vinyl|hazy|tape hiss", "dry": "dry|no reverb|close miked|close mic",
    "wide": "wide|wide stereo|stereo|panoramic|spacious", "warm": "warm|warmth|analog(?:ue)? warmth|cozy|cosy",
    "dark": "dark|darker|murky", "bright": "bright|crisp|sparkling|shiny",
    "vintage": "vintage|retro|old school|oldschool|tape|saturated|analog(?:ue)?",
    "reverb": "reverb|reverberant|reverby|echo(?:es|ey|y|ing)?|cavernous|spacious|wet|drenched|cathedral|washed out",
}
_TAG_RULES = [(tag, pattern(f"(?:{body})")) for tag, body in _TAGS.items()]
_ENDINGS = {
    "fade": "(?:with a |and )?(?:slow )?fad(?:e|es|ing)(?: it)? (?:out|away|to silence|to nothing|"
            "to black)(?: ending| at the end)?|"
            "fade ending|ends? with a fade",
    "hit": "ending hits?|ends? (?:with|on) a (?:hit|bang|stab)|(?:hard|abrupt|cold|sudden|button|tight) (?:ending|"
           "stop|end|"
           "finish)|(?:stops|ends) (?:suddenly|abruptly|dead)|final hit|stinger ending|hit at the end",
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
