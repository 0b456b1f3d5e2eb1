"""The reference condition: a recording → tempo, beats, metre, key, chords, sections, energy, sound, styles, words.

Joins what `spectra`, `pulse`, `harmony`, `structure`, `tune` and `nearness` hear into a `types.Reference`, and says it
in words, with how sure it is. Nothing of the recording itself is kept. Refuses what is no music in one sentence.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from modules.conditions.beats import Pulse
from modules.conditions.harmony import find_harmony
from modules.conditions.nearness import RICH, Portrait, groove_of, nearest_styles
from modules.conditions.pulse import find_pulse
from modules.conditions.spectra import Spectra, analyse
from modules.conditions.structure import Liveliness, course, find_energy, find_liveliness, find_sections
from modules.conditions.tonality import Key, find_key
from modules.conditions.tune import find_tune
from modules.config import MAX_UPLOAD_S
from modules.errors import InputError
from modules.styles.cards import cards
from modules.types import PITCH_CLASSES, Audio, ChordSpan, Finding, KeySpan, Reference

MIN_SECONDS = 3.0
SILENT_DB = -60.0  # dBFS of the loudest frames
NOISE_FLATNESS = 0.62  # median of loud frames; metal reaches 0.57
TONELESS = 0.35  # confidence of the key
HISS_FLATNESS, STILL_DB = 0.9, 3.0  # steady hiss: flatter than music with noise on it, and this even in loudness
UNSURE = 0.5  # confidence under which a finding is said to be a guess
STEADY = 0.35  # of beat strength, above which the beat is clear
RIGHT = "a track of music of 3 s to 10 min would be right"


def listen(audio: Audio) -> Reference:
    """Understand a recording of music.

    Args:
        audio: any rate and channels, 3 to 600 s.

    Returns:
        `Reference`; chords and sections cover the whole recording, the melody is empty where none is clear.

    Raises:
        InputError: too short, too long, silent, or noise without beat and pitch.
    """
    _check(audio)
    spectra = analyse(audio)
    if np.percentile(spectra.level_db, 98) < SILENT_DB:
        raise InputError(f"The track is silent; {RIGHT}.")
    pulse, heard = find_pulse(spectra)
    _check_music(spectra, pulse, find_key(spectra.notes))
    starts, ends, downbeat = spans(pulse.beats_s, pulse.downbeats_s, pulse.meter, spectra.duration_s)
    harmony = find_harmony(spectra.notes, starts, ends, downbeat, spectra.duration_s)
    key, chords = harmony.key, harmony.chords
    lively = find_liveliness(spectra)
    energy = find_energy(spectra, lively)
    form = find_sections(spectra, pulse.downbeats_s)
    tune = find_tune(audio, pulse.beats_s, pulse.first, pulse.meter, spectra.tuning)
    groove = groove_of(spectra, pulse)
    pattern = None if groove is None else groove / (groove.max(axis=1, keepdims=True) + 1e-9)
    portrait = Portrait(pulse.tempo_bpm, pulse.meter, key.mode, pulse.swing, lively.percussive, lively.brightness,
                        lively.onsets_per_s, _richness(chords), groove)
    styles = nearest_styles(portrait)
    lengths = np.array([chord.end_s - chord.start_s for chord in chords])
    sure = {**pulse.confidences, "key": key.confidence, "sections": form.confidence,
            "chords": float(np.average(harmony.chord_confidences, weights=lengths))}
    return Reference(
        tempo_bpm=round(pulse.tempo_bpm, 2), beats_s=pulse.beats_s, downbeats_s=pulse.downbeats_s, meter=pulse.meter,
        tonic=key.tonic, mode=key.mode, key_confidence=round(key.confidence, 3), chords=chords, sections=form.sections,
        energy=energy, brightness=round(lively.brightness, 3), styles=styles,
        description=describe(pulse, key, lively, energy), melody=tune.notes,
        melody_confidence=round(tune.confidence, 3), onsets_per_s=round(lively.onsets_per_s, 2),
        findings=_findings(pulse, harmony.keys, spectra, chords, form.sections, styles, tune.notes, sure),
        confidences={name: round(float(value), 3) for name, value in sure.items()},
        other_tempo_bpm=pulse.other_tempo_bpm and round(pulse.other_tempo_bpm, 2), swing=pulse.swing,
        swing_unit=pulse.swing_unit, keys=harmony.keys, chord_confidences=harmony.chord_confidences,
        section_groups=form.groups, groove=pattern,
        roughness=round(lively.roughness, 3), width=round(_width(audio), 3),
        **{name: round(value, 3) for name, value in heard.present.items()})


def to_json(reference: Reference) -> dict[str, Any]:
    """What `listen --as reference` prints: plain lists, numbers and words."""
    return {
        "tempo_bpm": reference.tempo_bpm, "beats_s": [round(float(t), 4) for t in reference.beats_s],
        "downbeats_s": [round(float(t), 4) for t in reference.downbeats_s], "meter": reference.meter,
        "key": f"{PITCH_CLASSES[reference.tonic]} {reference.mode}", "key_confidence": reference.key_confidence,
        "chords": [{"start_s": round(c.start_s, 3), "end_s": round(c.end_s, 3), "name": c.name}
                   for c in reference.chords],
        "sections": [{"name": s.name, "start_s": s.start_s, "end_s": s.end_s} for s in reference.sections],
        "energy": [round(float(e), 3) for e in reference.energy], "brightness": reference.brightness,
        "keys": [{"start_s": round(k.start_s, 3), "end_s": round(k.end_s, 3), "confidence": k.confidence,
                  "key": f"{PITCH_CLASSES[k.tonic]} {k.mode}"} for k in reference.keys],
        "swing": reference.swing, "swing_unit": reference.swing_unit, "other_tempo_bpm": reference.other_tempo_bpm,
        "groove": None if reference.groove is None else np.round(reference.groove, 3).tolist(),
        "roughness": reference.roughness, "width": reference.width, "drums": reference.drums,
        "voice": reference.voice, "bass": reference.bass, "confidences": dict(reference.confidences),
        "styles": [{"name": name, "weight": weight} for name, weight in reference.styles.items()],
        "description": reference.description,
        "melody": [{"step": n.step, "length": n.length, "midi": n.midi} for n in reference.melody],
        "findings": [{"label": f.label, "value": f.value} for f in reference.findings],
    }


def describe(pulse: Pulse, key: Key, lively: Liveliness, energy: np.ndarray) -> str:
    """One sentence that would do as a prompt."""
    light = "dark" if lively.brightness < 0.3 else "warm" if lively.brightness < 0.45 else \
        "clear" if lively.brightness < 0.62 else "bright"
    tempo = pulse.tempo_bpm * (1.4 if pulse.meter == "6/8" else 1)
    pace = "slow" if tempo < 76 else "mid-tempo" if tempo < 112 else "lively" if tempo < 138 else "fast"
    mean = float(energy.mean())
    mood = "calm" if mean < 0.35 else "relaxed" if mean < 0.5 else "driving" if mean < 0.7 else "energetic"
    drums = "with steady drums" if lively.percussive > 0.5 and pulse.strength > STEADY else \
        "with light drums" if lively.percussive > 0.38 else "without drums"
    feel = ", swung," if pulse.swing > 0.55 else ""
    meter = {"3/4": " in 3/4", "6/8": " in 6/8"}.get(pulse.meter, "")
    changes = course(energy)
    end = f", {changes}" if changes else ""
    return (f"a {light}, {mood}, {pace} piece in {PITCH_CLASSES[key.tonic]} {key.mode} at {pulse.tempo_bpm:.0f} BPM"
            f"{meter}{feel} {drums}{end}")


def _check(audio: Audio) -> None:
    if audio.duration_s < MIN_SECONDS:
        raise InputError(f"The track is only {audio.duration_s:.1f} s long; {RIGHT}.")
    if audio.duration_s > MAX_UPLOAD_S + 0.5:
        raise InputError(f"The track is {audio.duration_s / 60:.1f} min long; {RIGHT}.")
    if not np.isfinite(audio.samples).all():
        raise InputError(f"The track holds values that are no numbers (NaN or infinity); {RIGHT}.")


def _check_music(spectra: Spectra, pulse: Pulse, key: Key) -> None:
    """Tell music from noise."""
    loud = spectra.level_db > np.percentile(spectra.level_db, 95) - 20
    flat = float(np.median(spectra.flatness[loud]))
    spread_db = float(np.subtract(*np.percentile(spectra.level_db[loud], (90, 10))))
    beatless = pulse.strength < STEADY or flat > HISS_FLATNESS and spread_db < STILL_DB
    if flat > NOISE_FLATNESS and beatless and key.confidence < TONELESS:
        raise InputError(f"Neither a beat nor a pitch can be heard in the track, only noise; {RIGHT}.")


def spans(beats_s: np.ndarray, downbeats_s: np.ndarray, meter: str,
          duration_s: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Beats as (starts, ends, is a downbeat) that cover a recording from its start to its end."""
    starts = beats_s
    if meter == "6/8":  # chords may change on eighths pairs: a dotted quarter is long
        starts = np.sort(np.r_[starts, (starts[:-1] + starts[1:]) / 2])
    if starts[0] > 0.15:
        starts = np.r_[0.0, starts]
    starts = starts[starts < duration_s - 0.05]
    ends = np.r_[starts[1:], duration_s]
    return starts, ends, np.isin(starts, downbeats_s)


