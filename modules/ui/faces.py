"""What a take's card shows, as plain data: made once from a take, kept beside its files, drawn again at any time.

A face holds pictures that were drawn here; one that comes from elsewhere is never read (`library.bundle` leaves faces
out). Knows takes, recipes and files; refuses to know the page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any

import soundfile

from modules.errors import InputError
from modules.types import Audio, Check, Performance, Take
from modules.ui.plots import piano_roll, waveform

FACE = "face.json"
PLAYABLE = (".mp3", ".ogg", ".wav", ".flac")  # what browsers play, lightest first
WRONG = "That recipe is damaged; give the take_N.json as it was written with a take."


@dataclass(frozen=True)
class Original:
    """The track that a take restyles: its file in the take's folder, its name for people, and (seconds of the take,
    seconds of the track) at each bar line."""

    file: str
    name: str
    times: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Face:
    """`files` are kinds of export → file names, `stems` lanes → (file name, seconds), both inside the take's folder."""

    seed: int
    summary: str
    duration_s: float
    lufs: float
    wave: str
    roll: str
    words: str
    report: tuple[Check, ...]
    files: Mapping[str, str]
    stems: Mapping[str, tuple[str, float]]
    original: Original | None = None


def face_of(take: Take, files: Mapping[str, Path], stems: Mapping[str, Path]) -> Face:
    """The face of a take that was just made.

    Args:
        files: kind of export → written file.
        stems: lane → written sound file.
    """
    return draw_face(take.audio, take.performance, {**take.recipe, "summary": take.summary, "seed": take.seed},
                     take.report, files, stems)


def draw_face(audio: Audio, performance: Performance, recipe: Mapping[str, Any], report: tuple[Check, ...],
              files: Mapping[str, Path], stems: Mapping[str, Path]) -> Face:
    """As `face_of`, from a recipe that somebody may have written by hand.

    Raises:
        InputError: the recipe's values are of the wrong kinds.
    """
    duration = audio.duration_s
    try:
        roll = piano_roll(performance.parts, duration, sections=recipe.get("sections") or (),
                          chords=recipe.get("chords") or (), bar_starts_s=performance.bar_starts_s)
        return Face(
            seed=int(recipe["seed"]), summary=str(recipe.get("summary") or _plain_line(recipe)), duration_s=duration,
            lufs=float(recipe["loudness"]["integrated_lufs"]), wave=waveform(audio), roll=roll,
            words=sung_words(recipe.get("lyrics") or ()), report=report,
            files={kind: Path(path).name for kind, path in files.items()},
            stems={lane: (Path(path).name, soundfile.info(path).duration) for lane, path in stems.items()})
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputError(WRONG) from None


def _plain_line(recipe: Mapping[str, Any]) -> str:
    return f"{float(recipe['tempo_bpm']):.0f} BPM, {recipe['key']}"


def read_report(recipe: Mapping[str, Any]) -> tuple[Check, ...]:
    """The match report that a recipe holds.

    Raises:
        InputError: it is none.
    """
    try:
        checks = tuple(Check(str(line["name"]), str(line["asked"]), str(line["heard"]),
                             None if line["match"] is None else float(line["match"]), str(line["verdict"]))
                       for line in recipe.get("report") or ())
    except (KeyError, TypeError, ValueError):
        raise InputError(WRONG) from None
    return tuple(check for check in checks if check.verdict in ("yes", "near", "no", "heard"))


def sung_words(words: tuple | list) -> str:
    """Lyrics whose syllables light up as they are sung, as HTML; empty without any."""
    if not words:
        return ""
    spans, so_far = [], ""
    for word in words:
        shown = word.get("syllable") or word.get("text") or ""
        so_far += shown.lower()
        whole = word.get("text", "").lower()
        goes_on = len(so_far) < len(whole) and whole.startswith(so_far)  # more syllables of this word follow
        so_far = so_far if goes_on else ""
        spans.append(f'<span data-s="{word["onset_s"]:.2f}" data-e="{word["offset_s"]:.2f}">{escape(shown)}</span>'
                     + ("" if goes_on else " "))
    return f'<p class="ew-sung" role="group" aria-label="Lyrics">{"".join(spans).rstrip()}</p>'


def playable(files: Mapping[str, str | Path]) -> str:
    """Name of the lightest sound file that a browser plays.

    Raises:
        ValueError: there is none; the exporter breaks its contract.
    """
    for suffix in PLAYABLE:
        for path in files.values():
            if Path(path).suffix.lower() == suffix:
                return Path(path).name
    raise ValueError(f"no playable file among {sorted(files)}; the exporter must write one of {PLAYABLE}")


def write_face(face: Face, folder: Path) -> None:
    """Keep a face beside the take's files."""
    (folder / FACE).write_text(json.dumps(asdict(face)), encoding="utf-8")


def read_face(folder: Path) -> Face | None:
    """The face that lies in a take's folder, with those files only that are there; None without one."""
    path = folder / FACE
    if not path.is_file():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    original = data.get("original")
    return Face(**{
        **data, "original": Original(**original) if original and (folder / original["file"]).is_file() else None,
        "report": tuple(Check(**line) for line in data["report"]),
        "files": {kind: name for kind, name in data["files"].items() if (folder / name).is_file()},
        "stems": {lane: (name, seconds) for lane, (name, seconds) in data["stems"].items()
                  if (folder / "stems" / name).is_file()}})
