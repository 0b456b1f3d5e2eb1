"""What the voice is given: sung, spoken and hummed notes from one song."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from modules.conditions.lyrics import parse
from modules.conditions.prosody import place
from modules.performance.perform import perform
from modules.performance.technique import voice_range
from modules.types import Song
from tests.hand_song import hand_song

WORDS = "Morning comes and paints the window gold\nEvery story that we never told"


def song_of(singing: str, words: str = WORDS) -> Song:
    song = hand_song()
    song = replace(song, syllables=(), singing=singing, voice="clara")
    if not words:
        return song
    plan = place(parse(words), meter=song.canvas.meter, tempo_bpm=song.tempo_bpm, seed=0)
    return replace(song, syllables=plan.syllables)


def voice_of(song: Song):
    return next(part for part in perform(song).parts if part.lane == "vocal").sung


@pytest.mark.parametrize("singing", ["sung", "spoken", "hummed"])
def test_notes_are_in_order_and_of_their_manner(singing):
    song = song_of(singing)
    notes = voice_of(song)
    assert {note.manner for note in notes} == {singing}
    assert all(a.offset_s <= b.onset_s + 1e-9 and a.offset_s > a.onset_s for a, b in pairwise(notes))
    assert voice_of(song) == notes
    assert notes[-1].line_end


def test_spoken_words_are_all_said_at_the_pace_of_speech_near_the_beat():
    song = song_of("spoken")
    notes = voice_of(song)
    assert [note.text for note in notes] == [one.syllable.text for one in song.syllables]
    gaps = [b.onset_s - a.onset_s for a, b in pairwise(notes) if not a.line_end]
    assert 0.12 < np.median(gaps) < 0.33
    half_s = 30.0 / song.tempo_bpm
    first = [next(i for i, one in enumerate(song.syllables) if one.syllable.line == line and one.syllable.stress == 1)
             for line in (0, 1)]
    for index in first:
        assert abs(notes[index].onset_s / half_s - round(notes[index].onset_s / half_s)) < 0.15


def test_speech_sinks_along_a_line_and_stays_low_in_the_voice():
    low, high = voice_range("clara")
    line = [note.midi for note in voice_of(song_of("spoken"))]
    end = next(i for i, note in enumerate(voice_of(song_of("spoken"))) if note.line_end)
    assert line[0] > line[end] and max(line) <= (low + high) / 2 + 2


def test_humming_needs_no_words_and_takes_the_whole_tune():
    song = song_of("hummed", "")
    notes = voice_of(song)
    assert len(notes) == len(song.canvas.notes("melody"))
    assert {phone for note in notes for phone in note.phonemes} <= {"M", "UW", "AA"}
    assert all(not note.text for note in notes)
    assert not any(part.lane == "melody" for part in perform(song).parts)
    # a new breath or the same pitch again begins anew, other notes are bound
    for a, b in pairwise(notes):
        assert bool(b.phonemes) == (a.line_end or a.midi == b.midi)


def test_hummed_words_keep_their_rhythm_and_lose_their_sounds():
    sung, hummed = voice_of(song_of("sung")), voice_of(song_of("hummed"))
    assert [(n.onset_s, n.midi) for n in sung] == [(n.onset_s, n.midi) for n in hummed]
