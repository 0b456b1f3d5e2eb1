"""Words on the grid and on tunes: every syllable once and in order, breaths, stress on the beat, returning choruses."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.conditions.line_rhythm import BREATH, PICKUP, STRENGTH, prominence
from modules.conditions.lyrics import parse
from modules.conditions.prosody import RATE, place
from modules.conditions.underlay import fit_to_notes
from modules.errors import InputError
from modules.types import METERS, GridNote

EXAMPLES = sorted((Path(__file__).parent.parent / "assets/examples").glob("lyrics_*.txt"))
STYLES = {
    "rap": "[verse]\nI wrote another letter in the middle of the city when the winter was a bitter little memory of "
           "you\nAin't nobody gonna tell me what to do with my own time and my mind",
    "hymn": "Rejoice the night is over\nAnd morning fills the land\nThe fields are white with clover\nThe door is "
            "in our hand",
    "chant": "Hey\nHo\nLet's go\nYeah yeah yeah",
    "ballad": "[verse]\nIf I should fall asleep before the morning\nRemember me as someone who was kind\n\n[chorus]\n"
              "And oh, remember\nremember the light\n\n[verse]\nThe clocks are slow\nthe candles low\n\n[chorus]",
    "limerick": "There once was a baker from Rome\nWho carried a piano home\nHe played it all day\nIn a curious way\n"
                "And the neighbours moved into the dome",
}
WORDS = "love the a beautiful and river tomorrow I you extraordinary night of running hallelujah to me banana".split()
VERSES = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join), min_size=1, max_size=9)


def check_order(lyrics, syllables):
    assert [placed.syllable for placed in syllables] == [syllable for line in lyrics.lines for syllable in line]
    for a, b in itertools.pairwise(syllables):
        assert a.length >= 1 and a.step + a.length <= b.step


def check_plan(lyrics, plan):
    check_order(lyrics, plan.syllables)
    assert plan.syllables[0].step >= 0 and plan.syllables[-1].length >= 1
    assert all(bars % 2 == 0 for _, bars in plan.sections)
    assert len(plan.line_bars) == len(lyrics.lines)
    for a, b in itertools.pairwise(plan.syllables):
        if a.syllable.last_in_line:
            assert b.step - a.step - a.length >= BREATH
    total = sum(bars for _, bars in plan.sections) * len(STRENGTH[plan.meter])
    assert plan.syllables[-1].step + plan.syllables[-1].length <= total - BREATH


@pytest.mark.parametrize("meter", METERS)
@pytest.mark.parametrize("style", STYLES)
def test_styles_of_verse(style, meter):
    lyrics = parse(STYLES[style])
    for tempo in (60, 120, 190):
        check_plan(lyrics, place(lyrics, meter=meter, tempo_bpm=tempo, seed=1))


@settings(max_examples=60, deadline=None)
@given(VERSES, st.sampled_from(METERS), st.floats(40, 240), st.integers(0, 2**40), st.sampled_from([None, 1, 2, 4]))
def test_any_verse_is_placed(lines, meter, tempo, seed, bars):
    lyrics = parse("\n".join(lines))
    plan = place(lyrics, meter=meter, tempo_bpm=tempo, seed=seed, bars_per_line=bars)
    check_plan(lyrics, plan)
    assert plan == place(lyrics, meter=meter, tempo_bpm=tempo, seed=seed, bars_per_line=bars)


@pytest.mark.parametrize("meter", METERS)
def test_stressed_syllables_fall_on_stronger_beats_and_last_longer(meter):
    stressed, light, long, short = [], [], [], []
    for text in [path.read_text(encoding="utf-8") for path in EXAMPLES] + list(STYLES.values()):
        lyrics = parse(text)
        for seed in range(3):
            for placed in place(lyrics, meter=meter, tempo_bpm=100, seed=seed).syllables:
                heavy = STRENGTH[meter][placed.step % len(STRENGTH[meter])]
                (stressed if placed.syllable.stress == 1 else light).append(heavy)
                if not placed.syllable.last_in_line:
                    (long if placed.syllable.stress == 1 else short).append(placed.length)
    assert np.mean(stressed) > np.mean(light) + 0.25
    assert np.mean(long) > 1.15 * np.mean(short)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_sing_well(path):
    lyrics = parse(path.read_text(encoding="utf-8"))
    assert len(lyrics.lines) == 8 and not lyrics.warnings
    for meter, tempo in (("4/4", 104), ("3/4", 132), ("6/8", 58)):
        plan = place(lyrics, meter=meter, tempo_bpm=tempo, seed=3)
        step_s = 60 / tempo / (6 if meter == "6/8" else 4)
        per_bar = len(STRENGTH[meter])
        for line in lyrics.lines:
            own = [placed for placed in plan.syllables if placed.syllable.line == line[0].line]
            rate = len(own) / ((own[-1].step + own[-1].length - own[0].step) * step_s)
            assert RATE[0] * 0.75 <= rate <= RATE[1] * 1.1
            wish = prominence(line)
            end = own[max(i for i in range(len(own)) if wish[i] == 1.0)]
            assert STRENGTH[meter][end.step % per_bar] >= 0.3 and own[-1].length >= 3
            gaps = np.diff([placed.step for placed in own]) * step_s
            assert gaps.min() >= 0.1


def test_last_words_stand_on_the_beat():
    on_beat = []
    for path in EXAMPLES:
        lyrics = parse(path.read_text(encoding="utf-8"))
        for placed in place(lyrics, meter="4/4", tempo_bpm=100, seed=0).syllables:
            if placed.syllable.last_in_line:
                on_beat.append(STRENGTH["4/4"][placed.step % 16] >= 0.6)
    assert np.mean(on_beat) >= 0.8


def test_returning_chorus_has_the_same_rhythm_and_names_its_source():
    text = "[chorus]\nWe are the morning\nwe are the day\n[verse]\nOver and over\nI lost my way\nbut came home\n"
    lyrics = parse(text + "[chorus]\n[verse]\nAnother\n[chorus]")
    plan = place(lyrics, meter="4/4", tempo_bpm=110, seed=5)
    assert plan.sources == (None, None, 0, None, 0)
    starts = np.cumsum([0] + [bars for _, bars in plan.sections]) * 16
    rhythm = [[(placed.step - start, placed.length) for placed in plan.syllables
               if lyrics.stanzas[placed.syllable.line] == index] for index, start in enumerate(starts[:-1])]
    assert rhythm[0] == rhythm[2] == rhythm[4] != rhythm[1]


def test_lines_of_one_meter_share_a_rhythm():
    lyrics = parse("The river is calling my name\nThe river is leading me home")
    plan = place(lyrics, meter="4/4", tempo_bpm=100, seed=2, lead_in=True)
    assert -PICKUP <= plan.syllables[0].step < 0 <= place(lyrics, meter="4/4", tempo_bpm=100, seed=2).syllables[0].step
    lines = [[placed.step % 32 for placed in plan.syllables if placed.syllable.line == line] for line in (0, 1)]
    assert sum(a == b for a, b in zip(*lines, strict=True)) >= 5


def test_seed_changes_the_rhythm_a_little():
    lyrics = parse(STYLES["ballad"])
    plans = {tuple(p.step for p in place(lyrics, meter="4/4", tempo_bpm=96, seed=seed).syllables) for seed in range(6)}
    assert len(plans) >= 3


def test_asked_bars_are_kept_where_the_line_fits():
    plan = place(parse(STYLES["hymn"]), meter="4/4", tempo_bpm=100, seed=0, bars_per_line=4)
    assert set(plan.line_bars) == {4} and plan.sections == (("verse", 16),)


def test_placing_a_whole_song_is_quick():
    lyrics = parse("\n".join(f"we will never say goodbye to number {i}" for i in range(64)))
    start = time.perf_counter()
    place(lyrics, meter="4/4", tempo_bpm=100, seed=0)
    assert time.perf_counter() - start < 3.0


def tune(lengths, rests=(), start=0):
    notes, step = [], start
    for index, length in enumerate(lengths):
        notes.append(GridNote(step, length, 60 + index % 7))
        step += length + (4 if index in rests else 0)
    return notes


def check_fit(lyrics, notes):
    placed, sung = fit_to_notes(lyrics, notes)
    check_order(lyrics, placed)
    onsets = {note.step for note in sung}
    assert {syllable.step for syllable in placed} <= onsets
    assert all(a.step + a.length <= b.step for a, b in itertools.pairwise(sung))
    ends = {note.step + note.length for note in sung}
    assert all(syllable.step + syllable.length in ends for syllable in placed)
    return placed, sung


def test_one_note_a_syllable_changes_nothing():
    notes = tune([4, 4, 4, 8, 4, 4, 8], rests=(3,))
    placed, sung = check_fit(parse("Morning is here\nit is day"), notes)
    assert list(sung) == notes and [p.step for p in placed] == [note.step for note in notes]


def test_lines_go_to_phrases():
    placed, _ = check_fit(parse("love me tender\ncome home"), tune([4, 4, 4, 4, 8, 8, 8], rests=(4,)))
    second = [p.step for p in placed if p.syllable.line == 1]
    assert second[0] == 28


def test_extra_syllables_divide_the_longest_note():
    notes = tune([2, 8, 2])
    placed, sung = check_fit(parse("we remember"), notes)
    assert len(sung) == 4 and [note.step for note in sung] == [0, 2, 6, 10] and sung[1].midi == sung[2].midi


def test_extra_notes_become_melisma():
    notes = tune([4, 2, 2, 4, 8])
    placed, sung = check_fit(parse("glory day"), notes)
    assert list(sung) == notes and len(placed) == 3
    assert sum(p.length for p in placed) == 20


def test_a_short_tune_is_repeated_from_the_bar():
    notes = tune([4, 4, 4, 4])
    lyrics = parse("we are here now\nwe are one now\nwe are all now")
    placed, sung = check_fit(lyrics, notes)
    assert [note.midi for note in sung[4:8]] == [note.midi for note in notes] and sung[4].step % 16 == 0


def test_a_tune_with_no_notes_or_too_few_is_refused():
    lyrics = parse("a\n" * 64)
    with pytest.raises(InputError, match="no notes"):
        fit_to_notes(lyrics, [])
    with pytest.raises(InputError, match="too few"):
        fit_to_notes(parse("extraordinary morning\n" * 40), [GridNote(0, 1, 60)])


@settings(max_examples=30, deadline=None)
@given(VERSES, st.lists(st.tuples(st.integers(1, 12), st.integers(0, 6)), min_size=4, max_size=40), st.integers(-4, 20))
def test_any_words_fit_any_tune(lines, shape, start):
    notes, step = [], start
    for index, (length, rest) in enumerate(shape):
        notes.append(GridNote(step, length, 60 + index % 12))
        step += length + rest
    check_fit(parse("\n".join(lines)), notes)
