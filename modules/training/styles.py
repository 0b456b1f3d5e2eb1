"""Trains the style head: sentence vectors of descriptions → style cards. Writes assets/weights/styles.*.

Data: the cards' `describe` lists, their names, further phrases of our own (`style_phrases.yaml`), and augmentations:
paraphrase templates, phrases joined with technical bits that say nothing of style, blends with soft targets, line-ups
from the cards' instruments. `--report` measures the shipped head on tests/data/style_cases.yaml, which was written
before the cards.

    python -m modules.training.styles [--report]
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import yaml
from safetensors.numpy import save_file

from modules.assets import ROOT, instruments, sha256
from modules.styles.cards import Card, cards
from modules.styles.encoder import HUB_NAME, SHA256, encode
from modules.styles.lookup import rank_styles
from modules.styles.names import called

PHRASES = Path(__file__).with_name("style_phrases.yaml")
FIRST_PART = 119  # cases from when the head knew 59 styles; some training phrases were written after its misses on them
CASES = ROOT / "tests" / "data" / "style_cases.yaml"
WEIGHTS = ROOT / "assets" / "weights" / "styles.safetensors"
SEED = 7
STEPS, RATE, DECAY = 300, 0.05, 2e-5
MOST_PLAYERS = 40  # an instrument that more styles put first says nothing of style
KIN = 0.2  # share of a target that goes to the other cards of its family
N_BLENDS = 600
_TEMPLATES = ("{}", "music for {}", "I want {}", "make me {}", "{} please", "a track that feels like {}", "{} vibes",
              "think {}", "background music, {}", "an instrumental of {}", "{} mood", "give me something like {}")
_BITS = ("120 bpm", "in A minor", "in C major", "90 bpm", "30 seconds", "with drums", "with piano", "with strings",
         "slow", "upbeat", "warm", "dark", "bright", "simple", "builds up", "with a catchy melody", "with bass",
         "short loop", "energetic", "no vocals", "instrumental", "with guitar", "soft", "with synth", "calm")
_NEUTRAL = ("music", "a song", "some music please", "make me something nice", "asdf qwer", "hello", "I want a good ",
            "track", "generate audio", "xkcd zzz blah", "test", "lorem ipsum dolor sit amet", "my favourite",
            "anything you ", "like", "surprise me", "qwertyuiop", "what is the weather", "1234", "buy milk and eggs",
            "the quarterly report ", "is due", "drums and bass", "guitar", "a melody", "with drums", "no drums",
            "instrumental music", "loop", "jkl mno pqr", "the", "ok", "go on", "foo bar baz",
            "click here to subscribe", "how are you", "please help me", "new file", "zxcv bnm", "hjkl uiop", "do it",
            "your choice", "whatever", "slow", "fast", "slow music", "fast music", "loud", "quiet", "beautiful", "nice",
            "cool", "good music", "not bad", "two minutes long", "thirty seconds", "in the key of D", "tempo 100",
            "without bass", "a melody with chords", "acoustic guitar and drums")
_JOINS = ("{} meets {}", "{} mixed with {}", "a blend of {} and {}", "{} with {} influences", "{}, {}")


def _further() -> dict[str, list[str]]:
    return yaml.safe_load(PHRASES.read_text(encoding="utf-8"))["phrases"]


def _moods() -> dict[str, list[str]]:
    return yaml.safe_load(PHRASES.read_text(encoding="utf-8"))["moods"]


def _phrases(card: Card, further: dict[str, list[str]]) -> list[str]:
    names = [phrase for phrase, meant in called().items() if meant == (card.name,)]
    return [*card.describe, *further.get(card.name, ()), *names]


def _line_ups(card: Card, draw: random.Random) -> list[str]:
    """Descriptions by instruments: those that the card's lanes prefer."""
    lanes = [names[0].replace("_", " ") for lane, names in card.instruments.items() if names and card.lanes[lane] < 6]
    return [" and ".join(draw.sample(lanes, min(3, len(lanes)))) for _ in range(3)]


def _players() -> dict[str, list[str]]:
    """What an instrument is called → the cards that put it first in a lane, for prompts that name no more than that."""
    found: dict[str, list[str]] = {}
    for name, entry in instruments().items():
        first = [card.name for card in cards().values() for lane, names in card.instruments.items()
                 if names and names[0] == name and card.lanes[lane] < 6 and lane != "drums"]
        for word in (name.replace("_", " "), str(entry["called"][0])) if 0 < len(first) <= MOST_PLAYERS else ():
            found[word] = first
    return found


