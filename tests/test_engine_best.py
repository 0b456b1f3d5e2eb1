"""Make N, keep the best M: by the report, best first, and never more in memory than needed."""

from dataclasses import replace

from modules.engines.best import best_of
from modules.evaluation.report import merit
from modules.types import Check, Progress, Request
from tests.fake_engine import fake_take


def take(seed: int, match: float):
    return replace(fake_take(Request(), seed), report=(Check("tempo", "90", "90", match, "yes"),))


def test_the_best_come_first_and_progress_passes():
    items = [Progress(0.1, "Writing"), take(1, 0.2), take(2, 0.9), Progress(0.5, "Playing"), take(3, 0.5),
             take(4, 0.9)]
    out = list(best_of(iter(items), 2))
    assert [item.message for item in out[:2]] == ["Writing", "Playing; 2 heard so far"]
    assert [item.seed for item in out[2:]] == [2, 4]


def test_without_a_choice_every_take_comes_at_once():
    items = [take(1, 0.1), Progress(0.5, "x"), take(2, 0.9)]
    assert list(best_of(iter(items), 0)) == items


def test_merit_weighs_what_was_asked_double():
    asked, critic = Check("tempo", "90", "90", 0.0, "no"), Check("variety", "", "bars differ", 0.9, "yes")
    assert merit((asked, critic)) == 0.9 / 3
    assert merit((replace(asked, match=1.0),)) == 1.0
    assert merit((Check("dynamics", "", "softer", None, "near"),)) == 0.5
    assert merit((Check("key", "", "A minor", None, "heard"),)) == 0.5  # nothing judged: neither good nor bad
