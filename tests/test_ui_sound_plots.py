"""Pictures of the sound: what they show is what was played; colours that everybody can tell apart."""

from __future__ import annotations

import base64
import io
import re
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from modules.studio.lane_colors import BANDS, DARK, LIGHT, rgb
from modules.types import LANES, Audio
from modules.ui.sound_plots import MEL_ROWS, loudness_picture, mel_levels, mel_picture, sound_pictures, wave_picture

RATE = 44_100
ROOT = Path(__file__).resolve().parent.parent
# Machado, Oliveira & Fernandes 2009, severity 1.0, on linear RGB
BLINDNESS = {
    "none": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def tone(hz: float, duration_s: float, level: float = 0.3) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(int(duration_s * RATE)) / RATE)).astype(np.float32)


def sound(*stretches: np.ndarray) -> Audio:
    line = np.concatenate(stretches)
    return Audio(np.stack([line, 0.5 * line]), RATE)


def path_of(html: str, kind: str) -> list[tuple[float, float]]:
    root = ElementTree.fromstring(f"<div>{html}</div>")
    drawn = next(e for e in root.iter("path") if e.get("class") == kind).get("d")
    return [tuple(map(float, point)) for point in re.findall(r"([-\d.]+) ([-\d.]+)", drawn)]


def test_the_waveform_is_tall_where_it_is_loud_and_shows_both_sides():
    html = wave_picture(sound(tone(200, 1, 0.05), tone(200, 1, 0.8)))
    left = path_of(html, "ew-peaks")[:1_200]
    assert min(y for x, y in left if x > 550) < min(y for x, y in left if x < 450) - 15
    assert html.count("ew-peaks") == 2 and "-1.9 dBFS" in html


@pytest.mark.parametrize("hz", [110.0, 880.0, 5_000.0])
def test_a_tone_is_a_bright_row_at_its_height(hz):
    levels = mel_levels(sound(tone(hz, 2)))
    mel = 2595 * np.log10(1 + np.array([40.0, hz, 16_000.0]) / 700)
    row = (mel[1] - mel[0]) / (mel[2] - mel[0]) * (MEL_ROWS + 1) - 1
    assert abs(int(np.argmax(levels.mean(axis=1))) - row) <= 1.5


def test_the_spectrogram_is_a_picture_with_time_from_left_to_right():
    html = mel_picture(sound(tone(200, 1), tone(4_000, 1)))
    png = base64.b64decode(re.search(r"base64,([^\"]+)", html)[1])
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("L"), float)
    height, width = pixels.shape
    early, late = pixels[:, :width // 2 - 20].mean(axis=1), pixels[:, width // 2 + 20:].mean(axis=1)
    assert np.argmax(early) > 0.8 * height and np.argmax(late) < 0.6 * height  # low tones below
    assert re.search(r'alt="Spectrogram[^"]+most energy near [^"]+Hz"', html)


def test_loudness_says_how_loud_and_where():
    audio = sound(tone(1_000, 4, 0.05), tone(1_000, 4, 0.5))
    html = loudness_picture(audio)
    curve = path_of(html, "ew-momentary")
    assert np.mean([y for x, y in curve if x > 600]) < np.mean([y for x, y in curve if x < 400]) - 40
    found = re.search(r"([-\d.]+) LUFS over all, the loudest moment ([-\d.]+) LUFS at 0:0([4-7])", html)
    # 1 kHz at 0.5 (left) and 0.25 (right) of full scale: −0.691 + 10 log10(0.125 + 0.03125); the K filter is near 0 dB
    assert float(found[2]) == pytest.approx(-8.75, abs=0.8)


def test_pictures_are_well_formed_for_any_sound():
    for audio in (sound(np.zeros(100, np.float32)), sound(tone(300, 0.5)), Audio(tone(300, 70)[None], RATE)):
        ElementTree.fromstring(f"<div>{sound_pictures(audio, [{'name': 'a & b', 'start_s': 0.0, 'end_s': 0.2}])}</div>")


def linear(color: str) -> np.ndarray:
    c = np.array(rgb(color)) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    xyz = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                    [0.0193339, 0.1191920, 0.9503041]]) @ light / [0.95047, 1, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", BLINDNESS)
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_lanes_can_be_told_apart(palette, sight):
    seen = {lane: lab(np.clip(np.array(BLINDNESS[sight]) @ linear(color), 0, 1)) for lane, color in palette.items()}
    assert set(seen) == {*LANES, "vocal"}
    assert min(np.linalg.norm(seen[a] - seen[b]) for a, b in combinations(seen, 2)) >= 18


@pytest.mark.parametrize(("palette", "grounds"), [
    (LIGHT, ("#efeade", "#e6efe9", "#f5f2eb")), (DARK, (*BANDS, "#1e302c"))], ids=["light", "dark"])
def test_lanes_stand_out_from_what_is_behind_them(palette, grounds):
    weights = np.array([0.2126, 0.7152, 0.0722])
    for color in palette.values():
        for ground in grounds:
            low, high = sorted((weights @ linear(color) + 0.05, weights @ linear(ground) + 0.05))
            assert high / low >= 3.0, (color, ground)


def test_the_page_has_the_same_colours():
    css = (ROOT / "assets/theme/earworm.css").read_text(encoding="utf-8")
    light, dark = css.split(".dark {")[0], css.split(".dark {")[1].split("}")[0]
    for sheet, palette in ((light, LIGHT), (dark, DARK)):
        assert dict(re.findall(r"--lane-(\w+): (#\w{6});", sheet)) == dict(palette)
    assert all(band in dark for band in BANDS)
