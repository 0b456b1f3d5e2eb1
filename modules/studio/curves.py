"""How the long-term spectrum of each kind of record falls, octave by octave, and how dense such records are.

Level of each octave (31 Hz … 16 kHz) against the whole, dB. Popular: close to Elowsson & Friberg 2017, "Long-term
average spectrum in popular music", and to Pestana et al. 2013, "Spectral characteristics of popular commercial
recordings 1950–2010" (about −5 dB an octave of spectral density from 100 Hz to 4 kHz, steeper above; as a level of
octaves that is −2 dB and more an octave). The others bend that curve the way such records differ from it: more below
90 Hz where dancing is the aim, next to nothing there and a softer top where a hall is heard, more between 1 and 4 kHz
under distorted guitars.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

CURVES: Mapping[str, np.ndarray] = {
    "popular": np.array([-16.0, -7.0, -5.5, -6.5, -8.5, -12.0, -15.5, -19.0, -22.5, -28.0]),
    "dance": np.array([-12.0, -4.0, -6.0, -9.5, -11.0, -13.5, -17.0, -20.0, -23.0, -28.0]),
    "guitars": np.array([-18.0, -7.5, -5.5, -7.0, -8.5, -11.0, -13.5, -16.5, -21.5, -28.0]),
    "acoustic": np.array([-22.0, -9.5, -6.0, -5.5, -7.5, -12.0, -16.5, -21.0, -26.0, -33.0]),
    "hall": np.array([-28.0, -13.0, -7.5, -5.5, -6.5, -10.5, -16.5, -22.5, -29.0, -38.0]),
}
_KIND = {
    "house": "dance", "techno": "dance", "trance": "dance", "bass": "dance", "hip-hop": "dance", "reggae": "dance",
    "metal": "guitars", "rock": "guitars", "jazz": "acoustic", "folk": "acoustic", "country": "acoustic",
    "blues": "acoustic", "world": "acoustic", "children": "acoustic", "classical": "hall", "cinematic": "hall",
    "sacred": "hall", "ambient": "hall",
}
# 0 as played … 1 pressed: how far the bus is squeezed. Deruty & Tardieu 2014, "About dynamic processing in mainstream
# music": crest factors of loud mainstream records lie 3 dB and more under those of acoustic ones.
DENSITY: Mapping[str, float] = {
    "metal": 0.65, "bass": 0.6, "trance": 0.55, "techno": 0.5, "house": 0.5, "hip-hop": 0.4, "rock": 0.35, "pop": 0.25,
    "synthwave": 0.4, "game": 0.35, "latin": 0.2, "african": 0.2, "funk": 0.2, "reggae": 0.2, "soul": 0.2,
    "country": 0.15, "blues": 0.12,
}


def curve_of(family: str) -> np.ndarray:
    """The curve that a card family's records follow, float64 (10,)."""
    return CURVES[_KIND.get(family, "popular")]


def density_of(family: str) -> float:
    return DENSITY.get(family, 0.0)
