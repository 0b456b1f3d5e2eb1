"""`render`: a performance becomes stems, each part sounded by the right voice of this room."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import numpy as np
from scipy.signal import butter, lfilter

from modules.config import SAMPLE_RATE
from modules.errors import Cancelled
from modules.types import Audio, Part, Performance
from modules.vocoder import sampled
from modules.vocoder.choir import with_backing
from modules.vocoder.synths.drums import OWN_KITS
from modules.vocoder.synths.patches import OWN_SYNTHS
from modules.vocoder.synths.stems import render_synth

FADE_OUT_S = 0.05  # the end of every stem is silent, whatever still rings
TONE_OCTAVES = {"dark": -0.6, "warm": -0.25, "neutral": 0.0, "bright": 0.4}  # on our synths' filters

# what a General MIDI font has no sample for: another instrument's, heard through a low-pass (Hz)
TINTS_HZ = {"felt_piano": 1500.0, "oohs": 1800.0}
RUMBLE_HZ = 16.0  # some sampled loops carry an offset and sway below hearing
OFFSET_SHARE = 0.01  # of the level; a smaller offset is left alone
THREADS = 2


def sound_engine() -> str:
    """What sounds the acoustic instruments here, for the take to tell."""
    if sampled.find_library() is None:
        return "own synths (no FluidSynth library here)"
    font = sampled.find_font()
    return f"FluidSynth with {font.stem}" if font else "own synths (no sound font here)"


def sounded_by(part: Part) -> str:
    """"voice", "synth" or "sampled": who sounds a part."""
    if part.lane == "vocal":
        return "voice"
    if part.instrument in OWN_SYNTHS or part.instrument in OWN_KITS or not sampled.available():
        return "synth"
    return "sampled"


def render(performance: Performance, *, seed: int, tone: str = "neutral",
           cancel: Event | None = None) -> dict[str, Audio]:
    """Sound every part.

    Args:
        seed: for the singer's small irregularities.
        tone: the style's ("dark", "warm", "neutral", "bright"); opens or closes our synths' filters.
        cancel: looked at between notes and slices.

    Returns:
        lane → stereo Audio at 44.1 kHz, all of length `performance.duration_s`, silent at the end.

    Raises:
        Cancelled: `cancel` was set.
    """
    duration_s = performance.duration_s
    n_samples = round(duration_s * SAMPLE_RATE)
    groups: dict[str, list[Part]] = {"voice": [], "synth": [], "sampled": []}
    for part in performance.parts:
        groups[sounded_by(part)].append(part)
    jobs = [partial(_sample, groups["sampled"][first:first + sampled.MAX_PARTS], duration_s, cancel)
            for first in range(0, len(groups["sampled"]), sampled.MAX_PARTS)]
    jobs += [partial(_sing, part, duration_s, seed, cancel) for part in groups["voice"]]
    jobs += [partial(_synthesise, part, duration_s, TONE_OCTAVES[tone], cancel) for part in groups["synth"]]
    stems: dict[str, np.ndarray] = {}
    # FluidSynth works without Python's lock, so another thread can sing or synthesise meanwhile
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        for done in [pool.submit(job) for job in jobs]:
            stems |= done.result()
    return {part.lane: Audio(_finished(stems[part.lane], n_samples), SAMPLE_RATE) for part in performance.parts}


def _sample(parts: list[Part], duration_s: float, cancel: Event | None) -> dict[str, np.ndarray]:
    raw = sampled.render_sampled(parts, duration_s, cancel)
    return {part.lane: _cleaned(raw[part.lane], part.instrument) for part in parts}


def _sing(part: Part, duration_s: float, seed: int, cancel: Event | None) -> dict[str, np.ndarray]:
    if cancel is not None and cancel.is_set():
        raise Cancelled("Stopped.")
    from modules.vocoder.voice import sing  # loads pyworld, which instrumentals do not need

    lead = sing(part.sung, voice=part.instrument, duration_s=duration_s, seed=seed)
    if not part.backing or (cancel is not None and cancel.is_set()):
        return {part.lane: lead.samples}
    second = sing(part.backing, voice=part.instrument, duration_s=duration_s, seed=seed + 1)
    return {part.lane: with_backing(lead, second, part.backing, seed)}


def _synthesise(part: Part, duration_s: float, tone: float, cancel: Event | None) -> dict[str, np.ndarray]:
    return {part.lane: render_synth(part, duration_s, tone=tone, cancel=cancel)}


def _cleaned(samples: np.ndarray, instrument: str) -> np.ndarray:
    """A sampled stem without offset, tinted where the instrument is another's double."""
    if abs(samples.mean()) > OFFSET_SHARE * samples.std():
        samples = lfilter(*butter(1, RUMBLE_HZ, "highpass", fs=SAMPLE_RATE), samples).astype(np.float32)
    if instrument in TINTS_HZ:
        samples = lfilter(*butter(1, TINTS_HZ[instrument], fs=SAMPLE_RATE), samples).astype(np.float32)
    return samples


def _finished(samples: np.ndarray, n_samples: int) -> np.ndarray:
    """Stereo float32 of exactly `n_samples`, faded at the very end."""
    out = np.zeros((2, n_samples), np.float32)
    n = min(n_samples, samples.shape[-1])
    out[:, :n] = samples[:, :n]  # mono (1, n) goes to both sides
    fade = min(n_samples, int(FADE_OUT_S * SAMPLE_RATE))
    out[:, n_samples - fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return out
