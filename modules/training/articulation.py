"""Trains the ear for note beginnings: `python -m modules.training.articulation --shared DIR`. About 10 minutes.

Tunes of OpenEWLD (those held out left out) are hummed by the voices of `hummed` and by the example hums' own, notes
often made equal so that they differ by articulation alone; the pitch curve is heard as at run time; the network learns
the true beginnings. One hum in eight chooses the epoch. Writes assets/weights/articulation.safetensors and its card.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from modules.conditions.humming.articulation import Articulation, features
from modules.conditions.humming.pitch import HOP_S, track_pitch
from modules.training import hummed
from modules.training.corpora import Piece
from modules.training.example_hums import Tune, synth_hum
from modules.training.lessons import real_pieces
from modules.types import Audio

OUT = Path("assets/weights/articulation")
EQUAL = 0.4  # share of hums in which a third of the notes repeat the one before
ONSET_WIDTH = 1.5  # frames: how exactly a beginning can be heard
ONSET_WEIGHT = 3.0  # beginnings are rare
CROP = 400  # frames of a training example
EPOCHS = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", required=True)
    parser.add_argument("--cache", default="cache/corpora.pkl")
    parser.add_argument("--hums", type=int, default=140)
    args = parser.parse_args()
    pieces = [p for p in real_pieces(Path(args.shared), Path(args.cache))["openewld"] if not p.held_out]
    rng = np.random.default_rng(20)
    heard = [lesson(pieces[int(rng.integers(len(pieces)))], number, rng) for number in range(args.hums)]
    model, figures = train(heard)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, str(OUT) + ".safetensors")
    card = {"what": "where hummed notes begin and sound", "licence": "Apache-2.0",
            "trained": {"command": "python -m modules.training.articulation", "hums": args.hums, "epochs": EPOCHS},
            "data": ["tunes of OpenEWLD (MIT), hummed by Earworm's own voices"], "chosen_on_hums_left_out": figures}
    Path(str(OUT) + ".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures))


def lesson(piece: Piece, number: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Features (C, T) and targets (2, T) of one hum."""
    canvas = piece.canvas
    notes = canvas.notes("melody")
    first = int(rng.integers(max(1, len(notes) - 12)))
    start = notes[first].step // canvas.steps_per_bar * canvas.steps_per_bar
    line = [[(n.step - start) / canvas.steps_per_beat, n.length / canvas.steps_per_beat, n.midi + 48]
            for n in notes[first:first + 40]]
    if rng.random() < EQUAL:
        for before, after in zip(line, line[1:]):
            after[2] = before[2] if rng.random() < 0.35 else after[2]
    tempo = float(rng.uniform(60, 160)) * (0.6 if canvas.meter == "6/8" else 1)
    tune = Tune(piece.name, canvas.meter, 0, "major", tempo, tuple((on, length, midi) for on, length, midi in line))
    room, snr_db = hummed.ROOMS[int(rng.integers(4))], float(rng.uniform(-2, 25))
    voice = ("clara", "marcus", "clara", "marcus", "example", "instrument", "whistle")[number % 7]
    if voice == "example":
        kept = tuple(n for n in tune.notes if (n[0] - tune.notes[0][0]) * 60 / tune.tempo_bpm < 11)
        clean, notes_s = synth_hum(kept, tune.tempo_bpm, hummed.RATE, seed=number, vibrato_cents=rng.uniform(0, 60),
                                   scoop_cents=rng.uniform(0, 220), breath=rng.uniform(0.01, 0.06),
                                   articulation_db=rng.uniform(6, 18))
        sound = hummed.recorded(clean.samples[0].astype(float), rng, room=room, snr_db=snr_db)
        audio = Audio(sound.astype(np.float32)[None], hummed.RATE)
    else:
        found = hummed.hum(piece.name, tune, rng, voice=voice, room=room, snr_db=snr_db)
        audio, notes_s = found.audio, found.notes
    track = track_pitch(audio)
    time = np.arange(len(track.midi))
    targets = np.zeros((2, len(time)), np.float32)
    for on, off, _ in notes_s:
        targets[0] = np.maximum(targets[0], np.exp(-0.5 * ((time - on / HOP_S) / ONSET_WIDTH) ** 2))
        targets[1, (time >= on / HOP_S) & (time < off / HOP_S)] = 1.0
    return features(track), targets


def train(heard: list[tuple[np.ndarray, np.ndarray]]) -> tuple[Articulation, dict[str, float]]:
    """The epoch whose loss on every eighth hum is least."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    left_out = heard[::8]
    taught = [pair for number, pair in enumerate(heard) if number % 8]
    model = Articulation()
    optimiser = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
    weight = torch.tensor([ONSET_WEIGHT, 1.0])[:, None]
    best, state = np.inf, model.state_dict()
    for _ in range(EPOCHS):
        model.train()
        order = rng.permutation(np.repeat(np.arange(len(taught)), 3))
        for part in np.array_split(order, max(1, len(order) // 12)):
            x, y = zip(*(crop(taught[index], rng) for index in part), strict=True)
            told = model(torch.from_numpy(np.stack(x)))
            loss = F.binary_cross_entropy_with_logits(told, torch.from_numpy(np.stack(y)), pos_weight=weight)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
        model.eval()
        with torch.inference_mode():
            losses = [F.binary_cross_entropy_with_logits(model(torch.from_numpy(x)[None])[0], torch.from_numpy(y),
                                                         pos_weight=weight, reduction="none").mean(dim=1).numpy()
                      for x, y in left_out]
        onset, sounding = np.mean(losses, axis=0)
        if onset + sounding < best:
            best, state = onset + sounding, {name: value.clone() for name, value in model.state_dict().items()}
            figures = {"onset_loss": round(float(onset), 4), "sounding_loss": round(float(sounding), 4)}
    model.load_state_dict(state)
    return model, figures


def crop(pair: tuple[np.ndarray, np.ndarray], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A stretch of `CROP` frames; shorter hums are padded with their last frame."""
    x, y = pair
    if x.shape[1] < CROP:
        x, y = (np.pad(a, ((0, 0), (0, CROP - a.shape[1])), mode="edge") for a in (x, y))
    start = int(rng.integers(x.shape[1] - CROP + 1))
    return x[:, start:start + CROP], y[:, start:start + CROP]


if __name__ == "__main__":
    main()
