"""Canvases → training batches: the mixture of teacher and real music, crops, and the tasks as known cells."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from modules.canvas import MUST_ONSET, NO_ONSET, Canvas
from modules.canvas import vocabulary as v
from modules.generator import encoding as enc
from modules.styles.cards import cards
from modules.training import corpora
from modules.training.teacher import write_song
from modules.types import LANES

CROP_BARS = 16
# Short crops, four times as many to a batch: most of a long one can be copied from its own past, so that what a style
# sounds like is learned from beginnings (measured: from long crops alone it was not learned in 30 minutes).
SHORT_BARS, SHORT_SHARE = 4, 0.45
SOURCES = ("openewld", "lieder")  # style rows for real corpora that no card describes
ALL_LANES = frozenset((*LANES, "harmony"))
# tasks of a crop and how often each is drawn
TASKS = {"compose": .2, "arrange": .32, "plan": .03, "harmonise": .1, "chords": .02, "lead": .11, "words": .08,
         "lanes": .08, "continue": .03, "redo": .03}
HARMONIC, HARMONIC_SHARE = ("plan", "plan", "chords"), 0.14


@dataclass
class Example:
    """One piece, ready to crop."""

    k: int
    beats_per_bar: int
    cells: np.ndarray  # int16 (T, C)
    last: np.ndarray  # int8 (T, C) last sounding pitch before each pitch cell
    features: np.ndarray  # int16 (T, F)
    lanes: frozenset[str]
    styles: tuple[int, ...]  # rows of the style table, one is drawn; empty = none
    source: str


def last_pitches(cells: np.ndarray, k: int) -> np.ndarray:
    """int8 (T, C): pitch index of the last onset before each cell of a pitch row, -1 = none."""
    t, c = cells.shape
    out = np.full((t, c), -1, np.int8)
    for name in v.PITCH_ROWS:
        start = 2 + v.ROW_NAMES.index(name) * k
        line = cells[:, start:start + k].reshape(-1)
        pitch = np.where(line >= v.ONSET, line - v.ONSET, -1)
        index = np.maximum.accumulate(np.where(pitch >= 0, np.arange(len(pitch)), -1))
        filled = np.where(index >= 0, pitch[np.maximum(index, 0)], -1)
        out[:, start:start + k] = np.concatenate([[-1], filled[:-1]]).reshape(t, k)
    return out


def example(canvas: Canvas, *, mode: str | None, tempo_bpm: float | None, lanes: frozenset[str],
            styles: tuple[int, ...], source: str) -> Example:
    """An example from a full canvas."""
    cells = enc.to_cells(canvas)
    k = canvas.steps_per_beat
    bins = enc.attributes(canvas)
    if "melody" not in lanes:
        bins = {}
    feats = enc.features(canvas, mode=mode, tempo_bpm=tempo_bpm, bins=bins,
                         modelled=None if lanes == ALL_LANES else lanes, planned=source == "teacher")
    return Example(k, canvas.beats_per_bar, cells, last_pitches(cells, k), feats.astype(np.int16), lanes, styles,
                   source)


def read_examples(shared: Path, songs_per_style: int, seed: int) -> tuple[list[Example], list[Example]]:
    """(training, held-out) examples: teacher songs of every card and the real corpora."""
    names = list(cards())
    train: list[Example] = []
    held: list[Example] = []
    rng = np.random.default_rng(seed)
    for index, card in enumerate(cards().values()):
        for number in range(songs_per_style):
            lesson = write_song(card, rng)
            made = example(lesson.canvas, mode=lesson.mode, tempo_bpm=lesson.tempo_bpm, lanes=ALL_LANES,
                           styles=(index,), source="teacher")
            (held if number == 0 else train).append(made)
    real = [(source, piece) for source, pieces in real_pieces(shared).items() for piece in pieces]
    for source, piece in real:
        rows = tuple(names.index(s) for s in piece.styles if s in names)
        if source in SOURCES:
            rows = (len(names) + SOURCES.index(source),)
        made = example(piece.canvas, mode=None, tempo_bpm=piece.tempo_bpm, lanes=piece.lanes, styles=rows,
                       source=source)
        (held if piece.held_out else train).append(made)
    return train, held


def real_pieces(shared: Path, cache: Path = Path("cache/corpora.pkl")) -> dict[str, list[corpora.Piece]]:
    """The pieces of every real corpus by source; parsing takes minutes, so they are kept in `cache` (ours to trust)."""
    if cache.exists():
        return pickle.loads(cache.read_bytes())
    found = {"openewld": list(corpora.read_lead_sheets(shared / "openewld")),
             "lieder": list(corpora.read_lieder(shared / "lieder")),
             "hymns": list(corpora.read_hymns(shared / "open_hymnal.abc")),
             "freedoom": list(corpora.read_freedoom(shared / "freedoom")),
             "groove": list(corpora.read_grooves(shared / "groove"))}
    cache.parent.mkdir(exist_ok=True)
    cache.write_bytes(pickle.dumps(found))
    return found


def choose_known(cells: np.ndarray, ex: Example, task: str, rng: np.random.Generator) -> tuple[
        np.ndarray, np.ndarray, frozenset[str]]:
    """Known mask (T, C), rhythm codes (T, C) and the lanes that are modelled, for one task."""
    t, c = cells.shape
    known = np.zeros((t, c), bool)
    rhythm = np.zeros((t, c), np.int8)
    lanes = ex.lanes
    groups = enc.cell_groups(ex.k)
    melody = groups == 2 + v.ROW_NAMES.index("melody")
    harmony = groups < 2
    if task == "arrange":
        known[:, harmony] = True
    elif task == "plan":
        lanes = lanes & {"harmony"}
    elif task == "harmonise":
        known[:, melody] = True
    elif task == "chords":
        known[:, melody] = True
        lanes = lanes & {"harmony", "melody"}
    elif task == "lead":
        known[:, melody | harmony] = True
    elif task == "words":
        known[:, harmony] = rng.random() < 0.7
        rhythm[:, melody] = np.where(cells[:, melody] >= v.ONSET, MUST_ONSET, NO_ONSET)
    elif task == "lanes":
        for lane in ("harmony", *LANES):
            if rng.random() < 0.5:
                known[:, np.isin(groups, enc.lane_groups(lane))] = True
    elif task in ("continue", "redo"):
        start = int(rng.integers(t // 4, 3 * t // 4))
        end = t if task == "continue" else min(t, start + int(rng.integers(1, 9)) * ex.beats_per_bar)
        known[:start] = known[end:] = True
        if task == "redo" and rng.random() < 0.5:
            known[:, ~np.isin(groups, enc.lane_groups(str(rng.choice(LANES))))] = True
    return known, rhythm, lanes


def build_batch(pool: list[Example], size: int, n_styles: int, rng: np.random.Generator,
                task: str | None = None, plain: bool = False, crop_bars: int = CROP_BARS) -> dict:
    """A batch of crops of examples that share a grid and metre.

    Args:
        crop_bars: length of the crops.
        plain: for measuring: no feature left out, no past corrupted.

    Returns:
        tensors named as `CanvasModel.forward`'s arguments.
    """
    lead = pool[rng.integers(len(pool))]
    same = [lead]
    while len(same) < size:
        other = pool[rng.integers(len(pool))]
        if (other.k, other.beats_per_bar) == (lead.k, lead.beats_per_bar):
            same.append(other)
        elif lead.beats_per_bar != 4 and rng.random() < 0.02:
            same.append(lead)
    k, bpb = lead.k, lead.beats_per_bar
    t, c = crop_bars * bpb, 2 + len(v.ROWS) * k
    sizes, groups = enc.group_sizes(k), enc.cell_groups(k)
    column = {name: index for index, name in enumerate(enc.FEATURE_NAMES)}
    out = {name: np.zeros((size, t, c), np.int64) for name in ("tokens", "known", "last")}
    out["features"] = np.zeros((size, t, len(enc.FEATURES)), np.int64)
    out["styles"] = np.zeros((size, n_styles + 1), np.float32)
    out["loss_mask"] = np.zeros((size, t, c), bool)
    for row, ex in enumerate(same):
        bars = len(ex.cells) // bpb
        first = int(rng.integers(0, max(1, bars - crop_bars + 1))) * bpb
        cells = ex.cells[first:first + t].astype(np.int64)
        n = len(cells)
        name = task or str(rng.choice(list(TASKS), p=list(TASKS.values())))
        if ex.lanes == {"drums"}:
            name = "continue" if name in ("continue", "redo") else "compose"
        elif ex.source == "openewld" and name in ("arrange", "lanes", "compose"):
            name = str(rng.choice(["compose", "chords", "arrange", "plan"]))
        known, rhythm, lanes = choose_known(cells, ex, name, rng)
        modelled = np.isin(groups, enc.lane_groups(*lanes))
        unknown = sizes + enc.UNKNOWN
        tokens = np.where(modelled[None], cells, unknown[None])
        feats = ex.features[first:first + t].astype(np.int64)
        for lane in LANES:
            if lane not in lanes:
                feats[:, column[f"active_{lane}"]] = 3
            elif not plain and rng.random() < 0.12:
                feats[:, column[f"active_{lane}"]] = 2
        feats[:, column["harmony_modelled"]] = int("harmony" in lanes)
        for feature in enc.DROPPABLE:
            if not plain and rng.random() < 0.25:
                feats[:, column[feature]] = enc.FEATURES[feature] - 1
        out["tokens"][row] = unknown
        out["tokens"][row, :n] = tokens
        out["known"][row] = unknown
        out["known"][row, :n] = enc.encoder_tokens(tokens, known | ~modelled[None], rhythm, k)
        out["features"][row, :n] = feats
        out["last"][row, :n] = ex.last[first:first + t]
        out["loss_mask"][row, :n] = modelled[None] & ~known
        style = ex.styles[rng.integers(len(ex.styles))] if ex.styles and (
            plain or rng.random() > 0.12) else n_styles
        out["styles"][row, style] = 1
    # a lane at rest is forced to rest when sampling: nothing to learn there
    for lane in LANES:
        flag = out["features"][:, :, column[f"active_{lane}"]] == 0
        cells = np.isin(groups, enc.lane_groups(lane))
        out["loss_mask"][:, :, cells] &= ~flag[:, :, None]
    history = out["tokens"].copy()
    rate = 0 if plain else 0.03  # some of the past is wrong, so that one odd sample does not derail a song
    noise = (rng.random(history.shape) < rate) & (history < sizes)
    swap = np.roll(history, int(rng.integers(1, t)), axis=1)
    out["history"] = np.where(noise, swap, history)
    batch = {name: torch.from_numpy(array) for name, array in out.items()}
    return {**batch, "k": k, "beats_per_bar": bpb}


def batches(pools: dict[str, list[Example]], weights: dict[str, float], size: int, n_styles: int,
            seed: int) -> Iterator[dict]:
    """Endless batches; each from one source, drawn by weight."""
    rng = np.random.default_rng(seed)
    names = [name for name in weights if pools.get(name)]
    p = np.array([weights[name] for name in names])
    while True:
        source = names[rng.choice(len(names), p=p / p.sum())]
        # tasks of harmony alone in batches of their own: the network then leaves out the cells behind it
        task = str(rng.choice(HARMONIC)) if source == "teacher" and rng.random() < HARMONIC_SHARE else None
        if task is None and rng.random() < SHORT_SHARE:
            yield build_batch(pools[source], size * CROP_BARS // SHORT_BARS, n_styles, rng, crop_bars=SHORT_BARS)
        else:
            yield build_batch(pools[source], size, n_styles, rng, task)
