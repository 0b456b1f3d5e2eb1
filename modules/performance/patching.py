"""An edit on the stage: what was played stays note for note and turn for turn, only the changed stretches are new.

Playing a song again would place every later note of a changed part a little differently: a player draws his small
deviations one after another. Knows timed notes; refuses to know why they changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from modules.performance.perform import ROLE_LANES, tidy
from modules.performance.technique import technique
from modules.types import Part, Performance

EARLY_S = 0.04  # a note this little before a stretch is the stretch's, played early

Spans = Sequence[tuple[float, float]]  # seconds


def patch(old: Performance, new: Performance, changed: Mapping[str, Spans]) -> Performance:
    """The new performance in the changed stretches, the old one everywhere else.

    Args:
        old, new: of one song before and after an edit; until the last changed stretch ends both have the same times.
        changed: lane → stretches in seconds in which it is new; a lane that is not named stays as it was. The sung
            words follow "melody".

    Returns:
        A performance as long as the new one.
    """
    before, after = ({part.lane: part for part in played.parts} for played in (old, new))
    parts = []
    for lane in [*before, *(lane for lane in after if lane not in before)]:
        spans = changed.get("melody" if lane == "vocal" else lane, ())
        part = _patched(before.get(lane), after.get(lane), spans, new.duration_s)
        if part is not None and (part.notes or part.sung):
            parts.append(part)
    return replace(new, parts=tuple(parts))


def shifted(played: Performance, by_s: float) -> Performance:
    """The same notes `by_s` seconds later."""
    parts = tuple(replace(
        part, controls=tuple((time_s + by_s, number, value) for time_s, number, value in part.controls),
        **{name: tuple(replace(n, onset_s=n.onset_s + by_s, offset_s=n.offset_s + by_s) for n in getattr(part, name))
           for name in ("notes", "sung")}) for part in played.parts)
    return replace(played, parts=parts, duration_s=played.duration_s + by_s)


def last_sound_s(played: Performance, changed: Mapping[str, Spans]) -> float:
    """When the last note that begins in a changed stretch ends, in seconds; 0 without any."""
    ends = [note.offset_s for part in played.parts
            for start_s, end_s in changed.get("melody" if part.lane == "vocal" else part.lane, ())
            for note in (*part.notes, *part.sung) if start_s - EARLY_S <= note.onset_s < end_s - EARLY_S]
    return max(ends, default=0.0)


def _patched(old: Part | None, new: Part | None, spans: Spans, duration_s: float) -> Part | None:
    """One part; None where neither has anything."""
    if not spans or (old is None and new is None):
        return old
    silent = replace(old or new, notes=(), sung=(), controls=())
    old, new = old or silent, new or silent

    def is_new(time_s: float) -> bool:
        return any(start_s - EARLY_S <= time_s < end_s - EARLY_S for start_s, end_s in spans)

    notes = [*(n for n in old.notes if not is_new(n.onset_s)), *(n for n in new.notes if is_new(n.onset_s))]
    if notes:
        notes = tidy(notes, duration_s, technique(new.instrument).mono and new.lane not in ROLE_LANES)
    sung = sorted([*(n for n in old.sung if not is_new(n.onset_s)), *(n for n in new.sung if is_new(n.onset_s))],
                  key=lambda n: n.onset_s)
    controls = [*(c for c in old.controls if not is_new(c[0])), *(c for c in new.controls if is_new(c[0]))]
    for start_s, end_s in spans:  # a pedal stands where the player who takes over has it
        controls += [(start_s - EARLY_S, number, value) for number, value in _standing(new, start_s - EARLY_S).items()]
        controls += [(end_s - EARLY_S, number, value) for number, value in _standing(old, end_s - EARLY_S).items()
                     if end_s < duration_s]
    return replace(new, notes=tuple(notes), sung=tuple(sung),
                   controls=tuple(sorted(c for c in controls if c[0] >= 0)))


def _standing(part: Part, time_s: float) -> dict[int, int]:
    """Where each controller stands just before `time_s`."""
    return {number: value for at_s, number, value in part.controls if at_s < time_s}
