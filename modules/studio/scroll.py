"""The wide picture that a video scrolls: piano roll with sections and chords above, waveform below.

Drawn once for the whole song in three shades (to come, sounding, past), then kept as the planes that video codecs
take. `PX_PER_S` is chosen so that a frame moves by a whole even number of pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from modules.studio.lane_colors import BANDS, DARK, INK, PAPER, SOFT, TEAL, rgb
from modules.types import Audio, Part

WIDTH, HEIGHT, FPS = 1280, 720, 30
PX_PER_S = 120  # 4 pixels a frame
HEAD_X = 400  # where "now" stands
DRUM_ROWS = ((35, 36, 41, 43, 45), (37, 38, 39, 40, 47, 48, 50))  # GM keys by line, the rest above them
_ORDER = {"pad": 0, "comp": 1, "comp2": 1, "bass": 2, "counter": 3, "melody": 4, "vocal": 5}
_SHADES = {"past": (PAPER, 0.55), "coming": (PAPER, 0.12), "now": ("#ffffff", 0.45)}


@dataclass(frozen=True)
class Planes:
    """A picture as limited-range BT.709 luma (H, W) and two chroma planes (H/2, W/2), uint8."""

    y: np.ndarray
    u: np.ndarray
    v: np.ndarray

    def cut(self, left: int, right: int) -> Planes:
        """Columns `left` to `right`, both even."""
        return Planes(self.y[:, left:right], self.u[:, left // 2:right // 2], self.v[:, left // 2:right // 2])

    def put(self, other: Planes, left: int, top: int) -> None:
        """Write `other` into this picture, in place; `left` and `top` are even."""
        height, width = other.y.shape
        self.y[top:top + height, left:left + width] = other.y
        for mine, its in ((self.u, other.u), (self.v, other.v)):
            mine[top // 2:(top + height) // 2, left // 2:(left + width) // 2] = its


@dataclass(frozen=True)
class Scroll:
    """`past`, `coming`, `now`: the same picture in three shades; `boxes`: (first frame, last frame, left, right, top,
    bottom) of every note in picture pixels, all even, by first frame."""

    past: Planes
    coming: Planes
    now: Planes
    boxes: tuple[tuple[int, int, int, int, int, int], ...]


def to_planes(picture: Image.Image) -> Planes:
    """RGB → limited-range BT.709 4:2:0; width and height must be even."""
    picture = picture.convert("RGB")
    small = picture.reduce(2)
    planes = (picture.convert("L", (0.18259, 0.61423, 0.06201, 16.5)),
              small.convert("L", (-0.10064, -0.33857, 0.43922, 128.5)),
              small.convert("L", (0.43922, -0.39894, -0.04027, 128.5)))  # the halves round
    return Planes(*(np.array(plane) for plane in planes))


@lru_cache(maxsize=16)
def font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own typeface (Aileron Regular), so that every machine draws the same letters."""
    return ImageFont.load_default(size)


