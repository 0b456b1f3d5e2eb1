"""The trained ear and the paths through what it hears: blocks, transposition, beats and bars, home, key changes."""

import json

import numpy as np
import pytest
import torch

from modules.assets import asset
from modules.conditions import bars, ear
from modules.conditions.harmony import best_path
from modules.conditions.home import N_FEATURES, hear_home, home_features
from modules.conditions.pulse import find_swing
from modules.conditions.recall import plain, read_reference
from modules.conditions.reference import listen, to_json
from modules.conditions.spectra import FRAME_S, N_BANDS, N_PITCHES
from modules.errors import WeightsMissing
from modules.types import METERS, ChordSpan
from tests.test_conditions_reference import clip


def pulses(tempo: float, seconds: float, start_s: float = 0.4) -> np.ndarray:
    """Probabilities with a peak on each beat."""
    times = np.arange(round(seconds / FRAME_S)) * FRAME_S
    beats = np.arange(start_s, seconds, 60 / tempo)
    return 0.02 + 0.9 * np.exp(-0.5 * ((times[:, None] - beats) / 0.015) ** 2).max(axis=1)


@pytest.mark.parametrize("tempo", [52, 87, 120, 171])
def test_beats_are_found_at_their_times(tempo):
    found = bars.find_beats(pulses(tempo, 20), FRAME_S)
    inner = found[(found > 1) & (found < 19)]
    beat_s = 60 / tempo
    assert len(inner) == pytest.approx(18 / beat_s, abs=1.1)
    assert np.abs((inner - 0.4 + beat_s / 2) % beat_s - beat_s / 2).max() < 0.02


def test_a_tempo_can_be_kept_to():
    found = bars.find_beats(pulses(120, 20), FRAME_S, 55, 65)
    assert np.median(np.diff(found)) == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("meter", METERS)
def test_bars_are_laid_over_downbeats(meter):
    size = bars.BEATS[meter]
    heard = np.where(np.arange(25) % size == 1, 0.8, 0.1)
    places, _ = bars.bar_path(heard, meter)
    assert (places == (np.arange(25) - 1) % size).all()
    other = {"4/4": "3/4", "3/4": "4/4", "6/8": "3/4"}[meter]
    assert bars.bar_path(heard, meter)[1] > bars.bar_path(heard, other)[1] + 0.1


def test_bars_of_all_lengths_start_alike_where_nothing_is_heard():
    values = [bars.bar_path(np.full(48, bars.USUAL), meter)[1] for meter in METERS]
    assert np.ptp(values) < 0.05


def test_what_is_heard_in_blocks_is_what_is_heard_at_once(monkeypatch):
    rng = np.random.default_rng(0)
    bands = np.maximum(rng.normal(0.5, 0.4, (3000, N_BANDS)), 0).astype(np.float32)
    notes = np.maximum(rng.normal(0, 1, (700, N_PITCHES)), 0).astype(np.float32)
    whole, (chords, features) = ear.hear_pulse(bands), ear.hear_harmony(notes)
    monkeypatch.setattr(ear, "BLOCK_S", 20.0)
    parts, (chords_b, features_b) = ear.hear_pulse(bands), ear.hear_harmony(notes)
    assert np.abs(whole.beats - parts.beats).max() < 1e-4
    assert np.abs(chords - chords_b).max() < 1e-3 and features.shape == features_b.shape
    assert whole.meters == pytest.approx(parts.meters, abs=1e-3)


def test_every_root_is_heard_with_the_same_weights():
    net = ear.HarmonyNet().eval()
    net.fold.fill_(1 / len(ear.REGISTERS))  # registers moved away, the circle alone decides
    rng = np.random.default_rng(1)
    notes = torch.tensor(rng.random((1, 20, N_PITCHES)), dtype=torch.float32)
    with torch.inference_mode():
        chords, features = net(notes)
        moved, moved_features = net(torch.roll(notes, 5, dims=2))
        keys, moved_keys = (net.keys(f, ear.edges(20)).reshape(12, 2) for f in (features, moved_features))
    q = len(ear.QUALITIES)
    before, after = chords[0, :, :-1].reshape(20, 12, q), moved[0, :, :-1].reshape(20, 12, q)
    assert torch.allclose(torch.roll(before, 5, dims=1), after, atol=1e-4)
    assert torch.allclose(torch.roll(keys, 5, dims=0), moved_keys, atol=1e-4)


