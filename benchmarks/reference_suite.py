"""Clips for `benchmarks.reference`: rendered once into a cache folder, files as people have them and their truth."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from modules.training.corpora import Piece
from modules.training.recordings import Truth, draw_clips, pack

CACHE = Path("cache/reference_suite")


def render_suite(n_clips: int, pieces: Mapping[str, list[Piece]], folder: Path = CACHE) -> None:
    """Write the clips that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(n_clips):
        card = folder / f"{index:03d}.json"
        if card.exists():
            continue
        (clip,) = draw_clips("test", index, pieces)
        (folder / f"{index:03d}.{'mp3' if clip.truth.packed else 'flac'}").write_bytes(pack(clip))
        card.write_text(json.dumps(asdict(clip.truth)), encoding="utf-8")


def read_suite(n_clips: int, folder: Path = CACHE) -> Iterator[tuple[Path, Truth]]:
    """(sound file, truth) of the clips that are there."""
    for index in range(n_clips):
        card = folder / f"{index:03d}.json"
        if card.exists():
            data = json.loads(card.read_text(encoding="utf-8"))
            sound = card.with_suffix(".mp3" if data["packed"] else ".flac")
            yield sound, Truth(**{name: _tuples(value) for name, value in data.items()})


def _tuples(value: object) -> object:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
