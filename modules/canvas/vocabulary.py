"""What a cell can say. Pure data: lanes' rows, their tokens, chord qualities and scales.

A canvas row has one token a step. Pitch rows: 0 rest, 1 hold, 2 + p an onset at pitch index p. Role rows (comping,
pads): a role for the chord that stands there. Drum rows: one piece or none. Harmony has two tokens a beat, root and
quality. Pitch indices are relative to "do", the relative major's tonic, placed nearest to middle C.
"""

from __future__ import annotations

from modules.types import MODE_OFFSETS

REST, HOLD, ONSET = 0, 1, 2

# quality → pitch classes above the root. Order is the token order: append only.
QUALITIES: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7), "min": (0, 3, 7), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "m7": (0, 3, 7, 10),
    "dim": (0, 3, 6), "dim7": (0, 3, 6, 9), "m7b5": (0, 3, 6, 10), "sus4": (0, 5, 7), "sus2": (0, 2, 7),
    "aug": (0, 4, 8), "6": (0, 4, 7, 9), "m6": (0, 3, 7, 9), "9": (0, 4, 7, 10, 2), "maj9": (0, 4, 7, 11, 2),
    "m9": (0, 3, 7, 10, 2), "5": (0, 7), "add9": (0, 4, 7, 2),
}
QUALITY_NAMES = tuple(QUALITIES)
NO_CHORD = 12  # root token
N_ROOTS = 13

ROLES = ("rest", "hold", "full", "high", "low", "arp1", "arp2", "arp3", "arp4", "down", "up", "mute")
# Drum rows, each with at most one piece a step (token 0 = none).
DRUM_A = tuple((kick, snare) for snare in (None, "ghost", "snare", "rim", "clap") for kick in (None, "kick"))
DRUM_B = (None, "soft", "closed", "pedal", "open", "ride", "bell", "crash", "shaker")
DRUM_C = (None, "tom_low", "tom_mid", "tom_high", "conga_low", "conga_high", "cowbell", "clave", "tambourine",
          "triangle", "snap")

# piece → General MIDI percussion key
DRUM_KEYS = {
    "kick": 36, "ghost": 38, "snare": 38, "rim": 37, "clap": 39, "soft": 42, "closed": 42, "pedal": 44, "open": 46,
    "ride": 51, "bell": 53, "crash": 49, "shaker": 70, "tom_low": 45, "tom_mid": 47, "tom_high": 50, "conga_low": 64,
    "conga_high": 63, "cowbell": 56, "clave": 75, "tambourine": 54, "triangle": 81, "snap": 60,
}

# row name → (lane, kind, number of tokens, lowest pitch relative to the lane's do)
MELODY_PITCHES, BASS_PITCHES = 37, 25
ROWS: dict[str, tuple[str, str, int]] = {
    "melody": ("melody", "pitch", ONSET + MELODY_PITCHES),
    "counter": ("counter", "pitch", ONSET + MELODY_PITCHES),
    "bass": ("bass", "pitch", ONSET + BASS_PITCHES),
    "comp": ("comp", "role", len(ROLES)),
    "comp2": ("comp2", "role", len(ROLES)),
    "pad": ("pad", "role", len(ROLES)),
    "drum_a": ("drums", "drum", len(DRUM_A)),
    "drum_b": ("drums", "drum", len(DRUM_B)),
    "drum_c": ("drums", "drum", len(DRUM_C)),
}
ROW_NAMES = tuple(ROWS)
LANE_ROWS: dict[str, tuple[int, ...]] = {}
for _index, (_lane, _kind, _size) in enumerate(ROWS.values()):
    LANE_ROWS[_lane] = LANE_ROWS.get(_lane, ()) + (_index,)
PITCH_ROWS = ("melody", "counter", "bass")
LOWEST = {"melody": -12, "counter": -12, "bass": -31}  # semitones from do near middle C to pitch index 0

STEPS_PER_BEAT = {"4/4": 4, "3/4": 4, "6/8": 6}
BEATS_PER_BAR = {"4/4": 4, "3/4": 3, "6/8": 2}

# scale degrees relative to the mode's own tonic
SCALES = {mode: tuple(sorted((pc - offset) % 12 for pc in (0, 2, 4, 5, 7, 9, 11)))
          for mode, offset in MODE_OFFSETS.items()}


def do_midi(do_pc: int) -> int:
    """MIDI number of do nearest to middle C (54–65) for a pitch class 0–11."""
    return 60 + (do_pc + 6) % 12 - 6


def to_midi(row: str, index: int, do_pc: int) -> int:
    """MIDI number of pitch index `index` of a pitch row, for do = `do_pc`."""
    return do_midi(do_pc) + LOWEST[row] + index


def to_index(row: str, midi: int, do_pc: int) -> int:
    """Pitch index of a MIDI number, octave-shifted into the row's range if it lies outside."""
    index = midi - do_midi(do_pc) - LOWEST[row]
    size = ROWS[row][2] - ONSET
    while index < 0:
        index += 12
    while index >= size:
        index -= 12
    return index
