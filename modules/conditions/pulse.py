"""Tempo, beats, metre, downbeats and swing of a recording, from what the trained ear hears, each with how sure it is.

Joins `ear` (probabilities) and `bars` (the best path through them). Knows nothing of keys or styles.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import maximum_filter1d

from modules.conditions import bars
from modules.conditions.beats import (
    LATE_S,
    TEMPI,
    USUAL_BPM,
    Pulse,
    onset_envelope,
    readings,
    refine,
    tempo_scores,
)
from modules.conditions.ear import BAND_FRAME_S, HeardPulse, hear_pulse
from modules.conditions.spectra import FRAME_S, SLOW_FRAME_S, Spectra

# A solo phrase may hold too few onsets for a beat (autocorrelation under FAINT); being cut to whole bars says more.
LONGEST_LOOP_S, FAINT = 24.0, 0.35
RATIOS = (1 / 3, 1 / 2, 2 / 3, 1, 3 / 2, 2, 3)  # tempi at which the first one found may be meant
NEAR = 0.06  # a hypothesis keeps to its tempo within this share
SEARCHED_S = 90.0  # of a recording in which hypotheses are compared
# What speaks for a tempo: how well its beats meet the ear's (log of a matched filter, fair to all tempi), how well
# onsets return at it, how usual it is. For a metre at that tempo: the bars' path, rhythm and accents, how usual it is.
# Both fitted to 110 rendered clips that the ear was not taught on.
TEMPO_WEIGHTS = np.array([4.2, 3.9, 1.0])
PATH_WEIGHT, RHYTHM_WEIGHT = 2.3, 6.2
METER_BIAS = {"4/4": -0.34, "3/4": 0.74, "6/8": -0.40}
NO_RHYTHM = -0.6  # evidence of rhythm for a metre that `beats.readings` does not consider at a tempo
CLEAR_BEAT = 0.8  # mean probability of beats that nobody would miss
OCTAVE_DOUBT = 0.15  # share of the belief from which half or double the tempo is said to be possible
SWING_PARTS = 48  # a beat is cut into, to see where off-beats lie
STRAIGHT = 0.535  # shares of the pair up to this are straight
FAINT_OFFBEAT = 0.12  # of the onset strength on the beat, that off-beats need to say anything of swing


@dataclass(frozen=True)
class Hypothesis:
    """One way to hear a recording: a tempo, what speaks for it, and what would speak for each metre at it."""

    tempo_bpm: float
    evidence: np.ndarray  # as TEMPO_WEIGHTS
    meters: dict[str, float]


def find_pulse(spectra: Spectra) -> tuple[Pulse, HeardPulse]:
    """Tempo, beats, metre and downbeats of a recording of 3 s or more, and what they were found in."""
    heard = hear_pulse(spectra.bands)
    beat_p, down_p = probabilities(spectra, heard)
    envelope = onset_envelope(spectra)
    returns = float(tempo_scores(envelope)[1].max())
    every = hypotheses(spectra, beat_p, down_p)
    share = _softmax(np.array([each.evidence @ TEMPO_WEIGHTS for each in every]))
    chosen = every[int(share.argmax())]
    loop = _loop_bpm(spectra.duration_s, beat_p) if returns < FAINT else None
    if loop:
        chosen = min(every, key=lambda each: abs(np.log(each.tempo_bpm / loop)))
    beats = _beats_at(beat_p, loop or chosen.tempo_bpm)
    tempo = loop or refine(beats, chosen.tempo_bpm)
    meter = max(chosen.meters, key=chosen.meters.__getitem__)
    places, _ = bars.bar_path(_near(down_p, beats), meter)
    swing, unit, swing_sure = find_swing(envelope, beats, meter)
    sure = {"tempo": share.max(), "beats": np.clip(_near(beat_p, beats).mean() / CLEAR_BEAT, 0, 1),
            "meter": _softmax(np.array(list(chosen.meters.values()))).max(), "swing": swing_sure}
    octaves = [(value, each.tempo_bpm) for value, each in zip(share, every, strict=True)
               if value > OCTAVE_DOUBT and any(_same(each.tempo_bpm, tempo * ratio) for ratio in (0.5, 2))]
    first = int(np.flatnonzero(places == 0)[0]) if (places == 0).any() else 0
    strength = float(np.clip(returns / 0.5, 0, 1))
    pulse = Pulse(tempo, beats, beats[places == 0], meter, strength, float(sure["meter"]), swing, first, unit,
                  max(octaves)[1] if octaves else None, {name: round(float(value), 3) for name, value in sure.items()})
    return pulse, heard


def _softmax(x: np.ndarray) -> np.ndarray:
    out = np.exp(x - x.max())
    return out / out.sum()


def probabilities(spectra: Spectra, heard: HeardPulse) -> tuple[np.ndarray, np.ndarray]:
    """(F,) of beats and of downbeats, at the times of `spectra`'s onset frames."""
    frames = np.arange(len(spectra.flux)) * FRAME_S
    places = (np.arange(len(heard.beats)) + 0.25) * BAND_FRAME_S
    return tuple(np.interp(frames, places, heard.beats[:, column]) for column in (0, 1))


