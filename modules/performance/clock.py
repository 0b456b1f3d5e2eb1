"""Grid steps → seconds: tempo, swing and the final ritardando. Knows nothing of notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from modules.types import Song

RITARD_BARS = 2
RITARD_END = 0.55  # final tempo over the song's
RITARD_CURVE = 3.0  # q of Friberg & Sundberg 1999, "Does music performance allude to locomotion?", eq. 3


@dataclass(frozen=True)
class Clock:
    """Times of the grid. `beats_s` float64 (T + 1,): each beat's time, and the end's."""

    beats_s: np.ndarray
    tempo_bpm: float
    steps_per_beat: int
    beats_per_bar: int
    swing: float
    swing_unit: int

    def sung(self, step: int, lateness: Mapping[int, float]) -> float:
        """Seconds of a step of a tune with a person's own timing; `lateness` as `Song.lateness`."""
        return self.at(step) + lateness.get(step, 0.0) * 60.0 / (self.tempo_bpm * self.steps_per_beat)

    def at(self, step: float) -> float:
        """Seconds of a grid step, swung; steps before 0 and after the end go on at the tempo there."""
        beat = self._swung(step / self.steps_per_beat)
        last = len(self.beats_s) - 1
        if beat < 0:
            return beat * (self.beats_s[1] - self.beats_s[0])
        if beat >= last:
            return float(self.beats_s[-1] + (beat - last) * (self.beats_s[-1] - self.beats_s[-2]))
        whole = int(beat)
        return float(self.beats_s[whole] + (beat - whole) * (self.beats_s[whole + 1] - self.beats_s[whole]))

    def _swung(self, beat: float) -> float:
        """A pair's first half takes the share `swing` of it. Three eighths a beat (6/8) have no pairs of eighths."""
        if self.swing_unit == 8 and self.steps_per_beat == 6:
            return beat
        pair = 8 / self.swing_unit * (4 / self.steps_per_beat if self.steps_per_beat == 6 else 1)  # in beats
        whole, inside = divmod(beat / pair, 1.0)
        warped = inside * 2 * self.swing if inside < 0.5 else self.swing + (inside - 0.5) * 2 * (1 - self.swing)
        return (whole + warped) * pair

    @property
    def bar_starts_s(self) -> tuple[float, ...]:
        return tuple(float(t) for t in self.beats_s[:-1:self.beats_per_bar])

    @property
    def bar_s(self) -> float:
        """A bar at the song's tempo, in seconds."""
        return 60.0 / self.tempo_bpm * self.beats_per_bar

    @property
    def end_s(self) -> float:
        return float(self.beats_s[-1])

    @property
    def tempo_map(self) -> tuple[tuple[float, float], ...]:
        """((time_s, tempo_bpm), …), one entry where the tempo changes."""
        out: list[tuple[float, float]] = []
        for start, end in zip(self.beats_s[:-1], self.beats_s[1:], strict=True):
            tempo = 60.0 / (end - start)
            if not out or abs(tempo - out[-1][1]) > 1e-6:
                out.append((float(start), float(tempo)))
        return tuple(out)


def make_clock(song: Song, ritard: float = 0.0) -> Clock:
    """The song's clock; `ritard` 0–1 is how far its last two bars slow down."""
    canvas = song.canvas
    tempo = np.full(canvas.n_beats, song.tempo_bpm, dtype=np.float64)
    known = min(len(song.beat_tempi), canvas.n_beats)  # a song that was extended goes on at its tempo
    tempo[:known] *= song.beat_tempi[:known]
    if ritard > 0:
        n = min(RITARD_BARS * canvas.beats_per_bar, canvas.n_beats)
        x = (np.arange(n) + 0.5) / n
        q = RITARD_CURVE
        curve = (1 + (RITARD_END**q - 1) * x) ** (1 / q)
        tempo[-n:] *= 1 - ritard * (1 - curve)
    beats_s = np.concatenate([[0.0], np.cumsum(60.0 / tempo)])
    return Clock(beats_s, song.tempo_bpm, canvas.steps_per_beat, canvas.beats_per_bar, song.swing, song.swing_unit)
