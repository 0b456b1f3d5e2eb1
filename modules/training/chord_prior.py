"""Trains the chord prior: `python -m modules.training.chord_prior --shared DIR`. A minute or two.

Learns from OpenEWLD's written chords, from Lieder and hymns by analysis, and from teacher songs; each source is
marked, so that asking for one gives its habits. The epoch is chosen on a tenth of the training pieces, not on the
held-out ones.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from modules.canvas import Canvas
from modules.generator.chord_prior import N_QUALITIES, SOURCES, ChordPrior, melody_features, with_source
from modules.styles.cards import cards
from modules.training.lessons import real_pieces
from modules.training.teacher import write_song

WEIGHTS = {"openewld": 1.0, "lieder": 0.35, "hymns": 0.6, "teacher": 0.35}


def table_of(canvases: list[tuple[Canvas, str]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features (N, F), classes (N,) and weights (N,) of all beats with a chord."""
    x, y, w = [], [], []
    for canvas, source in canvases:
        keep = canvas.harmony[:, 0] < 12
        x.append(with_source(melody_features(canvas), source)[keep])
        y.append((canvas.harmony[:, 0].astype(int) * N_QUALITIES + canvas.harmony[:, 1])[keep])
        w.append(np.full(int(keep.sum()), WEIGHTS[source], np.float32))
    return np.concatenate(x), np.concatenate(y), np.concatenate(w)


def accuracy(model: ChordPrior, x: torch.Tensor, y: torch.Tensor) -> tuple[float, float]:
    """(root, exact) shares of beats named right by the most likely root and the most likely chord."""
    model.eval()
    with torch.inference_mode():
        p = torch.softmax(model(x), dim=-1)
    root = p.view(len(p), 12, -1).sum(dim=2).argmax(dim=1)
    return float((root == y // N_QUALITIES).float().mean()), float((p.argmax(dim=1) == y).float().mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", required=True)
    parser.add_argument("--songs", type=int, default=4, help="teacher songs a style")
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--out", default="assets/weights/chords")
    args = parser.parse_args()
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    train: list[tuple[Canvas, str]] = []
    choose: list[tuple[Canvas, str]] = []
    held: list[tuple[Canvas, str]] = []
    for source, pieces in real_pieces(Path(args.shared)).items():
        for number, piece in enumerate(pieces if source in SOURCES else ()):
            kept = held if piece.held_out else choose if source == "openewld" and number % 10 == 3 else train
            kept.append((piece.canvas, source))
    for card in cards().values():
        train += [(write_song(card, rng).canvas, "teacher") for _ in range(args.songs)]
    x, y, w = (torch.from_numpy(a) for a in table_of(train))
    choose_x, choose_y, _ = (torch.from_numpy(a) for a in table_of(choose))
    held_x, held_y, _ = (torch.from_numpy(a) for a in table_of([pair for pair in held if pair[1] == "openewld"]))
    print(f"{len(x)} beats; {len(choose_x)} to choose the epoch; {len(held_x)} held out", flush=True)
    model = ChordPrior(args.width)
    optimiser = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, args.epochs * (len(x) // 1024 + 1))
    best, state = -1.0, None
    for epoch in range(args.epochs):
        model.train()
        for part in torch.randperm(len(x)).split(1024):
            loss = (F.cross_entropy(model(x[part]), y[part], reduction="none", label_smoothing=0.05) * w[part]).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        root, exact = accuracy(model, choose_x, choose_y)
        print(f"epoch {epoch}: root {root:.3f} exact {exact:.3f}", flush=True)
        if root + exact > best:
            best, state = root + exact, {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(state)
    root, exact = accuracy(model, held_x, held_y)
    marginal = {}
    for source in SOURCES:
        counts = np.bincount(table_of([pair for pair in train if pair[1] == source])[1], minlength=12 * N_QUALITIES)
        marginal[source] = [round(float(p), 6) for p in (counts + 1) / (counts + 1).sum()]
    out = Path(args.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.half().contiguous() for name, value in state.items()}, str(out) + ".safetensors")
    card = {
        "what": "Earworm's chord prior: chords that a melody suggests", "licence": "Apache-2.0", "width": args.width,
        "trained": {"command": "python -m modules.training.chord_prior", "beats": len(x), "weights": WEIGHTS},
        "data": ["OpenEWLD (MIT)", "OpenScore Lieder (CC0)", "Open Hymnal (public domain)", "teacher canvases (own)"],
        "held_out_openewld": {"root": round(root, 3), "exact": round(exact, 3)},
        "marginal": marginal,
    }
    Path(str(out) + ".json").write_text(json.dumps(card) + "\n", encoding="utf-8")
    print(json.dumps(card["held_out_openewld"]))


if __name__ == "__main__":
    main()
