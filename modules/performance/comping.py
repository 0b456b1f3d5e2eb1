"""Comping and pads: roles over chords → timed notes (strums, arpeggios, stabs, held chords)."""

from __future__ import annotations

import numpy as np

from modules.performance.lines import SHORTEST_S, STACCATO, Stage
from modules.performance.technique import technique
from modules.performance.voicing import MELODY_CLEARANCE, VoicedChord, voice_chords
from modules.types import GridNote, PlayedNote

STRUM_S = (0.015, 0.030)  # from the first string to the last
ROLL_S = 0.006  # a keyboard player's fingers do not fall together
MUTE_S = 0.06
LANE_WEIGHT = {"comp": 0.86, "comp2": 0.82, "pad": 0.74}
ROLE_WEIGHT = {"full": 1.0, "high": 0.94, "low": 1.0, "down": 1.03, "up": 0.9, "mute": 0.62,
               "arp1": 0.96, "arp2": 0.9, "arp3": 0.9, "arp4": 0.92}
PUSH_STEPS = 2  # a chord struck this short before a change and held over it is the coming one


def voiced(stage: Stage, lane: str, melody: list[GridNote], bass_plays: bool,
           taken: list[VoicedChord] | None) -> list[VoicedChord]:
    """The lane's voicing of every chord of the song."""
    song = stage.song
    how = technique(song.instruments[lane])
    chords = song.canvas.chords()
    per_beat = song.canvas.steps_per_beat
    above = [{n.midi for n in melody if n.step < (b + k) * per_beat and b * per_beat < n.step + n.length}
             for b, k, _, _ in chords]
    others = [chord.notes for chord in taken] if taken else [()] * len(chords)
    return voice_chords(chords, song.do_pc, lane=lane, instrument=song.instruments[lane], span=(how.low, how.high),
                        strums=how.strums, bass_plays=bass_plays, melody=above, taken=others)


def play_chords(stage: Stage, lane: str, chords: list[VoicedChord], melody: list[GridNote],
                last_bar_held: bool) -> list[PlayedNote]:
    """Timed notes of a role lane.

    Args:
        chords: the lane's voicings, covering the song.
        melody: notes to stay clear of (MIDI).
        last_bar_held: in the last bar only the first event of each chord is played, and held.
    """
    song, clock = stage.song, stage.clock
    how = technique(song.instruments[lane])
    draws = stage.feel.draws(lane)
    out: list[PlayedNote] = []
    for step, length, role in _events(stage, lane, chords, last_bar_held):
        chord = _chord_at(chords, step, length, song.canvas.steps_per_beat)
        notes = _role_notes(chord.notes, role)
        notes = _clear_of(notes, [n.midi for n in melody if n.step < step + length and step < n.step + n.length],
                          role.startswith("arp"), how.low)
        if not notes:
            continue
        start_s = clock.at(step)
        late_s = 0.5 * stage.feel.hit("closed", step % song.canvas.steps_per_bar)[0]
        late_s += draws.normal() * 0.004 * stage.feel.tightness
        length_s = clock.at(step + length) - start_s
        if role == "mute":
            sounding_s = min(MUTE_S, length_s)
        elif lane == "pad" or how.sustained:
            sounding_s = length_s
        else:
            sounding_s = length_s * how.legato
        if lane != "pad" and "staccato" in song.articulation:
            sounding_s = max(SHORTEST_S, STACCATO * sounding_s)
        base = stage.dynamics.velocity(step) * LANE_WEIGHT[lane] * ROLE_WEIGHT[role]
        base *= 1.0 if lane == "pad" else stage.dynamics.accent(step)
        spread_s = _spread(role, how.strums, lane, draws)
        order = notes[::-1] if role == "up" else notes
        for i, midi in enumerate(order):
            onset_s = max(0.0, start_s + late_s + spread_s * i / max(len(order) - 1, 1))
            weight = 1.05 if midi == notes[-1] and len(notes) > 1 else 0.97  # the top note sings
            velocity = base * weight * (1 + 0.03 * draws.normal())
            out.append(PlayedNote(onset_s, max(start_s + late_s + sounding_s, onset_s + 0.03), midi,
                                  int(np.clip(round(velocity), 1, 127))))
    return _tied(out) if lane == "pad" else out


