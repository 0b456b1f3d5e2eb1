"""The critic: how much a canvas behaves like music, from interpretable measures, to choose the best of several draws.

A linear score over measures and their distance from what is usual, learned by comparing real pieces with the same
pieces spoilt (`modules.training.critic`). Knows nothing of audio, engines or requests: what was asked and not done is
`idle` here and the match report's business otherwise.
"""

from __future__ import annotations

import json
from functools import lru_cache

import numpy as np

from modules.assets import asset
from modules.canvas import Canvas
from modules.canvas import vocabulary as v
from modules.evaluation.music import Measures, measure
from modules.evaluation.structure import bar_likeness, chord_trigram_irregularity, phrase_bars

FEATURES = (
    "density", "out_of_key", "strong_chord_tones", "steps", "leaps", "changes_per_bar", "bass_on_root", "groove",
    "entropy", "returns", "bar_line_leap", "phrase_end_length", "likeness_1", "likeness_4", "likeness_8",
    "period", "chord_flow", "chord_irregularity", "chord_period", "closes", "phrase_bars", "dynamics", "energy_follows",
    "bass_in_chord", "drum_period", "counter_clash",
)


def describe(canvas: Canvas, measures: Measures | None = None, chord_table: np.ndarray | None = None) -> np.ndarray:
    """(F,) values of `FEATURES` for a canvas; NaN where there is nothing to measure.

    Args:
        measures: of the canvas, if they were taken already.
        chord_table: (36, 36) log-probabilities of chord changes; None = the shipped ones.
    """
    m = measures or measure(canvas)
    row = {name: getattr(m, name) for name in FEATURES if hasattr(m, name)}
    melody = canvas.notes("melody")
    row |= _melodic(canvas, melody)
    row |= {f"likeness_{lag}": bar_likeness(canvas, lag) for lag in (1, 4, 8)}
    row["period"] = np.nanmean([row["likeness_4"], row["likeness_8"]]) - np.nanmean(
        [bar_likeness(canvas, lag) for lag in (3, 5, 7)]) if canvas.n_bars > 9 and melody else np.nan
    row |= _harmonic(canvas, _trained()["chord_table"] if chord_table is None else chord_table)
    row |= _arranged(canvas)
    return np.array([row[name] for name in FEATURES], float)


