"""The canvas: what a song says, cell by cell, and which cells are already decided.

Letters: `T` beats, `S` = T·K steps (K steps a beat), `R` rows, `L` lanes, `N` bars.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from modules.canvas import vocabulary as v
from modules.types import LANES, GridNote, Section

# `rhythm` codes for pitch rows: what may stand in an unknown step
FREE, MUST_ONSET, NO_ONSET, MUST_REST, MUST_HOLD = 0, 1, 2, 3, 4


@dataclass(frozen=True)
class Canvas:
    """A song's cells on the beat grid.

    harmony       int16 (T, 2)  root token (0–11 above do, 12 none), quality token
    steps         int16 (R, S)  one token a row and step
    known_harmony bool  (T, 2)  True = fixed
    known_steps   bool  (R, S)
    rhythm        int8  (R, S)  FREE, MUST_ONSET, …: what an unknown step of a pitch row may be
    active        int8  (L, N)  1 the lane plays in this bar, 0 it rests, -1 undecided
    energy        int8  (N,)    0–7
    sections      the plan, in order, covering all bars
    pitch_range   lowest and highest melody pitch index allowed, or None
    """

    meter: str
    harmony: np.ndarray
    steps: np.ndarray
    known_harmony: np.ndarray
    known_steps: np.ndarray
    rhythm: np.ndarray
    active: np.ndarray
    energy: np.ndarray
    sections: tuple[Section, ...]
    pitch_range: tuple[int, int] | None = None

    @classmethod
    def empty(cls, meter: str, sections: tuple[Section, ...]) -> Canvas:
        """A canvas with nothing known but its plan."""
        n_bars = sum(section.bars for section in sections)
        beats = n_bars * v.BEATS_PER_BAR[meter]
        steps = beats * v.STEPS_PER_BEAT[meter]
        rows = len(v.ROWS)
        harmony = np.zeros((beats, 2), np.int16)
        harmony[:, 0] = v.NO_CHORD
        return cls(
            meter=meter,
            harmony=harmony,
            steps=np.zeros((rows, steps), np.int16),
            known_harmony=np.zeros((beats, 2), bool),
            known_steps=np.zeros((rows, steps), bool),
            rhythm=np.zeros((rows, steps), np.int8),
            active=np.full((len(LANES), n_bars), -1, np.int8),
            energy=np.repeat([s.energy for s in sections], [s.bars for s in sections]).astype(np.int8),
            sections=sections,
        )

    @property
    def steps_per_beat(self) -> int:
        return v.STEPS_PER_BEAT[self.meter]

    @property
    def beats_per_bar(self) -> int:
        return v.BEATS_PER_BAR[self.meter]

    @property
    def steps_per_bar(self) -> int:
        return self.steps_per_beat * self.beats_per_bar

    @property
    def n_beats(self) -> int:
        return len(self.harmony)

    @property
    def n_bars(self) -> int:
        return self.n_beats // self.beats_per_bar

    @property
    def n_steps(self) -> int:
        return self.steps.shape[1]

    def copy(self) -> Canvas:
        """The same canvas with arrays of its own."""
        arrays = ("harmony", "steps", "known_harmony", "known_steps", "rhythm", "active", "energy")
        return replace(self, **{name: getattr(self, name).copy() for name in arrays})

    def notes(self, row: str) -> list[GridNote]:
        """Notes of a pitch row; `midi` holds the row's pitch *index* (see `vocabulary.to_midi`)."""
        tokens = self.steps[v.ROW_NAMES.index(row)]
        notes, start, index = [], None, 0
        for step, token in enumerate(tokens):
            if token != v.HOLD and start is not None:
                notes.append(GridNote(start, step - start, index))
                start = None
            if token >= v.ONSET:
                start, index = step, int(token) - v.ONSET
        if start is not None:
            notes.append(GridNote(start, len(tokens) - start, index))
        return notes

    def roles(self, row: str) -> list[tuple[int, int, str]]:
        """(step, length, role) of a role row; a role lasts over the holds that follow it."""
        tokens = self.steps[v.ROW_NAMES.index(row)]
        out: list[tuple[int, int, str]] = []
        start = None
        for step, token in enumerate([*tokens, v.REST]):
            if token != v.HOLD and start is not None:
                out.append((start, step - start, v.ROLES[tokens[start]]))
                start = None
            if step < len(tokens) and token >= v.ONSET:
                start = step
        return out

    def drums(self) -> list[tuple[int, str]]:
        """(step, piece) of every hit, in time order."""
        a, b, c = (self.steps[v.ROW_NAMES.index(row)] for row in ("drum_a", "drum_b", "drum_c"))
        hits: list[tuple[int, str]] = []
        for step in range(self.n_steps):
            for piece in (*v.DRUM_A[a[step]], v.DRUM_B[b[step]], v.DRUM_C[c[step]]):
                if piece:
                    hits.append((step, piece))
        return hits

    def chords(self) -> list[tuple[int, int, int | None, str]]:
        """(start_beat, n_beats, root above do or None, quality), runs of equal beats joined."""
        out: list[tuple[int, int, int | None, str]] = []
        for beat, (root, quality) in enumerate(self.harmony):
            chord = (None if root == v.NO_CHORD else int(root), v.QUALITY_NAMES[quality])
            if out and out[-1][2:] == chord:
                out[-1] = (out[-1][0], out[-1][1] + 1, *chord)
            else:
                out.append((beat, 1, *chord))
        return out

    def section_at(self, bar: int) -> Section:
        """The section that holds `bar`."""
        for section in self.sections:
            if section.start_bar <= bar < section.start_bar + section.bars:
                return section
        raise IndexError(f"bar {bar} of {self.n_bars}")


def write_notes(steps: np.ndarray, row: str, notes: list[GridNote]) -> None:
    """Write notes (pitch *indices*) into one row of a `steps` array, the later note cutting the earlier."""
    line = steps[v.ROW_NAMES.index(row)]
    line[:] = v.REST
    for note in sorted(notes, key=lambda n: n.step):
        if not 0 <= note.step < len(line):
            continue
        end = min(note.step + note.length, len(line))
        line[note.step] = v.ONSET + note.midi
        line[note.step + 1:end] = v.HOLD
        # what an earlier, longer note had held beyond this one's end falls silent
        after = end
        while after < len(line) and line[after] == v.HOLD:
            line[after] = v.REST
            after += 1
