"""Sung words with their times: lines for pictures and karaoke, and the LRC file. Knows nothing of voices and sound."""

from __future__ import annotations

from dataclasses import dataclass

from modules.audio.tags import AI_NOTICE
from modules.errors import InputError
from modules.types import Performance, Song


@dataclass(frozen=True)
class TimedSyllable:
    """`text` as sung; `ends_word`: a space follows."""

    text: str
    onset_s: float
    offset_s: float
    ends_word: bool


@dataclass(frozen=True)
class TimedLine:
    syllables: tuple[TimedSyllable, ...]

    @property
    def onset_s(self) -> float:
        return self.syllables[0].onset_s

    @property
    def offset_s(self) -> float:
        return self.syllables[-1].offset_s

    @property
    def text(self) -> str:
        return "".join(s.text + (" " if s.ends_word else "") for s in self.syllables).strip()


def timed_lines(song: Song, performance: Performance) -> tuple[TimedLine, ...]:
    """What is sung, line by line, at the times it is performed; empty where nobody sings."""
    sung = next((part.sung for part in performance.parts if part.sung), ())
    starts = [i for i, note in enumerate(sung) if note.text]
    placed = sorted(song.syllables, key=lambda each: each.step)
    lines: list[list[TimedSyllable]] = []
    last_line = last_section = None
    for start, following, each in zip(starts, [*starts[1:], len(sung)], placed, strict=False):
        if each.syllable.line != last_line or not lines or each.syllable.section != last_section:
            lines.append([])
        last_line, last_section = each.syllable.line, each.syllable.section
        lines[-1].append(TimedSyllable(sung[start].text, sung[start].onset_s, sung[following - 1].offset_s,
                                       each.syllable.last_in_word))
    return tuple(TimedLine(tuple(line)) for line in lines)


def lrc(song: Song, performance: Performance, title: str, duration_s: float) -> str:
    """An LRC file: a time before each line, and (enhanced LRC) one before each word.

    Raises:
        InputError: nobody sings.
    """
    lines = timed_lines(song, performance)
    if not lines:
        raise InputError("There are no sung words in this take, so it has no karaoke file; give it lyrics to sing.")
    out = [f"[ti:{title}]", "[ar:Earworm (AI)]", f"[length:{_clock(duration_s)}]", f"[re:{AI_NOTICE}]"]
    for line in lines:
        words, new = [], True
        for syllable in line.syllables:
            words.append((f"<{_clock(syllable.onset_s)}>" if new else "") + syllable.text
                         + (" " if syllable.ends_word else ""))
            new = syllable.ends_word
        out.append(f"[{_clock(line.onset_s)}]" + "".join(words).rstrip() + f" <{_clock(line.offset_s)}>")
    return "\n".join(out) + "\n"


def _clock(seconds: float) -> str:
    """mm:ss.xx"""
    hundredths = round(max(0.0, seconds) * 100)
    return f"{hundredths // 6000:02d}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"
