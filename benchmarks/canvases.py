"""Composed canvases for the benchmarks: what the engine would compose, without sounding it."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event

import numpy as np

from benchmarks.structureness import structureness
from modules.canvas import Canvas
from modules.engines.embedded import compose_canvas
from modules.evaluation import music
from modules.evaluation.structure import chord_trigram_irregularity, phrase_bars
from modules.generator import checkpoint
from modules.generator.plan import RING_S, Plan, draw_plan
from modules.styles.cards import cards
from modules.types import Condition, Controls

# forty styles, every family among them
STYLES = (
    "pop_ballad", "indie_pop", "dance_pop", "synth_pop", "doo_wop", "classic_rock", "punk_rock", "grunge", "metal",
    "acoustic_folk", "sea_shanty", "country", "slow_blues", "jump_blues", "swing_jazz", "bebop", "gypsy_jazz",
    "bossa_nova", "salsa", "cumbia", "tango", "funk", "motown", "lofi_hiphop", "trap", "house", "acid_house", "techno",
    "trance", "drum_and_bass", "synthwave", "ambient", "cinematic_epic", "cinematic_western", "baroque", "hymn",
    "reggae", "afrobeat", "klezmer", "chiptune")


@dataclass(frozen=True)
class Piece:
    """A composed canvas and the plan it was drawn under."""

    style: str
    plan: Plan
    canvas: Canvas


def compose(styles: dict[str, float], seed: int, bars: int = 32, **controls: object) -> Piece:
    """A canvas of `bars` bars, drawn and chosen as a take's is."""
    lead = cards()[max(styles, key=styles.get)]
    tempo = controls.pop("tempo_bpm", lead.tempo[1])
    bar_s = {"4/4": 4, "3/4": 3, "6/8": 2}[lead.meter] * 60 / tempo
    asked = Controls(duration_s=bars * bar_s + RING_S, tempo_bpm=tempo, meter=lead.meter, **controls)
    plan = draw_plan(Condition(styles=styles, controls=asked), seed)
    return Piece(lead.name, plan, compose_canvas(plan, checkpoint.generator(), seed, Event()))


def figures(canvas: Canvas, tempo_bpm: float) -> dict[str, float]:
    """What the tables compare: measures, repetition, structure, phrases."""
    m = music.measure(canvas)
    out = {name: getattr(m, name) for name in ("density", "out_of_key", "strong_chord_tones", "steps", "leaps",
                                               "entropy", "groove", "changes_per_bar", "bass_on_root", "motif",
                                               "returns")}
    out["chord_irregularity"] = chord_trigram_irregularity(canvas)
    lengths = phrase_bars(canvas)
    out["phrase_bars"] = float(np.median(lengths)) if len(lengths) else float("nan")
    for name, value in zip(("structure_3_8s", "structure_8_15s", "structure_15s"), structureness(canvas, tempo_bpm),
                           strict=True):
        out[name] = value
    return out


def intervals(canvas: Canvas) -> np.ndarray:
    """(13,) share of melodic intervals of 0 … 11 and of 12 and more semitones."""
    pitches = np.array([n.midi for n in canvas.notes("melody")])
    sizes = np.minimum(np.abs(np.diff(pitches)), 12)
    return np.bincount(sizes, minlength=13)[:13] / max(1, len(sizes))
