"""Edits: what is not asked to change stays, cell for cell and sample for sample; what is asked changes; every version
can be brought back; wrong asks are one sentence."""

from __future__ import annotations

import json
from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from modules.canvas import vocabulary as v
from modules.conditions.fuse import Heard, fuse
from modules.config import SAMPLE_RATE
from modules.engines.edit import EDITS, drafted, edit, filled
from modules.engines.embedded import EmbeddedEngine, sound_take
from modules.engines.lineage import ancestors, take_id
from modules.engines.orders import carry_out
from modules.engines.recipe import read_song, request_json
from modules.engines.replay import Dry, Shelf, replay, sounded
from modules.errors import Cancelled, InputError
from modules.performance.perform import perform
from modules.studio.mix import Mixed
from modules.studio.mix_sheet import MixSheet, sheet_json, written
from modules.studio.splice import LEAD_S
from modules.types import Audio, Request, Song, Take
from tests.hand_song import hand_canvas, hand_song, hand_syllables

DRUMS = set(v.LANE_ROWS["drums"])


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture(scope="module")
def take(shelf) -> Take:
    """The song written by hand, sixteen quick bars, sounded and judged by the engine."""
    canvas = hand_canvas()
    canvas.active[:] = 1
    request = Request(prompt="by hand")
    song = hand_song(canvas=canvas, tempo_bpm=200.0)
    made = sound_take(song, fuse(request, Heard()), request_json(request, Heard()), {}, 1, Event())
    sounded(made.recipe, shelf=shelf)
    return made


def composed(take: Take, **kwargs) -> Song:
    """The edited song without its sound."""
    draft = drafted(take.song, take.performance, seed=9, **{"what": "", "lanes": (), "bars": "", **kwargs})
    return draft.song if draft.plan is None else filled(draft, 9, Event())


def edited(take: Take, shelf: Shelf | None = None, **kwargs) -> Take:
    items = edit(take.recipe, seed=9, cancel=Event(), shelf=shelf, **kwargs)
    return next(item for item in items if isinstance(item, Take))


@pytest.fixture(scope="module")
def redrummed(take, shelf) -> Take:
    return edited(take, shelf, kind="redo", what="5-8", lanes=("drums",))


def test_a_recipe_holds_the_whole_song(take):
    song = read_song(take.recipe)
    assert np.array_equal(song.canvas.steps, take.song.canvas.steps)
    assert song.instruments == take.song.instruments and song.sections == take.song.sections


def test_redo_changes_only_the_asked_lane_in_the_asked_bars(take, redrummed):
    new, old = redrummed.song.canvas, take.song.canvas
    per_bar = old.steps_per_bar
    changed = np.argwhere(new.steps != old.steps)
    assert len(changed) and set(changed[:, 0]) <= DRUMS
    assert changed[:, 1].min() >= 4 * per_bar and changed[:, 1].max() < 8 * per_bar
    assert np.array_equal(new.harmony, old.harmony)
    old_parts = {part.lane: part for part in take.performance.parts}
    assert all(part == old_parts[part.lane] for part in redrummed.performance.parts if part.lane != "drums")


def test_outside_the_edit_and_its_tail_every_sample_is_the_old_one(take, redrummed):
    old, new = take.audio.samples, redrummed.audio.samples
    assert new.shape == old.shape
    bars = take.performance.bar_starts_s
    first = round((bars[4] - LEAD_S) * SAMPLE_RATE)
    last = round((bars[8] + 3.0) * SAMPLE_RATE)  # the last hit rings for a while before the tail begins
    assert np.array_equal(new[:, :first], old[:, :first]) and np.array_equal(new[:, last:], old[:, last:])
    inside = slice(round(bars[4] * SAMPLE_RATE), round(bars[8] * SAMPLE_RATE))
    assert np.abs(new[:, inside] - old[:, inside]).max() > 0.05
    assert redrummed.recipe["loudness"]["true_peak_dbtp"] <= -1.0


