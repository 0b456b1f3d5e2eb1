"""`perform`: dynamics, registers, swing, endings, singing, determinism."""

from dataclasses import replace

import numpy as np
import pytest

from modules.canvas import vocabulary as v
from modules.errors import InputError
from modules.performance.perform import perform
from modules.performance.technique import technique
from modules.types import Performance
from tests.hand_song import INSTRUMENTS, hand_canvas, hand_song, hand_syllables


class Card:
    """The one field of a style card that the performance reads."""

    def __init__(self, family: str) -> None:
        self.family = family


CARDS = {"indie_pop": Card("pop"), "jazz": Card("jazz"), "techno": Card("techno")}


def play(**changes) -> Performance:
    return perform(hand_song(**changes), cards=CARDS)


def part(performance: Performance, lane: str):
    return next(p for p in performance.parts if p.lane == lane)


def velocity_db(notes) -> float:
    return 20 * np.log10(np.mean([(n.velocity / 127) ** 2 for n in notes]))


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8"])
@pytest.mark.parametrize("ending", ["ring", "ritard", "hit", "fade"])
def test_every_note_is_playable(meter, ending):
    song = hand_song(meter=meter, ending=ending)
    performance = perform(song, cards=CARDS)
    assert {p.lane for p in performance.parts} == set(INSTRUMENTS)
    for p in performance.parts:
        times = [n.onset_s for n in p.notes]
        assert times == sorted(times)
        ends: dict[int, float] = {}
        for n in p.notes:
            assert 0 <= n.onset_s < n.offset_s <= performance.duration_s
            assert 1 <= n.velocity <= 127 and 20 <= n.midi <= 108
            assert n.onset_s >= ends.get(n.midi, 0.0) - 1e-9, "a key cannot be struck while it is down"
            ends[n.midi] = n.offset_s
        assert list(p.controls) == sorted(p.controls)
        assert all(0 <= value <= 127 for _, _, value in p.controls)
    assert len(performance.bar_starts_s) == song.canvas.n_bars
    bar_s = 60.0 / song.tempo_bpm * song.canvas.beats_per_bar
    np.testing.assert_allclose(np.diff(performance.bar_starts_s)[:12], bar_s)


def test_same_seed_same_notes_and_other_seed_other_timing():
    assert play() == play()
    a, b = part(play(), "melody").notes, part(play(seed=8), "melody").notes
    assert [n.midi for n in a] == [n.midi for n in b]
    assert [n.onset_s for n in a] != [n.onset_s for n in b]


def test_changing_one_lane_leaves_the_others_alone():
    other = play(instruments={**INSTRUMENTS, "melody": "violin"})
    assert part(play(), "drums") == part(other, "drums")


def test_loud_sections_are_at_least_4_db_louder_and_a_crescendo_leads_there():
    performance = play(energies=(2, 6))
    chorus_s = performance.bar_starts_s[8]
    for lane in ("melody", "bass", "comp", "drums"):
        notes = part(performance, lane).notes
        verse = [n for n in notes if n.onset_s < performance.bar_starts_s[6]]
        chorus = [n for n in notes if n.onset_s >= chorus_s]
        assert velocity_db(chorus) - velocity_db(verse) >= 4.0, lane
    bass = part(performance, "bass").notes
    before = [n for n in bass if performance.bar_starts_s[7] <= n.onset_s < chorus_s - 0.1]
    verse = [n for n in bass if n.onset_s < performance.bar_starts_s[6]]
    assert velocity_db(before) > velocity_db(verse) + 1.0


def test_energy_curve_scales_dynamics_by_time():
    notes = part(play(energies=(4, 4), energy_curve=((0.0, 0.1), (20.0, 0.1), (25.0, 0.95))), "comp").notes
    early = [n for n in notes if n.onset_s < 15]
    late = [n for n in notes if n.onset_s > 26]
    assert velocity_db(late) - velocity_db(early) > 8.0


def test_swing_delays_the_second_half_of_a_pair():
    straight = {n.onset_s for n in part(play(styles={"techno": 1.0}, swing=0.5, swing_unit=8), "drums").notes}
    swung = sorted(n.onset_s for n in part(play(styles={"techno": 1.0}, swing=0.66, swing_unit=8), "drums").notes)
    beat_s = 0.6
    offbeats = [t % beat_s for t in swung if 0.25 < (t % beat_s) / beat_s < 0.9 and t < 10]
    assert np.median(offbeats) / beat_s == pytest.approx(0.66, abs=0.05)
    assert min(abs(t - 0.3) for t in straight) < 0.02


