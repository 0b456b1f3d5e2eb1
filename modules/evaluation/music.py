"""Measures of a canvas, as the literature takes them: pitches, harmony, rhythm, form. And the critic's score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from modules.canvas import Canvas
from modules.canvas import vocabulary as v
from modules.types import LANES

SCALE_PCS = (0, 2, 4, 5, 7, 9, 11)


@dataclass(frozen=True)
class Measures:
    """Statistics of one canvas; NaN where there is nothing to measure.

    density: melody onsets a bar that has melody (16-step bars). out_of_key: share of melody and bass notes outside
    the scale and outside the sounding chord. strong_chord_tones: share of melody onsets on strong beats that are
    chord tones. steps, leaps: share of melodic intervals of 1–2 and of 12 and more semitones. chords_in_eight: least
    number of different chords in any eight bars. bass_on_root: share of chord changes, in bars where the bass is not
    planned to rest, at which it sounds the root. groove: mean similarity of neighbouring bars' drum hits (Wu & Yang
    2020, "Jazz Transformer", §4, as 1 - Hamming).
    entropy: pitch-class entropy of melody in bits. returns: similarity of returning sections to their first occurrence
    minus that to other sections. motif: 1 when a cell of four notes returns. idle: share of the section-long parts that
    the plan asks to play and that stay silent.
    """

    density: float
    out_of_key: float
    strong_chord_tones: float
    steps: float
    leaps: float
    chords_in_eight: float
    changes_per_bar: float
    bass_on_root: float
    groove: float
    entropy: float
    returns: float
    motif: float
    idle: float


def measure(canvas: Canvas, scale_pcs: tuple[int, ...] = SCALE_PCS) -> Measures:
    """Measure a filled canvas; `scale_pcs` are the pitch classes above do that count as in key."""
    spb, per_bar = canvas.steps_per_beat, canvas.steps_per_bar
    melody = canvas.notes("melody")
    pitches = np.array([n.midi + v.LOWEST["melody"] for n in melody])
    tones = [() if root == v.NO_CHORD else tuple((root + t) % 12 for t in v.QUALITIES[v.QUALITY_NAMES[quality]])
             for root, quality in canvas.harmony]
    bars = {n.step // per_bar for n in melody}
    density = len(melody) / len(bars) * 16 / per_bar if bars else np.nan
    outside = [p % 12 not in scale_pcs and p % 12 not in tones[n.step // spb]
               for n, p in zip(melody, pitches, strict=True)]
    bass = canvas.notes("bass")
    outside += [(n.midi + v.LOWEST["bass"]) % 12 not in scale_pcs
                and (n.midi + v.LOWEST["bass"]) % 12 not in tones[n.step // spb] for n in bass]
    strong_every = 2 * spb if canvas.beats_per_bar == 4 else spb * canvas.beats_per_bar
    strong = [p % 12 in tones[n.step // spb] for n, p in zip(melody, pitches, strict=True)
              if n.step % strong_every == 0]
    intervals = np.abs(np.diff(pitches)) if len(pitches) > 1 else np.array([])
    code = canvas.harmony[:, 0].astype(int) * 32 + canvas.harmony[:, 1]
    window = 8 * canvas.beats_per_bar
    starts = range(0, max(1, canvas.n_beats - window + 1), canvas.beats_per_bar)
    in_eight = min(len(set(code[start:start + window])) for start in starts)
    changes = np.flatnonzero(np.diff(code)) + 1
    sounding = np.full(canvas.n_steps, -1)
    for n in bass:
        sounding[n.step:n.step + n.length] = (n.midi + v.LOWEST["bass"]) % 12
    plays = canvas.active[LANES.index("bass")] != 0
    at_change = [sounding[beat * spb] == canvas.harmony[beat, 0] for beat in changes
                 if bass and plays[beat // canvas.beats_per_bar]]
    return Measures(
        density=density, out_of_key=float(np.mean(outside)) if outside else np.nan,
        strong_chord_tones=float(np.mean(strong)) if strong else np.nan,
        steps=float(np.mean((intervals >= 1) & (intervals <= 2))) if len(intervals) else np.nan,
        leaps=float(np.mean(intervals >= 12)) if len(intervals) else np.nan,
        chords_in_eight=float(in_eight), changes_per_bar=len(changes) / canvas.n_bars,
        bass_on_root=float(np.mean(at_change)) if at_change else np.nan, groove=groove_similarity(canvas),
        entropy=entropy(pitches), returns=section_returns(canvas),
        motif=motif_share(melody, per_bar), idle=idle_share(canvas),
    )


def entropy(pitches: np.ndarray) -> float:
    """Pitch-class entropy in bits; NaN for no notes."""
    if not len(pitches):
        return float("nan")
    share = np.bincount(np.asarray(pitches) % 12, minlength=12) / len(pitches)
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum())


def groove_similarity(canvas: Canvas) -> float:
    """Mean of 1 - Hamming distance of neighbouring bars' drum rows, bars with drums only."""
    rows = canvas.steps[[v.ROW_NAMES.index(f"drum_{r}") for r in "abc"]].reshape(3, canvas.n_bars, -1) > 0
    heard = rows.any(axis=(0, 2))
    pairs = [float((rows[:, a] == rows[:, a + 1]).mean()) for a in range(canvas.n_bars - 1)
             if heard[a] and heard[a + 1]]
    return float(np.mean(pairs)) if pairs else float("nan")


