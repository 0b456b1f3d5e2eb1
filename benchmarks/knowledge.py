"""What the generator has learned, on held-out pieces: `python -m benchmarks.knowledge --shared DIR`.

Loss by lane against simple models and against a model that never saw the teacher; chords for given melodies against a
table; the critic's ranking; chord analysis against written chords. The exit status counts misses.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from benchmarks.baselines import Markov, PreviousBar, Unigram
from benchmarks.tables import Row, show
from modules.canvas import Canvas
from modules.canvas import vocabulary as v
from modules.generator import checkpoint, compose
from modules.generator import encoding as enc
from modules.generator.model import CanvasModel
from modules.generator.plan import Plan
from modules.generator.tasks import nothing_returns
from modules.training import critic as critic_training
from modules.training import lessons
from modules.training.scores import lay_analysis
from modules.types import LANES, GridNote

REAL_LANES = {"melody": ("openewld", "lieder", "hymns"), "harmony": ("openewld", "lieder", "hymns"),
              "bass": ("lieder", "hymns", "freedoom"), "counter": ("hymns",), "drums": ("groove", "freedoom")}
CROP = lessons.CROP_BARS


def crops(ex: lessons.Example, limit: int) -> list[slice]:
    """Consecutive stretches of `CROP` bars."""
    beats = CROP * ex.beats_per_bar
    return [slice(at, at + beats) for at in range(0, max(1, len(ex.cells) - beats + 1), beats)][:limit]


def row_lines(ex: lessons.Example, part: slice) -> dict[str, np.ndarray]:
    """Token lines of the harmony (root and quality as one) and of each row in a stretch."""
    cells = ex.cells[part].astype(int)
    lines = {"harmony": cells[:, 0] * len(v.QUALITIES) + cells[:, 1]}
    for index, name in enumerate(v.ROW_NAMES):
        lines[name] = cells[:, 2 + index * ex.k:2 + (index + 1) * ex.k].reshape(-1)
    return lines


def counted(ex: lessons.Example, part: slice) -> dict[str, np.ndarray]:
    """Which tokens of `row_lines` count: those of lanes that the piece has and that are not at rest by plan."""
    beats = len(ex.cells[part])
    out = {"harmony": np.full(beats, "harmony" in ex.lanes)}
    for lane in LANES:
        flag = ex.features[part][:, enc.FEATURE_NAMES.index(f"active_{lane}")] != 0
        for row in v.LANE_ROWS[lane]:
            out[v.ROW_NAMES[row]] = np.repeat(flag & (lane in ex.lanes), ex.k)
    return out


ROW_SIZES = {"harmony": v.N_ROOTS * len(v.QUALITIES), **{row: size for row, (_, _, size) in v.ROWS.items()}}
ROWS_OF = {"harmony": ("harmony",), **{lane: tuple(v.ROW_NAMES[r] for r in v.LANE_ROWS[lane]) for lane in LANES}}


def simple_losses(train: list[lessons.Example], held: list[lessons.Example], lane: str) -> dict[str, float]:
    """Nats a step (beat for harmony) of the simple models on a lane."""
    own = [ex for ex in train if lane in ex.lanes]
    totals, steps = defaultdict(float), 0
    for row in ROWS_OF[lane]:
        whole = slice(0, None)
        lines = [(row_lines(ex, whole)[row], ex.beats_per_bar * (1 if row == "harmony" else ex.k)) for ex in own]
        unigram = Unigram([line for line, _ in lines], ROW_SIZES[row])
        models = {"unigram": unigram, "previous bar": PreviousBar(lines, unigram),
                  "Markov 5": Markov([line for line, _ in lines], ROW_SIZES[row])}
        for ex in held:
            per_bar = ex.beats_per_bar * (1 if row == "harmony" else ex.k)
            for part in crops(ex, 2):
                line, mask = row_lines(ex, part)[row], counted(ex, part)[row]
                for name, model in models.items():
                    totals[name] += float(model.nats(line, per_bar)[mask].sum())
                if row == ROWS_OF[lane][0]:
                    steps += int(mask.sum())
    return {name: total / steps for name, total in totals.items()}


def model_losses(model: CanvasModel, held: list[lessons.Example]) -> dict[str, float]:
    """Nats a step (beat for harmony) of the generator by lane, nothing known beforehand; drums: its rows together."""
    rng = np.random.default_rng(3)
    totals, cells = defaultdict(float), defaultdict(float)
    with torch.inference_mode():
        for ex in held:
            for part in crops(ex, 2):
                cut = lessons.Example(ex.k, ex.beats_per_bar, ex.cells[part], ex.last[part], ex.features[part],
                                      ex.lanes, ex.styles, ex.source)
                batch = lessons.build_batch([cut], 1, len(model.config.styles), rng, task="compose", plain=True)
                for name, (nats, count) in model(**batch).items():
                    lane = "harmony" if name in ("root", "quality") else v.ROWS[name][0]
                    totals[lane] += float(nats)
                    if name in ("root", "drum_a") or lane not in ("harmony", "drums"):
                        cells[lane] += float(count)
    return {lane: totals[lane] / cells[lane] for lane in totals}


def loss_rows(shared: Path, songs: int, each: int) -> list[Row]:
    """The generator against the simple models and the model without the teacher, lane by lane."""
    train, held = lessons.read_examples(shared, songs, 0)
    model = checkpoint.generator()
    path = Path("cache/real_only")
    bare = checkpoint.read(path) if path.with_suffix(".safetensors").exists() else None
    rows = []
    for kind, lanes in (("real", REAL_LANES), ("teacher", dict.fromkeys(("harmony", *LANES), ("teacher",)))):
        for lane, sources in lanes.items():
            tests = [ex for ex in held if ex.source in sources and lane in ex.lanes][:each]
            lessons_of = [ex for ex in train if ex.source in sources and lane in ex.lanes][:600]
            found = simple_losses(lessons_of, tests, lane)
            ours = model_losses(model, tests)[lane]
            text = f"{ours:.3f}; " + ", ".join(f"{name} {value:.3f}" for name, value in found.items())
            holds = ours < min(found.values())
            if bare is not None:
                without = model_losses(bare, tests)[lane]
                text += f", no teacher {without:.3f}"
                holds = holds and ours < without
            rows.append(Row(f"{lane}, held-out {kind} pieces ({len(tests)})", text, bool(holds)))
    return rows


def function_of(root: int, quality: int) -> str:
    """Tonic, subdominant or dominant by root above do (major and relative minor read alike), else the root."""
    return {0: "T", 9: "T", 4: "T", 5: "S", 2: "S", 7: "D", 11: "D"}.get(int(root), str(root))


def chord_table(canvases: list[Canvas]) -> dict[tuple, tuple[int, int]]:
    """The most usual chord for each set of melody pitch classes in a beat."""
    counts: dict[tuple, dict] = defaultdict(lambda: defaultdict(int))
    for canvas in canvases:
        for key, chord in zip(melody_sets(canvas), canvas.harmony.tolist(), strict=True):
            counts[key][tuple(chord)] += 1
            counts[()][tuple(chord)] += 1
    return {key: max(seen, key=seen.get) for key, seen in counts.items()}


def melody_sets(canvas: Canvas) -> list[tuple]:
    """Pitch classes of the melody that sound in each beat."""
    sets: list[set] = [set() for _ in range(canvas.n_beats)]
    for n in canvas.notes("melody"):
        for beat in range(n.step // canvas.steps_per_beat, (n.step + n.length - 1) // canvas.steps_per_beat + 1):
            if beat < len(sets):
                sets[beat].add((n.midi + v.LOWEST["melody"]) % 12)
    return [tuple(sorted(s)) for s in sets]


def harmonise(canvas: Canvas, seed: int, draws: int) -> list[Canvas]:
    """The engine's harmonisations of a melody, first choice first."""
    given = canvas.copy()
    given.harmony[:] = 0
    given.known_harmony[:] = False
    given.known_steps[:] = False
    given.known_steps[v.ROW_NAMES.index("melody")] = True
    plan = Plan(canvas=given, styles={"openewld": 1.0}, tempo_bpm=110.0, tonic=0, mode="", swing=0.5, swing_unit=8,
                copy_bars=nothing_returns(given), ending="ring")
    return compose.harmonisations(checkpoint.generator(), plan, seed=seed, draws=draws, planned=False)