def test_machine_styles_are_tighter_than_jazz():
    def spread(style: str) -> float:
        notes = part(play(styles={style: 1.0}), "drums").notes
        off_s = np.array([n.onset_s for n in notes[20:]]) / 0.15
        return float(np.std(off_s - np.round(off_s)))

    assert spread("techno") < 0.4 * spread("jazz")


@pytest.mark.parametrize("instrument", ["piccolo", "cello", "flute", "trombone", "glockenspiel"])
def test_melody_moves_by_whole_octaves_into_the_range(instrument):
    song = hand_song(instruments={**INSTRUMENTS, "melody": instrument})
    notes = part(perform(song, cards=CARDS), "melody").notes
    written = [v.to_midi("melody", n.midi, song.do_pc) for n in song.canvas.notes("melody")]
    shifts = {n.midi - w for n, w in zip(notes, written, strict=True)}
    assert len(shifts) == 1 and shifts.pop() % 12 == 0
    how = technique(instrument)
    assert np.mean([how.low <= n.midi <= how.high for n in notes]) > 0.9


def test_comping_keeps_clear_of_the_melody_and_above_the_bass():
    performance = play()
    melody, bass = part(performance, "melody").notes, part(performance, "bass").notes
    for lane in ("comp", "comp2", "pad"):
        notes = part(performance, lane).notes
        assert min(n.midi for n in notes) > max(n.midi for n in bass) - 8
        if lane == "pad":
            continue  # held through several melody notes: voiced round them, not cut for each
        for n in notes:
            sounding = [m.midi for m in melody if m.onset_s < n.onset_s + 0.02 < m.offset_s - 0.05]
            assert all(abs(n.midi - m) >= 2 for m in sounding), (lane, n)


def test_strums_spread_15_to_30_ms_down_from_the_low_string_and_up_from_the_high():
    notes = part(play(), "comp2").notes
    groups: list[list] = []
    for n in notes:
        if groups and n.onset_s - groups[-1][0].onset_s < 0.05:
            groups[-1].append(n)
        else:
            groups.append([n])
    spreads = [g[-1].onset_s - g[0].onset_s for g in groups if len(g) >= 3]
    assert 0.010 < np.median(spreads) < 0.031 and max(spreads) < 0.032
    directions = {g[-1].midi > g[0].midi for g in groups if len(g) >= 3}
    assert directions == {True, False}
    assert max(len(g) for g in groups) <= 6


def test_arpeggio_rises_through_the_chord_and_mutes_are_short():
    canvas = hand_canvas()
    row = canvas.steps[v.ROW_NAMES.index("comp")]
    row[:] = v.REST
    for i, role in enumerate(("arp1", "arp2", "arp3", "arp4")):
        row[i * 4] = v.ROLES.index(role)
        row[i * 4 + 1:i * 4 + 4] = v.HOLD
    row[16] = v.ROLES.index("mute")
    row[17:20] = v.HOLD
    notes = part(play(canvas=canvas), "comp").notes
    arpeggio = [n.midi for n in notes if n.onset_s < 2.3]
    assert len(arpeggio) == 4 and arpeggio == sorted(set(arpeggio))
    muted = [n for n in notes if n.onset_s > 2.3]
    assert muted and all(n.offset_s - n.onset_s < 0.1 for n in muted)


def test_asked_length_is_kept_and_the_end_rings():
    free = play()
    assert free.duration_s > 38.4 + 1.0
    assert max(n.offset_s for n in part(free, "pad").notes) > 38.4 + 1.0
    short = play(duration_s=39.5)
    assert short.duration_s <= 39.5
    assert max(n.offset_s for p in short.parts for n in p.notes) <= 39.5
    assert play(ending="fade").duration_s == pytest.approx(38.4)


def test_ritard_slows_the_last_two_bars_and_fits():
    performance = play(ending="ritard")
    tempi = [tempo for _, tempo in performance.tempo_map]
    assert tempi[0] == pytest.approx(100) and tempi[-1] < 75 and tempi == sorted(tempi, reverse=True)
    assert performance.tempo_map[1][0] == pytest.approx(performance.bar_starts_s[14])
    assert play(ending="ritard", duration_s=40.5).duration_s <= 40.5


