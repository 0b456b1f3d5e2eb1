"""A short recording as text, to stand in a recipe: Ogg Opus, base64. Lossy; what comes back is what is used."""

from __future__ import annotations

import base64
import binascii
import io
from functools import lru_cache

import numpy as np
import soundfile

from modules.audio.decode import resample
from modules.errors import InputError
from modules.types import Audio

RATE = 48_000  # Hz, Opus' own
BLOCK = 10 * RATE  # samples written at a time: libsndfile's encoder fails on much at once


def pack(audio: Audio) -> str:
    """The sound in mono; about 100 kB of text for ten seconds."""
    mono = np.clip(resample(audio, RATE).mono, -1, 1)
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", RATE, 1, format="OGG", subtype="OPUS") as file:
        for start in range(0, len(mono), BLOCK):
            file.write(mono[start:start + BLOCK])
    return base64.b64encode(buffer.getvalue()).decode("ascii")


@lru_cache(maxsize=4)
def unpack(text: str) -> Audio:
    """The sound that `pack` wrote, read-only.

    Raises:
        InputError: damaged.
    """
    try:
        samples, rate = soundfile.read(io.BytesIO(base64.b64decode(text, validate=True)), dtype="float32")
    except (binascii.Error, ValueError, soundfile.LibsndfileError):
        raise InputError("The recording inside the recipe is damaged; give the original recipe.") from None
    samples.setflags(write=False)
    return Audio(samples[None], rate)
