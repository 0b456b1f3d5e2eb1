"""What a track fixes, by what it is used for: its vibe, a restyling, a continuation, a part that plays along.

Also the one clock between a track and the bars made from it: bar 0 is the track's first downbeat. Knows a `Reference`;
refuses to know how it was heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from modules.canvas import vocabulary as v
from modules.config import DEFAULT_DURATION_S, DURATION_S
from modules.errors import InputError
from modules.types import (
    LANES,
    MODE_OFFSETS,
    Condition,
    Controls,
    GridNote,
    Performance,
    Reference,
    Request,
    Section,
)

LONGEST_WHOLE_S = 120.0  # of a track that is restyled or played along with, unless a length is asked
CONTEXT_BARS = 8  # of the end of a clip that its continuation takes up
PERIODS = (8, 4, 2, 1)  # bars after which chords may come round, tried in this order
LOOPED = 0.7  # share of beats with the chord of one period before, from which chords are said to go round
SURE = 0.5  # confidence from which a finding is used
THERE, ABSENT = 0.6, 0.2  # presence of drums or bass from which a take has them, and under which it has none
EDGE_S = 0.12  # how near its end a clip's last bar line may lie and still be the place where music goes on
NOTES_A_BAR = (1.5, 7.0)  # of the melody at density 0 and 1 (`plan.habit_bins`)
ASKED_SHARE = 0.65  # of the styles asked for, beside those a vibe is near


@dataclass(frozen=True)
class TrackUse:
    """What one use of a track puts into a condition; as in `Condition`."""

    controls: Controls
    styles: Mapping[str, float]
    chords: tuple[tuple[int, int, int | None, str], ...] = ()
    melody: tuple[GridNote, ...] = ()
    sections: tuple[Section, ...] = ()
    melody_kept: float = 1.0
    chords_kept: float = 1.0
    as_busy: bool = False


def beats_from_one(reference: Reference) -> np.ndarray:
    """(T,) seconds of the beats from the first downbeat on."""
    start = reference.downbeats_s[0] if len(reference.downbeats_s) else 0.0
    return np.asarray([beat for beat in reference.beats_s if beat >= start - 0.05])


def seconds_at(reference: Reference, beats: np.ndarray) -> np.ndarray:
    """Seconds in the track of places counted in beats from its first downbeat; before and after its beats they go on
    at its tempo."""
    grid, beat_s = beats_from_one(reference), 60 / reference.tempo_bpm
    beats = np.asarray(beats, float)
    inside = np.interp(beats, np.arange(len(grid)), grid)
    return inside + beat_s * (np.minimum(beats, 0) + np.maximum(beats - (len(grid) - 1), 0))


def whole_bars(reference: Reference) -> int:
    """Bars whose beats were all heard."""
    return len(beats_from_one(reference)) // v.BEATS_PER_BAR[reference.meter]


def bar_lines_s(reference: Reference, n_bars: int) -> np.ndarray:
    """(n_bars + 1,) seconds in the track at which bars begin, the end of the last one included."""
    return seconds_at(reference, np.arange(n_bars + 1) * v.BEATS_PER_BAR[reference.meter])


def track_times(condition: Condition, performance: Performance) -> tuple[tuple[float, float], ...]:
    """(seconds of the take, seconds of the track) of each bar line of a restyling, so that both can be heard at the
    same bar; empty for anything else."""
    if condition.reference_mode != "restyle" or not condition.sections:
        return ()
    starts = performance.bar_starts_s
    lines = bar_lines_s(condition.reference, len(starts))[:-1]
    return tuple((float(take), float(track)) for take, track in zip(starts, lines, strict=True))


def last_bar_line(reference: Reference, duration_s: float) -> int:
    """The number of the last bar line at which a clip still sounds, or has just ended: there the music goes on."""
    lines = bar_lines_s(reference, whole_bars(reference) + 2)
    return int(np.flatnonzero(lines <= duration_s + EDGE_S)[-1])


def use_track(reference: Reference, request: Request, controls: Controls, styles: Mapping[str, float],
              conflicts: list[str], *, has_melody: bool) -> TrackUse:
    """What the asked use of a track adds to what was asked already.

    Args:
        controls: sliders and words, which the track gives way to.
        styles: those asked for; empty = none.
        has_melody: a hum is the melody, so the track's is not needed.
    """
    mode = request.reference_mode
    if mode != "vibe" and whole_bars(reference) < 1:
        raise InputError("Not one whole bar was heard in the track; correct its tempo, or use it for its vibe.")
    if mode != "vibe" and controls.meter not in (None, reference.meter):
        conflicts.append(f"The track is in {reference.meter}, so what is made from it stays in {reference.meter}.")
    tonic, key_mode = controls.tonic, controls.mode
    if mode in ("continue", "accompany") or tonic is None and key_mode is None:
        if (tonic, key_mode) not in ((None, None), (reference.tonic, reference.mode)):
            conflicts.append("What goes with the track stays in its key.")
        tonic, key_mode = reference.tonic, reference.mode
    tempo = controls.tempo_bpm or reference.tempo_bpm
    if mode in ("continue", "accompany"):
        if controls.tempo_bpm and abs(controls.tempo_bpm / reference.tempo_bpm - 1) > 0.01:
            conflicts.append("What goes with the track stays at its tempo.")
        tempo = reference.tempo_bpm
    filled = replace(controls, tempo_bpm=tempo, tonic=tonic, mode=key_mode or controls.mode,
                     meter=reference.meter if mode != "vibe" and not has_melody else controls.meter or reference.meter)
    shift = 0 if tonic is None else (tonic - MODE_OFFSETS[key_mode or reference.mode] - reference.tonic
                                     + MODE_OFFSETS[reference.mode] + 6) % 12 - 6
    uses = {"vibe": vibe, "restyle": restyling, "continue": continuation, "accompany": accompaniment}
    return uses[mode](reference, request, filled, styles, shift, conflicts)


def vibe(reference: Reference, request: Request, controls: Controls, styles: Mapping[str, float], shift: int,
         conflicts: list[str]) -> TrackUse:
    """Tempo, key, energy over time, swing, density, brightness, drums or none, nearest styles; not one note."""
    curve = controls.energy_curve
    if not curve and controls.energy is None and len(reference.energy) > 2:
        times = np.linspace(0, controls.duration_s or DEFAULT_DURATION_S, len(reference.energy))
        curve = tuple((float(t), float(e)) for t, e in zip(times, reference.energy, strict=True))
    filled = with_feel(replace(controls, energy_curve=curve), reference)
    density = controls.density
    if density is None and reference.melody and controls.complexity is None:
        size = v.BEATS_PER_BAR[reference.meter] * v.STEPS_PER_BEAT[reference.meter]
        bars = len({note.step // size for note in reference.melody})
        low, high = NOTES_A_BAR
        density = float(np.clip((len(reference.melody) / bars * 16 / size - low) / (high - low), 0, 1))
    near = dict(reference.styles)
    if styles and near:
        near = {name: ASKED_SHARE * styles.get(name, 0.0) + (1 - ASKED_SHARE) * near.get(name, 0.0)
                for name in {*styles, *near}}
    free = not controls.energy_curve and (controls.energy, controls.density, controls.complexity) == (None, None, None)
    return TrackUse(replace(filled, density=density), near or styles, as_busy=free)


def with_feel(controls: Controls, reference: Reference) -> Controls:
    """Brightness, swing, and drums and bass where the track has them and none where it has none."""
    asked = {*controls.wanted, *controls.unwanted, *(lane for lane, _ in controls.lane_instruments)}
    wanted, unwanted = list(controls.wanted), list(controls.unwanted)
    for lane in ("drums", "bass"):
        presence = getattr(reference, lane)
        if lane in asked or presence is None:
            continue
        if presence >= THERE:
            wanted.append(lane)
        elif presence < ABSENT:
            unwanted.append(lane)
    swing = controls.swing
    if swing is None and reference.confidences.get("swing", 0.0) >= SURE:
        swing = reference.swing
    return replace(controls, wanted=tuple(wanted), unwanted=tuple(unwanted), swing=swing,
                   brightness=reference.brightness if controls.brightness is None else controls.brightness)


def restyling(reference: Reference, request: Request, controls: Controls, styles: Mapping[str, float], shift: int,
              conflicts: list[str]) -> TrackUse:
    """Chords, form and melody on the track's own bars. Strength moves from its own style (0) through the asked one with
    every note kept (0.5) to nothing kept but tempo, key and form (1)."""
    strength = request.strength
    n_bars = bars_within(reference, controls, conflicts)
    own = float(np.clip(1 - 2 * strength, 0, 1))
    if not styles:
        mixed = dict(reference.styles)
    else:
        mixed = {name: (1 - own) * styles.get(name, 0.0) + own * reference.styles.get(name, 0.0)
                 for name in {*styles, *reference.styles}}
    kept = float(np.clip(2 - 2 * strength, 0, 1))
    controls = replace(with_feel(controls, reference) if own > 0.5 else controls,
                       energy_curve=controls.energy_curve or curve_on_bars(reference, 0, n_bars, controls.tempo_bpm))
    return TrackUse(controls, mixed, beat_chords(reference, shift, 0, n_bars) if kept else (),
                    melody_on_bars(reference, shift, 0, n_bars) if kept else (), form_on_bars(reference, n_bars),
                    melody_kept=kept, chords_kept=kept)


def continuation(reference: Reference, request: Request, controls: Controls, styles: Mapping[str, float], shift: int,
                 conflicts: list[str]) -> TrackUse:
    """The clip's last bars as known, then new ones over its chords gone round again.

    The first section is the known one; the engine cuts it off when the rest is written.
    """
    stop = last_bar_line(reference, request.reference.duration_s if request.reference else 1e9)
    known = min(CONTEXT_BARS, stop)
    if known < 1:
        raise InputError("The clip is shorter than one bar; give at least two bars to go on from.")
    bpb = v.BEATS_PER_BAR[reference.meter]
    bar_s = bpb * 60 / controls.tempo_bpm
    new = max(2, round((controls.duration_s or DEFAULT_DURATION_S / 2) / bar_s))
    energy = level_at(reference, stop - known, stop)
    last = reference.sections[-1].name if reference.sections else "verse"
    name = last if last not in ("intro", "outro") else "verse"
    sections = [Section(name, 0, known, energy)]
    while new > 0:
        bars = 8 if new >= 12 else new
        sections.append(Section(name, sections[-1].start_bar + sections[-1].bars, bars, energy))
        new -= bars
    total = sections[-1].start_bar + sections[-1].bars
    chords = beat_chords(reference, 0, stop - known, known)
    controls = replace(with_feel(controls, reference), duration_s=None)
    return TrackUse(controls, styles or reference.styles, gone_round(chords, known * bpb, total * bpb, bpb),
                    melody_on_bars(reference, 0, stop - known, known), tuple(sections))


def accompaniment(reference: Reference, request: Request, controls: Controls, styles: Mapping[str, float], shift: int,
                  conflicts: list[str]) -> TrackUse:
    """Every chord and the melody of the track as known; only the chosen parts will be heard beside it."""
    n_bars = bars_within(reference, controls, conflicts)
    curve = controls.energy_curve or curve_on_bars(reference, 0, n_bars, controls.tempo_bpm)
    wanted = tuple(dict.fromkeys((*controls.wanted, *accompanying_lanes(controls, reference))))
    controls = replace(controls, energy_curve=curve, duration_s=None, ending="ring", wanted=wanted,
                       swing=with_feel(controls, reference).swing)
    return TrackUse(controls, styles or reference.styles, beat_chords(reference, 0, 0, n_bars),
                    melody_on_bars(reference, 0, 0, n_bars), form_on_bars(reference, n_bars))


def accompanying_lanes(controls: Controls, reference: Reference) -> tuple[str, ...]:
    """The lanes that play along where only lanes were named, or nothing was: what the track seems to lack."""
    chosen = tuple(lane for lane, name in controls.lane_instruments if name != "none")
    chosen += tuple("drums" if name == "percussion" else name for name in controls.wanted
                    if name in (*LANES, "percussion"))
    if chosen or controls.wanted:
        return tuple(dict.fromkeys(chosen))
    lacking = tuple(lane for lane in ("drums", "bass") if (getattr(reference, lane) or 0.0) < THERE)
    return lacking or ("pad", "counter")


def bars_within(reference: Reference, controls: Controls, conflicts: list[str]) -> int:
    """Whole bars of the track that fit the asked length, or the longest that is taken without one."""
    n_bars = whole_bars(reference)
    bar_s = v.BEATS_PER_BAR[reference.meter] * 60 / controls.tempo_bpm
    most = max(1, int(min(controls.duration_s or LONGEST_WHOLE_S, DURATION_S[1]) / bar_s))
    if n_bars > most and controls.duration_s is None:
        conflicts.append(f"Only the first {most * bar_s:.0f} seconds of the track are used; set a length for more.")
    return min(n_bars, most)


def form_on_bars(reference: Reference, n_bars: int) -> tuple[Section, ...]:
    """The heard sections on whole bars from the first downbeat, returns marked."""
    lines = bar_lines_s(reference, n_bars)
    heard = reference.sections
    groups = reference.section_groups if len(reference.section_groups) == len(heard) else tuple(
        -1 - index for index in range(len(heard)))
    starts: dict[int, int] = {}  # bar → index of the heard section
    for index, section in enumerate(heard):
        bar = int(np.abs(lines[:-1] - section.start_s).argmin()) if section.start_s > lines[0] else 0
        if section.start_s < lines[-1]:
            starts[bar] = index
    starts = starts if 0 in starts else {0: 0, **starts}
    bars = sorted(starts)
    out: list[Section] = []
    first: dict[int, int] = {}
    for place, bar in enumerate(bars):
        index = starts[bar]
        length = (bars[place + 1] if place + 1 < len(bars) else n_bars) - bar
        name = heard[index].name if heard else "verse"
        group = groups[index] if heard else 0
        out.append(Section(name, bar, length, level_at(reference, bar, bar + length), first.get(group)))
        first.setdefault(group, place)
    return tuple(out)


def level_at(reference: Reference, first_bar: int, last_bar: int) -> int:
    """Energy 0–7 of a stretch of bars."""
    lines = bar_lines_s(reference, last_bar)
    seconds = np.arange(len(reference.energy)) + 0.5
    inside = (seconds >= lines[first_bar]) & (seconds < max(lines[last_bar], lines[first_bar] + 1.5))
    return int(np.clip(round(7 * float(reference.energy[inside].mean())), 0, 7)) if inside.any() else 4


def curve_on_bars(reference: Reference, first_bar: int, n_bars: int, tempo_bpm: float) -> tuple[
        tuple[float, float], ...]:
    """The track's energy as a curve over the take's own seconds, a point a bar."""
    lines = bar_lines_s(reference, first_bar + n_bars)[first_bar:]
    middles = (lines[1:] + lines[:-1]) / 2
    bar_s = v.BEATS_PER_BAR[reference.meter] * 60 / tempo_bpm
    if len(reference.energy) < 3 or n_bars < 2:
        return ()
    levels = np.interp(middles, np.arange(len(reference.energy)) + 0.5, reference.energy)
    return tuple((float((bar + 0.5) * bar_s), float(level)) for bar, level in enumerate(levels))


def melody_on_bars(reference: Reference, shift: int, first_bar: int, n_bars: int) -> tuple[GridNote, ...]:
    """The heard tune in some bars, steps counted from the first of them, transposed by `shift` semitones."""
    size = v.BEATS_PER_BAR[reference.meter] * v.STEPS_PER_BEAT[reference.meter]
    out = []
    for note in reference.melody:
        step = note.step - first_bar * size
        if 0 <= step < n_bars * size:
            out.append(GridNote(step, min(note.length, n_bars * size - step), note.midi + shift))
    return tuple(out)


def beat_chords(reference: Reference, shift: int, first_bar: int, n_bars: int) -> tuple[
        tuple[int, int, int | None, str], ...]:
    """Heard chords on the beats of some bars, counted from the first of them, transposed by `shift` semitones."""
    bpb = v.BEATS_PER_BAR[reference.meter]
    edges = seconds_at(reference, np.arange(n_bars * bpb + 1) + first_bar * bpb)
    line: list[tuple[int | None, str]] = []
    for middle in (edges[:-1] + edges[1:]) / 2:
        span = next((c for c in reference.chords if c.start_s <= middle < c.end_s), None)
        root = None if span is None or span.root is None else (span.root + shift) % 12
        line.append((root, span.quality if span is not None else "maj"))
    return spans_of(line)


def spans_of(line: list[tuple[int | None, str]]) -> tuple[tuple[int, int, int | None, str], ...]:
    """(start_beat, n_beats, root, quality) of a chord a beat, equal neighbours joined."""
    out: list[tuple[int, int, int | None, str]] = []
    for beat, chord in enumerate(line):
        if out and out[-1][2:] == chord:
            out[-1] = (out[-1][0], out[-1][1] + 1, *chord)
        else:
            out.append((beat, 1, *chord))
    return tuple(out)


def gone_round(chords: tuple[tuple[int, int, int | None, str], ...], known: int, total: int, bpb: int) -> tuple[
        tuple[int, int, int | None, str], ...]:
    """Chords over `known` beats, going on to `total` beats as they went: by the shortest of the periods after which
    they came round best, or all of them again.

    Args:
        bpb: beats a bar.
    """
    line = [(root, quality) for _, n, root, quality in chords for _ in range(n)]
    period, best = known, LOOPED
    for bars in PERIODS:
        size = bars * bpb
        if size < known:
            same = float(np.mean([a[0] == b[0] for a, b in zip(line, line[size:], strict=False)]))
            if same >= best:
                period, best = size, same
    for beat in range(known, total):
        line.append(line[beat - period])
    return spans_of(line)
