"""The backing singer: only in choruses, on the lead's words and rhythm, thirds and sixths inside the chord."""

from dataclasses import replace

from modules.canvas import vocabulary as v
from modules.performance.looping import perform_loop
from modules.performance.perform import perform
from modules.types import PlacedSyllable, Syllable
from tests.hand_song import hand_song


def sung_song(**changes):
    song = hand_song(**changes)
    placed = tuple(PlacedSyllable(Syllable("la", ("L", "AA"), 1, "la", i, last_in_line=i % 7 == 6), n.step, n.length)
                   for i, n in enumerate(song.canvas.notes("melody")))
    return replace(song, syllables=placed, voice="clara")


def vocal(song):
    return next(part for part in perform(song).parts if part.lane == "vocal")


def test_it_sings_in_choruses_only_with_the_lead():
    song = sung_song()
    performance = perform(song)
    part = next(part for part in performance.parts if part.lane == "vocal")
    chorus_s = performance.bar_starts_s[8]
    led = [note for note in part.sung if note.onset_s >= chorus_s - 1e-6]
    assert len(part.backing) == len(led) > 0
    for lead, note in zip(led, part.backing, strict=True):
        assert (note.onset_s, note.offset_s, note.phonemes) == (lead.onset_s, lead.offset_s, lead.phonemes)
        assert note.velocity < lead.velocity


def test_its_notes_are_in_tune_with_tune_and_chord():
    song = sung_song()
    part = vocal(song)
    led = part.sung[-len(part.backing):]
    intervals = [abs(a.midi - b.midi) for a, b in zip(part.backing, led, strict=True)]
    assert set(intervals) <= {3, 4, 5, 7, 8, 9} and sum(i in (3, 4, 8, 9) for i in intervals) >= 0.7 * len(intervals)
    sides = {a.midi > b.midi for a, b in zip(part.backing, led, strict=True)}
    assert len(sides) == 1  # it does not cross the tune
    chords = song.canvas.chords()
    inside = 0
    for note in part.backing:
        beat = (note.onset_s + 0.05) / (song.step_s * song.canvas.steps_per_beat)
        _, _, root, quality = max(c for c in chords if c[0] <= beat)
        inside += (note.midi - song.do_pc) % 12 in {(root + step) % 12 for step in v.QUALITIES[quality]}
        assert (note.midi - song.do_pc) % 12 in (0, 2, 4, 5, 7, 9, 11)
    assert inside >= 0.6 * len(part.backing)  # the tune itself leaves its chords here


def test_without_a_chorus_there_is_none():
    song = sung_song()
    sections = tuple(replace(section, name="verse") for section in song.sections)
    assert vocal(replace(song, sections=sections)).backing == ()


def test_a_loop_of_the_chorus_repeats_it():
    performance, start_s, length_s = perform_loop(sung_song(), 4)
    part = next(part for part in performance.parts if part.lane == "vocal")
    first = [n for n in part.sung if start_s - 0.05 <= n.onset_s < start_s + length_s - 0.05]
    assert first and all(0 <= n.onset_s < n.offset_s <= performance.duration_s for n in part.backing)
