"""Ranges of real music for the tables: `python -m benchmarks.real --shared DIR` writes `benchmarks/real_ranges.json`.

10th–90th percentiles over held-out pieces (excerpts of 32 bars) of the corpora that trained the generator, by kind.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks.canvases import figures, intervals
from modules.training.critic import excerpt
from modules.training.lessons import real_pieces

OUT = Path(__file__).with_name("real_ranges.json")
# what each corpus can say
SAYS = {
    "openewld": ("density", "out_of_key", "strong_chord_tones", "steps", "leaps", "entropy", "changes_per_bar", "motif",
                 "chord_irregularity", "phrase_bars", "structure_3_8s", "structure_8_15s", "structure_15s"),
    "lieder": ("density", "out_of_key", "strong_chord_tones", "steps", "leaps", "entropy", "changes_per_bar",
               "bass_on_root", "chord_irregularity", "structure_3_8s", "structure_8_15s", "structure_15s"),
    "hymns": ("density", "strong_chord_tones", "steps", "entropy", "changes_per_bar", "bass_on_root"),
    "freedoom": ("bass_on_root", "groove"),
    "groove": ("groove",),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", required=True)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    out: dict[str, dict] = {}
    for source, pieces in real_pieces(Path(args.shared)).items():
        held = [piece for piece in pieces if piece.held_out and piece.canvas.n_bars >= 8]
        cut = [(excerpt(piece.canvas, 32, rng), piece.tempo_bpm or 110.0) for piece in held]
        rows = [figures(canvas, float(np.clip(tempo, 50, 200))) for canvas, tempo in cut]
        out[source] = {"pieces": len(rows), "ranges": {}}
        for name in SAYS[source]:
            values = [row[name] for row in rows if not np.isnan(row[name])]
            out[source]["ranges"][name] = [round(float(x), 3) for x in (*np.percentile(values, (10, 50, 90)),)]
        if "steps" in SAYS[source]:
            shares = np.mean([intervals(canvas) for canvas, _ in cut], axis=0)
            spread = [0.5 * float(np.abs(intervals(canvas) - shares).sum()) for canvas, _ in cut]
            out[source]["intervals"] = [round(float(x), 4) for x in shares]
            out[source]["interval_distance_p90"] = round(float(np.percentile(spread, 90)), 3)
        print(source, json.dumps(out[source]), flush=True)
    OUT.write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
