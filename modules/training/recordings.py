"""Recordings with known truth: pieces of the corpora and of the teacher, played with several sound fonts, our own
synths and voices, mixed, dirtied and packed as people's files are. For teaching and for measuring the track's analysis.

Training draws from pieces that are not held out and never hears the font `UNHEARD`; measuring draws from held-out
pieces and teacher songs of other seeds. Everything hangs off (split, index).
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pedalboard
import soundfile

from modules.canvas import Canvas
from modules.canvas import vocabulary as v
from modules.config import SAMPLE_RATE
from modules.performance.palette import choose_instruments
from modules.performance.perform import perform
from modules.styles.cards import Card, cards
from modules.training.corpora import Piece
from modules.training.teacher import figures as fig
from modules.training.teacher import write_song
from modules.types import Audio, Controls, Part, Performance, Song, SungNote
from modules.vocoder.render import render
from modules.vocoder.voice import fit_octave, voices

OWN_SYNTHS = "own synths"
UNHEARD = "MuseScore_General_Lite.sf3"
PACKAGES = ("musescore-general-soundfont-small", "fluid-soundfont-gm", "timgm6mb-soundfont")  # Debian's, of FONTS
FONTS = {UNHEARD: Path("/usr/share/sounds/sf3") / UNHEARD,
         "FluidR3_GM.sf2": Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"),
         "TimGM6mb.sf2": Path("/usr/share/sounds/sf2/TimGM6mb.sf2")}
FONT_SHARES = {"train": {"FluidR3_GM.sf2": 0.45, "TimGM6mb.sf2": 0.4, OWN_SYNTHS: 0.15},
               "test": {UNHEARD: 0.4, "FluidR3_GM.sf2": 0.25, "TimGM6mb.sf2": 0.25, OWN_SYNTHS: 0.1}}
SOURCES = {"teacher": 0.42, "openewld": 0.26, "lieder": 0.22, "hymns": 0.06, "freedoom": 0.04}
SPLIT_SEEDS = {"train": 11, "test": 12}
LENGTHS_S = {"train": (20.0, 28.0), "test": (30.0, 45.0)}
SUNG, MODULATES, NOISY, PACKED = 0.25, 0.1, 0.4, 0.4  # shares of clips
RATES = (43_200, 43_650, 44_100, 44_100, 44_550, 45_000)  # Hz a clip is said to have: a semitone's third off at most
MP3_128 = (320 - 128) / (320 - 32)  # libsndfile's compression level for 128 kb/s
SYLLABLES = (("L", "AA"), ("D", "UW"), ("M", "IY"), ("S", "OW"), ("N", "EY"), ("T", "AY"), ("B", "AE"), ("R", "EH"),
             ("HH", "AH"), ("AO",), ("W", "IH", "L"), ("K", "AA", "M"), ("S", "T", "EY"))


@dataclass(frozen=True)
class Truth:
    """What is known of a clip, times in seconds of its audio.

    `chords` are (start, end, root or None, quality); `keys` (start, end, tonic, mode); `sections` (start, end, name,
    group); `keys` and `sections` are empty where a piece's are not known.
    """

    name: str
    source: str
    font: str
    packed: bool
    noisy: bool
    tempo_bpm: float
    beats_s: tuple[float, ...]
    downbeats_s: tuple[float, ...]
    meter: str
    swing: float
    swing_unit: int
    keys: tuple[tuple[float, float, int, str], ...]
    chords: tuple[tuple[float, float, int | None, str], ...]
    sections: tuple[tuple[float, float, str, int], ...]
    drums: bool
    voice: bool
    bass: bool


@dataclass(frozen=True)
class Clip:
    audio: Audio
    truth: Truth


@dataclass(frozen=True)
class Score:
    """What is to be played: a song whose canvas is cut to the clip, and whether its form and its key are known."""

    name: str
    song: Song
    card: Card
    formed: bool
    keyed: bool = True


def draw_clips(split: str, index: int, pieces: Mapping[str, list[Piece]], mixes: int = 1) -> list[Clip]:
    """Mixes of the performance `index` of "train" or "test": always the same ones."""
    rng = np.random.default_rng([SPLIT_SEEDS[split], index])
    source = str(rng.choice(list(SOURCES), p=np.array(list(SOURCES.values())) / sum(SOURCES.values())))
    score = _teacher_score(split, rng) if source == "teacher" else _corpus_score(pieces[source], split, rng)
    shares = FONT_SHARES[split]
    font = str(rng.choice(list(shares), p=list(shares.values())))
    performance = perform(score.song)
    sung = rng.random() < SUNG and any(part.lane == "melody" for part in performance.parts)
    if sung:
        performance = _sing(performance, rng)
    move = _modulation(score, performance, rng)
    if move:
        performance = _transposed_from(performance, *move)
    with _font(font):
        stems = render(performance, seed=int(rng.integers(1 << 30)), tone=score.card.mix["tone"])
    samples = {lane: stem.samples for lane, stem in stems.items()}
    truth = _truth(score, source, font, performance, move)
    return [_mixed_clip(samples, truth, rng) for _ in range(mixes)]


def _mixed_clip(stems: Mapping[str, np.ndarray], truth: Truth, rng: np.random.Generator) -> Clip:
    """One mix of a performance, as somebody's file."""
    mixed = _mix(stems, rng)
    lead_s = float(rng.uniform(-0.9, 1.2)) * 60 / truth.tempo_bpm  # cut into the first beat, or wait for it
    mixed, truth = _shifted(mixed, truth, lead_s)
    noisy, packed = bool(rng.random() < NOISY), bool(rng.random() < PACKED)
    if noisy:
        mixed = _dirty(mixed, rng)
    rate = SAMPLE_RATE if packed else int(rng.choice(RATES))  # MP3 knows few rates
    truth = _stretched(replace(truth, packed=packed, noisy=noisy), SAMPLE_RATE / rate, mixed.shape[1] / SAMPLE_RATE)
    return Clip(Audio(mixed, rate), truth)


