"""Experiments: one request varied by seed, by input, by engine or over settings, and run as one job.

A trial is a request with the labels of what was varied in it. Trials run one after another; one that cannot be met says
why in its place, and the others go on. Knows requests and engines; refuses to know what their takes are shown in.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

from modules.conditions.fuse import SEEDS, check_request, read_key
from modules.errors import Cancelled, EarwormError, InputError
from modules.styles.blend import read_blend
from modules.types import Engine, Progress, Request, Take

MOST_TAKES = 48  # of one experiment
MOST_AXES = 3  # prompts and two settings
INPUTS = ("words", "hum", "track", "lyrics")


@dataclass(frozen=True)
class Axis:
    """What is varied, and its values as people write them."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Trial:
    """One request of an experiment; `labels` are setting → value, in the order of the axes."""

    labels: Mapping[str, str]
    request: Request


@dataclass(frozen=True)
class Outcome:
    """What became of a trial: a take, or why there is none."""

    trial: Trial
    take: Take | None
    number: int = 1  # of the trial's takes
    reason: str = field(default="")


def _control(name: str) -> Callable[[Request, str], Request]:
    def change(request: Request, text: str) -> Request:
        try:
            value = float(text)
        except ValueError:
            raise InputError(f"{text!r} is no number for {name.removesuffix('_s').removesuffix('_bpm')}.") from None
        return replace(request, controls=replace(request.controls, **{name: value}))

    return change


def _field(name: str, read: Callable[[str], Any] = str) -> Callable[[Request, str], Request]:
    return lambda request, text: replace(request, **{name: read(text)})


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{text!r} is no number.") from None


def _seed(text: str) -> int:
    if not text.isdigit() or int(text) >= SEEDS:
        raise InputError(f"The seed {text!r} is none; a whole number from 0 to {SEEDS - 1} would be right.")
    return int(text)


def _key(request: Request, text: str) -> Request:
    tonic, mode = read_key(text)
    return replace(request, controls=replace(request.controls, tonic=tonic, mode=mode))


SETTINGS: Mapping[str, Callable[[Request, str], Request]] = {
    "prompt": _field("prompt"), "style": _field("styles", read_blend), "energy": _control("energy"),
    "complexity": _control("complexity"), "density": _control("density"), "brightness": _control("brightness"),
    "tempo": _control("tempo_bpm"), "length": _control("duration_s"), "swing": _control("swing"), "key": _key,
    "metre": lambda request, text: replace(request, controls=replace(request.controls, meter=text)),
    "faithfulness": _field("faithfulness", _number), "leave out": _field("negative"), "voice": _field("voice"),
    "reference mode": _field("reference_mode"), "seed": _field("seed", _seed), "engine": _field("engine"),
}
OTHER_NAMES = {"negative": "leave out", "duration": "length", "meter": "metre", "reference_mode": "reference mode"}


def read_axis(text: str) -> Axis:
    """An axis of "energy=0.2,0.5,0.8"; values that hold commas are parted by | instead.

    Raises:
        InputError: an unknown setting, or no values.
    """
    name, _, values = text.partition("=")
    name = OTHER_NAMES.get(name.strip().lower(), name.strip().lower())
    parts = [part.strip() for part in (values.split("|") if "|" in values else values.split(",")) if part.strip()]
    if name not in SETTINGS:
        raise InputError(f"{name!r} cannot be varied; choose {', '.join(SETTINGS)}, as in \"energy=0.2,0.5,0.8\".")
    if not parts:
        raise InputError(f"No values were given for {name}; write them like \"energy=0.2,0.5,0.8\".")
    return Axis(name, tuple(dict.fromkeys(parts)))


def axes_of(prompts: str, vary: Sequence[str]) -> list[Axis]:
    """Prompts parted by |, then settings in the order given.

    Raises:
        InputError: a setting that cannot be varied.
    """
    given = tuple(dict.fromkeys(part.strip() for part in prompts.split("|") if part.strip()))
    return [Axis("prompt", given)] * bool(given) + [read_axis(text) for text in vary if text.strip()]


