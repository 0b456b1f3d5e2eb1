"""Text underlay: which syllable is sung on which note of a given tune.

Owns phrases, divided notes, melismas and the repeats of a short tune. Refuses to know spelling and phonemes, and what
pitches mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from modules.conditions.line_rhythm import BREATH, STRENGTH, prominence
from modules.errors import InputError
from modules.types import GridNote, Lyrics, PlacedSyllable, Syllable

MAX_REPEATS = 64  # of a tune that is shorter than the words
# what it costs to draw a syllable on over a note as heavy as notes get, and more over one of the pitch before: chosen
# by where real songs begin their syllables (`benchmarks.real_words`)
ABSORBED, REPEATED = 1.0, 0.5


def fit_to_notes(lyrics: Lyrics, notes: Sequence[GridNote], *,
                 meter: str = "4/4") -> tuple[tuple[PlacedSyllable, ...], tuple[GridNote, ...]]:
    """Set the words to a tune, line by line to its phrases.

    Lines end where the tune rests or holds; syllables take notes in order, the stressed ones the strong and long notes;
    with too few notes the longest are divided, with too many a syllable is drawn out over several (melisma). A tune
    that is much shorter than the words is repeated from its first bar, as verses are.

    Args:
        lyrics: what `parse` returned.
        notes: the tune, one note at a time.
        meter: for the weight of beats and the length of a repeated tune.

    Returns:
        every syllable once, in order, and the tune with divided notes and repeats. Notes that are left over at the end
        have no syllable.

    Raises:
        InputError: no notes, or a tune too short to carry the words.
    """
    tune = _one_voice(notes)
    counts = [len(line) for line in lyrics.lines]
    if not tune:
        raise InputError("The tune has no notes; hum or give at least one note to set the words to.")
    per_bar = len(STRENGTH[meter])
    first_bar = max(tune[0].step, 0) // per_bar
    period = max(1, -(-(tune[-1].step + tune[-1].length - first_bar * per_bar) // per_bar)) * per_bar
    # a pick-up sounds in the last bar of the time before: leave it free
    period += per_bar if tune[0].step < 0 and tune[-1].step + tune[-1].length > period + tune[0].step else 0
    need = sum(counts) / len(tune)
    best: tuple[float, list[GridNote], list[tuple[int, int]]] | None = None
    fewest = max(1, math.ceil(need / 1.6))
    for times in range(fewest, MAX_REPEATS + 1):
        long_tune = [replace(note, step=note.step + k * period) for k in range(times) for note in tune]
        cost, bounds = _lines_to_notes(counts, long_tune, len(tune))
        cost += 0.3 * times
        if bounds and (best is None or cost < best[0]):
            best = (cost, long_tune, bounds)
        if best and times >= min(need / 0.8, fewest + 5):
            break
    if best is None:
        raise InputError(f"The tune has {len(tune)} notes, too few for {sum(counts)} syllables; "
                         "hum a longer tune or give fewer words.")
    _, long_tune, bounds = best
    placed: list[PlacedSyllable] = []
    sung: list[GridNote] = []
    for line, (start, stop) in zip(lyrics.lines, bounds, strict=True):
        line_placed, line_notes = _syllables_to_notes(line, long_tune[start:stop], meter)
        placed += line_placed
        sung += line_notes
    return tuple(placed), tuple(sung + long_tune[bounds[-1][1]:])


def _one_voice(notes: Sequence[GridNote]) -> list[GridNote]:
    """Notes in order, each ending where the next begins; of two on one step the longer stays."""
    longest = {note.step: note for note in sorted(notes, key=lambda note: note.length)}
    ordered = [longest[step] for step in sorted(longest)]
    return [replace(note, length=max(1, min(note.length, following.step - note.step)))
            for note, following in zip(ordered, ordered[1:], strict=False)] + ordered[-1:]


def _lines_to_notes(counts: list[int], notes: list[GridNote], n_tune: int) -> tuple[float, list[tuple[int, int]]]:
    """The cheapest split of the tune: its cost and (first note, note after the last) of each line; [] when none fits.

    Costs: notes unlike syllables in number (ln²), a line's end without a rest (1.4, at a held note 0.25), a rest (0.6),
    a held note (0.4) or the tune's end (1) inside a line, notes left over (0.15 each).
    """
    n = len(notes)
    rests = np.array([b.step - a.step - a.length for a, b in zip(notes, notes[1:], strict=False)] + [99])
    lengths = np.array([note.length for note in notes])
    room = np.concatenate([[0], np.cumsum(lengths)])
    easy = np.concatenate([[0], np.cumsum(np.maximum(lengths // 2, 1))])
    held = (lengths >= 4) & (lengths >= 1.75 * np.median(lengths))
    inside = np.select([rests >= 4, held], [0.6, 0.4], 0.0)
    inside[n_tune - 1::n_tune] = 1.0
    broken = np.concatenate([[0], np.cumsum(inside)])
    ending = np.select([rests >= 4, rests >= 2, held], [0.0, 0.2, 0.25], 1.4)
    ending[n_tune - 1::n_tune] = 0.0
    cost, back = np.full(n + 1, np.inf), []
    cost[0] = 0.0
    stops = np.arange(1, n + 1)[:, None]
    for count in counts:
        starts = stops - np.arange(1, 6 * count + 9)[None, :]  # (notes, lengths of the line in notes)
        early, starts = starts < 0, np.maximum(starts, 0)
        ratio = np.log((stops - starts) / count)
        total = (cost[starts] + np.where(ratio < 0, 1.2 * ratio ** 2, np.minimum(ratio ** 2, ratio)) + ending[stops - 1]
                 + broken[stops - 1] - broken[starts] + 2.0 * (easy[stops] - easy[starts] < count))
        total[early | (room[stops] - room[starts] < count)] = np.inf
        best = total.argmin(axis=1)
        cost = np.concatenate([[np.inf], total[np.arange(n), best]])
        back.append(np.concatenate([[0], starts[np.arange(n), best]]))
    cost = cost + 0.15 * (n - np.arange(n + 1))
    stop, bounds = int(cost.argmin()), []
    if not np.isfinite(cost[stop]):
        return math.inf, []
    for pointers in reversed(back):
        bounds.append((int(pointers[stop]), stop))
        stop = bounds[-1][0]
    return float(cost[bounds[0][1]]), bounds[::-1]


def _syllables_to_notes(line: Sequence[Syllable], notes: list[GridNote],
                        meter: str) -> tuple[list[PlacedSyllable], list[GridNote]]:
    """One line on its notes: each step of a dynamic programme is one syllable over 1–8 notes, or 2–… on one note."""
    n, m, wish = len(line), len(notes), prominence(line)
    strength = STRENGTH[meter]
    table: dict[tuple[int, int], tuple[float, int, int]] = {(0, 0): (0.0, 0, 0)}

    def weight(step: int, length: int) -> float:
        return 0.6 * strength[step % len(strength)] + 0.4 * min(length / 8, 1.0)

    def misfit(i: int, step: int, length: int) -> float:
        return 0.8 * abs(wish[i] - weight(step, length))

    def offer(state: tuple[int, int], cost: float, notes_used: int, words_used: int) -> None:
        if state not in table or cost < table[state][0]:
            table[state] = (cost, notes_used, words_used)

    for j in range(m):
        for i in range(n):
            if (j, i) not in table:
                continue
            cost = table[j, i][0]
            for q in range(1, m - j + 1):
                if q > 1 and notes[j + q - 1].step - notes[j + q - 2].step - notes[j + q - 2].length >= BREATH:
                    cost += 2.0  # a syllable drawn over a rest
                if q > 1:
                    cost += ABSORBED * weight(notes[j + q - 1].step, notes[j + q - 1].length)
                    cost += REPEATED * (notes[j + q - 1].midi == notes[j + q - 2].midi)
                # an even spread of melismas: one of three notes is dearer than two of two
                offer((j + q, i + 1), cost + 0.25 * abs(q - line[i].notes) ** 1.5
                      + misfit(i, notes[j].step, notes[j].length), q, 1)
            cost = table[j, i][0]
            for k in range(2, min(notes[j].length, n - i) + 1):
                pieces = _divide(notes[j], k)
                small = sum(math.log(4 / min(piece.length, 4)) ** 2 for piece in pieces)
                fits = sum(misfit(i + x, piece.step, piece.length) for x, piece in enumerate(pieces))
                offer((j + 1, i + k), cost + 0.4 * (k - 1) + small + fits, 1, k)
    placed, sung, state = [], [], (m, n)
    while state != (0, 0):
        _, notes_used, words_used = table[state]
        j, i = state[0] - notes_used, state[1] - words_used
        if words_used == 1:
            last = notes[state[0] - 1]
            placed.append([PlacedSyllable(line[i], notes[j].step, last.step + last.length - notes[j].step)])
            sung.append(notes[j:state[0]])
        else:
            pieces = _divide(notes[j], words_used)
            placed.append([PlacedSyllable(line[i + x], piece.step, piece.length) for x, piece in enumerate(pieces)])
            sung.append(pieces)
        state = (j, i)
    return [item for group in reversed(placed) for item in group], [note for group in reversed(sung) for note in group]


def _divide(note: GridNote, parts: int) -> list[GridNote]:
    """A note as `parts` notes of its pitch, halving the last of the longest each time (8 → 4 4 → 4 2 2)."""
    lengths = [note.length]
    while len(lengths) < parts:
        index = max(range(len(lengths)), key=lambda i: (lengths[i], i))
        half = -(-lengths[index] // 2)
        half += half % 2 if lengths[index] >= 4 and half + 1 < lengths[index] else 0
        lengths[index:index + 1] = [half, lengths[index] - half]
    steps = np.cumsum([note.step] + lengths[:-1])
    return [GridNote(int(step), length, note.midi) for step, length in zip(steps, lengths, strict=True)]
