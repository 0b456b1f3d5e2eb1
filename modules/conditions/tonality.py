"""Key and chords from note strengths. Owns profiles, templates and smoothing; knows nothing of beats' making.

Letters: `M` harmonic frames, `P` pitches, `T` beats (or any spans), `Q` chord states.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from modules.canvas.vocabulary import QUALITIES, SCALES
from modules.conditions.spectra import LOWEST_MIDI, N_PITCHES, SLOW_FRAME_S
from modules.types import MODE_OFFSETS, ChordSpan

# Weights of the twelve degrees: Faraldo et al. 2016 ("edma", from dance music) and Albrecht & Shanahan 2013, from
# classical music, averaged after standardising. The other modes exchange the two degrees that set them apart.
PROFILES = {
    "major": ((1.00, .29, .50, .40, .60, .56, .32, .80, .31, .45, .42, .39),
              (.238, .006, .111, .006, .137, .094, .016, .214, .009, .080, .008, .081)),
    "minor": ((1.00, .31, .44, .58, .33, .49, .29, .78, .43, .29, .53, .32),
              (.220, .006, .104, .123, .019, .103, .012, .214, .062, .022, .061, .052)),
}
MODE_DEGREES = {"dorian": ("minor", 8, 9), "phrygian": ("minor", 1, 2), "lydian": ("major", 5, 6),
                "mixolydian": ("major", 10, 11)}
MODE_COST = 0.045  # of correlation, that a mode other than major and minor must earn
BASS_SHARE = 0.35  # of the bass chroma in the key's
BASS_TOP, TREBLE_BOTTOM = 52, 47  # midi: where bass ends and chords begin, softly
ROOT_BONUS = 0.55  # of a chord whose root lies in the bass
CHORD_QUALITIES = ("maj", "min", "7", "maj7", "m7", "dim", "m7b5", "sus4", "sus2", "aug")
# Rarer qualities must sound clearly better than the plain triad.
QUALITY_COST = {"maj": 0.0, "min": 0.0, "7": 0.08, "maj7": 0.08, "m7": 0.07, "dim": 0.14, "m7b5": 0.16, "sus4": 0.14,
                "sus2": 0.16, "aug": 0.2}
CHANGE_COST, DOWNBEAT_CHANGE_COST = 0.55, 0.22
OUT_OF_KEY_COST = 0.07  # a chord tone outside the key
NO_CHORD_SCORE = 0.30
FIRST_CHORD, LAST_CHORD, PHRASES, CADENCES, MINOR_BONUS = 0.067, 0.03, 0.17, 0.145, 0.08  # of correlation


@dataclass(frozen=True)
class Key:
    """`confidence` 0–1 grows with the distance to the best key that is not a mere relative or neighbour."""

    tonic: int
    mode: str
    confidence: float
    scores: dict[tuple[int, str], float]  # correlation of every (tonic, mode)


def _ramp(bottom: float, top: float) -> np.ndarray:
    """(P,) 0 below `bottom` midi, 1 above `top`."""
    return np.clip((LOWEST_MIDI + np.arange(N_PITCHES) - bottom) / (top - bottom), 0, 1)


def chroma(notes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Note strengths (M, P) → treble and bass chroma (M, 12), C first."""
    treble = notes * (_ramp(TREBLE_BOTTOM - 3, TREBLE_BOTTOM + 6) * (1 - 0.7 * _ramp(84, 100)))
    bass = notes * (1 - _ramp(BASS_TOP - 7, BASS_TOP + 3))
    return treble.reshape(len(notes), -1, 12).sum(axis=1), bass.reshape(len(notes), -1, 12).sum(axis=1)


def over_spans(frames: np.ndarray, starts_s: np.ndarray, ends_s: np.ndarray) -> np.ndarray:
    """Mean of (M, D) frames over spans of time (T, D); every span takes at least its middle frame."""
    total = np.concatenate([np.zeros((1, frames.shape[1])), np.cumsum(frames, axis=0, dtype=np.float64)])
    first = np.clip(np.round(np.asarray(starts_s) / SLOW_FRAME_S + 0.6).astype(int), 0, len(frames) - 1)
    last = np.clip(np.round(np.asarray(ends_s) / SLOW_FRAME_S - 0.4).astype(int), first + 1, len(frames))
    last = np.maximum(last, first + 1)
    return (total[last] - total[first]) / (last - first)[:, None]


