"""Tuning and key of sung notes. Knows nothing of sound or of the beat.

Singers without an instrument are in tune with themselves, not with A = 440, and sink or climb slowly; both are taken
out before pitches become semitones. The key is the profile under which the notes' durations are most likely,
where notes that end phrases and the very last one count more, because melodies come to rest on the tonic.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from modules.conditions.humming.notes import RawNote

DRIFT_LIMIT = 1.5  # semitones over the whole recording
DRIFT_COST = 0.02  # share of agreement each semitone of drift must earn
DRIFT_NOTES = 8  # fewer notes cannot tell drift from tune
PHRASE_GAP_S = 0.25
PHRASE_END, LAST_NOTE, FIRST_NOTE = 0.5, 0.6, 0.2  # extra weight, in medians of the notes' durations
PROFILES = {  # Temperley 2001, from the Kostka-Payne corpus: how often a segment in the key holds each degree
    "major": (.748, .060, .488, .082, .670, .460, .096, .715, .104, .366, .057, .400),
    "minor": (.712, .084, .474, .618, .049, .460, .105, .747, .404, .067, .133, .330),
}
TONIC_BONUS = 0.03  # of log-likelihood a note, for ending on the tonic: settles what is otherwise even
FLOOR = 0.01  # share of any degree: one wrong note must not rule a key out


def round_pitches(notes: Sequence[RawNote]) -> tuple[list[int], float, float]:
    """Nearest semitones after tuning and slow drift are taken out.

    Returns:
        midi per note; tuning offset in cents at the middle of the recording, within ±50; drift in cents over all.
    """
    times = np.array([(note.onset_s + note.offset_s) / 2 for note in notes])
    weights = np.array([note.offset_s - note.onset_s for note in notes])
    pitches = np.array([note.pitch for note in notes])
    length = max(times[-1] - times[0], 1e-9)
    place = (times - times[0]) / length - 0.5  # −0.5 … 0.5
    drifts = np.linspace(-DRIFT_LIMIT, DRIFT_LIMIT, 61) if len(notes) >= DRIFT_NOTES else np.zeros(1)
    turns = (weights * np.exp(2j * np.pi * (pitches - drifts[:, None] * place))).sum(axis=1) / weights.sum()
    best = int((np.abs(turns) - DRIFT_COST * np.abs(drifts)).argmax())
    tuning, drift = float(np.angle(turns[best]) / (2 * np.pi)), float(drifts[best])
    midi = np.round(pitches - tuning - drift * place).astype(int)
    return midi.tolist(), 100 * tuning, 100 * drift


def find_key(notes: Sequence[RawNote], midi: Sequence[int]) -> tuple[int, str]:
    """Tonic pitch class 0–11 and "major" or "minor"."""
    durations = np.array([note.offset_s - note.onset_s for note in notes])
    usual = float(np.median(durations))
    weights = np.minimum(durations, 3 * usual)
    gaps = np.array([after.onset_s - before.offset_s for before, after in zip(notes, notes[1:])] + [np.inf])
    weights = weights + usual * PHRASE_END * (gaps > PHRASE_GAP_S)
    weights[-1] += usual * LAST_NOTE
    weights[0] += usual * FIRST_NOTE
    heard = np.bincount(np.array(midi) % 12, weights, minlength=12)
    scores = {(tonic, mode): float(np.roll(heard, -tonic) @ _log_shares(profile))
              + TONIC_BONUS * heard.sum() * (midi[-1] % 12 == tonic)
              for mode, profile in PROFILES.items() for tonic in range(12)}
    return max(scores, key=scores.__getitem__)


def _log_shares(profile: Sequence[float]) -> np.ndarray:
    shares = np.array(profile) / sum(profile) + FLOOR
    return np.log(shares / shares.sum())
