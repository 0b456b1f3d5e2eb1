"""What the ear learns from: features of rendered recordings and their truth, kept in a cache folder. No models here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile

from modules.conditions.spectra import analyse
from modules.training.corpora import Piece
from modules.training.recordings import Truth, draw_clips, pack
from modules.types import Audio

CACHE = Path("cache/ear")
MIXES = 2  # of each performance


def render_examples(first: int, last: int, pieces: Mapping[str, list[Piece]], folder: Path = CACHE) -> None:
    """Write features of performances [first, last) of the training split that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(first, last):
        if (folder / f"{index:04d}_{MIXES - 1}.npz").exists():
            continue
        for number, clip in enumerate(draw_clips("train", index, pieces, MIXES)):
            audio = clip.audio
            if clip.truth.packed:
                samples, rate = soundfile.read(BytesIO(pack(clip)), dtype="float32", always_2d=True)
                audio = Audio(np.ascontiguousarray(samples.T), rate)
            heard = analyse(audio)
            np.savez(folder / f"{index:04d}_{number}.npz", bands=heard.bands.astype(np.float16),
                     notes=heard.notes.astype(np.float16), truth=json.dumps(asdict(clip.truth)))


def read_examples(folder: Path = CACHE) -> list[tuple[np.ndarray, np.ndarray, Truth]]:
    """(bands, notes, truth) of every example that is there, in order."""
    out = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as data:
            out.append((data["bands"].astype(np.float32), data["notes"].astype(np.float32),
                        Truth(**json.loads(str(data["truth"])))))
    return out
