"""Edits: what is not asked to change stays, cell for cell; what is asked changes; wrong asks are one sentence."""

from threading import Event

import numpy as np
import pytest

from modules.canvas import vocabulary as v
from modules.engines.edit import edit
from modules.engines.embedded import EmbeddedEngine
from modules.engines.recipe import read_song
from modules.errors import InputError
from modules.types import Controls, Request, Take


@pytest.fixture(scope="module")
def take() -> Take:
    request = Request(styles={"indie_pop": 1.0}, takes=1, seed=3, controls=Controls(duration_s=24.0, tempo_bpm=120.0))
    return next(item for item in EmbeddedEngine().takes(request, Event()) if isinstance(item, Take))


def edited(take: Take, **kwargs) -> Take:
    items = edit(take.recipe, seed=9, cancel=Event(), **kwargs)
    return next(item for item in items if isinstance(item, Take))


def test_a_recipe_holds_the_whole_song(take):
    song = read_song(take.recipe)
    assert np.array_equal(song.canvas.steps, take.song.canvas.steps)
    assert song.instruments == take.song.instruments and song.sections == take.song.sections


def test_redo_changes_only_the_asked_lane_in_the_asked_bars(take):
    new = edited(take, kind="redo", what="5-8", lanes=("bass",)).song.canvas
    old = take.song.canvas
    per_bar = old.steps_per_bar
    changed = np.argwhere(new.steps != old.steps)
    assert len(changed)
    assert set(changed[:, 0]) == {v.ROW_NAMES.index("bass")}
    assert changed[:, 1].min() >= 4 * per_bar and changed[:, 1].max() < 8 * per_bar
    assert np.array_equal(new.harmony, old.harmony)


def test_extend_keeps_what_was_and_grows(take):
    new, old = edited(take, kind="extend", what="8").song.canvas, take.song.canvas
    assert new.n_bars == old.n_bars + 4
    kept = (old.n_bars - old.sections[-1].bars if old.sections[-1].name == "outro" else old.n_bars - 1)
    steps = kept * old.steps_per_bar
    assert np.array_equal(new.steps[:, :steps], old.steps[:, :steps])


def test_restyle_keeps_melody_and_chords_and_changes_the_rest(take):
    new = edited(take, kind="restyle", what="bossa nova with flute")
    assert np.array_equal(new.song.canvas.harmony, take.song.canvas.harmony)
    assert np.array_equal(new.song.canvas.steps[0], take.song.canvas.steps[0])
    assert not np.array_equal(new.song.canvas.steps[3:], take.song.canvas.steps[3:])
    assert "flute" in new.song.instruments.values()


@pytest.mark.parametrize("kind,what,message", [
    ("redo", "99-120", "not in this take"), ("redo", "mazurka", "no section"), ("extend", "soon", "no number"),
    ("extend", "9999", "out of reach"), ("shrink", "1", "unknown"),
])
def test_an_edit_that_cannot_be_made_says_so(take, kind, what, message):
    with pytest.raises(InputError, match=message):
        edited(take, kind=kind, what=what)


def test_an_unknown_lane_is_refused(take):
    with pytest.raises(InputError, match="kazoo"):
        edited(take, kind="redo", what="1-2", lanes=("kazoo",))
