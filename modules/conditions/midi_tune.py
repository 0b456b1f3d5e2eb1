"""A MIDI file as a tune: the same `Hum` that humming gives, on the file's own beats, metre and tempo map.

Owns which part of a file is its tune and how it lies on the step grid. Knows nothing of sound. A step is a sixteenth
note in every metre that Earworm plays.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np

from modules.canvas.vocabulary import BEATS_PER_BAR, SCALES, STEPS_PER_BEAT
from modules.config import MAX_HUM_S, TEMPO_BPM
from modules.errors import InputError
from modules.types import MODE_OFFSETS, PITCH_CLASSES, Finding, GridNote, Hum, HumNote

SUFFIXES = (".mid", ".midi")
MAX_BYTES = 4_000_000
RIGHT = "a .mid file with a tune in it would be right"
DRUM_CHANNEL = 9  # counted from 0
DEFAULT_TEMPO = 500_000  # microseconds a quarter note, where a file names none
STEPS_PER_QUARTER = 4
STEADY = 0.005  # a beat's tempo this near to the usual one is that one
MIN_NOTES = 2
TUNE_NAMES = re.compile(r"melod|lead|vocal|voice|sing|tune|theme|solo|sopran|canto|right hand", re.IGNORECASE)
OTHER_NAMES = re.compile(r"bass|drum|perc|chord|pad|accomp|harmon|rhythm|left hand|comp|string", re.IGNORECASE)
BASSES = range(32, 40)  # General MIDI programs
EXACT = {(4, 4): "4/4", (2, 4): "4/4", (2, 2): "4/4", (3, 4): "3/4", (6, 8): "6/8", (12, 8): "6/8", (3, 8): "6/8"}
LEGATO = 0.25  # beats that a note of one line may sound on into the next


@dataclass(frozen=True)
class _Voice:
    """Notes of one track on one channel, rows (start tick, end tick, midi) in order of start, highest first."""

    name: str
    program: int
    notes: tuple[tuple[int, int, int], ...]


def is_midi(path: str | os.PathLike) -> bool:
    """Whether a file says that it is MIDI, by its first bytes or by its name."""
    path = Path(path)
    if path.suffix.lower() in SUFFIXES or not path.is_file():
        return path.suffix.lower() in SUFFIXES
    with path.open("rb") as file:
        return file.read(4) == b"MThd"


def read_tune(path: str | os.PathLike, name: str | None = None) -> Hum:
    """The tune of a MIDI file: its only line, else the part that is most like one; of chords the highest notes.

    Args:
        name: what to call the file in messages (default: its file name).

    Returns:
        A `Hum` without a pitch curve; notes beyond `MAX_HUM_S` are left out, and its findings say so.

    Raises:
        InputError: no MIDI file, one that counts frames instead of beats, without a tune, or at a tempo out of reach.
    """
    path = Path(path)
    name = name or path.name
    file = _open(path, name)
    voices = [voice for voice in _voices(file) if len(voice.notes) >= MIN_NOTES]
    if not voices:
        raise InputError(f'"{name}" holds no tune (drums are not one); {RIGHT}.')
    voice = max(voices, key=lambda one: _likeness(one, voices, file.ticks_per_beat))
    line = _one_line(voice.notes, file.ticks_per_beat)
    clock = _Clock(file)
    kept = [note for note in line if clock.at(note[0]) - clock.at(line[0][0]) < MAX_HUM_S]
    return _as_hum(voice.name, kept, clock, name, cut=len(kept) < len(line), several=len(voices) > 1)


def hum_of_grid(grid: Sequence[GridNote], tempo_bpm: float, meter: str) -> Hum:
    """Notes on the grid at a steady tempo as a `Hum`; the key is found from them."""
    step_s = 60.0 / tempo_bpm / STEPS_PER_BEAT[meter]
    notes = tuple(HumNote(note.step * step_s, (note.step + note.length) * step_s, 440 * 2 ** ((note.midi - 69) / 12),
                          note.midi, 1.0) for note in grid)
    tonic, mode = _find_key(notes)
    nothing = np.zeros(0)
    return Hum(tempo_bpm, tonic, mode, meter, 0.0, notes, tuple(grid), nothing, nothing, nothing)


def _open(path: Path, name: str) -> mido.MidiFile:
    if not path.is_file():
        raise InputError(f'"{name}" is not there or is not a file; {RIGHT}.')
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f'"{name}" is too large for a tune; {RIGHT}.')
    try:
        file = mido.MidiFile(path, clip=True)
    except (OSError, EOFError, ValueError, KeyError, IndexError, TypeError):
        raise InputError(f'"{name}" is not a MIDI file that can be read; {RIGHT}.') from None
    if not 0 < file.ticks_per_beat < 0x8000:
        raise InputError(f'"{name}" counts film frames instead of beats; export it with beats and bars.')
    return file


def _voices(file: mido.MidiFile) -> list[_Voice]:
    """Every track and channel with notes, drums left out."""
    out = []
    for number, track in enumerate(file.tracks):
        tick, title = 0, ""
        programs: dict[int, int] = {}
        open_notes: dict[tuple[int, int], int] = {}
        found: dict[int, list[tuple[int, int, int]]] = {}
        for message in track:
            tick += message.time
            if message.type == "track_name":
                title = " ".join(message.name.split())
            elif message.type == "program_change":
                programs.setdefault(message.channel, message.program)
            elif message.type in ("note_on", "note_off"):
                key = (message.channel, message.note)
                start = open_notes.pop(key, None)
                if start is not None and tick > start:
                    found.setdefault(message.channel, []).append((start, tick, message.note))
                if message.type == "note_on" and message.velocity > 0:
                    open_notes[key] = tick
        for channel, notes in found.items():
            if channel != DRUM_CHANNEL:
                out.append(_Voice(title or f"track {number + 1}", programs.get(channel, 0),
                                  tuple(sorted(notes, key=lambda note: (note[0], -note[2])))))
    return out


def _likeness(voice: _Voice, voices: Sequence[_Voice], ticks: int) -> float:
    """How much a voice is like a tune: by name, one note at a time, high, busy, moving about."""
    pitches = np.array([midi for _, _, midi in voice.notes])
    others = np.array([midi for one in voices for _, _, midi in one.notes])
    alone = np.mean([after[0] >= before[1] - LEGATO * ticks and after[0] > before[0]
                     for before, after in zip(voice.notes, voice.notes[1:])])
    named = 3.0 * bool(TUNE_NAMES.search(voice.name)) - 2.0 * bool(OTHER_NAMES.search(voice.name))
    share = len(voice.notes) / max(len(one.notes) for one in voices)
    return (named + 2.0 * alone + float(np.clip((pitches.mean() - others.mean()) / 12, -1.5, 1.5)) + min(1.0, 2 * share)
            + min(1.0, pitches.std() / 3) - 2.0 * (voice.program in BASSES))


def _one_line(notes: Sequence[tuple[int, int, int]], ticks: int) -> list[tuple[int, int, int]]:
    """The highest note of each moment; a line that sounds on into its next note is cut there."""
    line: list[tuple[int, int, int]] = []
    for start, end, midi in notes:
        if line:
            before, until, above = line[-1]
            if start - before < ticks / 16:  # a chord: its highest note came first
                continue
            if until - start > LEGATO * ticks and midi < above:  # an inner voice under a held note
                continue
            line[-1] = (before, min(until, start), above)
        line.append((start, end, midi))
    return line


class _Clock:
    """Ticks of a file → seconds by its tempo map, and its metres."""

    def __init__(self, file: mido.MidiFile) -> None:
        self.ticks = file.ticks_per_beat
        tempi, meters = {0: DEFAULT_TEMPO}, {0: (4, 4)}
        self.key = ""
        for track in file.tracks:
            tick = 0
            for message in track:
                tick += message.time
                if message.type == "set_tempo" and message.tempo > 0:
                    tempi[tick] = message.tempo
                elif message.type == "time_signature":
                    meters[tick] = (message.numerator, message.denominator)
                elif message.type == "key_signature" and not self.key:
                    self.key = message.key
        self.meters = sorted(meters.items())
        self._starts = np.array(sorted(tempi), float)
        self._quarter_s = np.array([tempi[tick] / 1e6 for tick in sorted(tempi)])
        self._times_s = np.concatenate([[0.0], np.cumsum(np.diff(self._starts) * self._quarter_s[:-1] / self.ticks)])

    def at(self, tick: float) -> float:
        """Seconds; before the first event at its tempo."""
        index = max(0, int(np.searchsorted(self._starts, tick, side="right")) - 1)
        return float(self._times_s[index] + (tick - self._starts[index]) * self._quarter_s[index] / self.ticks)

    def meter(self, first: int, last: int) -> tuple[tuple[int, int], int]:
        """The metre that lasts longest between two ticks, and the tick where it begins to count."""
        edges = [tick for tick, _ in self.meters] + [max(last, self.meters[-1][0]) + 1]
        spans: dict[tuple[int, int], int] = {}
        for (tick, meter), end in zip(self.meters, edges[1:]):
            spans[meter] = spans.get(meter, 0) + max(0, min(end, last) - max(tick, first))
        usual = max(spans, key=spans.__getitem__)
        starts = [tick for tick, meter in self.meters if meter == usual]
        return usual, max([tick for tick in starts if tick <= first], default=starts[0])


def _as_hum(part: str, line: Sequence[tuple[int, int, int]], clock: _Clock, name: str, *, cut: bool,
            several: bool) -> Hum:
    (upper, lower), origin = clock.meter(line[0][0], line[-1][1])
    meter = EXACT.get((upper, lower)) or ("3/4" if upper % 3 == 0 and lower < 8 else "6/8" if upper % 3 == 0 else "4/4")
    step = clock.ticks / STEPS_PER_QUARTER
    beat, bar = step * STEPS_PER_BEAT[meter], step * STEPS_PER_BEAT[meter] * BEATS_PER_BAR[meter]
    start = origin + (line[0][0] - origin) // bar * bar
    if line[0][0] - start >= bar / 2:  # what begins in the second half of a bar leads into the next
        start += bar
    grid = _on_grid(line, start, step)
    n_beats = max(1, int(np.ceil((line[-1][1] - start) / beat)))
    beats_s = np.diff([clock.at(start + index * beat) for index in range(n_beats + 1)])
    tempo, tempi = _tempi(60.0 / beats_s)
    if not TEMPO_BPM[0] <= tempo <= TEMPO_BPM[1]:
        raise InputError(f'"{name}" is at {tempo:.0f} BPM; a tempo of {TEMPO_BPM[0]:g} to {TEMPO_BPM[1]:g} would be '
                         "right.")
    notes = tuple(HumNote(round(clock.at(a), 4), round(clock.at(b), 4), round(440 * 2 ** ((midi - 69) / 12), 3), midi,
                          1.0) for a, b, midi in line)
    tonic, mode = _read_key(clock.key, notes) or _find_key(notes)
    nothing = np.zeros(0)
    pitches = [note.midi for note in grid]
    low, high = (f"{PITCH_CLASSES[m % 12]}{m // 12 - 1}" for m in (min(pitches), max(pitches)))
    told = f"{len(grid)} notes, {low} to {high}" + (f", the first {MAX_HUM_S:.0f} s" if cut else "")
    said = meter if (upper, lower) in EXACT else f"{meter}, the nearest to {upper}/{lower}"
    changing = f", {tempo * min(tempi):.0f} to {tempo * max(tempi):.0f}" if tempi else ""
    source = "from the MIDI file"
    return Hum(
        tempo_bpm=tempo, tonic=tonic, mode=mode, meter=meter, tuning_cents=0.0, notes=notes, grid=grid,
        f0_times_s=nothing, f0_hz=nothing, f0_confidence=nothing, offset_s=round(clock.at(start), 4), beat_tempi=tempi,
        findings=(Finding("tempo", f"{tempo:.0f} BPM{changing}", source), Finding("metre", said, source),
                  Finding("key", f"{PITCH_CLASSES[tonic]} {mode}", source),
                  Finding("melody", told + (f", from “{part}”" if several else ""), source)))


def _on_grid(line: Sequence[tuple[int, int, int]], start: float, step: float) -> tuple[GridNote, ...]:
    """Notes on the nearest steps, one at a time; of two on one step the later stays."""
    placed: list[GridNote] = []
    for begin, end, midi in line:
        at = round((begin - start) / step)
        if placed and placed[-1].step == at:
            placed.pop()
        placed.append(GridNote(at, max(1, round((end - start) / step) - at), midi))
    return tuple(GridNote(note.step, min(note.length, after.step - note.step), note.midi)
                 for note, after in zip(placed, placed[1:])) + (placed[-1],)


def _tempi(bpm: np.ndarray) -> tuple[float, tuple[float, ...]]:
    """The tempo that holds for most beats, the first of equals, and all beats' tempi over it; () where it holds
    throughout."""
    most = max(np.round(bpm, 1), key=list(np.round(bpm, 1)).count)
    tempo = round(float(bpm[np.round(bpm, 1) == most].mean()), 2)
    tempi = bpm / tempo
    return tempo, () if np.abs(tempi - 1).max() < STEADY else tuple(float(x) for x in np.round(tempi, 4))


def _read_key(text: str, notes: Sequence[HumNote]) -> tuple[int, str] | None:
    """A key signature, where the notes fit it. C major is what programs write unasked, so it says nothing."""
    if not text or text == "C":
        return None
    mode = "minor" if text.endswith("m") else "major"
    letters = text.rstrip("m")
    tonic = ({"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[letters[0]] + letters.count("#")
             - letters.count("b")) % 12
    do = (tonic - MODE_OFFSETS[mode]) % 12
    inside = [note.offset_s - note.onset_s for note in notes if (note.midi - do) % 12 in SCALES["major"]]
    return (tonic, mode) if sum(inside) >= 0.85 * sum(note.offset_s - note.onset_s for note in notes) else None


def _find_key(notes: Sequence[HumNote]) -> tuple[int, str]:
    from modules.conditions.humming.key import find_key  # its room loads torch

    midi, onsets_s, offsets_s = (np.array([getattr(note, name) for note in notes])
                                 for name in ("midi", "onset_s", "offset_s"))
    return find_key(midi, onsets_s, offsets_s)
