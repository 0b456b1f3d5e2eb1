"""Learns metre, tempo and key of melodies: `python -m modules.training.melody_meter --shared DIR`. About 6 minutes.

Written melodies (OpenEWLD, OpenScore Lieder, Open Hymnal) are cut where phrases begin and performed as loosely as
people hum: at many tempi, early and late, drifting, with notes missed and mistaken. The weights are those of log-linear
models (the true key among 24; the right readings among those that `rhythm.follow` proposes) by maximum likelihood
with a Gaussian prior. One piece in ten of each source is held out by name and measured. Writes assets/weights/hum.json.
"""

from __future__ import annotations

import argparse
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from modules.canvas.vocabulary import STEPS_PER_BEAT
from modules.conditions.humming import key as keys
from modules.conditions.humming import knowledge as known
from modules.conditions.humming import meter, rhythm
from modules.training.corpora import Piece
from modules.training.lessons import real_pieces

SOURCES = {"openewld": 8, "hymns": 4, "lieder": 2}  # excerpts a piece
HELD_OUT_EXCERPTS = 3
SWUNG = 0.12  # share of performances in which eighths swing
SECONDS = (5.5, 17.0)
FEWEST = 7  # notes of an excerpt
SHORTEST_S = 0.06  # between two onsets
RIGHT = 0.8  # share of notes on their true steps that makes a reading right
MINOR = 2.5  # times a minor excerpt counts: minor is rarer in these books than in what people hum
LEFT_OUT = (  # tunes that the benchmark sings
    "Skye_Boat_Song", "Yankee_Doodle", "Auld_Lang_Syne", "The_Entertainer", "Drunken_Sailor", "Wiegenlied__lc5701612")
PRIOR = {"meter": 0.35, "key": 0.5}  # standard deviation a weight is expected to have
OUT = Path("assets/weights/hum.json")


@dataclass(frozen=True)
class Excerpt:
    """A stretch of a written melody as it was performed. `steps` are absolute, (n,) like the others."""

    source: str
    meter: str
    swung: bool
    tempo_bpm: float
    tonic: int
    mode: str
    steps: np.ndarray
    onsets_s: np.ndarray
    offsets_s: np.ndarray
    midi: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", required=True)
    parser.add_argument("--cache", default="cache/corpora.pkl")
    args = parser.parse_args()
    torch.manual_seed(0)
    shared = Path(args.shared)
    odd = oddly_barred(shared)
    pieces = {source: [p for p in found if p.name.split("#")[0] not in odd and "melody" in p.lanes
                       and not any(tune in p.name for tune in LEFT_OUT)]
              for source, found in real_pieces(shared, Path(args.cache)).items() if source in SOURCES}
    train = [e for source, found in pieces.items()
             for number, piece in enumerate(found) if not piece.held_out
             for e in excerpts(piece, source, SOURCES[source], np.random.default_rng([number, 1]))]
    held = [e for source, found in pieces.items()
            for number, piece in enumerate(found) if piece.held_out
            for e in excerpts(piece, source, HELD_OUT_EXCERPTS, np.random.default_rng([number, 2]))]
    print(f"{len(train)} excerpts, {len(held)} held out", flush=True)
    tables = counted([p for found in pieces.values() for p in found if not p.held_out])
    known.knowledge = lambda: tables  # the models below read what is being learned
    for room in (keys, meter, rhythm):
        room.knowledge = known.knowledge
    tables["key"] = learn_key(train)
    tables["meter"] = learn_meter(train)
    card = {
        "what": "metre, tempo and key of melodies: counts and log-linear weights", "licence": "Apache-2.0",
        "trained": {"command": "python -m modules.training.melody_meter", "excerpts": len(train)},
        "data": ["OpenEWLD (MIT)", "OpenScore Lieder (CC0)", "Open Hymnal (public domain)"],
        "held_out": {source: measure([e for e in held if e.source == source]) for source in SOURCES},
        "tables": {name: {key: [round(float(x), 4) for x in values] for key, values in table.items()}
                   for name, table in tables.items()},
    }
    OUT.write_text(json.dumps(card) + "\n", encoding="utf-8")
    print(json.dumps(card["held_out"], indent=1))