def draw_scroll(parts: Sequence[Part], audio: Audio, *, sections: Sequence[Mapping[str, Any]],
                chords: Sequence[Mapping[str, Any]], bar_starts_s: Sequence[float], height: int) -> Scroll:
    """Draw the whole song.

    Args:
        parts: as performed.
        audio: the finished sound, for the waveform and the length.
        sections: {name, start_s, end_s}.
        chords: {name, start_s, end_s}.
        height: of the picture, even.
    """
    frame_px = PX_PER_S // FPS
    n_frames = int(np.ceil(audio.duration_s * FPS))
    width = WIDTH + frame_px * n_frames
    wave_top = height - 108
    boxes = _note_boxes(parts, audio.duration_s, 62, wave_top - 14)
    wave = _wave(audio, n_frames * frame_px)
    pictures = {}
    for shade, (toward, share) in _SHADES.items():
        picture = Image.new("RGB", (width, height), PAPER)
        pen = ImageDraw.Draw(picture)
        for i, section in enumerate(sections):
            left, right = _x(section["start_s"]), _x(min(section["end_s"], audio.duration_s))
            if right > left:
                pen.rectangle((left, 30, right - 1, wave_top - 8), fill=BANDS[i % 2])
                pen.text((left + 8, 3), section["name"].capitalize(), fill=SOFT, font=font(20))
        for start_s in bar_starts_s:
            if start_s < audio.duration_s:
                pen.line((_x(start_s), 30, _x(start_s), wave_top - 8), fill=_mixed(SOFT, PAPER, 0.75))
        for chord in chords:
            if chord["name"] != "N" and chord["start_s"] < audio.duration_s:
                pen.text((_x(chord["start_s"]) + 8, 34), chord["name"], fill=INK, font=font(20))
        for lane, left, right, top, bottom in boxes:
            pen.rounded_rectangle((left, top, right - 1, bottom - 1), 3, fill=_mixed(DARK[lane], toward, share))
        middle = wave_top + 52
        color = _mixed(TEAL, PAPER, {"past": 0.0, "coming": 0.55, "now": 0.0}[shade])
        for x in range(0, len(wave), 4):
            reach = max(1, round(46 * float(wave[x:x + 4].max())))
            pen.rectangle((HEAD_X + x, middle - reach, HEAD_X + x + 2, middle + reach), fill=color)
        pictures[shade] = to_planes(picture)
    timed = sorted(((left - HEAD_X) // frame_px, -(-(right - HEAD_X) // frame_px), left, right, top, bottom)
                   for _, left, right, top, bottom in boxes)
    return Scroll(**pictures, boxes=tuple(timed))


def _x(time_s: float) -> int:
    """Even column of a time."""
    return HEAD_X + round(time_s * PX_PER_S / 2) * 2


def _note_boxes(parts: Sequence[Part], duration_s: float, top: int,
                bottom: int) -> list[tuple[str, int, int, int, int]]:
    """(lane, left, right, top, bottom) of every note, even, lanes at the front last."""
    drum_rows = 3 if any(part.is_drum for part in parts) else 0
    floor = bottom - 16 * drum_rows - (6 if drum_rows else 0)
    midis = [n.midi for p in parts if not p.is_drum for n in (*p.notes, *p.sung)] or [60]
    low, span = min(midis) - 1, max(max(midis) - min(midis) + 3, 20)
    row = (floor - top) / span
    boxes = []
    for part in sorted(parts, key=lambda p: _ORDER.get(p.lane, 1)):
        for note in (*part.notes, *part.sung):
            if note.onset_s >= duration_s:
                continue
            left = _x(note.onset_s)
            if part.is_drum:
                line = next((i for i, keys in enumerate(DRUM_ROWS) if note.midi in keys), 2)
                y = bottom - 16 * (line + 1)
                boxes.append((part.lane, left, left + 8, y // 2 * 2, y // 2 * 2 + 10))
                continue
            right = max(_x(min(note.offset_s, duration_s)) - 2, left + 4)
            y = floor - (note.midi - low) * row
            thick = max(6, round(row * 0.9 / 2) * 2)
            boxes.append((part.lane, left, right, round((y - thick / 2) / 2) * 2,
                          round((y - thick / 2) / 2) * 2 + thick))
    return boxes


def _wave(audio: Audio, n_columns: int) -> np.ndarray:
    """Peak of each column of pixels, 0–1, as the ear weighs it."""
    mono = np.abs(audio.mono)
    edges = np.minimum(np.arange(n_columns + 1) * audio.sample_rate / PX_PER_S, len(mono)).astype(int)
    peaks = np.array([mono[a:b].max() if b > a else 0.0 for a, b in zip(edges[:-1], edges[1:])])
    return np.sqrt(peaks / max(float(peaks.max(initial=0.0)), 1e-6))


def _mixed(color: str, toward: str, share: float) -> tuple[int, int, int]:
    return tuple(round(a + (b - a) * share) for a, b in zip(rgb(color), rgb(toward)))