def section_returns(canvas: Canvas) -> float:
    """How much more alike a returning section is to its first occurrence than to other sections; NaN without one."""
    def alike(a: int, b: int) -> float:
        first, second = canvas.sections[a], canvas.sections[b]
        bars = min(first.bars, second.bars)
        per_bar = canvas.steps_per_bar
        x = canvas.steps[:3, first.start_bar * per_bar:(first.start_bar + bars) * per_bar]
        y = canvas.steps[:3, second.start_bar * per_bar:(second.start_bar + bars) * per_bar]
        heard = (x > 0) | (y > 0)
        return float((x == y)[heard].mean()) if heard.any() else float("nan")

    scores = []
    for index, section in enumerate(canvas.sections):
        if section.source is None:
            continue
        others = [alike(index, other) for other in range(len(canvas.sections))
                  if other not in (index, section.source) and canvas.sections[other].name != section.name]
        others = [x for x in others if not np.isnan(x)]
        if others:
            scores.append(alike(section.source, index) - float(np.mean(others)))
    scores = [x for x in scores if not np.isnan(x)]
    return float(np.mean(scores)) if scores else float("nan")


def motif_share(melody: list, per_bar: int) -> float:
    """1 when some cell of four notes (intervals and onset distances) returns elsewhere in the melody, else 0."""
    cells: dict[tuple, int] = {}
    for a, b, c, d in zip(melody, melody[1:], melody[2:], melody[3:], strict=False):
        key = (b.midi - a.midi, c.midi - b.midi, d.midi - c.midi, b.step - a.step, c.step - b.step, d.step - c.step)
        if max(key[3:]) <= per_bar:
            cells[key] = cells.get(key, 0) + 1
    return float("nan") if len(melody) < 8 else float(any(count > 1 for count in cells.values()))


def idle_share(canvas: Canvas) -> float:
    """Share of (section, lane) pairs planned to play throughout that have no onset; NaN where none is planned."""
    per_bar = canvas.steps_per_bar
    silent = []
    for section in canvas.sections:
        bars = slice(section.start_bar, section.start_bar + section.bars)
        steps = canvas.steps[:, bars.start * per_bar:bars.stop * per_bar]
        for index, lane in enumerate(LANES):
            if (canvas.active[index, bars] == 1).all():
                first = 1 if lane == "drums" else v.ONSET
                silent.append(not (steps[list(v.LANE_ROWS[lane])] >= first).any())
    return float(np.mean(silent)) if silent else float("nan")


# measure → (lowest good, highest good, scale of the penalty outside)
_GOOD = {
    "density": (1.9, 5.8, 1.0), "out_of_key": (0.0, 0.06, 0.03), "strong_chord_tones": (0.65, 0.92, 0.1),
    "steps": (0.35, 0.68, 0.12), "leaps": (0.0, 0.03, 0.04), "chords_in_eight": (3, 9, 1.0),
    "changes_per_bar": (0.4, 2.2, 0.4), "bass_on_root": (0.6, 1.0, 0.15), "groove": (0.75, 0.995, 0.1),
    "entropy": (1.9, 3.0, 0.3), "motif": (1.0, 1.0, 1.0), "idle": (0.0, 0.0, 0.06),
}


def score(measures: Measures) -> float:
    """The critic: 0 is best; each measure outside its good range costs its distance in that measure's scale (≤ 3)."""
    total = 0.0
    for name, (low, high, scale) in _GOOD.items():
        value = getattr(measures, name)
        if not np.isnan(value):
            total -= min(3.0, max(low - value, value - high, 0.0) / scale)
    return total
