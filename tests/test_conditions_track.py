"""What a track fixes by its use, the clock between track and take, and what a person's corrections change."""

from dataclasses import replace

import numpy as np
import pytest

from modules.conditions.fuse import Heard, fuse
from modules.conditions.reference_fixes import corrected, read_fixes
from modules.conditions.track import (
    bar_lines_s,
    beat_chords,
    form_on_bars,
    gone_round,
    last_bar_line,
    seconds_at,
    whole_bars,
)
from modules.errors import InputError
from modules.types import (
    Audio,
    ChordSpan,
    Controls,
    Finding,
    GridNote,
    Reference,
    ReferenceFixes,
    Request,
    SectionSpan,
)

LOOP = ((0, "maj"), (7, "maj"), (9, "min"), (5, "maj"))


def track(bars: int = 16, start_s: float = 0.4, beat_s: float = 0.5, sections=None) -> Reference:
    """A track at 120 BPM in C major whose chords come round every four bars, first downbeat at `start_s`."""
    beats = start_s + beat_s * np.arange(-0 if start_s < beat_s else -1, 4 * bars + 1)
    bar = 4 * beat_s
    chords = tuple(ChordSpan(start_s + i * bar, start_s + (i + 1) * bar, *LOOP[i % 4]) for i in range(bars))
    spans = sections or (SectionSpan("verse", 0.0, start_s + bars / 2 * bar),
                         SectionSpan("chorus", start_s + bars / 2 * bar, start_s + bars * bar))
    melody = tuple(GridNote(8 * i, 4, 60 + (0, 4, 7, 5, 2)[i % 5]) for i in range(2 * bars))
    energy = np.r_[np.full(bars, 0.3), np.full(bars, 0.8)]
    return Reference(
        tempo_bpm=60 / beat_s, beats_s=beats, downbeats_s=beats[np.abs(beats - start_s).argmin()::4], meter="4/4",
        tonic=0, mode="major", key_confidence=0.9, chords=chords, sections=spans, energy=energy, brightness=0.5,
        styles={"indie_pop": 0.7, "folk_pop": 0.3}, description="a clear piece in C major at 120 BPM with drums",
        melody=melody, melody_confidence=0.7, findings=(Finding("tempo", "120 BPM"), Finding("key", "C major")),
        section_groups=(0, 1), swing=0.5, drums=0.9, bass=0.1, onsets_per_s=6.0,
        groove=np.eye(3, 16))


def used(mode: str, reference: Reference | None = None, **kwargs):
    return fuse(Request(prompt="x", reference_mode=mode, **kwargs), Heard(reference=reference or track()))


def test_places_on_the_beat_are_seconds_in_the_track_and_go_on_beyond_it():
    reference = track(bars=4)
    assert seconds_at(reference, np.array([0.0, 1.0, 6.5])).tolist() == pytest.approx([0.4, 0.9, 3.65])
    assert seconds_at(reference, np.array([-2.0, 20.0])).tolist() == pytest.approx([-0.6, 10.4])
    assert bar_lines_s(reference, 3).tolist() == pytest.approx([0.4, 2.4, 4.4, 6.4])
    assert whole_bars(reference) == 4


@pytest.mark.parametrize(("length_s", "line"), [(8.4, 4), (8.35, 4), (8.0, 3), (10.39, 5)])
def test_a_clip_goes_on_at_its_last_bar_line(length_s, line):
    assert last_bar_line(track(bars=4), length_s) == line


def test_chords_go_round_as_they_went():
    chords = beat_chords(track(bars=8), 0, 0, 8)
    going = gone_round(chords, 32, 56, 4)
    roots = [root for _, n, root, _ in going for _ in range(n)]
    assert roots[32:56] == [root for root, _ in (*LOOP, *LOOP[:2]) for _ in range(4)]
    odd = gone_round(((0, 4, 0, "maj"), (4, 4, 2, "min"), (8, 4, 4, "min")), 12, 20, 4)
    assert [root for _, n, root, _ in odd for _ in range(n)][12:] == [0] * 4 + [2] * 4


def test_the_form_stands_on_bars_and_returns_are_marked():
    spans = tuple(SectionSpan(name, 0.4 + 8 * i if i else 0.0, 0.4 + 8 * (i + 1))
                  for i, name in enumerate(("verse", "chorus", "verse", "chorus")))
    form = form_on_bars(replace(track(bars=16, sections=spans), section_groups=(0, 1, 0, 1)), 16)
    assert [(s.name, s.start_bar, s.bars, s.source) for s in form] == [
        ("verse", 0, 4, None), ("chorus", 4, 4, None), ("verse", 8, 4, 0), ("chorus", 12, 4, 1)]
    assert form[-1].energy > form[0].energy
    assert sum(s.bars for s in form_on_bars(track(), 5)) == 5


def test_a_vibe_takes_no_note_and_says_what_plays():
    condition = used("vibe")
    assert condition.melody == () and condition.chords == () and condition.sections == ()
    controls = condition.controls
    assert (controls.tempo_bpm, controls.tonic, controls.mode, controls.meter) == (120.0, 0, "major", "4/4")
    assert controls.brightness == 0.5 and len(controls.energy_curve) == 32 and 0 < controls.density < 1
    assert condition.as_busy and not used("vibe", controls=Controls(density=0.5)).as_busy
    assert "drums" in controls.wanted and "bass" in controls.unwanted
    asked = fuse(Request(prompt="x", styles={"techno": 1.0}), Heard(reference=track()))
    assert asked.styles["techno"] > 0.5 > asked.styles["indie_pop"] > 0


