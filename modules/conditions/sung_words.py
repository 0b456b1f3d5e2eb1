"""A line of text → words → syllables: what is sung of it, and how the person marked it.

Owns spoken numbers, hyphens, and the marks "lo~ve" (drawn over two notes), "ev-ry" (these syllables) and
"{K AE1 T}" (these phonemes). Refuses to know sections and time; how words sound is `lexicon` and `tongues`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from modules.conditions import lexicon, numerals, tongues
from modules.conditions.letters import align, letter_model
from modules.conditions.phones import CONSONANTS, is_vowel, with_vowel
from modules.types import Syllable

MAX_WORD_CHARS = 45  # the longest dictionary words; anything longer is cut
MOST_NOTES = 8  # that one syllable may be drawn over
TOKEN = re.compile(r"[^\s{}]*\{[^{}]*\}|[^\s{}]+")
SPELLED = re.compile(r"^(.*)\{([^{}]*)\}$")
WORD = re.compile(r"['’ʼ‘]?[^\W\d_]+(?:['’ʼ‘~-]+[^\W\d_]+)*[~]*['’ʼ‘]?")
DASHES = re.compile(r"[‐‑‒–—―]+|--+")
DRAWN = re.compile(r"([aeiou])((?:-\1)+)(?![a-z]*-\1)", re.IGNORECASE)  # lo-o-ove


@dataclass(frozen=True)
class Word:
    """A sung word: `text` as shown; `pieces` the person's own syllables, `phones` the person's own phonemes, both ()
    where free; `drawn` the places in `text` after which a tilde stood, once for each."""

    text: str
    pieces: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    drawn: tuple[int, ...] = ()


def words_of(line: str, unread: Counter[str], warnings: dict[str, None]) -> list[Word]:
    """The sung words of a line.

    Args:
        line: text without section marks.
        unread: counts words in scripts that cannot be sung, "emoji" for signs.
        warnings: what could not be done as marked is added, one sentence each.
    """
    words: list[Word] = []
    for token in TOKEN.findall(DASHES.sub(" ", line)):
        spelled = SPELLED.match(token)
        if spelled:
            phones = _phones(spelled[2])
            if phones:
                shown = "".join(WORD.findall(spelled[1])) or "".join(phone.rstrip("012") for phone in phones).lower()
                words.append(Word(shown[:MAX_WORD_CHARS], phones=phones))
                continue
            warnings.setdefault(f"“{{{spelled[2]}}}” is not a list of phonemes, so it was left out; write them as in "
                                "{K AE1 T}, with the names of the CMU dictionary.")
            token = spelled[1]
        token = re.sub(r"[\[\]<>()*_…“”\"«»¿¡]|\.{2,}", " ", token).strip(" ,;:!?")
        for spoken in numerals.say(token).split():
            for match in WORD.finditer(spoken):
                words += _read(match[0], unread)
            if any(unicodedata.category(char) in ("So", "Cs", "Co") for char in spoken):
                unread["emoji"] += 1
    return words


def sound(words: list[Word], tongue: str, guessed: dict[str, None]) -> list[list[Syllable]]:
    """Each word as its syllables, by the English dictionary or the rules of another language.

    Args:
        words: of one line.
        tongue: "English" or one of `tongues.TONGUES`.
        guessed: words that no dictionary has are added.
    """
    sounded = []
    for index, word in enumerate(words):
        before = words[index - 1].text if index else ""
        after = words[index + 1].text if index + 1 < len(words) else ""
        light = False
        if word.phones:
            parts = lexicon.syllables(word.phones)
            pieces = lexicon.split_spelling(word.text, parts)
        elif tongue != "English" or tongues.is_kana(word.text):
            spoken = tongues.sound(word.text, "Japanese" if tongues.is_kana(word.text) else tongue, after=after)
            parts = [tuple(phone + str(part.stress) if is_vowel(phone) else phone for phone in part.phones)
                     for part in spoken]
            pieces = [part.text for part in spoken]
        else:
            found = lexicon.pronounce(word.text, before=before, after=after)
            if found.guessed and not word.pieces:
                guessed.setdefault(word.text)
            light = "".join(lexicon.fold(word.text)) in lexicon.FUNCTION_WORDS
            if word.pieces:
                pieces, parts = _divided(word.pieces, found.phones)
            else:
                parts = lexicon.syllables(found.phones)
                pieces = lexicon.split_spelling(word.text, parts)
            light = light and len(parts) <= 2
        notes = _notes(pieces, word.drawn)
        sounded.append([
            Syllable(piece, tuple(phone.rstrip("012") for phone in part), 0 if light else _stress(part), word.text,
                     last_in_word=number == len(parts) - 1, notes=count)
            for number, (piece, part, count) in enumerate(zip(pieces, parts, notes, strict=True))])
    return sounded


def script(word: str) -> str:
    """What the word is written in, by its first letter's Unicode name; "emoji" for signs that are no letters."""
    letter = next(filter(str.isalpha, word), "")
    return unicodedata.name(letter, "unknown").split()[0].capitalize() if letter else "emoji"