def profile(mode: str) -> np.ndarray:
    """(12,) standardised weights of the degrees above the tonic."""
    base, one, other = MODE_DEGREES.get(mode, (mode, 0, 0))
    each = np.array(PROFILES[base])
    out = ((each - each.mean(axis=1, keepdims=True)) / each.std(axis=1, keepdims=True)).mean(axis=0)
    out[[one, other]] = out[[other, one]]
    return out


def find_key(notes: np.ndarray, modes: tuple[str, ...] = ("major", "minor")) -> Key:
    """The key of a recording, by correlation with degree profiles (Krumhansl 1990, ch. 4).

    Args:
        notes: (M, P) strengths.
        modes: those considered; modes other than major and minor pay a small cost, for they are rarer.
    """
    treble, bass = chroma(notes)
    each = treble / (treble.sum(axis=1, keepdims=True) + 1e-3 * treble.sum(axis=1).max() + 1e-9)
    low = bass / (bass.sum(axis=1, keepdims=True) + 1e-3 * bass.sum(axis=1).max() + 1e-9)
    heard = np.sqrt(each.mean(axis=0) * (1 - BASS_SHARE) + low.mean(axis=0) * BASS_SHARE)
    scores = {}
    for mode in modes:
        ideal = profile(mode)
        cost = 0.0 if mode in PROFILES else MODE_COST
        for tonic in range(12):
            scores[tonic, mode] = _correlation(heard, np.roll(ideal, tonic)) - cost
    tonic, mode = max(scores, key=scores.__getitem__)
    scale = {(tonic + degree) % 12 for degree in SCALES[mode]}
    rivals = [score for (other, kind), score in scores.items()
              if len(scale & {(other + degree) % 12 for degree in SCALES[kind]}) < 6]
    best = scores[tonic, mode]
    confidence = float(np.clip((best - max(rivals)) / 0.45, 0, 1) * np.clip(best / 0.7, 0, 1)) if rivals else 0.0
    return Key(tonic, mode, confidence, scores)


def settle_key(key: Key, chords: tuple[ChordSpan, ...], downbeats_s: np.ndarray) -> Key:
    """Choose again between keys, by where chords stand: relative and neighbouring keys share nearly all their notes.

    Home is where phrases begin (every fourth bar, and the piece), where dominants lead, and where the piece ends.
    Weights were fitted to 51 synthesised songs of known keys; left out one by one, 39 came out right.
    """
    sounding = [chord for chord in chords if chord.root is not None]
    if not sounding:
        return key
    begins = [next((index for index, chord in enumerate(sounding)
                    if chord.start_s - 0.1 <= time + 0.05 < chord.end_s), -1)
              for time in downbeats_s[::4]]
    worth = {}
    for (tonic, mode), score in key.scores.items():
        minor = 3 in SCALES[mode]
        home = [chord.root == tonic and (3 in QUALITIES[chord.quality]) == minor for chord in sounding]
        phrases = float(np.mean([index >= 0 and home[index] for index in begins])) if begins else 0.0
        led = sum((before.root - 7) % 12 == tonic and 4 in QUALITIES[before.quality] and here
                  for before, here in zip(sounding, home[1:], strict=False)) / len(sounding)
        worth[tonic, mode] = (score + FIRST_CHORD * home[0] + LAST_CHORD * home[-1] + PHRASES * phrases + CADENCES * led
                              + MINOR_BONUS * minor)
    tonic, mode = max(worth, key=worth.__getitem__)
    return Key(tonic, mode, key.confidence, worth)


