"""`make_loop`: bars of a song as a sound that goes round without a seam.

Nothing is cut out of the finished take: there the tails of the loop's last bars would be missing at its head. The bars
are played with their own end before them, so that every tail rings into the head, and the last hundredths of a second
lean into what led to the beginning, so that the end runs on into it sample by sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event

import numpy as np

from modules.config import TARGET_LUFS, TRUE_PEAK_DBTP
from modules.performance.looping import loop_song, perform_loop
from modules.performance.palette import style_tone
from modules.studio.loudness import integrated_lufs, true_peak_dbtp
from modules.studio.master import master
from modules.studio.mix import mix
from modules.studio.mix_sheet import MixSettings
from modules.types import Audio, Song
from modules.vocoder.render import render

BLEND_S = 0.02  # of the end into what came before the beginning


@dataclass(frozen=True)
class Loop:
    """`audio` lasts exactly `n_bars` at `tempo_bpm`, to the sample."""

    audio: Audio
    n_bars: int
    tempo_bpm: float
    integrated_lufs: float
    true_peak_dbtp: float


def make_loop(song: Song, first_bar: int = 0, n_bars: int | None = None, *, settings: MixSettings | None = None,
              target_lufs: float = TARGET_LUFS, ceiling_dbtp: float = TRUE_PEAK_DBTP,
              cancel: Event | None = None) -> Loop:
    """Bars of a song, from `first_bar` (0 is the first), as a seamless loop; `n_bars` None = to the end.

    Args:
        settings: a person's faders.
        target_lufs: loudness of the loop going round.

    Raises:
        InputError: bars outside the song, or a target out of range.
        Cancelled: `cancel` was set.
    """
    n_bars = song.canvas.n_bars - first_bar if n_bars is None else n_bars
    looped = loop_song(song, first_bar, n_bars)
    performance, lead_s, round_s = perform_loop(looped, n_bars)
    stems = render(performance, seed=song.seed, tone=style_tone(song), cancel=cancel)
    once = cut_round(mix(stems, looped, performance, settings=settings, cancel=cancel).bus, lead_s, round_s)
    n_samples, rate = once.samples.shape[-1], once.sample_rate
    # the second time round meets a limiter that has heard the first; a little of the third keeps it from an ending
    again = Audio(np.concatenate([once.samples, once.samples, once.samples[:, :rate // 4]], axis=1), rate)
    mastered = master(again, target_lufs=target_lufs, ceiling_dbtp=ceiling_dbtp, duration_s=again.duration_s)
    audio = Audio(np.ascontiguousarray(mastered.audio.samples[:, n_samples:2 * n_samples]), rate)
    return Loop(audio, n_bars, song.tempo_bpm, round(integrated_lufs(audio), 2), round(true_peak_dbtp(audio), 2))


def cut_round(sound: Audio, start_s: float, round_s: float) -> Audio:
    """The round of a loop that begins at `start_s`, its end led into its beginning by what lies before that."""
    rate = sound.sample_rate
    start, n_samples, blend = round(start_s * rate), round(round_s * rate), round(BLEND_S * rate)
    out = sound.samples[:, start:start + n_samples].copy()
    share = (0.5 - 0.5 * np.cos(np.pi * (np.arange(blend) + 1) / blend)).astype(np.float32)
    before = sound.samples[:, start - blend:start]
    out[:, -blend:] += share * (before - out[:, -blend:])
    return Audio(out, rate)
