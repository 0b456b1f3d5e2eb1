"""Builds a singing voice's diphone bank from a flite voice (offline; needs the `flite` program, never run time).

Owns: rendering text and carrier strings with flite, WORLD analysis (Harvest, CheapTrick, D4C), choosing one
example of every phone pair, int8 coding, and the card beside the bank. Knows nothing of singing.

    python -m modules.training.voicebank --flite slt --name clara --text alice.txt --out assets/voices

`--text` is any plain English prose; the shipped banks use the public-domain chapters of "Alice in Wonderland" that
come with flite (`examples/alice` in its documentation folder). A unit is cut at the middle of its first phone and
the middle of its second (diphthongs at 35 %, plosives at the deepest point of the closure). Pairs which the text
lacks come from two-word phrases, and what no words hold from carrier strings. About five minutes a voice on one core.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyworld
import soundfile

from modules.vocoder.phones import DIPHTHONGS, PAUSE, PHONES, PLOSIVES, SONORANTS, UNVOICED, VOWELS

FRAME_MS = 5.0
ENVELOPE_DIMS = 50
F0_RANGE_HZ = {"slt": (90.0, 350.0), "rms": (55.0, 220.0)}
TOKENS_WANTED = 4  # examples of a pair after which a sentence is no longer worth analysing for it
MAX_HALF_FRAMES = 24  # 120 ms: beyond that a half phone holds nothing but sustain
DIPHTHONG_CUT = 0.35  # share of a diphthong that belongs to its left half
UNSTRESSED_COST, CARRIER_COST = 3.0, 1.5  # in standard deviations
CARRIERS_PER_LINE = 12
WORD_PAIRS_PER_LINE = 8
# Plain words that end and start with each phone: "back moon" holds K-M as it is said between words.
ENDING = {
    "AA": "spa", "AH": "sofa", "AO": "law", "AW": "now", "AY": "my", "B": "tub", "CH": "beach", "D": "red",
    "DH": "breathe", "ER": "her", "EY": "day", "F": "leaf", "G": "big", "IY": "see", "JH": "page", "K": "back",
    "L": "ball", "M": "time", "N": "sun", "NG": "song", "OW": "go", "OY": "boy", "P": "top", "R": "star", "S": "kiss",
    "SH": "wish", "T": "night", "TH": "both", "UW": "blue", "V": "love", "Z": "rose", "ZH": "beige"}
STARTING = {
    "AA": "odd", "AE": "apple", "AH": "other", "AO": "all", "AW": "out", "AY": "ice", "B": "baby", "CH": "child",
    "D": "day", "DH": "those", "EH": "every", "ER": "earth", "EY": "angel", "F": "fire", "G": "girl", "HH": "heart",
    "IH": "into", "IY": "even", "JH": "joy", "K": "king", "L": "light", "M": "moon", "N": "never", "OW": "over",
    "OY": "oil", "P": "paper", "R": "river", "S": "summer", "SH": "shadow", "T": "time", "TH": "thunder",
    "UW": "ooze", "V": "velvet", "W": "winter", "Y": "young", "Z": "zero"}


@dataclass(frozen=True)
class Utterance:
    """A rendering: `phones` [(symbol, start_s, end_s)], samples float64 (n,) at `rate` Hz."""

    phones: tuple[tuple[str, float, float], ...]
    samples: np.ndarray
    rate: int
    carrier: bool


@dataclass(frozen=True)
class Token:
    """One example of a phone pair: frame numbers of first cut, phone boundary, second cut in an utterance."""

    utterance: int
    first: int
    boundary: int
    last: int
    extra_cost: float


def render(voice: str, content: str, *, as_phones: bool) -> Utterance:
    """Say `content` (prose, or a phone string) with flite and read its phone end times."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        said = subprocess.run(
            ["flite", "-voice", voice, "-psdur", "-o", file.name, "-p" if as_phones else "-t", content],
            check=True, capture_output=True, text=True)
        samples, rate = soundfile.read(file.name)
    phones, start = [], 0.0
    for item in said.stdout.split():
        symbol, end = item.split(":")
        phones.append((symbol, start, float(end)))
        start = float(end)
    return Utterance(tuple(phones), samples, rate, as_phones)


