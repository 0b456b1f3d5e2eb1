"""Settings written as text, alike on the command line, in the API and in the page's fields: an energy curve
("0:0.2, 15:0.9") and instruments lane by lane ("bass=upright_bass, drums=none"). Knows no prompts.
"""

from __future__ import annotations

from modules.assets import instruments
from modules.config import DURATION_S
from modules.errors import InputError
from modules.types import LANES

NONE = "none"  # a lane left out
MOST_POINTS = 64  # of a curve


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
