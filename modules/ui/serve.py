"""Puts the real engine and listeners behind the page and serves it; what takes long to load is warmed meanwhile."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Thread

from modules.config import MAX_HUM_S, MAX_UPLOAD_S
from modules.types import Audio, Hum, Lyrics, Reference, Request, Take, TextReading
from modules.ui.listeners import Listeners
from modules.ui.page import build_page, launch_options


def hear_text(prompt: str, negative: str) -> TextReading:
    from modules.conditions.text import understand

    return understand(prompt, negative)


def hear_hum(path: Path) -> Hum:
    from modules.audio.decode import read_audio
    from modules.conditions.humming import listen

    return listen(read_audio(path, MAX_HUM_S))


def hear_reference(path: Path) -> Reference:
    from modules.audio.decode import read_audio
    from modules.conditions.reference import listen

    return listen(read_audio(path, MAX_UPLOAD_S))


def hear_lyrics(text: str) -> Lyrics:
    from modules.conditions.lyrics import parse

    return parse(text)


def read_sound(path: Path) -> Audio:
    from modules.audio.decode import read_audio

    return read_audio(path, MAX_UPLOAD_S)


def export(take: Take, folder: Path) -> Mapping[str, Path]:
    """WAV, MP3, MIDI and recipe of a take."""
    from modules.audio.encode import write_audio
    from modules.studio.export import export_take, metadata

    name = f"earworm_{take.seed}"
    paths = export_take(take, folder, stem=name, fmt="wav")
    mp3 = write_audio(folder / f"{name}.mp3", take.audio, "mp3", metadata=metadata(take, name))
    return {"WAV": paths["audio"], "MP3": mp3, "MIDI": paths["midi"], "Recipe": paths["recipe"]}


def export_stems(take: Take, folder: Path) -> Mapping[str, Path]:
    """Every lane as MP3, for listening in the page."""
    from modules.audio.encode import write_audio

    paths = {}
    for lane, audio in take.stems.items():
        paths[lane] = folder / f"earworm_{take.seed}_{lane}.mp3"
        write_audio(paths[lane], audio, "mp3")
    return paths


def voice_names() -> tuple[str, ...]:
    from modules.vocoder.voicebank import voices

    return tuple(voices())


def listeners() -> Listeners:
    """The real listeners; each room is imported when first needed, so that the page stands within seconds."""
    return Listeners(text=hear_text, hum=hear_hum, reference=hear_reference, lyrics=hear_lyrics,
                     read_audio=read_sound, export=export, stems=export_stems, voices=voice_names)


class LazyEmbedded:
    """The embedded engine, imported at its first use."""

    name = "embedded"

    def available(self) -> str | None:
        from modules.engines.embedded import EmbeddedEngine

        return EmbeddedEngine().available()

    def takes(self, request: Request, cancel: Event):
        from modules.engines.embedded import EmbeddedEngine

        yield from EmbeddedEngine().takes(request, cancel)


def warm() -> None:
    """Load encoder, generator, sound font and voices before the first person presses Make."""
    from modules.engines.embedded import EmbeddedEngine
    from modules.types import Controls

    request = Request(prompt="soft piano", takes=1, seed=1, controls=Controls(duration_s=6.0))
    for _ in EmbeddedEngine().takes(request, Event()):
        pass


def serve(*, host: str, port: int | None) -> None:
    """Serve the page until stopped. On a Space the platform's own host and port are taken."""
    page = build_page(LazyEmbedded(), listeners())
    Thread(target=warm, name="warm", daemon=True).start()
    on_space = bool(os.environ.get("SPACE_ID"))
    page.launch(server_name="0.0.0.0" if on_space else os.environ.get("GRADIO_SERVER_NAME", host), server_port=port,
                **launch_options())
