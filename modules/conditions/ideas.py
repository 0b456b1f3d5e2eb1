"""Prompts to go on with: surprises, what would make a weak prompt sharper, and ideas grown from what was made.

All from the style cards, the instruments and the map. Knows how prompts are worded; knows no page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from modules.assets import instruments
from modules.styles.atlas import neighbours, places
from modules.styles.cards import Card, cards
from modules.types import PITCH_CLASSES, Finding, TextReading

COURSES = ("builds up slowly", "quiet start, big finish", "drop at 0:15", "calm until 0:12, then full energy",
           "fade out at the end", "verse chorus verse chorus", "calm in the middle", "")
ENOUGH = 4  # of style, tempo, instruments, key, course: a prompt that says so many is not weak
OFFERED = 3
FAR = 60  # neighbours to pass over for a meeting of two worlds
SOUNDS = ("warm vintage sound", "wide and bright", "dry and close", "lots of reverb")
TONICS = (0, 2, 4, 5, 7, 9)


@dataclass(frozen=True)
class Idea:
    """`title` for a button; `text` is the whole prompt, or what is added to one."""

    title: str
    text: str


@dataclass(frozen=True)
class Made:
    """What is remembered of a take: its leading style, tempo, and the instrument of its tune or chords."""

    style: str
    tempo_bpm: float
    instrument: str


def spoken(instrument: str) -> str:
    """An instrument as people write it."""
    plain, called = instrument.replace("_", " "), instruments()[instrument]["called"]
    return plain if plain in called else str(called[0])


def surprise(seed: int, nth: int) -> str:
    """The `nth` surprise of a series: a style, what it is like, who plays, and sometimes a tempo, key or course.

    No two of a series have the same style until all have been had; the same seed gives the same series.
    """
    known = list(cards().values())
    card = known[int(np.random.default_rng(seed).permutation(len(known))[nth % len(known)])]
    rng = np.random.default_rng([seed, nth])
    scenes = [line for line in card.describe if card.title.lower() not in line.lower() and len(line.split()) > 2]
    scene = str(rng.choice(scenes or list(card.describe)))
    played = " and ".join(_players(card, rng, int(rng.integers(1, 3))))
    low, typical, high = card.tempo
    extras = [f"{int(round(rng.triangular(low, typical, high) if high > low else typical))} BPM"]
    course = str(rng.choice(COURSES))
    if rng.random() < 0.4:
        mode = max(sorted(card.modes), key=card.modes.get)
        extras.append(f"in {PITCH_CLASSES[int(rng.choice(TONICS))]} {mode}")
    extras += [course] if course else []
    pattern = str(rng.choice(("{style}: {scene}, with {played}", "{scene}, {style} with {played}",
                              "{style} with {played}, {scene}")))
    said = pattern.format(style=card.title, scene=scene, played=played)
    return f"{said[0].upper()}{said[1:]}, {', '.join(extras)}"


def _players(card: Card, rng: np.random.Generator, count: int) -> list[str]:
    """Names of instruments that carry the style's tune and chords."""
    names = [name for lane in ("melody", "comp", "counter", "pad") if card.lanes[lane] < 9
             for name in card.instruments[lane]]
    names = list(dict.fromkeys(spoken(name) for name in names))
    return [names[i] for i in sorted(rng.permutation(len(names))[:count])]


def improvements(prompt: str, reading: TextReading, aside: Sequence[Finding] = ()) -> tuple[Idea, ...]:
    """Three additions that would make a weak prompt say more; none for one that says enough or nothing.

    What was set `aside` is not offered again.
    """
    refused = {finding.label for finding in aside}
    controls = reading.controls
    said = (bool(reading.styles), controls.tempo_bpm is not None, bool(controls.wanted),
            controls.tonic is not None or controls.mode is not None, bool(controls.energy_curve or controls.form))
    if not prompt.strip() or sum(said) >= ENOUGH:
        return ()
    rng = np.random.default_rng([len(prompt), *prompt.encode("utf-8", "replace")[:64]])
    known = cards()
    card = known[next(iter(reading.styles), None) or sorted(known)[int(rng.integers(len(known)))]]
    ideas = [] if said[0] else [Idea(f"as {card.title}", card.title)]
    if not said[2] and "instrument" not in refused:
        played = " and ".join(name for name in _players(card, rng, 2) if name not in controls.unwanted)
        ideas.append(Idea(f"with {played}", f"with {played}"))
    if not said[4] and not refused & {"form", "energy over time"}:
        course = str(rng.choice([course for course in COURSES if course]))
        ideas.append(Idea(course, course))
    if not said[1] and not refused & {"tempo", "feel"}:
        ideas.append(Idea(f"{card.tempo[1]:.0f} BPM", f"{card.tempo[1]:.0f} BPM"))
    if not said[3] and not refused & {"key", "mode"}:
        mode = max(sorted(card.modes), key=card.modes.get)
        ideas.append(Idea(f"{mode} key", f"in {PITCH_CLASSES[int(rng.choice(TONICS))]} {mode}"))
    if not reading.production:
        sound = str(rng.choice(SOUNDS))
        ideas.append(Idea(sound, sound))
    if controls.ending is None and not any("fade" in idea.text for idea in ideas):
        ideas.append(Idea("fade out", "fade out at the end"))
    return tuple(ideas[:OFFERED])


def grown(made: Sequence[Made]) -> tuple[Idea, ...]:
    """Three ideas from what was made in this session, newest first: a neighbour, a meeting, another pace."""
    known = [one for one in reversed(made) if one.style in places() and one.instrument in instruments()]
    if not known:
        return ()
    last, book = known[0], cards()
    rng = np.random.default_rng([len(made), *last.style.encode()])
    near = book[str(rng.choice(neighbours(last.style, 6)))]
    others = [one.style for one in known if one.style != last.style] or list(neighbours(last.style, FAR)[FAR // 2:])
    other = book[str(rng.choice(others))]
    title, played = book[last.style].title, spoken(last.instrument)
    slower = last.tempo_bpm > 100
    pace = round(last.tempo_bpm * (0.7 if slower else 1.35))
    return (
        Idea(f"{near.title}, {played} again", f"{near.title} with {played}, {near.tempo[1]:.0f} BPM"),
        Idea(f"{title} meets {other.title}", f"{title} meets {other.title}, {last.tempo_bpm:.0f} BPM"),
        Idea(f"{title}, {'slow and sparse' if slower else 'fast and full'}",
             f"{title} with {played}, {pace} BPM, {'sparse and calm' if slower else 'busy and energetic'}"),
    )


def remember(styles: Mapping[str, float], tempo_bpm: float, played: Mapping[str, str]) -> Made:
    """What to remember of a take; `played` maps lanes to instruments."""
    style = max(sorted(styles), key=lambda name: styles[name]) if styles else ""
    return Made(style, float(tempo_bpm), played.get("melody") or played.get("comp") or "")