def _vary(phrase: str, draw: random.Random) -> str:
    """The phrase as somebody else would type it: in a sentence, beside technical bits, or with a typing error."""
    kind, bit = draw.random(), draw.choice(_BITS)
    if kind < 0.35:
        return draw.choice(_TEMPLATES[1:]).format(phrase)
    if kind < 0.75:
        return f"{phrase}, {bit}" if kind < 0.6 else f"{bit} {phrase}"
    at = draw.randrange(1, max(2, len(phrase) - 1))
    cut = draw.choice((phrase[at:at + 1] * 2, "", phrase[at + 1:at + 2] + phrase[at:at + 1]))
    return phrase[:at] + cut + phrase[at + (2 if len(cut) == 2 and cut[0] != cut[1] else 1):]


def _target(names: list[str], shares: dict[str, float]) -> np.ndarray:
    """Soft target over `names`: each share keeps 1 − KIN, its family shares KIN."""
    target, shipped = np.zeros(len(names), np.float32), cards()
    for name, share in shares.items():
        kin = [i for i, other in enumerate(names) if shipped[other].family == shipped[name].family and other != name]
        own = share * (1 - KIN if kin else 1.0)
        target[names.index(name)] += own
        for index in kin:
            target[index] += (share - own) / len(kin)
    return target


def examples(seed: int = SEED, leave_out: Callable[[str, int], bool] | None = None) -> tuple[list[str], np.ndarray,
                                                                                              np.ndarray]:
    """(texts, soft targets (n, styles), weights (n,)). `leave_out(card, index)` holds phrases back."""
    draw, names, further = random.Random(seed), list(cards()), _further()
    texts, targets, weights = [], [], []

    def add(text: str, shares: dict[str, float], weight: float) -> None:
        texts.append(text)
        targets.append(_target(names, shares))
        weights.append(weight)

    kept: dict[str, list[str]] = {}
    for name, card in cards().items():
        every = _phrases(card, further)
        kept[name] = [p for i, p in enumerate(every) if leave_out is None or not leave_out(name, i)]
        for phrase in kept[name]:
            add(phrase, {name: 1.0}, 1.0)
            add(_vary(phrase, draw), {name: 1.0}, 0.5)
        for text in _line_ups(card, draw):
            add(text, {name: 1.0}, 0.3)
    for _ in range(N_BLENDS):
        one, two = draw.sample(names, 2)
        text = draw.choice(_JOINS).format(draw.choice(kept[one]), draw.choice(kept[two]))
        add(text, {one: 0.5, two: 0.5}, 0.3)
    for phrase, meant in called().items():
        if len(meant) > 1:
            leads = [1 / (place + 2) for place in range(len(meant))]  # the leader of a group a little before the others
            add(phrase, {name: lead / sum(leads) for name, lead in zip(meant, leads)}, 1.0)
    for phrase, meant in _moods().items():
        for text in (phrase, f"{phrase} music", f"a {phrase} track", f"{phrase}, {draw.choice(_BITS)}"):
            add(text, {name: 1 / len(meant) for name in meant}, 1.5)
    for word, players in _players().items():
        for text in (word, f"{draw.choice(('soft', 'a', 'some', 'solo', 'music with', 'with'))} {word}"):
            add(text, {name: 1 / len(players) for name in players}, 2.0)
    for text in _NEUTRAL:  # says nothing: every style alike
        add(text, {name: 1 / len(names) for name in names}, 4.0)
    return texts, np.stack(targets), np.array(weights, np.float32)


