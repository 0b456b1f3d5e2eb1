"""Karaoke: the words as sung, at the times they are sung."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from modules.errors import InputError
from modules.performance.perform import perform
from modules.studio.lyrics import lrc, timed_lines
from tests.hand_song import hand_song, hand_syllables


@pytest.fixture(scope="module")
def sung():
    song = hand_song(voice="clara")
    placed = hand_syllables(song)
    lines = [replace(p, syllable=replace(p.syllable, line=i // 6, text=f"w{i}" if i else "la",
                                         last_in_word=i != 0)) for i, p in enumerate(placed)]
    song = replace(song, syllables=tuple(lines))
    return song, perform(song, cards={})


def test_lines_hold_the_syllables_at_their_times(sung):
    song, performance = sung
    vocal = next(part.sung for part in performance.parts if part.lane == "vocal")
    lines = timed_lines(song, performance)
    flat = [s for line in lines for s in line.syllables]
    assert [s.text for s in flat] == [p.syllable.text for p in song.syllables]
    assert [s.onset_s for s in flat] == [n.onset_s for n in vocal if n.text]
    assert len(lines) == song.syllables[-1].syllable.line + 1
    assert all(s.offset_s > s.onset_s for s in flat)


def test_an_lrc_reader_finds_times_and_words(sung):
    song, performance = sung
    text = lrc(song, performance, "My song", 38.4)
    assert text.startswith("[ti:My song]\n") and "AI-generated" in text and "[length:00:38.40]" in text
    found = re.findall(r"^\[(\d\d):(\d\d\.\d\d)\](.*)$", text, re.M)
    lines = timed_lines(song, performance)
    assert [int(m) * 60 + float(s) for m, s, _ in found] == pytest.approx([line.onset_s for line in lines], abs=0.006)
    assert [re.sub(r"<[^>]*>", "", words).strip() for _, _, words in found] == [line.text for line in lines]
    assert "law1" in lines[0].text  # two syllables of one word stand together
    times = [int(m) * 60 + float(s) for m, s in re.findall(r"<(\d\d):(\d\d\.\d\d)>", text)]
    assert times == sorted(times)


def test_without_words_there_is_no_karaoke():
    song = hand_song()
    with pytest.raises(InputError, match="no sung words"):
        lrc(song, perform(song, cards={}), "x", 10.0)
