"""Does it sound like a record, by numbers? `python -m benchmarks.sound`: speed, and takes in 25 styles measured by
meters of their own (`sound_measures`). The exit status is the number of misses.

Ranges of crest factor, spectral slope and loudness range are in `sound_ranges.json` with where they come from;
`--measure FOLDER` measures recordings again and prints what to write there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import soundfile

from benchmarks.sound_measures import Sound, clicks, loudness_range, measure
from modules.assets import instruments
from modules.engines.embedded import EmbeddedEngine
from modules.performance.palette import style_tone
from modules.performance.perform import perform
from modules.studio.ending import closing_fade_s
from modules.studio.master import master
from modules.studio.mix import mix
from modules.studio.mixer import Mixer, MixSettings
from modules.styles.cards import cards
from modules.types import Controls, Part, Performance, PlayedNote, Request, Song, Take
from modules.vocoder.render import render

STYLES = ("indie_pop", "pop_ballad", "k_pop", "classic_rock", "thrash_metal", "acoustic_folk", "bluegrass",
          "slow_blues", "swing_jazz", "funk", "motown", "reggae", "salsa", "afrobeat", "lofi_hiphop", "trap", "house",
          "dub_techno", "hardstyle", "drum_and_bass", "synthwave", "ambient", "cinematic_epic", "string_quartet_music",
          "chiptune")
GROUPS = {"guitars": ("metal", "rock"),
          "electronic": ("house", "techno", "trance", "bass", "hip-hop", "synthwave", "game"),
          "concert": ("classical", "cinematic", "sacred", "ambient")}
STRETCH_S = 12  # of recordings: what is left of a take of 20 s without its intro and closing fade
RANGES = Path(__file__).with_name("sound_ranges.json")
LYRICS = "[verse]\nMorning comes and paints the window gold\nEvery story that we never told\n" \
         "[chorus]\nSing it with me till the night is done\nWe are running, running to the sun"
COLUMNS = {"crest_db": "crest factor, dB", "slope_db": "slope 125 Hz–4 kHz, dB an octave",
           "range_lu": "loudness range, LU"}


def group_of(style: str) -> str:
    """"guitars", "electronic", "concert" or "band": the kind of recording a style is measured against."""
    family = cards()[style].family
    return next((name for name, families in GROUPS.items() if family in families), "band")


def make(style: str, seed: int, duration_s: float, lyrics: str = "") -> Take:
    """One take of a style."""
    request = Request(styles={style: 1.0}, takes=1, seed=seed, controls=Controls(duration_s=duration_s), lyrics=lyrics)
    return next(item for item in EmbeddedEngine().takes(request, Event()) if isinstance(item, Take))


def speed(style: str) -> dict[str, tuple[float, float, int]]:
    """What → (wall s, compute s, stems) for 30 s of a sung style; the median of three songs after one to warm up."""
    found: dict[str, list[tuple[float, float]]] = {"render": [], "mix": [], "master": [], "remix": []}

    def timed(name: str, work):
        wall_s, compute_s = time.monotonic(), time.process_time()  # of all threads of this process
        done = work()
        found[name].append((time.monotonic() - wall_s, time.process_time() - compute_s))
        return done

    n_stems = 0
    for seed in range(4):
        song = make(style, 40 + seed, 30.0, LYRICS).song
        performance = doubled(perform(song), song)
        stems = timed("render", lambda s=song, p=performance: render(p, seed=s.seed, tone=style_tone(s)))
        mixed = timed("mix", lambda s=song, p=performance, x=stems: mix(x, s, p))
        timed("master", lambda s=song, p=performance, x=mixed: master(
            x.bus, fade_out_s=closing_fade_s(s, p), duration_s=s.duration_s))
        mixer = Mixer(mixed.stems, song, performance)
        mixer.remix()
        timed("remix", lambda x=mixer: x.remix(MixSettings(gain_db={"drums": -3.0})))
        n_stems = max(n_stems, len(stems))
    return {name: (*np.median(rows[1:], axis=0), n_stems) for name, rows in found.items()}


def doubled(performance: Performance, song: Song) -> Performance:
    """The performance with its sung tune played by an instrument too: one stem more."""
    vocal = next(part for part in performance.parts if part.lane == "vocal")
    if any(part.lane == "melody" for part in performance.parts):
        return performance
    name = song.instruments.get("melody", "flute")
    notes = tuple(PlayedNote(note.onset_s, note.offset_s, note.midi, note.velocity) for note in vocal.sung)
    part = Part("melody", name, instruments()[name]["program"], False, notes)
    return replace(performance, parts=(*performance.parts, part))


def stem_clicks(take: Take) -> int:
    """Jumps at the starts and ends of a take's stems and where notes are let go, with no note beginning near."""
    found = 0
    for part in take.performance.parts:
        if part.is_drum:
            continue
        sound = take.stems[part.lane]
        notes = [*part.notes, *part.sung]
        onsets = np.sort([note.onset_s for note in notes])
        ends = np.array([note.offset_s for note in notes])
        alone = [end for end in ends if not ((onsets > end - 0.02) & (onsets < end + 0.04)).any()]
        found += len(clicks(sound.samples, sound.sample_rate, np.array(alone)))
        edges = np.concatenate([np.abs(sound.samples[:, :3]).max(axis=1), np.abs(sound.samples[:, -3:]).max(axis=1)])
        found += int((edges > 1e-2).any())
    return found


