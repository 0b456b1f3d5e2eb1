"""Pasted text → stanzas: section marks, blank lines, repeats, and what a stanza without a mark is.

Owns "[verse]", "Chorus:", "(x2)", an empty [chorus] that brings the last one back, and the guess from what repeats.
Refuses to know words and sounds: a line is a string.
"""

from __future__ import annotations

import html
import re

from modules import config
from modules.errors import InputError

MAX_REPEATS = 8
SECTION_NAMES = {
    "intro": "intro", "verse": "verse", "strophe": "verse", "couplet": "verse", "estrofa": "verse", "stanza": "verse",
    "prechorus": "prechorus", "chorus": "chorus", "hook": "chorus", "refrain": "chorus", "estribillo": "chorus",
    "refrão": "chorus", "coro": "chorus", "ritornello": "chorus", "サビ": "chorus", "vers": "verse", "verso": "verse",
    "strofa": "verse", "puente": "bridge", "pont": "bridge", "brücke": "bridge", "ponte": "bridge",
    "postchorus": "chorus", "bridge": "bridge", "middle eight": "bridge", "middle 8": "bridge",
    "break": "break", "breakdown": "break", "interlude": "break", "instrumental": "solo", "solo": "solo",
    "drop": "drop", "outro": "outro", "ending": "outro", "coda": "outro", "tag": "outro",
}
_NAMES = "|".join(sorted((re.escape(name) for name in SECTION_NAMES), key=len, reverse=True))
_TAIL = r"(?:\s+(?:\d+|[ivx]+|one|two|three|four))?"
TIMES = re.compile(r"\s*[x×]\s*(\d)\s*(?=[\])}>]?\s*:?$)", re.IGNORECASE)  # of a mark: [Chorus x2]
BRACKETED = re.compile(r"^[\[{<]\s*([^\]}>]*?)\s*[\]}>]\s*:?$")
NAMED = re.compile(rf"^(?:repeat\s+)?({_NAMES}){_TAIL}(?:\s*[-–:].*)?$", re.IGNORECASE)  # inside brackets
COLON = re.compile(rf"^({_NAMES}){_TAIL}\s*:\s*(.*)$", re.IGNORECASE)
BARE = re.compile(rf"^(?:repeat\s+)?(verse|chorus|prechorus|refrain){_TAIL}$", re.IGNORECASE)
REPEAT = re.compile(r"\s*[\[(]?\s*(?:[x×]\s*(\d)|(\d)\s*[x×]|(\d)\s+times)\s*[\])]?\s*$", re.IGNORECASE)

STAMP = re.compile(r"^(?:\[\d+:\d+(?:[.:]\d+)?\]\s*)+|<\d+:\d+(?:[.:]\d+)?>")  # karaoke times
TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_CHORD = r"[A-G][#b♯♭]?(?:maj|min|dim|sus|aug|add|m|M|\+|°)?\d*(?:sus\d)?(?:/[A-G][#b♯♭]?)?"
CHORD_MARK = re.compile(rf"\[{_CHORD}\]")  # [Am] between words
CHORD_LINE = re.compile(rf"^(?:{_CHORD}(?:\s+|$)){{2,}}$|^{_CHORD}(?<=[\dm#b♯♭])$")


def stanzas_of(text: str, warnings: list[str]) -> list[tuple[str, list[str]]]:
    """(section name, raw lines) of each stanza that has lines, repeats written out."""
    stanzas: list[tuple[str, list[str]]] = []
    name, fresh, marked, pending, again = "verse", True, False, "", 1

    def settle() -> None:  # an empty [chorus] brings the last one back, [chorus x2] says what follows it twice
        nonlocal pending
        if pending:
            earlier = [lines for section, lines in stanzas if section == pending]
            if earlier and pending in ("chorus", "prechorus"):
                stanzas.extend((pending, list(earlier[-1])) for _ in range(again))
            elif pending not in ("solo", "break", "drop", "intro", "outro"):
                warnings.append(f"[{pending}] has no lines and nothing before it to bring back, so it was left out.")
        elif stanzas:
            stanzas.extend([stanzas[-1]] * (again - 1))
        pending = ""

    for raw in text.splitlines():
        line = _plain(raw)
        if not line:
            fresh = fresh or not raw.strip()
            continue
        times = TIMES.search(line)
        mark, rest = _mark(line[:times.start()] + line[times.end():] if times else line)
        if mark in ("", "?"):
            mark, rest = _mark(line)
        if mark == "?":
            warnings.append(f"“{line}” is not a section I know, so it was not sung; known: verse, chorus, bridge…")
            continue
        if mark:
            settle()
            name, fresh, marked, pending = mark, True, True, mark
            again = min(max(int(times[1]), 1), MAX_REPEATS) if times and not rest else 1
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
            refuse_length(sum(len(lines) for _, lines in stanzas))
    settle()
    return stanzas if marked else _guess_sections([lines for _, lines in stanzas])


def _plain(raw: str) -> str:
    """A line without what is no lyric: markup, karaoke times, chord names; "" when nothing else is there."""
    line = html.unescape(TAG.sub(" ", STAMP.sub(" ", raw)))
    line = re.sub(r"^#+\s+", "", CHORD_MARK.sub(" " if re.search(r"\s\[[A-G]", line) else "", line).strip())
    line = line.strip("*_ ")  # Markdown's bold
    return "" if CHORD_LINE.match(line) else line


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


def refuse_length(n_lines: int, how: str = "") -> None:
    raise InputError(f"The lyrics have {n_lines:,} lines{how}; up to {config.MAX_LYRIC_LINES} fit in one song.")
