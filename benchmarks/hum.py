"""What is heard of hums, and what takes keep of them: `python -m benchmarks.hum [--no-takes] [--misses]`.

vocadito   real singing with its annotations (Bittner et al. 2021), where ../shared is there; thresholds were chosen
           on synthesised hums, its figures in sight where those were indifferent
suite      40 hums of 20 tunes, two of each, whose truth is known (`modules/training/hummed.py`): two voices, a whistle
           and instruments; dry, in rooms, by telephone; 20 to 0 dB of noise; 60 to 180 BPM. Thresholds were set on
           other tunes with other seeds (`hum_tunes.TUNING`)
refused    what is no melody
takes      the finished mix against the hum: chroma frame by frame as audiocraft's `ChromaCosineSimilarityMetric` has
           it; moods asked with the same hum
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import mir_eval
import numpy as np

from benchmarks.faithfulness import likeness
from benchmarks.hum_measures import RATE, chorded, chroma_cosine, clapped, spoken
from benchmarks.hum_tunes import MEASURED, SWUNG
from benchmarks.tables import Row, show
from modules.audio.decode import read_audio
from modules.canvas.vocabulary import BEATS_PER_BAR, STEPS_PER_BEAT
from modules.conditions.fuse import Heard, fuse
from modules.conditions.humming import listen
from modules.conditions.text import understand
from modules.engines.embedded import EmbeddedEngine, compose_song
from modules.errors import InputError
from modules.training.hummed import Hummed, suite
from modules.training.melody_meter import mirex_score
from modules.types import Audio, Controls, Hum, HumNote, Request, Song, Take

RECORDINGS = Path("../shared/audio")
SEED = 90125  # of the suite; thresholds were set under another
TAKES = (("warm acoustic folk with guitar", 0), ("synthwave", 9), ("piano ballad", 18), ("indie rock", 27),
         ("bossa nova", 5), ("lo-fi hip hop", 14))  # prompt, number of the hum in the suite
MOODS = ("brighter", "sadder", "jazzier")
MINOR = ("min", "m7", "m9", "m6", "dim", "m7b5", "dim7")
PLAIN = ("maj", "min", "5")


@dataclass(frozen=True)
class Score:
    """One hum: F1 of notes (50 ms, 50 cents) without and with offsets, and what was found right."""

    notes: float
    offsets: float
    tempo: bool
    tempo_octaves: bool
    meter: bool
    downbeat: bool
    pickup: bool | None  # None: the tune has none
    key: float
    swing: bool


def note_f1(notes: tuple[HumNote, ...], truth: list[tuple[float, float, float]], offset_ratio: float | None) -> float:
    """F1 against (onset_s, offset_s, Hz); mir_eval's usual tolerances."""
    return float(mir_eval.transcription.precision_recall_f1_overlap(
        np.array([t[:2] for t in truth]), np.array([t[2] for t in truth]),
        np.array([(n.onset_s, n.offset_s) for n in notes]), np.array([n.pitch_hz for n in notes]),
        offset_ratio=offset_ratio)[2])


def score(hummed: Hummed, hum: Hum) -> Score:
    """Judge one hum."""
    truth = [(on, off, 440 * 2 ** ((midi - 69) / 12)) for on, off, midi in hummed.notes]
    ratio = hum.tempo_bpm / hummed.tempo_bpm
    same_beat = hum.meter == hummed.tune.meter and abs(ratio - 1) < 0.08
    spb = STEPS_PER_BEAT[hum.meter]
    onsets = np.array([note.onset_s for note in hum.notes])
    off = []  # steps by which notes that were found lie off their true place
    for (on, _, _), beat in zip(hummed.notes, hummed.beats, strict=True):
        nearest = int(np.abs(onsets - on).argmin())
        if abs(onsets[nearest] - on) < 0.1:
            off.append(hum.grid[nearest].step - round(beat * spb))
    downbeat = same_beat and bool(off) and np.median(off) == 0
    pickup = None if hummed.beats[0] > -0.01 else bool(downbeat and hum.grid[0].step == round(hummed.beats[0] * spb))
    octaves = min(abs(ratio / octave - 1) for octave in (0.5, 1, 2))
    return Score(note_f1(hum.notes, truth, None), note_f1(hum.notes, truth, 0.2), abs(ratio - 1) < 0.04,
                 octaves < 0.04, hum.meter == hummed.tune.meter, downbeat, pickup,
                 mirex_score((hum.tonic, hum.mode), (hummed.tonic, hummed.tune.mode)),
                 (hum.swing > 0.5) == hummed.swung)


