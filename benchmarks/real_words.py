"""How real songs set words: `python -m benchmarks.real_words --shared DIR` writes `benchmarks/real_words.json`.

Reads OpenEWLD and the English songs of OpenScore Lieder; words get their stress from the dictionary, lines end at marks
of punctuation. The German, French and Italian songs of Lieder say how often `modules/conditions/tongues.py` divides a
word into as many syllables as its composer did. In lines with melismas, the words are taken off the tune and set to it
again: how many syllables come back to the note that they were written under.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.word_setting import Set, measure
from modules.conditions import lexicon, tongues
from modules.conditions.line_rhythm import STRENGTH
from modules.conditions.phones import is_vowel
from modules.conditions.underlay import fit_to_notes
from modules.training.musicxml import Measure, XmlNote, read_parts
from modules.types import GridNote, Lyrics, Syllable

OUT = Path(__file__).with_name("real_words.json")
METERS = {(4, 4): "4/4", (2, 2): "4/4", (3, 4): "3/4", (6, 8): "6/8"}
LONGEST_LINE = 24  # syllables: where punctuation is missing, a phrase is left out


@dataclass(frozen=True)
class Sung:
    """A note with text: `onset` and `length` in quarters (until its syllable ends), `place` in its bar, and (onset,
    length, MIDI number) of every note of its syllable."""

    note: XmlNote
    onset: float
    length: float
    place: float
    notes: tuple[tuple[float, float, int], ...]


def sung_words(measures: list[Measure]) -> list[tuple[str, list[Sung]]]:
    """(word, its notes with text) in order."""
    flat, start = [], 0.0
    for number, bar in enumerate(measures):
        full = bar.beats * 4 / bar.beat_type
        lead = full - float(bar.length) if number == 0 and bar.length < full else 0.0  # a pick-up ends its bar
        for note in bar.notes:
            flat.append((note, start + float(note.onset), float(note.length), float(note.onset) + lead))
        start += float(bar.length)
    words: list[tuple[str, list[Sung]]] = []
    for index, (note, onset, length, place) in enumerate(flat):
        if not note.text:
            continue
        notes = [(onset, length, note.midi)]
        for later, after, more, _ in flat[index + 1:]:
            if later.text or after > onset + length + 1e-6:
                break
            length = max(length, after + more - onset)
            if later.tied:
                notes[-1] = (notes[-1][0], after + more - notes[-1][0], later.midi)
            elif after > notes[-1][0]:
                notes.append((after, more, later.midi))
        item = Sung(note, onset, length, place, tuple(notes))
        if note.joins[0] and words:
            words[-1] = (words[-1][0] + note.text, [*words[-1][1], item])
        else:
            words.append((note.text, [item]))
    return words


def lines_of(words: list[tuple[str, list[Sung]]], meter: str, beat: float) -> tuple[list[list[Set]], Counter]:
    """Lines as set, and counts: `words`, those whose notes with text are as many as the dictionary's syllables
    (`right`), and of lines with melismas `melismatic` syllables, those set again to their note (`again`), and those
    that a note each from the first would set so (`plain`)."""
    weights, per_step = STRENGTH[meter], len(STRENGTH[meter]) / (4 if meter == "4/4" else 3)
    lines: list[list[Set]] = []
    line: list[Set] = []
    tune: list[Sung] = []
    counts: Counter = Counter()
    for number, (text, notes) in enumerate(words):
        plain = re.sub(r"[^\w'’]|\d|_", "", text)
        if not plain:
            continue
        parts = lexicon.syllables(lexicon.pronounce(plain).phones)
        counts["words"] += 1
        counts["right"] += len(parts) == len(notes)
        light = "".join(lexicon.fold(plain)) in lexicon.FUNCTION_WORDS
        tune += notes
        for index, sung in enumerate(notes):
            step = sung.place * per_step
            heavy = weights[round(step) % len(weights)] if abs(step - round(step)) < 0.05 else 0.0
            stress = 0 if light or len(parts) != len(notes) else max(
                (int(phone[-1]) for phone in parts[index] if is_vowel(phone)), default=0)
            line.append(Set(Syllable(sung.note.text, (), stress, plain, number), sung.onset / beat, sung.length / beat,
                            heavy))
        if re.search(r"[.,;:!?]", text):
            if 3 < len(line) <= LONGEST_LINE:
                lines.append(line)
                counts += set_again([one.syllable for one in line], tune, per_step, meter)
            line, tune = [], []
    return lines, counts


def set_again(line: list[Syllable], tune: list[Sung], per_step: float, meter: str) -> Counter:
    """A line's words set to its own tune; see `lines_of`. Nothing where every syllable has one note."""
    size = len(STRENGTH[meter])
    start = tune[0].onset - tune[0].place  # of the bar
    notes = [GridNote(round((onset - start) * per_step), max(1, round(length * per_step)), midi)
             for sung in tune for onset, length, midi in sung.notes]
    written = [round((sung.onset - start) * per_step) for sung in tune]
    if len(notes) == len(line) or len({note.step for note in notes}) < len(notes) or notes[-1].step > 8 * size:
        return Counter()
    placed, _ = fit_to_notes(Lyrics((tuple(line),), ("verse",), (0,)), notes, meter=meter)
    return Counter(melismatic=len(line), again=sum(p.step == at for p, at in zip(placed, written, strict=True)),
                   plain=sum(note.step == at for note, at in zip(notes, written, strict=False)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", required=True, type=Path)
    args = parser.parse_args()
    out: dict[str, dict] = {}
    foreign: dict[str, Counter] = {}
    for corpus in ("openewld", "lieder"):
        lines, counts, songs = [], Counter(), 0
        for path in sorted((args.shared / corpus).rglob("*.mxl")):
            parts, _ = read_parts(path, as_written=True)
            part = next((p for p in parts if any(n.text for bar in p.measures for n in bar.notes)), None)
            meters = {(bar.beats, bar.beat_type) for bar in part.measures} if part else set()
            if len(meters) != 1 or next(iter(meters)) not in METERS:
                continue
            meter = METERS[meters.pop()]
            words = sung_words(part.measures)
            plain = [re.sub(r"[^\w'’]|\d|_", "", word) for word, _ in words]
            tongue = tongues.tongues_of([[word for word in plain if word]])[0]
            if len(words) < 20:
                continue
            if tongue != "English":
                count = foreign.setdefault(tongue, Counter())
                for index, (word, (_, notes)) in enumerate(zip(plain, words, strict=True)):
                    after = plain[index + 1] if index + 1 < len(plain) else ""
                    if word:
                        count["words"] += 1
                        count["right"] += len(tongues.sound(word, tongue, after=after)) == len(notes)
                continue
            found, more = lines_of(words, meter, 1.5 if meter == "6/8" else 1.0)
            lines, counts, songs = lines + found, counts + more, songs + 1
        figures = {name: round(float(value), 3) for name, value in measure(lines).items()}
        out[corpus] = {"songs": songs, "lines": len(lines),
                       "dictionary_syllables_right": round(counts["right"] / counts["words"], 4),
                       "melismatic": counts["melismatic"],
                       "set_again": round(counts["again"] / counts["melismatic"], 4),
                       "one_note_each": round(counts["plain"] / counts["melismatic"], 4), **figures}
        print(corpus, json.dumps(out[corpus]), flush=True)
    out["tongues"] = {tongue: {"words": count["words"], "syllables_right": round(count["right"] / count["words"], 4)}
                      for tongue, count in foreign.items()}
    print(json.dumps(out["tongues"]))
    OUT.write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
