"""What becomes of a track: `python -m benchmarks.reference_use [--part PART …]`. The exit status counts misses.

Tracks are composed and played here, in styles that the ear for tunes was not trained on, so that every note, bar and
part is known. "Heard" means heard by `conditions.reference` in the finished sound.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from threading import Event

import mir_eval
import numpy as np
from scipy.stats import spearmanr

from benchmarks.tables import Row, show
from modules.audio.decode import resample
from modules.audio.separation import take_apart
from modules.canvas.vocabulary import BEATS_PER_BAR, LOWEST, SCALES, do_midi
from modules.conditions.recall import plain
from modules.conditions.reference import listen
from modules.conditions.track import seconds_at
from modules.engines.embedded import EmbeddedEngine
from modules.evaluation.copying import MOST_SHARED, shared_run
from modules.evaluation.vibe import onsets_a_second
from modules.studio.beside import two_channels
from modules.studio.loudness import integrated_lufs
from modules.types import Audio, Controls, GridNote, Reference, Request, Take

LENGTH_S = 26.0
PIECES = (("indie pop with piano", 112, 0, "major", 11), ("synthwave", 100, 9, "minor", 12),
          ("bossa nova with flute", 126, 5, "major", 13), ("acoustic folk with violin", 104, 7, "major", 14),
          ("lo-fi hip hop with rhodes", 82, 2, "minor", 15), ("classic rock", 120, 4, "minor", 16),
          ("swing jazz with trumpet", 140, 10, "major", 17), ("pop ballad with piano", 72, 3, "major", 18))
NEW_STYLES = ("bossa nova", "country", "synthwave", "house", "classic rock", "swing jazz", "indie pop", "deep house")
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
WORDS = "Morning light upon the sill\nCoffee warm and city still\nStay a while with me tonight"
MONOTONE = (1, 3, 6)  # tracks whose restyling is made at every strength
SEPARATED_HZ = 16_000
ONSET_S = 0.1  # tolerance of notes


@lru_cache(maxsize=16)
def original(index: int) -> Take:
    """A track whose every note is known."""
    prompt, tempo, tonic, mode, seed = PIECES[index]
    controls = Controls(duration_s=LENGTH_S, tempo_bpm=tempo, tonic=tonic, mode=mode)
    return take_of(Request(prompt=prompt, takes=1, seed=seed, controls=controls))


@lru_cache(maxsize=16)
def heard(index: int) -> Reference:
    """What is heard in it."""
    return listen(original(index).audio)


def given(index: int) -> dict:
    """The track of a request as its recipe would hold it, so that it is heard once only."""
    return {"request": {"reference": plain(heard(index))}}


def take_of(request: Request) -> Take:
    """The one take of a request."""
    return next(item for item in EmbeddedEngine().takes(replace(request, takes=1), Event()) if isinstance(item, Take))


def melody_of(take: Take) -> tuple[np.ndarray, np.ndarray]:
    """(n, 2) onsets and offsets in seconds and (n,) MIDI numbers of the played tune."""
    parts = {part.lane: part for part in take.performance.parts}
    part = parts.get("vocal") or parts.get("melody")
    notes = (part.sung or part.notes) if part else ()
    return (np.array([[n.onset_s, max(n.offset_s, n.onset_s + 0.05)] for n in notes]).reshape(-1, 2),
            np.array([n.midi for n in notes], float))


def note_scores(true: tuple[np.ndarray, np.ndarray], said: tuple[np.ndarray, np.ndarray]) -> tuple[float, ...]:
    """Precision, recall and F of notes: onset within `ONSET_S`, pitch within half a semitone."""
    if not len(true[1]) or not len(said[1]):
        return 0.0, 0.0, 0.0
    hz = [440 * 2 ** ((pitches - 69) / 12) for pitches in (true[1], said[1])]
    return mir_eval.transcription.precision_recall_f1_overlap(true[0], hz[0], said[0], hz[1], onset_tolerance=ONSET_S,
                                                              offset_ratio=None)[:3]


def pitch_scores(true: tuple, said: tuple, duration_s: float) -> tuple[float, float, float]:
    """Raw pitch, raw chroma and overall accuracy (Salamon et al. 2014) on a grid of 10 ms."""
    times = np.arange(0, duration_s, 0.01)

    def line(spans: np.ndarray, pitches: np.ndarray) -> np.ndarray:
        hz = np.zeros(len(times))
        for (start, end), pitch in zip(spans, pitches, strict=True):
            hz[(times >= start) & (times < end)] = 440 * 2 ** ((pitch - 69) / 12)
        return hz

    scores = mir_eval.melody.evaluate(times, line(*true), times, line(*said))
    return scores["Raw Pitch Accuracy"], scores["Raw Chroma Accuracy"], scores["Overall Accuracy"]


def heard_melody(reference: Reference, step: int) -> tuple[np.ndarray, np.ndarray]:
    """The heard tune in seconds; `step` is steps a beat."""
    spans = [seconds_at(reference, np.array([n.step, n.step + n.length]) / step) for n in reference.melody]
    return np.array(spans).reshape(-1, 2), np.array([n.midi for n in reference.melody], float)


def melody_rows() -> list[Row]:
    """The main melody against the notes that were played."""
    pitch, notes, sure = [], [], []
    for index in range(len(PIECES)):
        take, reference = original(index), heard(index)
        said = heard_melody(reference, take.song.canvas.steps_per_beat)
        true = melody_of(take)
        pitch.append(pitch_scores(true, said, take.audio.duration_s))
        notes.append(note_scores(true, said))
        sure.append(reference.melody_confidence)
        print(f"  {PIECES[index][0]}: pitch {pitch[-1][0]:.2f}, notes F {notes[-1][2]:.2f}, "
              f"sure {sure[-1]:.2f}", flush=True)
    pitch, notes = np.array(pitch), np.array(notes)
    return [Row("raw pitch, raw chroma, overall accuracy: means ≥ .6, .7, .5",
                ", ".join(f"{x:.2f}" for x in pitch.mean(axis=0)), bool((pitch.mean(axis=0) >= (.6, .7, .5)).all())),
            Row("notes: precision, recall, F ≥ .5", ", ".join(f"{x:.2f}" for x in notes.mean(axis=0)),
                notes[:, 2].mean() >= 0.5),
            Row("its own confidence follows the notes' F: rank correlation",
                f"{spearmanr(sure, notes[:, 2])[0]:.2f}")]


def as_grid(take: Take) -> tuple[GridNote, ...]:
    """The composed tune in MIDI numbers."""
    low = do_midi(take.song.do_pc) + LOWEST["melody"]
    return tuple(replace(note, midi=note.midi + low) for note in take.song.canvas.notes("melody"))


def energy_likeness(one: Reference, other: Reference) -> float:
    """Correlation of two energy curves over their whole lengths."""
    x = np.linspace(0, 1, 24)
    a, b = (np.interp(x, np.linspace(0, 1, len(r.energy)), r.energy) for r in (one, other))
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 1e-6 and b.std() > 1e-6 else 0.0


def begun_a_second(take: Take) -> float:
    """Steps on which any part begins a note, a second."""
    return onsets_a_second(take.song.canvas, take.song.tempo_bpm)


def differences(one: Reference, other: Reference, begun: tuple[float, float]) -> dict[str, float]:
    """How far two tracks lie apart in each part of a vibe; `begun` is what each begins a second, as played."""
    octave = np.log2(one.tempo_bpm / other.tempo_bpm)
    return {"tempo, octaves aside, %": 100 * abs(2 ** (octave - round(octave)) - 1),
            "other notes in the key": float(len(set(scale(one)) - set(scale(other)))),
            "energy curve, 1 − correlation": 1 - energy_likeness(one, other),
            "density (notes begun a second), %": 100 * abs(float(np.log(begun[1] / begun[0]))),
            "brightness": abs(one.brightness - other.brightness)}


def scale(reference: Reference) -> tuple[int, ...]:
    """Pitch classes of the heard key."""
    return tuple((reference.tonic + degree) % 12 for degree in SCALES[reference.mode])


VIBE_BOUNDS = {"tempo, octaves aside, %": 3.0, "other notes in the key": 1.0, "energy curve, 1 − correlation": 0.5,
               "density (notes begun a second), %": 40.0, "brightness": 0.12}


def vibe_rows() -> list[Row]:
    """A take in the vibe of each track, against the track; beside it the same take against another track."""
    found, others, runs = [], [], []
    for index in range(len(PIECES)):
        take = take_of(Request(recipe=given(index), seed=50 + index,
                               controls=Controls(duration_s=LENGTH_S)))
        new = listen(take.audio)
        other = (index + 3) % len(PIECES)
        busy = begun_a_second(take)
        found.append(differences(heard(index), new, (begun_a_second(original(index)), busy)))
        others.append(differences(heard(other), new, (begun_a_second(original(other)), busy)))
        print(f"  {PIECES[index][0]}: {busy:.1f} begun a second, {begun_a_second(original(index)):.1f} in the track; "
              f"tempo {new.tempo_bpm:.0f}, {heard(index).tempo_bpm:.0f}", flush=True)
        runs.append(shared_run(take.song.canvas, as_grid(original(index))))
    rows = []
    for name, bound in VIBE_BOUNDS.items():
        near, far = np.mean([f[name] for f in found]), np.mean([f[name] for f in others])
        rows.append(Row(f"{name}: mean distance ≤ {bound:g}; to another track", f"{near:.2f}; {far:.2f}",
                        bool(near <= bound)))
    rows.append(Row(f"longest run of the track's true tune, notes ≤ {MOST_SHARED}", f"{max(runs)}",
                    max(runs) <= MOST_SHARED))
    return rows


def chord_line(take: Take) -> list[int]:
    """Root of each beat, −1 for none."""
    return [-1 if root is None else (root + take.song.do_pc) % 12 for _, n, root, _ in take.song.canvas.chords()
            for _ in range(n)]


def true_beats(take: Take) -> np.ndarray:
    """Seconds of the beats of a played take."""
    bars, per_bar = np.array(take.performance.bar_starts_s), BEATS_PER_BAR[take.performance.meter]
    whole = np.r_[bars, bars[-1] + per_bar * 60 / take.song.tempo_bpm]
    return np.interp(np.arange(len(bars) * per_bar) / per_bar, np.arange(len(whole)), whole)


def kept(index: int, take: Take, *, as_heard: bool = False) -> tuple[float, float, float]:
    """Notes' F and share of beats with the chord's root, both at the same bar, and the median error of its bar lines
    against the true beats, in milliseconds.

    Args:
        as_heard: against tune and chords as they were heard in the track, not as they were played.
    """
    source, reference = original(index), heard(index)
    tune = heard_melody(reference, take.song.canvas.steps_per_beat) if as_heard else melody_of(source)
    clock = np.array(take.recipe["track_times"])

    def over(times: np.ndarray) -> np.ndarray:
        slope = np.diff(clock[-2:], axis=0)[0]
        return np.where(times > clock[-1, 0], clock[-1, 1] + (times - clock[-1, 0]) * slope[1] / slope[0],
                        np.interp(times, clock[:, 0], clock[:, 1]))

    spans, pitches = melody_of(take)
    spans = over(spans) if len(spans) else spans
    notes = max(note_scores(tune, (spans, pitches + octave))[2] for octave in (-24, -12, 0, 12, 24))
    beats, truth, line, same = true_beats(source), chord_line(source), chord_line(take), []
    for beat, root in enumerate(line[:-1]):
        at = over(true_beats(take)[beat:beat + 2].mean(keepdims=True))[0]
        place = int(np.searchsorted(beats, at)) - 1
        if as_heard:
            chord = next((c for c in reference.chords if c.start_s <= at < c.end_s), None)
            same.append((-1 if chord is None or chord.root is None else chord.root) == root)
        elif 0 <= place < len(truth):
            same.append(truth[place] == root)
    errors = [np.abs(beats - line_s).min() for line_s in clock[:, 1] if line_s < beats[-1]]
    return notes, float(np.mean(same)), 1000 * float(np.median(errors))


def restyle_rows() -> list[Row]:
    """A restyling against the track: what is kept at the middle, and that more strength changes more."""
    middle, order, tables = [], [], []
    for index in range(len(PIECES)):
        changes = []
        for strength in STRENGTHS if index in MONOTONE else (0.5,):
            take = take_of(Request(prompt=NEW_STYLES[index], recipe=given(index), seed=70 + index,
                                   reference_mode="restyle", strength=strength))
            notes, chords, _ = kept(index, take, as_heard=True)
            own = heard(index).styles
            style = 1 - sum(min(weight, take.song.styles.get(name, 0.0)) for name, weight in own.items())
            changes.append(np.mean([1 - notes, 1 - chords, style]))
            if strength == 0.5:
                middle.append(kept(index, take))
        if len(changes) > 1:
            order.append(float(spearmanr(STRENGTHS, changes)[0]))
            tables.append(changes)
            print(f"  {PIECES[index][0]}: change {', '.join(f'{x:.2f}' for x in changes)}", flush=True)
    middle = np.array(middle)
    rising = bool((np.diff(np.mean(tables, axis=0)) > 0).all())
    return [Row("strength ½: notes of the true tune kept, F ≥ .5", f"{middle[:, 0].mean():.2f}",
                middle[:, 0].mean() >= 0.5),
            Row("strength ½: beats with the true chord's root ≥ .75", f"{middle[:, 1].mean():.2f}",
                middle[:, 1].mean() >= 0.75),
            Row("bar lines against the true beats: median, worst ≤ 40 ms",
                f"{np.median(middle[:, 2]):.0f} ms, {middle[:, 2].max():.0f} ms", middle[:, 2].max() <= 40),
            Row("change of what was heard (tune, chords, style) at strengths 0 … 1: rises at each step",
                ", ".join(f"{x:.2f}" for x in np.mean(tables, axis=0)), rising),
            Row("rank correlation of strength and change, least of the tracks ≥ .9", f"{min(order):.2f}",
                min(order) >= 0.9)]


def cut_clip(index: int) -> tuple[Audio, float]:
    """The first bars of a track, cut a third of a beat after a bar line, and that line's true second."""
    source = original(index)
    bars = source.performance.bar_starts_s
    line = bars[min(8, len(bars) - 2)]
    stop = round((line + 0.33 * 60 / source.song.tempo_bpm) * source.audio.sample_rate)
    return Audio(source.audio.samples[:, :stop], source.audio.sample_rate), line


