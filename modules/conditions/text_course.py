"""What a prompt says about the course of time: moments ("drop at 0:15"), shapes ("builds up") and form.

Yields hits and turns them into an energy curve in seconds and a tuple of section names. Knows no styles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from modules.conditions.text_numbers import NUMBER, read_number
from modules.conditions.text_words import Hit, Words, pattern

PLAIN_BAR_S = 2.0  # a bar of 4/4 at 120 BPM
FADED_IN = 0.62  # energy once a piece has faded in
EDGE_S = 0.25  # how long a sudden change of energy takes
_LEVELS = (
    (.03, "silence|silent|stops?|pause"), (.15, "quiet(?:ly|er)?|hushed|sparse|minimal|low"),
    (.2, "calm(?:ly|er)?|soft(?:ly|er)?|gentl[ey]|peaceful|slow(?:ly)?|small|relaxed"),
    (.25, "mellow|break ?down|break|chill"), (.5, "medium|moderate|normal"),
    (.75, "(?:drums?|beat|bass|band|everything|it|kick|guitars?) (?:kicks?|comes?|drops?|enters?|bursts?|breaks?|"
          "joins?)"
          "(?: back)?(?: in)?|kicks? in|picks? up|faster"),
    (.8, "chorus|energetic|lively|strong|high"), (.86, "loud(?:ly|er)?|big(?:ger)?|full|powerful|heavy|heavier"),
    (.9, "intense|epic|hard"), (.95, "drops?|explod(?:es?|ing)|explosive|explosion|huge|massive|hits?"),
    (1.0, "climax(?:es)?|peaks?|maximum"),
)
_LEVEL = "(?P<level>" + "|".join(body for _, body in _LEVELS) + ")"
_LEVEL_RULES = [(value, pattern(f"(?:{body})")) for value, body in _LEVELS]
TIME = (rf"(?P<time>\d{{1,2}}:\d{{2}}|(?:bar|measure) {NUMBER}|{NUMBER} (?:bars|measures)|{NUMBER} (?:seconds|"
        r"second|secs|sec|s|minutes|minute|mins|min)(?: mark| in)?|"
        r"(?:the )?(?:halfway(?: point| through)?|half way|middle|half|very end|end|start|beginning))")
_TIME2 = TIME.replace("<time>", "<time2>")
_LEVEL2 = _LEVEL.replace("<level>", "<after>")
_FILL = (r"(?:\s(?!(?:" + "|".join(body for _, body in _LEVELS[:5] + _LEVELS[6:]) +
         r"|fad\w+|build\w*|then|gets?|no|and|but|ending|finish|finale|stop)\b)[a-z]+){0,2}?")
_AT = r"\s(?P<prep>from|starting at|starting from|at|after|around|about|by|in|on)\s(?:about |around |second |the )?"
_UNTIL = r"\s(?P<prep>until|untill|till|til|up to|for the first|for)\s(?:about |around |second )?"
_RAMP = r"(?:slow(?:ly)? |gradual(?:ly)? |slow )?(?:build(?:s|ing)?(?: up| ups| it up)?|build ups?|crescendos?|" \
        r"ris(?:es|ing)|" \
        r"grow(?:s|ing)?|swell(?:s|ing)?|ramps? up|increas(?:es|ing)|intensif(?:ies|ying))" \
        r"(?!\s(?:melod|lines?\b|hook|tune|arpeggio|bass|strings|sun|stars?\b|leads?\b))"
_FADE = r"(?:slow(?:ly)? |then )?fad(?:e|es|ed|ing)(?: it)?(?: out| down| away)?"
_FADE_IN = r"(?:slow(?:ly)? )?fad(?:e|es|ed|ing) in(?: from (?:silence|nothing))?"
_MOMENTS = (
    ("fade_in", pattern(rf"{_FADE_IN}\s(?:over|during|for|until|till|to|by|in)(?: the first| about| around)? {TIME}")),
    ("ramp_between", pattern(rf"{_RAMP}{_FILL}\sfrom\s{TIME}\s(?:to|until|till)\s{_TIME2}")),
    ("between", pattern(rf"{_LEVEL}{_FILL}\s(?:from|between)\s{TIME}\s(?:to|until|till|and)\s{_TIME2}")),
    ("between", pattern(rf"(?:from|between)\s{TIME}\s(?:to|until|till|and)\s{_TIME2}\s(?:it |is |its |a |very |"
                        rf"stays? |be )*"
                        rf"{_LEVEL}")),
    ("fade", pattern(rf"{_FADE}{_AT}{TIME}")),
    ("fade", pattern(rf"(?:from|at|after)\s{TIME}\s(?:on )?(?:it |then |a |the music |everything |slow )*{_FADE}")),
    ("ramp_to", pattern(rf"{_RAMP}{_FILL}\s(?:until|till|to|towards?|up to|by|for the first)\s{TIME}"
                        rf"(?:\s(?:and\s)?then\s(?:it\s|a\s|an\s|the\s|big\s|huge\s|sudden\s|comes\s)*{_LEVEL2})?")),
    ("ramp_from", pattern(rf"{_RAMP}{_FILL}\s(?:from|starting at|after|at)\s{TIME}")),
    ("last", pattern(rf"{_LEVEL}{_FILL}\s(?:for|in|during) the (?:last|final)\s{TIME}")),
    ("twice", pattern(rf"{_LEVEL}{_FILL}(?: one)?\sat\s{TIME}\s(?:and |then )*(?:one |another |again |another one )?"
                      rf"at\s{_TIME2}")),
    ("until", pattern(rf"{_LEVEL}{_FILL}{_UNTIL}{TIME}(?:\s(?:and\s)?(?:then\s)?(?:it\s|a\s|an\s|the\s|big\s|huge\s|"
                      rf"sudden\s|comes\s)*{_LEVEL2}(?!\s(?:until|till|at|from|for|after)))?")),
    ("from", pattern(rf"{_LEVEL}{_FILL}{_AT}{TIME}")),
    ("until", pattern(rf"until\s{TIME}\s(?:it |is |stays? |then |a |the |very |be )*{_LEVEL}")),
    ("from", pattern(rf"(?:from|at|after)\s{TIME}\s(?:on |onwards? )?(?:it |is |its |gets |goes |becomes |turns |"
                     rf"then |there |everything |all |everyone |we |you |the beat |"
                     rf"a |an |the |big |huge |very |more |comes |music |song )*{_LEVEL}")),
)
_SHAPES = (
    ("ramp", None, pattern(rf"{_RAMP}(?: over time| throughout| slowly| gradually| to (?:a |an )?(?:\w+ )?"
                           r"(?:climax|finale|peak|chorus|ending))?|(?:gets |getting |becomes |becoming |grows |"
                           r"growing )?"
                           r"(?:gradually |slowly |steadily |progressively |ever )(?:gets |getting |becomes |becoming |"
                           r"grows |growing )?(?:louder|more intense|bigger|heavier|stronger|fuller|more energetic)|"
                           r"(?:gets|getting|becomes|becoming|grows|growing) (?:louder|more intense|bigger|heavier|"
                           r"stronger|fuller|more energetic)|poco a poco crescendo|slow burn(?:er)?")),
    ("fade_in", .03, pattern(_FADE_IN)),
    ("down", .2, pattern("(?:dies|winds|winding|calms|calming|quiets|settles) down|decrescendo|diminuendo|dim|morendo|"
                         "calando|smorzando|perdendosi|(?:gets|getting|becomes|becoming|grows|growing|gradually|"
                         "slowly) "
                         "(?:gradually |slowly )?(?:quieter|softer|calmer|sparser)")),
    ("start", .15, pattern("(?:quiet|soft|calm|gentle|slow|hushed|sparse|minimal|small|low key|peaceful) "
                           "(?:start|intro|introduction|beginning|opening)|(?:starts?|starting|begins?|beginning|"
                           "opens?|opening) "
                           "(?:out |off |very |really )*(?:quiet|soft|calm|gentle|gently|slow|small|sparse|minimal|"
                           "peaceful|low)"
                           "(?:ly)?")),
    ("start", .85, pattern("(?:loud|big|energetic|explosive|strong|epic|powerful) (?:start|intro|introduction|"
                           "beginning|opening)|"
                           "(?:starts?|starting|begins?|opens?) (?:out |off |very |with a )*(?:loud|big|strong|"
                           "energetic|bang)"
                           "(?:ly)?")),
    ("end", .98, pattern("(?:(?:with|to|and|into) )?(?:a )?(?:big|huge|epic|loud|grand|explosive|triumphant|"
                         "massive|powerful|"
                         "climactic|strong) (?:finish|finale|ending|end|climax|final)|ends? (?:big|loud|strong|"
                         "epic)(?:ly)?|"
                         "(?:ends?|ending) (?:with|in|on) a climax")),
    ("end", .15, pattern("(?:quiet|soft|calm|gentle|peaceful|hushed) (?:ending|end|finish|outro)|"
                         "(?:ends?|ending|finishes) (?:very )?(?:quiet|soft|calm|gentle|gently|peaceful)(?:ly)?")),
)

_SECTION_WORDS = {
    "intro": "intros?|introduction", "verse": "verses?", "prechorus": "pre chorus(?:es)?",
    "chorus": "chorus(?:es)?|refrains?|hook",
    "bridge": "bridge|middle eight|middle 8", "solo": "solos?", "break": "break down|break", "drop": "drops?",
    "outro": "outros?|coda",
}
_SECTION = "|".join(_SECTION_WORDS[name] for name in ("prechorus", *(n for n in _SECTION_WORDS if n != "prechorus")))
_SECTION_RULES = [(name, pattern(f"(?:{body})")) for name, body in _SECTION_WORDS.items()]
_COUNTS = {"two": 2, "three": 3, "four": 4, "double": 2}
_COUNTED = (rf"(?:(?P<before>two|three|four|double|[2-4])\s)?(?P<one>{_SECTION})"
            r"(?: (?:(?:x )(?P<after>[2-4])(?! ?\d)|(?P<times>[2-4]|two|three|four|twice) ?(?:x|times)|"
            r"(?P<twice>twice)|\d))?")
_ITEM = re.sub(r"\?P<\w+>", "?:", _COUNTED)
_LIST = pattern(rf"{_ITEM}(?: (?:then |and |to |into |followed by |a |an |the |x )*{_ITEM})+(?: (?:form|structure))?")
_EACH = pattern(f"(?P<one>{_SECTION})")
_EACH_COUNTED = pattern(_COUNTED)
_LETTERS = re.compile(r"(?<![^ ])(?P<run>a[abcd]{2,7}|a(?: [abcd]){2,7})(?P<form> form| structure| song form)?(?![^ ])")
_CUED = re.compile(r"(?:^| )(?:with|has|have|having|includes?|including|add|adding|plus|wants?|needs?)"
                   r"(?: (?!with|no|without)\w+){0,6} $")
_FIRST = pattern(r"(?:starts?|starting|begins?|opens?) (?:with|on|in|straight into|right in) (?:the |a |"
                 r"an )?(?P<one>" + _SECTION + ")")
_LAST = pattern(r"(?:ends?|ending|finishes) (?:with|on|in) (?:the |a |an )?(?P<one>" + _SECTION + ")")
_DEFAULT_FORM = ("intro", "verse", "chorus", "verse", "chorus", "outro")


def _level(text: str) -> float:
    return next(value for value, rule in _LEVEL_RULES if rule.fullmatch(text))


def read_time(text: str) -> tuple[float, str]:
    """(seconds, "s"), (bar number from 1, "bar") or (share of the duration, "share")."""
    if ":" in text:
        minutes, seconds = text.split(":")
        return 60.0 * int(minutes) + int(seconds), "s"
    if text.startswith(("bar", "measure")):
        return read_number(text.removeprefix("bar").removeprefix("measure").strip()), "bar"
    match = re.match(NUMBER, text)
    if match and text.endswith(("bars", "measures")):
        return read_number(match.group()) + 1, "bar"
    if match:
        return read_number(match.group()) * (60.0 if "min" in text[match.end():] else 1.0), "s"
    return (0.5 if "hal" in text or "mid" in text else 1.0 if "end" in text else 0.0), "share"


def moments(words: Words) -> Iterator[Hit]:
    """Hits "moment": (what, level, (time, relative), second time or None), and shapes with time None."""
    for what, rule in _MOMENTS:
        for match in words.find(rule):
            groups = match.groupdict()
            level = _level(groups["level"]) if groups.get("level") else None
            second = read_time(groups["time2"]) if groups.get("time2") else None
            if groups.get("after"):
                yield Hit(*match.span("after"), "moment", ("from", _level(groups["after"]),
                                                                read_time(groups["time"]), None))
            if what == "twice":
                yield Hit(*match.span(), "moment", ("from", level, second, None))
                what, second = "from", None
            yield Hit(*match.span(), "moment", (what, level, read_time(groups["time"]), second))


def shapes(words: Words) -> Iterator[Hit]:
    """Hits "moment" without a time: "builds up", "quiet start", "big finish"."""
    for what, level, rule in _SHAPES:
        for match in words.find(rule):
            yield Hit(*match.span(), "moment", (what, level, None, None))


def energy_curve(hits: Sequence[Hit], duration_s: float, bar_s: float | None = None) -> tuple[tuple[float, float], ...]:
    """((time_s, energy 0–1), …) from 0 to `duration_s`, linear between points; () when nothing was said.

    `bar_s` is the length of a bar for moments given in bars; without it a bar lasts two seconds.
    """
    events: list[tuple[float, str, float | None, float | None]] = []  # (time, what, level, start)
    told = [hit.value for hit in sorted(hits, key=lambda hit: hit.start)]

    def seconds(when: tuple[float, str] | None) -> float | None:
        if when is None:
            return None
        value, unit = when
        scale = {"s": 1.0, "share": duration_s, "bar": bar_s or PLAIN_BAR_S}[unit]
        return min(duration_s, (value - 1 if unit == "bar" else value) * scale)

    for index, (what, level, when, second) in enumerate(told):
        time, later = seconds(when), seconds(second)
        following = [t for t in (seconds(entry[2]) for entry in told[index + 1:]) if t is not None]
        if what == "ramp":
            events.append((min(following, default=.9 * duration_s), "ramp", .92, None))
        elif what == "start":
            events.append((min(.2 * duration_s, min(following, default=duration_s)), "until", level, None))
        elif what == "end":
            events.append((duration_s, "ramp", level, .75 * duration_s))
        elif what == "down":
            events.append((duration_s, "ramp", level, .5 * duration_s))
        elif what == "fade_in":
            events += [(0.0, "until", .03, None),
                       (time if time is not None else min(.2 * duration_s, 6.0), "ramp", FADED_IN, None)]
        elif what == "ramp_to":
            events.append((time, "ramp", .92, None))
        elif what == "ramp_from":
            events.append((min(following, default=duration_s), "ramp", .92, time))
        elif what == "ramp_between":
            events.append((later, "ramp", .92, time))
        elif what == "last":
            events.append((duration_s - time, "from", level, None))
        elif what == "between":
            events += [(time, "from", level, None), (later, "until", level, None)]
        elif what == "fade":
            events.append((duration_s, "ramp", .03, time))
        else:
            events.append((time, what, level, None))
    return _points(sorted(events, key=lambda event: event[0]), duration_s)


def _points(events: list[tuple[float, str, float | None, float | None]], duration_s: float) -> tuple:
    points: list[tuple[float, float]] = []
    for number, (time, what, level, start) in enumerate(events):
        before = points[-1][1] if points else None
        if what == "until":
            if before is None:
                points.append((0.0, level))
            elif before != level:
                points.append((points[-1][0] + EDGE_S, level))
            points.append((time, level))
            if number == len(events) - 1 and time < duration_s - EDGE_S:
                points.append((time + EDGE_S, .75 if level < .5 else .35))
        elif what == "from":
            if before is None:
                before = .35 if level > .5 else .65
                points.append((0.0, before))
            if points[-1][0] > time - EDGE_S and len(points) > 1:
                points.pop()
            points += [(max(0.0, time - EDGE_S), before), (time, level)]
        else:
            if before is None:
                before = .2 if level > .5 else .65
                points.append((0.0, before))
            if start is not None and start > points[-1][0]:
                points.append((start, before))
            points.append((time, level))
    if points and points[-1][0] < duration_s:
        points.append((duration_s, points[-1][1]))
    clean: list[tuple[float, float]] = []
    for time, level in points:
        time = round(min(time, duration_s), 3)
        if clean and time <= clean[-1][0]:
            clean[-1] = (clean[-1][0], level) if len(clean) > 1 else clean[-1]
        else:
            clean.append((time, round(level, 3)))
    return tuple(clean)


def _name(word: str) -> str:
    return next(name for name, rule in _SECTION_RULES if rule.fullmatch(word))


def _times(match: re.Match[str]) -> tuple[str, ...]:
    """The section as often as it was counted: "verse x2", "two verses"."""
    count = match["before"] or match["after"] or match["times"] or ("2" if match["twice"] else "1")
    return (_name(match["one"]),) * (2 if count == "twice" else _COUNTS.get(count) or int(count))


def forms(words: Words) -> Iterator[Hit]:
    """Hits "form" (section names in order), "form_first", "form_last" and "section" (name, asked for)."""
    for match in _LIST.finditer(words.text):
        names = tuple(name for one in _EACH_COUNTED.finditer(match.group()) for name in _times(one))
        if words.free(*match.span()) and (len(names) > 2 or "verse" in names):
            words.take(*match.span())
            yield Hit(*match.span(), "form", names)
    for match in words.find(_LETTERS):
        run = match["run"].replace(" ", "")
        if "b" in run and (run != "abba" or match["form"]):
            letters = {"a": "verse", "b": "bridge" if run == "aaba" else "chorus", "c": "bridge", "d": "solo"}
            yield Hit(*match.span(), "form", tuple(letters[letter] for letter in run))
    for kind, rule in (("form_first", _FIRST), ("form_last", _LAST)):
        for match in words.find(rule):
            yield Hit(*match.span(), kind, _name(match["one"]))
    for match in words.find(_EACH):
        asked = bool(_CUED.search(words.text[:match.start()]))
        yield Hit(*match.span(), "section", (_name(match["one"]), asked))


def shape_form(hits: Sequence[Hit], base: Sequence[str]) -> tuple[str, ...]:
    """The form asked for: one spelled out, or `base` with sections added and removed; () when nothing was said."""
    spelled = [hit.value for hit in hits if hit.kind == "form"]
    form = list(spelled[-1]) if spelled else list(base or _DEFAULT_FORM)
    changed = bool(spelled)
    for hit in hits:
        if hit.kind == "section" and hit.negative:
            changed, form = True, [name for name in form if name != hit.value[0]]
        elif hit.kind == "section" and hit.value[1] and hit.mood == "wanted" and not spelled:
            changed = True
            if hit.value[0] not in form:
                form.insert(_place(hit.value[0], form), hit.value[0])
        elif hit.kind == "form_first" and not hit.negative:
            changed = True
            form = [hit.value, *(form[1:] if form and form[0] in ("intro", hit.value) else form)]
        elif hit.kind == "form_last" and not hit.negative:
            changed = True
            form = [*(form[:-1] if form and form[-1] == "outro" else form)]
            form += [hit.value] if not form or form[-1] != hit.value else []
    return tuple(form) if changed and form else ()


def _place(name: str, form: list[str]) -> int:
    if name == "intro":
        return 0
    if name == "outro":
        return len(form)
    if name == "prechorus" and "chorus" in form:
        return form.index("chorus")
    peaks = [index for index, part in enumerate(form) if part in ("chorus", "drop")]
    if len(peaks) > 1:
        return peaks[-1]  # a bridge, solo or break goes before the last chorus
    return len(form) - (1 if form and form[-1] == "outro" else 0)
