"""What an edited take came from: every version is held in its descendants' recipes, so that nothing edited is lost.

A recipe's "parent" is the version before, as far as it takes to play it again, with the edit that led from it and what
of it still sounds. Knows recipes as plain data; refuses to know how an edit is made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# what makes a take sound
SCORE = ("seed", "tempo_bpm", "swing", "styles", "canvas", "song", "timing", "mixer", "parent")


@dataclass(frozen=True)
class Change:
    """What an edit left of the take before it.

    bars         lane → ((first bar, bar after the last), …) in the new take that are played anew; None = everything is
    later_bars   how many bars later the old take's music begins in the new one
    sound_kept   outside those bars and their tail the old master stands, sample for sample
    """

    bars: Mapping[str, Sequence[tuple[int, int]]] | None = None
    later_bars: int = 0
    sound_kept: bool = False


def score_of(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a recipe that makes it sound."""
    return {name: recipe[name] for name in SCORE if name in recipe}


def take_id(recipe: Mapping[str, Any]) -> str:
    """A version's name: 16 hex digits of what makes it sound. Takes that sound alike have one name."""
    heard = [score_of(recipe), (recipe.get("request") or {}).get("kept_voice")]
    text = json.dumps(heard if heard[1] else heard[0], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def child_of(recipe: Mapping[str, Any], edit: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """The "parent" of a take that `edit` made of `recipe`'s: JSON types.

    Args:
        edit: {"kind", "what", "lanes", "seed", "words"} as asked; "words" for people.
    """
    bars = None if change.bars is None else {lane: [list(span) for span in spans]
                                             for lane, spans in change.bars.items()}
    return {**score_of(recipe), "id": take_id(recipe), "edit": dict(edit), "changed": bars,
            "later_bars": change.later_bars, "sound_kept": change.sound_kept}


def version_before(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The version that an edited take was made from; what was asked, a kept voice too, is the same for both."""
    return {"request": recipe.get("request") or {}, **recipe["parent"]}


def ancestors(recipe: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The versions before a take, the nearest first."""
    while recipe.get("parent"):
        recipe = recipe["parent"]
        yield recipe


def ancestor(recipe: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """The version called `name` (`take_id`) of a take's past, as a recipe that can be played; None if it has none."""
    found = next((before for before in ancestors(recipe) if before["id"] == name), None)
    return None if found is None else {**score_of(found), "request": recipe["request"], "take": recipe.get("take", 1)}
