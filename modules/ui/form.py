"""What stands in the page's fields, by name, and how it becomes a `Request`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from modules.conditions.ideas import surprise
from modules.conditions.midi_tune import is_midi, read_tune
from modules.conditions.reference_fixes import read_fixes
from modules.conditions.settings import check_lanes, read_beat, read_curve, read_notes
from modules.config import MAX_TAKES
from modules.errors import InputError
from modules.styles.blend import read_blend
from modules.styles.cards import cards
from modules.types import METERS, Audio, Controls, Request
from modules.ui.more import read_key, read_seed
from modules.ui.restore import RECALLED, recalled_request

QUOTED = 60  # letters of a prompt that the summary line shows


@dataclass(frozen=True)
class Form:
    """Plain values of all fields. Dials hold None while they are "auto"; `set_aside` has one name
    of a finding a line, `blend`, `curve`, `hum_notes`, `hum_beat` and `lanes` are as on the command line, empty while
    nothing was chosen. `best` is how many takes are kept by their reports, 0 = all; `recalled` names the take whose
    tune or track is used again ("TAKE hum reference")."""

    prompt: str = ""
    negative: str = ""
    hum: str | None = None
    hum_notes: str = ""
    hum_beat: str = ""
    follow_timing: bool = False
    keep_voice: bool = False
    faithfulness: float = 1.0
    reference: str | None = None
    reference_mode: str = "vibe"
    reference_fixes: str = ""
    strength: float = 0.5
    lyrics: str = ""
    voice: str = "auto"
    singing: str = "sung"
    set_aside: str = ""
    blend: str = ""
    curve: str = ""
    lanes: dict[str, str] = field(default_factory=dict)
    dials: dict[str, float | None] = field(default_factory=dict)
    key: str = "auto"
    meter: str = "auto"
    takes: int = 2
    seed: str = ""
    engine: str = "embedded"
    best: int = 0
    recalled: str = ""

    @classmethod
    def from_fields(cls, fields: dict) -> Form:
        """From values by component name; `dial_NAME` and `auto_NAME` pairs become `dials`, `lane_NAME` become
        `lanes`."""
        dials = {name[5:]: None if fields[f"auto_{name[5:]}"] else value
                 for name, value in fields.items() if name.startswith("dial_")}
        plain = {name: value for name, value in fields.items() if not name.startswith(("dial_", "auto_", "lane_"))}
        typed = {"prompt", "negative", "lyrics", "seed", "set_aside", "blend", "curve", "hum_notes", "hum_beat",
                 "reference_fixes", "recalled"}
        for name in typed & set(plain):
            plain[name] = plain[name] or ""  # Gradio sends None for a box never touched
        lanes = {name[5:]: value for name, value in fields.items() if name.startswith("lane_") and value}
        return cls(**plain, dials=dials, lanes=lanes)


def to_request(form: Form, read_audio: Callable[[Path], Audio]) -> Request:
    """Decode what was uploaded and check what was typed; a form with nothing in it asks for a surprise.

    Raises:
        InputError: a file that is no sound, or a value out of range.
    """
    tonic, mode = read_key(form.key)
    if form.meter not in ("", "auto", *METERS):
        raise InputError(f"metre “{form.meter}”: one of {', '.join(METERS)} would be right.")
    if not 1 <= int(form.takes) <= MAX_TAKES:
        raise InputError(f"{form.takes} takes: 1 to {MAX_TAKES} would be right.")
    seed = read_seed(form.seed)
    empty = not (form.prompt.strip() or form.hum or form.reference or form.lyrics.strip() or form.blend.strip()
                 or form.recalled.strip())
    meter = None if form.meter in ("", "auto") else form.meter
    recipe, recalled = recalled_request(form.recalled) if form.recalled.strip() else (None, {})
    request = Request(
        prompt=surprise(seed, 0) if empty else form.prompt.strip(), negative=form.negative.strip(),
        **read_hum(form, read_audio),
        reference=read_audio(Path(form.reference)) if form.reference else None,
        reference_name=Path(form.reference).name if form.reference else "", reference_mode=form.reference_mode,
        reference_fixes=read_fixes(form.reference_fixes), strength=form.strength,
        lyrics=form.lyrics.strip(), voice=form.voice or "auto", singing=form.singing or "sung",
        styles=read_blend(form.blend) if form.blend.strip() else {},
        set_aside=tuple(line.strip() for line in form.set_aside.splitlines() if line.strip()),
        controls=Controls(tonic=tonic, mode=mode, meter=meter, energy_curve=read_curve(form.curve),
                          lane_instruments=check_lanes(form.lanes), **form.dials),
        faithfulness=form.faithfulness, engine=form.engine, takes=int(form.takes), seed=seed, recipe=recipe,
    )
    if request.keep_voice and request.hum is None and recipe is not None and not recipe["request"].get("kept_voice"):
        raise InputError("To keep your voice, the recording itself is needed; record or upload the hum again.")
    return replace(request, **{name: value for name, value in recalled.items() if not getattr(request, name)})


def read_hum(form: Form, read_audio: Callable[[Path], Audio]) -> dict[str, Any]:
    """The fields of a request that the Hum tab gives.

    Raises:
        InputError: a file that is neither sound nor MIDI, or notes or a beat that cannot be read.
    """
    told = {"hum_notes": read_notes(form.hum_notes), "follow_timing": bool(form.follow_timing),
            "keep_voice": bool(form.keep_voice)}
    if not form.hum:
        return told | {"hum_beat": read_beat(form.hum_beat)}
    path = Path(form.hum)
    sound = {"tune": read_tune(path)} if is_midi(path) else {"hum": read_audio(path)}
    return told | sound | {"hum_name": path.name, "hum_beat": read_beat(form.hum_beat, path.name)}


def sentence(form: Form) -> str:
    """What will be used, in plain words."""
    parts = []
    if form.hum:
        closeness = ("followed note for note" if form.faithfulness >= 0.95 else "as an inspiration"
                     if form.faithfulness <= 0.25 else "followed loosely")
        own = [words for words, given in (("as you corrected it", form.hum_notes),
                                          ("in your timing", form.follow_timing and form.faithfulness >= 1),
                                          ("with your voice", form.keep_voice)) if given]
        parts.append(f"your tune, {closeness}" + (f" {_list(own)}" if own else ""))
    parts += [f"{words} of an earlier take" for name, words in RECALLED.items()
              if name in form.recalled.split() and not getattr(form, name)]
    if form.prompt.strip():
        text = " ".join(form.prompt.split())
        parts.append(f"the words “{text[:QUOTED].rstrip() + '…' if len(text) > QUOTED else text}”")
    if form.reference:
        parts.append({"vibe": "the vibe of your track", "restyle": "your track’s melody and chords",
                      "continue": "the end of your clip, going on",
                      "accompany": "your track, with new parts"}[form.reference_mode]
                     + (" (as you corrected it)" if form.reference_fixes.strip() else ""))
    if form.lyrics.strip():
        lines = sum(bool(line.strip()) and not line.strip().startswith("[") for line in form.lyrics.splitlines())
        how = {"spoken": ", spoken", "hummed": ", hummed"}.get(form.singing, "")
        parts.append(f"{lines} line{'s' if lines != 1 else ''} of lyrics{how}")
    elif form.singing == "hummed":
        parts.append("a hummed tune")
    names = {"tempo_bpm": "tempo", "duration_s": "length"}
    chosen = [names.get(name, name) for name, value in form.dials.items() if value is not None]
    chosen += [name for name, value in (("key", form.key), ("metre", form.meter)) if value not in ("", "auto", None)]
    chosen += [name for name, value in (("energy curve", form.curve), ("instruments", form.lanes)) if value]
    if form.blend.strip():
        parts.append(f"the style {blend_words(form.blend)}")
    if chosen:
        parts.append(f"your {_list(chosen)}")
    takes = f"{int(form.takes)} take{'s' if form.takes != 1 else ''}"
    takes += f", the best {form.best} kept," if 0 < int(form.best) < int(form.takes) else ""
    tail = f", without {form.negative.strip()}" if form.negative.strip() else ""
    if not parts:
        return f"{takes} of something surprising{tail}: nothing is filled in yet, and that is fine."
    return f"{takes} from {_list(parts)}{tail}."


def blend_words(blend: str) -> str:
    """A blend for people: "Bossa nova 60 %, Synthwave 40 %"."""
    try:
        shares = read_blend(blend)
    except InputError:
        return blend
    titles = [f"{cards()[name].title} {share:.0%}" if len(shares) > 1 else cards()[name].title
              for name, share in shares.items()]
    return _list(titles)


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
