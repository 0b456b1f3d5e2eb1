"""Puts the real engine and listeners behind the page and serves it; what takes long to load is warmed meanwhile."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event, Thread

from modules.config import MAX_HUM_S, MAX_UPLOAD_S
from modules.types import Audio, Hum, HumBeat, Lyrics, Reference, Request, Take, TextReading
from modules.ui.faces import Face, draw_face, read_report, write_face
from modules.ui.listeners import Listeners
from modules.ui.page import build_page, launch_options
from modules.ui.real_workshop import real_workshop


def hear_text(prompt: str, negative: str) -> TextReading:
    from modules.conditions.text import understand

    return understand(prompt, negative)


def hear_hum(path: Path, beat: HumBeat) -> Hum:
    from modules.conditions.midi_tune import is_midi, read_tune

    if is_midi(path):
        return read_tune(path)
    from modules.audio.decode import read_audio
    from modules.engines.hearing import listen_on

    return listen_on(read_audio(path, MAX_HUM_S), beat)


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
    """WAV, MP3, MIDI and recipe of a take; the other kinds are made when somebody asks (`export_as`)."""
    from modules.studio.export import Piece, export_as

    piece = Piece(take.song, take.performance, take.recipe, lambda: take.audio, lambda: ({}, take.audio))
    return export_as(piece, ("wav24", "mp3", "midi", "recipe"), folder, stem=f"earworm_{take.seed}")


def export_recipe(source: Path, kinds: Sequence[str], folder: Path) -> Mapping[str, Path]:
    """A take's files from its recipe; the finished sound is taken from the WAV beside it, where there is one."""
    from modules.engines.recipe import load_recipe
    from modules.engines.replay import replay
    from modules.studio.export import KINDS, export_as

    beside = source.with_name(source.stem + KINDS["wav24"].suffix)
    made_here = source.suffix == ".json" and beside.is_file() and source.parent == folder
    piece = replay(load_recipe(source), sound=beside if made_here else None)
    return export_as(piece, kinds, folder, stem=source.name.split(".")[0] or "take")


def reopen(source: Path, folder: Path) -> Face:
    """A take from its recipe; its sound is the file that carries it or lies beside it, else it is played again."""
    from modules.engines.recipe import EMBEDDING, load_recipe
    from modules.engines.replay import replay
    from modules.studio.export import KINDS, export_as

    recipe = load_recipe(source)
    beside = sorted(folder.glob("*.mp3"))
    sound = source if source.suffix.lower() in EMBEDDING else beside[0] if beside else None
    piece = replay(recipe, sound=sound)
    kinds = ("mp3", "midi", "recipe") if sound else ("wav24", "mp3", "midi", "recipe")
    stem = f"earworm_{piece.song.seed}"
    files = {kind: folder / (stem + KINDS[kind].suffix) for kind in kinds}
    missing = [kind for kind, path in files.items() if not path.is_file()]
    if missing:
        export_as(piece, missing, folder, stem=stem)
    face = draw_face(piece.sound(), piece.performance, recipe, read_report(recipe), files, {})
    write_face(face, folder)
    return face


def draw_sound(path: Path) -> str:
    """Waveform, spectrum and loudness of a take's WAV, with the sections of the recipe beside it."""
    from modules.audio.decode import read_audio
    from modules.engines.recipe import load_recipe
    from modules.ui.sound_plots import sound_pictures

    recipe = load_recipe(path.with_suffix(".json"))
    return sound_pictures(read_audio(path, 2 * MAX_UPLOAD_S), recipe.get("sections", ()))


def export_stems(take: Take, folder: Path) -> Mapping[str, Path]:
    """Every lane as MP3, for listening in the page."""
    from modules.audio.encode import write_audio

    paths = {}
    for lane, audio in take.stems.items():
        paths[lane] = folder / f"earworm_{take.seed}_{lane}.mp3"
        write_audio(paths[lane], audio, "mp3")
    return paths


def track_pictures(path: Path, reference: Reference) -> str:
    from modules.audio.decode import read_audio
    from modules.ui.track_plots import track_pictures as pictures

    return pictures(read_audio(path, MAX_UPLOAD_S), reference)


def separate_track(path: Path, how: str, folder: Path) -> Mapping[str, Path]:
    """Parts of a track as MP3, for listening in the page."""
    from modules.audio.decode import read_audio
    from modules.audio.encode import write_audio
    from modules.audio.separation import separate

    return {name: write_audio(folder / f"{name}.mp3", part, "mp3", made_by_ai=False)
            for name, part in separate(read_audio(path, MAX_UPLOAD_S), how).items()}


def write_original(track: Audio, path: Path) -> Path:
    """A track as MP3 at the takes' loudness, so that a comparison is of music and not of level."""
    from modules.audio.encode import write_audio
    from modules.studio.beside import at_loudness

    return write_audio(path, at_loudness(track), "mp3", made_by_ai=False)


def voice_names() -> tuple[str, ...]:
    from modules.vocoder.voicebank import voices

    return tuple(voices())


def listeners() -> Listeners:
    """The real listeners; each room is imported when first needed, so that the page stands within seconds."""
    return Listeners(text=hear_text, hum=hear_hum, reference=hear_reference, lyrics=hear_lyrics,
                     read_audio=read_sound, export=export, stems=export_stems, export_as=export_recipe,
                     pictures=draw_sound, voices=voice_names, track_pictures=track_pictures,
                     separate=separate_track, original=write_original, reopen=reopen, workshop=real_workshop())


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
