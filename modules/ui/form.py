"""What stands in the page's fields, by name, and how it becomes a `Request`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from modules.config import MAX_TAKES
from modules.errors import InputError
from modules.types import METERS, Audio, Controls, Request
from modules.ui.more import read_key, read_seed

QUOTED = 60  # letters of a prompt that the summary line shows


@dataclass(frozen=True)
class Form:
    """Plain values of all fields. Dials hold None while they are "auto"."""

    prompt: str = ""
    negative: str = ""
    hum: str | None = None
    faithfulness: float = 1.0
    reference: str | None = None
    reference_mode: str = "vibe"
    lyrics: str = ""
    voice: str = "auto"
    dials: dict[str, float | None] = field(default_factory=dict)
    key: str = "auto"
    meter: str = "auto"
    takes: int = 2
    seed: str = ""
    engine: str = "embedded"

    @classmethod
    def from_fields(cls, fields: dict) -> Form:
        """From values by component name; `dial_NAME` and `auto_NAME` pairs become `dials`."""
        dials = {name[5:]: None if fields[f"auto_{name[5:]}"] else value
                 for name, value in fields.items() if name.startswith("dial_")}
        plain = {name: value for name, value in fields.items() if not name.startswith(("dial_", "auto_"))}
        for name in ("prompt", "negative", "lyrics", "seed"):
            plain[name] = plain[name] or ""  # Gradio sends None for a box never touched
        return cls(**plain, dials=dials)


def to_request(form: Form, read_audio: Callable[[Path], Audio]) -> Request:
    """Decode what was uploaded and check what was typed.

    Raises:
        InputError: a file that is no sound, or a value out of range.
    """
    tonic, mode = read_key(form.key)
    if form.meter not in ("", "auto", *METERS):
        raise InputError(f"metre “{form.meter}”: one of {', '.join(METERS)} would be right.")
    if not 1 <= int(form.takes) <= MAX_TAKES:
        raise InputError(f"{form.takes} takes: 1 to {MAX_TAKES} would be right.")
    meter = None if form.meter in ("", "auto") else form.meter
    return Request(
        prompt=form.prompt.strip(), negative=form.negative.strip(),
        hum=read_audio(Path(form.hum)) if form.hum else None, hum_name=Path(form.hum).name if form.hum else "",
        reference=read_audio(Path(form.reference)) if form.reference else None,
        reference_name=Path(form.reference).name if form.reference else "", reference_mode=form.reference_mode,
        lyrics=form.lyrics.strip(), voice=form.voice or "auto",
        controls=Controls(tonic=tonic, mode=mode, meter=meter, **form.dials),
        faithfulness=form.faithfulness, engine=form.engine, takes=int(form.takes), seed=read_seed(form.seed),
    )


def sentence(form: Form) -> str:
    """What will be used, in plain words."""
    parts = []
    if form.hum:
        closeness = ("followed note for note" if form.faithfulness >= 0.95 else "as an inspiration"
                     if form.faithfulness <= 0.25 else "followed loosely")
        parts.append(f"your tune, {closeness}")
    if form.prompt.strip():
        text = " ".join(form.prompt.split())
        parts.append(f"the words “{text[:QUOTED].rstrip() + '…' if len(text) > QUOTED else text}”")
    if form.reference:
        parts.append("your track’s melody and chords" if form.reference_mode == "restyle" else "the vibe of your track")
    if form.lyrics.strip():
        lines = sum(bool(line.strip()) and not line.strip().startswith("[") for line in form.lyrics.splitlines())
        parts.append(f"{lines} line{'s' if lines != 1 else ''} of lyrics")
    names = {"tempo_bpm": "tempo", "duration_s": "length"}
    chosen = [names.get(name, name) for name, value in form.dials.items() if value is not None]
    chosen += [name for name, value in (("key", form.key), ("metre", form.meter)) if value not in ("", "auto", None)]
    if chosen:
        parts.append(f"your {_list(chosen)}")
    takes = f"{int(form.takes)} take{'s' if form.takes != 1 else ''}"
    tail = f", without {form.negative.strip()}" if form.negative.strip() else ""
    if not parts:
        return f"{takes} of something surprising{tail}: nothing is filled in yet, and that is fine."
    return f"{takes} from {_list(parts)}{tail}."


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
