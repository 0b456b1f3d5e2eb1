"""Owns one thing: that `import torchaudio` works beside a CPU build of torch. Knows nothing of who imports it.

The registry's torchaudio wheel carries an extension linked with CUDA; beside CPU torch it cannot load, and then the
import of torchaudio, and with it torchcrepe's and parts of transformers', fails. Its pure-Python parts (resampling,
mel spectrograms, filters) need none of the extension, so a stand-in for `torchaudio._extension` makes them work.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from types import ModuleType

_LOCK = threading.Lock()
_EXTENSION = "torchaudio._extension"


def prepare_torchaudio() -> bool:
    """Import torchaudio, with a stand-in for its extension if (and only if) that cannot load. Call it before the
    first import of torchaudio, torchcrepe or transformers' AutoModel; further calls do nothing.

    Returns:
        True when the stand-in is in use, False when the true extension is (or torchaudio is not installed).
    """
    with _LOCK:
        if "torchaudio" not in sys.modules and importlib.util.find_spec("torchaudio") is not None:
            try:
                importlib.import_module("torchaudio")
            # OSError: libc10_cuda.so is absent; ImportError, RuntimeError: another build of torch than its own.
            except (OSError, ImportError, RuntimeError):
                for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
                    del sys.modules[name]
                sys.modules[_EXTENSION] = _stand_in()
                importlib.import_module("torchaudio")  # raises again if something else was wrong
        return getattr(sys.modules.get(_EXTENSION), "is_stand_in", False)


def _stand_in() -> ModuleType:
    """The names that torchaudio 2.11's Python files take from `torchaudio._extension`."""
    module = ModuleType(_EXTENSION, "Stand-in: this torchaudio's compiled extension cannot load here.")
    module._IS_TORCHAUDIO_EXT_AVAILABLE = False
    module._IS_ALIGN_AVAILABLE = False
    module.fail_if_no_align = lambda function: function
    module._check_cuda_version = lambda: None
    module.is_stand_in = True
    return module