def sentences(path: Path) -> list[str]:
    """Prose cut at sentence ends and semicolons; quotes, brackets and headings' capitals go."""
    text = re.sub(r"[`\"()*_\[\]]|--+|'(?!\w)|(?<!\w)'", " ", path.read_text(encoding="utf-8"))
    parts = re.split(r"(?<=[.!?;:])\s+", re.sub(r"\s+", " ", text))
    return [part.strip() for part in parts if len(part.split()) >= 3]


def symbol_of(flite_phone: str) -> str:
    """flite's symbol → ours: upper-case ARPAbet, schwa joined with AH."""
    return {"pau": PAUSE, "ax": "AH", "axr": "ER"}.get(flite_phone, flite_phone.upper())


def pairs_of(utterance: Utterance) -> list[tuple[str, str]]:
    symbols = [symbol_of(phone) for phone, _, _ in utterance.phones]
    return list(zip(symbols, symbols[1:], strict=False))


def missing(wanted: list[tuple[str, str]], utterances: list[Utterance]) -> list[tuple[str, str]]:
    """Those pairs that no utterance holds in full clarity (a schwa does not stand for AH here)."""
    have = {pair for u in utterances for pair, (a, b) in zip(pairs_of(u), _neighbours(u), strict=True)
            if "ax" not in (a, b)}
    return [pair for pair in wanted if pair not in have]


def _neighbours(utterance: Utterance) -> list[tuple[str, str]]:
    symbols = [phone for phone, _, _ in utterance.phones]
    return list(zip(symbols, symbols[1:], strict=False))


def choose_sentences(voice: str, texts: list[str]) -> list[Utterance]:
    """Render all, keep those that hold a pair still short of `TOKENS_WANTED`."""
    seen: dict[tuple[str, str], int] = defaultdict(int)
    kept = []
    for text in texts:
        utterance = render(voice, text, as_phones=False)
        if any(seen[pair] < TOKENS_WANTED for pair in pairs_of(utterance)):
            kept.append(utterance)
            for pair in pairs_of(utterance):
                seen[pair] += 1
    return kept


def word_pairs(missing: list[tuple[str, str]]) -> list[str]:
    """Prose of two-word phrases which hold those missing pairs that can stand between words or at a pause."""
    phrases = []
    for left, right in missing:
        before, after = ENDING.get(left), STARTING.get(right)
        if (before or left == PAUSE) and (after or right == PAUSE):
            phrases.append(" ".join(word for word in (before, after) if word))
    lines = [phrases[i:i + WORD_PAIRS_PER_LINE] for i in range(0, len(phrases), WORD_PAIRS_PER_LINE)]
    return [", ".join(line) + "." for line in lines]


def carriers(missing: list[tuple[str, str]]) -> list[str]:
    """Phone strings which hold the missing pairs: each pair with vowels round its consonants, pauses between."""
    words = []
    for left, right in missing:
        stressed = [phone.lower() + ("1" if phone in VOWELS else "") for phone in (left, right) if phone != PAUSE]
        before = [] if left == PAUSE else (["t"] if left in VOWELS else ["t", "ah1"])
        after = [] if right == PAUSE else (["t"] if right in VOWELS else ["ah1", "t"])
        words.append(" ".join([*before, *stressed, *after]))
    lines = [words[i:i + CARRIERS_PER_LINE] for i in range(0, len(words), CARRIERS_PER_LINE)]
    return ["pau " + " pau ".join(line) + " pau" for line in lines]


