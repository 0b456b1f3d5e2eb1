"""The real workshop behind the page: edits and mixes by the engine, the last takes kept at hand. Loads when first used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from threading import Event
from typing import Any

from modules.types import Performance, Progress, Take
from modules.ui.workshop import Recipe, Workshop


@lru_cache(maxsize=1)
def shelf():
    """The takes edited or mixed last, for everybody: what a recipe sounds like depends on nothing else."""
    from modules.engines.replay import Shelf

    return Shelf()


def carry_out(recipe: Recipe, order: Mapping[str, Any], cancel: Event) -> Iterator[Progress | Take]:
    from modules.engines import orders

    yield from orders.carry_out(recipe, order, cancel=cancel, shelf=shelf())


def play(recipe: Recipe) -> Performance:
    from modules.engines import replay

    return replay.play(recipe, shelf=shelf())[1]


def preview(recipe: Recipe, sheet: Mapping[str, Any], path: Path) -> tuple[float, float]:
    from modules.audio.encode import write_audio
    from modules.engines.replay import dried, remixed
    from modules.studio.mix_sheet import read_sheet

    mastered = remixed(dried(recipe, shelf=shelf()), read_sheet(sheet)).mastered
    write_audio(path, mastered.audio, "mp3")
    return mastered.integrated_lufs, mastered.true_peak_dbtp


def stems(recipe: Recipe, folder: Path) -> Mapping[str, Path]:
    from modules.audio.encode import write_audio
    from modules.engines.replay import dried

    dry = dried(recipe, shelf=shelf())
    out = {lane: folder / f"{lane}.mp3" for lane, sound in dry.mixed.stems.items() if sound.samples.any()}
    folder.mkdir(exist_ok=True)
    for lane, path in out.items():
        if not path.is_file():
            write_audio(path, dry.mixed.stems[lane], "mp3")
    return out


def loop(recipe: Recipe, bars: str, path: Path) -> float:
    from modules.engines.bars import find_bars
    from modules.engines.replay import replay
    from modules.studio.export import write_loop

    piece = replay(recipe)
    run = find_bars(piece.song, bars)
    return write_loop(path, piece, run.start, len(run))


def real_workshop() -> Workshop:
    return Workshop(carry_out=carry_out, play=play, preview=preview, stems=stems, loop=loop)
