"""The singing voice: sung notes in, a vocal stem out. Diphones from a voice's bank, stretched to the timeline and
joined; pitch and dynamics from `expression`; sound by WORLD (Morise et al. 2016) at the output rate.

Owns the assembly of frames and levels; refuses to know lyrics as text, mixing and other stems.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyworld
from scipy.ndimage import gaussian_filter1d

from modules.errors import InputError
from modules.types import Audio, SungNote
from modules.vocoder.articulation import Phone, plan_phones, take_breaths
from modules.vocoder.expression import brightness_curve, level_curve, pitch_curve
from modules.vocoder.phones import DIPHTHONGS, FRICATIVES, NASALS, PAUSE, PLOSIVES, SIBILANTS, SONORANTS, VOWELS
from modules.vocoder.timbre import DB, FFT_SIZE, aperiodicity, hiss_db, log_spectrum, loudness_db
from modules.vocoder.voicebank import FRAME_S, Frames, Voicebank, VoiceInfo, fit_octave, load_voicebank, voices

__all__ = ["VoiceInfo", "fit_octave", "sing", "voices"]

GLIDE_STRETCH = 1.4  # a sung diphthong glides late, but slower than a spoken one
LEAD_FRAMES, TAIL_FRAMES = 6, 12  # of the bank's pauses round a phrase
JOIN_FRAMES = 5  # over which two halves of a consonant are drawn together on each side
MANNERS = ("sung", "spoken", "hummed")
HUMMED = (("M",), ("UW",), ("AA",))
HUM_VELOCITY = 0.85  # humming is quieter than singing
VOWEL_DB = -20.0  # loudness of a vowel at velocity 100 in dBFS: peaks then stay below full scale
EVEN = 0.6  # share of what a vowel's level deviates by that is evened: words live on some of it
EVENING = 0.3  # share of what a vowel's inside deviates by that the second pass takes out
# dB louder than in speech: singing masks consonants, the trial found
BOOST_DB = {**dict.fromkeys(FRICATIVES, 2.5), **dict.fromkeys(PLOSIVES, 3.5), "B": 2.0, "D": 2.0, "G": 2.0,
            **dict.fromkeys(NASALS, 1.5),
            **dict.fromkeys(SIBILANTS, 0.0)}
HISS_CEILING_DB = -8.0  # sibilants lie at least this far below a vowel
BRIGHTEN = 0.6  # dB an octave above 500 Hz: a sung voice has more top than a spoken one
VOICED_CEILING_DB = 1.5  # nothing voiced sticks out of the vowels further than this
EVENING_REACH_DB = 12.0  # a nucleus is moved at most this much more than its phrase
# How far the noise in sonorants is taken back at 3, 6 and 9 kHz: least where voices hiss, or they buzz
CLEAN, CLEAN_DB, ROUGHEST_DB = 1.3, np.array([9.0, 5.0, 2.0]), np.array([-15.0, -8.0, -4.0])
BREATH_S, BREATH_GAP_S, BREATH_DB = 0.32, 0.3, -14.0


def sing(notes: Sequence[SungNote], *, voice: str, duration_s: float, seed: int, sample_rate: int = 44_100) -> Audio:
    """Sing notes.

    Args:
        notes: sorted, not overlapping; `phonemes` ARPAbet without stress, empty = the previous vowel goes on.
        voice: a name from `voices()`. Notes outside its range are sung, less well.
        duration_s: length of the stem; what sounds later is cut.
        seed: the same seed gives the same samples.
        sample_rate: 44,100, 48,000, 22,050 or 16,000 Hz.
    Returns:
        Mono audio, float32 (1, round(duration_s · sample_rate)); silence when there are no notes.
    Raises:
        InputError: unknown voice or phoneme, notes out of order, or an unknown sample rate.
    """
    _check(notes, sample_rate)
    bank = load_voicebank(voice)
    notes = [_hummed(note) if note.manner == "hummed" else note for note in notes]
    out = np.zeros(round(duration_s * sample_rate))
    if not notes:
        return Audio(out[None].astype(np.float32), sample_rate)
    notes = take_breaths(notes)
    rng = np.random.default_rng(seed)
    n_frames = int(np.ceil((notes[-1].offset_s + 1.0) / FRAME_S))
    pitch = pitch_curve(notes, n_frames, rng)
    level = level_curve(notes, n_frames, rng)
    tilt = brightness_curve(notes, n_frames, rng)
    silent_from = 0
    for phrase in plan_phones(notes, bank):
        start, frames, nuclei, gain = _assemble(phrase, bank, silent_from)
        part = slice(start, start + len(frames))
        sound = _synthesise(frames, nuclei, gain, level[part], pitch[part], tilt[part], top_hz=bank.top_hz,
                            rate=sample_rate)
        first = round(start * FRAME_S * sample_rate)
        sound = sound[:max(len(out) - first, 0)]
        out[first:first + len(sound)] += sound
        silent_from = start + len(frames)
    peak = np.abs(out).max(initial=0.0)
    if peak > 0.98:
        out *= 0.98 / peak
    return Audio(out[None].astype(np.float32), sample_rate)


def _hummed(note: SungNote) -> SungNote:
    """A hummed note on the one sound that it names, "mm" where it names words; no phonemes go on as before."""
    held = note.phonemes[:1] if note.phonemes in HUMMED else HUMMED[0]
    return replace(note, phonemes=held if note.phonemes else (), velocity=max(1, round(HUM_VELOCITY * note.velocity)))


def _check(notes: Sequence[SungNote], sample_rate: int) -> None:
    if sample_rate not in FFT_SIZE:
        raise InputError(f"A voice cannot sing at {sample_rate} Hz; one of {', '.join(map(str, FFT_SIZE))} would do.")
    for note in notes:
        if note.manner not in MANNERS:
            raise InputError(f"A note cannot be {note.manner!r}; one of {', '.join(MANNERS)} would do.")
        if not 0 <= note.onset_s < note.offset_s:
            raise InputError(f"A sung note lasts from {note.onset_s} to {note.offset_s} s; it must end later.")
    for first, second in pairwise(notes):
        if second.onset_s < first.offset_s - 1e-6:
            raise InputError(f"Sung notes overlap at {second.onset_s:.2f} s; a voice sings one at a time, in order.")


def _stretch(frames: Frames, n: int) -> Frames:
    """Linear in time; voicing by the nearest frame."""
    where = (np.arange(n) + 0.5) * (len(frames) / n) - 0.5
    where = np.clip(where, 0, len(frames) - 1)
    low = np.floor(where).astype(int)
    high = np.minimum(low + 1, len(frames) - 1)
    part = (where - low).astype(np.float32)
    envelope = frames.envelope[low] * (1 - part)[:, None] + frames.envelope[high] * part[:, None]
    db = frames.aperiodicity[low] * (1 - part)[:, None] + frames.aperiodicity[high] * part[:, None]
    return Frames(envelope, db, frames.voiced[np.round(where).astype(int)])


def _concatenate(parts: Sequence[Frames]) -> Frames:
    return Frames(np.concatenate([p.envelope for p in parts]), np.concatenate([p.aperiodicity for p in parts]),
                  np.concatenate([p.voiced for p in parts]))


def _joined(left: Frames, right: Frames) -> Frames:
    """Two halves of a phone with the step between them spread over `JOIN_FRAMES` on each side."""
    step = (right.envelope[0] - left.envelope[-1]) / 2
    near_left, near_right = min(JOIN_FRAMES, len(left)), min(JOIN_FRAMES, len(right))
    envelope_left, envelope_right = left.envelope.copy(), right.envelope.copy()
    envelope_left[-near_left:] += np.linspace(0, 1, near_left + 1)[1:, None].astype(np.float32) * step
    envelope_right[:near_right] -= np.linspace(1, 0, near_right + 1)[:-1, None].astype(np.float32) * step
    return _concatenate([Frames(envelope_left, left.aperiodicity, left.voiced),
                         Frames(envelope_right, right.aperiodicity, right.voiced)])


def _held(left: Frames, right: Frames, n: int) -> Frames:
    """A nucleus of `n` frames: both halves at speech rate, the time between them morphs from one to the other."""
    hold = n - len(left) - len(right)
    if hold <= 0:
        return _stretch(_joined(left, right), n)
    weight = (0.5 - 0.5 * np.cos(np.pi * (np.arange(hold) + 1) / (hold + 1))).astype(np.float32)
    envelope = left.envelope[-1] * (1 - weight)[:, None] + right.envelope[0] * weight[:, None]
    db = left.aperiodicity[-1] * (1 - weight)[:, None] + right.aperiodicity[0] * weight[:, None]
    return _concatenate([left, Frames(envelope, db, np.ones(hold, bool)), right])


def _assemble(phrase: Sequence[Phone], bank: Voicebank, silent_from: int
              ) -> tuple[int, Frames, list[tuple[int, int]], np.ndarray]:
    """(first frame, frames, nuclei as frame ranges, consonant gain in dB) of a phrase with its pauses and breath."""
    edges = [round(phrase[0].start_s / FRAME_S)] + [round(phone.end_s / FRAME_S) for phone in phrase]
    symbols = [PAUSE, *(phone.symbol for phone in phrase), PAUSE]
    room = edges[0] - silent_from
    units = bank.choose(symbols)  # units[i] lies between symbols[i] and symbols[i + 1]
    lead = units[0].left
    lead = lead.part(slice(max(len(lead) - min(LEAD_FRAMES, room), 0), None)) if room > 0 else lead.part(slice(0, 0))
    tail = units[-1].right.part(slice(0, TAIL_FRAMES))
    parts, nuclei, gains = [lead], [], [np.linspace(-20, 0, len(lead) + 1)[:-1]]
    start = edges[0] - len(lead)
    if room * FRAME_S >= BREATH_GAP_S:
        breath, breath_gain = _breath(symbols[1:], bank, min(round(BREATH_S / FRAME_S), room - len(lead) - 6))
        start -= len(breath)
        parts.insert(0, breath)
        gains.insert(0, breath_gain)
    for i, phone in enumerate(phrase):
        n = edges[i + 1] - edges[i]
        if n <= 0:
            continue
        left, right = units[i].right, units[i + 1].left
        if phone.nucleus:
            nuclei.append((edges[i] - start, edges[i + 1] - start))
        if phone.symbol in DIPHTHONGS:
            right = _stretch(right, max(min(round(GLIDE_STRETCH * len(right)), n // 2), 1))
        frames = _held(left, right, n) if phone.nucleus else _stretch(_joined(left, right), n)
        if phone.symbol in SONORANTS:
            clean = np.clip(CLEAN * frames.aperiodicity - CLEAN_DB, -30.0, ROUGHEST_DB)
            frames = Frames(frames.envelope, clean, frames.voiced)
        parts.append(frames)
        gains.append(np.full(n, BOOST_DB.get(phone.symbol, 0.0)))
    parts.append(tail)
    gains.append(np.linspace(0, -30, len(tail)))
    return start, _concatenate(parts), nuclei, gaussian_filter1d(np.concatenate(gains), 2.0, mode="nearest")


def _breath(symbols: Sequence[str], bank: Voicebank, n: int) -> tuple[Frames, np.ndarray]:
    """An intake of breath of `n` frames and its gain in dB; its colour lies between H, SH and F."""
    vowel = next((symbol for symbol in symbols if symbol in VOWELS), "AH")
    colour = np.mean([bank.units[phone, vowel][0].left.envelope.mean(axis=0) for phone in ("HH", "SH", "F")], axis=0)
    t = np.linspace(0, 1, n)
    shape = np.interp(t, (0, 0.55, 0.8, 1), (-18.0, 0.0, -2.0, -30.0))
    frames = Frames(np.repeat(colour[None], n, axis=0), np.zeros((n, 3), np.float32), np.zeros(n, bool))
    return frames, shape + BREATH_DB


def _synthesise(frames: Frames, nuclei: Sequence[tuple[int, int]], gain_db: np.ndarray, level_db: np.ndarray,
                pitch: np.ndarray, tilt_db: np.ndarray, *, top_hz: float, rate: int) -> np.ndarray:
    """Level the phrase and let WORLD sound it: float64 (samples,)."""
    f0 = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
    db = gaussian_filter1d(frames.aperiodicity.astype(float), 2.0, axis=0, mode="nearest")
    periodic = gaussian_filter1d(np.clip(-db[:, 0] / 9.0, 0.0, 1.0) * frames.voiced, 2.0, mode="nearest")
    log_power = log_spectrum(frames.envelope, periodic, tilt_db + BRIGHTEN, top_hz=top_hz, rate=rate)
    loudness = loudness_db(log_power, f0, rate)
    gain_db = gain_db + _evening(loudness, nuclei)
    # De-essing: hiss stays well below the vowels, whatever its level in speech was; voiced consonants do not stick out.
    heard = np.where(frames.voiced, loudness, hiss_db(log_power, rate))
    ceiling = VOWEL_DB + np.where(frames.voiced, VOICED_CEILING_DB, HISS_CEILING_DB)
    gain_db -= gaussian_filter1d(np.maximum(heard + gain_db - ceiling, 0.0), 1.5, mode="nearest")
    log_power += ((gain_db + level_db) * DB)[:, None]
    return pyworld.synthesize(np.where(frames.voiced, f0, 0.0), np.exp(log_power),
                              aperiodicity(db, frames.voiced, rate), rate, FRAME_S * 1000)


def _evening(loudness: np.ndarray, nuclei: Sequence[tuple[int, int]]) -> np.ndarray:
    """Gain in dB (T,) that brings every nucleus near `VOWEL_DB`, then evens its inside; linear over the consonants."""
    cores = [slice(start + (end - start) // 5, end - (end - start) // 5) for start, end in nuclei]
    levels = np.array([float(np.median(loudness[core])) for core in cores])
    gains = VOWEL_DB - (EVEN * levels + (1 - EVEN) * np.median(levels))
    gains = np.clip(gains, np.median(gains) - EVENING_REACH_DB, np.median(gains) + EVENING_REACH_DB)
    times = np.array([[start, end - 1] for start, end in nuclei]).ravel()
    gain = np.interp(np.arange(len(loudness)), times, np.repeat(gains, 2))
    for start, end in nuclei:
        residual = gaussian_filter1d(loudness[start:end] + gain[start:end] - VOWEL_DB, 8.0, mode="nearest")
        fade = np.minimum(1.0, np.minimum(np.arange(end - start), np.arange(end - start)[::-1]) / 8.0)
        gain[start:end] -= EVENING * fade * np.clip(residual, -6.0, 6.0)
    return gain
