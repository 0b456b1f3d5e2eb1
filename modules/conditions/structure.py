"""Sections and energy of a recording: where the music turns, what returns, what to call it. Knows no styles.

Sections come from the novelty of a self-similarity matrix of bars (Foote 2000); names from energy and repetition, as
people use them, so they are guesses. Letters: `N` bars.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from modules.conditions.beats import onset_envelope
from modules.conditions.spectra import FRAME_S, Spectra
from modules.conditions.tonality import chroma, over_spans
from modules.types import SectionSpan

KERNEL_BARS = 4  # each side of a turn
SHORTEST_BARS = 3
NOVELTY = 0.28  # of the strongest possible turn, that a boundary needs
CLEAR_TURN = 0.6  # novelty of a border that nobody would miss
PHRASE_BONUS = 1.25  # on boundaries that come a multiple of four bars after the last one
SAME = 0.82  # similarity from which two sections are the same music
EDGE_BARS = 8  # longest intro and outro
NO_DRUMS, ALL_DRUMS = 0.50, 0.66  # percussive share at onsets of songs without, and with plain, drums
DARK_HZ, BRIGHT_OCTAVES = 300.0, 3.5  # median spectral centroid from lo-fi beats to metal
CLEAN, ROUGH = 0.05, 0.57  # spectral flatness of a soft piano and of metal
CHORUS_DB, EDGE_DB = 0.8, 1.0  # louder than the verse; quieter than the rest


@dataclass(frozen=True)
class Liveliness:
    """What makes music feel energetic, 0–1 each; `onsets_per_s` counts clear onsets, `roughness` distortion, noise."""

    onsets_per_s: float
    percussive: float
    brightness: float
    roughness: float


@dataclass(frozen=True)
class Form:
    """Sections over the whole recording, a number for each (equal = the same music), and how sure their borders are."""

    sections: tuple[SectionSpan, ...]
    groups: tuple[int, ...]
    confidence: float


def find_liveliness(spectra: Spectra) -> Liveliness:
    """Onset rate, share of drum-like onsets, and brightness."""
    envelope = onset_envelope(spectra)
    peaks = (envelope == maximum_filter1d(envelope, 7)) & (envelope > 0.6)
    rate = float(peaks.sum() / spectra.duration_s)
    at = np.flatnonzero(peaks)
    audible = spectra.level_db > np.percentile(spectra.level_db, 95) - 30
    percussive = 0.0
    if len(at):
        hits = maximum_filter1d(spectra.percussive, 5)[np.minimum(at + 1, len(spectra.percussive) - 1)]
        percussive = float(np.clip((np.percentile(hits, 75) - NO_DRUMS) / (ALL_DRUMS - NO_DRUMS), 0, 1))
    centroid = float(np.median(spectra.centroid_hz[audible])) if audible.any() else 500.0
    flat = float(np.median(spectra.flatness[audible])) if audible.any() else 0.0
    return Liveliness(rate, percussive, float(np.clip(np.log2(max(centroid, 1.0) / DARK_HZ) / BRIGHT_OCTAVES, 0, 1)),
                      float(np.clip((flat - CLEAN) / (ROUGH - CLEAN), 0, 1)))


def find_energy(spectra: Spectra, lively: Liveliness) -> np.ndarray:
    """0–1 for each second: the piece's own liveliness, moved by loudness, 30 dB over the whole range."""
    seconds = max(1, int(round(spectra.duration_s)))
    size = int(round(1 / FRAME_S))
    power = 10 ** (spectra.level_db / 10)
    level = np.array([10 * np.log10(power[k * size:(k + 1) * size].mean() + 1e-9) if k * size < len(power) else -90.0
                      for k in range(seconds)])
    usual = 10 * np.log10(np.mean(10 ** (level / 10)) + 1e-9)
    centre = (0.12 + 0.40 * min(1.0, lively.onsets_per_s / 7) + 0.28 * lively.percussive + 0.20 * lively.brightness)
    return np.clip(centre + (level - usual) / 30, 0, 1).astype(np.float32)


