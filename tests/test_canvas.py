"""The canvas: lossless round trips, notes and roles read back, masks of an empty one."""

import numpy as np
import pytest

from modules.canvas import Canvas, write_notes
from modules.canvas import vocabulary as v
from modules.canvas.midi import read_midi, write_midi
from modules.canvas.text import from_json, to_json
from modules.errors import InputError
from modules.styles.cards import cards
from modules.training.teacher import write_song
from modules.types import GridNote, Section


@pytest.mark.parametrize("style", ["bossa_nova", "celtic", "country_waltz", "techno", "baroque"])
def test_midi_round_trip_is_lossless(style, tmp_path):
    canvas = write_song(cards()[style], np.random.default_rng(7)).canvas
    write_midi(canvas, tmp_path / "score.mid", tempo_bpm=120, do_pc=9)
    back = read_midi(tmp_path / "score.mid", do_pc=9)
    assert back.meter == canvas.meter and back.sections == canvas.sections
    assert np.array_equal(back.harmony, canvas.harmony)
    assert np.array_equal(back.steps, canvas.steps)


def test_json_round_trip_is_lossless():
    canvas = write_song(cards()["funk"], np.random.default_rng(1)).canvas
    canvas.rhythm[0, 3] = 2
    back = from_json(to_json(canvas))
    for name in ("harmony", "steps", "known_harmony", "known_steps", "rhythm", "active", "energy"):
        assert np.array_equal(getattr(back, name), getattr(canvas, name)), name
    assert back.sections == canvas.sections


def test_a_foreign_midi_file_is_refused(tmp_path):
    import mido

    mido.MidiFile(tracks=[mido.MidiTrack()]).save(tmp_path / "other.mid")
    with pytest.raises(InputError, match="not a canvas"):
        read_midi(tmp_path / "other.mid", do_pc=0)


def test_notes_written_are_notes_read():
    canvas = Canvas.empty("4/4", (Section("verse", 0, 2, 3),))
    notes = [GridNote(0, 4, 12), GridNote(4, 2, 14), GridNote(10, 6, 16), GridNote(16, 1, 16), GridNote(17, 3, 16)]
    write_notes(canvas.steps, "melody", notes)
    assert canvas.notes("melody") == notes


def test_a_later_note_cuts_an_earlier_one():
    canvas = Canvas.empty("4/4", (Section("verse", 0, 1, 3),))
    write_notes(canvas.steps, "melody", [GridNote(0, 12, 10), GridNote(4, 2, 11)])
    assert canvas.notes("melody") == [GridNote(0, 4, 10), GridNote(4, 2, 11)]


@pytest.mark.parametrize("meter,beats,steps", [("4/4", 4, 16), ("3/4", 3, 12), ("6/8", 2, 12)])
def test_an_empty_canvas_knows_nothing(meter, beats, steps):
    canvas = Canvas.empty(meter, (Section("verse", 0, 3, 3), Section("chorus", 3, 2, 6)))
    assert canvas.n_bars == 5 and canvas.n_beats == 5 * beats and canvas.steps_per_bar == steps
    assert not canvas.known_steps.any() and not canvas.known_harmony.any()
    assert canvas.section_at(3).name == "chorus"


@pytest.mark.parametrize("row", v.PITCH_ROWS)
@pytest.mark.parametrize("do_pc", range(12))
def test_pitch_index_and_midi_are_inverse(row, do_pc):
    for index in range(v.ROWS[row][2] - v.ONSET):
        assert v.to_index(row, v.to_midi(row, index, do_pc), do_pc) == index
