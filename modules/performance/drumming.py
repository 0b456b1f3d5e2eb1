"""Drum hits → timed notes: the drummers' feel, ghost notes, fills that grow towards the next section."""

from __future__ import annotations

import numpy as np

from modules.canvas import vocabulary as v
from modules.performance.lines import Stage
from modules.types import PlayedNote

# weight of each piece on velocity; what is missing counts 0.9
WEIGHTS = {"kick": 1.04, "snare": 1.05, "clap": 1.0, "rim": 0.85, "ghost": 0.42, "closed": 0.8, "soft": 0.55,
           "pedal": 0.7, "open": 0.88, "ride": 0.84, "bell": 0.95, "crash": 1.08, "shaker": 0.62, "tambourine": 0.75,
           "triangle": 0.6, "snap": 0.85, "clave": 0.85, "cowbell": 0.85}
HIT_S = 0.12  # drums ring by themselves
FILL_PIECES = ("snare", "ghost", "tom_low", "tom_mid", "tom_high", "kick")
FILL_RISE = 0.3  # louder at a fill's end
ROLL_STEPS = 2  # snare hits this close in the last beats of a section are a fill


def play_drums(stage: Stage, last_bar_held: bool) -> list[PlayedNote]:
    """Timed hits (General MIDI percussion keys)."""
    song = stage.song
    canvas = song.canvas
    per_bar = canvas.steps_per_bar
    draws = stage.feel.draws("drums")
    fills = _fills(stage)
    out: list[PlayedNote] = []
    for step, piece in canvas.drums():
        in_bar = step % per_bar
        if last_bar_held and step // per_bar == canvas.n_bars - 1 and in_bar >= canvas.steps_per_beat:
            continue  # the final chord rings alone
        late_s = stage.feel.timing(piece, in_bar, draws)
        _, _, weight, spread = stage.feel.hit(piece, in_bar)
        velocity = stage.dynamics.velocity(step) * WEIGHTS.get(piece, 0.9)
        weight = float(np.clip(weight + 0.15 * spread * draws.normal(), 0.5, 1.35))
        if piece in FILL_PIECES and step in fills:  # its own line from soft to loud outweighs the bar's accents
            weight = weight**0.3 * (1 + FILL_RISE * fills[step])
        velocity *= weight
        if piece == "ghost":
            velocity = min(velocity, 48)
        onset_s = max(0.0, stage.clock.at(step) + late_s)
        out.append(PlayedNote(onset_s, onset_s + HIT_S, v.DRUM_KEYS[piece], int(np.clip(round(velocity), 1, 127))))
    return out


def _fills(stage: Stage) -> dict[int, float]:
    """Steps in fills → how far the fill has come (0–1): the last half bar before each new section, if it is busy."""
    canvas = stage.song.canvas
    hits = [step for step, piece in canvas.drums() if piece.startswith("tom") or piece == "snare"]
    out: dict[int, float] = {}
    for section in stage.song.sections[1:]:
        end = section.start_bar * canvas.steps_per_bar
        start = end - canvas.steps_per_bar // 2
        inside = [step for step in hits if start <= step < end]
        if len(inside) >= 3 and min(np.diff(sorted(set(inside))), default=ROLL_STEPS + 1) <= ROLL_STEPS:
            out.update({step: (step - start) / (end - start) for step in range(start, end)})
    return out
