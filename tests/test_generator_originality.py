"""Quotations of training melodies are found, in any key and place, and passed over among draws."""

from threading import Event

import numpy as np

from modules.canvas import Canvas
from modules.canvas import vocabulary as v
from modules.engines import embedded
from modules.generator import originality
from modules.types import Section

TUNE = ((0, 2, 60), (2, 2, 62), (4, 2, 64), (6, 1, 65), (7, 1, 64), (8, 4, 67), (12, 2, 64), (14, 2, 62), (16, 8, 60))


def tune(shift: int = 0, late: int = 0) -> Canvas:
    canvas = Canvas.empty("4/4", (Section("verse", 0, 4, 4),))
    row, lowest = v.ROW_NAMES.index("melody"), v.LOWEST["melody"]
    for step, length, midi in TUNE:
        canvas.steps[row, step + late] = v.ONSET + midi + shift - lowest
        canvas.steps[row, step + late + 1:step + late + length] = v.HOLD
    return canvas


def test_runs_are_free_of_key_and_place():
    assert originality.melody_runs(tune()) == originality.melody_runs(tune(shift=5, late=16)) != set()
    assert len(originality.melody_runs(tune())) == len(TUNE) - originality.RUN + 1


def test_a_repeated_note_is_no_tune():
    canvas = tune()
    canvas.steps[v.ROW_NAMES.index("melody")] = np.where(
        canvas.steps[v.ROW_NAMES.index("melody")] >= v.ONSET, v.ONSET + 20, v.REST)
    assert not originality.melody_runs(canvas)


def test_a_quotation_is_counted(monkeypatch):
    numbers = originality.run_numbers(originality.melody_runs(tune()))
    monkeypatch.setattr(originality, "training_runs", lambda: numbers)
    assert originality.quotes(tune(shift=-3)) == len(numbers)
    other = tune()
    row = v.ROW_NAMES.index("melody")
    other.steps[row, 4] += 1
    other.steps[row, 14] -= 2
    assert originality.quotes(other) == 0


def test_the_shipped_numbers_are_sorted_and_many():
    numbers = originality.training_runs()
    assert numbers.dtype == np.uint32 and len(numbers) > 100_000 and (np.diff(numbers.astype(np.int64)) > 0).all()


def test_a_draw_that_quotes_is_passed_over(monkeypatch):
    from modules.generator import checkpoint
    from modules.generator.plan import draw_plan
    from modules.types import Condition, Controls

    plan = draw_plan(Condition(styles={"indie_pop": 1.0}, controls=Controls(duration_s=12.0)), 5)
    best = embedded.compose_canvas(plan, checkpoint.generator(), 5, Event())
    monkeypatch.setattr(embedded, "quotes", lambda canvas: int(np.array_equal(canvas.steps, best.steps)))
    other = embedded.compose_canvas(plan, checkpoint.generator(), 5, Event())
    assert not np.array_equal(other.steps, best.steps)
