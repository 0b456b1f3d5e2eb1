"""The critic's lines of the match report: form, returning sections, dynamics and variety as they sound.

Measured on the finished audio. A line without an asked side is the critic's own opinion: "yes" is good, "near" fair,
"no" weak. Knows nothing of how the music was made.
"""

from __future__ import annotations

import numpy as np

from modules.canvas.vocabulary import BEATS_PER_BAR
from modules.conditions.spectra import Spectra
from modules.evaluation import sound
from modules.types import Check, Condition, Performance, Song

RETURNS = (0.6, 0.35)  # likeness from which a returning section is recognised, and half recognised
LOUDER_DB = (0.5, -0.5)  # chorus above verse from which it lifts, and down to which it does not sink
RANGE_DB = 1.0  # between the loudest and the softest section
REPEATED = (0.5, 0.85)  # share of bars that repeat the one before: loops with changes, a bare loop


def grade(name: str, asked: str, heard: str, match: float, *, yes: float = 0.9, near: float = 0.6) -> Check:
    """A judged line: `match` 0–1 against two bounds."""
    match = float(np.clip(match, 0, 1))
    return Check(name, asked, heard, round(match, 3), "yes" if match >= yes else "near" if match >= near else "no")


def only_heard(name: str, heard: str) -> Check:
    """A line that only says what is heard."""
    return Check(name, "", heard, None, "heard")


def bar_lines(performance: Performance, song: Song) -> tuple[float, ...]:
    """Times of bar lines, the last one's included."""
    last_s = BEATS_PER_BAR[song.canvas.meter] * 60 / song.tempo_bpm
    return (*performance.bar_starts_s, performance.bar_starts_s[-1] + last_s)


def shape(spectra: Spectra, performance: Performance, song: Song, condition: Condition) -> list[Check]:
    """Form, dynamics and variety as they sound."""
    bars = bar_lines(performance, song)
    spans = [(bars[s.start_bar], bars[min(s.start_bar + s.bars, len(bars) - 1)]) for s in song.sections
             if s.start_bar < len(bars) - 1]
    sections = song.sections[:len(spans)]
    names = ", ".join(section.name for section in sections)
    checks = []
    asked = condition.controls.form
    if asked:
        kept = [section.name for section in sections if section.name in asked]
        same = sum(a == b for a, b in zip(kept, asked, strict=False)) / max(len(asked), len(kept))
        checks.append(grade("form", ", ".join(asked), names, same))
    else:
        checks.append(only_heard("form", names))
    returns = [(section.name, sound.alike(spectra, spans[section.source], spans[index]))
               for index, section in enumerate(sections) if section.source is not None and section.source < index]
    if returns:
        name, likeness = max(returns, key=lambda item: item[1])
        how = ("comes back as it was" if likeness > 0.85 else "comes back changed" if likeness > 0.6
               else "comes back much changed")
        checks.append(grade("returns", "", f"the {name} {how} ({100 * likeness:.0f} % alike)", likeness,
                            yes=RETURNS[0], near=RETURNS[1]))
    checks += _dynamics(spectra, sections, spans)
    repeated = sound.repeated_bars(spectra, bars)
    if not np.isnan(repeated):
        how = ("one bar over and over" if repeated > REPEATED[1] else "loops with small changes"
               if repeated > REPEATED[0] else "bars differ")
        checks.append(grade("variety", "", f"{how} ({100 * repeated:.0f} % of bars repeat the one before)",
                            1 - repeated, yes=1 - REPEATED[0], near=1 - REPEATED[1]))
    return checks


def _dynamics(spectra: Spectra, sections: tuple, spans: list[tuple[float, float]]) -> list[Check]:
    levels = {}
    for section, span in zip(sections, spans, strict=True):
        levels.setdefault(section.name, []).append(sound.span_level(spectra, *span))
    means = {name: float(np.mean(values)) for name, values in levels.items()}
    peak = next((name for name in ("chorus", "drop") if name in means), None)
    if peak and "verse" in means:
        gap = means[peak] - means["verse"]
        if gap >= LOUDER_DB[0]:
            return [Check("dynamics", "", f"{peak} {gap:.1f} dB louder than the verse", None, "yes")]
        if gap > LOUDER_DB[1]:
            return [Check("dynamics", "", f"{peak} and verse equally loud", None, "near")]
        return [Check("dynamics", "", f"{peak} {-gap:.1f} dB softer than the verse", None, "no")]
    if len(means) > 1:
        loud, soft = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
        gap = means[loud] - means[soft]
        return [Check("dynamics", "", f"{loud} {gap:.1f} dB louder than the {soft}", None,
                      "yes" if gap >= RANGE_DB else "near")]
    return []
