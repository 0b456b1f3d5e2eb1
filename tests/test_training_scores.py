"""Scores → canvases: measures in playing order, chords by analysis, voices. On scores made here."""

import zipfile
from fractions import Fraction

import numpy as np
import pytest

from modules.canvas import vocabulary as v
from modules.training import corpora, scores
from modules.training.chords import analyse
from modules.training.musicxml import Measure, play_order, read_parts
from modules.types import GridNote


def write_song(path, *, repeats=False, pickup=False):
    """Sixteen bars of a scale in G with chord symbols, as compressed MusicXML."""
    steps = ["G", "A", "B", "C", "D", "E", "F", "G"]
    measures = []
    if pickup:
        measures.append('<measure number="0"><attributes><divisions>1</divisions><key><fifths>1</fifths></key><time>'
                        '<beats>4</beats><beat-type>4</beat-type></time></attributes>'
                        '<note><pitch><step>D</step><octave>4</octave></pitch><duration>1</duration></note></measure>')
    for bar in range(16):
        start = "" if bar or pickup else (
            "<attributes><divisions>1</divisions><key><fifths>1</fifths></key><time><beats>4</beats>"
            "<beat-type>4</beat-type></time></attributes>")
        root, kind = "GD"[bar % 2], ("major", "dominant")[bar % 2]
        chord = f"<harmony><root><root-step>{root}</root-step></root><kind>{kind}</kind></harmony>"
        names = [steps[(bar + i) % 8] for i in range(4)]
        notes = "".join(f"<note><pitch><step>{name}</step>{'<alter>1</alter>' if name == 'F' else ''}"
                        "<octave>4</octave></pitch><duration>1</duration></note>" for name in names)
        end = '<barline location="right"><repeat direction="backward"/></barline>' if repeats and bar == 7 else ""
        measures.append(f'<measure number="{bar + 1}">{start}{chord}{notes}{end}</measure>')
    text = ('<score-partwise><part-list><score-part id="P1"><part-name>Voice</part-name></score-part></part-list>'
            f'<part id="P1">{"".join(measures)}</part></score-partwise>')
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("song.xml", text)


def bars(*marks):
    """Measures with repeat marks: "(" from, ")" to, a digit its ending."""
    out = []
    for mark in marks:
        out.append(Measure(4, 4, 0, Fraction(4), repeat_from="(" in mark, repeat_to=")" in mark,
                           endings=tuple(int(c) for c in mark if c.isdigit())))
    return out


@pytest.mark.parametrize("marks, order", [
    (("", "", ""), [0, 1, 2]),
    (("", ")", ""), [0, 1, 0, 1, 2]),
    (("", "(", ")", ""), [0, 1, 2, 1, 2, 3]),
    (("(", "", "1)", "2", ""), [0, 1, 2, 0, 1, 3, 4]),
    (("(", ")", "(", ")"), [0, 1, 0, 1, 2, 3, 2, 3]),
])
def test_repeats_are_played_once_more(marks, order):
    assert play_order(bars(*marks)) == order


def test_a_lead_sheet_becomes_a_canvas_relative_to_do(tmp_path):
    write_song(tmp_path / "song.mxl")
    piece = next(corpora.read_lead_sheets(tmp_path))
    canvas = piece.canvas
    assert canvas.n_bars == 16 and piece.lanes == {"melody", "harmony"}
    assert canvas.harmony[0].tolist() == [0, v.QUALITY_NAMES.index("maj")]  # G is do
    assert canvas.harmony[4].tolist() == [7, v.QUALITY_NAMES.index("7")]
    first = canvas.notes("melody")[0]
    assert (first.midi + v.LOWEST["melody"]) % 12 == 0 and first.length == 4


def test_repeats_lengthen_and_pickups_end_their_bar(tmp_path):
    write_song(tmp_path / "a.mxl", repeats=True)
    assert next(corpora.read_lead_sheets(tmp_path)).canvas.n_bars == 24
    (tmp_path / "a.mxl").unlink()
    write_song(tmp_path / "b.mxl", pickup=True)
    canvas = next(corpora.read_lead_sheets(tmp_path)).canvas
    assert canvas.notes("melody")[0].step == 12 and canvas.notes("melody")[1].step == 16


def test_a_piece_of_another_metre_is_left_out(tmp_path):
    write_song(tmp_path / "song.mxl")
    parts, _ = read_parts(tmp_path / "song.mxl")
    for measure in parts[0].measures:
        measure.beats = 5
    assert list(scores.passages(parts)) == []


def test_chords_of_block_harmony_are_found():
    progression = [(0, "maj"), (9, "min"), (5, "maj"), (7, "7"), (2, "m7"), (7, "7"), (0, "maj"), (0, "maj")]
    weights, bass = np.zeros((32, 12)), np.zeros(32, int)
    for bar, (root, quality) in enumerate(progression):
        for tone in v.QUALITIES[quality]:
            weights[bar * 4:bar * 4 + 4, (root + tone) % 12] = 1
        bass[bar * 4:bar * 4 + 4] = root
    found = analyse(weights, bass, 4)
    assert [(int(r), v.QUALITY_NAMES[q]) for r, q in found[::4]] == progression


def test_silence_goes_on_with_the_chord_before():
    weights = np.zeros((8, 12))
    weights[:4, [5, 9, 0]] = 1
    assert (analyse(weights, np.full(8, -1), 4)[:, 0] == 5).all()


def test_the_bass_line_leaves_broken_chords_out():
    alberti = [GridNote(i * 2, 2, midi) for i, midi in enumerate([40, 52, 47, 52] * 4)]
    assert {n.midi for n in scores.bass_line(alberti, 8)} == {40, 47}


@pytest.mark.parametrize("key, fifths", [("C", 0), ("G", 1), ("F", -1), ("Bb", -2), ("F#m", 3), ("Am", 0), ("Eb", -3)])
def test_fifths_of_key_names(key, fifths):
    assert corpora.mido_fifths(key) == fifths


def test_first_bar_of_an_abc_voice():
    tune = "L: 1/4\n[V: S1V1] D | G2 G A | B4 |\n"
    assert corpora.first_bar_steps(tune, "S1V1") == 4
    assert corpora.first_bar_steps(tune.replace("D |", "[GB]2 A G/2A/2 |"), "S1V1") == 16


def test_the_key_of_a_band_is_the_scale_that_holds_it():
    notes = [GridNote(i * 4, 4, 60 + pc) for i, pc in enumerate((2, 4, 6, 7, 9, 11, 1, 2, 9, 2))]
    assert corpora.best_do(notes) == 2
