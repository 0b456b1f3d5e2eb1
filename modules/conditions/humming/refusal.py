"""Tells a melody from silence, noise, clapping, speech and several notes at once, and says in a sentence what to do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import maximum_filter1d, median_filter

from modules.conditions.humming.notes import RawNote
from modules.conditions.humming.pitch import HOP, HOP_S, RATE, PitchTrack
from modules.errors import InputError

RIGHT = "hum, sing or whistle one clear line"
MIN_NOTES = 2
SILENT_DB = -60.0  # dBFS of the loudest 25 ms
MIN_CONFIDENCE = 0.55  # CREPE's mean inside notes; noise and clapping stay below
MIN_SHARE = 0.12  # of the audible time that notes fill
MIN_STEADINESS = 0.62  # share of the notes' time near their own pitch; speech glides
GLIDING, QUICK = 4.5, 3.4  # semitones a second inside notes, and notes a second: together they are speech
# A voice alone is heard more surely than this, and its notes fill more of what is audible, than when others play too.
ALONE_CONFIDENCE, ALONE_SHARE = 0.72, 0.65
OTHERS = 0.045  # share of the sound's lines, between the heard pitch's partials, that other notes must be making
WINDOW, LINE_RANGE_HZ = 2048, (70.0, 3_200.0)  # samples; where lines are looked for
APART = 10  # frames between two looks: what stands in both is a tone, what in one is noise
LINE, FAINT = 30.0, 1e-4  # power of a line over its neighbourhood; share of the strongest below which it is none


def check_melody(notes: Sequence[RawNote], track: PitchTrack) -> None:
    """Raise `InputError` when what was heard is no melody."""
    if track.level_db.max() < SILENT_DB:
        raise InputError(f"The recording is silent; {RIGHT} close to the microphone.")
    if not notes:
        raise InputError(f"No steady pitch can be heard in the recording; {RIGHT}, with as little noise as you can.")
    spans = np.array([note.offset_s - note.onset_s for note in notes])
    confidence = float(np.average([note.confidence for note in notes], weights=spans))
    steadiness = float(np.average([note.steadiness for note in notes], weights=spans))
    audible_s = float((track.level_db > np.percentile(track.level_db, 95) - 20).sum()) * HOP_S
    share = float(spans.sum()) / max(audible_s, HOP_S)
    if confidence < MIN_CONFIDENCE or share < MIN_SHARE:
        raise InputError(f"The recording sounds like noise or clapping, without a clear pitch; {RIGHT}.")
    if steadiness < MIN_STEADINESS or (_gliding(notes, track) > GLIDING and len(notes) / audible_s > QUICK):
        raise InputError(f"The recording sounds like speech, whose pitch never holds still; {RIGHT}.")
    if not track.whistled and (confidence < ALONE_CONFIDENCE and share < ALONE_SHARE
                               or _others(notes, track) > OTHERS):
        raise InputError("The recording sounds like several notes at once, as a band or chords do; "
                         f"{RIGHT}, or give it as a track to work from.")
    if len(notes) < MIN_NOTES:
        raise InputError(f"Only one note can be heard in the recording; {RIGHT} of at least two notes.")


def _gliding(notes: Sequence[RawNote], track: PitchTrack) -> float:
    """Semitones a second by which the pitch moves through the usual note."""
    slopes = []
    for note in notes:
        pitch = track.midi[round(note.onset_s / HOP_S):round(note.offset_s / HOP_S)]
        pitch = pitch[len(pitch) // 4:]
        pitch = pitch[~np.isnan(pitch)]
        if len(pitch) > 6:
            slopes.append(abs(np.polyfit(np.arange(len(pitch)) * HOP_S, pitch, 1)[0]))
    return float(np.median(slopes)) if slopes else 0.0


def _others(notes: Sequence[RawNote], track: PitchTrack) -> float:
    """Share of spectral lines' amplitude that lies between the partials of the heard pitch, in the usual frame."""
    frames = [frame for note in notes for frame in range(round(note.onset_s / HOP_S) + 8,
                                                         round(note.offset_s / HOP_S) - 6 - APART, 5)
              if not np.isnan(track.midi[frame])]
    if not frames:
        return 0.0
    padded = np.pad(track.sound, WINDOW // 2)
    power = np.full((len(frames), WINDOW + 1), np.inf)
    for later in (0, APART):
        pieces = np.stack([padded[(frame + later) * HOP:(frame + later) * HOP + WINDOW] for frame in frames])
        spectra = np.abs(np.fft.rfft(pieces * np.hanning(WINDOW).astype(np.float32), 2 * WINDOW)) ** 2
        power = np.minimum(power, maximum_filter1d(spectra, 3, axis=1))
    hz = np.arange(power.shape[1]) * RATE / (2 * WINDOW)
    inside = (hz > LINE_RANGE_HZ[0]) & (hz < LINE_RANGE_HZ[1])
    power, hz = power[:, inside], hz[inside]
    lines = ((maximum_filter1d(power, 9, axis=1) == power) & (power > LINE * median_filter(power, (1, 101)))
             & (power > FAINT * power.max(axis=1, keepdims=True)))
    f0 = 440 * 2 ** ((track.midi[frames] - 69) / 12)[:, None]
    partial = hz / f0
    own = (np.abs(partial - np.round(partial)) * f0 < np.maximum(16, 0.03 * hz)) & (partial > 0.5)
    amplitude = np.sqrt(power * hz) * lines  # as loud as it is heard: 3 dB an octave
    return float(np.median((amplitude * ~own).sum(axis=1) / np.maximum(amplitude.sum(axis=1), 1e-9)))
