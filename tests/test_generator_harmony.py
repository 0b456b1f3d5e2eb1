"""Chords under a given melody: what the prior hears, and the vote of many draws."""

import numpy as np
from hand_song import hand_canvas

from modules.canvas import vocabulary as v
from modules.generator import checkpoint, compose
from modules.generator.chord_prior import N_FEATURES, SOURCES, chord_evidence, melody_features
from modules.generator.plan import Plan
from modules.generator.tasks import nothing_returns


def given(canvas):
    """The canvas with its melody known and nothing else."""
    out = canvas.copy()
    out.harmony[:] = 0
    out.known_harmony[:] = False
    out.known_steps[:] = False
    out.known_steps[v.ROW_NAMES.index("melody")] = True
    return out


def plan(canvas):
    return Plan(canvas=canvas, styles={"folk_pop": 1.0}, tempo_bpm=100.0, tonic=0, mode="major", swing=0.5,
                swing_unit=8, copy_bars=nothing_returns(canvas), ending="ring")


def test_features_have_the_promised_shape():
    for meter in ("4/4", "3/4", "6/8"):
        canvas = hand_canvas(meter)
        assert melody_features(canvas).shape == (canvas.n_beats, N_FEATURES - len(SOURCES))


def test_evidence_prefers_chords_that_hold_the_melody():
    canvas = hand_canvas()
    line = canvas.steps[v.ROW_NAMES.index("melody")]
    line[:] = v.REST
    for bar, pcs in enumerate(((0, 4, 7, 4), (7, 11, 2, 11), (5, 9, 0, 9), (0, 4, 7, 0)) * 4):
        for beat, pc in enumerate(pcs):
            at = bar * 16 + beat * 4
            line[at], line[at + 1:at + 4] = v.ONSET + 12 + pc, v.HOLD
    roots, qualities = chord_evidence(canvas, ("openewld",), 1.0)
    assert roots.shape == (canvas.n_beats, 13) and qualities.shape == (canvas.n_beats, 13, len(v.QUALITIES))
    assert np.isfinite(roots).all() and np.isfinite(qualities).all()
    middle = roots[16:32].reshape(4, 4, 13).mean(axis=1)
    assert middle[0, 0] > 0 and middle[1, 7] > middle[1, 0] and middle[2, 5] > middle[2, 7]


def test_the_vote_follows_the_many_and_changes_little():
    quiet = (np.zeros((4, 13), np.float32), np.zeros((4, 13, len(v.QUALITIES)), np.float32))
    chords = np.zeros((5, 4, 2), int)
    chords[:, 2:, 0] = 7
    chords[0, 1, 0] = 5  # one draw strays
    assert compose.vote(chords, quiet)[:, 0].tolist() == [0, 0, 7, 7]


def test_harmonising_keeps_the_melody_and_known_chords():
    canvas = given(hand_canvas())
    canvas.harmony[:4] = (9, v.QUALITY_NAMES.index("min"))
    canvas.known_harmony[:4] = True
    found = compose.harmonisations(checkpoint.generator(), plan(canvas), seed=1, draws=4)
    assert len(found) == 4
    row = v.ROW_NAMES.index("melody")
    for one in found:
        assert (one.steps[row] == canvas.steps[row]).all() and (one.harmony[:4, 0] == 9).all()
        assert one.known_harmony.all() and (one.harmony[:, 0] < v.NO_CHORD).all()


def test_a_contour_rises_where_it_is_asked_to():
    import dataclasses

    canvas = hand_canvas()
    shaped = dataclasses.replace(plan(canvas), contour=(("chorus", "rise"),))
    heights = compose.contour_heights(shaped, canvas)
    assert np.isnan(heights[:32]).all() and (np.diff(heights[32:], axis=0) > 0).all()
    assert compose.contour_heights(plan(canvas), canvas) is None


def test_brighter_chords_are_major_and_darker_ones_minor():
    import dataclasses

    canvas = given(hand_canvas())

    def major_roots(colour: float) -> float:
        shaded = dataclasses.replace(plan(canvas), colour=colour)
        roots = [one.harmony[:, 0] for one in compose.harmonisations(checkpoint.generator(), shaded, seed=3, draws=8)]
        return float(np.isin(roots, compose.MAJOR_ROOTS).mean())

    dark, plain, bright = (major_roots(colour) for colour in (-0.6, 0.0, 0.6))
    assert dark < plain < bright and bright - dark > 0.15
