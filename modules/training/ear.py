"""Trains the ear: `python -m modules.training.ear --shared DIR`. Renders its lessons first (15 min), then 10 min.

Needs the Debian packages fluid-soundfont-gm and timgm6mb-soundfont for sound. Every eighth performance is kept from
training and chooses the epoch; the measuring suite is of other pieces, other teacher songs and one font unheard here.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from modules.conditions import ear
from modules.conditions.spectra import FRAME_S, SLOW_FRAME_S
from modules.training.ear_examples import CACHE, read_examples, render_examples
from modules.training.home import learn_home
from modules.training.lessons import real_pieces
from modules.training.recordings import Truth
from modules.types import METERS

KEPT = 8  # one performance in so many chooses the epoch
PLAINER = {"dim7": "dim", "6": "maj", "m6": "min", "9": "7", "maj9": "maj7", "m9": "m7", "add9": "maj"}
UNKNOWN = -100
SHORTEST_KEY_S = 8.0
Example = tuple[np.ndarray, np.ndarray, Truth]


def beat_targets(truth: Truth, n: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, 2) beats and downbeats, widened by a frame, and (N,) whether anything is known there."""
    times = (2 * np.arange(n) + 0.5) * FRAME_S
    out = np.zeros((n, 2), np.float32)
    for column, beats in enumerate((truth.beats_s, truth.downbeats_s)):
        at = np.round((np.array(beats) / FRAME_S - 0.5) / 2).astype(int)
        for shift, value in ((-1, 0.5), (1, 0.5), (0, 1.0)):
            inside = (at + shift >= 0) & (at + shift < n)
            out[at[inside] + shift, column] = value
    beat_s = 60 / truth.tempo_bpm
    known = (times > truth.beats_s[0] - 0.6 * beat_s) & (times < truth.beats_s[-1] + 0.9 * beat_s)
    return out, known.astype(np.float32)


def chord_targets(truth: Truth, n: int) -> np.ndarray:
    """(M,) class of the chord in each harmonic frame, UNKNOWN where none is known or it is a bare fifth."""
    out = np.full(n, UNKNOWN)
    times = np.arange(n) * SLOW_FRAME_S
    for start, end, root, quality in truth.chords:
        here = (times >= start) & (times < end)
        quality = PLAINER.get(quality, quality)
        if root is None:
            out[here] = 12 * len(ear.QUALITIES)
        elif quality in ear.QUALITIES:
            out[here] = root * len(ear.QUALITIES) + ear.QUALITIES.index(quality)
    return out


def pulse_batch(examples: list[Example], rng: np.random.Generator, size: int = 720) -> tuple[torch.Tensor, ...]:
    """Crops (B, size, bands) with tempo and tone changed by chance, and their targets."""
    rows = []
    for bands, _, truth in examples:
        target, known = beat_targets(truth, len(bands))
        factor = float(2 ** rng.uniform(-0.3, 0.3)) if rng.random() < 0.6 else 1.0
        n = round(len(bands) * factor)
        old = np.linspace(0, len(bands) - 1, n)
        whole = np.minimum(old.astype(int), len(bands) - 2)
        share = (old - whole)[:, None].astype(np.float32)
        x = bands[whole] * (1 - share) + bands[whole + 1] * share
        y = np.zeros((n, 2), np.float32)
        for column in (0, 1):  # peaks stay a frame wide at any tempo
            at = np.round(np.flatnonzero(target[:, column] == 1) * (n - 1) / (len(bands) - 1)).astype(int)
            for shift, value in ((-1, 0.5), (1, 0.5), (0, 1.0)):
                inside = (at + shift >= 0) & (at + shift < n)
                y[at[inside] + shift, column] = value
        m = known[np.round(old).astype(int)]
        x = x + rng.normal(0, 0.15, x.shape[1]) * np.linspace(-1, 1, x.shape[1]) + rng.normal(0, 0.05, x.shape)
        x = ear.scaled_bands(x)
        start = int(rng.integers(max(1, n - size + 1)))
        pad = ((0, max(0, size - n)), (0, 0))
        rows.append((np.pad(x[start:start + size], pad), np.pad(y[start:start + size], pad),
                     np.pad(m[start:start + size], pad[0]), METERS.index(truth.meter),
                     np.array([truth.drums, truth.voice, truth.bass], np.float32)))
    x, y, m, meter, present = (np.stack(column) for column in zip(*rows, strict=True))
    return (torch.from_numpy(x.astype(np.float32)), torch.from_numpy(y), torch.from_numpy(m), torch.from_numpy(meter),
            torch.from_numpy(present))


