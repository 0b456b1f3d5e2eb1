"""What inputs fix on a canvas: a melody, words' rhythm, chords, a voice's range; and the sections they ask for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from modules.canvas import MUST_HOLD, MUST_ONSET, MUST_REST, Canvas, write_notes
from modules.canvas import vocabulary as v
from modules.conditions.prosody import place
from modules.conditions.underlay import fit_to_notes
from modules.types import LANES, Condition, GridNote, PlacedSyllable, Section


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


def lay_tempi(tempi: tuple[float, ...], canvas: Canvas) -> tuple[float, ...]:
    """A given tune's tempi, beat by beat over the usual one, wherever the tune is stated; () where it is steady."""
    if not tempi:
        return ()
    out = np.ones(canvas.n_beats)
    for section in canvas.sections:
        if section.name not in ("intro", "outro"):
            start = section.start_bar * canvas.beats_per_bar
            span = min(len(tempi), section.bars * canvas.beats_per_bar)
            out[start:start + span] = tempi[:span]
    return tuple(out.tolist())


def lay_track(condition: Condition, meter: str) -> tuple[
        tuple[Section, ...], list[GridNote], tuple[PlacedSyllable, ...]]:
    """A track's own form and, where it was heard, its tune bar for bar.

    Returns:
        sections, notes with absolute steps, and placed syllables when words were given too.
    """
    notes = sorted(condition.melody, key=lambda n: n.step)
    if condition.lyrics is None or not notes:
        return condition.sections, notes, ()
    placed, fitted = fit_to_notes(condition.lyrics, notes, meter=meter)
    end = sum(section.bars for section in condition.sections) * v.STEPS_PER_BEAT[meter] * v.BEATS_PER_BAR[meter]
    return (condition.sections, [note for note in fitted if note.step < end],
            tuple(syllable for syllable in placed if syllable.step < end))


