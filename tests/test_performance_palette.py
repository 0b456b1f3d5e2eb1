"""Instrument choice: the style's own, what was asked, never what was refused; and all of it from the seed."""

import pytest

from modules.assets import instruments
from modules.generator.plan import blend
from modules.performance.palette import choose_instruments, lanes_of
from modules.styles.cards import cards
from modules.types import Controls


def choose(style: str, seed: int = 1, sung: bool = False, **controls) -> dict[str, str]:
    return choose_instruments(blend({style: 1.0}), Controls(**controls), seed, sung=sung)


@pytest.mark.parametrize("style", sorted(cards()))
def test_a_style_plays_its_own_instruments_on_its_own_lanes(style):
    card = cards()[style]
    for seed in range(4):
        for lane, name in choose(style, seed).items():
            assert card.lanes[lane] < 9 and name in card.instruments[lane]


@pytest.mark.parametrize("family", ["guitar", "strings", "synth", "piano", "brass", "drums"])
def test_no_instrument_of_a_refused_family_is_chosen(family):
    for style in cards():
        chosen = choose(style, unwanted=(family,))
        assert not [name for name in chosen.values() if instruments()[name]["family"] == family]


@pytest.mark.parametrize("wanted", ["tuba", "sitar", "kit_808", "harp", "bagpipes"])
def test_a_wanted_instrument_gets_a_lane_that_it_suits(wanted):
    for style in ("indie_pop", "ambient", "swing_jazz"):
        chosen = choose(style, wanted=(wanted,))
        [lane] = lanes_of((wanted,), chosen)
        assert lane in instruments()[wanted]["lanes"]


def test_a_wanted_family_is_played_and_a_lane_asked_for_by_name_gets_an_instrument():
    assert any(instruments()[n]["family"] == "brass" for n in choose("deep_house", wanted=("brass",)).values())
    assert "drums" not in choose("ambient") and choose("ambient", wanted=("drums",))["drums"] == "standard_kit"


def test_a_singer_keeps_the_melody():
    assert choose("folk_pop", sung=True, wanted=("flute",))["melody"] != "flute"
    assert "flute" in choose("folk_pop", sung=True, wanted=("flute",)).values()


def test_the_seed_decides():
    assert choose("soul", 5) == choose("soul", 5)
    assert len({tuple(choose("soul", seed).items()) for seed in range(8)}) > 3
