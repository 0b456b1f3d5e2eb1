"""A whole song from a card: plan, harmony, arrangement, then every lane; returning sections return."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from modules.canvas import Canvas, write_notes
from modules.canvas import vocabulary as v
from modules.generator.arrangement import CHORDAL, layer
from modules.styles.cards import Card, melody_pcs
from modules.training.teacher import figures as fig
from modules.training.teacher.harmony import Chord, choose_progression, lay_section, tonic_chord
from modules.training.teacher.melody import Note, write_melody
from modules.types import LANES, MODE_OFFSETS, GridNote, Section

# semitones that a section's melody lies above the style's register
_LIFT = {"chorus": 3.0, "drop": 3.0, "prechorus": 1.0, "bridge": 2.0, "solo": 3.0}


@dataclass(frozen=True)
class Lesson:
    """A teacher song: a full canvas and what it was drawn with."""

    canvas: Canvas
    style: str
    mode: str
    tempo_bpm: float
    swing: float


def draw(weights: dict[str, float], rng: np.random.Generator) -> str:
    """A key drawn by weight."""
    names = list(weights)
    p = np.array([weights[name] for name in names], float)
    return names[rng.choice(len(names), p=p / p.sum())]


def write_song(card: Card, rng: np.random.Generator) -> Lesson:
    """Write one complete song in a style.

    Returns:
        A canvas with every cell known, the plan and the lanes' activity set.
    """
    meter, mode = draw(dict(card.meters), rng), draw(dict(card.modes), rng)
    low, typical, high = card.tempo
    tempo = float(rng.triangular(low, typical, high)) if high > low else typical
    form = card.forms[rng.integers(len(card.forms))]
    sections, start = [], 0
    first: dict[tuple[str, int], int] = {}
    for index, (name, bars, energy) in enumerate(form):
        source = first.get((name, bars)) if name not in ("intro", "outro", "break") else None
        if rng.random() < 0.3:
            energy = int(np.clip(energy + rng.integers(-1, 2), 0, 7))
        sections.append(Section(name, start, bars, energy, source))
        first.setdefault((name, bars), index)
        start += bars
    canvas = Canvas.empty(meter, tuple(sections))
    writer = _Writer(card, canvas, mode, rng)
    for index in range(len(sections)):
        writer.write(index)
    writer.layer()
    writer.end()
    canvas.known_harmony[:] = True
    canvas.known_steps[:] = True
    # a lane that says nothing in a bar is at rest there
    for lane_index, lane in enumerate(LANES):
        rows = [canvas.steps[row] for row in v.LANE_ROWS[lane]]
        heard = np.any([row.reshape(canvas.n_bars, -1) > 0 for row in rows], axis=(0, 2))
        canvas.active[lane_index] = np.where(heard, 1, 0)
        if lane in ("melody", "counter"):  # their rests are phrasing, not absence
            for section in sections:
                part = slice(section.start_bar, section.start_bar + section.bars)
                if heard[part].any():
                    canvas.active[lane_index, part] = 1
    return Lesson(canvas, card.name, mode, tempo, card.swing[0])


class _Writer:
    """State of one song while it is written."""

    def __init__(self, card: Card, canvas: Canvas, mode: str, rng: np.random.Generator) -> None:
        self.card, self.canvas, self.mode, self.rng = card, canvas, mode, rng
        self.size, self.spb, self.bpb = canvas.steps_per_bar, canvas.steps_per_beat, canvas.beats_per_bar
        self.book = fig.FigureBook(card, rng)
        self.scale = np.isin(np.arange(12), melody_pcs(card.scale, mode))
        self.plain = rng.random() < 0.15
        self.habits = dict(card.melody)
        self.habits["density"] *= rng.uniform(0.75, 1.3)
        self.habits["register"] += rng.uniform(-2, 2)
        self.lanes = {lane: level + (9 if rng.random() < (0.12 if lane in ("comp2", "pad", "counter") else 0.04) else 0)
                      for lane, level in card.lanes.items()}
        self.bass_low = int(rng.integers(4, 9))
        self.progressions: dict[str, list[list[Chord]]] = {}
        self.melodies: dict[int, list[Note]] = {}
        self.chords: dict[int, list[Chord]] = {}
        self.last_bass: int | None = None

    def plays(self, lane: str, section: Section) -> bool:
        if section.energy < self.lanes[lane]:
            return False
        if lane == "melody" and section.name == "intro":
            return self.card.lanes["melody"] == 0 and self.rng.random() < 0.6
        if lane in ("melody", "counter") and section.name in ("outro", "break"):
            return self.rng.random() < 0.45
        return not (section.name == "break" and lane == "drums" and self.rng.random() < 0.6)

    def write(self, index: int) -> None:
        section = self.canvas.sections[index]
        chords = self.lay_harmony(index, section)
        steps = slice(section.start_bar * self.size, (section.start_bar + section.bars) * self.size)
        into = self.canvas.steps[:, steps]
        playing = [lane for lane in ("bass", "comp", "comp2", "pad") if self.plays(lane, section)]
        if not playing or playing == ["bass"]:  # a section is never without harmony
            playing += [lane for lane in CHORDAL if self.card.lanes[lane] < 9 and getattr(self.card, lane)][:1]
        for lane in playing:
            self.lay(lane, section, chords, into)
        melody = self.lay_melody(index, section, chords, into) if self.plays("melody", section) else []
        if self.plays("counter", section) and self.card.counter != "none":
            centre = int(self.habits["register"] - 5 if self.card.counter in ("lines", "thirds")
                         else self.habits["register"] + 2)
            notes = fig.write_counter(self.card.counter, melody, chords, self.spb, self.size, centre,
                                      self.scale, self.rng)
            write_notes(into, "counter", [GridNote(s, n, int(np.clip(p + 12, 0, 36))) for s, n, p in notes])
        if self.plays("drums", section):
            self.lay_drums(index, section, into)

    def layer(self) -> None:
        """Parts enter one after another, as at run time."""
        canvas = self.canvas
        heard = np.stack([np.any([canvas.steps[row].reshape(canvas.n_bars, -1) > 0 for row in v.LANE_ROWS[lane]],
                                 axis=(0, 2)) for lane in LANES])
        kept = heard.copy()
        layer(kept, canvas.sections, self.rng)
        for index, lane in enumerate(LANES):
            for bar in np.flatnonzero(heard[index] & ~kept[index]):
                canvas.steps[np.ix_(v.LANE_ROWS[lane], range(bar * self.size, (bar + 1) * self.size))] = v.REST
        for row, name in enumerate(v.ROW_NAMES):  # what was held over from a bar that is now at rest falls silent
            if name in v.PITCH_ROWS or v.ROWS[name][1] == "role":
                line = canvas.steps[row]
                for bar in np.flatnonzero(line[::self.size] == v.HOLD) * self.size:
                    if bar == 0 or line[bar - 1] == v.REST:
                        end = bar
                        while end < len(line) and line[end] == v.HOLD:
                            end += 1
                        line[bar:end] = v.REST

    def lay_harmony(self, index: int, section: Section) -> list[Chord]:
        if section.source is not None:
            chords = list(self.chords[section.source])
        else:
            if section.name not in self.progressions:
                self.progressions[section.name] = choose_progression(self.card, section.name, self.mode, self.rng)
            name = section.name
            if name in ("intro", "outro") and name not in self.card.progressions:
                name = "verse"
                self.progressions.setdefault(name, choose_progression(self.card, name, self.mode, self.rng))
            chords = lay_section(self.progressions[name], section.bars, self.bpb, self.plain)
        if index == len(self.canvas.sections) - 1:
            tonic = tonic_chord(self.mode, [c for part in self.chords.values() for c in part], self.rng)
            chords[-self.bpb:] = [tonic] * self.bpb
        self.chords[index] = chords
        beats = slice(section.start_bar * self.bpb, (section.start_bar + section.bars) * self.bpb)
        self.canvas.harmony[beats, 0] = [root for root, _ in chords]
        self.canvas.harmony[beats, 1] = [v.QUALITY_NAMES.index(quality) for _, quality in chords]
        return chords

    def lay(self, lane: str, section: Section, chords: list[Chord], into: np.ndarray) -> None:
        found = self.book.figures(lane, section.name, section.energy)
        if found is None:
            return
        figure = fig.in_phrases(*found, section.bars, self.size)
        row = v.ROW_NAMES.index(lane)
        if lane == "bass":
            into[row], self.last_bass = fig.lay_bass(figure, chords, self.spb, self.size, self.bass_low,
                                                     self.last_bass, self.rng)
        else:
            into[row] = fig.lay_roles(figure, chords, self.spb, self.size)

    def lay_melody(self, index: int, section: Section, chords: list[Chord], into: np.ndarray) -> list[Note]:
        if section.source in self.melodies:
            notes = self.melodies[section.source]
        else:
            habits = dict(self.habits)
            if section.name == "solo":
                habits["density"] *= 1.3
                habits["range"] = min(17, habits["range"] + 3)
            notes = write_melody(
                self.canvas.meter, section.bars, chords, habits, energy=section.energy,
                lift=_LIFT.get(section.name, 0.0), tonic_pc=MODE_OFFSETS[self.mode],
                scale=self.scale, swung=self.card.swing[0] > 0.6 and self.card.swing[1] == 8,
                closing=section.name in ("chorus", "outro", "solo"), rng=self.rng)
            self.melodies[index] = notes
        write_notes(into, "melody", [GridNote(n.step, n.length, int(np.clip(n.pitch + 12, 0, 36))) for n in notes])
        return notes

    def lay_drums(self, index: int, section: Section, into: np.ndarray) -> None:
        groove = self.book.groove(section.energy)
        if groove is None:
            return
        rng, size = self.rng, self.size
        rows = fig.lay_drums(groove, into.shape[1], size)
        fig.vary_drums(rows, size, section.energy, rng)
        after = self.canvas.sections[index + 1] if index + 1 < len(self.canvas.sections) else None
        fills = self.card.fills
        if fills and section.bars >= 8:
            for bar in range(3, section.bars - 1, 4):  # the end of a phrase: a half-bar fill now and then
                if rng.random() < 0.25:
                    fill = fig.lay_drums(fills[rng.integers(len(fills))], size, size)
                    rows[:, bar * size + size // 2:(bar + 1) * size] = fill[:, size // 2:]
        if after is not None and after.name == "drop" and section.energy < after.energy and size == 16:
            fig.lay_build(rows, size, min(4, section.bars))
        elif fills and after is not None and rng.random() < (0.9 if after.name != section.name else 0.4):
            rows[:, -size:] = fig.lay_drums(fills[rng.integers(len(fills))], size, size)
        if section.energy >= 4 and index > 0 and rng.random() < 0.85 and "soft" not in groove:
            rows[1, 0] = v.DRUM_B.index("crash")
        into[[v.ROW_NAMES.index(f"drum_{r}") for r in "abc"]] = rows

    def end(self) -> None:
        """The last bar: every playing lane strikes the tonic and lets it ring."""
        canvas, start = self.canvas, self.canvas.n_steps - self.size
        for row, (_, kind, _) in enumerate(v.ROWS.values()):
            line = canvas.steps[row]
            before = line[max(0, start - 2 * self.size):start]
            if not (before > 0).any():
                line[start:] = v.REST
                continue
            line[start:] = v.REST
            if kind == "role":
                line[start], line[start + 1:] = v.ROLES.index("full"), v.HOLD
            elif kind == "pitch":
                tonic = MODE_OFFSETS[self.mode]
                onsets = before[before >= v.ONSET]
                last = int(onsets[-1] - v.ONSET) if len(onsets) else 12
                name = v.ROW_NAMES[row]
                size = v.ROWS[name][2] - v.ONSET
                options = [p for p in range(size) if (p + v.LOWEST[name] - tonic) % 12 == 0]
                line[start], line[start + 1:] = v.ONSET + min(options, key=lambda p: abs(p - last)), v.HOLD
            elif v.ROW_NAMES[row] == "drum_a":
                line[start] = v.DRUM_A.index(("kick", None))
            elif v.ROW_NAMES[row] == "drum_b" and canvas.sections[-1].energy >= 2:
                line[start] = v.DRUM_B.index("crash")
