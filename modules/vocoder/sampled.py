"""Sampled instruments: a General MIDI sound font through FluidSynth. Parts in, stems out, all in one pass.

FluidSynth mixes each MIDI channel into an audio channel of its own (`synth.audio-groups`), so one synth gives every
stem at once. A keeper synth holds the font's samples in memory; each render opens a fresh synth beside it, because a
reset one is not byte-identical. Events snap to FluidSynth's blocks of 64 samples.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from threading import Event

import numpy as np

from modules.config import SAMPLE_RATE
from modules.errors import Cancelled
from modules.types import Part

BLOCK = 64  # samples
GAIN = 1.2  # a solo line near -26 dBFS; floats do not clip, the studio sets levels
DRUM_BANK = 128
MAX_PARTS = 16
POLYPHONY = 512
PITCH_FIXED_CC = {1: 0, 7: 100, 10: 64, 11: 127, 64: 0}  # the state every part starts from
SLICE_S = 1.0  # how often a render looks whether it was cancelled
# How late a program speaks, seconds: notes are sent this much early, so that they are heard on time. About 40 % of
# what the shipped font takes to half its level (measured in three registers); more would blur the onset.
SPEAKS_S = {19: 0.04, 20: 0.02, 21: 0.03, 23: 0.02, 29: 0.015, 34: 0.012, 40: 0.07, 41: 0.08, 42: 0.07, 43: 0.07,
            44: 0.03, 48: 0.06, 49: 0.10, 52: 0.09, 53: 0.02, 57: 0.025, 58: 0.02, 60: 0.045, 61: 0.03, 65: 0.02,
            68: 0.03, 72: 0.025, 73: 0.03, 74: 0.015, 75: 0.025, 77: 0.035, 78: 0.025, 109: 0.05, 110: 0.06}
_PLACES = (
    "/usr/share/sounds/sf3/MuseScore_General_Lite.sf3", "/usr/share/sounds/sf3/MuseScore_General.sf3",
    "/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/sounds/sf3/FluidR3_GM.sf3",
    "/usr/share/sounds/sf2/default-GM.sf2", "/usr/share/sounds/sf3/default-GM.sf3",
    "/opt/homebrew/share/sounds/sf2/FluidR3_GM.sf2", "/usr/local/share/soundfonts/default.sf2",
)

_lock = threading.Lock()
_keeper: dict[Path, object] = {}  # font → the synth that keeps its samples in memory


def find_font() -> Path | None:
    """The sound font: `EARWORM_SOUNDFONT`, else a distribution's General MIDI font, else pretty_midi's TimGM6mb."""
    asked = os.environ.get("EARWORM_SOUNDFONT")
    if asked is not None:
        return Path(asked) if Path(asked).is_file() else None
    places = [Path(place) for place in _PLACES]
    spec = find_spec("pretty_midi")
    if spec and spec.origin:
        places.append(Path(spec.origin).parent / "TimGM6mb.sf2")
    return next((place for place in places if place.is_file()), None)


def find_library() -> object | None:
    """pyfluidsynth's module, or None where it or libfluidsynth is not installed."""
    if sys.modules.get("fluidsynth"):
        return sys.modules["fluidsynth"]
    try:
        with redirect_stdout(sys.stderr):  # where the variable CI is set, it prints while it is imported
            import fluidsynth
    except ImportError:  # pyfluidsynth raises it for the missing C library too
        return None
    return fluidsynth


def available() -> bool:
    """Whether sampled instruments can sound here."""
    return find_font() is not None and find_library() is not None


def load_font() -> None:
    """Read the font into memory once (seconds), where there is one: a server does so before the first take."""
    font, library = find_font(), find_library()
    if font is None or library is None:
        return
    with _lock:
        if font not in _keeper:
            _keeper[font] = _open(library, font, 1)


def _open(library, font: Path, n_channels: int):
    """A synth without effects whose channel i writes audio pair i. Returns (synth, font id)."""
    settings = {
        "synth.reverb.active": 0, "synth.chorus.active": 0, "synth.polyphony": POLYPHONY, "synth.cpu-cores": 1,
        "synth.audio-channels": n_channels, "synth.audio-groups": n_channels, "synth.midi-channels": MAX_PARTS,
    }
    synth = library.Synth(gain=GAIN, samplerate=float(SAMPLE_RATE), **settings)
    return synth, synth.sfload(str(font))


