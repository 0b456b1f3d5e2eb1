"""Ideas: surprises differ and are understood, improvements are acted on, and what was made grows."""

import pytest

from modules.conditions.ideas import Made, grown, improvements, surprise
from modules.conditions.text import understand
from modules.styles.cards import cards


def test_no_two_surprises_of_a_series_are_alike_and_a_seed_repeats_them():
    series = [surprise(5, nth) for nth in range(len(cards()))]
    assert len(set(series)) == len(series) and series == [surprise(5, nth) for nth in range(len(cards()))]
    assert surprise(6, 0) != surprise(5, 0)
    for card in cards().values():
        assert sum(card.title.lower() in prompt.lower() for prompt in series) >= 1


def test_surprises_are_understood_as_they_were_meant():
    styled, told = 0, 0
    for nth in range(40):
        prompt = surprise(11, nth)
        reading = understand(prompt)
        named = [name for name in reading.styles if cards()[name].title.lower() in prompt.lower()]
        styled += bool(named)
        told += reading.controls.tempo_bpm is not None and bool(reading.controls.wanted)
    assert styled >= 38 and told >= 38


@pytest.mark.parametrize("prompt", ["something nice", "bossa nova", "sad", "for a rainy day", "cello"])
def test_a_weak_prompt_gets_three_additions_and_each_is_understood(prompt):
    before = understand(prompt)
    ideas = improvements(prompt, before)
    assert len(ideas) == len({idea.text for idea in ideas}) == 3
    for idea in ideas:
        after = understand(f"{prompt}, {idea.text}")
        assert (after.controls, after.production, after.styles) != (before.controls, before.production, before.styles)


def test_what_was_set_aside_is_not_offered_again():
    reading = understand("bossa nova")
    tempo = understand("bossa nova, 120 bpm").findings
    assert any("BPM" in idea.text for idea in improvements("bossa nova", reading))
    assert not any("BPM" in idea.text for idea in improvements("bossa nova", reading, tempo))


def test_a_prompt_that_says_enough_is_left_alone():
    prompt = "bossa nova, 130 bpm, flute, A minor, drop at 0:15"
    assert improvements(prompt, understand(prompt)) == () == improvements("", understand("x"))


def test_ideas_grow_from_what_was_made():
    assert grown([]) == ()
    one = Made("bossa_nova", 130.0, "flute")
    ideas = grown([one])
    assert len(ideas) == 3 and "Bossa nova" in ideas[1].text and all("130" in ideas[1].text for _ in ideas)
    assert "flute" in ideas[0].text and "slow" in ideas[2].title and "91 BPM" in ideas[2].text
    both = grown([Made("synthwave", 100.0, "saw_lead"), one])
    assert both[1].text.startswith("Bossa nova meets Synthwave")
    for idea in both:
        assert understand(idea.text).styles
