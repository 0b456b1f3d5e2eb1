"""Edits that compose nothing: another key, tempo or instrument, one part alone. The notes stay, the song is played
again."""

from __future__ import annotations

import re
from dataclasses import replace

from modules.canvas import vocabulary as v
from modules.conditions.fuse import key_name, read_key
from modules.conditions.settings import NONE, read_lanes
from modules.config import DURATION_S, TEMPO_BPM
from modules.engines.lineage import Change
from modules.engines.recomposing import Draft, no_wish, titles
from modules.errors import InputError
from modules.types import LANES, MODE_OFFSETS, Song


def transpose(song: Song, what: str) -> Draft:
    """Another key of the same mode: "+2" semitones or "F# minor"."""
    steps = re.fullmatch(r"\s*([+-−]?\d{1,2})(?:\s*(?:semitones?|st))?\s*", what)
    if steps:
        tonic = (song.tonic + int(steps[1].replace("−", "-"))) % 12
    else:
        tonic, mode = read_key(what)
        asked = mode if len(what.split()) > 1 or what.strip().endswith("m") else song.mode
        if MODE_OFFSETS[asked] != MODE_OFFSETS[song.mode]:
            raise InputError(f"This take is in {song.mode}, and a {asked} key would need other notes; give a "
                             f"{song.mode} key, or reharmonise it.")
    if tonic == song.tonic:
        raise InputError(f"This take is in {key_name(song.tonic, song.mode)} already.")
    return Draft(replace(song, tonic=tonic), None, no_wish(), Change(), f"in {key_name(tonic, song.mode)}")


def tempo(song: Song, what: str) -> Draft:
    """Another tempo: "120" BPM or "+10%"."""
    found = re.fullmatch(r"\s*([+-−]?\d+(?:\.\d+)?)\s*(%|bpm)?\s*", what, re.IGNORECASE)
    if not found:
        raise InputError(f"{what!r} is no tempo; give beats a minute, such as 120, or a change such as +10%.")
    number = float(found[1].replace("−", "-"))
    bpm = song.tempo_bpm * (1 + number / 100) if found[2] == "%" else number
    bpm = round(bpm, 2)
    if not TEMPO_BPM[0] <= bpm <= TEMPO_BPM[1]:
        raise InputError(f"A tempo of {bpm:g} BPM is out of reach; give {TEMPO_BPM[0]:g} to {TEMPO_BPM[1]:g} BPM.")
    if song.canvas.n_steps * song.step_s * song.tempo_bpm / bpm > DURATION_S[1]:
        raise InputError(f"At {bpm:g} BPM this take would last longer than {DURATION_S[1]:g} s; give a quicker tempo.")
    scale = song.tempo_bpm / bpm
    song = replace(song, tempo_bpm=bpm, duration_s=None,
                   energy_curve=tuple((time_s * scale, energy) for time_s, energy in song.energy_curve))
    return Draft(song, None, no_wish(), Change(), f"at {bpm:g} BPM")


def instruments(song: Song, what: str) -> Draft:
    """Other players: "bass=tuba, drums=none". The other parts stay note for note."""
    asked = dict(read_lanes(what))
    if not asked:
        raise InputError('No instrument was named; write it like "bass=tuba, drums=none".')
    for lane, name in asked.items():
        if name != NONE and not has_notes(song, lane):
            raise InputError(f"The {lane} has no notes in this take; redo that part to have it written.")
    chosen = {lane: asked.get(lane, song.instruments.get(lane, NONE)) for lane in LANES}
    chosen = {lane: name for lane, name in chosen.items() if name != NONE}
    if not chosen and not song.syllables:
        raise InputError("Every part would be gone, so nothing would sound; leave at least one of them in.")
    words = ", ".join(f"no {titles([lane])}" if name == NONE else f"{titles([lane])} on {name.replace('_', ' ')}"
                      for lane, name in asked.items())
    bars = {lane: [(0, song.canvas.n_bars)] for lane in asked}
    return Draft(replace(song, instruments=chosen), None, no_wish(), Change(bars), words)


def alone(song: Song, lanes: tuple[str, ...]) -> Draft:
    """Some parts by themselves: a drum pattern, a bass line, the tune."""
    kept = {lane: song.instruments[lane] for lane in lanes if lane in song.instruments}
    sings = "melody" in lanes and song.syllables
    if not kept and not sings:
        raise InputError(f"This take has no {titles(lanes) or 'such part'}; it has {titles(song.instruments)}.")
    song = replace(song, instruments=kept, **({} if sings else {"syllables": (), "voice": None}))
    bars = {lane: [(0, song.canvas.n_bars)] for lane in LANES if lane not in kept and not (lane == "melody" and sings)}
    return Draft(song, None, no_wish(), Change(bars), f"{titles(lanes)} alone")


def has_notes(song: Song, lane: str) -> bool:
    """Is anything written for the lane?"""
    return any(bool((song.canvas.steps[row] >= (1 if v.ROWS[v.ROW_NAMES[row]][1] == "drum" else v.ONSET)).any())
               for row in v.LANE_ROWS[lane])
