"""Which style cards a recording is near. A heuristic on card fields, honest about being one: it compares tempo range,
metre, mode, swing, drums and their pattern, brightness and the richness of chords. It hears no timbre.

Each field gives a penalty (0 = as on the card); weights are the softmax of minus their sum over the nearest cards.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from modules.canvas.vocabulary import BEATS_PER_BAR
from modules.conditions.beats import BAR, PARTS, Pulse, sub_beats
from modules.conditions.spectra import Spectra
from modules.styles.cards import Card, cards, read_progression

NEAREST = 4  # cards kept
SHARPNESS = 3.0
TONE_BRIGHTNESS = {"dark": 0.40, "warm": 0.55, "neutral": 0.70, "bright": 0.76}
HALF_OR_DOUBLE = 0.15  # cost of having heard half or twice a style's tempo
HEARD_RICHNESS = 2.5  # sevenths are missed more often than heard
STEPS_A_BEAT = 4
LOW, MIDDLE, HIGH = ("kick",), ("snare", "clap", "rim", "snap", "ghost"), (
    "soft", "closed", "open", "ride", "bell", "shaker", "pedal", "tambourine")
RICH = ("7", "maj7", "m7", "9", "maj9", "m9", "6", "m6", "m7b5", "dim7", "add9")


@dataclass(frozen=True)
class Portrait:
    """What is compared. `groove` is (3, steps a bar) onset strength by band, or None without drums."""

    tempo_bpm: float
    meter: str
    mode: str
    swing: float
    percussive: float
    brightness: float
    onsets_per_s: float
    richness: float  # share of chords with a seventh or more
    groove: np.ndarray | None


def groove_of(spectra: Spectra, pulse: Pulse) -> np.ndarray | None:
    """(3, steps a bar) mean onset strength on sixteenths (twelfths of 6/8) in low, middle and high bands."""
    beats = pulse.beats_s[pulse.first:]
    per_bar = BAR[pulse.meter]
    if len(beats) < 2 * per_bar + 1:
        return None
    parts = sub_beats(spectra, beats)
    n = len(parts) // per_bar * per_bar
    every = PARTS // (6 if pulse.meter == "6/8" else STEPS_A_BEAT)
    bars = parts[:n, ::every].reshape(-1, per_bar * parts[:, ::every].shape[1], 3)
    return bars.mean(axis=0).T


def nearest_styles(portrait: Portrait) -> dict[str, float]:
    """Card name → weight, `NEAREST` of them, nearest first, summing to 1."""
    costs = {name: distance(portrait, card) for name, card in cards().items()}
    near = sorted(costs, key=lambda name: (costs[name], name))[:NEAREST]
    weights = np.exp(-SHARPNESS * (np.array([costs[name] for name in near]) - costs[near[0]]))
    return {name: round(float(weight), 4) for name, weight in zip(near, weights / weights.sum(), strict=True)}


def distance(portrait: Portrait, card: Card) -> float:
    """How far a recording is from a card: 0 = fits in everything that is compared, about 3 = in nothing."""
    low, typical, high = card.tempo
    out = min(3.0 * max(np.log2(low / t), np.log2(t / high), 0.0) + 0.35 * min(abs(np.log2(t / typical)), 1.0) + cost
              for t, cost in ((portrait.tempo_bpm, 0.0), (portrait.tempo_bpm / 2, HALF_OR_DOUBLE),
                              (portrait.tempo_bpm * 2, HALF_OR_DOUBLE)))
    out += 0.9 * (1 - min(1.0, card.meters.get(portrait.meter, 0.0) * 1.5))
    out += 0.35 * (1 - min(1.0, _mode_share(card, portrait.mode) * 1.4))
    out += 2.2 * abs(portrait.swing - card.swing[0])
    drums = card.lanes["drums"]
    expected = 0.15 if drums >= 9 else 0.8 if drums <= 2 else 0.65
    out += 0.9 * abs(portrait.percussive - expected)
    out += 1.0 * abs(portrait.brightness - TONE_BRIGHTNESS[card.mix["tone"]])
    out += 0.5 * abs(min(1.0, HEARD_RICHNESS * portrait.richness) - _richness(card.name))
    if portrait.groove is not None and drums < 9 and portrait.percussive > 0.25:
        out += 0.9 * (1 - _groove_likeness(portrait.groove, card, portrait.meter))
    return float(out)


def _mode_share(card: Card, mode: str) -> float:
    """Weight of modes on the card with the same third."""
    minor = ("minor", "dorian", "phrygian")
    return sum(weight for name, weight in card.modes.items() if (name in minor) == (mode in minor))


@lru_cache(maxsize=256)
def _richness(name: str) -> float:
    """Share of a card's chords that have a seventh or more."""
    chords = [quality for texts in cards()[name].progressions.values() for text in texts
              for bar in read_progression(text) for _, quality in bar]
    return sum(quality in RICH for quality in chords) / max(len(chords), 1)


@lru_cache(maxsize=256)
def _card_groove(name: str, steps: int) -> np.ndarray:
    """(3, steps) share of a card's grooves that have a hit there, by band."""
    total = np.zeros((3, steps))
    for level in cards()[name].grooves.values():
        for groove in level:
            for piece, line in groove.items():
                band = 0 if piece in LOW else 1 if piece in MIDDLE else 2 if piece in HIGH else None
                if band is not None and len(line) % steps == 0:
                    total[band] += np.array([sign == "x" for sign in line], float).reshape(-1, steps).mean(axis=0)
    return total


def _groove_likeness(groove: np.ndarray, card: Card, meter: str) -> float:
    """0–1: correlation of hits on the bar's steps, kick counting most."""
    steps = BEATS_PER_BAR[meter] * (6 if meter == "6/8" else STEPS_A_BEAT)
    ideal = _card_groove(card.name, steps)
    total = weight = 0.0
    for band, share in ((0, 0.5), (1, 0.35), (2, 0.15)):
        a, b = groove[band] - groove[band].mean(), ideal[band] - ideal[band].mean()
        size = np.linalg.norm(a) * np.linalg.norm(b)
        if size > 1e-9:
            total += share * max(0.0, float(a @ b / size))
            weight += share
    return total / weight if weight else 0.0