def _width(audio: Audio) -> float:
    """0 mono … 1: the sides are as strong as the middle."""
    if len(audio.samples) < 2:
        return 0.0
    middle, side = audio.samples[0] + audio.samples[1], audio.samples[0] - audio.samples[1]
    return float(np.clip(np.sqrt(np.mean(side**2) / (np.mean(middle**2) + 1e-12)), 0, 1))


def _richness(chords: tuple[ChordSpan, ...]) -> float:
    lengths = np.array([c.end_s - c.start_s for c in chords])
    rich = np.array([c.quality in RICH for c in chords])
    return float((lengths * rich).sum() / max(lengths.sum(), 1e-9))


def _findings(pulse: Pulse, keys: tuple[KeySpan, ...], spectra: Spectra, chords: tuple[ChordSpan, ...],
              sections: tuple, styles: dict[str, float], melody: tuple, sure: dict[str, float]) -> tuple[Finding, ...]:
    """What was heard, for people, with how sure it is where it is not."""
    source = "heard in the track"

    def doubt(name: str) -> str:
        return "" if sure[name] >= UNSURE else " (not sure)"

    loop = [chord.name for chord in chords if chord.root is not None and chord.end_s - chord.start_s > 0.3][:8]
    listed = " ".join(loop) + (" …" if loop and len(chords) > 8 else "")
    beat = f"{pulse.tempo_bpm:.0f} BPM" + ("" if pulse.strength > STEADY else " (the beat is faint)")
    if pulse.other_tempo_bpm:
        beat += f", or {pulse.other_tempo_bpm:.0f}"
    named = [f"{PITCH_CLASSES[key.tonic]} {key.mode}" for key in keys]
    changes = named[0] + "".join(f", {name} from {key.start_s // 60:.0f}:{key.start_s % 60:02.0f}"
                                 for key, name in zip(keys[1:], named[1:], strict=True))
    near = ", ".join(cards()[name].title for name in list(styles)[:3])
    swing = f"{100 * pulse.swing:.0f} % on {'eighths' if pulse.swing_unit == 8 else 'sixteenths'}"
    return (
        Finding("tempo", beat + doubt("tempo"), source),
        Finding("metre", pulse.meter + doubt("meter"), source),
        *([Finding("swing", swing + doubt("swing"), source)] if pulse.swing > 0.5 else []),
        Finding("key", changes + doubt("key"), source),
        Finding("chords", (listed or "none that stand out") + doubt("chords"), source),
        Finding("form", ", ".join(section.name for section in sections) + doubt("sections"), source),
        Finding("tuning", f"{100 * spectra.tuning:+.0f} cents", source),
        Finding("styles", f"near {near} (a guess from tempo, beat and colour)", source),
        Finding("melody", f"{len(melody)} notes" if melody else "no clear melody", source),
    )
