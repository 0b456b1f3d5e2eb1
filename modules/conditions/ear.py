"""The trained ear: two small networks that hear, in a recording's features, beats, metre and who plays, and chords and
keys. Owns their shapes, weights and what goes in and comes out as probabilities; decides nothing.

`PulseNet` is a temporal convolutional network on mel bands (Davies & Böck 2019, "Temporal convolutional networks for
musical audio beat tracking"). `HarmonyNet` convolves around the circle of pitch classes with the same weights for every
root, so that what it learned of one key it knows of all twelve.

Letters: `B` recordings, `N` frames of `spectra.bands` (43.07 a second), `M` harmonic frames (10.77 a second), `R` = 12
roots, `Q` chord qualities, `H` width.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

from modules.assets import asset
from modules.conditions.spectra import FRAME_S, LOWEST_MIDI, N_BANDS, N_PITCHES, SLOW_FRAME_S
from modules.types import METERS

BAND_FRAME_S = 2 * FRAME_S
QUALITIES = ("maj", "min", "7", "maj7", "m7", "dim", "m7b5", "sus4", "sus2", "aug")
MODES = ("major", "minor")
PRESENT = ("drums", "voice", "bass")
REGISTERS = (28, 40, 52, 64, 76, 88)  # midi: centres of the overlapping octaves in which pitch classes are heard
NEAR_S = 2.0  # the first and last chord say much of the key
BLOCK_S = 120.0  # a recording is heard in blocks of this length, so that ten minutes stay small in memory
MARGIN_S = 13.0  # that blocks overlap on both sides: the networks' reach

_lock = threading.Lock()


class PulseNet(nn.Module):
    """(B, N, bands) → beat and downbeat logits (B, N, 2), metre logits (B, 3), presence logits (B, 3)."""

    def __init__(self, width: int = 24, layers: int = 8) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 10, (3, 5), padding=(1, 2))
        self.second = nn.Conv2d(10, 16, (3, 3), padding=(1, 1))
        self.narrow = nn.Conv1d(16 * (N_BANDS // 9), width, 1)
        self.dilated = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2 * 2**k, dilation=2**k) for k in range(layers))
        self.mixers = nn.ModuleList(nn.Conv1d(width, width, 1) for _ in range(layers))
        self.beats = nn.Conv1d(width, 2, 1)
        self.pooled = nn.Linear(3 * width, len(METERS) + len(PRESENT))
        self.drop = nn.Dropout(0.1)

    def forward(self, bands: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Beats (B, 2, N), and features (B, 3 · width, N) whose mean over time `judge` takes."""
        x = F.elu(F.max_pool2d(self.first(bands[:, None]), (1, 3)))
        x = F.elu(F.max_pool2d(self.second(x), (1, 3)))  # (B, 16, N, bands / 9)
        early = x = F.elu(self.narrow(x.permute(0, 1, 3, 2).flatten(1, 2)))  # (B, width, N)
        skips = torch.zeros_like(x)
        for wide, mix in zip(self.dilated, self.mixers, strict=True):
            step = self.drop(F.elu(wide(x)))
            skips = skips + step
            x = x + mix(step)
        x = F.elu(x)
        return self.beats(x), torch.cat([x, early, skips], dim=1)

    def judge(self, mean: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features' mean (B, 3 · width) → logits of metres (B, 3) and of who plays (B, 3)."""
        out = self.pooled(mean)
        return out[:, :len(METERS)], out[:, len(METERS):]


class HarmonyNet(nn.Module):
    """(B, M, pitches) → chord logits (B, M, R · Q + 1) and features for `key`."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.register_buffer("fold", registers(), persistent=False)  # (pitches, registers)
        self.around = nn.Conv2d(len(REGISTERS), width, (1, 12))
        self.again = nn.Conv2d(width, width, (1, 12))
        self.along = nn.ModuleList(nn.Conv2d(width, width, (5, 1), padding=(2 * d, 0), dilation=(d, 1))
                                   for d in (1, 2, 4))
        self.chords = nn.Conv2d(width, len(QUALITIES), 1)
        self.silence = nn.Linear(2 * width, 1)
        self.home = nn.Linear(width + 2, 1)
        self.key_around = nn.Conv2d(2 * (width + 1), width, (1, 12))
        self.key = nn.Conv2d(width, len(MODES), 1)
        self.drop = nn.Dropout(0.1)

    def forward(self, notes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Chord logits (B, M, R · Q + 1), root by root, no chord last; features (B, width + 1, M, R)."""
        folded = torch.stack([(notes * self.fold[:, k]).unflatten(2, (-1, 12)).sum(dim=2)
                              for k in range(len(REGISTERS))], dim=1)  # (B, registers, M, R)
        x = self.drop(F.elu(self.around(circular(folded))))
        x = x + F.elu(self.along[0](x))
        x = x + self.drop(F.elu(self.again(circular(x))))
        for layer in self.along[1:]:
            x = x + self.drop(F.elu(layer(x)))
        chords = self.chords(x).permute(0, 2, 3, 1).flatten(2)  # (B, M, R · Q)
        silence = self.silence(torch.cat([x.mean(dim=3), x.amax(dim=3)], dim=1).transpose(1, 2))
        return torch.cat([chords, silence], dim=2), torch.cat([x, folded.sum(dim=1, keepdim=True)], dim=1)

    def keys(self, features: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
        """Features (B, width + 1, M, R) of a stretch and `edges` (M, 2) → logits (B, R · 2) of its key."""
        flat = features[:, :-1].mean(dim=3).transpose(1, 2)  # (B, M, width)
        weight = torch.softmax(self.home(torch.cat([flat, edges.expand(len(flat), -1, -1)], dim=2)), dim=1)
        home = (features * weight[:, None]).sum(dim=2)
        both = torch.cat([features.mean(dim=2), home], dim=1)[:, :, None]  # (B, 2 (width + 1), 1, R)
        return self.key(F.elu(self.key_around(circular(both)))).permute(0, 2, 3, 1).flatten(1)


def registers() -> torch.Tensor:
    """(pitches, registers): overlapping triangles an octave wide on each side."""
    midi = LOWEST_MIDI + np.arange(N_PITCHES)
    return torch.tensor(np.clip(1 - np.abs(midi[:, None] - np.array(REGISTERS)) / 12, 0, 1), dtype=torch.float32)


def circular(x: torch.Tensor) -> torch.Tensor:
    """(…, R) → (…, R + 11): padded round the circle, so that position r of a convolution sees the classes above r."""
    return torch.cat([x, x[..., :11]], dim=-1)


def edges(n_frames: int) -> torch.Tensor:
    """(M, 2) nearness to the start and to the end of a stretch, 0–1."""
    s = np.arange(n_frames) * SLOW_FRAME_S
    return torch.tensor(np.stack([np.exp(-s / NEAR_S), np.exp(-s[::-1] / NEAR_S)], axis=1).astype(np.float32))


def scaled_bands(bands: np.ndarray) -> np.ndarray:
    """Mel bands (N, bands) in units of the recording's own deviation about each band's mean."""
    return ((bands - bands.mean(axis=0)) / (bands.std() + 1e-3)).astype(np.float32)


def scaled_notes(notes: np.ndarray) -> np.ndarray:
    """Note strengths (M, P) compressed, the recording's loud notes near 1."""
    return np.log1p(4 * notes / (np.percentile(notes.max(axis=1), 90) + 1e-6)).astype(np.float32)


@dataclass(frozen=True)
class HeardPulse:
    """Probabilities: beats and downbeats (N, 2), metres and who plays by name."""

    beats: np.ndarray
    meters: dict[str, float]
    present: dict[str, float]


@lru_cache(maxsize=1)
def networks() -> tuple[PulseNet, HarmonyNet, np.ndarray]:
    """The shipped networks, and the weights that `home.hear_home` takes.

    Raises:
        WeightsMissing: they are not there.
    """
    path = asset("weights/ear.safetensors")
    config = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    pulse, harmony = PulseNet(**config["pulse"]), HarmonyNet(**config["harmony"])
    weights = {name: tensor.float() for name, tensor in load_file(path).items()}
    for prefix, net in (("pulse.", pulse), ("harmony.", harmony)):
        net.load_state_dict({name[len(prefix):]: w for name, w in weights.items() if name.startswith(prefix)})
        net.eval()
    return pulse, harmony, weights["home.weights"].numpy()


def hear_pulse(bands: np.ndarray) -> HeardPulse:
    """Beats, metre and who plays, from `spectra.bands` (N, bands)."""
    net, _, _ = _loaded()
    x = torch.from_numpy(scaled_bands(bands))
    beats, total = [], torch.zeros(1)
    with torch.inference_mode():
        for part, inner in _blocks(len(x), BAND_FRAME_S):
            heard, features = net(x[None, part])
            beats.append(torch.sigmoid(heard[0].T[inner]))
            total = total + features[:, :, inner].sum(dim=2)
        meters, present = net.judge(total / len(x))
    return HeardPulse(torch.cat(beats).numpy(), dict(zip(METERS, torch.softmax(meters[0], 0).tolist(), strict=True)),
                      dict(zip(PRESENT, torch.sigmoid(present[0]).tolist(), strict=True)))


def hear_harmony(notes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log-probabilities of chords (M, R · Q + 1) from note strengths (M, P), and features for `hear_keys`."""
    _, net, _ = _loaded()
    x = torch.from_numpy(scaled_notes(notes))
    chords, features = [], []
    with torch.inference_mode():
        for part, inner in _blocks(len(x), SLOW_FRAME_S):
            logits, found = net(x[None, part])
            chords.append(torch.log_softmax(logits[0, inner], dim=1))
            features.append(found[0][:, inner])
    return torch.cat(chords).numpy(), torch.cat(features, dim=1).numpy()


def hear_key(features: np.ndarray) -> np.ndarray:
    """Log-probabilities (R, 2) of the keys of a stretch, from features (width + 1, M, R)."""
    _, net, _ = _loaded()
    with torch.inference_mode():
        logits = net.keys(torch.from_numpy(features)[None], edges(features.shape[1]))
    return torch.log_softmax(logits[0], dim=0).numpy().reshape(12, len(MODES))


def home_weights() -> np.ndarray:
    """(F + 1, 2) for `home.hear_home`."""
    return _loaded()[2]


def _loaded() -> tuple[PulseNet, HarmonyNet, np.ndarray]:
    with _lock:
        return networks()


def _blocks(n: int, frame_s: float) -> list[tuple[slice, slice]]:
    """(frames to hear, which of what comes out to keep) of blocks that overlap."""
    size, margin = round(BLOCK_S / frame_s), round(MARGIN_S / frame_s)
    out = []
    for start in range(0, n, size):
        stop = min(start + size, n)
        first = max(0, start - margin)
        out.append((slice(first, min(n, stop + margin)), slice(start - first, stop - first)))
    return out