def oddly_barred(shared: Path) -> set[str]:
    """Scores whose written bars are not a canvas' bars (2/4 read as half of 4/4, …), so that "one" is not known."""
    fit = {("4", "4"), ("2", "2"), ("3", "4"), ("6", "8")}
    odd = set()
    for path in [*(shared / "openewld").glob("**/*.mxl"), *(shared / "lieder").glob("**/*.mxl")]:
        with zipfile.ZipFile(path) as archive:
            name = next(n for n in archive.namelist() if n.endswith(".xml") and "META" not in n)
            text = archive.read(name).decode("utf-8", "replace")
        if not set(re.findall(r"<beats>(\d+)</beats>\s*<beat-type>(\d+)</beat-type>", text)) <= fit:
            odd.add(path.stem)
    return odd


def melody_of(piece: Piece) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(steps, lengths, semitones above do)."""
    notes = piece.canvas.notes("melody")
    return (np.array([n.step for n in notes]), np.array([n.length for n in notes]), np.array([n.midi for n in notes]))


def home(piece: Piece) -> tuple[int, str] | None:
    """Tonic above do and mode by the last chord; None where the piece ends elsewhere."""
    roots = piece.canvas.harmony[:, 0]
    last = int(roots[roots < 12][-1]) if (roots < 12).any() else -1
    return {0: (0, "major"), 9: (9, "minor")}.get(last)


def counted(pieces: Sequence[Piece]) -> dict[str, dict[str, np.ndarray]]:
    """How often notes begin on each step, where melodies begin (by eighths), and how long notes are by step."""
    tables: dict[str, dict[str, np.ndarray]] = {"onsets": {}, "firsts": {}, "lengths": {}}
    for name in STEPS_PER_BEAT:
        bar = rhythm.bar_steps(name)
        onsets, firsts = np.full(bar, 4.0), np.full(bar // 2, 2.0)
        lengths: list[list[float]] = [[0.0] for _ in range(bar)]
        for piece in pieces:
            if piece.canvas.meter != name:
                continue
            steps, held, _ = melody_of(piece)
            onsets += np.bincount(steps % bar, minlength=bar)
            firsts[steps[0] % bar // 2] += 1
            spans = np.diff(steps, append=steps[-1] + held[-1])
            for step, length in zip(steps % bar, np.log2(spans / np.median(spans)), strict=True):
                lengths[step].append(float(np.clip(length, -1.5, 1.5)))
        tables["onsets"][name] = onsets / onsets.sum()
        tables["firsts"][name] = firsts / firsts.sum()
        tables["lengths"][name] = np.array([np.median(x) for x in lengths])
    for name in ("4/4", "3/4"):  # where eighths swing, sixteenths are rarer
        swung = tables["onsets"][name] * np.where(np.arange(rhythm.bar_steps(name)) % 2, 0.5, 1.0)
        tables["onsets"][f"{name} swung"] = swung / swung.sum()
    return tables


def excerpts(piece: Piece, source: str, count: int, rng: np.random.Generator) -> list[Excerpt]:
    """Performances of stretches that begin where phrases do, the piece's beginning among them."""
    steps, held, midi = melody_of(piece)
    at_home = home(piece)
    if at_home is None or len(steps) < FEWEST:
        return []
    starts = np.flatnonzero(np.r_[True, rhythm_ends(steps, held)[:-1]])
    chosen = [0, *rng.permutation(starts[1:])[:count - 1]]
    found = [perform(piece, source, at_home, (steps[i:], held[i:], midi[i:]), rng) for i in chosen]
    return [e for e in found if e is not None]


