"""Tempo, beats, metre, downbeats and swing of a recording, from what the trained ear hears, each with how sure it is.

Joins `ear` (probabilities) and `bars` (the best path through them). Knows nothing of keys or styles.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d

from modules.conditions import bars
from modules.conditions.beats import LATE_S, Pulse, onset_envelope, refine, tempo_scores
from modules.conditions.ear import BAND_FRAME_S, HeardPulse, hear_pulse
from modules.conditions.spectra import FRAME_S, Spectra

LONGEST_LOOP_S, FAINT = 24.0, 0.35  # loops are short; a beat fainter than this is not trusted against a loop's length
PATH_WEIGHT = 6.0  # of the bars' mean log-probability against the metre's own
RIVAL = 0.3  # probability between beats, as a share of that on them, from which twice the tempo may be meant
UNEVEN = 0.35  # probability on every other beat, as a share of the rest, under which half the tempo may be meant
SWING_PARTS = 48  # a beat is cut into, to see where off-beats lie
STRAIGHT = 0.535  # shares of the pair up to this are straight
FAINT_OFFBEAT = 0.12  # of the onset strength on the beat, that off-beats need to say anything of swing


def find_pulse(spectra: Spectra) -> tuple[Pulse, HeardPulse]:
    """Tempo, beats, metre and downbeats of a recording of 3 s or more, and what they were found in."""
    heard = hear_pulse(spectra.bands)
    frames = np.arange(len(spectra.flux)) * FRAME_S
    places = (np.arange(len(heard.beats)) + 0.25) * BAND_FRAME_S
    beat_p, down_p = (np.interp(frames, places, heard.beats[:, column]) for column in (0, 1))
    beats = bars.find_beats(beat_p, FRAME_S)
    envelope = onset_envelope(spectra)
    strength = float(np.clip(tempo_scores(envelope)[1].max() / 0.5, 0, 1))
    on = _near(beat_p, beats)
    loop = _loop_bpm(spectra.duration_s, beat_p) if on.mean() < FAINT else None
    if loop is not None:
        beats = bars.find_beats(beat_p, FRAME_S, prior=_only(loop))
        on = _near(beat_p, beats)
    tempo = loop or refine(beats, 60 / float(np.median(np.diff(beats))))
    meter, places_in_bar, meter_sure = _meter(_near(down_p, beats), heard.meters)
    first = int(np.flatnonzero(places_in_bar == 0)[0]) if (places_in_bar == 0).any() else 0
    swing, unit, swing_sure = find_swing(envelope, beats, meter)
    other, tempo_sure = _octave(beat_p, beats, tempo)
    sure = {"tempo": tempo_sure, "beats": float(np.clip(on.mean() / 0.8, 0, 1)), "meter": meter_sure,
            "swing": swing_sure}
    pulse = Pulse(tempo, beats, beats[places_in_bar == 0], meter, strength, float(meter_sure), swing, first, unit,
                  other, {name: round(value, 3) for name, value in sure.items()})
    return pulse, heard


def _near(p: np.ndarray, beats_s: np.ndarray) -> np.ndarray:
    """(T,) highest probability within two frames of each beat."""
    at = np.clip(np.round(beats_s / FRAME_S).astype(int), 0, len(p) - 1)
    return maximum_filter1d(p, 5)[at]


def _meter(downbeats: np.ndarray, meters: dict[str, float]) -> tuple[str, np.ndarray, float]:
    """The metre, the place in the bar of each beat, and how sure the metre is."""
    paths = {meter: bars.bar_path(downbeats, meter) for meter in meters}
    values = {meter: PATH_WEIGHT * paths[meter][1] + np.log(p + 1e-3) for meter, p in meters.items()}
    best = max(values, key=values.__getitem__)
    sure = 1 / sum(np.exp(value - values[best]) for value in values.values())
    return best, paths[best][0], float(sure)


def _octave(p: np.ndarray, beats_s: np.ndarray, tempo: float) -> tuple[float | None, float]:
    """(the half or double tempo that may be meant as well, how sure the tempo is)."""
    on = _near(p, beats_s)
    between = _near(p, (beats_s[:-1] + beats_s[1:]) / 2)
    level = float(on.mean()) + 1e-6
    twice = float(between.mean()) / level if len(between) else 0.0
    halves = sorted((float(on[::2].mean()), float(on[1::2].mean()))) if len(on) > 3 else [1.0, 1.0]
    half = halves[0] / (halves[1] + 1e-6)
    doubt = max(np.clip(twice / RIVAL, 0, 1), np.clip((1 - half) / (1 - UNEVEN), 0, 1))
    other = None
    if twice > RIVAL:
        other = 2 * tempo
    elif half < UNEVEN:
        other = tempo / 2
    return other, float(np.clip(level / 0.7, 0, 1) * (1 - 0.6 * doubt))


def _loop_bpm(duration_s: float, p: np.ndarray) -> float | None:
    """A whole tempo at which a short recording lasts exactly two, four or eight bars, as loops do; None = no such."""
    if duration_s > LONGEST_LOOP_S:
        return None
    tempi = [60 * beats / duration_s for beats in (8, 16, 32)]
    usual = [tempo for tempo in tempi if 70 <= tempo <= 150 and abs(tempo - round(tempo)) < 0.005]
    return max(usual, key=lambda tempo: _near(p, bars.find_beats(p, FRAME_S, prior=_only(tempo))).mean(), default=None)


def _only(tempo: float) -> np.ndarray:
    """Log-weights of beat lengths that keep to a tempo."""
    return -0.5 * (np.log(bars.beat_lengths_s(FRAME_S) * tempo / 60) / 0.04) ** 2


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

