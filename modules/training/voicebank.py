"""Builds the singing voices' diphone banks from a speaker's renderings (offline, never at run time).

Owns: what is said, WORLD analysis (CheapTrick, D4C), choosing examples of every phone pair, lowering a voice, int8
coding, and the card beside a bank. Knows nothing of singing.

    python -m modules.training.voicebank --text alice --out assets/voices

`--text` is any plain English prose; the shipped banks use the public-domain chapters of "Alice in Wonderland" that
come with flite (`examples/alice` in its documentation folder). A unit is cut at the middle of its first phone and the
middle of its second (diphthongs at 35 %, plosives at the deepest point of the closure). Pairs which the text lacks
come from two-word phrases, and what no words hold from made-up ones. About five minutes on one core.

The lower voice is the same speaker with a longer vocal tract: all of the spectrum moved down by `FORMANTS`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyworld

from modules.training.alignment import Spans, align
from modules.training.speaker import F0_STEP_S, RATE, REDUCED, SPOKEN, Utterance, pronounce, say
from modules.vocoder.phones import DIPHTHONGS, PAUSE, PHONES, PLOSIVES, SONORANTS, UNVOICED, VOWELS
from modules.vocoder.voicebank import ENVELOPE_DIMS, FRAME_S

FORMANTS = {"clara": 1.0, "marcus": 0.86}  # on all frequencies of the speaker's spectra
TOP_HZ = 10_800.0  # the speaker has next to no voice above
ALIGNED_DIMS = 20
VOWEL_HZ, EDGE_REACH, EDGE_DB = (400.0, 2_600.0), 9, 0.6  # frames and dB a frame of a vowel's rise
USUAL_LOG_POWER = -7.0  # median over an utterance's voiced frames, of the mean power of their bins
MAX_HALF_FRAMES = 24  # 120 ms: beyond that a half phone holds nothing but sustain
DIPHTHONG_CUT = 0.35  # share of a diphthong that belongs to its left half
EXAMPLES, WORSE_AT_MOST = 4, 1.2  # of a pair; in standard deviations behind its best
REDUCED_COST, CARRIER_COST = 3.0, 1.5  # in standard deviations
CARRIERS_PER_LINE, WORD_PAIRS_PER_LINE = 5, 5
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
Pair = tuple[str, str]
WANTED = [(a, b) for a in (*PHONES, PAUSE) for b in (*PHONES, PAUSE) if (a, b) != (PAUSE, PAUSE)]


@dataclass(frozen=True)
class Token:
    """One example of a phone pair: frame numbers of first cut, phone boundary, second cut in an utterance."""

    utterance: int
    first: int
    boundary: int
    last: int
    extra_cost: float
    before: str
    after: str


@dataclass(frozen=True)
class Spectra:
    """WORLD analysis of an utterance: `log_power` float32 (T, K), `coded` (T, D) the same coded, `aperiodicity_db`
    (T, bands), `voiced` (T,)."""

    log_power: np.ndarray
    coded: np.ndarray
    aperiodicity_db: np.ndarray
    voiced: np.ndarray


def sentences(path: Path) -> list[str]:
    """Prose cut at sentence ends and semicolons; quotes, brackets and headings' capitals go."""
    text = re.sub(r"[`\"()*_\[\]]|--+|'(?!\w)|(?<!\w)'", " ", path.read_text(encoding="utf-8"))
    parts = re.split(r"(?<=[.!?;:])\s+", re.sub(r"\s+", " ", text))
    return [part.strip() for part in parts if len(part.split()) >= 3]


def full(symbol: str) -> str:
    """A phone's name in the bank: reduced ones stand with their clear namesakes."""
    return REDUCED.get(symbol, symbol)


def clear_pairs(utterances: list[Utterance]) -> set[Pair]:
    """Phone pairs which some utterance holds in full clarity."""
    return {(a, b) for u in utterances for (a, _, _), (b, _, _) in zip(u.phones, u.phones[1:], strict=False)}


def word_pairs(missing: list[Pair]) -> list[str]:
    """Prose of two-word phrases which hold those missing pairs that can stand between words or at a pause."""
    phrases = []
    for left, right in missing:
        before, after = ENDING.get(left), STARTING.get(right)
        if (before or left == PAUSE) and (after or right == PAUSE):
            phrases.append(" ".join(word for word in (before, after) if word))
    lines = [phrases[i:i + WORD_PAIRS_PER_LINE] for i in range(0, len(phrases), WORD_PAIRS_PER_LINE)]
    return [", ".join(line) + "." for line in lines]


