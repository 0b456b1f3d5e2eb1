"""A take as a film (MP4, H.264 and AAC): the piano roll and waveform scroll by, chords and words show what sounds.

One wide picture is drawn once (`scroll.py`) and cut anew for every frame; words are drawn once for each state. Knows
the song, its performance and the finished sound; refuses to know metadata and credentials (`export.py` adds them).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import av
import numpy as np
from PIL import Image, ImageDraw

from modules.errors import Cancelled, EngineUnavailable
from modules.studio.lane_colors import DARK, INK, PAPER, SOFT
from modules.studio.lyrics import TimedLine, timed_lines
from modules.studio.scroll import FPS, HEAD_X, HEIGHT, PX_PER_S, WIDTH, Planes, Scroll, draw_scroll, font, to_planes
from modules.types import Audio, Performance, Song

HEADER_PX, WORDS_PX = 86, 150  # heights of what stands still
MOMENT_PX = 320  # width of what says which section and chord this is
CODECS = ("libx264", "libopenh264", "h264_videotoolbox")  # whichever this build of FFmpeg has, best first
CRF = "21"  # x264's constant quality
AAC_BITS = 256_000
EARLY_S = 1.2  # a line of words shows this long before it is sung


def write_video(path: Path | str, audio: Audio, song: Song, performance: Performance, *, title: str,
                sections: Sequence[Mapping[str, Any]], chords: Sequence[Mapping[str, Any]],
                cancel: Event | None = None) -> None:
    """Write the film, as long as the sound, 1280 × 720 at 30 frames a second.

    Args:
        sections: {name, start_s, end_s}.
        chords: {name, start_s, end_s}.

    Raises:
        EngineUnavailable: this FFmpeg has no H.264 encoder.
        Cancelled: `cancel` was set; what is written is no film.
    """
    lines = timed_lines(song, performance)
    words_px = WORDS_PX if lines else 24
    scroll = draw_scroll(performance.parts, audio, sections=sections, chords=chords,
                         bar_starts_s=performance.bar_starts_s, height=HEIGHT - HEADER_PX - words_px)
    canvas = to_planes(Image.new("RGB", (WIDTH, HEIGHT), PAPER))
    canvas.put(to_planes(_header(title, song, performance)), 0, 0)
    words, moment = _Words(lines), _Moment(sections, chords)
    n_frames = int(np.ceil(audio.duration_s * FPS))
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as film:
        picture = _picture_stream(film)
        sound = film.add_stream("aac", rate=audio.sample_rate, layout="stereo", bit_rate=AAC_BITS)
        samples = np.ascontiguousarray(audio.samples if len(audio.samples) == 2 else
                                       np.repeat(audio.samples[:1], 2, axis=0), np.float32)
        sent = first_box = 0
        for number in range(n_frames):
            if cancel is not None and number % 15 == 0 and cancel.is_set():
                raise Cancelled("Stopped.")
            first_box = _draw_roll(canvas, scroll, number, first_box)
            moment.draw(canvas, number / FPS)
            if lines:
                words.draw(canvas, number / FPS, HEIGHT - words_px)
            for packet in picture.encode(_frame(canvas, number)):
                film.mux(packet)
            sent = _send_sound(film, sound, samples, audio.sample_rate, sent, (number + 1) / FPS)
        _send_sound(film, sound, samples, audio.sample_rate, sent, audio.duration_s + 1)
        for stream in (picture, sound):
            for packet in stream.encode(None):
                film.mux(packet)


def _picture_stream(film: av.container.OutputContainer) -> av.VideoStream:
    name = next((name for name in CODECS if name in av.codecs_available), None)
    if name is None:
        raise EngineUnavailable("This installation's FFmpeg has no H.264 encoder, so no video can be written; the "
                                "PyAV wheel for Linux, macOS or Windows has one.")
    stream = film.add_stream(name, rate=FPS)
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    codec = stream.codec_context
    codec.color_range = codec.colorspace = codec.color_primaries = codec.color_trc = 1  # limited range, BT.709
    if name == "libx264":
        stream.options = {"preset": "ultrafast", "crf": CRF}  # flat colours lose nothing by it
    else:
        stream.bit_rate = 3_000_000
    return stream


def _send_sound(film: av.container.OutputContainer, stream: av.AudioStream, samples: np.ndarray, rate: int, sent: int,
                until_s: float) -> int:
    """Encode samples up to a time, so that sound and picture lie side by side in the file."""
    until = min(samples.shape[-1], round(until_s * rate))
    while sent < until:
        block = np.ascontiguousarray(samples[:, sent:min(sent + 1024, until)])
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = rate, sent
        for packet in stream.encode(frame):
            film.mux(packet)
        sent += block.shape[-1]
    return sent


def _frame(canvas: Planes, number: int) -> av.VideoFrame:
    stacked = np.concatenate([canvas.y.reshape(-1), canvas.u.reshape(-1), canvas.v.reshape(-1)])
    frame = av.VideoFrame.from_ndarray(stacked.reshape(HEIGHT * 3 // 2, WIDTH), format="yuv420p")
    frame.pts = number
    frame.color_range = 1
    return frame


def _draw_roll(canvas: Planes, scroll: Scroll, number: int, first_box: int) -> int:
    """Past left of "now", what comes right of it, what sounds lit up, and a line at "now"; the first box still seen."""
    left = number * PX_PER_S // FPS
    canvas.put(scroll.past.cut(left, left + HEAD_X), 0, HEADER_PX)
    canvas.put(scroll.coming.cut(left + HEAD_X, left + WIDTH), HEAD_X, HEADER_PX)
    boxes = scroll.boxes
    while first_box < len(boxes) and boxes[first_box][1] < number - 30 * FPS:
        first_box += 1
    for first, last, x1, x2, top, bottom in boxes[first_box:]:
        if first > number:
            break
        if last > number:
            shown = scroll.now.cut(x1, x2)
            x = x1 - left
            hidden = max(0, -x)
            shown = shown.cut(hidden, min(x2 - x1, WIDTH - x))
            rows = Planes(shown.y[top:bottom], shown.u[top // 2:bottom // 2], shown.v[top // 2:bottom // 2])
            canvas.put(rows, x + hidden, HEADER_PX + top)
    height = scroll.past.y.shape[0]
    canvas.y[HEADER_PX + 30:HEADER_PX + height, HEAD_X - 1:HEAD_X + 1] = 235
    canvas.u[(HEADER_PX + 30) // 2:(HEADER_PX + height) // 2, HEAD_X // 2 - 1:HEAD_X // 2] = 128
    canvas.v[(HEADER_PX + 30) // 2:(HEADER_PX + height) // 2, HEAD_X // 2 - 1:HEAD_X // 2] = 128
    return first_box


def _header(title: str, song: Song, performance: Performance) -> Image.Image:
    """Title, tempo, the notice, and which colour is which part."""
    picture = Image.new("RGB", (WIDTH, HEADER_PX), PAPER)
    pen = ImageDraw.Draw(picture)
    pen.text((24, 8), _fitted(title, 30, 820), fill=INK, font=font(30))
    pen.text((WIDTH - 24, 16), "AI-generated with Earworm", fill=SOFT, font=font(20), anchor="ra")
    x = 24
    for part in performance.parts:
        name = part.instrument.replace("_", " ")
        wide = round(font(18).getlength(name))
        if x + wide + 22 > WIDTH - MOMENT_PX - 24:
            break
        pen.ellipse((x, 57, x + 13, 70), fill=DARK[part.lane])
        pen.text((x + 20, 52), name, fill=SOFT, font=font(18))
        x += wide + 44
    return picture


def _fitted(text: str, size: int, width: int) -> str:
    while text and font(size).getlength(text) > width:
        text = text[:-2].rstrip() + "…" if not text.endswith("…") else text[:-2].rstrip() + "…"
    return text


class _Moment:
    """Section and chord of this moment, at the top right; redrawn only when they change."""

    def __init__(self, sections: Sequence[Mapping[str, Any]], chords: Sequence[Mapping[str, Any]]) -> None:
        self.spans = (sections, chords)
        self.shown: tuple[str, ...] | None = None

    def draw(self, canvas: Planes, time_s: float) -> None:
        """Bring it up to date, in place."""
        now = tuple(next((s["name"] for s in spans if s["start_s"] <= time_s < s["end_s"]), "") for spans in self.spans)
        if now == self.shown:
            return
        self.shown = now
        picture = Image.new("RGB", (MOMENT_PX, 40), PAPER)
        pen = ImageDraw.Draw(picture)
        section, chord = now[0].capitalize(), "" if now[1] == "N" else now[1]
        pen.text((MOMENT_PX - 110, 20), section, fill=SOFT, font=font(22), anchor="rm")
        pen.text((MOMENT_PX - 24, 20), chord, fill=INK, font=font(30), anchor="rm")
        canvas.put(to_planes(picture), WIDTH - MOMENT_PX, HEADER_PX - 42)


class _Words:
    """The line that is sung, its sung part lit, with the next line below; redrawn only when that changes."""

    def __init__(self, lines: Sequence[TimedLine]) -> None:
        self.lines = lines
        self.shown: tuple[int, int] | None = None

    def draw(self, canvas: Planes, time_s: float, top: int) -> None:
        """Bring the words up to date, in place."""
        line = max((i for i, each in enumerate(self.lines) if each.onset_s - EARLY_S <= time_s), default=-1)
        if line > 0 and time_s < min(self.lines[line].onset_s, self.lines[line - 1].offset_s):
            line -= 1  # the line before is still sung
        sung = sum(s.onset_s <= time_s for s in self.lines[line].syllables) if line >= 0 else 0
        if (line, sung) == self.shown:
            return
        self.shown = (line, sung)
        picture = Image.new("RGB", (WIDTH, HEIGHT - top), PAPER)
        pen = ImageDraw.Draw(picture)
        if line >= 0:
            self._line(pen, self.lines[line], sung)
        if line + 1 < len(self.lines):
            text = _fitted(self.lines[line + 1].text, 24, WIDTH - 80)
            pen.text((WIDTH / 2, 112), text, fill=SOFT, font=font(24), anchor="mm")
        canvas.put(to_planes(picture), 0, top)

    def _line(self, pen: ImageDraw.ImageDraw, line: TimedLine, sung: int) -> None:
        size = next((size for size in (46, 38, 30, 24) if font(size).getlength(line.text) < WIDTH - 60), 20)
        x = (WIDTH - font(size).getlength(line.text)) / 2
        for i, syllable in enumerate(line.syllables):
            text = syllable.text + (" " if syllable.ends_word else "")
            color = DARK["counter"] if i == sung - 1 else INK if i < sung else "#7d8f87"
            pen.text((x, 50), text, fill=color, font=font(size), anchor="lm")
            x += font(size).getlength(text)
