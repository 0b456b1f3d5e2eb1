"""The plan above the notes: form, section energies, which lanes play where, what returns. Drawn per take, then filled.

A plan is a canvas with sections, energies and lane activity set and everything an input knows written in as known
cells. Knows styles and conditions; knows nothing of the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from modules.canvas import MUST_HOLD, MUST_ONSET, MUST_REST, Canvas, write_notes
from modules.canvas import vocabulary as v
from modules.conditions.prosody import place
from modules.conditions.underlay import fit_to_notes
from modules.config import DEFAULT_DURATION_S
from modules.styles.cards import Card, cards
from modules.types import LANES, MODE_OFFSETS, Condition, GridNote, PlacedSyllable, Section

_DROP_ORDER = ("solo", "break", "prechorus", "bridge")  # what a short form does without, first to go first
_EASY_KEYS = {"major": (0, 2, 3, 5, 7, 9, 10), "minor": (0, 2, 4, 5, 7, 9, 11)}
RING_S = 1.6  # seconds kept after the last bar for what still rings


@dataclass(frozen=True)
class Plan:
    """What one take will be before a note is drawn.

    `copy_bars` (L + 1, N): for harmony (row 0) and each lane the bar that it returns to, -1 = new.
    `hum_bars` are the bars that the given melody fills; `lines_up` False where the melody is only a hint.
    """

    canvas: Canvas
    styles: Mapping[str, float]
    tempo_bpm: float
    tonic: int
    mode: str
    swing: float
    swing_unit: int
    copy_bars: np.ndarray
    ending: str
    syllables: tuple[PlacedSyllable, ...] = ()
    density: int | None = None  # bins of encoding.features, None = free
    harmonic_rhythm: int | None = None
    richness: int | None = None
    syncopation: int | None = None


def blend(styles: Mapping[str, float]) -> list[tuple[Card, float]]:
    """Cards with weights, heaviest first, weights summing to 1. Empty styles: a plain pop blend."""
    known = cards()
    chosen = {name: weight for name, weight in styles.items() if name in known and weight > 0.02}
    if not chosen:
        chosen = {name: 1.0 for name in ("indie_pop", "folk_pop", "pop_ballad") if name in known} or {
            next(iter(known)): 1.0}
    total = sum(chosen.values())
    return sorted(((known[name], weight / total) for name, weight in chosen.items()), key=lambda x: (-x[1], x[0].name))


def draw_plan(condition: Condition, seed: int, *, vocal_range: tuple[int, int] | None = None) -> Plan:
    """Draw a plan for one take.

    Args:
        condition: the fused inputs; what it fixes is kept, the rest is drawn from its styles.
        seed: every draw hangs off it.
        vocal_range: comfortable MIDI range of the voice that will sing the melody.
    """
    rng = np.random.default_rng([seed, 0x9A])
    mixed = blend(condition.styles)
    lead = mixed[0][0]
    controls = condition.controls
    meter = controls.meter or lead.meter
    tempo = controls.tempo_bpm or draw_tempo(mixed, rng)
    mode = controls.mode or draw_mode(mixed, rng)
    easy = _EASY_KEYS["minor" if mode in ("minor", "dorian", "phrygian") else "major"]
    tonic = controls.tonic if controls.tonic is not None else int(rng.choice(easy))
    bar_s = v.BEATS_PER_BAR[meter] * 60.0 / tempo
    asked = controls.duration_s
    length_s = asked or DEFAULT_DURATION_S
    n_bars = max(2, int((length_s - RING_S) / bar_s + 0.35))
    syllables: tuple[PlacedSyllable, ...] = ()
    melody: list[GridNote] = []
    if condition.lyrics is not None and not condition.melody:
        sections, syllables = lay_lyrics(condition, meter, tempo, n_bars if asked else None, lead, seed)
    elif condition.melody:
        sections, melody, syllables = lay_melody(condition, meter, n_bars, bool(asked))
    else:
        sections = choose_form(lead, n_bars, controls.form, rng)
    sections = shape_energy(sections, condition, bar_s, rng)
    canvas = Canvas.empty(meter, sections)
    canvas.energy[:] = bar_energies(canvas, condition, bar_s)
    set_lanes(canvas, condition, mixed, rng)
    do_pc = (tonic - MODE_OFFSETS[mode]) % 12
    if melody:
        write_melody(canvas, melody, do_pc, faithfulness=condition.faithfulness, rng=rng)
    if syllables and not melody:
        write_rhythm(canvas, syllables)
    if vocal_range is not None:
        canvas = replace(canvas, pitch_range=vocal_indices(vocal_range, do_pc))
    if condition.chords:
        write_chords(canvas, condition.chords, do_pc)
    swing = controls.swing if controls.swing is not None else lead.swing[0]
    return Plan(
        canvas=canvas, styles={card.name: weight for card, weight in mixed}, tempo_bpm=float(tempo), tonic=tonic,
        mode=mode, swing=float(swing), swing_unit=lead.swing[1] if lead.swing[0] > 0.52 else 8,
        copy_bars=returns(canvas, rng, free_melody=not melody), ending=controls.ending or lead.ending,
        syllables=syllables, **complexity_bins(controls.complexity))


def complexity_bins(complexity: float | None) -> dict[str, int | None]:
    """Feature bins that a complexity slider 0–1 stands for; all free when it is not set."""
    if complexity is None:
        return {}
    return {"density": 1 + round(complexity * 5), "harmonic_rhythm": 1 + round(complexity * 2.4),
            "richness": round(complexity * 3), "syncopation": round(complexity * 3)}


def draw_tempo(mixed: list[tuple[Card, float]], rng: np.random.Generator) -> float:
    """A whole-number tempo from the blend's range, near its typical one."""
    low, typical, high = (sum(weight * card.tempo[i] for card, weight in mixed) for i in range(3))
    return float(round(rng.triangular(low, typical, high) if high > low else typical))


