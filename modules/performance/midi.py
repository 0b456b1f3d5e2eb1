"""A performance as a Standard MIDI File that sequencers open as a song: tempo map, metre, key, section markers, chords
as text, one track a part with its General MIDI program (drums on channel 10) and the words under the voice (RP-017).

Quarter notes count a file's tempo, so 6/8 writes 1.5 × its beats.
"""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

import mido

from modules.audio.tags import AI_NOTICE
from modules.canvas.spelling import chord_name
from modules.types import PITCH_CLASSES, Part, Performance, Song

TICKS_PER_QUARTER = 480
DRUM_CHANNEL = 9
QUARTERS_PER_BEAT = {"4/4": 1.0, "3/4": 1.0, "6/8": 1.5}
_MINOR_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
_MAJOR_NAMES = ("C", "Db", *PITCH_CLASSES[2:])


def write_midi(performance: Performance, song: Song, path: Path | str, title: str = "Earworm") -> None:
    """Write tempo map, metre, key, section markers and one track a part (lyrics with the vocal) to `path`.

    Args:
        title: the name of the song, as the first track's.

    Raises:
        OSError: the file cannot be written.
    """
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER, charset="utf-8")
    ticks = _Ticks(performance)
    file.tracks.append(_conductor(performance, song, ticks, title))
    free = iter([channel for channel in range(16) if channel != DRUM_CHANNEL])
    for part in performance.parts:
        file.tracks.append(_track(part, DRUM_CHANNEL if part.is_drum else next(free), ticks, _hyphens(song)))
    file.save(str(path))


class _Ticks:
    """Seconds → ticks through the tempo map."""

    def __init__(self, performance: Performance) -> None:
        per_beat = QUARTERS_PER_BEAT[performance.meter]
        self.starts_s = [time for time, _ in performance.tempo_map]
        self.quarters_per_minute = [tempo * per_beat for _, tempo in performance.tempo_map]
        self.starts_ticks = [0.0]
        for i in range(1, len(self.starts_s)):
            self.starts_ticks.append(self.starts_ticks[-1] + self._span(i - 1, self.starts_s[i]))

    def _span(self, i: int, time_s: float) -> float:
        return (time_s - self.starts_s[i]) * self.quarters_per_minute[i] / 60.0 * TICKS_PER_QUARTER

    def at(self, time_s: float) -> int:
        i = max(0, bisect_right(self.starts_s, time_s) - 1)
        return max(0, round(self.starts_ticks[i] + self._span(i, time_s)))


def _hyphens(song: Song) -> list[str]:
    """What follows each sung syllable's text, in order: a hyphen where its word goes on (RP-017)."""
    return ["" if placed.syllable.last_in_word else "-"
            for placed in sorted(song.syllables, key=lambda placed: placed.step)]


def _conductor(performance: Performance, song: Song, ticks: _Ticks, title: str) -> mido.MidiTrack:
    upper, lower = (int(x) for x in performance.meter.split("/"))
    key = _MINOR_NAMES[song.tonic] + "m" if song.mode == "minor" else _MAJOR_NAMES[song.do_pc]
    events = [
        (0, 0, mido.MetaMessage("track_name", name=title)),
        (0, 0, mido.MetaMessage("copyright", text=AI_NOTICE)),
        (0, 0, mido.MetaMessage("time_signature", numerator=upper, denominator=lower)),
        (0, 0, mido.MetaMessage("key_signature", key=key)),
    ]
    for start_s, tempo in zip(ticks.starts_s, ticks.quarters_per_minute, strict=True):
        events.append((ticks.at(start_s), 1, mido.MetaMessage("set_tempo", tempo=round(60_000_000 / tempo))))
    for section in song.sections:
        if section.start_bar < len(performance.bar_starts_s):
            at = ticks.at(performance.bar_starts_s[section.start_bar])
            events.append((at, 2, mido.MetaMessage("marker", text=section.name)))
    for beat, _, root, quality in song.canvas.chords():
        bar, inside = divmod(beat, song.canvas.beats_per_bar)
        if bar < len(performance.bar_starts_s):
            ahead = round(inside * QUARTERS_PER_BEAT[performance.meter] * TICKS_PER_QUARTER)
            text = "N.C." if root is None else chord_name(root, quality, song.do_pc, song.mode)
            events.append((ticks.at(performance.bar_starts_s[bar]) + ahead, 3, mido.MetaMessage("text", text=text)))
    return _deltas(events)


def _track(part: Part, channel: int, ticks: _Ticks, hyphens: list[str]) -> mido.MidiTrack:
    events = [
        (0, 0, mido.MetaMessage("track_name", name=part.lane)),
        (0, 0, mido.MetaMessage("instrument_name", name=part.instrument)),
        (0, 1, mido.Message("program_change", channel=channel, program=part.program)),
    ]
    for time_s, number, value in part.controls:
        events.append((ticks.at(time_s), 3, mido.Message("control_change", channel=channel, control=number,
                                                          value=value)))
    for note in (*part.notes, *part.sung):
        start = ticks.at(note.onset_s)
        end = max(ticks.at(note.offset_s), start + 1)
        events.append((start, 5, mido.Message("note_on", channel=channel, note=note.midi, velocity=note.velocity)))
        events.append((end, 2, mido.Message("note_off", channel=channel, note=note.midi, velocity=0)))
    for i, note in enumerate(note for note in part.sung if note.text):
        text = note.text + (hyphens[i] if i < len(hyphens) else "")
        events.append((ticks.at(note.onset_s), 4, mido.MetaMessage("lyrics", text=text)))
    return _deltas(events)


def _deltas(events: list[tuple[int, int, mido.Message]]) -> mido.MidiTrack:
    """Events by tick (then by rank: names, controls, note ends before note starts) as a track of time differences."""
    track, now = mido.MidiTrack(), 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=0))
    return track
