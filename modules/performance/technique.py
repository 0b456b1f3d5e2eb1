"""How each instrument is played: range, sustain, pedal, legato. Knows instrument names, not sounds."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache

from modules.assets import asset, instruments
from modules.errors import InputError


@dataclass(frozen=True)
class Technique:
    """`low`–`high` is the comfortable range (MIDI). `legato` is the share of its written length a note sounds.
    `sustained`: the player shapes a note after its start. `vibrato`: modulation wheel at the height of a long note."""

    low: int
    high: int
    legato: float = 0.95
    sustained: bool = False
    pedal: bool = False
    strums: bool = False
    mono: bool = False
    vibrato: int = 0


_FAMILIES = {
    "piano": Technique(40, 96, 0.96, pedal=True),
    "keys": Technique(40, 91, 0.95),
    "bells": Technique(65, 100, 1.0),
    "mallets": Technique(53, 89, 1.0),
    "strings_plucked": Technique(45, 84, 1.0),
    "organ": Technique(41, 88, 0.96, sustained=True),
    "reeds": Technique(55, 84, 0.97, sustained=True, mono=True, vibrato=34),
    "guitar": Technique(40, 79, 0.97, strums=True),
    "bass": Technique(28, 55, 0.93, mono=True),
    "strings": Technique(55, 91, 1.0, sustained=True, vibrato=38),
    "percussion": Technique(40, 57, 1.0),
    "voice": Technique(52, 81, 1.0, sustained=True, vibrato=30),
    "brass": Technique(52, 80, 0.93, sustained=True, vibrato=22),
    "woodwinds": Technique(60, 91, 0.97, sustained=True, mono=True, vibrato=34),
    "synth": Technique(45, 91, 0.96),
    "drums": Technique(27, 87, 1.0),
    "world": Technique(48, 84, 0.97),
}

# what differs from the family; ranges after Adler, "The Study of Orchestration", narrowed to the comfortable part
_OWN: dict[str, dict] = {
    "felt_piano": {"low": 40, "high": 86}, "rhodes": {"pedal": True, "low": 40, "high": 88},
    "fm_piano": {"pedal": True},
    "harpsichord": {"low": 41, "high": 86}, "clavinet": {"legato": 0.7, "low": 43, "high": 79},
    "glockenspiel": {"low": 77, "high": 103}, "celesta": {"low": 65, "high": 101},
    "tubular_bells": {"low": 60, "high": 77},
    "vibraphone": {"low": 53, "high": 89, "pedal": True}, "marimba": {"low": 45, "high": 86},
    "xylophone": {"low": 65, "high": 98}, "steel_drums": {"low": 55, "high": 84}, "kalimba": {"low": 57, "high": 86},
    "harp": {"low": 40, "high": 91, "pedal": True}, "dulcimer": {"low": 50, "high": 84},
    "koto": {"low": 50, "high": 84},
    "sitar": {"low": 48, "high": 76}, "shamisen": {"low": 50, "high": 76}, "banjo": {"low": 50, "high": 81},
    "mandolin": {"low": 55, "high": 86}, "oud": {"low": 45, "high": 72},
    "hammond_organ": {"low": 43, "high": 86}, "accordion": {"mono": False, "low": 53, "high": 86},
    "bandoneon": {"mono": False, "low": 50, "high": 83}, "harmonica": {"low": 60, "high": 86},
    "soprano_sax": {"low": 58, "high": 84}, "alto_sax": {"low": 53, "high": 79}, "tenor_sax": {"low": 48, "high": 74},
    "baritone_sax": {"low": 38, "high": 65}, "oboe": {"low": 60, "high": 86}, "english_horn": {"low": 55, "high": 77},
    "bassoon": {"low": 38, "high": 67}, "clarinet": {"low": 52, "high": 84}, "piccolo": {"low": 74, "high": 100},
    "tin_whistle": {"low": 74, "high": 96}, "flute": {"low": 62, "high": 93}, "recorder": {"low": 65, "high": 91},
    "pan_flute": {"low": 62, "high": 88}, "shakuhachi": {"low": 60, "high": 84}, "ocarina": {"low": 65, "high": 86},
    "bagpipes": {"low": 60, "high": 77, "legato": 1.0, "vibrato": 0}, "hurdy_gurdy": {"low": 50, "high": 77},
    "violin": {"low": 57, "high": 91, "mono": True}, "viola": {"low": 50, "high": 79, "mono": True},
    "cello": {"low": 38, "high": 69, "mono": True}, "orchestral_bass": {"low": 28, "high": 50, "mono": True},
    "pizzicato_strings": {"low": 43, "high": 84, "sustained": False, "vibrato": 0},
    "tremolo_strings": {"low": 48, "high": 84, "vibrato": 0}, "string_ensemble": {"low": 45, "high": 88},
    "slow_strings": {"low": 45, "high": 86}, "string_quartet": {"low": 45, "high": 86},
    "choir": {"low": 48, "high": 79}, "oohs": {"low": 50, "high": 79}, "whistle": {"low": 72, "high": 96, "mono": True},
    "trumpet": {"low": 57, "high": 82, "mono": True}, "muted_trumpet": {"low": 57, "high": 82, "mono": True},
    "trombone": {"low": 43, "high": 69, "mono": True}, "french_horn": {"low": 46, "high": 74},
    "tuba": {"low": 28, "high": 53}, "brass_section": {"low": 48, "high": 79},
    "upright_bass": {"low": 28, "high": 55, "legato": 0.9}, "sub_bass": {"low": 26, "high": 47, "legato": 1.0},
    "bass_808": {"low": 26, "high": 47, "legato": 1.0}, "acid_bass": {"low": 31, "high": 60, "legato": 0.8},
    "reese_bass": {"low": 26, "high": 50, "legato": 1.0},
    "muted_guitar": {"legato": 0.5, "strums": True}, "ukulele": {"low": 60, "high": 81},
    "distortion_guitar": {"low": 40, "high": 84}, "overdriven_guitar": {"low": 40, "high": 84},
    "square_lead": {"mono": True, "low": 55, "high": 93}, "saw_lead": {"mono": True, "low": 55, "high": 88},
    "soft_lead": {"mono": True, "low": 57, "high": 88, "vibrato": 30, "sustained": True},
    "synth_brass": {"low": 48, "high": 79, "legato": 0.9}, "synth_stab": {"legato": 0.7},
    "synth_bells": {"low": 60, "high": 96, "legato": 1.0}, "synth_strings": {"sustained": True},
    "warm_pad": {"sustained": True}, "analog_pad": {"sustained": True}, "glass_pad": {"sustained": True},
    "dark_pad": {"sustained": True, "high": 67}, "choir_pad": {"sustained": True},
}


def technique(instrument: str) -> Technique:
    """How an instrument of `assets/instruments.yaml` is played."""
    family = instruments()[instrument]["family"]
    return replace(_FAMILIES[family], **_OWN.get(instrument, {}))


@lru_cache(maxsize=1)
def _voices() -> dict[str, dict]:
    return json.loads(asset("voices/voices.json").read_text(encoding="utf-8"))


def singer(voice: str | None) -> str:
    """The voice asked for, or the first that ships.

    Raises:
        InputError: no voice is called that.
    """
    name = voice or next(iter(_voices()))
    if name not in _voices():
        raise InputError(f"There is no voice called {name!r}; choose one of {', '.join(_voices())}.")
    return name


def voice_range(voice: str | None) -> tuple[int, int]:
    """Comfortable range of a singing voice (MIDI)."""
    low, high = _voices()[singer(voice)]["comfortable"]
    return low, high


def octave_shift(pitches: list[int], low: int, high: int) -> int:
    """The one octave shift (a multiple of 12) that brings a lane best into `low`–`high`; intervals survive."""
    if not pitches:
        return 0

    def cost(shift: int) -> float:
        outside = sum(max(low - p - shift, 0, p + shift - high) for p in pitches)
        return outside * 10.0 + abs(shift) * 0.5  # prefer the octave that was written

    return min((-36, -24, -12, 0, 12, 24, 36), key=cost)
