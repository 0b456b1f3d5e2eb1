"""A person's own recording, tuned and led through time: WORLD's spectrum stays (formants and all), its pitch and its
clock change (Morise et al. 2016).

Owns cleaning, tuning, warping and levelling of one recorded voice. Knows nothing of songs; de-essing and compression
are the mixer's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyworld
from scipy.ndimage import gaussian_filter1d, uniform_filter1d
from scipy.signal import istft, stft

from modules.audio.decode import resample
from modules.config import SAMPLE_RATE
from modules.types import Audio

FRAME_S = 0.005
JOINED_S = 0.12  # a shorter gap between two notes is sung through
LEAD_S, TAIL_S = 0.10, 0.12  # of the recording before and after a phrase: breath and release
ATTACK_S, RELEASE_S = 0.08, 0.06  # ends of a note that keep their speed: consonants are not drawn out
SLOW_S = 0.10  # slower than that is intonation and is corrected; quicker is vibrato and stays
GLIDE_S = 0.02  # over which the correction passes from note to note
EVEN = 0.6  # share of a note's deviation from the usual level that is taken out
EVEN_DB = 6.0  # at most
NOISE_FLOOR_DB = -15.0  # below what it was, for what lies under the room's own noise
NOISE_OVER = 1.8  # times the noise's amplitude: what is below is turned down
QUIET_FRAMES = 12  # of the spectra, that noise is learned from


@dataclass(frozen=True)
class Span:
    """A stretch of the recording and what becomes of it: `source_s` and `target_s` are (start, end) in seconds;
    `pitches` are ((target time_s, midi), …) from the target's start on."""

    source_s: tuple[float, float]
    target_s: tuple[float, float]
    pitches: tuple[tuple[float, int], ...]


@dataclass(frozen=True)
class _Voice:
    """WORLD frames of a recording, one each `FRAME_S`: `f0_hz` (T,) 0 unvoiced, `log_power` and `noise` (T, K)."""

    f0_hz: np.ndarray
    log_power: np.ndarray
    noise: np.ndarray


def retune(sound: Audio, times_s: np.ndarray, f0_hz: np.ndarray, spans: Sequence[Span], duration_s: float) -> Audio:
    """The recording's spans, each at its own time and pitch, silence between.

    Args:
        sound: the recording; read-only.
        times_s, f0_hz: its pitch curve, 0 where unvoiced.
        spans: in order, not overlapping in the target.
        duration_s: length of the result.

    Returns:
        Mono, float32 (1, round(duration_s · 44,100)). The same input gives the same samples.
    """
    voice = _analyse(sound.samples.tobytes(), sound.samples.shape, sound.sample_rate, times_s.tobytes(),
                     f0_hz.tobytes())
    out = np.zeros(round(duration_s * SAMPLE_RATE))
    usual_db = np.median([_level_db(voice, span) for span in spans]) if spans else 0.0
    for phrase in _phrases(spans):
        start_s, frames = _sing(voice, phrase, float(usual_db))
        first = round(start_s * SAMPLE_RATE)
        frames = frames[max(0, -first):]
        first = max(0, first)
        part = frames[:max(0, len(out) - first)]
        out[first:first + len(part)] += part
    peak = np.abs(out).max(initial=0.0)
    return Audio((out * (0.7 / peak if peak > 0 else 1.0))[None].astype(np.float32), SAMPLE_RATE)


@lru_cache(maxsize=2)
def _analyse(samples: bytes, shape: tuple[int, int], rate: int, times: bytes, f0: bytes) -> _Voice:
    """The frames of a recording; kept for the takes that share it."""
    sound = resample(Audio(np.frombuffer(samples, np.float32).reshape(shape), rate), SAMPLE_RATE).mono
    times_s, f0_hz = np.frombuffer(times, float), np.frombuffer(f0, float)
    sound = _cleaned(sound.astype(float), times_s, f0_hz)
    at = np.arange(int(len(sound) / SAMPLE_RATE / FRAME_S) + 1) * FRAME_S
    nearest = np.clip(np.searchsorted(times_s, at - (times_s[1] - times_s[0]) / 2), 0, len(times_s) - 1)
    voiced = f0_hz[nearest] > 0
    known = f0_hz > 0
    curve = np.where(voiced, np.exp(np.interp(at, times_s[known], np.log(f0_hz[known]))), 0.0)
    fine = pyworld.stonemask(sound, curve, at, SAMPLE_RATE)
    near = voiced & (np.abs(np.log2(np.maximum(fine, 1.0) / np.maximum(curve, 1.0))) < 1 / 12)
    curve = np.where(near, fine, curve)
    power = pyworld.cheaptrick(sound, curve, at, SAMPLE_RATE)
    noise = pyworld.d4c(sound, curve, at, SAMPLE_RATE)
    return _Voice(curve, np.log(power + 1e-16), noise)


