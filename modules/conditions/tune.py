"""The main melody of a recording, on its beat grid, with how sure it is. Empty where no line stands out.

Three hearings of the same moments lie over each other: note strengths of everything, note strengths of the tones in the
middle, and CREPE (Kim et al. 2018) on the tones, which follows a voice or a solo. A small network, trained on rendered
pieces whose tune is known (`modules.training.tune`), says from them for each twelfth of a beat which pitch is the tune
and where its notes begin; a best path joins those answers, and notes are cut on the grid.

Letters: `F` moments (12 a beat), `P` pitches from `LOW_MIDI`, `C` hearings.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from scipy.signal import butter, sosfilt
from torch import nn

from modules.assets import asset
from modules.audio.decode import resample
from modules.audio.separation import harmonic_and_centre
from modules.canvas.vocabulary import STEPS_PER_BEAT
from modules.conditions.humming import pitch
from modules.conditions.spectra import LOWEST_MIDI, RATE, pitch_strength
from modules.types import Audio, GridNote

LOW_MIDI, HIGH_MIDI = 48, 91  # where melodies lie
N_PITCHES = HIGH_MIDI - LOW_MIDI
LONGEST_S = 180.0  # more is not asked of a melody
MOMENTS = 12  # a beat: divides by the steps of every metre
WINDOW, HOP = 4096, 1024  # samples at `RATE` of the note strengths
LOW_CUT_HZ = 180.0  # CREPE hears the bass otherwise
HEARINGS = 6
SKIPPED = 2  # CREPE, which costs most, is asked at every other moment
UNCLEAR = 0.30  # confidence below which no tune is given
CHANGE, ENTER = 2.2, 1.6  # nats that another pitch, and beginning or ending to sound, must be worth
STRUCK = 0.5  # likelihood of a beginning from which the same pitch is a new note


@dataclass(frozen=True)
class Tune:
    """`notes` on the grid whose step 0 is the first downbeat; `confidence` 0–1 of the whole line."""

    notes: tuple[GridNote, ...]
    confidence: float


class TuneNet(nn.Module):
    """Hearings (B, C, F, P) → logits of "this is the tune" (B, F, P + 1; the last is silence) and of "a note of it
    begins here" (B, F, P). The same at every pitch but for a sense of height."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.wide = nn.Conv2d(HEARINGS, width, (5, 25), padding=(2, 12))  # an octave up and down
        self.near = nn.Conv2d(width, width, (9, 5), padding=(4, 2))
        self.far = nn.Conv2d(width, width, (9, 1), padding=(16, 0), dilation=(4, 1))
        self.out = nn.Conv2d(width, 2, 1)
        self.rest = nn.Linear(2 * width, 1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = F.relu(self.wide(x))
        x = F.relu(self.near(x)) + x
        x = F.relu(self.far(x)) + x
        both = self.out(x)  # (B, 2, F, P)
        around = torch.cat([x.amax(dim=3), x.mean(dim=3)], dim=1).transpose(1, 2)  # (B, F, 2 · width)
        return torch.cat([both[:, 0], self.rest(around)], dim=2), both[:, 1]


def find_tune(audio: Audio, beats_s: np.ndarray, first: int, meter: str, tuning: float) -> Tune:
    """The tune of a recording.

    Args:
        beats_s: (T,) beats in seconds. first: index of the first downbeat among them.
        tuning: offset from A = 440 Hz in semitones.
    """
    n_samples = int(LONGEST_S * audio.sample_rate)
    samples = audio.samples[:, :n_samples]
    if len(samples) == 2 and np.array_equal(*samples):  # mono in two channels has no middle of its own
        samples = samples[:1]
    beats = beats_s[first:]
    beats = beats[beats < min(audio.duration_s, LONGEST_S)]
    if len(beats) < 3:
        return Tune((), 0.0)
    x = hearings(Audio(samples, audio.sample_rate), beats, tuning)
    with torch.inference_mode():
        which, begins = _net()(torch.from_numpy(x)[None])
    chances = torch.log_softmax(which[0], dim=1).numpy()
    path, confidence = best_line(chances)
    if confidence < UNCLEAR:
        return Tune((), confidence)
    return Tune(cut_notes(path, torch.sigmoid(begins[0]).numpy(), MOMENTS // STEPS_PER_BEAT[meter]), confidence)


def hearings(audio: Audio, beats_s: np.ndarray, tuning: float) -> np.ndarray:
    """float32 (C, F, P) of a recording at twelfths of its beats, from the first beat to the last."""
    sound = resample(audio, RATE)
    tones, middle = harmonic_and_centre(sound)
    at = np.interp((np.arange((len(beats_s) - 1) * MOMENTS) + 0.5) / MOMENTS, np.arange(len(beats_s)), beats_s)
    whole = _strengths(sound.mono, at, tuning)
    centre = whole if len(sound.samples) == 1 else _strengths(middle, at, tuning)
    rise = np.maximum(whole - np.pad(whole, ((2, 0), (0, 0)))[:-2], 0)
    with ThreadPoolExecutor(max_workers=2) as both:  # the network lets go of the interpreter: two cores
        asked = [tones] if len(sound.samples) == 1 else [tones, middle]
        follow, *rest = both.map(lambda one: _salience(one, at, tuning), asked)
    follow_middle = rest[0] if rest else follow
    height = np.broadcast_to((np.arange(N_PITCHES) - N_PITCHES / 2) / (N_PITCHES / 2), whole.shape)
    return np.stack([whole, centre, rise, follow, follow_middle, height]).astype(np.float32)


def _strengths(sound: np.ndarray, at: np.ndarray, tuning: float) -> np.ndarray:
    """(F, P) note strengths at times, in units of the usual strongest."""
    strength = pitch_strength(sound, tuning, WINDOW, HOP)[:, LOW_MIDI - LOWEST_MIDI:HIGH_MIDI - LOWEST_MIDI]
    strength = np.sqrt(strength / (np.percentile(strength.max(axis=1), 90) + 1e-9))
    place = np.clip(at * RATE / HOP, 0, len(strength) - 1)
    low = np.minimum(place.astype(int), len(strength) - 2)
    share = (place - low)[:, None]
    return np.minimum(strength[low] * (1 - share) + strength[low + 1] * share, 2.0)


def _salience(sound: np.ndarray, at: np.ndarray, tuning: float) -> np.ndarray:
    """(F, P) CREPE's answer at times for each semitone, 0–1."""
    sound = sosfilt(butter(2, LOW_CUT_HZ, "high", fs=RATE, output="sos"), sound).astype(np.float32)
    sound = resample(Audio(sound[None], RATE), pitch.RATE).samples[0]
    bins = np.repeat(pitch.salience_at(sound, at[::SKIPPED]), SKIPPED, axis=0)[:len(at)]
    cents = 100 * (np.arange(LOW_MIDI, HIGH_MIDI) - 69 + tuning) + 1200 * np.log2(440 / 10)
    nearest = np.round((cents - pitch.FIRST_BIN_CENTS) / pitch.CENTS_A_BIN).astype(int)
    return np.stack([bins[:, nearest + shift] for shift in (-2, -1, 0, 1, 2)]).max(axis=0)


def best_line(chances: np.ndarray) -> tuple[np.ndarray, float]:
    """Index of the pitch at each moment, −1 for silence, and the mean likelihood of what the line says where it sounds
    (0 where it hardly ever does).

    Args:
        chances: (F, P + 1) log-likelihoods, silence last.
    """
    n = chances.shape[1]
    move = np.full((n, n), CHANGE)
    move[-1], move[:, -1] = ENTER, ENTER
    np.fill_diagonal(move, 0.0)
    total, back = chances[0].copy(), np.zeros(chances.shape, np.int16)
    for moment in range(1, len(chances)):
        ways = total[:, None] - move
        back[moment] = ways.argmax(axis=0)
        total = ways[back[moment], np.arange(n)] + chances[moment]
    path = np.empty(len(chances), int)
    state = int(total.argmax())
    for moment in range(len(chances) - 1, -1, -1):
        path[moment] = state
        state = int(back[moment, state])
    sounds = path < n - 1
    confidence = float(np.exp(chances[sounds, path[sounds]]).mean()) if sounds.mean() > 0.1 else 0.0
    return np.where(sounds, path, -1), confidence


def cut_notes(path: np.ndarray, begins: np.ndarray, moments_a_step: int) -> tuple[GridNote, ...]:
    """Notes on the grid: the pitch that fills most of each step, cut again where it begins anew."""
    notes: list[list[int]] = []
    for step in range(len(path) // moments_a_step):
        part = slice(step * moments_a_step, (step + 1) * moments_a_step)
        counts = np.bincount(path[part] + 1, minlength=2)
        index = int(counts.argmax()) - 1
        if index < 0:
            continue
        goes_on = notes and notes[-1][2] == index and sum(notes[-1][:2]) == step
        around = begins[max(0, part.start - 1):part.stop - 1, index]
        if goes_on and not (len(around) and around.max() > STRUCK and notes[-1][1] > 1):
            notes[-1][1] += 1
        else:
            notes.append([step, 1, index])
    return tuple(GridNote(step, length, index + LOW_MIDI) for step, length, index in notes)


@lru_cache(maxsize=1)
def _net() -> TuneNet:
    """The shipped weights, read once."""
    net = TuneNet()
    net.load_state_dict({name: value.float() for name, value in load_file(asset("weights/tune.safetensors")).items()})
    return net.eval()