def hypotheses(spectra: Spectra, beat_p: np.ndarray, down_p: np.ndarray) -> list[Hypothesis]:
    """Ways to hear a recording, of which `find_pulse` takes that with the most evidence."""
    n = round(SEARCHED_S / FRAME_S)
    beat_p, down_p = beat_p[:n], down_p[:n]
    part = replace(spectra, flux=spectra.flux[:n], level_db=spectra.level_db[:n],
                   notes=spectra.notes[:round(SEARCHED_S / SLOW_FRAME_S) + 1])
    scores, raw = tempo_scores(onset_envelope(part))
    peaks = np.flatnonzero((scores >= maximum_filter1d(scores, 9)) & (scores > 0.5 * scores.max()))
    strongest = peaks[scores[peaks].argsort()[::-1]][:4]
    free = bars.find_beats(beat_p, FRAME_S)
    found = 60 / float(np.median(np.diff(free))) if len(free) > 3 else USUAL_BPM
    tempi: list[float] = []
    for tempo in [*(found * ratio for ratio in RATIOS), *TEMPI[strongest].tolist()]:
        if bars.SLOWEST_BPM <= tempo <= bars.FASTEST_BPM and not any(_same(tempo, other) for other in tempi):
            tempi.append(tempo)
    out = []
    for tempo in tempi:
        beats = _beats_at(beat_p, tempo)
        on = _near(beat_p, beats)
        fit = np.log(on.sum() / np.sqrt(len(on) * (beat_p.max() * beat_p.sum() + 1e-6)) + 1e-3)
        returns = np.interp(tempo, TEMPI, raw) / (raw.max() + 1e-9)
        rhythm = {r.meter: r.evidence for r in readings(part, beats, tempo) if r.tempo_bpm == tempo}
        meters = {meter: PATH_WEIGHT * bars.bar_path(_near(down_p, beats), meter)[1]
                  + RHYTHM_WEIGHT * rhythm.get(meter, NO_RHYTHM) + bias for meter, bias in METER_BIAS.items()}
        out.append(Hypothesis(tempo, np.array([fit, returns, -np.log2(tempo / USUAL_BPM) ** 2]), meters))
    return out


def _beats_at(p: np.ndarray, tempo: float) -> np.ndarray:
    return bars.find_beats(p, FRAME_S, tempo * (1 - NEAR), tempo * (1 + NEAR))


def _same(tempo: float, other: float) -> bool:
    return abs(np.log(tempo / other)) < 0.04


def _near(p: np.ndarray, beats_s: np.ndarray) -> np.ndarray:
    """(T,) highest probability within two frames of each beat."""
    at = np.clip(np.round(beats_s / FRAME_S).astype(int), 0, len(p) - 1)
    return maximum_filter1d(p, 5)[at]


def _loop_bpm(duration_s: float, p: np.ndarray) -> float | None:
    """A whole tempo at which a short recording lasts exactly two, four or eight bars, as loops do; None = no such."""
    if duration_s > LONGEST_LOOP_S:
        return None
    tempi = [60 * beats / duration_s for beats in (8, 16, 32)]
    usual = [tempo for tempo in tempi if 70 <= tempo <= 150 and abs(tempo - round(tempo)) < 0.005]
    return max(usual, key=lambda tempo: _near(p, _beats_at(p, tempo)).mean(), default=None)


def find_swing(envelope: np.ndarray, beats_s: np.ndarray, meter: str) -> tuple[float, int, float]:
    """(share of its pair that the first note takes, 8 or 16: which pairs, how sure), from where off-beats lie."""
    if len(beats_s) < 8:
        return 0.5, 8, 0.0
    places = np.arange((len(beats_s) - 1) * SWING_PARTS) / SWING_PARTS
    frames = (np.interp(places, np.arange(len(beats_s)), beats_s) + LATE_S) / FRAME_S
    strength = np.interp(frames, np.arange(len(envelope)), envelope).reshape(-1, SWING_PARTS)
    profile = np.minimum(strength, np.percentile(strength, 98)).mean(axis=0)
    profile = np.maximum(profile - np.percentile(profile, 20), 0) / (profile[[0, 1, -1]].max() + 1e-9)
    readings = []
    if meter != "6/8":
        readings.append((8, *_centre(profile, 0.44, 0.74)))
    pairs = profile.reshape(2, -1).mean(axis=0) if meter != "6/8" else profile.reshape(3, -1).mean(axis=0)
    readings.append((16, *_centre(pairs, 0.40, 0.74)))
    for unit, share, peak in readings:  # eighths first: swung eighths leave nothing for sixteenths to say
        if share > STRAIGHT and peak > FAINT_OFFBEAT:
            return round(share, 3), unit, float(np.clip(peak / 0.5, 0, 1))
    return 0.5, readings[0][0], float(np.clip(max(peak for _, _, peak in readings) / 0.4, 0, 1))


def _centre(profile: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """(place of the strongest peak between two shares, its height)."""
    n = len(profile)
    inside = np.arange(round(low * n), round(high * n) + 1)
    inside = inside[inside < n]
    at = int(inside[profile[inside].argmax()])
    around = np.arange(max(at - 2, 0), min(at + 3, n))
    weight = profile[around] + 1e-9
    return float((around * weight).sum() / weight.sum() / n), float(profile[at])

