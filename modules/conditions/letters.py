"""The letter model: how a word sounds that no dictionary has, and which of its letters make which phonemes.

Owns the trained model, its beam search and the alignment of letters to phonemes. Refuses to know dictionaries,
syllables and lines. Letters are a–z and the apostrophe; phonemes are ARPAbet, vowels with their stress digit where a
docstring says so.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from modules.assets import asset
from modules.conditions.phones import is_vowel, with_vowel

CHUNK = 2  # phonemes that one letter may stand for at most ("x" K S)
STRANGE = 9.0  # nats: cost of a letter–phoneme pair that training never saw
BEAM = 6  # hypotheses kept while a word is read
EMBEDDED = 48  # features of a letter and of a tag
BATCH = 256  # words read at once


class LetterModel(nn.Module):
    """Letters → one tag a letter (0–2 phonemes with stress digits), each tag knowing all letters and the tags before.

    A two-layer bidirectional GRU reads the letters; a GRU over the tags so far, fed the reading of its letter, writes
    (the monotone case of Yao & Zweig 2015, "Sequence-to-sequence neural net models for grapheme-to-phoneme
    conversion", with hard alignment). B words of one length, T letters, W width of a direction, G number of tags.
    """

    def __init__(self, n_letters: int, n_tags: int, width: int, dropout: float = 0.2) -> None:
        super().__init__()
        self.n_tags = n_tags
        self.embed = nn.Embedding(n_letters, EMBEDDED)
        self.embed_tag = nn.Embedding(n_tags + 1, EMBEDDED)  # the last one: no tag yet
        self.read = nn.GRU(EMBEDDED, width, num_layers=2, batch_first=True, bidirectional=True, dropout=dropout)
        self.write = nn.GRU(2 * width + EMBEDDED, width, batch_first=True)
        self.drop = nn.Dropout(dropout)
        self.tag = nn.Linear(3 * width, n_tags)

    def reading(self, letters: Tensor) -> Tensor:
        """int64 (B, T) → float (B, T, 2 W)."""
        return self.drop(self.read(self.embed(letters))[0])

    def step(self, reading: Tensor, before: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """Log odds of the tags of some letters.

        Args:
            reading: float (B, T, 2 W).
            before: int64 (B, T) the tag before each letter, `n_tags` = none.
            state: float (1, B, W) or None at a word's start.

        Returns:
            float (B, T, G) and the state after.
        """
        hidden, state = self.write(torch.cat([reading, self.embed_tag(before)], -1), state)
        return self.tag(torch.cat([reading, self.drop(hidden)], -1)), state

    def forward(self, letters: Tensor, before: Tensor) -> Tensor:
        """int64 (B, T), int64 (B, T) → float (B, T, G): teacher forcing."""
        return self.step(self.reading(letters), before, None)[0]


@lru_cache(maxsize=1)
def letter_model() -> tuple[LetterModel, dict]:
    """The trained letter model and its card (`letters`, `tags`, `costs`, …)."""
    card = json.loads(asset("lexicon/letters.json").read_text(encoding="utf-8"))
    model = LetterModel(len(card["letters"]), len(card["tags"]), card["width"])
    weights = load_file(asset("lexicon/letters.safetensors"))
    model.load_state_dict({name: weight.float() for name, weight in weights.items()}, strict=True)
    return model.eval(), card


def align(letters: str, phones: tuple[str, ...], costs: dict[str, dict[str, float]]) -> list[tuple[str, ...]] | None:
    """The cheapest split of `phones` over `letters`, 0–2 phonemes a letter (Viterbi over a monotone lattice).

    Args:
        letters: a–z and apostrophes.
        phones: ARPAbet without stress digits.
        costs: letter → phonemes joined by spaces → nats.

    Returns:
        one tuple of phonemes a letter, or None when there are more than two phonemes a letter.
    """
    n, m = len(letters), len(phones)
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for i, letter in enumerate(letters):
        table, row = costs.get(letter, {}), {}
        for j, (cost, _) in best[-1].items():
            for k in range(min(CHUNK, m - j) + 1):
                if m - j - k > CHUNK * (n - i - 1):
                    continue
                total = cost + table.get(" ".join(phones[j:j + k]), STRANGE + k)
                if j + k not in row or total < row[j + k][0]:
                    row[j + k] = (total, j)
        best.append(row)
    if m not in best[-1]:
        return None
    chunks, j = [], m
    for i in range(n, 0, -1):
        start = best[i][j][1]
        chunks.append(phones[start:j])
        j = start
    return chunks[::-1]


@lru_cache(maxsize=4096)
def guess(letters: str) -> tuple[str, ...]:
    """Phonemes with stress digits of a word by the letter model alone; at least one vowel, one primary stress."""
    return guess_all([letters])[0]


def guess_all(words: list[str]) -> list[tuple[str, ...]]:
    """`guess` for many words at once."""
    model, card = letter_model()
    number = {letter: index for index, letter in enumerate(card["letters"])}
    results: list[tuple[str, ...]] = [()] * len(words)
    for length in {len(word) for word in words}:  # equal lengths together: the model was trained without padding
        places = [index for index, word in enumerate(words) if len(word) == length]
        for start in range(0, len(places), BATCH):
            some = places[start:start + BATCH]
            letters = torch.tensor([[number[c] for c in words[index]] for index in some])  # (B, T)
            for index, ways in zip(some, search(model, letters), strict=True):
                results[index] = with_vowel(_one_primary(_likeliest(ways, card["tags"])))
    return results


@torch.inference_mode()
def search(model: LetterModel, letters: Tensor, beam: int = BEAM) -> list[list[tuple[float, list[int]]]]:
    """The likeliest tag sequences of each word.

    Args:
        letters: int64 (B, T).
        beam: hypotheses kept a word.

    Returns:
        for each word (log probability, one tag a letter), the likeliest first.
    """
    n_words, n_letters = letters.shape
    reading = model.reading(letters)  # (B, T, 2 W)
    before = torch.full((n_words, 1), model.n_tags)  # (B, K) last tag of each hypothesis
    scores, paths, state = torch.zeros(n_words, 1), torch.zeros(n_words, 1, 0, dtype=torch.long), None
    for t in range(n_letters):
        kept = before.shape[1]
        here = reading[:, t, None].expand(-1, kept, -1).reshape(n_words * kept, 1, -1)
        odds, state = model.step(here, before.reshape(-1, 1), state)
        total = (scores[..., None] + odds.log_softmax(-1).view(n_words, kept, -1)).flatten(1)  # (B, K · G)
        scores, best = total.topk(min(beam, total.shape[1]), dim=1)
        parent, before = best // model.n_tags, best % model.n_tags
        rows = (torch.arange(n_words)[:, None] * kept + parent).flatten()
        state = state[:, rows]
        paths = torch.cat([paths.flatten(0, 1)[rows].view(n_words, parent.shape[1], t), before[..., None]], -1)
    return [[(float(score), path) for score, path in zip(word_scores, word_paths, strict=True)]
            for word_scores, word_paths in zip(scores.tolist(), paths.tolist(), strict=True)]


def _likeliest(ways: list[tuple[float, list[int]]], tags: list[str]) -> tuple[str, ...]:
    """The phonemes that the hypotheses together find likeliest: several alignments may say the same."""
    mass: dict[tuple[str, ...], float] = {}
    for score, path in ways:
        phones = tuple(" ".join(tags[tag] for tag in path).split())
        mass[phones] = mass.get(phones, 0.0) + math.exp(score)
    return max(mass, key=mass.get)


def _one_primary(phones: tuple[str, ...]) -> tuple[str, ...]:
    """Exactly one primary stress: the first that the model heard, else the first secondary, else the first vowel."""
    vowels = [i for i, phone in enumerate(phones) if is_vowel(phone)]
    if not vowels:
        return phones
    primary = next((i for i in vowels if phones[i][-1] == "1"), None)
    if primary is None:
        primary = next((i for i in vowels if phones[i][-1] == "2"), vowels[0])
    return tuple(phone[:-1] + ("1" if i == primary else "2" if phone[-1] == "1" else phone[-1]) if is_vowel(phone)
                 else phone for i, phone in enumerate(phones))
