"""Shipped examples, listed once when the page is built: `assets/examples/KIND_name.ext`."""

from __future__ import annotations

from pathlib import Path

from modules.assets import asset

MAX_SHOWN = 4


def example_files(kind: str) -> tuple[Path, ...]:
    """Example files of a kind ("hum", "reference", "lyrics") in alphabetical order, without their cards."""
    files = sorted(path for path in asset("examples").glob(f"{kind}_*") if path.suffix not in (".json", ".md"))
    return tuple(files[:MAX_SHOWN])


def title_of(path: Path) -> str:
    """A title for people: hum_ode_to_joy.wav → "Ode to joy"."""
    return path.stem.split("_", 1)[1].replace("_", " ").capitalize()
