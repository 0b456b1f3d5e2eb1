"""What a song's styles, brightness and production words ask of the mix, as numbers. Touches no sound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from modules.studio.curves import curve_of, density_of
from modules.styles.cards import Card, cards
from modules.types import Song

TONE_DB = {"dark": -3.0, "warm": -1.3, "neutral": 0.0, "bright": 1.3}  # treble against a neutral balance
BRIGHTNESS_DB = 9.0  # treble from brightness 0 to 1
MIX_FIELDS = ("reverb", "width", "saturation", "sidechain", "delay")

# How loud each lane is while it plays, LU against the lead; and how families differ from that.
LANE_LU = {"vocal": 0.0, "hum": 0.0, "melody": -0.5, "counter": -6.0, "bass": -4.0, "drums": -2.5, "comp": -6.5,
           "comp2": -8.5, "pad": -10.0}
MELODY_BEHIND_VOCAL_LU = -5.0
FAMILY_LU: Mapping[str, Mapping[str, float]] = {
    "house": {"drums": 2.0, "bass": 1.5, "pad": 1.0}, "techno": {"drums": 2.5, "bass": 1.5},
    "trance": {"drums": 1.5, "bass": 1.0, "pad": 2.0, "comp": 1.0}, "bass": {"drums": 2.0, "bass": 2.0},
    "hip-hop": {"drums": 2.0, "bass": 2.0}, "synthwave": {"drums": 1.0, "bass": 1.0, "pad": 1.5},
    "rock": {"drums": 1.0, "comp": 1.5, "comp2": 1.5}, "metal": {"drums": 1.5, "comp": 3.0, "comp2": 2.5, "bass": 0.5},
    "funk": {"drums": 1.0, "bass": 1.5}, "soul": {"bass": 0.5}, "reggae": {"bass": 2.5, "drums": 0.5},
    "latin": {"drums": 0.5}, "african": {"drums": 1.0},
    "jazz": {"drums": -3.0, "comp": 0.5}, "blues": {"comp": 0.5}, "country": {"drums": -2.0, "comp": 1.0},
    "folk": {"drums": -3.0, "comp": 2.0, "comp2": 1.0}, "children": {"drums": -3.0, "comp": 1.0},
    "classical": {"drums": -5.0, "comp": 2.5, "comp2": 2.0, "counter": 2.5, "pad": 3.0, "bass": -0.5},
    "sacred": {"drums": -4.0, "comp": 2.0, "pad": 3.5, "counter": 2.0},
    "ambient": {"drums": -4.0, "pad": 5.5, "comp": 0.5, "counter": 1.0},
    "cinematic": {"pad": 4.0, "counter": 2.0, "comp": 0.5},
    "world": {"drums": -1.0, "comp": 1.0, "counter": 1.0},
    "game": {"comp": 1.0, "comp2": 1.0, "counter": 1.5, "bass": 0.5},
}
# styles whose records sound old or like tape whatever is asked: 0.5 a vintage machine, from 0.7 with crackle
OLD_STYLES: Mapping[str, float] = {
    "lofi_hiphop": 0.75, "vaporwave": 0.5, "phonk": 0.45, "boom_bap": 0.35, "trip_hop": 0.4, "delta_blues": 0.55,
    "dixieland": 0.45, "ragtime": 0.35, "doo_wop": 0.3, "gypsy_jazz": 0.3, "surf_rock": 0.25, "rock_and_roll": 0.25,
    "motown": 0.2, "dub": 0.3, "psychedelic_rock": 0.25, "g_funk": 0.15, "jungle": 0.15,
}


@dataclass(frozen=True)
class Character:
    """`reverb`, `width`, `saturation`, `sidechain`, `delay` are 0–1; `treble_db` shapes the tone the mix aims at,
    `tilt_db` turns the result (the person's brightness). `lane_lu`: loudness by lane. `old` 0–1: how much the mix
    sounds like an old machine ("vintage" 0.5, "lo-fi" 1). `curve_db`: the long-term spectrum aimed at by octave;
    `density` 0–1: how far the bus is squeezed."""

    reverb: float
    width: float
    saturation: float
    sidechain: float
    delay: float
    room: str
    treble_db: float
    warmth_db: float
    tilt_db: float
    old: float
    lane_lu: Mapping[str, float]
    curve_db: tuple[float, ...]
    density: float


def song_character(song: Song) -> Character:
    """Blend the song's style cards by weight, then let its production words and brightness change the blend.

    Raises:
        KeyError: the song names a style that has no card.
    """
    known = cards()
    total = sum(song.styles.values())
    if total > 0:
        weighted = [(known[name], weight / total) for name, weight in song.styles.items() if weight > 0]
    else:  # no style at all: the middle of all of them
        weighted = [(card, 1 / len(known)) for card in known.values()]
    blend = {name: sum(float(card.mix[name]) * weight for card, weight in weighted) for name in MIX_FIELDS}
    rooms: Counter[str] = Counter()
    for card, weight in weighted:
        rooms[card.mix["room"]] += weight
    character = Character(
        **blend, room=max(sorted(rooms), key=lambda name: rooms[name]),
        treble_db=sum(TONE_DB[card.mix["tone"]] * weight for card, weight in weighted),
        warmth_db=sum((card.mix["tone"] in ("warm", "dark")) * weight for card, weight in weighted),
        tilt_db=0.0, old=sum(OLD_STYLES.get(card.name, 0.0) * weight for card, weight in weighted),
        lane_lu={lane: level + sum(_family_lu(card, lane) * weight for card, weight in weighted)
                 for lane, level in LANE_LU.items()},
        curve_db=tuple(float(x) for x in sum(curve_of(card.family) * weight for card, weight in weighted)),
        density=sum(density_of(card.family) * weight for card, weight in weighted),
    )
    for word in song.production:
        character = _told(character, word)
    if song.brightness is not None:
        character = replace(character, tilt_db=character.tilt_db + BRIGHTNESS_DB * (song.brightness - 0.5))
    return character


def _family_lu(card: Card, lane: str) -> float:
    return FAMILY_LU.get(card.family, {}).get(lane, 0.0)


def _told(c: Character, word: str) -> Character:
    """One production word's change; words that are not about the mix change nothing."""
    match word:
        case "dry":
            return replace(c, reverb=c.reverb * 0.15, delay=0.0)
        case "reverb":
            return replace(c, reverb=min(1.0, c.reverb + 0.35), room="hall")
        case "wide":
            return replace(c, width=min(1.0, c.width + 0.4))
        case "warm":
            return replace(c, tilt_db=c.tilt_db - 1.5, warmth_db=c.warmth_db + 1.5, saturation=max(c.saturation, 0.2))
        case "dark":
            return replace(c, tilt_db=c.tilt_db - 3.0)
        case "bright":
            return replace(c, tilt_db=c.tilt_db + 2.5)
        case "vintage":
            return replace(c, old=max(c.old, 0.5), width=c.width * 0.7, saturation=max(c.saturation, 0.35))
        case "lo-fi":
            return replace(c, old=1.0, width=c.width * 0.7, saturation=max(c.saturation, 0.4))
        case _:
            return c