def draw_mode(mixed: list[tuple[Card, float]], rng: np.random.Generator) -> str:
    """A mode by the blend's weights."""
    weights: dict[str, float] = {}
    for card, weight in mixed:
        for mode, share in card.modes.items():
            weights[mode] = weights.get(mode, 0.0) + weight * share
    names = sorted(weights)
    p = np.array([weights[name] for name in names])
    return names[rng.choice(len(names), p=p / p.sum())]


def choose_form(card: Card, n_bars: int, asked: tuple[str, ...], rng: np.random.Generator) -> tuple[Section, ...]:
    """Sections that fill exactly `n_bars`, from a form of the card or the asked one, shortened or gone round again."""
    form = [list(part) for part in card.forms[rng.integers(len(card.forms))]]
    if asked:
        typical = {name: (bars, energy) for name, bars, energy in form}
        level = {"intro": 2, "verse": 3, "prechorus": 4, "chorus": 6, "bridge": 4, "solo": 5, "break": 1, "drop": 7,
                 "outro": 2}
        form = [[name, typical.get(name, (8, 0))[0], typical.get(name, (0, level[name]))[1]] for name in asked]
    elif n_bars < 6:
        peak = max(form, key=lambda part: part[2])
        return (Section(peak[0], 0, n_bars, peak[2]),)
    else:
        for name in _DROP_ORDER:
            if shortest(form) > n_bars:
                form = [part for part in form if part[0] != name]
        while shortest(form) > n_bars and len(form) > 2:
            form.pop(repeated(form))
        core = [part for part in form if part[0] not in ("intro", "outro")]
        while sum(part[1] for part in form) < n_bars - 8:  # a long song goes round again before its end
            at = len(form) - (form[-1][0] == "outro")
            form[at:at] = [list(part) for part in core]
    return lay(form, n_bars)


def shortest(form: list[list]) -> int:
    """Bars of a form with every section at its shortest: verse and chorus 4, the rest 2."""
    return sum(4 if part[0] in ("verse", "chorus", "drop") else 2 for part in form)


