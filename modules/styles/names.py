"""What styles are called: every usual genre word → the cards that it may mean. Knows no grammar and no models.

The words lie in `assets/style_names.yaml`. A word that names one card decides; one that names a group ("rock") leaves
the choice within it to the rest of the text. A genre without a card of its own stands for its nearest neighbour.
"""

from __future__ import annotations

from functools import lru_cache

import yaml

from modules.assets import asset
from modules.styles.cards import cards

WORDS = "style_names.yaml"


@lru_cache(maxsize=1)
def called() -> dict[str, tuple[str, ...]]:
    """Genre words in lower case, spaces kept → names of the cards that exist for them, a group's leader first."""
    shipped, found = cards(), {}
    for card in shipped.values():
        for phrase in (card.name.replace("_", " "), card.title.lower()):
            found[phrase] = (card.name,)
    book = yaml.safe_load(asset(WORDS).read_text(encoding="utf-8"))
    for name, phrases in book["styles"].items():
        for phrase in phrases if name in shipped else ():
            found.setdefault(str(phrase), (name,))
    for group in book["groups"]:
        known = tuple(name for name in group["cards"] if name in shipped)
        for phrase in group["words"] if known else ():
            found.setdefault(str(phrase), known)
    return found
