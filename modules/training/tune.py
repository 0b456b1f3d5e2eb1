"""Trains what hears the main melody: `python -m modules.training.tune`. About ten minutes on one core.

Pieces are composed and played by Earworm itself in every style but those of `HELD_OUT`, a tenth of them sung; their
parts are laid over each other at levels of chance, so that the tune is not always the loudest. What sounds is known
note by note. Held-out styles are for `benchmarks.reference_use` and choose nothing here.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from threading import Event

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from modules.canvas.vocabulary import BEATS_PER_BAR
from modules.conditions.tune import HEARINGS, LOW_MIDI, MOMENTS, N_PITCHES, TuneNet, hearings
from modules.engines.embedded import EmbeddedEngine
from modules.styles.cards import cards
from modules.types import Audio, Controls, Request, Take

HELD_OUT = ("indie_pop", "synthwave", "bossa_nova", "acoustic_folk", "lofi_hiphop", "classic_rock", "swing_jazz",
            "pop_ballad", "disco", "country", "funk", "celtic", "house", "rnb", "romantic_waltz", "cinematic_epic")
WORDS = ("Morning light upon the sill\nCoffee warm and city still\n"
         "Stay a while with me tonight\nHold me in the fading light")
LENGTH_S = 16.0
LEVEL_DB = 5.0  # deviation of the level of each part
EARLY_S = 0.02  # how far beats may be misplaced
CROP = 192  # moments in a lesson
SILENCE_WEIGHT = 0.6


def pieces(count: int, seed: int):
    """Takes in styles of chance, one in ten sung."""
    rng = np.random.default_rng(seed)
    names = sorted(set(cards()) - set(HELD_OUT))
    order = rng.permutation(len(names))
    for index in range(count):
        style = names[order[index % len(names)]]
        request = Request(styles={style: 1.0}, lyrics=WORDS if index % 10 == 9 else "", takes=1,
                          seed=int(rng.integers(2**31)), controls=Controls(duration_s=LENGTH_S))
        yield next(item for item in EmbeddedEngine().takes(request, Event()) if isinstance(item, Take))


def beats_of(take: Take) -> np.ndarray:
    """Seconds of all beats of a take, the end of its last bar included."""
    bars, per_bar = take.performance.bar_starts_s, BEATS_PER_BAR[take.performance.meter]
    whole = np.r_[bars, bars[-1] + per_bar * 60 / take.song.tempo_bpm]
    return np.interp(np.arange(len(bars) * per_bar + 1) / per_bar, np.arange(len(whole)), whole)


def lesson(take: Take, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hearings float16 (C, F, P), which pitch is the tune (F,) with N_PITCHES for silence, which begin (F, P)."""
    gains = {lane: 10 ** (rng.normal(0, LEVEL_DB) / 20) for lane in take.stems}
    mixed = sum(stem.samples * gains[lane] for lane, stem in take.stems.items())
    mixed = mixed / (np.abs(mixed).max() + 1e-9) * 0.7
    beats = beats_of(take)
    heard_beats = np.maximum(beats + rng.uniform(-EARLY_S, EARLY_S), 0)
    x = hearings(Audio(mixed.astype(np.float32), next(iter(take.stems.values())).sample_rate), heard_beats, 0.0)
    at = np.interp((np.arange((len(beats) - 1) * MOMENTS) + 0.5) / MOMENTS, np.arange(len(beats)), beats)
    which = np.full(len(at), N_PITCHES)
    begins = np.zeros((len(at), N_PITCHES), np.float32)
    parts = {part.lane: part for part in take.performance.parts}
    part = parts.get("vocal") or parts.get("melody")
    for note in (part.sung or part.notes) if part else ():
        index = note.midi - LOW_MIDI
        sounding = np.flatnonzero((at >= note.onset_s - 0.01) & (at < note.offset_s))
        if 0 <= index < N_PITCHES and len(sounding):
            which[sounding] = index
            begins[sounding[0], index] = 1
    return x.astype(np.float16), which, begins


