"""Words of other languages by the rules of their spelling: Spanish, French, German, Italian and Japanese kana.

Owns which language a line is in and how its words sound in the phonemes the voices have: understandable to a speaker,
with an accent. Refuses to know English (that is `lexicon`), grammar and ideographs. Rules are tried in order at each
letter; the first that matches takes its letters and gives their phonemes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from modules.conditions.lexicon import dictionary
from modules.conditions.phones import is_vowel

TONGUES = ("Spanish", "French", "German", "Italian", "Japanese")
ENOUGH = 0.2  # share of a text's words that must be small words of a language
KANA = re.compile(r"^[\u3041-\u3096\u30a1-\u30fa\u30fc]+$")
LITTLE = {
    "Spanish": "el la los las un una unos de del que y en con por para mi mis tu tus su sus yo te se lo le es son está "
               "estoy como más pero cuando sin al muy ya porque si hay nos esta este eso todo nada eres soy fue ti él",
    "French": "le la les un une des du de que qui et en dans avec pour par mon ma mes ton ta tes son sa ses je tu il "
              "elle nous vous ils est sont suis es où mais sans sur ce cette au aux ne pas plus se si tout comme quand "
              "moi toi lui y à",
    "German": "der das den dem des ein eine einen einem und ich du er sie es wir ihr mein meine dein deine sein seine "
              "ist sind bin bist nicht mit von zu zum zur im auf aus für wie wenn aber noch nur so auch kein keine "
              "mich dich sich mir dir uns was wo doch an am bei",
    "Italian": "il lo la gli le un una uno di del della dei che e è in con per mio mia tuo tua suo sua io tu ti mi si "
               "ci non sono sei ma come quando più al alla nel nella questo questa tutto senza anche se da dal noi lui",
}
LIGHT = {"Spanish": "no me a", "French": "me on d' l' c' qu' j' n' s' m' t'", "German": "die in hat war hab man",
         "Italian": "a in o me no"}  # small too, but no sign of their language
SIGNS = {"Spanish": "ñáíóú", "French": "çœêèàùûâîô", "German": "ßäöü", "Italian": "ìòàèù"}
ENGLISH = frozenset("the a an and of in on to is are was be my your his her it i you we they me no so at for with that "
                    "this but all as from not do don't i'm it's when what how will can oh".split())
VOWEL = "aeiouyáéíóúàèìòùâêîôûäöüœë"
FRONT = "(?=[eiéíèêìëyîÉ])"
_PLAIN = {letter: phone for letter, phone in zip("bdfklmnprstv", "B D F K L M N P R S T V".split(), strict=True)}
_DOUBLED = [(rf"{letter}{letter}", phone) for letter, phone in _PLAIN.items()]
_ROMANCE_VOWELS = [
    ("[aá][iy](?![aeiou])", "AY"), ("[eé][iy](?![aeiou])", "EY"), ("[oó][iy](?![aeiou])", "OY"), ("[aá]u", "AW"),
    ("[eé]u", "EH W"), ("[iy][aá]", "Y AA"), ("[iy][eéè]", "Y EH"), ("[iy][oóò]", "Y OW"), ("[iy][uú]", "Y UW"),
    ("u[aá]", "W AA"), ("u[eé]", "W EH"), ("u[ií]", "W IY"), ("u[oóò]", "W OW"),
    ("[aáà]", "AA"), ("[eéèê]", "EH"), ("[iíìy]", "IY"), ("[oóò]", "OW"), ("[uúùü]", "UW")]
RULES = {
    "Spanish": [
        ("ch", "CH"), ("ll", "Y"), ("rr", "R"), ("qu" + FRONT, "K"), ("gu" + FRONT, "G"), ("gü", "G W"),
        ("c" + FRONT, "S"), ("cc", "K S"), ("c", "K"), ("g" + FRONT, "HH"), ("g", "G"), ("z", "S"), ("j", "HH"),
        ("h", ""), ("ñ", "N Y"), ("v", "B"), ("x", "K S"), ("w", "W"), (r"y(?=[aeouáéóú])", "Y"), ("q", "K"),
        *_DOUBLED, *_ROMANCE_VOWELS],
    "Italian": [
        ("gli(?=[aeou])", "L Y"), ("gli", "L Y IY"), ("gn", "N Y"), ("sci(?=[aou])", "SH"), ("sc" + FRONT, "SH"),
        ("sch", "S K"), ("cch?(?![eiìè])|ch", "K"), ("gh", "G"), ("c?ci(?=[aouòù])", "CH"), ("g?gi(?=[aouòù])", "JH"),
        ("c?c" + FRONT, "CH"), ("g?g" + FRONT, "JH"), ("c", "K"), ("gg?", "G"), ("qu", "K W"), ("zz?", "T S"),
        ("h", ""), (rf"(?<=[{VOWEL}])s(?=[{VOWEL}])", "Z"), ("j", "Y"), ("w", "W"), ("x", "K S"), ("q", "K"),
        *_DOUBLED, *_ROMANCE_VOWELS],
    "German": [
        ("tsch", "CH"), ("sch", "SH"), ("chs", "K S"), ("(?<=[aou])ch", "HH"), ("ch", "SH"), ("^sp", "SH P"),
        ("^st", "SH T"), ("ß|ss", "S"), ("tz|z", "T S"), ("ph", "F"), ("th", "T"), ("ck", "K"),
        ("ng(?![aeiouäöü])", "NG"), ("nk", "NG K"), ("qu", "K V"), ("w", "V"), ("v", "F"), ("j", "Y"),
        ("x", "K S"), ("c", "K"), (r"s(?=[aeiouäöü])", "Z"), ("bb?$", "P"), ("dd?$|dt$", "T"),
        ("ig$", "IH SH"), ("gg?$", "K"), ("gg?", "G"),
        ("ei|ai|ey|ay", "AY"), ("ieh?", "IY"), ("eu|äu", "OY"), ("au", "AW"), ("aah?|ah", "AA"), ("ee|eh", "EY"),
        ("oo|oh", "OW"), ("uh", "UW"), ("ih", "IY"), ("öh?", "ER"), ("ühe?(?=n)|üh?|y", "UW"), ("äh?", "EH"),
        ("h", "HH"), ("er$|er(?=[nsm]$)", "ER"), (r"e(?=(?:n|l|m|s|t|nd|ns|st)?$)", "AH"),
        ("a", "AA"), (r"e(?=[bdfgklmnprstvz][aeiouäöü])", "EY"), ("e", "EH"),
        (r"i(?=[bdfgklmnprstvz][aeiouäöü])", "IY"), ("i", "IH"), (r"o(?=[bdfgklmnprstvz][aeiouäöü])", "OW"),
        ("o", "AO"), (r"u(?=[bdfgklmnprstvz][aeiouäöü])", "UW"), ("u", "UH"), *_DOUBLED],
    "French": [
        ("^(?:et|es|est)$", "EH"), ("(?<=^[lmtdsc])es$", "EY"), ("aill?(?=es?$|s?$)|aill", "AA Y"),
        ("eill?(?=es?$|s?$)|eill", "EH Y"), ("(?:eu|ue|œ)ill?", "ER Y"), ("ouill?", "UW Y"),
        ("(?<=^[vm])ill", "IY L"), ("ill", "IY Y"), ("ies?$", "IY"),
        ("eaux?$|eau|aux?$|au", "OW"), ("o[uùû]", "UW"), ("oy(?=[aeiou])", "W AA Y"), ("o[iî]", "W AA"),
        ("oin(?![aeiou])", "W AE N"), (r"ien(?=s?$|t$)", "Y AE N"),
        (rf"(?:ain|aim|ein|in|im|yn|un|um)(?![{VOWEL}nm])", "AE N"), (rf"(?:an|am|en|em)(?![{VOWEL}nm])", "AA N"),
        (rf"(?:on|om)(?![{VOWEL}nm])", "OW N"), ("a[iî]|ei|ay", "EH"), ("œu|eu|œ", "ER"), ("ées?$|é", "EY"),
        ("[èêë]", "EH"), ("(?<=..)er$|ez$", "EY"), ("et$", "EH"), (r"(?<=[iu])e?s?$", ""),
        (r"e(?=(?:[bcdfglmnprstvz]{2})[aeiouéèêh])", "EH"), (r"e(?=[rlfcx]s?$)", "EH"), ("e", "AH"),
        ("gn", "N Y"), ("ch", "SH"), ("ph", "F"), ("th", "T"), ("qu|q", "K"), ("gu" + FRONT, "G"),
        ("ge(?=[aou])", "ZH"), ("g" + FRONT, "ZH"), ("j", "ZH"), ("sc" + FRONT, "S"), ("c" + FRONT, "S"), ("ç", "S"),
        (r"(?<=[^cfrlaeiouyéèêàâîôûù])s$|(?<=[a-zéèà])[tdsxzpg]+$", ""), ("cc?", "K"), ("gg?", "G"),
        (rf"(?<=[{VOWEL}])s(?=[{VOWEL}])", "Z"), ("x", "K S"), ("h", ""), ("w", "V"), ("z", "Z"),
        ("[aàâ]", "AA"), (rf"[iy](?=[{VOWEL}])", "Y"), ("[iîïy]", "IY"), ("ô", "OW"), ("o", "AO"), ("[uùûü]", "UW"),
        *_DOUBLED],
}
GERMAN_PREFIX = re.compile("^(?:be|ge|er|ver|zer|ent|emp)(?=[^aeiouäöü]*[aeiouäöü])")
CLUSTER = re.compile("^(?:[PBTDKGFV] [RL]|SH [PTLMNRV]|SH [PT] R|S [PTK]|S [PTK] R|K [WVY]|T S|T S V|G W|"
                     "[BDFGLMNPRSTV] Y)$")  # what a syllable may begin with
MORA = {"SI": "SH IY", "TI": "CH IY", "TU": "T S UW", "HU": "F UW", "ZI": "JH IY", "DI": "JH IY", "DU": "Z UW",
        "WO": "OW", "VU": "V UW"}
MORA_VOWEL = {"A": "AA", "I": "IY", "U": "UW", "E": "EH", "O": "OW"}
MORA_START = {"H": "HH", "C": "K"}


@dataclass(frozen=True)
class Part:
    """One syllable of a word: its letters, ARPAbet without stress digits and its stress, 0 or 1."""

    text: str
    phones: tuple[str, ...]
    stress: int


def is_kana(word: str) -> bool:
    """Whether a word is written in kana alone."""
    return bool(KANA.match(word))


def tongues_of(lines: Sequence[Sequence[str]]) -> list[str]:
    """The language of each line of words: one of `TONGUES`, or "English".

    A text is in the language whose small words make up a fifth of it and more than English ones do; a line that
    plainly speaks another language (or English) is in that, one that does not tell goes on in the language before.
    """
    words = [word.lower() for line in lines for word in line]
    shares = _shares(words)
    main = max(shares, key=lambda tongue: (shares[tongue], tongue == "English"))
    if main != "English" and (shares[main] < ENOUGH or not _told(words, main)):
        main = "English"
    out = []
    for line in lines:
        here = _shares([word.lower() for word in line])
        best = max(here, key=lambda tongue: (here[tongue], tongue == main))
        if _told(line, best) and here[best] >= 0.3 and here[best] >= here[main] + 0.25:
            out.append(best)
        else:
            out.append(out[-1] if out and here[out[-1]] >= here[main] else main)
    return out


def is_light(word: str, tongue: str) -> bool:
    """Whether a word of that language is a small, unstressed one."""
    return word.lower() in _little().get(tongue, ()) or word.lower() in LIGHT.get(tongue, "").split()


def sound(word: str, tongue: str, *, after: str = "") -> list[Part]:
    """A word's syllables by the rules of its language.

    Args:
        word: letters and apostrophes; kana for Japanese.
        tongue: one of `TONGUES`.
        after: the next word of the line, for French mute e.

    Returns:
        at least one syllable, each with exactly one vowel; their texts joined are the word.
    """
    if tongue == "Japanese":
        return _morae(word)
    pieces = _pieces(unicodedata.normalize("NFC", word), tongue)
    if tongue == "French":
        pieces = _mute(pieces, after)
    parts = _syllables(pieces)
    if not parts:
        spelled = tuple(phone for _, phones in pieces for phone in phones)
        return [Part(word, (*spelled, "AH"), 1)]  # "m'", "qu'": a consonant and the shortest vowel
    stressed = _stressed(word.lower(), [text for text, _ in parts], [phones for _, phones in parts], tongue)
    light = is_light(word, tongue) and len(parts) <= 2
    return [Part(text, phones, int(index == stressed and not light)) for index, (text, phones) in enumerate(parts)]


@lru_cache(maxsize=1)
def _little() -> dict[str, frozenset[str]]:
    return {tongue: frozenset(words.split()) for tongue, words in LITTLE.items()}


def _told(words: Sequence[str], tongue: str) -> bool:
    """Whether words speak for a language: two different ones and one that no English song has; not "la la, yo"."""
    if tongue in ("English", "Japanese"):
        return True
    plain = {word.lower() for word in words}
    little = _little()[tongue]
    speak = {word for word in plain if word in little or any(sign in word for sign in SIGNS[tongue])}
    return len(speak) > 1 and any(word not in dictionary() for word in plain)


def _shares(words: Sequence[str]) -> dict[str, float]:
    """Share of words that are small words of each language, or show a letter that only it has."""
    n = max(len(words), 1)
    shares = {tongue: sum(word in little or any(sign in word for sign in SIGNS[tongue]) for word in words) / n
              for tongue, little in _little().items()}
    return shares | {"English": sum(word in ENGLISH for word in words) / n,
                     "Japanese": sum(map(is_kana, words)) / n}


@lru_cache(maxsize=len(RULES))
def _rules(tongue: str) -> list[tuple[re.Pattern[str], tuple[str, ...]]]:
    plain = [(letter, phone) for letter, phone in _PLAIN.items()]
    return [(re.compile(letters), tuple(phones.split())) for letters, phones in RULES[tongue] + plain]


def _pieces(word: str, tongue: str) -> list[tuple[str, tuple[str, ...]]]:
    """The word as (letters, phonemes) by the first rule that matches at each place; unknown signs are silent."""
    lower, at, out = word.lower(), 0, []
    while at < len(word):
        for pattern, phones in _rules(tongue):
            match = pattern.match(lower, at)
            if match and match.end() > at:
                out.append((word[at:match.end()], phones))
                at = match.end()
                break
        else:
            plain = unicodedata.normalize("NFKD", lower[at])[0]
            known = plain != lower[at] and plain.isalpha() and plain.isascii()
            out.append((word[at], _pieces(plain, tongue)[0][1] if known else ()))
            at += 1
    return out


def _mute(pieces: list[tuple[str, tuple[str, ...]]], after: str) -> list[tuple[str, tuple[str, ...]]]:
    """A French final e is sung before a consonant, and silent before a vowel and at a line's end."""
    end = "".join(letters for letters, _ in pieces[-2:]).lower()
    sung = after and unicodedata.normalize("NFKD", after.lower())[0] not in "aeiouyhœ"
    vowels = sum(is_vowel(phone) for _, phones in pieces for phone in phones)
    if vowels < 2 or not end.endswith(("e", "es")) or sung:
        return pieces
    last = max(index for index, (_, phones) in enumerate(pieces) if any(map(is_vowel, phones)))
    return [(letters, () if index == last and phones == ("AH",) else phones)
            for index, (letters, phones) in enumerate(pieces)]


