"""Real music → canvases: OpenEWLD lead sheets (melody, harmony) and Groove drum takes (drums).

Each canvas says which lanes it really has. Splits are by piece. Knows nothing of models.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import mido
import numpy as np

from modules.canvas import Canvas, write_notes
from modules.canvas import vocabulary as v
from modules.types import GridNote, Section

_KINDS = {
    "major": "maj", "minor": "min", "dominant": "7", "major-seventh": "maj7", "minor-seventh": "m7",
    "diminished": "dim", "diminished-seventh": "dim7", "half-diminished": "m7b5", "suspended-fourth": "sus4",
    "suspended-second": "sus2", "augmented": "aug", "augmented-seventh": "aug", "major-sixth": "6",
    "minor-sixth": "m6", "dominant-ninth": "9", "major-ninth": "maj9", "minor-ninth": "m9", "power": "5",
    "dominant-11th": "9", "dominant-13th": "9", "major-minor": "min", "minor-11th": "m9", "maj69": "6",
}
_STEP = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_METERS = {("4", "4"): "4/4", ("2", "2"): "4/4", ("3", "4"): "3/4", ("6", "8"): "6/8"}
# General MIDI percussion (and the Groove kit's extra keys) → piece
DRUM_PIECES = {
    35: "kick", 36: "kick", 38: "snare", 40: "snare", 37: "rim", 39: "clap", 42: "closed", 22: "closed", 44: "pedal",
    46: "open", 26: "open", 51: "ride", 59: "ride", 53: "bell", 49: "crash", 57: "crash", 55: "crash", 52: "crash",
    41: "tom_low", 43: "tom_low", 58: "tom_low", 45: "tom_mid", 47: "tom_mid", 48: "tom_high", 50: "tom_high",
    54: "tambourine", 56: "cowbell", 70: "shaker", 75: "clave", 64: "conga_low", 63: "conga_high", 62: "conga_high",
}
_GROOVE_STYLES = {
    "rock": ("classic_rock", "indie_rock", "hard_rock"), "funk": ("funk",), "jazz": ("swing_jazz", "cool_jazz"),
    "latin": ("latin_jazz", "salsa"), "hiphop": ("boom_bap",), "soul": ("soul", "rnb"), "punk": ("punk_rock",),
    "reggae": ("reggae",), "afrobeat": ("afrobeat",), "country": ("country",), "blues": ("shuffle_blues",),
    "gospel": ("gospel",), "pop": ("dance_pop", "folk_pop"),
}


@dataclass(frozen=True)
class Piece:
    """A real piece on a canvas. `lanes` holds the lanes it has ("harmony" among them)."""

    name: str
    canvas: Canvas
    lanes: frozenset[str]
    tempo_bpm: float | None
    styles: tuple[str, ...] = ()
    held_out: bool = False


def blank(meter: str, n_bars: int) -> Canvas:
    """A canvas of `n_bars` with a nominal plan: real corpora have none."""
    return Canvas.empty(meter, tuple(Section("verse", bar, min(8, n_bars - bar), 4) for bar in range(0, n_bars, 8)))


def read_lead_sheet(path: Path) -> Piece | None:
    """One OpenEWLD song; None when its metre or notes do not fit a canvas."""
    with zipfile.ZipFile(path) as archive:
        name = next(n for n in archive.namelist() if n.endswith((".xml", ".musicxml")) and "META" not in n)
        root = ElementTree.fromstring(archive.read(name))
    part = root.find("part")
    divisions, fifths, meter, tempo = 1, 0, None, None
    notes: list[GridNote] = []
    chords: list[tuple[Fraction, int, str]] = []
    start = Fraction(0)
    tied = False
    for measure in part.findall("measure"):
        at = start
        length = Fraction(0)
        for item in measure:
            if item.tag == "attributes":
                divisions = int(item.findtext("divisions") or divisions)
                fifths = int(item.findtext("key/fifths") or fifths)
                if item.find("time") is not None:
                    found = _METERS.get((item.findtext("time/beats"), item.findtext("time/beat-type")))
                    if found is None or meter not in (None, found):
                        return None
                    meter = found
            elif item.tag in ("direction", "sound"):
                sound = item if item.tag == "sound" else item.find("sound")
                if sound is not None and sound.get("tempo") and tempo is None:
                    tempo = float(sound.get("tempo"))
            elif item.tag == "harmony":
                step = item.findtext("root/root-step")
                kind = _KINDS.get((item.findtext("kind") or "").strip())
                if step and kind:
                    alter = int(float(item.findtext("root/root-alter") or 0))
                    chords.append((at, (_STEP[step] + alter) % 12, kind))
            elif item.tag == "note" and item.find("grace") is None:
                duration = Fraction(int(item.findtext("duration") or 0), divisions) * 4
                if item.find("chord") is not None:
                    continue
                pitch = item.find("pitch")
                if pitch is not None:
                    midi = (int(pitch.findtext("octave")) + 1) * 12 + _STEP[pitch.findtext("step")] + int(
                        float(pitch.findtext("alter") or 0))
                    begin, end = round(at), round(at + duration)
                    if tied and notes and notes[-1].midi == midi:
                        notes[-1] = GridNote(notes[-1].step, max(1, end - notes[-1].step), midi)
                    else:
                        notes.append(GridNote(begin, max(1, end - begin), midi))
                    tied = any(t.get("type") == "start" for t in item.findall("tie"))
                at += duration
                length = max(length, at - start)
            elif item.tag == "backup":
                at -= Fraction(int(item.findtext("duration")), divisions) * 4
            elif item.tag == "forward":
                at += Fraction(int(item.findtext("duration")), divisions) * 4
        if meter is None:
            return None
        size = v.STEPS_PER_BEAT[meter] * v.BEATS_PER_BAR[meter]
        if length > size:
            return None
        if start == 0 and 0 < length < size:  # a pick-up bar: push it to the end of a full bar
            push = size - length
            notes = [GridNote(int(n.step + push), n.length, n.midi) for n in notes]
            chords = [(a + push, r, q) for a, r, q in chords]
        start += size
    if meter is None or len(notes) < 16 or len(chords) < 4:
        return None
    size = v.STEPS_PER_BEAT[meter] * v.BEATS_PER_BAR[meter]
    n_bars = int(start) // size
    if n_bars < 8:
        return None
    canvas = blank(meter, n_bars)
    do = (fifths * 7) % 12
    centre = np.median([n.midi for n in notes])
    shift = 12 * round((v.do_midi(do) + 5 - centre) / 12)
    write_notes(canvas.steps, "melody", [GridNote(n.step, n.length, v.to_index("melody", n.midi + shift, do))
                                         for n in notes])
    spb = canvas.steps_per_beat
    chords.sort(key=lambda chord: chord[0])
    for index, (at, chord_root, quality) in enumerate(chords):
        first = int(at) // spb
        last = int(chords[index + 1][0]) // spb if index + 1 < len(chords) else canvas.n_beats
        canvas.harmony[first:last] = ((chord_root - do) % 12, v.QUALITY_NAMES.index(quality))
    canvas.active[:] = 0
    canvas.active[0] = 1
    return Piece(path.stem, canvas, frozenset({"melody", "harmony"}), tempo)


def read_lead_sheets(folder: Path) -> Iterator[Piece]:
    """All usable OpenEWLD songs; every tenth by name is held out."""
    for index, path in enumerate(sorted(folder.glob("**/*.mxl"))):
        piece = read_lead_sheet(path)
        if piece:
            yield Piece(piece.name, piece.canvas, piece.lanes, piece.tempo_bpm, (), index % 10 == 7)


def read_grooves(folder: Path) -> Iterator[Piece]:
    """Groove takes of 8 bars and more in 4/4, quantised to the grid; the dataset's own test split is held out."""
    with open(folder / "info.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["time_signature"] != "4-4" or row["beat_type"] != "beat":
            continue
        midi = mido.MidiFile(folder / row["midi_filename"])
        hits, tick = [], 0
        for message in mido.merge_tracks(midi.tracks):
            tick += message.time
            if message.type == "note_on" and message.velocity > 0:
                hits.append((tick / midi.ticks_per_beat * 4, message.note, message.velocity))
        n_bars = int(max((at for at, _, _ in hits), default=0) // 16) if hits else 0
        if n_bars < 8:
            continue
        canvas = blank("4/4", n_bars)
        for at, note, velocity in hits:
            step, piece = round(at), DRUM_PIECES.get(note)
            if piece is None or step >= canvas.n_steps:
                continue
            if piece == "snare" and velocity < 45:
                piece = "ghost"
            if piece == "closed" and velocity < 45:
                piece = "soft"
            put_piece(canvas.steps, piece, step)
        canvas.active[:] = 0
        canvas.active[-1] = 1
        style = _GROOVE_STYLES.get(row["style"].split("/")[0].lower(), ())
        yield Piece(row["id"], canvas, frozenset({"drums"}), float(row["bpm"]), style, row["split"] == "test")


def put_piece(steps: np.ndarray, piece: str, step: int) -> None:
    """Write one drum hit into the drum rows; of a group the first written stays, kick and snare join."""
    if piece in ("kick", "ghost", "snare", "rim", "clap"):
        row = steps[v.ROW_NAMES.index("drum_a")]
        kick, snare = v.DRUM_A[row[step]]
        row[step] = v.DRUM_A.index(("kick", snare) if piece == "kick" else (kick, snare if snare not in (
            None, "ghost") else piece))
        return
    for name, group in (("drum_b", v.DRUM_B), ("drum_c", v.DRUM_C)):
        row = steps[v.ROW_NAMES.index(name)]
        if piece in group and (row[step] == 0 or piece in ("crash", "open")):
            row[step] = group.index(piece)
