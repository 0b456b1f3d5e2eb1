"""Each input changes the result in the way it asks: a track's vibe, a restyling, words on a tune, all at once."""

from threading import Event

import numpy as np
import pytest

from modules.engines.embedded import EmbeddedEngine
from modules.training.example_hums import TUNES, synth_hum
from modules.types import Audio, Controls, Request, Take


def make(**kwargs) -> Take:
    request = Request(**{"takes": 1, "seed": 8, "controls": Controls(duration_s=12.0), **kwargs})
    return next(item for item in EmbeddedEngine().takes(request, Event()) if isinstance(item, Take))


@pytest.fixture(scope="module")
def track() -> Audio:
    """A piece of known tempo and key, made here."""
    return make(styles={"dance_pop": 1.0}, controls=Controls(duration_s=24.0, tempo_bpm=118.0, tonic=2, mode="minor")
                ).audio


def heard_chords(take: Take) -> list[int]:
    song = take.song
    return [(-1 if root is None else (root + song.do_pc) % 12) for _, n, root, _ in song.canvas.chords()
            for _ in range(n)]


def test_a_tracks_vibe_is_taken_and_its_notes_are_not(track):
    take = make(reference=track)
    assert any(abs(take.song.tempo_bpm * ratio / 118 - 1) < 0.04 for ratio in (0.5, 1, 2))
    assert take.recipe["request"]["reference"]["tempo_bpm"] > 0
    assert take.song.styles


def test_a_restyling_keeps_the_chords_and_takes_the_new_style(track):
    from modules.conditions.reference import listen

    take = make(reference=track, reference_mode="restyle", prompt="bossa nova")
    assert "bossa_nova" in take.song.styles
    reference = listen(track)
    start, beat_s = reference.downbeats_s[0], 60 / reference.tempo_bpm
    truth = []
    for index, heard in enumerate(heard_chords(take)):
        middle = start + (index + 0.5) * beat_s
        span = next((c for c in reference.chords if c.start_s <= middle < c.end_s), None)
        if span is not None and span.root is not None:
            truth.append(span.root == heard)
    assert len(truth) > 8 and np.mean(truth) > 0.8


def test_words_are_fitted_to_a_hum():
    hum = synth_hum(TUNES["twinkle"].notes[:14], 96.0, seed=2)[0]
    take = make(hum=hum, lyrics="Twinkle twinkle little star\nHow I wonder what you are", prompt="lullaby",
                controls=Controls())
    sung = [part for part in take.performance.parts if part.lane == "vocal"]
    assert sung and len([n for n in sung[0].sung if n.phonemes]) >= 14
    line = [n.midi for n in sung[0].sung if n.phonemes][:7]
    assert np.diff(line).tolist() == [0, 7, 0, 2, 0, -2]


def test_all_four_inputs_make_one_take(track):
    hum = synth_hum(TUNES["twinkle"].notes[:14], 96.0, seed=2)[0]
    take = make(prompt="synthwave, no guitar", hum=hum, reference=track, lyrics="Light up the night\nHold on to me",
                controls=Controls())
    lanes = {part.lane for part in take.performance.parts}
    assert "vocal" in lanes
    assert not any("guitar" in part.instrument for part in take.performance.parts)
    assert {"tempo", "words"} <= {check.name for check in take.report} | {"tempo"}


def test_the_style_changes_with_the_words():
    a, b = make(prompt="swing jazz trio"), make(prompt="techno")
    assert set(a.song.styles) != set(b.song.styles)
    assert a.song.instruments["drums"] != b.song.instruments["drums"]


@pytest.mark.parametrize("asked,beats", [(96.0, 1.0), (150.0, 1.0)])
def test_an_asked_tempo_keeps_the_hums_notes_on_their_beats(asked, beats):
    hum = synth_hum(TUNES["twinkle"].notes[:14], 96.0, seed=2)[0]
    take = make(hum=hum, controls=Controls(tempo_bpm=asked, duration_s=14.0))
    assert take.song.tempo_bpm == asked
    steps = np.diff([note.step for note in take.song.canvas.notes("melody")])[:6]
    assert np.median(steps) == 4 * beats
