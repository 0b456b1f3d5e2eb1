"""The notes of a tune over its pitch curve, to be moved, split, merged, added and heard (`assets/theme/notes.js`).

The board's x are grid steps, its y MIDI numbers upside down, so that a note is a rectangle on whole numbers; the sung
curve is led through the notes' places. What a person changes goes into the field #hum-notes, written as
`conditions.settings.read_notes` reads it; empty = as heard.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np

from modules.canvas.vocabulary import BEATS_PER_BAR, SCALES, STEPS_PER_BEAT
from modules.conditions.hum_timing import step_s
from modules.conditions.settings import write_notes
from modules.types import MODE_OFFSETS, Hum
from modules.ui.downloads import url

MARGIN = 4  # semitones free above and below the notes
LEAST_ROWS = 17
TOOLS = (  # data-do, sign, words, key
    ("play", "▶", "Notes", "P"), ("add", "+", "Add", "A"), ("split", "÷", "Split", "S"), ("merge", "∪", "Merge", "M"),
    ("delete", "×", "Delete", "Delete"), ("undo", "↶", "Undo", "Control+Z"),
    ("redo", "↷", "Redo", "Control+Shift+Z"))
SIGNS = ("undo", "redo")  # tools whose sign says enough
HELP = ("Drag a note up or down for its pitch, left or right for its place, its right end for its length; "
        "double-click an empty place to add one. Keys: arrows move it, Shift with left or right changes its length, "
        "Page Up and Page Down go to the next note, S splits, M merges, A adds, Delete deletes.")


def editor(hum: Hum, sound: Path | None = None) -> str:
    """The board with its tools.

    Args:
        hum: as heard.
        sound: the recording, where it can be listened to.
    """
    per_beat, per_bar = STEPS_PER_BEAT[hum.meter], STEPS_PER_BEAT[hum.meter] * BEATS_PER_BAR[hum.meter]
    first = min(hum.grid[0].step, 0) // per_bar * per_bar
    last = (-(-(hum.grid[-1].step + hum.grid[-1].length) // per_bar) + 1) * per_bar  # a bar to add notes in
    pitches = [note.midi for note in hum.grid]
    spare = max(0, LEAST_ROWS - (max(pitches) - min(pitches) + 1 + 2 * MARGIN))
    low, high = min(pitches) - MARGIN - spare // 2, max(pitches) + MARGIN + (spare + 1) // 2
    tools = "".join(
        f'<button type="button" class="ew-small" data-do="{name}" title="{words} ({key})" aria-keyshortcuts="{key}">'
        f'<b aria-hidden="true">{sign}</b><span class="{"ew-hidden" if name in SIGNS else ""}">{words}</span></button>'
        for name, sign, words, key in TOOLS)
    if sound is not None:
        tools = (f'<button type="button" class="ew-small" data-do="recording" data-sound="{escape(url(sound))}">'
                 f'<b aria-hidden="true">▶</b><span>Recording</span></button>{tools}')
    do_pc = (hum.tonic - MODE_OFFSETS[hum.mode]) % 12
    outside = "".join(f"M{first} {-midi - 0.5}h{last - first}v1h{first - last}z" for midi in range(low - 24, high + 25)
                      if (midi - do_pc) % 12 not in SCALES["major"])
    beats = "".join(f"M{step} -140V20" for step in range(first, last, per_beat) if step % per_bar)
    bars = "".join(f"M{step} -140V20" for step in range(first, last, per_bar))
    return (
        f'<figure class="ew-tune" data-tempo="{hum.tempo_bpm:g}" data-per-beat="{per_beat}" data-per-bar="{per_bar}" '
        f'data-first="{first}" data-last="{last}" data-low="{low}" data-high="{high}" '
        f'data-notes="{write_notes(hum.grid)}">'
        f'<div class="ew-tune-tools" role="toolbar" aria-label="Change the notes">{tools}</div>'
        f'<div class="ew-tune-scroll"><div class="ew-tune-board" role="listbox" aria-label="Notes of your tune">'
        f'<svg preserveAspectRatio="none" aria-hidden="true"><path class="ew-tune-outside" d="{outside}"/>'
        f'<path class="ew-tune-beats" d="{beats}"/><path class="ew-tune-bars" d="{bars}"/></svg>'
        f'<div class="ew-tune-notes"></div><svg class="ew-tune-over" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class="ew-f0" d="{curve_path(hum)}"/></svg><i class="ew-tune-head" hidden=""></i></div></div>'
        f'<p class="ew-tune-said" role="status"></p>'
        f'<details class="ew-tune-help"><summary>How to change notes</summary><p>{HELP}</p></details></figure>')


def curve_path(hum: Hum) -> str:
    """The sung pitch as an SVG path in steps and MIDI numbers upside down, "" where there is none."""
    if not len(hum.f0_hz):
        return ""
    onsets = np.array([note.onset_s for note in hum.notes])
    steps = np.array([note.step for note in hum.grid], float)
    times = np.asarray(hum.f0_times_s, float)
    at = np.interp(times, onsets, steps)
    at += (np.minimum(times - onsets[0], 0) + np.maximum(times - onsets[-1], 0)) / step_s(hum)
    voiced = np.asarray(hum.f0_hz) > 0
    midi = np.full(len(voiced), np.nan)
    midi[voiced] = 69 + 12 * np.log2(np.asarray(hum.f0_hz)[voiced] / 440.0) - hum.tuning_cents / 100.0
    low, high = min(note.midi for note in hum.grid) - 7, max(note.midi for note in hum.grid) + 7
    path, pen = [], "M"
    for x, y in zip(at, midi):
        if not low <= y <= high:  # NaN too
            pen = "M"
            continue
        path.append(f"{pen}{x:.2f} {-y:.2f}")
        pen = "L"
    return "".join(path)
