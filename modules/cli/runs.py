"""The commands: each takes its options, prints a line for each thing made, and returns the exit status."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from threading import Event

from modules.cli.requests import (
    FORMATS,
    check_folder,
    check_format,
    names,
    read_axes,
    read_recipe,
    read_request,
    read_text,
)
from modules.conditions.midi_tune import is_midi, read_tune
from modules.conditions.recall import plain
from modules.config import MAX_HUM_S, MAX_UPLOAD_S
from modules.errors import InputError
from modules.types import Progress, Take


def run_export(args: argparse.Namespace) -> int:
    """Write a take's other formats; a line each."""
    check_folder(args.out)
    from modules.engines.recipe import load_recipe
    from modules.engines.replay import replay
    from modules.studio.export import export_as

    kinds = [kind.strip().lower() for kind in args.to.split(",") if kind.strip()]
    piece = replay(load_recipe(args.take))
    for kind, path in export_as(piece, kinds, args.out, stem=args.take.name.split(".")[0] or "take").items():
        print(f"{kind}: {path}")
    return 0


def run_make(args: argparse.Namespace) -> int:
    """Make takes; prints a line each, progress on a terminal."""
    request = read_request(args)
    if args.best and not 1 <= args.best <= request.takes:
        raise InputError(f"The best {args.best} of {request.takes} takes were asked for; ask for 1 to {request.takes}.")
    from modules.engines.best import best_of
    from modules.engines.embedded import EmbeddedEngine

    return write_takes(best_of(EmbeddedEngine().takes(request, Event()), args.best), args)


def run_grid(args: argparse.Namespace) -> int:
    """Make a grid of takes and a page that shows it; a line for each take."""
    axes = read_axes(args)
    args.prompt = args.prompt or (axes[0].values[0] if axes and axes[0].name == "prompt" else "")
    request = read_request(args)
    from modules.engines.trials import over_settings, run_trials

    trials = over_settings(request, axes)
    from modules.engines.embedded import EmbeddedEngine
    from modules.studio.export import export_take
    from modules.ui.faces import face_of
    from modules.ui.grid_report import TAKES, Report

    report, engine = Report(args.out, trials, "Earworm grid"), EmbeddedEngine()
    for item in run_trials(trials, lambda _: engine, Event()):
        if isinstance(item, Progress):
            show_progress(item)
            continue
        told = ", ".join(f"{name} {value}" for name, value in item.trial.labels.items())
        if item.take is None:
            report.add(item)
            print(f"{told}: {item.reason}", file=sys.stderr)
            continue
        paths = export_take(item.take, args.out / TAKES, stem=report.name_of(item), fmt=args.format)
        report.add(item, face_of(item.take, paths, {}), args.out / TAKES)
        print(f"{told}: {describe(item.number, item.take, paths)}", flush=True)
    print(f"page: {args.out / 'index.html'}")
    return 0


def run_edit(args: argparse.Namespace) -> int:
    """Edit a take; writes `take_1`, or a set from `take_1` on, into the folder."""
    check_format(args.format)
    recipe = read_recipe(args.recipe).recipe
    from modules.engines.orders import KINDS, carry_out

    kind = next(name for name in KINDS if getattr(args, name, None) is not None)
    what, lanes, count = getattr(args, kind), args.lanes, args.several
    if kind == "alone":
        what, lanes = "", args.alone
    elif kind == "mood" and "," in what:
        kind = "moods"
    elif kind == "reharmonise" and count:
        kind = "progressions"
    order = {"kind": kind, "what": what, "lanes": names(lanes), "bars": args.bars, "seed": args.seed, "count": count}
    return write_takes(carry_out(recipe, order, cancel=Event()), args)


def run_mix(args: argparse.Namespace) -> int:
    """Mix a take again; writes `take_1` into the folder."""
    check_format(args.format)
    recipe = read_recipe(args.recipe).recipe
    from modules.engines.edit import remix
    from modules.studio.mix_sheet import preset, read_sheet, written

    start = preset(args.preset) if args.preset else read_sheet(recipe.get("mixer"))
    sheet = written(start, level=args.level, pan=args.pan, eq=args.eq, reverb=args.reverb, mute=args.mute,
                    solo=args.solo, lufs=args.lufs)
    return write_takes(remix(recipe, sheet, cancel=Event()), args)


