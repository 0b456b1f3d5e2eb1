"""A small song written by hand: sixteen bars, I–V–vi–IV, groove, bass figure, comping, pad, melody."""

from __future__ import annotations

from dataclasses import replace

from modules.canvas import vocabulary as v
from modules.canvas.canvas import Canvas, write_notes
from modules.types import GridNote, PlacedSyllable, Section, Song, Syllable

CHORDS = ((0, "maj"), (7, "maj"), (9, "m7"), (5, "maj7"))
TUNE = ((0, 4, 16), (4, 2, 14), (6, 2, 12), (8, 8, 19), (18, 2, 14), (20, 4, 16), (24, 6, 11))  # step, length, index
GROOVES = {
    "4/4": {"kick": "x..x..x.x..x..x.", "snare": "....x.......x...", "closed": "x.x.x.x.x.x.x.x.",
            "ghost": ".......x.x......"},
    "3/4": {"kick": "x...........", "snare": "....x...x...", "closed": "x.x.x.x.x.x."},
    "6/8": {"kick": "x.....x.....", "snare": "......x.....", "closed": "x.x.x.x.x.x."},
}
INSTRUMENTS = {"melody": "flute", "counter": "violin", "bass": "finger_bass", "comp": "grand_piano",
               "comp2": "acoustic_guitar", "pad": "slow_strings", "drums": "standard_kit"}


def _figure(text: str, steps: int) -> list[int]:
    signs = {"F": "full", "H": "high", "L": "low", "D": "down", "U": "up", "M": "mute",
             **{str(k): f"arp{k}" for k in (1, 2, 3, 4)}}
    tokens = {sign: v.ROLES.index(role) for sign, role in signs.items()} | {"-": v.HOLD, ".": v.REST}
    return [tokens[text[i % len(text)]] for i in range(steps)]


def hand_canvas(meter: str = "4/4", energies: tuple[int, int] = (2, 6)) -> Canvas:
    """Verse and chorus of eight bars each."""
    sections = (Section("verse", 0, 8, energies[0]), Section("chorus", 8, 8, energies[1]))
    canvas = Canvas.empty(meter, sections)
    per_bar, steps = canvas.steps_per_bar, canvas.n_steps
    for bar in range(canvas.n_bars):
        root, quality = CHORDS[bar % 4]
        beats = slice(bar * canvas.beats_per_bar, (bar + 1) * canvas.beats_per_bar)
        canvas.harmony[beats] = (root, v.QUALITY_NAMES.index(quality))
    half = 2 * per_bar
    tune = [GridNote(start + at, min(length, steps - start - at), index) for start in range(0, steps, half)
            for at, length, index in TUNE if at < half]
    write_notes(canvas.steps, "melody", tune)
    write_notes(canvas.steps, "counter", [GridNote(start, half, 7) for start in range(steps // 2, steps, half)])
    bass = []
    for bar in range(canvas.n_bars):
        index = 19 + (CHORDS[bar % 4][0] + 5) % 12 - 5
        bass += [GridNote(bar * per_bar, per_bar // 2, index),
                 GridNote(bar * per_bar + per_bar // 2, per_bar // 2, index)]
    write_notes(canvas.steps, "bass", bass)
    rows = {name: canvas.steps[v.ROW_NAMES.index(name)] for name in v.ROW_NAMES}
    rows["comp"][:] = _figure("F---H---F---H---", steps)
    rows["comp2"][steps // 2:] = _figure("D---D-U-..U-D-U-", steps // 2)
    rows["pad"][:] = _figure("F" + "-" * (per_bar - 1), steps)
    groove = GROOVES[meter]
    for step in range(steps):
        at = step % per_bar
        snare = next((name for name in ("snare", "ghost") if groove.get(name, "." * 16)[at] == "x"), None)
        rows["drum_a"][step] = v.DRUM_A.index(("kick" if groove["kick"][at] == "x" else None, snare))
        rows["drum_b"][step] = v.DRUM_B.index("closed" if groove["closed"][at] == "x" else None)
    rows["drum_b"][steps // 2] = v.DRUM_B.index("crash")
    fill = steps // 2 - 4
    for i, piece in enumerate(("tom_high", "tom_high", "tom_mid", "tom_low")):
        rows["drum_c"][fill + i] = v.DRUM_C.index(piece)
    return canvas


def hand_song(*, meter: str = "4/4", energies: tuple[int, int] = (2, 6), **changes: object) -> Song:
    """The song in D minor's relative major (F), 100 BPM; `changes` are fields of `Song`."""
    canvas = hand_canvas(meter, energies)
    song = Song(canvas=canvas, tempo_bpm=100.0, tonic=5, mode="major", swing=0.5, swing_unit=16,
                sections=canvas.sections, styles={"indie_pop": 1.0}, instruments=INSTRUMENTS, seed=7)
    return replace(song, **changes)


def hand_syllables(song: Song) -> tuple[PlacedSyllable, ...]:
    """One syllable a note of the verse, except that the last of each tune takes two notes (a melisma)."""
    notes = [n for n in song.canvas.notes("melody") if n.step < song.canvas.n_steps // 2]
    out = []
    for i, note in enumerate(notes):
        if i % 7 == 6:
            continue
        length = note.length if i % 7 != 5 else notes[i + 1].step + notes[i + 1].length - note.step
        syllable = Syllable("la", ("L", "AA"), 1, "la", i, 0, last_in_line=i % 7 == 5)
        out.append(PlacedSyllable(syllable, note.step, length))
    return tuple(out)
