"""Pictures of what was heard in a track: waveform with beats and sections, harmony with chord names, energy, tempo.

Drawn like `plots.py`: shapes stretch, words stand beside them. Harmony and tempo are small PNGs in the scale of colours
of `sound_plots`. Knows sound and a `Reference`; refuses to know components.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape

import numpy as np
from PIL import Image

from modules.conditions.beats import onset_envelope
from modules.conditions.spectra import FRAME_S, SLOW_FRAME_S, Spectra, analyse
from modules.conditions.tonality import chroma
from modules.types import Audio, Reference, SectionSpan
from modules.ui.plots import NOTE_NAMES, WIDTH, chord_words, energy_curve, section_bands, section_words, svg
from modules.ui.sound_plots import palette

COLUMNS = 900  # of a picture
TEMPO_RANGE = (40.0, 240.0)  # BPM, shown on a logarithmic scale
TEMPO_ROWS = 96
TEMPO_TICKS = (60, 90, 120, 180)
WINDOW_S, HOP_S = 8.0, 0.5  # of the tempogram
MOST_BEATS = 240  # drawn one by one; of longer tracks only the bar lines


def track_pictures(audio: Audio, reference: Reference) -> str:
    """All four pictures as HTML, in reading order."""
    spectra = analyse(audio)
    return ('<div class="ew-track-pictures">' + wave_with_beats(audio, reference)
            + harmony_picture(spectra, reference) + energy_curve(reference) + tempo_picture(spectra, reference)
            + "</div>")


def wave_with_beats(audio: Audio, reference: Reference) -> str:
    """Waveform, sections behind it, a line for each beat, a stronger one for each "one"."""
    height, duration = 96.0, audio.duration_s
    mono = audio.mono
    edges = np.linspace(0, len(mono), COLUMNS + 1).astype(int)
    starts = np.minimum(edges[:-1], len(mono) - 1)
    scale = 0.47 * height / max(float(np.abs(mono).max()), 1e-6)
    high, low = np.maximum.reduceat(mono, starts) * scale, np.minimum.reduceat(mono, starts) * scale
    x = np.linspace(0, WIDTH, COLUMNS)
    shape = _line(x, height / 2 - high) + "L" + _line(x[::-1], height / 2 - low[::-1])[1:] + "z"
    spans = _spans(reference.sections)
    body = [section_bands(spans, duration, height), f'<path class="ew-peaks" d="{shape}"/>']
    beats = [t for t in reference.beats_s if t < duration]
    if len(beats) <= MOST_BEATS:
        body.append(f'<path class="ew-beats" d="{_lines(beats, duration, height, 0.72)}"/>')
    ones = [t for t in reference.downbeats_s if t < duration]
    body.append(f'<path class="ew-ones" d="{_lines(ones, duration, height, 1.0)}"/>')
    title = (f"Waveform of {duration:.0f} seconds with {len(beats)} beats in {len(ones)} bars, sections: "
             f"{', '.join(s.name for s in reference.sections)}")
    return (f'<figure class="ew-roll ew-whole-row"><div class="ew-words">{section_words(spans, duration)}</div>'
            f'<div class="ew-stretch" style="height:{height:g}px">{svg("".join(body), height, title)}</div>'
            "<figcaption>Waveform; thin lines are beats, strong ones the first of a bar</figcaption></figure>")


def harmony_picture(spectra: Spectra, reference: Reference) -> str:
    """How strongly each of the twelve notes sounds, with the chords named below."""
    height = 96
    treble, bass = chroma(spectra.notes)
    strength = treble + 0.5 * bass
    n = max(1, int(spectra.duration_s / SLOW_FRAME_S))
    strength = _pooled(strength[:n], COLUMNS)
    strength = strength / np.maximum(strength.max(axis=1, keepdims=True), np.percentile(strength, 90) * 0.3 + 1e-9)
    image = _picture(strength.T[::-1] ** 1.3, f"Which of the twelve notes sound over {spectra.duration_s:.0f} seconds")
    ticks = "".join(f'<span style="bottom:{100 * (pc + 0.5) / 12:.1f}%">{NOTE_NAMES[pc]}</span>' for pc in (0, 4, 7))
    named = [(c.start_s, c.end_s, c.name) for c in reference.chords if c.root is not None]
    return (f'<figure class="ew-roll ew-map-of ew-whole-row"><div class="ew-stretch" style="height:{height}px">{image}'
            f'<div class="ew-ticks" aria-hidden="true">{ticks}</div></div>'
            f'<div class="ew-words">{chord_words(named, spectra.duration_s)}</div>'
            "<figcaption>Harmony: the twelve notes, C at the bottom, and the chords heard</figcaption></figure>")


def tempo_picture(spectra: Spectra, reference: Reference) -> str:
    """How well onsets return at each tempo, moment by moment, and the tempo that was taken (Grosche et al. 2010)."""
    height = 96
    strength = tempogram(spectra)
    image = _picture(strength[::-1], f"Tempo over time from {TEMPO_RANGE[0]:.0f} to {TEMPO_RANGE[1]:.0f} BPM; "
                                     f"{reference.tempo_bpm:.0f} BPM was taken")
    ticks = "".join(f'<span style="bottom:{100 * _tempo_place(bpm):.1f}%">{bpm}</span>' for bpm in TEMPO_TICKS)
    line = f'<i class="ew-taken" style="bottom:{100 * _tempo_place(reference.tempo_bpm):.1f}%"></i>'
    return (f'<figure class="ew-roll ew-map-of"><div class="ew-stretch" style="height:{height}px">{image}{line}'
            f'<div class="ew-ticks" aria-hidden="true">{ticks}</div></div><figcaption>Tempo in BPM: the brighter, the '
            f"steadier things return; the line is {reference.tempo_bpm:.0f} BPM</figcaption></figure>")


def tempogram(spectra: Spectra) -> np.ndarray:
    """(TEMPO_ROWS, n) 0–1 autocorrelation of the onset strength at each tempo, slow tempi first."""
    envelope = onset_envelope(spectra)
    size, hop = int(WINDOW_S / FRAME_S), int(HOP_S / FRAME_S)
    padded = np.pad(envelope, (size // 2, size // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * np.hanning(size)
    spectrum = np.fft.rfft(frames - frames.mean(axis=1, keepdims=True), 2 * size, axis=1)
    returns = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :size]
    returns = returns / np.maximum(returns[:, :1], 1e-9)
    lags = 60 / np.geomspace(*TEMPO_RANGE, TEMPO_ROWS) / FRAME_S
    whole = lags.astype(int)
    share = lags - whole
    found = returns[:, whole] * (1 - share) + returns[:, whole + 1] * share
    return np.clip(found / max(float(np.percentile(found, 99)), 1e-9), 0, 1).T


def _tempo_place(bpm: float) -> float:
    """0–1 from the bottom of the tempo picture."""
    low, high = TEMPO_RANGE
    return float(np.clip(np.log(bpm / low) / np.log(high / low), 0, 1))


def _pooled(frames: np.ndarray, most: int) -> np.ndarray:
    """(n ≤ most, D) means of neighbouring frames (M, D)."""
    edges = np.linspace(0, len(frames), min(most, len(frames)) + 1).astype(int)
    return np.add.reduceat(frames, edges[:-1], axis=0) / np.diff(edges)[:, None]


def _picture(levels: np.ndarray, words: str) -> str:
    """Levels 0–1 (rows, columns), first row on top, as an image that stretches."""
    image = Image.fromarray(np.round(np.clip(levels, 0, 1) * 255).astype(np.uint8), "P")
    image.putpalette(palette())
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return f'<img alt="{escape(words)}" src="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"/>'


def _spans(sections: Sequence[SectionSpan]) -> list[dict]:
    return [{"name": s.name, "start_s": s.start_s, "end_s": s.end_s} for s in sections]


def _line(x: np.ndarray, y: np.ndarray) -> str:
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))


def _lines(times: Sequence[float], duration_s: float, height: float, share: float) -> str:
    """Upright lines from the bottom."""
    return "".join(f"M{WIDTH * t / duration_s:.1f} {height:g}V{height * (1 - share):.1f}" for t in times)
