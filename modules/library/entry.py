"""What the library holds of a take and of a vote, and how a recipe becomes an entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TITLE_LENGTH = 90  # letters
WORDS_LENGTH = 4_000  # letters that are searched
OUTCOMES = ("one", "other", "tie", "bad")


@dataclass(frozen=True)
class About:
    """What is known of a take before it is kept. `run` groups the takes of one press of Make, `number` counts in it;
    `labels` are what comparisons rank by, `made` is what ideas grow from."""

    title: str
    words: str
    seed: int = 0
    tempo_bpm: float = 0.0
    key: str = ""
    style: str = ""
    run: str = ""
    number: int = 1
    labels: Mapping[str, str] = field(default_factory=dict)
    made: Mapping[str, Any] = field(default_factory=dict)
    made_at: float = 0.0  # 0 = now


@dataclass(frozen=True)
class Kept:
    """A take in the library; `take` is its name, as of its folder."""

    take: str
    run: str
    number: int
    made_at: float
    title: str
    seed: int
    tempo_bpm: float
    key: str
    style: str
    starred: bool
    size: int
    labels: Mapping[str, str]
    made: Mapping[str, Any]


@dataclass(frozen=True)
class Vote:
    """Of two takes, by their labels: `outcome` is which one was better, "tie", or "bad" for neither."""

    one: Mapping[str, str]
    other: Mapping[str, str]
    outcome: str
    blind: bool
    voted_at: float = 0.0


@dataclass(frozen=True)
class Usage:
    """What an owner holds, and may hold."""

    takes: int
    size: int
    starred: int
    most_takes: int
    most_size: int


def about(recipe: Mapping[str, Any], summary: str, *, run: str, number: int,
          labels: Mapping[str, str] | None = None) -> About:
    """The entry of a finished take.

    Args:
        recipe: the take's.
        summary: its plain line.
        run: what the takes of one job have in common.
        number: 1 for the first of its run.
        labels: what an experiment varied; added to seed, engine, style and prompt.
    """
    asked = recipe.get("request", {})
    styles = recipe.get("styles") or {}
    style = max(styles, key=styles.get).replace("_", " ") if styles else ""
    prompt = " ".join(str(asked.get("prompt", "")).split())
    seed = int(recipe.get("seed", 0))
    instruments = {str(lane["name"]): str(lane["instrument"]) for lane in recipe.get("lanes", ())}
    varied = ", ".join(f"{name} {value}" for name, value in (labels or {}).items() if name != "seed")
    own = {"take": ", ".join(filter(None, (varied, f"seed {seed}"))), "seed": str(seed),
           "engine": str(recipe.get("engine", "")), "style": style, "prompt": prompt[:TITLE_LENGTH]}
    words = (prompt, str(asked.get("negative", "")), summary, style, str(recipe.get("key", "")), str(seed),
             " ".join(instruments.values()).replace("_", " "), str(asked.get("hum_name", "")),
             str(asked.get("reference_name", "")), str(asked.get("lyrics", "")))
    return About(
        title=(prompt or summary)[:TITLE_LENGTH] or "Untitled", words=" ".join(filter(None, words))[:WORDS_LENGTH],
        seed=seed, tempo_bpm=float(recipe.get("tempo_bpm", 0)), key=str(recipe.get("key", "")), style=style, run=run,
        number=number, labels={**own, **(labels or {})},
        made={"styles": dict(styles), "tempo_bpm": float(recipe.get("tempo_bpm", 0)), "played": instruments})
