"""The lead sheet: valid MusicXML, read back by partitura note for note; the picture by verovio, page by page."""

from __future__ import annotations

import sys
import warnings
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.canvas.canvas import write_notes
from modules.canvas.spelling import chord_name, in_key, key_fifths, spell
from modules.performance.lines import lane_pitches
from modules.studio.score import draw_score, lead_sheet
from modules.types import GridNote, Song
from tests.hand_song import hand_song, hand_syllables


@pytest.fixture(scope="module")
def partitura():
    """Imported as if there were no FluidSynth: with it, partitura wants to fetch a sound font."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "fluidsynth", None)
        import partitura
    return partitura


def sung_song() -> Song:
    song = hand_song(voice="clara")
    return replace(song, syllables=hand_syllables(song))


def read_back(partitura, tmp_path, song: Song):
    path = tmp_path / "sheet.musicxml"
    path.write_bytes(lead_sheet(song, "Title & more"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return path, partitura.load_musicxml(str(path)).parts[0]


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8"])
def test_another_library_reads_the_same_notes(partitura, tmp_path, meter):
    song = hand_song(meter=meter)
    _, part = read_back(partitura, tmp_path, song)
    found = [(round(n["onset_div"]), round(n["duration_div"]), int(n["pitch"])) for n in part.note_array()]
    assert sorted(found) == [(n.step, n.length, n.midi) for n in lane_pitches(song, "melody")]
    time = next(part.iter_all(partitura.score.TimeSignature))
    assert f"{time.beats}/{time.beat_type}" == meter
    assert next(part.iter_all(partitura.score.KeySignature)).fifths == -1  # F major
    assert len(list(part.iter_all(partitura.score.Measure))) == song.canvas.n_bars


@pytest.mark.parametrize("song", [hand_song(), hand_song(meter="6/8"), hand_song(mode="dorian", tonic=2), sung_song()],
                         ids=["4/4", "6/8", "dorian", "sung"])
def test_it_keeps_to_the_schema(partitura, tmp_path, song):
    from partitura.io.importmusicxml import validate_musicxml

    path, _ = read_back(partitura, tmp_path, song)
    validate_musicxml(str(path), debug=True)  # raises with the reason


def test_chords_words_and_sections_are_there():
    song = sung_song()
    root = ElementTree.fromstring(lead_sheet(song, "Title & more"))
    assert root.findtext("work/work-title") == "Title & more"
    assert [e.text for e in root.iter("rehearsal")] == ["Verse", "Chorus"]
    roots = [e.findtext("root/root-step") + {"-1": "b", None: ""}[e.findtext("root/root-alter")] + e.find("kind").get(
        "text") for e in root.iter("harmony")]
    assert roots[:4] == ["F", "C", "Dm7", "Bbmaj7"]
    assert [e.text for e in root.iter("text")] == [p.syllable.text for p in song.syllables]
    assert root.find(".//sound").get("tempo") == "100"
    assert "AI-generated" in root.findtext("identification/rights")


def test_signs_stand_where_a_pitch_leaves_the_key_and_only_there():
    """In F: B flat is the key's; B natural needs its sign once a bar, and B flat one after it."""
    song = hand_song()
    canvas = song.canvas.copy()
    do = lane_pitches(song, "melody")[0].midi - song.canvas.notes("melody")[0].midi  # of pitch index 0
    line = [(0, 70), (4, 71), (8, 71), (12, 70), (16, 71), (20, 83), (30, 71)]
    write_notes(canvas.steps, "melody", [GridNote(step, 4, midi - do) for step, midi in line])
    root = ElementTree.fromstring(lead_sheet(replace(song, canvas=canvas), "x"))
    signs = [(note.findtext("pitch/step") or "", note.findtext("accidental")) for note in root.iter("note")
             if note.find("pitch") is not None]
    # the last note is tied over the bar line: its second half carries no sign
    assert signs == [("B", None), ("B", "natural"), ("B", None), ("B", "flat"), ("B", "natural"), ("B", "natural"),
                     ("B", None), ("B", None)]


