"""The board of notes and the Hum tab's way into a request."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from modules.conditions.settings import read_notes
from modules.errors import InputError
from modules.types import GridNote, HumBeat
from modules.ui.form import Form, sentence, to_request
from modules.ui.hum_tab import hum_words, recorder
from modules.ui.note_editor import curve_path, editor
from tests.fake_engine import hum_file, read_audio, read_hum
from tests.test_conditions_midi_tune import line, track, write


@pytest.fixture
def hum(tmp_path):
    return read_hum(hum_file(tmp_path / "a.wav"), HumBeat())


def test_the_board_holds_the_notes_and_says_how_to_change_them(hum, tmp_path):
    html = editor(hum, tmp_path / "a.wav")
    ElementTree.fromstring(html.replace("&nbsp;", " "))
    assert read_notes(re.search(r'data-notes="([^"]*)"', html)[1]) == hum.grid
    low, high = (int(re.search(rf'data-{name}="(-?\d+)"', html)[1]) for name in ("low", "high"))
    assert low < 60 and high > 67 and high - low + 1 >= 17
    assert set(re.findall(r'data-do="(\w+)"', html)) == {"recording", "play", "add", "split", "merge", "delete", "undo",
                                                         "redo"}
    assert 'role="listbox"' in html and 'role="toolbar"' in html and 'role="status"' in html
    assert "recording" not in re.findall(r'data-do="(\w+)"', editor(hum))


def test_the_curve_runs_through_the_notes(hum):
    points = [tuple(map(float, p)) for p in re.findall(r"[ML]([-\d.]+) (-[\d.]+)", curve_path(hum))]
    for note in hum.grid[1:]:
        near = [y for x, y in points if note.step + 0.2 < x < note.step + note.length - 0.4]
        assert near and abs(np.mean(near) + note.midi) < 0.6
    assert curve_path(replace(hum, f0_hz=np.zeros(0))) == ""


def test_a_pick_up_and_a_high_tune_fit_on_the_board(hum):
    moved = replace(hum, grid=tuple(replace(n, step=n.step - 3, midi=n.midi + 30) for n in hum.grid))
    html = editor(moved)
    assert 'data-first="-16"' in html and int(re.search(r'data-high="(\d+)"', html)[1]) > 97


def test_facts_are_chips_and_files_say_what_was_taken(hum, tmp_path):
    words = hum_words(hum, tmp_path / "a.wav")
    assert all(text in words for text in ("Heard", "C major", "96 BPM", "12 cents flat"))
    path = write(tmp_path / "a.mid", [track(line(), 1, "Flute"), track(line((40, 43), 4.0), 2, "bass")])
    words = hum_words(read_hum(path, HumBeat()), path)
    assert "In the file" in words and "“Flute”" in words and 'data-do="recording"' not in words


def test_the_recorder_tells_its_range():
    assert 'data-most="90"' in recorder() and 'min="40"' in recorder() and recorder().count("<option") == 7


def test_what_the_tab_holds_becomes_a_request(tmp_path):
    path = hum_file(tmp_path / "tune.wav")
    form = Form(hum=str(path), hum_notes="0:4:60, 4:4:62", hum_beat="tempo=96, start=0.5, file=tune.wav",
                follow_timing=True, keep_voice=True)
    request = to_request(form, read_audio)
    assert request.hum_notes == (GridNote(0, 4, 60), GridNote(4, 4, 62))
    assert request.hum_beat == HumBeat(96.0, None, 0.5) and request.follow_timing and request.keep_voice
    assert "as you corrected it, in your timing and with your voice" in sentence(form)
    midi = write(tmp_path / "tune.mid", [track(line())])
    request = to_request(Form(hum=str(midi)), read_audio)
    assert request.hum is None and len(request.tune.grid) == 8 and request.hum_name == "tune.mid"
    (tmp_path / "bad.mid").write_text("no")
    with pytest.raises(InputError, match="not a MIDI file"):
        to_request(Form(hum=str(tmp_path / "bad.mid")), read_audio)