def vocadito_rows() -> list[Row]:
    """Pitch and notes of real singing."""
    path = RECORDINGS / "vocadito_1.wav"
    if not path.exists():
        print(f"{path} is not there: real singing is left out")
        return []
    hum = listen(read_audio(str(path), 90))
    true = np.loadtxt(RECORDINGS / "vocadito_1_f0.csv", delimiter=",")
    curves = mir_eval.melody.to_cent_voicing(true[:, 0], true[:, 1], hum.f0_times_s, hum.f0_hz)
    pitch = mir_eval.melody.raw_pitch_accuracy(*curves)
    rows = [Row("raw pitch accuracy ≥ .95", f"{pitch:.3f}", pitch >= 0.95)]
    for name, ratio, bound in (("without offsets ≥ .75", None, 0.75), ("with offsets ≥ .60", 0.2, 0.60)):
        found = []
        for annotator in ("A1", "A2"):
            notes = np.loadtxt(RECORDINGS / f"vocadito_1_notes{annotator}.csv", delimiter=",")
            found.append(note_f1(hum.notes, [(on, on + span, pitch) for on, pitch, span in notes], ratio))
        rows.append(Row(f"notes, F {name} (two annotators)", " / ".join(f"{f:.3f}" for f in found),
                        min(found) >= bound))
    return rows


def suite_rows(hums: list[Hummed], *, misses: bool) -> list[Row]:
    """The suite's means."""
    scores, seconds = [], []
    for number, hummed in enumerate(hums):
        start = time.process_time()
        try:
            found = score(hummed, listen(hummed.audio))
        except InputError as refused:
            print(f"{hummed.name} by {hummed.voice} was refused: {refused}")
            found = Score(0.0, 0.0, False, False, False, False, None if hummed.beats[0] > -0.01 else False, 0.0, False)
        seconds.append((time.process_time() - start) / hummed.audio.duration_s * 10)
        scores.append(found)
        if misses:
            print(number, hummed.name, hummed.voice, hummed.room, hummed.snr_db, f"{hummed.tempo_bpm:.0f} BPM", found)

    def mean(name: str, kept: list[Score] = scores) -> float:
        return float(np.mean([getattr(s, name) for s in kept]))

    rows = [Row("notes, F without offsets ≥ .93", f"{mean('notes'):.3f} (with offsets {mean('offsets'):.3f})",
                mean("notes") >= 0.93),
            Row("tempo within 4 %, double or half allowed ≥ .90", f"{mean('tempo_octaves'):.3f}",
                mean("tempo_octaves") >= 0.9),
            Row("tempo within 4 % as it was ≥ .75", f"{mean('tempo'):.3f}", mean("tempo") >= 0.75),
            Row("key, MIREX score ≥ .90", f"{mean('key'):.3f}", mean("key") >= 0.9),
            Row("metre", f"{mean('meter'):.3f}"), Row("“one” is one", f"{mean('downbeat'):.3f}")]
    begun = [s for s in scores if s.pickup is not None]
    found = mean("pickup", begun)
    rows.append(Row(f"pick-ups found, of {len(begun)} hums that begin with one ≥ .80", f"{found:.3f}", found >= 0.8))
    rows.append(Row("swung or straight", f"{mean('swing'):.3f}"))
    for snr_db in sorted({h.snr_db for h in hums}):
        part = [s for s, h in zip(scores, hums, strict=True) if h.snr_db == snr_db]
        rows.append(Row(f"notes at {snr_db:.0f} dB", f"{mean('notes', part):.3f}"))
    usual = float(np.median(seconds))
    return [*rows, Row("10 s of hum analysed, one core, CPU seconds ≤ 3", f"{usual:.2f}", usual <= 3)]


