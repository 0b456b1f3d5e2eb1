"""One colour a lane, light and dark, told apart with every common kind of colour vision.

Found by search from the page's first hues: under normal sight and simulated protanopia, deuteranopia and tritanopia
(Machado et al. 2009) any two lanes lie at least 18 apart in CIELAB, and every lane has a contrast of 3 : 1 against its
background (WCAG 1.4.11); a test measures both. `assets/theme/earworm.css` says the same as variables.
"""

from __future__ import annotations

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "melody": "#d1053a", "vocal": "#7e103d", "counter": "#b37a05", "bass": "#054183", "comp": "#419167",
    "comp2": "#3b4505", "pad": "#a36bc7", "drums": "#637281",
}
DARK: Mapping[str, str] = {
    "melody": "#f04807", "vocal": "#e3646d", "counter": "#ffdb37", "bass": "#0698ff", "comp": "#4decf4",
    "comp2": "#95e570", "pad": "#a76cac", "drums": "#f4ffd2",
}
PAPER, INK, SOFT, TEAL = "#101b19", "#f0ebdf", "#adbdb5", "#4cc2ab"  # of dark pictures
BANDS = ("#1d2e2a", "#223a34")  # behind sections, in turn


def rgb(color: str) -> tuple[int, int, int]:
    """ "#d1053a" → (209, 5, 58)"""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
