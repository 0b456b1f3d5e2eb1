"""A MIDI file as a tune: its part, beats, metre and tempo map; what is no tune is refused in a sentence."""

import mido
import pytest

from modules.conditions.midi_tune import hum_of_grid, is_midi, read_tune
from modules.errors import InputError
from modules.types import GridNote

TICKS = 240
SCALE = (60, 62, 64, 65, 67, 69, 71, 72)


def track(notes, channel=0, name="", program=0):
    """(onset, length, midi) in quarters → a track; chords may overlap."""
    events = [(round(a * TICKS), 1, mido.Message("note_on", channel=channel, note=m, velocity=80)) for a, _, m in notes]
    events += [(round((a + n) * TICKS), 0, mido.Message("note_off", channel=channel, note=m)) for a, n, m in notes]
    out, now = mido.MidiTrack([mido.MetaMessage("track_name", name=name),
                               mido.Message("program_change", channel=channel, program=program)]), 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        out.append(message.copy(time=tick - now))
        now = tick
    return out


def write(path, tracks, *, tempi=((0, 120),), meter=(4, 4), key=None):
    file = mido.MidiFile(ticks_per_beat=TICKS)
    conductor, now = mido.MidiTrack(), 0
    conductor.append(mido.MetaMessage("time_signature", numerator=meter[0], denominator=meter[1]))
    if key:
        conductor.append(mido.MetaMessage("key_signature", key=key))
    for at, bpm in tempi:
        conductor.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm), time=round(at * TICKS) - now))
        now = round(at * TICKS)
    file.tracks += [conductor, *tracks]
    file.save(path)
    return path


def line(pitches=SCALE, length=1.0, start=0.0):
    return [(start + i * length, 0.95 * length, midi) for i, midi in enumerate(pitches)]


def test_a_line_lies_on_the_grid_of_its_file(tmp_path):
    hum = read_tune(write(tmp_path / "a.mid", [track(line())], tempi=((0, 96),)))
    assert (hum.tempo_bpm, hum.meter, hum.beat_tempi) == (96.0, "4/4", ())
    assert hum.grid == tuple(GridNote(4 * i, 4, midi) for i, midi in enumerate(SCALE))
    assert (hum.tonic, hum.mode) == (0, "major") and len(hum.f0_hz) == 0
    assert [round(n.onset_s, 3) for n in hum.notes[:3]] == [0, 0.625, 1.25]


def test_the_tune_is_found_among_other_parts(tmp_path):
    chords = [(i * 2.0, 1.9, midi) for i in range(4) for midi in (48, 52, 55)]
    bass = line((36, 43, 36, 43), 2.0)
    drums = track(line((36, 38, 36, 38), 0.5), channel=9)
    for tracks, part in (([track(bass, 1, program=33), track(chords, 2), track(line(), 3, "Flute"), drums], "Flute"),
                         ([track(line((72, 74, 76, 74)), 1, "strings"), track(line(), 2, "Lead vocal")], "Lead vocal")):
        hum = read_tune(write(tmp_path / "a.mid", tracks))
        assert [n.midi for n in hum.grid] == list(SCALE)
        assert part in next(f.value for f in hum.findings if f.label == "melody")


def test_of_chords_the_highest_notes_are_the_tune(tmp_path):
    played = [*line(), *((float(i), 0.9, midi - 9) for i, midi in enumerate(SCALE)), (0.5, 0.4, 50)]
    assert [n.midi for n in read_tune(write(tmp_path / "a.mid", [track(played)])).grid] == list(SCALE)


def test_tempo_map_and_pick_up_are_kept(tmp_path):
    path = write(tmp_path / "a.mid", [track(line(start=3.0))], tempi=((0, 120), (8, 60)))
    hum = read_tune(path)
    assert [n.step for n in hum.grid][:3] == [-4, 0, 4]  # three beats of rest: it leads into the next bar
    assert hum.tempo_bpm == 120.0 and hum.beat_tempi[:4] == (1.0,) * 4 and hum.beat_tempi[-1] == 0.5
    assert hum.offset_s == 2.0 and "60 to 120" in hum.findings[0].value


@pytest.mark.parametrize("meter, expected, bpm, told", [
    ((6, 8), "6/8", 80, "6/8"), ((2, 4), "4/4", 120, "4/4"), ((3, 4), "3/4", 120, "3/4"),
    ((7, 8), "4/4", 120, "nearest to 7/8")])
def test_metres_become_those_that_are_played(tmp_path, meter, expected, bpm, told):
    hum = read_tune(write(tmp_path / "a.mid", [track(line())], meter=meter))
    assert (hum.meter, hum.tempo_bpm) == (expected, bpm) and told in hum.findings[1].value


def test_a_key_signature_counts_where_the_notes_fit_it(tmp_path):
    minor = (64, 66, 67, 69, 71, 72, 74, 76)
    for key, expected in (("Em", (4, "minor")), ("Eb", None), ("C", None)):
        hum = read_tune(write(tmp_path / "a.mid", [track(line(minor))], key=key))
        assert ((hum.tonic, hum.mode) == expected) if expected else (hum.tonic, hum.mode) != (3, "major")


def test_what_is_no_tune_is_one_sentence(tmp_path):
    (tmp_path / "text.mid").write_text("dear sir")
    (tmp_path / "cut.mid").write_bytes(write(tmp_path / "whole.mid", [track(line())]).read_bytes()[:60])
    for path, told in ((tmp_path / "text.mid", "not a MIDI file"), (tmp_path / "cut.mid", "cut.mid"),
                       (write(tmp_path / "drums.mid", [track(line(), channel=9)]), "drums are not one"),
                       (write(tmp_path / "fast.mid", [track(line())], tempi=((0, 400),)), "400 BPM"),
                       (tmp_path / "absent.mid", "not there")):
        with pytest.raises(InputError, match=told):
            read_tune(path)


def test_midi_is_known_by_its_first_bytes_or_its_name(tmp_path):
    path = write(tmp_path / "a.mid", [track(line())])
    assert is_midi(path) and is_midi(tmp_path / "b.MIDI")
    path.rename(tmp_path / "tune")
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    assert is_midi(tmp_path / "tune") and not is_midi(tmp_path / "a.wav")


def test_notes_without_a_recording_become_a_tune():
    tune = [GridNote(4 * i, 4, midi) for i, midi in enumerate((69, 71, 72, 76, 74, 72, 71, 68, 69))]
    hum = hum_of_grid(tune, 120, "4/4")
    assert (hum.tonic, hum.mode) == (9, "minor") and hum.notes[2].offset_s == 1.5
