"""Style blends as people write them: "bossa nova:0.6, synthwave:0.4". Names by `names`; knows no prompts."""

from __future__ import annotations

import re
from difflib import get_close_matches

from modules.errors import InputError
from modules.styles.cards import cards
from modules.styles.names import called

MOST = 3  # styles in a blend: more sound like none
_PART = re.compile(r"(?P<name>[^:]*?)\s*(?::\s*(?P<weight>[^:%]+?)\s*(?P<percent>%)?)?")


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[-_]", " ", name.lower()).split())


def find_style(name: str) -> str:
    """The card that a name or genre word means; a group's word means its leader.

    Raises:
        InputError: no style is called that; the nearest names are given.
    """
    book = {_plain(phrase): names[0] for phrase, names in called().items()}
    compact = {phrase.replace(" ", ""): card for phrase, card in book.items()}
    wanted = _plain(name)
    found = book.get(wanted) or compact.get(wanted.replace(" ", ""))
    if found is None:
        near = dict.fromkeys(cards()[book[phrase]].title for phrase in get_close_matches(wanted, book, 4, 0.6))
        hint = f"near it are {', '.join(near)}" if near else 'write for example "bossa nova" or "synthwave"'
        raise InputError(f"There is no style called {name.strip()!r}; {hint}.")
    return found


def read_blend(text: str) -> dict[str, float]:
    """Card name → weight, sum 1, heaviest first, of "NAME[:WEIGHT], …"; a weight may be a share or a percentage.

    Raises:
        InputError: no name, an unknown one, a weight that is no positive number, or more than `MOST` styles.
    """
    shares: dict[str, float] = {}
    parts = [part for part in re.split(r"[,;+]", text) if part.strip()]
    if not 1 <= len(parts) <= MOST:
        raise InputError(f"A blend of {len(parts)} styles was asked for; give one to {MOST}, for example "
                         "\"bossa nova:0.6,synthwave:0.4\".")
    for part in parts:
        match = _PART.fullmatch(part.strip())
        try:
            weight = float(match["weight"] or 1.0) if match else 0.0
        except ValueError:
            weight = 0.0
        if not 0 < weight < 1e6:
            raise InputError(f"{part.strip()!r} is no style with a weight; write it like \"bossa nova:0.6\".")
        name = find_style(match["name"])
        shares[name] = shares.get(name, 0.0) + weight
    total = sum(shares.values())
    return {name: round(share / total, 4) for name, share in sorted(shares.items(), key=lambda item: -item[1])}
