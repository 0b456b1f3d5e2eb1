"""Tables of the benchmarks: a measure, what was found, whether it holds; printed as Markdown for the README."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line: what is measured with its bound, the figures, whether the bound holds (None = no bound)."""

    name: str
    found: str
    holds: bool | None = None


def show(title: str, rows: Iterable[Row]) -> int:
    """Print a table; returns the number of bounds missed."""
    print(f"\n| {title} | measured | holds |\n|---|---|---|")
    misses = 0
    for row in rows:
        misses += row.holds is False
        print(f"| {row.name} | {row.found} | {'' if row.holds is None else 'yes' if row.holds else 'NO'} |")
    return misses