def pack(clip: Clip) -> bytes:
    """The clip as a file: MP3 at 128 kb/s where it is said to be packed, else FLAC."""
    target = io.BytesIO()
    how = {"format": "MP3", "bitrate_mode": "CONSTANT", "compression_level": MP3_128} if clip.truth.packed else {
        "format": "FLAC", "subtype": "PCM_16"}
    soundfile.write(target, clip.audio.samples.T, clip.audio.sample_rate, **how)
    return target.getvalue()


def _teacher_score(split: str, rng: np.random.Generator) -> Score:
    card = list(cards().values())[rng.integers(len(cards()))]
    lesson = write_song(card, rng)
    canvas = lesson.canvas
    bar_s = 60 / lesson.tempo_bpm * canvas.beats_per_bar
    n_bars = min(canvas.n_bars, max(8, round(rng.uniform(*LENGTHS_S[split]) / bar_s)))
    starts = [s.start_bar for s in canvas.sections if s.start_bar + n_bars <= canvas.n_bars]
    first = int(rng.choice(starts)) if starts and rng.random() < 0.7 else int(rng.integers(canvas.n_bars - n_bars + 1))
    tonic = int(rng.integers(12))
    return _score(f"{card.name}", cut(canvas, first, n_bars), card, tonic, lesson.mode, lesson.tempo_bpm, rng, True)


def _corpus_score(pieces: list[Piece], split: str, rng: np.random.Generator) -> Score:
    ours = [piece for piece in pieces if piece.held_out == (split == "test")]
    usable = [piece for piece in ours if ending_mode(piece.canvas)] or ours
    piece = usable[rng.integers(len(usable))]
    mode = ending_mode(piece.canvas)
    meter = piece.canvas.meter
    if piece.styles:
        fitting = [cards()[name] for name in piece.styles]
    else:
        fitting = [card for card in cards().values() if card.meters.get(meter, 0) > 0.05]
    card = fitting[rng.integers(len(fitting))]
    low, typical, high = card.tempo
    tempo = piece.tempo_bpm if piece.tempo_bpm and rng.random() < 0.6 else float(rng.uniform(low, high))
    tempo = float(np.clip(tempo, 50 if meter != "6/8" else 36, 200 if meter != "6/8" else 120))
    bar_s = 60 / tempo * piece.canvas.beats_per_bar
    n_bars = min(piece.canvas.n_bars, max(8, round(rng.uniform(*LENGTHS_S[split]) / bar_s)))
    # the piece's end, which says its key, is as likely as its start
    first = int(rng.choice([0, piece.canvas.n_bars - n_bars]))
    canvas = accompany(piece.canvas, piece.lanes, card, rng)
    tonic = int(rng.integers(12))
    return replace(_score(piece.name, cut(canvas, first, n_bars), card, tonic, mode or "minor", tempo, rng, False),
                   keyed=mode is not None)


