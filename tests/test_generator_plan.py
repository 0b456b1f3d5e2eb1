"""The plan: it fills the asked length, obeys refusals, keeps what inputs fix, and returns what returns."""

import numpy as np
import pytest

from modules.canvas import MUST_ONSET
from modules.canvas import vocabulary as v
from modules.conditions.lyrics import parse
from modules.generator.givens import write_melody
from modules.generator.plan import RING_S, draw_plan
from modules.styles.cards import cards
from modules.types import LANES, Condition, Controls, GridNote

TUNE = tuple(GridNote(step * 4, 4, midi) for step, midi in enumerate((60, 62, 64, 65, 67, 69, 71, 72, 67, 64, 60)))


def plan_of(seed: int = 1, **kwargs):
    controls = Controls(**{k: x for k, x in kwargs.items() if k in Controls.__dataclass_fields__})
    rest = {k: x for k, x in kwargs.items() if k not in Controls.__dataclass_fields__}
    return draw_plan(Condition(**{"styles": {"indie_pop": 1.0}, "controls": controls, **rest}), seed)


@pytest.mark.parametrize("style", ["indie_pop", "celtic", "country_waltz", "trance", "hymn"])
@pytest.mark.parametrize("duration_s", [5, 12, 30, 75, 240])
def test_a_plan_fills_the_asked_length(style, duration_s):
    plan = plan_of(duration_s=float(duration_s), styles={style: 1.0})
    bar_s = v.BEATS_PER_BAR[plan.canvas.meter] * 60 / plan.tempo_bpm
    assert abs(plan.canvas.n_bars * bar_s - (duration_s - RING_S)) <= max(bar_s, 2 * bar_s - duration_s + RING_S)
    starts = [section.start_bar for section in plan.canvas.sections]
    assert starts[0] == 0 and starts == sorted(starts)
    assert sum(s.bars for s in plan.canvas.sections) == plan.canvas.n_bars


@pytest.mark.parametrize("lane", LANES)
def test_a_refused_lane_never_plays(lane):
    plan = plan_of(unwanted=(lane,), duration_s=60.0)
    assert not plan.canvas.active[LANES.index(lane)].any()


def test_no_bar_is_left_without_any_lane():
    for name in cards():
        plan = plan_of(styles={name: 1.0}, duration_s=60.0)
        assert (plan.canvas.active > 0).any(axis=0).all(), name


def test_a_drawn_energy_curve_is_followed():
    plan = plan_of(energy_curve=((0.0, 0.0), (60.0, 1.0)), duration_s=60.0)
    assert plan.canvas.energy[0] <= 1 and plan.canvas.energy[-1] >= 6
    assert (np.diff(plan.canvas.energy.astype(int)) >= 0).all()


def test_the_energy_slider_moves_energy_monotonically():
    means = [plan_of(energy=e, duration_s=60.0).canvas.energy.mean() for e in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert means == sorted(means) and means[-1] - means[0] >= 3


def melody_of(plan) -> list[GridNote]:
    return plan.canvas.notes("melody")


def test_a_faithful_melody_stands_on_the_canvas_note_for_note():
    plan = plan_of(melody=TUNE, melody_source="hum", tonic=0, mode="major", meter="4/4", tempo_bpm=100.0)
    notes = melody_of(plan)[: len(TUNE)]
    assert np.diff([n.midi for n in notes]).tolist() == np.diff([n.midi for n in TUNE]).tolist()
    assert np.diff([n.step for n in notes]).tolist() == np.diff([n.step for n in TUNE]).tolist()
    assert plan.canvas.known_steps[0].any()


def test_faithfulness_opens_more_and_more():
    known = []
    for faithfulness in (1.0, 0.75, 0.5, 0.25, 0.0):
        canvas = plan_of(styles={"indie_pop": 1.0}).canvas
        canvas.known_steps[:] = False
        write_melody(canvas, list(TUNE), 0, faithfulness=faithfulness, rng=np.random.default_rng(0))
        known.append(int(canvas.known_steps[0].sum()))
    assert known == sorted(known, reverse=True) and known[0] > known[2] > known[-1] == 0


def test_every_syllable_starts_a_note():
    lyrics = parse("Morning light upon the water\nCarry me along with you")
    plan = plan_of(lyrics=lyrics, vocal=True)
    onsets = np.flatnonzero(plan.canvas.rhythm[0] == MUST_ONSET)
    assert sorted(s.step for s in plan.syllables) == onsets.tolist()
    assert len(onsets) == sum(len(line) for line in lyrics.lines)


def test_given_chords_are_kept():
    chords = ((0, 4, 9, "min"), (4, 4, 5, "maj"), (8, 4, 0, "maj"), (12, 4, 7, "7"))
    plan = plan_of(chords=chords, tonic=0, mode="major", meter="4/4", duration_s=30.0)
    assert plan.canvas.known_harmony.all()
    assert [c[2] for c in plan.canvas.chords()[:4]] == [9, 5, 0, 7]


def test_returning_sections_copy_and_the_same_seed_gives_the_same_plan():
    a, b, c = plan_of(3, duration_s=120.0), plan_of(3, duration_s=120.0), plan_of(4, duration_s=120.0)
    assert (a.copy_bars >= 0).any() and np.array_equal(a.copy_bars, b.copy_bars)
    assert a.tempo_bpm == b.tempo_bpm and (a.tempo_bpm, a.tonic, a.mode) != (c.tempo_bpm, c.tonic, c.mode)


def test_a_piece_ends_at_home_but_a_given_melody_ends_where_it_ends():
    plan = plan_of(mode="minor", duration_s=30.0)
    assert plan.canvas.known_harmony[-1, 0] and plan.canvas.harmony[-1, 0] == 9
    assert not plan.canvas.known_harmony[0].any()
    hummed = plan_of(melody=TUNE, melody_source="hum", meter="4/4", tempo_bpm=100.0, tonic=0, mode="major")
    sung_to_the_end = hummed.canvas.known_steps[0, -hummed.canvas.steps_per_bar:].any()
    assert bool(hummed.canvas.known_harmony[-1, 0]) != bool(sung_to_the_end)
    assert not plan_of(ending="fade", duration_s=30.0).canvas.known_harmony.any()
