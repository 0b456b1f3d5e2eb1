"""Canvas ↔ the integers that the model reads: cells, per-beat features, and which cells are known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from modules.canvas import MUST_HOLD, MUST_ONSET, MUST_REST, NO_ONSET, Canvas
from modules.canvas import vocabulary as v
from modules.types import LANES, METERS, MODE_OFFSETS, SECTIONS

ENCODING_VERSION = 1
EXTRA = 3  # tokens after a cell's own: unknown, "some onset", "no onset"
UNKNOWN, SOME_ONSET, NOT_ONSET = 0, 1, 2
GROUPS = ("root", "quality", *v.ROW_NAMES)  # kinds of cell
SIZES = (v.N_ROOTS, len(v.QUALITIES), *(size for _, _, size in v.ROWS.values()))
MODES = tuple(MODE_OFFSETS)

# features of a beat: name → number of values (the last value of the droppable ones is "not given")
FEATURES: dict[str, int] = {
    "meter": len(METERS), "beat": 4, "bar_in_section": 16, "bars_left": 9, "song_left": 10,
    "section": len(SECTIONS) + 1, "next_section": len(SECTIONS) + 2, "energy": 9, "energy_change": 4,
    "mode": len(MODES) + 1, "tempo": 13, "density": 9, "harmonic_rhythm": 6, "syncopation": 5, "richness": 5,
    **{f"active_{lane}": 4 for lane in LANES}, "harmony_modelled": 2,
}
FEATURE_NAMES = tuple(FEATURES)
FEATURE_BASE = np.cumsum([0, *FEATURES.values()])[:-1]
DROPPABLE = ("energy", "mode", "tempo", "density", "harmonic_rhythm", "syncopation", "richness")
DENSITY_EDGES = (0.5, 1.5, 2.3, 3.1, 3.9, 4.8, 6.0)  # melody onsets a bar of 16 steps
RHYTHM_EDGES = (0.3, 0.7, 1.2, 1.8)  # chord changes a bar
SYNCOPATION_EDGES = (0.15, 0.3, 0.45)  # share of melody onsets off the beat
RICHNESS_EDGES = (0.1, 0.4, 0.75)  # share of chords with a seventh or more
TEMPO_EDGES = (60, 70, 80, 90, 100, 110, 120, 130, 145, 160, 180)


def cell_groups(k: int) -> np.ndarray:
    """Group index of each of the C cells of a beat of `k` steps."""
    return np.array([0, 1] + [2 + row for row in range(len(v.ROWS)) for _ in range(k)])


def lane_groups(*lanes: str) -> list[int]:
    """Cell groups of lanes, "harmony" among them."""
    return [group for lane in lanes
            for group in ([0, 1] if lane == "harmony" else [2 + row for row in v.LANE_ROWS[lane]])]


def cell_positions(k: int) -> np.ndarray:
    """Index of each cell in the tables shared by both grids: (group, position) → 0 … N_POSITIONS-1."""
    shift = 0 if k == 4 else 4
    return np.array([0, 1] + [2 + row * 10 + shift + step for row in range(len(v.ROWS)) for step in range(k)])


N_POSITIONS = 2 + 10 * len(v.ROWS)
_POSITION_SIZES = np.array([*SIZES[:2], *(size for size in SIZES[2:] for _ in range(10))]) + EXTRA
POSITION_BASE = np.cumsum([0, *_POSITION_SIZES])[:-1]
N_TOKENS = int(_POSITION_SIZES.sum())


def token_base(k: int) -> np.ndarray:
    """Offset of each cell's tokens in the joint token table, (C,)."""
    return POSITION_BASE[cell_positions(k)]


def group_sizes(k: int) -> np.ndarray:
    """Number of own tokens of each cell, (C,)."""
    return np.array(SIZES)[cell_groups(k)]


def to_cells(canvas: Canvas) -> np.ndarray:
    """int16 (T, C): a canvas' tokens beat by beat."""
    k, t = canvas.steps_per_beat, canvas.n_beats
    steps = canvas.steps.reshape(len(v.ROWS), t, k).transpose(1, 0, 2).reshape(t, -1)
    return np.concatenate([canvas.harmony, steps], axis=1).astype(np.int16)


def write_cells(canvas: Canvas, cells: np.ndarray) -> None:
    """Put (T, C) tokens into a canvas' arrays."""
    k, t = canvas.steps_per_beat, canvas.n_beats
    canvas.harmony[:] = cells[:, :2]
    canvas.steps[:] = cells[:, 2:].reshape(t, len(v.ROWS), k).transpose(1, 0, 2).reshape(len(v.ROWS), -1)


def known_cells(canvas: Canvas) -> tuple[np.ndarray, np.ndarray]:
    """(T, C) bool mask of fixed cells and (T, C) rhythm codes (see `canvas.FREE`)."""
    k, t = canvas.steps_per_beat, canvas.n_beats

    def lay(rows: np.ndarray) -> np.ndarray:
        return rows.reshape(len(v.ROWS), t, k).transpose(1, 0, 2).reshape(t, -1)

    known = np.concatenate([canvas.known_harmony, lay(canvas.known_steps)], axis=1)
    rhythm = np.concatenate([np.zeros((t, 2), np.int8), lay(canvas.rhythm)], axis=1)
    return known, rhythm


