"""Learns where home is from chords as written: lead sheets, songs and hymns of known key, and teacher songs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
import torch.nn.functional as F

from modules.canvas import Canvas
from modules.conditions.home import N_FEATURES, PHRASE_BARS, home_features
from modules.styles.cards import cards
from modules.training.corpora import Piece
from modules.training.recordings import cut, ending_mode
from modules.training.teacher import write_song
from modules.types import MODE_OFFSETS, ChordSpan

CROPS = 5  # of each piece
MISHEARD = 0.14  # share of chords that an ear takes for another
SONGS = 3  # teacher songs a style
BRIGHT = ("major", "mixolydian", "lydian")


def stretches(pieces: Mapping[str, list[Piece]], rng: np.random.Generator) -> Iterator[tuple[Canvas, str]]:
    """Crops of training pieces and their modes, tonic at do plus the mode's offset."""
    songs = [(piece.canvas, ending_mode(piece.canvas)) for source in ("openewld", "lieder", "hymns", "freedoom")
             for piece in pieces[source] if not piece.held_out]
    for card in cards().values():
        lessons = [write_song(card, rng) for _ in range(SONGS)]
        songs += [(lesson.canvas, lesson.mode) for lesson in lessons]
    for canvas, mode in songs:
        if mode is None:
            continue
        for _ in range(CROPS):
            n_bars = min(canvas.n_bars, int(rng.integers(8, 33)))
            first = int(rng.choice([0, canvas.n_bars - n_bars, rng.integers(canvas.n_bars - n_bars + 1)]))
            yield cut(canvas, first, n_bars), mode


def misheard(canvas: Canvas, rng: np.random.Generator) -> tuple[ChordSpan, ...]:
    """The chords of a canvas, a beat a second, some of them taken for a neighbour."""
    out = []
    for start, n, root, quality in canvas.chords():
        if root is not None and rng.random() < MISHEARD:
            root = (root + int(rng.choice([0, 0, 3, 4, 5, 7, 8, 9]))) % 12
            quality = str(rng.choice(["maj", "min", "7"]))
        out.append(ChordSpan(float(start), float(start + n), root, quality))
    return tuple(out)


def learn_home(pieces: Mapping[str, list[Piece]], seed: int = 3) -> tuple[np.ndarray, float]:
    """(weights (F + 1, 2), share of kept crops named right)."""
    rng = np.random.default_rng(seed)
    x, y = [], []
    for canvas, mode in stretches(pieces, rng):
        spans = misheard(canvas, rng)
        phrases = np.arange(0, canvas.n_beats, PHRASE_BARS * canvas.beats_per_bar, dtype=float)
        x.append(home_features(spans, phrases))
        y.append(MODE_OFFSETS[mode] % 12 * 2 + (mode not in BRIGHT))
    x, y = torch.tensor(np.stack(x)), torch.tensor(y)
    # pieces' roots count from do; turned round, so that no tonic is more usual than another
    turn = torch.tensor(rng.integers(12, size=len(y)))
    x = torch.stack([torch.roll(each, int(t), 0) for each, t in zip(x, turn, strict=True)])
    y = ((y // 2 + turn) % 12) * 2 + y % 2
    kept = torch.arange(len(y)) // CROPS % 10 == 0
    share = torch.bincount(y[~kept] % 2, minlength=2).float()
    weight = (share.sum() / (2 * share))[y % 2].clamp(max=2.0)
    weights = torch.zeros(N_FEATURES + 1, 2, requires_grad=True)
    optimiser = torch.optim.Adam([weights], lr=0.05)
    for _ in range(250):
        logits = (x[~kept] @ weights[:-1] + weights[-1]).flatten(1)
        loss = (F.cross_entropy(logits, y[~kept], reduction="none") * weight[~kept]).mean()
        loss = loss + 3e-4 * (weights**2).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.inference_mode():
        right = ((x[kept] @ weights[:-1] + weights[-1]).flatten(1).argmax(dim=1) == y[kept]).float().mean()
    return weights.detach().numpy(), float(right)