def test_pedal_changes_with_the_harmony_on_held_piano_chords_only():
    canvas = hand_canvas()
    row = canvas.steps[v.ROW_NAMES.index("comp")]
    row[:] = v.HOLD
    row[::16] = v.ROLES.index("full")
    held = [c for c in part(play(canvas=canvas), "comp").controls if c[1] == 64]
    assert sum(value == 127 for _, _, value in held) == 16
    organ = part(play(canvas=canvas, instruments={**INSTRUMENTS, "comp": "clavinet"}), "comp").controls
    assert not [c for c in organ if c[1] == 64]


def test_held_winds_get_expression_and_vibrato():
    numbers = {number for _, number, _ in part(play(), "melody").controls}
    assert {1, 11} <= numbers
    assert not part(play(instruments={**INSTRUMENTS, "melody": "marimba"}), "melody").controls


def test_syllables_are_sung_once_each_with_melisma_and_the_instrument_rests():
    song = hand_song(voice="marcus")
    song = replace(song, syllables=hand_syllables(song))
    performance = perform(song, cards=CARDS)
    vocal = part(performance, "vocal")
    assert vocal.instrument == "marcus"
    assert sum(bool(n.phonemes) for n in vocal.sung) == len(song.syllables)
    assert sum(not n.phonemes for n in vocal.sung) == 4, "the last syllable of each tune has a second note"
    assert all(a.offset_s <= b.onset_s for a, b in zip(vocal.sung, vocal.sung[1:], strict=False))
    assert sum(n.line_end for n in vocal.sung) == 4
    end_s = max(n.offset_s for n in vocal.sung)
    assert min(n.onset_s for n in part(performance, "melody").notes) > end_s - 0.1
    with pytest.raises(InputError, match="no voice called"):
        perform(replace(song, voice="nobody"), cards=CARDS)


def test_a_resting_lane_has_no_part():
    canvas = hand_canvas()
    canvas.steps[v.ROW_NAMES.index("counter")] = v.REST
    assert "counter" not in {p.lane for p in play(canvas=canvas).parts}


def test_ghost_notes_are_soft_and_fills_grow():
    performance = play(energies=(4, 4))
    snares = [n for n in part(performance, "drums").notes if n.midi == v.DRUM_KEYS["snare"]]
    assert {n.velocity <= 48 for n in snares} == {True, False}
    fill_s = performance.bar_starts_s[8]
    toms = [n.velocity for n in part(performance, "drums").notes
            if fill_s - 0.7 < n.onset_s < fill_s - 0.02 and n.midi in (45, 47, 50)]
    assert len(toms) == 4 and np.mean(toms[2:]) > np.mean(toms[:2])


def test_a_band_with_a_drum_machine_plays_to_its_grid():
    """How far notes lie off the grid, with a machine and with a drummer, in the same style."""
    def off_grid_s(kit: str) -> float:
        performance = play(instruments={**INSTRUMENTS, "drums": kit})
        step_s = 60 / 100 / 4
        drums = part(performance, "drums").notes
        return float(np.mean([abs(n.onset_s - round(n.onset_s / step_s) * step_s) for n in drums]))

    assert off_grid_s("kit_808") < 0.5 * off_grid_s("standard_kit")
    assert off_grid_s("lofi_kit") == pytest.approx(off_grid_s("standard_kit"))


def test_the_band_breathes_over_four_bars():
    """Even eighths of the hat: louder in the third bar of a phrase than in its first, by three decibels at most."""
    hats = [n for n in part(play(), "drums").notes if n.midi == v.DRUM_KEYS["closed"]]
    bar_s = 4 * 0.6
    by_bar = [velocity_db([n for n in hats if bar * bar_s - 0.03 <= n.onset_s < (bar + 1) * bar_s - 0.03])
              for bar in range(4)]
    assert by_bar[2] > by_bar[0] + 0.6
    assert max(by_bar) - min(by_bar) < 3.0


def test_articulation_is_played():
    def mean_length_s(lane, articulation):
        notes = part(play(articulation=articulation), lane).notes
        return sum(n.offset_s - n.onset_s for n in notes) / len(notes)

    for lane in ("melody", "comp"):
        assert mean_length_s(lane, ("staccato",)) < 0.7 * mean_length_s(lane, ())
    assert mean_length_s("melody", ("legato",)) >= mean_length_s("melody", ())
    plain, accented = (part(play(articulation=a), "melody").notes for a in ((), ("accented",)))
    louder = [b.velocity - a.velocity for a, b in zip(plain, accented, strict=True)]
    assert max(louder) >= 5 and min(louder) >= 0
