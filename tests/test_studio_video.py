"""The film, decoded again by FFmpeg: lengths, sound, notes where they sound, words when they are sung."""

from __future__ import annotations

import time
from dataclasses import replace
from threading import Event

import av
import numpy as np
import pytest
from PIL import Image

from modules.errors import Cancelled, EngineUnavailable
from modules.performance.perform import perform
from modules.studio import video
from modules.studio.scroll import FPS, HEAD_X, HEIGHT, WIDTH, draw_scroll, to_planes
from modules.studio.video import HEADER_PX, WORDS_PX, write_video
from modules.types import Audio, Part, PlayedNote
from tests.hand_song import hand_song, hand_syllables

RATE = 44_100
LENGTH_S = 7.0
SECTIONS = [{"name": "verse", "start_s": 0.0, "end_s": 19.2}]
CHORDS = [{"name": "F", "start_s": 0.0, "end_s": 2.4}, {"name": "C", "start_s": 2.4, "end_s": 4.8}]


def noise(duration_s: float = LENGTH_S) -> Audio:
    rng = np.random.default_rng(2)
    t = np.arange(int(duration_s * RATE)) / RATE
    sweep = 0.3 * np.sin(2 * np.pi * (200 + 300 * t) * t) + 0.02 * rng.standard_normal(len(t))
    return Audio(np.stack([sweep, 0.5 * sweep]).astype(np.float32), RATE)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    song = hand_song(voice="clara")
    song = replace(song, syllables=hand_syllables(song))
    performance = perform(song, cards={})
    path = tmp_path_factory.mktemp("film") / "a.mp4"
    began = time.process_time()
    write_video(path, noise(), song, performance, title="A test", sections=SECTIONS, chords=CHORDS)
    return path, performance, time.process_time() - began


def frames(path, *wanted: int) -> list[np.ndarray]:
    """RGB pictures (H, W, 3) of frames by number."""
    with av.open(str(path)) as file:
        return [f.to_ndarray(format="rgb24") for i, f in enumerate(file.decode(video=0)) if i in wanted]


def test_it_is_h264_and_aac_as_long_as_the_sound(film):
    path, _, _ = film
    with av.open(str(path)) as file:
        picture, sound = file.streams.video[0], file.streams.audio[0]
        assert (picture.codec_context.name, sound.codec_context.name) == ("h264", "aac")
        assert (picture.width, picture.height, picture.codec_context.pix_fmt) == (WIDTH, HEIGHT, "yuv420p")
        assert sum(1 for _ in file.decode(video=0)) == round(LENGTH_S * FPS)
        assert float(sound.duration * sound.time_base) == pytest.approx(LENGTH_S, abs=0.03)
    whole = path.read_bytes()
    assert whole.index(b"moov") < whole.index(b"mdat")  # plays while it loads


def test_its_sound_is_the_take_in_place(film):
    with av.open(str(film[0])) as file:
        heard = np.concatenate([f.to_ndarray() for f in file.decode(audio=0)], axis=1)
    meant = noise().samples
    n = min(heard.shape[1], meant.shape[1]) - 4_096
    lags = range(-1_100, 1_101)
    a = meant[0, 2_048:n]
    match = [float(np.dot(a, heard[0, 2_048 + lag:n + lag])) for lag in lags]
    best = lags[int(np.argmax(match))]
    assert abs(best) <= 1  # neither early nor late
    error = heard[:, 2_048 + best:n + best] - meant[:, 2_048:n]
    assert 10 * np.log10(np.mean(meant[:, 2_048:n] ** 2) / np.mean(error ** 2)) > 15


def test_the_waveform_fills_up_and_the_roll_moves(film):
    early, later = frames(film[0], 3, 120)
    wave = slice(HEIGHT - WORDS_PX - 90, HEIGHT - WORDS_PX - 16)
    assert later[wave, :HEAD_X - 10].mean() > early[wave, :HEAD_X - 10].mean() + 5  # the past has come in
    roll = slice(HEADER_PX + 70, HEIGHT - WORDS_PX - 130)
    step = frames(film[0], 60, 75)
    moved = np.abs(step[0][roll, 60 + HEAD_X + 100:].astype(int) - step[1][roll, HEAD_X + 100:-60].astype(int)).mean()
    still = np.abs(step[0][roll, HEAD_X + 100:].astype(int) - step[1][roll, HEAD_X + 100:].astype(int)).mean()
    assert moved < 0.35 * still  # fifteen frames are sixty pixels


