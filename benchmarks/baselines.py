"""Simple models of a canvas' rows that the generator has to beat: unigram, previous bar, order-5 Markov."""

from __future__ import annotations

from collections import defaultdict

import numpy as np


class Unigram:
    """Share of each token, smoothed."""

    def __init__(self, lines: list[np.ndarray], size: int) -> None:
        counts = np.full(size, 0.5)
        for line in lines:
            counts += np.bincount(line, minlength=size)
        self.p = counts / counts.sum()

    def nats(self, line: np.ndarray, per_bar: int) -> np.ndarray:
        """(N,) negative log-likelihood of each token."""
        return -np.log(self.p[line])


class PreviousBar:
    """The token that stood there one bar ago, with a trust that was learned, else the unigram."""

    def __init__(self, lines: list[tuple[np.ndarray, int]], unigram: Unigram) -> None:
        self.unigram = unigram
        same = [(line[per_bar:] == line[:-per_bar]) for line, per_bar in lines if len(line) > per_bar]
        chance = [unigram.p[line[per_bar:]] for line, per_bar in lines if len(line) > per_bar]
        same, chance = np.concatenate(same), np.concatenate(chance)
        options = np.linspace(0.02, 0.99, 60)
        self.trust = options[np.argmax([np.log(t * same + (1 - t) * chance).sum() for t in options])]

    def nats(self, line: np.ndarray, per_bar: int) -> np.ndarray:
        before = np.concatenate([np.full(min(per_bar, len(line)), -1), line[:-per_bar]])
        return -np.log(self.trust * (before == line) + (1 - self.trust) * self.unigram.p[line])


class Markov:
    """Order-5 Markov model with Witten–Bell interpolation (Witten & Bell 1991, method C)."""

    ORDER = 5

    def __init__(self, lines: list[np.ndarray], size: int) -> None:
        self.size = size
        self.counts: list[dict] = [defaultdict(lambda: defaultdict(int)) for _ in range(self.ORDER + 1)]
        for line in lines:
            tokens = line.tolist()
            for at, token in enumerate(tokens):
                for order in range(min(self.ORDER, at) + 1):
                    self.counts[order][tuple(tokens[at - order:at])][token] += 1
        self.totals = [{context: (sum(seen.values()), len(seen)) for context, seen in table.items()}
                       for table in self.counts]

    def nats(self, line: np.ndarray, per_bar: int) -> np.ndarray:
        tokens = line.tolist()
        out = np.zeros(len(tokens))
        for at, token in enumerate(tokens):
            p = 1 / self.size
            for order in range(min(self.ORDER, at) + 1):
                context = tuple(tokens[at - order:at])
                found = self.totals[order].get(context)
                if found is None:
                    break
                total, kinds = found
                p = (self.counts[order][context].get(token, 0) + kinds * p) / (total + kinds)
            out[at] = -np.log(p)
        return out
