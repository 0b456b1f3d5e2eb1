"""Is it music by numbers? 40 takes in 20 styles, measured on canvas and audio: `python -m benchmarks.music`.

Each line of the table names a measure, the bound, and what was measured; the exit status is the number of misses.
"""

from __future__ import annotations

import argparse
import sys
from threading import Event

import numpy as np

from modules.engines.embedded import EmbeddedEngine
from modules.evaluation.music import Measures, measure
from modules.studio.loudness import integrated_lufs
from modules.types import Audio, Controls, Request, Take

STYLES = ("pop_ballad", "indie_pop", "dance_pop", "classic_rock", "punk_rock", "acoustic_folk", "country", "slow_blues",
          "swing_jazz", "bossa_nova", "funk", "soul", "lofi_hiphop", "trap", "house", "synthwave", "reggae", "samba",
          "cinematic_epic", "chiptune")


def make(style: str, seed: int, duration_s: float) -> Take:
    """One take of a style."""
    request = Request(styles={style: 1.0}, takes=1, seed=seed, controls=Controls(duration_s=duration_s))
    return next(item for item in EmbeddedEngine().takes(request, Event()) if isinstance(item, Take))


def section_gain_db(take: Take) -> float:
    """Loudness of the loudest chorus or drop less that of the verses, in LU; NaN where either is missing."""
    bars = (*take.performance.bar_starts_s, take.performance.duration_s)
    levels: dict[str, list[float]] = {}
    for section in take.song.sections:
        start, end = bars[section.start_bar], bars[min(section.start_bar + section.bars, len(bars) - 1)]
        rate = take.audio.sample_rate
        part = take.audio.samples[:, int(start * rate):int(end * rate)]
        if part.shape[1] > rate:
            levels.setdefault(section.name, []).append(integrated_lufs(Audio(part, rate)))
    peak = levels.get("chorus") or levels.get("drop")
    if not peak or "verse" not in levels:
        return float("nan")
    return max(peak) - float(np.mean(levels["verse"]))


def ending_drop_db(take: Take) -> float:
    """How far the last 0.3 s lie below the take's mean level, in dB."""
    samples = take.audio.samples
    tail = samples[:, -int(0.3 * take.audio.sample_rate):]
    return float(10 * np.log10((samples ** 2).mean() / max(1e-12, (tail ** 2).mean())))


def longest_silence_bars(take: Take) -> float:
    """Longest stretch under -50 dBFS before the ending, in bars."""
    rate = take.audio.sample_rate
    hop = rate // 50
    mono = take.audio.mono
    n = len(mono) // hop
    level = np.sqrt((mono[: n * hop].reshape(n, hop) ** 2).mean(axis=1))
    last = int(take.performance.bar_starts_s[-1] * 50)
    quiet = level[:last] < 10 ** (-50 / 20)
    best = run = 0
    for value in quiet:
        run = run + 1 if value else 0
        best = max(best, run)
    bar_s = take.song.step_s * take.song.canvas.steps_per_bar
    return best / 50 / bar_s


def mean(values: list[float]) -> float:
    kept = [x for x in values if not np.isnan(x)]
    return float(np.mean(kept)) if kept else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--takes", type=int, default=2, help="takes a style")
    parser.add_argument("--duration", type=float, default=40.0)
    parser.add_argument("--seed", type=int, default=11)
    args = parser.parse_args()
    takes = [make(style, args.seed + number, args.duration) for style in STYLES for number in range(args.takes)]
    found: list[Measures] = [measure(take.song.canvas) for take in takes]
    gains = [section_gain_db(take) for take in takes]
    lufs = [take.recipe["loudness"]["integrated_lufs"] for take in takes]
    peaks = [take.recipe["loudness"]["true_peak_dbtp"] for take in takes]
    column = {name: [getattr(m, name) for m in found] for name in Measures.__dataclass_fields__}
    rows = [
        ("melody notes a bar, 5th–95th percentile within 1.8–6", np.nanpercentile(column["density"], (5, 95)),
         lambda x: x[0] >= 1.8 and x[1] <= 6),
        ("notes out of key, mean ≤ .08", mean(column["out_of_key"]), lambda x: x <= 0.08),
        ("chord tones on strong beats, mean .6–.9", mean(column["strong_chord_tones"]), lambda x: 0.6 <= x <= 0.9),
        ("melodic steps, mean .40–.65", mean(column["steps"]), lambda x: 0.40 <= x <= 0.65),
        ("octave leaps, mean ≤ .03", mean(column["leaps"]), lambda x: x <= 0.03),
        ("takes with ≥ 3 chords in any eight bars", float(np.mean(np.array(column["chords_in_eight"]) >= 3)),
         lambda x: x >= 0.9),
        ("bass on the root at chord changes, mean ≥ .5", mean(column["bass_on_root"]), lambda x: x >= 0.5),
        ("groove similarity, mean", mean(column["groove"]), lambda x: x >= 0.75),
        ("returning sections: likeness above others", mean(column["returns"]), lambda x: x > 0.1),
        ("a motif of four notes returns", mean(column["motif"]), lambda x: x >= 0.7),
        ("chorus above verse, mean LU ≥ 2", mean(gains), lambda x: x >= 2),
        ("last 0.3 s below the mean, least dB ≥ 10", min(ending_drop_db(take) for take in takes), lambda x: x >= 10),
        ("longest silence inside, bars ≤ 1", max(longest_silence_bars(take) for take in takes), lambda x: x <= 1),
        ("loudness, furthest from -14 LUFS ≤ .5", max(abs(x + 14) for x in lufs), lambda x: x <= 0.5),
        ("true peak, highest ≤ -1 dBTP", max(peaks), lambda x: x <= -1.0 + 1e-6),
        ("takes free of NaN", float(np.mean([np.isfinite(t.audio.samples).all() for t in takes])), lambda x: x == 1),
    ]
    misses = 0
    print(f"| {len(takes)} takes of {args.duration:g} s in {len(STYLES)} styles | measured | holds |\n|---|---|---|")
    for name, value, holds in rows:
        shown = " … ".join(f"{x:.2f}" for x in np.atleast_1d(value))
        good = bool(holds(value))
        misses += not good
        print(f"| {name} | {shown} | {'yes' if good else 'NO'} |")
    sys.exit(misses)


if __name__ == "__main__":
    main()