def ending_mode(canvas: Canvas) -> str | None:
    """"major" or "minor" by the last chord, which in such pieces is the key's own; None = unknown."""
    root, quality = canvas.harmony[-1]
    tones = v.QUALITIES[v.QUALITY_NAMES[quality]]
    if root == 0 and 4 in tones:
        return "major"
    return "minor" if root == 9 and 3 in tones and 6 not in tones else None


def _score(name: str, canvas: Canvas, card: Card, tonic: int, mode: str, tempo: float, rng: np.random.Generator,
           formed: bool) -> Score:
    seed = int(rng.integers(1 << 30))
    chosen = choose_instruments([(card, 1.0)], Controls(), seed)
    for lane, row in (("melody", "melody"), ("counter", "counter"), ("bass", "bass")):
        if lane not in chosen and canvas.notes(row):
            chosen |= choose_instruments([(cards()["indie_pop"], 1.0)], Controls(wanted=(lane,)), seed)
    song = Song(canvas, tempo, tonic, mode, card.swing[0], card.swing[1], canvas.sections, {card.name: 1.0}, chosen,
                ending=str(rng.choice(["ring", "hit"])), seed=seed)
    return Score(name, song, card, formed)


def accompany(canvas: Canvas, lanes: frozenset[str], card: Card, rng: np.random.Generator) -> Canvas:
    """A copy whose missing bass, chords and drums are laid from a card's figures; energies differ by section."""
    out = canvas.copy()
    book, size, bpb = fig.FigureBook(card, rng), canvas.steps_per_bar, canvas.beats_per_bar
    drums = "drums" in lanes or (card.lanes["drums"] < 9 and rng.random() < 0.7)
    bass, low, last = rng.random() < 0.85, int(rng.integers(4, 9)), None
    for section in canvas.sections:
        energy = int(rng.integers(2, 7))
        part = slice(section.start_bar * size, (section.start_bar + section.bars) * size)
        beats = slice(section.start_bar * bpb, (section.start_bar + section.bars) * bpb)
        chords = [(int(root), v.QUALITY_NAMES[quality]) for root, quality in canvas.harmony[beats]]
        if any(root == v.NO_CHORD for root, _ in chords):
            continue
        for lane in ("bass", "comp", "comp2", "pad"):
            found = book.figures(lane, section.name, energy)
            wanted = bass if lane == "bass" else lane == "comp" or (card.lanes[lane] <= energy and rng.random() < 0.6)
            if lane in lanes or found is None or not wanted:
                continue
            figure = fig.in_phrases(*found, section.bars, size)
            row = v.ROW_NAMES.index(lane)
            if lane == "bass":
                out.steps[row, part], last = fig.lay_bass(figure, chords, canvas.steps_per_beat, size, low, last, rng)
            else:
                out.steps[row, part] = fig.lay_roles(figure, chords, canvas.steps_per_beat, size)
        groove = book.groove(energy)
        if drums and "drums" not in lanes and groove is not None:
            rows = fig.lay_drums(groove, section.bars * size, size)
            fig.vary_drums(rows, size, energy, rng)
            out.steps[[v.ROW_NAMES.index(f"drum_{r}") for r in "abc"], part] = rows
        out.energy[section.start_bar:section.start_bar + section.bars] = energy
    out.active[:] = 1
    return out


def cut(canvas: Canvas, first: int, n_bars: int) -> Canvas:
    """Bars [first, first + n_bars) as a canvas of their own, its sections cut accordingly."""
    sections, old = [], []
    for index, section in enumerate(canvas.sections):
        start, end = max(section.start_bar, first), min(section.start_bar + section.bars, first + n_bars)
        if start < end:
            source = old.index(section.source) if section.source in old else None
            sections.append(replace(section, start_bar=start - first, bars=end - start, source=source))
            old.append(index)
    beats = slice(first * canvas.beats_per_bar, (first + n_bars) * canvas.beats_per_bar)
    steps = slice(first * canvas.steps_per_bar, (first + n_bars) * canvas.steps_per_bar)
    bars = slice(first, first + n_bars)
    part = {"harmony": canvas.harmony[beats], "known_harmony": canvas.known_harmony[beats],
            "steps": canvas.steps[:, steps], "known_steps": canvas.known_steps[:, steps],
            "rhythm": canvas.rhythm[:, steps], "active": canvas.active[:, bars], "energy": canvas.energy[bars]}
    return replace(canvas, sections=tuple(sections), **{name: array.copy() for name, array in part.items()})