def test_an_edited_recipe_gives_the_same_samples_by_every_way(take, redrummed):
    recipe = json.loads(json.dumps(redrummed.recipe))
    piece = replay(recipe)
    assert np.array_equal(piece.sound().samples, redrummed.audio.samples)
    assert piece.performance == redrummed.performance
    request = Request(prompt="by hand", recipe=recipe, takes=1)
    again = next(item for item in EmbeddedEngine().takes(request, Event()) if isinstance(item, Take))
    assert np.array_equal(again.audio.samples, redrummed.audio.samples)
    assert again.summary == redrummed.summary and again.summary.startswith("Drums again in bars 5–8.")


def test_every_version_is_remembered_and_comes_back(take, redrummed, shelf):
    assert redrummed.recipe["parent"]["id"] == take_id(take.recipe)
    assert redrummed.recipe["parent"]["edit"]["words"] == "drums again in bars 5–8"
    twice = edited(redrummed, shelf, kind="transpose", what="+2")
    assert [one["id"] for one in ancestors(twice.recipe)] == [take_id(redrummed.recipe), take_id(take.recipe)]
    back = next(carry_out(twice.recipe, {"kind": "undo", "what": "2"}, cancel=Event(), shelf=shelf))
    assert np.array_equal(back.audio.samples, take.audio.samples) and take_id(back.recipe) == take_id(take.recipe)
    with pytest.raises(InputError, match="has 2 before"):
        next(carry_out(twice.recipe, {"kind": "undo", "what": "3"}, cancel=Event()))


def test_a_mix_stands_in_the_recipe_and_is_what_is_heard(take, redrummed, shelf):
    sheet = written(MixSheet(), level="drums=-90", lufs=-16)
    order = {"kind": "mix", "sheet": sheet_json(sheet)}
    mixed = next(x for x in carry_out(redrummed.recipe, order, cancel=Event(), shelf=shelf) if isinstance(x, Take))
    assert mixed.recipe["mixer"] == {"gain_db": {"drums": -90.0}, "target_lufs": -16.0}
    assert mixed.recipe["loudness"]["integrated_lufs"] == pytest.approx(-16.0, abs=0.1)
    assert mixed.performance == redrummed.performance
    piece = replay(json.loads(json.dumps(mixed.recipe)))
    assert np.array_equal(piece.sound().samples, mixed.audio.samples)
    stems, _ = piece.mixed()
    assert 20 * np.log10(np.abs(stems["drums"].samples).max() / np.abs(stems["bass"].samples).max()) < -60
    further = edited(mixed, shelf, kind="transpose", what="-1")
    assert further.recipe["mixer"] == mixed.recipe["mixer"]
    assert further.recipe["loudness"]["integrated_lufs"] == pytest.approx(-16.0, abs=0.1)


def test_transpose_and_tempo_keep_the_notes(take):
    up = composed(take, kind="transpose", what="G major")
    assert np.array_equal(up.canvas.steps, take.song.canvas.steps) and (up.tonic, up.mode) == (7, "major")
    quick = composed(take, kind="tempo", what="+20%")
    assert quick.tempo_bpm == 240.0 and perform(quick).duration_s < 0.9 * take.performance.duration_s
    slow = composed(take, kind="tempo", what="100")
    assert slow.tempo_bpm == 100.0 and np.array_equal(slow.canvas.steps, take.song.canvas.steps)


@pytest.mark.slow
def test_other_players_leave_the_others_alone(take, shelf):
    other = edited(take, shelf, kind="instruments", what="bass=tuba, pad=none")
    old = {part.lane: part for part in take.performance.parts}
    new = {part.lane: part for part in other.performance.parts}
    assert new["bass"].instrument == "tuba" and "pad" not in new
    assert all(new[lane] == old[lane] for lane in ("melody", "comp", "drums"))
    alone = edited(take, shelf, kind="alone", lanes=("drums",))
    assert [part.lane for part in alone.performance.parts] == ["drums"] and set(alone.stems) == {"drums"}


