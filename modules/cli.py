"""The command line: `make`, `grid`, `edit`, `mix`, `export`, `separate`, `listen` and the playground.

Bad input: one line on standard error, exit 2.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from modules.conditions.fuse import check_request, read_key
from modules.conditions.midi_tune import is_midi, read_tune
from modules.conditions.recall import plain, read_controls
from modules.conditions.reference_fixes import read_fixes
from modules.conditions.settings import read_beat, read_curve, read_lanes, read_notes
from modules.config import MAX_HUM_S, MAX_UPLOAD_S
from modules.errors import EarwormError, InputError
from modules.styles.blend import read_blend
from modules.types import SINGING, GridNote, HumBeat, Progress, ReferenceFixes, Request, Take

if TYPE_CHECKING:
    from modules.engines.trials import Axis

FORMATS = ("wav", "flac", "mp3", "ogg")


class Parser(argparse.ArgumentParser):
    """Reports a bad argument as one sentence."""

    def error(self, message: str) -> None:
        raise InputError(f"{message[0].upper()}{message[1:]}; see `python app.py {self.prog.split()[-1]} --help`.")


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; the contract is in the README."""
    parser = Parser(prog="app.py", description="Earworm: type, hum, drop in a track or paste lyrics.")
    commands = parser.add_subparsers(dest="command", parser_class=Parser)
    serve = commands.add_parser("serve", help="the playground in the browser (the default)")
    for command in (parser, serve):
        command.add_argument("--host", default="127.0.0.1")
        command.add_argument("--port", type=int, default=None, help="default 7860, or the next free one")
    make = commands.add_parser("make", help="make takes and write them to a folder")
    make.add_argument("--out", required=True, type=Path)
    make.add_argument("--prompt", default="")
    make.add_argument("--negative", default="")
    make.add_argument("--style", default="", help="up to three styles with weights: \"bossa nova:0.6,synthwave:0.4\"")
    make.add_argument("--hum", type=Path, help="a recording of a tune, or a MIDI file")
    make.add_argument("--hum-notes", default="", help="the tune's notes, step:length:MIDI in sixteenths: "
                                                      "\"0:4:60, 4:2:62\"")
    make.add_argument("--hum-beat", default="", help="its beat as far as you know it: \"tempo=96, meter=3/4\"")
    make.add_argument("--follow-timing", action="store_true", help="play the tune with the hum's own timing")
    make.add_argument("--keep-voice", action="store_true", help="the hum itself, tuned, over the band")
    make.add_argument("--reference", type=Path)
    make.add_argument("--reference-mode", default="vibe", help="vibe, restyle, continue or accompany")
    make.add_argument("--strength", type=float, help="of a restyling: 0 as the original, 1 wholly new")
    make.add_argument("--reference-fixes", default="", help="corrections of what was heard in the track: \"tempo*2, "
                                                            "key=A minor, downbeat+1\"")
    make.add_argument("--lyrics", default="", help="the words, or a text file that holds them")
    make.add_argument("--voice", default="auto")
    make.add_argument("--singing", choices=SINGING, help="words sung or spoken, or the tune hummed")
    make.add_argument("--engine", default="embedded")
    make.add_argument("--takes", type=int)
    make.add_argument("--seed", type=int)
    make.add_argument("--curve", default="", help="energy over time, seconds:0–1: \"0:0.2,15:0.9,30:0.4\"")
    make.add_argument("--instruments", default="", help="lane=instrument or lane=none: \"bass=tuba,drums=none\"")
    for name in ("duration", "tempo", "energy", "complexity", "density", "brightness", "swing"):
        make.add_argument(f"--{name}", type=float)
    make.add_argument("--key")
    make.add_argument("--meter")
    make.add_argument("--faithfulness", type=float)
    make.add_argument("--stems", action="store_true")
    make.add_argument("--format", default="wav")
    make.add_argument("--recipe", type=Path, help="make a recipe's take again; other options change it")
    make.add_argument("--best", type=int, default=0, help="of the takes made, keep this many, by their match reports")
    grid = commands.add_parser("grid", help="vary prompts and settings, as a page that opens from the folder",
                               parents=[make], conflict_handler="resolve")
    grid.add_argument("--prompts", default="", help="a text file, one prompt a line, or \"a|b\"")
    grid.add_argument("--vary", action="append", default=[], help="energy=0.2,0.5,0.8 or style=waltz|lo-fi; twice at "
                      "most, three times without --prompts")
    grid.set_defaults(format="mp3", takes=1)
    add_edit(commands.add_parser("edit", help="change a finished take: bars, parts, style, chords, key, tempo"))
    add_mix(commands.add_parser("mix", help="mix a finished take again, from its recipe"))
    leave = commands.add_parser("export", help="write a finished take in other formats, from its recipe")
    leave.add_argument("take", type=Path, metavar="RECIPE|TAKE",
                       help="a take_N.json, or a sound or video with one inside")
    leave.add_argument("--to", required=True, help="comma-separated: wav24, wav16, flac, mp3, ogg, loop, stems, "
                                                   "midi, musicxml, score, lrc, mp4, recipe")
    leave.add_argument("--out", required=True, type=Path)
    apart = commands.add_parser("separate", help="take a track apart into voice, drums and the rest")
    apart.add_argument("track", type=Path)
    apart.add_argument("--out", required=True, type=Path)
    apart.add_argument("--how", default="simple", help="simple, or demucs (fetches its weights once)")
    apart.add_argument("--format", default="wav")
    hear = commands.add_parser("listen", help="print what is understood of an input, as JSON")
    hear.add_argument("file", help="a file; - for text on standard input")
    hear.add_argument("--as", dest="kind", required=True)
    return parser