def _events(stage: Stage, lane: str, chords: list[VoicedChord], last_bar_held: bool) -> list[tuple[int, int, str]]:
    """The lane's roles, cut where the chord changes under a hold."""
    canvas = stage.song.canvas
    changes = [chord.start_beat * canvas.steps_per_beat for chord in chords[1:]]
    out: list[tuple[int, int, str]] = []
    for step, length, role in canvas.roles(lane):
        end = step + length
        for change in [c for c in changes if step + PUSH_STEPS < c < end]:
            out.append((step, change - step, role))
            step = change
            if role not in ("full", "high", "low"):
                break  # a strum or a lone arpeggio note is not struck again, it ends
        else:
            out.append((step, end - step, role))
    if not last_bar_held:
        return out
    start = (canvas.n_bars - 1) * canvas.steps_per_bar
    final = [event for event in out if event[0] >= start and event[2] != "mute"]
    cuts = [start, *[c for c in changes if c > start], canvas.n_steps]
    out = [event for event in out if event[0] < start]
    for begin, end in zip(cuts, cuts[1:], strict=False):
        first = next((event for event in final if begin <= event[0] < end), None)
        if first:
            role = "full" if first[2].startswith("arp") or first[2] == "low" else first[2]
            out.append((first[0], end - first[0], role))
    return out


def _chord_at(chords: list[VoicedChord], step: int, length: int, per_beat: int) -> VoicedChord:
    """The chord that an event belongs to: the next one when the event pushes it."""
    i = next(i for i, c in enumerate(chords) if step < (c.start_beat + c.n_beats) * per_beat)
    end = (chords[i].start_beat + chords[i].n_beats) * per_beat
    pushed = end - step <= PUSH_STEPS and step + length > end and i + 1 < len(chords) and chords[i + 1].notes
    return chords[i + 1] if pushed else chords[i]


def _role_notes(notes: tuple[int, ...], role: str) -> tuple[int, ...]:
    if not notes:
        return ()
    if role.startswith("arp"):
        octave, k = divmod(int(role[3]) - 1, len(notes))
        return (notes[k] + 12 * octave,)
    if role == "high":
        return notes[-max(2, (len(notes) + 1) // 2):] if len(notes) > 2 else notes[-1:]
    if role == "low":
        return notes[:1]
    if role == "up":
        return notes[-4:]
    return notes


def _clear_of(notes: tuple[int, ...], melody: list[int], single: bool, low: int) -> tuple[int, ...]:
    """Without what rubs against the melody; a lone arpeggio note changes its octave instead."""
    clashing = [n for n in notes if any(abs(n - m) < MELODY_CLEARANCE for m in melody)]
    if single:
        return tuple(n + (-12 if n - 12 >= low else 12) if n in clashing else n for n in notes)
    clear = tuple(n for n in notes if n not in clashing)
    return clear or notes[:1]


def _spread(role: str, strums: bool, lane: str, draws: np.random.Generator) -> float:
    if lane == "pad":
        return 0.0
    if strums and role in ("full", "down", "up", "high"):
        return float(draws.uniform(*STRUM_S)) * (1.0 if role != "up" else 0.8)
    return ROLL_S


def _tied(notes: list[PlayedNote]) -> list[PlayedNote]:
    """Common tones of neighbouring pad chords sound on instead of starting again."""
    out: list[PlayedNote] = []
    for note in sorted(notes, key=lambda n: (n.midi, n.onset_s)):
        last = out[-1] if out else None
        if last and last.midi == note.midi and note.onset_s - last.offset_s < 0.03:
            out[-1] = PlayedNote(last.onset_s, note.offset_s, note.midi, last.velocity)
        else:
            out.append(note)
    return sorted(out, key=lambda n: (n.onset_s, n.midi))
