"""Real music → canvases: OpenEWLD, OpenScore Lieder, Open Hymnal, Groove drum takes, Freedoom's pieces.

Each canvas says which lanes it really has. Splits are by piece. Knows nothing of models.
"""

from __future__ import annotations

import csv
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from zlib import crc32

import mido
import numpy as np

from modules.canvas import Canvas
from modules.canvas import vocabulary as v
from modules.training import scores
from modules.training.musicxml import read_parts
from modules.training.scores import blank
from modules.types import LANES, GridNote

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
HELD_OUT = 10  # one piece in so many, by a hash of its name


@dataclass(frozen=True)
class Piece:
    """A real piece on a canvas. `lanes` holds the lanes it has ("harmony" among them)."""

    name: str
    canvas: Canvas
    lanes: frozenset[str]
    tempo_bpm: float | None
    styles: tuple[str, ...] = ()
    held_out: bool = False


def held_out(name: str) -> bool:
    """Whether a piece is kept from training."""
    return crc32(name.encode()) % HELD_OUT == 7


def set_active(canvas: Canvas, lanes: frozenset[str]) -> None:
    """Mark the given lanes as playing, all others as at rest."""
    canvas.active[:] = [[lane in lanes] * canvas.n_bars for lane in LANES]


def beat_tempo(quarters: float | None, meter: str) -> float | None:
    """Beats a minute from quarters a minute."""
    return None if quarters is None else quarters * 2 / 3 if meter == "6/8" else quarters


def read_lead_sheets(folder: Path) -> Iterator[Piece]:
    """OpenEWLD songs: melody and chord symbols. Every tenth file by name is held out."""
    for index, path in enumerate(sorted(folder.glob("**/*.mxl"))):
        parts, tempo = read_parts(path)
        for number, found in enumerate(scores.passages(parts[:1])):
            melody = scores.top_line(next(iter(found.parts.values())))
            if len(melody) < 16 or len(found.symbols) < 4:
                continue
            canvas = blank(found.meter, found.n_bars)
            scores.lay_line(canvas, "melody", melody, found.do, 5)
            scores.lay_symbols(canvas, found.symbols, found.do)
            lanes = frozenset({"melody", "harmony"})
            set_active(canvas, lanes)
            yield Piece(f"{path.stem}#{number}", canvas, lanes, beat_tempo(tempo, found.meter),
                        held_out=index % HELD_OUT == 7)


def read_lieder(folder: Path) -> Iterator[Piece]:
    """OpenScore Lieder: the sung line, the piano's lowest voice, and chords by analysis."""
    for path in sorted(folder.glob("**/*.mxl")):
        parts, tempo = read_parts(path)
        if len(parts) < 2:
            continue
        for number, found in enumerate(scores.passages(parts)):
            lines = list(found.parts.values())
            sung, piano = lines[0], [n for line in lines[1:] for n in line]
            alone, covered = scores.note_statistics(sung, found.n_bars * v.STEPS_PER_BEAT[found.meter]
                                                    * v.BEATS_PER_BAR[found.meter])
            if len(sung) < 16 or alone < 0.95 or covered < 0.35 or len(piano) < 32:
                continue
            canvas = blank(found.meter, found.n_bars)
            bass = scores.bass_line(piano, canvas.steps_per_beat * (2 if canvas.beats_per_bar == 4 else 1))
            bass = [n for n in bass if n.midi < 60]
            if len(bass) < found.n_bars // 2:
                continue
            scores.lay_line(canvas, "melody", scores.top_line(sung), found.do, 5)
            scores.lay_line(canvas, "bass", bass, found.do, -17)
            scores.lay_analysis(canvas, sung + piano, bass, found.do)
            lanes = frozenset({"melody", "bass", "harmony"})
            set_active(canvas, lanes)
            yield Piece(f"{path.stem}#{number}", canvas, lanes, beat_tempo(tempo, found.meter),
                        held_out=held_out(path.stem))


def read_hymns(path: Path) -> Iterator[Piece]:
    """Open Hymnal: soprano, alto as counter-melody, bass, chords by analysis. Needs `abc2midi` (Debian: abcmidi)."""
    text = path.read_text(encoding="utf-8", errors="replace")
    for tune in re.split(r"\n(?=X:)", text)[1:]:
        mark = re.search(r"^C:\s*copyright:?(.*)$", tune, re.MULTILINE | re.IGNORECASE)
        if mark is None or "public domain" not in mark[1].lower():
            continue
        name = re.search(r"^T:\s*(.*)$", tune, re.MULTILINE)[1].strip()
        piece = read_hymn(tune, name)
        if piece:
            yield piece


