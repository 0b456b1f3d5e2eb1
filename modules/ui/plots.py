"""Pictures as hand-written SVG in HTML: waveform, piano roll, energy.

Shapes stretch to the width they get (`preserveAspectRatio="none"`, x in thousandths of the duration); words stand
beside them as HTML at a percentage of the width, so that they stay readable on a phone. Colours are CSS variables of
`assets/theme/earworm.css`, one per lane. Knows notes and seconds; refuses to know components and requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from modules.types import Audio, Part, Reference

NOTE_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
WIDTH = 1000.0  # units of x
WAVE_BARS = 100
NARROW_PX, WIDE_PX = 330.0, 1100.0  # width of a roll on a phone and in a wide card, for deciding which words fit
ENOUGH = 0.6  # share of the words that must fit, else none is shown: every fourth chord would tell a wrong story
LETTER_PX = 6.6  # mean width of a letter of a chord name at the smallest size
DRUM_ROWS = ((35, 36, 41, 45, 43), (37, 38, 39, 40, 47, 48, 50), (42, 44, 46, 49, 51, 53, 57, 59))  # GM keys


def note_name(midi: int) -> str:
    """Scientific pitch name: 60 → "C4"."""
    return f"{NOTE_NAMES[midi % 12]}{midi // 12 - 1}"


def svg(body: str, height: float, title: str) -> str:
    """A picture that stretches to its box; `title` is what a screen reader says."""
    return (f'<svg viewBox="0 0 {WIDTH:.0f} {height:g}" preserveAspectRatio="none" role="img" '
            f'aria-label="{escape(title)}">{body}</svg>')


def _boxes(boxes: Iterable[tuple[float, float, float, float]]) -> str:
    """One path of rectangles (x, y, width, height)."""
    return "".join(f"M{x:.1f} {y:.1f}h{w:.1f}v{h:.1f}h-{w:.1f}z" for x, y, w, h in boxes)


def waveform(audio: Audio) -> str:
    """The sound's peaks as bars, twice: at rest, and played (uncovered by `--p`)."""
    mono = np.abs(audio.mono)
    edges = np.linspace(0, len(mono), WAVE_BARS + 1).astype(int)
    peaks = np.array([mono[a:b].max() if b > a else 0.0 for a, b in zip(edges[:-1], edges[1:])])
    peaks = np.sqrt(peaks / max(float(peaks.max()), 1e-6))  # the square root shows quiet passages too
    step = WIDTH / WAVE_BARS
    path = _boxes((i * step + 1, 24 - 22 * p, step * 0.62, max(44 * p, 2)) for i, p in enumerate(peaks))
    shape = f'<svg viewBox="0 0 {WIDTH:.0f} 48" preserveAspectRatio="none" aria-hidden="true"><path d="{path}"/></svg>'
    return f'<span class="ew-wave">{shape}<span class="ew-wave-played">{shape}</span></span>'


def _fitting(items: Sequence[tuple[float, float, str]], duration_s: float, width_px: float) -> list[bool]:
    """Which words stand clear of their left neighbour at this width; none when too few would."""
    fits, free_px = [], -1.0
    for start_s, _, text in items:
        left_px = start_s / duration_s * width_px
        fits.append(left_px >= free_px)
        if fits[-1]:
            free_px = left_px + len(text) * LETTER_PX + 6
    return fits if sum(fits) >= ENOUGH * len(fits) else [False] * len(fits)


def _words(items: Sequence[tuple[float, float, str]], kind: str, duration_s: float) -> str:
    """Words at times; marked `tight` where they do not fit on a phone, `crowded` where not in a wide card either."""
    out = []
    narrow, wide = _fitting(items, duration_s, NARROW_PX), _fitting(items, duration_s, WIDE_PX)
    for (start_s, end_s, text), on_phone, in_wide in zip(items, narrow, wide):
        marks = ("" if on_phone else " tight") + ("" if in_wide else " crowded")
        left, width = 100 * start_s / duration_s, 100 * (end_s - start_s) / duration_s
        out.append(f'<span class="{kind}{marks}" style="left:{left:.2f}%;max-width:{width:.2f}%">{escape(text)}</span>')
    return "".join(out)


def section_bands(sections: Sequence[Mapping[str, Any]], duration_s: float, height: float) -> str:
    """Alternating bands behind sections, as SVG."""
    return "".join(
        f'<rect class="ew-band ew-band-{index % 2}" x="{WIDTH * s["start_s"] / duration_s:.1f}" y="0" '
        f'width="{WIDTH * max(min(s["end_s"], duration_s) - s["start_s"], 0) / duration_s:.1f}" height="{height:g}"/>'
        for index, s in enumerate(sections))


def section_words(sections: Sequence[Mapping[str, Any]], duration_s: float) -> str:
    """Section names at their times, as HTML."""
    return _words([(s["start_s"], s["end_s"], s["name"]) for s in sections], "ew-section", duration_s)


def chord_words(chords: Sequence[tuple[float, float, str]], duration_s: float) -> str:
    """Chord names at their times (start, end, name), as HTML."""
    return _words(chords, "ew-chord", duration_s)