def refusal_rows() -> list[Row]:
    """Each must be one sentence that says what would be right."""
    rng = np.random.default_rng(5)
    sounds = {
        "silence": Audio(np.zeros((1, 3 * RATE), np.float32), RATE),
        "noise": Audio((0.2 * rng.standard_normal((1, 3 * RATE))).astype(np.float32), RATE),
        "clapping": clapped(1), "speech, higher voice": spoken(2, "clara"), "speech, lower voice": spoken(3, "marcus"),
        "chords": chorded(4), "0.2 s": Audio(np.full((1, RATE // 5), 0.1, np.float32), RATE),
        "10 min": Audio(np.full((1, 600 * RATE), 0.1, np.float32), RATE)}
    for name, start_s in (("vibe_ace.ogg", 5.0), ("lets_go_fishin.ogg", 40.0)):
        if (RECORDINGS / name).exists():
            band = read_audio(str(RECORDINGS / name), 600)
            at = int(start_s * band.sample_rate)
            sounds[f"a band ({name})"] = replace(band, samples=band.samples[:, at:at + 10 * band.sample_rate])
    rows = []
    for name, sound in sounds.items():
        try:
            listen(sound)
            said = "not refused"
        except InputError as error:
            said = str(error)
        rows.append(Row(name, said, said.endswith(".") and bool(re.search(r"hum, sing|would be right", said))))
    return rows


def take_rows(hums: list[Hummed]) -> list[Row]:
    """Likeness of finished mixes to their hums."""
    soft, hard, kept = [], [], []
    for seed, (prompt, number) in enumerate(TAKES):
        hummed = hums[number]
        request = Request(prompt=prompt, hum=hummed.audio, takes=1, seed=seed, controls=Controls(duration_s=24.0))
        take = next(item for item in EmbeddedEngine().takes(request, Event()) if isinstance(item, Take))
        hum = listen(hummed.audio)
        as_is, strongest = chroma_cosine(hummed.audio, take.audio, *same_moments(hum, take), hum.tuning_cents / 100)
        soft.append(as_is)
        hard.append(strongest)
        kept.append(likeness(hum, take.song).notes)
    return [Row("chroma cosine of mix and hum, mean ≥ .65", f"{np.mean(soft):.3f} (least {min(soft):.3f})",
                np.mean(soft) >= 0.65),
            Row("the same with each frame's strongest bin alone (MusicGen-melody: .44)",
                f"{np.mean(hard):.3f} (least {min(hard):.3f})"),
            Row("the hum's notes in the take at faithfulness 1 ≥ .98", f"{np.mean(kept):.3f}", np.mean(kept) >= 0.98)]


def same_moments(hum: Hum, take: Take) -> tuple[np.ndarray, np.ndarray]:
    """Times of the hum's notes in the hum, and where the take first states the tune."""
    song = take.song
    start = next(s.start_bar for s in song.canvas.sections if s.name not in ("intro", "outro"))
    beat_s = 60 / song.tempo_bpm
    bar_s = take.performance.bar_starts_s[start] if start < len(take.performance.bar_starts_s) else 0.0
    steps = np.array([note.step for note in hum.grid], float)
    ends = steps[-1] + hum.grid[-1].length
    mix_s = bar_s + np.append(steps, ends) / song.canvas.steps_per_beat * beat_s
    hum_s = np.append([note.onset_s for note in hum.notes], hum.notes[-1].offset_s)
    inside = mix_s >= 0
    return hum_s[inside], mix_s[inside]


def mood_rows(hums: list[Hummed]) -> list[Row]:
    """The same hum with a mood: other chords of the mood's colour under the same tune."""
    changed = {mood: [] for mood in MOODS}
    colour = {mood: [] for mood in MOODS}
    kept = []
    for number in (0, 6, 12, 18, 28, 36):
        hum = listen(hums[number].audio)
        plain = compose(hum, "")
        for mood in MOODS:
            song = compose(hum, mood)
            kept.append(likeness(replace(hum, tonic=song.tonic, mode=song.mode), song).notes)
            before, after = sounding_chords(plain), sounding_chords(song)
            same = min(len(before), len(after))
            changed[mood].append(np.mean([a != b for a, b in zip(before[:same], after[:same])]))
            colour[mood].append(shade(after, mood) - shade(before, mood))
    told = {"brighter": "major chords", "sadder": "minor chords", "jazzier": "chords of four notes and more"}
    rows = [Row("the tune stays ≥ .98", f"{np.mean(kept):.3f}", np.mean(kept) >= 0.98)]
    for mood in MOODS:
        rows.append(Row(f"“{mood}”: beats with another chord ≥ .25; {told[mood]} ≥ +.10",
                        f"{np.mean(changed[mood]):.2f}; {np.mean(colour[mood]):+.2f}",
                        np.mean(changed[mood]) >= 0.25 and np.mean(colour[mood]) >= 0.1))
    return rows


def compose(hum: Hum, prompt: str) -> Song:
    """A song of a hum under a prompt, unheard."""
    request = Request(prompt=prompt, hum_notes=hum.grid, takes=1, controls=Controls(duration_s=24.0))
    text = understand(prompt) if prompt else None
    return compose_song(fuse(request, Heard(text=text, hum=hum)), 3, Event())[0]


def sounding_chords(song: Song) -> list[tuple[int, str]]:
    """(root pitch class, quality) of each beat, intros and outros left out."""
    per_bar = BEATS_PER_BAR[song.canvas.meter]
    inside = [beat for s in song.canvas.sections if s.name not in ("intro", "outro")
              for beat in range(s.start_bar * per_bar, (s.start_bar + s.bars) * per_bar)]
    chords = [((root + song.do_pc) % 12 if root is not None else -1, quality)
              for _, beats, root, quality in song.canvas.chords() for _ in range(beats)]
    return [chords[beat] for beat in inside]


def shade(chords: list[tuple[int, str]], mood: str) -> float:
    """Share of beats whose chord has the mood's colour."""
    if mood == "jazzier":
        return float(np.mean([quality not in PLAIN for _, quality in chords]))
    minor = float(np.mean([quality in MINOR for _, quality in chords]))
    return minor if mood == "sadder" else 1 - minor


def main() -> int:
    """Print the tables; 1 when a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-takes", action="store_true", help="hear only, make no music")
    parser.add_argument("--misses", action="store_true", help="print every hum of the suite")
    args = parser.parse_args()
    missed = 0
    if rows := vocadito_rows():
        missed += show("real singing (vocadito 1)", rows)
    hums = list(suite(MEASURED, SEED, swung=SWUNG))
    listen(hums[0].audio)  # loads what is loaded once
    missed += show("40 hums whose truth is known", suite_rows(hums, misses=args.misses))
    missed += show("refused: one sentence each", refusal_rows())
    if not args.no_takes:
        missed += show(f"{len(TAKES)} takes of hums", take_rows(hums))
        missed += show("moods with a hum", mood_rows(hums))
    return min(1, missed)


if __name__ == "__main__":
    sys.exit(main())
