"""More: dials that are "auto" until touched, key, metre, how many takes, seed and engine."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

from modules.conditions import fuse
from modules.config import DEFAULT_DURATION_S, DURATION_S, MAX_TAKES, TEMPO_BPM
from modules.errors import InputError
from modules.types import METERS, MODE_OFFSETS, PITCH_CLASSES, Engine
from modules.ui import curve, players

DEFAULT_TAKES = 2


@dataclass(frozen=True)
class Dial:
    """A slider's name in `Controls`, label, range, resting place, step, and what its ends mean."""

    name: str
    label: str
    low: float
    high: float
    rest: float
    step: float
    info: str


DIALS = (
    Dial("tempo_bpm", "Tempo", TEMPO_BPM[0], TEMPO_BPM[1], 110, 1, "beats per minute"),
    Dial("duration_s", "Length", DURATION_S[0], DURATION_S[1], DEFAULT_DURATION_S, 1, "seconds"),
    Dial("energy", "Energy", 0, 1, 0.5, 0.05, "calm to driving"),
    Dial("complexity", "Complexity", 0, 1, 0.5, 0.05, "plain to intricate"),
    Dial("density", "Density", 0, 1, 0.5, 0.05, "few notes to many"),
    Dial("brightness", "Brightness", 0, 1, 0.5, 0.05, "dark to bright"),
    Dial("swing", "Swing", 0.5, 0.7, 0.5, 0.01, "straight to swung"),
)


@dataclass(frozen=True)
class More:
    dials: dict[str, gr.Slider]
    autos: dict[str, gr.Checkbox]
    key: gr.Dropdown
    meter: gr.Dropdown
    takes: gr.Slider
    seed: gr.Textbox
    engine: gr.Dropdown
    curve: gr.Textbox
    players: dict[str, gr.Dropdown]
    best: gr.Dropdown


def keys() -> list[str]:
    """All keys by name, major and minor first."""
    modes = ["major", "minor", *(mode for mode in MODE_OFFSETS if mode not in ("major", "minor"))]
    return [f"{tonic} {mode}" for mode in modes for tonic in PITCH_CLASSES]


def read_key(text: str) -> tuple[int | None, str | None]:
    """Pitch class and mode of "F# minor"; (None, None) for "" and "auto".

    Raises:
        InputError: no key that we know.
    """
    if not text or text == "auto":
        return None, None
    return fuse.read_key(text)


def read_seed(seed: str) -> int:
    """The seed typed, or a random one when none was.

    Raises:
        InputError: no whole number from 0 to `fuse.SEEDS` − 1.
    """
    text = seed.strip()
    if not text:
        return secrets.randbelow(fuse.SEEDS)
    if not (text.isascii() and text.isdigit()) or int(text) >= fuse.SEEDS:
        raise InputError(f"seed “{text}”: a whole number from 0 to {fuse.SEEDS - 1}, or nothing, would be right.")
    return int(text)


def engine_title(name: str) -> str:
    """An engine's name for people."""
    return {"embedded": "Earworm, built in", "musicgen": "MusicGen", "acestep": "ACE-Step"}.get(name, name)


def build(engines: Sequence[Engine]) -> More:
    """Components, in place, behind a closed lid."""
    dials, autos = {}, {}
    with gr.Accordion("More: tempo, energy, instruments …", open=False, elem_id="more"):
        with gr.Row(elem_classes="ew-dials"):
            for dial in DIALS:
                with gr.Column(min_width=230, elem_classes="ew-dial"):
                    slider = gr.Slider(dial.low, dial.high, dial.rest, step=dial.step, label=dial.label, info=dial.info,
                                       elem_id=f"dial-{dial.name}", buttons=[])
                    auto = gr.Checkbox(True, label="auto", container=False, elem_id=f"auto-{dial.name}",
                                       min_width=60)
                slider.input(None, None, auto, js="() => false", api_visibility="private")
                dials[dial.name], autos[dial.name] = slider, auto
        with gr.Row(elem_classes="ew-choices"):
            key = gr.Dropdown([("auto", "auto"), *((name, name) for name in keys())], value="auto", label="Key",
                              elem_id="key", min_width=150)
            meter = gr.Dropdown([("auto", "auto"), *((name, name) for name in METERS)], value="auto", label="Metre",
                                elem_id="meter", min_width=110, filterable=False)
            takes = gr.Slider(1, MAX_TAKES, DEFAULT_TAKES, step=1, label="Takes", elem_id="takes", min_width=180,
                              buttons=[])
            best = gr.Dropdown([("all of them", 0), *((f"the best {n}" if n > 1 else "the best one", n)
                                                      for n in range(1, MAX_TAKES))], value=0, label="Keep",
                               elem_id="best", min_width=150, filterable=False)
            seed = gr.Textbox("", label="Seed", placeholder="random", elem_id="seed", min_width=130, max_length=10)
            engine = gr.Dropdown([(engine_title(e.name), e.name) for e in engines],
                                 value=engines[0].name, label="Engine", elem_id="engine", min_width=150,
                                 filterable=False)
        points = curve.build().points
        lanes = players.build()
    return More(dials, autos, key, meter, takes, seed, engine, points, lanes, best)
