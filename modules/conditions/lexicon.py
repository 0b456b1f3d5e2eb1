"""How words sound: phonemes, stress, syllables, and where a written word divides into them.

Owns the pronouncing dictionary (CMUdict data), the corrections for singing, the letter model for words that no
dictionary has, and the alignment of letters to phonemes. Refuses to know lines, sections, notes and time.

Phonemes are ARPAbet; inside this file vowels carry their stress digit ("AH0"), outside they do not. Every syllable
has exactly one vowel. Letters are folded to a–z and the apostrophe before they are looked at.
"""

from __future__ import annotations

import gzip
import json
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from modules.assets import asset

VOWELS = frozenset("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())
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
VERBAL = frozenset("to will can could would should must may might i you we they i'll you'll we'll they'll don't "
                   "can't won't i'd you'd we'd let's gonna wanna gotta 'll who".split())

CHUNK = 2  # phonemes that one letter may stand for at most ("x" K S)
STRANGE = 9.0  # nats: cost of a letter–phoneme pair that training never saw


@dataclass(frozen=True)
class Pronunciation:
    """`phones` with stress digits; `guessed` = by the letter model, not from the dictionary."""

    phones: tuple[str, ...]
    guessed: bool = False


class LetterModel(nn.Module):
    """Letters → one tag a letter (0–2 phonemes): a two-layer bidirectional GRU over aligned letters.

    `forward`: int64 (B, T) letters of words of one length → float (B, T, number of tags).
    """

    def __init__(self, n_letters: int, n_tags: int, width: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(n_letters, 48)
        self.context = nn.GRU(48, width, num_layers=2, batch_first=True, bidirectional=True, dropout=0.15)
        self.tag = nn.Linear(2 * width, n_tags)

    def forward(self, letters: Tensor) -> Tensor:
        hidden, _ = self.context(self.embed(letters))  # (B, T, 2·width)
        return self.tag(hidden)


def fold(text: str) -> list[str]:
    """Each character of `text` as the plain letters a–z and apostrophes that it is read as (may be empty)."""
    folded = []
    for char in text.lower():
        plain = LETTERS.get(char) or unicodedata.normalize("NFKD", char)
        plain = plain.replace("’", "'").replace("ʼ", "'").replace("‘", "'")
        folded.append("".join(c for c in plain if c == "'" or "a" <= c <= "z"))
    return folded


def is_vowel(phone: str) -> bool:
    """Whether a phoneme, with or without stress digit, is a syllable's nucleus."""
    return phone.rstrip("012") in VOWELS


@lru_cache(maxsize=1)
def dictionary() -> dict[str, str]:
    """Word → phonemes as in CMUdict, with the corrections for singing laid over it."""
    words: dict[str, str] = {}
    with gzip.open(asset("lexicon/cmudict.txt.gz"), "rt", encoding="utf-8") as file:
        lines = file.read().splitlines()
    lines += asset("lexicon/song_words.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        word, _, phones = line.partition(" ")
        if phones and word != "#":
            words[word] = phones
    return words


@lru_cache(maxsize=1)
def letter_model() -> tuple[LetterModel, dict]:
    """The trained letter model and its card (`letters`, `tags`, `costs`, …)."""
    card = json.loads(asset("lexicon/letters.json").read_text(encoding="utf-8"))
    model = LetterModel(len(card["letters"]), len(card["tags"]), card["width"])
    weights = load_file(asset("lexicon/letters.safetensors"))
    model.load_state_dict({name: weight.float() for name, weight in weights.items()}, strict=True)
    return model.eval(), card


def align(letters: str, phones: tuple[str, ...], costs: dict[str, dict[str, float]]) -> list[tuple[str, ...]] | None:
    """The cheapest split of `phones` over `letters`, 0–2 phonemes a letter (Viterbi over a monotone lattice).

    Args:
        letters: a–z and apostrophes.
        phones: ARPAbet without stress digits.
        costs: letter → phonemes joined by spaces → nats.

    Returns:
        one tuple of phonemes a letter, or None when there are more than two phonemes a letter.
    """
    n, m = len(letters), len(phones)
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for i, letter in enumerate(letters):
        table, row = costs.get(letter, {}), {}
        for j, (cost, _) in best[-1].items():
            for k in range(min(CHUNK, m - j) + 1):
                if m - j - k > CHUNK * (n - i - 1):
                    continue
                total = cost + table.get(" ".join(phones[j:j + k]), STRANGE + k)
                if j + k not in row or total < row[j + k][0]:
                    row[j + k] = (total, j)
        best.append(row)
    if m not in best[-1]:
        return None
    chunks, j = [], m
    for i in range(n, 0, -1):
        start = best[i][j][1]
        chunks.append(phones[start:j])
        j = start
    return chunks[::-1]


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
            return Pronunciation(_with_vowel(tuple(words[spelling].split())))
    bare = plain.strip("'")
    for cut in range(len(bare) - 4, 3, -1):  # moon|light: two words of four letters or more
        if bare[:cut] in words and bare[cut:] in words:
            return Pronunciation(tuple(words[bare[:cut]].split()) + _lighter(tuple(words[bare[cut:]].split())))
    if len(bare) > 4 and bare.endswith("s") and bare[:-1] in words:
        phones = tuple(words[bare[:-1]].split())
        return Pronunciation(phones + _plural(phones[-1]))
    if plain.endswith("'s") and len(plain) > 2:
        stem = pronounce(plain[:-2])
        return Pronunciation(stem.phones + _plural(stem.phones[-1]), stem.guessed)
    if not bare or not set(bare) & set("aeiouy") or (word.isupper() and 1 < len(bare) <= 3):
        named = " ".join(LETTER_NAMES[c] for c in bare if c in LETTER_NAMES)
        return Pronunciation(tuple(named.split()) or ("AH0",), guessed=True)
    return Pronunciation(guess(plain), guessed=True)


@lru_cache(maxsize=4096)
def guess(letters: str) -> tuple[str, ...]:
    """Phonemes of a word by the letter model alone; `letters` are a–z and apostrophes."""
    return guess_all([letters])[0]


def guess_all(words: list[str]) -> list[tuple[str, ...]]:
    """`guess` for many words at once."""
    model, card = letter_model()
    number = {letter: index for index, letter in enumerate(card["letters"])}
    results: list[tuple[str, ...]] = [()] * len(words)
    for length in {len(word) for word in words}:  # equal lengths together: the model was trained without padding
        places = [index for index, word in enumerate(words) if len(word) == length]
        for start in range(0, len(places), 512):
            some = places[start:start + 512]
            batch = torch.tensor([[number[c] for c in words[index]] for index in some])  # (B, T)
            with torch.inference_mode():
                tags = model(batch).argmax(-1).tolist()
            for index, row in zip(some, tags, strict=True):
                phones = " ".join(card["tags"][tag] for tag in row).split()
                results[index] = _with_vowel(_one_primary(tuple(phones)))
    return results


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


def _plural(last: str) -> tuple[str, ...]:
    if last in ("S", "Z", "SH", "ZH", "CH", "JH"):
        return ("AH0", "Z")
    return ("S",) if last in ("P", "T", "K", "F", "TH") else ("Z",)


def _lighter(phones: tuple[str, ...]) -> tuple[str, ...]:
    """The second half of a compound: its primary stress becomes secondary."""
    return tuple(phone.replace("1", "2") for phone in phones)


def _with_vowel(phones: tuple[str, ...]) -> tuple[str, ...]:
    """A word without a vowel ("shh", "mm") gets a neutral one, because every syllable needs a nucleus to be sung."""
    return phones if any(is_vowel(phone) for phone in phones) else (*phones[:1], "AH0", *phones[1:])


def _one_primary(phones: tuple[str, ...]) -> tuple[str, ...]:
    """Exactly one primary stress: the first that the model heard, else the first secondary, else the first vowel."""
    vowels = [i for i, phone in enumerate(phones) if is_vowel(phone)]
    if not vowels:
        return phones
    primary = [i for i in vowels if phones[i][-1] == "1"] or [i for i in vowels if phones[i][-1] == "2"] or vowels
    return tuple(phone[:-1] + ("1" if i == primary[0] else "2" if phone[-1] == "1" else phone[-1]) if i in vowels
                 else phone for i, phone in enumerate(phones))