def _syllables(pieces: list[tuple[str, tuple[str, ...]]]) -> list[tuple[str, tuple[str, ...]]]:
    """Pieces grouped round their vowels, each syllable with the longest beginning that can be sung."""
    nuclei = [index for index, (_, phones) in enumerate(pieces) if any(map(is_vowel, phones))]
    cuts = [0]
    for left, right in zip(nuclei, nuclei[1:], strict=False):
        start = right
        onset = pieces[right][1][:next(i for i, phone in enumerate(pieces[right][1]) if is_vowel(phone))]
        while start - 1 > left:
            longer = (*pieces[start - 1][1], *onset)
            if len(longer) > 1 and not CLUSTER.match(" ".join(longer)):
                break
            start, onset = start - 1, longer
        while start < right and not pieces[start][1]:
            start += 1  # a silent letter stays with the syllable before
        cuts.append(start)
    if not nuclei:
        return []
    return [("".join(letters for letters, _ in pieces[a:b]), tuple(p for _, phones in pieces[a:b] for p in phones))
            for a, b in zip(cuts, [*cuts[1:], len(pieces)], strict=True)]


def _stressed(word: str, texts: list[str], sounds: list[tuple[str, ...]], tongue: str) -> int:
    """Index of the syllable that the language's rule stresses."""
    n = len(texts)
    if tongue == "German":
        return 1 if n > 1 and GERMAN_PREFIX.match(word) else 0
    if tongue == "French":
        return n - 2 if n > 1 and sounds[-1][-1] == "AH" else n - 1
    accented = [index for index, text in enumerate(texts) if re.search("[áéíóúàèìòù]", text.lower())]
    if accented:
        return accented[-1]
    last = tongue == "Spanish" and word[-1] not in "aeiouns"
    return n - 1 if last else max(n - 2, 0)


