"""Rankings from votes: against closed forms and against votes drawn from known strengths."""

import csv
import io

import numpy as np
import pytest

from modules.evaluation.ranking import Ballot, fit, rank, ranking_csv, table_csv


def drawn(theta: np.ndarray, nu: float, votes: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Votes between random pairs by Davidson's model."""
    pairs = np.array([rng.choice(len(theta), 2, replace=False) for _ in range(votes)])
    weights = np.stack([np.exp(theta[pairs[:, 0]]), np.exp(theta[pairs[:, 1]]),
                        nu * np.exp(theta[pairs].mean(axis=1))])
    shares = (weights / weights.sum(axis=0)).cumsum(axis=0)
    return pairs, (rng.random(votes) > shares).sum(axis=0)


def test_two_with_many_votes_are_as_the_closed_form_says():
    pairs = np.array([(0, 1)] * 1000)
    kinds = np.array([0] * 600 + [1] * 200 + [2] * 200)
    theta, tie, _ = fit(pairs, kinds, 2)
    assert theta[0] - theta[1] == pytest.approx(np.log(600 / 200), abs=0.01)  # Davidson 1970: ties say nothing of it
    assert np.exp(tie) == pytest.approx(200 / np.sqrt(600 * 200), abs=0.01)


def test_intervals_hold_the_truth_in_95_of_100_cases():
    truth = np.array([0.9, 0.3, -0.2, -1.0])
    truth -= truth.mean()
    inside = []
    for seed in range(120):
        pairs, kinds = drawn(truth, 0.6, 80, np.random.default_rng(seed))
        theta, _, errors = fit(pairs, kinds, 4)
        inside += list(np.abs(theta - truth) < 1.96 * errors)
    assert 0.92 <= np.mean(inside) <= 0.98


def test_order_is_found_and_the_side_does_not_matter():
    rng = np.random.default_rng(3)
    pairs, kinds = drawn(np.array([1.0, 0.0, -1.0]), 0.5, 300, rng)
    names = ("good", "fair", "poor")
    ballots = [Ballot(names[a], names[b], ("one", "other", "tie")[k]) for (a, b), k in zip(pairs, kinds)]
    swapped = [Ballot(b.other, b.one, {"one": "other", "other": "one"}.get(b.outcome, b.outcome)) for b in ballots]
    ranking = rank(ballots)
    assert [standing.label for standing in ranking.standings] == list(names) and ranking.certain
    assert "beyond chance" in ranking.note
    assert [s.chance for s in rank(swapped).standings] == pytest.approx([s.chance for s in ranking.standings])
    assert all(s.low < s.chance < s.high for s in ranking.standings)


def test_one_sided_votes_stay_finite_and_few_votes_say_so():
    ranking = rank([Ballot("a", "b", "one")] * 3)
    assert 0.5 < ranking.standings[0].chance < 1 and np.isfinite(ranking.standings[0].high)
    assert "too few to tell" in ranking.note and not ranking.certain
    assert rank([]).standings == () and rank([Ballot("a", "a", "one")]).votes == 0


def test_many_votes_that_are_even_do_not_tell():
    ballots = [Ballot("a", "b", ("one", "other", "tie", "bad")[i % 4]) for i in range(40)]
    ranking = rank(ballots)
    assert "overlap" in ranking.note and not ranking.certain
    first = ranking.standings[0]
    assert (first.wins, first.ties, first.losses, first.bad) == (10, 20, 10, 10)


def test_tables_open_in_a_spreadsheet_and_run_nothing():
    text = ranking_csv(rank([Ballot("=cmd()", 'say "x", y', "one")] * 2))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["label"] == "'=cmd()" and rows[0]["wins"] == "2" and rows[1]["label"] == 'say "x", y'
    assert table_csv(("a", "b"), [("-0.5", "-x")]) == "a,b\n-0.5,'-x\n"