def _events(parts: list[Part], n_samples: int) -> list[tuple[int, int, int, int, int, int]]:
    """(block-snapped sample, rank, channel, kind 0 off 1 control 2 on, number, value), in order."""
    def snap(time_s: float) -> int:
        return min(round(time_s * SAMPLE_RATE / BLOCK) * BLOCK, n_samples)

    out = []
    for channel, part in enumerate(parts):
        early_s = 0.0 if part.is_drum else SPEAKS_S.get(part.program, 0.0)
        for time_s, number, value in part.controls:
            out.append((snap(time_s), 1, channel, 1, number, value))
        ends: dict[int, int] = {}
        for note in part.notes:
            # not before the same key is up
            start = max(snap(max(0.0, note.onset_s - early_s)), min(ends.get(note.midi, 0), snap(note.onset_s)))
            ends[note.midi] = snap(note.offset_s)
            out.append((start, 2, channel, 2, note.midi, note.velocity))
            out.append((max(snap(note.offset_s), start + BLOCK), 0, channel, 0, note.midi, 0))
    return sorted(out)


def render_sampled(parts: list[Part], duration_s: float, cancel: Event | None = None) -> dict[str, np.ndarray]:
    """Stems of instrumental parts.

    Returns:
        lane → float32 (2, n_samples), n_samples = round(duration_s · 44,100).

    Raises:
        Cancelled: `cancel` was set.
        ValueError: no font, no library, or more than 16 parts.
    """
    font, library = find_font(), find_library()
    if font is None or library is None:
        raise ValueError("No sound font or no FluidSynth library here; ask available() first.")
    if len(parts) > MAX_PARTS:
        raise ValueError(f"{len(parts)} sampled parts; FluidSynth has {MAX_PARTS} channels.")
    n_samples = round(duration_s * SAMPLE_RATE)
    load_font()
    with _lock:  # the sample cache is shared
        synth, font_id = _open(library, font, len(parts))
    try:
        for channel, part in enumerate(parts):
            synth.program_select(channel, font_id, DRUM_BANK if part.is_drum else 0, part.program)
            for number, value in PITCH_FIXED_CC.items():
                synth.cc(channel, number, value)
        buffers = np.zeros((len(parts), 2, n_samples + BLOCK), np.float32)
        write = _writer(library, synth, buffers)
        now = 0
        for at, _, channel, kind, number, value in _events(parts, n_samples):
            while now < at:
                step = min(at - now, int(SLICE_S * SAMPLE_RATE) // BLOCK * BLOCK)
                write(now, step)
                now += step
                if cancel is not None and cancel.is_set():
                    raise Cancelled("Stopped.")
            if kind == 2:
                synth.noteon(channel, number, value)
            elif kind == 0:
                synth.noteoff(channel, number)
            else:
                synth.cc(channel, number, value)
        write(now, n_samples - now)
    finally:
        synth.delete()
    return {part.lane: buffers[i, :, :n_samples] for i, part in enumerate(parts)}


def _writer(library, synth, buffers: np.ndarray) -> Callable[[int, int], None]:
    """write(start, n): render the next n samples of every channel into `buffers` (parts, 2, samples)."""
    # the public binding has 16-bit output only; pyfluidsynth's own handle gives the float function
    call = library._fl.fluid_synth_nwrite_float
    n_parts = len(buffers)
    pointers = ctypes.c_void_p * n_parts
    # the handle is shared by all renders, so its types must not depend on this one's number of parts
    several = ctypes.POINTER(ctypes.c_void_p)
    call.argtypes = [ctypes.c_void_p, ctypes.c_int, several, several, ctypes.c_void_p, ctypes.c_void_p]
    call.restype = ctypes.c_int
    bases = [[buffers[i, side].ctypes.data for i in range(n_parts)] for side in (0, 1)]

    def write(start: int, n: int) -> None:
        if n > 0:
            left, right = (pointers(*(base + 4 * start for base in side)) for side in bases)
            call(synth.synth, n, left, right, None, None)

    return write