def carriers(missing: list[Pair]) -> list[str]:
    """Made-up words of the speaker's symbols which hold the missing pairs between vowels."""
    words = []
    for left, right in missing:
        gap = " " if left == "ER" else ""  # without it the R that ER is written with would be a consonant
        said = gap.join(("ˈ" if phone in VOWELS else "") + SPOKEN[phone] for phone in (left, right) if phone != PAUSE)
        before = "" if left == PAUSE else ("t" if left in VOWELS else "tˈʌ")
        after = "" if right == PAUSE else ("t" if right in VOWELS else "ˈʌt")
        words.append(before + said + after)
    lines = [words[i:i + CARRIERS_PER_LINE] for i in range(0, len(words), CARRIERS_PER_LINE)]
    return [", ".join(line) + "." for line in lines]


def speak(text: Path) -> list[Utterance]:
    """The prose, then phrases and made-up words for what it lacks."""
    said = [say(line) for prose in sentences(text) for line in pronounce(prose)]
    missing = [pair for pair in WANTED if pair not in clear_pairs(said)]
    said += [say(line) for prose in word_pairs(missing) for line in pronounce(prose)]
    missing = [pair for pair in WANTED if pair not in clear_pairs(said)]
    return said + [say(line, carrier=True) for line in carriers(missing)]


def analyse(utterance: Utterance) -> Spectra:
    """WORLD analysis at the speaker's own pitch, refined."""
    samples = utterance.samples
    times = np.arange(0.0, len(samples) / RATE, FRAME_S)
    known = (np.arange(len(utterance.f0_hz)) + 0.5) * F0_STEP_S
    voiced = np.interp(times, known, (utterance.f0_hz > 0).astype(float)) > 0.5
    inside = utterance.f0_hz > 0
    f0 = np.zeros(len(times))
    if inside.any():
        f0 = np.where(voiced, np.interp(times, known[inside], utterance.f0_hz[inside]), 0.0)
    f0 = pyworld.stonemask(samples, f0, times, RATE)
    power = pyworld.cheaptrick(samples, f0, times, RATE)
    aperiodicity = pyworld.code_aperiodicity(pyworld.d4c(samples, f0, times, RATE), RATE)
    if inside.any():  # every utterance as loud as the next
        power *= np.exp(USUAL_LOG_POWER - np.median(np.log(power[f0 > 0].mean(axis=1))))
    return Spectra(np.log(power).astype(np.float32), pyworld.code_spectral_envelope(power, RATE, ENVELOPE_DIMS),
                   aperiodicity, f0 > 0)


def lowered(log_power: np.ndarray, factor: float) -> np.ndarray:
    """Spectra (T, K) with every frequency times `factor`, coded (T, D)."""
    bins = np.minimum(np.arange(log_power.shape[1]) / factor, log_power.shape[1] - 1)
    low = bins.astype(int)
    part = (bins - low).astype(np.float32)
    high = np.minimum(low + 1, log_power.shape[1] - 1)
    moved = log_power[:, low] * (1 - part) + log_power[:, high] * part
    return pyworld.code_spectral_envelope(np.ascontiguousarray(np.exp(moved), dtype=float), RATE, ENVELOPE_DIMS)


