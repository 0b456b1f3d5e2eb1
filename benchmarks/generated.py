"""Generated pieces against real music: `python -m benchmarks.generated`. 200 canvases of 32 bars in 40 styles.

Prints how their statistics lie in the ranges of held-out real pieces (`benchmarks/real_ranges.json`), whether a plain
classifier trained on teacher canvases hears the asked style, whether fusions sit between their parents, and how much
takes of one prompt differ. With `--shared` also whether a training piece is copied. The exit status counts misses.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier

from benchmarks.canvases import STYLES, Piece, compose, figures, intervals
from benchmarks.tables import Row, show
from modules.canvas import Canvas
from modules.canvas import vocabulary as v
from modules.generator.originality import melody_runs
from modules.styles.cards import cards
from modules.training.critic import excerpt
from modules.training.lessons import real_pieces
from modules.training.style_table import style_features
from modules.training.teacher import write_song

RANGES = json.loads(Path(__file__).with_name("real_ranges.json").read_text(encoding="utf-8"))
# measure → corpora that say what is usual
AGAINST = {
    "density": ("openewld", "lieder"), "out_of_key": ("openewld",), "strong_chord_tones": ("openewld", "lieder"),
    "steps": ("openewld", "lieder"), "leaps": ("openewld",), "entropy": ("openewld", "hymns"),
    "changes_per_bar": ("openewld",), "chord_irregularity": ("openewld",), "phrase_bars": ("openewld",),
    "structure_3_8s": ("openewld",), "structure_8_15s": ("openewld",), "structure_15s": ("openewld",),
    "bass_on_root": ("freedoom", "hymns"), "groove": ("groove", "freedoom")}
FUSIONS = (("bossa_nova", "synthwave"), ("metal", "baroque"), ("swing_jazz", "house"), ("reggae", "funk"),
           ("trap", "cinematic_epic"), ("country", "techno"), ("tango", "lofi_hiphop"), ("klezmer", "punk_rock"))
TEACHER_SONGS = 16  # a style, for the classifier


def train_ear(seed: int) -> tuple[ExtraTreesClassifier, np.ndarray, np.ndarray]:
    """A classifier of styles on teacher excerpts, with its data."""
    rng = np.random.default_rng(seed)
    x, y = [], []
    for card in cards().values():
        for _ in range(TEACHER_SONGS):
            x.append(style_features(excerpt(write_song(card, rng).canvas, 32, rng)))
            y.append(card.name)
    ear = ExtraTreesClassifier(300, min_samples_leaf=2, random_state=seed, n_jobs=2)
    return ear.fit(np.array(x), y), np.array(x), np.array(y)


def families_heard(ear: ExtraTreesClassifier, pieces: list[Piece]) -> np.ndarray:
    """Whether the style that the ear names is of the asked style's family."""
    heard = ear.predict(np.array([style_features(piece.canvas) for piece in pieces]))
    return np.array([cards()[name].family == cards()[piece.style].family
                     for name, piece in zip(heard, pieces, strict=True)])


def between(x: np.ndarray, y: np.ndarray, pieces: list[Piece], first: str, second: str) -> np.ndarray:
    """Where fusions lie on the line from one parent's mean (0) to the other's (1), in standardised features."""
    scale = x.std(axis=0) + 0.02
    a, b = (x[y == name].mean(axis=0) / scale for name in (first, second))
    line = b - a
    return np.array([(style_features(p.canvas) / scale - a) @ line / (line @ line) for p in pieces])


def edit_distance(a: list, b: list) -> float:
    """Levenshtein distance over the longer length."""
    if not a or not b:
        return 1.0
    row = np.arange(len(b) + 1)
    for i, x in enumerate(a):
        diagonal, row[0] = row[0], i + 1
        for j, z in enumerate(b):
            diagonal, row[j + 1] = row[j + 1], min(row[j + 1] + 1, row[j] + 1, diagonal + (x != z))
    return float(row[-1]) / max(len(a), len(b))


