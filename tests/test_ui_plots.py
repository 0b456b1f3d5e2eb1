"""The pictures: what they show, that they are well formed, and what they do with nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np

from modules.types import Audio, Part, PlayedNote, Request
from modules.ui.player import clock
from modules.ui.plots import NARROW_PX, energy_curve, note_name, piano_roll, waveform
from modules.ui.report_table import report_table
from modules.ui.takes import skeleton, take_card
from tests.fake_engine import fake_take, hum_file, read_reference


def parse(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<div>{html}</div>")


def shapes(html: str, kind: str) -> list[tuple[float, float, float]]:
    """(x, y, width) of the rectangles of a path."""
    path = next(e for e in parse(html).iter("path") if e.get("class") == kind)
    return [tuple(map(float, m)) for m in re.findall(r"M([-\d.]+) ([-\d.]+)h([-\d.]+)", path.get("d"))]


def test_note_names():
    assert [note_name(m) for m in (60, 69, 61)] == ["C4", "A4", "C♯4"]


def test_roll_draws_higher_notes_higher_and_later_notes_later():
    part = Part("melody", "flute", 73, False, (PlayedNote(0, 1, 60, 90), PlayedNote(2, 4, 72, 90)))
    (x1, y1, w1), (x2, y2, w2) = shapes(piano_roll([part], 4.0), "lane-melody")
    assert x1 < x2 and y1 > y2 and w2 > 1.8 * w1
    assert (x1, x2) == (0.0, 500.0)


def test_roll_names_sections_chords_and_parts():
    take = fake_take(Request(), 3)
    roll = piano_roll(take.performance.parts, 17.0, sections=take.recipe["sections"], chords=take.recipe["chords"])
    text = " ".join(parse(roll).itertext())
    assert all(word in text for word in ("verse", "chorus", "Am", "electric piano", "drums"))
    assert "4 parts" in roll and 'role="img"' in roll


def test_chord_names_do_not_touch_on_a_phone():
    times = sorted([*range(0, 30, 4), 1, 9])  # two come too early after their neighbours
    roll = piano_roll([], 30.0, chords=[{"start_s": t, "end_s": t + 1, "name": "F#m7"} for t in times])
    shown = [float(x) * NARROW_PX / 100 for x in re.findall(r'class="ew-chord" style="left:([\d.]+)%', roll)]
    assert len(shown) == 8 and min(np.diff(shown)) > 40


def test_too_many_chords_are_not_thinned_to_a_wrong_story():
    chords = [{"start_s": i * 0.5, "end_s": i * 0.5 + 0.5, "name": "F#m7"} for i in range(240)]
    roll = piano_roll([], 120.0, chords=chords)
    assert roll.count("ew-chord tight crowded") == 240


def test_waveform_follows_the_sound():
    loud_later = np.concatenate([np.full(1000, 0.05), np.full(1000, 1.0)]).astype(np.float32)[None]
    heights = [float(h) for h in re.findall(r"v([\d.]+)h-", waveform(Audio(loud_later, 1000)))][:100]
    assert np.mean(heights[:45]) < 0.4 * np.mean(heights[55:])


def test_silence_and_nothing_are_drawn_too():
    parse(waveform(Audio(np.zeros((2, 10), np.float32), 1000)))
    parse(piano_roll([], 1.0))


def test_energy_curve_is_higher_where_louder(tmp_path):
    reference = read_reference(hum_file(tmp_path / "a.wav", 12.0))
    path = next(e for e in parse(energy_curve(reference)).iter("path")).get("d")
    points = [float(y) for y in re.findall(r"L[\d.]+ ([\d.]+)", path)]
    assert int(np.argmin(points[1:-2])) == int(np.argmax(reference.energy))


def test_card_is_well_formed_and_says_verdicts_in_words(tmp_path):
    from tests.fake_engine import export, stems

    take = fake_take(Request(lyrics="one two & three"), 9)
    card = take_card(take, 1, export(take, tmp_path), stems(take, tmp_path / "stems"))
    text = " ".join(parse(card).itertext())
    assert all(word in text for word in ("as asked", "close", "missed", "not asked", "WAV", "MIDI", "three"))
    assert "download=" in card and "data-s=" in card
    parse(skeleton(1))
    parse(report_table(take.report))


def test_syllables_of_a_word_stand_together(tmp_path):
    from tests.fake_engine import export

    take = fake_take(Request(lyrics="a b c"), 9)
    sung = [("morning", "mor"), ("morning", "ning"), ("light", "light")]
    lyrics = [{"text": w, "syllable": s, "onset_s": i, "offset_s": i + 1, "midi": 60} for i, (w, s) in enumerate(sung)]
    card = take_card(replace(take, recipe={**take.recipe, "lyrics": lyrics}), 1, export(take, tmp_path), {})
    line = next(e for e in parse(card).iter("p") if e.get("class") == "ew-sung")
    assert "".join(line.itertext()) == "morning light"


def test_clock():
    assert [clock(s) for s in (0, 59.9, 75, 240)] == ["0:00", "0:59", "1:15", "4:00"]