def decoded(coded: np.ndarray, aperiodicity_db: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Power and aperiodicity (T, K) of coded frames at the speaker's rate, for WORLD to sound."""
    fft_size = pyworld.get_cheaptrick_fft_size(RATE)
    return (pyworld.decode_spectral_envelope(coded, RATE, fft_size),
            pyworld.decode_aperiodicity(np.ascontiguousarray(aperiodicity_db), RATE, fft_size))


def guessed_spans(utterance: Utterance, n_frames: int) -> Spans:
    """The speaker's durations in frames: without gaps, up to the last frame, three frames a phone or more."""
    ends = np.round([end / FRAME_S for _, _, end in utterance.phones]).astype(int)
    ends[-1] = n_frames
    for i in range(len(ends)):  # room for what comes before and after
        ends[i] = max(ends[i], 3 * (i + 1))
    for i in range(len(ends) - 2, -1, -1):
        ends[i] = min(ends[i], ends[i + 1] - 3)
    return [(phone[0], int(start), int(end))
            for phone, start, end in zip(utterance.phones, [0, *ends[:-1]], ends, strict=True)]


def aligned_spans(utterances: list[Utterance], analysed: list[Spectra]) -> list[Spans]:
    """Every utterance's phones where they lie in its sound."""
    features = []
    for spectra in analysed:
        cepstrum = spectra.coded[:, :ALIGNED_DIMS] / ALIGNED_DIMS ** 0.5
        change = np.gradient(cepstrum, axis=0)
        features.append(np.column_stack([cepstrum, 3 * change, 2.0 * spectra.voiced]))
    return align(features, [guessed_spans(u, len(s.voiced)) for u, s in zip(utterances, analysed, strict=True)])


def cut_frame(symbol: str, start: int, end: int, loudness: np.ndarray) -> int:
    """Frame at which a phone is divided between its two units."""
    if symbol in DIPHTHONGS:
        return start + round((end - start) * DIPHTHONG_CUT)
    if symbol in PLOSIVES:  # the closure: the quietest frame of the first two thirds
        reach = max(1, round((end - start) * 0.66))
        return start + int(np.argmin(loudness[start:start + reach]))
    return (start + end) // 2


def vowel_edge(boundary: int, first: int, last: int, vowel_db: np.ndarray) -> int:
    """The frame near a boundary before a vowel at which the vowel's band rises most: what is heard as its start."""
    low, high = max(first + 1, boundary - EDGE_REACH), min(last, boundary + EDGE_REACH + 1)
    if high - low < 2:
        return boundary
    level = np.median(vowel_db[boundary:max(last, boundary + 1)])
    rise = np.diff(np.clip(vowel_db[low - 1:high], level - 18.0, level - 2.0))  # rise[i]: into frame low + i
    if rise.max() < EDGE_DB:
        return boundary
    sharp = np.where(rise > 0.5 * rise.max(), rise, 0.0)
    return low + int(round(np.average(np.arange(len(rise)), weights=sharp)))


def tokens_of(index: int, spans: Spans, spectra: Spectra, carrier: bool) -> list[tuple[Pair, Token]]:
    """Every phone pair of an utterance with its cuts."""
    loudness = spectra.coded[:, 0]
    hz = np.linspace(0, RATE / 2, spectra.log_power.shape[1])
    band = (hz > VOWEL_HZ[0]) & (hz < VOWEL_HZ[1])
    vowel_db = 10 * np.log10(np.exp(spectra.log_power[:, band]).mean(axis=1) + 1e-12)
    found = []
    names = [PAUSE, *(full(symbol) for symbol, _, _ in spans), PAUSE]
    for i, ((left, left_start, left_end), (right, right_start, right_end)) in enumerate(pairwise(spans)):
        cost = REDUCED_COST * (left in REDUCED) + REDUCED_COST * (right in REDUCED) + CARRIER_COST * carrier
        pair = (full(left), full(right))
        first = cut_frame(pair[0], left_start, left_end, loudness)
        last = max(cut_frame(pair[1], right_start, right_end, loudness), right_start + 1)
        first = min(max(first, left_end - MAX_HALF_FRAMES), left_end - 1)
        last = min(last, right_start + MAX_HALF_FRAMES)
        boundary = left_end
        if pair[1] in VOWELS and pair[0] not in VOWELS:
            boundary = vowel_edge(left_end, first, last, vowel_db)
        found.append((pair, Token(index, first, boundary, last, cost, names[i], names[i + 3])))
    return found


def choose_tokens(tokens: dict[Pair, list[Token]], coded: list[np.ndarray]) -> dict[Pair, list[Token]]:
    """The examples of each pair whose cut ends lie nearest to their phones' means and which last as usual, best first:
    at most `EXAMPLES`, no two between the same phones, none far worse than the best."""
    ends: dict[str, list[np.ndarray]] = defaultdict(list)
    halves: dict[tuple[str, int], list[int]] = defaultdict(list)
    for (left, right), examples in tokens.items():
        for token in examples:
            ends[left].append(coded[token.utterance][token.first])
            ends[right].append(coded[token.utterance][token.last - 1])
            halves[left, 0].append(token.boundary - token.first)
            halves[right, 1].append(token.last - token.boundary)
    centre = {phone: (np.median(e, axis=0), np.std(e, axis=0) + 0.05) for phone, e in ends.items()}
    # clear speech lasts longer than the median; half of the weight of a spectral deviation
    usual = {key: (np.percentile(n, 75 if key[0] in VOWELS else 60), np.std(n) + 1.0) for key, n in halves.items()}

    def end_cost(phone: str, frame: np.ndarray) -> float:
        mean, spread = centre[phone]
        return float(np.sqrt(np.mean(((frame - mean) / spread)[:24] ** 2)))

    def length_cost(phone: str, side: int, n_frames: int) -> float:
        wanted, spread = usual[phone, side]
        return float(0.5 * abs(n_frames - wanted) / spread)

    def cost(pair: Pair, token: Token) -> float:
        frames = coded[token.utterance]
        return (token.extra_cost + end_cost(pair[0], frames[token.first]) + end_cost(pair[1], frames[token.last - 1])
                + length_cost(pair[0], 0, token.boundary - token.first)
                + length_cost(pair[1], 1, token.last - token.boundary))

    chosen = {}
    for pair, examples in tokens.items():
        ranked = sorted((cost(pair, token), i) for i, token in enumerate(examples))
        kept: dict[tuple[str, str], Token] = {}
        for worth, i in ranked:
            if worth < ranked[0][0] + WORSE_AT_MOST and len(kept) < EXAMPLES:
                kept.setdefault((examples[i].before, examples[i].after), examples[i])
        chosen[pair] = list(kept.values())
    return chosen


def voicing(pair: Pair, voiced: np.ndarray, boundary: int) -> np.ndarray:
    """What was heard, overruled where the phone settles it: sonorants always, unvoiced phones never."""
    result = voiced.copy()
    for symbol, part in zip(pair, (slice(0, boundary), slice(boundary, None)), strict=True):
        if symbol in SONORANTS:
            result[part] = True
        elif symbol in UNVOICED or symbol == PAUSE:
            result[part] = False
    return result


def write(name: str, chosen: dict[Pair, list[Token]], utterances: list[Utterance], analysed: list[Spectra], text: Path,
          out: Path) -> Path:
    """Write `out/name.npz` and its card `out/name.json`; returns the bank's path."""
    frames, voiced, starts, bounds, names, from_words = [], [], [0], [], [], 0
    for pair, token in ((pair, token) for pair, examples in chosen.items() for token in examples):
        spectra, part = analysed[token.utterance], slice(token.first, token.last)
        coded = spectra.coded[part] if FORMANTS[name] == 1.0 else lowered(spectra.log_power[part], FORMANTS[name])
        frames.append(np.column_stack([coded, spectra.aperiodicity_db[part]]))
        voiced.append(voicing(pair, spectra.voiced[part], token.boundary - token.first))
        starts.append(starts[-1] + token.last - token.first)
        bounds.append(token.boundary - token.first)
        names.append("-".join((token.before, *pair, token.after)))
        from_words += not utterances[token.utterance].carrier
    values = np.concatenate(frames)
    low, high = values.min(axis=0), values.max(axis=0)
    codes = np.round((values - low) / (high - low) * 255).astype(np.uint8)
    path = out / f"{name}.npz"
    np.savez_compressed(
        path, codes=codes, low=low.astype(np.float32), high=high.astype(np.float32),
        voiced=np.packbits(np.concatenate(voiced)), starts=np.array(starts, np.int32),
        bounds=np.array(bounds, np.int16), names=np.array(names),
        top_hz=TOP_HZ * FORMANTS[name])
    card = {
        "what": f"int8 diphone bank of the singing voice '{name}': WORLD envelope ({ENVELOPE_DIMS} coded dimensions) "
                f"and aperiodicity at 3, 6 and 9 kHz, {FRAME_S * 1000:g} ms frames, analysed at {RATE} Hz",
        "whence": f"the voice 'heart' of hibari-tts (distilled from Kokoro-82M) saying '{text.name}' (public domain) "
                  f"and words for missing pairs; frequencies times {FORMANTS[name]}",
        "licence": "Apache-2.0 like hibari-tts and Kokoro-82M, see NOTICE-hibari.txt",
        "rebuilt_by": f"python -m modules.training.voicebank --text {text.name} --out assets/voices",
        "text_sha256": hashlib.sha256(text.read_bytes()).hexdigest(),
        "pairs": len(chosen), "units": len(names), "units_from_words": from_words, "frames": int(len(codes)),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    path.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return path


def build(text: Path, out: Path) -> list[Path]:
    """Build every voice's bank in `out`; returns their paths."""
    utterances = speak(text)
    analysed = [analyse(utterance) for utterance in utterances]
    tokens: dict[Pair, list[Token]] = defaultdict(list)
    for index, spans in enumerate(aligned_spans(utterances, analysed)):
        for pair, token in tokens_of(index, spans, analysed[index], utterances[index].carrier):
            tokens[pair].append(token)
    chosen = choose_tokens({pair: tokens[pair] for pair in WANTED if tokens[pair]}, [s.coded for s in analysed])
    return [write(name, chosen, utterances, analysed, text, out) for name in FORMANTS]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", required=True, type=Path, help="plain English prose")
    parser.add_argument("--out", required=True, type=Path, help="folder for the banks and their cards")
    arguments = parser.parse_args()
    print(*build(arguments.text, arguments.out), sep="\n")
