"""Trains the critic: `python -m modules.training.critic --shared DIR`. Pieces against the same pieces spoilt; a minute.

Spoilt: bars shuffled, one lane transposed, dynamics flattened (the fullest section's accompaniment everywhere), melody
tones scattered, chords shuffled. Learned by logistic regression on the difference of measures (Bradley & Terry 1952).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from modules.canvas import Canvas
from modules.canvas import vocabulary as v
from modules.evaluation import critic
from modules.styles.cards import cards
from modules.training.lessons import real_pieces
from modules.training.teacher import write_song


def shuffle_bars(canvas: Canvas, rng: np.random.Generator) -> Canvas:
    """Bars in random order, all lanes together."""
    out, order = canvas.copy(), rng.permutation(canvas.n_bars)
    out.steps[:] = canvas.steps.reshape(len(canvas.steps), canvas.n_bars, -1)[:, order].reshape(canvas.steps.shape)
    out.harmony[:] = canvas.harmony.reshape(canvas.n_bars, -1, 2)[order].reshape(canvas.harmony.shape)
    return out


def transpose_lane(canvas: Canvas, rng: np.random.Generator) -> Canvas:
    """One pitched lane moved by a semitone, a tritone or a major third against the rest."""
    out = canvas.copy()
    rows = [row for row in v.PITCH_ROWS if (canvas.steps[v.ROW_NAMES.index(row)] >= v.ONSET).any()]
    row = rows[rng.integers(len(rows))]
    line = out.steps[v.ROW_NAMES.index(row)]
    by, top = int(rng.choice([1, -1, 6, 4])), v.ROWS[row][2]
    onset = line >= v.ONSET
    moved = line + by
    line[onset] = np.where(moved < v.ONSET, moved + 12, np.where(moved >= top, moved - 12, moved))[onset]
    return out


def flatten_dynamics(canvas: Canvas, rng: np.random.Generator) -> Canvas:
    """Everything but the melody as in the fullest section, looped over the whole piece."""
    out, per_bar = canvas.copy(), canvas.steps_per_bar
    heard = (canvas.steps > 0).reshape(len(canvas.steps), canvas.n_bars, -1).sum(axis=(0, 2))
    section = max(canvas.sections, key=lambda s: heard[s.start_bar:s.start_bar + s.bars].mean())
    bars = [section.start_bar + bar % section.bars for bar in range(canvas.n_bars)]
    rows = [i for i, name in enumerate(v.ROW_NAMES) if name != "melody"]
    blocks = canvas.steps.reshape(len(canvas.steps), canvas.n_bars, per_bar)
    out.steps[rows] = blocks[rows][:, bars].reshape(len(rows), -1)
    return out


def scatter_tones(canvas: Canvas, rng: np.random.Generator) -> Canvas:
    """Melody rhythms kept, its pitches in random order."""
    out = canvas.copy()
    line = out.steps[v.ROW_NAMES.index("melody")]
    onset = np.flatnonzero(line >= v.ONSET)
    line[onset] = line[rng.permutation(onset)]
    return out


def shuffle_chords(canvas: Canvas, rng: np.random.Generator) -> Canvas:
    """Bars of harmony in random order under the same notes."""
    out = canvas.copy()
    order = rng.permutation(canvas.n_bars)
    out.harmony[:] = canvas.harmony.reshape(canvas.n_bars, -1, 2)[order].reshape(canvas.harmony.shape)
    return out


SPOIL: dict[str, Callable[[Canvas, np.random.Generator], Canvas]] = {
    "shuffled bars": shuffle_bars, "transposed lane": transpose_lane, "flattened dynamics": flatten_dynamics,
    "scattered tones": scatter_tones, "shuffled chords": shuffle_chords}


def excerpt(canvas: Canvas, bars: int, rng: np.random.Generator) -> Canvas:
    """A stretch of at most `bars`, sections cut to it."""
    if canvas.n_bars <= bars:
        return canvas
    first = int(rng.integers(0, (canvas.n_bars - bars) // 4 + 1)) * 4
    sections, names = [], {}
    for index, s in enumerate(canvas.sections):
        start, end = max(s.start_bar, first), min(s.start_bar + s.bars, first + bars)
        if start < end:
            names[index] = len(sections)
            sections.append(replace(s, start_bar=start - first, bars=end - start, source=names.get(s.source)))
    out = Canvas.empty(canvas.meter, tuple(sections))
    per_bar, bpb = canvas.steps_per_bar, canvas.beats_per_bar
    out.steps[:] = canvas.steps[:, first * per_bar:(first + bars) * per_bar]
    out.harmony[:] = canvas.harmony[first * bpb:(first + bars) * bpb]
    out.active[:] = canvas.active[:, first:first + bars]
    return out


def spoils(canvas: Canvas, teacher: bool) -> list[str]:
    """Ways in which this piece can be spoilt so that anybody would hear it."""
    melody = (canvas.steps[v.ROW_NAMES.index("melody")] >= v.ONSET).sum() >= 12
    names = ["shuffled bars"]
    if any((canvas.steps[v.ROW_NAMES.index(row)] >= v.ONSET).sum() >= 12 for row in v.PITCH_ROWS):
        names.append("transposed lane")
    if melody:
        names.append("scattered tones")
    if len({tuple(chord) for chord in canvas.harmony.tolist()}) >= 3:
        names.append("shuffled chords")
    drums = (canvas.steps[v.ROW_NAMES.index("drum_a")] > 0).any()
    if teacher and len({s.energy for s in canvas.sections}) > 1 and drums:
        names.append("flattened dynamics")
    return names


def gather(shared: Path, seed: int) -> tuple[list[tuple[Canvas, bool]], list[tuple[Canvas, bool]]]:
    """(training, held-out) excerpts of up to 32 bars, each with whether the teacher wrote it."""
    rng = np.random.default_rng(seed)
    train: list[tuple[Canvas, bool]] = []
    held: list[tuple[Canvas, bool]] = []
    for source, pieces in real_pieces(shared).items():
        if source == "groove":
            continue
        for piece in pieces:
            if piece.canvas.n_bars >= 12 and (piece.held_out or rng.random() < (0.25 if source == "lieder" else 0.8)):
                (held if piece.held_out else train).append((excerpt(piece.canvas, 32, rng), False))
    for card in cards().values():
        for number in range(4):
            (held if number == 3 else train).append((excerpt(write_song(card, rng).canvas, 32, rng), True))
    return train, held


def pairs_of(pieces: list[tuple[Canvas, bool]], table: np.ndarray, rng: np.random.Generator) -> tuple[
        np.ndarray, np.ndarray, list[str]]:
    """Measures (N, F) of pieces and of the same pieces spoilt, and how."""
    good, bad, kinds = [], [], []
    for canvas, teacher in pieces:
        whole = critic.describe(canvas, chord_table=table)
        for kind in spoils(canvas, teacher):
            good.append(whole)
            bad.append(critic.describe(SPOIL[kind](canvas, rng), chord_table=table))
            kinds.append(kind)
    return np.array(good), np.array(bad), kinds


def chord_table(pieces: list[tuple[Canvas, bool]]) -> np.ndarray:
    """(36, 36) log-probabilities of chord changes, smoothed."""
    counts = np.full((36, 36), 0.05)
    for canvas, _ in pieces:
        code = critic.chord_codes(canvas.harmony)
        for a, b in zip(code, code[1:], strict=False):
            if a != b and a >= 0 and b >= 0:
                counts[a, b] += 1
    return np.log(counts / counts.sum(axis=1, keepdims=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", required=True)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--out", default="assets/weights/critic.json")
    args = parser.parse_args()
    train, held = gather(Path(args.shared), args.seed)
    table = chord_table(train)
    rng = np.random.default_rng(args.seed)
    good, bad, _ = pairs_of(train, table, rng)
    mean = np.nanmean(good, axis=0)
    scale = np.nanstd(good, axis=0) + 1e-3

    def differences(good: np.ndarray, bad: np.ndarray) -> np.ndarray:
        return np.array([critic.spread(a, mean, scale) - critic.spread(b, mean, scale)
                         for a, b in zip(good, bad, strict=True)])

    x = differences(good, bad)
    weights = fit(x)
    test_good, test_bad, kinds = pairs_of(held, table, rng)
    margins = differences(test_good, test_bad) @ weights
    won = {kind: round(float((margins[np.array(kinds) == kind] > 0).mean()), 3) for kind in SPOIL}
    card = {"what": "Earworm's critic", "licence": "Apache-2.0", "features": critic.FEATURES,
            "trained": {"command": "python -m modules.training.critic", "pairs": len(x)},
            "held_out_pairs_ranked_right": won | {"all": round(float((margins > 0).mean()), 3), "pairs": len(margins)},
            "mean": np.round(mean, 5).tolist(), "scale": np.round(scale, 5).tolist(),
            "weights": np.round(weights, 5).tolist(), "chord_table": np.round(table, 3).tolist()}
    Path(args.out).write_text(json.dumps(card) + "\n", encoding="utf-8")
    print(json.dumps(card["held_out_pairs_ranked_right"], indent=1))
    order = np.argsort(-np.abs(weights))[:12]
    names = [*critic.FEATURES, *(f"|{name}|" for name in critic.FEATURES)]
    print(", ".join(f"{names[i]} {weights[i]:+.2f}" for i in order))


def ranked_right(pieces: list[tuple[Canvas, bool]], rng: np.random.Generator) -> dict[str, float]:
    """Share of pieces that the shipped critic ranks above themselves spoilt, by how they were."""
    won: dict[str, list[bool]] = {}
    for canvas, teacher in pieces:
        whole = critic.criticise(canvas)
        for kind in spoils(canvas, teacher):
            won.setdefault(kind, []).append(whole > critic.criticise(SPOIL[kind](canvas, rng)))
    return {kind: float(np.mean(found)) for kind, found in won.items()}


def fit(x: np.ndarray) -> np.ndarray:
    """Weights of a logistic regression without intercept that calls every difference positive, ridge-regularised."""
    data = torch.from_numpy(x).float()
    weights = torch.zeros(x.shape[1], requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=200)

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = torch.nn.functional.softplus(-(data @ weights)).mean() + 0.002 * (weights ** 2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return weights.detach().numpy().astype(float)


if __name__ == "__main__":
    main()
