"""Melodies: a rhythm motif, phrases that repeat, vary and answer it, and pitches by a shortest path.

The path (Viterbi with Gumbel noise, so a sample and not always the same best) weighs chord tones by metrical weight,
small intervals, the motif's own intervals where it returns, a contour, and cadences at phrase ends.
Pitches here are semitones above do near middle C.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from modules.canvas import vocabulary as v

SCALE = np.array([pc in (0, 2, 4, 5, 7, 9, 11) for pc in range(12)])
DEGREE = np.array([0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 5, 6])  # diatonic degree of a pitch class
# cost of an interval in semitones (0 … 12, then more): steps free, leaps dearer
INTERVAL = np.array([0.6, 0.12, 0.0, 0.3, 0.35, 0.75, 2.4, 1.0, 2.2, 2.0, 3.2, 4.0, 2.3])


@dataclass
class Note:
    step: int  # from the section's first step
    length: int
    weight: float  # metrical weight 0–1
    motif: int = -1  # index of the note in its motif, -1 = free
    first: bool = False  # first of a motif statement
    cadence: int = 0  # 1 open, 2 closed
    target: float = 0.0  # contour, semitones above do
    pitch: int = 0


def metric_weights(meter: str) -> np.ndarray:
    """Metrical weight 0–1 of each step of a bar."""
    if meter == "4/4":
        bar = [1, .08, .35, .08, .75, .08, .35, .08, .9, .08, .35, .08, .75, .08, .35, .08]
    elif meter == "3/4":
        bar = [1, .08, .35, .08, .7, .08, .35, .08, .7, .08, .35, .08]
    else:
        bar = [1, .06, .45, .06, .5, .06, .9, .06, .45, .06, .5, .06]
    return np.array(bar)


def draw_onsets(meter: str, density: float, syncopation: float, swung: bool, rng: np.random.Generator) -> np.ndarray:
    """Onset steps of one bar: about `density` of them, off the beat as `syncopation` 0–1 asks."""
    weight = metric_weights(meter)
    pull = np.where(weight >= 0.7, 1.0 - 0.45 * syncopation, np.where(weight >= 0.3, 0.25 + 0.75 * syncopation,
                                                                      0.0 if swung else 0.02 + 0.22 * syncopation))
    if density > 5 and not swung:
        pull = np.maximum(pull, np.where(weight < 0.3, 0.12, 0.3))
    count = int(np.clip(round(rng.normal(density, 0.6)), 1, np.count_nonzero(pull > 0)))
    steps = rng.choice(len(weight), size=count, replace=False, p=pull / pull.sum())
    return np.sort(steps)


def vary(onsets: np.ndarray, meter: str, rng: np.random.Generator) -> np.ndarray:
    """The same rhythm with one onset moved, added or left out."""
    steps = set(int(s) for s in onsets)
    size = len(metric_weights(meter))
    kind = rng.integers(3)
    if kind == 0 and len(steps) > 2:
        steps.discard(sorted(steps)[rng.integers(1, len(steps))])
    elif kind == 1:
        steps.add(int(rng.integers(size // 2) * 2))
    elif len(steps) > 1:
        moved = sorted(steps)[rng.integers(1, len(steps))]
        steps.discard(moved)
        steps.add(min(size - 2, moved + 2))
    return np.array(sorted(steps))


def phrase_rhythm(meter: str, bars: int, density: float, habits: dict, swung: bool,
                  rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """(step, motif index, statement) of one phrase: motif, its return, and a cadence bar that comes to rest."""
    size = len(metric_weights(meter))
    sync = habits["syncopation"]
    cell = draw_onsets(meter, density, sync, swung, rng)
    other = vary(cell, meter, rng) if rng.random() < 0.6 else draw_onsets(meter, density, sync, swung, rng)
    plan = {1: "C", 2: "AC", 4: rng.choice(["AAAC", "ABAC", "AABC", "ABAC"])}[bars]
    out: list[tuple[int, int, int]] = []
    for bar, letter in enumerate(plan):
        if letter == "C":
            limit = int(size * (1 - habits["space"] * (1.6 if bars < 4 else 2.2)))
            steps = [s for s in (cell if bars > 1 else other) if s < max(limit, size // 4)]
            steps = steps or [0]
            kept = steps[: max(1, int(np.ceil(len(steps) * rng.uniform(0.5, 0.9))))]
            out += [(bar * size + int(s), i, bar) for i, s in enumerate(kept)]
        else:
            steps = cell if letter == "A" else other
            out += [(bar * size + int(s), i if letter == "A" else 32 + i, bar) for i, s in enumerate(steps)]
    return out


def choose_pitches(notes: list[Note], chords: list[tuple[int, str]], steps_per_beat: int, *, low: int, high: int,
                   habits: dict, minor_tonic: int, scale: np.ndarray, rng: np.random.Generator) -> None:
    """Set `pitch` of each note in place by the cheapest noisy path. `scale` (12,): pitch classes above do."""
    if not notes:
        return
    pitches = np.arange(low, high + 1)
    classes = pitches % 12
    degrees = DEGREE[classes] + 7 * (pitches // 12)
    gap = np.abs(pitches[:, None] - pitches[None, :])
    move = np.where(gap <= 12, INTERVAL[np.minimum(gap, 12)], 5.0 + 0.5 * (gap - 12))
    move = move * (1.15 - 0.8 * habits["leap"]) + np.where(gap > 7, 0.8, 0)
    steps_between = degrees[:, None] - degrees[None, :]  # [now, before]
    pentatonic = habits["pentatonic"]
    costs, back = [], []
    total = None
    statement: dict[int, int] = {}  # motif index → note index of its first statement
    rough: list[int] = []  # greedy pitches so far, for the motif's intervals
    for index, note in enumerate(notes):
        root, quality = chords[min(note.step // steps_per_beat, len(chords) - 1)]
        tones = np.isin(classes, [] if root == v.NO_CHORD else [(root + t) % 12 for t in v.QUALITIES[quality]])
        in_scale = scale[classes]
        heavy = max(note.weight, 0.9 if note.length >= steps_per_beat * 2 else 0, 0.55 if note.length >= steps_per_beat
                    else 0)
        cost = np.where(tones, 0.0, 0.1 + 0.75 * heavy ** 1.5)
        cost = cost + np.where(in_scale | tones, 0.0, 4.5 - 12 * habits["chromatic"] * (heavy < 0.4))
        # a semitone above a chord tone grates when it lasts
        grates = np.isin((classes - 1) % 12, [(root + t) % 12 for t in v.QUALITIES[quality]]) & ~tones
        cost = cost + np.where(grates, 1.6 * heavy, 0.0)
        cost = cost + pentatonic * 0.9 * (np.isin(classes, (5, 11)) & in_scale) * (1 - 0.6 * tones)
        cost = cost + 0.035 * (pitches - note.target) ** 2 * (0.5 + 0.5 * heavy)
        edge = np.minimum(pitches - low, high - pitches)
        cost = cost + np.where(edge < 2, 0.5, 0.0)
        if note.cadence == 2:
            cost = cost + np.where(classes == minor_tonic, -1.2, np.where(tones, 0.0, 2.5))
        elif note.cadence == 1:
            cost = cost + np.where(classes == minor_tonic, 0.9, np.where(tones, -0.4, 2.0))
        cost = cost + rng.gumbel(0, 0.4, len(pitches))
        if total is None:
            total = cost
        else:
            step_cost = move.copy()
            origin = statement.get(note.motif, -1) if note.motif >= 0 and not note.first else -1
            if origin > 0 and origin < index:
                wanted = DEGREE[rough[origin] % 12] + 7 * (rough[origin] // 12) - (
                    DEGREE[rough[origin - 1] % 12] + 7 * (rough[origin - 1] // 12))
                step_cost = 0.55 * step_cost + 0.8 * np.minimum(np.abs(steps_between - wanted), 4)
            rest = note.step - notes[index - 1].step - notes[index - 1].length
            if rest >= steps_per_beat:
                step_cost = step_cost * 0.5
            reach = total[None, :] + step_cost
            back.append(reach.argmin(axis=1))
            total = cost + reach.min(axis=1)
        costs.append(total)
        rough.append(int(pitches[total.argmin()]))
        if note.motif >= 0 and note.motif not in statement:
            statement[note.motif] = index
    path = [int(total.argmin())]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    for note, position in zip(notes, reversed(path), strict=True):
        note.pitch = int(pitches[position])


def contour(kind: str, position: float, span: float) -> float:
    """Height of a contour at `position` 0–1 of a phrase, in semitones about its centre."""
    if kind == "arch":
        return span * (np.sin(np.pi * position) - 0.5)
    if kind == "fall":
        return span * (0.5 - position)
    if kind == "rise":
        return span * (position - 0.5)
    return span * 0.6 * np.sin(2 * np.pi * position)


def write_melody(meter: str, n_bars: int, chords: list[tuple[int, str]], habits: dict, *, energy: int, lift: float,
                 tonic_pc: int, scale: np.ndarray, swung: bool, closing: bool, rng: np.random.Generator) -> list[Note]:
    """A melody for one section.

    Args:
        chords: one (root above do, quality) a beat. habits: a card's `melody`.
        energy: 0–7. lift: semitones that this section lies above the style's register.
        tonic_pc: the mode's tonic above do. scale: (12,) pitch classes above do that it may use.
        closing: the last phrase ends on the tonic.

    Returns:
        Notes in time order, pitches in semitones above do near middle C.
    """
    size = len(metric_weights(meter))
    weights = metric_weights(meter)
    spb = v.STEPS_PER_BEAT[meter]
    phrase_bars = int(habits["phrase_bars"])
    density = habits["density"] * (size / 16) ** 0.5 * (0.86 + 0.05 * energy)
    phrases = []
    start = 0
    while start < n_bars:
        length = min(phrase_bars, n_bars - start)
        length = length if length in (1, 2, 4) else 2
        phrases.append((start, length))
        start += length
    shapes: dict[tuple[str, int], tuple[list, str]] = {}
    letters = {1: "a", 2: "aa", 3: "aab", 4: rng.choice(["aaba", "abab", "aabc", "abac"])}.get(
        len(phrases), "aabaacab" * 2)
    low = int(round(habits["register"] + lift - habits["range"] / 2))
    high = int(round(habits["register"] + lift + habits["range"] / 2))
    low, high = max(-12, low), min(24, high)
    centre = (low + high) / 2
    notes: list[Note] = []
    for index, (bar, length) in enumerate(phrases):
        key = (letters[index % len(letters)], length)
        if key not in shapes:
            shapes[key] = (phrase_rhythm(meter, length, density, habits, swung, rng),
                           str(rng.choice(["arch", "arch", "fall", "wave", "rise"])))
        rhythm, shape = shapes[key]
        last_phrase = index == len(phrases) - 1
        base = len(notes)
        seen_statement = set()
        for position, (step, motif, statement) in enumerate(rhythm):
            absolute = bar * size + step
            following = rhythm[position + 1][0] + bar * size if position + 1 < len(rhythm) else None
            if following is None:
                room = (bar + length) * size - absolute
                note_length = int(min(room * (1 - habits["space"]), spb * 3.5, room - 2))
                note_length = min(max(2, note_length), room)  # a breath before the next phrase
            else:
                note_length = following - absolute
                if note_length > spb * 2 and rng.random() < 0.5:
                    note_length = spb * 2
                elif note_length >= 2 and rng.random() < 0.1 + 0.3 * habits["space"]:
                    note_length = max(1, note_length - (1 if note_length < 4 else 2))
            final = following is None
            notes.append(Note(
                step=absolute, length=note_length, weight=float(weights[step % size]),
                motif=motif + 64 * ord(key[0]),
                first=statement not in seen_statement,
                cadence=(2 if index % 2 == 1 or (last_phrase and closing) else 1) if final else 0,
                target=centre + contour(shape, step / (length * size), (high - low) * 0.55),
            ))
            seen_statement.add(statement)
        # a pick-up into the next phrase when there is room
        if index + 1 < len(phrases) and rng.random() < 0.3 and len(notes) > base:
            end = (bar + length) * size
            room = end - notes[-1].step
            if room > spb + 4:
                notes[-1].length = min(notes[-1].length, room - spb - 2)
                for step in range(end - spb, end, 2):
                    if rng.random() < 0.75:
                        notes.append(Note(step=step, length=2, weight=float(weights[step % size]), target=centre))
    choose_pitches(notes, chords, spb, low=low, high=high, habits=habits, minor_tonic=tonic_pc, scale=scale, rng=rng)
    return notes