def _read(raw: str, unread: Counter[str]) -> list[Word]:
    """A run of letters with its marks as one word, or as several where hyphens join words of their own."""
    opening = raw[0] in "'’ʼ‘" and not lexicon.is_elision(raw)
    raw = raw[1:] if opening else raw
    if raw[-1] in "'’ʼ‘" and raw[-3:-1].lower() != "in":
        raw = raw[:-1]
    bare = re.sub("[~-]", "", raw)
    kana = tongues.is_kana(bare)
    if not kana and not any(char.isalpha() for char in "".join(lexicon.fold(bare))):
        unread[script(bare)] += 1
        return []
    known = lexicon.dictionary()
    if "".join(lexicon.fold(bare)) not in known:
        raw = DRAWN.sub(lambda match: match[1] + "~" * (len(match[2]) // 2), raw)
    pieces = [piece for piece in raw.split("-") if piece.strip("~")]
    folded = ["".join(lexicon.fold(piece.replace("~", ""))) for piece in pieces]
    whole = "".join(folded)
    own = len(set(folded)) == 1 or (whole not in known and all(
        piece in known and (len(piece) > 1 or piece in "aio") for piece in folded))
    if len(pieces) == 1 or own or kana:
        return [word for piece in pieces for word in _drawn(piece, ())]
    return _drawn("".join(pieces), tuple(piece.replace("~", "") for piece in pieces))


def _drawn(text: str, pieces: tuple[str, ...]) -> list[Word]:
    """The word without its tildes, cut where it is longer than any word."""
    places, plain = [], ""
    for char in text:
        if char == "~":
            places.append(len(plain))
        else:
            plain += char
    if len(plain) <= MAX_WORD_CHARS:
        return [Word(plain, pieces, (), tuple(places))] if plain else []
    return [Word(plain[i:i + MAX_WORD_CHARS]) for i in range(0, len(plain), MAX_WORD_CHARS)]


def _phones(text: str) -> tuple[str, ...]:
    """Phonemes as the person wrote them, with stress digits and a vowel; () when one is unknown."""
    names = text.upper().replace(",", " ").split()
    if not names or any(name not in CONSONANTS and not (is_vowel(name) and len(name) <= 3) for name in names):
        return ()
    stressed = any(name.endswith("1") for name in names)
    out = []
    for name in names:
        if is_vowel(name) and not name[-1].isdigit():
            name += "0" if stressed else "1"
            stressed = True
        out.append(name)
    return with_vowel(tuple(out))


def _divided(pieces: tuple[str, ...], phones: tuple[str, ...]) -> tuple[list[str], list[tuple[str, ...]]]:
    """Texts and phonemes of a word's syllables where the person divided it; a piece without a vowel gets one."""
    folded = ["".join(lexicon.fold(piece)) for piece in pieces]
    chunks = align("".join(folded), tuple(phone.rstrip("012") for phone in phones), letter_model()[1]["costs"])
    rest, at = list(phones), 0
    if chunks is None:  # more phonemes than letters can hold: the dictionary's own syllables
        parts = lexicon.syllables(phones)
        return lexicon.split_spelling("".join(pieces), parts), parts
    texts: list[str] = []
    sounds: list[tuple[str, ...]] = []
    for piece, letters in zip(pieces, folded, strict=True):
        count = sum(len(chunk) for chunk in chunks[at:at + len(letters)])
        at += len(letters)
        own, rest = tuple(rest[:count]), rest[count:]
        if not any(map(is_vowel, own)) and letters in lexicon.dictionary():
            own = lexicon.pronounce(piece).phones  # pray-er
        elif not any(map(is_vowel, own)):
            r = next((i for i, phone in enumerate(own) if phone == "R"), None)
            own = (*own[:r], "ER0", *own[r + 1:]) if r is not None else with_vowel(own or ("AH0",))
        parts = lexicon.syllables(own)
        texts += lexicon.split_spelling(piece, parts)
        sounds += parts
    return texts, sounds


def _notes(pieces: list[str], drawn: tuple[int, ...]) -> list[int]:
    """How many notes each syllable is drawn over: one, and one more for each tilde within or right after it."""
    notes, start = [], 0
    for piece in pieces:
        tildes = sum(start < place <= start + len(piece) for place in drawn)
        notes.append(min(1 + tildes, MOST_NOTES))
        start += len(piece)
    return notes


def _stress(part: tuple[str, ...]) -> int:
    return next(int(phone[-1]) for phone in part if is_vowel(phone))
