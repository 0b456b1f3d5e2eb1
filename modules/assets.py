"""Finds shipped files, and the folder for what is kept. Loads nothing by itself.

Shipped files: `EARWORM_ASSETS` (a folder) → `assets/` beside the code. Kept things: `EARWORM_DATA` → `/data` on a Space
that has one → the platform's folder for a person's data.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path

import yaml
from platformdirs import user_data_path

from modules.errors import WeightsMissing

ROOT = Path(__file__).resolve().parent.parent


def asset(relative: str) -> Path:
    """Path of a shipped file such as "weights/generator.safetensors".

    Raises:
        WeightsMissing: no such file in any place.
    """
    folders = [Path(os.environ["EARWORM_ASSETS"])] if os.environ.get("EARWORM_ASSETS") else []
    folders.append(ROOT / "assets")
    for folder in folders:
        if (folder / relative).exists():
            return folder / relative
    raise WeightsMissing(f"assets/{relative} is missing; it ships with the repository, so check out a complete copy.")


def data_folder() -> Path:
    """Where things are kept between runs; it may not exist yet."""
    if os.environ.get("EARWORM_DATA"):
        return Path(os.environ["EARWORM_DATA"]).expanduser()
    space = Path("/data")
    if os.environ.get("SPACE_ID") and space.is_dir() and os.access(space, os.W_OK):
        return space / "earworm"
    return user_data_path("earworm", appauthor=False)


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else hashlib.sha256(
            file.read()).hexdigest()


@lru_cache(maxsize=1)
def instruments() -> dict[str, dict]:
    """The instrument registry: name → {program, family, lanes, called}."""
    return yaml.safe_load(asset("instruments.yaml").read_text(encoding="utf-8"))
