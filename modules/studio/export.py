"""Everything a take can leave as: sound, stems, MIDI, sheet music, karaoke, film, recipe. Whole files or none.

The door to the rooms' writers: owns names, titles and the order of work (write, tag, sign). Every file says that it is
AI-generated; sound and film carry the recipe, so that they can be opened again.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

from modules.audio.encode import FORMATS, SUBTYPES, write_audio
from modules.audio.tags import compact, write_tags
from modules.errors import InputError
from modules.performance.midi import write_midi
from modules.studio.lyrics import lrc
from modules.studio.mix_sheet import MixSheet
from modules.studio.provenance import sign
from modules.types import PITCH_CLASSES, Audio, Performance, Song, Take

TITLE_LENGTH = 60  # letters
LONGEST_LOOP = 16  # bars


@dataclass(frozen=True)
class Kind:
    """A way to leave: file name ending, what people call it, the group it stands in, and what it is for."""

    suffix: str
    title: str
    group: str
    hint: str


KINDS: Mapping[str, Kind] = {
    "wav24": Kind(".wav", "WAV 24-bit", "Sound", "for the studio"),
    "wav16": Kind(".16bit.wav", "WAV 16-bit", "Sound", "as on a CD"),
    "flac": Kind(".flac", "FLAC", "Sound", "lossless, smaller"),
    "mp3": Kind(".mp3", "MP3", "Sound", "plays anywhere"),
    "ogg": Kind(".ogg", "OGG", "Sound", "small, for games"),
    "loop": Kind(".loop.wav", "Loop", "Sound", "one section that goes round"),
    "stems": Kind(".stems.zip", "Stems", "Parts", "each part as WAV, in a ZIP"),
    "midi": Kind(".mid", "MIDI", "Parts", "opens in any sequencer"),
    "musicxml": Kind(".musicxml", "MusicXML", "Score", "opens in MuseScore"),
    "score": Kind(".svg", "Score picture", "Score", "to read and print"),
    "lrc": Kind(".lrc", "Karaoke (LRC)", "Score", "the words with their times"),
    "mp4": Kind(".mp4", "Video", "Video", "moving notes and words"),
    "recipe": Kind(".json", "Recipe", "Recipe", "makes this take again"),
}
_SOUNDS = {"wav24": ("wav", "24"), "wav16": ("wav", "16"), "flac": ("flac", "24"), "mp3": ("mp3", "16"),
           "ogg": ("ogg", "16")}


@dataclass(frozen=True)
class Piece:
    """What exports are made from. Sound is fetched only when an export needs it.

    sound  () → the finished master
    mixed  () → (every lane as it lies in the mix, the mix that the master was given)
    sheet  how a person set the mixer; a loop is mixed so too
    """

    song: Song
    performance: Performance
    recipe: Mapping[str, Any]
    sound: Callable[[], Audio]
    mixed: Callable[[], tuple[Mapping[str, Audio], Audio]]
    sheet: MixSheet = MixSheet()


def export_as(piece: Piece, kinds: Sequence[str], folder: Path, *, stem: str,
              cancel: Event | None = None) -> dict[str, Path]:
    """Write each kind as `STEM` + its ending into `folder`; files of the same name are replaced.

    Args:
        kinds: of `KINDS`, in any order.
        stem: file name without ending, such as "take_1".

    Returns:
        kind → path.

    Raises:
        InputError: an unknown kind, one that this take has nothing for, or a name that is not a plain file name;
            nothing was written.
        Cancelled: `cancel` was set.
        OSError: the folder cannot be written.
    """
    check_kinds(kinds, piece.song)
    check_name(stem)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    out = {}
    with tempfile.TemporaryDirectory(prefix=".writing_", dir=folder) as temporary:
        for kind in dict.fromkeys(kinds):
            name = stem + KINDS[kind].suffix
            _write(piece, kind, Path(temporary) / name, cancel)
            out[kind] = folder / name
        for path in out.values():
            (Path(temporary) / path.name).replace(path)
    return out


def check_kinds(kinds: Sequence[str], song: Song) -> None:
    """Raise `InputError` for a kind that is unknown or that the song has nothing for."""
    for kind in kinds:
        if kind not in KINDS:
            raise InputError(f"{kind!r} is not a way to export; choose from {', '.join(KINDS)}.")
    if not kinds:
        raise InputError(f"Nothing to export was named; choose from {', '.join(KINDS)}.")
    if "lrc" in kinds and not song.syllables:
        raise InputError("There are no sung words in this take, so it has no karaoke file; leave lrc out.")


def check_name(stem: str) -> None:
    """Raise `InputError` for what is no plain file name."""
    if not stem or Path(stem).name != stem or stem.startswith("."):
        raise InputError(f'"{stem}" is no file name; a plain name such as take_1 would be right.')


def kinds_for(song: Song) -> tuple[str, ...]:
    """The kinds that a song has something for."""
    return tuple(kind for kind in KINDS if kind != "lrc" or song.syllables)


def _write(piece: Piece, kind: str, path: Path, cancel: Event | None) -> None:
    song, performance, recipe = piece.song, piece.performance, piece.recipe
    title = title_of(song, recipe)
    if kind in _SOUNDS:
        fmt, bits = _SOUNDS[kind]
        write_sound(path, piece.sound(), fmt, bits, metadata(song, recipe), song.seed)
    elif kind == "loop":
        write_loop(path, piece, *loop_bars(song), cancel)
    elif kind == "stems":
        from modules.studio.stems import write_stems

        write_stems(path, *piece.mixed(), metadata(song, recipe))
    elif kind == "midi":
        write_midi(performance, song, path, title)
    elif kind in ("musicxml", "score"):
        from modules.studio.score import draw_score, lead_sheet

        sheet = lead_sheet(song, title, comment=metadata(song, recipe)["comment"])
        path.write_bytes(sheet if kind == "musicxml" else draw_score(sheet).encode())
        sign(path, title)
    elif kind == "lrc":
        path.write_text(lrc(song, performance, title, recipe["duration_s"]), encoding="utf-8")
    elif kind == "mp4":
        from modules.studio.video import write_video

        write_video(path, piece.sound(), song, performance, title=title, sections=recipe["sections"],
                    chords=recipe["chords"], cancel=cancel)
        write_tags(path, "mp4", metadata(song, recipe))
        sign(path, title)
    else:
        path.write_text(recipe_text(recipe), encoding="utf-8")


def loop_bars(song: Song) -> tuple[int, int]:
    """(first bar, number of bars) of the section with the most energy, the first of equals, at most `LONGEST_LOOP`."""
    section = max(song.sections, key=lambda section: (section.energy, -section.start_bar))
    return section.start_bar, min(section.bars, LONGEST_LOOP)


def write_loop(path: Path, piece: Piece, first: int, n_bars: int, cancel: Event | None = None) -> float:
    """Bars of a piece (`first` 0 is the first) as a WAV that goes round, mixed as its sheet says; its seconds.

    Raises:
        InputError: the piece has no such bars.
    """
    from modules.studio.loop import make_loop

    song, sheet = piece.song, piece.sheet
    loop = make_loop(song, first, n_bars, settings=sheet.settings, target_lufs=sheet.target_lufs, cancel=cancel)
    name = song.canvas.section_at(first).name
    tags = metadata(song, piece.recipe) | {"lufs": f"{loop.integrated_lufs:g}", "dbtp": f"{loop.true_peak_dbtp:g}",
                                           "beats": str(n_bars * song.canvas.beats_per_bar)}
    tags["title"] += f" (loop of the {name}, {n_bars} bars)"
    write_sound(path, loop.audio, "wav", "24", tags, song.seed)
    return loop.audio.duration_s


def write_sound(path: Path, audio: Audio, fmt: str, bits: str, tags: Mapping[str, str], seed: int) -> Path:
    """A sound file with its tags and content credentials; 16 bits in wav and flac are dithered by the seed."""
    sound = dithered(audio, seed) if bits == "16" and fmt in ("wav", "flac") else audio
    write_audio(path, sound, fmt, bits, tags)
    sign(path, tags.get("title", ""))
    return path


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
    check_name(stem)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = {"audio": f"{stem}.{fmt}", "midi": f"{stem}.mid", "recipe": f"{stem}.json"}
    tags = metadata(take.song, take.recipe, take.summary)
    with tempfile.TemporaryDirectory(prefix=".writing_", dir=folder) as temporary:
        draft = Path(temporary)
        write_sound(draft / names["audio"], take.audio, fmt, str(bits), tags, take.seed)
        write_midi(take.performance, take.song, draft / names["midi"], tags["title"])
        (draft / names["recipe"]).write_text(recipe_text(take.recipe), encoding="utf-8")
        if stems:
            names["stems"] = f"{stem}.stems"
            (draft / names["stems"]).mkdir()
            for lane, audio in take.stems.items():
                own = {**tags, "title": f"{tags['title']} · {lane}", "recipe": "", "lufs": "", "dbtp": ""}
                write_audio(draft / names["stems"] / f"{lane}.wav", audio, "wav", "24", own)
            if (folder / names["stems"]).exists():  # a folder cannot be renamed onto one that holds files
                shutil.move(folder / names["stems"], draft / "replaced")
        for name in names.values():
            (draft / name).replace(folder / name)
    return {kind: folder / name for kind, name in names.items()}


def recipe_text(recipe: Mapping[str, Any]) -> str:
    """A recipe as a file holds it."""
    return json.dumps(recipe, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def title_of(song: Song, recipe: Mapping[str, Any]) -> str:
    """A title for people: the first words sung, else what was asked for, else style and key."""
    if song.syllables:
        first = [p.syllable for p in sorted(song.syllables, key=lambda p: p.step) if p.syllable.line == 0]
        text = "".join(s.text + (" " if s.last_in_word else "") for s in first) or song.syllables[0].syllable.word
    else:
        text = str(recipe.get("request", {}).get("prompt", ""))
    text = " ".join(text.split())
    if not text:
        style = max(song.styles, key=song.styles.get, default="music").replace("_", " ")
        text = f"{style} in {PITCH_CLASSES[song.tonic]} {song.mode}"
    if len(text) > TITLE_LENGTH:
        text = text[:TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(",;:.") + " …"
    return text[0].upper() + text[1:]


def metadata(song: Song, recipe: Mapping[str, Any], summary: str = "") -> dict[str, str]:
    """What the files say about themselves, as `tags.write_tags` takes it; the notice is added there."""
    key = f"{PITCH_CLASSES[song.tonic]} {song.mode}"
    style = max(song.styles, key=song.styles.get, default="").replace("_", " ")
    loudness = recipe.get("loudness", {})
    told = {"lufs": loudness.get("integrated_lufs"), "dbtp": loudness.get("true_peak_dbtp")}
    beats = round(float(recipe.get("duration_s", 0)) * song.tempo_bpm / 60)
    comment = f"{song.tempo_bpm:g} BPM, {key}, seed {song.seed}."
    return {"title": title_of(song, recipe), "artist": "Earworm (AI)", "genre": style, "bpm": f"{song.tempo_bpm:g}",
            "key": key, "beats": str(beats), "recipe": compact(without_recording(recipe)),
            "comment": f"{comment} {summary}".strip(),
            **{name: f"{value:g}" for name, value in told.items() if value is not None}}


def without_recording(recipe: Mapping[str, Any]) -> Mapping[str, Any]:
    """The recipe as sound and video carry it: a person's own recording stays in the recipe file alone."""
    request = recipe.get("request", {})
    return {**recipe, "request": {**request, "kept_voice": ""}} if request.get("kept_voice") else recipe


def dithered(audio: Audio, seed: int) -> Audio:
    """Triangular noise of ±1 step of 16 bits, so that rounding turns into hiss instead of distortion."""
    rng = np.random.default_rng((seed & 0xFFFFFFFF, 16))
    shape = audio.samples.shape
    noise = rng.random(shape, np.float32) - rng.random(shape, np.float32)
    return Audio(audio.samples + noise / np.float32(32_768), audio.sample_rate)
