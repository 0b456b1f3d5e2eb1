"""What is understood of a description, and how fast: `python -m benchmarks.text`.

The letter: tests/data/text_cases.yaml, written as a musician would expect before it was run. The meaning:
tests/data/style_cases.yaml, described there. Speed: whole readings, warm.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import yaml

from modules.assets import ROOT, instruments
from modules.conditions.instruments_grammar import lexicon
from modules.conditions.text import understand
from modules.config import MAX_PROMPT_CHARS
from modules.styles.cards import cards
from modules.styles.names import called
from modules.training.styles import measure

LETTER_BOUND, SPEED_BOUND_MS = 0.98, 50.0
_DATA = ROOT / "tests" / "data"


def letter(show: bool) -> tuple[int, float]:
    """(cases, share of them whose every expected attribute was read)."""
    sys.path.insert(0, str(ROOT / "tests"))
    from test_conditions_text import wrong  # the table's own comparison

    cases = yaml.safe_load(Path(_DATA / "text_cases.yaml").read_text(encoding="utf-8"))
    held = 0
    for case in cases:
        faults = wrong(case, understand(case["p"], case.get("n", "")))
        held += not faults
        if faults and show:
            print(f"  miss: {case['p']!r} {faults}")
    return len(cases), held / len(cases)


def speed(prompts: list[str]) -> dict[str, tuple[float, float]]:
    """(wall clock, CPU) milliseconds a prompt, warm: median, 95th percentile, and for one of the greatest length."""
    long = (" ".join(prompts) * 9)[:MAX_PROMPT_CHARS]
    for prompt in (*prompts[:5], long):
        understand(prompt)
    spent = []
    for prompt in (*prompts, long):
        wall, cpu = time.perf_counter(), time.process_time()
        understand(prompt)
        spent.append((1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)))
    ordinary = np.array(spent[:-1])
    return {"median": tuple(np.median(ordinary, axis=0)), "95th percentile": tuple(np.percentile(ordinary, 95, axis=0)),
            f"{MAX_PROMPT_CHARS:,} characters": spent[-1]}


def main() -> None:
    """Print every figure; `--misses` lists what was not held."""
    show = "--misses" in sys.argv
    cases, share = letter(show)
    print(f"letter: {share:.1%} of {cases} cases held (bound {LETTER_BOUND:.0%})")
    words = [hit for hit in lexicon().values() if hit.kind == "instrument"]
    print(f"instrument words: {len(words)} for {len(instruments())} instruments; style words: {len(called())} for "
          f"{len(cards())} styles")
    for kind, figures in measure(show).items():
        print(f"{kind:42s} {figures['cases']:4d} cases  top-1 {figures['top1']:.3f}  top-3 {figures['top3']:.3f}")
    told = yaml.safe_load(Path(_DATA / "style_cases.yaml").read_text(encoding="utf-8"))
    foreign = [case["text"] for case in told if "tongue" in case]
    hinted = sum(any("reads as" in warning for warning in understand(text).warnings) for text in foreign)
    print(f"other languages: {hinted} of {len(foreign)} answered with a hint")
    for name, (wall, cpu) in speed([case["text"] for case in told if "tongue" not in case]).items():
        print(f"speed, warm, {name}: {wall:.1f} ms, CPU {cpu:.1f} ms (bound {SPEED_BOUND_MS:g} ms)")


if __name__ == "__main__":
    main()
