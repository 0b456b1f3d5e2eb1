"""Hybrid Demucs (Défossez 2021) through torchaudio's own bundle, where its weights can be fetched: drums, bass, voice
and the rest of a recording. Says in one sentence why it cannot run; nothing stands in for it in silence.
"""

from __future__ import annotations

import threading
from functools import lru_cache

import numpy as np
import torch

from modules.audio.decode import resample
from modules.audio.torchaudio_compat import prepare_torchaudio
from modules.errors import EngineUnavailable
from modules.types import Audio

CHUNK_S, OVERLAP_S = 8.0, 1.0  # taken apart at a time, and cross-faded
NAMES = {"vocals": "voice", "other": "rest"}  # of its sources, as we call them
INSTEAD = "the built-in way needs no download"
_LOCK = threading.Lock()


@lru_cache(maxsize=1)
def load() -> tuple[torch.nn.Module, int]:
    """The model and its sample rate; its weights (some 320 MB) are fetched once by torchaudio.

    Raises:
        EngineUnavailable: torchaudio, the network or the file failed.
    """
    prepare_torchaudio()
    try:
        from torchaudio.pipelines import HDEMUCS_HIGH_MUSDB_PLUS as BUNDLE

        return BUNDLE.get_model().eval(), BUNDLE.sample_rate
    except ImportError:
        raise EngineUnavailable(f"Demucs cannot run here: this torchaudio does not carry it; {INSTEAD}.") from None
    except (OSError, RuntimeError) as error:  # no network, a refused or broken download, weights of another version
        why = " ".join(str(error).split())[:120] or type(error).__name__
        raise EngineUnavailable(f"Demucs cannot run here: its weights could not be fetched ({why}); {INSTEAD}."
                                ) from None


def take_apart(audio: Audio, model: torch.nn.Module | None = None, model_rate: int = 44_100) -> dict[str, Audio]:
    """Parts of a recording by Demucs, each as long as it, in stereo at the model's rate.

    Args:
        model: (B, 2, T) → (B, sources, 2, T) with `sources` names; None loads the bundle's.

    Raises:
        EngineUnavailable: it cannot run here.
    """
    if model is None:
        with _LOCK:
            model, model_rate = load()
    samples = resample(audio, model_rate).samples
    samples = samples if len(samples) == 2 else np.repeat(samples[:1], 2, axis=0)
    mono = samples.mean(axis=0)
    mean, spread = float(mono.mean()), float(mono.std()) + 1e-8
    normal = torch.from_numpy((samples - mean) / spread)
    n, step, fade = normal.shape[1], int(CHUNK_S * model_rate), int(OVERLAP_S * model_rate)
    out = torch.zeros(len(model.sources), 2, n)
    weight = torch.zeros(n)
    with torch.inference_mode():
        for start in range(0, n, step):
            stop = min(n, start + step + fade)
            ramp = torch.ones(stop - start)
            if start:
                size = min(fade, stop - start)
                ramp[:size] = torch.linspace(0, 1, size)
            if stop < n:
                ramp[-fade:] = torch.linspace(1, 0, fade)
            out[..., start:stop] += model(normal[None, :, start:stop])[0] * ramp
            weight[start:stop] += ramp
    out = (out / weight.clamp_min(1e-6) * spread).numpy()
    return {NAMES.get(name, name): Audio(part, model_rate) for name, part in zip(model.sources, out, strict=True)}
