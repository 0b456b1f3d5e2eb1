"""Canvas ↔ MIDI, lossless for cells, plan and metre: one track a row, chords as text events, sections as markers.

This is the score form, for exchange and tests; what people hear is written by `performance.midi`. Role and drum rows
carry their token as a key (`TOKEN_KEY` + token).
"""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np

from modules.canvas import vocabulary as v
from modules.canvas.canvas import Canvas
from modules.errors import InputError
from modules.types import Section

TICKS_PER_STEP = 24
TOKEN_KEY = 24  # key of token 0 in role and drum rows
_SIGNATURES = {"4/4": (4, 4), "3/4": (3, 4), "6/8": (6, 8)}


def write_midi(canvas: Canvas, path: Path | str, *, tempo_bpm: float, do_pc: int) -> None:
    """Write a canvas; `tempo_bpm` counts beats (dotted quarters in 6/8), `do_pc` places its pitches."""
    midi = mido.MidiFile(ticks_per_beat=TICKS_PER_STEP * 4)
    plan = mido.MidiTrack([mido.MetaMessage("track_name", name="plan")])
    quarter_bpm = tempo_bpm * canvas.steps_per_beat / 4
    numerator, denominator = _SIGNATURES[canvas.meter]
    plan.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(quarter_bpm)))
    plan.append(mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator))
    events = [(s.start_bar * canvas.steps_per_bar, mido.MetaMessage(
        "marker", text=f"{s.name}:{s.bars}:{s.energy}:{'' if s.source is None else s.source}"))
        for s in canvas.sections]
    events += [(beat * canvas.steps_per_beat, mido.MetaMessage(
        "text", text=f"chord:{'N' if root is None else root}:{quality}")) for beat, _, root, quality in canvas.chords()]
    _append(plan, sorted(events, key=lambda event: event[0]), canvas.n_steps)
    midi.tracks.append(plan)
    for index, (name, (_, kind, _)) in enumerate(v.ROWS.items()):
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        channel = 9 if kind == "drum" else index
        spans = []
        if kind == "pitch":
            spans = [(n.step, n.length, v.to_midi(name, n.midi, do_pc)) for n in canvas.notes(name)]
        elif kind == "role":
            spans = [(s, length, TOKEN_KEY + v.ROLES.index(role)) for s, length, role in canvas.roles(name)]
        else:
            spans = [(int(s), 1, TOKEN_KEY + int(canvas.steps[index, s])) for s in np.flatnonzero(canvas.steps[index])]
        notes = []
        for step, length, key in spans:
            notes.append((step, mido.Message("note_on", note=key, velocity=80, channel=channel)))
            notes.append((step + length, mido.Message("note_off", note=key, channel=channel)))
        notes.sort(key=lambda event: (event[0], event[1].type == "note_on"))
        _append(track, notes, canvas.n_steps)
        midi.tracks.append(track)
    midi.save(str(path))


def _append(track: mido.MidiTrack, events: list, n_steps: int) -> None:
    last = 0
    for step, message in events:
        track.append(message.copy(time=(step - last) * TICKS_PER_STEP))
        last = step
    track.append(mido.MetaMessage("end_of_track", time=(n_steps - last) * TICKS_PER_STEP))


def read_midi(path: Path | str, *, do_pc: int) -> Canvas:
    """The canvas that `write_midi` wrote; every cell known.

    Raises:
        InputError: the file was not written by `write_midi`.
    """
    midi = mido.MidiFile(str(path))
    tracks = {track.name: track for track in midi.tracks}
    if "plan" not in tracks or not set(v.ROWS) <= set(tracks):
        raise InputError(f"{Path(path).name} is not a canvas in MIDI; give one that Earworm wrote as a score.")
    sections: list[Section] = []
    chords: list[tuple[int, int, int]] = []
    meter, step, start = "4/4", 0, 0
    for message in tracks["plan"]:
        step += message.time // TICKS_PER_STEP
        if message.type == "time_signature":
            meter = f"{message.numerator}/{message.denominator}"
        elif message.type == "marker":
            name, bars, energy, source = message.text.split(":")
            sections.append(Section(name, start, int(bars), int(energy), int(source) if source else None))
            start += int(bars)
        elif message.type == "text" and message.text.startswith("chord:"):
            _, root, quality = message.text.split(":")
            chords.append((step, v.NO_CHORD if root == "N" else int(root), v.QUALITY_NAMES.index(quality)))
    canvas = Canvas.empty(meter, tuple(sections))
    for at, root, quality in chords:
        canvas.harmony[at // canvas.steps_per_beat:] = (root, quality)
    for index, (name, (_, kind, _)) in enumerate(v.ROWS.items()):
        step = 0
        sounding: tuple[int, int] | None = None
        for message in tracks[name]:
            step += message.time // TICKS_PER_STEP
            if message.type == "note_on":
                token = (v.ONSET + message.note - v.to_midi(name, 0, do_pc) if kind == "pitch"
                         else message.note - TOKEN_KEY)
                canvas.steps[index, step] = token
                sounding = (step, token)
            elif message.type == "note_off" and sounding is not None and kind != "drum":
                canvas.steps[index, sounding[0] + 1:step] = v.HOLD
    canvas.known_harmony[:] = True
    canvas.known_steps[:] = True
    return canvas
