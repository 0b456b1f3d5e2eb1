"""Stems as one ZIP that adds up to the mix: every lane as it lies there, and one file for what they share.

A lane goes through rooms, echo and bus alone. What the bus does to all of them together (its compressor hears the
whole, old machines add noise once) is the difference to the mix, and stands in `bus_effects.wav`: all files laid over
each other are what the master was given.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np

from modules.audio.encode import write_audio
from modules.audio.tags import AI_NOTICE
from modules.errors import InputError
from modules.studio.mix import Mixed, placed_table
from modules.studio.mix_sheet import MixSettings
from modules.studio.provenance import sign
from modules.types import Audio, Performance, Song

SHARED = "bus_effects"
FULL_SCALE = 0.98  # most peak of any file; all are turned down alike where one would clip
README = """{title}

{notice}. Stems at {rate} Hz, 24 bit, all of one length, starting together.

Lay all files over each other without changing a level and you have the mix before mastering. Each part sounds as it
does there, with its rooms and echo; {shared}.wav holds what the mix bus does to all of them together. Leave it out
where you mix anew.
Tempo {bpm:g} BPM, {key}. All files were turned down by {down:.2f} dB from the mixer's level.
"""


def laid_stems(mixed: Mixed, song: Song, performance: Performance, settings: MixSettings | None = None, *,
               scale: float = 1.0, cancel: Event | None = None) -> dict[str, Audio]:
    """Every sounding lane as it lies in the mix: alone through the rooms, the echo and the bus.

    Args:
        mixed: with untouched faders.
        settings: a person's faders; a lane that is muted has no stem.
        scale: what their mix was turned down by (`Mixed.scale`).

    Raises:
        Cancelled: `cancel` was set.
    """
    settings = settings or MixSettings()
    table = placed_table(mixed.stems, song, performance)
    table = replace(table, character=replace(table.character, old=0.0))  # one record crackles, not each lane
    return {lane: Audio(table.bus({lane: table.fade(lane, settings)}, settings, cancel) * np.float32(scale), table.rate)
            for lane in table.lanes if settings.hears(lane)}


def with_shared(stems: Mapping[str, Audio], bus: Audio) -> dict[str, np.ndarray]:
    """Lanes that sound, and `SHARED`: file name → float32 (2, T), which add up to `bus`.

    Raises:
        InputError: stems and bus of different rates or lengths.
    """
    wrong = {lane for lane, stem in stems.items() if stem.sample_rate != bus.sample_rate
             or stem.samples.shape[-1] != bus.samples.shape[-1]}
    if wrong:
        raise InputError(f"the stems of {', '.join(sorted(wrong))} are not as long as the mix; render them again.")
    out = {lane: np.broadcast_to(stem.samples, bus.samples.shape) for lane, stem in stems.items()
           if np.any(stem.samples)}
    total = np.zeros(bus.samples.shape, np.float64)
    for sound in out.values():
        total += sound
    return {**out, SHARED: (bus.samples - total).astype(np.float32)}


def write_stems(path: Path | str, stems: Mapping[str, Audio], bus: Audio, tags: Mapping[str, str]) -> None:
    """Write the ZIP: `LANE.wav` for each lane that sounds, `rooms_and_bus.wav`, `README.txt`.

    Args:
        tags: of the take, as `write_tags` takes them; the recipe stands in no stem.
    """
    sounds = with_shared(stems, bus)
    peak = max(float(np.abs(sound).max(initial=0.0)) for sound in sounds.values())
    scale = np.float32(min(1.0, FULL_SCALE / max(peak, 1e-9)))
    with tempfile.TemporaryDirectory() as folder, \
            zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as bundle:  # sound does not deflate
        for name, sound in sounds.items():
            own = {**tags, "title": f"{tags.get('title', '')} · {name}", "recipe": "", "lufs": "", "dbtp": ""}
            file = write_audio(Path(folder) / f"{name}.wav", Audio(sound * scale, bus.sample_rate), "wav", "24", own)
            sign(file, own["title"])
            bundle.write(file, file.name)
            file.unlink()
        bundle.writestr("README.txt", README.format(
            title=tags.get("title", ""), notice=AI_NOTICE, rate=bus.sample_rate, shared=SHARED,
            bpm=float(tags.get("bpm") or 0), key=tags.get("key", ""), down=abs(20 * np.log10(float(scale)))))