def tune(canvas: Canvas) -> list[tuple[int, int]]:
    notes = canvas.notes("melody")
    return [(b.midi - a.midi, b.step - a.step) for a, b in pairwise(notes)]


def statistics(pieces: list[Piece]) -> list[Row]:
    """Means of the pieces against the real ranges, and the melody's own bounds."""
    found = [figures(piece.canvas, piece.plan.tempo_bpm) for piece in pieces]
    rows = []
    for name, sources in AGAINST.items():
        values = np.array([row[name] for row in found])
        values = values[~np.isnan(values)]
        low = min(RANGES[s]["ranges"][name][0] for s in sources)
        high = max(RANGES[s]["ranges"][name][2] for s in sources)
        inside = float(((values >= low - 1e-9) & (values <= high + 1e-9)).mean())
        rows.append(Row(f"{name.replace('_', ' ')}: mean in real {low:.2f}–{high:.2f} ({', '.join(sources)})",
                        f"{values.mean():.2f}; {100 * inside:.0f} % of pieces inside",
                        bool(low <= values.mean() <= high)))
    shares = np.mean([intervals(piece.canvas) for piece in pieces], axis=0)
    real = np.array(RANGES["openewld"]["intervals"])
    away, bound = 0.5 * float(np.abs(shares - real).sum()), RANGES["openewld"]["interval_distance_p90"]
    rows.append(Row(f"interval histogram: distance from OpenEWLD's ≤ {bound:.2f} (90 % of real pieces)", f"{away:.2f}",
                    away <= bound))
    mean = {name: float(np.nanmean([row[name] for row in found])) for name in found[0]}
    rows += [
        Row("steps .40–.60 of intervals", f"{mean['steps']:.2f}", 0.40 <= mean["steps"] <= 0.60),
        Row("octave leaps ≤ .03", f"{mean['leaps']:.3f}", mean["leaps"] <= 0.03),
        Row("a cell of four notes returns in ≥ .70 of melodies", f"{mean['motif']:.2f}", mean["motif"] >= 0.7),
        Row("median phrase of 2–4 bars", f"{np.nanmedian([row['phrase_bars'] for row in found]):.2f}",
            2 <= np.nanmedian([row["phrase_bars"] for row in found]) <= 4),
        Row("bass on the root at ≥ .55 of chord changes", f"{mean['bass_on_root']:.2f}", mean["bass_on_root"] >= 0.55),
        Row("bass chord tones on strong beats ≥ .85", f"{bass_tones(pieces):.2f}", bass_tones(pieces) >= 0.85),
        Row("returning sections: likeness above others > .1", f"{mean['returns']:.2f}", mean["returns"] > 0.1),
        Row("a fill where sections turn: hits off the groove, last bar over others ≥ 1.5",
            f"{fill_ratio(pieces):.2f}", fill_ratio(pieces) >= 1.5),
    ]
    return rows


