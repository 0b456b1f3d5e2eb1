"""Time and memory of four takes of 30 s, cold and warm, and the page's start: `python -m benchmarks.speed`."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from threading import Event

PROMPT = "warm lo-fi with rhodes and brushed drums, 82 BPM, no guitar"
PORT = 7999


def cold() -> tuple[float, float]:
    """Seconds and peak memory in GiB of the command line making four takes."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        subprocess.run([sys.executable, "app.py", "make", "--out", folder, "--prompt", PROMPT, "--takes", "4",
                        "--duration", "30", "--seed", "1"], check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20


def warm() -> tuple[float, list[float]]:
    """Seconds for four takes when everything is loaded, and when each appeared."""
    from modules.engines.embedded import EmbeddedEngine
    from modules.types import Controls, Request, Take

    engine = EmbeddedEngine()
    request = Request(prompt=PROMPT, takes=4, seed=1, controls=Controls(duration_s=30.0))
    for seed in (2, 1):
        start, appeared = time.monotonic(), []
        for item in engine.takes(Request(**{**vars(request), "seed": seed}), Event()):
            if isinstance(item, Take):
                appeared.append(time.monotonic() - start)
    return appeared[-1], appeared


def page() -> float:
    """Seconds until the page answers after a cold start."""
    start = time.monotonic()
    server = subprocess.Popen([sys.executable, "app.py", "--port", str(PORT)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        while time.monotonic() - start < 120:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=2).read()
                return time.monotonic() - start
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.2)
        raise RuntimeError("the page did not come up within 120 s")
    finally:
        server.terminate()
        server.wait(20)


def main() -> None:
    seconds, memory = cold()
    warm_s, appeared = warm()
    print(f"{os.cpu_count()} cores, {platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print("| four takes of 30 s | measured | bound |\n|---|---|---|")
    print(f"| cold command line | {seconds:.1f} s | 30 s |")
    print(f"| warm | {warm_s:.1f} s (first after {appeared[0]:.1f} s) | 12 s |")
    print(f"| peak memory | {memory:.2f} GiB | 3 GiB |")
    print(f"| page answers after start | {page():.1f} s | 15 s |")


if __name__ == "__main__":
    main()
