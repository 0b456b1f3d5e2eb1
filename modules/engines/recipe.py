"""A take's recipe: everything asked, everything found, and enough to make the take again, as JSON types."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from modules.audio.packed import pack
from modules.canvas import text as canvas_text
from modules.canvas.spelling import chord_name
from modules.conditions.fuse import Heard, key_name
from modules.conditions.recall import plain
from modules.config import SAMPLE_RATE, VERSION
from modules.errors import InputError
from modules.types import (
    Audio,
    Check,
    Condition,
    Performance,
    PlacedSyllable,
    Request,
    Song,
    Syllable,
)

EMBEDDING = (".wav", ".flac", ".mp3", ".ogg", ".mp4")  # files that carry their recipe
MAX_RECIPE_BYTES = 8_000_000


def content_hash(audio: Audio) -> str:
    """sha256 of decoded samples and their rate."""
    digest = hashlib.sha256(np.ascontiguousarray(audio.samples, np.float32).tobytes())
    digest.update(str(audio.sample_rate).encode())
    return digest.hexdigest()


def request_json(request: Request, heard: Heard) -> dict[str, Any]:
    """The request with sounds replaced by hash and analysis."""
    saved = (request.recipe or {}).get("request", {})
    hum = plain(heard.hum) if heard.hum is not None else None
    reference = plain(heard.reference) if heard.reference is not None else None
    return {
        "prompt": request.prompt, "negative": request.negative, "lyrics": request.lyrics, "voice": request.voice,
        "singing": request.singing,
        "styles": dict(request.styles), "set_aside": plain(request.set_aside),
        "controls": plain(request.controls), "faithfulness": request.faithfulness,
        "reference_mode": request.reference_mode, "reference_fixes": plain(request.reference_fixes),
        "strength": request.strength, "engine": request.engine, "takes": request.takes,
        "seed": request.seed, "hum_notes": plain(request.hum_notes), "hum": hum, "reference": reference,
        "hum_beat": plain(request.hum_beat), "follow_timing": request.follow_timing,
        "kept_voice": keep_recording(request, heard),
        "hum_name": request.hum_name, "reference_name": request.reference_name,
        "hum_sha256": content_hash(request.hum) if request.hum else saved.get("hum_sha256"),
        "reference_sha256": content_hash(request.reference) if request.reference else saved.get("reference_sha256"),
    }


def keep_recording(request: Request, heard: Heard) -> str | None:
    """The recording whose voice is kept, as text; None where none is."""
    if not request.keep_voice or heard.hum is None or not len(heard.hum.f0_hz):
        return None
    return pack(request.hum) if request.hum is not None else (request.recipe or {})["request"].get("kept_voice")


def write_recipe(*, request: Mapping[str, Any], condition: Condition, song: Song, performance: Performance,
                 report: tuple[Check, ...], loudness: tuple[float, float], duration_s: float, seed: int, take: int,
                 timings_s: Mapping[str, float], sounded_by: Mapping[str, str], sound_engine: str,
                 engine: str, summary: str, history: Mapping[str, Any] | None = None, kept: str = "",
                 timing: Sequence[tuple[float, float]] = (),
                 track_times: Sequence[tuple[float, float]] = ()) -> dict[str, Any]:
    """The recipe of one take; fields are the contract of the command line.

    Args:
        history: what an edited take has beside: "parent" (`lineage.child_of`) and "mixer" (`mix_sheet.sheet_json`).
        kept: the lane of a person's voice.
        timing: (seconds of the song, seconds of the take) where a track is heard in the take itself.
        track_times: (seconds of the take, seconds of the track it restyles), a pair a bar line.
    """
    canvas = song.canvas
    bars = (*performance.bar_starts_s, performance.duration_s)
    per_beat = canvas.steps_per_beat

    def at(step: float) -> float:
        bar, rest = divmod(step, canvas.steps_per_bar)
        bar = int(min(bar, canvas.n_bars - 1))
        start = bars[bar]
        end = bars[bar + 1] if bar + 1 < canvas.n_bars else start + canvas.steps_per_bar * song.step_s
        return float(start + (end - start) * min(1.0, rest / canvas.steps_per_bar))

    chords = []
    for beat, n, root, quality in canvas.chords():
        name = chord_name(root, quality, song.do_pc, song.mode)
        chords.append({"start_s": at(beat * per_beat), "end_s": at((beat + n) * per_beat - 1e-9), "name": name})
    by_lane = {part.lane: part for part in performance.parts}
    spoken = song.singing == "spoken"  # speech is no tune
    tune = by_lane.get("vocal" if not spoken else "melody") or by_lane.get("melody")
    notes = [] if tune is None else [
        {"onset_s": n.onset_s, "offset_s": n.offset_s, "midi": n.midi, "velocity": n.velocity}
        for n in (tune.sung or tune.notes)]
    sung = by_lane["vocal"].sung if "vocal" in by_lane else ()
    lyrics = [{"text": placed.syllable.word or placed.syllable.text, "syllable": note.text, "onset_s": note.onset_s,
               "offset_s": note.offset_s, "midi": note.midi}
              for note, placed in zip([n for n in sung if n.text], song.syllables, strict=False)]
    kept_lane = [{"name": kept, "instrument": "your voice", "program": 52, "is_drum": False, "notes": len(notes),
                  "sounded_by": "recording"}] if kept else []
    return plain({
        "request": request, "engine": engine, "version": VERSION, "seed": seed, "take": take, "summary": summary,
        "sample_rate": SAMPLE_RATE, "duration_s": duration_s,
        "key": key_name(song.tonic, song.mode), "meter": canvas.meter,
        "sections": [{"name": s.name, "start_bar": s.start_bar, "bars": s.bars, "energy": s.energy,
                      "start_s": bars[s.start_bar], "end_s": bars[min(s.start_bar + s.bars, len(bars) - 1)]}
                     for s in song.sections],
        "chords": chords,
        "lanes": [{"name": part.lane, "instrument": part.instrument, "program": part.program, "is_drum": part.is_drum,
                   "notes": len(part.notes) + len(part.sung), "sounded_by": sounded_by.get(part.lane, "")}
                  for part in performance.parts] + kept_lane,
        "notes": {"melody": notes}, "lyrics": lyrics, "report": report, "findings": condition.findings,
        "conflicts": condition.conflicts, "timing": timing, "track_times": track_times,
        "sound_engine": sound_engine,
        "loudness": {"integrated_lufs": loudness[0], "true_peak_dbtp": loudness[1]},
        "timings_s": timings_s,
        "versions": {name: version(name) for name in ("torch", "numpy", "librosa", "gradio", "transformers")},
        **score_json(song), **(history or {}),
    })


def score_json(song: Song) -> dict[str, Any]:
    """The song as a recipe holds it; `read_song` reads it back."""
    return plain({
        "seed": song.seed, "tempo_bpm": song.tempo_bpm, "swing": song.swing, "styles": dict(song.styles),
        "canvas": canvas_text.to_json(song.canvas),
        "song": {"tonic": song.tonic, "mode": song.mode, "swing_unit": song.swing_unit, "instruments":
                 dict(song.instruments), "voice": song.voice, "singing": song.singing, "ending": song.ending,
                 "brightness": song.brightness, "production": song.production, "syllables": song.syllables,
                 "energy_curve": song.energy_curve, "articulation": song.articulation,
                 "duration_s": song.duration_s, "beat_tempi": song.beat_tempi, "lateness": song.lateness},
    })


def load_recipe(path: Path) -> dict[str, Any]:
    """The recipe of a take: from its own file, or from a sound or video that Earworm wrote.

    Raises:
        InputError: no recipe is there.
    """
    if not path.is_file():
        raise InputError(f"There is no file {path.name}; check the path.")
    if path.suffix.lower() in EMBEDDING:
        from modules.audio.tags import read_recipe

        text = read_recipe(path)
    else:
        if path.stat().st_size > MAX_RECIPE_BYTES:
            raise InputError(f"{path.name} is too large for a recipe; give a take_N.json.")
        text = path.read_text(encoding="utf-8", errors="replace")
    try:
        recipe = json.loads(text)
    except ValueError:
        recipe = None
    if not isinstance(recipe, dict):
        raise InputError(f"{path.name} is not an Earworm recipe; give the take_N.json that was written with a take.")
    return recipe


def read_song(recipe: Mapping[str, Any]) -> Song:
    """The song that a recipe holds.

    Raises:
        InputError: not a recipe of a take.
    """
    try:
        song = recipe["song"]
        canvas = canvas_text.from_json(recipe["canvas"])
        syllables = tuple(PlacedSyllable(Syllable(**{**p["syllable"], "phonemes": tuple(p["syllable"]["phonemes"])}),
                                         p["step"], p["length"]) for p in song["syllables"])
        return Song(
            canvas=canvas, tempo_bpm=recipe["tempo_bpm"], tonic=song["tonic"], mode=song["mode"], swing=recipe["swing"],
            swing_unit=song["swing_unit"], sections=canvas.sections, styles=recipe["styles"],
            instruments=song["instruments"], syllables=syllables, voice=song["voice"],
            singing=song.get("singing", "sung"), brightness=song["brightness"],
            production=tuple(song["production"]), articulation=tuple(song.get("articulation", ())),
            ending=song["ending"], seed=recipe["seed"], duration_s=song["duration_s"],
            energy_curve=tuple(tuple(point) for point in song["energy_curve"]),
            beat_tempi=tuple(song.get("beat_tempi", ())),
            lateness=tuple((int(step), float(late)) for step, late in song.get("lateness", ())))
    except (KeyError, TypeError, ValueError):
        raise InputError("That file holds no finished take; give the take_N.json that was written with one.") from None
