"""Mix sheets: what is written is what is set, recipes hold it whole, wrong words are one sentence, presets differ."""

from __future__ import annotations

import json

import pytest

from modules.canvas.chord_names import read_chord, read_progression
from modules.errors import InputError
from modules.studio.mix_sheet import (
    MixSettings,
    MixSheet,
    preset,
    presets,
    read_sheet,
    sheet_json,
    told,
    written,
)


def test_written_settings_become_a_sheet_and_come_back_from_json():
    sheet = written(MixSheet(), level="drums=-3, vocals=+2, pad=off", pan="chords=0.3", reverb="pad=+4",
                    eq="bass.low=+3, drums.high=-1.5", mute="counter-melody", solo="", lufs=-16)
    settings = sheet.settings
    assert settings.gain_db == {"drums": -3.0, "vocal": 2.0, "pad": -90.0} and settings.pan == {"comp": 0.3}
    assert settings.low_db == {"bass": 3.0} and settings.high_db == {"drums": -1.5}
    assert settings.reverb_db == {"pad": 4.0} and settings.mute == {"counter"} and sheet.target_lufs == -16.0
    assert read_sheet(json.loads(json.dumps(sheet_json(sheet)))) == sheet
    assert not sheet.untouched and read_sheet(None).untouched
    assert told(sheet, ("vocal", "drums", "counter", "bass")) == (
        "vocal +2 dB, drums −3 dB, other tone, counter off, bass other tone; −16 LUFS")


def test_what_is_written_later_changes_what_was_set():
    sheet = written(preset("club"), level="bass=-1")
    assert sheet.settings.gain_db["bass"] == -1.0 and sheet.settings.low_db["bass"] == 3.0 and sheet.preset == "club"


@pytest.mark.parametrize(("options", "word"), [
    ({"level": "kazoo=3"}, "kazoo"), ({"level": "drums=loud"}, "no number"), ({"level": "drums=nan"}, "no number"),
    ({"eq": "bass=3"}, "bass.low"), ({"eq": "bass.treble=3"}, "treble"), ({"pan": "comp=2"}, "pan of comp"),
    ({"level": "drums=40"}, "up to 24 dB"), ({"lufs": 0}, "LUFS"), ({"mute": "everything"}, "everything"),
])
def test_what_cannot_be_set_is_one_sentence(options, word):
    with pytest.raises(InputError, match=word):
        written(MixSheet(), **options)


@pytest.mark.parametrize("data", [{"gain_db": 3}, {"gain_db": {"drums": "x"}}, {"mute": 4}, 3, {"target_lufs": "loud"}])
def test_a_damaged_sheet_is_refused(data):
    with pytest.raises(InputError, match="cannot be read"):
        read_sheet(data)


def test_presets_are_known_by_name_and_title_and_differ():
    names = list(presets())
    assert names[0] == "as_made" and presets()["as_made"].sheet.untouched
    assert preset("Club low end") == preset("club") and preset("podcast-bed").target_lufs == -23.0
    assert preset("karaoke").settings.mute == {"vocal", "melody"}
    sheets = [one.sheet.settings for one in presets().values()]
    assert all(a != b for i, a in enumerate(sheets) for b in sheets[:i]) and MixSettings() in sheets
    with pytest.raises(InputError, match="as_made"):
        preset("loudest ever")


def test_chords_are_read_as_people_write_them():
    assert [read_chord(name) for name in ("C", "F#m7", "B♭maj7", "gsus4", "D°", "Em7b5", "A5")] == [
        (0, "maj"), (6, "m7"), (10, "maj7"), (7, "sus4"), (2, "dim"), (4, "m7b5"), (9, "5")]
    assert read_progression("Am F C G") == [[(9, "min")], [(5, "maj")], [(0, "maj")], [(7, "maj")]]
    assert read_progression("Am F | C") == [[(9, "min"), (5, "maj")], [(0, "maj")]]
    for text in ("H", "C/E", "Cmaj13", "|"):
        with pytest.raises(InputError, match="write"):
            read_progression(text)
