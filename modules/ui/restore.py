"""Back to the form: the request inside a recipe becomes the values of the page's fields, and a link to them.

A link holds the request itself, packed, where that is short; what was hummed or played in is too long for one, so such
a take is shared through the library. Sounds are not kept: their analysis is, in the recipe, and the hidden field
`recalled` ("TAKE hum reference") makes the next takes from it. A track that is heard itself has to be given again.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

from modules.conditions.fuse import BESIDE
from modules.conditions.recall import plain, read_controls
from modules.errors import InputError
from modules.types import METERS, MODE_OFFSETS, PITCH_CLASSES, REFERENCE_MODES, SINGING, Controls, GridNote
from modules.ui.downloads import recipe_of_take
from modules.ui.more import DIALS

MOST_LINK = 8_000  # letters: browsers and chats pass on links of that length
MOST_ASKED = 200_000  # bytes of an unpacked link
SHORT = ("prompt", "negative", "lyrics", "voice", "singing", "styles", "set_aside", "faithfulness", "reference_mode",
         "strength", "engine", "takes", "seed")
WRONG = "That link is damaged; ask for it again, or for the recipe file."
RECALLED = {"hum": "the tune", "reference": "the track"}
KEPT_WITH = {"hum": ("kept_voice",)}  # what else of a request belongs to an input's analysis


def fields_of(asked: Mapping[str, Any], take: str = "") -> dict[str, Any]:
    """Values of the page's fields by name, as they stood when this was asked; what is not named stands as at first.

    Args:
        asked: a recipe's `request`.
        take: the name of the take whose recipe it is, so that what was heard can be used again.

    Raises:
        InputError: the values are not of the right kinds.
    """
    try:
        controls = read_controls(asked.get("controls") or {})
        out = {name: str(asked.get(name) or "") for name in ("prompt", "negative", "lyrics")}
        out["set_aside"] = "\n".join(map(str, asked.get("set_aside") or ()))
        out["voice"] = str(asked.get("voice") or "auto")
        out["faithfulness"] = min(max(float(asked.get("faithfulness", 1.0)), 0.0), 1.0)
        for name, known in (("reference_mode", REFERENCE_MODES), ("singing", SINGING)):
            out[name] = asked[name] if asked.get(name) in known else known[0]
        out["strength"] = min(max(float(asked.get("strength", 0.5)), 0.0), 1.0)
        out["follow_timing"], out["keep_voice"] = bool(asked.get("follow_timing")), bool(asked.get("kept_voice"))
        out["blend"] = ",".join(f"{name}:{float(share):.2f}" for name, share in (asked.get("styles") or {}).items())
        out["takes"], out["seed"] = int(asked.get("takes", 2)), str(int(asked.get("seed", 0)))
        out["engine"] = str(asked.get("engine") or "embedded")
        out |= _dials(controls)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputError(WRONG) from None
    beside = out["reference_mode"] in BESIDE
    heard = [name for name in RECALLED if asked.get(name) and not (name == "reference" and beside)]
    out["recalled"] = " ".join([take, *heard]) if take and heard else ""
    return out


def _dials(controls: Controls) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for dial in DIALS:
        value = getattr(controls, dial.name)
        out[f"auto_{dial.name}"] = value is None
        out[f"dial_{dial.name}"] = dial.rest if value is None else min(max(float(value), dial.low), dial.high)
    known = controls.tonic is not None and controls.mode in MODE_OFFSETS
    out["key"] = f"{PITCH_CLASSES[int(controls.tonic) % 12]} {controls.mode}" if known else "auto"
    out["meter"] = controls.meter if controls.meter in METERS else "auto"
    out["curve"] = ", ".join(f"{time:g}:{energy:g}" for time, energy in controls.energy_curve)
    return out | {f"lane_{lane}": name for lane, name in controls.lane_instruments}


def asked_of(take: str) -> dict[str, Any]:
    """The request inside the recipe of a take that is kept as results.

    Raises:
        InputError: no such take is there.
    """
    return recipe_of_take(take).get("request") or {}


def recalled_request(recalled: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the hidden field stands for: (a recipe that holds the analyses, further fields of a `Request`).

    Raises:
        InputError: the take is gone.
    """
    take, *heard = recalled.split()
    asked = asked_of(take)
    wanted = [name for name in heard if name in RECALLED]
    saved = {key: asked.get(key) for name in wanted for key in (name, f"{name}_sha256", *KEPT_WITH.get(name, ()))}
    names = {f"{name}_name": str(asked.get(f"{name}_name") or "") for name in wanted}
    notes = tuple(GridNote(**note) for note in asked.get("hum_notes") or ()) if "hum" in wanted else ()
    return {"request": saved}, names | ({"hum_notes": notes} if notes else {})


def pack_link(asked: Mapping[str, Any]) -> str | None:
    """The request as the end of an address, "#make=…"; None when it is too long, or when making it again takes more
    than the form: what was hummed or played in, notes set by hand, an edit."""
    if any(asked.get(name) for name in (*RECALLED, "hum_notes", "edit")):
        return None
    usual = plain(Controls())
    short = {name: asked[name] for name in SHORT if asked.get(name) not in (None, "", [], {})}
    short["controls"] = {name: value for name, value in (asked.get("controls") or {}).items()
                         if value != usual.get(name)}
    packed = base64.urlsafe_b64encode(zlib.compress(json.dumps(short, ensure_ascii=False).encode(), 9)).decode()
    link = f"#make={packed.rstrip('=')}"
    return link if len(link) <= MOST_LINK else None


def unpack_link(packed: str) -> dict[str, Any]:
    """The request in what follows "#make=".

    Raises:
        InputError: it is damaged, or far too large.
    """
    try:
        data = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(data, MOST_ASKED)
        asked = json.loads(text) if unpacking.eof else None
    except (ValueError, zlib.error):
        asked = None
    if not isinstance(asked, dict):
        raise InputError(WRONG)
    return asked