def harmony_rows(shared: Path, draws: int) -> list[Row]:
    """Harmonising held-out OpenEWLD melodies."""
    pieces = lessons.real_pieces(shared)["openewld"]
    table = chord_table([p.canvas for p in pieces if not p.held_out])
    scores: dict[str, list] = defaultdict(list)
    moves: dict[str, list] = defaultdict(list)
    for number, piece in enumerate(p for p in pieces if p.held_out):
        canvas = piece.canvas
        chosen, single = harmonise(canvas, number, draws)[:2]
        answers = {"always the tonic": np.tile([0, 0], (canvas.n_beats, 1)),
                   "table": np.array([table.get(key, table[()]) for key in melody_sets(canvas)]),
                   "its best single draw": single.harmony, "the engine's": chosen.harmony}
        for name, answer in answers.items():
            right = canvas.harmony
            root = answer[:, 0] == right[:, 0]
            exact = root & (answer[:, 1] == right[:, 1])
            function = root | np.array([function_of(*a) == function_of(*b)
                                        for a, b in zip(answer.tolist(), right.tolist(), strict=True)])
            scores[name].append((root.sum(), exact.sum(), function.sum(), len(root)))
        for name, harmony in (("real", canvas.harmony), ("the engine's", chosen.harmony)):
            moves[name].append(harmonic_habits(canvas, harmony))
    rows = []
    for name, found in scores.items():
        root, exact, function, total = np.array(found).sum(axis=0)
        root, exact, function = root / total, exact / total, function / total
        ours = name == "the engine's"
        rows.append(Row(f"{name}: root {'≥ .50 ' if ours else ''}/ exact {'≥ .42 ' if ours else ''}/ same function "
                        f"{'≥ .65' if ours else ''}", f"{root:.3f} / {exact:.3f} / {function:.3f}",
                        bool(root >= 0.5 and exact >= 0.42 and function >= 0.65) if ours else None))
    for index, name in enumerate(("chord changes a bar", "chord tones on strong beats")):
        low, high = np.percentile([m[index] for m in moves["real"]], (10, 90))
        mean = float(np.mean([m[index] for m in moves["the engine's"]]))
        rows.append(Row(f"{name}: within the real {low:.2f}–{high:.2f}", f"{mean:.2f}", bool(low <= mean <= high)))
    return rows


