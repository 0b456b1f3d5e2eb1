"""Do the controls act, do seams hold, is it fast? `python -m benchmarks.steering`. The exit status counts misses."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from threading import Event

import numpy as np
from scipy.stats import spearmanr

from benchmarks.canvases import STYLES, compose
from benchmarks.tables import Row, show
from modules.canvas import Canvas
from modules.canvas import vocabulary as v
from modules.engines.embedded import compose_canvas
from modules.generator import checkpoint, tasks
from modules.types import LANES

SETTINGS = (0.1, 0.3, 0.5, 0.7, 0.9)


def events_a_bar(canvas: Canvas) -> float:
    """Onsets a bar of all lanes: what an energy slider moves before the mix does."""
    return sum(int((canvas.steps[index] >= (1 if kind == "drum" else v.ONSET)).sum())
               for index, (_, kind, _) in enumerate(v.ROWS.values())) / canvas.n_bars


def melody_density(canvas: Canvas) -> float:
    """Melody onsets a bar that has melody."""
    line = canvas.steps[v.ROW_NAMES.index("melody")].reshape(canvas.n_bars, -1) >= v.ONSET
    bars = line.any(axis=1)
    return float(line[bars].sum() / bars.sum()) if bars.any() else float("nan")


def syncopation(canvas: Canvas) -> float:
    """Share of melody onsets off the beat."""
    onsets = np.flatnonzero(canvas.steps[v.ROW_NAMES.index("melody")] >= v.ONSET)
    return float(np.mean(onsets % canvas.steps_per_beat != 0)) if len(onsets) else float("nan")


SLIDERS = {
    "energy → events a bar": ("energy", events_a_bar),
    "complexity → melody notes a bar": ("complexity", melody_density),
    "complexity → syncopation": ("complexity", syncopation),
    "density → melody notes a bar": ("density", melody_density)}


def slider_rows(styles: tuple[str, ...], seeds: int, seed: int) -> list[Row]:
    """Rank correlation of five settings with what is measured, a style at a time, averaged."""
    rows = []
    pieces: dict[tuple, list] = {}
    for label, (control, measured) in SLIDERS.items():
        found = []
        for style in styles:
            values = []
            for setting in SETTINGS:
                key = (style, control, setting)
                if key not in pieces:
                    pieces[key] = [compose({style: 1.0}, seed + number, 16, **{control: setting}).canvas
                                   for number in range(seeds)]
                values.append(np.nanmean([measured(canvas) for canvas in pieces[key]]))
            found.append(spearmanr(SETTINGS, values).statistic)
        rows.append(Row(f"{label}: Spearman over five settings, mean of {len(styles)} styles ≥ .9",
                        f"{np.mean(found):.2f} (least {np.min(found):.2f})", float(np.mean(found)) >= 0.9))
    return rows


def leap_at(canvas: Canvas, bar: int, row: str) -> float:
    """Interval in semitones between the last note before a bar line and the first after it; NaN where one is far."""
    at = bar * canvas.steps_per_bar
    notes = canvas.notes(row)
    before = [n for n in notes if n.step < at]
    after = [n for n in notes if n.step >= at]
    if not before or not after or after[0].step - before[-1].step > canvas.steps_per_bar:
        return float("nan")
    return abs(after[0].midi - before[-1].midi)


def orphans(canvas: Canvas) -> int:
    """Holds that nothing struck: cut notes."""
    count = 0
    for index, (_, kind, _) in enumerate(v.ROWS.values()):
        if kind != "drum":
            line = canvas.steps[index]
            before = np.concatenate([[v.REST], line[:-1]])
            count += int(((line == v.HOLD) & (before == v.REST)).sum())
    return count


def seam_rows(styles: tuple[str, ...], seed: int) -> list[Row]:
    """Redone bars against the original at the same bar lines."""
    old: dict[str, list[float]] = {"melody": [], "bass": []}
    new: dict[str, list[float]] = {"melody": [], "bass": []}
    cut = changed = 0
    for style in styles:
        piece = compose({style: 1.0}, seed, 24)
        original, model = piece.canvas, checkpoint.generator()
        plan = replace(piece.plan, canvas=original)
        hole = tasks.redo(plan, original, [(range(8, 12), frozenset(LANES))])
        redone = compose_canvas(hole, model, seed + 1, Event())
        cut += orphans(redone) - orphans(original)
        outside = np.ones(original.n_steps, bool)
        outside[8 * original.steps_per_bar:13 * original.steps_per_bar] = False
        changed += int((redone.steps != original.steps)[:, outside].sum())
        for bar in (8, 12):
            for row in old:
                old[row].append(leap_at(original, bar, row))
                new[row].append(leap_at(redone, bar, row))
    rows = [Row(f"{row} leap at the seams: redone, original (semitones)",
                f"{np.nanmean(new[row]):.2f}, {np.nanmean(old[row]):.2f}",
                bool(np.nanmean(new[row]) <= np.nanmean(old[row]) + 1.0)) for row in old]
    return [*rows, Row("cut or orphaned notes", str(cut), cut <= 0),
            Row("cells changed outside the redone bars and the tails of their notes", str(changed), changed == 0)]


def speed_rows(seed: int) -> list[Row]:
    """Seconds to compose, one process, warm."""
    compose({"indie_pop": 1.0}, seed)
    started = time.perf_counter()
    for number in range(4):
        compose({"indie_pop": 1.0}, seed + number)
    four = time.perf_counter() - started
    started = time.perf_counter()
    compose({"indie_pop": 1.0}, seed, 118)
    long = time.perf_counter() - started
    return [Row("4 takes × 32 bars ≤ 3 s", f"{four:.1f} s", four <= 3),
            Row("a four-minute song's canvas (118 bars at 118 BPM) ≤ 12 s", f"{long:.1f} s", long <= 12)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--styles", type=int, default=12)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=300)
    args = parser.parse_args()
    # styles that have a melody to steer and drums to fill
    styles = tuple(name for name in STYLES if name not in ("ambient", "hymn", "techno"))[::3][:args.styles]
    misses = show("speed", speed_rows(args.seed))
    misses += show("seams of redone bars", seam_rows(STYLES[::2], args.seed))
    misses += show("sliders act", slider_rows(styles, args.seeds, args.seed))
    sys.exit(misses)


if __name__ == "__main__":
    main()
