"""A speaker for building voices: the openly licensed neural voice "heart" of `hibari-tts`, which says prose or a given
pronunciation and tells how long each of its symbols lasts. Knows nothing of banks and singing; offline.

hibari (Apache-2.0) was distilled from Kokoro-82M (Apache-2.0). Its wheel carries one voice, sounded at 24 kHz. The
durations that it predicts inside come in steps of 25 ms and belong to written symbols, among them stress marks; they
are a first guess at where phones lie (`alignment` finds the places in the sound).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from modules.vocoder.phones import PAUSE

RATE = 24_000
F0_STEP_S, DURATION_STEP_S = 0.0125, 0.025
LEAD_S = 0.03  # the sound of a symbol begins about so long before its time by the durations
DURATIONS = "/Clip_output_0"  # the graph's name for what it multiplies its symbols by
SILENT_SPACE_S = 0.1  # a space this long is a pause, a shorter one only a border between words
# hibari's symbols → ours. A flap and a glottal stop are no T that a singer would want: they get names of their own.
SYMBOLS = {
    "A": "EY", "I": "AY", "O": "OW", "W": "AW", "Y": "OY", "ʤ": "JH", "ʧ": "CH", "ɑ": "AA", "æ": "AE", "ʌ": "AH",
    "ə": "ax", "ᵊ": "ax", "ɔ": "AO", "ɛ": "EH", "ɜ": "ER", "ɪ": "IH", "ᵻ": "ix", "i": "IY", "ʊ": "UH", "u": "UW",
    "b": "B", "d": "D", "f": "F", "ɡ": "G", "h": "HH", "j": "Y", "k": "K", "l": "L", "m": "M", "n": "N", "ŋ": "NG",
    "p": "P", "ɹ": "R", "s": "S", "ʃ": "SH", "t": "T", "θ": "TH", "ð": "DH", "v": "V", "w": "W", "z": "Z", "ʒ": "ZH",
    "T": "dx", "ʔ": "q"}
SPOKEN = {phone: symbol for symbol, phone in SYMBOLS.items()} | {"ER": "ɜɹ"}
REDUCED = {"ax": "AH", "ix": "IH", "dx": "T", "q": "T"}  # said less clearly than their namesakes
STRESS = "ˈˌ"


@dataclass(frozen=True)
class Utterance:
    """A rendering: `phones` [(symbol, start_s, end_s)] without gaps, reduced ones in lower case; samples float64 (n,)
    at 24 kHz; `f0_hz` (m,) a value every 12.5 ms, 0 where unvoiced; `carrier`: a made-up word, not a real one."""

    phones: tuple[tuple[str, float, float], ...]
    samples: np.ndarray
    f0_hz: np.ndarray
    carrier: bool = False


@lru_cache(maxsize=1)
def _model():
    """The wheel's network as an onnxruntime session that also gives its durations, and its table of symbols."""
    import onnx
    import onnxruntime

    assets = files("hibari") / "assets"
    graph = onnx.load(str(assets / "hibari.onnx"))
    graph.graph.output.append(onnx.helper.make_tensor_value_info(DURATIONS, onnx.TensorProto.FLOAT, None))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    table = json.loads((assets / "vocab.json").read_text(encoding="utf-8"))
    return onnxruntime.InferenceSession(graph.SerializeToString(), options), table


@lru_cache(maxsize=1)
def _reader():
    from hibari import Hibari

    return Hibari()


def pronounce(text: str) -> list[str]:
    """Prose → one string of hibari's symbols a sentence."""
    return _reader().phonemize(text)


def say(symbols: str, *, carrier: bool = False, seed: int = 0) -> Utterance:
    """Speak a string of hibari's symbols; the same seed gives the same samples."""
    from hibari import dsp

    session, table = _model()
    known = [symbol for symbol in symbols if symbol in table]
    ids = np.array([[0, *(table[symbol] for symbol in known), 0]])
    *spectra, f0, durations = session.run(None, {"ids": ids, "speed": np.ones(1, np.float32)})
    f0 = f0[0]
    samples = dsp.synth(*(part[0] for part in spectra), f0, np.random.default_rng(seed)).astype(float)
    phones = phones_of(["$", *known, "$"], durations.ravel() * DURATION_STEP_S)
    return Utterance(phones, samples, np.where(f0 > 40, f0, 0.0), carrier)


def phones_of(symbols: list[str], lengths_s: np.ndarray) -> tuple[tuple[str, float, float], ...]:
    """Written symbols and their lengths → phones in time; marks between phones give half their time to each side."""
    spans: list[list] = []
    owed_s = now_s = 0.0
    for i, (symbol, length_s) in enumerate(zip(symbols, lengths_s, strict=True)):
        end_s = now_s + float(length_s)
        if symbol in SYMBOLS:
            r_coloured = symbol == "ɹ" and symbols[i - 1] in "əɜ" and not _vowel_follows(symbols[i + 1:])
            if r_coloured:  # ɜɹ and əɹ are one vowel, ER
                spans[-1][0], spans[-1][2] = "ER", end_s
            else:
                spans.append([SYMBOLS[symbol], now_s - owed_s, end_s])
            owed_s = 0.0
        elif symbol in STRESS or (symbol == " " and length_s < SILENT_SPACE_S):
            half_s = float(length_s) / 2
            if spans:
                spans[-1][2] += half_s
            owed_s += half_s if spans else float(length_s)
        elif spans and spans[-1][0] == PAUSE:
            spans[-1][2] = end_s
        else:
            spans.append([PAUSE, now_s - owed_s, end_s])
            owed_s = 0.0
        now_s = end_s
    return tuple((symbol, max(start - LEAD_S, 0.0), end - LEAD_S) for symbol, start, end in spans)


def _vowel_follows(symbols: list[str]) -> bool:
    """Whether the next symbol says a vowel in the same word, so that an R before it is a consonant."""
    return next((s in "AIOWYɑæʌəᵊɔɛɜɪᵻiʊu" for s in symbols if s not in STRESS), False)