def _cleaned(sound: np.ndarray, times_s: np.ndarray, f0_hz: np.ndarray) -> np.ndarray:
    """Without the room's noise, as far as it can be heard where nobody sings."""
    _, at_s, spectra = stft(sound, SAMPLE_RATE, nperseg=2048, noverlap=1536)
    power = np.abs(spectra) ** 2
    level = power.sum(axis=0)
    sung = np.interp(at_s, times_s, uniform_filter1d((f0_hz > 0).astype(float), 15)) > 0
    quiet = ~sung & (level < 0.02 * np.percentile(level, 90))
    if quiet.sum() < QUIET_FRAMES:
        return sound
    floor = NOISE_OVER * np.sqrt(power[:, quiet].mean(axis=1, keepdims=True))
    amplitude = np.sqrt(uniform_filter1d(power, 3, axis=1))
    gain = np.clip(1 - floor / np.maximum(amplitude, 1e-9), 10 ** (NOISE_FLOOR_DB / 20), 1.0)
    gain = uniform_filter1d(uniform_filter1d(gain, 3, axis=0), 3, axis=1)
    _, clean = istft(spectra * gain, SAMPLE_RATE, nperseg=2048, noverlap=1536)
    return clean[:len(sound)]


def _phrases(spans: Sequence[Span]) -> list[list[Span]]:
    """Spans that follow each other without a rest, in the recording and in the target."""
    out: list[list[Span]] = []
    for span in spans:
        before = out[-1][-1] if out else None
        if before and span.target_s[0] - before.target_s[1] < JOINED_S and (
                -0.02 < span.source_s[0] - before.source_s[1] < 3 * JOINED_S):
            out[-1].append(span)
        else:
            out.append([span])
    return out


def _sing(voice: _Voice, phrase: list[Span], usual_db: float) -> tuple[float, np.ndarray]:
    """(start in seconds, samples) of one phrase."""
    target_s, source_s = _clock(phrase)
    at_s = np.arange(int((target_s[-1] - target_s[0]) / FRAME_S) + 1) * FRAME_S + target_s[0]
    place = np.clip(np.interp(at_s, target_s, source_s) / FRAME_S, 0, len(voice.f0_hz) - 1.001)
    low = place.astype(int)
    part = (place - low)[:, None]
    log_power = voice.log_power[low] * (1 - part) + voice.log_power[low + 1] * part
    noise = voice.noise[low] * (1 - part) + voice.noise[low + 1] * part
    here, there = voice.f0_hz[low], voice.f0_hz[low + 1]
    both = (here > 0) & (there > 0)
    f0 = np.where(both, here ** (1 - part[:, 0]) * there ** part[:, 0], np.where(part[:, 0] < 0.5, here, there))
    log_power += _levels(voice, phrase, at_s, usual_db)[:, None]
    f0 = _tuned(f0, phrase, at_s)
    sound = pyworld.synthesize(f0, np.exp(log_power), np.ascontiguousarray(noise), SAMPLE_RATE, FRAME_S * 1000)
    n = len(sound)
    for length_s, edge in ((LEAD_S, slice(None)), (TAIL_S, slice(None, None, -1))):
        fade = min(n, int(length_s * SAMPLE_RATE))
        sound[edge][:fade] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(fade) / fade)
    return float(target_s[0]), sound