def fit(vectors: np.ndarray, targets: np.ndarray, weights: np.ndarray, decay: float = DECAY) -> tuple[np.ndarray,
                                                                                                     np.ndarray]:
    """Multinomial logistic regression with soft targets: (weight (styles, 384), bias (styles,))."""
    x, y, w = (torch.from_numpy(array) for array in (vectors, targets, weights))
    weight = torch.zeros(y.shape[1], x.shape[1], requires_grad=True)
    bias = torch.zeros(y.shape[1], requires_grad=True)
    optimiser = torch.optim.Adam([weight, bias], lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        fault = -(y * torch.log_softmax(x @ weight.T + bias, 1)).sum(1)  # (examples,)
        loss = (w * fault).sum() / w.sum() + decay * weight.square().sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return weight.detach().numpy(), bias.detach().numpy()


def _families(order: list[str]) -> list[str]:
    return list(dict.fromkeys(cards()[name].family for name in order))


def _score(orders: list[list[str]], wanted: list[set[str]]) -> tuple[float, float]:
    firsts = [bool(set(order[:1]) & want) for order, want in zip(orders, wanted)]
    thirds = [bool(set(order[:3]) & want) for order, want in zip(orders, wanted)]
    return float(np.mean(firsts)), float(np.mean(thirds))


def measure(show_misses: bool = False, *, nearest: bool = True) -> dict[str, dict[str, float]]:
    """Top-1 and top-3 family agreement on the cases written apart: the whole reading, the head alone, two baselines.

    "reading" is what a person gets (genre words, meaning, mended typing errors, glossary); kinds of cases apart.
    `nearest`: also the baseline that takes the nearest card description, which costs most of the time.
    """
    from modules.conditions.text import style_shares

    cases = yaml.safe_load(CASES.read_text(encoding="utf-8"))
    wanted = [set(case["families"]) for case in cases]
    vectors = encode([case["text"] for case in cases])
    ranked = [_families(list(rank_styles(vector))) for vector in vectors]
    read = [_families(list(style_shares(case["text"]))) for case in cases]
    lines = [(name, line) for name, card in cards().items() for line in card.describe] if nearest else []
    known = encode([line for _, line in lines])
    nearby = [_families([lines[i][0] for i in np.argsort(-(known @ vector))]) for vector in vectors] if nearest else []
    keyword = []
    for case in cases:
        text = f" {case['text'].lower().replace('-', ' ')} "
        hits = sorted((phrase for phrase in called() if f" {phrase} " in text), key=len, reverse=True)
        keyword.append(_families([name for phrase in hits for name in called()[phrase]]))
    if show_misses:
        for case, order, want in zip(cases, read, wanted):
            if not order or order[0] not in want:
                print(f"  miss: {case['text'][:60]:60s} {order[:3]} wanted {sorted(want)}")
    scores: dict[str, dict[str, float]] = {}
    groups = {"English, 1st part": [i for i, case in enumerate(cases) if i < FIRST_PART],
              "English, 2nd part": [i for i, case in enumerate(cases) if i >= FIRST_PART and "tongue" not in case],
              "other languages": [i for i, case in enumerate(cases) if "tongue" in case]}
    for group, members in groups.items():
        for kind, orders in (("reading", read), ("head alone", ranked), ("nearest description", nearby),
                             ("keyword", keyword)):
            if not orders:
                continue
            firsts, thirds = _score([orders[i] for i in members], [wanted[i] for i in members])
            scores[f"{group}: {kind}"] = {"cases": len(members), "top1": round(firsts, 3), "top3": round(thirds, 3)}
    return scores


def cross_validate(decay: float = DECAY, folds: int = 4) -> tuple[float, float]:
    """(card top-1, family top-1) on held-back phrases of the cards, over `folds`."""
    names, right, kin, total = list(cards()), 0, 0, 0
    further = _further()
    for fold in range(folds):
        texts, targets, weights = examples(leave_out=lambda name, i, fold=fold: i % folds == fold)
        weight, bias = fit(encode(texts), targets, weights, decay)
        held = [(name, p) for name, card in cards().items() for i, p in enumerate(_phrases(card, further))
                if i % folds == fold]
        best = (encode([p for _, p in held]) @ weight.T + bias).argmax(1)
        total += len(held)
        right += sum(names[b] == name for b, (name, _) in zip(best, held))
        kin += sum(cards()[names[b]].family == cards()[name].family for b, (name, _) in zip(best, held))
    return right / total, kin / total


def train() -> None:
    """Fit on everything and write the weights with their card."""
    torch.manual_seed(SEED)
    texts, targets, weights = examples()
    weight, bias = fit(encode(texts), targets, weights)
    WEIGHTS.parent.mkdir(parents=True, exist_ok=True)
    save_file({"weight": weight.astype(np.float32), "bias": bias.astype(np.float32)}, WEIGHTS)
    WEIGHTS.chmod(0o644)  # safetensors writes for its owner only
    card = {
        "what": "linear head from sentence vectors to style cards", "styles": list(cards()), "examples": len(texts),
        "encoder": {"name": HUB_NAME, "sha256": SHA256, "licence": "Apache-2.0"},
        "data": "assets/styles/*.yaml and modules/training/style_phrases.yaml, written for this project",
        "licence": "Apache-2.0", "rebuild": "python -m modules.training.styles", "seed": SEED,
        "sha256": sha256(WEIGHTS),
    }
    WEIGHTS.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(f"{len(texts)} examples, {len(cards())} styles → {WEIGHTS.relative_to(ROOT)}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report", action="store_true", help="measure the shipped head on the cases written apart")
    parser.add_argument("--folds", action="store_true", help="cross-validate on the cards' own phrases")
    parser.add_argument("--misses", action="store_true", help="with --report: list the misses")
    arguments = parser.parse_args()
    if arguments.folds:
        card, family = cross_validate()
        print(f"held-back phrases: card {card:.3f}, family {family:.3f}")
    elif arguments.report:
        for kind, figures in measure(arguments.misses).items():
            print(f"{kind:40s} " + "  ".join(f"{name} {value:g}" for name, value in figures.items()))
    else:
        train()


if __name__ == "__main__":
    main()
