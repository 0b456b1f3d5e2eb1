"""Words as a condition: pasted text → sections, lines, words, syllables with phonemes and stress.

Owns marks, stanzas, repeats and what counts as a sung word. Refuses to know steps, bars and notes (that is
`prosody` and `underlay`) and how a word sounds (that is `lexicon`). Everything that is dropped or
guessed is said in `warnings`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import replace

from modules import config
from modules.conditions import lexicon, numerals
from modules.conditions.prosody import LyricPlan, place
from modules.conditions.underlay import fit_to_notes
from modules.errors import InputError
from modules.types import Lyrics, Syllable

__all__ = ["LyricPlan", "fit_to_notes", "parse", "place", "to_json"]

MAX_CHARS = config.MAX_LYRIC_LINES * 200
MAX_LINE_SYLLABLES = 20  # more than one breath carries; longer lines are divided
MAX_WORD_CHARS = 45  # the longest dictionary words; anything longer is cut
MAX_REPEATS = 8
SECTION_NAMES = {
    "intro": "intro", "verse": "verse", "strophe": "verse", "couplet": "verse", "estrofa": "verse", "stanza": "verse",
    "prechorus": "prechorus", "chorus": "chorus", "hook": "chorus", "refrain": "chorus", "estribillo": "chorus",
    "refrão": "chorus", "postchorus": "chorus", "bridge": "bridge", "middle eight": "bridge", "middle 8": "bridge",
    "break": "break", "breakdown": "break", "interlude": "break", "instrumental": "solo", "solo": "solo",
    "drop": "drop", "outro": "outro", "ending": "outro", "coda": "outro", "tag": "outro",
}
_NAMES = "|".join(sorted((re.escape(name) for name in SECTION_NAMES), key=len, reverse=True))
_TAIL = r"(?:\s+(?:\d+|[ivx]+|one|two|three|four))?"
BRACKETED = re.compile(r"^[\[{<]\s*([^\]}>]*?)\s*[\]}>]\s*:?$")
NAMED = re.compile(rf"^(?:repeat\s+)?({_NAMES}){_TAIL}(?:\s*[-–:].*)?$", re.IGNORECASE)  # inside brackets
COLON = re.compile(rf"^({_NAMES}){_TAIL}\s*:\s*(.*)$", re.IGNORECASE)
BARE = re.compile(rf"^(?:repeat\s+)?(verse|chorus|prechorus|refrain){_TAIL}$", re.IGNORECASE)
REPEAT = re.compile(r"\s*[\[(]?\s*(?:[x×]\s*(\d)|(\d)\s*[x×]|(\d)\s+times)\s*[\])]?\s*$", re.IGNORECASE)
WORD = re.compile(r"['’ʼ‘]?[^\W\d_]+(?:['’ʼ‘][^\W\d_]+)*['’ʼ‘]?")


def parse(text: str) -> Lyrics:
    """Read pasted words.

    Marks such as [verse], "Chorus:" or [Pre-Chorus 2] name sections; blank lines start stanzas; without marks a stanza
    that comes back is the chorus. An empty [chorus] brings the last chorus back; "(x2)" says a line again. Echoes in
    round brackets are sung.

    Args:
        text: lines of words.

    Returns:
        lyrics with at least one syllable; every syllable has exactly one vowel.

    Raises:
        InputError: nothing to sing, a script that cannot be sung yet, or more lines than one song takes.
    """
    n_lines = sum(1 for line in text.splitlines() if line.strip())
    if n_lines > 2 * config.MAX_LYRIC_LINES:  # marks are lines too; what is sung is counted below
        _refuse_length(n_lines)
    if len(text) > MAX_CHARS:
        raise InputError(f"The lyrics have {len(text):,} characters; up to {MAX_CHARS:,} fit in one song.")
    warnings: list[str] = []
    stanzas = _stanzas(unicodedata.normalize("NFC", text), warnings)
    lines: list[tuple[Syllable, ...]] = []
    names: list[str] = []
    indices: list[int] = []
    unread: Counter[str] = Counter()
    guessed: dict[str, None] = {}
    n_words = word_index = 0
    for name, raw_lines in stanzas:
        index = indices[-1] + 1 if indices else 0
        for raw in raw_lines:
            words = _words(raw, unread)
            n_words += len(words)
            for some in _breaths(_sound(words, guessed)):
                line = []
                for word in some:
                    line += [replace(syllable, word_index=word_index, line=len(lines), section=name)
                             for syllable in word]
                    word_index += 1
                lines.append((*line[:-1], replace(line[-1], last_in_line=True)))
                names.append(name)
                indices.append(index)
    if not lines:
        raise InputError(_nothing_to_sing(text, unread))
    if len(lines) > config.MAX_LYRIC_LINES:
        _refuse_length(len(lines), "" if len(lines) <= n_lines else
                       " once repeats are written out and long lines divided into breaths")
    return Lyrics(tuple(lines), tuple(names), tuple(indices), tuple(warnings + _warn(unread, guessed, n_words)))


def to_json(lyrics: Lyrics) -> dict:
    """Lines → words → syllables with phonemes and stress, as plain data for `listen --as lyrics`."""
    lines = []
    for line, section, stanza in zip(lyrics.lines, lyrics.line_sections, lyrics.stanzas, strict=True):
        words: dict[int, dict] = {}
        for syllable in line:
            word = words.setdefault(syllable.word_index, {"word": syllable.word, "syllables": []})
            word["syllables"].append({"text": syllable.text, "phonemes": list(syllable.phonemes),
                                      "stress": syllable.stress})
        lines.append({"text": " ".join(word["word"] for word in words.values()), "section": section,
                      "stanza": stanza, "words": list(words.values())})
    return {"lines": lines, "sections": [name for index, name in enumerate(lyrics.line_sections)
                                         if index == 0 or lyrics.stanzas[index] != lyrics.stanzas[index - 1]],
            "syllables": sum(map(len, lyrics.lines)), "warnings": list(lyrics.warnings)}


def _stanzas(text: str, warnings: list[str]) -> list[tuple[str, list[str]]]:
    """(section name, raw lines) of each stanza that has lines, repeats written out."""
    stanzas: list[tuple[str, list[str]]] = []
    name, fresh, marked, pending = "verse", True, False, ""

    def settle() -> None:  # an empty [chorus] brings the last one back
        nonlocal pending
        if pending:
            earlier = [lines for section, lines in stanzas if section == pending]
            if earlier and pending in ("chorus", "prechorus"):
                stanzas.append((pending, list(earlier[-1])))
            elif pending not in ("solo", "break", "drop", "intro", "outro"):
                warnings.append(f"[{pending}] has no lines and nothing before it to bring back, so it was left out.")
        pending = ""

    for raw in text.splitlines():
        line = re.sub(r"^#+\s+", "", raw.strip()).strip("*_ ")  # Markdown's heading and bold
        if not line:
            fresh = True
            continue
        mark, rest = _mark(line)
        if mark == "?":
            warnings.append(f"“{line}” is not a section I know, so it was not sung; known: verse, chorus, bridge…")
            continue
        if mark:
            settle()
            name, fresh, marked, pending = mark, True, True, mark
            line = rest
            if not line:
                continue
        repeat = REPEAT.search(line)
        times = min(int(next(filter(None, repeat.groups()))), MAX_REPEATS) if repeat else 1
        line = line[:repeat.start()] if repeat else line
        if repeat and not line:  # "(x2)" alone: the stanza so far again
            if stanzas and not fresh:
                stanzas[-1] = (stanzas[-1][0], stanzas[-1][1] * max(times, 1))
            continue
        if fresh:
            stanzas.append((name, []))
        stanzas[-1][1].extend([line] * max(times, 1))
        fresh, pending = False, ""
        if sum(len(lines) for _, lines in stanzas) > 2 * config.MAX_LYRIC_LINES:
            _refuse_length(sum(len(lines) for _, lines in stanzas))
    settle()
    return stanzas if marked else _guess_sections([lines for _, lines in stanzas])


def _mark(line: str) -> tuple[str, str]:
    """(section name, words after it on the line); "" = not a mark, "?" = a mark that names nothing known."""
    def known(text: str) -> str:
        return SECTION_NAMES[re.sub(r"[\s-]+", " ", text.lower()).strip()]

    plain = re.sub(r"(?i)\b(pre|post)[\s-]+(chorus)", r"\1\2", line)
    bracketed = BRACKETED.match(plain) or re.match(r"^\(\s*(.*?)\s*\)$", plain)
    if bracketed:
        named = NAMED.match(bracketed[1])
        if named:
            return known(named[1]), ""
        if REPEAT.fullmatch(plain) or plain[0] == "(":
            return "", line
        return "?", ""
    coloned = COLON.match(plain)
    if coloned:
        return known(coloned[1]), coloned[2]
    bare = BARE.match(plain)
    return (known(bare[1]), "") if bare else ("", line)


def _guess_sections(stanzas: list[list[str]]) -> list[tuple[str, list[str]]]:
    """No marks: stanzas that come back are the chorus; a lone one after two choruses is the bridge."""
    if len(stanzas) == 1 and len(stanzas[0]) > 8:
        lines = stanzas[0]
        cut = len(lines) - 4 if len(lines) % 4 in (1, 2) else len(lines)  # one or two lines left over join the last
        stanzas = [lines[i:i + 4] if i + 4 < cut else lines[i:] for i in range(0, cut, 4)]
    keys = [frozenset(re.sub(r"\W+", " ", line.lower()).strip() for line in lines) for lines in stanzas]
    chorus = [any(j != i and len(a & b) >= 0.6 * max(len(a), len(b)) for j, b in enumerate(keys))
              for i, a in enumerate(keys)]
    if all(chorus):
        chorus = [False] * len(stanzas)
    names = []
    for index, is_chorus in enumerate(chorus):
        bridge = not is_chorus and sum(chorus[:index]) >= 2 and any(chorus[index:])
        names.append("chorus" if is_chorus else "bridge" if bridge else "verse")
    return list(zip(names, stanzas, strict=True))


def _words(raw: str, unread: Counter[str]) -> list[str]:
    """Sung words of a line: numbers spoken out, hyphens and signs opened, unreadable scripts counted in `unread`."""
    words = []
    for token in raw.split():
        token = re.sub(r"[\[\]{}<>()*_~…“”\"«»]|\.{2,}", " ", token).strip(" ,;!?")
        for spoken in numerals.say(token).split():
            for match in WORD.finditer(spoken):
                word = match[0]
                if not any(char.isalpha() for char in "".join(lexicon.fold(word))):
                    unread[_script(word)] += 1
                    continue
                opening = word[0] in "'’ʼ‘" and not lexicon.is_elision(word)
                closing = word[-1] in "'’ʼ‘" and word[-3:-1].lower() != "in"
                word = word[1 if opening else 0:len(word) - 1 if closing else None]
                words += [word[i:i + MAX_WORD_CHARS] for i in range(0, len(word), MAX_WORD_CHARS)]
            if any(unicodedata.category(char) in ("So", "Cs", "Co") for char in spoken):
                unread["emoji"] += 1
    return words


def _sound(words: list[str], guessed: dict[str, None]) -> list[list[Syllable]]:
    """Each word as its syllables."""
    sounded = []
    for index, word in enumerate(words):
        spoken = lexicon.pronounce(word, before=words[index - 1] if index else "",
                                   after=words[index + 1] if index + 1 < len(words) else "")
        if spoken.guessed:
            guessed.setdefault(word)
        parts = lexicon.syllables(spoken.phones)
        light = "".join(lexicon.fold(word)) in lexicon.FUNCTION_WORDS and len(parts) <= 2
        pieces = lexicon.split_spelling(word, parts)
        sounded.append([
            Syllable(piece, tuple(phone.rstrip("012") for phone in part), 0 if light else _stress(part), word,
                     last_in_word=part is parts[-1])
            for piece, part in zip(pieces, parts, strict=True)])
    return sounded


def _stress(part: tuple[str, ...]) -> int:
    return next(int(phone[-1]) for phone in part if lexicon.is_vowel(phone))


def _breaths(words: list[list[Syllable]]) -> list[list[list[Syllable]]]:
    """A line divided into parts of about equal length that one breath can carry; [] for an empty line."""
    total = sum(map(len, words))
    parts = -(-total // MAX_LINE_SYLLABLES)
    lines: list[list[list[Syllable]]] = []
    done = 0
    for word in words:
        if not lines or done >= total * len(lines) / parts or sum(map(len, lines[-1])) + len(word) > MAX_LINE_SYLLABLES:
            lines.append([])
        lines[-1].append(word)
        done += len(word)
    return lines


def _script(word: str) -> str:
    """What the word is written in, by its first letter's Unicode name; "emoji" for signs that are no letters."""
    letter = next(filter(str.isalpha, word), "")
    return unicodedata.name(letter, "unknown").split()[0].capitalize() if letter else "emoji"


