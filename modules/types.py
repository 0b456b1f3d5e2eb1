"""Types that cross rooms. Frozen, plain, and without behaviour beyond small derived properties.

Units are in the names (`_s` seconds, `_hz`, `_bpm`, `_midi`). Audio is float32 `(channels, samples)`.
`None` in `Controls` means "free": nobody asked for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Protocol

import numpy as np

PITCH_CLASSES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")

# Semitones from a mode's tonic DOWN to its relative major's tonic ("do") are (12 - offset) % 12:
# tonic = do + offset. Canvas pitches are relative to do, so all diatonic modes share one scale.
MODE_OFFSETS: Mapping[str, int] = {
    "major": 0, "dorian": 2, "phrygian": 4, "lydian": 5, "mixolydian": 7, "minor": 9,
}
METERS = ("4/4", "3/4", "6/8")
SECTIONS = ("intro", "verse", "prechorus", "chorus", "bridge", "solo", "break", "drop", "outro")
SINGING = ("sung", "spoken", "hummed")  # what the voice does
REFERENCE_MODES = ("vibe", "restyle", "continue", "accompany")  # what a track is used for
LANES = ("melody", "counter", "bass", "comp", "comp2", "pad", "drums")  # lanes that sound


@dataclass(frozen=True)
class Audio:
    """Sound. `samples` float32 (channels, n_samples) in [-1, 1]; `sample_rate` in Hz."""

    samples: np.ndarray
    sample_rate: int

    @property
    def duration_s(self) -> float:
        return self.samples.shape[-1] / self.sample_rate

    @property
    def mono(self) -> np.ndarray:
        """float32 (n_samples,)."""
        return self.samples.mean(axis=0, dtype=np.float32)


@dataclass(frozen=True)
class Controls:
    """What was asked explicitly; `None` or empty = free.

    `tonic` is a pitch class 0–11 of the mode's own tonic (A minor: 9, "minor"). `energy`, `complexity`,
    `brightness` are 0–1. `swing` is the share of a pair that its first half takes (0.5 straight, 0.67 triplet).
    `form` is a tuple of section names. `wanted` and `unwanted` hold instrument names, instrument families or
    lane names (`assets/instruments.yaml`). `energy_curve` is ((time_s, energy 0–1), …), linear between points.
    `ending` is one of "ring", "ritard", "fade", "hit". `density` is 0–1 (few notes … many). `contour` is
    ((section name or "" for all, "rise" | "fall" | "arch" | "flat"), …): where the melody goes over a section.
    A name stands in `wanted` as often as it was counted ("two guitars"). `register` of the tune is "high" or "low".
    `articulation` holds "staccato", "legato", "accented". `era` is a decade such as "1980s".
    `lane_instruments` is ((lane, instrument name or "none"), …): what a person set lane by lane; it beats all else.
    """

    tempo_bpm: float | None = None
    tonic: int | None = None
    mode: str | None = None
    meter: str | None = None
    swing: float | None = None
    energy: float | None = None
    complexity: float | None = None
    brightness: float | None = None
    duration_s: float | None = None
    form: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    energy_curve: tuple[tuple[float, float], ...] = ()
    ending: str | None = None
    density: float | None = None
    contour: tuple[tuple[str, str], ...] = ()
    register: str | None = None
    articulation: tuple[str, ...] = ()
    era: str | None = None
    lane_instruments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Finding:
    """One understood thing, for people: `label` ("tempo"), `value` ("82 BPM"), `source` ("82 bpm" as typed)."""

    label: str
    value: str
    source: str = ""


@dataclass(frozen=True)
class TextReading:
    """What the text condition understood. `styles` sum to 1 over card names; empty = nothing said about style."""

    styles: Mapping[str, float]
    controls: Controls
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    vocal: bool | None = None  # True: singing asked for, False: instrumental asked for
    production: tuple[str, ...] = ()  # "lo-fi", "dry", "wide", "warm", "dark", "bright", "vintage", "reverb"


@dataclass(frozen=True)
class HumNote:
    onset_s: float
    offset_s: float
    pitch_hz: float
    midi: int  # nearest semitone after the tuning offset is taken out
    confidence: float


@dataclass(frozen=True)
class GridNote:
    """A note on the step grid. `step` may be negative for a pick-up; `length` ≥ 1 steps. `late` is how many steps
    after its place it is played (before, if negative), where a person's own timing is followed."""

    step: int
    length: int
    midi: int
    late: float = 0.0