def test_other_chords_keep_the_tune_and_are_followed(take):
    song, old = composed(take, kind="chords", what="Dm Bb F C", bars="1-8"), take.song
    roots = [(root, quality) for _, _, root, quality in song.canvas.chords()][:4]
    assert roots == [(9, "min"), (5, "maj"), (0, "maj"), (7, "maj")]  # above F
    assert np.array_equal(song.canvas.steps[0], old.canvas.steps[0])
    assert np.array_equal(song.canvas.harmony[32:], old.canvas.harmony[32:])
    played = perform(song)
    comp = {n.midi % 12 for part in played.parts if part.lane == "comp" for n in part.notes
            if n.onset_s < played.bar_starts_s[1] - 0.1}
    assert comp <= {2, 5, 9}  # D minor
    sad = composed(take, kind="reharmonise", what="sadder")
    assert (sad.tonic, sad.mode) == (2, "minor") and np.array_equal(sad.canvas.steps[0], old.canvas.steps[0])
    assert (sad.canvas.harmony != old.canvas.harmony).any(axis=1).mean() > 0.25


@pytest.mark.slow
def test_progressions_differ_and_moods_lie_bar_on_bar(take, shelf):
    orders = ({"kind": "progressions", "count": 5, "seed": 4}, {"kind": "moods", "seed": 4})
    found = [[x for x in carry_out(take.recipe, order, cancel=Event(), shelf=shelf) if isinstance(x, Take)]
             for order in orders]
    chords = [tuple(c["name"] for c in one.recipe["chords"]) for one in (take, *found[0])]
    assert len(set(chords)) == 6
    for one in found[1]:
        assert one.performance.bar_starts_s[:16] == pytest.approx(take.performance.bar_starts_s[:16])
        assert np.array_equal(one.song.canvas.harmony, take.song.canvas.harmony)
        assert np.array_equal(one.song.canvas.steps[0], take.song.canvas.steps[0])
    played = [sum(len(part.notes) for part in one.performance.parts) for one in found[1]]
    assert played[0] < played[2] and "drums" not in found[1][0].song.instruments


def test_everything_that_is_not_locked_is_drawn_again(take):
    new = composed(take, kind="reroll", what="verse", lanes=("melody", "harmony")).canvas
    old = take.song.canvas
    verse = 8 * old.steps_per_bar
    assert np.array_equal(new.steps[:, :verse], old.steps[:, :verse])
    assert np.array_equal(new.steps[0], old.steps[0]) and np.array_equal(new.harmony, old.harmony)
    assert not np.array_equal(new.steps[2:, verse:], old.steps[2:, verse:])
    with pytest.raises(InputError, match="locked"):
        composed(take, kind="reroll", what="1-16")


@pytest.mark.slow
def test_a_part_that_the_take_has_not_is_added(take, shelf):
    bare = edited(take, shelf, kind="alone", lanes=("melody", "comp"))
    new = edited(bare, shelf, kind="redo", lanes=("bass",))
    assert any(part.lane == "bass" and part.notes for part in new.performance.parts)
    old = {part.lane: part for part in bare.performance.parts}
    assert all(part == old[part.lane] for part in new.performance.parts if part.lane != "bass")


@pytest.mark.slow
def test_longer_at_both_ends_keeps_what_was(take, shelf):
    new = edited(take, shelf, kind="extend", what="5")
    old, fresh = take.song.canvas, new.song.canvas
    assert fresh.n_bars == old.n_bars + 4
    steps = (old.n_bars - 1) * old.steps_per_bar
    assert np.array_equal(fresh.steps[:, :steps], old.steps[:, :steps])
    same = round((take.performance.bar_starts_s[12] - LEAD_S) * SAMPLE_RATE)
    assert np.array_equal(new.audio.samples[:, :same], take.audio.samples[:, :same])
    early = edited(take, shelf, kind="lead_in", what="2.4")
    assert early.song.canvas.n_bars == old.n_bars + 2 and early.song.sections[0].name == "intro"
    moved = early.audio.samples.shape[-1] - take.audio.samples.shape[-1]
    assert abs(moved - early.performance.bar_starts_s[2] * SAMPLE_RATE) <= 32  # half a block of the sampler
    settled = round(6.0 * SAMPLE_RATE)
    assert np.array_equal(early.audio.samples[:, moved + settled:], take.audio.samples[:, settled:])