def _morae(word: str) -> list[Part]:
    """Kana as sung syllables: one a mora; ん, っ and ー belong to the mora before."""
    parts: list[tuple[str, list[str]]] = []
    for char in word:
        name = unicodedata.name(char, "")
        mora = name.split()[-1]
        if "PROLONGED" in name or mora == "TU" and "SMALL" in name:
            if parts:
                parts[-1] = (parts[-1][0] + char, parts[-1][1])
            continue
        if mora == "N" and parts:
            parts[-1] = (parts[-1][0] + char, [*parts[-1][1], "N"])
        elif "SMALL" in name and parts and len(parts[-1][1]) > 1:  # ki + small ya
            glide = [] if parts[-1][1][0] in ("SH", "CH", "JH", "F", "V") or mora[0] != "Y" else ["Y"]
            parts[-1] = (parts[-1][0] + char, [*parts[-1][1][:-1], *glide, MORA_VOWEL[mora[-1]]])
        elif mora == "N":
            parts.append((char, ["AH", "N"]))
        elif mora in MORA:
            parts.append((char, MORA[mora].split()))
        else:
            start = [MORA_START.get(letter, letter) for letter in mora[:-1]]
            parts.append((char, [*start, MORA_VOWEL[mora[-1]]]))
    if not parts:
        return [Part(word, ("AH",), 1)]
    return [Part(text, tuple(phones), int(index == 0)) for index, (text, phones) in enumerate(parts)]
