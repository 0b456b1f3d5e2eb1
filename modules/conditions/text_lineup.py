"""Who plays: wished and refused instruments of a prompt settled into two lists, contradictions reported.

Also holds what every fold of hits needs: values, findings and warnings. Knows no tempo, form or styles.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from modules.conditions.instruments_grammar import STAND_INS, lanes_left_out, members
from modules.conditions.text_words import Hit, Words, canonical
from modules.types import Finding

_AT_FIRST = re.compile(r"(?:starts?|starting|begins?|beginning|opens?|opening|first)(?: \w+){0,4} $")  # not for good


class LineUp:
    """Values, findings and warnings so far, and the names wished and refused in their order."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.names: list[tuple[bool, tuple[str, ...], str, bool]] = []  # (wished, names, source, excepted)
        self.counts: dict[str, int] = {}  # wished name → how many
        self.findings: list[Finding] = []
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        if message not in self.warnings:
            self.warnings.append(message)

    def find(self, label: str, value: str, source: str = "") -> None:
        self.findings.append(Finding(label, value, source))

    def _set(self, name: str, value: Any, label: str, shown: str, source: str) -> None:
        old = self.values.get(name)
        if old is not None and old != value:
            self.warn(f"Two values for {label} ({self.values[name + '_shown']} and {shown}); the last one is used.")
            self.findings = [finding for finding in self.findings if finding.label != label]
        self.values[name], self.values[name + "_shown"] = value, shown
        self.find(label, shown, source)

    def _instrument(self, hit: Hit, source: str) -> None:
        wished, refused = hit.value
        if hit.mood == "unwanted":
            self.names.append((False, refused, source, False))
        elif hit.mood == "later":
            self.warn(f"\"{source}\" cannot be held back for part of a take yet; the energy is lowered there instead.")
        elif hit.mood == "less":
            self.find("less", ", ".join(refused), source)
            self.values.setdefault("lighter", True)
        elif wished:
            self.names.append((True, wished, source, hit.excepted))
            word = canonical(source).replace(" ", "")
            if word in STAND_INS or word.removesuffix("s") in STAND_INS:
                self.find("stand-in", f"{wished[0].replace('_', ' ')} for {source}", source)
            for name in wished if hit.count > 1 else ():
                self.counts[name] = hit.count
            if hit.mood == "light":
                self.find("light", ", ".join(wished), source)
                self.values.setdefault("lighter", True)

    def _only(self, words: Words, hits: Sequence[Hit], spans: Sequence[tuple[int, int, bool]]) -> None:
        wished = [hit for hit in hits if hit.kind in ("instrument", "vocal", "piece")
                  and hit.mood in ("wanted", "light")]
        for start, end, follows in spans:
            if words.text[:start].endswith("not ") or _AT_FIRST.search(words.text[:start]):
                continue
            run: list[Hit] = []
            position = end if follows else start
            for hit in wished if follows else reversed(wished):
                if (hit.start < position) if follows else (hit.end > position):
                    continue
                gap = (words.text[position:hit.start] if follows else words.text[hit.end:position]).split()
                adjective = not run and follows and len(gap) == 1 and hit.start > position
                if set(gap) <= {"and", "a", "an", "the"} or adjective:
                    run.append(hit)
                    position = hit.end if follows else hit.start
            played = [name for hit in run if hit.kind == "instrument" for name in hit.value[0]] + [
                "drums" for hit in run if hit.kind == "piece"]
            solo = words.text[start:end].startswith("solo")
            if not played or (solo and len(run) < len(wished)):
                continue
            missing = lanes_left_out(played)
            source = words.source(min(start, run[-1].start, run[0].start), max(end, run[0].end, run[-1].end))
            if missing:
                self.names.insert(0, (False, missing, source, False))
                self.find("nothing but", ", ".join(played), source)

    def _settle(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Wanted and unwanted names without contradiction: the last word wins."""
        wanted: list[str] = []
        unwanted: list[str] = []
        for wished, names, source, excepted in self.names:
            for name in names:
                if wished:
                    clash = [other for other in unwanted if members(name) and members(name) <= members(other)]
                    for other in clash:
                        unwanted.remove(other)
                        unwanted += sorted(members(other) - members(name) - set(unwanted)) if other != name else []
                    if clash and not excepted and not self._planned(clash):
                        self.warn(f"\"{source}\" is both wanted and unwanted; the last one is used (wanted).")
                    wanted += [name] if name not in wanted else []
                else:
                    clash = [other for other in wanted if members(other) and members(other) <= members(name)]
                    if clash:
                        wanted = [other for other in wanted if other not in clash]
                        self.warn(f"\"{source}\" is both wanted and unwanted; the last one is used (unwanted).")
                    unwanted += [name] if name not in unwanted else []
        return tuple(wanted), tuple(unwanted)

    def _planned(self, names: Sequence[str]) -> bool:
        """Whether `names` were refused only by an "only …"."""
        return any(finding.label == "nothing but" for finding in self.findings) and \
            all(name in self.names[0][1] for name in names)

    def settle(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(wanted, unwanted) with findings for each; a wanted name stands there as often as it was counted."""
        wanted, unwanted = self._settle()
        for label, names, mood in (("instrument", wanted, True), ("without", unwanted, False)):
            for name in names:
                source = next((s for wished, these, s, _ in self.names if wished is mood and
                               (name in these or any(name in members(n) for n in these))), "")
                many = f"{self.counts[name]} × " if mood and name in self.counts else ""
                self.find(label, many + name.replace("_", " "), source)
        wanted = tuple(name for one in wanted for name in (one,) * self.counts.get(one, 1))
        return wanted, unwanted
