"""Pictures of a finished sound: waveform, mel spectrogram, loudness over time; each with words that say what it shows.

Drawn like `plots.py`: shapes stretch, words stand beside them, colours are the theme's. The spectrogram is a PNG inside
the page, in a scale of colours (cividis, Nuñez et al. 2018) that reads alike with every kind of colour vision and whose
lightness alone tells the level. Knows sound and sections; refuses to know takes and components.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from modules.config import TARGET_LUFS
from modules.studio.loudness import (
    BLOCK_STEP_S,
    block_powers,
    gated_lufs,
    hop_powers,
    k_weighted,
    to_lufs,
)
from modules.types import Audio
from modules.ui.plots import WIDTH, section_bands, section_words, svg

COLUMNS = 1_200  # of a picture: enough for a wide card at twice the density
MEL_ROWS, LOW_HZ, HIGH_HZ = 144, 40.0, 16_000.0
FFT = 2_048
RANGE_DB = 72.0  # from the loudest cell down to the darkest colour
TICKS_HZ = ((300, "300 Hz"), (1_000, "1 kHz"), (4_000, "4 kHz"), (10_000, "10 kHz"))
LUFS_TOP, LUFS_BOTTOM = 0.0, -40.0
SHORT_TERM_S = 3.0  # EBU Tech 3341's window
# cividis at ninths, from dark blue to yellow
_CIVIDIS = np.array([(0, 34, 78), (18, 53, 112), (59, 73, 108), (87, 93, 109), (112, 113, 115), (138, 134, 120),
                     (166, 157, 117), (196, 181, 108), (228, 207, 91), (254, 232, 56)], float)


def sound_pictures(audio: Audio, sections: Sequence[Mapping[str, Any]] = ()) -> str:
    """All three pictures, one below the other, as HTML.

    Args:
        audio: the finished sound.
        sections: {name, start_s, end_s} in order.
    """
    return wave_picture(audio, sections) + mel_picture(audio) + loudness_picture(audio, sections)


def wave_picture(audio: Audio, sections: Sequence[Mapping[str, Any]] = ()) -> str:
    """Left and right channel: peaks, and how loud it is on average (RMS) inside them."""
    height, lanes = 120.0, audio.samples[:2]
    edges = np.linspace(0, audio.samples.shape[-1], COLUMNS + 1).astype(int)
    starts = np.minimum(edges[:-1], audio.samples.shape[-1] - 1)
    x = np.linspace(0, WIDTH, COLUMNS)
    body = [section_bands(sections, audio.duration_s, height)]
    for i, channel in enumerate(lanes):
        middle, reach = height * (2 * i + 1) / (2 * len(lanes)), height / (2 * len(lanes)) - 2
        high, low = np.maximum.reduceat(channel, starts), np.minimum.reduceat(channel, starts)
        sizes = np.maximum(np.diff(edges), 1)
        rms = np.sqrt(np.add.reduceat(channel.astype(float) ** 2, starts) / sizes)
        body.append(f'<path class="ew-peaks" d="{_area(x, middle - reach * high, middle - reach * low)}"/>')
        body.append(f'<path class="ew-rms" d="{_area(x, middle - reach * rms, middle + reach * rms)}"/>')
    peak_db = 20 * np.log10(max(float(np.abs(audio.samples).max(initial=0.0)), 1e-6))
    channels = "left above right" if len(lanes) > 1 else "one channel"
    words = f"Waveform over {audio.duration_s:.0f} seconds, {channels}; highest sample {peak_db:.1f} dBFS"
    return _figure("".join(body), height, words, section_words(sections, audio.duration_s),
                   "Waveform: peaks, and the average level inside them")


def mel_picture(audio: Audio) -> str:
    """Which frequencies sound when: mel-spaced rows, low at the bottom."""
    levels = mel_levels(audio)
    height, strongest = 144, _hz_of_row(int(np.argmax(levels.mean(axis=1))))
    picture = Image.fromarray(np.flipud(np.round(levels * 255)).astype(np.uint8), "P")
    picture.putpalette(palette())
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    words = (f"Spectrogram from {LOW_HZ:.0f} Hz to {HIGH_HZ / 1000:.0f} kHz over {audio.duration_s:.0f} seconds; "
             f"most energy near {_round_hz(strongest)}")
    image = (f'<img alt="{escape(words)}" src="data:image/png;base64,'
             f'{base64.b64encode(file.getvalue()).decode()}"/>')
    ticks = "".join(f'<span style="bottom:{100 * _row_of_hz(hz) / MEL_ROWS:.1f}%">{name}</span>'
                    for hz, name in TICKS_HZ)
    return (f'<figure class="ew-roll ew-mel"><div class="ew-stretch" data-seek="" style="height:{height}px">{image}'
            f'<div class="ew-ticks" aria-hidden="true">{ticks}</div><i class="ew-head"></i></div><figcaption>'
            'Spectrum over time: low tones below, high ones above; the brighter, the louder</figcaption></figure>')


def palette() -> bytes:
    """256 colours from low to high, red, green and blue each."""
    at = np.linspace(0, len(_CIVIDIS) - 1, 256)
    colours = np.stack([np.interp(at, np.arange(len(_CIVIDIS)), _CIVIDIS[:, c]) for c in range(3)], axis=1)
    return np.round(colours).astype(np.uint8).tobytes()


def mel_levels(audio: Audio) -> np.ndarray:
    """Level of each mel row and column, 0 (`RANGE_DB` below the loudest) to 1, float (MEL_ROWS, n ≤ COLUMNS)."""
    mono, rate = audio.mono, audio.sample_rate
    hop = max(FFT // 8, -(-len(mono) // COLUMNS))
    padded = np.pad(mono, (FFT // 2, FFT))
    starts = np.arange(0, max(len(mono), 1), hop)
    window = np.hanning(FFT).astype(np.float32)
    bank = _mel_bank(rate)
    out = np.empty((MEL_ROWS, len(starts)))
    for first in range(0, len(starts), 256):  # in blocks, so that four minutes stay small in memory
        at = starts[first:first + 256]
        frames = padded[at[:, None] + np.arange(FFT)] * window
        power = np.abs(np.fft.rfft(frames)) ** 2
        out[:, first:first + len(at)] = bank @ power.T
    db = 10 * np.log10(np.maximum(out, 1e-12))
    return np.clip((db - db.max() + RANGE_DB) / RANGE_DB, 0.0, 1.0)


def loudness_picture(audio: Audio, sections: Sequence[Mapping[str, Any]] = ()) -> str:
    """Momentary (0.4 s) and short-term (3 s) loudness after ITU-R BS.1770, with the whole's and the target."""
    height, step_s = 120.0, BLOCK_STEP_S
    hop = audio.sample_rate // 100
    powers = hop_powers(k_weighted(audio.samples, audio.sample_rate), hop)
    blocks = block_powers(powers, hop / audio.sample_rate)
    momentary, whole = to_lufs(blocks), gated_lufs(blocks)
    size = max(1, min(round(SHORT_TERM_S / step_s), len(blocks)))
    short = to_lufs(np.convolve(blocks, np.ones(size) / size, "valid"))
    x_now = WIDTH * np.minimum((np.arange(len(momentary)) + 2) * step_s / audio.duration_s, 1.0)
    x_short = WIDTH * np.minimum((np.arange(len(short)) + 2 + size / 2) * step_s / audio.duration_s, 1.0)

    def y(lufs: np.ndarray | float) -> np.ndarray:
        return height * np.clip((LUFS_TOP - np.asarray(lufs)) / (LUFS_TOP - LUFS_BOTTOM), 0.0, 1.0)

    body = [section_bands(sections, audio.duration_s, height),
            f'<path class="ew-grid" d="{"".join(f"M0 {y(v):.1f}H{WIDTH:.0f}" for v in (-10.0, -20.0, -30.0))}"/>',
            f'<path class="ew-momentary" d="{_line(x_now, y(momentary))}"/>',
            f'<path class="ew-short" d="{_line(x_short, y(short))}"/>',
            f'<path class="ew-whole" d="M0 {y(whole):.1f}H{WIDTH:.0f}"/>']
    loudest = int(np.argmax(momentary))
    at_s = loudest * step_s
    words = (f"Loudness over time: {whole:.1f} LUFS over all, the loudest moment {momentary[loudest]:.1f} LUFS at "
             f"{int(at_s) // 60}:{int(at_s) % 60:02d}; the target is {TARGET_LUFS:.0f} LUFS")
    ticks = "".join(f'<span style="bottom:{100 - 100 * float(y(v)) / height:.1f}%">{v:.0f}</span>'
                    for v in (-10.0, -20.0, -30.0))
    return _figure("".join(body), height, words, section_words(sections, audio.duration_s),
                   f"Loudness in LUFS: each moment thin, three seconds thick, the whole dashed at {whole:.1f}", ticks)


