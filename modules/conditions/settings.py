"""Settings written as text, alike on the command line, in the API and in the page's fields: an energy curve
("0:0.2, 15:0.9"), instruments lane by lane ("bass=upright_bass, drums=none"), a tune's notes ("0:4:60, 4:2:62") and its
beat ("tempo=96, meter=4/4, start=2.1"). Knows no prompts.
"""

from __future__ import annotations

from modules.assets import instruments
from modules.config import DURATION_S, MAX_HUM_S, TEMPO_BPM
from modules.errors import InputError
from modules.types import LANES, METERS, GridNote, HumBeat

NONE = "none"  # a lane left out
MOST_POINTS = 64  # of a curve
MOST_NOTES = 1_000  # of a tune
FURTHEST_STEP = 8_000  # of a tune: four minutes of sixteenths at the quickest tempo


def read_curve(text: str) -> tuple[tuple[float, float], ...]:
    """((time_s, energy 0–1), …) in time order of "TIME:ENERGY, …"; empty text is no curve.

    Raises:
        InputError: no such list, a time or an energy out of range, or too many points.
    """
    points = []
    for part in (part for part in text.split(",") if part.strip()):
        time, _, value = part.partition(":")
        try:
            points.append((float(time), float(value)))
        except ValueError:
            raise InputError(f"{part.strip()!r} is no point of an energy curve; write seconds and a number from 0 to "
                             "1, such as \"0:0.2, 15:0.9\".") from None
    if any(not (0 <= time <= DURATION_S[1] and 0 <= value <= 1) for time, value in points):
        raise InputError(f"An energy curve runs from 0 to {DURATION_S[1]:g} seconds and from 0 to 1.")
    if len(points) > MOST_POINTS:
        raise InputError(f"An energy curve of {len(points)} points was given; give at most {MOST_POINTS}.")
    return tuple(sorted(points))


def offered(lane: str) -> tuple[str, ...]:
    """Names of the instruments that suit a lane, in the registry's order."""
    return tuple(name for name, entry in instruments().items() if lane in entry["lanes"])


def check_lanes(chosen: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """((lane, instrument or "none"), …) of what was set; empty names are as the style has it.

    Raises:
        InputError: no such lane, or an instrument that does not suit it.
    """
    out = []
    for lane, name in chosen.items():
        if lane not in LANES:
            raise InputError(f"There is no part called {lane!r}; choose from {', '.join(LANES)}.")
        if name and name != NONE and name not in offered(lane):
            raise InputError(f"{name.replace('_', ' ')!r} cannot play the {lane}; choose none or one of "
                             f"{', '.join(offered(lane))}.")
        out += [(lane, name)] if name else []
    return tuple(out)


def read_lanes(text: str) -> tuple[tuple[str, str], ...]:
    """As `check_lanes`, of "LANE=INSTRUMENT, …"; spaces in names may be written.

    Raises:
        InputError: as `check_lanes`.
    """
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    return check_lanes({lane.strip().lower(): "_".join(name.lower().split()) or NONE for lane, _, name in pairs})


def read_notes(text: str) -> tuple[GridNote, ...]:
    """A tune of "STEP:LENGTH:MIDI, …", in steps of a sixteenth from the first downbeat; empty text is no tune.

    Raises:
        InputError: no such list, notes out of range, or two at once.
    """
    notes = []
    for part in (part for part in text.split(",") if part.strip()):
        try:
            step, length, midi = (int(number) for number in part.split(":"))
        except ValueError:
            raise InputError(f"{part.strip()!r} is no note of a tune; write step:length:pitch in sixteenths and MIDI "
                             "numbers, such as \"0:4:60, 4:2:62\".") from None
        if not (abs(step) <= FURTHEST_STEP and 1 <= length <= FURTHEST_STEP and 0 <= midi <= 127):
            raise InputError(f"The note {part.strip()!r} is out of range; a length of at least 1 and a pitch from 0 to "
                             "127 would be right.")
        notes.append(GridNote(step, length, midi))
    if len(notes) > MOST_NOTES:
        raise InputError(f"A tune of {len(notes)} notes was given; give at most {MOST_NOTES}.")
    notes.sort(key=lambda note: note.step)
    for before, after in zip(notes, notes[1:], strict=False):
        if before.step + before.length > after.step:
            raise InputError(f"Two notes of the tune sound at once at step {after.step}; a tune is one note at a time.")
    return tuple(notes)


def read_beat(text: str, file_name: str = "") -> HumBeat:
    """The beat of a hum, of "tempo=96, meter=4/4, start=2.1, file=NAME", each part optional.

    Args:
        file_name: of the recording; a start that names another file is left out, because it was that one's.

    Raises:
        InputError: no such list, or a tempo, metre or start out of range.
    """
    said = {name.strip(): value.strip() for name, _, value in (part.partition("=") for part in text.split(","))
            if name.strip()}
    meter = said.get("meter") or None
    try:
        tempo = float(said["tempo"]) if said.get("tempo") else None
        start = float(said["start"]) if said.get("start") else None
    except ValueError:
        raise InputError(f"{text!r} is no beat of a tune; write it like \"tempo=96, meter=4/4\".") from None
    if tempo is not None and not TEMPO_BPM[0] <= tempo <= TEMPO_BPM[1]:
        raise InputError(f"A tempo of {tempo:g} BPM is out of reach; {TEMPO_BPM[0]:g} to {TEMPO_BPM[1]:g} would be "
                         "right.")
    if meter is not None and meter not in METERS:
        raise InputError(f"The metre {meter!r} is not one Earworm plays; choose {', '.join(METERS)}.")
    if start is not None and not -MAX_HUM_S <= start <= MAX_HUM_S:
        raise InputError(f"A click that starts at {start:g} s lies outside the recording.")
    if said.get("file", file_name) != file_name:
        start = None
    return HumBeat(tempo, meter, start)


def write_notes(notes: tuple[GridNote, ...]) -> str:
    """What `read_notes` reads."""
    return ", ".join(f"{note.step}:{note.length}:{note.midi}" for note in notes)
