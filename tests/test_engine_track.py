"""A track in the real engine: no run of its tune in a vibe, bars and tune in a restyling, a joint, parts beside it."""

from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from modules.canvas.vocabulary import LOWEST, do_midi
from modules.engines.embedded import EmbeddedEngine
from modules.engines.replay import replay
from modules.errors import InputError
from modules.evaluation.copying import MOST_SHARED, longest_run, shared_run
from modules.types import Audio, Controls, Request, Take


def make(**kwargs) -> Take:
    request = Request(**{"takes": 1, "seed": 4, **kwargs})
    return next(item for item in EmbeddedEngine().takes(request, Event()) if isinstance(item, Take))


@pytest.fixture(scope="module")
def source() -> Take:
    """A piece whose every note is known, with a tune that is easy to hear."""
    return make(styles={"dance_pop": 1.0}, seed=8,
                controls=Controls(duration_s=18.0, tempo_bpm=118.0, tonic=5, mode="major"))


@pytest.fixture(scope="module")
def restyled(source) -> Take:
    return make(reference=source.audio, reference_mode="restyle", styles={"synthwave": 1.0})


def analysis(take: Take) -> dict:
    return {"request": {"reference": take.recipe["request"]["reference"]}}


def played(take: Take) -> tuple[np.ndarray, np.ndarray]:
    notes = next(part.notes for part in take.performance.parts if part.lane == "melody")
    return np.array([n.onset_s for n in notes]), np.array([n.midi % 12 for n in notes])


def test_the_tune_of_a_played_piece_is_heard(source, restyled):
    heard = restyled.recipe["request"]["reference"]
    assert heard["melody_confidence"] > 0.4
    onsets, pitches = played(source)
    beats, first = np.array(heard["beats_s"]), heard["downbeats_s"][0]
    grid = beats[beats >= first - 0.05]
    found = [(np.interp(n["step"] / 4, np.arange(len(grid)), grid), n["midi"] % 12) for n in heard["melody"]]
    right = [any(abs(at - onset) < 0.12 and pc == pitch for at, pc in found)
             for onset, pitch in zip(onsets, pitches, strict=True)]
    assert np.mean(right) > 0.4 and len(found) < 2.5 * len(onsets)


def test_no_run_of_the_track_stands_in_its_vibe(source, restyled):
    take = make(recipe=analysis(restyled), controls=Controls(duration_s=16.0))
    low = do_midi(source.song.do_pc) + LOWEST["melody"]
    tune = [replace(note, midi=note.midi + low) for note in source.song.canvas.notes("melody")]
    assert longest_run(tune, tune)[0] > MOST_SHARED
    assert shared_run(take.song.canvas, tune) <= MOST_SHARED
    assert take.recipe["track_times"] == [] and "track" not in take.stems


def test_a_restyling_keeps_bars_and_the_heard_tune(source, restyled):
    assert set(restyled.song.styles) == {"synthwave"}
    times = np.array(restyled.recipe["track_times"])
    starts = source.performance.bar_starts_s
    true_bars = np.array([*starts, 2 * starts[-1] - starts[-2]])  # the line after the last bar may be heard as well
    assert np.abs(times[:, 1][:, None] - true_bars).min(axis=1).max() < 0.06
    assert np.allclose(times[:, 0], restyled.performance.bar_starts_s)
    heard = [n["midi"] % 12 for n in restyled.recipe["request"]["reference"]["melody"]]
    _, pitches = played(restyled)
    assert len(pitches) >= len(heard) and len(set(heard) - set(pitches)) == 0
    assert [s.name for s in restyled.song.sections] == [
        s.name for s in restyled.song.canvas.sections]


def test_strength_one_keeps_nothing_of_the_tune(source, restyled):
    new = make(recipe=analysis(restyled), reference_mode="restyle", styles={"synthwave": 1.0}, strength=1.0)
    kept = restyled.song.canvas.notes("melody")
    assert longest_run(new.song.canvas.notes("melody"), kept)[0] <= MOST_SHARED
    assert new.song.tempo_bpm == restyled.song.tempo_bpm and len(new.recipe["track_times"])


def test_a_clip_goes_on_at_the_bar(source):
    rate, bars = source.audio.sample_rate, source.performance.bar_starts_s
    clip = Audio(source.audio.samples[:, :round((bars[5] + 0.2) * rate)], rate)
    take = make(reference=clip, reference_mode="continue", controls=Controls(duration_s=8.0))
    joint = take.recipe["timing"][0][1]
    assert abs(joint - bars[5]) < 0.05
    assert take.performance.bar_starts_s[0] == pytest.approx(joint)
    assert take.audio.duration_s > joint + 6
    assert (take.song.tonic, take.song.mode) == (5, "major")
    head = take.stems["track"].mono[:round((joint - 0.1) * rate)]
    assert np.corrcoef(head, clip.mono[:len(head)])[0, 1] > 0.999
    assert not any(check.name == "melody" for check in take.report)
    # its recipe plays the new notes at their place, and says that the clip is not in it
    piece = replay(take.recipe)
    assert piece.performance.bar_starts_s[0] == pytest.approx(joint, abs=1e-4)
    with pytest.raises(InputError, match="with the track"):
        piece.sound()
    with pytest.raises(InputError, match="give the track again"):
        make(recipe=take.recipe, reference_mode="continue")


def test_parts_play_along_on_the_tracks_own_beats(source):
    take = make(reference=source.audio, reference_mode="accompany",
                controls=Controls(lane_instruments=(("pad", "slow_strings"), ("counter", "violin"))))
    assert set(take.stems) <= {"track", "pad", "counter"} and {"track", "pad"} <= set(take.stems)
    assert abs(take.audio.duration_s - source.audio.duration_s) < 1.0
    beats = np.array(take.recipe["request"]["reference"]["beats_s"])
    for start in take.performance.bar_starts_s[1:-1]:
        assert np.abs(beats - start).min() < 0.005
    assert "plays along" in take.summary


def test_without_a_track_there_is_nothing_to_go_on_from():
    with pytest.raises(InputError, match="no track"):
        make(prompt="x", reference_mode="continue")