def _scripts(unread: Counter[str]) -> str:
    names = {"Cjk": "Chinese or Japanese", "Hiragana": "Japanese", "Katakana": "Japanese", "Hangul": "Korean"}
    found = sorted({names.get(name, name) for name in unread if name != "emoji"})
    return " and ".join(found)


def _nothing_to_sing(text: str, unread: Counter[str]) -> str:
    if _scripts(unread):
        return (f"The lyrics are in {_scripts(unread)} letters, which the voices cannot sing yet; "
                "write the words in Latin letters as they sound.")
    if not text.strip():
        return "The lyrics are empty; paste at least one line of words."
    return "The lyrics hold no words to sing, only marks or signs; paste at least one line of words."


def _warn(unread: Counter[str], guessed: dict[str, None], n_words: int) -> list[str]:
    warnings = []
    if _scripts(unread):
        count = sum(n for name, n in unread.items() if name != "emoji")
        warnings.append(f"{count} word{'s' if count > 1 else ''} in {_scripts(unread)} letters cannot be sung yet and "
                        f"{'were' if count > 1 else 'was'} skipped; write them in Latin letters as they sound.")
    if unread["emoji"]:
        warnings.append("Emoji and signs are not sung and were skipped.")
    if len(guessed) >= 4 and len(guessed) >= 0.3 * n_words:
        warnings.append("These words do not look English; they are sung by English letter rules.")
    elif guessed:
        shown = ", ".join(list(guessed)[:8]) + (" and more" if len(guessed) > 8 else "")
        warnings.append(f"Not in the dictionary, sung as the letters suggest: {shown}.")
    return warnings


def _refuse_length(n_lines: int, how: str = "") -> None:
    raise InputError(f"The lyrics have {n_lines:,} lines{how}; up to {config.MAX_LYRIC_LINES} fit in one song.")
