"""Chord symbols → notes: voicings that move least, in the register of the lane, clear of the melody. No timing."""

from __future__ import annotations

from dataclasses import dataclass

from modules.canvas import vocabulary as v

# lane → (lowest, highest, centre) MIDI of its voicings: comping round C3–C5, comp2 above it, pads spread round both
REGISTERS = {"comp": (48, 72, 60), "comp2": (57, 81, 68), "pad": (48, 76, 61)}
GUITAR_HIGHEST, GUITAR_STRINGS = 71, 6  # MIDI (B4)
SECOND_GUITAR_UP = 7  # semitones: a second guitar plays further up the neck
MELODY_CLEARANCE = 2  # semitones
FULLNESS = 2.0  # what one more string is worth, in semitones of movement
DOUBLING = 5.0  # price of a note that the comping already has, in semitones of movement
LOW_INTERVAL_LIMIT = 48  # below C3 close intervals turn to mud
POWER_CHORD_INSTRUMENTS = ("distortion_guitar",)  # distortion turns thirds into intermodulation


@dataclass(frozen=True)
class VoicedChord:
    """A voicing (ascending MIDI) that stands from `start_beat` for `n_beats`; empty where there is no chord."""

    start_beat: int
    n_beats: int
    notes: tuple[int, ...]
    root_pc: int | None


def chord_tones(root: int, quality: str, do_pc: int, *, bass_plays: bool, size: int = 4) -> list[int]:
    """Pitch classes of a chord, most important kept: the fifth goes first, then the root if the bass has it."""
    pcs = [(do_pc + root + interval) % 12 for interval in v.QUALITIES[quality]]
    if len(pcs) > size:
        pcs.pop(2)
    if len(pcs) == 4 and bass_plays and len(v.QUALITIES[quality]) == 5:
        pcs.pop(0)
    return pcs


def close_voicings(pcs: list[int], low: int, high: int) -> list[tuple[int, ...]]:
    """All close positions between `low` and `high`, and their drop-2 forms when four notes are there."""
    out = []
    for bottom in range(low, high + 1):
        if bottom % 12 not in pcs:
            continue
        notes = [bottom]
        for pc in sorted(set(pcs) - {bottom % 12}, key=lambda p: (p - bottom) % 12):
            notes.append(bottom + (pc - bottom) % 12)
        if notes[-1] <= high:
            out.append(tuple(notes))
        if len(notes) >= 4 and notes[-2] - 12 >= low and notes[-1] <= high:
            out.append(tuple(sorted([*notes[:-2], notes[-1], notes[-2] - 12])))
    return out


def open_voicings(pcs: list[int], low: int, high: int) -> list[tuple[int, ...]]:
    """Wide positions for pads: every second chord tone an octave up, so that the comping fits in between."""
    out = []
    for notes in close_voicings(pcs, low, high):
        wide = tuple(sorted(n + 12 * (i % 2) for i, n in enumerate(notes)))
        if wide[-1] <= high:
            out.append(wide)
    return out


def guitar_voicings(pcs: list[int], low: int, high: int) -> list[tuple[int, ...]]:
    """Shapes on six strings: the root (or the fifth) below, octave-spread, chord tones close above it."""
    out = []
    for bottom in range(low, low + 17):
        if bottom % 12 != pcs[0]:
            continue
        for second in (pcs[2 % len(pcs)], pcs[0], pcs[1]):
            notes = [bottom, bottom + ((second - bottom) % 12 or 12)]
            if notes[1] - bottom < 5:
                continue
            pitch = notes[-1] + 1
            while len(notes) < GUITAR_STRINGS and pitch <= high:
                if pitch % 12 in pcs and pitch - notes[-1] >= 2:
                    notes.append(pitch)
                pitch += 1
            out += [tuple(notes[:n]) for n in range(4, len(notes) + 1) if {x % 12 for x in notes[:n]} >= set(pcs)]
    return out


def cost(notes: tuple[int, ...], previous: tuple[int, ...], centre: float, melody: set[int],
         taken: tuple[int, ...], above: float = 0.4) -> float:
    """What a voicing costs: movement, distance from its register, closeness to the melody, doubling, mud. `above` is
    the price of a semitone above the melody's lowest note."""
    total = 0.35 * abs(sum(notes) / len(notes) - centre) - FULLNESS * len(notes)
    if previous:
        total += sum(min(abs(n - p) for p in previous) for n in notes)
        total += 0.5 * sum(min(abs(n - p) for n in notes) for p in previous)
        total += 0.5 * abs(notes[-1] - previous[-1])  # the ear follows the top
    total += 3.0 * sum(abs(n - m) < MELODY_CLEARANCE for n in notes for m in melody)
    if melody:
        floor = min(melody)
        total += above * sum(max(0, n - floor + MELODY_CLEARANCE) for n in notes)
    total += DOUBLING * len(set(notes) & set(taken))
    total += sum(4.0 for a, b in zip(notes, notes[1:], strict=False) if a < LOW_INTERVAL_LIMIT and b - a < 5)
    total += sum(2.0 for a, b in zip(notes, notes[1:], strict=False) if b - a == 1)
    return total


def voice_chords(chords: list[tuple[int, int, int | None, str]], do_pc: int, *, lane: str, instrument: str,
                 span: tuple[int, int], strums: bool, bass_plays: bool, melody: list[set[int]],
                 taken: list[tuple[int, ...]]) -> list[VoicedChord]:
    """Voicings of a chord sequence for one lane, each moving least from the one before.

    Args:
        chords: `Canvas.chords()`.
        span: comfortable range of the instrument (MIDI).
        melody: for each chord the melody's MIDI pitches while it stands.
        taken: for each chord the notes of another lane that should not be doubled.
    """
    low, high, centre = REGISTERS[lane]
    low, high = max(low, span[0]), min(high, span[1])
    if high - low < 14:  # the instrument lies elsewhere: follow it
        low, high = span[0], min(span[0] + 26, max(span[1], span[0] + 14))
    centre = min(max(centre, low + 8), high - 6)
    out: list[VoicedChord] = []
    previous: tuple[int, ...] = ()
    for (beat, n_beats, root, quality), sung, others in zip(chords, melody, taken, strict=True):
        if root is None:
            out.append(VoicedChord(beat, n_beats, (), None))
            continue
        if instrument in POWER_CHORD_INSTRUMENTS:
            bottom = span[0] + (do_pc + root - span[0]) % 12
            notes = (bottom, bottom + 7, bottom + 12)
        else:
            pcs = chord_tones(root, quality, do_pc, bass_plays=bass_plays and not strums)
            middle: float = centre
            if strums:
                up = SECOND_GUITAR_UP if lane != "comp" else 0
                options = guitar_voicings(pcs, span[0] + up, min(GUITAR_HIGHEST + up, span[1]))
                middle = (span[0] + up + min(GUITAR_HIGHEST + up, span[1])) / 2
            elif lane == "pad":
                options = open_voicings(pcs, low, high) + close_voicings(pcs, low, high)
            else:
                options = close_voicings(pcs, low, high)
            options = options or close_voicings(pcs, low, high + 12)
            notes = _cheapest(options, previous, middle, sung, others, 0.1 if lane == "pad" else 0.4)
        out.append(VoicedChord(beat, n_beats, notes, (do_pc + root) % 12))
        previous = notes
    return out


def _cheapest(options: list[tuple[int, ...]], previous: tuple[int, ...], centre: float, melody: set[int],
              taken: tuple[int, ...], above: float) -> tuple[int, ...]:
    return min(options, key=lambda notes: cost(notes, previous, centre, melody, taken, above))
