"""Writes finished sound to files that say, in the format's standard metadata, that an AI made them.

Knows nothing of takes: gets an `Audio`, a format and a few words.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import soundfile

from modules.audio.tags import write_tags
from modules.errors import InputError
from modules.types import Audio

FORMATS = ("wav", "flac", "mp3", "ogg")
SUBTYPES = {"16": "PCM_16", "24": "PCM_24"}  # bits a sample, wav and flac
BLOCK = 65_536  # frames; libsndfile 1.2.2 crashes on an OGG of ten minutes written in one call


def write_audio(path: str | os.PathLike, audio: Audio, fmt: str, subtype: str = "16",
                metadata: Mapping[str, str] | None = None, *, made_by_ai: bool = True) -> Path:
    """Write `audio` to `path`, whole or not at all.

    Args:
        path: file to write; an existing one is replaced.
        audio: float32 (channels, samples); what lies outside [-1, 1] is clipped.
        fmt: "wav", "flac", "mp3" (constant 320 kb/s) or "ogg" (Vorbis, high quality).
        subtype: "16" or "24" bits for wav and flac; the others ignore it.
        metadata: what `tags.write_tags` knows; the AI notice is always written with it.
        made_by_ai: False for parts of a person's own recording: neither notice nor metadata.

    Raises:
        InputError: an unknown format or bit depth.
        ValueError: samples that are not finite.
    """
    if fmt not in FORMATS:
        raise InputError(f'"{fmt}" is not a format that can be written; {", ".join(FORMATS)} would be right.')
    if subtype not in SUBTYPES:
        raise InputError(f"{subtype} bits cannot be written; 16 or 24 would be right.")
    if not np.isfinite(audio.samples).all():
        raise ValueError("audio holds values that are not finite")
    path = Path(path)
    partial = path.with_name(path.name + ".part")
    try:
        n_channels = audio.samples.shape[0]
        with soundfile.SoundFile(partial, "w", audio.sample_rate, n_channels, **_codec(fmt, subtype)) as file:
            frames = audio.samples.T
            for start in range(0, len(frames), BLOCK):
                block = np.clip(frames[start:start + BLOCK], -1.0, 1.0)
                file.write(_rounded(block, int(subtype)) if fmt in ("wav", "flac") else block)
        if made_by_ai:
            write_tags(partial, fmt, metadata or {})
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def _rounded(block: np.ndarray, bits: int) -> np.ndarray:
    """Samples rounded to `bits`, as int32 whose lower bits are empty; libsndfile itself would cut them off."""
    steps = np.round(block.astype(np.float64) * 2 ** (bits - 1))
    return np.minimum(steps, 2 ** (bits - 1) - 1).astype(np.int32) << (32 - bits)


def _codec(fmt: str, subtype: str) -> dict:
    if fmt == "mp3":
        return {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "CONSTANT", "compression_level": 0.0}
    if fmt == "ogg":
        return {"format": "OGG", "subtype": "VORBIS", "compression_level": 0.2}  # 0 is best; 0.2 is Vorbis' q8
    return {"format": fmt.upper(), "subtype": SUBTYPES[subtype]}
