"""Where each style lies on the map of styles, and what stands near. Data from `assets/style_map.json`, laid out by
`python -m modules.training.style_map`; knows no page and no prompts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from modules.assets import asset
from modules.styles.cards import cards

LAYOUT = "style_map.json"
# groups of families that share a colour on the map
GROUPS: Mapping[str, tuple[str, ...]] = {
    "pop and rock": ("pop", "rock", "metal"),
    "electronic": ("house", "techno", "trance", "bass", "synthwave"),
    "hip-hop and funk": ("hip-hop", "funk"),
    "jazz and blues": ("jazz", "blues"),
    "folk and country": ("folk", "country"),
    "latin, african, world": ("latin", "african", "reggae", "world"),
    "classical and film": ("classical", "cinematic", "sacred"),
    "calm and play": ("ambient", "game", "children"),
}
SHORT_WORDS = (2, 6)  # words of a card's line that is shown as what a style is like
LINES = 2


@dataclass(frozen=True)
class Place:
    """A style on the map. `x`, `y` and the three figures after them are 0–1; `like` are lines in a few words."""

    name: str
    title: str
    group: str
    x: float
    y: float
    happy: float
    electronic: float
    sparse: float
    like: tuple[str, ...]


@lru_cache(maxsize=1)
def places() -> dict[str, Place]:
    """All styles on the map by name; a style newer than the layout is not on it."""
    rows = json.loads(asset(LAYOUT).read_text(encoding="utf-8"))["styles"]
    group_of = {family: group for group, families in GROUPS.items() for family in families}
    out = {}
    for name, card in cards().items():
        if name in rows:
            row = rows[name]
            like = [line for line in card.describe if SHORT_WORDS[0] <= len(line.split()) <= SHORT_WORDS[1]
                    and card.title.lower() not in line.lower()]
            out[name] = Place(name, card.title, group_of[card.family], row["x"], row["y"], row["happy"],
                              row["electronic"], row["sparse"], tuple((like or list(card.describe))[:LINES]))
    return out


def neighbours(name: str, count: int) -> tuple[str, ...]:
    """The styles nearest to one, nearest first."""
    here = places()[name]
    others = (place for place in places().values() if place.name != name)
    ranked = sorted(others, key=lambda p: (p.x - here.x) ** 2 + (p.y - here.y) ** 2)
    return tuple(place.name for place in ranked[:count])