def click_at(audio: Audio, at_s: float) -> float:
    """Sharpest turn of the wave within 5 ms of a moment, in units of the sharpest within the second round it."""
    mono, rate = audio.mono.astype(np.float64), audio.sample_rate
    turns = np.abs(np.diff(mono, 2))
    at = round(at_s * rate)
    near = turns[at - rate // 200:at + rate // 200].max()
    around = np.r_[turns[max(0, at - rate // 2):at - rate // 200], turns[at + rate // 200:at + rate // 2]]
    return float(near / max(around.max(), 1e-9))


def continue_rows() -> list[Row]:
    """A clip that goes on."""
    late, level, click, same_key, tempo, shared, tone = [], [], [], [], [], [], []
    for index in range(0, len(PIECES), 2):
        clip, line_s = cut_clip(index)
        take = take_of(Request(reference=clip, reference_mode="continue", seed=90 + index,
                               controls=Controls(duration_s=14.0)))
        joint = take.recipe["timing"][0][1]
        source, rate = original(index), take.audio.sample_rate
        late.append(1000 * min(abs(joint - start) for start in (*source.performance.bar_starts_s, line_s)))
        before = Audio(take.audio.samples[:, round((joint - 4) * rate):round(joint * rate)], rate)
        after = Audio(take.audio.samples[:, round(joint * rate):round((joint + 4) * rate)], rate)
        level.append(abs(integrated_lufs(after) - integrated_lufs(before)))
        click.append(click_at(take.audio, joint))
        same_key.append((take.song.tonic, take.song.mode) == (source.song.tonic, source.song.mode))
        octave = np.log2(take.song.tempo_bpm / source.song.tempo_bpm)
        tempo.append(100 * abs(2 ** (octave - round(octave)) - 1))
        known = set(chord_line(source)[:BEATS_PER_BAR[take.performance.meter] * 9])
        shared.append(np.mean([root in known for root in chord_line(take)]))
        tone.append(abs(listen(after).brightness - listen(before).brightness))
    return [Row("joint against the true bar line: worst ≤ 40 ms", f"{max(late):.0f} ms", max(late) <= 40),
            Row("level before and after the joint: worst difference ≤ 3 LU", f"{max(level):.1f} LU", max(level) <= 3),
            Row("sharpest turn at the joint, over the sharpest near it ≤ 1.5", f"{max(click):.2f}", max(click) <= 1.5),
            Row("brightness before and after: mean difference ≤ .12", f"{np.mean(tone):.2f}", np.mean(tone) <= 0.12),
            Row("in the track's true key ≥ .75", f"{np.mean(same_key):.2f}", np.mean(same_key) >= 0.75),
            Row("tempo, octaves aside: worst error ≤ 1 %", f"{max(tempo):.2f} %", max(tempo) <= 1),
            Row("beats on a chord of the clip ≥ .8", f"{np.mean(shared):.2f}", np.mean(shared) >= 0.8)]


def at_low_rate(mono: np.ndarray, rate: int) -> np.ndarray:
    """Sound at the rate that parts are compared at, which keeps BSS Eval's long filters affordable."""
    return resample(Audio(mono[None].astype(np.float32), rate), SEPARATED_HZ).samples[0]


def separation_rows() -> list[Row]:
    """Parts of a sung and of a played piece against their true stems, and against doing nothing."""
    requests = [Request(prompt="indie pop", lyrics=WORDS, seed=5, controls=Controls(duration_s=18.0)),
                Request(prompt="pop ballad", lyrics=WORDS, seed=6, controls=Controls(duration_s=18.0))]
    gains: dict[str, list[np.ndarray]] = {"voice": [], "drums": [], "rest": []}
    scores: dict[str, list[np.ndarray]] = {name: [] for name in gains}
    for request in requests:
        take = take_of(request)
        rate = take.audio.sample_rate
        stems = {"voice": take.stems["vocal"].samples, "drums": take.stems["drums"].samples,
                 "rest": sum(s.samples for lane, s in take.stems.items() if lane not in ("vocal", "drums"))}
        stems = {name: two_channels(Audio(samples, rate), rate) for name, samples in stems.items()}
        mixture = sum(stems.values())
        parts = take_apart(Audio(mixture.astype(np.float32), rate))
        true = np.stack([at_low_rate(stem.mean(axis=0), rate) for stem in stems.values()])
        said = np.stack([at_low_rate(parts[name].mono, rate) for name in stems])
        nothing = np.repeat(at_low_rate(mixture.mean(axis=0), rate)[None], len(stems), axis=0)
        ours, base = (np.array(mir_eval.separation.bss_eval_sources(true, x, compute_permutation=False)[:2])
                      for x in (said, nothing))
        for place, name in enumerate(stems):
            scores[name].append(ours[:, place])
            gains[name].append(ours[:, place] - base[:, place])
    rows = []
    for name in gains:
        sdr, sir = np.mean(scores[name], axis=0)
        sdr_gain, sir_gain = np.mean(gains[name], axis=0)
        bound = {"voice": 2.0, "drums": 6.0, "rest": 0.0}[name]
        rows.append(Row(f"{name}: SDR, SIR; better than doing nothing by (SDR ≥ {bound:g} dB)",
                        f"{sdr:.1f}, {sir:.1f}; {sdr_gain:+.1f}, {sir_gain:+.1f} dB", bool(sdr_gain >= bound)))
    return rows


PARTS: dict[str, tuple[str, Callable[[], list[Row]]]] = {
    "melody": ("the main melody of eight rendered tracks", melody_rows),
    "vibe": ("takes in the vibe of a track", vibe_rows),
    "restyle": ("restyled tracks", restyle_rows),
    "continue": ("clips that go on", continue_rows),
    "separate": ("tracks taken apart", separation_rows)}


def main() -> int:
    """Print the tables; the number of bounds missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, action="append")
    args = parser.parse_args()
    return sum(show(title, rows()) for name, (title, rows) in PARTS.items() if not args.part or name in args.part)


if __name__ == "__main__":
    sys.exit(main())
