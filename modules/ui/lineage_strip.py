"""The versions of a take as a strip: what came from what, where one stands, a click brings a version back.

A session remembers the takes that it saw (`kin`, plain data); versions that only a recipe remembers are shown too.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from modules.engines.lineage import ancestors, take_id

MOST = 60  # takes that a session remembers


def kin(recipe: Mapping[str, Any], number: int) -> dict[str, Any]:
    """What a session remembers of a take: its version's name, the one before, what was done, its number."""
    parent = recipe.get("parent") or {}
    return {"id": take_id(recipe), "parent": parent.get("id", ""), "words": parent.get("edit", {}).get("words", ""),
            "number": number}


def with_kin(desk: dict, take: str, recipe: Mapping[str, Any], number: int) -> dict:
    """The desk that remembers a take, and the versions before it as far as its recipe knows them."""
    family = dict(desk.get("family", {}))
    family[take] = kin(recipe, number)
    return {**desk, "family": dict(list(family.items())[-MOST:])}


def versions(recipe: Mapping[str, Any], family: Mapping[str, Mapping]) -> list[dict[str, Any]]:
    """All known versions that share this take's beginning, parents before children, siblings in order.

    Returns:
        {"id", "words", "depth", "take"}: "take" is the name of its results, empty where only a recipe remembers it.
    """
    known: dict[str, dict] = {}
    line = [recipe, *ancestors(recipe)]
    for after in reversed(line):
        known[take_id(after)] = {**kin(after, 0), "take": ""}
    for take, one in family.items():
        known[one["id"]] = {**one, "take": take}
    root = take_id(line[-1])
    out: list[dict[str, Any]] = []

    def visit(name: str, depth: int) -> None:
        one = known[name]
        out.append({"id": name, "words": one["words"], "depth": depth, "take": one["take"], "number": one["number"]})
        for other, child in known.items():
            if child["parent"] == name and other != name:
                visit(other, depth + 1)

    visit(root, 0)
    return out


def strip_html(recipe: Mapping[str, Any], family: Mapping[str, Mapping]) -> str:
    """The strip; empty for a take that never was anything else."""
    here = take_id(recipe)
    found = versions(recipe, family)
    if len(found) < 2:
        return ""
    items = []
    for one in found:
        title = one["words"] or "as it was made"
        current = ' aria-current="true"' if one["id"] == here else ""
        there = f' data-take="{escape(one["take"])}"' if one["take"] else ""
        number = f'<b>take {one["number"]}</b> ' if one["number"] else ""
        items.append(f'<li style="--depth:{min(one["depth"], 6)}"><button type="button" class="ew-version" '
                     f'data-version="{one["id"]}"{there}{current}>{number}{escape(title)}</button></li>')
    return (f'<details class="ew-versions" open><summary>Versions <em>{len(found)}</em></summary>'
            f'<ol aria-label="Versions of this take">{"".join(items)}</ol></details>')
