"""A singing voice's shipped data: who can sing, and the diphone bank as half phones. Knows nothing of notes in time.

A bank (`assets/voices/NAME.npz`, built by `modules.training.voicebank`) holds for each ordered pair of phones the
frames from the first phone's middle to the second's. Frames are 5 ms: 50 coded envelope dimensions (WORLD's mel
cosine code of the log power spectrum at 16 kHz), aperiodicity at 3 kHz in dB, and a voicing bit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import numpy as np

from modules.assets import asset
from modules.errors import InputError
from modules.vocoder.phones import PAUSE, PHONES

FRAME_S = 0.005
ENVELOPE_DIMS = 50
ANALYSIS_RATE = 16_000  # Hz, what the envelope was coded at
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
    """`envelope` float32 (T, 50) coded log power, `aperiodicity` float32 (T,) dB at 3 kHz, `voiced` bool (T,)."""

    envelope: np.ndarray
    aperiodicity: np.ndarray
    voiced: np.ndarray

    def __len__(self) -> int:
        return len(self.voiced)

    def part(self, which: slice) -> Frames:
        return Frames(self.envelope[which], self.aperiodicity[which], self.voiced[which])


@dataclass(frozen=True)
class Voicebank:
    """`units` maps (left phone, right phone) to (second half of the left, first half of the right)."""

    info: VoiceInfo
    units: dict[tuple[str, str], tuple[Frames, Frames]]

    def halves(self, before: str, phone: str, after: str) -> tuple[Frames, Frames]:
        """A phone in its context: its first half as said after `before`, its second as said before `after`."""
        return self.units[before, phone][1], self.units[phone, after][0]

    def natural_s(self, before: str, phone: str, after: str) -> float:
        """How long the phone lasts in speech, in seconds."""
        left, right = self.halves(before, phone, after)
        return (len(left) + len(right)) * FRAME_S


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
        starts, bounds, pairs = bank["starts"], bank["bounds"], bank["pairs"]
        voiced = np.unpackbits(bank["voiced"])[:len(codes)].astype(bool)
    values = low + codes.astype(np.float32) * ((high - low) / 255)
    frames = Frames(values[:, :ENVELOPE_DIMS], values[:, ENVELOPE_DIMS], voiced)
    units = {}
    for number, pair in enumerate(pairs):
        start, end = starts[number], starts[number + 1]
        middle = start + bounds[number]
        left, right = str(pair).split("-")
        units[left, right] = frames.part(slice(start, middle)), frames.part(slice(middle, end))
    missing = [(a, b) for a in (*PHONES, PAUSE) for b in (*PHONES, PAUSE) if a + b != PAUSE * 2 and (a, b) not in units]
    assert not missing, f"bank {info.name} lacks {missing[:5]}"
    return Voicebank(info, units)
