"""The backing singer: a second voice under or over the tune in choruses, and nowhere else. Owns its notes; how loud it
is and where it stands is the vocoder's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from modules.canvas import vocabulary as v
from modules.performance.clock import Clock
from modules.performance.technique import voice_range
from modules.types import Song, SungNote

SECTIONS = ("chorus",)
# semitones from the tune → what it costs: thirds, then sixths, then what a chord may force
INTERVALS = {3: 0.0, 4: 0.0, 8: 0.6, 9: 0.6, 5: 1.2, 7: 1.6}
OUTSIDE_CHORD, LEAP = 1.0, 0.12  # costs: of a note that the chord lacks, of each semitone from the note before
OUTSIDE_RANGE = 2.0  # of each semitone beyond what is comfortable
MAJOR = (0, 2, 4, 5, 7, 9, 11)  # above do
QUIETER = 0.92  # on velocity


def backing_line(song: Song, sung: Sequence[SungNote], clock: Clock) -> tuple[SungNote, ...]:
    """A second voice for the choruses: the lead's words and rhythm, a third or sixth away inside the chord.

    Args:
        sung: the lead's notes.
    Returns:
        Notes in order; none where nothing is sung in a chorus, or where the words are spoken or hummed.
    """
    spans = [(clock.bar_starts_s[s.start_bar], _end_s(s.start_bar + s.bars, clock))
             for s in song.sections if s.name in SECTIONS]
    led = [note for note in sung if note.manner == "sung"
           and any(start - 1e-6 <= note.onset_s < end for start, end in spans)]
    led = led[next((i for i, note in enumerate(led) if note.phonemes), len(led)):]  # not from inside a syllable
    if not led:
        return ()
    chords = [(clock.at(beat * song.canvas.steps_per_beat), root, quality)
              for beat, _, root, quality in song.canvas.chords()]
    lines = [_line(led, side, chords, song) for side in (1, -1)]
    return tuple(replace(note, midi=midi, velocity=max(1, round(QUIETER * note.velocity)))
                 for note, midi in zip(led, min(lines)[1], strict=True))


def _end_s(bar: int, clock: Clock) -> float:
    return clock.bar_starts_s[bar] if bar < len(clock.bar_starts_s) else clock.end_s


def _line(led: Sequence[SungNote], side: int, chords: list, song: Song) -> tuple[float, list[int]]:
    """(mean cost, MIDI numbers) of the line over (`side` 1) or under (−1) the lead."""
    low, high = voice_range(song.voice)
    total, line = 0.0, []
    for note in led:
        _, root, quality = max((c for c in chords if c[0] <= note.onset_s + 0.05), default=chords[0])
        inside = set() if root is None else {(root + step) % 12 for step in v.QUALITIES[quality]}

        def cost(interval: int, note: SungNote = note, inside: set = inside) -> float:
            midi = note.midi + side * interval
            beyond = max(low - midi, midi - high, 0)
            return (INTERVALS[interval] + OUTSIDE_CHORD * ((midi - song.do_pc) % 12 not in inside)
                    + LEAP * abs(midi - (line[-1] if line else midi)) + OUTSIDE_RANGE * beyond)

        in_scale = [i for i in INTERVALS if (note.midi + side * i - song.do_pc) % 12 in {*MAJOR, *inside}]
        best = min(in_scale, key=cost)
        total += cost(best)
        line.append(note.midi + side * best)
    return total / len(led), line