def _clock(phrase: list[Span]) -> tuple[np.ndarray, np.ndarray]:
    """Target times and the recording's times that they show, (n,) each, both rising."""
    pairs = [(phrase[0].target_s[0] - LEAD_S, phrase[0].source_s[0] - LEAD_S)]
    for index, span in enumerate(phrase):
        (t0, t1), (s0, s1) = span.target_s, span.source_s
        following = phrase[index + 1] if index + 1 < len(phrase) else None
        room_t, room_s = t1 - t0, s1 - s0
        attack = min(ATTACK_S, 0.3 * room_t, 0.3 * room_s)
        release = min(RELEASE_S, 0.3 * room_t, 0.3 * room_s)
        gap = 0.0 if following is None else float(np.clip(following.source_s[0] - s1, 0.0, min(0.15, 0.3 * room_t)))
        end = t1 if following is None else following.target_s[0] - gap
        pairs += [(t0, s0), (t0 + attack, s0 + attack), (end - release, s1 - release), (end, s1)]
    pairs.append((pairs[-1][0] + TAIL_S, pairs[-1][1] + TAIL_S))
    target, source = (np.array(column) for column in zip(*pairs))
    target = np.maximum.accumulate(target + 1e-9 * np.arange(len(target)))
    return target, np.maximum.accumulate(source)


def _tuned(f0_hz: np.ndarray, phrase: list[Span], at_s: np.ndarray) -> np.ndarray:
    """Each note's slow course brought to its pitch; vibrato, scoops and the way from note to note stay."""
    voiced = f0_hz > 0
    midi = np.zeros(len(f0_hz))
    midi[voiced] = 69 + 12 * np.log2(f0_hz[voiced] / 440)
    correction = np.zeros(len(f0_hz))
    for index, span in enumerate(phrase):
        starts = [span.target_s[0] if index else -np.inf, *(time for time, _ in span.pitches[1:])]
        last = phrase[index + 1].target_s[0] if index + 1 < len(phrase) else np.inf
        inside = (at_s >= starts[0]) & (at_s < last)
        course = _slow(midi, inside & voiced, at_s, span)
        for (_, wanted), start, end in zip(span.pitches, starts, [*starts[1:], last]):
            piece = (at_s >= start) & (at_s < end)
            correction[piece] = wanted - course[piece]
    correction = gaussian_filter1d(correction, GLIDE_S / FRAME_S, mode="nearest")
    return np.where(voiced, 440 * 2 ** ((midi + correction - 69) / 12), 0.0)


def _slow(midi: np.ndarray, sung: np.ndarray, at_s: np.ndarray, span: Span) -> np.ndarray:
    """(T,) the slow course of a note's pitch, level at its ends, where scoops and falls are."""
    held = sung & (at_s >= span.target_s[0] + ATTACK_S) & (at_s <= span.target_s[1] - RELEASE_S)
    held = held if held.sum() > 4 else sung
    if not held.any():
        return np.full(len(midi), float(span.pitches[0][1]))
    middle = float(np.median(midi[held]))
    near = held & (np.abs(midi - middle) < 1.0)  # a glitch is no intonation
    weight = gaussian_filter1d(near.astype(float), SLOW_S / FRAME_S) + 1e-9
    course = gaussian_filter1d(np.where(near, midi - middle, 0.0), SLOW_S / FRAME_S) / weight
    return middle + np.where(held, course, np.interp(at_s, at_s[held], course[held]))


def _level_db(voice: _Voice, span: Span) -> float:
    first, last = (int(time / FRAME_S) for time in span.source_s)
    power = np.exp(voice.log_power[first:max(last, first + 1)]).sum(axis=1)
    return float(10 * np.log10(power.mean() + 1e-16))


def _levels(voice: _Voice, phrase: list[Span], at_s: np.ndarray, usual_db: float) -> np.ndarray:
    """(T,) natural log of power to add, so that notes differ less in level."""
    gain_db = np.zeros(len(at_s))
    for index, span in enumerate(phrase):
        change = float(np.clip(EVEN * (usual_db - _level_db(voice, span)), -EVEN_DB, EVEN_DB))
        gain_db[at_s >= (span.target_s[0] if index else -np.inf)] = change
    return gaussian_filter1d(gain_db, 0.03 / FRAME_S, mode="nearest") * np.log(10) / 10
