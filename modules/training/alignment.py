"""Where phones lie in speech, found from a rough guess: each phone is three states in a row with one Gaussian each,
trained on the material itself (Viterbi training; Rabiner 1989, "A tutorial on hidden Markov models", §VI). Owns the
search; knows nothing of who spoke.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

STATES = 3
ROUNDS = 4
REACH = 14  # frames: a state lies at most this far from where the guess has it
MIN_FRAMES_OF_STATE = 8  # fewer examples share their phone's spread
Spans = list[tuple[str, int, int]]  # (symbol, first frame, frame after the last), without gaps


def align(features: Sequence[np.ndarray], guesses: Sequence[Spans]) -> list[Spans]:
    """Move the borders of guessed phones to where the sound changes.

    Args:
        features: one (T, D) array an utterance.
        guesses: its phones, covering all frames.
    Returns:
        The same phones with new borders; each lasts at least three frames.
    """
    paths = [_even_states(spans) for spans in guesses]
    for _ in range(ROUNDS):
        means, spreads = _estimate(features, paths, guesses)
        paths = [_search(part, spans, path, means, spreads)
                 for part, spans, path in zip(features, guesses, paths, strict=True)]
    return [[(symbol, int(path[STATES * i]), int(path[STATES * (i + 1)])) for i, (symbol, _, _) in enumerate(spans)]
            for spans, path in zip(guesses, paths, strict=True)]


def _even_states(spans: Spans) -> np.ndarray:
    """First frame of every state and the end, (3 · phones + 1,): thirds of each phone."""
    starts = [start + (end - start) * part / STATES for _, start, end in spans for part in range(STATES)]
    return np.round([*starts, spans[-1][2]]).astype(int)


def _estimate(features, paths, guesses) -> tuple[dict, dict]:
    """Mean and standard deviation of every state's frames."""
    frames: dict[tuple[str, int], list[np.ndarray]] = {}
    for part, spans, path in zip(features, guesses, paths, strict=True):
        for i, (symbol, _, _) in enumerate(spans):
            for state in range(STATES):
                first, last = path[STATES * i + state:STATES * i + state + 2]
                frames.setdefault((symbol, state), []).append(part[first:last])
    everything = np.concatenate(features)
    floor, usual = 0.1 * everything.std(axis=0), everything.std(axis=0)
    means, spreads = {}, {}
    for key, parts in frames.items():
        values = np.concatenate(parts)
        enough = len(values) >= MIN_FRAMES_OF_STATE
        means[key] = values.mean(axis=0) if len(values) else everything.mean(axis=0)
        spreads[key] = np.maximum(values.std(axis=0), floor) if enough else usual
    return means, spreads


def _search(part: np.ndarray, spans: Spans, path: np.ndarray, means: dict, spreads: dict) -> np.ndarray:
    """Viterbi over the states in order, each at least a frame and within `REACH` of where it was."""
    keys = [(symbol, state) for symbol, _, _ in spans for state in range(STATES)]
    unique = list(dict.fromkeys(keys))
    scores = np.stack([-(0.5 * ((part - means[k]) / spreads[k]) ** 2 + np.log(spreads[k])).sum(axis=1) for k in unique])
    row = np.array([unique.index(k) for k in keys])
    n_frames, n_states = len(part), len(keys)
    moved = np.zeros((n_frames, n_states), bool)
    best = np.full(n_states, -np.inf)
    best[0] = scores[row[0], 0]
    first, last = path[:-1] - REACH, path[1:] + REACH
    for t in range(1, n_frames):
        arrive = np.concatenate([[-np.inf], best[:-1]])
        moved[t] = arrive > best
        allowed = (t >= first) & (t < last)
        best = np.where(allowed, np.maximum(best, arrive) + scores[row, t], -np.inf)
    if not np.isfinite(best[-1]):
        return path
    found = np.empty(n_states + 1, int)
    found[-1], state = n_frames, n_states - 1
    for t in range(n_frames - 1, 0, -1):
        if moved[t, state]:
            found[state] = t
            state -= 1
    found[0] = 0
    return found if state == 0 else path
