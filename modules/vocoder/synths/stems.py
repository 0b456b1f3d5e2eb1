"""Places synthesised notes in time: one part → one stem. Holds rendered notes in a bounded cache."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from threading import Event

import numpy as np

from modules.config import SAMPLE_RATE
from modules.errors import Cancelled
from modules.types import Part, PlayedNote
from modules.vocoder.synths.drums import TAKES, piece_of, render_hit
from modules.vocoder.synths.patches import Patch, patch_of
from modules.vocoder.synths.tones import render_tone

CACHE_BYTES = 192 << 20
VELOCITY_BANDS = 4  # brightness steps; loudness follows the exact velocity
FIRST_LENGTH_S = 0.3  # tones are rendered in lengths of this times a power of √2
EARLY_SHARE, FAST_ATTACK_S = 0.3, 0.05  # slow attacks start early by this share of what they exceed a fast one
CUT_S = 0.008  # how fast a single voice leaves for its next note
CHOKE_S = 0.02  # an open hat shut by a closed one
SILENT = 6.9  # e-folds to −60 dB
FORCE_FROM = (50, 88)  # velocities from which a drum is struck middling and hard
EXPRESSION, SUSTAIN = 11, 64
_HATS = ("closed", "pedal")

_cache: OrderedDict[tuple, np.ndarray] = OrderedDict()
_lock = threading.Lock()


def velocity_gain(velocity: int) -> float:
    """Amplitude of a velocity; the square law that General MIDI recommends and sound fonts follow."""
    return (velocity / 127.0) ** 2


def force_of(velocity: int) -> int:
    """Which of the drum hits' forces a velocity strikes with."""
    return int(np.searchsorted(FORCE_FROM, velocity, "right"))


def render_synth(part: Part, duration_s: float, *, tone: float = 0.0, cancel: Event | None = None) -> np.ndarray:
    """A part's stem, float32 (2, n_samples), n_samples = round(duration_s · 44,100).

    Args:
        tone: octaves by which the style opens or closes the low-pass filters.

    Raises:
        Cancelled: `cancel` was set.
    """
    n_samples = round(duration_s * SAMPLE_RATE)
    out = np.zeros((2, n_samples), np.float32)
    if part.is_drum:
        _place_hits(out, part, cancel)
        return out
    patch = patch_of(part.instrument)
    notes = _pedalled(part) if patch.sustain < 0.5 else list(part.notes)
    for i, note in enumerate(notes):
        _stop_if(cancel)
        before = notes[i - 1] if i else None
        joined = before is not None and patch.glide_s and note.onset_s - before.offset_s < 0.03
        after_s = notes[i + 1].onset_s if patch.mono and i + 1 < len(notes) else None
        _place(out, patch, note, before.midi if joined and before.midi != note.midi else None, after_s, tone)
    return out * _expression(part, n_samples)


def _place(out: np.ndarray, patch: Patch, note: PlayedNote, from_midi: int | None, next_s: float | None,
           tone: float) -> None:
    onset_s = max(0.0, note.onset_s - EARLY_SHARE * max(0.0, patch.attack_s - FAST_ATTACK_S))
    start = round(onset_s * SAMPLE_RATE)
    held = max(1, round((note.offset_s - onset_s) * SAMPLE_RATE))
    n = min(held + int(patch.release_s * SAMPLE_RATE), out.shape[1] - start)
    cut = None
    if next_s is not None:
        cut = max(1, round(next_s * SAMPLE_RATE) - start)
        n = min(n, cut + int(CUT_S * SAMPLE_RATE))
    if n <= 0:
        return
    envelope = np.ones(n, np.float32)
    if n > held:
        t = np.arange(n - held, dtype=np.float32) / max(1, int(patch.release_s * SAMPLE_RATE))
        envelope[held:] = np.exp(-SILENT * 0.6 * t) * (1 - t)
    if cut is not None and n > cut:
        envelope[cut:] *= np.linspace(1, 0, n - cut, dtype=np.float32)
    samples = _cached(patch, note.midi, note.velocity, from_midi, n, tone)
    out[:, start:start + n] += samples[:, :n] * (envelope * np.float32(velocity_gain(note.velocity)))


def _cached(patch: Patch, midi: int, velocity: int, from_midi: int | None, n: int, tone: float) -> np.ndarray:
    band = min(VELOCITY_BANDS - 1, velocity * VELOCITY_BANDS // 128)
    length = FIRST_LENGTH_S * SAMPLE_RATE
    while length < n:
        length *= 2**0.5
    key = (patch, midi, band, from_midi, int(length), tone)
    with _lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    samples = render_tone(patch, midi, (band + 0.5) / VELOCITY_BANDS, from_midi, int(length), tone)
    with _lock:
        _cache[key] = samples
        while sum(array.nbytes for array in _cache.values()) > CACHE_BYTES and len(_cache) > 1:
            _cache.popitem(last=False)
    return samples


def _place_hits(out: np.ndarray, part: Part, cancel: Event | None) -> None:
    shut_s = [note.onset_s for note in part.notes if piece_of(note.midi) in _HATS]
    struck: Counter[str] = Counter()
    for note in part.notes:
        _stop_if(cancel)
        piece = piece_of(note.midi)
        samples = render_hit(part.instrument, piece, struck[piece] % TAKES, force_of(note.velocity))
        struck[piece] += 1
        start = round(note.onset_s * SAMPLE_RATE)
        n = min(samples.shape[1], out.shape[1] - start)
        if n <= 0:
            continue
        samples = samples[:, :n] * np.float32(velocity_gain(note.velocity))
        closes_s = next((s for s in shut_s if s > note.onset_s), None) if piece == "open" else None
        if closes_s is not None:
            cut = round(closes_s * SAMPLE_RATE) - start
            fade = int(CHOKE_S * SAMPLE_RATE)
            if cut + fade < n:
                samples = samples[:, :cut + fade]
                samples[:, cut:] *= np.linspace(1, 0, fade, dtype=np.float32)
                n = cut + fade
        out[:, start:start + n] += samples


def _pedalled(part: Part) -> list[PlayedNote]:
    """Notes lengthened to the next lift of the sustain pedal."""
    pedal = [(time_s, value >= 64) for time_s, number, value in part.controls if number == SUSTAIN]
    if not pedal:
        return list(part.notes)
    times = np.array([time_s for time_s, _ in pedal])
    out = []
    for note in part.notes:
        i = int(np.searchsorted(times, note.offset_s, side="right")) - 1
        lift_s = next((time_s for time_s, down in pedal[i + 1:] if not down), note.offset_s) if i >= 0 and pedal[i][1] \
            else note.offset_s
        out.append(PlayedNote(note.onset_s, max(note.offset_s, lift_s), note.midi, note.velocity))
    return out


def _expression(part: Part, n_samples: int) -> np.ndarray | np.float32:
    """Gain over time from CC11, square law."""
    points = [(time_s, value) for time_s, number, value in part.controls if number == EXPRESSION]
    if not points:
        return np.float32(1.0)
    times, values = np.array(points, dtype=np.float64).T
    coarse = np.arange(0, n_samples + 64, 64)
    gain = (np.interp(coarse / SAMPLE_RATE, times, values) / 127.0) ** 2
    return np.interp(np.arange(n_samples), coarse, gain).astype(np.float32)


def _stop_if(cancel: Event | None) -> None:
    if cancel is not None and cancel.is_set():
        raise Cancelled("Stopped.")