def collect(count: int, seed: int, cache: Path) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Lessons, kept on disk from run to run."""
    cache.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, 1])
    found = []
    kept = sorted(cache.glob("lesson_*.npz"))[:count]
    if len(kept) == count:
        for path in kept:
            with np.load(path) as data:
                found.append((data["x"], data["which"], data["begins"]))
        return found
    for index, take in enumerate(pieces(count, seed)):
        found.append(lesson(take, rng))
        np.savez(cache / f"lesson_{index:04d}.npz", x=found[-1][0], which=found[-1][1], begins=found[-1][2])
        print(f"{index + 1} of {count} pieces", end="\r", flush=True)
    return found


def batch(lessons: list, rng: np.random.Generator, size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Crops of chance, moved up or down by up to four semitones."""
    xs, whichs, beginss = [], [], []
    for index in rng.integers(len(lessons), size=size):
        x, which, begins = lessons[index]
        start = int(rng.integers(max(1, len(which) - CROP + 1)))
        part = slice(start, start + CROP)
        pad = max(0, CROP - len(which))
        x, begins = np.pad(x[:, part], ((0, 0), (0, pad), (0, 0))), np.pad(begins[part], ((0, pad), (0, 0)))
        which = np.pad(which[part], (0, pad), constant_values=N_PITCHES)
        by = int(rng.integers(-4, 5))
        moved = np.zeros_like(x)
        moved_begins = np.zeros_like(begins)
        to, of = slice(max(0, by), N_PITCHES + min(0, by)), slice(max(0, -by), N_PITCHES - max(0, by))
        moved[:, :, to], moved_begins[:, to] = x[:, :, of], begins[:, of]
        moved[HEARINGS - 1] = x[HEARINGS - 1]  # height stays where it is
        target = np.where(which < N_PITCHES, which + by, N_PITCHES)
        xs.append(moved)
        beginss.append(moved_begins)
        whichs.append(np.where((target < 0) | (target > N_PITCHES), N_PITCHES, target))
    return (torch.from_numpy(np.stack(xs)).float(), torch.from_numpy(np.stack(whichs)),
            torch.from_numpy(np.stack(beginss)))


def loss_of(net: TuneNet, x: torch.Tensor, which: torch.Tensor, begins: torch.Tensor) -> torch.Tensor:
    """Cross entropy of the pitch, and of beginnings."""
    weights = torch.ones(N_PITCHES + 1)
    weights[-1] = SILENCE_WEIGHT
    said, begun = net(x)
    pitch = F.cross_entropy(said.flatten(0, 1), which.flatten(), weight=weights, label_smoothing=0.02)
    return pitch + 20 * F.binary_cross_entropy_with_logits(begun, begins, pos_weight=torch.tensor(4.0))


def accuracy(net: TuneNet, lessons: list) -> tuple[float, float]:
    """Shares of moments with a tune whose pitch is named, and of all moments named right."""
    net.eval()
    right, sounding, whole, moments = 0, 0, 0, 0
    with torch.inference_mode():
        for x, which, _ in lessons:
            said = net(torch.from_numpy(x).float()[None])[0][0]
            sung = which < N_PITCHES
            right += int((said[:, :-1].argmax(dim=1).numpy() == which)[sung].sum())
            whole += int((said.argmax(dim=1).numpy() == which).sum())
            sounding, moments = sounding + int(sung.sum()), moments + len(which)
    net.train()
    return right / max(sounding, 1), whole / max(moments, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pieces", type=int, default=90)
    parser.add_argument("--steps", type=int, default=700)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cache", type=Path, default=Path("cache/tune"))
    parser.add_argument("--out", default="assets/weights/tune")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(args.seed)
    lessons = collect(args.pieces, args.seed, args.cache)
    train, choose = lessons[len(lessons) // 10:], lessons[:len(lessons) // 10]
    net = TuneNet()
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, args.steps)
    started, best, kept = time.process_time(), -1.0, {}
    for step in range(1, args.steps + 1):
        loss = loss_of(net, *batch(train, rng, 4))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 0:
            named, whole = accuracy(net, choose)
            print(f"{step}: loss {loss.item():.3f}; of moments with a tune {named:.3f}, of all {whole:.3f}; "
                  f"{time.process_time() - started:.0f} s", flush=True)
            if whole > best:
                best, kept = whole, {name: value.half().clone() for name, value in net.state_dict().items()}
    save_file(kept, args.out + ".safetensors")
    card = {"what": "Earworm's ear for the main melody of a recording", "licence": "Apache-2.0",
            "command": f"python -m modules.training.tune --pieces {args.pieces} --steps {args.steps}",
            "data": ["takes composed and played by Earworm (own)"], "held_out_styles": HELD_OUT,
            "moments_named_right": round(best, 3)}
    Path(args.out + ".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
