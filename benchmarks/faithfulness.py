"""What a take keeps of a hum from faithfulness 0 to 1: `python -m benchmarks.faithfulness [SEED]`.

Six public-domain tunes are hummed (`modules/training/example_hums.py`), heard, and composed at five faithfulnesses.
Measured is the canvas of each take, against the notes that were heard, wherever the tune is stated:

notes    share of the hum's notes that the take's tune strikes on the same step, on the same pitch class
contour  share of the hum's rises and falls from note to note that the take's tune makes at the same two steps
rhythm   F1 of the steps on which notes begin
kept     share of takes with the hum's key, tempo and metre
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from threading import Event

import numpy as np

from benchmarks.tables import Row, show
from modules.canvas import vocabulary as v
from modules.conditions.fuse import Heard, fuse
from modules.conditions.humming import listen
from modules.engines.embedded import compose_song
from modules.training.example_hums import TUNES, synth_hum
from modules.types import Controls, GridNote, Hum, Request, Song

FAITHFULNESS = (0.0, 0.25, 0.5, 0.75, 1.0)
STYLES = ("folk_pop", "bossa_nova", "synthwave", "swing_jazz", "waltz", "indie_rock")
LENGTH_S = 24.0
SLACK = 0.02  # that a mean may fall between two settings


@dataclass(frozen=True)
class Likeness:
    """All 0–1."""

    notes: float
    contour: float
    rhythm: float
    kept: float


def hums() -> list[Hum]:
    """Each tune's first twelve seconds or so, as a voice hums it."""
    out = []
    for seed, tune in enumerate(TUNES.values()):
        notes = tuple(note for note in tune.notes if note[0] * 60 / tune.tempo_bpm < 12)
        out.append(listen(synth_hum(notes, tune.tempo_bpm, seed=seed)[0]))
    return out


def likeness(hum: Hum, song: Song) -> Likeness:
    """How much of the hum the song's tune is."""
    canvas = song.canvas
    tune = [GridNote(n.step, n.length, v.to_midi("melody", n.midi, song.do_pc)) for n in canvas.notes("melody")]
    begun = {note.step: note.midi for note in tune}
    sounding = {step: note.midi for note in tune for step in range(note.step, note.step + note.length)}
    starts = [section.start_bar * canvas.steps_per_bar for section in canvas.sections
              if section.name not in ("intro", "outro")]
    found, turns, rhythms = [], [], []
    for start in starts:
        asked = [note for note in hum.grid if 0 <= note.step + start < canvas.n_steps]
        found += [(begun.get(n.step + start, -1) - n.midi) % 12 == 0 and n.step + start in begun for n in asked]
        for a, b in zip(asked, asked[1:]):
            if a.midi != b.midi:
                one, other = sounding.get(a.step + start), sounding.get(b.step + start)
                turns.append(one is not None and other is not None and (other - one) * (b.midi - a.midi) > 0)
        wanted = {note.step + start for note in asked}
        span = range(min(wanted), max(wanted) + 1)
        struck = {step for step in begun if step in span}
        rhythms.append(2 * len(wanted & struck) / (len(wanted) + len(struck)))
    kept = (song.tonic, song.mode, canvas.meter) == (hum.tonic, hum.mode, hum.meter) and (
        abs(song.tempo_bpm / hum.tempo_bpm - 1) < 0.01)
    return Likeness(float(np.mean(found)), float(np.mean(turns)), float(np.mean(rhythms)), float(kept))


def measure(seed: int) -> dict[float, Likeness]:
    """Means over all hums at each faithfulness."""
    heard = hums()
    out = {}
    for faithfulness in FAITHFULNESS:
        found = []
        for index, hum in enumerate(heard):
            request = Request(styles={STYLES[index]: 1.0}, faithfulness=faithfulness,
                              controls=Controls(duration_s=LENGTH_S))
            song, _ = compose_song(fuse(request, Heard(hum=hum)), seed + index, Event())
            found.append(likeness(hum, song))
        out[faithfulness] = Likeness(*np.mean([(x.notes, x.contour, x.rhythm, x.kept) for x in found], axis=0))
        print(faithfulness, out[faithfulness], file=sys.stderr)
    return out


def main() -> int:
    """Print the table; 1 when a bound is missed."""
    found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    rows = []
    for name, title in (("notes", "notes kept"), ("contour", "rises and falls kept"), ("rhythm", "rhythm kept, F1")):
        values = [getattr(found[f], name) for f in FAITHFULNESS]
        rows.append(Row(f"{title}, never less where more is asked", ", ".join(f"{x:.2f}" for x in values),
                        all(b >= a - SLACK for a, b in zip(values, values[1:]))))
    least, half, most = found[0.0], found[0.5], found[1.0]
    rows += [
        Row("at 1: every note (1)", f"{most.notes:.3f}", most.notes >= 0.999),
        Row("at 0.5: rhythm ≥ .9", f"{half.rhythm:.2f}", half.rhythm >= 0.9),
        Row("at 0.5: rises and falls ≥ .75", f"{half.contour:.2f}", half.contour >= 0.75),
        Row("at 0: notes ≤ .3", f"{least.notes:.2f}", least.notes <= 0.3),
        Row("key, tempo and metre kept at every setting (1)", ", ".join(f"{found[f].kept:.2f}" for f in FAITHFULNESS),
            min(found[f].kept for f in FAITHFULNESS) == 1.0),
    ]
    return min(1, show("faithfulness 0, .25, .5, .75, 1: means of six hums", rows))


if __name__ == "__main__":
    sys.exit(main())