def find_sections(spectra: Spectra, downbeats_s: np.ndarray) -> Form:
    """Sections over the whole recording, at bar lines; a single "verse" when nothing turns."""
    if len(downbeats_s) < 2 * SHORTEST_BARS:
        return Form((SectionSpan("verse", 0.0, round(spectra.duration_s, 3)),), (0,), 0.0)
    ends = np.r_[downbeats_s[1:], min(spectra.duration_s, downbeats_s[-1] + np.median(np.diff(downbeats_s)))]
    tones, sound, level = _bar_features(spectra, downbeats_s, ends)
    alike = 0.5 * _cosines(tones) + 0.5 * np.exp(-_distances(sound))
    novelty = _novelty(alike)
    turns = _turns(novelty)
    starts = [0, *turns]
    stops = [*turns, len(downbeats_s)]
    groups = _groups(tones, sound, starts, stops)
    loud = [float(level[a:b].mean()) for a, b in zip(starts, stops, strict=True)]
    names = name_sections(groups, loud, [b - a for a, b in zip(starts, stops, strict=True)])
    times = [0.0, *(float(downbeats_s[turn]) for turn in turns), spectra.duration_s]
    out: list[SectionSpan] = []
    kept: list[int] = []
    for name, group, begin, end in zip(names, groups, times[:-1], times[1:], strict=True):
        if out and out[-1].name == name and name in ("intro", "outro", "bridge"):
            out[-1] = SectionSpan(name, out[-1].start_s, round(end, 3))
        else:
            out.append(SectionSpan(name, round(begin, 3), round(end, 3)))
            kept.append(group)
    clear = float(np.mean([min(1.0, novelty[turn] / CLEAR_TURN) for turn in turns])) if turns else 0.4
    return Form(tuple(out), tuple(kept), clear)