def analyse(utterance: Utterance, f0_range: tuple[float, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """WORLD analysis → coded envelope (T, 50) in log power, aperiodicity at 3 kHz in dB (T,), voiced (T,)."""
    rate = utterance.rate
    f0, times = pyworld.harvest(utterance.samples, rate, f0_floor=f0_range[0], f0_ceil=f0_range[1],
                                frame_period=FRAME_MS)
    f0 = pyworld.stonemask(utterance.samples, f0, times, rate)
    envelope = pyworld.cheaptrick(utterance.samples, f0, times, rate)
    aperiodicity = pyworld.d4c(utterance.samples, f0, times, rate)
    coded = pyworld.code_spectral_envelope(envelope, rate, ENVELOPE_DIMS)
    return coded, pyworld.code_aperiodicity(aperiodicity, rate)[:, 0], f0 > 0


def cut_frame(symbol: str, start: int, end: int, loudness: np.ndarray) -> int:
    """Frame at which a phone is divided between its two units."""
    if symbol in DIPHTHONGS:
        return start + round((end - start) * DIPHTHONG_CUT)
    if symbol in PLOSIVES:  # the closure: the quietest frame of the first two thirds
        reach = max(1, round((end - start) * 0.66))
        return start + int(np.argmin(loudness[start:start + reach]))
    return (start + end) // 2


def tokens_of(index: int, utterance: Utterance, loudness: np.ndarray) -> list[tuple[tuple[str, str], Token]]:
    """Every phone pair of an utterance with its cuts."""
    spans = [(phone, round(start * 200), round(end * 200)) for phone, start, end in utterance.phones]
    found = []
    for (left, left_start, left_end), (right, right_start, right_end) in zip(spans, spans[1:], strict=False):
        right_end = min(right_end, len(loudness))
        if right_end - right_start < 2 or left_end - left_start < 2:
            continue
        cost = UNSTRESSED_COST * (left == "ax") + UNSTRESSED_COST * (right == "ax") + CARRIER_COST * utterance.carrier
        pair = (symbol_of(left), symbol_of(right))
        first = cut_frame(pair[0], left_start, left_end, loudness)
        last = max(cut_frame(pair[1], right_start, right_end, loudness), right_start + 1)
        first = min(max(first, left_end - MAX_HALF_FRAMES), left_end - 1)
        last = min(last, right_start + MAX_HALF_FRAMES)
        found.append((pair, Token(index, first, left_end, last, cost)))
    return found


def choose_tokens(tokens: dict[tuple[str, str], list[Token]], coded: list[np.ndarray]) -> dict[tuple[str, str], Token]:
    """The example of each pair whose cut ends lie nearest to their phones' means and which lasts as usual."""
    ends: dict[str, list[np.ndarray]] = defaultdict(list)
    halves: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for (left, right), examples in tokens.items():
        for token in examples:
            ends[left].append(coded[token.utterance][token.first])
            ends[right].append(coded[token.utterance][token.last - 1])
            halves[left].append((token.boundary - token.first, 0))
            halves[right].append((token.last - token.boundary, 1))
    centre = {phone: (np.median(e, axis=0), np.std(e, axis=0) + 0.05) for phone, e in ends.items()}
    usual = {(phone, side): np.array([n for n, s in h if s == side] or [8]) for phone, h in halves.items()
             for side in (0, 1)}

    def end_cost(phone: str, frame: np.ndarray) -> float:
        mean, spread = centre[phone]
        return float(np.sqrt(np.mean(((frame - mean) / spread)[:24] ** 2)))

    def length_cost(phone: str, side: int, n_frames: int) -> float:
        lengths = usual[phone, side]
        # Clear speech lasts longer than the median; half of the weight of a spectral deviation.
        return 0.5 * abs(n_frames - np.percentile(lengths, 75 if phone in VOWELS else 60)) / (np.std(lengths) + 1.0)

    def cost(pair: tuple[str, str], token: Token) -> float:
        frames = coded[token.utterance]
        return (token.extra_cost + end_cost(pair[0], frames[token.first]) + end_cost(pair[1], frames[token.last - 1])
                + length_cost(pair[0], 0, token.boundary - token.first)
                + length_cost(pair[1], 1, token.last - token.boundary))

    return {pair: min(examples, key=lambda token: cost(pair, token)) for pair, examples in tokens.items()}


def voicing(pair: tuple[str, str], voiced: np.ndarray, boundary: int) -> np.ndarray:
    """Harvest's decision, overruled where the phone settles it: sonorants always, unvoiced phones never."""
    result = voiced.copy()
    for symbol, part in zip(pair, (slice(0, boundary), slice(boundary, None)), strict=True):
        if symbol in SONORANTS:
            result[part] = True
        elif symbol in UNVOICED or symbol == PAUSE:
            result[part] = False
    return result


def build(flite_voice: str, name: str, text: Path, out: Path) -> Path:
    """Build `out/name.npz` and its card `out/name.json`; returns the bank's path."""
    utterances = choose_sentences(flite_voice, sentences(text))
    wanted = [(a, b) for a in (*PHONES, PAUSE) for b in (*PHONES, PAUSE) if (a, b) != (PAUSE, PAUSE)]
    utterances += [render(flite_voice, line, as_phones=False) for line in word_pairs(missing(wanted, utterances))]
    utterances += [render(flite_voice, line, as_phones=True) for line in carriers(missing(wanted, utterances))]
    analysed = [analyse(utterance, F0_RANGE_HZ[flite_voice]) for utterance in utterances]
    coded = [a[0] for a in analysed]
    tokens: dict[tuple[str, str], list[Token]] = defaultdict(list)
    for index, utterance in enumerate(utterances):
        for pair, token in tokens_of(index, utterance, coded[index][:, 0]):
            tokens[pair].append(token)
    chosen = choose_tokens({pair: tokens[pair] for pair in wanted if tokens[pair]}, coded)

    frames, voiced, starts, bounds, from_text = [], [], [0], [], 0
    for pair, token in chosen.items():
        part = slice(token.first, token.last)
        envelope, dB, flags = (a[part] for a in analysed[token.utterance])
        frames.append(np.column_stack([envelope, dB]))
        voiced.append(voicing(pair, flags, token.boundary - token.first))
        starts.append(starts[-1] + token.last - token.first)
        bounds.append(token.boundary - token.first)
        from_text += not utterances[token.utterance].carrier
    values = np.concatenate(frames)
    low, high = values.min(axis=0), values.max(axis=0)
    codes = np.round((values - low) / (high - low) * 255).astype(np.uint8)
    path = out / f"{name}.npz"
    np.savez_compressed(
        path, codes=codes, low=low.astype(np.float32), high=high.astype(np.float32),
        voiced=np.packbits(np.concatenate(voiced)), starts=np.array(starts, np.int32),
        bounds=np.array(bounds, np.int16), pairs=np.array(["-".join(pair) for pair in chosen]))
    card = {
        "what": f"int8 diphone bank of the singing voice '{name}': WORLD envelope (50 coded dimensions) and "
                "aperiodicity at 3 kHz, 5 ms frames, analysed from 16 kHz renderings",
        "whence": f"flite's statistical voice cmu_us_{flite_voice}, saying '{text.name}' (public domain) and carriers",
        "licence": "Carnegie Mellon University's flite licence, see LICENCE-flite.txt; the bank is a modification",
        "rebuilt_by": f"python -m modules.training.voicebank --flite {flite_voice} --name {name} --text {text.name} "
                      "--out assets/voices",
        "text_sha256": hashlib.sha256(text.read_bytes()).hexdigest(),
        "units": len(chosen), "units_from_text": from_text, "frames": int(len(codes)),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    path.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flite", required=True, choices=sorted(F0_RANGE_HZ), help="flite voice")
    parser.add_argument("--name", required=True, help="name of the singing voice")
    parser.add_argument("--text", required=True, type=Path, help="plain English prose")
    parser.add_argument("--out", required=True, type=Path, help="folder for the bank and its card")
    arguments = parser.parse_args()
    print(build(arguments.flite, arguments.name, arguments.text, arguments.out))