def bass_tones(pieces: list[Piece]) -> float:
    """Share of bass onsets on strong beats that are chord tones."""
    hits = []
    for piece in pieces:
        canvas = piece.canvas
        strong = canvas.steps_per_beat * (2 if canvas.beats_per_bar == 4 else canvas.beats_per_bar)
        for n in canvas.notes("bass"):
            if n.step % strong == 0:
                root, quality = canvas.harmony[n.step // canvas.steps_per_beat]
                hits.append((n.midi + v.LOWEST["bass"] - root) % 12 in v.QUALITIES[v.QUALITY_NAMES[quality]])
    return float(np.mean(hits))


def fill_ratio(pieces: list[Piece]) -> float:
    """Drum cells that differ from the bar before: in the last bar before another section over those in other bars."""
    turn, rest = [], []
    for piece in pieces:
        canvas = piece.canvas
        drums = canvas.steps[[v.ROW_NAMES.index(f"drum_{r}") for r in "abc"]].reshape(3, canvas.n_bars, -1) > 0
        for section, after in pairwise(canvas.sections):
            for bar in range(section.start_bar + 1, section.start_bar + section.bars):
                if drums[:, bar].any() and drums[:, bar - 1].any():
                    changed = float((drums[:, bar] != drums[:, bar - 1]).mean())
                    last = bar == section.start_bar + section.bars - 1 and after.name != section.name
                    (turn if last else rest).append(changed)
    return float(np.mean(turn) / np.mean(rest))


def variety(seed: int) -> list[Row]:
    """Four takes of one prompt: how far apart their tunes and progressions are."""
    distances, other = [], []
    for style in STYLES[::4]:
        takes = [compose({style: 1.0}, seed + number) for number in range(4)]
        for a, b in combinations(takes, 2):
            distances.append(edit_distance(tune(a.canvas), tune(b.canvas)))
            other.append(not np.array_equal(a.canvas.harmony, b.canvas.harmony)
                         if a.canvas.harmony.shape == b.canvas.harmony.shape else True)
    return [Row("four takes of a prompt: mean melody edit distance ≥ .6", f"{np.mean(distances):.2f}",
                np.mean(distances) >= 0.6),
            Row("pairs of takes with different progressions ≥ .95", f"{np.mean(other):.2f}", np.mean(other) >= 0.95)]


def copying(pieces: list[Piece], shared: Path, songs: int) -> list[Row]:
    """Runs of eight melody notes with their rhythm that also stand in a training piece."""
    known: dict[str, set] = {"real": set(), "teacher": set()}
    held = []
    for found in real_pieces(shared).values():
        for piece in found:
            if "melody" in piece.lanes:
                (held.append(piece.canvas) if piece.held_out else known["real"].update(melody_runs(piece.canvas)))
    rng = np.random.default_rng(0)  # the training run's own songs
    for card in cards().values():
        for number in range(songs):
            canvas = write_song(card, rng).canvas
            if number:
                known["teacher"].update(melody_runs(canvas))
    rows = []
    for name, runs in known.items():
        copied = [bool(melody_runs(piece.canvas) & runs) for piece in pieces]
        natural = [bool(melody_runs(excerpt(canvas, 32, rng)) & runs) for canvas in held]
        bound = ", none" if name == "real" else ""
        rows.append(Row(f"pieces with a run of eight notes of a {name} training piece{bound}; held-out real beside",
                        f"{np.mean(copied):.2f}; {np.mean(natural):.2f}",
                        float(np.mean(copied)) == 0 if name == "real" else None))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=5, help="pieces a style")
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--shared", help="folder of the corpora, for the check of copying")
    parser.add_argument("--songs", type=int, default=40, help="teacher songs a style that the training run used")
    args = parser.parse_args()
    pieces = [compose({style: 1.0}, args.seed + number) for style in STYLES for number in range(args.each)]
    misses = show(f"{len(pieces)} pieces of 32 bars in {len(STYLES)} styles", statistics(pieces))
    ear, x, y = train_ear(args.seed)
    right = families_heard(ear, pieces)
    rows = [Row("the ear names the asked style's family ≥ .85", f"{right.mean():.3f}", right.mean() >= 0.85)]
    places = []
    for first, second in FUSIONS:
        mixed = [compose({first: 0.5, second: 0.5}, args.seed + number) for number in range(2)]
        places += list(between(x, y, mixed, first, second))
    rows.append(Row("fusions between their parents (0 … 1): mean, share within .05–.95 ≥ .9",
                    f"{np.mean(places):.2f}, {np.mean((np.array(places) > 0.05) & (np.array(places) < 0.95)):.2f}",
                    np.mean((np.array(places) > 0.05) & (np.array(places) < 0.95)) >= 0.9))
    misses += show("style is heard", rows)
    worst = {style: float(np.mean([r for r, p in zip(right, pieces, strict=True) if p.style == style]))
             for style in STYLES}
    print("not always heard:", ", ".join(f"{name} {share:.1f}" for name, share in worst.items() if share < 1))
    rows = variety(args.seed)
    if args.shared:
        rows += copying(pieces, Path(args.shared), args.songs)
    misses += show("takes differ, and copy nothing", rows)
    sys.exit(misses)


if __name__ == "__main__":
    main()
