"""Measures of finished audio against what should sound in it: notes, words, levels, sections, the ending.

Works on the sound alone, plus the times at which something is expected. Knows nothing of requests or of verdicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, rfft

from modules.conditions.spectra import FRAME_S, RATE, SLOW_FRAME_S, Spectra, mono, note_strength
from modules.types import Audio, GridNote, Performance, PlayedNote, SungNote

SILENT_DB = -50.0  # RMS of a stem's loud blocks; what lies below is not heard in a mix
BLOCK_S = 0.1
ONSET_TOLERANCE_S = 0.09  # feel, swing and slow attacks move a note by less
AUDIBLE_SHARE = 0.2  # of the frame's strongest pitch class, for a note to be heard in its stem
SUNG_DB = -45.0  # level of a syllable's vowel in the vocal stem
SUNG_CENTS = 60.0
SAME_NOTES, SAME_RHYTHM = 0.87, 0.85  # cosine and correlation from which a bar repeats the one before
PITCHED = 0.45  # normalised autocorrelation of a sung vowel; whispers and consonants stay below


@dataclass(frozen=True)
class MelodyMatch:
    """`found` of `asked` notes are played where asked and sound in the stem; `likeness` is the chroma cosine."""

    asked: int
    found: int
    likeness: float


@dataclass(frozen=True)
class WordsMatch:
    sung: int
    heard: int
    in_tune: int


def level_db(audio: Audio) -> float:
    """RMS in dBFS of a stem where it plays: the 90th percentile of its tenths of a second."""
    blocks = block_levels(audio)
    return float(np.percentile(blocks[blocks > -80], 90)) if (blocks > -80).any() else -120.0


def block_levels(audio: Audio) -> np.ndarray:
    """RMS in dBFS of each tenth of a second, loudest channel."""
    size = max(1, int(BLOCK_S * audio.sample_rate))
    n = max(1, audio.samples.shape[-1] // size)
    part = audio.samples[:, :n * size]
    if part.shape[-1] < size:
        return np.array([-120.0])
    power = np.einsum("cns,cns->cn", *(2 * [part.reshape(len(part), n, size)])) / size
    return 10 * np.log10(np.maximum(power.max(axis=0), 1e-12))


def match_melody(asked: Sequence[GridNote], played: Sequence[PlayedNote | SungNote], performance: Performance,
                 stem: Audio, mixed: Spectra, *, steps_per_bar: int) -> MelodyMatch:
    """Look for a melody in what was played and in the sound, at whichever bar fits best, octaves aside.

    Args:
        asked: the given notes; step 0 is a downbeat.
        played: the melody's or the singer's notes.
        performance: for the times of bars.
        stem: the sound that should carry it.
        mixed: the whole mix.
    """
    bars = np.array(performance.bar_starts_s)
    bar_s = np.median(np.diff(bars)) if len(bars) > 1 else 2.0
    edges = np.r_[bars, bars[-1] + bar_s * np.arange(1, 3)]
    times = np.array([n.onset_s for n in played])
    classes = np.array([n.midi % 12 for n in played])
    tolerance_s = max(ONSET_TOLERANCE_S, 0.75 * bar_s / steps_per_bar)
    best: tuple[int, np.ndarray, np.ndarray] | None = None
    for bar in range(len(bars)):
        starts, ends = (np.interp([bar * steps_per_bar + step for step in side], np.arange(len(edges)) * steps_per_bar,
                                  edges, left=-9.0) for side in ([n.step for n in asked],
                                                                 [n.step + n.length for n in asked]))
        near = (np.abs(times[None] - starts[:, None]) < tolerance_s) & (classes[None] == np.array(
            [[n.midi % 12] for n in asked]))
        hit = near.any(axis=1) & (starts >= -0.01)
        if best is None or hit.sum() > best[0]:
            best = (int(hit.sum()), starts, ends)
            where, hits = near.argmax(axis=1), hit
    if best is None or best[0] == 0:
        return MelodyMatch(len(asked), 0, 0.0)
    _, starts, ends = best
    pitches = note_strength(stem)
    own = pitches.reshape(len(pitches), -1, 12).sum(axis=1)  # (M, 12)
    audible = np.zeros(len(asked), bool)
    for index in np.flatnonzero(hits):
        note = played[where[index]]
        audible[index] = sounds(own, note.onset_s, note.offset_s, note.midi % 12)
    return MelodyMatch(len(asked), int(audible.sum()), chroma_likeness(asked, starts, ends, own, mixed))


def sounds(chroma_frames: np.ndarray, start_s: float, end_s: float, pitch_class: int) -> bool:
    """True when a pitch class is among the strong ones of (M, 12) frames at some moment of a span."""
    first = int(start_s / SLOW_FRAME_S + 0.5)
    last = max(first + 2, int(end_s / SLOW_FRAME_S) + 1)
    part = chroma_frames[first:last]
    if not len(part):
        return False
    return bool((part[:, pitch_class] > AUDIBLE_SHARE * part.max(axis=1)).any() and part.max() > 1e-3)


def chroma_likeness(asked: Sequence[GridNote], starts: np.ndarray, ends: np.ndarray, own: np.ndarray,
                    mixed: Spectra) -> float:
    """Mean cosine of the melody's pitch classes with the stem's while each note sounds; silence in the mix counts 0."""
    whole = mixed.notes.reshape(len(mixed.notes), -1, 12).sum(axis=1)
    cosines, weights = [], []
    for note, start, end in zip(asked, starts, ends, strict=True):
        frames = slice(max(0, int(start / SLOW_FRAME_S + 0.7)), max(int(start / SLOW_FRAME_S + 0.7) + 1,
                                                                    int(end / SLOW_FRAME_S)))
        part = own[frames].sum(axis=0)
        heard = whole[frames].sum() > 0
        cosines.append(part[note.midi % 12] / (np.linalg.norm(part) + 1e-9) if heard else 0.0)
        weights.append(end - start)
    return float(np.average(cosines, weights=weights)) if sum(weights) > 0 else 0.0


def match_words(sung: Sequence[SungNote], stem: Audio) -> WordsMatch:
    """Of sung syllables, how many have energy in the vocal stem, and how many of these stand on their note."""
    sound = mono(stem)
    starts = [n for n in sung if n.phonemes]
    heard = in_tune = 0
    for note in starts:
        length = min(0.25, 0.7 * (note.offset_s - note.onset_s))
        middle = note.onset_s + 0.55 * (note.offset_s - note.onset_s)
        part = sound[max(0, int((middle - length / 2) * RATE)):int((middle + length / 2) * RATE)]
        if len(part) < 64 or 10 * np.log10(np.mean(part**2) + 1e-12) < SUNG_DB:
            continue
        heard += 1
        in_tune += bool(abs(cents_off(part, note.midi)) <= SUNG_CENTS)
    return WordsMatch(len(starts), heard, in_tune)


def cents_off(part: np.ndarray, midi: float) -> float:
    """Cents between a vowel's fundamental and a note, by autocorrelation; infinite when it has no pitch there.

    Looked for within an octave either side, so that a voice an octave off is off.
    """
    wanted = RATE / (440 * 2 ** ((midi - 69) / 12))  # samples a period
    size = 1 << int(np.ceil(np.log2(2 * len(part))))
    spectrum = rfft(part * np.hanning(len(part)), size)
    acf = irfft(np.abs(spectrum) ** 2, size)[:len(part)]
    window = irfft(np.abs(rfft(np.hanning(len(part)), size)) ** 2, size)[:len(part)]
    acf = acf / (acf[0] + 1e-12) / np.maximum(window / window[0], 0.05)  # Boersma 1993, eq. 9
    low, high = max(2, int(wanted / 1.9)), min(len(part) * 2 // 3, int(wanted * 1.9) + 2)
    if high - low < 3:
        return float("inf")
    lags = np.arange(low, high)
    value = acf[low:high] - 0.03 * np.abs(np.log2(lags / wanted))
    best = int(value.argmax())
    if value[best] < PITCHED or best in (0, len(lags) - 1):
        return float("inf")
    a, b, c = acf[low + best - 1], acf[low + best], acf[low + best + 1]
    lag = lags[best] + (0.5 * (a - c) / (a - 2 * b + c) if a - 2 * b + c < -1e-9 else 0.0)
    return float(1200 * np.log2(wanted / lag))


def span_level(spectra: Spectra, start_s: float, end_s: float) -> float:
    """Level in dBFS of a span of the mix (mean power)."""
    part = spectra.level_db[int(start_s / FRAME_S):max(int(end_s / FRAME_S), int(start_s / FRAME_S) + 1)]
    return float(10 * np.log10(np.mean(10 ** (part / 10)))) if len(part) else -120.0


def alike(spectra: Spectra, first: tuple[float, float], second: tuple[float, float]) -> float:
    """0–1: how alike two spans sound note for note, as long as the shorter lasts (mean cosine of chroma)."""
    a, b = (int(round(span[0] / SLOW_FRAME_S)) for span in (first, second))
    length = int(min(first[1] - first[0], second[1] - second[0]) / SLOW_FRAME_S)
    classes = spectra.notes.reshape(len(spectra.notes), -1, 12).sum(axis=1)
    length = min(length, len(classes) - a, len(classes) - b)
    if length < 2:
        return 0.0
    x, y = classes[a:a + length], classes[b:b + length]
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    cosine = (x * y).sum(axis=1) / (np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1) + 1e-9)
    return float(np.clip(np.mean(cosine), 0, 1))


def repeated_bars(spectra: Spectra, bars_s: Sequence[float]) -> float:
    """Share of bars that sound like the bar before in notes and rhythm: 1 = a bare loop; NaN under 4 bars."""
    if len(bars_s) < 5:
        return float("nan")
    same = []
    for first, second, third in zip(bars_s, bars_s[1:], bars_s[2:], strict=False):
        notes = alike(spectra, (first, second), (second, third))
        a, b = (_rhythm(spectra, *span) for span in ((first, second), (second, third)))
        same.append(notes > SAME_NOTES and float(np.corrcoef(a, b)[0, 1]) > SAME_RHYTHM)
    return float(np.mean(same))


def _rhythm(spectra: Spectra, start_s: float, end_s: float) -> np.ndarray:
    """(48,) onset strength at 16 places of a bar in three bands."""
    frames = np.clip(np.round(np.linspace(start_s, end_s, 17)[:-1] / FRAME_S).astype(int), 0, len(spectra.flux) - 3)
    return np.concatenate([np.max([spectra.flux[frames + k, band] for k in (0, 1, 2)], axis=0) for band in range(3)])


def ending_of(audio: Audio) -> tuple[str, float]:
    """How the sound ends: ("fade", "ring", "hit" or "cut", seconds over which it dies away)."""
    levels = block_levels(audio)
    smooth = np.convolve(levels, np.ones(5) / 5, mode="same")
    usual = float(np.median(levels[levels > -70])) if (levels > -70).any() else -120.0
    audible = np.flatnonzero(levels > usual - 40)
    if not len(audible):
        return "cut", 0.0
    last = int(audible[-1])
    loud = np.flatnonzero(smooth[:last + 1] > usual - 6)
    since = int(loud[-1]) if len(loud) else 0
    dying_s = (last - since) * BLOCK_S
    if last >= len(levels) - 2 and levels[last] > usual - 12:
        return "cut", 0.0
    if dying_s < 0.7:
        return "hit", dying_s
    tail = smooth[max(0, last - 40):last + 1]
    # A fade goes down steadily while music goes on; what rings falls at once and then hangs.
    onsets = np.diff(levels[since:last + 1])
    still_playing = float((onsets > 2.5).mean()) if len(onsets) else 0.0
    return ("fade" if dying_s > 1.5 and still_playing > 0.12 and tail[0] > tail[-1] + 12 else "ring"), dying_s


def follows(curve: Sequence[tuple[float, float]], spectra: Spectra, end_s: float) -> float:
    """Correlation (of values and of ranks) of an asked energy curve with loudness, second by second.

    NaN where either is flat. What dies away after `end_s`, the end of the last bar, is not counted.
    """
    seconds = np.arange(0.5, min(end_s, spectra.duration_s) - 0.5)
    if len(seconds) < 4:
        return float("nan")
    asked = np.interp(seconds, *zip(*curve, strict=True))
    heard = np.array([span_level(spectra, s - 1.0 if s > 1 else 0.0, s + 1.0) for s in seconds])
    if asked.std() < 0.03 or heard.std() < 0.2:
        return float("nan")
    ranks = [np.argsort(np.argsort(np.round(x, 3), kind="stable")) for x in (asked, heard)]
    return float(np.corrcoef(asked, heard)[0, 1] * 0.5 + np.corrcoef(*ranks)[0, 1] * 0.5)
