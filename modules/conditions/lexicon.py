"""How words sound: phonemes, stress, syllables, and where a written word divides into them.

Owns the pronouncing dictionary (CMUdict data) and the corrections for singing. Refuses to know how letters are read
where no dictionary helps (that is `letters`), lines, sections, notes and time.

Phonemes are ARPAbet; inside this file vowels carry their stress digit ("AH0"), outside they do not. Every syllable
has exactly one vowel. Letters are folded to a–z and the apostrophe before they are looked at.
"""

from __future__ import annotations

import gzip
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from modules.assets import asset
from modules.conditions.letters import align, guess, letter_model
from modules.conditions.phones import is_vowel, with_vowel

LAX = frozenset("AE EH IH UH AH".split())  # under stress these draw a following consonant into their syllable
ONSETS = frozenset(
    "P R|P L|P Y|B R|B L|B Y|T R|T W|D R|D W|K R|K L|K W|K Y|G R|G L|G W|F R|F L|F Y|TH R|TH W|SH R|V Y|HH Y|M Y|"
    "S P|S T|S K|S M|S N|S L|S W|S F|S P R|S P L|S T R|S K R|S K W|S P Y|S K Y".split("|"))
# letters that NFKD leaves whole, and the letters they sound like
LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "th", "þ": "th", "ı": "i", "ŋ": "ng"}
LETTER_NAMES = {
    "a": "EY1", "b": "B IY1", "c": "S IY1", "d": "D IY1", "e": "IY1", "f": "EH1 F", "g": "JH IY1", "h": "EY1 CH",
    "i": "AY1", "j": "JH EY1", "k": "K EY1", "l": "EH1 L", "m": "EH1 M", "n": "EH1 N", "o": "OW1", "p": "P IY1",
    "q": "K Y UW1", "r": "AA1 R", "s": "EH1 S", "t": "T IY1", "u": "Y UW1", "v": "V IY1",
    "w": "D AH1 B AH0 L Y UW0", "x": "EH1 K S", "y": "W AY1", "z": "Z IY1",
}
FUNCTION_WORDS = frozenset(
    "a an the and or but nor so as at by for from in of on to with than that if i me my you your he him his she her "
    "it its we us our they them their this these those is am are was were be been do does did has have had can could "
    "will would shall should may might must i'm i'll i'd i've you're you'll you'd you've he's she's it's that's "
    "we're we'll we've they're they'll let's there there's just some 'til til 'cause 'em n' 'n ya gonna wanna "
    "when while like who what which where how o'er up out into".split())
DETERMINERS = frozenset("a an the my your his her our their its this that no some every each in of".split())
# endings that turn one word into another of its family; "s" and "ed" sound by what stands before them
ENDINGS = {"ing": "IH0 NG", "ness": "N AH0 S", "less": "L AH0 S", "est": "AH0 S T", "ish": "IH0 SH", "ly": "L IY0",
           "er": "ER0", "ed": "", "y": "IY0", "s": ""}
VERBAL = frozenset("to will can could would should must may might i you we they i'll you'll we'll they'll don't "
                   "can't won't i'd you'd we'd let's gonna wanna gotta 'll who".split())


@dataclass(frozen=True)
class Pronunciation:
    """`phones` with stress digits; `guessed` = by the letter model, not from the dictionary."""

    phones: tuple[str, ...]
    guessed: bool = False


def fold(text: str) -> list[str]:
    """Each character of `text` as the plain letters a–z and apostrophes that it is read as (may be empty)."""
    folded = []
    for char in text.lower():
        plain = LETTERS.get(char) or unicodedata.normalize("NFKD", char)
        plain = plain.replace("’", "'").replace("ʼ", "'").replace("‘", "'")
        folded.append("".join(c for c in plain if c == "'" or "a" <= c <= "z"))
    return folded