def pulse_loss(net: ear.PulseNet, batch: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Losses of beats and downbeats, of the metre, and of who plays."""
    x, y, known, meter, present = batch
    heard, features = net(x)
    loss = F.binary_cross_entropy_with_logits(heard.transpose(1, 2), y, reduction="none", pos_weight=torch.tensor(2.0))
    beats = (loss.sum(dim=2) * known).sum() / known.sum()
    meters, who = net.judge(features.mean(dim=2))
    return beats, F.cross_entropy(meters, meter), F.binary_cross_entropy_with_logits(who, present)


def harmony_batch(examples: list[Example], rng: np.random.Generator | None) -> list[tuple]:
    """(notes (1, M, P), chord classes (M,), [(first, last, key class)]) each, transposed by chance."""
    out = []
    for _, notes, truth in examples:
        x = ear.scaled_notes(notes)
        y = chord_targets(truth, len(x))
        keys = [(round(start / SLOW_FRAME_S), round(end / SLOW_FRAME_S), tonic,
                 0 if mode in ("major", "mixolydian", "lydian") else 1)
                for start, end, tonic, mode in truth.keys if end - start > SHORTEST_KEY_S]
        move = int(rng.integers(-6, 7)) if rng is not None else 0
        if move:
            x = np.roll(x, move, axis=1)
            x[:, slice(0, move) if move > 0 else slice(move, None)] = 0
            q = len(ear.QUALITIES)
            y = np.where((y >= 0) & (y < 12 * q), (y + move * q) % (12 * q), y)
        if rng is not None:
            x = x * np.exp(rng.normal(0, 0.2)).astype(np.float32)
            if rng.random() < 0.5:  # a stretch of each key, as short tracks and windows are
                keys = [(int(a + rng.uniform(0, 0.4) * (b - a)), int(b - rng.uniform(0, 0.3) * (b - a)), t, m)
                        for a, b, t, m in keys]
        out.append((torch.from_numpy(x)[None], torch.from_numpy(y),
                    [(a, min(b, len(x)), 2 * ((t + move) % 12) + m) for a, b, t, m in keys]))
    return out


def harmony_loss(net: ear.HarmonyNet, batch: list[tuple]) -> tuple[torch.Tensor, torch.Tensor, list[float]]:
    """Losses of chords and keys, and shares of frames with the right root and of right keys."""
    chords, keys, right_roots, right_keys = [], [], [], []
    q = len(ear.QUALITIES)
    for x, y, spans in batch:
        logits, features = net(x)
        chords.append(F.cross_entropy(logits[0], y, ignore_index=UNKNOWN))
        known = (y >= 0) & (y < 12 * q)
        right_roots += ((logits[0].argmax(dim=1) // q) == y // q)[known].float().tolist()
        for first, last, key in spans:
            if last - first < 40:
                continue
            out = net.keys(features[:, :, first:last], ear.edges(last - first))
            keys.append(F.cross_entropy(out, torch.tensor([key])))
            right_keys.append(float(out.argmax() == key))
    return (torch.stack(chords).nanmean(), torch.stack(keys).mean() if keys else torch.zeros(()),
            [float(np.mean(right_roots)), float(np.mean(right_keys)) if right_keys else float("nan")])


def teach(net: torch.nn.Module, name: str, train: list[Example], kept: list[Example], *, epochs: int, minutes: float,
          state: Path) -> dict[str, float]:
    """Train one network in place, keep its best epoch by the kept examples; returns what was reached."""
    rng = np.random.default_rng(1)
    size = 8
    steps = epochs * (len(train) // size)
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps + 1)
    best, reached, started = None, {}, time.process_time()
    for epoch in range(epochs):
        net.train()
        order = rng.permutation(len(train))
        for first in range(0, len(order) - size + 1, size):
            chosen = [train[i] for i in order[first:first + size]]
            if name == "pulse":
                beats, meter, who = pulse_loss(net, pulse_batch(chosen, rng))
                loss = beats + 0.1 * meter + 0.1 * who
            else:
                chords, keys, _ = harmony_loss(net, harmony_batch(chosen, rng))
                loss = chords + 0.3 * keys
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        net.eval()
        with torch.inference_mode():
            if name == "pulse":
                found = [pulse_loss(net, pulse_batch(kept[i:i + 8], np.random.default_rng(i)))
                         for i in range(0, len(kept), 8)]
                beats, meter, who = np.mean([[float(x) for x in losses] for losses in found], axis=0)
                report = {"beats": beats, "meter": meter, "present": who}
                value = beats + 0.1 * meter + 0.1 * who
            else:
                chords, keys, right = harmony_loss(net, harmony_batch(kept, None))
                report = {"chords": float(chords), "keys": float(keys), "roots_right": right[0], "keys_right": right[1]}
                value = float(chords) + 0.3 * float(keys)
        spent = time.process_time() - started
        print(f"{name} epoch {epoch + 1}: {', '.join(f'{k} {v:.3f}' for k, v in report.items())}, {spent:.0f} s",
              flush=True)
        if best is None or value < best:
            best, reached = value, {k: round(float(v), 4) for k, v in report.items()}
            torch.save(net.state_dict(), state)
        if spent > 60 * minutes:
            break
    net.load_state_dict(torch.load(state, weights_only=True))
    return reached


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--performances", type=int, default=230)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--minutes", type=float, default=8.0, help="processor time of each network at most")
    parser.add_argument("--only", choices=("pulse", "harmony"), help="teach one network, keep the other's weights")
    parser.add_argument("--out", type=Path, default=Path("assets/weights/ear.safetensors"))
    args = parser.parse_args()
    torch.manual_seed(0)
    pieces = real_pieces(args.shared)
    render_examples(0, args.performances, pieces)
    examples = read_examples()
    train = [example for index, example in enumerate(examples) if index // 2 % KEPT != KEPT - 1]
    kept = [example for index, example in enumerate(examples) if index // 2 % KEPT == KEPT - 1 and index % 2 == 0]
    nets = {"pulse": ear.PulseNet(), "harmony": ear.HarmonyNet()}
    card = {"pulse": {}, "harmony": {}, "reached": {}}
    if args.only:
        from safetensors.torch import load_file

        card = json.loads(args.out.with_suffix(".json").read_text(encoding="utf-8"))
        before = load_file(args.out)
        for name, net in nets.items():
            net.load_state_dict({k[len(name) + 1:]: w.float() for k, w in before.items() if k.startswith(name)})
    for name in [args.only] if args.only else list(nets):
        size = sum(p.numel() for p in nets[name].parameters())
        print(f"{name}: {size} parameters, {len(train)} examples", flush=True)
        card["reached"][name] = teach(nets[name], name, train, kept, epochs=args.epochs, minutes=args.minutes,
                                      state=CACHE / f"{name}.pt")
    weights = {f"{name}.{key}": w.half().contiguous() for name, net in nets.items()
               for key, w in net.state_dict().items()}
    home, right = learn_home(pieces)
    weights["home.weights"] = torch.from_numpy(home).half()
    card["reached"]["home"] = {"keys_right": round(right, 4)}
    save_file(weights, args.out)
    args.out.chmod(0o644)
    card |= {"what": "hears beats, metre, who plays (pulse), chords and keys (harmony) in a recording's features, and "
                     "from chords where home is (home)",
             "data": f"{len(examples)} mixes of {len(examples) // 2} performances, rendered by "
                     "modules.training.recordings from training pieces of OpenEWLD (MIT), OpenScore Lieder (CC0), "
                     "Open Hymnal (public domain), "
                     "Freedoom (BSD-3-Clause) and teacher songs, with FluidR3 GM (MIT), TimGM6mb (GPL-2; sounds only) "
                     "and Earworm's own synths and voices",
             "licence": "Apache-2.0", "command": "python -m modules.training.ear --shared DIR"}
    args.out.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
