"""Do edits keep what they do not touch, and do mixes come out as loud as asked? `python -m benchmarks.edits`.

Takes of several styles are edited and remixed by the engine. The exit status counts missed bounds.
"""

from __future__ import annotations

import argparse
import sys
import time
from threading import Event
from unittest.mock import patch

import numpy as np

from benchmarks.tables import Row, show
from modules.engines import replay
from modules.engines.edit import edit, remix
from modules.engines.embedded import EmbeddedEngine
from modules.engines.replay import Shelf
from modules.studio.mix_sheet import MixSheet, presets, written
from modules.types import Audio, Controls, Request, Take

STYLES = ("indie_pop", "deep_house", "swing_jazz", "lofi_hiphop", "acoustic_folk", "cinematic_epic")
EDITS = (dict(kind="redo", what="5-8", lanes=("drums",)), dict(kind="redo", what="5-8"),
         dict(kind="reharmonise", bars="5-8"), dict(kind="lead_in", what="6"), dict(kind="extend", what="6"))
BESIDE_S = 0.5  # of sound beside a seam that is compared
NO_STEP = 1.0  # a seam's sharpest bend against the sharpest of the second round it
TARGETS = (-14.0, -16.0, -23.0)


class Seams:
    """What `lay_in` was given and gave, looked at from outside."""

    def __init__(self) -> None:
        self.changed_outside = self.cases = self.seams = self.steps = 0
        self.residual_db: dict[bool, list[float]] = {False: [], True: []}  # by: did the old sound move?
        self.outside: list[float] = []
        self._real = replay.lay_in

    def __call__(self, old: Audio, new: Audio, spans: list, *, ceiling_dbtp: float, later_s: float = 0.0):
        found = self._real(old, new, spans, ceiling_dbtp=ceiling_dbtp, later_s=later_s)
        out, rate = found.audio.samples, old.sample_rate
        was, now = self._at(old, later_s, out), self._at(new, 0.0, out)
        kept = np.ones(out.shape[-1], bool)
        for start_s, end_s in spans:
            kept[round(start_s * rate):None if end_s is None else round(end_s * rate)] = False
        self.cases += 1
        self.changed_outside += int((out[:, kept] != was[:, kept]).any(axis=0).sum())
        self.outside.append(float(kept.mean()))
        bend = np.abs(np.diff(out, 2)).max(axis=0)
        for at_s, side in ((at, side) for span in spans for at, side in zip(span, (-1, 1), strict=True)):
            if not at_s:
                continue
            at, n = round(at_s * rate), round(BESIDE_S * rate)
            beside = slice(at - n, at) if side < 0 else slice(at, at + n)
            x, y = was[:, beside].ravel(), now[:, beside].ravel()
            gain = float(x @ y) / max(float(y @ y), 1e-9)
            self.residual_db[later_s > 0].append(10 * np.log10(np.sum((x - gain * y) ** 2) / max(float(x @ x), 1e-9)))
            self.seams += 1
            self.steps += bend[at - 3:at + 3].max() > NO_STEP * bend[at - rate // 2:at + rate // 2].max() + 1e-6
        return found

    @staticmethod
    def _at(sound: Audio, later_s: float, like: np.ndarray) -> np.ndarray:
        out = np.zeros_like(like)
        later = round(later_s * sound.sample_rate)
        n = min(like.shape[-1] - later, sound.samples.shape[-1])
        out[:, later:later + n] = sound.samples[:, :n]
        return out


def _both(values: list[float]) -> str:
    return f"{np.median(values):.0f} dB, {max(values):.0f} dB"


def take_of(items) -> Take:
    return next(item for item in items if isinstance(item, Take))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--styles", type=int, default=len(STYLES))
    parser.add_argument("--seed", type=int, default=5)
    args = parser.parse_args(argv)
    seams, peaks, drift, mixes, again = Seams(), [], [], [], []
    cpu: dict[str, list[float]] = {"redo": [], "mix": []}
    for style in STYLES[:args.styles]:
        request = Request(styles={style: 1.0}, takes=1, seed=args.seed, controls=Controls(duration_s=30.0))
        take = take_of(EmbeddedEngine().takes(request, Event()))
        shelf = Shelf()
        replay.sounded(take.recipe, shelf=shelf)
        with patch.object(replay, "lay_in", seams):
            for order in EDITS:
                started = time.process_time()
                new = take_of(edit(take.recipe, seed=args.seed, cancel=Event(), shelf=shelf, **order))
                if order.get("lanes"):
                    cpu["redo"].append(time.process_time() - started)
                    again.append(np.array_equal(replay.replay(new.recipe).sound().samples, new.audio.samples))
                peaks.append(new.recipe["loudness"]["true_peak_dbtp"])
                drift.append(new.recipe["loudness"]["integrated_lufs"] + 14.0)
        sheets = [*(written(MixSheet(), level="drums=-3", lufs=lufs) for lufs in TARGETS),
                  *(ready.sheet for ready in presets().values())]
        for sheet in sheets:
            started = time.process_time()
            mixed = take_of(remix(take.recipe, sheet, cancel=Event(), shelf=shelf))
            cpu["mix"].append(time.process_time() - started)
            loud = mixed.recipe["loudness"]
            mixes.append(abs(loud["integrated_lufs"] - sheet.target_lufs))
            peaks.append(loud["true_peak_dbtp"])
    rows = [
        Row(f"samples changed outside the edit and its tail, {seams.cases} edits in {args.styles} styles: 0",
            f"{seams.changed_outside} (outside: {100 * np.mean(seams.outside):.0f} % of the sound)",
            seams.changed_outside == 0),
        Row("old and new sound beside the seams differ by, median and worst, ≤ −10 dB", _both(seams.residual_db[False]),
            max(seams.residual_db[False]) <= -10),
        Row("the same where an introduction was put before it (tape wow and free oscillators go by the clock)",
            _both(seams.residual_db[True])),
        Row("seams with a step sharper than the second round them: 0", f"{seams.steps} of {seams.seams}",
            seams.steps == 0),
        Row("edited takes that their recipe gives bit for bit", f"{sum(again)} of {len(again)}", all(again)),
        Row("true peak of edits and mixes ≤ −1 dBTP", f"{max(peaks):.2f} dBTP", max(peaks) <= -1.0),
        Row("loudness of locally edited takes (they keep the old level, not −14 LUFS)",
            f"{min(drift) - 14:.1f} … {max(drift) - 14:.1f} LUFS"),
        Row(f"mixes at −14, −16, −23 LUFS and {len(presets())} presets: off by ≤ 0.1 LU", f"{max(mixes):.2f} LU",
            max(mixes) <= 0.1),
        Row("CPU seconds: other drums in four bars of 30 s; a mix of 30 s with its report",
            f"{np.median(cpu['redo']):.1f}; {np.median(cpu['mix']):.1f}")]
    return show("edits and mixes", rows)


if __name__ == "__main__":
    sys.exit(main())
