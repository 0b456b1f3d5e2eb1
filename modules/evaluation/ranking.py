"""What votes between pairs say: strengths by Bradley and Terry 1952, with ties by Davidson 1970, and how sure they are.

With strengths e^θ, the first wins, ties, loses in the proportions e^θi : ν e^((θi+θj)/2) : e^θj. Fitted by Newton's
method; intervals come from the observed information. A weak prior (θ within ± `PRIOR_SD`) keeps one-sided votes finite.
"Neither is good" counts as a tie, as in Chiang et al. 2024 ("Chatbot Arena"), and is counted beside it too. Knows
labels and outcomes; refuses to know takes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PRIOR_SD = 3.0  # of a log-strength: odds of 20 to 1 are still near the middle of it
Z95 = 1.959964  # standard deviations of a 95 % interval
STEPS = 60  # of Newton's method; it ends after about six
ENOUGH_VOTES = 6  # for each label, on average, before differences are spoken of


@dataclass(frozen=True)
class Ballot:
    """One vote between two labels: `outcome` is "one", "other", "tie" or "bad"."""

    one: str
    other: str
    outcome: str


@dataclass(frozen=True)
class Standing:
    """A label's place. `chance` is how often it would be preferred to an average one, ties aside; `low` and `high` hold
    the true value in 95 of 100 cases."""

    label: str
    wins: int
    ties: int
    losses: int
    bad: int
    chance: float
    low: float
    high: float


@dataclass(frozen=True)
class Ranking:
    """Best first. `certain`: the best one's interval lies above the worst one's; `note` says what to make of it."""

    standings: tuple[Standing, ...]
    votes: int
    tie_strength: float
    certain: bool
    note: str


def rank(ballots: Sequence[Ballot]) -> Ranking:
    """Strengths of all labels that were voted on.

    Votes between equal labels say nothing about labels and are left out.
    """
    told = [ballot for ballot in ballots if ballot.one != ballot.other]
    labels = sorted({label for ballot in told for label in (ballot.one, ballot.other)})
    if not told:
        return Ranking((), 0, 0.0, False, "No votes yet between different ones.")
    place = {label: index for index, label in enumerate(labels)}
    pairs = np.array([(place[b.one], place[b.other]) for b in told])  # (V, 2)
    kinds = np.array([{"one": 0, "other": 1}.get(b.outcome, 2) for b in told])
    theta, tie, errors = fit(pairs, kinds, len(labels))
    standings = []
    for index, label in enumerate(labels):
        first, second = pairs[:, 0] == index, pairs[:, 1] == index
        wins = int(((first & (kinds == 0)) | (second & (kinds == 1))).sum())
        ties = int(((first | second) & (kinds == 2)).sum())
        bad = sum(b.outcome == "bad" and label in (b.one, b.other) for b in told)
        low, middle, high = (1 / (1 + np.exp(-(theta[index] + side * Z95 * errors[index]))) for side in (-1, 0, 1))
        standings.append(Standing(label, wins, ties, int((first | second).sum()) - wins - ties, bad, float(middle),
                                  float(low), float(high)))
    standings.sort(key=lambda standing: (-standing.chance, standing.label))
    certain = standings[0].low > standings[-1].high
    return Ranking(tuple(standings), len(told), float(np.exp(tie)), certain, _note(standings, len(told), certain))


def _note(standings: Sequence[Standing], votes: int, certain: bool) -> str:
    wanted = ENOUGH_VOTES * len(standings)
    if votes < wanted:
        return f"Only {votes} vote{'s' if votes != 1 else ''} so far: too few to tell; {wanted} would say more."
    if not certain:
        return "The intervals overlap: these votes do not tell the best from the worst."
    return f"“{standings[0].label}” is above “{standings[-1].label}” beyond chance."


def fit(pairs: np.ndarray, kinds: np.ndarray, n: int) -> tuple[np.ndarray, float, np.ndarray]:
    """Most likely log-strengths.

    Args:
        pairs: (V, 2) indices of the two that were compared.
        kinds: (V,) 0 the first won, 1 the second, 2 a tie.
        n: how many are ranked.

    Returns:
        (n,) log-strengths with mean 0, the log of Davidson's ν, and (n,) standard errors of the log-strengths.
    """
    x = np.zeros(n + 1)  # strengths, then log ν
    prior = np.full(n + 1, PRIOR_SD**-2)
    first, second = pairs.T
    # Rows of the three outcomes' linear predictors: d(log weight) / d(parameters)
    design = np.zeros((3, len(pairs), n + 1))
    rows = np.arange(len(pairs))
    design[0, rows, first] = design[1, rows, second] = 1.0
    design[2, rows, first] = design[2, rows, second] = 0.5
    design[2, :, n] = 1.0
    seen = design[kinds, rows]  # (V, n + 1)
    for _ in range(STEPS):
        weights = design @ x  # (3, V)
        shares = np.exp(weights - weights.max(axis=0))
        shares /= shares.sum(axis=0)
        mean = np.einsum("kv,kvp->vp", shares, design)
        gradient = (seen - mean).sum(axis=0) - prior * x
        information = np.einsum("kv,kvp,kvq->pq", shares, design, design) - mean.T @ mean + np.diag(prior)
        step = np.linalg.solve(information, gradient)
        x += step * min(1.0, 2.0 / max(np.abs(step).max(), 1e-12))
        if np.abs(step).max() < 1e-9:
            break
    covariance = np.linalg.inv(information)[:n, :n]
    centre = np.eye(n) - 1 / n
    theta = x[:n] - x[:n].mean()
    return theta, float(x[n]), np.sqrt(np.diag(centre @ covariance @ centre).clip(0))


def ranking_csv(ranking: Ranking) -> str:
    """The table for a spreadsheet."""
    return table_csv(("label", "wins", "ties", "losses", "both_bad", "chance_against_average", "low_95", "high_95"),
                     [(s.label, s.wins, s.ties, s.losses, s.bad, f"{s.chance:.4f}", f"{s.low:.4f}", f"{s.high:.4f}")
                      for s in ranking.standings])


def table_csv(header: Sequence[str], rows: Sequence[Sequence]) -> str:
    """A table for a spreadsheet; a cell that begins like a formula is quoted, or a spreadsheet would run it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([f"'{cell}" if str(cell)[:1] in tuple("=+-@\t\r") and not _is_number(cell) else cell
                      for cell in row] for row in rows)
    return out.getvalue()


def _is_number(cell: object) -> bool:
    try:
        float(str(cell))
    except ValueError:
        return False
    return True