def read_hymn(tune: str, name: str) -> Piece | None:
    """One tune; None when it has other voices or metres than a canvas."""
    found = re.search(r"^M:\s*(\S+)", tune, re.MULTILINE)
    signature = {"C": "4/4", "C|": "2/2"}.get(found[1], found[1]) if found else ""
    meter = None
    if re.fullmatch(r"\d+/\d+", signature):
        meter = scores.METERS.get(tuple(int(x) for x in signature.split("/")))
    voices = list(dict.fromkeys(re.findall(r"^\[?V:\s*(S\dV\d)", tune, re.MULTILINE)))
    if meter is None or len(voices) < 4 or len(re.findall(r"\[?[MK]:", tune)) > 2:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "tune.abc", Path(folder) / "tune.mid"
        source.write_text(tune, encoding="utf-8")
        subprocess.run(["abc2midi", str(source), "-o", str(target), "-quiet", "-silent"], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not target.exists():
            return None
        midi = mido.MidiFile(str(target))
    tracks = [notes for notes in (track_notes(track, midi.ticks_per_beat) for track in midi.tracks) if notes]
    keys = [m.key for track in midi.tracks for m in track if m.type == "key_signature"]
    if len(tracks) != len(voices) or not keys or len(tracks) < 4:
        return None
    size = v.STEPS_PER_BEAT[meter] * v.BEATS_PER_BAR[meter]
    push = -first_bar_steps(tune, voices[0]) % size
    lines = [[GridNote(n.step + push, n.length, n.midi) for n in notes] for notes in tracks]
    n_bars = max(n.step + n.length for n in lines[0]) // size
    if n_bars < scores.MIN_BARS:
        return None
    fifths = mido_fifths(keys[0])
    do = (fifths * 7) % 12
    lines = [[n for n in line if n.step < n_bars * size] for line in lines]
    canvas = blank(meter, n_bars)
    scores.lay_line(canvas, "melody", scores.top_line(lines[0]), do, 5)
    scores.lay_line(canvas, "counter", scores.top_line(lines[1]), do, 0)
    scores.lay_line(canvas, "bass", scores.bass_line(lines[-1], 4), do, -17)
    scores.lay_analysis(canvas, [n for line in lines for n in line], lines[-1], do)
    lanes = frozenset({"melody", "counter", "bass", "harmony"})
    set_active(canvas, lanes)
    tempi = [m.tempo for track in midi.tracks for m in track if m.type == "set_tempo"]
    tempo = beat_tempo(mido.tempo2bpm(tempi[0]), meter) if tempi else None
    return Piece(name, canvas, lanes, tempo, ("hymn",), held_out(name))


def mido_fifths(key: str) -> int:
    """Sharps of a key name as mido writes it ("F#m", "Bb")."""
    minor = key.endswith("m")
    name = key.rstrip("m")
    fifths = "FCGDAEB".index(name[0]) - 1 + 7 * (name.count("#") - name.count("b"))
    return fifths - 3 if minor else fifths


def first_bar_steps(tune: str, voice: str) -> int:
    """Length in sixteenths of what stands before the first bar line of a voice (a whole bar, or a pick-up)."""
    unit = re.search(r"^L:\s*(\d+)/(\d+)", tune, re.MULTILINE)
    base = Fraction(int(unit[1]), int(unit[2])) * 16 if unit else Fraction(2)
    line = re.search(rf"^\[V:\s*{voice}\]([^|\n]*)\|", tune, re.MULTILINE)
    if not line:
        return 0
    body = re.sub(r'\[[A-Za-z]:[^\]]*\]|![^!]*!|\+[^+]*\+|"[^"]*"|\{[^}]*\}', "", line[1])
    body = re.sub(r"\[([^\]\s])[^\]]*\]", r"\1", body)
    total = Fraction(0)
    for over, under in re.findall(r"[_^=]*[A-Ga-gzx][,']*(\d*)(/\d*)?", body):
        total += Fraction(int(over or 1), int(under[1:] or 2) if under else 1)
    return int(total * base)


def track_notes(track: mido.MidiTrack, ticks_per_quarter: int, channel: int | None = None) -> list[GridNote]:
    """Notes of a track on the sixteenth grid, drums (channel 10) left out unless asked for."""
    sounding: dict[int, float] = {}
    out, tick = [], 0
    for message in track:
        tick += message.time
        if message.type not in ("note_on", "note_off") or (message.channel == 9) != (channel == 9):
            continue
        at = tick / ticks_per_quarter * 4
        if message.type == "note_on" and message.velocity > 0:
            sounding[message.note] = at
        elif message.note in sounding:
            start = sounding.pop(message.note)
            out.append(GridNote(round(start), max(1, round(at) - round(start)), message.note))
    return sorted(out, key=lambda n: (n.step, n.midi))


def best_do(notes: list[GridNote]) -> int:
    """The major scale's tonic that holds most of the sounding time."""
    weight = np.zeros(12)
    for n in notes:
        weight[n.midi % 12] += n.length
    scale = [0, 2, 4, 5, 7, 9, 11]
    # of two scales one note apart prefer that with a heavier tonic triad, major or relative minor
    def fit(do: int) -> float:
        inside = weight[[(do + s) % 12 for s in scale]].sum()
        return inside + 0.1 * max(weight[[(do + s) % 12 for s in (0, 4, 7)]].sum(),
                                  weight[[(do + s) % 12 for s in (9, 0, 4)]].sum())

    return max(range(12), key=fit)


def read_freedoom(folder: Path) -> Iterator[Piece]:
    """Freedoom's General MIDI pieces in 4/4: drums, bass, chords by analysis, and a lead line where one stands out."""
    for path in sorted(folder.glob("*.mid")):
        try:
            midi = mido.MidiFile(str(path), clip=True)
        except (OSError, EOFError, ValueError, KeyError):
            continue
        piece = read_band(midi, path.stem)
        if piece:
            yield piece


def read_band(midi: mido.MidiFile, name: str) -> Piece | None:
    """A General MIDI piece; None when it has another metre, no grid or no bass."""
    if midi.type == 2 or any(m.type == "time_signature" and (m.numerator, m.denominator) not in ((4, 4), (2, 2))
                             for track in midi.tracks for m in track):
        return None
    tempi = [m.tempo for track in midi.tracks for m in track if m.type == "set_tempo"]
    programs: dict[int, int] = {}
    by_channel: dict[int, list[GridNote]] = {}
    merged = mido.merge_tracks(midi.tracks)
    for message in merged:
        if message.type == "program_change":
            programs.setdefault(message.channel, message.program)
    for channel in {m.channel for m in merged if m.type == "note_on"}:
        own = mido.MidiTrack(mido.MetaMessage("text", text="", time=m.time) if getattr(m, "channel", channel) != channel
                             else m for m in merged)
        by_channel[channel] = track_notes(own, midi.ticks_per_beat, channel)
    pitched = {c: notes for c, notes in by_channel.items() if c != 9 and notes}
    bass = [n for c, notes in pitched.items() if 32 <= programs.get(c, 0) <= 39 for n in notes]
    everything = [n for notes in pitched.values() for n in notes]
    if not bass or len(everything) < 64:
        return None
    end = max(n.step + n.length for n in everything)
    n_bars = min(end // 16, 160)
    if n_bars < scores.MIN_BARS:
        return None
    bass, everything = ([n for n in notes if n.step < n_bars * 16] for notes in (bass, everything))
    do = best_do(everything)
    canvas = blank("4/4", n_bars)
    line = scores.bass_line(bass, 16)
    if len(line) < n_bars // 2:
        return None
    scores.lay_line(canvas, "bass", line, do, -17)
    scores.lay_analysis(canvas, everything, line, do)
    lanes = {"bass", "harmony"}
    if by_channel.get(9):
        lay_drums(canvas, [(n.step, n.midi, 100) for n in by_channel[9]])
        lanes.add("drums")
    lead = find_lead({c: notes for c, notes in pitched.items() if not 32 <= programs.get(c, 0) <= 39}, n_bars * 16)
    if lead:
        scores.lay_line(canvas, "melody", lead, do, 7)
        lanes.add("melody")
    set_active(canvas, frozenset(lanes))
    styles = ("metal", "hard_rock") if any(programs.get(c) in (29, 30) for c in pitched) else ("cinematic_tense",)
    return Piece(name, canvas, frozenset(lanes), mido.tempo2bpm(tempi[0]) if tempi else 120.0, styles, held_out(name))


def find_lead(parts: dict[int, list[GridNote]], n_steps: int) -> list[GridNote] | None:
    """The part that sings: one voice, above middle C, present for a third of the piece; None when none does."""
    best, score = None, 0.0
    for notes in parts.values():
        notes = [n for n in notes if n.step < n_steps]
        alone, covered = scores.note_statistics(notes, n_steps)
        if alone < 0.9 or covered < 0.35 or np.median([n.midi for n in notes]) < 60:
            continue
        variety = len({n.midi for n in notes})
        if variety >= 5 and covered * variety > score:
            best, score = scores.top_line(notes), covered * variety
    return best


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
                hits.append((round(tick / midi.ticks_per_beat * 4), message.note, message.velocity))
        n_bars = int(max((at for at, _, _ in hits), default=0) // 16) if hits else 0
        if n_bars < scores.MIN_BARS:
            continue
        canvas = blank("4/4", n_bars)
        lay_drums(canvas, hits)
        set_active(canvas, frozenset({"drums"}))
        style = _GROOVE_STYLES.get(row["style"].split("/")[0].lower(), ())
        yield Piece(row["id"], canvas, frozenset({"drums"}), float(row["bpm"]), style, row["split"] == "test")


def lay_drums(canvas: Canvas, hits: list[tuple[int, int, int]]) -> None:
    """Write (step, General MIDI key, velocity) hits into the drum rows; quiet snares and hats are ghosts."""
    for step, note, velocity in hits:
        piece = DRUM_PIECES.get(note)
        if piece is None or step >= canvas.n_steps:
            continue
        if piece == "snare" and velocity < 45:
            piece = "ghost"
        if piece == "closed" and velocity < 45:
            piece = "soft"
        put_piece(canvas.steps, piece, step)


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
