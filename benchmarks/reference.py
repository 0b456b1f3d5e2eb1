"""How well a track is heard: `python -m benchmarks.reference --shared DIR` (or `make bench-reference`).

120 clips of 30–45 s, rendered once into cache/ from held-out pieces and unseen teacher songs with three sound fonts,
our synths and voices, noise, and MP3 at 128 kb/s; then the real recordings of ../shared/audio beside what is known of
them. Baselines: librosa's tempo and beats, degree profiles for the key, templates for chords. Rendering takes six
minutes of one core; without the fonts or the corpora (see assets/weights/README.md) it stops and says so.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from benchmarks import reference_measures as measures
from benchmarks.reference_suite import CACHE, read_suite, render_suite
from benchmarks.tables import Row, show
from modules.audio.decode import read_audio
from modules.conditions.reference import listen, spans
from modules.conditions.spectra import Spectra, analyse, mono
from modules.conditions.tonality import find_chords, find_key
from modules.training.lessons import real_pieces
from modules.training.recordings import FONTS, PACKAGES, Truth
from modules.types import PITCH_CLASSES, Audio, Reference

BOUNDS = {"tempo Accuracy1": 0.85, "tempo Accuracy2": 0.95, "beat F": 0.85, "metre": 0.90, "key, MIREX score": 0.83,
          "chord root, WCSR": 0.75, "chords maj/min, WCSR": 0.70, "section boundaries F at 3 s": 0.60}
LONG_S, SLOWEST_S, LARGEST_GIB = 180.0, 15.0, 1.5
KNOWN = {"solo_trumpet.ogg": "90 BPM, F", "vibe_ace.ogg": "jazz-funk band without voice",
         "lets_go_fishin.ogg": "pop-folk song with voice", "vocadito_1.wav": "one voice alone",
         "vocadito_10.wav": "one voice alone"}


def judge(truth: Truth, heard: Reference, duration_s: float) -> dict[str, float]:
    """Every measure that a clip allows. Beats after the last true one are not judged: nothing is known there."""
    end_s = truth.beats_s[-1] + 30 / truth.tempo_bpm
    first, second = measures.tempo_right(truth.tempo_bpm, heard.tempo_bpm)
    out = {"tempo Accuracy1": first, "tempo Accuracy2": second, "metre": heard.meter == truth.meter,
           "beat F": measures.beat_f(truth.beats_s, heard.beats_s[heard.beats_s < end_s]),
           "downbeat F": measures.beat_f(truth.downbeats_s, heard.downbeats_s[heard.downbeats_s < end_s])}
    if len(truth.keys) == 1:
        out["key, MIREX score"] = measures.key_score(*truth.keys[0][2:], heard.tonic, heard.mode)
        out["no change of key heard where none is"] = len(heard.keys) == 1
    elif truth.keys:
        out["change of key heard"] = len(heard.keys) > 1
    chords = measures.chord_scores(truth, heard.chords)
    out |= {"chord root, WCSR": chords["root"], "chords maj/min, WCSR": chords["majmin"],
            "chords with sevenths, WCSR": chords["sevenths"]}
    if len(truth.sections) > 1:
        times = [*(section.start_s for section in heard.sections), duration_s]
        out["section boundaries F at 3 s"] = measures.boundary_f(truth, times, duration_s, trim=False)
        out["… start and end not counted"] = measures.boundary_f(truth, times, duration_s, trim=True)
    swing = truth.swing if truth.swing > 0.53 else 0.5
    out["swing within 0.05"] = abs(heard.swing - swing) <= 0.05
    for part in ("drums", "voice", "bass"):
        out[f"{part} or not"] = (getattr(heard, part) > 0.5) == getattr(truth, part)
    return out


def baselines(truth: Truth, audio: Audio, spectra: Spectra, heard: Reference) -> dict[str, float]:
    """The same measures for librosa (tempo, beats), degree profiles (key) and templates on our beats (chords)."""
    import librosa

    tempo, beats = librosa.beat.beat_track(y=mono(audio), sr=22_050, units="time")
    end_s = truth.beats_s[-1] + 30 / truth.tempo_bpm
    first, second = measures.tempo_right(truth.tempo_bpm, float(np.atleast_1d(tempo)[0]))
    key = find_key(spectra.notes)
    starts, ends, downbeats = spans(heard.beats_s, heard.downbeats_s, heard.meter, spectra.duration_s)
    chords = measures.chord_scores(truth, find_chords(spectra.notes, starts, ends, downbeats=downbeats, key=key))
    out = {"tempo Accuracy1": first, "tempo Accuracy2": second,
           "beat F": measures.beat_f(truth.beats_s, beats[beats < end_s]), "chord root, WCSR": chords["root"],
           "chords maj/min, WCSR": chords["majmin"], "chords with sevenths, WCSR": chords["sevenths"]}
    if len(truth.keys) == 1:
        out["key, MIREX score"] = measures.key_score(*truth.keys[0][2:], key.tonic, key.mode)
    return out


def mean(found: list[dict[str, float]], name: str) -> float:
    values = [each[name] for each in found if name in each and np.isfinite(each[name])]
    return float(np.mean(values)) if values else float("nan")


def suite_rows(found: list[dict[str, float]], plain: list[dict[str, float]]) -> list[Row]:
    """One row a measure: ours, the baseline's where there is one, the bound."""
    rows = []
    for name in dict.fromkeys(name for each in found for name in each):
        ours, theirs = mean(found, name), mean(plain, name)
        n = sum(name in each for each in found)
        text = f"{ours:.3f} ({n} clips)" + (f"; baseline {theirs:.3f}" if np.isfinite(theirs) else "")
        bound = BOUNDS.get(name)
        rows.append(Row(name + (f" (bound {bound:.2f})" if bound else ""), text, ours >= bound if bound else None))
    return rows


