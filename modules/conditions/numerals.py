"""Numbers, signs and abbreviations as the words that are said for them.

Owns "24" → twenty four, "$5" → five dollars, "3rd" → third, "Mr." → Mister. Refuses to know how words sound.
"""

from __future__ import annotations

import re

ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen").split()
TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
SCALES = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
            "twelve": "twelfth"}
ABBREVIATIONS = {"mr.": "Mister", "mrs.": "Missus", "ms.": "Miz", "dr.": "Doctor", "st.": "Saint", "jr.": "Junior",
                 "sr.": "Senior", "vs.": "versus", "vs": "versus", "etc.": "et cetera", "feat.": "featuring",
                 "ft.": "featuring", "w/": "with", "w/o": "without", "b/c": "because", "a.m.": "ay em",
                 "p.m.": "pee em", "mt.": "Mount", "ave.": "Avenue", "blvd.": "Boulevard", "rd.": "Road",
                 "gov.": "Governor",
                 "capt.": "Captain", "sgt.": "Sergeant", "rev.": "Reverend", "approx.": "approximately"}
FRACTIONS = {"1/2": "one half", "½": "one half", "1/3": "one third", "⅓": "one third", "2/3": "two thirds",
             "⅔": "two thirds", "1/4": "one quarter", "¼": "one quarter",
             "3/4": "three quarters", "¾": "three quarters"}
SIGNS = {"&": "and", "@": "at", "+": "plus", "=": "equals", "%": "percent", "°": "degrees"}
MONEY = {"$": "dollars", "€": "euros", "£": "pounds", "¥": "yen"}
NUMBER = re.compile(r"([$€£¥#]?)(\d[\d,]*)(?:([.:])(\d+))?(st|nd|rd|th|'?s|%|am|pm|k|bpm)?", re.IGNORECASE)


def say_number(value: int) -> list[str]:
    """An integer below a trillion in words; larger ones digit by digit."""
    if value < 20:
        return [ONES[value]]
    if value < 100:
        return [TENS[value // 10]] + ([ONES[value % 10]] if value % 10 else [])
    if value >= 10**12:
        return [ONES[int(digit)] for digit in str(value)]
    for size, name in SCALES:
        if value >= size:
            return say_number(value // size) + [name] + (say_number(value % size) if value % size else [])
    raise AssertionError(value)


def say_year(value: int) -> list[str]:
    """A four-digit number as years are said: nineteen eighty four, two thousand four, twenty twenty six."""
    high, low = divmod(value, 100)
    if low == 0 and high % 10:
        return say_number(high) + ["hundred"]
    if high % 10 == 0 and low < 10:
        return say_number(value)
    return say_number(high) + (["oh"] if low < 10 else []) + say_number(low)


def say(token: str) -> str:
    """The words said for one written token (no white space in it); words come back unchanged.

    Digits inside a word ("B2B") are said where they stand.
    """
    if token.lower() in ABBREVIATIONS:
        return ABBREVIATIONS[token.lower()]
    if token in FRACTIONS:
        return FRACTIONS[token]
    for sign, word in SIGNS.items():
        if sign != "%" and sign in token:
            token = token.replace(sign, f" {word} ")
    return NUMBER.sub(lambda match: f" {_say_match(match)} ", token).replace("%", " percent ")


def _say_match(match: re.Match[str]) -> str:
    sign, whole, mark, fraction, suffix = match.groups()
    value, suffix = int(whole.replace(",", "")), (suffix or "").lower().replace("'", "")
    as_year = len(whole) == 4 and not sign and not mark and 1100 <= value < 2100
    words = say_year(value) if as_year else say_number(value)
    if whole[0] == "0" and len(whole) > 1:  # 007
        words = [ONES[int(digit)] for digit in whole if digit != ","]
    if mark == ":":
        words += say_number(int(fraction)) if int(fraction) else []
    elif mark == ".":
        words += ["point"] + [ONES[int(digit)] for digit in fraction]
    if suffix in ("st", "nd", "rd", "th"):
        last = words[-1]
        words[-1] = ORDINALS.get(last) or (last[:-1] + "ie" if last.endswith("y") else last.rstrip("t")) + "th"
    elif suffix == "s":  # the 80s, 1990s
        words[-1] = words[-1][:-1] + "ies" if words[-1].endswith("y") else words[-1] + "s"
    elif suffix in ("am", "pm"):
        words += ["ay" if suffix == "am" else "pee", "em"]
    elif suffix:
        words += {"%": ["percent"], "k": ["thousand"], "bpm": ["b", "p", "m"]}[suffix]
    if sign in MONEY:
        words.append("dollar" if sign == "$" and value == 1 and not mark else MONEY[sign])
    return " ".join((["number"] if sign == "#" else []) + words)
