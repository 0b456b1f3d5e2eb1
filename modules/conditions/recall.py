"""Analyses as plain data and back, so that a recipe reproduces a take without the sounds that it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from modules.types import ChordSpan, Controls, Finding, GridNote, Hum, HumNote, KeySpan, Reference, SectionSpan


def plain(value: Any) -> Any:
    """Dataclasses, tuples, mappings and arrays as JSON types; floats keep six decimals."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return round(float(value), 6)
    if isinstance(value, np.integer):
        return int(value)
    return value


def read_controls(data: Mapping[str, Any]) -> Controls:
    """Controls from `plain`."""
    values = {name: value for name, value in data.items() if name in Controls.__dataclass_fields__}
    for name in ("form", "wanted", "unwanted", "articulation"):
        values[name] = tuple(values.get(name) or ())
    values["energy_curve"] = tuple((float(t), float(e)) for t, e in values.get("energy_curve") or ())
    values["lane_instruments"] = tuple((str(lane), str(name)) for lane, name in values.get("lane_instruments") or ())
    values["contour"] = tuple((str(section), str(shape)) for section, shape in values.get("contour") or ())
    return Controls(**values)


def _findings(data: Mapping[str, Any]) -> tuple[Finding, ...]:
    return tuple(Finding(**finding) for finding in data.get("findings", ()))


def read_hum(data: Mapping[str, Any]) -> Hum:
    """A hum from `plain`."""
    arrays = {name: np.asarray(data[name]) for name in ("f0_times_s", "f0_hz", "f0_confidence")}
    tuples = {name: tuple(data.get(name, ())) for name in ("beat_tempi", "phrase_starts")}
    return Hum(**{**data, **arrays, **tuples, "notes": tuple(HumNote(**n) for n in data["notes"]),
                  "grid": tuple(GridNote(**n) for n in data["grid"]), "findings": _findings(data)})


def read_reference(data: Mapping[str, Any]) -> Reference:
    """A reference from `plain`."""
    arrays = {name: np.asarray(data[name], float) for name in ("beats_s", "downbeats_s", "energy", "groove")
              if data.get(name) is not None}
    tuples = {name: tuple(data[name]) for name in ("chord_confidences", "section_groups") if name in data}
    return Reference(**{
        **data, **arrays, **tuples, "keys": tuple(KeySpan(**k) for k in data.get("keys", ())),
        "chords": tuple(ChordSpan(**c) for c in data["chords"]),
        "sections": tuple(SectionSpan(**s) for s in data["sections"]),
        "melody": tuple(GridNote(**n) for n in data["melody"]), "findings": _findings(data)})
