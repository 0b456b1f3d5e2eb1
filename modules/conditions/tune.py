"""The main melody of a recording, on its beat grid: the strongest line above the bass. Empty when none is clear.

Note strengths at a finer time step than the rest, a best path through pitches that prefers to stay and to step
(salience and tracking as in Salamon & Gómez 2012, in small), then notes cut at steps of the grid.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d

from modules.canvas.vocabulary import STEPS_PER_BEAT
from modules.conditions.beats import Pulse
from modules.conditions.spectra import LOWEST_MIDI, RATE, mono, pitch_strength
from modules.types import Audio, GridNote

LOW_MIDI, HIGH_MIDI = 55, 91  # where melodies lie
LONGEST_S = 180.0  # more is not asked of a melody
STAY, LEAP_COST, REST_COST = 0.0, 0.045, 0.30  # cost a frame of a move, a semitone; of going silent
CENTRE, SPREAD = 74.0, 16.0  # midi: higher lines are heard as the melody
UNCLEAR = 0.30  # mean share of the strongest pitch in what sounds; below it no line stands out
WINDOW, HOP = 4096, 1024


def find_tune(audio: Audio, pulse: Pulse, tuning: float) -> tuple[GridNote, ...]:
    """Notes on the grid whose step 0 is `pulse.downbeats_s[0]`, monophonic; empty where no line stands out."""
    sound = mono(audio)[:int(LONGEST_S * RATE)]
    strength = pitch_strength(sound, tuning, WINDOW, HOP)[:, LOW_MIDI - LOWEST_MIDI:HIGH_MIDI - LOWEST_MIDI]
    pitches = np.arange(LOW_MIDI, HIGH_MIDI)
    usual = np.percentile(strength.max(axis=1), 90) + 1e-9
    salience = np.sqrt(strength / usual) * np.exp(-0.5 * ((pitches - CENTRE) / SPREAD) ** 2)
    path, clear = _path(np.minimum(salience, 1.5))
    if clear < UNCLEAR:
        return ()
    return _on_grid(path, salience, strength, pulse, len(sound) / RATE)


def _path(salience: np.ndarray) -> tuple[np.ndarray, float]:
    """Index of the line's pitch in each frame, -1 for rests, and how clearly it stands out (0–1)."""
    n_frames, n = salience.shape
    distance = np.abs(np.arange(n)[:, None] - np.arange(n)[None])
    cost = np.where(distance == 0, STAY, 0.12 + LEAP_COST * np.minimum(distance, 12))
    full = np.full((n + 1, n + 1), 0.2)
    full[:n, :n] = cost
    full[n, n] = 0.0
    gain = np.concatenate([salience, np.full((n_frames, 1), REST_COST)], axis=1)
    total, back = gain[0].copy(), np.zeros((n_frames, n + 1), np.int16)
    for frame in range(1, n_frames):
        moves = total[:, None] - full
        back[frame] = moves.argmax(axis=0)
        total = moves[back[frame], np.arange(n + 1)] + gain[frame]
    state = int(total.argmax())
    path = np.empty(n_frames, int)
    for frame in range(n_frames - 1, -1, -1):
        path[frame] = state
        state = int(back[frame, state])
    line = path < n
    path[~line] = -1
    if line.mean() < 0.15:
        return path, 0.0
    own = salience[np.flatnonzero(line), path[line]]
    return path, float(np.mean(own / (salience[line].sum(axis=1) + 1e-9)))


def _on_grid(path: np.ndarray, salience: np.ndarray, strength: np.ndarray, pulse: Pulse,
             duration_s: float) -> tuple[GridNote, ...]:
    """Line → notes: the pitch that fills most of each step, cut again where it is struck anew."""
    steps_a_beat = STEPS_PER_BEAT[pulse.meter]
    beats = pulse.beats_s[pulse.first:]
    if len(beats) < 2:
        return ()
    edges = np.interp(np.arange((len(beats) - 1) * steps_a_beat + 1) / steps_a_beat, np.arange(len(beats)), beats)
    frames = np.clip(np.round(edges * RATE / HOP + 0.4).astype(int), 0, len(path))
    rise = np.zeros_like(strength)
    rise[2:] = np.maximum(strength[2:] - strength[:-2], 0)
    rise = maximum_filter1d(rise, 3, axis=0)
    usual = np.percentile(strength.max(axis=1), 90) + 1e-9
    notes: list[list[int]] = []
    for step in range(len(frames) - 1):
        part = path[frames[step]:max(frames[step + 1], frames[step] + 1)]
        if not len(part):
            break
        counts = np.bincount(part + 1)
        pitch = int(counts.argmax()) - 1
        if pitch < 0:
            continue
        midi = pitch + LOW_MIDI
        struck = frames[step] < len(rise) and rise[frames[step], pitch] > 0.35 * usual
        if notes and notes[-1][2] == midi and notes[-1][0] + notes[-1][1] == step and not (struck and step % 2 == 0):
            notes[-1][1] += 1
        else:
            notes.append([step, 1, midi])
    out: list[GridNote] = []
    for step, length, midi in notes:
        if length == 1 and out and out[-1].step + out[-1].length == step and steps_a_beat == 4 and step % 2:
            out[-1] = GridNote(out[-1].step, out[-1].length + 1, out[-1].midi)  # a sixteenth off the beat is a glitch
        else:
            out.append(GridNote(step, length, midi))
    return tuple(out)
