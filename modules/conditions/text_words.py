"""A prompt as canonical words, with the way back to what was typed. Knows no music.

Case, spacing, hyphens, commas and typographic signs do not change the canonical text, so grammars need not care.
Sentence ends are remembered beside it as `breaks`. A *hit* is a stretch of canonical text that means something.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

WHOLE = "the words as a whole"  # source of what no single word says
_SIGNS = {"♯": "#", "♭": "b", "&": " and ", "+": " and ", "@": " at ", "×": " x ", "½": " 1/2", "%": " percent ",
          "♩": " quarter note ", "→": " then ", "➜": " then "}
_TYPED = re.compile(r"\d+[:/.]\d+|\d+|[^\W\d_]+#?|#|[.!?;\n]", re.UNICODE)
_DANGLING = ("with", "and", "or", "but", "in", "at", "a", "the", "for", "of", "has", "have", "to", "that", "then")
_MINUS = re.compile(r"(?<!\S)-(?=[^\W\d_]{3})")  # "-drums", as in search boxes
_APOSTROPHES = "'’‘`´ʼ"


@dataclass
class Hit:
    """Something understood at canonical positions `start:end`. `mood` is "wanted", "unwanted" or "less"."""

    start: int
    end: int
    kind: str
    value: Any
    mood: str = "wanted"
    count: int = 1  # how many: "two guitars"
    box: bool = False  # from the negative box
    excepted: bool = False  # named as the exception: "no guitars except …"

    @property
    def negative(self) -> bool:
        return self.mood == "unwanted"


@dataclass
class Words:
    """Canonical text of a prompt, its map to the typed text and which of it has been understood already."""

    typed: str
    text: str = ""
    breaks: frozenset[int] = frozenset()  # canonical positions where a sentence ends
    respell: Callable[[str], str] | None = None  # mends typing errors word by word
    mended: list[tuple[str, str]] = field(default_factory=list)  # (as typed, as read)
    _map: list[tuple[int, int]] = field(default_factory=list)  # canonical position → typed span of its word
    _taken: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        plain, back = [], []
        for index, sign in enumerate(self.typed):
            if sign in _APOSTROPHES:
                continue
            sign = _SIGNS.get(sign) or _plain(sign)
            if sign == "-" and _MINUS.match(self.typed, index):
                sign = " minus "
            plain.append(sign)
            back.extend([index] * len(sign))
        text, pieces, breaks, position = "".join(plain), [], set(), 0
        for match in _TYPED.finditer(text):
            word = match.group()
            if word in ".!?;\n":
                breaks.add(max(0, position - 1))
                continue
            if self.respell is not None and (read := self.respell(word)) != word:
                self.mended.append((word, read))
                word = read
            pieces.append(word)
            self._map.extend([(back[match.start()], back[match.end() - 1] + 1)] * (len(word) + 1))
            position += len(word) + 1
        self.text, self.breaks = " ".join(pieces), frozenset(breaks)
        self._taken = bytearray(len(self.text) + 1)

    def find(self, pattern: re.Pattern[str], *, share: bool = False) -> Iterator[re.Match[str]]:
        """Matches of `pattern` over text that no earlier match took; each is taken unless `share`."""
        for match in pattern.finditer(self.text):
            start, end = match.span()
            if end > start and (share or not any(self._taken[start:end])):
                if not share:
                    self.take(start, end)
                yield match

    def take(self, start: int, end: int) -> None:
        self._taken[start:end] = b"\1" * (end - start)

    def free(self, start: int, end: int) -> bool:
        return not any(self._taken[start:end])

    def source(self, start: int, end: int) -> str:
        """What was typed for canonical `start:end`."""
        if not self._map or start >= end:
            return ""
        return " ".join(self.typed[self._map[start][0]:self._map[end - 1][1]].split())

    def without(self, spans: list[tuple[int, int]]) -> str:
        """Canonical text with the spans blanked out and no words hanging at its end."""
        signs = list(self.text)
        for start, end in spans:
            signs[start:end] = " " * (end - start)
        left = "".join(signs).split()
        while left and left[-1] in _DANGLING:
            left.pop()
        return " ".join(left)


def _plain(sign: str) -> str:
    """One typed sign in lower case, a Latin letter without its accent."""
    if sign.isascii():
        return sign.lower()
    apart = unicodedata.normalize("NFKD", sign)
    if apart[:1].isascii() and len(apart) > 1 and all(unicodedata.combining(mark) for mark in apart[1:]):
        return apart[0].lower()
    return unicodedata.normalize("NFKC", sign).lower()


def pattern(body: str) -> re.Pattern[str]:
    """A pattern on whole canonical words: every space in `body` may be absent ("lo fi" also reads "lofi")."""
    return re.compile(r"(?<![^ ])(?:" + body.replace(" ?", " ").replace(" ", " ?") + r")(?![^ ])")


def canonical(text: str) -> str:
    """The canonical form of a name or phrase."""
    return Words(text).text
