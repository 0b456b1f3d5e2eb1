"""Other languages by the rules of their spelling: which one a line is in, and how its words divide and sound."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.conditions.lyrics import parse
from modules.conditions.phones import CONSONANTS, VOWELS, is_vowel
from modules.conditions.tongues import TONGUES, sound, tongues_of

LINES = {
    "Spanish": "Quiero que la noche no termine para ti", "French": "Je ne veux pas que tu partes sans moi",
    "German": "Ich weiß nicht was soll es bedeuten und du", "Italian": "Nel blu dipinto di blu non sono con te",
    "Japanese": "さくら さくら", "English": "I will always be on the road to you",
}


@pytest.mark.parametrize("tongue", LINES)
def test_a_line_tells_its_language(tongue):
    assert tongues_of([LINES[tongue].split()]) == [tongue]


def test_a_song_may_change_its_language():
    lines = [LINES["Spanish"].split(), "amor de mi vida".split(), LINES["English"].split(), LINES["Japanese"].split()]
    assert tongues_of(lines) == ["Spanish", "Spanish", "English", "Japanese"]


def test_la_la_la_is_no_language():
    assert tongues_of([["la", "la", "la"], ["na", "na"]]) == ["English", "English"]


@pytest.mark.parametrize(("tongue", "word", "divided", "stressed", "phones"), [
    ("Spanish", "corazón", "co-ra-zón", 2, "K OW R AA S OW N"), ("Spanish", "guitarra", "gui-ta-rra", 1, None),
    ("Spanish", "cielo", "cie-lo", 0, "S Y EH L OW"), ("Spanish", "llover", "llo-ver", 1, None),
    ("Italian", "giornata", "gior-na-ta", 1, "JH OW R N AA T AA"), ("Italian", "ghiaccio", "ghia-ccio", 0, None),
    ("Italian", "lassù", "la-ssù", 1, None), ("German", "Freiheit", "Frei-heit", 0, "F R AY HH AY T"),
    ("German", "geliebt", "ge-liebt", 1, None), ("German", "Mädchen", "Mäd-chen", 0, None),
    ("French", "soleil", "so-leil", 1, "S AO L EH Y"), ("French", "grand", "grand", 0, "G R AA N"),
    ("Japanese", "がっこう", "がっ-こ-う", 0, "G AA K OW UW"),
    ("Japanese", "コンピューター", "コン-ピュー-ター", 0, None)])
def test_words_divide_and_sound_by_rule(tongue, word, divided, stressed, phones):
    parts = sound(word, tongue)
    assert "-".join(part.text for part in parts) == divided
    assert [part.stress for part in parts].index(1) == stressed
    if phones:
        assert " ".join(phone for part in parts for phone in part.phones) == phones


def test_french_mute_e_is_sung_before_a_consonant_only():
    assert len(sound("rose", "French", after="rouge")) == 2
    assert len(sound("rose", "French", after="aimée")) == len(sound("rose", "French")) == 1


def test_lyrics_say_which_language_was_read():
    lyrics = parse("Quiero que la noche\nno termine jamás\nporque te quiero a ti")
    assert len(lyrics.warnings) == 1 and lyrics.warnings[0].startswith("Spanish")
    assert [s.text for s in lyrics.lines[0]] == ["Quie", "ro", "que", "la", "no", "che"]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(TONGUES[:-1]), st.text(alphabet="abcdefghijlmnopqrstuvzáéíóúñçäöüßèàùœ'’", min_size=1,
                                              max_size=14))
def test_any_word_becomes_syllables(tongue, word):
    parts = sound(word, tongue)
    assert "".join(part.text for part in parts) == word
    for part in parts:
        assert set(part.phones) <= VOWELS | CONSONANTS and sum(map(is_vowel, part.phones)) == 1