def harmonic_habits(canvas: Canvas, harmony: np.ndarray) -> tuple[float, float]:
    """Chord changes a bar and the share of strong-beat melody onsets that are chord tones."""
    changes = (np.diff(harmony.astype(int) @ [32, 1]) != 0).sum() / canvas.n_bars
    strong = canvas.steps_per_beat * (2 if canvas.beats_per_bar == 4 else canvas.beats_per_bar)
    hits = [(n.midi + v.LOWEST["melody"] - harmony[n.step // canvas.steps_per_beat, 0]) % 12
            in v.QUALITIES[v.QUALITY_NAMES[harmony[n.step // canvas.steps_per_beat, 1]]]
            for n in canvas.notes("melody") if n.step % strong == 0]
    return float(changes), float(np.mean(hits)) if hits else 0.0


def analysis_rows(shared: Path) -> list[Row]:
    """The chord analysis of the polyphonic corpora against OpenEWLD's written chords, sounded as blocks with a bass."""
    root, exact = [], []
    for piece in lessons.real_pieces(shared)["openewld"]:
        canvas, notes, bass = piece.canvas.copy(), [], []
        spb = canvas.steps_per_beat
        for beat, length, chord_root, quality in canvas.chords():
            if chord_root is not None:
                bass.append(GridNote(beat * spb, length * spb, 36 + chord_root))
                notes += [GridNote(beat * spb, length * spb, 48 + (chord_root + t) % 12) for t in v.QUALITIES[quality]]
        melody = [GridNote(n.step, n.length, n.midi + 60 + v.LOWEST["melody"]) for n in canvas.notes("melody")]
        lay_analysis(canvas, notes + melody + bass, bass, 0)
        root.append((canvas.harmony[:, 0] == piece.canvas.harmony[:, 0]).mean())
        exact.append((canvas.harmony == piece.canvas.harmony).all(axis=1).mean())
    return [Row("chord analysis against written chords: root ≥ .95, exact",
                f"{np.mean(root):.3f}, {np.mean(exact):.3f}", bool(np.mean(root) >= 0.95))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", required=True)
    parser.add_argument("--songs", type=int, default=6, help="teacher songs a style, one of them held out")
    parser.add_argument("--each", type=int, default=40, help="held-out pieces a lane")
    parser.add_argument("--draws", type=int, default=16)
    args = parser.parse_args()
    shared = Path(args.shared)
    misses = show("chords for held-out melodies", harmony_rows(shared, args.draws))
    misses += show("chord analysis", analysis_rows(shared))
    _, held = critic_training.gather(shared, 5)
    won = critic_training.ranked_right(held, np.random.default_rng(6))
    misses += show("the critic ranks a piece above the same piece spoilt", [
        Row(f"{kind} ≥ .90", f"{share:.3f}", share >= 0.9) for kind, share in won.items()])
    misses += show("held-out loss, nats a step", loss_rows(shared, args.songs, args.each))
    sys.exit(misses)


if __name__ == "__main__":
    main()
