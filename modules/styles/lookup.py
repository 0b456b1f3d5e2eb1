"""From the meaning of a text to style weights: a small trained head on the sentence encoder's vectors.

The head is a linear map trained by `modules.training.styles` on the cards' own descriptions; it knows only the cards
named in `assets/weights/styles.json`. Knows nothing of prompts, negation or sound.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import numpy as np
from safetensors.numpy import load_file

from modules.assets import asset
from modules.errors import WeightsMissing
from modules.styles.cards import cards

WEIGHTS, CARD = "weights/styles.safetensors", "weights/styles.json"
UNSURE = 0.05  # highest share at or below which a text says nothing about style
KEPT = 3  # most styles that a reading blends: more than three sound like none
SMALLEST = 0.2  # part of the best style's weight below which a style is left out
KINSHIP = 0.5  # power on the share of a style's whole family: relatives vouch for one another
SHARPEN = 1.5  # power on the head's shares, so that the best leads
_lock = Lock()


@dataclass(frozen=True)
class Head:
    """`weight` float32 (n styles, 384), `bias` float32 (n styles,), `names` in the same order."""

    weight: np.ndarray
    bias: np.ndarray
    names: tuple[str, ...]


@lru_cache(maxsize=1)
def _load() -> Head:
    names = tuple(json.loads(asset(CARD).read_text(encoding="utf-8"))["styles"])
    tensors = load_file(asset(WEIGHTS))
    if set(tensors) != {"weight", "bias"} or tensors["weight"].shape != (len(names), 384) \
            or tensors["bias"].shape != (len(names),):
        raise WeightsMissing("assets/weights/styles.safetensors does not fit styles.json; run python -m "
                             "modules.training.styles.")
    gone = [name for name in names if name not in cards()]
    if gone:
        raise WeightsMissing(f"The style head knows cards that are not shipped ({', '.join(gone)}); run python -m "
                             "modules.training.styles.")
    return Head(tensors["weight"], tensors["bias"], names)


@lru_cache(maxsize=1)
def _families() -> np.ndarray:
    """int (n styles,): the number of each style's family."""
    return np.unique([cards()[name].family for name in head().names], return_inverse=True)[1]


def head() -> Head:
    """The trained head, loaded once.

    Raises:
        WeightsMissing: no head ships, or it does not fit the cards.
    """
    with _lock:
        return _load()


def rank_styles(embedding: np.ndarray) -> dict[str, float]:
    """Weights of all styles for one text.

    Args:
        embedding: float32 (384,), a row of `encoder.encode`.

    Returns:
        Card name → weight, best first, sum 1.
    """
    known = head()
    logits = known.weight @ embedding + known.bias
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    family = _families()
    shares = shares * np.bincount(family, shares)[family] ** KINSHIP
    shares /= shares.sum()
    return {known.names[i]: float(shares[i]) for i in np.argsort(-shares, kind="stable")}


def push_away(weights: Mapping[str, float], refused: Mapping[str, float], strength: float = 0.7) -> dict[str, float]:
    """`weights` with the styles that `refused` ranks high made unlikely: w · (r + 1/n)^-strength, sum 1."""
    floor = 1.0 / max(1, len(weights))
    pushed = {name: weight * (refused.get(name, 0.0) + floor) ** -strength for name, weight in weights.items()}
    total = sum(pushed.values()) or 1.0
    return {name: weight / total for name, weight in pushed.items()}


def keep_best(weights: Mapping[str, float]) -> dict[str, float]:
    """The few styles that matter, rounded, best first, sum 1."""
    best = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:KEPT]
    kept = [(name, weight) for name, weight in best if weight >= SMALLEST * best[0][1]]
    total = sum(weight for _, weight in kept)
    return {name: round(weight / total, 4) for name, weight in kept} if total > 0 else {}
