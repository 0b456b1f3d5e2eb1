"""How real songs set words: `python -m benchmarks.real_words --shared DIR` writes `benchmarks/real_words.json`.

Reads OpenEWLD and the English songs of OpenScore Lieder; words get their stress from the dictionary, lines end at marks
of punctuation. The German, French and Italian songs of Lieder say how often `modules/conditions/tongues.py` divides a
word into as many syllables as its composer did.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from pathlib import Path

from benchmarks.word_setting import Set, measure
from modules.conditions import lexicon, tongues
from modules.conditions.line_rhythm import STRENGTH
from modules.conditions.phones import is_vowel
from modules.training.musicxml import Measure, XmlNote, read_parts
from modules.types import Syllable

OUT = Path(__file__).with_name("real_words.json")
METERS = {(4, 4): "4/4", (2, 2): "4/4", (3, 4): "3/4", (6, 8): "6/8"}
LONGEST_LINE = 24  # syllables: where punctuation is missing, a phrase is left out


def sung_words(measures: list[Measure]) -> list[tuple[str, list[tuple[XmlNote, float, float, float]]]]:
    """(word, its notes as (note, onset in quarters, sounding length, place in its bar)) in order."""
    flat, start = [], 0.0
    for number, bar in enumerate(measures):
        full = bar.beats * 4 / bar.beat_type
        lead = full - float(bar.length) if number == 0 and bar.length < full else 0.0  # a pick-up ends its bar
        for note in bar.notes:
            flat.append((note, start + float(note.onset), float(note.length), float(note.onset) + lead))
        start += float(bar.length)
    words: list[tuple[str, list]] = []
    for index, (note, onset, length, place) in enumerate(flat):
        if not note.text:
            continue
        for later, after, more, _ in flat[index + 1:]:
            if later.text or after > onset + length + 1e-6:
                break
            length = max(length, after + more - onset)
        item = (note, onset, length, place)
        if note.joins[0] and words:
            words[-1] = (words[-1][0] + note.text, [*words[-1][1], item])
        else:
            words.append((note.text, [item]))
    return words


def lines_of(words: list, meter: str, beat: float) -> tuple[list[list[Set]], int, int]:
    """Lines as set, and how many words of how many have as many notes with text as the dictionary has syllables."""
    weights, per_step = STRENGTH[meter], len(STRENGTH[meter]) / (4 if meter == "4/4" else 3)
    lines: list[list[Set]] = []
    line: list[Set] = []
    right = counted = 0
    for number, (text, notes) in enumerate(words):
        plain = re.sub(r"[^\w'’]|\d|_", "", text)
        if not plain:
            continue
        parts = lexicon.syllables(lexicon.pronounce(plain).phones)
        counted += 1
        right += len(parts) == len(notes)
        light = "".join(lexicon.fold(plain)) in lexicon.FUNCTION_WORDS
        for index, (note, onset, length, place) in enumerate(notes):
            step = place * per_step
            heavy = weights[round(step) % len(weights)] if abs(step - round(step)) < 0.05 else 0.0
            stress = 0 if light or len(parts) != len(notes) else max(
                (int(phone[-1]) for phone in parts[index] if is_vowel(phone)), default=0)
            line.append(Set(Syllable(note.text, (), stress, plain, number), onset / beat, length / beat, heavy))
        if re.search(r"[.,;:!?]", text):
            lines.append(line)
            line = []
    return [one for one in lines if 3 < len(one) <= LONGEST_LINE], right, counted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", required=True, type=Path)
    args = parser.parse_args()
    out: dict[str, dict] = {}
    foreign: dict[str, Counter] = {}
    for corpus in ("openewld", "lieder"):
        lines, right, counted, songs = [], 0, 0, 0
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
            found, hits, total = lines_of(words, meter, 1.5 if meter == "6/8" else 1.0)
            lines += found
            right, counted, songs = right + hits, counted + total, songs + 1
        figures = {name: round(float(value), 3) for name, value in measure(lines).items()}
        out[corpus] = {"songs": songs, "lines": len(lines), "dictionary_syllables_right": round(right / counted, 4),
                       **figures}
        print(corpus, json.dumps(out[corpus]), flush=True)
    out["tongues"] = {tongue: {"words": count["words"], "syllables_right": round(count["right"] / count["words"], 4)}
                      for tongue, count in foreign.items()}
    print(json.dumps(out["tongues"]))
    OUT.write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
