"""What the voice is given: melody and syllables → sung, spoken or hummed notes.

Owns melisma, speech rhythm and speaking pitch, and what is hummed. Refuses to know how a voice sounds (that is the
vocoder) and which note a syllable is set to (that is decided on the canvas).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

import numpy as np

from modules.performance.clock import Clock
from modules.performance.dynamics import phrase_factors, phrases
from modules.performance.lines import Stage, lane_pitches
from modules.performance.technique import octave_shift, voice_range
from modules.types import GridNote, PlacedSyllable, SungNote

# What a section of that energy (0–7) is hummed on, from the first number on: closed lips, then rounder and wider.
HUMS = ((0, "M"), (4, "UW"), (6, "AA"))
# Speech, after Crystal & House 1990, "Articulation rate and the duration of syllables and stress groups", in seconds
SYLLABLE_S, CONSONANT_S, STRESS_S, FINAL_S = 0.12, 0.035, 0.06, 0.12
QUICKEST, SLOWEST = 0.75, 1.3  # of speech's own pace, for lines with little or much room
SHORTEST_S = 0.09  # of a spoken syllable, when stresses are drawn together
PAUSE_S = 0.25  # at least between two spoken lines
PULL, REACH_S = 0.7, 0.14  # a stressed syllable goes this far to a half-beat that is this near
# semitones: above the voice's lowest comfortable note, over a line, on stress, at the end
BASE, DECLINATION, ACCENT, FALL = 2, 3.0, 2.0, 3.0


@dataclass(frozen=True)
class _Note:
    """A stretch of melody under a syllable (None: hummed without words); `first` of it, `last` of it."""

    note: GridNote
    placed: PlacedSyllable | None
    first: bool
    last: bool


def voice_notes(stage: Stage) -> list[SungNote]:
    """The vocal part's notes in time order, none overlapping; [] where nobody sings."""
    song = stage.song
    if song.singing == "hummed":
        return hum_lines(stage)
    if not song.syllables:
        return []
    return speak_lines(stage) if song.singing == "spoken" else sing_lines(stage)


def sing_lines(stage: Stage) -> list[SungNote]:
    """Melody notes under their syllables; a syllable's later notes carry no phonemes (melisma)."""
    out = []
    for one, note in _in_range(stage):
        syllable = one.placed.syllable
        out.append(replace(note, phonemes=syllable.phonemes if one.first else (),
                           text=syllable.text if one.first else "", line_end=one.last and syllable.last_in_line))
    return _one_throat(out)