def add_edit(change: argparse.ArgumentParser) -> None:
    """The options of `edit`."""
    change.add_argument("recipe", type=Path)
    change.add_argument("--out", required=True, type=Path)
    how = change.add_mutually_exclusive_group(required=True)
    how.add_argument("--redo", metavar="BARS", help="a section (chorus, \"chorus 2\") or bars (9-16)")
    how.add_argument("--reroll", nargs="?", const="", metavar="BARS", help="all but what is locked: these bars, and "
                                                                           "the parts of --lanes")
    how.add_argument("--extend", metavar="SECONDS")
    how.add_argument("--lead-in", metavar="SECONDS", help="begin earlier")
    how.add_argument("--restyle", metavar="TEXT", help="a description of the new style")
    how.add_argument("--reharmonise", nargs="?", const="", metavar="WORDS", help="other chords: jazzier, sadder, …")
    how.add_argument("--chords", help="these chords, bar by bar: \"Am F C G\"")
    how.add_argument("--mood", help="calm, tense, triumphant, or several: a take each, aligned bar for bar")
    how.add_argument("--transpose", metavar="KEY", help="+2 or \"F# minor\"")
    how.add_argument("--tempo", help="120 or +10%%")
    how.add_argument("--instruments", help="\"bass=tuba,drums=none\"")
    how.add_argument("--alone", metavar="LANES", help="some parts by themselves")
    how.add_argument("--undo", nargs="?", const="1", metavar="STEPS", help="the take before the last edit")
    change.add_argument("--lanes", default="", help="for --redo and --reroll: parts, such as drums,bass")
    change.add_argument("--bars", default="", help="for --reharmonise and --chords: where, as for --redo")
    change.add_argument("--count", dest="several", type=int, metavar="N", help="for --reharmonise: N to audition")
    change.add_argument("--seed", type=int)
    change.add_argument("--stems", action="store_true")
    change.add_argument("--format", default="wav")


