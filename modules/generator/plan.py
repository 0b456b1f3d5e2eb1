"""The plan above the notes: form, section energies, which lanes play where, what returns. Drawn per take, then filled.

A plan is a canvas with sections, energies and lane activity set and everything an input knows written in as known
cells. Knows styles and conditions; knows nothing of the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from modules.canvas import Canvas
from modules.canvas import vocabulary as v
from modules.config import DEFAULT_DURATION_S
from modules.generator.arrangement import lanes_named, layer, set_lanes
from modules.generator.form import choose_form
from modules.generator.givens import (
    lay_lyrics,
    lay_melody,
    lay_tempi,
    lay_track,
    vocal_indices,
    write_chords,
    write_melody,
    write_rhythm,
)
from modules.styles.cards import Card, cards
from modules.types import LANES, MODE_OFFSETS, Condition, Controls, GridNote, PlacedSyllable, Section

_EASY_KEYS = {"major": (0, 2, 3, 5, 7, 9, 10), "minor": (0, 2, 4, 5, 7, 9, 11)}
MIN_BARS_FOR_ENDING = 4  # shorter pieces are loops and stings
RING_S = 1.6  # seconds kept after the last bar for what still rings


@dataclass(frozen=True)
class Plan:
    """What one take will be before a note is drawn.

    `copy_bars` (L + 1, N): for harmony (row 0) and each lane the bar that it returns to, -1 = new. `density` and the
    three after it are bins of `encoding.features`, None = free. `contour` as in
    `Controls`, or ("", "high") and ("", "low") for a register; `heights` (T, K) draws the melody to pitch indices step
    by step, NaN = free. `beat_tempi` and `lateness` as in `Song`. `colour` −1 … 1 leans the chords under a given melody
    from minor to major ones.
    """

    canvas: Canvas
    styles: Mapping[str, float]
    tempo_bpm: float
    tonic: int
    mode: str
    swing: float
    swing_unit: int
    copy_bars: np.ndarray
    ending: str
    syllables: tuple[PlacedSyllable, ...] = ()
    density: float | None = None
    harmonic_rhythm: float | None = None
    richness: float | None = None
    syncopation: float | None = None
    contour: tuple[tuple[str, str], ...] = ()
    heights: np.ndarray | None = None
    beat_tempi: tuple[float, ...] = ()
    lateness: tuple[tuple[int, float], ...] = ()
    colour: float = 0.0


def blend(styles: Mapping[str, float]) -> list[tuple[Card, float]]:
    """Cards with weights, heaviest first, weights summing to 1. Empty styles: a plain pop blend."""
    known = cards()
    chosen = {name: weight for name, weight in styles.items() if name in known and weight > 0.02}
    if not chosen:
        chosen = {name: 1.0 for name in ("indie_pop", "folk_pop", "pop_ballad") if name in known} or {
            next(iter(known)): 1.0}
    total = sum(chosen.values())
    return sorted(((known[name], weight / total) for name, weight in chosen.items()), key=lambda x: (-x[1], x[0].name))


def draw_plan(condition: Condition, seed: int, *, vocal_range: tuple[int, int] | None = None) -> Plan:
    """Draw a plan for one take.

    Args:
        condition: the fused inputs; what it fixes is kept, the rest is drawn from its styles.
        seed: every draw hangs off it.
        vocal_range: comfortable MIDI range of the voice that will sing the melody.
    """
    rng = np.random.default_rng([seed, 0x9A])
    mixed = blend(condition.styles)
    lead = mixed[0][0]
    controls = condition.controls
    meter = controls.meter or lead.meter
    tempo = controls.tempo_bpm or draw_tempo(mixed, rng)
    mode = controls.mode or draw_mode(mixed, rng)
    easy = _EASY_KEYS["minor" if mode in ("minor", "dorian", "phrygian") else "major"]
    tonic = controls.tonic if controls.tonic is not None else int(rng.choice(easy))
    bar_s = v.BEATS_PER_BAR[meter] * 60.0 / tempo
    asked = controls.duration_s
    length_s = asked or DEFAULT_DURATION_S
    n_bars = max(2, int((length_s - RING_S) / bar_s + 0.35))
    syllables: tuple[PlacedSyllable, ...] = ()
    melody: list[GridNote] = []
    if condition.sections and (condition.melody or condition.lyrics is None):
        sections, melody, syllables = lay_track(condition, meter)
    elif condition.lyrics is not None and not condition.melody:
        sections, syllables = lay_lyrics(condition, meter, tempo, n_bars if asked else None, seed)
    elif condition.melody:
        sections, melody, syllables = lay_melody(condition, meter, n_bars, bool(asked))
    else:
        sections = choose_form(lead, n_bars, controls.form, rng)
    sections = shape_energy(sections, condition, bar_s, rng)
    canvas = Canvas.empty(meter, sections)
    canvas.energy[:] = bar_energies(canvas, condition, bar_s)
    set_lanes(canvas, condition, mixed, rng)
    if not controls.energy_curve:
        layer(canvas.active, sections, rng, keep=lanes_named(controls.wanted) | {"melody"})
    do_pc = (tonic - MODE_OFFSETS[mode]) % 12
    heights = None
    if melody:
        heights = write_melody(canvas, melody, do_pc, faithfulness=condition.faithfulness, rng=rng)
    if syllables and not melody:
        write_rhythm(canvas, syllables)
    if vocal_range is not None:
        canvas = replace(canvas, pitch_range=vocal_indices(vocal_range, do_pc))
    if condition.chords:
        write_chords(canvas, condition.chords, do_pc, kept=condition.chords_kept,
                     rng=np.random.default_rng([seed, 0x5E]))
    elif (controls.ending or lead.ending) != "fade" and canvas.n_bars >= MIN_BARS_FOR_ENDING:
        end_at_home(canvas, MODE_OFFSETS[mode])
    swing = controls.swing if controls.swing is not None else lead.swing[0]
    swing_unit = lead.swing[1] if lead.swing[0] > 0.52 else 8
    if condition.reference is not None and controls.swing == condition.reference.swing:
        swing_unit = condition.reference.swing_unit
    return Plan(
        canvas=canvas, styles={card.name: weight for card, weight in mixed}, tempo_bpm=float(tempo), tonic=tonic,
        mode=mode, swing=float(swing), swing_unit=swing_unit,
        copy_bars=returns(canvas, rng, free_melody=not melody or heights is not None), heights=heights,
        ending=controls.ending or lead.ending,
        syllables=syllables, beat_tempi=lay_tempi(condition.melody_tempi, canvas),
        lateness=tuple((note.step, note.late) for note in melody if note.late),
        contour=controls.contour or tuple(("", name) for name in (controls.register,) if name),
        colour=0.0 if controls.brightness is None else 2 * controls.brightness - 1,
        **habit_bins(controls))


def end_at_home(canvas: Canvas, tonic: int) -> None:
    """Fix the root of the last bar's chord to the tonic above do, unless a given melody stands there."""
    if not canvas.known_steps[v.ROW_NAMES.index("melody"), -canvas.steps_per_bar:].any():
        canvas.harmony[-canvas.beats_per_bar:, 0] = tonic
        canvas.known_harmony[-canvas.beats_per_bar:, 0] = True


