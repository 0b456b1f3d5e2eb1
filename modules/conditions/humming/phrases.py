"""Where a melody breathes. Times in seconds; knows nothing of pitch, key or beat."""

from __future__ import annotations

import numpy as np

GAP_S = 0.22  # a silence before the next note this long is a breath
GAP_SHARE = 0.5  # or one this long beside the tune's usual distance between notes
LONG = 1.7  # times the usual distance: a note that long, longer than both its neighbours, ends a phrase


def phrase_ends(onsets_s: np.ndarray, offsets_s: np.ndarray) -> np.ndarray:
    """bool (n,): the note is the last of its phrase. Notes in time order; the last one always is."""
    if len(onsets_s) == 1:
        return np.ones(1, bool)
    spans = np.diff(onsets_s)
    usual = float(np.median(spans))
    gaps = onsets_s[1:] - offsets_s[:-1]
    before, after = np.r_[0.0, spans[:-1]], np.r_[spans[1:], 0.0]
    longest = (spans > LONG * usual) & (spans >= before) & (spans > 1.2 * after)
    return np.r_[longest | ((gaps > GAP_S) & (gaps > GAP_SHARE * usual)), True]