def test_the_chord_of_the_moment_is_written_and_changes(film):
    corner = (slice(HEADER_PX - 42, HEADER_PX - 2), slice(WIDTH - 110, WIDTH))
    first, same, other, none = (p[corner].astype(int) for p in frames(film[0], 30, 60, 90, 190))
    assert np.abs(first - same).mean() < 1.0 < np.abs(first - other).mean()  # F until 2.4 s, then C until 4.8 s
    assert first.max() > 200 and none.max() < 60


def test_words_light_up_as_they_are_sung(film):
    path, performance, _ = film
    vocal = next(part.sung for part in performance.parts if part.lane == "vocal")
    times = [n.onset_s for n in vocal if n.text and n.onset_s < LENGTH_S - 1][:3]
    shown = frames(path, *(int(t * FPS) + 3 for t in times))
    lit = []
    for picture in shown:
        line = picture[HEIGHT - WORDS_PX:HEIGHT - WORDS_PX + 100].astype(int)
        yellow = (line[..., 0] > 180) & (line[..., 1] > 150) & (line[..., 2] < 140)
        assert yellow.any()
        lit.append(np.flatnonzero(yellow.any(axis=0)).mean())
    assert lit[0] < lit[1] < lit[2]  # from left to right


def test_a_note_lights_up_while_it_sounds():
    part = Part("melody", "flute", 73, False, (PlayedNote(1.0, 2.0, 60, 90), PlayedNote(3.0, 3.5, 72, 90)))
    scroll = draw_scroll([part], noise(4.0), sections=[], chords=[], bar_starts_s=(), height=480)
    (first, last, left, right, top, bottom), other = scroll.boxes
    assert (first, last) == (30, 60) and other[4] < top  # higher is drawn higher
    assert right - left == pytest.approx(118, abs=4) and left == HEAD_X + 120
    middle = (top + bottom) // 2
    bright = [int(shade.y[middle, (left + right) // 2]) for shade in (scroll.past, scroll.coming, scroll.now)]
    assert bright[0] < bright[1] < bright[2]
    canvas = to_planes(Image.new("RGB", (WIDTH, HEIGHT), "#000"))
    video._draw_roll(canvas, scroll, 45, 0)
    sounding = int(canvas.y[HEADER_PX + middle, HEAD_X + 20])
    video._draw_roll(canvas, scroll, 20, 0)
    waiting = int(canvas.y[HEADER_PX + middle, left - 20 * 4 + 40])
    assert sounding == bright[2] and waiting == bright[1]


def test_planes_have_the_colours_of_the_standard():
    planes = to_planes(Image.new("RGB", (4, 4), (255, 0, 0)))  # BT.709: red is Y 63, U 102, V 240
    assert [int(p[0, 0]) for p in (planes.y, planes.u, planes.v)] == pytest.approx([63, 102, 240], abs=1)


def test_a_film_takes_a_few_seconds_of_work(film):
    assert film[2] < 0.5 * LENGTH_S  # CPU seconds; measured 0.15 a second of film


def test_a_stop_stops_it(tmp_path):
    stop = Event()
    stop.set()
    song = hand_song()
    with pytest.raises(Cancelled):
        write_video(tmp_path / "a.mp4", noise(1.0), song, perform(song, cards={}), title="x", sections=[], chords=[],
                    cancel=stop)


def test_without_an_encoder_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(video, "CODECS", ("no_such_codec",))
    song = hand_song()
    with pytest.raises(EngineUnavailable, match="H.264"):
        write_video(tmp_path / "a.mp4", noise(1.0), song, perform(song, cards={}), title="x", sections=[], chords=[])