def _sing(performance: Performance, rng: np.random.Generator) -> Performance:
    """The melody given to a voice, on syllables without sense."""
    voice = str(rng.choice(list(voices())))
    tune = next(part for part in performance.parts if part.lane == "melody")
    lift = 12 * fit_octave([note.midi for note in tune.notes], voice)
    sung, free = [], 0.0
    for note, after in zip(tune.notes, [*tune.notes[1:], None], strict=True):
        end = min(note.offset_s, after.onset_s if after else note.offset_s)
        if note.onset_s < free or end - note.onset_s < 0.06:
            continue
        syllable = () if sung and rng.random() < 0.15 and note.onset_s - free < 0.05 else \
            SYLLABLES[rng.integers(len(SYLLABLES))]
        sung.append(SungNote(note.onset_s, end, note.midi + lift, note.velocity, syllable))
        free = end
    vocal = Part("vocal", voice, 52, False, (), (), tuple(sung))
    return replace(performance, parts=(vocal, *(part for part in performance.parts if part is not tune)))


def _modulation(score: Score, performance: Performance, rng: np.random.Generator) -> tuple[int, int] | None:
    """(bar, semitones up) of a key change, now and then, in the middle half of a clip."""
    n_bars = score.song.canvas.n_bars
    if rng.random() >= MODULATES or n_bars < 16:
        return None
    return int(rng.integers(n_bars // 4, 3 * n_bars // 4) // 4 * 4) or 4, int(rng.choice([1, 2, 3, -3, 5]))


def _transposed_from(performance: Performance, bar: int, semitones: int) -> Performance:
    """Every pitched note from a bar on moved by some semitones."""
    at_s = performance.bar_starts_s[bar] - 0.06

    def moved(part: Part) -> Part:
        if part.is_drum:
            return part
        return replace(part, notes=tuple(replace(n, midi=n.midi + semitones) if n.onset_s >= at_s else n
                                         for n in part.notes),
                       sung=tuple(replace(n, midi=n.midi + semitones) if n.onset_s >= at_s else n for n in part.sung))

    return replace(performance, parts=tuple(moved(part) for part in performance.parts))


@contextmanager
def _font(name: str) -> Iterator[None]:
    """Render with a sound font; a name that is no file = our own synths only."""
    before = os.environ.get("EARWORM_SOUNDFONT")
    os.environ["EARWORM_SOUNDFONT"] = str(FONTS.get(name, name))
    try:
        yield
    finally:
        if before is None:
            del os.environ["EARWORM_SOUNDFONT"]
        else:
            os.environ["EARWORM_SOUNDFONT"] = before


def _mix(stems: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """float32 (2, samples): levels, places, room, tone and compression drawn by chance; peak 0.2–0.95."""
    usual_db = {"drums": -2.0, "bass": -2.0, "melody": 0.0, "vocal": 1.0, "counter": -4.0, "comp": -3.0, "comp2": -5.0,
                "pad": -6.0}
    out = np.zeros_like(next(iter(stems.values())))
    for lane, stem in stems.items():
        level = np.sqrt(np.mean(stem**2)) + 1e-9
        gain = 0.05 / level * 10 ** ((usual_db[lane] + rng.normal(0, 3)) / 20)
        pan = 0.0 if lane in ("bass", "vocal") else float(rng.uniform(-0.6, 0.6))
        out += stem * gain * np.array([[min(1, 1 - pan)], [min(1, 1 + pan)]], np.float32)
    low_db, high_db = rng.normal(0, 3, 2)
    board = pedalboard.Pedalboard([
        pedalboard.Reverb(room_size=float(rng.uniform(0.1, 0.8)), wet_level=float(rng.uniform(0, 0.3)), dry_level=0.5),
        pedalboard.LowShelfFilter(cutoff_frequency_hz=200, gain_db=float(low_db)),
        pedalboard.HighShelfFilter(cutoff_frequency_hz=4000, gain_db=float(high_db)),
        pedalboard.Compressor(threshold_db=float(rng.uniform(-24, -6)), ratio=float(rng.uniform(1.2, 5)))])
    out = board(out, SAMPLE_RATE)
    return (out * rng.uniform(0.2, 0.95) / (np.abs(out).max() + 1e-9)).astype(np.float32)


def _dirty(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Noise 18–40 dB under the music, hiss or rumble, and now and then a narrow band."""
    noise = rng.standard_normal(samples.shape).astype(np.float32)
    if rng.random() < 0.5:
        noise = pedalboard.Pedalboard([pedalboard.LowpassFilter(float(rng.uniform(300, 3000)))])(noise, SAMPLE_RATE)
    level = np.sqrt(np.mean(samples**2)) / np.sqrt(np.mean(noise**2)) * 10 ** (-rng.uniform(18, 40) / 20)
    out = samples + level * noise
    if rng.random() < 0.25:
        out = pedalboard.Pedalboard([pedalboard.HighpassFilter(float(rng.uniform(60, 150))),
                                     pedalboard.LowpassFilter(float(rng.uniform(3500, 8000)))])(out, SAMPLE_RATE)
    return (out / max(1.0, np.abs(out).max())).astype(np.float32)


def _truth(score: Score, source: str, font: str, performance: Performance, move: tuple[int, int] | None) -> Truth:
    song, canvas = score.song, score.song.canvas
    beat_s = 60 / song.tempo_bpm
    beats = np.arange(canvas.n_beats) * beat_s
    end_s = canvas.n_beats * beat_s
    bar, semitones = move or (0, 0)
    turn_s = bar * canvas.beats_per_bar * beat_s
    chords = []
    for start, n, root, quality in canvas.chords():
        pieces = [(start * beat_s, (start + n) * beat_s)]
        if pieces[0][0] < turn_s < pieces[0][1]:
            pieces = [(pieces[0][0], turn_s), (turn_s, pieces[0][1])]
        for a, b in pieces:
            up = semitones if move and a >= turn_s - 1e-6 else 0
            chords.append((a, b, None if root is None else (root + song.do_pc + up) % 12, quality))
    keys = [(0.0, end_s, song.tonic, song.mode)] if score.keyed else []
    if move and keys:
        keys = [(0.0, turn_s, song.tonic, song.mode), (turn_s, end_s, (song.tonic + semitones) % 12, song.mode)]
    sections = []
    if score.formed:
        bar_s = canvas.beats_per_bar * beat_s
        groups: list[int] = []
        for section in canvas.sections:
            groups.append(groups[section.source] if section.source is not None else max(groups, default=-1) + 1)
            sections.append((section.start_bar * bar_s, (section.start_bar + section.bars) * bar_s, section.name,
                             groups[-1]))
    names = {part.lane for part in performance.parts}
    return Truth(score.name, source, font, False, False, song.tempo_bpm, tuple(beats.tolist()),
                 tuple(beats[::canvas.beats_per_bar].tolist()), canvas.meter, song.swing, song.swing_unit, tuple(keys),
                 tuple(chords), tuple(sections), "drums" in names, "vocal" in names, "bass" in names)


def _shifted(samples: np.ndarray, truth: Truth, lead_s: float) -> tuple[np.ndarray, Truth]:
    """The clip begun `lead_s` before its first beat (negative: after it)."""
    n = round(abs(lead_s) * SAMPLE_RATE)
    lead_s = n / SAMPLE_RATE * np.sign(lead_s)
    samples = np.pad(samples, ((0, 0), (n, 0))) if lead_s > 0 else samples[:, n:]

    def spans(items: tuple) -> tuple:
        return tuple((max(0.0, start + lead_s), end + lead_s, *rest) for start, end, *rest in items
                     if end + lead_s > 0.05)

    return samples, replace(
        truth, beats_s=tuple(t + lead_s for t in truth.beats_s if t + lead_s >= 0),
        downbeats_s=tuple(t + lead_s for t in truth.downbeats_s if t + lead_s >= 0), chords=spans(truth.chords),
        keys=spans(truth.keys), sections=spans(truth.sections))


def _stretched(truth: Truth, factor: float, duration_s: float) -> Truth:
    """Times for a clip played at another rate; its tuning moves by less than half a semitone: chords keep names."""

    def spans(items: tuple) -> tuple:
        return tuple((start * factor, min(end, duration_s) * factor, *rest) for start, end, *rest in items)

    return replace(truth, tempo_bpm=truth.tempo_bpm / factor, beats_s=tuple(t * factor for t in truth.beats_s),
                   downbeats_s=tuple(t * factor for t in truth.downbeats_s), chords=spans(truth.chords),
                   keys=spans(truth.keys), sections=spans(truth.sections))
