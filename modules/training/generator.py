"""Trains the generator: `python -m modules.training.generator --shared DIR --minutes 60`.

Checkpointed and resumable (`--resume`); writes `assets/weights/generator.safetensors` + `generator.json` at the end.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch

from modules.generator import checkpoint
from modules.generator.encoding import ENCODING_VERSION, GROUPS
from modules.generator.model import CanvasModel, ModelConfig
from modules.styles.cards import cards
from modules.training import lessons
from modules.training.hints import teach_hints
from modules.training.style_table import style_table

GROUP_WEIGHTS = {"root": 2.0, "quality": 1.5, "melody": 1.6, "counter": 1.0, "bass": 1.3}
MIXTURE = {"teacher": 0.70, "openewld": 0.11, "lieder": 0.08, "hymns": 0.03, "freedoom": 0.03, "groove": 0.05}


def held_out_loss(model: CanvasModel, held: list[lessons.Example], n_batches: int = 12) -> dict[str, float]:
    """Nats a cell by group over fixed held-out batches."""
    model.eval()
    rng = np.random.default_rng(1)
    total: dict[str, list[float]] = {}
    with torch.inference_mode():
        for index in range(n_batches):
            source = ("teacher", "teacher", "openewld")[index % 3]
            pool = [ex for ex in held if ex.source == source and ex.beats_per_bar == 4]
            batch = lessons.build_batch(pool, 8, len(model.config.styles), rng)
            for name, (loss, count) in model(**batch).items():
                key = f"{source}.{name}"
                total.setdefault(key, [0.0, 0.0])
                total[key][0] += float(loss)
                total[key][1] += float(count)
    model.train()
    return {name: round(loss / count, 4) for name, (loss, count) in sorted(total.items())}


def train(args: argparse.Namespace) -> None:
    """The loop: AdamW, warm-up then cosine over the asked minutes, averaged weights kept."""
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    data, held = lessons.read_examples(Path(args.shared), args.songs, args.seed)
    mixture = {source: share for source, share in MIXTURE.items() if args.mixture == "all" or source != "teacher"}
    pools = {source: [ex for ex in data if ex.source == source] for source in mixture}
    for source, pool in pools.items():
        bars = sum(len(ex.cells) // ex.beats_per_bar for ex in pool)
        print(f"{source}: {len(pool)} pieces, {bars} bars", flush=True)
    styles = (*cards(), *lessons.SOURCES)
    model = CanvasModel(ModelConfig(styles=styles, width=args.width, cell_width=args.cell_width))
    if args.warm:  # weights of an earlier run, its style rows left behind
        kept = torch.load(args.warm, weights_only=True)["model"]
        model.load_state_dict({name: value for name, value in kept.items() if name != "style"}, strict=False)
    with torch.no_grad():
        model.style.copy_(style_table(styles, args.width))
    if not (args.resume and Path(args.state).exists()) and pools.get("teacher"):
        teach_hints(model, pools["teacher"], steps=args.hint_steps, seed=args.seed)
    average = {name: value.detach().clone() for name, value in model.state_dict().items()}
    rest = [value for name, value in model.named_parameters() if name != "style"]
    optimiser = torch.optim.AdamW([{"params": rest}, {"params": [model.style], "weight_decay": 0.0}], lr=args.rate,
                                  weight_decay=0.01, betas=(0.9, 0.98))
    step, spent, bars = 0, 0.0, 0
    state = Path(args.state)
    if args.resume and state.exists():
        saved = torch.load(state, weights_only=True)
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        average, step, spent, bars = saved["average"], saved["step"], saved["spent"], saved["bars"]
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters", flush=True)
    started, budget = time.monotonic() - spent, args.minutes * 60
    report = time.monotonic()
    running: dict[str, list[float]] = {}
    for batch in lessons.batches(pools, mixture, args.batch, len(styles), args.seed + 1 + step):
        done = (time.monotonic() - started) / budget
        if done >= 1:
            break
        rate = args.rate * min(1, (step + 1) / 150) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * min(1, done))))
        for group in optimiser.param_groups:
            group["lr"] = rate
        with torch.autocast("cpu", torch.bfloat16):
            losses = model(**batch)
        weighted = sum(GROUP_WEIGHTS.get(name, 1.0) * loss for name, (loss, _) in losses.items())
        loss = weighted / sum(float(count) for _, count in losses.values())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        step += 1
        bars += batch["tokens"].shape[0] * batch["tokens"].shape[1] // batch["beats_per_bar"]
        decay = min(0.998, (step + 1) / (step + 20))
        with torch.no_grad():
            for name, value in model.state_dict().items():
                average[name].lerp_(value, 1 - decay) if value.is_floating_point() else average[name].copy_(value)
        for name, (value, count) in losses.items():
            entry = running.setdefault(name, [0.0, 0.0])
            entry[0] += float(value.detach())
            entry[1] += float(count)
        if time.monotonic() - report > args.report_s:
            report = time.monotonic()
            now = report - started
            shown = " ".join(f"{name} {running[name][0] / running[name][1]:.3f}" for name in GROUPS if name in running)
            print(f"{now:6.0f} s  step {step}  {bars / now:.0f} bars/s  {shown}", flush=True)
            running = {}
            torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "average": average,
                        "step": step, "spent": now, "bars": bars}, state)
            save(model, average, held, args, bars, now, Path(args.out + ".partial"), measure=False)
    save(model, average, held, args, bars, time.monotonic() - started, Path(args.out), measure=True)


def save(model: CanvasModel, average: dict, held: list, args: argparse.Namespace, bars: int, seconds: float, out: Path,
         *, measure: bool) -> None:
    """Write the averaged weights and their card."""
    kept = CanvasModel(model.config)
    kept.load_state_dict(average)
    metrics = held_out_loss(kept, held) if measure else {}
    card = {
        "what": "Earworm's canvas generator", "licence": "Apache-2.0", "encoding": ENCODING_VERSION,
        "config": model.config.to_json(),
        "trained": {"command": command_of(args), "bars": bars, "seconds": round(seconds), "machine": "two CPU cores",
                    "mixture": {name: share for name, share in MIXTURE.items()
                                if args.mixture == "all" or name != "teacher"}},
        "data": [
            {"name": "teacher canvases from assets/styles", "licence": "Apache-2.0 (own)"},
            {"name": "OpenEWLD (00sapo/OpenEWLD)", "licence": "MIT; songs in the public domain"},
            {"name": "OpenScore Lieder (OpenScore/Lieder)", "licence": "CC0"},
            {"name": "Open Hymnal Project", "licence": "public domain"},
            {"name": "Freedoom music (freedoom/freedoom)", "licence": "BSD-3-Clause"},
            {"name": "Groove MIDI Dataset (Google Magenta)", "licence": "CC BY 4.0"},
        ],
        "held_out_nats_per_cell": metrics,
    }
    checkpoint.save(kept, card, out)
    if measure:
        print(json.dumps(metrics, indent=1), flush=True)


def command_of(args: argparse.Namespace) -> str:
    """The command line that repeats this run."""
    told = ("minutes", "songs", "batch", "rate", "width", "cell_width", "seed", "mixture", "hint_steps", "warm")
    given = {name: value for name, value in vars(args).items() if name in told and value != ""}
    return "python -m modules.training.generator " + " ".join(
        f"--{name.replace('_', '-')} {value}" for name, value in given.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", required=True, help="folder that holds openewld/ and groove/")
    parser.add_argument("--mixture", choices=("all", "real"), default="all", help="real: without the teacher")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--songs", type=int, default=80, help="teacher songs a style")
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--cell-width", type=int, default=176)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--report-s", type=float, default=60)
    parser.add_argument("--state", default="cache/generator.pt")
    parser.add_argument("--out", default="assets/weights/generator")
    parser.add_argument("--hint-steps", type=int, default=2400, help="steps of the condition's short way, beforehand")
    parser.add_argument("--warm", default="", help="state of an earlier run to start from")
    parser.add_argument("--resume", action="store_true")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
