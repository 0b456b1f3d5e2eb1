"""The command line: `make`, `edit`, `export`, `separate`, `listen` and the playground.

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

from modules.conditions.fuse import check_request, read_key
from modules.conditions.midi_tune import is_midi, read_tune
from modules.conditions.recall import plain, read_controls
from modules.conditions.reference_fixes import read_fixes
from modules.conditions.settings import read_beat, read_curve, read_lanes, read_notes
from modules.config import MAX_HUM_S, MAX_UPLOAD_S
from modules.errors import EarwormError, InputError
from modules.styles.blend import read_blend
from modules.types import SINGING, GridNote, HumBeat, Progress, ReferenceFixes, Request, Take

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
    change = commands.add_parser("edit", help="redo, extend or restyle a finished take")
    change.add_argument("recipe", type=Path)
    change.add_argument("--out", required=True, type=Path)
    how = change.add_mutually_exclusive_group(required=True)
    how.add_argument("--redo", help="a section (chorus, \"chorus 2\") or bars (9-16)")
    how.add_argument("--extend", help="seconds")
    how.add_argument("--restyle", help="a description of the new style")
    change.add_argument("--lanes", default="", help="for --redo: comma-separated parts, such as drums,bass")
    change.add_argument("--seed", type=int)
    change.add_argument("--stems", action="store_true")
    change.add_argument("--format", default="wav")
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
    from modules.engines.embedded import EmbeddedEngine

    return write_takes(EmbeddedEngine().takes(request, Event()), args)


def run_edit(args: argparse.Namespace) -> int:
    """Edit a take; writes `take_1` into the folder."""
    check_format(args.format)
    recipe = read_recipe(args.recipe).recipe
    from modules.engines.edit import EDITS, edit

    kind = next(name for name in EDITS if getattr(args, name))
    lanes = tuple(lane.strip() for lane in args.lanes.split(",") if lane.strip())
    seed = secrets.randbelow(2**31) if args.seed is None else args.seed
    return write_takes(edit(recipe, kind=kind, what=getattr(args, kind), lanes=lanes, seed=seed, cancel=Event()), args)


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


COMMANDS = {"make": run_make, "edit": run_edit, "export": run_export, "separate": run_separate,
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


