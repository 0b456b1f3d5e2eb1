"""What the voice does, from the request to the take and its recipe: spoken and hummed, and what cannot be."""

from threading import Event

import pytest

from modules.conditions.fuse import Heard, check_request, fuse
from modules.conditions.lyrics import parse
from modules.engines.embedded import EmbeddedEngine
from modules.engines.recipe import read_song
from modules.errors import InputError
from modules.performance.perform import perform
from modules.types import Controls, Request, Take

WORDS = "Morning comes and paints the window gold\nEvery story that we never told"


def make(**asked) -> Take:
    request = Request(takes=1, seed=5, styles={"lofi_hiphop": 1.0}, **asked)
    return next(item for item in EmbeddedEngine().takes(request, Event()) if isinstance(item, Take))


def voice_of(take: Take):
    return next(part for part in take.performance.parts if part.lane == "vocal").sung


def test_words_are_spoken_and_the_recipe_keeps_that():
    take = make(lyrics=WORDS, singing="spoken")
    assert {note.manner for note in voice_of(take)} == {"spoken"}
    assert take.recipe["request"]["singing"] == "spoken" and len(take.recipe["lyrics"]) == len(voice_of(take))
    assert next(check for check in take.report if check.name == "words").heard.endswith("spoken")
    assert "speaks your words" in take.summary
    assert perform(read_song(take.recipe)).parts == take.performance.parts


def test_a_tune_is_hummed_without_words():
    take = make(singing="hummed", controls=Controls(duration_s=12.0))
    notes = voice_of(take)
    assert {note.manner for note in notes} == {"hummed"} and len(notes) >= 4
    assert take.recipe["lyrics"] == [] and not any(part.lane == "melody" for part in take.performance.parts)
    check = next(check for check in take.report if check.name == "humming")
    assert check.match > 0.8 and take.recipe["notes"]["melody"]


def test_what_the_voice_cannot_do_is_said():
    with pytest.raises(InputError, match="sung, spoken, hummed"):
        check_request(Request(prompt="x", singing="yodelled"))
    assert any("no words to speak" in line for line in fuse(Request(prompt="x", singing="spoken"), Heard()).conflicts)
    both = fuse(Request(lyrics=WORDS, singing="hummed"), Heard(lyrics=parse(WORDS)))
    assert both.vocal and both.singing == "hummed" and not both.conflicts
    assert fuse(Request(prompt="x", singing="hummed"), Heard()).vocal