def _bar_features(spectra: Spectra, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Chroma of half bars (N, 48), sound (N, 5) in units of deviation, level in dB (N,)."""
    treble, bass = chroma(spectra.notes)
    middle = (starts + ends) / 2
    halves = [over_spans(np.hstack([treble, bass]), a, b) for a, b in ((starts, middle), (middle, ends))]
    tones = np.hstack([half / (np.linalg.norm(half, axis=1, keepdims=True) + 1e-9) for half in halves])
    rows = []
    for start, end in zip(starts, ends, strict=True):
        part = slice(int(start / FRAME_S), max(int(end / FRAME_S), int(start / FRAME_S) + 1))
        level = 10 * np.log10(np.mean(10 ** (spectra.level_db[part] / 10)) + 1e-9)
        rows.append([level, *np.log1p(spectra.flux[part].mean(axis=0)), np.log2(spectra.centroid_hz[part].mean() + 50)])
    sound = np.array(rows)
    scale = np.array([3.0, 0.15, 0.25, 0.2, 0.35])  # what one would notice as a change: dB, flux …, octaves
    return tones, sound / scale, sound[:, 0]


def _cosines(x: np.ndarray) -> np.ndarray:
    x = x - 0.6 * x.mean(axis=0)
    x = x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-9)
    return np.clip(x @ x.T, 0, 1)


def _distances(x: np.ndarray) -> np.ndarray:
    """Mean absolute difference of each pair, 0.5 = just noticed."""
    return 0.5 * np.abs(x[:, None] - x[None]).mean(axis=2)


def _novelty(alike: np.ndarray) -> np.ndarray:
    """(N,) how much the music turns at each bar, by a checkerboard along the diagonal (Foote 2000)."""
    n = len(alike)
    novelty = np.zeros(n)
    for bar in range(1, n):
        size = min(KERNEL_BARS, bar, n - bar)
        if size < 2:
            continue
        before, after = slice(bar - size, bar), slice(bar, bar + size)
        within = 0.5 * (alike[before, before].mean() + alike[after, after].mean())
        novelty[bar] = max(0.0, within - alike[before, after].mean()) * min(1.0, size / 3)
    return novelty


def _turns(novelty: np.ndarray) -> list[int]:
    """Bars at which a new section begins: peaks of novelty, phrases of four bars preferred."""
    n = len(novelty)
    found: list[int] = []
    while True:
        last = found[-1] if found else 0
        ahead = np.arange(last + SHORTEST_BARS, n - 1)
        if not len(ahead):
            break
        weighed = novelty * np.where((np.arange(n) - last) % 4 == 0, PHRASE_BONUS, 1.0)
        local = [bar for bar in ahead
                 if weighed[bar] >= NOVELTY and weighed[bar] == weighed[max(0, bar - 2):bar + 3].max()]
        if not local:
            break
        found.append(int(local[0]))
    while found and n - found[-1] < SHORTEST_BARS:  # a last chord dying away is no section
        found.pop()
    return found


def _groups(tones: np.ndarray, sound: np.ndarray, starts: list[int], stops: list[int]) -> list[int]:
    """A number for each section; the same number = the same music."""
    groups: list[int] = []
    for index, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        best = None
        for other in range(index):
            size = min(stop - start, stops[other] - starts[other])
            if size < SHORTEST_BARS - 1:
                continue
            a, b = slice(start, start + size), slice(starts[other], starts[other] + size)
            likeness = 0.6 * float((tones[a] * tones[b]).sum(axis=1).mean() / 2)
            likeness += 0.4 * float(np.exp(-0.5 * np.abs(sound[a].mean(axis=0) - sound[b].mean(axis=0)).mean()))
            if likeness > SAME and (best is None or likeness > best[0]):
                best = (likeness, groups[other])
        groups.append(best[1] if best else max(groups, default=-1) + 1)
    return groups


def name_sections(groups: list[int], loud: list[float], bars: list[int]) -> list[str]:
    """Names from repetition, loudness in dB and length in bars: the loudest music that returns is the chorus."""
    n = len(groups)
    if n == 1:
        return ["verse"]
    inner = float(np.average(loud, weights=bars))
    names = [""] * n
    if bars[0] <= EDGE_BARS and loud[0] < inner - EDGE_DB and n > 2 and groups.count(groups[0]) == 1:
        names[0] = "intro"
    if bars[-1] <= EDGE_BARS and loud[-1] < inner - EDGE_DB and n > 2 and groups.count(groups[-1]) == 1:
        names[-1] = "outro"
    rest = [i for i in range(n) if not names[i]]
    levels = {g: float(np.mean([loud[i] for i in rest if groups[i] == g])) for g in {groups[i] for i in rest}}
    counts = {g: sum(groups[i] == g for i in rest) for g in levels}
    returning = [g for g in levels if counts[g] > 1] or list(levels)
    ordered = sorted(returning, key=lambda g: (-levels[g], g))
    first = groups[rest[0]]
    chorus = ordered[0] if len(levels) > 1 and levels[ordered[0]] > min(levels.values()) + CHORUS_DB else None
    if chorus == first and len(ordered) > 1 and levels[ordered[0]] - levels[ordered[1]] < 2 * CHORUS_DB:
        chorus = ordered[1] if levels[ordered[1]] > min(levels.values()) + CHORUS_DB else chorus
    if chorus == first and counts[chorus] == 1:
        chorus = None  # what comes first and never again is no chorus, however loud
    verse = next((g for g in [groups[i] for i in rest] if g != chorus and (counts[g] > 1 or g == first)),
                 next((groups[i] for i in rest if groups[i] != chorus), first))
    for i in rest:
        names[i] = "chorus" if groups[i] == chorus else "verse" if groups[i] == verse else \
            "bridge" if counts[groups[i]] == 1 and 0 < i < n - 1 else "verse"
    return names


def course(energy: np.ndarray) -> str:
    """The energy curve in words: "calm start and loud end", or "" when it stays level."""
    if len(energy) < 6:
        return ""
    smooth = gaussian_filter1d(energy.astype(float), max(1.0, len(energy) / 24))
    third = max(2, len(energy) // 6)
    start, end, top, low = smooth[:third].mean(), smooth[-third:].mean(), smooth.max(), smooth.min()
    if top - low < 0.12:
        return "one level of energy throughout"
    words = []
    if start < low + 0.35 * (top - low):
        words.append("a calm start")
    elif start > low + 0.75 * (top - low):
        words.append("a full start")
    if end < low + 0.35 * (top - low):
        words.append("a quiet end")
    elif end > low + 0.75 * (top - low):
        words.append("a loud end")
    return " and ".join(words) or "rises and falls"
