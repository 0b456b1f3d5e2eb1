"""`write_midi`: what another program reads is what was performed."""

from dataclasses import replace

import mido
import pytest

from modules.performance.midi import write_midi
from modules.performance.perform import perform
from tests.hand_song import hand_song, hand_syllables


def written(tmp_path, song):
    performance = perform(song, cards={})
    write_midi(performance, song, tmp_path / "song.mid")
    return performance, mido.MidiFile(tmp_path / "song.mid")


@pytest.mark.parametrize(("meter", "quarter_bpm"), [("4/4", 100), ("3/4", 100), ("6/8", 150)])
def test_tempo_metre_key_and_markers(tmp_path, meter, quarter_bpm):
    song = hand_song(meter=meter)
    _, file = written(tmp_path, song)
    first = file.tracks[0]
    tempo = next(m for m in first if m.type == "set_tempo")
    assert mido.tempo2bpm(tempo.tempo) == pytest.approx(quarter_bpm, rel=1e-4)
    time = next(m for m in first if m.type == "time_signature")
    assert f"{time.numerator}/{time.denominator}" == meter
    assert next(m for m in first if m.type == "key_signature").key == "F"
    assert [m.text for m in first if m.type == "marker"] == ["verse", "chorus"]


@pytest.mark.parametrize("ending", ["ring", "ritard"])
def test_notes_come_back_at_their_times(tmp_path, ending):
    performance, file = written(tmp_path, hand_song(ending=ending))
    names = [track.name for track in file.tracks[1:]]
    assert names == [p.lane for p in performance.parts]
    now, onsets = 0.0, []
    for message in file:
        now += message.time
        if message.type == "note_on" and message.channel == 9:
            onsets.append((now, message.note))
    drums = next(p for p in performance.parts if p.lane == "drums")
    for time_s, played_s in zip(sorted(t for t, _ in onsets), sorted(n.onset_s for n in drums.notes), strict=True):
        assert time_s == pytest.approx(played_s, abs=0.003)
    assert sorted(key for _, key in onsets) == sorted(n.midi for n in drums.notes)
    programs = {track.name: next(m for m in track if m.type == "program_change") for track in file.tracks[1:]}
    assert programs["melody"].program == 73 and programs["drums"].channel == 9
    assert len({m.channel for m in programs.values()}) == len(programs)


def test_lyrics_stand_with_the_vocal(tmp_path):
    song = hand_song(voice="clara", mode="minor", tonic=2)
    song = replace(song, syllables=hand_syllables(song))
    _, file = written(tmp_path, song)
    vocal = next(track for track in file.tracks if track.name == "vocal")
    assert [m.text for m in vocal if m.type == "lyrics"] == [s.syllable.text for s in song.syllables]
    assert next(m for m in file.tracks[0] if m.type == "key_signature").key == "Dm"


def test_a_word_that_goes_on_has_a_hyphen(tmp_path):
    song = hand_song(voice="clara")
    first, *others = hand_syllables(song)
    song = replace(song, syllables=(replace(first, syllable=replace(first.syllable, last_in_word=False)), *others))
    _, file = written(tmp_path, song)
    vocal = next(track for track in file.tracks if track.name == "vocal")
    assert [m.text for m in vocal if m.type == "lyrics"][:2] == ["la-", "la"]


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8"])
def test_another_parser_reads_the_same_song(tmp_path, meter):
    """symusic parses MIDI in C++, without mido."""
    symusic = pytest.importorskip("symusic", reason="symusic is not installed (requirements-dev.txt)")
    song = hand_song(meter=meter, ending="ritard", voice="clara")
    song = replace(song, syllables=hand_syllables(song))
    performance, _ = written(tmp_path, song)
    score = symusic.Score(tmp_path / "song.mid", ttype="second")
    assert len(score.tempos) == len(performance.tempo_map)  # the whole tempo map of the ritardando
    assert [(s.numerator, s.denominator) for s in score.time_signatures] == [tuple(map(int, meter.split("/")))]
    assert [k.key for k in score.key_signatures] == [-1]
    assert {m.text for m in score.markers} == {"verse", "chorus"}
    tracks = {track.name: track for track in score.tracks if track.notes}
    words = [text for track in score.tracks for text in track.lyrics]
    assert [word.text for word in words] == [placed.syllable.text for placed in song.syllables]
    assert set(tracks) == {part.lane for part in performance.parts}
    for part in performance.parts:
        notes = sorted((n.start, n.pitch, n.velocity) for n in tracks[part.lane].notes)
        played = sorted((n.onset_s, n.midi, n.velocity) for n in (*part.notes, *part.sung))
        assert [n[0] for n in notes] == pytest.approx([n[0] for n in played], abs=0.003)
        assert sorted(n[1:] for n in notes) == sorted(n[1:] for n in played)
        assert (tracks[part.lane].program, tracks[part.lane].is_drum) == (part.program, part.is_drum)


def test_it_says_that_it_is_ai_generated_and_names_its_chords(tmp_path):
    _, file = written(tmp_path, hand_song())
    assert any(m.type == "copyright" and m.text.startswith("AI-generated") for m in file.tracks[0])
    assert [m.text for m in file.tracks[0] if m.type == "text"][:4] == ["F", "C", "Dm7", "Bbmaj7"]
