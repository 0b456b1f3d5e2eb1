"""What editing and mixing need from the rooms to the left, as callables (`real_workshop.py`; in tests fakes)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from modules.types import Performance, Progress, Take

Recipe = Mapping[str, Any]


@dataclass(frozen=True)
class Workshop:
    """Callables that change finished takes.

    carry_out  (recipe, order, cancel) → progress and takes; an order is as `engines.orders` has it
    play       recipe → its notes, as they sound in the take
    preview    (recipe, mix sheet as JSON types, path) → (LUFS, dBTP), after the mix was written there as MP3
    stems      (recipe, folder) → {lane: file}, the dry lanes as they stand before a person's faders
    loop       (recipe, bars as "9-16", path) → seconds, after these bars were written there as a WAV that goes round
    """

    carry_out: Callable[[Recipe, Mapping[str, Any], Event], Iterator[Progress | Take]]
    play: Callable[[Recipe], Performance]
    preview: Callable[[Recipe, Mapping[str, Any], Path], tuple[float, float]]
    stems: Callable[[Recipe, Path], Mapping[str, Path]]
    loop: Callable[[Recipe, str, Path], float]
