"""Experiments: what is varied, what stays, and that one bad trial does not end the others."""

from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from modules.conditions.midi_tune import hum_of_grid
from modules.engines.trials import (
    MOST_TAKES,
    Axis,
    Outcome,
    by_engine,
    by_input,
    by_seed,
    over_settings,
    read_axis,
    run_trials,
)
from modules.errors import Cancelled, EngineUnavailable, InputError
from modules.types import Audio, GridNote, Progress, Request
from tests.fake_engine import FakeEngine

SOUND = Audio(np.zeros((1, 100), np.float32), 22_050)
FULL = Request(prompt="warm", hum=SOUND, hum_name="a.wav", lyrics="la la", seed=7, takes=1)


def test_a_grid_varies_two_settings_and_nothing_else():
    trials = over_settings(FULL, [read_axis("energy=0.2, 0.8"), read_axis("style=waltz,lo-fi,techno")])
    assert [tuple(trial.labels.values()) for trial in trials] == [
        (energy, style) for energy in ("0.2", "0.8") for style in ("waltz", "lo-fi", "techno")]
    assert {trial.request.controls.energy for trial in trials} == {0.2, 0.8}
    back = replace(trials[-1].request, styles={}, controls=replace(trials[-1].request.controls, energy=None))
    assert back == FULL  # the seed too: that is what makes them comparable


@pytest.mark.parametrize("text, told", [
    ("loudness=1,2", "cannot be varied"), ("energy=", "No values"), ("energy=high", "no number"),
    ("energy=3", "out of range"), ("style=kazoo punk", "no style"), ("seed=-1", "seed"), ("key=H", "key"),
    ("metre=7/8", "metre")])
def test_what_cannot_be_varied_is_said(text, told):
    with pytest.raises(InputError, match=told):
        over_settings(FULL, [read_axis(text)])


def test_commas_may_stand_in_values():
    assert read_axis("prompt=calm, slow piano|loud").values == ("calm, slow piano", "loud")
    assert read_axis("Negative=drums").name == "leave out"


def test_an_experiment_has_an_end():
    with pytest.raises(InputError, match=f"up to {MOST_TAKES}"):
        over_settings(replace(FULL, takes=3), [Axis("seed", tuple(map(str, range(20))))])
    with pytest.raises(InputError, match="twice"):
        over_settings(FULL, [Axis("seed", ("1",)), Axis("seed", ("2",))])


def test_each_input_alone_then_all_together():
    trials = by_input(FULL)
    assert [trial.labels["input"] for trial in trials] == ["words alone", "hum alone", "lyrics alone", "all together"]
    words, hum, lyrics, together = (trial.request for trial in trials)
    assert (words.prompt, words.hum, words.lyrics) == ("warm", None, "")
    assert (hum.prompt, hum.hum, hum.lyrics) == ("", SOUND, "")
    assert (lyrics.prompt, lyrics.hum, lyrics.lyrics) == ("", None, "la la")
    assert together == FULL and {trial.request.seed for trial in trials} == {7}
    recalled = replace(FULL, hum=None, recipe={"request": {"hum": {"notes": []}, "reference": None}})
    assert by_input(recalled)[0].request.recipe is None
    assert by_input(recalled)[1].request.recipe["request"]["hum"]
    with pytest.raises(InputError, match="only one input"):
        by_input(Request(prompt="warm"))


def test_seeds_do_not_overlap():
    assert [trial.request.seed for trial in by_seed(replace(FULL, takes=2), 3)] == [7, 9, 11]


def test_an_engine_that_cannot_run_says_so_in_its_place():
    def choose(name):
        if name == "musicgen":
            raise EngineUnavailable("MusicGen cannot run here: it needs a GPU.")
        return FakeEngine(pause_s=0)

    with pytest.raises(InputError, match="only one engine"):
        by_engine(FULL, ("embedded",))
    items = list(run_trials(by_engine(FULL, ("embedded", "musicgen")), choose, Event()))
    outcomes = [item for item in items if isinstance(item, Outcome)]
    assert outcomes[0].take is not None and outcomes[1].take is None and "needs a GPU" in outcomes[1].reason
    fractions = [item.fraction for item in items if isinstance(item, Progress)]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0


def test_stop_ends_all_of_it_and_leaves_what_is_there():
    cancel, seen = Event(), []
    with pytest.raises(Cancelled):
        for item in run_trials(by_seed(FULL, 4), lambda _: FakeEngine(pause_s=0), cancel):
            seen.append(item)
            if isinstance(item, Outcome):
                cancel.set()
    assert sum(isinstance(item, Outcome) for item in seen) == 1


def test_a_midi_tune_is_an_input_like_a_hum():
    tune = hum_of_grid([GridNote(4 * i, 4, midi) for i, midi in enumerate((60, 64, 67, 60))], 100.0, "4/4")
    trials = by_input(Request(prompt="folk", tune=tune, keep_voice=True))
    assert [trial.labels["input"] for trial in trials] == ["words alone", "hum alone", "all together"]
    words, hum, _ = (trial.request for trial in trials)
    assert (words.tune, words.keep_voice, words.prompt) == (None, False, "folk")
    assert (hum.tune, hum.prompt) == (tune, "")
