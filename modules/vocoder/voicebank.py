"""A singing voice's shipped data: who can sing, and the diphone bank as half phones. Knows nothing of notes in time.

A bank (`assets/voices/NAME.npz`, built by `modules.training.voicebank`) holds for each ordered pair of phones a few
examples: the frames from the first phone's middle to the second's, and what was said round them. Frames are 5 ms: 60
coded envelope dimensions (WORLD's mel cosine code of the log power spectrum at 24 kHz), aperiodicity at 3, 6 and 9 kHz
in dB, and a voicing bit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from threading import Lock

import numpy as np

from modules.assets import asset
from modules.errors import InputError
from modules.vocoder.phones import PAUSE, PHONES

FRAME_S = 0.005
ENVELOPE_DIMS = 60
ANALYSIS_RATE = 24_000  # Hz, what the envelope was coded at
JOIN_DIMS, JOIN_WEIGHT = 30, 1.0
CONTEXT_COST, RANK_COST = 0.15, 0.05  # against a join's mean step in the code
_LOADING = Lock()


@dataclass(frozen=True)
class VoiceInfo:
    """A voice for people and for arrangers. `comfortable` is the (lowest, highest) MIDI note it sings at its best."""

    name: str
    title: str
    lowest_midi: int
    highest_midi: int
    comfortable: tuple[int, int]
    description: str = ""


@dataclass(frozen=True)
class Frames:
    """`envelope` float32 (T, 60) coded log power, `aperiodicity` float32 (T, 3) dB at 3, 6 and 9 kHz, `voiced` (T,)."""

    envelope: np.ndarray
    aperiodicity: np.ndarray
    voiced: np.ndarray

    def __len__(self) -> int:
        return len(self.voiced)

    def part(self, which: slice) -> Frames:
        return Frames(self.envelope[which], self.aperiodicity[which], self.voiced[which])


@dataclass(frozen=True)
class Unit:
    """An example of a phone pair: `left` the second half of its first phone, `right` the first half of its second;
    `before` and `after`: the phones said round the pair."""

    left: Frames
    right: Frames
    before: str
    after: str


@dataclass(frozen=True)
class Voicebank:
    """`units` maps (left phone, right phone) to its examples, the clearest first; `top_hz`: what the spectra know
    nothing above."""

    info: VoiceInfo
    top_hz: float
    units: dict[tuple[str, str], tuple[Unit, ...]]

    def natural_s(self, before: str, phone: str, after: str) -> float:
        """How long the phone lasts in speech, in seconds."""
        return (len(self.units[before, phone][0].right) + len(self.units[phone, after][0].left)) * FRAME_S

    def choose(self, symbols: Sequence[str]) -> list[Unit]:
        """A unit for each pair of neighbours in a row of phones: those that were said between the same phones and
        that fit on each other inside the phones they share (Hunt and Black 1996, on half phones)."""
        rows = [self.units[pair] for pair in pairwise(symbols)]
        costs, ways = [_strangeness(rows[0], PAUSE, symbols[2] if len(symbols) > 2 else PAUSE)], []
        for i in range(1, len(rows)):
            ends = np.stack([unit.right.envelope[-1, :JOIN_DIMS] for unit in rows[i - 1]])
            starts = np.stack([unit.left.envelope[0, :JOIN_DIMS] for unit in rows[i]])
            step = np.sqrt(((ends[:, None] - starts[None]) ** 2).mean(axis=2))  # (units before, units here)
            total = costs[-1][:, None] + JOIN_WEIGHT * step
            ways.append(total.argmin(axis=0))
            after = symbols[i + 2] if i + 2 < len(symbols) else PAUSE
            costs.append(total.min(axis=0) + _strangeness(rows[i], symbols[i - 1], after))
        best = int(costs[-1].argmin())
        chosen = [rows[-1][best]]
        for row, way in zip(rows[-2::-1], reversed(ways), strict=True):
            best = int(way[best])
            chosen.append(row[best])
        return chosen[::-1]


def _strangeness(row: tuple[Unit, ...], before: str, after: str) -> np.ndarray:
    """(examples,) how little each suits its neighbours; those further down the row are less clear."""
    return np.array([RANK_COST * rank + CONTEXT_COST * ((unit.before != before) + (unit.after != after))
                     for rank, unit in enumerate(row)])


def voices() -> dict[str, VoiceInfo]:
    """All voices that ship, by name."""
    cards = json.loads(asset("voices/voices.json").read_text(encoding="utf-8"))
    return {name: VoiceInfo(name, card["title"], card["lowest_midi"], card["highest_midi"],
                            tuple(card["comfortable"]), card["description"]) for name, card in cards.items()}


def voice_info(name: str) -> VoiceInfo:
    """One voice by name.

    Raises:
        InputError: no voice is called that.
    """
    known = voices()
    if name not in known:
        raise InputError(f"There is no voice called {name!r}; choose one of {', '.join(known)}.")
    return known[name]


def fit_octave(midis: Sequence[int], voice: str) -> int:
    """Octaves to add to a melody so that it lies best in a voice's range; the smallest such move.

    Args:
        midis: MIDI numbers of the melody's notes; none gives 0.
        voice: name of a voice.
    Returns:
        Whole octaves, negative = down.
    """
    info = voice_info(voice)
    if not len(midis):
        return 0
    notes = np.asarray(midis, dtype=float)
    low, high = info.comfortable

    def strain(octaves: int) -> tuple[float, int]:
        moved = notes + 12 * octaves
        outside = np.maximum(low - moved, 0) + np.maximum(moved - high, 0)
        beyond = np.maximum(info.lowest_midi - moved, 0) + np.maximum(moved - info.highest_midi, 0)
        return float(outside.mean() + 4 * beyond.mean()), abs(octaves)

    return min(range(-6, 7), key=strain)


def load_voicebank(name: str) -> Voicebank:
    """The bank of a voice, read once and kept (about 7 MB); safe to call from several threads."""
    info = voice_info(name)
    with _LOADING:
        return _read(info)


@lru_cache(maxsize=4)
def _read(info: VoiceInfo) -> Voicebank:
    with np.load(asset(f"voices/{info.name}.npz")) as bank:
        codes, low, high = bank["codes"], bank["low"], bank["high"]
        starts, bounds, names = bank["starts"], bank["bounds"], bank["names"]
        top_hz = float(bank["top_hz"])
        voiced = np.unpackbits(bank["voiced"])[:len(codes)].astype(bool)
    values = low + codes.astype(np.float32) * ((high - low) / 255)
    frames = Frames(values[:, :ENVELOPE_DIMS], values[:, ENVELOPE_DIMS:], voiced)
    units: dict[tuple[str, str], list[Unit]] = {}
    for number, name in enumerate(names):
        start, end = starts[number], starts[number + 1]
        middle = start + bounds[number]
        before, left, right, after = str(name).split("-")
        unit = Unit(frames.part(slice(start, middle)), frames.part(slice(middle, end)), before, after)
        units.setdefault((left, right), []).append(unit)
    missing = [(a, b) for a in (*PHONES, PAUSE) for b in (*PHONES, PAUSE) if a + b != PAUSE * 2 and (a, b) not in units]
    assert not missing, f"bank {info.name} lacks {missing[:5]}"
    return Voicebank(info, top_hz, {pair: tuple(examples) for pair, examples in units.items()})
