"""Building voices: a speaker's symbols as phones in time, borders found in sound, examples chosen."""

import numpy as np
import pytest

from modules.training.alignment import align
from modules.training.speaker import DURATION_STEP_S, LEAD_S, phones_of
from modules.training.voicebank import Token, carriers, choose_tokens, vowel_edge, word_pairs


def test_symbols_become_phones_without_gaps():
    symbols = list("$bˈɜɹnɪŋ bɹˈIt.$")
    spans = phones_of(symbols, np.full(len(symbols), 2 * DURATION_STEP_S))
    assert [s for s, _, _ in spans] == ["_", "B", "ER", "N", "IH", "NG", "B", "R", "AY", "T", "_"]
    for (_, _, end), (_, start, _) in zip(spans, spans[1:], strict=False):
        assert start == pytest.approx(end)
    assert spans[-1][2] == pytest.approx(len(symbols) * 2 * DURATION_STEP_S - LEAD_S)


def test_an_r_before_a_vowel_stays_a_consonant_and_long_spaces_are_pauses():
    assert [s for s, _, _ in phones_of(list("əɹˈW"), np.full(4, 0.05))] == ["ax", "R", "AW"]
    assert [s for s, _, _ in phones_of(list("i i"), np.array([0.1, 0.2, 0.1]))] == ["IY", "_", "IY"]
    assert [s for s, _, _ in phones_of(list("i i"), np.array([0.1, 0.05, 0.1]))] == ["IY", "IY"]


def test_borders_move_to_where_the_sound_changes():
    rng = np.random.default_rng(0)
    means = {"A": 0.0, "B": 3.0, "C": -3.0}
    features, guesses, truths = [], [], []
    for _ in range(12):
        symbols = [str(s) for s in rng.permutation(list(means))]
        lengths = rng.integers(12, 25, 3)
        ends = np.cumsum(lengths)
        sound = np.concatenate([np.full(n, means[s]) for s, n in zip(symbols, lengths, strict=True)])
        features.append(np.column_stack([sound, -sound]) + 0.4 * rng.standard_normal((len(sound), 2)))
        shifted = np.clip(ends[:-1] + rng.integers(-5, 6, 2), 4, ends[-1] - 4)
        borders = [0, *sorted(shifted), ends[-1]]
        guesses.append([(s, int(a), int(b)) for s, a, b in zip(symbols, borders, borders[1:], strict=False)])
        truths.append(ends[:-1])
    found = align(features, guesses)
    errors = [abs(span[2] - truth) for spans, true in zip(found, truths, strict=True)
              for span, truth in zip(spans, true, strict=False)]
    before = [abs(span[2] - truth) for spans, true in zip(guesses, truths, strict=True)
              for span, truth in zip(spans, true, strict=False)]
    assert np.mean(errors) < 0.5 < np.mean(before)
    assert all(spans[-1][2] == len(part) for spans, part in zip(found, features, strict=True))


def test_the_clearest_examples_are_kept_each_in_its_own_surroundings():
    coded = [np.zeros((40, 60))]
    coded[0][30:] = 9.0
    plain = [Token(0, first, first + 5, first + 10, 0.0, before, "_")
             for first, before in ((0, "T"), (5, "T"), (10, "K"))]
    odd = Token(0, 25, 30, 35, 5.0, "P", "_")
    kept = choose_tokens({("AA", "T"): [*plain, odd]}, coded)[("AA", "T")]
    assert odd not in kept and {token.before for token in kept} == {"T", "K"} and len(kept) == 2


def test_a_vowel_begins_where_its_band_rises():
    band_db = np.concatenate([np.full(20, -60.0), [-52.0, -40.0, -28.0], np.full(17, -22.0)])
    assert all(vowel_edge(boundary, 10, 35, band_db) in (21, 22) for boundary in (18, 21, 25))
    assert vowel_edge(20, 10, 35, np.full(40, -22.0)) == 20  # no rise: as it was


def test_missing_pairs_get_words_or_made_up_ones():
    assert word_pairs([("K", "M"), ("AE", "NG")]) == ["back moon."]
    line, = carriers([("K", "ZH"), ("_", "NG"), ("ER", "UH")])
    assert line == "tˈʌkʒˈʌt, ŋˈʌt, tˈɜɹ ˈʊt."
