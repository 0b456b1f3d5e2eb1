"""Figures of a card laid over chords: drums, bass, comping, pads and counter-melodies, step by step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from modules.canvas import vocabulary as v
from modules.styles.cards import Card, level_of
from modules.training.teacher.melody import DEGREE, SCALE, Note

_ROLE = {"F": "full", "H": "high", "L": "low", "1": "arp1", "2": "arp2", "3": "arp3", "4": "arp4", "D": "down",
         "U": "up", "M": "mute"}
_B = {piece: index for index, piece in enumerate(v.DRUM_B)}
_C = {piece: index for index, piece in enumerate(v.DRUM_C)}
_LEVELS = ("low", "mid", "high")


def pick_level(figures: Mapping[str, tuple], energy: int) -> tuple:
    """The figures for an energy, or those of the nearest level that has any."""
    want = _LEVELS.index(level_of(energy))
    for level in sorted(range(3), key=lambda x: abs(x - want)):
        if figures.get(_LEVELS[level]):
            return figures[_LEVELS[level]]
    return ()


def fit_bar(line: str, bar_steps: int) -> str:
    """A figure written for another metre, cut or extended to whole bars of this one."""
    if len(line) % bar_steps == 0:
        return line
    bar = line[:16] if len(line) >= 16 else line
    return bar[:bar_steps] if len(bar) >= bar_steps else bar + "." * (bar_steps - len(bar))


def lay_drums(groove: Mapping[str, str], n_steps: int, bar_steps: int) -> np.ndarray:
    """int16 (3, n_steps): the drum rows of a groove, looped."""
    rows = np.zeros((3, n_steps), np.int16)
    for piece, line in groove.items():
        line = fit_bar(line, bar_steps)
        hits = np.array([char == "x" for char in line])
        on = np.tile(hits, -(-n_steps // len(hits)))[:n_steps]
        add_piece(rows, piece, on)
    return rows


def add_piece(rows: np.ndarray, piece: str, on: np.ndarray) -> None:
    """Add hits of one piece where `on`; a step holds one piece of each group, the last written wins."""
    if piece in ("kick", "ghost", "snare", "rim", "clap"):
        for step in np.flatnonzero(on):
            kick, snare = v.DRUM_A[rows[0, step]]
            pair = ("kick", snare) if piece == "kick" else (kick, piece)
            rows[0, step] = v.DRUM_A.index(pair)
    elif piece in _B:
        rows[1, on] = _B[piece]
    else:
        rows[2, on] = _C[piece]


def vary_drums(rows: np.ndarray, bar_steps: int, energy: int, rng: np.random.Generator) -> None:
    """Small human changes in place: an extra or missing kick, a ghost note, an open hat at a bar's end."""
    for bar in range(rows.shape[1] // bar_steps):
        if bar % 2 == 1 and rng.random() < 0.3:
            step = bar * bar_steps + int(rng.choice([bar_steps - 6, bar_steps - 2]))
            kick, snare = v.DRUM_A[rows[0, step]]
            if snare is None:
                rows[0, step] = v.DRUM_A.index((None if kick else "kick", None))
        if bar % 4 == 3 and energy >= 3 and rng.random() < 0.35 and rows[1].any():
            rows[1, bar * bar_steps + bar_steps - 2] = _B["open"]


def lay_bass(figure: str, chords: list[tuple[int, str]], spb: int, bar_steps: int, low: int,
             previous: int | None, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """One row of bass tokens and the last pitch. `low` is the lowest root in semitones from do at C2-ish (index 0)."""
    figure = fit_bar(figure, bar_steps)
    n_steps = len(chords) * spb
    row = np.zeros(n_steps, np.int16)
    top = v.BASS_PITCHES - 1
    last = previous if previous is not None else low + 4
    sounding = False
    for step in range(n_steps):
        sign = figure[step % len(figure)]
        beat = step // spb
        root, quality = chords[beat]
        changed = step % spb == 0 and (beat == 0 or chords[beat - 1][0] != root)
        if changed and sign in "-" or (changed and sign in "w357a6"):
            sign = "R"
        if sign == "-":
            row[step] = v.HOLD if sounding else v.REST
            continue
        if sign == ".":
            sounding = False
            continue
        base = root_near(root, low, last if sign == "R" else None)
        tones = v.QUALITIES[quality]
        if sign in "R8o":
            pitch = base + {"R": 0, "8": 12, "o": -12}[sign]
        elif sign == "3":
            pitch = base + (tones[1] if len(tones) > 2 else 7)
        elif sign == "5":
            fifth = next((t for t in tones if t in (6, 7, 8)), 7)
            pitch = base + (fifth if base + fifth <= low + 15 else fifth - 12)
        elif sign == "7":
            pitch = base + next((t for t in tones if t in (9, 10, 11)), 7)
        elif sign == "6":
            pitch = base + 9
        else:
            following = next((chords[b] for b in range(beat + 1, len(chords)) if chords[b][0] != root), (root, quality))
            aim = root_near(following[0], low, last)
            if sign == "a":
                pitch = aim + (1 if last > aim else -1 if rng.random() < 0.6 or not SCALE[(aim - 2) % 12] else -2)
            else:
                direction = 1 if aim > last or (aim == last and rng.random() < 0.5) else -1
                options = [last + direction * d for d in (1, 2, 3, 4, 5)]
                pitch = min(options, key=lambda p: (0 if (p - root) % 12 in tones else 0.5 if SCALE[p % 12] else 1.4)
                            + 0.25 * abs(abs(p - last) - 2) + rng.random() * 0.5)
        while pitch < 0:
            pitch += 12
        while pitch > top:
            pitch -= 12
        row[step] = v.ONSET + pitch
        last, sounding = pitch, True
    return row, last


def root_near(root: int, low: int, last: int | None) -> int:
    """Bass index of a root: the octave in [low, low + 12) or, near `last`, the closer neighbour octave."""
    base = low + (root + v.LOWEST["bass"] * -1 - low) % 12
    if last is None:
        return base
    options = [p for p in (base - 12, base, base + 12) if max(0, low - 3) <= p <= low + 14]
    return min(options or [base], key=lambda p: abs(p - last) + 0.3 * abs(p - low - 5))


def lay_roles(figure: str, chords: list[tuple[int, str]], spb: int, bar_steps: int) -> np.ndarray:
    """One row of role tokens; a chord that changes under a held role is struck again."""
    figure = fit_bar(figure, bar_steps)
    n_steps = len(chords) * spb
    row = np.zeros(n_steps, np.int16)
    sounding, last = False, "F"
    for step in range(n_steps):
        sign = figure[step % len(figure)]
        beat = step // spb
        changed = step % spb == 0 and beat > 0 and chords[beat - 1] != chords[beat]
        if sign == "-" and changed and sounding:
            sign = last if last in "FHD" else "F"
        if sign == "-":
            row[step] = v.HOLD if sounding else v.REST
        elif sign == ".":
            sounding = False
        else:
            row[step] = v.ROLES.index(_ROLE[sign])
            sounding, last = True, sign
    return row


def write_counter(kind: str, melody: list[Note], chords: list[tuple[int, str]], spb: int, bar_steps: int,
                  centre: int, scale: np.ndarray, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """(step, length, pitch above do) of a counter-melody. `scale` (12,): pitch classes above do that it may use."""
    n_steps = len(chords) * spb
    out: list[tuple[int, int, int]] = []

    def tone_near(step: int, pitch: float) -> int:
        root, quality = chords[min(step // spb, len(chords) - 1)]
        options = [p for p in range(-10, 22) if (p - root) % 12 in v.QUALITIES[quality]]
        return min(options, key=lambda p: abs(p - pitch))

    if kind == "thirds":
        for note in melody:
            under = [p for p in range(note.pitch - 9, note.pitch - 2) if scale[p % 12]]
            root, quality = chords[min(note.step // spb, len(chords) - 1)]
            if under:
                thirds = [p for p in under if (DEGREE[note.pitch % 12] - DEGREE[p % 12]) % 7 == 2]
                chordal = [p for p in under if (p - root) % 12 in v.QUALITIES[quality]]
                pool = chordal if note.weight > 0.6 and chordal else thirds or under
                out.append((note.step, note.length, max(-12, max(pool))))
    elif kind == "answer":
        ends = [(n.step + n.length, nxt.step) for n, nxt in zip(melody, melody[1:], strict=False)]
        ends.append((melody[-1].step + melody[-1].length, n_steps) if melody else (0, n_steps))
        for start, end in ends:
            start = -(-start // 2) * 2
            if end - start < spb + 2 or rng.random() < 0.15:
                continue
            pitch = tone_near(start, centre + rng.integers(-4, 5))
            direction = int(rng.choice([-1, 1]))
            step = start
            while step < end - 1 and step < start + bar_steps:
                length = int(rng.choice([2, 2, 4] if end - start > 6 else [2]))
                length = min(length, end - step)
                out.append((step, length, pitch))
                options = [p for p in range(pitch + direction, pitch + direction * 6, direction) if scale[p % 12]]
                pitch = options[0] if rng.random() < 0.7 else tone_near(step, pitch + 3 * direction)
                pitch = int(np.clip(pitch, -10, 22))
                step += length
    elif kind == "lines":
        pitch = centre
        span = max(spb * 2, bar_steps // int(rng.choice([1, 2])))
        for step in range(0, n_steps, span):
            pitch = tone_near(step, pitch + rng.choice([-2, -1, 0, 1, 2]) + 0.2 * (centre - pitch))
            out.append((step, span, pitch))
    elif kind == "riff":
        steps = np.sort(rng.choice(bar_steps // 2, size=int(rng.integers(3, 7)), replace=False)) * 2
        moves = rng.integers(-1, 2, len(steps)).cumsum()
        for bar in range(n_steps // bar_steps):
            for index, step in enumerate(steps):
                at = bar * bar_steps + int(step)
                until = int(steps[index + 1]) if index + 1 < len(steps) else bar_steps
                out.append((at, min(2, until - int(step)), tone_near(at, centre + 3 * moves[index])))
    return [(s, length, p) for s, length, p in out if 0 <= s < n_steps]


def in_phrases(main: str, turn: str, n_bars: int, bar_steps: int, every: int = 4) -> str:
    """A figure for `n_bars`: the main one, each `every`-th bar (and the last) taken from the turn."""
    main, turn = fit_bar(main, bar_steps), fit_bar(turn, bar_steps)
    bars = []
    for bar in range(n_bars):
        source = turn if bar % every == every - 1 or bar == n_bars - 1 else main
        at = bar * bar_steps % len(source)
        bars.append(source[at:at + bar_steps])
    return "".join(bars)


def lay_build(rows: np.ndarray, bar_steps: int, n_bars: int) -> None:
    """A build-up over the last `n_bars`, in place: snare strokes that double, the kick gone for the last half bar."""
    snare, n_steps = v.DRUM_A.index((None, "snare")), rows.shape[1]
    start = n_steps - n_bars * bar_steps
    for step in range(start, n_steps):
        done = (step - start) / (n_bars * bar_steps)
        gap = 4 if done < 0.5 else 2 if done < 0.75 else 1
        if step % gap == 0:
            kick = v.DRUM_A[rows[0, step]][0] if step < n_steps - bar_steps // 2 else None
            rows[0, step] = v.DRUM_A.index((kick, "snare")) if kick else snare
    rows[1, n_steps - bar_steps // 2:] = 0


class FigureBook:
    """The figures of one song: a main and a turn a lane and level, so that a groove holds; choruses may have their own.

    A lane that the card gives no figures has none.
    """

    def __init__(self, card: Card, rng: np.random.Generator) -> None:
        self.card, self.rng = card, rng
        self.chosen: dict[tuple, tuple] = {}

    def figures(self, lane: str, section: str, energy: int) -> tuple[str, str] | None:
        """(main, turn) for a section; None when the card has none."""
        pool = pick_level(getattr(self.card, lane), energy)
        if not pool:
            return None
        group = "peak" if section in ("chorus", "drop") else "rest"
        key = (lane, group, pool)
        if key not in self.chosen:
            other = (lane, "rest" if group == "peak" else "peak", pool)
            if other in self.chosen and self.rng.random() < 0.5:
                self.chosen[key] = self.chosen[other]
            else:
                main = pool[self.rng.integers(len(pool))]
                turn = pool[self.rng.integers(len(pool))] if self.rng.random() < 0.45 else main
                self.chosen[key] = (main, turn)
        return self.chosen[key]

    def groove(self, energy: int) -> Mapping[str, str] | None:
        """The drum groove for an energy."""
        pool = pick_level(self.card.grooves, energy)
        if not pool:
            return None
        key = ("drums", level_of(energy))
        if key not in self.chosen:
            self.chosen[key] = pool[self.rng.integers(len(pool))]
        return self.chosen[key]
