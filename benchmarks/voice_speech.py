"""Speech beside which the singing is measured: the voices' raw speaker saying lines, other speakers (flite's), and a
recogniser that shares nothing with either (pocketsphinx). Needs requirements-dev.txt and packages-dev.txt."""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyworld
import soundfile
from scipy.signal import resample_poly

from modules.training import speaker
from modules.training.voicebank import FORMANTS, analyse, decoded, lowered
from modules.vocoder.phones import PAUSE, VOWELS
from modules.vocoder.voicebank import FRAME_S

RATE = 16_000
OTHERS = ("slt", "rms", "awb")  # flite's speakers, none of whom any voice was made from
RAW_OCTAVES = {"clara": 0.0, "marcus": -0.8}  # a lower voice speaks lower
SILENCE_S = 0.2
VERSE = Path(__file__).with_name("verse.txt")


@dataclass(frozen=True)
class Spoken:
    """A line said: float32 (n,) at 16 kHz, [(phone, start_s, end_s)] and pitch (m,) in Hz every 12.5 ms."""

    samples: np.ndarray
    phones: tuple[tuple[str, float, float], ...]
    f0_hz: np.ndarray


def verse() -> list[str]:
    """The lines of verse, in order."""
    text = VERSE.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in text if line.strip() and line[0] not in "#["]


@lru_cache(maxsize=256)
def raw_speech(line: str, voice: str) -> Spoken:
    """The speaker whom a voice was made from, saying a line; lowered with WORLD where the voice was."""
    said = [speaker.say(part) for part in speaker.pronounce(line)]
    samples = np.concatenate([part.samples for part in said])
    starts = np.cumsum([0.0, *(len(part.samples) / speaker.RATE for part in said)])
    phones = tuple((symbol, start + at, end + at) for part, at in zip(said, starts, strict=False)
                   for symbol, start, end in part.phones)
    f0 = np.concatenate([part.f0_hz for part in said])
    if FORMANTS[voice] != 1.0:
        spectra = analyse(speaker.Utterance(phones, samples, f0))
        times = (np.arange(len(f0)) + 0.5) * speaker.F0_STEP_S
        pitch = np.interp(np.arange(len(spectra.voiced)) * FRAME_S, times[f0 > 0], f0[f0 > 0])
        pitch = np.where(spectra.voiced, pitch * 2.0 ** RAW_OCTAVES[voice], 0.0)
        power, aperiodicity = decoded(lowered(spectra.log_power, FORMANTS[voice]), spectra.aperiodicity_db)
        samples = pyworld.synthesize(pitch, power, aperiodicity, speaker.RATE, FRAME_S * 1000)
        f0 = f0 * 2.0 ** RAW_OCTAVES[voice]
    samples = resample_poly(samples, 2, 3)
    return Spoken((0.5 * samples / np.abs(samples).max()).astype(np.float32), phones, f0)


@lru_cache(maxsize=4096)
def other_speech(said: str, name: str, *, as_phones: bool = False) -> Spoken:
    """One of flite's speakers saying prose, or phones with spaces between ("t ay1 g er0")."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        told = subprocess.run(["flite", "-voice", name, "-psdur", "-o", file.name, "-p" if as_phones else "-t", said],
                              check=True, capture_output=True, text=True)
        samples, _ = soundfile.read(file.name, dtype="float32")
    phones, start = [], 0.0
    for item in told.stdout.split():
        symbol, end = item.split(":")
        phones.append(({"pau": PAUSE, "ax": "AH"}.get(symbol, symbol.upper()), start, float(end)))
        start = float(end)
    return Spoken(samples, tuple(phones), np.zeros(0))


def vowel_times(spoken: Spoken, count: int) -> np.ndarray:
    """When each of a line's `count` vowels starts, in seconds; evened out where the speaker said more or fewer."""
    vowels = ("ax", "ix", *VOWELS)
    starts = np.array([start for symbol, start, _ in spoken.phones if symbol in vowels])
    if len(starts) == count:
        return starts
    return np.interp(np.linspace(0, len(starts) - 1, count), np.arange(len(starts)), starts)


def words_of(text: str) -> list[str]:
    return re.sub(r"[^a-z' ]", " ", text.lower().replace("-", " ")).split()


@lru_cache(maxsize=1)
def _recogniser():
    from pocketsphinx import Decoder

    return Decoder(samprate=RATE, loglevel="FATAL")


def recognised(samples: np.ndarray) -> list[str]:
    """What pocketsphinx understands of sound at 16 kHz, without being told anything."""
    decoder = _recogniser()
    quiet = np.zeros(int(SILENCE_S * RATE))
    loud = np.concatenate([quiet, samples / (np.abs(samples).max() + 1e-9) * 0.6, quiet])
    decoder.start_utt()
    decoder.process_raw((loud * 32767).astype(np.int16).tobytes(), full_utt=True)
    decoder.end_utt()
    return words_of(decoder.hyp().hypstr) if decoder.hyp() else []


def word_errors(right: list[str], heard: list[str]) -> int:
    """Insertions, deletions and substitutions between two lists of words (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(right, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]