def repeated(form: list[list]) -> int:
    """Index of the section that a form misses least: a repeated one, else an edge, else the last."""
    names = [part[0] for part in form]
    for index in range(len(names) - 1, -1, -1):
        if names[index] in names[:index] and names[index] not in ("chorus", "drop"):
            return index
    for index in range(len(names) - 1, -1, -1):
        if names[index] in names[:index]:
            return index
    for name in ("outro", "intro"):
        if name in names:
            return names.index(name)
    return len(names) - 1


def lay(form: list[list], n_bars: int) -> tuple[Section, ...]:
    """Give each section a length so that all together fill `n_bars`; same names keep the same length if possible."""
    bars = [part[1] for part in form]
    while sum(bars) > n_bars:
        floor = [4 if part[0] in ("verse", "chorus", "drop") else 2 for part in form]
        over = [index for index in range(len(bars)) if bars[index] > floor[index]]
        if not over:
            over = [index for index in range(len(bars)) if bars[index] > 1] or [0]
            bars[max(over, key=lambda i: (bars[i], i))] -= 1
            continue
        longest = max(bars[index] for index in over)
        for index in over:  # shorten all of one name together
            if bars[index] == longest and sum(bars) > n_bars:
                bars[index] = max(floor[index], bars[index] // 2 if bars[index] % 2 == 0 else bars[index] - 1)
    spare = n_bars - sum(bars)
    order = sorted(range(len(bars)), key=lambda i: (form[i][0] in ("intro", "outro", "break"),
                                                    form[i][0] not in ("chorus", "drop"), -i))
    for size in (4, 2):  # what is left goes to the peak first, a last odd bar to the end
        for index in order:
            if spare >= size:
                bars[index] += size
                spare -= size
    bars[-1] += spare
    sections, start = [], 0
    first: dict[str, int] = {}
    for index, (name, length) in enumerate(zip([part[0] for part in form], bars, strict=True)):
        if length <= 0:
            continue
        source = first.get(name) if name not in ("intro", "outro", "break") else None
        sections.append(Section(name, start, length, int(form[index][2]), source))
        first.setdefault(name, len(sections) - 1)
        start += length
    return tuple(sections)


def shape_energy(sections: tuple[Section, ...], condition: Condition, bar_s: float,
                 rng: np.random.Generator) -> tuple[Section, ...]:
    """Section energies moved to what was asked: a slider shifts the whole, a curve sets each section."""
    controls = condition.controls
    out = []
    mean = np.average([s.energy for s in sections], weights=[s.bars for s in sections])
    for section in sections:
        energy = float(section.energy)
        if controls.energy_curve:
            times = (np.arange(section.bars) + section.start_bar + 0.5) * bar_s
            energy = 7 * float(np.mean(np.interp(times, *zip(*controls.energy_curve, strict=True))))
        elif controls.energy is not None:
            energy = 0.5 * (energy - mean) + mean + 7.5 * (controls.energy - 0.5) + 0.5 * (3.8 - mean)
        out.append(replace(section, energy=int(np.clip(round(energy), 0, 7))))
    return tuple(out)


def bar_energies(canvas: Canvas, condition: Condition, bar_s: float) -> np.ndarray:
    """int8 (N,): the asked curve bar by bar, else each section's energy."""
    curve = condition.controls.energy_curve
    if not curve:
        return canvas.energy
    times = (np.arange(canvas.n_bars) + 0.5) * bar_s
    return np.clip(np.round(7 * np.interp(times, *zip(*curve, strict=True))), 0, 7).astype(np.int8)


def set_lanes(canvas: Canvas, condition: Condition, mixed: list[tuple[Card, float]], rng: np.random.Generator) -> None:
    """Which lanes play in which bars: by energy against the style's thresholds, then what was asked for or refused."""
    lead = mixed[0][0]
    thresholds = {lane: sum(weight * min(9, card.lanes[lane]) for card, weight in mixed) if lead.lanes[lane] < 9
                  else 9.0 for lane in LANES}
    controls = condition.controls
    wanted, unwanted = lanes_named(controls.wanted), lanes_named(controls.unwanted)
    sings = bool(condition.vocal or condition.melody)
    calm = bool(controls.energy_curve) or (controls.energy is not None and controls.energy < 0.35)
    for lane in ("counter", "comp2", "pad"):  # takes of one prompt differ in their arrangement
        if rng.random() < 0.12:
            thresholds[lane] += 2
    for section in canvas.sections:
        bars = slice(section.start_bar, section.start_bar + section.bars)
        for index, lane in enumerate(LANES):
            # a quiet verse still has its groove: only asked-for calm takes bass and drums away
            floor = 0 if calm or section.name in ("intro", "break", "outro") or lane not in ("bass", "drums") else 3
            on = np.maximum(canvas.energy[bars], floor) + 0.49 >= thresholds[lane]
            if lane == "melody":
                quiet = section.name == "intro" or (section.name in ("outro", "break") and rng.random() < 0.5)
                on = np.full(section.bars, not quiet if thresholds["melody"] < 9 else False)
                if section.name == "intro" and lead.lanes["melody"] == 0 and len(canvas.sections) > 1:
                    on[:] = rng.random() < 0.4
            elif lane == "counter" and section.name in ("intro", "outro", "break"):
                on = on & (rng.random() < 0.4)
            elif lane in wanted and len(canvas.sections) > 1:
                on = np.full(section.bars, section.energy >= 2 or section.name not in ("intro", "break"))
            elif lane in wanted:
                on = np.full(section.bars, True)
            canvas.active[index, bars] = on
    melody = LANES.index("melody")
    if sings or "melody" in wanted:
        for section in canvas.sections:
            bars = slice(section.start_bar, section.start_bar + section.bars)
            canvas.active[melody, bars] = section.name not in ("intro", "outro", "break") or len(canvas.sections) == 1
    for index, lane in enumerate(LANES):
        if lane in unwanted:
            canvas.active[index] = 0
    # a bar is never silent: the first lane that may play carries it
    for bar in np.flatnonzero((canvas.active > 0).sum(axis=0) == 0):
        for lane in ("comp", "pad", "comp2", "bass", "melody", "drums", "counter"):
            if lane not in unwanted:
                canvas.active[LANES.index(lane), bar] = 1
                break
    if len(canvas.sections) > 1 or canvas.n_bars > 1:  # a quiet intro still has harmony under it
        for bar in range(canvas.n_bars):
            if not canvas.active[[LANES.index(lane) for lane in ("comp", "comp2", "pad", "bass", "melody")], bar].any():
                lane = next((x for x in ("comp", "pad", "comp2") if x not in unwanted and lead.lanes[x] < 9), None)
                if lane:
                    canvas.active[LANES.index(lane), bar] = 1


def lanes_named(names: tuple[str, ...]) -> frozenset[str]:
    """The lanes among instrument, family and lane names ("drums" and "percussion" are one lane)."""
    return frozenset("drums" if name == "percussion" else name for name in names) & frozenset(LANES)


def lay_melody(condition: Condition, meter: str, n_bars: int, asked: bool) -> tuple[
        tuple[Section, ...], list[GridNote], tuple[PlacedSyllable, ...]]:
    """A given melody as sections: stated, then returned with more energy; pick-ups move into the bar before.

    Returns:
        sections, notes with absolute steps, and placed syllables when words were given too.
    """
    size = v.STEPS_PER_BEAT[meter] * v.BEATS_PER_BAR[meter]
    notes = sorted(condition.melody, key=lambda n: n.step)
    placed: tuple[PlacedSyllable, ...] = ()
    if condition.lyrics is not None:
        placed, fitted = fit_to_notes(condition.lyrics, notes, meter=meter)
        notes = list(fitted)
    pickup = notes[0].step < 0
    last = max(n.step + n.length for n in notes)
    unit = max(1, -(-last // size))
    unit += unit % 2 if unit > 1 else 0
    if asked:
        unit = min(unit, n_bars)
    lead_in = 2 if n_bars >= unit + 4 else 1 if pickup else 0
    statements = max(1, (n_bars - lead_in) // unit)
    spare = n_bars - lead_in - statements * unit
    if condition.lyrics is not None:
        statements = 1 if not asked else statements
    if not asked and condition.melody_source == "reference":
        statements, spare = 1, 0
    sections: list[Section] = []
    start = 0
    if lead_in:
        sections.append(Section("intro", 0, lead_in, 2))
        start = lead_in
    names = [("chorus", "verse")[(statements - 1 - index) % 2] for index in range(statements)]
    energies = {"verse": 3, "chorus": 6}
    out: list[GridNote] = []
    first_statement = len(sections)
    for index in range(statements):
        name = names[index]
        energy = energies[name] if statements > 1 else 5
        source = first_statement if index else None
        sections.append(Section(name, start, unit, energy, source))
        out += [replace(n, step=n.step + start * size) for n in notes]
        start += unit
    if spare > 0:
        sections.append(Section("outro", start, spare, 2))
    out = [n for n in out if n.step >= 0]
    starts = [section.start_bar * size for section in sections[first_statement:first_statement + statements]]
    placed = tuple(replace(p, step=p.step + start) for start in starts for p in placed if p.step + start >= 0)
    return tuple(sections), out, placed


def lay_lyrics(condition: Condition, meter: str, tempo: float, n_bars: int | None, card: Card, seed: int) -> tuple[
        tuple[Section, ...], tuple[PlacedSyllable, ...]]:
    """Sections from the words, with an intro before and an ending after; words never fall short of room."""
    plan = place(condition.lyrics, meter=meter, tempo_bpm=tempo, seed=seed)
    size = v.STEPS_PER_BEAT[meter] * v.BEATS_PER_BAR[meter]
    words = sum(bars for _, bars in plan.sections)
    intro = 2 if n_bars is None or n_bars >= words + 3 else 0
    level = {"verse": 3, "prechorus": 4, "chorus": 6, "bridge": 4}
    sections: list[Section] = [Section("intro", 0, intro, 2)] if intro else []
    start = intro
    offset = len(sections)
    for (name, bars), source in zip(plan.sections, plan.sources, strict=True):
        sections.append(Section(name, start, bars, level.get(name, 4), None if source is None else source + offset))
        start += bars
    ending = max(1, (n_bars or 0) - start) if n_bars else 2
    sections.append(Section("outro", start, min(ending, 8), 3))
    return tuple(sections), tuple(replace(s, step=s.step + intro * size) for s in plan.syllables)


def write_melody(canvas: Canvas, notes: list[GridNote], do_pc: int, *, faithfulness: float,
                 rng: np.random.Generator) -> None:
    """Write a given melody (MIDI pitches) into the canvas as known cells.

    Faithfulness 1 fixes every note; lower values leave a growing share of notes open, weak beats first (their rhythm
    stays fixed down to 0.5); 0 fixes nothing.
    """
    if faithfulness <= 0:
        return
    row = v.ROW_NAMES.index("melody")
    lane = LANES.index("melody")
    centre = np.median([n.midi for n in notes])
    shift = 12 * round((v.do_midi(do_pc) + 6 - centre) / 12)
    indices = [n.midi + shift - v.do_midi(do_pc) - v.LOWEST["melody"] for n in notes]
    size = v.MELODY_PITCHES
    while min(indices) < 0 and max(indices) + 12 < size:
        indices = [i + 12 for i in indices]
    while max(indices) >= size and min(indices) >= 12:
        indices = [i - 12 for i in indices]
    placed = [GridNote(n.step, n.length, int(np.clip(i, 0, size - 1))) for n, i in zip(notes, indices, strict=True)]
    write_notes(canvas.steps, "melody", placed)
    per_bar = canvas.steps_per_bar
    bars = sorted({n.step // per_bar for n in placed if n.step < canvas.n_steps})
    last_end = max(n.step + n.length for n in placed)
    canvas.known_steps[row, bars[0] * per_bar:min(canvas.n_steps, -(-last_end // per_bar) * per_bar)] = True
    canvas.active[lane, bars[0]:-(-last_end // per_bar)] = 1
    if faithfulness >= 1:
        return
    strength = [1.0 if n.step % per_bar == 0 else 0.7 if n.step % canvas.steps_per_beat == 0 else 0.2 for n in placed]
    order = np.argsort([s + 0.3 * rng.random() for s in strength])
    for index in order[: round((1 - faithfulness) * len(placed))]:
        note = placed[index]
        span = slice(note.step, min(note.step + note.length, canvas.n_steps))
        canvas.known_steps[row, span] = False
        if faithfulness >= 0.5:
            canvas.rhythm[row, note.step] = MUST_ONSET
            canvas.rhythm[row, note.step + 1:span.stop] = MUST_HOLD


def write_rhythm(canvas: Canvas, syllables: tuple[PlacedSyllable, ...]) -> None:
    """The melody lane starts a note where a syllable starts, holds it, and rests elsewhere."""
    row, lane = v.ROW_NAMES.index("melody"), LANES.index("melody")
    canvas.rhythm[row] = MUST_REST
    for syllable in syllables:
        canvas.rhythm[row, syllable.step] = MUST_ONSET
        canvas.rhythm[row, syllable.step + 1:syllable.step + syllable.length] = MUST_HOLD
    per_bar = canvas.steps_per_bar
    sung = {s.step // per_bar for s in syllables} | {(s.step + s.length - 1) // per_bar for s in syllables}
    canvas.active[lane] = 0
    canvas.active[lane, [bar for bar in sung if bar < canvas.n_bars]] = 1


def vocal_indices(limits: tuple[int, int], do_pc: int) -> tuple[int, int]:
    """A voice's comfortable MIDI range as melody pitch indices, moved by octaves into the lane's range."""
    low, high = (midi - v.do_midi(do_pc) - v.LOWEST["melody"] for midi in limits)
    octaves = round((v.MELODY_PITCHES / 2 - (low + high) / 2) / 12)
    return max(0, low + 12 * octaves), min(v.MELODY_PITCHES - 1, high + 12 * octaves)


def write_chords(canvas: Canvas, chords: tuple[tuple[int, int, int | None, str], ...], do_pc: int) -> None:
    """Write given chords as known harmony, gone round again until the canvas is full."""
    span = max(start + beats for start, beats, _, _ in chords)
    for start, beats, root, quality in chords:
        for beat in range(start, start + beats):
            for at in range(beat, canvas.n_beats, span):
                canvas.harmony[at, 0] = v.NO_CHORD if root is None else (root - do_pc) % 12
                canvas.harmony[at, 1] = v.QUALITY_NAMES.index(quality)
    canvas.known_harmony[:] = True


def returns(canvas: Canvas, rng: np.random.Generator, *, free_melody: bool) -> np.ndarray:
    """int (L + 1, N): the bar that harmony (row 0) and each lane copy, -1 = newly drawn.

    A returning section copies its first occurrence; its last bar opens again (another turn may be needed), and so do
    lanes whose company changes with the energy. Within an eight-bar section the melody's second half may begin as its
    first did, as songs do.
    """
    out = np.full((len(LANES) + 1, canvas.n_bars), -1)
    for index, section in enumerate(canvas.sections):
        final = index == len(canvas.sections) - 1
        if section.source is None:
            continue
        origin = canvas.sections[section.source]
        same_energy = abs(origin.energy - section.energy) <= 1
        for bar in range(min(section.bars, origin.bars)):
            at, source = section.start_bar + bar, origin.start_bar + bar
            turning = bar == section.bars - 1
            if not (turning and final):
                out[0, at] = source
            for lane_index, lane in enumerate(LANES):
                if canvas.active[lane_index, at] != canvas.active[lane_index, source]:
                    continue
                if turning and (final or lane == "drums" or rng.random() < 0.3):
                    continue
                if lane in ("drums", "comp", "comp2", "bass") and not same_energy:
                    continue
                if lane == "melody" and not free_melody:
                    continue
                out[1 + lane_index, at] = source
    return out
