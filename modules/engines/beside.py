"""Takes in which a given track is heard itself: it goes on, or new parts play along with it.

The song holds the new notes only, on a clock that starts with its own bar 0; `timing` says where that lies in the take.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from modules.conditions.fuse import BESIDE
from modules.conditions.track import bar_lines_s, last_bar_line, seconds_at
from modules.errors import InputError
from modules.generator.tasks import cut
from modules.studio.beside import go_on, lay_beside
from modules.studio.mix import Mixed
from modules.types import Audio, Condition, Request, Song


def check_track(request: Request) -> None:
    """Raise `InputError` where the track itself is needed and only its analysis is at hand, or where a person's own
    voice should be heard too."""
    if request.reference_mode in BESIDE and request.keep_voice:
        raise InputError("Your own voice cannot be kept over a track that is heard itself; leave one of both out.")
    if request.reference_mode in BESIDE and request.reference is None:
        if (request.recipe or {}).get("request", {}).get("reference") is None:
            raise InputError("There is no track to go on from or to play along with; give one.")
        name = request.reference_name or "the track"
        raise InputError(f"This take is heard with {name}, and a recipe does not hold it; give the track again.")


def only_new(song: Song, condition: Condition) -> Song:
    """The song without the bars that were only known to go on from."""
    if condition.reference_mode != "continue":
        return song
    canvas = cut(song.canvas, condition.sections[0].bars)
    return replace(song, canvas=canvas, sections=canvas.sections)


def timing(song: Song, condition: Condition, track: Audio) -> tuple[tuple[float, float], ...]:
    """(seconds of the song, seconds of the take): a point a beat where the track's own beats are followed."""
    reference, beat_s = condition.reference, 60 / song.tempo_bpm
    if condition.reference_mode == "continue":
        joint = joint_s(condition, track)
        return (0.0, joint), (1.0, joint + 1.0)
    beats = np.arange(song.canvas.n_beats + 1)
    return tuple((float(beat * beat_s), float(at)) for beat, at in zip(beats, seconds_at(reference, beats),
                                                                       strict=True))


def joint_s(condition: Condition, track: Audio) -> float:
    """Seconds in the track at which its continuation begins."""
    line = last_bar_line(condition.reference, track.duration_s)
    return float(bar_lines_s(condition.reference, line)[line])


def joined(mixed: Mixed, condition: Condition, track: Audio, points: Sequence[tuple[float, float]]) -> Mixed:
    """Track and new parts as one mix."""
    if condition.reference_mode == "continue":
        return go_on(track, mixed, points[0][1])
    return lay_beside(track, mixed)
