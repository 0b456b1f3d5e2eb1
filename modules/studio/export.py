"""Writes a take's files whole or not at all: sound, stems, MIDI and recipe, each saying that it is AI-generated."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np

from modules.audio.encode import FORMATS, SUBTYPES, write_audio
from modules.errors import InputError
from modules.performance.midi import write_midi
from modules.types import PITCH_CLASSES, Audio, Take


def export_take(take: Take, folder: Path, *, stem: str, fmt: str = "wav", bits: int = 24,
                stems: bool = False) -> dict[str, Path]:
    """Write `STEM.fmt`, `STEM.mid`, `STEM.json` and, if asked, `STEM.stems/LANE.wav` (24 bits) into `folder`.

    Everything is written beside its place first and then renamed, so that no file is ever half there; files of the same
    name are replaced.

    Args:
        stem: file name without suffix, such as "take_1".
        fmt: "wav", "flac", "mp3" or "ogg".
        bits: 24, or 16 with triangular dither drawn from the take's seed; of the mix, in wav and flac.

    Returns:
        "audio", "midi" and "recipe" → path, and with `stems` also "stems" → their folder.

    Raises:
        InputError: an unknown format or bit depth, or a name that is not a plain file name.
        OSError: the folder cannot be written.
    """
    if fmt not in FORMATS:
        raise InputError(f'"{fmt}" is not a format that can be written; {", ".join(FORMATS)} would be right.')
    if str(bits) not in SUBTYPES:
        raise InputError(f"{bits} bits cannot be written; 16 or 24 would be right.")
    if not stem or Path(stem).name != stem or stem.startswith("."):
        raise InputError(f'"{stem}" is no file name; a plain name such as take_1 would be right.')
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = {"audio": f"{stem}.{fmt}", "midi": f"{stem}.mid", "recipe": f"{stem}.json"}
    with tempfile.TemporaryDirectory(prefix=".writing_", dir=folder) as temporary:
        draft = Path(temporary)
        sound = dithered(take.audio, take.seed) if bits == 16 and fmt in ("wav", "flac") else take.audio
        write_audio(draft / names["audio"], sound, fmt, str(bits), metadata(take, stem))
        write_midi(take.performance, take.song, draft / names["midi"])
        text = json.dumps(take.recipe, indent=2, ensure_ascii=False, allow_nan=False)
        (draft / names["recipe"]).write_text(text + "\n", encoding="utf-8")
        if stems:
            names["stems"] = f"{stem}.stems"
            (draft / names["stems"]).mkdir()
            for lane, audio in take.stems.items():
                path = draft / names["stems"] / f"{lane}.wav"
                write_audio(path, audio, "wav", "24", metadata(take, f"{stem} {lane}"))
            if (folder / names["stems"]).exists():  # a folder cannot be renamed onto one that holds files
                shutil.move(folder / names["stems"], draft / "replaced")
        for name in names.values():
            (draft / name).replace(folder / name)
    return {kind: folder / name for kind, name in names.items()}


def metadata(take: Take, title: str) -> dict[str, str]:
    """Standard tags: title, artist, and tempo and key in the comment (which begins with the AI notice)."""
    song = take.song
    key = f"{PITCH_CLASSES[song.tonic]} {song.mode}"
    return {"title": title, "artist": "Earworm (AI)",
            "comment": f"{song.tempo_bpm:g} BPM, {key}, seed {take.seed}. {take.summary}".strip()}


def dithered(audio: Audio, seed: int) -> Audio:
    """Triangular noise of ±1 step of 16 bits, so that rounding turns into hiss instead of distortion."""
    rng = np.random.default_rng((seed & 0xFFFFFFFF, 16))
    shape = audio.samples.shape
    noise = rng.random(shape, np.float32) - rng.random(shape, np.float32)
    return Audio(audio.samples + noise / np.float32(32_768), audio.sample_rate)
