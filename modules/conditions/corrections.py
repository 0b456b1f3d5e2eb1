"""What a person takes back of what was understood: a reading without the findings that were set aside.

A finding is named by "label: value", so that words changed later count anew. Most findings stand for one setting,
which becomes free again; the others (a refused style, "light drums", a mended word) are taken back by reading the
text without the words they came from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from modules.types import Controls, Finding, TextReading

# label of a finding → the fields of `Controls` that it set
FIELDS = {
    "tempo": ("tempo_bpm",), "feel": ("tempo_bpm",), "key": ("tonic", "mode"), "mode": ("mode",), "metre": ("meter",),
    "length": ("duration_s",), "register": ("register",), "era": ("era",), "ending": ("ending",),
    "energy": ("energy",), "complexity": ("complexity",), "density": ("density",), "brightness": ("brightness",),
    "swing": ("swing",), "form": ("form",), "energy over time": ("energy_curve",),
}
PLACES = re.compile(r"^(?:rises and falls|rises|falls|stays level) in the (?P<place>.+)$")  # of a "tune" finding
SINGLY = ("style", "instrument", "without", "tune", "playing", "singing", "production", *FIELDS)


def name_of(finding: Finding) -> str:
    """What a finding is called when it is set aside."""
    return f"{finding.label}: {finding.value}"


def can_be_set_aside(finding: Finding, prompt: str, negative: str) -> bool:
    """Whether the finding can be taken back: it sets something of its own, or its words can be found in the text."""
    return finding.label in SINGLY or bool(finding.source) and finding.source.lower() in f"{prompt}\n{negative}".lower()


def read_without(read: Callable[[str, str], TextReading], prompt: str, negative: str,
                 set_aside: Sequence[str]) -> tuple[TextReading, tuple[Finding, ...]]:
    """The reading that is applied, and the findings that were set aside.

    Args:
        read: reads (prompt, negative), such as `text.understand`.
        set_aside: names by `name_of`; those that the text does not give are ignored.
    """
    reading = read(prompt, negative)
    gone = tuple(f for f in reading.findings if name_of(f) in set_aside and can_be_set_aside(f, prompt, negative))
    if not gone:
        return reading, ()
    words = [f.source for f in gone if f.label not in SINGLY]
    if words:
        reading = read(*(_cut(text, words) for text in (prompt, negative)))
    for finding in gone:
        reading = _take_back(reading, finding)
        kept = tuple(f for f in reading.findings if name_of(f) != name_of(finding))
        reading = replace(reading, findings=kept)
    return reading, gone


def _cut(text: str, words: Sequence[str]) -> str:
    for source in words:
        text = re.sub(re.escape(source), " ", text, flags=re.IGNORECASE)
    return text


def _take_back(reading: TextReading, finding: Finding) -> TextReading:
    label, value, controls = finding.label, finding.value, reading.controls
    if label in FIELDS:
        free = Controls()
        return replace(reading, controls=replace(controls, **{name: getattr(free, name) for name in FIELDS[label]}))
    if label == "style":
        return replace(reading, styles=_without_style(reading, value))
    if label in ("instrument", "without"):
        name, field = value.split(" × ")[-1].replace(" ", "_"), "wanted" if label == "instrument" else "unwanted"
        kept = tuple(other for other in getattr(controls, field) if other != name)
        return replace(reading, controls=replace(controls, **{field: kept}))
    if label == "playing":
        kept = tuple(other for other in controls.articulation if other != value)
        return replace(reading, controls=replace(controls, articulation=kept))
    if label == "tune":
        place = PLACES.match(value)["place"].replace("whole tune", "")
        kept = tuple(pair for pair in controls.contour if pair[0] != place)
        return replace(reading, controls=replace(controls, contour=kept))
    if label == "singing":
        return replace(reading, vocal=None)
    if label == "production":
        return replace(reading, production=tuple(tag for tag in reading.production if tag != value))
    return reading


def _without_style(reading: TextReading, shown: str) -> dict[str, float]:
    """The other styles, sum 1; `shown` is "Title 60%" as findings have it. The order of both is the same."""
    shown_styles = [f.value for f in reading.findings if f.label == "style"]
    names = dict(zip(shown_styles, reading.styles, strict=False))
    kept = {name: weight for name, weight in reading.styles.items() if name != names.get(shown)}
    total = sum(kept.values())
    return {name: weight / total for name, weight in kept.items()} if total else {}
