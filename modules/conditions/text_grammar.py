"""The letter of a prompt: key and mode, metre, length.

Works on canonical words (`text_words`) and yields hits; knows nothing of styles, negation or time curves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from modules.conditions.text_numbers import NUMBER, read_number
from modules.conditions.text_words import Hit, Words, pattern

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
_KEY_BARE = re.compile(r"(?<![^ ])(?<!\d )(?P<note>[b-eg])(?P<sign>#)?(?P<b>b)?m(?![^ ])")  # "Dm"; "fm" is a synthesis
_KEY_OF = pattern(rf"(?P<lead>(?:in )?(?:the )?key (?:of |is )?|in ){_NOTE}")
_BAD_KEY = pattern(r"(?:in )?(?:the )?key\s(?:of\s)?(?P<note>[h-z]\b#?)(?:\s(?:sharp|flat|major|minor))*|"
                   r"(?P<other>[h-z]\b)(?:#|\s(?:sharp|flat))(?: (?:major|minor))?|in\sh\s(?:major|minor)")
_MODE_ALONE = pattern(rf"(?:in )?(?:a )?{_MODE} (?P<what>key|keys|chord progressions?|chords?|scale|mode|tonality|"
                      rf"pentatonic)|"
                      r"(?P<mode2>dorian|phrygian|lydian|mixolydian|locrian|aeolian|ionian)(?: dominant)?(?: mode|"
                      r" scale)?|in (?P<mode3>major|minor)")
# "in a minor chord progression", "in a major city": the article, not the note A
_OF_KEYS = re.compile(r" (?:key|keys|chord|chords|progression|progressions|scale|mode|tonality|pentatonic|mood|"
                      r"feel|vibe|sound)(?![^ ])")
_NOT_A_KEY = re.compile(r" (?:city|cities|way|role|town|road|event|lift|change|crisis|problem|injury|accident|"
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
    for rule in (_BAD_KEY, _KEY, _KEY_SIGNED, _KEY_SHORT, _KEY_OF, _KEY_BARE, _MODE_ALONE):
        for match in rule.finditer(words.text):
            start, end = match.span()
            if not words.free(start, end):
                continue
            groups = match.groupdict()
            if rule is _BAD_KEY:
                hit = Hit(start, end, "bad_key", words.source(start, end))
            elif rule is _MODE_ALONE:
                if groups["mode3"] and _NOT_A_KEY.match(words.text, end):
                    continue
                hit = Hit(start, end, "mode", _MODES[groups["mode"] or groups["mode2"] or groups["mode3"]])
            else:
                spelled = "key" in (groups.get("lead") or "")
                article = match["note"] == "a" and not (groups.get("b")) and not spelled
                if article and (_OF_KEYS.match(words.text, end) or groups.get("key")):
                    continue
                if not spelled and rule is _KEY and _NOT_A_KEY.match(words.text, end):
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
_SPAN = pattern(rf"(?:between |from )?(?P<low>{NUMBER})\s(?:and\s|to\s|or\s)?(?P<high>{NUMBER}) "
                rf"(?P<unit>seconds|second|secs|sec|minutes|minute|mins|min)(?: long)?")
_LENGTHS = (
    (pattern(rf"(?P<m>{NUMBER}) {_MIN}(?: and)? (?P<s>{NUMBER})(?: {_SEC})?(?: long)?"), None),
    (pattern(r"(?:a |one )?minute and a half|one and a half minutes|1 1/2 minutes?"), 90.0),
    (pattern(rf"(?P<m>{NUMBER}) and a half {_MIN}"), None),
    (pattern("half (?:a |an )?minute|half minute"), 30.0),
    (pattern("three quarters of a minute"), 45.0),
    (pattern("(?:a )?quarter of a minute"), 15.0),
    (pattern("(?:a )?couple (?:of )?minutes"), 120.0),
    (pattern("(?:a )?few minutes"), 180.0),
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
_ERA_MUSIC = re.compile(r" (?:jazz|swing|swinging|big band|ballroom|blues|dance band|crooners?|hot club|ragtime|radio|"
                        r"cabaret|musical|gangsters?|style|sound|hollywood)(?![^ ])")
_BARS = pattern(rf"(?P<n>{NUMBER}) (?:bars|bar|measures|measure)(?: long| loop)?")
_SHORT = re.compile(r"(?<![^ ])short(?= (?:loop|clip|jingle|piece|track|song|tune|sting|bumper|cue)(?![^ ]))")


def lengths(words: Words) -> Iterator[Hit]:
    """Hits "length" (seconds) and "bars". "80s" is a decade, "30s loop" and "20s" are lengths."""
    for match in _SPAN.finditer(words.text):
        low, high = read_number(match["low"]), read_number(match["high"])
        if words.free(*match.span()) and low < high <= 3 * low:
            words.take(*match.span())
            yield Hit(*match.span(), "length", (low + high) / 2 * _UNIT[match["unit"]])
    for rule, fixed in _LENGTHS:
        for match in rule.finditer(words.text):
            start, end = match.span()
            if not words.free(start, end):
                continue
            groups = match.groupdict()
            if groups.get("unit") == "s" and groups["n"] in ("303", "606", "707", "808", "909"):
                continue  # drum machines
            if groups.get("unit") == "s" and _ERA.match(groups["n"]):
                decade = float(groups["n"]) >= 50 or _ERA_BEFORE.search(words.text[:start]) or _ERA_MUSIC.match(
                    words.text, end)
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
