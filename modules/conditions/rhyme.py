"""Which lines rhyme: line ends compared by their sounds.

Owns full rhymes ("light", "night"), rhymes on a light last syllable ("sea", "memory") and near ones ("time", "mine").
Refuses to know spelling and time.
"""

from __future__ import annotations

from collections.abc import Sequence

from modules.conditions.phones import is_vowel
from modules.types import Lyrics, Syllable

REACH = 6  # lines back in which a rhyme is still heard
ALIKE = {"AO": "AA", "N": "M", "NG": "M", "Z": "S", "ZH": "SH", "D": "T", "G": "K", "B": "P", "V": "F", "DH": "TH",
         "JH": "CH"}  # sounds that near rhymes take for one another


def rhyme_scheme(lyrics: Lyrics) -> tuple[str, ...]:
    """A letter for each line, beginning anew with each stanza: lines that rhyme share theirs ("A", "B", "A", "B")."""
    letters: list[str] = []
    first = 0
    for index, line in enumerate(lyrics.lines):
        if index and lyrics.stanzas[index] != lyrics.stanzas[index - 1]:
            first = index
        near = range(max(first, index - REACH), index)
        like = max(near, key=lambda other: (rhymes(lyrics.lines[other], line), other), default=None)
        if like is not None and rhymes(lyrics.lines[like], line):
            letters.append(letters[like])
        else:
            letters.append(_letter(len(set(letters[first:]))))
    return tuple(letters)


def rhymes(one: Sequence[Syllable], other: Sequence[Syllable]) -> int:
    """How two lines end: 3 alike from the last stressed vowel on, 2 in a full last vowel, 1 nearly, 0 not."""
    a, b = _end(one), _end(other)
    if a == b:
        return 3
    last_a, last_b = _from_vowel(one[-1].phonemes), _from_vowel(other[-1].phonemes)
    if last_a == last_b and last_a[0] not in ("AH", "IH", "ER"):
        return 2
    return int([ALIKE.get(phone, phone) for phone in a] == [ALIKE.get(phone, phone) for phone in b])


def _end(line: Sequence[Syllable]) -> tuple[str, ...]:
    """Phonemes of a line from the last stressed vowel of its last word on; a light word's from its last vowel."""
    word = [syllable for syllable in line if syllable.word_index == line[-1].word_index]
    start = max((i for i, syllable in enumerate(word) if syllable.stress), default=len(word) - 1)
    return _from_vowel(tuple(phone for syllable in word[start:] for phone in syllable.phonemes))


def _from_vowel(phones: tuple[str, ...]) -> tuple[str, ...]:
    return phones[next(i for i, phone in enumerate(phones) if is_vowel(phone)):]


def _letter(number: int) -> str:
    """A … Z, A2 … Z2, …"""
    return chr(65 + number % 26) + (str(number // 26 + 1) if number >= 26 else "")