def run_separate(args: argparse.Namespace) -> int:
    """Write a track's parts; a line each."""
    check_format(args.format)
    check_folder(args.out)
    from modules.audio.decode import read_audio
    from modules.audio.encode import write_audio
    from modules.audio.separation import separate

    parts = separate(read_audio(args.track, MAX_UPLOAD_S), args.how)
    args.out.mkdir(parents=True, exist_ok=True)
    for name, part in parts.items():
        path = args.out / f"{args.track.stem}_{name}.{args.format}"
        write_audio(path, part, args.format, made_by_ai=False)
        print(f"{name}: {path}")
    return 0


def run_listen(args: argparse.Namespace) -> int:
    """Print what one input says, as JSON."""
    kinds = ("hum", "reference", "text", "lyrics")
    if args.kind not in kinds:
        raise InputError(f"Listening as {args.kind!r} is unknown; choose {', '.join(kinds)}.")
    if args.kind in ("text", "lyrics"):
        text = sys.stdin.read() if args.file == "-" else read_text(Path(args.file))
        if args.kind == "text":
            from modules.conditions.text import to_json, understand

            found = to_json(understand(text.strip()))
        else:
            from modules.conditions.lyrics import parse
            from modules.conditions.lyrics import to_json as lyrics_json

            found = lyrics_json(parse(text))
    else:
        from modules.audio.decode import read_audio

        if args.kind == "hum":
            from modules.conditions.fuse import key_name
            from modules.conditions.humming import listen

            hum = read_tune(args.file) if is_midi(args.file) else listen(read_audio(args.file, MAX_HUM_S))
            found = {"tempo_bpm": hum.tempo_bpm, "key": key_name(hum.tonic, hum.mode), "meter": hum.meter,
                     "tuning_cents": hum.tuning_cents, "notes": hum.notes, "grid": hum.grid}
        else:
            from modules.conditions.reference import listen as listen_reference
            from modules.conditions.reference import to_json as reference_json

            found = reference_json(listen_reference(read_audio(args.file, MAX_UPLOAD_S)))
    print(json.dumps(plain(found), indent=1, ensure_ascii=False))
    return 0


def run_serve(args: argparse.Namespace) -> int:
    """Open the playground."""
    from modules.ui.serve import serve

    serve(host=args.host, port=args.port)
    return 0


def write_takes(items: Iterable[Progress | Take], args: argparse.Namespace) -> int:
    """Write takes as they come; a line each on standard output, progress on a terminal."""
    check_folder(args.out)
    from modules.studio.export import export_take

    number = 0
    for item in items:
        if isinstance(item, Progress):
            show_progress(item)
            continue
        number += 1
        args.out.mkdir(parents=True, exist_ok=True)
        paths = export_take(item, args.out, stem=f"take_{number}", fmt=args.format, stems=args.stems)
        show_progress(Progress(1.0, ""))
        print(describe(number, item, paths), flush=True)
    return 0


def show_progress(item: Progress) -> None:
    """The progress line, on a terminal only; a finished one is wiped."""
    if sys.stderr.isatty():
        line = f"\r{item.fraction:4.0%}  {item.message[:90]:90s}" if item.fraction < 1 else "\r" + " " * 98 + "\r"
        print(line, end="", file=sys.stderr, flush=True)


def describe(number: int, take: Take, paths: dict[str, Path]) -> str:
    """One line about a finished take."""
    audio = next(path for path in paths.values() if path.suffix[1:] in FORMATS)
    loudness = take.recipe["loudness"]["integrated_lufs"]
    return (f"take {number}: {audio}  {take.audio.duration_s:.1f} s  {take.summary}  {loudness:.1f} LUFS  "
            f"seed {take.seed}")


COMMANDS = {"make": run_make, "grid": run_grid, "edit": run_edit, "mix": run_mix, "export": run_export,
            "separate": run_separate, "listen": run_listen, "serve": run_serve, None: run_serve}
