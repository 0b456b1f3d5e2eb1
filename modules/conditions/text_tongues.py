"""Prompts in Spanish, French, German or Japanese: told apart by their words, read word by word through a glossary.

It is no translation: musical words, moods and scenes of `assets/glossary.txt` become English, other words stay as they
are, and the person is told how the prompt was read. Knows nothing of styles and controls.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from modules.assets import asset
from modules.conditions.lexicon import dictionary
from modules.conditions.text_words import canonical

GLOSSARY = "glossary.txt"
TONGUES = ("Spanish", "French", "German", "Japanese")
_LITTLE = "~"  # marks words that alone do not tell the language
_ENGLISH = frozenset(
    "the a of and with for to in on is my it that from no without music song at like but or some an not by up make "
    "into over under just very more i you me something".split())
_KANA = re.compile(r"[\u3040-\u30ff]")
_HAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_TAILS = {"musik": "music", "lied": "song", "lieder": "songs", "gitarre": "guitar", "gitarren": "guitars",
          "klavier": "piano", "trommeln": "drums", "orgel": "organ", "orchester": "orchestra",
          "stuck": "piece"}  # of German compounds
_ELISION = re.compile(r"(?<=\b[dlcsjmnt])['’](?=\w)", re.IGNORECASE)  # French "d'amour"
ENOUGH_KNOWN = 0.4  # share of known words from which a single foreign word makes a foreign prompt
_DO_RE_MI = {"do": "c", "re": "d", "mi": "e", "fa": "f", "sol": "g", "la": "a", "si": "b"}
_SOLFEGE = re.compile(r"\b(do|re|mi|fa|sol|la|si)(?: ?(sostenido|diese|#)| (bemol))? (mayor|menor|majeur|mineur)\b")
_LONGEST = 4  # words of a phrase


@dataclass(frozen=True)
class Glossary:
    """`words` canonical phrase → English; `little` those that do not tell the language by themselves."""

    words: dict[str, str]
    little: frozenset[str]


@dataclass(frozen=True)
class Told:
    """A prompt read in another language: its name, the English it was read as, the share of its words known."""

    tongue: str
    english: str
    known: float


@lru_cache(maxsize=1)
def glossaries() -> dict[str, Glossary]:
    """Language → its glossary."""
    words: dict[str, dict[str, str]] = {tongue: {} for tongue in TONGUES}
    little: dict[str, set[str]] = {tongue: set() for tongue in TONGUES}
    for line in asset(GLOSSARY).read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        english, *columns = (part.strip() for part in line.split("="))
        for tongue, column in zip(TONGUES, columns, strict=True):
            for entry in filter(None, column.split("/")):
                key = canonical(entry.rstrip(_LITTLE)) if tongue != "Japanese" else _folded(entry.rstrip(_LITTLE))
                words[tongue].setdefault(key, english)
                if entry.endswith(_LITTLE):
                    little[tongue].add(key)
    return {tongue: Glossary(words[tongue], frozenset(little[tongue])) for tongue in TONGUES}


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def tell(text: str) -> Told | None:
    """The prompt read through the glossary of its language, or None when it is English or of no known language."""
    if _HAN.search(text):
        return _tell_japanese(text)
    tokens = _SOLFEGE.sub(_key, canonical(_ELISION.sub(" ", text))).split()
    best = max(TONGUES[:3], key=lambda tongue: _evidence(tokens, glossaries()[tongue]))
    evidence = _evidence(tokens, glossaries()[best])
    english = sum(token in _ENGLISH for token in tokens)
    if evidence < 2 or evidence <= 2 * english:
        return None
    told = _read(best, tokens, glossaries()[best])
    return told if evidence > 2 or told.known >= ENOUGH_KNOWN else None


def _key(match: re.Match[str]) -> str:
    """"fa sostenido menor" → "f# menor": notes by letters; the mode stays for the glossary."""
    sign = " sharp" if match[2] else " flat" if match[3] else ""
    return f"{_DO_RE_MI[match[1]]}{sign} {match[4]}"


def _evidence(tokens: list[str], glossary: Glossary) -> int:
    """Points for words that this language has: two where English lacks it, one for a little word, 0 if none is two."""
    points, own, english = 0, 0, dictionary()
    for token in set(tokens):
        meaning = glossary.words.get(token)
        if token in glossary.little:
            points += 1
            own += token not in _ENGLISH
        elif meaning is not None and meaning != token and token not in _ENGLISH:
            points += 1 if token in english else 2
            own += 2 * (token not in english)
        elif meaning is None and _compound(token, glossary):
            points, own = points + 2, own + 2
    return points if own >= 2 else 0


def _compound(token: str, glossary: Glossary) -> str | None:
    """"Klaviermusik" → "piano music": German glues its words."""
    for tail, meaning in _TAILS.items():
        stem = token.removesuffix(tail)
        if stem != token and len(stem) > 2 and tail in glossary.words:
            for form in (stem, stem.removesuffix("s"), stem + "e", stem.removesuffix("n")):
                if form in glossary.words:
                    return f"{glossary.words[form]} {meaning}"
    return None


def _read(tongue: str, tokens: list[str], glossary: Glossary) -> Told:
    english: list[str] = []
    known = index = 0
    while index < len(tokens):
        for size in range(min(_LONGEST, len(tokens) - index), 0, -1):
            phrase = " ".join(tokens[index:index + size])
            meaning = glossary.words.get(phrase) or (_compound(phrase, glossary) if size == 1 else None)
            if meaning is not None:
                english.append(meaning)
                known += size
                index += size
                break
        else:
            english.append(tokens[index])
            index += 1
    return Told(tongue, " ".join(english), known / max(1, len(tokens)))


def _tell_japanese(text: str) -> Told:
    """Longest entries at each place; "ドラムなし" (drums without) becomes "no drums"."""
    glossary, folded = glossaries()["Japanese"], _folded(text)
    longest = max(map(len, glossary.words))
    english: list[str] = []
    known = total = index = 0
    latin = re.compile(r"[a-z0-9:#./]+")
    while index < len(folded):
        word = latin.match(folded, index)
        if word:
            english.append(word.group())
            index = word.end()
            continue
        if not _HAN.match(folded, index):
            index += 1
            continue
        for size in range(min(longest, len(folded) - index), 0, -1):
            entry = folded[index:index + size]
            meaning = glossary.words.get(entry)
            if meaning == "without" and english:
                english.insert(len(english) - 1, "no")
            elif meaning is not None and entry not in glossary.little:
                english.append(meaning)
            if meaning is not None:
                known, total, index = known + size, total + size, index + size
                break
        else:
            total += 1
            index += 1
    return Told("Japanese" if _KANA.search(text) else "Chinese or Japanese", " ".join(english), known / max(1, total))
