"""Does the finished audio follow a drawn energy curve? `python -m benchmarks.curve [SEED]`, eight takes in
eight styles.

Second by second: the rank correlation (Spearman) of the short-term loudness (BS.1770, three seconds round the second)
and of the notes begun (all parts, the same three seconds) with the curve as it was drawn. A moment is where the curve
jumps: the second of the steepest change of loudness within four bars of it must lie within one bar.
"""

from __future__ import annotations

import sys
from threading import Event

import numpy as np
from scipy.stats import spearmanr

from benchmarks.tables import Row, show
from modules.engines.embedded import EmbeddedEngine
from modules.studio.loudness import k_hop_powers, to_lufs
from modules.types import Controls, Request, Take

LENGTH_S = 40.0
WINDOW_S = 3.0  # short-term of BS.1770
JUMP = 0.3  # a change of the curve this large within half a second is a moment
ENTRY_S = 1.5  # seconds at the start that are not judged: half a window; nor is the last bar, which rings out
HOP_S = 0.1
CURVES = (
    ("rise", "warm lo-fi hip hop with rhodes", ((0, .1), (40, .95))),
    ("fall", "epic orchestral film music", ((0, .95), (40, .1))),
    ("arch", "synthwave night drive", ((0, .15), (22, 1), (40, .2))),
    ("valley", "indie rock song", ((0, .9), (20, .1), (40, .95))),
    ("drop at 0:15", "deep house", ((0, .2), (14.9, .35), (15, .95), (40, .95))),
    ("two peaks", "bossa nova", ((0, .15), (10, .9), (20, .2), (31, 1), (40, .15))),
    ("steps", "funk with slap bass", ((0, .15), (12, .15), (12.1, .55), (26, .55), (26.1, 1), (40, 1))),
    ("calm, drop, fade", "dark techno", ((0, .2), (12, .3), (12.1, 1), (30, .9), (40, .1))),
)


def make(prompt: str, curve: tuple[tuple[float, float], ...], seed: int) -> Take:
    """One take of a prompt under a curve."""
    request = Request(prompt=prompt, takes=1, seed=seed, controls=Controls(duration_s=LENGTH_S, energy_curve=curve))
    return next(item for item in EmbeddedEngine().takes(request, Event()) if isinstance(item, Take))


def loudness(take: Take) -> tuple[np.ndarray, np.ndarray]:
    """Seconds of hops of `HOP_S` and the K-weighted power in each."""
    power = k_hop_powers(take.audio.samples, take.audio.sample_rate)
    return (np.arange(len(power)) + 0.5) * take.audio.duration_s / len(power), power


def around(times: np.ndarray, values: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """Mean of `values` over `WINDOW_S` round each second."""
    return np.array([values[np.abs(times - second) <= WINDOW_S / 2].mean() for second in seconds])


def follows(take: Take, curve: tuple[tuple[float, float], ...]) -> tuple[float, float]:
    """Rank correlation of loudness and of density with the curve."""
    seconds = np.arange(ENTRY_S, take.performance.bar_starts_s[-1] - WINDOW_S / 2)
    asked = np.interp(seconds, *zip(*curve, strict=True))
    times, power = loudness(take)
    loud = to_lufs(around(times, power, seconds))
    onsets = np.array([note.onset_s for part in take.performance.parts for note in (*part.notes, *part.sung)])
    dense = np.array([(np.abs(onsets - second) <= WINDOW_S / 2).sum() for second in seconds])
    return float(spearmanr(loud, asked)[0]), float(spearmanr(dense, asked)[0])


def moments(take: Take, curve: tuple[tuple[float, float], ...]) -> list[float]:
    """Bars between each jump of the curve and the steepest change of loudness that way near it."""
    starts = np.array(take.performance.bar_starts_s)
    bar_s = float(np.median(np.diff(starts)))
    times, power = loudness(take)
    half = int(bar_s / 2 / (times[1] - times[0]))
    out = []
    for (before, low), (after, high) in zip(curve, curve[1:], strict=False):
        if after - before > 0.5 or abs(high - low) < JUMP:
            continue
        near = [i for i in range(half, len(power) - half) if abs(times[i] - after) <= 4 * bar_s]
        change = [np.sign(high - low) * float(to_lufs(power[i:i + half].mean()) - to_lufs(power[i - half:i].mean()))
                  for i in near]
        out.append(float(times[near[int(np.argmax(change))]] - after) / bar_s)
    return out


def main() -> int:
    """Print the table; 1 when a bound is missed."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    rows, all_loud, all_dense, all_moments = [], [], [], []
    for name, prompt, curve in CURVES:
        take = make(prompt, curve, seed)
        loud, dense = follows(take, curve)
        late = moments(take, curve)
        all_loud.append(loud)
        all_dense.append(dense)
        all_moments += late
        told = f"; moments {', '.join(f'{bars:+.2f}' for bars in late)} bars" if late else ""
        rows.append(Row(f"{name}: {prompt}", f"{loud:.2f}, {dense:.2f}{told}"))
        print(rows[-1], file=sys.stderr)
    rows += [Row("loudness, mean of takes ≥ .8", f"{np.mean(all_loud):.2f} (least {min(all_loud):.2f})",
                 float(np.mean(all_loud)) >= 0.8),
             Row("density, mean of takes ≥ .8", f"{np.mean(all_dense):.2f} (least {min(all_dense):.2f})",
                 float(np.mean(all_dense)) >= 0.8),
             Row("moments, furthest in bars ≤ 1", f"{max(map(abs, all_moments)):.2f}", max(map(abs, all_moments)) <= 1)]
    return min(1, show("a drawn curve: loudness, density (rank correlation per second)", rows))


if __name__ == "__main__":
    sys.exit(main())