def test_weights_come_with_their_card(monkeypatch, tmp_path):
    card = json.loads(asset("weights/ear.json").read_text(encoding="utf-8"))
    assert {"data", "licence", "command", "reached"} <= set(card)
    monkeypatch.setattr(ear, "asset", lambda name: (_ for _ in ()).throw(WeightsMissing(f"assets/{name} is missing")))
    ear.networks.cache_clear()
    with pytest.raises(WeightsMissing, match="ear"):
        ear.networks()
    monkeypatch.undo()
    ear.networks.cache_clear()


def test_home_is_where_phrases_begin_and_dominants_lead():
    pattern = [(0, "maj"), (5, "maj"), (7, "7"), (0, "maj")] * 4
    for tonic in (0, 4, 10):
        chords = tuple(ChordSpan(2.0 * k, 2.0 * k + 2, (root + tonic) % 12, q) for k, (root, q) in enumerate(pattern))
        features = home_features(chords, np.arange(0, 32, 8.0))
        assert features.shape == (12, N_FEATURES)
        heard = hear_home(ear.home_weights(), features)
        assert divmod(int(heard.argmax()), 2) == (tonic, 0)
        assert np.exp(heard).sum() == pytest.approx(1, abs=1e-4)
    assert not home_features((ChordSpan(0, 4, None, "maj"),), np.zeros(0)).any()


def test_the_best_path_stays_unless_changing_pays():
    gain = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 0.6], [1.0, 0.0], [0.0, 2.0], [0.0, 2.0]])
    assert best_path(gain, np.full(6, 1.0)).tolist() == [0, 0, 0, 0, 1, 1]
    assert best_path(gain, np.zeros(6)).tolist() == [0, 0, 1, 0, 1, 1]


@pytest.mark.parametrize(("share", "unit"), [(0.5, 8), (0.58, 8), (0.66, 8), (0.60, 16)])
def test_swing_is_read_from_off_beats(share, unit):
    beat_s, seconds = 0.6, 24.0
    pair_s = beat_s if unit == 8 else beat_s / 2
    hits = np.sort(np.r_[np.arange(0, seconds, pair_s), np.arange(0, seconds, pair_s) + share * pair_s])
    times = np.arange(round(seconds / FRAME_S)) * FRAME_S
    envelope = np.exp(-0.5 * ((times[:, None] - hits - 0.004) / 0.012) ** 2).max(axis=1)
    heard, heard_unit, sure = find_swing(envelope, np.arange(0, seconds - 1, beat_s), "4/4")
    assert heard == pytest.approx(share, abs=0.02) and sure > 0.5
    assert heard_unit == unit or share == 0.5


def test_a_key_change_is_heard_and_dated():
    # two clips one after another, the second a tone higher
    low, high = clip(110, bars=12, tonic=0, start_s=0.0), clip(110, bars=12, tonic=2, start_s=0.0)
    n = round(12 * 4 * 60 / 110 * low.sample_rate)
    both = type(low)(np.concatenate([low.samples[:, :n], high.samples], axis=1), low.sample_rate)
    heard = listen(both)
    assert [(key.tonic, key.mode) for key in heard.keys] == [(0, "major"), (2, "major")]
    assert heard.keys[1].start_s == pytest.approx(n / low.sample_rate, abs=6)
    assert any("from 0:" in finding.value for finding in heard.findings if finding.label == "key")
    assert len(listen(low).keys) == 1


def test_new_fields_keep_their_contract_and_survive_a_recipe():
    heard = listen(clip(bars=8))
    assert set(heard.confidences) == {"tempo", "beats", "meter", "swing", "key", "chords", "sections"}
    assert all(0 <= value <= 1 for value in heard.confidences.values())
    assert len(heard.chord_confidences) == len(heard.chords) and len(heard.section_groups) == len(heard.sections)
    assert heard.groove.shape == (3, 16) and heard.groove.min() >= 0
    assert heard.groove.max() == pytest.approx(1, abs=1e-3)
    assert heard.keys[0].start_s == 0 and heard.keys[-1].end_s == pytest.approx(8 * 2.4 + 1.3, abs=0.1)
    assert all(0 <= value <= 1 for value in (heard.roughness, heard.width, heard.drums, heard.voice, heard.bass))
    assert heard.width == 0 and heard.drums > 0.5
    again = read_reference(json.loads(json.dumps(plain(heard))))
    assert plain(again) == plain(heard)
    assert {"keys", "swing", "confidences", "groove", "drums"} <= set(to_json(again))


def test_width_is_heard():
    mono = clip(bars=4)
    wide = type(mono)(np.concatenate([mono.samples, np.roll(mono.samples, 400, axis=1)]), mono.sample_rate)
    assert listen(wide).width > 0.3
