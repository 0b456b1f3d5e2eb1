"""Typing errors: a word that English does not have and that lies next to a word of music is read as that word.

Owns the vocabulary (genre and instrument names, the grammars' terms, words of the style cards) and the distance
(Damerau 1964: a letter more, less, other, or two swapped). Knows nothing of what the words mean.
"""

from __future__ import annotations

from functools import lru_cache

from modules.assets import instruments
from modules.conditions.lexicon import dictionary
from modules.conditions.text_words import canonical
from modules.styles.cards import cards
from modules.styles.names import called

SHORTEST = 5  # letters: shorter words have too many neighbours
TWICE_FROM = 8  # letters from which two errors are forgiven
_TERMS = ("tempo drums drum percussion melody melodies vocals vocal singing instrumental chorus verse bridge intro "
          "outro "
          "staccato legato pizzicato crescendo diminuendo andante allegro adagio presto moderato minor major dorian "
          "phrygian lydian mixolydian seconds minutes seconds between without upbeat energetic relaxing relaxed calm "
          "aggressive melancholic mysterious cheerful happy peaceful romantic dreamy cinematic orchestral acoustic "
          "electric electronic distorted rhythm groove groovy swing shuffle reverb stereo vintage warm bright dark "
          "music song track sleep study gentle beautiful beach summer winter christmas jingle jingles trailer "
          "worship choir gospel forest warehouse night drive fight battle")


@lru_cache(maxsize=1)
def vocabulary() -> frozenset[str]:
    """Words that a typing error is mended to."""
    names = [*called(), *_TERMS.split(), *(str(word) for entry in instruments().values() for word in entry["called"])]
    words = {word for phrase in names for word in canonical(phrase).split()}
    return frozenset(w for w in words if w.isalpha() and w.isascii() and len(w) >= SHORTEST - 1)


@lru_cache(maxsize=1)
def _described() -> frozenset[str]:
    """Words of the style cards: English, however rare."""
    return frozenset(word for card in cards().values() for line in card.describe for word in canonical(line).split())


@lru_cache(maxsize=1)
def _by_first() -> dict[str, list[str]]:
    """First letter → vocabulary words; a typing error seldom takes the first letter."""
    shelf: dict[str, list[str]] = {}
    for word in vocabulary():
        shelf.setdefault(word[0], []).append(word)
    return shelf


@lru_cache(maxsize=4096)
def respell(word: str) -> str:
    """The word itself, or the nearest word of music where it is no English word and one lies near enough."""
    if len(word) < SHORTEST or not (word.isascii() and word.isalpha()) or word in vocabulary() or word in dictionary():
        return word
    if word.replace("is", "iz") in dictionary() or word.replace("our", "or") in dictionary():  # British spelling
        return word
    if word in _described() or word in _compounds() or word.rstrip("s") in vocabulary():
        return word
    limit = 2 if len(word) >= TWICE_FROM else 1
    best = min(((distance(word, other, limit), abs(len(other) - len(word)), -len(other), other)
                for other in _by_first().get(word[0], ()) if abs(len(other) - len(word)) <= limit),
               default=(limit + 1, 0, 0, word))
    return best[3] if best[0] <= limit else word


@lru_cache(maxsize=1)
def _compounds() -> frozenset[str]:
    """Names written as one word ("hiphop", "drumnbass")."""
    names = [*called(), *(str(word) for entry in instruments().values() for word in entry["called"])]
    return frozenset(canonical(name).replace(" ", "") for name in names)


def distance(one: str, two: str, limit: int) -> int:
    """Optimal string alignment distance, or `limit` + 1 when it is larger than that."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, other in enumerate(two, 1):
            cost = min(row[j - 1] + 1, before[j] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == two[j - 2] and one[i - 2] == other:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)