def hum_lines(stage: Stage) -> list[SungNote]:
    """The tune on "mm", "oo" or "ah" by its section's energy, bound within a phrase; a repeated pitch begins anew."""
    song = stage.song
    sung = _in_range(stage)
    out = []
    for (one, note), following in zip(sung, [*sung[1:], None], strict=True):
        bar = min(one.note.step // song.canvas.steps_per_bar, song.canvas.n_bars - 1)
        sound = next(name for least, name in reversed(HUMS) if song.canvas.energy[bar] >= least)
        before = out[-1] if out else None
        bound = before is not None and not before.line_end and before.midi != note.midi
        end = following is None or following[0].note.step > one.note.step + one.note.length
        out.append(replace(note, phonemes=() if bound else (sound,), line_end=end, manner="hummed"))
    return _one_throat(out)


def speak_lines(stage: Stage) -> list[SungNote]:
    """Lines at the pace of speech from the beat of their first stress, later stresses drawn to near half-beats."""
    song = stage.song
    placed = sorted(song.syllables, key=lambda one: one.step)
    lines = [list(line) for _, line in groupby(placed, key=lambda one: (one.syllable.line, one.syllable.section))]
    low, _ = voice_range(song.voice)
    out: list[SungNote] = []
    for index, line in enumerate(lines):
        room_s = np.inf
        if index + 1 < len(lines):
            room_s = stage.clock.at(lines[index + 1][0].step) - stage.clock.at(line[0].step) - PAUSE_S
        starts_s, end_s = _spoken_times(line, stage.clock, room_s)
        pitches = _spoken_pitches(line, low + BASE)
        for i, (one, midi) in enumerate(zip(line, pitches, strict=True)):
            velocity = stage.dynamics.velocity(one.step) * (1.06 if one.syllable.stress == 1 else 0.94)
            out.append(SungNote(
                onset_s=max(0.0, starts_s[i]), offset_s=starts_s[i + 1] if i + 1 < len(line) else end_s, midi=midi,
                velocity=int(np.clip(round(velocity), 1, 127)), phonemes=one.syllable.phonemes,
                text=one.syllable.text, line_end=i + 1 == len(line), manner="spoken"))
    return _one_throat(out)


def _spoken_times(line: Sequence[PlacedSyllable], clock: Clock, room_s: float) -> tuple[list[float], float]:
    """Onsets of a spoken line's syllables and its end, in seconds."""
    natural = np.array([SYLLABLE_S + CONSONANT_S * (len(one.syllable.phonemes) - 1)
                        + STRESS_S * (one.syllable.stress == 1) for one in line])
    natural[-1] += FINAL_S
    placed_s = np.array([clock.at(one.step) for one in line])
    wanted = placed_s[-1] - placed_s[0] + natural[-1]  # as the line would take if it were sung
    pace = np.clip(min(wanted, room_s) / natural.sum(), QUICKEST, SLOWEST)
    lasts = natural * pace
    starts = np.concatenate([[0.0], np.cumsum(lasts)[:-1]])
    stressed = [i for i, one in enumerate(line) if one.syllable.stress == 1] or [0]
    starts += placed_s[stressed[0]] - starts[stressed[0]]
    half = clock.steps_per_beat / 2
    shifts = []
    for i in stressed:  # the nearest half-beat: a beat or two round the syllable's own place
        near = line[i].step + (starts[i] - placed_s[i]) / (clock.at(line[i].step + 1) - placed_s[i])
        off = clock.at(round(near / half) * half) - starts[i]
        shifts.append(PULL * off if abs(off) <= REACH_S else 0.0)
    starts += np.interp(np.arange(len(line)), stressed, shifts)
    for i in range(len(line) - 1):
        starts[i + 1] = max(starts[i + 1], starts[i] + SHORTEST_S)
    return [float(t) for t in starts], float(starts[-1] + lasts[-1])


def _spoken_pitches(line: Sequence[PlacedSyllable], base: int) -> list[int]:
    """MIDI numbers that the speaking voice passes: it sinks along the line, rises on stress and falls at the end."""
    place = np.linspace(1.0, 0.0, len(line))
    accents = np.array([ACCENT * (one.syllable.stress == 1) for one in line])
    curve = base + DECLINATION * place + accents
    curve[-1] = base - FALL + ACCENT * (len(line) == 1)
    return [int(round(pitch)) for pitch in curve]


def _in_range(stage: Stage) -> list[tuple[_Note, SungNote]]:
    """The stretches of melody that are sung with their times, pitches in the voice's range, and dynamics."""
    song, clock = stage.song, stage.clock
    notes = lane_pitches(song, "melody")
    sung: list[_Note] = []
    for placed in sorted(song.syllables, key=lambda one: one.step):
        under = _segments(notes, placed)
        sung += [_Note(note, placed, i == 0, i == len(under) - 1) for i, note in enumerate(under)]
    if not song.syllables:
        sung = [_Note(note, None, True, True) for note in notes]
    shift = octave_shift([one.note.midi for one in sung], *voice_range(song.voice))
    arcs = {(note.step, note.midi): arc for phrase in phrases([one.note for one in sung])
            for note, arc in zip(phrase, phrase_factors(phrase), strict=True)}
    own_timing = dict(song.lateness)
    late_s = 0.0 if own_timing else 0.5 * stage.feel.laid_back_s
    out = []
    for one in sung:
        note = one.note
        velocity = stage.dynamics.velocity(note.step) * arcs[note.step, note.midi]
        if one.placed is not None:
            velocity *= 1.06 if one.placed.syllable.stress == 1 else 0.97
        start_s = max(0.0, clock.sung(note.step, own_timing) + late_s)
        end_s = clock.sung(note.step + note.length, own_timing) + late_s
        out.append((one, SungNote(start_s, end_s, note.midi + shift, int(np.clip(round(velocity), 1, 127)))))
    return out


def _one_throat(notes: list[SungNote]) -> list[SungNote]:
    """A note ends where the next begins."""
    return [replace(a, offset_s=min(a.offset_s, b.onset_s)) for a, b in pairwise(notes)] + notes[-1:]


def _segments(notes: list[GridNote], placed: PlacedSyllable) -> list[GridNote]:
    """The stretches of melody under a syllable; the nearest note's pitch where the melody is silent there."""
    end = placed.step + placed.length
    under = [GridNote(max(n.step, placed.step), min(n.step + n.length, end) - max(n.step, placed.step), n.midi)
             for n in notes if n.step < end and placed.step < n.step + n.length]
    if under:
        if under[0].step > placed.step:  # the syllable starts in a rest before its note
            under[0] = GridNote(placed.step, under[0].step + under[0].length - placed.step, under[0].midi)
        return under
    nearest = min(notes, key=lambda n: abs(n.step - placed.step), default=GridNote(0, 1, 60))
    return [GridNote(placed.step, placed.length, nearest.midi)]
