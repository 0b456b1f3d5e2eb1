"""Hears where a note begins and whether one sounds: a small convolutional network over bands, level and pitch curve.

Trained on synthesised hums by `python -m modules.training.articulation`. Owns its features and shape; knows nothing of
note pitches. Shapes: T frames of 10 ms, C channels.
"""

from __future__ import annotations

import threading
from functools import lru_cache

import numpy as np
import torch
from safetensors.torch import load_file
from scipy.ndimage import uniform_filter1d
from torch import nn

from modules.assets import asset
from modules.conditions.humming.cleaning import BANDS
from modules.conditions.humming.pitch import PitchTrack

CHANNELS, WIDTH = BANDS + 7, 32
NEAR_FRAMES = 41  # the pitch is seen relative to its mean over so many frames
DB_SCALE = 20.0
_LOCK = threading.Lock()


class Articulation(nn.Module):
    """(B, C, T) features → (B, 2, T) log-odds: a note begins here; a note sounds here."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(CHANNELS, WIDTH, 7, padding=3), nn.ReLU(),
            nn.Conv1d(WIDTH, WIDTH, 7, padding=9, dilation=3), nn.ReLU(),
            nn.Conv1d(WIDTH, WIDTH, 5, padding=2), nn.ReLU(),
            nn.Conv1d(WIDTH, 2, 5, padding=2))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return self.layers(features)


def features(track: PitchTrack) -> np.ndarray:
    """float32 (C, T): bands, level and edge relative to the loud frames; the pitch's place and movement; confidence."""
    loud = np.percentile(track.level_db, 90)
    known = ~np.isnan(track.midi)
    midi = np.interp(np.arange(len(known)), np.flatnonzero(known), track.midi[known]) if known.any() else np.zeros(
        len(known))
    around = midi - uniform_filter1d(midi, NEAR_FRAMES, mode="nearest")
    moves = [np.clip(midi - np.roll(midi, lag), -3, 3) for lag in (2, 6)]
    spread = np.percentile(track.bands_db.mean(axis=1), 90)
    bright = np.percentile(track.edge_db, 90)
    rows = [*(np.clip((track.bands_db - spread) / DB_SCALE, -2.5, 2.5).T),
            np.clip((track.level_db - loud) / DB_SCALE, -3, 1), np.clip((track.edge_db - bright) / DB_SCALE, -3, 1),
            np.clip(around, -3, 3), *moves, track.confidence, known]
    return np.stack(rows).astype(np.float32)


def hear_articulation(track: PitchTrack) -> tuple[np.ndarray, np.ndarray]:
    """Chance of an onset and of a sounding note at each frame, (T,) each.

    Raises:
        WeightsMissing: the network's weights are not there.
    """
    with _LOCK:
        model = _model()
    with torch.inference_mode():
        chances = torch.sigmoid(model(torch.from_numpy(features(track))[None]))[0].numpy()
    return chances[0], chances[1]


@lru_cache(maxsize=1)
def _model() -> Articulation:
    model = Articulation()
    model.load_state_dict(load_file(str(asset("weights/articulation.safetensors"))), strict=True)
    return model.eval()
