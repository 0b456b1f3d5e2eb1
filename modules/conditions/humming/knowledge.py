"""What was learned from real melodies about metre and key, as plain numbers. Knows nothing of sound.

`assets/weights/hum.json` is rebuilt by `python -m modules.training.melody_meter`.
"""

from __future__ import annotations

import json
from functools import lru_cache

import numpy as np

from modules.assets import asset


@lru_cache(maxsize=1)
def knowledge() -> dict[str, dict[str, np.ndarray]]:
    """Tables by what they tell ("onsets", "firsts", "lengths", "meter", "key"), each by metre, grid or mode.

    Raises:
        WeightsMissing: the file is not there.
    """
    read = json.loads(asset("weights/hum.json").read_text(encoding="utf-8"))
    return {name: {key: np.array(values) for key, values in table.items()} for name, table in read["tables"].items()}
