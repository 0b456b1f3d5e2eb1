"""How music is written down: notes as values that fit into bars, ties, beams, words under notes.

Owns the rules of notation on a grid of sixteenths; refuses to know file formats and how the song was played.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modules.performance.lines import lane_pitches
from modules.types import GridNote, Song

# duration in sixteenths → (type, dots)
VALUES = {16: ("whole", 0), 12: ("half", 1), 8: ("half", 0), 6: ("quarter", 1), 4: ("quarter", 0), 3: ("eighth", 1),
          2: ("eighth", 0), 1: ("16th", 0)}
# Where in the bar (in sixteenths) a note value may start and still let the reader see the beats.
STARTS: Mapping[str, Mapping[int, tuple[int, ...]]] = {
    "4/4": {16: (0,), 12: (0, 4), 8: (0, 4, 8), 6: (0, 2, 8, 10), 4: (0, 2, 4, 8, 10, 12),
            3: (0, 1, 4, 5, 8, 9, 12, 13), 2: (*range(0, 16, 2), 1, 5, 9, 13), 1: tuple(range(16))},
    "3/4": {12: (0,), 8: (0, 4), 6: (0, 2, 4, 6), 4: (0, 2, 4, 6, 8), 3: (0, 1, 4, 5, 8, 9),
            2: (*range(0, 12, 2), 1, 5, 9), 1: tuple(range(12))},
    "6/8": {12: (0,), 6: (0, 6), 4: (0, 2, 6, 8), 3: (0, 3, 6, 9), 2: tuple(range(0, 12, 2)), 1: tuple(range(12))},
}
BEAM_SPAN = {"4/4": 4, "3/4": 4, "6/8": 6}  # sixteenths under one beam


@dataclass
class Written:
    """A written note or rest: `start` in sixteenths inside its bar, `midi` None for a rest."""

    start: int
    length: int
    midi: int | None = None
    tied_from: bool = False
    tied_to: bool = False
    lyric: tuple[str, str] | None = None  # (syllabic, text)
    extends: bool = False  # a melisma goes on after this note
    beams: dict[int, str] = field(default_factory=dict)


def write_bars(song: Song) -> list[list[Written]]:
    """Every bar's notes and rests, tied over bar lines, with words and beams."""
    per_bar, meter = song.canvas.steps_per_bar, song.canvas.meter
    bars: list[list[Written]] = [[] for _ in range(song.canvas.n_bars)]
    words = _words(song)
    at = 0
    for note in sorted(_tune(song), key=lambda n: n.step):
        start = max(note.step, at)
        end = min(note.step + note.length, song.canvas.n_steps)
        if end <= start:
            continue
        _fill(bars, at, start, per_bar, meter, None)
        pieces = _fill(bars, start, end, per_bar, meter, note.midi)
        for piece, following in zip(pieces, pieces[1:]):
            piece.tied_to = following.tied_from = True
        syllabic, text, held = words.get(note.step, ("", "", False))
        if text:
            pieces[0].lyric = (syllabic, text)
            pieces[0].extends = held or (len(pieces) > 1 and syllabic in ("single", "end"))
        at = end
    _fill(bars, at, song.canvas.n_steps, per_bar, meter, None)
    for bar in bars:
        _beam(bar, meter)
    return bars


def _tune(song: Song) -> list[GridNote]:
    """The melody as written; where a syllable starts inside a held note, the note is struck again for it."""
    starts = {placed.step for placed in song.syllables}
    out: list[GridNote] = []
    for note in lane_pitches(song, "melody"):
        cuts = [note.step, *sorted(s for s in starts if note.step < s < note.step + note.length),
                note.step + note.length]
        out += [GridNote(a, b - a, note.midi) for a, b in zip(cuts, cuts[1:])]
    return out


def _words(song: Song) -> dict[int, tuple[str, str, bool]]:
    """Step of the note under each syllable → (syllabic, text, more notes follow under it)."""
    notes = _tune(song)
    placed = sorted(song.syllables, key=lambda s: s.step)
    out: dict[int, tuple[str, str, bool]] = {}
    for i, each in enumerate(placed):
        under = [n.step for n in notes if each.step <= n.step < each.step + each.length]
        if not under or under[0] in out:
            continue
        word = (each.syllable.line, each.syllable.word_index)
        before = placed[i - 1].syllable if i else None
        goes_on = not each.syllable.last_in_word
        inside = before is not None and (before.line, before.word_index) == word and not before.last_in_word
        syllabic = {(False, False): "single", (False, True): "begin", (True, True): "middle",
                    (True, False): "end"}[inside, goes_on]
        out[under[0]] = (syllabic, each.syllable.text, len(under) > 1)
    return out


def _fill(bars: list[list[Written]], start: int, end: int, per_bar: int, meter: str, midi: int | None) -> list[Written]:
    """Write a note or rest from step `start` to `end` as values that fit into the bars; returns what was written."""
    out = []
    while start < end:
        bar, inside = divmod(start, per_bar)
        room = min(end - start, per_bar - inside)
        length = next(value for value in VALUES if value <= room and inside in STARTS[meter].get(value, ())
                      and (midi is not None or _rests(value, inside, per_bar, meter)))
        out.append(Written(inside, length, midi))
        bars[bar].append(out[-1])
        start += length
    return out


def _rests(value: int, inside: int, per_bar: int, meter: str) -> bool:
    """May a rest of this value stand there? Rests show the beats more strictly than notes and, in simple metres, have
    no dots."""
    if value == per_bar:
        return True
    return inside % value == 0 and (meter == "6/8" or value not in (3, 6, 12))


def _beam(bar: list[Written], meter: str) -> None:
    """Join eighths and sixteenths inside a beat."""
    group: list[Written] = []
    for piece in [*bar, None]:
        short = piece is not None and piece.midi is not None and piece.length < 4
        if group and not (short and piece.start // BEAM_SPAN[meter] == group[0].start // BEAM_SPAN[meter]):
            _join(group)
            group = []
        if short:
            group.append(piece)


def _join(group: list[Written]) -> None:
    if len(group) < 2:
        return
    for level, longest in ((1, 3), (2, 1)):
        for i, piece in enumerate(group):
            if piece.length > longest:
                continue
            before = i > 0 and group[i - 1].length <= longest
            after = i + 1 < len(group) and group[i + 1].length <= longest
            piece.beams[level] = ("continue" if before and after else "end" if before else "begin" if after
                                  else "backward hook" if i > 0 else "forward hook")
