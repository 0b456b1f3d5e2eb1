"""Notes of a score → canvases: lead sheets, songs with piano, hymns. Times in sixteenths from the first bar.

Cuts a piece where its metre or key signature changes, so that pitches stay relative to one do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from modules.canvas import Canvas, write_notes
from modules.canvas import vocabulary as v
from modules.training.chords import analyse
from modules.training.musicxml import Measure, Part, XmlNote, joined
from modules.types import GridNote, Section

# time signature → the canvas' metre
METERS = {(4, 4): "4/4", (2, 2): "4/4", (2, 4): "4/4", (3, 4): "3/4", (6, 8): "6/8", (3, 8): "6/8", (12, 8): "6/8"}
_KINDS = {
    "major": "maj", "minor": "min", "dominant": "7", "major-seventh": "maj7", "minor-seventh": "m7",
    "diminished": "dim", "diminished-seventh": "dim7", "half-diminished": "m7b5", "suspended-fourth": "sus4",
    "suspended-second": "sus2", "augmented": "aug", "augmented-seventh": "aug", "major-sixth": "6",
    "minor-sixth": "m6", "dominant-ninth": "9", "major-ninth": "maj9", "minor-ninth": "m9", "power": "5",
    "dominant-11th": "9", "dominant-13th": "9", "major-minor": "min", "minor-11th": "m9", "maj69": "6",
}
MIN_BARS = 8
OFF_GRID = 0.15  # share of onsets between the sixteenths from which a piece does not fit a canvas


@dataclass
class Passage:
    """A stretch of one metre and key. Notes of each part and chord symbols, in steps from its first bar."""

    meter: str
    do: int
    n_bars: int
    parts: dict[str, list[GridNote]]
    symbols: list[tuple[int, int, str]]  # (step, root pitch class, quality)


def blank(meter: str, n_bars: int) -> Canvas:
    """A canvas of `n_bars` with a nominal plan: real corpora have none."""
    return Canvas.empty(meter, tuple(Section("verse", bar, min(8, n_bars - bar), 4) for bar in range(0, n_bars, 8)))


def passages(parts: list[Part]) -> Iterator[Passage]:
    """Cut a piece where metre or key signature changes; stretches that fit no canvas are left out."""
    lead = parts[0].measures
    first = 0
    for index in range(1, len(lead) + 1):
        if index == len(lead) or signature(lead[index]) != signature(lead[first]):
            found = passage([Part(part.name, part.measures[first:index]) for part in parts])
            if found:
                yield found
            first = index


def signature(measure: Measure) -> tuple[str | None, int]:
    return METERS.get((measure.beats, measure.beat_type)), measure.fifths


def passage(parts: list[Part]) -> Passage | None:
    """One stretch as notes on the grid; None when it is too short, off the grid or of another metre."""
    lead = parts[0].measures
    meter, fifths = signature(lead[0])
    if meter is None or len(lead) < MIN_BARS // 2:
        return None
    size = Fraction(v.STEPS_PER_BEAT[meter] * v.BEATS_PER_BAR[meter])
    starts, at, askew = [], Fraction(0), 0
    for index, measure in enumerate(lead):
        nominal = Fraction(measure.beats * 16, measure.beat_type)
        length = max(part.measures[index].length if index < len(part.measures) else 0 for part in parts) * 4
        if length > nominal:
            return None
        if index == 0 and length < nominal:
            at = size - length % size if length % size else Fraction(0)  # a pick-up ends its bar
        elif index and length == nominal:
            askew += at % min(size, nominal) != 0
        starts.append(at)
        at += length
    if askew > 0.1 * len(lead):
        return None
    notes: dict[str, list[GridNote]] = {}
    off = total = 0
    for number, part in enumerate(parts):
        placed = [XmlNote(starts[index] + note.onset * 4, note.length * 4, note.midi, note.tied, note.sung)
                  for index, measure in enumerate(part.measures[:len(starts)]) for note in measure.notes]
        line = joined(placed)
        off += sum(note.onset.denominator != 1 for note in line)
        total += len(line)
        notes[f"{number}:{part.name}"] = [
            GridNote(round(n.onset), max(1, round(n.onset + n.length) - round(n.onset)), n.midi) for n in line]
    if not total or off > OFF_GRID * total:
        return None
    symbols = sorted((int(starts[index] + onset * 4), root, _KINDS[kind]) for index, measure in enumerate(lead)
                     for onset, root, kind in measure.symbols if kind in _KINDS)
    n_bars = int(at // size)
    return Passage(meter, (fifths * 7) % 12, n_bars, notes, symbols) if n_bars >= MIN_BARS else None


def lay_line(canvas: Canvas, row: str, notes: list[GridNote], do: int, centre: float) -> None:
    """Write a line into a pitch row, octaves shifted so that it lies about `centre` semitones above do."""
    middle = np.median([n.midi for n in notes])
    shift = 12 * round((v.do_midi(do) + centre - middle) / 12)
    write_notes(canvas.steps, row, [GridNote(n.step, n.length, v.to_index(row, n.midi + shift, do)) for n in notes])


def lay_symbols(canvas: Canvas, symbols: list[tuple[int, int, str]], do: int) -> None:
    """Write chord symbols into the harmony; the first also stands before its onset."""
    spb = canvas.steps_per_beat
    for index, (at, root, quality) in enumerate(symbols):
        first = at // spb if index else 0
        last = symbols[index + 1][0] // spb if index + 1 < len(symbols) else canvas.n_beats
        canvas.harmony[first:last] = ((root - do) % 12, v.QUALITY_NAMES.index(quality))


def lay_analysis(canvas: Canvas, notes: list[GridNote], bass: list[GridNote], do: int) -> None:
    """Write the chords that `notes` (all of them) and their `bass` spell into the harmony."""
    weights = np.zeros((canvas.n_steps, 12))
    for n in notes:
        weights[n.step:n.step + n.length, n.midi % 12] += 1
        weights[n.step:n.step + 1, n.midi % 12] += 0.5
    low = np.full(canvas.n_steps, -1)
    for n in bass:
        low[n.step:n.step + n.length] = n.midi % 12
    beats = weights.reshape(canvas.n_beats, -1, 12).sum(axis=1)
    found = analyse(beats, low.reshape(canvas.n_beats, -1)[:, 0], canvas.beats_per_bar)
    canvas.harmony[:, 0] = (found[:, 0] - do) % 12
    canvas.harmony[:, 1] = found[:, 1]


def top_line(notes: list[GridNote]) -> list[GridNote]:
    """The highest note of each onset, cut where the next begins."""
    best: dict[int, GridNote] = {}
    for n in notes:
        if n.step not in best or n.midi > best[n.step].midi:
            best[n.step] = n
    return [best[step] for step in sorted(best)]


def bass_line(notes: list[GridNote], unit: int) -> list[GridNote]:
    """The lowest voice: the lowest note of each onset, but none over a fifth above the lowest of its `unit`."""
    lowest: dict[int, GridNote] = {}
    for n in notes:
        if n.step not in lowest or n.midi < lowest[n.step].midi:
            lowest[n.step] = n
    floor: dict[int, int] = {}
    for n in lowest.values():
        floor[n.step // unit] = min(floor.get(n.step // unit, 127), n.midi)
    return [n for step, n in sorted(lowest.items()) if n.midi <= floor[step // unit] + 7]


def note_statistics(notes: list[GridNote], n_steps: int) -> tuple[float, float]:
    """(share of onsets that sound alone, share of steps covered)."""
    if not notes:
        return 0.0, 0.0
    steps, counts = np.unique([n.step for n in notes], return_counts=True)
    covered = np.zeros(n_steps, bool)
    for n in notes:
        covered[n.step:n.step + n.length] = True
    return float((counts == 1).mean()), float(covered.mean())