def encoder_tokens(cells: np.ndarray, known: np.ndarray, rhythm: np.ndarray, k: int) -> np.ndarray:
    """(T, C) tokens as the encoder sees them: known ones, else what is said of their rhythm, else unknown."""
    sizes = group_sizes(k)[None, :]
    hint = np.select([rhythm == MUST_ONSET, np.isin(rhythm, (NO_ONSET, MUST_REST, MUST_HOLD))],
                     [SOME_ONSET, NOT_ONSET], UNKNOWN)
    return np.where(known, cells, sizes + hint)


def attributes(canvas: Canvas) -> dict[str, np.ndarray]:
    """Measured per section, given per beat (T,): density, harmonic_rhythm, syncopation, richness as bins."""
    t, bpb, spb, spbar = canvas.n_beats, canvas.beats_per_bar, canvas.steps_per_beat, canvas.steps_per_bar
    out = {name: np.full(t, FEATURES[name] - 1, np.int64) for name in
           ("density", "harmonic_rhythm", "syncopation", "richness")}
    melody = canvas.steps[v.ROW_NAMES.index("melody")]
    rich = np.array([len(tones) > 3 for tones in v.QUALITIES.values()])
    for section in canvas.sections:
        beats = slice(section.start_bar * bpb, (section.start_bar + section.bars) * bpb)
        line = melody[section.start_bar * spbar:(section.start_bar + section.bars) * spbar]
        onsets = np.flatnonzero(line >= v.ONSET)
        if len(onsets):
            bars = max(1, (line.reshape(-1, spbar) > 0).any(axis=1).sum())
            out["density"][beats] = np.digitize(len(onsets) / bars * 16 / spbar, DENSITY_EDGES)
            out["syncopation"][beats] = np.digitize(np.mean(onsets % spb != 0), SYNCOPATION_EDGES)
        chords = canvas.harmony[beats]
        changes = (np.diff(chords[:, 0] * 32 + chords[:, 1]) != 0).sum()
        out["harmonic_rhythm"][beats] = np.digitize(changes / max(1, section.bars - 0.99), RHYTHM_EDGES)
        out["richness"][beats] = np.digitize(rich[chords[:, 1]].mean(), RICHNESS_EDGES)
    return out


def features(canvas: Canvas, *, mode: str | None, tempo_bpm: float | None, bins: Mapping[str, np.ndarray],
             modelled: frozenset[str] | None = None, planned: bool = True) -> np.ndarray:
    """int64 (T, F): feature values of each beat; float32 where a bin lies between two.

    Args:
        bins: per-beat values for "density", "harmonic_rhythm", "syncopation", "richness"; absent = not given; a
            fraction lies between two bins.
        modelled: lanes (and "harmony") that the model writes or reads; None = all.
        planned: False where sections and energies are not known (real corpora).
    """
    t, bpb = canvas.n_beats, canvas.beats_per_bar
    fractional = any(np.asarray(values).dtype.kind == "f" for values in bins.values())
    out = np.zeros((t, len(FEATURES)), np.float32 if fractional else np.int64)
    column = {name: index for index, name in enumerate(FEATURE_NAMES)}
    out[:, column["meter"]] = METERS.index(canvas.meter)
    out[:, column["beat"]] = np.arange(t) % bpb
    for index, section in enumerate(canvas.sections):
        beats = slice(section.start_bar * bpb, (section.start_bar + section.bars) * bpb)
        bar = np.repeat(np.arange(section.bars), bpb)
        after = canvas.sections[index + 1] if index + 1 < len(canvas.sections) else None
        out[beats, column["bar_in_section"]] = bar % 16
        if not planned:
            continue
        out[beats, column["bars_left"]] = np.minimum(section.bars - 1 - bar, 7)
        out[beats, column["song_left"]] = np.minimum(canvas.n_bars - 1 - section.start_bar - bar, 8)
        out[beats, column["section"]] = SECTIONS.index(section.name)
        out[beats, column["next_section"]] = SECTIONS.index(after.name) if after else len(SECTIONS)
        change = 0 if after is None else int(np.sign(after.energy - section.energy)) + 1
        out[beats, column["energy_change"]] = change
    if planned:
        out[:, column["energy"]] = np.repeat(canvas.energy, bpb)
    else:
        for name in ("bars_left", "song_left", "section", "next_section", "energy_change", "energy"):
            out[:, column[name]] = FEATURES[name] - 1
    out[:, column["mode"]] = MODES.index(mode) if mode else len(MODES)
    out[:, column["tempo"]] = np.digitize(tempo_bpm, TEMPO_EDGES) if tempo_bpm else 12
    for name in ("density", "harmonic_rhythm", "syncopation", "richness"):
        out[:, column[name]] = bins.get(name, FEATURES[name] - 1)
    for index, lane in enumerate(LANES):
        flags = np.repeat(canvas.active[index], bpb)[:t]
        out[:, column[f"active_{lane}"]] = 3 if modelled is not None and lane not in modelled else np.where(
            flags < 0, 2, flags)
    out[:, column["harmony_modelled"]] = int(modelled is None or "harmony" in modelled)
    return out