def over_settings(request: Request, axes: Sequence[Axis]) -> list[Trial]:
    """Every combination of the axes' values, the last one changing fastest; all with the request's seed.

    Raises:
        InputError: too many axes or takes, an axis named twice, or a value that is none.
    """
    if not 1 <= len(axes) <= MOST_AXES:
        raise InputError(f"{len(axes)} things to vary were given; give one to {MOST_AXES}.")
    if len({axis.name for axis in axes}) < len(axes):
        raise InputError("The same thing is varied twice; choose another one for the second.")
    n = request.takes
    for axis in axes:
        n *= len(axis.values)
    if n > MOST_TAKES:
        raise InputError(f"That would be {n} takes; an experiment makes up to {MOST_TAKES}. Leave some values out.")
    trials = []
    for values in itertools.product(*(axis.values for axis in axes)):
        varied = request
        for axis, value in zip(axes, values, strict=True):
            varied = SETTINGS[axis.name](varied, value)
        check_request(varied)
        trials.append(Trial({axis.name: value for axis, value in zip(axes, values, strict=True)}, varied))
    return trials


def by_seed(request: Request, n: int) -> list[Trial]:
    """The same request with `n` seeds, from its own upwards."""
    seeds = tuple(str((request.seed + index * request.takes) % SEEDS) for index in range(n))
    return over_settings(request, [Axis("seed", seeds)])


def by_input(request: Request) -> list[Trial]:
    """The same seed with each input alone, and with all of them together.

    Raises:
        InputError: fewer than two inputs were given.
    """
    saved = (request.recipe or {}).get("request", {})
    has = {"words": bool(request.prompt.strip() or request.styles),
           "hum": bool(request.hum or request.tune or request.hum_notes or saved.get("hum")),
           "track": bool(request.reference or saved.get("reference")), "lyrics": bool(request.lyrics.strip())}
    given = [name for name in INPUTS if has[name]]
    if len(given) < 2:
        raise InputError("There is only one input to compare; fill in at least two of words, hum, track and lyrics.")
    return [Trial({"input": f"{name} alone"}, only(request, (name,))) for name in given] + [
        Trial({"input": "all together"}, request)]


def only(request: Request, inputs: Sequence[str]) -> Request:
    """The request with some of its inputs; settings stay."""
    if "words" not in inputs:
        request = replace(request, prompt="", negative="", styles={}, set_aside=())
    saved = dict((request.recipe or {}).get("request", {}))
    if "hum" not in inputs:
        request = replace(request, hum=None, tune=None, hum_name="", hum_notes=(), follow_timing=False,
                          keep_voice=False)
        saved["hum"] = None
    if "track" not in inputs:
        request, saved["reference"] = replace(request, reference=None, reference_name=""), None
    if "lyrics" not in inputs:
        request = replace(request, lyrics="")
    return replace(request, recipe={"request": saved} if any(saved.values()) else None)


def by_engine(request: Request, names: Sequence[str]) -> list[Trial]:
    """The same request with each engine.

    Raises:
        InputError: there is only one.
    """
    if len(names) < 2:
        raise InputError("There is only one engine here, so there is nothing to compare it with; vary something else.")
    return over_settings(request, [Axis("engine", tuple(names))])


def run_trials(trials: Sequence[Trial], choose: Callable[[str], Engine], cancel: Event) -> Iterator[Progress | Outcome]:
    """Progress over the whole experiment, and what becomes of each trial as soon as it is there.

    Args:
        choose: an engine by name; raises `EarwormError` when it cannot run here.

    Raises:
        Cancelled: `cancel` was set; what came before stays.
    """
    for index, trial in enumerate(trials):
        told = ", ".join(f"{name} {value}" for name, value in trial.labels.items())
        number = 0
        try:
            for item in choose(trial.request.engine).takes(trial.request, cancel):
                if isinstance(item, Progress):
                    yield Progress((index + item.fraction) / len(trials),
                                   f"{index + 1} of {len(trials)}, {told}: {item.message}")
                else:
                    number += 1
                    yield Outcome(trial, item, number)
        except Cancelled:
            raise
        except EarwormError as error:
            yield Outcome(trial, None, reason=str(error))
    yield Progress(1.0, "Done")
