"""Opens whatever people upload and gives plain `Audio`, or says in one sentence what would be right.

Owns formats, lengths, channel layouts, sample rates. Knows nothing of what the sound is for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from math import gcd
from pathlib import Path

import av
import numpy as np
import soundfile
from scipy.signal import firwin, resample_poly

from modules.errors import InputError
from modules.types import Audio

MIN_SECONDS = 0.3  # shorter than any note worth listening to
SILENCE_PEAK = 5e-4  # −66 dBFS: below it there is only dither and hiss
SAMPLE_RATES = (4_000, 384_000)  # Hz
BLOCK_SECONDS = 10.0  # decoded and mixed down at a time, so that a long surround file stays small in memory
RIGHT = "a WAV, FLAC, OGG, MP3, M4A or WebM sound file would be right"

# ITU-R BS.775: front left, front right, centre, LFE (left out), surround left, surround right.
_SURROUND_51 = np.array([[1, 0, 0.7071, 0, 0.7071, 0], [0, 1, 0.7071, 0, 0, 0.7071]], np.float32) / 2.4142


def read_audio(path: str | os.PathLike, max_seconds: float, name: str | None = None) -> Audio:
    """Decode a sound file of any common kind to mono or stereo at its own sample rate.

    Args:
        path: the file. Its content decides what it is, not its suffix.
        max_seconds: longest length accepted, checked against the header before anything is decoded.
        name: what to call the file in messages (default: its file name).

    Returns:
        `Audio` with 1 or 2 channels; more are mixed down to stereo. Peaks above 1 are scaled down to 1.

    Raises:
        InputError: missing, empty, not a sound, a video, damaged, silent, shorter than 0.3 s or too long.
    """
    path = Path(path)
    name = name or path.name
    if not path.is_file():
        raise InputError(f'"{name}" is not there or is not a file; {RIGHT}.')
    if path.stat().st_size == 0:
        raise InputError(f'"{name}" is empty (0 bytes); {RIGHT}.')
    try:
        source = soundfile.SoundFile(path)
    except soundfile.LibsndfileError:
        blocks, sample_rate = _read_with_av(path, max_seconds, name)
    else:
        with source:
            blocks, sample_rate = _read_with_soundfile(source, max_seconds, name)
    samples = np.concatenate(blocks, axis=1) if blocks else np.zeros((1, 0), np.float32)
    return Audio(_checked(samples, sample_rate, max_seconds, name), sample_rate)


def resample(audio: Audio, rate: int) -> Audio:
    """The same sound at `rate` Hz (polyphase FIR, 90 dB stop band; the same input gives the same bytes)."""
    if rate == audio.sample_rate:
        return audio
    divisor = gcd(rate, audio.sample_rate)
    up, down = rate // divisor, audio.sample_rate // divisor
    samples = resample_poly(audio.samples, up, down, axis=-1, window=_resampling_filter(up, down))
    return Audio(np.ascontiguousarray(samples, dtype=np.float32), rate)


@lru_cache(maxsize=16)
def _resampling_filter(up: int, down: int) -> np.ndarray:
    """Low-pass taps: 32 zero crossings a side, cut off at 95 % of the lower Nyquist frequency."""
    widest = max(up, down)
    return firwin(64 * widest + 1, 0.95 / widest, window=("kaiser", 9.0)).astype(np.float32)


def _read_with_soundfile(source: soundfile.SoundFile, max_seconds: float, name: str) -> tuple[list[np.ndarray], int]:
    _check_rate(source.samplerate, name)
    _check_length(source.frames / source.samplerate, max_seconds, name)
    try:
        blocks = source.blocks(int(BLOCK_SECONDS * source.samplerate), dtype="float32", always_2d=True)
        return [_mixed_down(block.T) for block in blocks], source.samplerate
    except soundfile.LibsndfileError as error:
        raise InputError(f'"{name}" is damaged and cannot be read to its end; {RIGHT}.') from error


def _read_with_av(path: Path, max_seconds: float, name: str) -> tuple[list[np.ndarray], int]:
    """What libsndfile does not know: M4A, WebM, AAC and the like, through FFmpeg's libraries."""
    try:
        with av.open(str(path)) as container:
            _check_container(container, name)
            stream = container.streams.audio[0]
            sample_rate = stream.codec_context.sample_rate
            _check_rate(sample_rate, name)
            if container.duration:  # microseconds; a browser's recording has none
                _check_length(container.duration / 1e6, max_seconds, name)
            return _whole_within(_frames(container, stream), int(max_seconds * sample_rate)), sample_rate
    except av.FFmpegError as error:
        raise InputError(f'"{name}" is not a sound that can be read; {RIGHT}.') from error