def lay_lyrics(condition: Condition, meter: str, tempo: float, n_bars: int | None, seed: int) -> tuple[
        tuple[Section, ...], tuple[PlacedSyllable, ...]]:
    """Sections and placed syllables from the words, an intro before and an ending after; the words get their room."""
    plan = place(condition.lyrics, meter=meter, tempo_bpm=tempo, seed=seed)
    size = v.STEPS_PER_BEAT[meter] * v.BEATS_PER_BAR[meter]
    words = sum(bars for _, bars in plan.sections)
    intro = 2 if n_bars is None or n_bars >= words + 3 else 0
    if intro:
        plan = place(condition.lyrics, meter=meter, tempo_bpm=tempo, seed=seed, lead_in=True)
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
                 rng: np.random.Generator) -> np.ndarray | None:
    """Write a given melody (MIDI pitches) into the canvas as known cells.

    Faithfulness 1 fixes every note. Below, a growing share of notes loses its pitch, what carries the tune last; they
    are drawn near where they were, so that the line keeps its shape. Their rhythm stays down to 0.5; below, it goes
    too, the rests are open and the shape flattens. 0 fixes nothing. What returns in the tune is treated alike.

    Returns:
        (T, K) height that each step of an open note is drawn to, in pitch indices, NaN = free; None = no step is.
    """
    if faithfulness <= 0:
        return None
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
    whole = slice(bars[0] * per_bar, min(canvas.n_steps, -(-last_end // per_bar) * per_bar))
    canvas.known_steps[row, whole] = True
    canvas.active[lane, bars[0]:-(-last_end // per_bar)] = 1
    if faithfulness >= 1:
        return None
    return _open(canvas, placed, whole, faithfulness, rng)


def _open(canvas: Canvas, placed: list[GridNote], whole: slice, faithfulness: float,
          rng: np.random.Generator) -> np.ndarray:
    """Take back what a faithfulness below 1 leaves open, in place; returns heights as `write_melody`."""
    row = v.ROW_NAMES.index("melody")
    statements = max(1, sum(section.name not in ("intro", "outro") for section in canvas.sections))
    size = len(placed) // statements if len(placed) % statements == 0 else len(placed)  # notes of the tune once
    order = np.argsort(weights(placed[:size], canvas, rng), kind="stable")
    n_open = round((1 - faithfulness) * size)
    n_free = round(max(0.0, 1 - 2 * faithfulness) * n_open)  # the least of them lose their rhythm too
    if faithfulness < 0.5:  # rests are open
        canvas.known_steps[row, whole] &= canvas.steps[row, whole] != v.REST
    heights = np.full(canvas.n_steps, np.nan)
    middle = float(np.mean([note.midi for note in placed]))
    for rank, note in ((rank, note) for rank, index in enumerate(order[:n_open]) for note in placed[index::size]):
        span = slice(note.step, min(note.step + note.length, canvas.n_steps))
        canvas.known_steps[row, span] = False
        if rank >= n_free:
            canvas.rhythm[row, note.step:note.step + 1] = MUST_ONSET
            canvas.rhythm[row, note.step + 1:span.stop] = MUST_HOLD
        heights[span] = middle + (note.midi - middle) * min(1.0, 2 * faithfulness)
    return heights.reshape(canvas.n_beats, -1)


def weights(notes: list[GridNote], canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """How much each note carries the tune: strong in the bar, long, a turning point or the edge of a phrase; a little
    chance, the same for what returns."""
    usual = float(np.median([note.length for note in notes]))
    chance: dict[tuple[int, ...], float] = {}
    out = []
    for k, note in enumerate(notes):
        before, after = notes[k - 1] if k else None, notes[k + 1] if k + 1 < len(notes) else None
        place = note.step % canvas.steps_per_bar
        strong = 1.0 if place == 0 else 0.6 if place % canvas.steps_per_beat == 0 else 0.15
        edge = (before is None or before.step + before.length < note.step) + (
            after is None or note.step + note.length < after.step)
        turns = before is not None and after is not None and (note.midi - before.midi) * (after.midi - note.midi) < 0
        alike = (note.midi, note.length, place, before.midi if before else -1)
        luck = chance.setdefault(alike, float(rng.random()))
        out.append(strong + 0.3 * (note.length > usual) + 0.3 * edge + 0.9 * turns + 0.25 * luck)
    return np.array(out)


def write_rhythm(canvas: Canvas, syllables: tuple[PlacedSyllable, ...]) -> None:
    """The melody lane starts a note where a syllable starts, holds it, and rests elsewhere; a syllable that the person
    drew over several notes starts as many, the first the longest."""
    row, lane = v.ROW_NAMES.index("melody"), LANES.index("melody")
    canvas.rhythm[row] = MUST_REST
    for syllable in syllables:
        canvas.rhythm[row, syllable.step] = MUST_ONSET
        canvas.rhythm[row, syllable.step + 1:syllable.step + syllable.length] = MUST_HOLD
        notes = min(syllable.syllable.notes, syllable.length)
        for number in range(1, notes):
            canvas.rhythm[row, syllable.step + -(-syllable.length * number // notes)] = MUST_ONSET
    per_bar = canvas.steps_per_bar
    sung = {s.step // per_bar for s in syllables} | {(s.step + s.length - 1) // per_bar for s in syllables}
    canvas.active[lane] = 0
    canvas.active[lane, [bar for bar in sung if bar < canvas.n_bars]] = 1


def vocal_indices(limits: tuple[int, int], do_pc: int) -> tuple[int, int]:
    """A voice's comfortable MIDI range as melody pitch indices, moved by octaves into the lane's range."""
    low, high = (midi - v.do_midi(do_pc) - v.LOWEST["melody"] for midi in limits)
    octaves = round((v.MELODY_PITCHES / 2 - (low + high) / 2) / 12)
    return max(0, low + 12 * octaves), min(v.MELODY_PITCHES - 1, high + 12 * octaves)


def write_chords(canvas: Canvas, chords: tuple[tuple[int, int, int | None, str], ...], do_pc: int, *,
                 kept: float = 1.0, rng: np.random.Generator | None = None) -> None:
    """Write given chords as known harmony, gone round again until the canvas is full.

    Args:
        kept: share of bars whose chords stay known; those given up are of chance, the more the fewer are kept.
        rng: draws them, where `kept` is below 1.
    """
    span = max(start + beats for start, beats, _, _ in chords)
    for start, beats, root, quality in chords:
        for beat in range(start, start + beats):
            for at in range(beat, canvas.n_beats, span):
                canvas.harmony[at, 0] = v.NO_CHORD if root is None else (root - do_pc) % 12
                canvas.harmony[at, 1] = v.QUALITY_NAMES.index(quality)
    canvas.known_harmony[:] = True
    if kept < 1:
        order = rng.permutation(canvas.n_bars)[round(kept * canvas.n_bars):]
        canvas.known_harmony.reshape(canvas.n_bars, -1)[order] = False
