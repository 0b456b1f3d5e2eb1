"""`perform`: a song's canvas becomes timed notes, part by part. Owns the order of work, the ending and the length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from modules.assets import instruments
from modules.performance import controls
from modules.performance.backing import backing_line
from modules.performance.clock import Clock, make_clock
from modules.performance.comping import play_chords, voiced
from modules.performance.drumming import play_drums
from modules.performance.dynamics import make_dynamics
from modules.performance.feel import make_feel
from modules.performance.lines import Stage, line_notes, play_line
from modules.performance.singing import voice_notes
from modules.performance.technique import singer, technique
from modules.performance.voicing import VoicedChord
from modules.styles.cards import Card
from modules.styles.cards import cards as style_cards
from modules.types import GridNote, Part, Performance, PlayedNote, Song, SungNote

RELEASE_S = {"ring": 1.8, "ritard": 1.8, "hit": 1.2, "fade": 0.0}  # for the last sounds to die away
RING_BARS = (1.0, 2.0)  # last notes held beyond the grid: usually, and at most where an asked length leaves room
MIN_BARS_FOR_ENDING = 4  # shorter pieces are loops and stings: their last bar is played as written
MAX_SUNG_RING_S = 1.5  # breath
MIN_NOTE_S = 0.03
PEDAL_HELD_SHARE = 0.7  # a comping lane sounding this much of its time is pedalled
MELODY_PEDALS = ("harp", "vibraphone", "felt_piano")
VOCAL_PROGRAM = 52  # General MIDI "choir aahs", for MIDI files
ROLE_LANES = ("comp", "comp2", "pad")


def perform(song: Song, *, cards: Mapping[str, Card] | None = None) -> Performance:
    """Play a song: notes with timing, dynamics and controllers, one part for each lane that has notes.

    Args:
        cards: style cards by name; None takes the shipped ones.

    Returns:
        A performance within `song.duration_s` where that is set. The same song gives the same performance.
    """
    feel = make_feel(song, style_cards() if cards is None else cards)
    clock, ring_s, duration_s = _length(song)
    stage = Stage(song, clock, make_dynamics(song, clock), feel)
    last_bar_held = song.ending != "fade" and song.canvas.n_bars >= MIN_BARS_FOR_ENDING
    lines = {lane: line_notes(song, lane) for lane in ("melody", "counter", "bass") if lane in song.instruments}
    sung = voice_notes(stage)
    heard = lines.get("melody", []) + _sung_grid(song, sung)

    parts: list[Part] = []
    if sung:
        held = tuple(_hold_sung(sung, clock, ring_s, duration_s))
        parts.append(Part("vocal", singer(song.voice), VOCAL_PROGRAM, False, (), (), held,
                          backing_line(song, held, clock)))
    chords: dict[str, list[VoicedChord]] = {}
    for lane, instrument in song.instruments.items():
        if lane == "drums":
            notes = play_drums(stage, last_bar_held)
        elif lane in ROLE_LANES:
            chords[lane] = voiced(stage, lane, heard, bool(lines.get("bass")), _to_avoid(lane, chords))
            notes = play_chords(stage, lane, chords[lane], heard, last_bar_held)
        else:
            notes = play_line(stage, lane, lines[lane])
        if not notes:
            continue
        if lane != "drums" and not (lane == "melody" and song.ending == "hit"):  # a tune is never cut short
            notes = _end(song, notes, clock, ring_s)
        notes = tidy(notes, duration_s, technique(instrument).mono and lane not in ROLE_LANES)
        kind = instruments()[instrument]
        parts.append(Part(lane, instrument, kind["program"], kind["family"] == "drums", tuple(notes),
                          tuple(_controls(stage, lane, notes, chords.get(lane)))))
    return Performance(tuple(parts), duration_s, clock.tempo_map, clock.bar_starts_s, song.canvas.meter)


def song_clock(song: Song) -> Clock:
    """The clock that `perform` plays a song by."""
    return _length(song)[0]


def _length(song: Song) -> tuple[Clock, float, float]:
    """(clock, seconds that last notes ring beyond the grid, whole duration): the slowest ritard that still fits."""
    release_s = RELEASE_S[song.ending]
    strengths = (1.0, 0.75, 0.5, 0.25, 0.0) if song.ending == "ritard" else (0.0,)
    limit_s = song.duration_s or float("inf")
    for strength in strengths:
        clock = make_clock(song, strength)
        if clock.end_s + release_s <= limit_s:
            break
    ring_s = 0.0
    if song.ending in ("ring", "ritard"):
        room_s = limit_s - clock.end_s - release_s
        ring_s = max(0.0, min(room_s, (RING_BARS[0] if room_s == float("inf") else RING_BARS[1]) * clock.bar_s))
    return clock, ring_s, min(clock.end_s + ring_s + release_s, limit_s)


def _to_avoid(lane: str, chords: Mapping[str, list[VoicedChord]]) -> list[VoicedChord] | None:
    return chords.get("comp") if lane != "comp" else None


def _sung_grid(song: Song, sung: list[SungNote]) -> list[GridNote]:
    """Sung notes on the grid, for voicings to keep clear of."""
    return [GridNote(round(n.onset_s / song.step_s), max(1, round((n.offset_s - n.onset_s) / song.step_s)), n.midi)
            for n in sung]


def _end(song: Song, notes: list[PlayedNote], clock: Clock, ring_s: float) -> list[PlayedNote]:
    """Notes that reach the end of the grid ring on, or are cut short by a "hit"."""
    beat_s = 60.0 / song.tempo_bpm
    if song.ending == "hit" and song.canvas.n_bars >= MIN_BARS_FOR_ENDING:
        hit_s = clock.bar_starts_s[-1]
        return [replace(n, offset_s=max(n.onset_s, hit_s) + 0.5 * beat_s) if n.offset_s >= clock.end_s - beat_s else n
                for n in notes]
    if ring_s <= 0:
        return notes
    return [replace(n, offset_s=clock.end_s + ring_s) if n.offset_s >= clock.end_s - 0.3 * beat_s else n
            for n in notes]


def _hold_sung(sung: list[SungNote], clock: Clock, ring_s: float, duration_s: float) -> list[SungNote]:
    """The singer holds the last note while it rings, as far as breath goes, and stops with the performance."""
    last = sung[-1]
    if ring_s > 0 and last.offset_s >= clock.end_s - 0.3:
        sung = [*sung[:-1], replace(last, offset_s=last.offset_s + min(ring_s, MAX_SUNG_RING_S))]
    return [replace(n, offset_s=min(n.offset_s, duration_s)) for n in sung if n.onset_s < duration_s - MIN_NOTE_S]


def tidy(notes: list[PlayedNote], duration_s: float, mono: bool) -> list[PlayedNote]:
    """In time order, within the performance; a pitch ends before it starts again, a single voice before its next."""
    ordered = sorted((n for n in notes if n.onset_s < duration_s - MIN_NOTE_S), key=lambda n: (n.onset_s, n.midi))
    following: dict[int, float] = {}
    out: list[PlayedNote] = []
    for note in reversed(ordered):
        voice = -1 if mono else note.midi
        next_s = following.get(voice, duration_s)
        if voice in following and next_s - note.onset_s < 0.005:
            continue  # the same key twice at once
        offset_s = min(max(note.offset_s, note.onset_s + MIN_NOTE_S), next_s)
        out.append(replace(note, offset_s=offset_s))
        following[voice] = note.onset_s
    return out[::-1]


def _controls(stage: Stage, lane: str, notes: list[PlayedNote],
              chords: list[VoicedChord] | None) -> list[controls.Control]:
    """All controllers of a part, in time order."""
    how = technique(stage.song.instruments[lane])
    out: list[controls.Control] = []
    if lane == "drums":
        return out
    if how.pedal and _wants_pedal(stage, lane):
        spans = chords or [VoicedChord(b, k, (), None) for b, k, _, _ in stage.song.canvas.chords()]
        out += controls.pedal(stage, spans, max(note.offset_s for note in notes))
    if how.sustained:
        out += controls.expression(stage, how, notes, single_line=lane not in ROLE_LANES)
        if lane not in ROLE_LANES:
            out += controls.vibrato(how, notes)
    return sorted(out)


def _wants_pedal(stage: Stage, lane: str) -> bool:
    """Held or broken chords are pedalled, rhythmic comping and most melodies stay dry."""
    instrument = stage.song.instruments[lane]
    if lane not in ROLE_LANES:
        return instrument in MELODY_PEDALS
    events = stage.song.canvas.roles(lane)
    broken = sum(role.startswith("arp") for _, _, role in events)
    held = sum(length for _, length, _ in events)
    span = events[-1][0] + events[-1][1] - events[0][0] if events else 1
    long = held / max(len(events), 1) >= stage.song.canvas.steps_per_beat
    return broken > 0.3 * len(events) or (held >= PEDAL_HELD_SHARE * span and long)