def _check_container(container: av.container.InputContainer, name: str) -> None:
    kind = container.format.name
    if kind.endswith("_pipe") or kind in ("image2", "gif", "apng", "tty"):
        raise InputError(f'"{name}" is a picture or a text, not a sound; {RIGHT}.')
    moving = [s for s in container.streams.video if av.stream.Disposition.attached_pic not in s.disposition]
    if moving and container.streams.audio:
        raise InputError(f'"{name}" is a video; export its sound as WAV or MP3 and give that.')
    if moving:
        raise InputError(f'"{name}" is a video without any sound; {RIGHT}.')
    if not container.streams.audio:
        raise InputError(f'"{name}" holds no sound; {RIGHT}.')


def _frames(container: av.container.InputContainer, stream: av.AudioStream) -> Iterator[np.ndarray]:
    """Decoded blocks, float32 (channels, samples) with at most two channels."""
    resampler = av.AudioResampler(format="fltp")  # sample format only; rate and layout stay
    for frame in container.decode(stream):
        for converted in resampler.resample(frame):
            yield _mixed_down(converted.to_ndarray())


def _whole_within(blocks: Iterator[np.ndarray], limit: int) -> list[np.ndarray]:
    """Blocks until a little more than `limit` samples are there; the length check then refuses the rest."""
    kept: list[np.ndarray] = []
    n_samples = 0
    for block in blocks:
        kept.append(block)
        n_samples += block.shape[1]
        if n_samples > limit:
            break
    return kept


def _mixed_down(samples: np.ndarray) -> np.ndarray:
    """(channels, samples) → at most two channels. Other layouts than 5.1 alternate left and right."""
    if len(samples) <= 2:
        return samples
    if len(samples) == 6:
        return _SURROUND_51 @ samples
    return np.stack([samples[0::2].mean(axis=0), samples[1::2].mean(axis=0)])


def _check_rate(sample_rate: int, name: str) -> None:
    lowest, highest = SAMPLE_RATES
    if not lowest <= sample_rate <= highest:
        raise InputError(f'"{name}" has a sample rate of {sample_rate} Hz; '
                         f"{lowest} to {highest} Hz would be right, for example 44100 Hz.")


def _check_length(seconds: float, max_seconds: float, name: str) -> None:
    if seconds > max_seconds + 0.5:  # codecs pad by a fraction of a second
        raise InputError(f'"{name}" is {seconds:.0f} s long; at most {max_seconds:.0f} s would be right, '
                         "so cut out the part that matters.")
    if seconds < MIN_SECONDS:
        raise InputError(f'"{name}" is only {max(seconds, 0):.2f} s long; at least {MIN_SECONDS} s would be right.')


def _checked(samples: np.ndarray, sample_rate: int, max_seconds: float, name: str) -> np.ndarray:
    """float32 (channels, samples), finite, audible, of a sensible length, within [-1, 1]."""
    _check_length(samples.shape[1] / sample_rate, max_seconds, name)
    if not np.isfinite(samples).all():
        raise InputError(f'"{name}" holds values that are no numbers (NaN or infinity); '
                         "export it again, as 16- or 24-bit WAV for example.")
    peak = float(np.abs(samples).max())
    if peak < SILENCE_PEAK:
        raise InputError(f'"{name}" is silent; a recording in which something sounds would be right, '
                         "so check the microphone or the export.")
    if peak > 1.0:
        samples = samples / peak
    return np.ascontiguousarray(samples, dtype=np.float32)
