"""Melody, counter-melody and bass: pitch rows → timed notes. What a voice makes of the melody is `singing`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from modules.canvas import vocabulary as v
from modules.performance.clock import Clock
from modules.performance.dynamics import Dynamics, phrase_factors, phrases
from modules.performance.feel import Feel
from modules.performance.technique import octave_shift, technique
from modules.types import GridNote, PlayedNote, Song

JITTER_S = 0.004  # spread of a good player's placing
LANE_WEIGHT = {"melody": 1.06, "counter": 0.88, "bass": 0.98}  # on velocity
STACCATO_STEPS = 1  # notes this short are played detached
DETACHED = 0.8
OVERLAP_S = 0.02  # a legato line overlaps a little
STACCATO, SHORTEST_S = 0.5, 0.05  # share of its length that a detached note sounds, and the least of it
ACCENT = 1.12  # on the velocity of notes on the beat
BREATH_S = 0.06  # silence that ends a phrase


@dataclass(frozen=True)
class Stage:
    """What every lane's player shares."""

    song: Song
    clock: Clock
    dynamics: Dynamics
    feel: Feel


def lane_pitches(song: Song, row: str) -> list[GridNote]:
    """A pitch row's notes with `midi` as MIDI numbers, before any octave shift."""
    return [replace(note, midi=v.to_midi(row, note.midi, song.do_pc)) for note in song.canvas.notes(row)]


def shifted(notes: list[GridNote], low: int, high: int) -> list[GridNote]:
    """The whole lane moved by the octaves that suit the range."""
    shift = octave_shift([note.midi for note in notes], low, high)
    return [replace(note, midi=note.midi + shift) for note in notes]


def line_notes(song: Song, lane: str) -> list[GridNote]:
    """A lane's notes in its instrument's octave; the melody without what is sung. Under speech a given tune goes on."""
    notes = lane_pitches(song, lane)
    if lane == "melody" and song.singing == "hummed":
        return []
    if lane == "melody" and song.syllables and not (song.singing == "spoken" and tune_is_given(song)):
        notes = [n for n in notes if not any(s.step < n.step + n.length and n.step < s.step + s.length
                                             for s in song.syllables)]
    how = technique(song.instruments[lane])
    return shifted(notes, how.low, how.high)


def tune_is_given(song: Song) -> bool:
    """Whether somebody gave the melody, note by note."""
    return bool(song.canvas.known_steps[v.ROW_NAMES.index("melody")].any())


def play_line(stage: Stage, lane: str, notes: list[GridNote]) -> list[PlayedNote]:
    """Timed notes of a pitch lane: laid back or with the kick, phrased, legato by instrument."""
    how = technique(stage.song.instruments[lane])
    draws = stage.feel.draws(lane)
    own_timing = dict(stage.song.lateness) if lane == "melody" else {}
    per_bar = stage.song.canvas.steps_per_bar
    out: list[PlayedNote] = []
    for phrase in phrases(notes):
        for i, (note, arc) in enumerate(zip(phrase, phrase_factors(phrase), strict=True)):
            late_s = draws.normal() * JITTER_S * stage.feel.tightness
            if lane == "bass":  # the bass locks with the kick
                late_s += 0.7 * stage.feel.hit("kick", note.step % per_bar)[0]
            else:
                late_s += stage.feel.laid_back_s * (1.0 if lane == "melody" else 0.6)
            if own_timing:  # the person's, not the band's
                late_s = 0.0
            start_s = stage.clock.sung(note.step, own_timing)
            length_s = stage.clock.sung(note.step + note.length, own_timing) - start_s
            following = phrase[i + 1] if i + 1 < len(phrase) else None
            joined = following is not None and following.step == note.step + note.length
            if joined and not how.mono and how.legato >= 0.95 and following.midi != note.midi:
                sounding_s = length_s + OVERLAP_S
            elif joined:
                sounding_s = length_s * (DETACHED if note.length <= STACCATO_STEPS and lane == "bass" else how.legato)
            else:
                sounding_s = max(length_s - BREATH_S, 0.7 * length_s)
            sounding_s = articulated(sounding_s, start_s, stage, following)
            velocity = stage.dynamics.velocity(note.step) * LANE_WEIGHT[lane] * stage.dynamics.accent(note.step)
            if "accented" in stage.song.articulation and note.step % stage.song.canvas.steps_per_beat == 0:
                velocity *= ACCENT
            velocity *= (arc if lane != "bass" else 1.0) * (1 + 0.03 * draws.normal())
            onset_s = max(0.0, start_s + late_s)
            out.append(PlayedNote(onset_s, onset_s + sounding_s, note.midi, int(np.clip(round(velocity), 1, 127))))
    return out


def articulated(sounding_s: float, start_s: float, stage: Stage, following: GridNote | None) -> float:
    """A note's length as asked: half of it when detached, up to the next note of its phrase when bound."""
    if "staccato" in stage.song.articulation:
        return max(SHORTEST_S, STACCATO * sounding_s)
    if "legato" in stage.song.articulation and following is not None:
        return max(sounding_s, stage.clock.at(following.step) - start_s)
    return sounding_s
