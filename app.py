"""Earworm's door: the playground in the browser, or `python app.py make|listen …` for scripts."""

import os
import sys

# Nothing is reported to anybody, and idle OpenMP threads do not spin beside the other core's work.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("GOMP_SPINCOUNT", "0")

from modules.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
