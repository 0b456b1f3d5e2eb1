"""Stems made of simple waves that stand for a band, with a song and a performance that fit: verse, then chorus."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from modules.canvas.canvas import Canvas
from modules.types import Audio, Part, Performance, PlayedNote, Section, Song, SungNote

RATE = 44_100
TEMPO_BPM = 120.0
BAR_S = 2.0
CHORDS = ((48, 52, 55), (43, 47, 50), (45, 48, 52), (41, 45, 48))


@lru_cache(maxsize=256)
def wave(midi: float, duration_s: float, *, harmonics: int = 8, decay: float = 3.0, slope: float = 1.0) -> np.ndarray:
    """float32 (n,): harmonics that fall by `slope`, dying away by `decay` nepers a second."""
    t = np.arange(int(duration_s * RATE)) / RATE
    hz = 440 * 2 ** ((midi - 69) / 12)
    sound = sum(np.sin(2 * np.pi * hz * k * t) / k ** slope for k in range(1, harmonics + 1) if hz * k < 18_000)
    edges = np.minimum(1.0, np.minimum(t, duration_s - t) / 0.004)
    return (0.15 * sound * np.exp(-decay * t) * edges).astype(np.float32)


def stage(*, bars: int = 8, chorus_db: float = 4.0, vocal: bool = False, rest_s: float = 0.0,
          **song: object) -> tuple[dict[str, Audio], Song, Performance]:
    """Seven or eight stems, half verse (energy 2), half chorus (energy 6) that is `chorus_db` louder."""
    rng = np.random.default_rng(1)
    n_samples = int((bars * BAR_S + rest_s) * RATE)
    lanes = ("melody", "counter", "bass", "comp", "comp2", "pad", "drums", *(("vocal",) if vocal else ()))
    sounds = {lane: np.zeros(n_samples, np.float32) for lane in lanes}
    notes: dict[str, list[PlayedNote]] = {lane: [] for lane in lanes}

    def play(lane: str, at_s: float, midi: int, sound: np.ndarray) -> None:
        gain = np.float32(10 ** (chorus_db / 20)) if at_s >= bars * BAR_S / 2 - 0.01 else np.float32(1)
        start = int(at_s * RATE)
        kept = sound[:n_samples - start]
        sounds[lane][start:start + len(kept)] += gain * kept
        notes[lane].append(PlayedNote(at_s, at_s + len(sound) / RATE, midi, 90))

    for bar in range(bars):
        chord = CHORDS[bar % 4]
        for midi in chord:
            play("pad", bar * BAR_S, midi + 12, wave(midi + 12, BAR_S, decay=0.1, harmonics=24))
        for eighth in range(8):
            at = bar * BAR_S + eighth * BAR_S / 8
            play("comp2", at, chord[eighth % 3] + 24, wave(chord[eighth % 3] + 24, 0.24, decay=8))
            play("bass", at, chord[0] - 12, wave(chord[0] - 12, 0.24, harmonics=5, decay=2))
            hat = 0.05 * rng.standard_normal(1_500) * np.exp(-np.arange(1_500) / 300)
            play("drums", at, 42, hat.astype(np.float32))
            if eighth % 2 == 0:
                midi = int(rng.choice([72, 74, 76, 79]))
                for lane in ("melody", *(("vocal",) if vocal else ())):
                    play(lane, at, midi, wave(midi, 0.45, harmonics=12, decay=2))
                for tone in chord:
                    play("comp", at, tone + 12, wave(tone + 12, 0.4, decay=4))
                t = np.arange(8_000) / RATE
                kick = np.sin(2 * np.pi * (50 * t + 4 * (1 - np.exp(-t * 40)))) * np.exp(-t * 14)
                play("drums", at, 36, (0.5 * kick).astype(np.float32))
            if eighth in (2, 6):
                snare = 0.25 * rng.standard_normal(6_000) * np.exp(-np.arange(6_000) / 1_200)
                play("drums", at, 38, snare.astype(np.float32))
        play("counter", bar * BAR_S, chord[2] + 12, wave(chord[2] + 12, BAR_S, harmonics=16, decay=0.3))
    sections = (Section("verse", 0, bars // 2, 2), Section("chorus", bars // 2, bars - bars // 2, 6))
    parts = tuple(Part(lane, lane, 0, lane == "drums", () if lane == "vocal" else tuple(notes[lane]),
                       sung=tuple(SungNote(n.onset_s, n.offset_s, n.midi, 90, ("AA",)) for n in notes[lane])
                       if lane == "vocal" else ()) for lane in lanes)
    song = Song(**{"canvas": Canvas.empty("4/4", sections), "tempo_bpm": TEMPO_BPM, "tonic": 0, "mode": "major",
                   "swing": 0.5, "swing_unit": 16, "sections": sections, "styles": {"indie_pop": 1.0},
                   "instruments": {lane: lane for lane in lanes}, "seed": 3, **song})
    performance = Performance(parts, n_samples / RATE, ((0.0, TEMPO_BPM),), tuple(bar * BAR_S for bar in range(bars)),
                              "4/4")
    return {lane: Audio(np.stack([sound, sound]), RATE) for lane, sound in sounds.items()}, song, performance
