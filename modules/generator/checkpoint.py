"""The generator's weights on disk: `NAME.safetensors` + `NAME.json`, loaded strictly."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Lock

import torch
from safetensors.torch import load_file, save_file

from modules.assets import asset
from modules.errors import WeightsMissing
from modules.generator.encoding import ENCODING_VERSION
from modules.generator.model import CanvasModel, ModelConfig

_lock = Lock()
_loaded: dict[str, CanvasModel] = {}


def save(model: CanvasModel, card: dict, path: Path) -> None:
    """Write weights (half precision) and card beside each other; `path` has no suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: value.half().contiguous() for name, value in model.state_dict().items()}
    save_file(weights, str(path) + ".safetensors")
    Path(str(path) + ".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> CanvasModel:
    """The model at `path` (no suffix), in evaluation mode.

    Raises:
        WeightsMissing: the card's encoding is not this version's.
    """
    card = json.loads(Path(str(path) + ".json").read_text(encoding="utf-8"))
    if card["encoding"] != ENCODING_VERSION:
        raise WeightsMissing(f"{path.name} was trained for canvas encoding {card['encoding']}, this version reads "
                             f"{ENCODING_VERSION}; run `make train`.")
    config = card["config"] | {"styles": tuple(card["config"]["styles"])}
    model = CanvasModel(ModelConfig(**config))
    weights = load_file(str(path) + ".safetensors")
    model.load_state_dict({name: value.float() for name, value in weights.items()}, strict=True)
    return model.eval()


def generator(name: str = "generator") -> CanvasModel:
    """The shipped generator, loaded once, shared read-only by all sessions."""
    with _lock:
        if name not in _loaded:
            path = asset(f"weights/{name}.safetensors")
            with torch.inference_mode(False):
                _loaded[name] = read(path.with_suffix(""))
        return _loaded[name]