def piano_roll(parts: Sequence[Part], duration_s: float, *, sections: Sequence[Mapping[str, Any]] = (),
               chords: Sequence[Mapping[str, Any]] = (), bar_starts_s: Sequence[float] = ()) -> str:
    """Notes of all parts, one colour a lane, drums below; section names above, chord names below, a playhead.

    Args:
        parts: as performed.
        duration_s: length of the picture, the sound's.
        sections: {name, start_s, end_s} in order.
        chords: {name, start_s, end_s} in order.
        bar_starts_s: for the grid.

    Returns:
        HTML; the playhead stands at the CSS variable `--p` (0 %–100 %).
    """
    height, drum_height = 176.0, 28.0
    pitched = [(p.lane, [(n.onset_s, n.offset_s, n.midi) for n in (*p.notes, *p.sung)]) for p in parts
               if not p.is_drum]
    midis = [m for _, notes in pitched for _, _, m in notes] or [60]
    middle, span = (min(midis) + max(midis)) / 2, max(max(midis) - min(midis) + 4, 24)
    has_drums = any(p.is_drum for p in parts)
    area = height - (drum_height if has_drums else 0)
    row = area / span
    body = [section_bands(sections, duration_s, height)]
    lines = "".join(f"M{WIDTH * t / duration_s:.1f} 0v{height:g}" for t in bar_starts_s if 0 < t < duration_s)
    if len(bar_starts_s) <= 80 and lines:
        body.append(f'<path class="ew-bars" d="{lines}"/>')
    order = {"pad": 0, "comp": 1, "comp2": 1, "bass": 2, "counter": 3, "melody": 4, "vocal": 5}
    for lane, notes in sorted(pitched, key=lambda item: order.get(item[0], 1)):
        path = _boxes((WIDTH * on / duration_s, area / 2 - (m - middle) * row - row / 2,
                       max(WIDTH * (min(off, duration_s) - on) / duration_s - 0.8, 1.6), max(row * 0.95, 3.0))
                      for on, off, m in notes if on < duration_s)
        body.append(f'<path class="lane-{escape(lane)}" d="{path}"/>')
    if has_drums:
        hits = [(n.onset_s, next((i for i, keys in enumerate(DRUM_ROWS) if n.midi in keys), 2))
                for p in parts if p.is_drum for n in p.notes if n.onset_s < duration_s]
        path = _boxes((WIDTH * t / duration_s, height - 7 - 7.5 * line, 3.2, 5) for t, line in hits)
        body.append(f'<path class="lane-drums" d="{path}"/>')
    title = (f"Piano roll of {len(parts)} parts over {duration_s:.0f} seconds"
             + (f", sections: {', '.join(s['name'] for s in sections)}" if sections else ""))
    names = section_words(sections, duration_s)
    named = [(c["start_s"], c["end_s"], c["name"]) for c in chords if c["name"] != "N"]
    spelled = chord_words(named, duration_s)
    legend = "".join(f'<li><i class="dot lane-{escape(p.lane)}"></i>{escape(lane_title(p.lane))}'
                     f'<span>{escape(p.instrument.replace("_", " "))}</span></li>' for p in parts)
    return (f'<figure class="ew-roll"><div class="ew-words">{names}</div>'
            f'<div class="ew-stretch" data-seek="" style="height:{height:g}px">{svg("".join(body), height, title)}'
            f'<i class="ew-head"></i></div><div class="ew-words">{spelled}</div>'
            f'<ul class="ew-legend" aria-label="Parts">{legend}</ul></figure>')


def lane_title(lane: str) -> str:
    """A lane's name for people."""
    return {"comp": "chords", "comp2": "second chords", "counter": "counter-melody", "vocal": "voice",
            "hum": "your voice"}.get(lane, lane)


def energy_curve(reference: Reference) -> str:
    """A track's energy over time with its sections."""
    height = 110.0
    energy = np.asarray(reference.energy, float)
    if not len(energy):
        return ""
    ends = [s.end_s for s in reference.sections]
    duration = max([float(len(energy)), *ends])
    spans = [{"name": s.name, "start_s": s.start_s, "end_s": s.end_s} for s in reference.sections]
    at = np.minimum(np.arange(len(energy)) + 0.5, duration)
    points = "".join(f"L{WIDTH * t / duration:.1f} {height - 6 - (height - 14) * min(max(e, 0), 1):.1f}"
                     for t, e in zip(at, energy))
    first, last = points[1:].split("L")[0].split(), points.rsplit("L", 1)[1].split()
    area = f"M0 {height:g}L0 {first[1]}{points}L{WIDTH:.0f} {last[1]}L{WIDTH:.0f} {height:g}z"
    body = section_bands(spans, duration, height) + f'<path class="ew-energy" d="{area}"/>'
    names = section_words(spans, duration)
    return (f'<figure class="ew-roll"><div class="ew-words">{names}</div><div class="ew-stretch" '
            f'style="height:{height:g}px">{svg(body, height, "Energy of the track over time")}</div>'
            f'<figcaption>Energy, second by second</figcaption></figure>')