@pytest.mark.parametrize(("fifths", "letters"), [(0, ""), (2, "FC"), (-3, "BEA"), (6, "FCGDAE")])
def test_key_signatures_touch_their_letters(fifths, letters):
    touched = {letter for letter in "CDEFGAB" if in_key(letter, fifths)}
    assert touched == set(letters) and all(in_key(letter, fifths) == (1 if fifths > 0 else -1) for letter in touched)


def test_a_word_of_two_syllables_is_hyphenated():
    song = sung_song()
    first, second = song.syllables[:2]
    pair = (replace(first, syllable=replace(first.syllable, text="rai", word_index=0, last_in_word=False)),
            replace(second, syllable=replace(second.syllable, text="ny", word_index=0, last_in_word=True)))
    root = ElementTree.fromstring(lead_sheet(replace(song, syllables=pair + song.syllables[2:]), "x"))
    assert [e.text for e in root.iter("syllabic")][:3] == ["begin", "end", "single"]


def test_a_melisma_is_drawn_on():
    root = ElementTree.fromstring(lead_sheet(sung_song(), "x"))
    assert root.find(".//lyric/extend") is not None


@settings(max_examples=60, deadline=None)
@given(meter=st.sampled_from(["4/4", "3/4", "6/8"]), gaps=st.lists(st.tuples(
    st.integers(0, 9), st.integers(1, 40), st.integers(0, 36)), max_size=30))
def test_every_bar_is_full_and_every_value_exists(meter, gaps):
    song = hand_song(meter=meter)
    notes, at = [], 0
    for rest, length, index in gaps:
        notes.append(GridNote(at + rest, length, index))
        at += rest + length
    canvas = song.canvas.copy()
    write_notes(canvas.steps, "melody", notes)
    root = ElementTree.fromstring(lead_sheet(replace(song, canvas=canvas), "x"))
    for measure in root.iter("measure"):
        lengths = [int(note.findtext("duration")) for note in measure.iter("note")]
        assert sum(lengths) == canvas.steps_per_bar
        opened = [beam.text for beam in measure.iter("beam") if beam.get("number") == "1"]
        assert opened.count("begin") == opened.count("end")


@pytest.mark.parametrize(("pc", "fifths", "mode", "name"), [
    (10, -1, "major", ("B", -1)), (1, 2, "major", ("C", 1)), (8, 0, "minor", ("G", 1)), (8, 0, "major", ("A", -1)),
    (6, 1, "major", ("F", 1)), (3, -3, "minor", ("E", -1)), (11, -5, "major", ("C", -1))])
def test_pitches_are_spelt_in_their_key(pc, fifths, mode, name):
    assert spell(pc, fifths, mode) == name


def test_a_key_has_the_signature_that_it_has():
    assert [key_fifths(pc) for pc in (0, 7, 2, 5, 10, 3, 6, 1)] == [0, 1, 2, -1, -2, -3, 6, -5]


def test_the_picture_holds_every_note_on_pages_that_do_not_meet():
    song = sung_song()
    canvas = song.canvas
    svg = draw_score(lead_sheet(song, "Title"))
    root = ElementTree.fromstring(svg)
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    used = {e.get(name)[1:] for e in root.iter() for name in e.attrib if name.endswith("href")}
    assert used <= set(ids)  # every drawn sign is defined
    heads = sum((e.get("class") or "").split()[:1] == ["note"] for e in root.iter())
    tune = len(lane_pitches(song, "melody"))
    assert tune <= heads <= 2 * tune and canvas.n_bars == sum(
        (e.get("class") or "").split()[:1] == ["measure"] for e in root.iter())
    assert "AI-generated" in svg


@pytest.mark.parametrize(("root", "quality", "do_pc", "mode", "name"), [
    (1, "maj", 8, "major", "A"), (5, "maj", 8, "major", "Db"), (9, "min", 8, "minor", "Fm"),
    (9, "m7", 1, "major", "Bbm7"), (4, "min", 4, "minor", "G#m"), (11, "dim", 6, "major", "E#dim"),
    (10, "maj", 3, "major", "Db"), (None, "maj", 0, "major", "N")])
def test_chords_are_named_in_their_key(root, quality, do_pc, mode, name):
    assert chord_name(root, quality, do_pc, mode) == name