@lru_cache(maxsize=1)
def dictionary() -> dict[str, str]:
    """Word → phonemes as in CMUdict, with the corrections for singing laid over it."""
    words: dict[str, str] = {}
    with gzip.open(asset("lexicon/cmudict.txt.gz"), "rt", encoding="utf-8") as file:
        lines = file.read().splitlines()
    lines += asset("lexicon/song_words.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        word, _, phones = line.partition(" ")
        if phones and word != "#" and not word.endswith(")"):  # "word(2)": another pronunciation, for measuring
            words[word] = phones
    return words


def pronounce(word: str, *, before: str = "", after: str = "") -> Pronunciation:
    """Phonemes of one word.

    Args:
        word: as written; case, accents and apostrophe shapes do not matter.
        before, after: the neighbouring words ("" at a line's ends), for "the apple" and "the wind".

    Returns:
        at least one vowel, always.
    """
    words, plain, before = dictionary(), "".join(fold(word)), "".join(fold(before))
    role = "|noun" if before in DETERMINERS else "|verb" if before in VERBAL else "|"
    if plain + role in words:
        return Pronunciation(tuple(words[plain + role].split()))
    if plain == "the" and after and is_vowel(pronounce(after).phones[0]):
        return Pronunciation(("DH", "IY0"))
    if plain.endswith("in'") and plain[:-1] + "g" in words:  # lovin' = loving with a plain n
        return Pronunciation(tuple(words[plain[:-1] + "g"].split())[:-1] + ("N",))
    for spelling in _spellings(plain):
        if spelling in words:
            return Pronunciation(with_vowel(tuple(words[spelling].split())))
    bare = plain.strip("'")
    for cut in range(len(bare) - 4, 3, -1):  # moon|light: two words of four letters or more
        if bare[:cut] in words and bare[cut:] in words:
            return Pronunciation(tuple(words[bare[:cut]].split()) + _lighter(tuple(words[bare[cut:]].split())))
    inflected = _inflected(bare)
    if inflected:
        return Pronunciation(inflected)
    if plain.endswith("'s") and len(plain) > 2:
        stem = pronounce(plain[:-2])
        return Pronunciation(stem.phones + _plural(stem.phones[-1]), stem.guessed)
    if not bare or not set(bare) & set("aeiouy") or (word.isupper() and 1 < len(bare) <= 3):
        named = " ".join(LETTER_NAMES[c] for c in bare if c in LETTER_NAMES)
        return Pronunciation(tuple(named.split()) or ("AH0",), guessed=True)
    return Pronunciation(guess(plain), guessed=True)


def syllables(phones: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Phonemes grouped into syllables: longest legal onset, but a stressed lax vowel keeps one consonant of several."""
    nuclei = [i for i, phone in enumerate(phones) if is_vowel(phone)]
    cuts = [0]
    for left, right in zip(nuclei, nuclei[1:], strict=False):
        start = right
        while start - 1 > left and _legal(phones[start - 1:right]):
            start -= 1
        lax = phones[left][:-1] in LAX and phones[left][-1] in "12"
        if lax and start == left + 1 and right - start >= 2:
            start += 1
        cuts.append(start)
    return [tuple(phones[a:b]) for a, b in zip(cuts, cuts[1:] + [len(phones)], strict=True)]


def split_spelling(word: str, parts: list[tuple[str, ...]]) -> list[str]:
    """The written word cut into one piece a syllable; the pieces joined are the word again.

    Args:
        word: as written.
        parts: its syllables' phonemes (stress digits are ignored).
    """
    if len(parts) == 1:
        return [word]
    folded = fold(word)
    letters = "".join(folded)
    owner = [index for index, piece in enumerate(folded) for _ in piece]  # folded letter → character of `word`
    phones = tuple(phone.rstrip("012") for part in parts for phone in part)
    chunks = align(letters, phones, letter_model()[1]["costs"])
    if chunks is None:
        cuts = [round(len(word) * k / len(parts)) for k in range(1, len(parts))]
    else:
        first_letter = [i for i, chunk in enumerate(chunks) for _ in chunk]  # phoneme → folded letter
        cuts, done = [], 0
        for part, following in zip(parts, parts[1:], strict=False):
            done += len(part)
            cut = first_letter[done] + (first_letter[done] == first_letter[done - 1])  # ex-tra
            vowel = part[-1].rstrip("012") in LAX and part[-1][-1] == "1" and not is_vowel(following[0])
            doubled = cut > 0 and letters[cut] == letters[cut - 1] and not is_vowel(following[0])
            nucleus = next(i for i, phone in enumerate(following) if is_vowel(phone))
            if not doubled and cut + 1 < len(letters) and letters[cut] == letters[cut + 1] and not chunks[cut + 1]:
                cut += 1  # hap-py, not ha-ppy
            elif not doubled and vowel and nucleus == 1 and first_letter[done + 1] > cut:
                cut += 1  # nev-er, though it is sung ne-ver
                while letters[cut] not in "aeiouy" and not chunks[cut]:
                    cut += 1  # feath-er
            elif following[0][:2] == "ER" and letters[cut] == "r" and letters[cut - 1] in "aeiou" \
                    and not chunks[cut - 1]:
                cut -= 1  # flow-er
            cuts.append(owner[cut])
    bounds = [0] + cuts + [len(word)]
    for k in range(1, len(bounds)):  # every piece keeps a character where the word has enough of them
        bounds[k] = max(bounds[k], min(bounds[k - 1] + 1, len(word)))
    for k in range(len(bounds) - 2, 0, -1):
        bounds[k] = max(min(bounds[k], bounds[k + 1] - 1), 0)
    return [word[a:b] for a, b in zip(bounds, bounds[1:], strict=False)]


def is_elision(word: str) -> bool:
    """Whether a leading apostrophe belongs to the word ("'cause", "’til") and is no quotation mark."""
    return "".join(fold(word)).rstrip("'") in dictionary()


def _spellings(plain: str) -> list[str]:
    """The word and simpler spellings of it, most faithful first: 'night, sooo, yeahhh, looove."""
    tries = [plain, plain.strip("'"), plain.replace("'", "")]
    runs = [(char, len(list(group))) for char, group in groupby(plain.strip("'"))]
    if any(count > 2 for _, count in runs):
        tries.append("".join(char * min(count, 2) for char, count in runs))
        tries.append("".join(char * (1 if count > 2 else count) for char, count in runs))
        tries.append("".join(char for char, _ in runs))
    elif len(plain) > 2 and plain[-1] == plain[-2]:
        tries.append(plain.rstrip(plain[-1]) + plain[-1])  # yess, noo
    return [spelling for spelling in tries if spelling]


def _legal(onset: tuple[str, ...]) -> bool:
    return (len(onset) == 1 and onset[0] != "NG") or " ".join(onset) in ONSETS


def _inflected(bare: str) -> tuple[str, ...]:
    """A known word with an English ending, () when there is none: "ghosting", "vibed", "sparklier"."""
    words = dictionary()
    for ending, phones in ENDINGS.items():
        stem = bare[:-len(ending)]
        if len(stem) < 3 or not bare.endswith(ending):
            continue
        doubled = len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "sl"
        tries = [stem[:-1] + "y"] if stem.endswith("i") else []
        tries += [stem] if ending[0] not in "ei" or not doubled else [stem[:-1], stem]
        tries += [stem + "e"] if ending[0] in "ei" and not stem.endswith("e") else []
        found = next((word for word in tries if word in words), None)
        if found is None:
            continue
        known = tuple(words[found].split())
        if ending == "s":
            return known + _plural(known[-1])
        if ending == "ed":
            return known + (("AH0", "D") if known[-1] in ("T", "D") else
                            ("T",) if _plural(known[-1]) == ("S",) or known[-1] in ("S", "SH", "CH") else ("D",))
        return known + tuple(phones.split())
    return ()


def _plural(last: str) -> tuple[str, ...]:
    if last in ("S", "Z", "SH", "ZH", "CH", "JH"):
        return ("AH0", "Z")
    return ("S",) if last in ("P", "T", "K", "F", "TH") else ("Z",)


def _lighter(phones: tuple[str, ...]) -> tuple[str, ...]:
    """The second half of a compound: its primary stress becomes secondary."""
    return tuple(phone.replace("1", "2") for phone in phones)