def _melodic(canvas: Canvas, melody: list) -> dict[str, float]:
    per_bar = canvas.steps_per_bar
    across = [abs(b.midi - a.midi) for a, b in zip(melody, melody[1:], strict=False)
              if a.step // per_bar != b.step // per_bar and b.step - a.step <= per_bar]
    phrases = phrase_bars(canvas)
    ends, inner = [], []
    for a, b in zip(melody, melody[1:], strict=False):
        (ends if b.step - a.step - a.length >= canvas.steps_per_beat else inner).append(a.length)
    closes = np.nan
    if melody:
        root, quality = canvas.harmony[-1]
        last = (melody[-1].midi + v.LOWEST["melody"]) % 12
        tones = [(root + t) % 12 for t in v.QUALITIES[v.QUALITY_NAMES[quality]]] if root != v.NO_CHORD else []
        closes = float(last in tones)
    return {"bar_line_leap": float(np.mean(across)) if across else np.nan,
            "phrase_end_length": float(np.mean(ends) - np.mean(inner)) if ends and inner else np.nan,
            "phrase_bars": float(np.median(phrases)) if len(phrases) else np.nan, "closes": closes}


@lru_cache(maxsize=1)
def _trained() -> dict[str, np.ndarray]:
    """The shipped card's numbers: "mean", "scale", "weights" and "chord_table"."""
    card = json.loads(asset("weights/critic.json").read_text(encoding="utf-8"))
    return {name: np.array(card[name]) for name in ("mean", "scale", "weights", "chord_table")}


def chord_flow(harmony: np.ndarray, table: np.ndarray) -> float:
    """Mean log-probability in nats of chord changes by a table (12 · 3, 12 · 3) of root and third; NaN for none."""
    code = chord_codes(harmony)
    changes = [(a, b) for a, b in zip(code, code[1:], strict=False) if a != b and a >= 0 and b >= 0]
    return float(np.mean([table[a, b] for a, b in changes])) if changes else float("nan")


def chord_codes(harmony: np.ndarray) -> np.ndarray:
    """(T,) root · 3 + third (0 major, 1 minor, 2 neither), -1 for no chord."""
    thirds = []
    for tones in v.QUALITIES.values():
        thirds.append(0 if 4 in tones else 1 if 3 in tones else 2)
    return np.where(harmony[:, 0] == v.NO_CHORD, -1, harmony[:, 0] * 3 + np.array(thirds)[harmony[:, 1]])


def _harmonic(canvas: Canvas, table: np.ndarray) -> dict[str, float]:
    bars = canvas.harmony.reshape(canvas.n_bars, -1)
    same = {lag: float((bars[lag:] == bars[:-lag]).all(axis=1).mean()) for lag in (3, 4, 5, 8) if canvas.n_bars > lag}
    period = np.nan
    if canvas.n_bars > 9:
        period = max(same[4], same[8]) - (same[3] + same[5]) / 2
    return {"chord_flow": chord_flow(canvas.harmony, table), "chord_irregularity": chord_trigram_irregularity(canvas),
            "chord_period": period}


def _arranged(canvas: Canvas) -> dict[str, float]:
    per_bar, spb = canvas.steps_per_bar, canvas.steps_per_beat
    onsets = np.zeros(canvas.n_bars)
    for index, (_, kind, _) in enumerate(v.ROWS.values()):
        struck = canvas.steps[index] >= (1 if kind == "drum" else v.ONSET)
        onsets += struck.reshape(canvas.n_bars, per_bar).sum(axis=1)
    parts = [float(onsets[s.start_bar:s.start_bar + s.bars].mean()) for s in canvas.sections]
    energies = [s.energy for s in canvas.sections]
    follows = np.nan
    if len(set(energies)) > 1 and np.std(parts) > 0:
        follows = float(np.corrcoef(energies, parts)[0, 1])
    bass = canvas.notes("bass")
    inside = [(n.midi + v.LOWEST["bass"] - canvas.harmony[n.step // spb, 0]) % 12
              in v.QUALITIES[v.QUALITY_NAMES[canvas.harmony[n.step // spb, 1]]] for n in bass]
    drums = canvas.steps[[v.ROW_NAMES.index(f"drum_{r}") for r in "abc"]].reshape(3, canvas.n_bars, -1) > 0
    heard = drums.any(axis=(0, 2))
    pairs = [float((drums[:, bar] == drums[:, bar + 2]).mean()) for bar in range(canvas.n_bars - 2)
             if heard[bar] and heard[bar + 2]]
    sounding = np.full((2, canvas.n_steps), -1)
    for index, name in enumerate(("melody", "counter")):
        for n in canvas.notes(name):
            sounding[index, n.step:n.step + n.length] = (n.midi + v.LOWEST[name]) % 12
    both = (sounding >= 0).all(axis=0)
    clash = np.isin((sounding[0] - sounding[1]) % 12, (1, 11))[both]
    return {"dynamics": float(np.std(parts) / (np.mean(parts) + 1e-9)) if len(parts) > 1 else np.nan,
            "energy_follows": follows, "bass_in_chord": float(np.mean(inside)) if inside else np.nan,
            "drum_period": float(np.mean(pairs)) if pairs else np.nan,
            "counter_clash": float(clash.mean()) if both.any() else np.nan}


def spread(values: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """(2 F,) standardised values and their distances from the mean, 0 where there is nothing to measure.

    Values count up to what is usual only: more than enough of a good thing is no better.
    """
    z = np.clip((values - mean) / scale, -4, 4)
    z = np.where(np.isnan(z), 0.0, z)
    return np.concatenate([np.clip(z, -1.5, 1.5), np.abs(z)])


def criticise(canvas: Canvas, measures: Measures | None = None) -> float:
    """The critic's score of a canvas: higher is more like music; differences are log-odds."""
    trained = _trained()
    return float(spread(describe(canvas, measures), trained["mean"], trained["scale"]) @ trained["weights"])