@dataclass(frozen=True)
class Hum:
    """What the humming condition heard, or what a MIDI file holds (then without a pitch curve). `grid` is on 4 steps a
    beat (6 in 6/8), the same notes as `notes`; step 0 is the first downbeat. `beat_tempi` are the tempi of the beats
    from step 0 over `tempo_bpm`, where they change; empty = steady. `swing` is the share of a beat that its first half
    takes; the grid is written straight. `phrase_starts` are indices of the notes that begin a phrase."""

    tempo_bpm: float
    tonic: int
    mode: str
    meter: str
    tuning_cents: float
    notes: tuple[HumNote, ...]
    grid: tuple[GridNote, ...]
    f0_times_s: np.ndarray  # (n,)
    f0_hz: np.ndarray  # (n,) 0 where unvoiced
    f0_confidence: np.ndarray  # (n,)
    offset_s: float = 0.0  # time of step 0 in the recording
    findings: tuple[Finding, ...] = ()
    beat_tempi: tuple[float, ...] = ()
    swing: float = 0.5
    phrase_starts: tuple[int, ...] = ()


@dataclass(frozen=True)
class HumBeat:
    """What a person told of the beat of a hum: tapped, typed, or the click it was sung to. None = to be heard."""

    tempo_bpm: float | None = None
    meter: str | None = None
    start_s: float | None = None  # time in the recording of the click's first downbeat


@dataclass(frozen=True)
class ChordSpan:
    start_s: float
    end_s: float
    root: int | None  # pitch class; None = no chord
    quality: str  # one of canvas.vocabulary.QUALITIES

    @property
    def name(self) -> str:
        if self.root is None:
            return "N"
        short = {"maj": "", "min": "m"}.get(self.quality, self.quality)
        return PITCH_CLASSES[self.root] + short


@dataclass(frozen=True)
class SectionSpan:
    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class KeySpan:
    """A stretch of a recording in one key; `confidence` 0–1."""

    start_s: float
    end_s: float
    tonic: int
    mode: str
    confidence: float


@dataclass(frozen=True)
class Reference:
    """What the reference condition heard. `energy` is 0–1 per second; `brightness` 0–1.

    `confidences` says for "tempo", "beats", "meter", "swing", "key", "chords" and "sections" how sure that is, 0–1;
    under 0.5 it is said to be a guess. A name that is missing was not judged.
    """

    tempo_bpm: float
    beats_s: np.ndarray
    downbeats_s: np.ndarray
    meter: str
    tonic: int
    mode: str
    key_confidence: float
    chords: tuple[ChordSpan, ...]
    sections: tuple[SectionSpan, ...]
    energy: np.ndarray
    brightness: float
    styles: Mapping[str, float]
    description: str
    melody: tuple[GridNote, ...] = ()  # main melody on the grid that `downbeats_s[0]` starts; may be empty
    melody_confidence: float = 0.0  # 0–1 of the line as a whole
    onsets_per_s: float = 0.0  # clear onsets of anything
    findings: tuple[Finding, ...] = ()
    confidences: Mapping[str, float] = field(default_factory=dict)
    other_tempo_bpm: float | None = None  # the half or double tempo that may be meant as well; None = no doubt
    swing: float = 0.5  # share of its pair that the first of two notes takes; 0.5 straight, 0.67 triplets
    swing_unit: int = 8  # 8 or 16: which note pairs swing
    keys: tuple[KeySpan, ...] = ()  # over the whole recording, in time order; more than one = it modulates
    chord_confidences: tuple[float, ...] = ()  # 0–1, one for each of `chords`
    section_groups: tuple[int, ...] = ()  # one for each of `sections`; equal numbers = the same music
    groove: np.ndarray | None = None  # (3, steps a bar) 0–1: low, middle, high on 16ths (12ths of a 6/8 bar)
    roughness: float = 0.0  # 0 clean … 1 distorted or noisy
    width: float = 0.0  # 0 mono … 1 as wide as two unrelated sides
    drums: float | None = None  # how surely they are there, 0–1, a guess; None = not judged; so for the next two
    voice: float | None = None  # hardly better than chance so far: not to be shown as heard
    bass: float | None = None  # likewise