def rhythm_ends(steps: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Phrase ends of a written melody, at eight sixteenths a second."""
    return meter.phrase_ends(steps / 8, (steps + held) / 8)


def perform(piece: Piece, source: str, at_home: tuple[int, str], notes: tuple[np.ndarray, ...],
            rng: np.random.Generator) -> Excerpt | None:
    """Play written notes as a person hums; None when they are too few, too slow or too fast."""
    name = piece.canvas.meter
    steps, held, midi = notes
    low, middle, high = (36, 66, 120) if name == "6/8" else (56, 102, 190)
    tempo = float(np.exp(rng.uniform(np.log(low), np.log(high)))) if rng.random() < 0.5 else float(
        np.clip(middle * np.exp(0.3 * rng.standard_normal()), low, high))
    step_s = 60 / tempo / STEPS_PER_BEAT[name]
    swung = name != "6/8" and bool(((steps % 4) == 2).any()) and not (steps % 2).any() and rng.random() < SWUNG
    warp = rhythm.GRIDS[f"{name} swung" if swung else name][1]
    kept = (steps - steps[0]) * step_s < rng.uniform(*SECONDS)
    steps, held, midi = steps[kept], held[kept], midi[kept]
    if len(steps) < FEWEST or not 0.16 < np.median(np.diff(steps)) * step_s < 1.4:
        return None
    beats = rhythm.place(steps, warp)
    ends = rhythm_ends(steps, held)
    bend = 1 + rng.normal(0, 0.025) * np.linspace(-1, 1, len(steps))
    spans = np.diff(beats) * step_s * bend[1:] * np.exp(rng.normal(0, 0.012, len(steps) - 1))
    spans = spans + ends[:-1] * np.maximum(rng.normal(0.0, 0.07, len(steps) - 1), -0.1)  # a breath takes its time
    onsets = np.r_[0, np.cumsum(spans)] + rng.normal(0, rng.uniform(0.008, 0.035), len(steps))
    onsets = np.maximum.accumulate(onsets - SHORTEST_S * np.arange(len(steps))) + SHORTEST_S * np.arange(len(steps))
    share = rng.uniform(0.75, 1.0) * np.exp(rng.normal(0, 0.08, len(steps)))
    offsets = onsets + np.clip(held * step_s * share, 0.06, None)
    fluffed = rng.random(len(steps))
    midi = midi + np.where(fluffed < 0.02, rng.choice((-2, -1, 1, 2), len(steps)), 0)
    same = np.r_[False, np.diff(midi) == 0]
    kept = ~((fluffed > 0.98) | (same & (fluffed > 0.95)))  # missed, or run together with its equal neighbour
    kept[0] = True
    steps, onsets, offsets, midi = steps[kept], onsets[kept], offsets[kept], midi[kept]
    offsets = np.minimum(offsets, np.r_[onsets[1:], np.inf])
    shift = int(rng.integers(0, 12))
    return Excerpt(source, name, swung, tempo, (at_home[0] + shift) % 12, at_home[1], steps, onsets, offsets,
                   midi + shift + 48)


def learn_key(train: Sequence[Excerpt]) -> dict[str, np.ndarray]:
    """Weights by mode."""
    seen = torch.tensor(np.stack([keys.key_features(e.midi, e.onsets_s, e.offsets_s) for e in train]))  # (N, 12, F)
    wanted = torch.tensor([keys.MODES.index(e.mode) * 12 + e.tonic for e in train])
    trust = torch.tensor([MINOR if e.mode == "minor" else 1.0 for e in train])
    weights = torch.zeros(2, seen.shape[-1], dtype=torch.float64, requires_grad=True)

    def loss() -> torch.Tensor:
        logits = torch.einsum("nkf,mf->nmk", seen, weights).flatten(1)
        return (trust * torch.nn.functional.cross_entropy(logits, wanted, reduction="none")).sum() + (
            weights ** 2).sum() / (2 * PRIOR["key"] ** 2)

    descend(loss, [weights])
    return dict(zip(keys.MODES, weights.detach().numpy(), strict=True))


def learn_meter(train: Sequence[Excerpt]) -> dict[str, np.ndarray]:
    """Weights by metre, and of the grids."""
    names, grids = tuple(STEPS_PER_BEAT), meter.GRIDS
    tables = []  # (features, right, metre index, grid index) of each excerpt's readings
    for e in train:
        tune = meter.Tune.of(e.onsets_s, e.offsets_s, e.midi)
        fits = [rhythm.follow(tune, grid) for grid in grids]
        right = np.concatenate([right_readings(e, fit) for fit in fits])
        if right.any():
            seen = np.concatenate([meter.features(fit, tune) for fit in fits]).astype(np.float32)
            index = [(names.index(fit.meter), grids.index(fit.grid)) for fit in fits for _ in fit.steps]
            tables.append((seen, right, index))
    print(f"a right reading is among those proposed for {len(tables) / len(train):.3f} of the excerpts", flush=True)
    most = max(len(right) for _, right, _ in tables)
    size = tables[0][0].shape[1]
    x = torch.zeros(len(tables), most, size)
    meters, which = (torch.zeros(len(tables), most, dtype=torch.long) for _ in range(2))
    right = torch.zeros(len(tables), most, dtype=torch.bool)
    there = torch.zeros(len(tables), most, dtype=torch.bool)
    for row, (seen, good, index) in enumerate(tables):
        k = len(good)
        x[row, :k], right[row, :k], there[row, :k] = torch.from_numpy(seen), torch.from_numpy(good), True
        meters[row, :k], which[row, :k] = torch.tensor(index).T
    weights = torch.zeros(len(names), size, requires_grad=True)
    own = torch.zeros(len(grids), requires_grad=True)

    def loss() -> torch.Tensor:
        every = torch.einsum("nkf,mf->nkm", x, weights)
        logits = every.gather(2, meters[..., None])[..., 0] + own[which]
        logits = logits.masked_fill(~there, -1e9)
        told = torch.logsumexp(logits.masked_fill(~right, -1e9), 1) - torch.logsumexp(logits, 1)
        return -told.sum() + ((weights ** 2).sum() + (own ** 2).sum()) / (2 * PRIOR["meter"] ** 2)

    descend(loss, [weights, own])
    return {**dict(zip(names, weights.detach().numpy(), strict=True)), "grids": own.detach().numpy()}


def right_readings(e: Excerpt, fit: meter.Fits) -> np.ndarray:
    """bool (K,): readings that put nearly all notes on their true steps. Whether eighths swing must be right too."""
    if fit.meter != e.meter or fit.grid.endswith("swung") != e.swung:
        return np.zeros(len(fit.steps), bool)
    off = fit.steps - e.steps
    middle = np.median(off, axis=1).astype(int)
    return ((off == middle[:, None]).mean(axis=1) >= RIGHT) & (middle % rhythm.bar_steps(fit.meter) == 0)


def descend(loss, weights: list[torch.Tensor]) -> None:
    """Minimise a convex loss."""
    optimiser = torch.optim.LBFGS(weights, max_iter=120, history_size=20, line_search_fn="strong_wolfe",
                                  tolerance_grad=1e-3)

    def step() -> torch.Tensor:
        optimiser.zero_grad()
        value = loss()
        value.backward()
        return value

    print(f"loss {float(optimiser.step(step).detach()):.0f} → {float(loss().detach()):.0f}", flush=True)


def measure(held: Sequence[Excerpt]) -> dict[str, float]:
    """Shares of held-out excerpts: metre right; tempo within 4 %, and times or by two; where the bar begins, of those
    whose metre and tempo are right (and for 4/4 alone); the MIREX key score."""
    rows, phases, halves, mirex = [], [], [], []
    for e in held:
        beat = rhythm.find_beat(e.onsets_s, e.offsets_s, e.midi)
        ratio = beat.tempo_bpm / e.tempo_bpm
        exact = abs(ratio - 1) < 0.06  # the performance itself drifts
        near = min(abs(ratio / multiple - 1) for multiple in (0.5, 1, 2)) < 0.06
        rows.append((beat.meter == e.meter, exact, near, (beat.swing > 0.5) == e.swung))
        if beat.meter == e.meter and exact:
            off = int(np.median(np.array(beat.steps) - e.steps)) % rhythm.bar_steps(e.meter)
            phases.append(off == 0)
            if e.meter == "4/4":
                halves.append(off == 0)
        mirex.append(mirex_score(keys.find_key(e.midi, e.onsets_s, e.offsets_s), (e.tonic, e.mode)))
    figures = np.mean(rows, axis=0)
    return {"excerpts": len(held), **{name: round(float(x), 3) for name, x in (
        ("meter", figures[0]), ("tempo", figures[1]), ("tempo_octaves_allowed", figures[2]), ("swing", figures[3]),
        ("downbeat", np.mean(phases)), ("downbeat_4_4", np.mean(halves)), ("key_mirex", np.mean(mirex)))}}


def mirex_score(heard: tuple[int, str], true: tuple[int, str]) -> float:
    """1 for the key, .5 a fifth away, .3 the relative, .2 the parallel (MIREX audio key detection)."""
    if heard == true:
        return 1.0
    apart = (heard[0] - true[0]) % 12
    if heard[1] == true[1]:
        return 0.5 if apart in (5, 7) else 0.0
    if apart == 0:
        return 0.2
    return 0.3 if apart == (9 if true[1] == "major" else 3) else 0.0


if __name__ == "__main__":
    main()
