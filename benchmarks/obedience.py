"""Is what was asked what is heard? Tempo, key and refusals over prompts: `python -m benchmarks.obedience`.

The key is judged on the audio by the match report (its rule accepts 2 % of keys that were not asked for).
"""

from __future__ import annotations

import sys
from threading import Event

import librosa
import mido
import numpy as np

from modules.assets import instruments
from modules.engines.embedded import EmbeddedEngine
from modules.performance.midi import write_midi
from modules.types import Request, Take

# tempo, key, words; 60–180 BPM
PROMPTS = (
    (60, "C minor", "sad piano ballad"), (66, "F major", "gentle lullaby-like folk"), (72, "A minor", "film tension"),
    (76, "G major", "slow blues with electric guitar"), (82, "D minor", "warm lo-fi with rhodes"),
    (88, "Bb major", "boom bap hip hop"), (92, "E minor", "trip-hop mood, dark"), (96, "A major", "reggae in the sun"),
    (100, "G minor", "funk with slap bass"), (104, "D major", "country road song"), (110, "F# minor", "synthwave"),
    (116, "C major", "disco party"), (120, "A minor", "deep house"), (124, "E major", "dance pop"),
    (128, "F minor", "techno"), (132, "B minor", "uplifting trance"), (140, "G minor", "trap"),
    (150, "D major", "indie rock"), (165, "A major", "punk rock"), (174, "F minor", "drum and bass"),
)
REFUSALS = (
    ("rock song, no drums", "drums"), ("lo-fi beat without guitar", "guitar"), ("funk, no bass", "bass"),
    ("jazz trio minus the piano", "piano"), ("house track with no synths", "synth"), ("pop with no strings", "strings"),
    ("soul without brass", "brass"), ("folk song, nothing with drums", "drums"), ("bossa nova, no flute", "flute"),
    ("synthwave but no drums, no bass", "bass"),
)


def make(prompt: str, seed: int = 5) -> Take:
    """One take of a prompt."""
    request = Request(prompt=prompt, takes=1, seed=seed)
    return next(item for item in EmbeddedEngine().takes(request, Event()) if isinstance(item, Take))


def heard_tempo_fits(take: Take, tempo: float) -> bool:
    """librosa's tempo within 4 %, double or half allowed."""
    heard = float(np.atleast_1d(librosa.feature.tempo(y=take.audio.mono, sr=take.audio.sample_rate))[0])
    return any(abs(heard * ratio / tempo - 1) <= 0.04 for ratio in (1, 2, 0.5))


def midi_tempo(take: Take) -> float:
    """The first tempo of the take's MIDI file, in quarter notes a minute."""
    path = "/tmp/earworm_obedience.mid"
    write_midi(take.performance, take.song, path)
    return next(mido.tempo2bpm(m.tempo) for t in mido.MidiFile(path).tracks for m in t if m.type == "set_tempo")


def disobeys(take: Take, refused: str) -> bool:
    """Whether a refused lane, family or instrument plays."""
    registry = instruments()
    return any(refused in (part.lane, part.instrument, registry.get(part.instrument, {}).get("family"))
               for part in take.performance.parts if part.notes)


def main() -> None:
    tempo_midi = tempo_audio = keys = 0
    for tempo, key, words in PROMPTS:
        take = make(f"{words}, {tempo} BPM, in {key}, 20 seconds")
        scale = 1.5 if take.song.canvas.meter == "6/8" else 1.0
        good_midi = abs(midi_tempo(take) - tempo * scale) < 0.5
        good_audio = heard_tempo_fits(take, tempo)
        heard = next(check for check in take.report if check.name == "key")
        good_key = heard.verdict == "yes"
        tempo_midi, tempo_audio, keys = tempo_midi + good_midi, tempo_audio + good_audio, keys + good_key
        print(f"{words}: {tempo} BPM {'ok' if good_midi else 'MIDI OFF'}, {'ok' if good_audio else 'audio off'}; "
              f"{key} heard as {heard.heard}", flush=True)
    refused = sum(disobeys(make(prompt), what) for prompt, what in REFUSALS)
    n = len(PROMPTS)
    print("| asked | held |\n|---|---|")
    print(f"| tempo in the MIDI | {tempo_midi} of {n} |")
    print(f"| tempo heard by librosa within 4 % (double or half allowed) | {tempo_audio} of {n} |")
    print(f"| key heard in the audio | {keys} of {n} |")
    print(f"| refusals disobeyed | {refused} of {len(REFUSALS)} |")
    sys.exit(int(tempo_midi < n or keys < 0.95 * n or refused > 0))


if __name__ == "__main__":
    main()