def test_restyle_keeps_melody_and_chords_and_changes_the_rest(take):
    new = composed(take, kind="restyle", what="bossa nova with flute")
    assert np.array_equal(new.canvas.harmony, take.song.canvas.harmony)
    assert np.array_equal(new.canvas.steps[0], take.song.canvas.steps[0])
    assert not np.array_equal(new.canvas.steps[3:], take.song.canvas.steps[3:])
    assert "flute" in new.instruments.values()


@pytest.mark.parametrize("order,message", [
    ({"kind": "redo", "what": "99-120"}, "not in this take"), ({"kind": "redo", "what": "mazurka"}, "no section"),
    ({"kind": "extend", "what": "soon"}, "no number"), ({"kind": "extend", "what": "9999"}, "out of reach"),
    ({"kind": "shrink"}, "unknown"), ({"kind": "redo", "what": "1-2", "lanes": ["kazoo"]}, "kazoo"),
    ({"kind": "transpose", "what": "A minor"}, "other notes"), ({"kind": "transpose", "what": "+0"}, "already"),
    ({"kind": "tempo", "what": "fast"}, "no tempo"), ({"kind": "tempo", "what": "900"}, "out of reach"),
    ({"kind": "instruments", "what": "bass=piccolo"}, "cannot play"), ({"kind": "instruments"}, "No instrument"),
    ({"kind": "alone"}, "no such part"), ({"kind": "mood", "what": "hungry"}, "no mood"),
    ({"kind": "reharmonise", "what": "purple"}, "not clear"), ({"kind": "chords", "what": "X Y"}, "no chord"),
    ({"kind": "progressions", "count": 99}, "99 progressions"), ({"kind": "back", "what": "zz"}, "does not come from"),
    ({"kind": "mix", "sheet": {"gain_db": {"drums": 99}}}, "up to 24 dB"),
])
def test_an_edit_that_cannot_be_made_says_so(take, shelf, order, message):
    with pytest.raises(InputError, match=message):
        list(carry_out(take.recipe, order, cancel=Event(), shelf=shelf))


def test_cancel_ends_an_edit(take, shelf):
    cancel = Event()
    cancel.set()
    for kind in ("redo", "lead_in"):
        with pytest.raises(Cancelled):
            list(edit(take.recipe, kind=kind, what="2", seed=1, cancel=cancel, shelf=shelf))


def test_every_kind_says_what_it_is_for():
    assert all(len(words) > 10 for words in EDITS.values())


def test_the_shelf_is_bounded(take):
    silence = Audio(np.zeros((2, 10), np.float32), SAMPLE_RATE)
    small = Shelf(most_s=1.5 * take.performance.duration_s)
    names = [f"dry {number}" for number in range(6)]
    for name in names:
        small.keep(name, Dry(take.song, take.performance, Mixed({}, silence)))
    assert [small.find(name) is None for name in names] == [True] * 5 + [False]
    wide = Shelf(most_s=1e6)
    for name in names:
        wide.keep(name, Dry(take.song, take.performance, Mixed({}, silence)))
    assert sum(wide.find(name) is not None for name in names) == 4


def test_sung_words_hold_when_the_tune_is_drawn_again(take):
    song = replace(take.song, voice="clara", syllables=hand_syllables(take.song))
    new = composed(replace(take, song=song), kind="redo", what="1-4", lanes=("melody",))
    onsets = {note.step for note in new.canvas.notes("melody")}
    assert {s.step for s in song.syllables if s.step < 4 * 16} <= onsets
