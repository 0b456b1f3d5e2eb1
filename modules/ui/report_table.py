"""The match report as a small table: asked against heard, a word and a sign beside every colour, numbers on demand."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from modules.types import Check

VERDICTS = {"yes": ("✓", "as asked"), "near": ("≈", "close"), "no": ("✕", "missed"), "heard": ("·", "not asked")}
OPINIONS = {"yes": ("✓", "good"), "near": ("≈", "fair"), "no": ("✕", "weak")}  # of the critic, where nothing was asked


def report_table(checks: Sequence[Check]) -> str:
    """The table and the switch that shows how well each line matches, 0 to 1."""
    rows = "".join(_row(check) for check in checks)
    return ('<div class="ew-reported"><table class="ew-report"><thead><tr><th scope="col">What</th>'
            '<th scope="col">Asked</th><th scope="col">Heard</th><th scope="col">Match</th>'
            f'<th scope="col" class="ew-number">0–1</th></tr></thead><tbody>{rows}</tbody></table>'
            '<button type="button" class="ew-small" data-numbers="" aria-pressed="false">Numbers</button></div>')


def _row(check: Check) -> str:
    sign, word = (VERDICTS if check.asked else {**VERDICTS, **OPINIONS})[check.verdict]
    number = "–" if check.match is None else f"{check.match:.2f}"
    return (f'<tr class="ew-{check.verdict}"><th scope="row">{escape(check.name)}</th>'
            f'<td>{escape(check.asked) or "–"}</td><td>{escape(check.heard)}</td>'
            f'<td class="ew-verdict"><i aria-hidden="true">{sign}</i>{word}</td>'
            f'<td class="ew-number">{number}</td></tr>')


def verdict_line(checks: Sequence[Check]) -> str:
    """The report in a few words for the closed lid: "3 of 4 as asked, 1 close"."""
    asked = [check for check in checks if check.asked and check.verdict != "heard"]
    if not asked:
        return "what was measured"
    kept = sum(check.verdict == "yes" for check in asked)
    near = sum(check.verdict == "near" for check in asked)
    return f"{kept} of {len(asked)} as asked" + (f", {near} close" if near else "")
