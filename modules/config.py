"""Limits and targets with units. One place, so that the interface and the command line agree."""

from __future__ import annotations

VERSION = "0.1.0"
SAMPLE_RATE = 44_100  # Hz, everything that leaves the vocoder
DURATION_S = (5.0, 240.0)  # asked length of a take
DEFAULT_DURATION_S = 30.0
TEMPO_BPM = (40.0, 240.0)
MAX_TAKES = 6
MAX_UPLOAD_S = 600.0  # longest reference listened to
MAX_HUM_S = 90.0  # longest hum listened to
MAX_LYRIC_LINES = 64
MAX_PROMPT_CHARS = 2_000
TARGET_LUFS = -14.0
TRUE_PEAK_DBTP = -1.0
LIBRARY_MB = 2_000  # megabytes of kept takes; EARWORM_LIBRARY_MB sets another number
LIBRARY_TAKES = 5_000  # of one person
SHARED_LIBRARY_MB = 150  # of one person on a host that many share
SHARED_LIBRARY_TAKES = 200