def within(takes: dict[str, list[Sound]], ranges: dict) -> tuple[list[str], int]:
    """Table rows of each group and measure, and how many takes lie outside."""
    rows, misses = [], 0
    for group in ranges["groups"]:
        sounds = [sound for style, found in takes.items() if group_of(style) == group for sound in found]
        for column, title in COLUMNS.items():
            values = [getattr(sound, column) for sound in sounds]
            if not values:
                continue
            low, high = ranges["groups"][group][column]
            outside = sum(not low <= value <= high for value in values)
            misses += outside > 0
            spread = f"{min(values):.1f} … {max(values):.1f} (median {np.median(values):.1f})"
            verdict = f"NO: {outside} of {len(values)}" if outside else "yes"
            rows.append(f"| {group}: {title} | {spread} | {low:g} … {high:g} | {verdict} |")
    return rows, misses


def measure_folder(folder: Path) -> None:
    """Print the measures of every recording in a folder, in stretches of about a take's length."""
    for path in sorted(folder.iterdir()):
        if path.suffix in (".ogg", ".wav", ".flac"):
            samples, rate = soundfile.read(path, always_2d=True)
            samples = np.repeat(samples.T[:1], 2, axis=0) if samples.shape[1] == 1 else samples.T
            found = [measure(samples[:, start:start + STRETCH_S * rate], rate)
                     for start in range(0, max(1, samples.shape[1] - STRETCH_S * rate), STRETCH_S * rate // 3)]
            print(json.dumps({path.name: {column: [round(min(getattr(x, column) for x in found), 1),
                                                   round(max(getattr(x, column) for x in found), 1)]
                                          for column in COLUMNS}}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--takes", type=int, default=50, help="over 25 styles")
    parser.add_argument("--duration", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--styles", nargs="*", help="only these")
    parser.add_argument("--no-speed", action="store_true")
    parser.add_argument("--each", action="store_true", help="a line a take")
    parser.add_argument("--measure", type=Path, help="a folder of recordings to take ranges from")
    args = parser.parse_args()
    if args.measure:
        return measure_folder(args.measure)
    misses = 0
    print("| what | measured | bound | holds |\n|---|---|---|---|")

    def row(name: str, value: str, bound: str, holds: bool) -> None:
        nonlocal misses
        misses += not holds
        print(f"| {name} | {value} | {bound} | {'yes' if holds else 'NO'} |", flush=True)

    if not args.no_speed:
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
        print(f"| ({os.cpu_count()} cores, load {load:.1f}; compute = seconds of all threads; where others keep the "
              "cores busy, wall time measures them, so the lesser of both is held to the bound) | | | |")
        for style, kind in (("indie_pop", "a band of samples"), ("synth_pop", "synthesisers")):
            times = speed(style)
            (render_s, render_cpu, n), (mix_s, mix_cpu, _), (master_s, master_cpu, _), (remix_s, remix_cpu, _) = (
                times[name] for name in ("render", "mix", "master", "remix"))
            row(f"render, {n} stems of 30 s: a voice, {kind}", f"{render_s:.2f} s ({render_cpu:.2f} s compute)",
                "2.5 s", min(render_s, render_cpu) <= 2.5)
            row("mix + master", f"{mix_s + master_s:.2f} s ({mix_cpu + master_cpu:.2f} s compute)", "1 s",
                min(mix_s + master_s, mix_cpu + master_cpu) <= 1.0)
            row("mixer: one fader moved, new master", f"{remix_s:.2f} s ({remix_cpu:.2f} s compute)", "1 s",
                min(remix_s, remix_cpu) <= 1.0)
    styles = args.styles or STYLES
    found: dict[str, list[Sound]] = {}
    n_clicks = 0
    for number in range(args.takes):
        style = styles[number % len(styles)]
        take = make(style, args.seed + number // len(styles), args.duration)
        sound = measure(take.audio.samples, take.audio.sample_rate)
        fade = round((closing_fade_s(take.song, take.performance) or 0.0) * take.audio.sample_rate)
        sound = replace(sound, range_lu=loudness_range(take.audio.samples[:, :take.audio.samples.shape[1] - fade],
                                                       take.audio.sample_rate))
        found.setdefault(style, []).append(sound)
        jumps = stem_clicks(take)
        n_clicks += jumps
        if args.each:
            print(style, {name: round(value, 2) for name, value in vars(sound).items()}, jumps, flush=True)
    sounds = [sound for several in found.values() for sound in several]
    row(f"loudness of {len(sounds)} takes in {len(found)} styles, furthest from -14 LUFS",
        f"{max(abs(x.lufs + 14) for x in sounds):.2f} LU", "0.2 LU", all(abs(x.lufs + 14) <= 0.2 for x in sounds))
    row("true peak by a meter of its own, highest", f"{max(x.true_peak_dbtp for x in sounds):.2f} dBTP", "-1.0 dBTP",
        all(x.true_peak_dbtp <= -1.0 for x in sounds))
    row("left and right under 120 Hz, lowest correlation", f"{min(x.low_correlation for x in sounds):.2f}", "0.8",
        all(x.low_correlation >= 0.8 for x in sounds))
    row("offset, highest against RMS", f"{max(x.offset_db for x in sounds):.0f} dB", "-50 dB",
        all(x.offset_db <= -50 for x in sounds))
    row("clipped samples", str(sum(x.clipped for x in sounds)), "0", not any(x.clipped for x in sounds))
    row("clicks at stems' edges and where notes end", str(n_clicks), "0", n_clicks == 0)
    rows, outside = within(found, json.loads(RANGES.read_text(encoding="utf-8")))
    print("\n".join(rows))
    sys.exit(misses + outside)


if __name__ == "__main__":
    main()
