"""Sampling agrees with training: the likelihood it reports is the teacher-forced one; masks are obeyed."""

import numpy as np
import pytest
import torch

from modules.canvas import MUST_ONSET, NO_ONSET, Canvas
from modules.canvas import vocabulary as v
from modules.generator import encoding as enc
from modules.generator.model import CanvasModel, ModelConfig
from modules.generator.sampling import Fill, fill
from modules.types import LANES, Section


def small_model() -> CanvasModel:
    torch.manual_seed(0)
    model = CanvasModel(ModelConfig(styles=("a", "b"), width=32, heads=2, encoder_layers=1, decoder_layers=2,
                                    cell_width=24, window=64, dropout=0.0)).eval()
    with torch.no_grad():  # so that the copy head and the short way from the condition take part
        model.copy_place.weight.normal_()
        model.hint_token.weight.normal_(std=0.3)
    return model


def job(meter: str = "4/4", bars: int = 10) -> Fill:
    canvas = Canvas.empty(meter, (Section("verse", 0, bars, 4),))
    features = enc.features(canvas, mode="minor", tempo_bpm=100, bins={})
    return Fill(canvas, features, np.array([1.0, 0.0, 0.0]))


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8"])
def test_sampled_likelihood_is_the_teacher_forced_one(meter):
    from modules.training.lessons import last_pitches

    model = small_model()
    task = job(meter)
    [canvas], likelihood = fill(model, [task], seed=3)
    k, cells = canvas.steps_per_beat, enc.to_cells(canvas)
    tokens = torch.from_numpy(cells.astype(np.int64))[None]
    known = torch.from_numpy(enc.encoder_tokens(cells, np.zeros(cells.shape, bool), np.zeros(cells.shape), k))[None]
    losses = model(tokens, tokens, known.long(), torch.from_numpy(task.features)[None],
                   torch.from_numpy(task.styles)[None].float(),
                   torch.from_numpy(last_pitches(cells, k).astype(np.int64))[None],
                   torch.ones(1, *cells.shape, dtype=torch.bool), k, canvas.beats_per_bar)
    forced = -sum(float(loss) for loss, _ in losses.values()) / cells.size
    # sampling forbids a hold after a rest, which the network's own distribution does not know of: hence not equal
    # to the last digit for an untrained model, so compare where nothing was forbidden
    assert likelihood[0] >= forced - 1e-4
    assert abs(likelihood[0] - forced) < 0.12


def test_same_seed_same_canvas_and_another_seed_another():
    model = small_model()
    [a], _ = fill(model, [job()], seed=1)
    [b], _ = fill(model, [job()], seed=1)
    [c], _ = fill(model, [job()], seed=2)
    assert np.array_equal(a.steps, b.steps) and np.array_equal(a.harmony, b.harmony)
    assert not np.array_equal(a.steps, c.steps)


def test_known_cells_stay_and_resting_lanes_are_silent():
    model, task = small_model(), job()
    canvas = task.canvas
    canvas.harmony[:] = (9, 1)
    canvas.known_harmony[:] = True
    canvas.active[LANES.index("drums")] = 0
    melody = v.ROW_NAMES.index("melody")
    canvas.rhythm[melody] = NO_ONSET
    canvas.rhythm[melody, ::8] = MUST_ONSET
    [out], _ = fill(model, [task], seed=4)
    assert (out.harmony == (9, 1)).all()
    assert out.drums() == []
    assert [note.step for note in out.notes("melody")] == list(range(0, out.n_steps, 8))


def test_copied_cells_equal_their_source():
    model, task = small_model(), job(bars=8)
    t, c = len(task.features), 2 + len(v.ROWS) * 4
    copy_from = np.full((t, c), -1)
    copy_from[16:] = np.arange(16)[:, None]
    [out], _ = fill(model, [Fill(task.canvas, task.features, task.styles, copy_from)], seed=5)
    half = out.n_steps // 2
    assert np.array_equal(out.steps[:, :half], out.steps[:, half:])


def test_a_fractional_feature_lies_between_its_neighbours():
    model = small_model()
    column = enc.FEATURE_NAMES.index("density")
    features = torch.from_numpy(job(bars=1).features).float()[None].repeat(3, 1, 1)
    for row, value in enumerate((2.0, 2.5, 3.0)):
        features[row, :, column] = value
    styles = torch.tensor([[1.0, 0.0, 0.0]]).repeat(3, 1)
    low, middle, high = model.condition(features, styles)
    assert torch.allclose(middle, (low + high) / 2, atol=1e-5)
    assert torch.allclose(low, model.condition(features[:1].long(), styles[:1])[0], atol=1e-6)


def test_a_contour_draws_the_melody_up():
    from dataclasses import replace

    model, plain = small_model(), job(bars=8)
    heights = np.linspace(4, 32, plain.canvas.n_beats)
    [rising], _ = fill(model, [replace(plain, contour=heights[:, None])], seed=5)
    notes = rising.notes("melody")
    half = rising.n_steps // 2
    early, late = ([n.midi for n in notes if (n.step < half) == first] for first in (True, False))
    assert np.mean(late) > np.mean(early) + 8
