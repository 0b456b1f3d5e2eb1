"""Which instrument plays each lane: the style's own choices, what was asked for, and never what was refused."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from modules.assets import instruments
from modules.styles.cards import Card, cards
from modules.types import LANES, Controls, Song

# lanes that an asked-for instrument would rather take, most prominent first
_PREFERENCE = ("melody", "comp", "bass", "drums", "comp2", "pad", "counter")


def refused(name: str, unwanted: tuple[str, ...]) -> bool:
    """Whether an instrument falls under a refusal by name or family."""
    return name in unwanted or instruments()[name]["family"] in unwanted


def choose_instruments(blend: list[tuple[Card, float]], controls: Controls, seed: int, *,
                       sung: bool = False) -> dict[str, str]:
    """An instrument for every lane that may play; lanes that the styles never use or that are refused are left out.

    Args:
        blend: cards with weights, heaviest first.
        controls: `wanted` and `unwanted` hold instrument, family or lane names.
        sung: a voice has the melody, so wanted instruments go to the other lanes.
    """
    rng = np.random.default_rng([seed, 0x1A])
    registry = instruments()
    chosen: dict[str, str] = {}
    fixed = dict(controls.lane_instruments)
    for lane in LANES:
        if lane in fixed:  # set by hand
            chosen |= {lane: fixed[lane]} if fixed[lane] != "none" else {}
            continue
        if lane in controls.unwanted or lane not in controls.wanted and all(card.lanes[lane] >= 9 for card, _ in blend):
            continue
        names: list[str] = []
        weights: list[float] = []
        for card, weight in blend:
            for place, name in enumerate(card.instruments[lane]):
                if not refused(name, controls.unwanted):
                    names.append(name)
                    weights.append(weight * 0.45 ** place)
        if not names:  # the style has nothing left: the plainest instrument of the lane that was not refused
            names = [name for name, entry in registry.items() if lane in entry["lanes"]
                     and not refused(name, controls.unwanted)][:1]
            weights = [1.0] * len(names)
        if names:
            p = np.array(weights)
            chosen[lane] = names[rng.choice(len(names), p=p / p.sum())]
    taken: set[str] = set(fixed)
    for wanted in controls.wanted:
        place_wanted(wanted, chosen, taken, blend, controls, sung=sung)
    return chosen


def place_wanted(wanted: str, chosen: dict[str, str], taken: set[str], blend: list[tuple[Card, float]],
                 controls: Controls, *, sung: bool) -> None:
    """Give an asked-for instrument (or one of an asked-for family) a lane, in place in `chosen` and `taken`."""
    registry = instruments()
    if wanted in LANES:
        return
    names = [wanted] if wanted in registry else [n for n, entry in registry.items() if entry["family"] == wanted]
    names = [name for name in names if not refused(name, controls.unwanted)]
    for lane, name in chosen.items():
        if name in names and lane not in taken:  # it plays already
            taken.add(lane)
            return
    own = {name: lane for card, _ in blend for lane in _PREFERENCE for name in card.instruments[lane] if name in names}
    for name in sorted(names, key=lambda n: n not in own):
        suits = registry[name]["lanes"]
        lanes = ([own[name]] if name in own else []) + [lane for lane in _PREFERENCE if lane in suits]
        for lane in lanes:
            if lane in taken or lane in controls.unwanted or (sung and lane == "melody"):
                continue
            chosen[lane] = name
            taken.add(lane)
            return


def lanes_of(wanted: tuple[str, ...], chosen: Mapping[str, str]) -> tuple[str, ...]:
    """The lanes that carry what was asked for, so that the plan lets them play."""
    registry = instruments()
    return tuple(lane for lane, name in chosen.items()
                 if lane in wanted or name in wanted or registry[name]["family"] in wanted)


def style_tone(song: Song) -> str:
    """The tone of the song's leading style ("dark", "warm", "neutral", "bright"), which our synths' filters follow."""
    leading = max(sorted(song.styles), key=lambda name: song.styles[name], default="")
    return cards()[leading].mix["tone"] if leading in cards() else "neutral"