def add_mix(again: argparse.ArgumentParser) -> None:
    """The options of `mix`."""
    again.add_argument("recipe", type=Path)
    again.add_argument("--out", required=True, type=Path)
    again.add_argument("--preset", default="", help="as_made, more_vocals, drums_up, club, intimate, wide, karaoke, "
                                                    "speech_bed; the other options change it")
    again.add_argument("--set", dest="level", default="", help="levels in dB: \"drums=-3,vocal=+2,pad=off\"")
    again.add_argument("--pan", default="", help="-1 left … 1 right: \"comp=0.3\"")
    again.add_argument("--eq", default="", help="bands low, mid, high in dB: \"bass.low=+3\"")
    again.add_argument("--reverb", default="", help="room in dB: \"pad=+4\"")
    again.add_argument("--mute", default="", help="parts, such as melody,pad")
    again.add_argument("--solo", default="")
    again.add_argument("--lufs", type=float, help="loudness: -14 streaming, -16 Apple Music, -23 broadcast")
    again.add_argument("--stems", action="store_true")
    again.add_argument("--format", default="wav")


def read_text(path: Path, limit: int = 2_000_000) -> str:
    """A text file's content.

    Raises:
        InputError: missing, too large or not text.
    """
    if not path.is_file():
        raise InputError(f"There is no file {path.name}; check the path.")
    if path.stat().st_size > limit:
        raise InputError(f"{path.name} is too large for text; give a plain text file.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not plain text; save it as UTF-8 text.") from None


def read_request(args: argparse.Namespace) -> Request:
    """A request from the options of `make`; a recipe gives what the options leave out."""
    from modules.audio.decode import read_audio

    request = read_recipe(args.recipe) if args.recipe else Request(seed=secrets.randbelow(2**31))
    check_format(args.format)
    if args.engine != "embedded":
        raise InputError(f"There is no engine called {args.engine!r} here; choose embedded.")
    controls = {"tempo_bpm": args.tempo, "duration_s": args.duration, "energy": args.energy,
                "complexity": args.complexity, "density": args.density, "brightness": args.brightness,
                "swing": args.swing, "meter": args.meter}
    if args.key:
        controls["tonic"], controls["mode"] = read_key(args.key)
    controls["energy_curve"] = read_curve(args.curve) if args.curve else None
    controls["lane_instruments"] = read_lanes(args.instruments) if args.instruments else None
    words = args.lyrics
    if words and "\n" not in words and len(words) < 250 and (Path(words).is_file() or words.endswith(".txt")):
        words = read_text(Path(words))
    given = {
        "prompt": args.prompt, "negative": args.negative, "lyrics": words, "takes": args.takes, "seed": args.seed,
        "faithfulness": args.faithfulness, "voice": args.voice if args.voice != "auto" else None,
        "singing": args.singing,
        "reference_mode": args.reference_mode if args.reference else None, "strength": args.strength,
        "reference_fixes": read_fixes(args.reference_fixes) if args.reference_fixes else None,
        "styles": read_blend(args.style) if args.style else None,
    }
    request = replace(
        request, controls=replace(request.controls, **{k: x for k, x in controls.items() if x is not None}),
        **{k: x for k, x in given.items() if x not in (None, "")})
    if args.hum:  # its notes are not those of another tune
        request = replace(request, hum_notes=(), hum_beat=HumBeat(), hum_name=args.hum.name)
    told = {"hum_notes": read_notes(args.hum_notes), "hum_beat": read_beat(args.hum_beat) if args.hum_beat else None,
            "follow_timing": args.follow_timing, "keep_voice": args.keep_voice}
    request = replace(request, **{name: value for name, value in told.items() if value})
    check_request(replace(request, prompt=request.prompt or ("…" if args.hum or args.reference else "")))
    if args.hum:
        given = {"tune": read_tune(args.hum)} if is_midi(args.hum) else {"hum": read_audio(args.hum, MAX_HUM_S)}
        request = replace(request, **given)
    if args.reference:
        request = replace(request, reference=read_audio(args.reference, MAX_UPLOAD_S),
                          reference_name=args.reference.name)
    return request


