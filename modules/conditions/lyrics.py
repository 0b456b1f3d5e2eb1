"""Words as a condition: pasted text → sections, lines, words, syllables with phonemes and stress.

Owns the order of work, lines that one breath carries, and what is said of all that was dropped or guessed (in
`warnings`). Refuses to know steps, bars and notes (that is `prosody` and `underlay`), marks (`stanzas`, `sung_words`)
and how a word sounds (`lexicon`, `tongues`).
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import replace

from modules import config
from modules.conditions.prosody import LyricPlan, place
from modules.conditions.rhyme import rhyme_scheme
from modules.conditions.stanzas import refuse_length, stanzas_of
from modules.conditions.sung_words import sound, words_of
from modules.conditions.tongues import is_kana, tongues_of
from modules.conditions.underlay import fit_to_notes
from modules.errors import InputError
from modules.types import Lyrics, Syllable

__all__ = ["LyricPlan", "fit_to_notes", "parse", "place", "rhyme_scheme", "to_json"]

MAX_CHARS = config.MAX_LYRIC_LINES * 200
MAX_LINE_SYLLABLES = 20  # more than one breath carries; longer lines are divided


def parse(text: str) -> Lyrics:
    """Read pasted words.

    Marks such as [verse], "Chorus:" or [Pre-Chorus 2] name sections; blank lines start stanzas; without marks a stanza
    that comes back is the chorus. An empty [chorus] brings the last chorus back; "(x2)" says a line again. Echoes in
    round brackets are sung. "lo~ve" draws a syllable over two notes, "ev-ry" sets syllables, "{K AE1 T}" phonemes.
    Spanish, French, German, Italian and kana are read by the rules of their spelling.

    Args:
        text: lines of words.

    Returns:
        lyrics with at least one syllable; every syllable has exactly one vowel.

    Raises:
        InputError: nothing to sing, a script that cannot be sung yet, or more lines than one song takes.
    """
    n_lines = sum(1 for line in text.splitlines() if line.strip())
    if n_lines > 2 * config.MAX_LYRIC_LINES:  # marks are lines too; what is sung is counted below
        refuse_length(n_lines)
    if len(text) > MAX_CHARS:
        raise InputError(f"The lyrics have {len(text):,} characters; up to {MAX_CHARS:,} fit in one song.")
    warnings: list[str] = []
    marked: dict[str, None] = {}
    unread: Counter[str] = Counter()
    guessed: dict[str, None] = {}
    sections, rows = [], []  # (section, number) of each stanza's line, its words
    for number, (name, raw_lines) in enumerate(stanzas_of(unicodedata.normalize("NFC", text), warnings)):
        for raw in raw_lines:
            sections.append((name, number))
            rows.append(words_of(raw, unread, marked))
    spoken = tongues_of([[word.text for word in words] for words in rows])
    lines: list[tuple[Syllable, ...]] = []
    names: list[str] = []
    indices: list[int] = []
    word_index = 0
    for (name, number), words, tongue in zip(sections, rows, spoken, strict=True):
        for some in _breaths(sound(words, tongue, guessed)):
            line = []
            for word in some:
                line += [replace(syllable, word_index=word_index, line=len(lines), section=name) for syllable in word]
                word_index += 1
            lines.append((*line[:-1], replace(line[-1], last_in_line=True)))
            names.append(name)
            indices.append(number)
    if not lines:
        raise InputError(_nothing_to_sing(text, unread))
    if len(lines) > config.MAX_LYRIC_LINES:
        refuse_length(len(lines), "" if len(lines) <= n_lines else
                      " once repeats are written out and long lines divided into breaths")
    order = {number: index for index, number in enumerate(sorted(set(indices)))}
    foreign = {tongue for words, tongue in zip(rows, spoken, strict=True) if words and tongue != "English"}
    foreign |= {"Japanese" for words in rows for word in words if is_kana(word.text)}
    warnings += [*marked, *_warn(unread, guessed, sum(map(len, rows)), sorted(foreign))]
    return Lyrics(tuple(lines), tuple(names), tuple(order[number] for number in indices), tuple(warnings))


def to_json(lyrics: Lyrics) -> dict:
    """Lines with their rhyme letter → words → syllables with phonemes and stress: data for `listen --as lyrics`."""
    lines = []
    for line, section, stanza, letter in zip(lyrics.lines, lyrics.line_sections, lyrics.stanzas, rhyme_scheme(lyrics),
                                             strict=True):
        words: dict[int, dict] = {}
        for syllable in line:
            word = words.setdefault(syllable.word_index, {"word": syllable.word, "syllables": []})
            word["syllables"].append({"text": syllable.text, "phonemes": list(syllable.phonemes),
                                      "stress": syllable.stress, "notes": syllable.notes})
        lines.append({"text": " ".join(word["word"] for word in words.values()), "section": section,
                      "stanza": stanza, "rhyme": letter, "words": list(words.values())})
    return {"lines": lines, "sections": [name for index, name in enumerate(lyrics.line_sections)
                                         if index == 0 or lyrics.stanzas[index] != lyrics.stanzas[index - 1]],
            "syllables": sum(map(len, lyrics.lines)), "warnings": list(lyrics.warnings)}


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


def _scripts(unread: Counter[str]) -> str:
    names = {"Cjk": "Chinese or Japanese", "Hiragana": "Japanese", "Katakana": "Japanese", "Hangul": "Korean"}
    found = sorted({names.get(name, name) for name in unread if name != "emoji"})
    return " and ".join(found)


def _nothing_to_sing(text: str, unread: Counter[str]) -> str:
    if _scripts(unread):
        return (f"The lyrics are in {_scripts(unread)} letters, which the voices cannot sing yet; "
                f"write the words in {_instead(unread)}.")
    if not text.strip():
        return "The lyrics are empty; paste at least one line of words."
    return "The lyrics hold no words to sing, only marks or signs; paste at least one line of words."


def _instead(unread: Counter[str]) -> str:
    return "Latin letters as they sound" + (", or Japanese in kana" if unread["Cjk"] else "")


def _warn(unread: Counter[str], guessed: dict[str, None], n_words: int, foreign: list[str]) -> list[str]:
    """One sentence each on what was skipped, guessed or read as another language."""
    warnings = []
    if _scripts(unread):
        count = sum(n for name, n in unread.items() if name != "emoji")
        warnings.append(f"{count} word{'s' if count > 1 else ''} in {_scripts(unread)} letters cannot be sung yet and "
                        f"{'were' if count > 1 else 'was'} skipped; write them in {_instead(unread)}.")
    if unread["emoji"]:
        warnings.append("Emoji and signs are not sung and were skipped.")
    if foreign:
        warnings.append(f"{' and '.join(foreign)}: sung by the rules of spelling, in the voice's English accent.")
    if len(guessed) >= 4 and len(guessed) >= 0.3 * n_words:
        warnings.append("These words do not look English; they are sung by English letter rules.")
    elif guessed:
        shown = ", ".join(list(guessed)[:8]) + (" and more" if len(guessed) > 8 else "")
        warnings.append(f"Not in the dictionary, sung as the letters suggest: {shown}.")
    return warnings