def test_strength_leads_from_the_original_to_something_new():
    kept, own = [], []
    for strength in (0.0, 0.25, 0.5, 0.75, 1.0):
        condition = used("restyle", styles={"techno": 1.0}, strength=strength)
        kept.append(condition.chords_kept if condition.chords else 0.0)
        own.append(condition.styles.get("indie_pop", 0.0))
        assert condition.sections[0].bars == 8
        assert bool(condition.melody) == (strength < 1)
    assert kept == [1, 1, 1, 0.5, 0]
    assert own[0] == pytest.approx(0.7) and own[0] > own[1] > own[2] == 0


def test_a_restyling_in_another_key_moves_tune_and_chords_together():
    condition = used("restyle", controls=Controls(tonic=2, mode="major"))
    assert condition.chords[0][2] == 2 and condition.melody[0].midi == 62
    assert condition.controls.tempo_bpm == 120.0


def test_a_continuation_knows_the_last_bars_and_the_loop():
    condition = fuse(Request(reference=Audio(np.zeros((1, 330)), 10), reference_mode="continue",
                             controls=Controls(duration_s=8.0)), Heard(reference=track()))
    assert condition.sections[0].bars == 8 and sum(s.bars for s in condition.sections[1:]) == 4
    roots = [root for _, n, root, _ in condition.chords for _ in range(n)]
    assert len(roots) == 48 and roots[32:] == [0] * 4 + [7] * 4 + [9] * 4 + [5] * 4
    assert max(n.step for n in condition.melody) < 8 * 16
    assert condition.controls.duration_s is None


def test_playing_along_adds_what_is_asked_or_what_lacks():
    assert used("accompany").controls.wanted == ("bass",)  # drums are there, a bass is not
    chosen = used("accompany", controls=Controls(wanted=("pad", "violin")))
    assert {"pad", "violin"} <= set(chosen.controls.wanted)
    assert used("accompany", controls=Controls(tonic=7, mode="major")).controls.tonic == 0


def test_a_track_of_no_whole_bar_is_refused_in_one_sentence():
    short = replace(track(), beats_s=np.array([0.4, 0.9]), downbeats_s=np.array([0.4]))
    with pytest.raises(InputError, match="Not one whole bar"):
        used("restyle", short)
    assert used("vibe", short).controls.tempo_bpm == 120.0


@pytest.mark.parametrize(("text", "fixes"), [
    ("", ReferenceFixes()), ("tempo*2", ReferenceFixes(2.0)), ("tempo/2, key=A minor", ReferenceFixes(0.5, 9, "minor")),
    ("downbeat+1, downbeat+1", ReferenceFixes(downbeat_shift=2)), ("tempo*2, tempo/2", ReferenceFixes()),
    ("Key = Bb Dorian, downbeat-1", ReferenceFixes(tonic=10, mode="dorian", downbeat_shift=-1))])
def test_corrections_are_read(text, fixes):
    assert read_fixes(text) == fixes


@pytest.mark.parametrize("text", ["tempo*3", "faster", "downbeat+50", "key=H"])
def test_what_is_no_correction_is_refused(text):
    with pytest.raises(InputError):
        read_fixes(text)


def test_twice_the_tempo_halves_the_beats_and_back_again_is_the_same():
    reference = track()
    double = corrected(reference, ReferenceFixes(2.0))
    assert double.tempo_bpm == 240 and len(double.beats_s) == 2 * len(reference.beats_s) - 1
    assert double.downbeats_s[0] == reference.downbeats_s[0] and np.allclose(np.diff(double.downbeats_s), 1.0)
    assert [n.step for n in double.melody] == [2 * n.step for n in reference.melody]
    assert "240 BPM" in double.description
    assert next(f for f in double.findings if f.label == "tempo").value == "240 BPM"
    back = corrected(double, ReferenceFixes(0.5))
    assert np.allclose(back.beats_s, reference.beats_s) and back.melody == reference.melody


def test_another_one_moves_bars_and_tune():
    reference = track()
    later = corrected(reference, ReferenceFixes(downbeat_shift=1))
    assert later.downbeats_s[0] == pytest.approx(0.9)
    assert later.melody[0].step == reference.melody[1].step - 4
    earlier = corrected(reference, ReferenceFixes(downbeat_shift=-1))
    assert earlier.downbeats_s[0] == pytest.approx(1.9)  # there is no beat before the first
    at = seconds_at(earlier, np.array([earlier.melody[0].step / 4]))[0]
    assert at in [pytest.approx(0.4 + n.step / 8) for n in reference.melody]


def test_another_key_changes_home_and_words_but_no_chord():
    fixed = corrected(track(), ReferenceFixes(tonic=9, mode="minor"))
    assert (fixed.tonic, fixed.mode) == (9, "minor") and "A minor" in fixed.description
    assert fixed.chords == track().chords
    assert next(f for f in fixed.findings if f.label == "key").value == "A minor"


def test_corrections_reach_what_is_made(monkeypatch):
    from modules.conditions import reference as listening
    from modules.engines.hearing import hear

    monkeypatch.setattr(listening, "listen", lambda audio: track())
    heard = hear(Request(reference=Audio(np.zeros((1, 10)), 10),
                         reference_fixes=ReferenceFixes(0.5, 9, "minor")))
    assert heard.reference.tempo_bpm == 60 and heard.reference.tonic == 9
    condition = fuse(Request(reference_mode="restyle"), heard)
    assert condition.controls.tempo_bpm == 60 and condition.controls.mode == "minor"
