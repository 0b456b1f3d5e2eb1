"""Builds `assets/feel.json`: how drummers place and weigh hits, from the Groove MIDI Dataset.

Source: Gillick et al. 2019, "Learning to Groove with Inverse Sequence Transformations" (CC BY 4.0). Only averages
are kept. Run: `python -m modules.training.feel GROOVE_FOLDER assets/feel.json`.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from pathlib import Path

import mido
import numpy as np

STEPS = 16
PRIOR = 12  # hits: a cell with fewer leans on the average of all styles
MAX_TRIPLET_SHARE = 0.3  # of off-beat hits; more of them and the file is swung and says nothing about sixteenths
FAMILIES = {
    "rock": "rock", "punk": "rock", "pop": "pop", "funk": "funk", "soul": "soul", "gospel": "soul", "jazz": "jazz",
    "latin": "latin", "afrocuban": "latin", "hiphop": "hip-hop", "afrobeat": "african", "highlife": "african",
    "country": "country", "reggae": "reggae", "blues": "blues", "neworleans": "blues", "dance": "house",
    "middleeastern": "world",
}
GROUPS = {36: "kick", 38: "snare", 40: "snare", 37: "snare", 46: "hat", 26: "hat", 42: "hat", 22: "hat", 44: "hat",
          51: "ride", 59: "ride", 53: "ride", 49: "crash", 55: "crash", 57: "crash", 52: "crash",
          48: "tom", 50: "tom", 45: "tom", 47: "tom", 43: "tom", 58: "tom"}
GHOST_BELOW = 45  # velocity under which a snare hit is a ghost note


def read_hits(path: Path, tempo_bpm: float) -> list[tuple[float, str, int]]:
    """(position in sixteenths, piece group, velocity) of every hit of a file played to a click."""
    hits, now_s = [], 0.0
    for message in mido.MidiFile(path):
        now_s += message.time
        if message.type == "note_on" and message.velocity > 0 and message.note in GROUPS:
            group = GROUPS[message.note]
            if group == "snare" and message.velocity < GHOST_BELOW:
                group = "ghost"
            hits.append((now_s * tempo_bpm / 15.0, group, message.velocity))
    return hits


def triplet_share(positions: np.ndarray) -> float:
    """Share of hits off the beat that lie nearer to a triplet than to a sixteenth."""
    in_beat = (positions / 4.0) % 1.0
    to_straight = np.abs(in_beat[:, None] - np.array([0, 0.25, 0.5, 0.75, 1])).min(1)
    to_triplet = np.abs(in_beat[:, None] - np.array([0, 1 / 3, 2 / 3, 1])).min(1)
    off = np.minimum(in_beat, 1 - in_beat) > 0.1
    return float((to_triplet < to_straight)[off].mean()) if off.any() else 0.0


def collect(folder: Path) -> dict[tuple[str, str, int], list[tuple[float, float]]]:
    """(family, group, step) → (deviation in ms, velocity over the file's mean for that group) of every hit."""
    cells: dict[tuple[str, str, int], list[tuple[float, float]]] = defaultdict(list)
    with open(folder / "info.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["time_signature"] == "4-4"]
    for row in rows:
        family = FAMILIES.get(row["style"].split("/")[0])
        tempo = float(row["bpm"])
        hits = read_hits(folder / row["midi_filename"], tempo)
        if family is None or len(hits) < 16:
            continue
        positions = np.array([hit[0] for hit in hits])
        if triplet_share(positions) > MAX_TRIPLET_SHARE:
            continue
        deviation_ms = (positions - np.round(positions)) * 15_000.0 / tempo
        deviation_ms -= np.median(deviation_ms)  # the drummer's and the pads' common delay
        means = {group: np.mean([hit[2] for hit in hits if hit[1] == group]) for group in {hit[1] for hit in hits}}
        for position, late_ms, (_, group, velocity) in zip(positions, deviation_ms, hits, strict=True):
            if abs(late_ms) < 6_000.0 / tempo:  # further off it belongs to no sixteenth
                cell = (family, group, int(round(position)) % STEPS)
                cells[cell].append((late_ms, velocity / means[group]))
                cells[("all", *cell[1:])].append((late_ms, velocity / means[group]))
    return cells


def average(cells: dict[tuple[str, str, int], list[tuple[float, float]]]) -> dict[str, dict]:
    """family → group → {timing_ms, spread_ms, velocity, velocity_spread}, each a list over 16 steps."""
    groups = sorted({group for _, group, _ in cells})
    table: dict[str, dict] = {}
    for family in ["all", *sorted({family for family, _, _ in cells} - {"all"})]:
        table[family] = {}
        for group in groups:
            columns = {"timing_ms": [], "spread_ms": [], "velocity": [], "velocity_spread": []}
            for step in range(STEPS):
                whole = np.array(cells.get(("all", group, step), [(0.0, 1.0)]))
                own = np.array(cells.get((family, group, step), [])).reshape(-1, 2)
                share = len(own) / (len(own) + PRIOR)
                mean, spread = whole.mean(0), whole.std(0)
                if len(own):
                    mean = share * own.mean(0) + (1 - share) * mean
                    spread = share * own.std(0) + (1 - share) * spread
                for name, value in zip(columns, (mean[0], spread[0], mean[1], spread[1]), strict=True):
                    columns[name].append(round(float(value), 2))
            table[family][group] = columns
    return table


def main() -> None:
    folder, target = Path(sys.argv[1]), Path(sys.argv[2])
    cells = collect(folder)
    table = {
        "about": {
            "what": "Mean timing (ms after the grid), its spread, velocity over the piece's mean and its spread, per "
                    "style family, piece group and sixteenth of a 4/4 bar.",
            "source": "Groove MIDI Dataset v1.0.0, Magenta (Gillick, Roberts, Engel, Eck, Bamman 2019)",
            "licence": "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
            "changes": "Averaged; swung recordings and other metres left out; each recording's median delay removed.",
            "rebuild": "python -m modules.training.feel GROOVE_FOLDER assets/feel.json",
            "hits": sum(len(values) for (family, _, _), values in cells.items() if family == "all"),
        },
        "families": average(cells),
    }
    target.write_text(json.dumps(table, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
