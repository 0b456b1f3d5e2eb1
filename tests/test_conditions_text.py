"""The text condition: the letter by table, and what must hold for every prompt."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from modules.conditions.text import to_json, understand
from modules.config import MAX_PROMPT_CHARS
from modules.types import TextReading

CASES = yaml.safe_load((Path(__file__).parent / "data" / "text_cases.yaml").read_text(encoding="utf-8"))
_FIELDS = {"tempo": "tempo_bpm", "length": "duration_s"}


def _at(curve, time):
    return float(np.interp(time, [t for t, _ in curve], [e for _, e in curve])) if curve else None


def wrong(case: dict, reading: TextReading) -> list[str]:
    """What in `reading` differs from the case."""
    found = []
    for field, want in case.items():
        controls = reading.controls
        if field in ("p", "n"):
            continue
        if field in ("wanted", "unwanted"):
            got, good = getattr(controls, field), set(getattr(controls, field)) == set(want)
        elif field == "unwanted_has":
            got, good = controls.unwanted, want in controls.unwanted
        elif field == "form":
            got, good = controls.form, list(controls.form) == want
        elif field == "form_has":
            got, good = controls.form, want in controls.form
        elif field == "form_lacks":
            got, good = controls.form, bool(controls.form) and want not in controls.form
        elif field == "curve":
            got = controls.energy_curve
            good = bool(got) and all(low <= _at(got, time) <= high for time, low, high in want)
        elif field == "warns":
            got, good = reading.warnings, bool(reading.warnings) == want
        elif field == "style":
            got, good = reading.styles, bool(reading.styles) and max(reading.styles, key=reading.styles.get) == want \
                and reading.styles[want] >= 0.7
        elif field == "styles":
            got = dict(reading.styles)
            good = set(got) == set(want) and all(abs(got[name] - want[name]) < 0.02 for name in want)
        elif field == "production":
            got, good = reading.production, set(want) <= set(reading.production)
        else:
            got = reading.vocal if field == "vocal" else getattr(controls, _FIELDS.get(field, field))
            if isinstance(want, list):
                good = got is not None and want[0] <= got <= want[1]
            else:
                good = got is None if want is None else got == pytest.approx(want) if isinstance(want, (int, float)) \
                    and not isinstance(want, bool) else got == want
        if not good:
            found.append(f"{field}: wanted {want}, got {got}")
    return found


def test_the_letter_of_the_table():
    failures = [(case["p"] or case.get("n"), faults) for case in CASES
                if (faults := wrong(case, understand(case["p"], case.get("n", ""))))]
    share = 1 - len(failures) / len(CASES)
    assert len(CASES) >= 120
    assert share >= 0.98, f"{share:.3f}: {failures}"


@pytest.mark.parametrize("prompt", [
    "Lo-fi hip-hop, 82 BPM, in F# minor, warm Rhodes, no drums, 20 seconds",
    "Upbeat funk with horn section; no guitar or piano; drop at 0:15; verse, chorus, verse"])
def test_case_spacing_and_punctuation_do_not_matter(prompt):
    first = understand(prompt)
    for other in (prompt.upper(), "  ".join(prompt.split()), prompt.replace(",", " ").replace(";", " "),
                  prompt + "!!!", prompt.replace(", ", " - "), prompt.replace("-", " ")):
        again = understand(other)
        assert again.controls == first.controls, other
        assert again.styles == first.styles, other
        assert (again.vocal, again.production) == (first.vocal, first.production), other


def test_empty_is_an_empty_reading():
    for prompt in ("", "   ", "\n\t"):
        assert understand(prompt) == TextReading(styles={}, controls=understand("").controls)
        assert understand(prompt).warnings == ()


@pytest.mark.parametrize("prompt", ["日本の音楽をください", "🎵🎶🎸", "музыка для сна", "?!?!"])
def test_what_is_not_understood_is_said(prompt):
    reading = understand(prompt)
    assert reading.styles == {} and reading.warnings


def test_long_prompts_are_cut_with_a_warning():
    reading = understand("calm piano music, " * 600 + "999 drums")
    assert any(f"{MAX_PROMPT_CHARS:,}" in warning for warning in reading.warnings)
    assert "piano" in reading.controls.wanted and "drums" not in reading.controls.wanted


def test_refused_words_do_not_pull_the_style():
    plain = understand("gentle solo piano for a sleepy evening")
    refused = understand("gentle solo piano for a sleepy evening, without distorted guitars")
    assert max(plain.styles, key=plain.styles.get) == max(refused.styles, key=refused.styles.get)
    assert not {"metal", "hard_rock", "punk_rock"} & set(refused.styles)


def test_negative_box_pushes_styles_away():
    prompt = "late night music for the city"
    before, after = understand(prompt).styles, understand(prompt, "jazz saxophone").styles
    jazz = ("cool_jazz", "jazz_ballad", "swing_jazz", "latin_jazz")
    assert sum(after.get(name, 0) for name in jazz) <= sum(before.get(name, 0) for name in jazz)


def test_styles_sum_to_one_and_findings_quote_the_prompt():
    reading = understand("Dreamy bossa nova with FLUTE at 120 BPM")
    assert sum(reading.styles.values()) == pytest.approx(1, abs=0.01)
    assert ("tempo", "120 BPM", "at 120 BPM") in {(f.label, f.value, f.source) for f in reading.findings}
    assert any(f.label == "instrument" and f.source == "FLUTE" for f in reading.findings)


def test_to_json_is_plain():
    import json

    plain = to_json(understand("waltz in D dorian, no drums"))
    assert json.loads(json.dumps(plain))["key"] == "D dorian"
    assert plain["unwanted"] == ["drums"] and plain["meter"] == "3/4"
