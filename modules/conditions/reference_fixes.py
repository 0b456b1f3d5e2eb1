"""What a person corrects of what was heard in a track: twice or half the tempo, another key, another "one".

Works on the analysis, so that nothing has to be heard again. What follows from a correction is corrected with it:
beats, bar lines, the tune's places on the grid, and the words that name it.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from modules.canvas.vocabulary import BEATS_PER_BAR, STEPS_PER_BEAT
from modules.conditions.fuse import read_key
from modules.config import TEMPO_BPM
from modules.errors import InputError
from modules.types import MODE_OFFSETS, PITCH_CLASSES, Finding, GridNote, KeySpan, Reference, ReferenceFixes

CORRECTED = "corrected by you"
MOST_SHIFT = 11  # beats
RIGHT = 'write it like "tempo*2", "tempo/2", "key=A minor", "downbeat+1", with commas between'


def read_fixes(text: str) -> ReferenceFixes:
    """Corrections of "tempo*2, key=A minor, downbeat+1"; empty text = none.

    Raises:
        InputError: something else is there.
    """
    fixes = ReferenceFixes()
    for part in filter(None, (part.strip().lower() for part in text.split(","))):
        tempo = re.fullmatch(r"tempo\s*([*x×/÷])\s*2", part)
        key = re.fullmatch(r"key\s*=\s*(.+)", part)
        shift = re.fullmatch(r"downbeat\s*([+-]\s*\d{1,2})", part)
        if tempo:
            times = fixes.tempo_times * (0.5 if tempo[1] in "/÷" else 2.0)
            fixes = replace(fixes, tempo_times=float(np.clip(times, 0.5, 2.0)))
        elif key:
            tonic, mode = read_key(key[1])
            fixes = replace(fixes, tonic=tonic, mode=mode)
        elif shift:
            fixes = replace(fixes, downbeat_shift=fixes.downbeat_shift + int(shift[1].replace(" ", "")))
        else:
            raise InputError(f"The correction {part!r} is not understood; {RIGHT}.")
    if abs(fixes.downbeat_shift) > MOST_SHIFT:
        raise InputError(f"A downbeat {abs(fixes.downbeat_shift)} beats away is out of reach; "
                         f"give up to {MOST_SHIFT} beats.")
    return fixes


def corrected(reference: Reference, fixes: ReferenceFixes) -> Reference:
    """The analysis as it is after corrections.

    Raises:
        InputError: the corrected tempo is out of reach, or too little is left after the new downbeat.
    """
    if fixes.tempo_times != 1.0:
        reference = at_tempo(reference, fixes.tempo_times)
    if fixes.downbeat_shift:
        reference = shifted(reference, fixes.downbeat_shift)
    if fixes.tonic is not None and fixes.mode is not None:
        reference = in_key(reference, fixes.tonic, fixes.mode)
    return reference


def at_tempo(reference: Reference, times: float) -> Reference:
    """Beats halved or doubled in number; the first downbeat stays where it is."""
    tempo = reference.tempo_bpm * times
    if not TEMPO_BPM[0] <= tempo <= TEMPO_BPM[1]:
        low, high = TEMPO_BPM
        raise InputError(f"{tempo:.0f} BPM is out of reach; {low:.0f} to {high:.0f} BPM can be played.")
    beats, first = np.asarray(reference.beats_s, float), _first(reference)
    if times > 1:
        beats = np.sort(np.r_[beats, (beats[:-1] + beats[1:]) / 2])
    else:
        beats = beats[first % 2::2]
    new_first = int(np.abs(beats - reference.downbeats_s[0]).argmin()) if len(reference.downbeats_s) else 0
    melody = tuple(_paced(note, times) for note in reference.melody)
    kept = tuple(note for i, note in enumerate(melody) if i == 0 or note.step > melody[i - 1].step)
    groove = None  # heard over bars of another length
    return replace(_with_bars(reference, beats, new_first), tempo_bpm=round(tempo, 2), melody=_not_over(kept),
                   groove=groove, other_tempo_bpm=reference.tempo_bpm,
                   description=re.sub(r"\b\d+ BPM", f"{tempo:.0f} BPM", reference.description),
                   findings=_told(reference, "tempo", f"{tempo:.0f} BPM"))


def shifted(reference: Reference, beats: int) -> Reference:
    """ "One" so many beats later; earlier where the number is negative."""
    per_bar = BEATS_PER_BAR[reference.meter]
    first = _first(reference) + beats
    while first < 0:
        first += per_bar
    while first - per_bar >= 0:
        first -= per_bar  # no whole bar before it is given away
    if first >= len(reference.beats_s):
        raise InputError("There are too few beats in the track to move its downbeat so far.")
    moved = (_first(reference) - first) * STEPS_PER_BEAT[reference.meter]
    melody = tuple(replace(note, step=note.step + moved) for note in reference.melody if note.step + moved >= 0)
    groove = None
    if reference.groove is not None:
        groove = np.roll(reference.groove, moved, axis=1)
    return replace(_with_bars(reference, np.asarray(reference.beats_s, float), first), melody=melody, groove=groove)


def in_key(reference: Reference, tonic: int, mode: str) -> Reference:
    """Another home for the same notes and chords."""
    name = f"{PITCH_CLASSES[tonic]} {mode}"
    end_s = reference.sections[-1].end_s if reference.sections else float(len(reference.energy))
    names = "|".join(map(re.escape, sorted(PITCH_CLASSES, key=len, reverse=True)))
    pattern = rf"\b(?:{names}) (?:{'|'.join(MODE_OFFSETS)})\b"
    return replace(reference, tonic=tonic, mode=mode, key_confidence=1.0,
                   confidences={**reference.confidences, "key": 1.0}, keys=(KeySpan(0.0, end_s, tonic, mode, 1.0),),
                   description=re.sub(pattern, name, reference.description, count=1),
                   findings=_told(reference, "key", name))


def _first(reference: Reference) -> int:
    """Index of the first downbeat among the beats."""
    if not len(reference.downbeats_s):
        return 0
    return int(np.abs(np.asarray(reference.beats_s) - reference.downbeats_s[0]).argmin())


def _with_bars(reference: Reference, beats: np.ndarray, first: int) -> Reference:
    return replace(reference, beats_s=beats, downbeats_s=beats[first::BEATS_PER_BAR[reference.meter]],
                   confidences={**reference.confidences, "beats": 1.0})


def _paced(note: GridNote, times: float) -> GridNote:
    return GridNote(int(note.step * times), max(1, int(note.length * times)), note.midi)


def _not_over(notes: tuple[GridNote, ...]) -> tuple[GridNote, ...]:
    """Notes no longer than to the next one."""
    return tuple(replace(note, length=min(note.length, after.step - note.step))
                 for note, after in zip(notes, notes[1:], strict=False)) + notes[-1:]


def _told(reference: Reference, label: str, value: str) -> tuple[Finding, ...]:
    return tuple(Finding(label, value, CORRECTED) if finding.label == label else finding
                 for finding in reference.findings)
