"""Make N, keep the best M: takes are judged by their match reports, and only the best are handed on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from modules.evaluation.report import merit
from modules.types import Progress, Take


def best_of(items: Iterable[Progress | Take], keep: int) -> Iterator[Progress | Take]:
    """Progress at once, then the `keep` best takes, best first; of equals the earlier.

    Holds no more than `keep` + 1 takes at a time. What was made before a job is stopped is judged and handed on by
    nobody: the caller's `Cancelled` passes through.

    Args:
        items: what an engine yields.
        keep: how many takes to hand on; 0 = every take as it comes.
    """
    if not keep:
        yield from items
        return
    best: list[tuple[float, int, Take]] = []
    heard = 0
    for item in items:
        if isinstance(item, Progress):
            told = f"{item.message}; {heard} heard so far" if heard and item.fraction < 1 else item.message
            yield replace(item, message=told)
            continue
        heard += 1
        best = sorted([*best, (-merit(item.report), heard, item)], key=lambda one: one[:2])[:keep]
    for _, _, take in best:
        yield take