def habit_bins(controls: Controls) -> dict[str, float]:
    """Feature bins that the complexity and density sliders (0–1) stand for, between two where they lie between; free
    where they are not set."""
    bins: dict[str, float] = {}
    if controls.complexity is not None:
        bins = {"density": 1.4 + controls.complexity * 5.2, "harmonic_rhythm": 0.5 + controls.complexity * 3,
                "richness": controls.complexity * 3, "syncopation": controls.complexity * 3}
    if controls.density is not None:  # from two notes a bar to six: fewer or more is rare enough not to be learned
        bins["density"] = 1.5 + controls.density * 5.5
    return bins


def _given_alike(canvas: Canvas, bar: int, other: int) -> bool:
    """Whether an input fixes the same of the melody in two bars."""
    row, size = v.ROW_NAMES.index("melody"), canvas.steps_per_bar
    here, there = slice(bar * size, (bar + 1) * size), slice(other * size, (other + 1) * size)
    known = canvas.known_steps[row, here]
    return (np.array_equal(known, canvas.known_steps[row, there])
            and np.array_equal(canvas.rhythm[row, here], canvas.rhythm[row, there])
            and np.array_equal(canvas.steps[row, here][known], canvas.steps[row, there][known]))


def draw_tempo(mixed: list[tuple[Card, float]], rng: np.random.Generator) -> float:
    """A whole-number tempo from the blend's range, near its typical one."""
    low, typical, high = (sum(weight * card.tempo[i] for card, weight in mixed) for i in range(3))
    return float(round(rng.triangular(low, typical, high) if high > low else typical))


