"""What must hold for every phrasing: facts said in many ways, in any order, beside one another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.conditions.text import understand
from modules.config import MAX_PROMPT_CHARS
from modules.types import PITCH_CLASSES, TextReading

EVERY = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
_NOTES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS = (("", 0), ("#", 1), (" sharp", 1), ("-sharp", 1), ("♯", 1), ("b", -1), (" flat", -1), ("♭", -1))
_INSTRUMENTS = {"rhodes": "rhodes", "cello": "cello", "marimba": "marimba", "harp": "harp", "clarinet": "clarinet",
                "music box": "music_box", "upright bass": "upright_bass", "vibraphone": "vibraphone",
                "french horns": "french_horn", "banjo": "banjo", "oboe": "oboe"}
_REFUSED = {"drums": "drums", "guitar": "guitar", "brass": "brass", "strings": "strings", "synths": "synth",
            "piano": "piano"}

_tempos = st.builds(lambda bpm, how: (how.format(bpm), ("tempo_bpm", float(bpm))), st.integers(45, 220),
                    st.sampled_from(("{} bpm", "{}BPM", "at {} BPM", "tempo {}", "tempo: {}", "bpm {}", "around {} bpm",
                                     "{} beats per minute", "a tempo of {}", "tempo is {}")))
_keys = st.builds(lambda note, sign, mode, how: (
    how.format(f"{note}{sign[0]} {mode}"),
    ("key", ((_NOTES[note] + sign[1]) % 12, {"maj": "major", "min": "minor"}.get(mode, mode)))),
    st.sampled_from("CDEFGB"), st.sampled_from(_SIGNS), st.sampled_from(("major", "minor", "dorian", "lydian", "min")),
    st.sampled_from(("in {}", "{}", "key of {}", "in the key of {}", "key: {}")))
_lengths = st.builds(lambda s, how: (how.format(s), ("duration_s", float(s))), st.sampled_from((15, 25, 35, 48, 55)),
                     st.sampled_from(("{} seconds", "{} sec", "{}-second piece", "for {} seconds", "length: {} s",
                                      "{} seconds long", "duration {} seconds")))
_meters = st.sampled_from((("in 3/4", ("meter", "3/4")), ("6/8 time", ("meter", "6/8")), ("in three-four time", (
    "meter", "3/4")), ("4/4 groove", ("meter", "4/4")), ("time signature 6/8", ("meter", "6/8"))))
_wishes = st.builds(lambda name, how: (how.format(name), ("wanted", _INSTRUMENTS[name])),
                    st.sampled_from(sorted(_INSTRUMENTS)), st.sampled_from(("with {}", "{}", "some {}", "featuring {}",
                                                                            "add {}", "a {}")))
_refusals = st.builds(lambda name, how: (how.format(name), ("unwanted", _REFUSED[name])),
                      st.sampled_from(sorted(_REFUSED)),
                      st.sampled_from(("no {}", "without {}", "without any {}", "minus the {}", "don't use {}",
                                       "no {} please", "leave out the {}", "{}: none", "there should be no {}",
                                       "absolutely no {}", "skip the {}", "zero {}", "nothing with {}")))
_tunes = st.builds(lambda shape, section, how: (how.format(shape[0], section), ("contour", (section, shape[1]))),
                   st.sampled_from((("rising", "rise"), ("ascending", "rise"), ("falling", "fall"),
                                    ("descending", "fall"), ("arching", "arch"), ("static", "flat"))),
                   st.sampled_from(("verse", "chorus", "bridge")),
                   st.sampled_from(("{} melody in the {}", "a {} tune for the {}", "a {} melody line in the {}")))
_rest = st.sampled_from((
    ("fade out", ("ending", "fade")), ("hard ending", ("ending", "hit")), ("staccato", ("articulation", "staccato")),
    ("lots of notes", ("density", .9)), ("few notes", ("density", .12)), ("from the 1970s", ("era", "1970s")),
    ("instrumental only", ("vocal", False)), ("no vocals", ("vocal", False)), ("in a high register", ("register",
                                                                                                     "high"))))
FACTS = st.tuples(*(st.none() | facts for facts in (_tempos, _keys, _lengths, _meters, _wishes, _refusals, _tunes,
                                                    _rest)))


def holds(fact: tuple[str, object], reading: TextReading) -> bool:
    """Whether a reading says what was said."""
    kind, value = fact
    controls = reading.controls
    if kind == "key":
        return (controls.tonic, controls.mode) == value
    if kind in ("wanted", "unwanted", "articulation", "contour"):
        return value in getattr(controls, kind)
    if kind == "vocal":
        return reading.vocal is value
    return getattr(controls, kind) == pytest.approx(value) if isinstance(value, float) else \
        getattr(controls, kind) == value


@EVERY
@given(facts=FACTS, order=st.randoms(use_true_random=False), mark=st.sampled_from((", ", "; ", ". ", "\n", " - ")))
def test_every_fact_is_understood_in_any_company(facts, order, mark):
    said = [fact for fact in facts if fact is not None]
    order.shuffle(said)
    wished = {fact[1][1] for fact in said if fact[1][0] == "wanted"}
    refused = {fact[1][1] for fact in said if fact[1][0] == "unwanted"}
    if "brass" in refused and "french_horn" in wished or "strings" in refused and "cello" in wished:
        return  # a contradiction: the last word wins
    prompt = mark.join(text for text, _ in said)
    reading = understand(prompt)
    missed = [fact for _, fact in said if not holds(fact, reading)]
    assert not missed, (prompt, missed, reading.controls)


@EVERY
@given(facts=FACTS, shout=st.booleans(), gap=st.sampled_from((" ", "  ", "\t", " \n")),
       end=st.sampled_from(("", "!", "...", " ?")))
def test_case_spacing_and_closing_signs_change_nothing(facts, shout, gap, end):
    prompt = ", ".join(fact[0] for fact in facts if fact is not None)
    other = (prompt.upper() if shout else prompt.title()).replace(" ", gap if "\n" not in gap else "  ") + end
    one, two = understand(prompt), understand(other)
    assert (one.controls, one.styles, one.vocal, one.production) == (two.controls, two.styles, two.vocal,
                                                                     two.production), (prompt, other)


@EVERY
@given(low=st.integers(50, 150), width=st.integers(2, 40), how=st.sampled_from(
    ("between {} and {} bpm", "{}-{} BPM", "from {} to {} bpm", "{} to {} beats per minute", "{} – {} bpm",
     "somewhere between {} and {} bpm")))
def test_a_tempo_range_means_its_middle(low, width, how):
    assert understand(how.format(low, low + width)).controls.tempo_bpm == pytest.approx(low + width / 2)


@EVERY
@given(first=st.integers(60, 100), second=st.integers(101, 200), name=st.sampled_from(sorted(_INSTRUMENTS)))
def test_the_last_word_wins_and_is_reported(first, second, name):
    reading = understand(f"{first} bpm, {name}. No, {second} bpm. No {name}.")
    assert reading.controls.tempo_bpm == second and reading.controls.wanted == ()
    assert any(f"{first} BPM" in warning and f"{second} BPM" in warning for warning in reading.warnings)
    assert any("both wanted and unwanted" in warning for warning in reading.warnings)


@EVERY
@given(at=st.integers(6, 22), what=st.sampled_from(("drop", "the drop comes", "climax", "everything explodes", "huge")),
       how=st.sampled_from(("at 0:{:02d}", "at {} seconds", "after {} seconds", "at {}s")))
def test_a_moment_lands_on_the_curve_where_it_was_said(at, what, how):
    curve = understand(f"{what} {how.format(at)}, 30 seconds").controls.energy_curve
    times, levels = zip(*curve, strict=True)
    before, after = np.interp((at - 2, at + .5), times, levels)
    assert after >= .8 and before <= .6, curve


@EVERY
@given(count=st.sampled_from((("two", 2), ("2", 2), ("a pair of", 2), ("three", 3), ("3", 3), ("twin", 2))),
       name=st.sampled_from(("violins", "guitars", "cellos", "flutes", "trumpets", "saxophones")))
def test_counts_repeat_the_name(count, name):
    wanted = understand(f"{count[0]} {name}").controls.wanted
    assert len(wanted) == count[1] and len(set(wanted)) == 1


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(prompt=st.text(max_size=300), negative=st.text(max_size=60))
def test_any_text_has_an_answer_or_one_clear_sentence(prompt, negative):
    reading = understand(prompt, negative)
    assert all(np.isfinite(weight) for weight in reading.styles.values())
    if any(sign.isalnum() for sign in prompt):
        assert reading.findings or reading.styles or reading.warnings
    controls = reading.controls
    assert controls.tonic is None or 0 <= controls.tonic < len(PITCH_CLASSES)
    for value in (controls.energy, controls.density, controls.complexity, controls.brightness):
        assert value is None or 0 <= value <= 1


@pytest.mark.parametrize("prompt", [
    "<script>alert('x')</script><b>calm</b> piano", "{{7*7}} ${HOME} `rm -rf` drums", "\u202eevil rtl\u202c synthwave",
    "🎸🔥 rock 🤘 no drums 🥁", "a" * MAX_PROMPT_CHARS, "no " * 3000, "no drums, " * 1000, "((((" * 2000,
    "0:15 " * 2000, "verse chorus " * 700, "rising " * 1400, "ピアノ" * 3000, "Z̷̢̛a̶l̵g̶o̵ ambient", "\x00\x07 techno",
    "١٢٠ bpm", "calm piano. " * 834])
def test_odd_prompts_are_answered(prompt):
    reading = understand(prompt)
    assert reading.findings or reading.styles or reading.warnings
