"""Options, text files and recipes → requests, and what `grid` varies."""

from __future__ import annotations

import argparse
import secrets
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modules.conditions.fuse import check_request, read_key
from modules.conditions.midi_tune import is_midi, read_tune
from modules.conditions.recall import read_controls
from modules.conditions.reference_fixes import read_fixes
from modules.conditions.settings import read_beat, read_curve, read_lanes, read_notes
from modules.config import MAX_HUM_S, MAX_UPLOAD_S
from modules.errors import InputError
from modules.styles.blend import read_blend
from modules.types import GridNote, HumBeat, ReferenceFixes, Request

if TYPE_CHECKING:
    from modules.engines.trials import Axis

FORMATS = ("wav", "flac", "mp3", "ogg")


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


def read_axes(args: argparse.Namespace) -> list[Axis]:
    """What `grid` varies: prompts first, then settings in the order given."""
    from modules.engines.trials import axes_of

    given = args.prompts
    if given and "|" not in given and (Path(given).is_file() or given.endswith(".txt")):
        given = read_text(Path(given)).replace("\n", "|")
    return axes_of(given, args.vary)


def names(text: str) -> list[str]:
    """The names of a comma-separated list."""
    return [name.strip() for name in text.split(",") if name.strip()]


def check_folder(out: Path) -> None:
    """Raise `InputError` where a file stands in the place of the folder to write to."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out.name} is a file; give a folder to write to.")


def check_format(name: str) -> None:
    """Raise `InputError` for a sound format that is not written."""
    if name not in FORMATS:
        raise InputError(f"The format {name!r} is not one Earworm writes; choose {', '.join(FORMATS)}.")
