"""Voicings: right notes, least movement, in the lane's register, clear of the melody and of each other."""

import numpy as np
import pytest

from modules.canvas import vocabulary as v
from modules.performance.technique import octave_shift
from modules.performance.voicing import REGISTERS, chord_tones, voice_chords

JAZZ = [(0, 4, 2, "m9"), (4, 4, 7, "9"), (8, 4, 0, "maj9"), (12, 4, 9, "7")]
POP = [(0, 4, 0, "maj"), (4, 4, 7, "maj"), (8, 4, 9, "min"), (12, 4, 5, "maj")]


def voice(chords, lane="comp", *, do_pc=0, melody=None, taken=None, strums=False, instrument="grand_piano",
          span=(40, 96), bass_plays=True):
    n = len(chords)
    return voice_chords(chords, do_pc, lane=lane, instrument=instrument, span=span, strums=strums,
                        bass_plays=bass_plays, melody=melody or [set()] * n, taken=taken or [()] * n)


@pytest.mark.parametrize("quality", sorted(v.QUALITIES))
@pytest.mark.parametrize("lane", ["comp", "comp2", "pad"])
@pytest.mark.parametrize("do_pc", [0, 5, 11])
def test_every_quality_in_every_key_is_voiced_with_its_own_notes(quality, lane, do_pc):
    (chord,) = voice([(0, 4, 4, quality)], lane, do_pc=do_pc)
    pcs = {(do_pc + 4 + i) % 12 for i in v.QUALITIES[quality]}
    assert chord.notes and list(chord.notes) == sorted(set(chord.notes))
    assert {n % 12 for n in chord.notes} <= pcs
    third = [(do_pc + 4 + i) % 12 for i in v.QUALITIES[quality] if i in (3, 4)]
    assert not third or third[0] in {n % 12 for n in chord.notes}, "the third makes the chord"
    low, high, _ = REGISTERS[lane]
    assert low <= chord.notes[0] and chord.notes[-1] <= high


@pytest.mark.parametrize("chords", [JAZZ, POP])
def test_voices_move_little(chords):
    voiced = voice(chords * 2)
    for a, b in zip(voiced, voiced[1:], strict=False):
        movement = [min(abs(n - m) for m in a.notes) for n in b.notes]
        assert np.mean(movement) <= 2.0 and max(movement) <= 4
        assert abs(a.notes[-1] - b.notes[-1]) <= 5


def test_no_chord_is_silence():
    chords = voice([(0, 4, 0, "maj"), (4, 4, None, "maj"), (8, 4, 5, "maj")])
    assert [bool(c.notes) for c in chords] == [True, False, True]


def test_melody_note_is_avoided():
    free = voice(POP)
    for chord, sung in zip(voice(POP, melody=[{n.notes[-1] + 1} for n in free]), free, strict=True):
        assert all(abs(n - (sung.notes[-1] + 1)) >= 2 for n in chord.notes)


def test_a_pad_shares_fewer_notes_with_the_comping_when_it_knows_it():
    comp = [chord.notes for chord in voice(POP * 2)]

    def shared(pad):
        return sum(len(set(c) & set(p.notes)) for c, p in zip(comp, pad, strict=True))

    assert shared(voice(POP * 2, "pad", taken=comp)) < shared(voice(POP * 2, "pad"))


def test_guitar_has_at_most_six_strings_and_a_wide_bottom():
    for chord in voice(POP, strums=True, instrument="acoustic_guitar", span=(40, 79)):
        assert 4 <= len(chord.notes) <= 6
        assert chord.notes[1] - chord.notes[0] >= 5
        assert chord.notes[0] % 12 == chord.root_pc


def test_distortion_plays_power_chords():
    for chord in voice(POP, strums=True, instrument="distortion_guitar", span=(40, 84)):
        assert [n - chord.notes[0] for n in chord.notes] == [0, 7, 12]


def test_ninths_drop_the_root_when_the_bass_has_it_and_keep_it_otherwise():
    assert 2 not in chord_tones(2, "m9", 0, bass_plays=True)
    assert 2 in chord_tones(2, "m9", 0, bass_plays=False)


def test_octave_shift_is_one_shift_for_the_lane():
    assert octave_shift([60, 64, 67], 72, 96) == 12
    assert octave_shift([60, 64, 67], 55, 84) == 0
    assert octave_shift([], 0, 127) == 0