@dataclass(frozen=True)
class Syllable:
    """One sung syllable as text. `phonemes` are ARPAbet without stress digits; `stress` 0, 1 or 2. `notes` that the
    person drew it over ("lo~ve": 2)."""

    text: str
    phonemes: tuple[str, ...]
    stress: int
    word: str = ""
    word_index: int = 0
    line: int = 0
    section: str = "verse"
    last_in_word: bool = True
    last_in_line: bool = False
    notes: int = 1


@dataclass(frozen=True)
class Lyrics:
    """Parsed lyrics: `lines` of syllables; `line_sections` names the section of each line, `stanzas` the index of the
    stanza each line belongs to (a new [mark] or a blank line starts one)."""

    lines: tuple[tuple[Syllable, ...], ...]
    line_sections: tuple[str, ...]
    stanzas: tuple[int, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlacedSyllable:
    """A syllable on the melody lane: it starts at `step` (absolute from bar 0) and lasts until `step + length`."""

    syllable: Syllable
    step: int
    length: int


@dataclass(frozen=True)
class Section:
    """A stretch of bars. `energy` 0–7. `source` is the index of the earlier section that it returns to, or None."""

    name: str
    start_bar: int
    bars: int
    energy: int
    source: int | None = None


@dataclass(frozen=True)
class Song:
    """A filled canvas and everything needed to perform it."""

    canvas: Any  # modules.canvas.Canvas
    tempo_bpm: float
    tonic: int
    mode: str
    swing: float
    swing_unit: int  # 8 or 16: which note pairs swing
    sections: tuple[Section, ...]
    styles: Mapping[str, float]  # card name → weight
    instruments: Mapping[str, str]  # lane → instrument name
    syllables: tuple[PlacedSyllable, ...] = ()
    voice: str | None = None
    singing: str = "sung"  # "sung" | "spoken" | "hummed"
    brightness: float | None = None  # 0–1, None = the style's own
    production: tuple[str, ...] = ()
    articulation: tuple[str, ...] = ()  # "staccato", "legato", "accented"
    ending: str = "ring"
    seed: int = 0
    duration_s: float | None = None  # asked length; the performance ends within it
    energy_curve: tuple[tuple[float, float], ...] = ()
    beat_tempi: tuple[float, ...] = ()  # of the beats over `tempo_bpm`, where a given tune changes its tempo
    lateness: tuple[tuple[int, float], ...] = ()  # (step, steps that the tune's note there is played late), sorted

    @property
    def do_pc(self) -> int:
        """Pitch class of the relative major's tonic, the canvas' zero."""
        return (self.tonic - MODE_OFFSETS[self.mode]) % 12

    @property
    def step_s(self) -> float:
        """Seconds a step: `tempo_bpm` counts beats (dotted quarters in 6/8)."""
        return 60.0 / (self.tempo_bpm * self.canvas.steps_per_beat)


@dataclass(frozen=True)
class PlayedNote:
    onset_s: float
    offset_s: float
    midi: int
    velocity: int  # 1–127


@dataclass(frozen=True)
class SungNote:
    """A note of the vocal: `phonemes` empty = the previous vowel goes on (melisma).

    `manner` is "sung", "spoken" (`midi` is where the speaking pitch passes in the vowel: it glides from syllable to
    syllable, without vibrato) or "hummed" (phonemes are one held sound: ("M",) "mm", ("UW",) "oo" or ("AA",) "ah").
    """

    onset_s: float
    offset_s: float
    midi: int
    velocity: int
    phonemes: tuple[str, ...] = ()
    text: str = ""
    line_end: bool = False
    manner: str = "sung"  # "sung" | "spoken" | "hummed"


@dataclass(frozen=True)
class Part:
    """One stem's score. `controls` are ((time_s, controller number, value 0–127), …)."""

    lane: str  # a lane name or "vocal"
    instrument: str
    program: int  # General MIDI program 0–127, the kit's program for drums
    is_drum: bool
    notes: tuple[PlayedNote, ...]
    controls: tuple[tuple[float, int, int], ...] = ()
    sung: tuple[SungNote, ...] = ()
    backing: tuple[SungNote, ...] = ()  # a second voice behind the sung line


@dataclass(frozen=True)
class Performance:
    """Timed notes of every stem. `tempo_map` is ((time_s, tempo_bpm), …); `duration_s` includes the last ring-out."""

    parts: tuple[Part, ...]
    duration_s: float
    tempo_map: tuple[tuple[float, float], ...]
    bar_starts_s: tuple[float, ...]
    meter: str


@dataclass(frozen=True)
class ReferenceFixes:
    """What a person corrected of what was heard in a track: tempo × 0.5, 1 or 2; the key; beats by which "one" comes
    later (or, negative, earlier) than heard."""

    tempo_times: float = 1.0
    tonic: int | None = None
    mode: str | None = None
    downbeat_shift: int = 0


@dataclass(frozen=True)
class Request:
    """Everything asked for, as given at an outer edge. Sounds are decoded already; names are for people.

    `strength` is how far a restyling goes: 0 as the original, 1 wholly new; up to 0.5 every note of the tune stays.
    """

    prompt: str = ""
    negative: str = ""
    hum: Audio | None = None
    hum_name: str = ""
    hum_notes: tuple[GridNote, ...] = ()  # corrected by the person, replaces what was heard
    hum_beat: HumBeat = HumBeat()
    tune: Hum | None = None  # of a MIDI file given in place of a hum
    follow_timing: bool = False  # the tune is played with the hum's own timing
    keep_voice: bool = False  # the hum itself, tuned, is a part of the take
    reference: Audio | None = None
    reference_name: str = ""
    reference_mode: str = "vibe"  # of REFERENCE_MODES
    reference_fixes: ReferenceFixes = ReferenceFixes()
    strength: float = 0.5
    lyrics: str = ""
    voice: str = "auto"
    singing: str = "sung"  # "sung" | "spoken" | "hummed"
    styles: Mapping[str, float] = field(default_factory=dict)
    set_aside: tuple[str, ...] = ()  # "label: value" of findings in the words that are not to be applied
    controls: Controls = Controls()
    faithfulness: float = 1.0
    engine: str = "embedded"
    takes: int = 2
    seed: int = 0
    recipe: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Condition:
    """All inputs as one. `melody` and `harmony` are what must (or may, by faithfulness) stand on the canvas.

    `sections` is a form that is fixed (empty = free); the melody's steps then count from its first bar.
    `chords_kept` is the share of bars whose given chords stay. `reference` is the track as it was heard, used in
    `reference_mode`.
    """

    styles: Mapping[str, float]
    controls: Controls
    melody: tuple[GridNote, ...] = ()
    melody_source: str = ""  # "hum" | "reference" | "track" (heard in the take itself, not played anew) | ""
    melody_tempi: tuple[float, ...] = ()  # as `Hum.beat_tempi`
    chords: tuple[tuple[int, int, int | None, str], ...] = ()  # (start_beat, n_beats, root pc, quality)
    lyrics: Lyrics | None = None
    vocal: bool = False
    voice: str | None = None
    singing: str = "sung"  # "sung" | "spoken" | "hummed"
    faithfulness: float = 1.0
    production: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    conflicts: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    chords_kept: float = 1.0
    reference: Reference | None = None
    reference_mode: str = ""
    as_busy: bool = False  # as many notes as the track has onsets: nobody asked for another density


@dataclass(frozen=True)
class Check:
    """One line of a match report. `verdict` is "yes", "near", "no" or "heard" (nothing to judge); a judged line with
    nothing `asked` is the critic's opinion."""

    name: str
    asked: str
    heard: str
    match: float | None  # 0–1
    verdict: str


@dataclass(frozen=True)
class Take:
    """A finished take. `stems` are after the mixer's lane processing, before the master."""

    audio: Audio
    stems: Mapping[str, Audio]
    song: Song
    performance: Performance
    report: tuple[Check, ...]
    recipe: Mapping[str, Any]
    seed: int
    summary: str


@dataclass(frozen=True)
class Progress:
    """`fraction` 0–1 over the whole job; `message` is for people."""

    fraction: float
    message: str


class Engine(Protocol):
    """Turns a request into takes, one by one."""

    name: str

    def available(self) -> str | None:
        """None when it can run here, else the reason in one sentence."""

    def takes(self, request: Request, cancel: Event) -> Iterator[Progress | Take]:
        """Yield progress and takes; raise `Cancelled` soon after `cancel` is set."""