def sureness_rows(sure: list[tuple[dict, dict]]) -> list[Row]:
    """Whether confidence means something: how often what was sure, and what was not, came out right."""
    rows = []
    for name, measure in (("tempo", "tempo Accuracy1"), ("meter", "metre"), ("key", "key, MIREX score"),
                          ("chords", "chord root, WCSR")):
        pairs = [(c[name], j[measure]) for c, j in sure if measure in j]
        high, low = ([right for value, right in pairs if (value >= 0.5) == wanted] for wanted in (True, False))
        rows.append(Row(f"{name}: right where sure / where not", " / ".join(
            f"{np.mean(each):.2f} ({len(each)})" if each else "none" for each in (high, low))))
    return rows


def real_rows(folder: Path) -> list[Row]:
    rows = []
    for name, known in KNOWN.items():
        if not (folder / name).exists():
            continue
        heard = listen(read_audio(folder / name, 600))
        plays = ", ".join(f"{part} {getattr(heard, part):.2f}" for part in ("drums", "voice", "bass"))
        other = f" or {heard.other_tempo_bpm:.0f}" if heard.other_tempo_bpm else ""
        key = f"{PITCH_CLASSES[heard.tonic]} {heard.mode} ({heard.key_confidence:.2f})"
        right = heard.tonic == 5 and abs(heard.tempo_bpm / 90 - 1) < 0.03 if name == "solo_trumpet.ogg" else None
        rows.append(Row(f"{name}: {known}", f"{heard.tempo_bpm:.1f}{other} BPM ({heard.confidences['tempo']:.2f}), "
                        f"{heard.meter}, {key}, {plays}", right))
    return rows


def speed_rows() -> list[Row]:
    """Three minutes of the suite, one clip after another: processor time and memory."""
    parts = []
    while sum(part.shape[1] for part in parts) < LONG_S * 44_100:
        for path, _ in read_suite(12):
            samples = read_audio(path, 600).samples
            parts.append(samples if len(samples) == 2 else np.repeat(samples, 2, axis=0))
    audio = Audio(np.concatenate(parts, axis=1)[:, :int(LONG_S * 44_100)], 44_100)
    wall, cpu = time.perf_counter(), time.process_time()
    listen(audio)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return [Row(f"3 minutes of music (bound {SLOWEST_S:.0f} s)", f"{wall:.1f} s ({cpu:.1f} s of processor time)",
                min(wall, cpu) <= SLOWEST_S),
            Row(f"memory of the whole process at its largest (bound {LARGEST_GIB} GiB)", f"{peak:.2f} GiB",
                peak <= LARGEST_GIB)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, help="the corpora; needed until the suite is rendered")
    parser.add_argument("--audio", type=Path, default=Path("../shared/audio"), help="real recordings")
    parser.add_argument("--clips", type=int, default=120)
    parser.add_argument("--no-baselines", action="store_true")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    if len(list(CACHE.glob("*.json"))) < args.clips:
        if args.shared is None:
            sys.exit("The suite is not rendered yet; that needs the corpora: --shared DIR.")
        if not all(path.exists() for path in FONTS.values()):
            sys.exit(f"The suite is not rendered yet; that needs the Debian packages {', '.join(PACKAGES)}.")
        render_suite(args.clips, real_pieces(args.shared))
    first = speed_rows()  # before the rest has grown the process
    found, plain, sure = [], [], []
    for path, truth in read_suite(args.clips):
        audio = read_audio(path, 600)
        heard = listen(audio)
        found.append(judge(truth, heard, audio.duration_s))
        sure.append((dict(heard.confidences), found[-1]))
        if not args.no_baselines:
            plain.append(baselines(truth, audio, analyse(audio), heard))
    misses = show(f"{len(found)} rendered clips", suite_rows(found, plain))
    show("confidence", sureness_rows(sure))
    if args.audio.is_dir():
        misses += show("real recordings", real_rows(args.audio))
    else:
        print(f"\nReal recordings are left out: {args.audio} is not here.")
    misses += show("speed", first)
    sys.exit(misses)


if __name__ == "__main__":
    main()