def draw_mode(mixed: list[tuple[Card, float]], rng: np.random.Generator) -> str:
    """A mode by the blend's weights."""
    weights: dict[str, float] = {}
    for card, weight in mixed:
        for mode, share in card.modes.items():
            weights[mode] = weights.get(mode, 0.0) + weight * share
    names = sorted(weights)
    p = np.array([weights[name] for name in names])
    return names[rng.choice(len(names), p=p / p.sum())]


def shape_energy(sections: tuple[Section, ...], condition: Condition, bar_s: float,
                 rng: np.random.Generator) -> tuple[Section, ...]:
    """Section energies moved to what was asked: a slider shifts the whole, a curve sets each section."""
    controls = condition.controls
    out = []
    mean = np.average([s.energy for s in sections], weights=[s.bars for s in sections])
    for section in sections:
        energy = float(section.energy)
        if controls.energy_curve:
            times = (np.arange(section.bars) + section.start_bar + 0.5) * bar_s
            energy = 7 * float(np.mean(np.interp(times, *zip(*controls.energy_curve, strict=True))))
        elif controls.energy is not None:
            energy = 0.5 * (energy - mean) + mean + 7.5 * (controls.energy - 0.5) + 0.5 * (3.8 - mean)
        out.append(replace(section, energy=int(np.clip(round(energy), 0, 7))))
    return tuple(out)


def bar_energies(canvas: Canvas, condition: Condition, bar_s: float) -> np.ndarray:
    """int8 (N,): the asked curve bar by bar, else each section's energy."""
    curve = condition.controls.energy_curve
    if not curve:
        return canvas.energy
    times = (np.arange(canvas.n_bars) + 0.5) * bar_s
    return np.clip(np.round(7 * np.interp(times, *zip(*curve, strict=True))), 0, 7).astype(np.int8)


def returns(canvas: Canvas, rng: np.random.Generator, *, free_melody: bool) -> np.ndarray:
    """int (L + 1, N): the bar that harmony (row 0) and each lane copy, -1 = newly drawn.

    A returning section copies its first occurrence; its last bar opens again (another turn may be needed), and so do
    lanes whose company changes with the energy. Within an eight-bar section the melody's second half may begin as its
    first did, as songs do.
    """
    out = np.full((len(LANES) + 1, canvas.n_bars), -1)
    for index, section in enumerate(canvas.sections):
        final = index == len(canvas.sections) - 1
        if section.source is None:
            continue
        origin = canvas.sections[section.source]
        same_energy = abs(origin.energy - section.energy) <= 1
        for bar in range(min(section.bars, origin.bars)):
            at, source = section.start_bar + bar, origin.start_bar + bar
            turning = bar == section.bars - 1
            if not (turning and final):
                out[0, at] = source
            for lane_index, lane in enumerate(LANES):
                if canvas.active[lane_index, at] != canvas.active[lane_index, source]:
                    continue
                if turning and (final or lane == "drums" or rng.random() < 0.3):
                    continue
                if lane in ("drums", "comp", "comp2", "bass") and not same_energy:
                    continue
                if lane == "melody" and not (free_melody and _given_alike(canvas, at, source)):
                    continue
                out[1 + lane_index, at] = source
    return out