def scale_share(notes: np.ndarray, tonic: int, mode: str) -> tuple[float, float]:
    """Share of what sounds that lies in a key's scale, and the best share that any of the twelve such scales has."""
    treble, bass = chroma(notes)
    heard = treble.sum(axis=0) / (treble.sum() + 1e-9) + 0.5 * bass.sum(axis=0) / (bass.sum() + 1e-9)
    shares = [float(heard[[(do + degree) % 12 for degree in SCALES["major"]]].sum() / heard.sum()) for do in range(12)]
    return shares[(tonic - MODE_OFFSETS[mode]) % 12], max(shares)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / size) if size > 1e-12 else 0.0


def find_chords(notes: np.ndarray, starts_s: np.ndarray, ends_s: np.ndarray, *, downbeats: np.ndarray,
                key: Key) -> tuple[ChordSpan, ...]:
    """Chords on beats, by templates and a best path that prefers to change on downbeats.

    Args:
        notes: (M, P) strengths.
        starts_s, ends_s: (T,) spans, usually beats.
        downbeats: (T,) True where a bar begins.
        key: costs a little for what lies outside it.

    Returns:
        Runs of equal chords joined, in time order.
    """
    treble, bass = chroma(notes)
    upper, lower = over_spans(treble, starts_s, ends_s), over_spans(bass, starts_s, ends_s)
    states, score = _match(upper, lower, key)
    path = _smooth(score, np.where(downbeats, DOWNBEAT_CHANGE_COST, CHANGE_COST))
    out: list[ChordSpan] = []
    for span, state in enumerate(path):
        root, quality = states[state]
        if out and (out[-1].root, out[-1].quality) == (root, quality):
            out[-1] = ChordSpan(out[-1].start_s, float(ends_s[span]), root, quality)
        else:
            out.append(ChordSpan(float(starts_s[span]), float(ends_s[span]), root, quality))
    return tuple(out)


def _match(upper: np.ndarray, lower: np.ndarray, key: Key) -> tuple[list[tuple[int | None, str]], np.ndarray]:
    """Chord states and how well each fits each span (T, Q)."""
    scale = {(key.tonic + degree) % 12 for degree in SCALES[key.mode]}
    if key.mode == "minor":
        scale.add((key.tonic + 11) % 12)  # the leading note of V
    loudest = np.percentile(upper.sum(axis=1), 90) + 1e-9
    quiet = upper.sum(axis=1) < 0.03 * loudest
    size = np.linalg.norm(upper, axis=1, keepdims=True)
    upper = upper / np.maximum(size, 1e-9)
    lower = lower / np.maximum(lower.sum(axis=1, keepdims=True), 1e-3 * lower.sum(axis=1).max() + 1e-9)
    states: list[tuple[int | None, str]] = []
    columns = []
    for quality in CHORD_QUALITIES:
        for root in range(12):
            template = np.zeros(12)
            tones = [(root + tone) % 12 for tone in QUALITIES[quality]]
            template[tones] = [1.0, 0.9, 0.85, 0.7][:len(tones)]
            template /= np.linalg.norm(template)
            outside = sum(tone not in scale for tone in tones)
            states.append((root, quality))
            columns.append(upper @ template + ROOT_BONUS * lower[:, root] + 0.12 * lower[:, tones[2]]
                           - QUALITY_COST[quality] - OUT_OF_KEY_COST * outside)
    states.append((None, "maj"))
    columns.append(np.where(quiet, 3.0, NO_CHORD_SCORE))
    return states, np.stack(columns, axis=1)


def _smooth(score: np.ndarray, change_cost: np.ndarray) -> list[int]:
    """Best path through (T, Q) scores when each change of state costs `change_cost` (T,) at its span."""
    n_spans, n_states = score.shape
    total = score[0].copy()
    back = np.zeros((n_spans, n_states), int)
    for span in range(1, n_spans):
        best = int(total.argmax())
        moves = total[best] - change_cost[span] > total
        back[span] = np.where(moves, best, np.arange(n_states))
        total = np.where(moves, total[best] - change_cost[span], total) + score[span]
    path = [int(total.argmax())]
    for span in range(n_spans - 1, 0, -1):
        path.append(int(back[span, path[-1]]))
    return path[::-1]
