"""What is set aside is not applied; what was not said cannot be; lanes and curves are read as they are written."""

import pytest

from modules.conditions.corrections import can_be_set_aside, name_of, read_without
from modules.conditions.settings import check_lanes, read_curve, read_lanes
from modules.conditions.text import understand
from modules.errors import InputError

PROMPT = "sad bossa nova at 92 bpm in F# minor, 3/4, 20 seconds, two guitars, no drums, builds up, staccato, dry, 1970s"


def names(prompt: str) -> list[str]:
    return [name_of(finding) for finding in understand(prompt).findings]


@pytest.mark.parametrize("label, field, free", [
    ("tempo", "tempo_bpm", None), ("key", "tonic", None), ("metre", "meter", None), ("length", "duration_s", None),
    ("without", "unwanted", ()), ("instrument", "wanted", ()), ("energy over time", "energy_curve", ()),
    ("playing", "articulation", ()), ("era", "era", None)])
def test_a_chip_that_is_set_aside_frees_its_setting_and_nothing_else(label, field, free):
    whole = understand(PROMPT)
    name = next(name for name in names(PROMPT) if name.startswith(f"{label}: "))
    reading, gone = read_without(understand, PROMPT, "", [name])
    assert getattr(whole.controls, field) != free and getattr(reading.controls, field) == free
    assert [name_of(f) for f in gone] == [name]
    assert [name_of(f) for f in reading.findings] == [other for other in names(PROMPT) if other != name]
    kept = {"tempo_bpm", "duration_s", "meter"} - {field}
    assert all(getattr(reading.controls, other) == getattr(whole.controls, other) for other in kept)


def test_every_chip_of_a_rich_prompt_can_be_set_aside_and_all_together_leave_nothing():
    assert all(can_be_set_aside(finding, PROMPT, "") for finding in understand(PROMPT).findings)
    reading, gone = read_without(understand, PROMPT, "", names(PROMPT))
    assert len(gone) == len(names(PROMPT)) and reading.findings == () and reading.styles == {}
    assert reading.controls.tempo_bpm is None and reading.controls.wanted == () and reading.production == ()


def test_one_of_two_styles_gives_the_other_the_whole():
    prompt = "bossa nova meets synthwave"
    assert set(understand(prompt).styles) == {"bossa_nova", "synthwave"}
    first = next(name for name in names(prompt) if name.startswith("style: Bossa"))
    assert read_without(understand, prompt, "", [first])[0].styles == {"synthwave": 1.0}


def test_words_with_more_than_one_effect_are_read_without_them():
    prompt = "only piano"
    name = next(name for name in names(prompt) if name.startswith("nothing but"))
    reading, _ = read_without(understand, prompt, "", [name])
    assert understand(prompt).controls.unwanted and reading.controls.unwanted == ()


def test_names_of_other_words_change_nothing():
    assert read_without(understand, PROMPT, "", ["tempo: 60 BPM", "nonsense"]) == (understand(PROMPT), ())


def test_curves_are_read_in_order():
    assert read_curve(" 15:0.9, 0:0.2 ") == ((0.0, 0.2), (15.0, 0.9))
    assert read_curve("") == ()


@pytest.mark.parametrize("text", ["0", "0:high", "0:1.2", "-1:0.5", "999:0.5", "nan:0.5", "0:nan",
                                  ",".join(f"{i}:0.5" for i in range(80))])
def test_a_curve_that_is_none_is_refused_in_words(text):
    with pytest.raises(InputError, match="energy curve"):
        read_curve(text)


def test_lanes_are_read_and_checked():
    assert read_lanes("bass=upright bass, Drums=none") == (("bass", "upright_bass"), ("drums", "none"))
    assert check_lanes({"melody": "", "bass": "tuba"}) == (("bass", "tuba"),)
    with pytest.raises(InputError, match="no part called 'kazoo'"):
        read_lanes("kazoo=flute")
    with pytest.raises(InputError, match="'flute' cannot play the bass"):
        read_lanes("bass=flute")