def read_recipe(path: Path) -> Request:
    """The request that a recipe holds, for its one take.

    Raises:
        InputError: not a recipe.
    """
    try:
        from modules.engines.recipe import load_recipe

        recipe = load_recipe(path)
        asked = recipe["request"]
        return Request(
            prompt=asked["prompt"], negative=asked["negative"], lyrics=asked["lyrics"], voice=asked["voice"],
            singing=asked.get("singing", "sung"),
            styles=asked["styles"], set_aside=tuple(asked.get("set_aside", ())),
            controls=read_controls(asked["controls"]), faithfulness=asked["faithfulness"],
            reference_mode=asked["reference_mode"], strength=asked.get("strength", 0.5),
            reference_fixes=ReferenceFixes(**asked.get("reference_fixes", {})), engine=asked["engine"], takes=1,
            seed=asked["seed"],
            hum_notes=tuple(GridNote(**note) for note in asked["hum_notes"]), hum_name=asked["hum_name"],
            hum_beat=HumBeat(**asked.get("hum_beat", {})), follow_timing=asked.get("follow_timing", False),
            keep_voice=asked.get("kept_voice") is not None,
            reference_name=asked["reference_name"], recipe=recipe)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{path.name} is not an Earworm recipe; give the take_N.json that was written with a take."
                         ) from None


def run_export(args: argparse.Namespace) -> int:
    """Write a take's other formats; a line each."""
    if args.out.exists() and not args.out.is_dir():
        raise InputError(f"{args.out.name} is a file; give a folder to write to.")
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


def read_axes(args: argparse.Namespace) -> list[Axis]:
    """What `grid` varies: prompts first, then settings in the order given."""
    from modules.engines.trials import axes_of

    given = args.prompts
    if given and "|" not in given and (Path(given).is_file() or given.endswith(".txt")):
        given = read_text(Path(given)).replace("\n", "|")
    return axes_of(given, args.vary)


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


def show_progress(item: Progress) -> None:
    """The progress line, on a terminal only; a finished one is wiped."""
    if sys.stderr.isatty():
        line = f"\r{item.fraction:4.0%}  {item.message[:90]:90s}" if item.fraction < 1 else "\r" + " " * 98 + "\r"
        print(line, end="", file=sys.stderr, flush=True)


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


def names(text: str) -> list[str]:
    """The names of a comma-separated list."""
    return [name.strip() for name in text.split(",") if name.strip()]


def check_format(name: str) -> None:
    """Raise `InputError` for a sound format that is not written."""
    if name not in FORMATS:
        raise InputError(f"The format {name!r} is not one Earworm writes; choose {', '.join(FORMATS)}.")


def write_takes(items: Iterable[Progress | Take], args: argparse.Namespace) -> int:
    """Write takes as they come; a line each on standard output, progress on a terminal."""
    if args.out.exists() and not args.out.is_dir():
        raise InputError(f"{args.out.name} is a file; give a folder to write to.")
    from modules.studio.export import export_take

    show = sys.stderr.isatty()
    number = 0
    for item in items:
        if isinstance(item, Progress):
            if show:
                print(f"\r{item.fraction:4.0%}  {item.message:40s}", end="", file=sys.stderr, flush=True)
            continue
        number += 1
        args.out.mkdir(parents=True, exist_ok=True)
        paths = export_take(item, args.out, stem=f"take_{number}", fmt=args.format, stems=args.stems)
        if show:
            print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
        print(describe(number, item, paths), flush=True)
    return 0


def describe(number: int, take: Take, paths: dict[str, Path]) -> str:
    """One line about a finished take."""
    audio = next(path for path in paths.values() if path.suffix[1:] in FORMATS)
    loudness = take.recipe["loudness"]["integrated_lufs"]
    return (f"take {number}: {audio}  {take.audio.duration_s:.1f} s  {take.summary}  {loudness:.1f} LUFS  "
            f"seed {take.seed}")


def run_separate(args: argparse.Namespace) -> int:
    """Write a track's parts; a line each."""
    check_format(args.format)
    if args.out.exists() and not args.out.is_dir():
        raise InputError(f"{args.out.name} is a file; give a folder to write to.")
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


COMMANDS = {"make": run_make, "grid": run_grid, "edit": run_edit, "mix": run_mix, "export": run_export,
            "separate": run_separate,
            "listen": run_listen, "serve": run_serve, None: run_serve}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    try:
        args = build_parser().parse_args(argv)
        return COMMANDS[args.command](args)
    except EarwormError as error:
        print(str(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


