"""Builds `assets/weights/melody_runs.npy`: numbers of the eight-note runs of the real training melodies.

`python -m modules.training.originality --shared DIR`
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from modules.assets import asset
from modules.generator.originality import melody_runs, run_numbers
from modules.training.lessons import real_pieces


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="folder of the corpora")
    args = parser.parse_args()
    runs: set[tuple[int, ...]] = set()
    for pieces in real_pieces(args.shared).values():
        for piece in pieces:
            if "melody" in piece.lanes and not piece.held_out:
                runs |= melody_runs(piece.canvas)
    numbers = run_numbers(runs)
    np.save(asset("weights") / "melody_runs.npy", numbers)
    print(f"{len(runs)} runs, {len(numbers)} numbers, {numbers.nbytes / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
