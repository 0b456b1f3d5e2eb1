"""Controllers that make held notes live: sustain pedal (CC64), expression (CC11), modulation (CC1)."""

from __future__ import annotations

from modules.performance.lines import Stage
from modules.performance.technique import Technique
from modules.performance.voicing import VoicedChord
from modules.types import PlayedNote

MODULATION, EXPRESSION, SUSTAIN = 1, 11, 64
Control = tuple[float, int, int]

PEDAL_DELAY_S = 0.06  # pressed again just after the new chord, so that the old one is gone
LONG_NOTE_S = 0.6  # from here on a player swells a note
VIBRATO_AFTER_S, VIBRATO_FULL_S = 0.28, 0.7
# share of a long note → factor on expression (messa di voce)
SWELL = ((0.0, 0.86), (0.2, 0.93), (0.45, 1.0), (0.75, 0.97), (1.0, 0.88))


def pedal(stage: Stage, chords: list[VoicedChord], end_s: float) -> list[Control]:
    """Sustain pedal changed with the harmony, up at the end."""
    per_beat = stage.song.canvas.steps_per_beat
    out: list[Control] = []
    for chord in chords:
        start_s = stage.clock.at(chord.start_beat * per_beat)
        out += [(start_s, SUSTAIN, 0), (start_s + PEDAL_DELAY_S, SUSTAIN, 127)]
    return [*out, (end_s, SUSTAIN, 0)]


def expression(stage: Stage, how: Technique, notes: list[PlayedNote], single_line: bool) -> list[Control]:
    """CC11 by the song's level; in a single line every long note swells and eases."""
    canvas = stage.song.canvas
    grid = [(stage.clock.at(step), stage.dynamics.expression(step)) for step in range(0, canvas.n_steps, 4)]
    shape: list[tuple[float, float]] = []
    if single_line and how.sustained:
        for note in notes:
            length_s = note.offset_s - note.onset_s
            if length_s >= LONG_NOTE_S:
                shape += [(note.onset_s + x * length_s, factor) for x, factor in SWELL]
            else:
                shape += [(note.onset_s, 0.97)]
    out: list[Control] = []
    level, factor = stage.dynamics.expression(0), 1.0
    for time_s, is_level, value in sorted([(t, True, x) for t, x in grid] + [(t, False, x) for t, x in shape]):
        level, factor = (value, factor) if is_level else (level, value)
        cc = max(1, min(127, round(level * factor)))
        if not out or out[-1][2] != cc:
            out.append((max(0.0, time_s), EXPRESSION, cc))
    return out


def vibrato(how: Technique, notes: list[PlayedNote]) -> list[Control]:
    """CC1 that grows on long notes and is gone at the next."""
    out: list[Control] = []
    for note in notes:
        length_s = note.offset_s - note.onset_s
        if how.vibrato and length_s > VIBRATO_AFTER_S + 0.2:
            for x in (0.25, 0.5, 0.75, 1.0):
                at = VIBRATO_AFTER_S + x * (VIBRATO_FULL_S - VIBRATO_AFTER_S)
                if at < length_s:
                    out.append((note.onset_s + at, MODULATION, round(how.vibrato * x)))
            out.append((note.offset_s, MODULATION, 0))
    return out
