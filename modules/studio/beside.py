"""A recording and new parts as one mix: a clip that goes on, and a track that is played along with.

The recording is not changed but for a fade where it ends. New parts are led to its level, a continuation also to its
tone; both are measured, nothing is guessed.
"""

from __future__ import annotations

import numpy as np

from modules.audio.decode import resample
from modules.config import TARGET_LUFS
from modules.studio import effects
from modules.studio.loudness import FLOOR_LUFS, OCTAVES_HZ, integrated_lufs, octave_levels
from modules.studio.mix import Mixed
from modules.types import Audio

JUDGED_S = 10.0  # on both sides of a joint
EDGE_IN_S, EDGE_OUT_S = 0.012, 0.06  # of the clip's fade: before the bar line, and after it where it still sounds
MOST_TONE_DB = 8.0  # by which an octave of a continuation is moved
LONGEST_SHIFT_DB = 24.0
BELOW_LU = 5.0  # parts that play along stand this far under the track


def go_on(clip: Audio, mixed: Mixed, joint_s: float) -> Mixed:
    """The clip up to a bar line, and the new mix from there on, at its level and in its tone.

    Args:
        clip: any rate and channels. joint_s: seconds in it at which the new bars begin.
    """
    rate = mixed.bus.sample_rate
    track = two_channels(clip, rate)
    joint = round(joint_s * rate)
    tail = track[:, max(0, joint - round(JUDGED_S * rate)):joint]
    head = mixed.bus.samples[:, :round(JUDGED_S * rate)]
    tone_db = np.clip(octave_levels(tail, rate) - octave_levels(head, rate), -MOST_TONE_DB, MOST_TONE_DB)
    led = Audio(effects.shape(head, rate, OCTAVES_HZ, tone_db), rate)
    gain = _gain(integrated_lufs(Audio(tail, rate)) - integrated_lufs(led))
    faded = _faded(track, joint, rate)
    total = max(faded.shape[1], joint + mixed.bus.samples.shape[1])

    def placed(samples: np.ndarray) -> np.ndarray:
        return _laid(gain * effects.shape(samples, rate, OCTAVES_HZ, tone_db), joint, total)

    stems = {"track": Audio(_laid(faded, 0, total), rate),
             **{lane: Audio(placed(stem.samples), rate) for lane, stem in mixed.stems.items()}}
    return Mixed(stems, Audio(_laid(faded, 0, total) + placed(mixed.bus.samples), rate))


def lay_beside(track: Audio, mixed: Mixed) -> Mixed:
    """The whole track with new parts over it; `mixed` is on the track's own time."""
    rate = mixed.bus.sample_rate
    samples = two_channels(track, rate)
    gain = _gain(integrated_lufs(Audio(samples, rate)) - BELOW_LU - integrated_lufs(mixed.bus))
    total = samples.shape[1]
    stems = {"track": Audio(samples, rate),
             **{lane: Audio(_laid(gain * stem.samples, 0, total), rate) for lane, stem in mixed.stems.items()}}
    return Mixed(stems, Audio(samples + _laid(gain * mixed.bus.samples, 0, total), rate))


def at_loudness(audio: Audio, target_lufs: float = TARGET_LUFS) -> Audio:
    """A sound by one gain at a loudness; a little quieter where its peaks would pass full scale otherwise."""
    gain = _gain(target_lufs - integrated_lufs(audio))
    peak = float(np.abs(audio.samples).max()) + 1e-9
    return Audio(audio.samples * np.minimum(gain, np.float32(1 / peak)), audio.sample_rate)


def two_channels(audio: Audio, rate: int) -> np.ndarray:
    """float32 (2, T) at a rate."""
    samples = resample(audio, rate).samples
    return samples if len(samples) == 2 else np.repeat(samples[:1], 2, axis=0)


def _gain(step_db: float) -> np.float32:
    """A factor for decibels; silence on either side (−70 LUFS) asks for nothing sensible, so it is bounded."""
    if abs(step_db) >= -FLOOR_LUFS / 2:
        step_db = 0.0
    return np.float32(10 ** (np.clip(step_db, -LONGEST_SHIFT_DB, LONGEST_SHIFT_DB) / 20))


def _faded(track: np.ndarray, joint: int, rate: int) -> np.ndarray:
    """The clip up to the joint, gone soon after it (half a cosine)."""
    stop = min(track.shape[1], joint + round(EDGE_OUT_S * rate))
    out = track[:, :stop].copy()
    start = max(0, min(joint, stop) - round(EDGE_IN_S * rate))
    out[:, start:] *= (0.5 + 0.5 * np.cos(np.pi * np.arange(stop - start) / max(stop - start, 1))).astype(np.float32)
    return out


def _laid(samples: np.ndarray, start: int, total: int) -> np.ndarray:
    """float32 (2, total) with a sound (1 or 2 channels) at `start`, cut where it is longer."""
    out = np.zeros((2, total), np.float32)
    stop = min(total, start + samples.shape[1])
    out[:, start:stop] = samples[:, :stop - start]
    return out
