"""Numbers in prompts: figures and English words up to 199. Knows no music."""

from __future__ import annotations

_UNITS_SAID = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
               "seventeen eighteen nineteen")
_TENS_SAID = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES = {word: value for value, word in enumerate(_UNITS_SAID.split())}
_TENS = {word: 10 * value for value, word in enumerate(_TENS_SAID.split(), 2)}
_TEEN = "|".join(sorted(_ONES, key=len, reverse=True))
NUMBER = rf"(?:\d+(?:\.\d+)?|one hundred(?: and)?(?: (?:{'|'.join(_TENS)}))?(?: (?:{_TEEN}))?|" \
         rf"(?:{'|'.join(_TENS)})(?: (?:{_TEEN}))?|{_TEEN})"

BIG_NUMBER = rf"(?:a hundred|one (?:{'|'.join(_TENS)})(?: (?:{_TEEN}))?|{NUMBER})"  # as tempos are said


def read_number(text: str) -> float:
    """Value of a number in figures or English words up to 199."""
    text = text.replace(" ", "")
    if text[0].isdigit():
        return float(text)
    if text == "ahundred":
        return 100.0
    total = 0
    if text.startswith("onehundred"):
        total, text = 100, text[10:].removeprefix("and")
    for word, value in _TENS.items():
        if text.startswith("one" + word):  # "one twenty" beats a minute
            total, text = 100, text[3:]
        if text.startswith(word):
            total, text = total + value, text[len(word):]
    return float(total + _ONES.get(text, 0))