def _figure(body: str, height: float, words: str, above: str, caption: str, ticks: str = "") -> str:
    scale = f'<div class="ew-ticks" aria-hidden="true">{ticks}</div>' if ticks else ""
    return (f'<figure class="ew-roll"><div class="ew-words">{above}</div><div class="ew-stretch" data-seek="" '
            f'style="height:{height:g}px">{svg(body, height, words)}{scale}<i class="ew-head"></i></div>'
            f"<figcaption>{escape(caption)}</figcaption></figure>")


def _line(x: np.ndarray, y: np.ndarray) -> str:
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y))


def _area(x: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> str:
    return _line(np.concatenate([x, x[::-1]]), np.concatenate([upper, lower[::-1]])) + "z"


def _mel(hz: np.ndarray | float) -> np.ndarray:
    """Hertz → mel (O'Shaughnessy 1987)."""
    return 2595.0 * np.log10(1.0 + np.asarray(hz) / 700.0)


def _hz(mel: np.ndarray | float) -> np.ndarray:
    return 700.0 * (10.0 ** (np.asarray(mel) / 2595.0) - 1.0)


def _hz_of_row(row: int) -> float:
    low, high = _mel(LOW_HZ), _mel(HIGH_HZ)
    return float(_hz(low + (row + 1) * (high - low) / (MEL_ROWS + 1)))


def _row_of_hz(hz: float) -> float:
    low, high = _mel(LOW_HZ), _mel(HIGH_HZ)
    return float((_mel(hz) - low) / (high - low) * (MEL_ROWS + 1) - 1)


def _round_hz(hz: float) -> str:
    return f"{hz / 1000:.1f} kHz" if hz >= 1_000 else f"{round(hz, -1):.0f} Hz"


def _mel_bank(rate: int) -> np.ndarray:
    """Triangles of equal area over the bins of an FFT, (MEL_ROWS, FFT // 2 + 1); each holds a bin at least."""
    edges = _hz(np.linspace(_mel(LOW_HZ), _mel(HIGH_HZ), MEL_ROWS + 2))
    bins = np.fft.rfftfreq(FFT, 1 / rate)
    rise = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    bank = np.maximum(0.0, np.minimum(rise, fall))
    nearest = np.abs(bins[None] - edges[1:-1, None]).argmin(axis=1)
    empty = bank.sum(axis=1) == 0
    bank[empty, nearest[empty]] = 1.0
    return bank / bank.sum(axis=1, keepdims=True)
