"""A mix sheet: what a person set at the mixer, as it stands in recipes, on the command line and in the page's fields.

Texts are lists: "drums=-3, vocal=+2" (decibels), "comp=0.3" (pan), "bass.low=+3" (a band). Lanes may be called as
people call them. Presets are data (`assets/mix_presets.yaml`). Touches no sound.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import yaml

from modules.assets import asset
from modules.config import TARGET_LUFS
from modules.errors import InputError
from modules.types import LANES as PLAYED

LANES = ("vocal", "hum", *PLAYED)
CALLED = {"voice": "vocal", "vocals": "vocal", "singer": "vocal", "tune": "melody", "lead": "melody", "chords": "comp",
          "second chords": "comp2", "more chords": "comp2", "counter-melody": "counter", "pads": "pad", "drum": "drums"}
KNOBS = ("gain_db", "pan", "low_db", "mid_db", "high_db", "reverb_db")
BANDS = {"low": "low_db", "mid": "mid_db", "high": "high_db"}
SILENT_DB = -90.0  # "off" of a fader or a send
LUFS = (-40.0, -5.0)
MAX_GAIN_DB = 24.0  # of faders, bands and sends, upwards


@dataclass(frozen=True)
class MixSettings:
    """By lane; empty = as the studio would have it.

    gain_db, pan (−1 … 1, added to the lane's place), three bands: low_db (shelf at 150 Hz), mid_db (bell at 1 kHz),
    high_db (shelf at 4 kHz), reverb_db (its send). `mute` and `solo` hold lanes; when any lane is soloed the others are
    silent. Levels up to 24 dB; as far down as one likes (−inf is silence).
    """

    gain_db: Mapping[str, float] = field(default_factory=dict)
    pan: Mapping[str, float] = field(default_factory=dict)
    low_db: Mapping[str, float] = field(default_factory=dict)
    mid_db: Mapping[str, float] = field(default_factory=dict)
    high_db: Mapping[str, float] = field(default_factory=dict)
    reverb_db: Mapping[str, float] = field(default_factory=dict)
    mute: frozenset[str] = frozenset()
    solo: frozenset[str] = frozenset()

    def hears(self, lane: str) -> bool:
        """Is the lane on the bus?"""
        return lane not in self.mute and (not self.solo or lane in self.solo)

    def named(self) -> Iterator[str]:
        """Every lane that is spoken of."""
        for lanes in (self.gain_db, self.pan, self.low_db, self.mid_db, self.high_db, self.reverb_db, self.mute,
                      self.solo):
            yield from lanes

    def strip(self, lane: str) -> tuple[float, float, float, float, float]:
        """(gain_db, pan, low_db, mid_db, high_db) of one lane."""
        return (self.gain_db.get(lane, 0.0), self.pan.get(lane, 0.0), self.low_db.get(lane, 0.0),
                self.mid_db.get(lane, 0.0), self.high_db.get(lane, 0.0))

    def wrong_value(self) -> str:
        """The first value out of range in words, or nothing."""
        for name in ("gain_db", "low_db", "mid_db", "high_db", "reverb_db"):
            for lane, value in getattr(self, name).items():
                if not value <= MAX_GAIN_DB:
                    return f"{name} of {lane} is {value:g}; up to {MAX_GAIN_DB:g} dB would be right."
        for lane, value in self.pan.items():
            if not -1.0 <= value <= 1.0:
                return f"pan of {lane} is {value:g}; -1 (left) to 1 (right) would be right."
        return ""


@dataclass(frozen=True)
class MixSheet:
    """Faders, the loudness that the master is brought to, and the name of the preset that it began with."""

    settings: MixSettings = MixSettings()
    target_lufs: float = TARGET_LUFS
    preset: str = ""

    @property
    def untouched(self) -> bool:
        """Would the take sound as it was made?"""
        return replace(self, preset="") == MixSheet()


@dataclass(frozen=True)
class Preset:
    """`title` for people, `hint`: what it is for."""

    title: str
    hint: str
    sheet: MixSheet


def sheet_json(sheet: MixSheet) -> dict[str, Any]:
    """A sheet as JSON types: what was not turned is left out."""
    settings = sheet.settings
    turned = {name: {lane: float(value) for lane, value in sorted(getattr(settings, name).items()) if value}
              for name in KNOBS}
    out: dict[str, Any] = {name: values for name, values in turned.items() if values}
    out |= {name: sorted(getattr(settings, name)) for name in ("mute", "solo") if getattr(settings, name)}
    return {**out, "target_lufs": float(sheet.target_lufs), **({"preset": sheet.preset} if sheet.preset else {})}


def read_sheet(data: Mapping[str, Any] | None) -> MixSheet:
    """The sheet that `sheet_json` wrote; None is an untouched one.

    Raises:
        InputError: no sheet, or values out of range.
    """
    try:
        data = data or {}
        settings = MixSettings(
            **{name: {_lane(lane): float(value) for lane, value in (data.get(name) or {}).items()} for name in KNOBS},
            **{name: frozenset(_lane(lane) for lane in data.get(name) or ()) for name in ("mute", "solo")})
        sheet = MixSheet(settings, float(data.get("target_lufs", TARGET_LUFS)), str(data.get("preset", "")))
    except (AttributeError, TypeError, ValueError):
        raise InputError("The mixer's settings cannot be read; give them as a recipe of this version holds them."
                         ) from None
    return checked(sheet)


def written(sheet: MixSheet, *, level: str = "", pan: str = "", eq: str = "", reverb: str = "", mute: str = "",
            solo: str = "", lufs: float | None = None) -> MixSheet:
    """A sheet with what was written laid over it.

    Args:
        level, reverb: "drums=-3, vocal=+2" in dB; "off" is silence.
        pan: "comp=0.3", −1 left … 1 right, added to the place that the lane has.
        eq: "bass.low=+3"; bands low, mid and high.
        mute, solo: lanes.
        lufs: loudness of the master.

    Raises:
        InputError: a lane, band or value that there is not.
    """
    turned: dict[str, dict[str, float]] = {name: dict(getattr(sheet.settings, name)) for name in KNOBS}
    for name, text in (("gain_db", level), ("pan", pan), ("reverb_db", reverb)):
        turned[name] |= {_lane(lane): value for lane, value in _pairs(text)}
    for place, value in _pairs(eq):
        lane, _, band = place.rpartition(".")
        if band not in BANDS:
            raise InputError(f"There is no band {place!r}; write it like bass.low=+3, with low, mid or high.")
        turned[BANDS[band]][_lane(lane)] = value
    sets = {name: getattr(sheet.settings, name) | frozenset(_lane(lane) for lane in _names(text))
            for name, text in (("mute", mute), ("solo", solo))}
    return checked(replace(sheet, settings=MixSettings(**turned, **sets),
                           target_lufs=sheet.target_lufs if lufs is None else float(lufs)))


def checked(sheet: MixSheet) -> MixSheet:
    """The sheet, if it can be mixed.

    Raises:
        InputError: a value out of range.
    """
    if sheet.settings.wrong_value():
        raise InputError(sheet.settings.wrong_value())
    if not LUFS[0] <= sheet.target_lufs <= LUFS[1]:
        raise InputError(f"A loudness of {sheet.target_lufs:g} LUFS is out of reach; give {LUFS[0]:g} to {LUFS[1]:g}, "
                         "such as -14 for streaming, -16 for Apple Music, -23 for broadcast.")
    return sheet


def told(sheet: MixSheet, lanes: Iterable[str]) -> str:
    """A sheet in a few words: "more vocals; drums −3 dB, pad off; −16 LUFS"."""
    settings, parts = sheet.settings, []
    for lane in lanes:
        if not settings.hears(lane):
            parts.append(f"{lane} off")
            continue
        gain = settings.gain_db.get(lane, 0.0)
        turned = [f"{gain:+g} dB"] if gain else []
        turned += ["moved"] if settings.pan.get(lane) else []
        turned += ["other tone"] if any(getattr(settings, name).get(lane) for name in BANDS.values()) else []
        turned += ["other room"] if settings.reverb_db.get(lane) else []
        parts += [f"{lane} {', '.join(turned)}"] if turned else []
    title = presets()[sheet.preset].title if sheet.preset in presets() else ""
    loud = f"{sheet.target_lufs:g} LUFS" if sheet.target_lufs != TARGET_LUFS else ""
    return "; ".join(filter(None, (title, ", ".join(parts), loud))).replace("-", "−") or "as made"


@lru_cache(maxsize=1)
def presets() -> Mapping[str, Preset]:
    """Ready mixes by name, in the order shown."""
    table = yaml.safe_load(asset("mix_presets.yaml").read_text(encoding="utf-8"))
    return {name: Preset(entry.pop("title"), entry.pop("hint"), read_sheet({**entry, "preset": name}))
            for name, entry in table.items()}


def preset(name: str) -> MixSheet:
    """A ready mix by its name or title.

    Raises:
        InputError: there is none.
    """
    for key, ready in presets().items():
        if name.strip().lower().replace("-", " ").replace("_", " ") in (key.replace("_", " "), ready.title.lower()):
            return ready.sheet
    raise InputError(f"There is no preset {name.strip()!r}; choose from {', '.join(presets())}.")


def _pairs(text: str) -> list[tuple[str, float]]:
    out = []
    for part in _names(text):
        name, _, value = part.partition("=")
        try:
            number = SILENT_DB if value.strip().lower() in ("off", "-inf") else float(value.replace("−", "-"))
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise InputError(f"{part!r} says no number; write it like drums=-3.")
        out.append((name.strip().lower(), number))
    return out


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _lane(name: str) -> str:
    lane = CALLED.get(name.strip().lower(), name.strip().lower())
    if lane not in LANES:
        raise InputError(f"The mixer knows no part {name.strip()!r}; choose from {', '.join(LANES)}.")
    return lane
