"""MusicXML → measures in playing order with what a canvas needs of them: notes, chord symbols, key, metre, lyrics.

Reads compressed files with the standard library: the corpora are a thousand songs and the full readers take seconds
each. Knows no canvas.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

STEP = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True)
class XmlNote:
    """A note; times in quarter notes from the measure's start. `tied` = it goes on the note before. `text` is the first
    verse's syllable, `joins` whether it goes on a word and whether the word goes on after it."""

    onset: Fraction
    length: Fraction
    midi: int
    tied: bool
    sung: bool
    text: str = ""
    joins: tuple[bool, bool] = (False, False)


@dataclass
class Measure:
    """One measure of one part. `length` is what is written; `beats`/`beat_type` what the time signature says."""

    beats: int
    beat_type: int
    fifths: int
    length: Fraction = Fraction(0)
    notes: list[XmlNote] = field(default_factory=list)
    symbols: list[tuple[Fraction, int, str]] = field(default_factory=list)  # (onset, root pitch class, kind)
    repeat_from: bool = False
    repeat_to: bool = False
    endings: tuple[int, ...] = ()


@dataclass
class Part:
    """One part: measures as they are played."""

    name: str
    measures: list[Measure]


def read_parts(path: Path, *, as_written: bool = False) -> tuple[list[Part], float | None]:
    """The parts of a compressed MusicXML file, repeats played (or `as_written`), and the first tempo in quarters a
    minute."""
    with zipfile.ZipFile(path) as archive:
        name = next(n for n in archive.namelist() if n.endswith((".xml", ".musicxml")) and "META" not in n)
        root = ElementTree.fromstring(archive.read(name))
    names = {part.get("id"): part.findtext("part-name") or "" for part in root.findall("part-list/score-part")}
    sounds = (float(sound.get("tempo")) for sound in root.iter("sound") if sound.get("tempo"))
    parts = [Part(names.get(part.get("id"), ""), _measures(part)) for part in root.findall("part")]
    if as_written:
        return parts, next(sounds, None)
    order = play_order(parts[0].measures) if parts else []
    for part in parts:
        part.measures = [part.measures[index] for index in order if index < len(part.measures)]
    return parts, next(sounds, None)


def _measures(part: ElementTree.Element) -> list[Measure]:
    divisions, fifths, beats, beat_type = 1, 0, 4, 4
    out: list[Measure] = []
    ending: tuple[int, ...] = ()
    for element in part.findall("measure"):
        at, written = Fraction(0), Fraction(0)
        notes: list[XmlNote] = []
        symbols: list[tuple[Fraction, int, str]] = []
        starts = ends = False
        closes = False
        for item in element:
            if item.tag == "attributes":
                divisions = int(item.findtext("divisions") or divisions)
                fifths = int(item.findtext("key/fifths") or fifths)
                if (item.findtext("time/beats") or "").isdigit():
                    beats, beat_type = int(item.findtext("time/beats")), int(item.findtext("time/beat-type"))
            elif item.tag == "harmony":
                step = item.findtext("root/root-step")
                if step:
                    alter = int(float(item.findtext("root/root-alter") or 0))
                    symbols.append((at, (STEP[step] + alter) % 12, (item.findtext("kind") or "").strip()))
            elif item.tag == "note" and item.find("grace") is None and item.find("cue") is None:
                length = Fraction(int(item.findtext("duration") or 0), divisions)
                onset = notes[-1].onset if item.find("chord") is not None and notes else at
                pitch = item.find("pitch")
                if pitch is not None:
                    midi = (int(pitch.findtext("octave")) + 1) * 12 + STEP[pitch.findtext("step")] + int(
                        float(pitch.findtext("alter") or 0))
                    tied = any(tie.get("type") == "stop" for tie in item.findall("tie"))
                    verse = item.find("lyric")
                    split = "single" if verse is None else verse.findtext("syllabic") or "single"
                    notes.append(XmlNote(onset, length, midi, tied, verse is not None,
                                         "" if verse is None else verse.findtext("text") or "",
                                         (split in ("middle", "end"), split in ("begin", "middle"))))
                if item.find("chord") is None:
                    at += length
                    written = max(written, at)
            elif item.tag == "backup":
                at -= Fraction(int(item.findtext("duration")), divisions)
            elif item.tag == "forward":
                at += Fraction(int(item.findtext("duration")), divisions)
                written = max(written, at)
            elif item.tag == "barline":
                for repeat in item.findall("repeat"):
                    starts |= repeat.get("direction") == "forward"
                    ends |= repeat.get("direction") == "backward"
                for mark in item.findall("ending"):
                    numbers = tuple(int(x) for x in (mark.get("number") or "").replace(" ", "").split(",")
                                    if x.isdigit())
                    if mark.get("type") == "start":
                        ending = numbers
                    else:
                        closes = True
        out.append(Measure(beats, beat_type, fifths, written, notes, symbols, starts, ends, ending))
        if closes:
            ending = ()
    return out


def play_order(measures: list[Measure]) -> list[int]:
    """Measure indices as played: each repeat once more, first and second endings in turn."""
    order: list[int] = []
    start, index, turn = 0, 0, 1
    while index < len(measures) and len(order) < 4 * len(measures):
        measure = measures[index]
        if measure.repeat_from and start != index:
            start, turn = index, 1
        if measure.endings and turn not in measure.endings:
            index += 1
            continue
        order.append(index)
        if measure.repeat_to and turn == 1:
            turn, index = 2, start
            continue
        if measure.repeat_to:
            start, turn = index + 1, 1
        index += 1
    return order


def joined(notes: list[XmlNote]) -> list[XmlNote]:
    """Notes in time order with ties joined, when onsets count from a common start."""
    out: list[XmlNote] = []
    for note in sorted(notes, key=lambda n: (n.onset, n.midi)):
        if note.tied:
            for index in range(len(out) - 1, max(-1, len(out) - 12), -1):
                if out[index].midi == note.midi and out[index].onset + out[index].length == note.onset:
                    out[index] = replace(out[index], length=out[index].length + note.length)
                    break
            else:
                out.append(note)
        else:
            out.append(note)
    return out
