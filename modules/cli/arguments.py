"""What each command takes; the contract is in the README."""

from __future__ import annotations

import argparse
from pathlib import Path

from modules.errors import InputError
from modules.types import SINGING


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
    add_make(commands.add_parser("make", help="make takes and write them to a folder"))
    grid = commands.add_parser("grid", help="vary prompts and settings, as a page that opens from the folder")
    add_make(grid)
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


def add_make(make: argparse.ArgumentParser) -> None:
    """The options of `make`, which `grid` takes too."""
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
