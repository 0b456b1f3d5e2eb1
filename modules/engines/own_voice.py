"""The hum itself as a part of the take: which stretch of the recording is sung when, from a recipe's own data.

The recording lies in the recipe's `request` ("kept_voice"), so that a take and its replay sing alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from modules.audio.packed import unpack
from modules.canvas import vocabulary as v
from modules.conditions.hum_timing import sung_spans
from modules.conditions.recall import read_hum
from modules.errors import InputError
from modules.performance.clock import Clock
from modules.performance.perform import song_clock
from modules.types import Audio, GridNote, Hum, Performance, Song
from modules.vocoder.own_voice import Span, retune

LANE = "hum"
STATED = 0.6  # share of the tune's notes that a section must hold to be sung


def own_voice(asked: Mapping[str, Any], song: Song, performance: Performance) -> dict[str, Audio]:
    """{"hum": stereo sound as long as the performance}, or {} where no voice was kept.

    Args:
        asked: the request as a recipe holds it.

    Raises:
        InputError: a voice was kept, but this copy of the recipe does not hold the recording.
    """
    if asked.get("kept_voice") is None:
        return {}
    if not asked["kept_voice"]:
        raise InputError("Your own voice is in this take, and only the recipe file written with it (.json) holds the "
                         "recording; give that file.")
    hum = read_hum(asked["hum"])
    wanted = tuple(GridNote(**note) for note in asked["hum_notes"]) or hum.grid
    sound = retune(unpack(asked["kept_voice"]), np.asarray(hum.f0_times_s, float), np.asarray(hum.f0_hz, float),
                   place_voice(hum, wanted, song, song_clock(song)), performance.duration_s)
    return {LANE: Audio(np.repeat(sound.samples, 2, axis=0), sound.sample_rate)}


def place_voice(hum: Hum, wanted: tuple[GridNote, ...], song: Song, clock: Clock) -> list[Span]:
    """When and at which pitches the recording is sung, wherever the song states the tune."""
    canvas, late = song.canvas, dict(song.lateness)
    begun = {note.step: v.to_midi("melody", note.midi, song.do_pc) for note in canvas.notes("melody")}
    spans: list[Span] = []
    for section in canvas.sections:
        start = section.start_bar * canvas.steps_per_bar
        moves = Counter((begun[n.step + start] - n.midi) % 12 for n in wanted if n.step + start in begun)
        move, found = moves.most_common(1)[0] if moves else (0, 0)
        if found < STATED * len(wanted):
            continue
        shift = (move + 6) % 12 - 6

        def at(step: int, start: int = start) -> float:
            return max(0.0, clock.sung(start + step, late))

        for source_s, which in sung_spans(hum, wanted):
            notes = [wanted[k] for k in which if 0 <= wanted[k].step + start < canvas.n_steps]
            if notes:
                end = notes[-1].step + notes[-1].length
                pitches = tuple((at(note.step), note.midi + shift) for note in notes)
                spans.append(Span(source_s, (pitches[0][0], max(at(end), pitches[-1][0] + 0.05)), pitches))
    spans.sort(key=lambda span: span.target_s)
    return [span for span, after in zip(spans, [*spans[1:], None])
            if after is None or span.target_s[1] <= after.target_s[0] + 0.05]
