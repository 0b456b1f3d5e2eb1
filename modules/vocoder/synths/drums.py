"""Drum machines: every piece of every kit as one `Hit` of tone, noise, metal and click. General MIDI keys in, samples
out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from zlib import crc32

import numpy as np
from scipy.signal import butter, sosfilt

from modules.canvas.vocabulary import DRUM_KEYS
from modules.config import SAMPLE_RATE

# The six square waves behind the TR-808's cymbals, Hz (Werner et al. 2014, "The TR-808 cymbal")
METAL_HZ = (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)
HIGHEST_HZ = 18_000.0
SILENT_DB = 70.0  # a hit lasts until it is this far down


@dataclass(frozen=True)
class Hit:
    """One drum sound. Levels are linear and relative; times are seconds to fall by 60 dB divided by 6.9 (e-folds)."""

    level: float = 1.0
    tones_hz: tuple[float, ...] = ()
    tone: float = 1.0
    tone_s: float = 0.1
    drop_octaves: float = 0.0
    drop_s: float = 0.02
    square: bool = False
    noise: float = 0.0
    noise_s: float = 0.06
    band_hz: tuple[float, float] = (1500.0, 12000.0)
    bursts: int = 1  # a clap is several hands
    metal: float = 0.0
    metal_s: float = 0.05
    metal_low_hz: float = 7000.0
    metal_scale: float = 1.0
    click: float = 0.0
    drive: float = 0.0
    pan: float = 0.0  # -1 … 1


_808: dict[str, Hit] = {
    "kick": Hit(1.25, (49.0,), tone_s=0.2, drop_octaves=1.4, drop_s=0.014, click=0.25, drive=0.5),
    "snare": Hit(1.15, (178.0, 331.0), tone=0.8, tone_s=0.045, noise=0.75, noise_s=0.075, band_hz=(1800, 12000)),
    "rim": Hit(0.78, (455.0, 1667.0), tone_s=0.008, click=0.4, drive=1.0),
    "clap": Hit(1.1, noise=1.2, noise_s=0.09, band_hz=(750, 3200), bursts=3),
    "closed": Hit(0.85, metal=1.0, metal_s=0.016, pan=0.15),
    "pedal": Hit(0.68, metal=1.0, metal_s=0.022, pan=0.15),
    "open": Hit(0.76, metal=1.0, metal_s=0.13, pan=0.15),
    "ride": Hit(0.56, metal=1.0, metal_s=0.25, metal_low_hz=5000, metal_scale=1.35, pan=0.3),
    "bell": Hit(0.5, (800.0, 1200.0), tone=0.3, tone_s=0.15, metal=0.8, metal_s=0.2, metal_low_hz=4000, pan=0.3),
    "crash": Hit(0.62, metal=0.6, metal_s=0.36, metal_low_hz=3500, noise=0.8, noise_s=0.34, band_hz=(4000, 14000),
                 pan=-0.25),
    "shaker": Hit(0.6, noise=1.0, noise_s=0.025, band_hz=(5000, 14000), pan=-0.3),
    "tom_low": Hit(0.9, (82.0,), tone_s=0.12, drop_octaves=0.5, drop_s=0.03, noise=0.06, pan=-0.35),
    "tom_mid": Hit(0.9, (123.0,), tone_s=0.11, drop_octaves=0.5, drop_s=0.03, noise=0.06, pan=0.05),
    "tom_high": Hit(0.9, (165.0,), tone_s=0.1, drop_octaves=0.5, drop_s=0.03, noise=0.06, pan=0.35),
    "conga_low": Hit(0.75, (185.0,), tone_s=0.07, drop_octaves=0.15, click=0.15, pan=-0.3),
    "conga_high": Hit(0.75, (370.0,), tone_s=0.045, drop_octaves=0.15, click=0.2, pan=0.3),
    "cowbell": Hit(0.5, (540.0, 800.0), tone_s=0.06, square=True, pan=0.2),
    "clave": Hit(0.5, (2500.0,), tone_s=0.012, pan=-0.2),
    "tambourine": Hit(0.4, noise=0.5, noise_s=0.05, band_hz=(6000, 16000), metal=0.5, metal_s=0.06,
                      metal_scale=2.2, pan=-0.2),
    "triangle": Hit(0.3, (5200.0, 8100.0), tone_s=0.35, pan=0.35),
    "snap": Hit(0.6, noise=1.0, noise_s=0.03, band_hz=(1400, 4500), bursts=2, click=0.2),
}


def _with(base: dict[str, Hit], **changes: dict) -> dict[str, Hit]:
    return {piece: replace(hit, **changes.get(piece, {})) for piece, hit in base.items()}


_909 = _with(
    _808,
    kick={"tones_hz": (52.0,), "tone_s": 0.12, "drop_octaves": 2.2, "drop_s": 0.012, "click": 0.6, "drive": 1.2},
    snare={"tones_hz": (185.0, 278.0), "tone_s": 0.05, "drop_octaves": 0.4, "noise": 1.0, "noise_s": 0.085,
           "band_hz": (1200, 14000)},
    clap={"noise_s": 0.07, "band_hz": (900, 5000), "bursts": 4},
    closed={"metal": 0.7, "noise": 0.7, "noise_s": 0.018, "band_hz": (7000, 16000), "level": 0.74},
    open={"metal": 0.7, "noise": 0.7, "noise_s": 0.11, "band_hz": (6500, 16000), "level": 0.68},
    ride={"metal_low_hz": 4200, "metal_scale": 1.7, "noise": 0.15, "noise_s": 0.2, "level": 0.5},
    crash={"metal": 0.35, "noise": 1.0, "noise_s": 0.4},
    tom_low={"tone_s": 0.16, "drop_octaves": 0.9}, tom_mid={"tone_s": 0.14, "drop_octaves": 0.9},
    tom_high={"tone_s": 0.12, "drop_octaves": 0.9},
)
_ELECTRONIC = _with(
    _909,
    kick={"tone_s": 0.1, "drop_octaves": 2.6, "drop_s": 0.016, "drive": 1.6, "click": 0.8},
    snare={"tones_hz": (200.0, 400.0), "noise_s": 0.11, "drive": 0.6},
)
_LOFI = _with(
    _808,
    kick={"tones_hz": (58.0,), "tone_s": 0.09, "drop_octaves": 0.9, "drive": 0.8, "click": 0.1},
    snare={"tones_hz": (190.0, 305.0), "noise": 0.8, "noise_s": 0.06, "band_hz": (900, 6000)},
    closed={"noise": 0.8, "metal": 0.3, "noise_s": 0.014, "band_hz": (5000, 9000), "level": 0.62},
    open={"noise": 0.8, "metal": 0.3, "noise_s": 0.08, "band_hz": (4500, 9000), "level": 0.55},
    rim={"tone_s": 0.012, "drive": 0.6},
)
_CHIP = {
    piece: replace(hit, metal=0.0, square=bool(hit.tones_hz), noise=max(hit.noise, hit.metal),
                   noise_s=max(hit.noise_s if hit.noise else 0.0, hit.metal_s if hit.metal else 0.0) * 0.8 or 0.02,
                   band_hz=(200.0, 16000.0), bursts=1, click=0.0, drive=0.0, pan=0.0, level=hit.level * 0.7)
    for piece, hit in _808.items()
}
_CHIP["kick"] = Hit(1.0, (60.0,), tone_s=0.06, drop_octaves=2.2, drop_s=0.03, square=True)
_ACOUSTIC = _with(
    _808,
    kick={"tones_hz": (58.0, 92.0), "tone_s": 0.07, "drop_octaves": 0.7, "drop_s": 0.01, "click": 0.5, "noise": 0.1,
          "noise_s": 0.02, "band_hz": (800, 5000)},
    snare={"tones_hz": (190.0, 287.0, 433.0), "noise": 0.9, "noise_s": 0.08, "band_hz": (1200, 11000)},
    closed={"noise": 0.8, "noise_s": 0.02, "band_hz": (6000, 15000), "metal": 0.4},
    open={"noise": 0.8, "noise_s": 0.15, "band_hz": (5000, 15000), "metal": 0.4},
    rim={"tones_hz": (420.0, 900.0, 1750.0), "tone_s": 0.014},
)
KITS: dict[str, dict[str, Hit]] = {
    "kit_808": _808, "kit_909": _909, "electronic_kit": _ELECTRONIC, "lofi_kit": _LOFI, "chip_kit": _CHIP,
    "standard_kit": _ACOUSTIC,
}
OWN_KITS = frozenset(KITS) - {"standard_kit"}  # sounded by us even where a sound font is at hand
MACHINES = OWN_KITS - {"lofi_kit"}
TAKES, FORCES = 4, 3
LEVEL = 0.38  # so that a machine is as loud as the sampled kit
LOFI_CUTOFF_HZ, LOFI_LEVELS = 5200.0, 220  # an old sampler: dull and about 8 bits
CHIP_NOISE_HZ = 11_000.0  # the rate at which a sound chip's noise changes
# "ghost", "snare" and the hat's loudnesses share a key; the first piece of a key names its sound
_PIECE_OF_KEY = {DRUM_KEYS[piece]: piece for piece in reversed(tuple(DRUM_KEYS)) if piece not in ("ghost", "soft")}


def piece_of(key: int) -> str:
    """The piece that a General MIDI percussion key stands for; the snare where the key is unknown."""
    return _PIECE_OF_KEY.get(key, "snare")


@lru_cache(maxsize=320)
def render_hit(kit: str, piece: str, take: int = 0, force: int = FORCES - 1) -> np.ndarray:
    """A hit at full level, float32 (2, n). Kits without a machine of their own sound as the plain acoustic one.

    Args:
        take: which of `TAKES` recordings of the same stroke; no two in a row sound alike.
        force: how hard, 0 … `FORCES` − 1: soft hits are duller, not just quieter. A sound chip knows neither.
    """
    hit = KITS.get(kit, _ACOUSTIC)[piece]
    key = [crc32(kit.encode()), crc32(piece.encode())]
    if kit != "chip_kit":
        hit = _struck(hit, np.random.default_rng([*key, take]) if take else None, force / (FORCES - 1),
                      0.35 if kit in MACHINES else 1.0)
    else:
        take = 0
    draws = np.random.default_rng([*key, take] if take else key)
    lasts = max([hit.tone_s * bool(hit.tones_hz), hit.noise_s * (hit.noise > 0), hit.metal_s * (hit.metal > 0), 0.01])
    n = int((lasts * SILENT_DB / 8.686 + 0.05) * SAMPLE_RATE)
    t = np.arange(n) / SAMPLE_RATE
    out = np.zeros(n)
    if hit.tones_hz:
        out += hit.tone * _tone(hit, t)
    if hit.noise:
        out += hit.noise * _noise(hit, t, draws, chip=kit == "chip_kit")
    if hit.metal:
        out += hit.metal * _metal(hit, t, draws)
    if hit.click:
        out += hit.click * np.exp(-t / 0.0015) * np.sin(2 * np.pi * 2600 * t)
    out *= np.minimum(t / 0.0006, 1.0)  # no step at the start
    out /= np.abs(out).max() + 1e-9
    if hit.drive:
        out = np.tanh(out * (1 + hit.drive)) / np.tanh(1 + hit.drive)
    if kit == "lofi_kit":
        crushed = np.round(out * LOFI_LEVELS) / LOFI_LEVELS
        out = sosfilt(butter(2, LOFI_CUTOFF_HZ, fs=SAMPLE_RATE, output="sos"), crushed)
    fade = min(n, int(0.02 * SAMPLE_RATE))
    out[-fade:] *= np.linspace(1, 0, fade)
    out *= LEVEL * hit.level
    angle = np.pi / 4 * (1 + 0.7 * hit.pan)
    return (np.stack([np.cos(angle) * out, np.sin(angle) * out]) * np.sqrt(2)).astype(np.float32)


def _struck(hit: Hit, draws: np.random.Generator | None, force: float, loose: float) -> Hit:
    """The hit as one stroke gave it: `force` 0–1 opens it, `draws` vary it, by `loose` (machines drift less)."""
    shut = 1.0 - force
    pitch, length, noise = 1.0 + np.array([0.006, 0.05, 0.08]) * loose * draws.normal(size=3) if draws else np.ones(3)
    low, high = hit.band_hz
    return replace(
        hit, tones_hz=tuple(tone_hz * pitch for tone_hz in hit.tones_hz), tone_s=hit.tone_s * length,
        noise=hit.noise * noise * (1.0 - 0.3 * shut), noise_s=hit.noise_s * length,
        metal_s=hit.metal_s * length * (1.0 - 0.2 * shut), metal_low_hz=hit.metal_low_hz * (1.0 - 0.1 * shut),
        band_hz=(low, max(1.3 * low, high * (1.0 - 0.45 * shut))), click=hit.click * (1.0 - 0.7 * shut),
        drop_octaves=hit.drop_octaves * (1.0 - 0.3 * shut), drive=hit.drive * (1.0 - 0.6 * shut))


def _tone(hit: Hit, t: np.ndarray) -> np.ndarray:
    out = np.zeros(len(t))
    fall = 2.0 ** (hit.drop_octaves * np.exp(-t / hit.drop_s))
    for i, tone_hz in enumerate(hit.tones_hz):
        phase = 2 * np.pi * np.cumsum(tone_hz * fall) / SAMPLE_RATE
        if hit.square:  # band-limited: odd harmonics that stay below 18 kHz at the start of the fall
            top = int(HIGHEST_HZ / (tone_hz * 2**hit.drop_octaves))
            out += sum(np.sin(k * phase) / k for k in range(1, min(top, 41) + 1, 2)) / (i + 1)
        else:
            out += np.sin(phase) / (i + 1) * np.exp(-t * i / hit.tone_s * 0.4)
    return out * np.exp(-t / hit.tone_s)


def _noise(hit: Hit, t: np.ndarray, draws: np.random.Generator, chip: bool) -> np.ndarray:
    if chip:  # a shift register's bits, held
        held = draws.integers(0, 2, int(len(t) * CHIP_NOISE_HZ / SAMPLE_RATE) + 2) * 2.0 - 1.0
        return held[(t * CHIP_NOISE_HZ).astype(int)] * np.exp(-t / hit.noise_s) * 0.7
    noise = sosfilt(butter(2, hit.band_hz, "bandpass", fs=SAMPLE_RATE, output="sos"), draws.standard_normal(len(t)))
    noise /= np.abs(noise).max() / 1.2
    if hit.bursts == 1:
        return noise * np.exp(-t / hit.noise_s)
    envelope = np.zeros(len(t))
    for i in range(hit.bursts):  # hands 11 ms apart, the last one with the room's tail
        start = i * 0.011
        length_s = 0.005 if i < hit.bursts - 1 else hit.noise_s
        envelope = np.maximum(envelope, np.where(t >= start, np.exp(-np.maximum(t - start, 0) / length_s), 0))
    return noise * envelope


def _metal(hit: Hit, t: np.ndarray, draws: np.random.Generator) -> np.ndarray:
    """The squares' odd harmonics as lines of one spectrum: cheaper than 200 sines, and nothing aliases."""
    size = 1 << int(np.ceil(np.log2(len(t))))
    spectrum = np.zeros(size // 2 + 1, np.complex128)
    for base in METAL_HZ:
        tone_hz = base * hit.metal_scale
        k = np.arange(max(1, int(hit.metal_low_hz * 0.6 / tone_hz)) | 1, int(HIGHEST_HZ / tone_hz) + 1, 2)
        np.add.at(spectrum, np.round(k * tone_hz * size / SAMPLE_RATE).astype(int),
                  np.exp(1j * draws.uniform(0, 2 * np.pi, len(k))) / k)
    out = np.fft.irfft(spectrum)[:len(t)]
    out = sosfilt(butter(3, hit.metal_low_hz, "highpass", fs=SAMPLE_RATE, output="sos"), out)
    return out / (np.abs(out).max() + 1e-9) * np.exp(-t / hit.metal_s)
