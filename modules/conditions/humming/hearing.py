"""Joins pitch, notes, key and rhythm into what the humming condition hears, and says when there is nothing to hear."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from modules.conditions.humming.key import find_key, round_pitches
from modules.conditions.humming.notes import find_notes
from modules.conditions.humming.phrases import phrase_ends
from modules.conditions.humming.pitch import track_pitch
from modules.conditions.humming.refusal import RIGHT, check_melody
from modules.conditions.humming.rhythm import Beat, find_beat
from modules.config import MAX_HUM_S, TEMPO_BPM
from modules.errors import InputError
from modules.types import METERS, PITCH_CLASSES, Audio, Finding, GridNote, Hum, HumNote

MIN_SECONDS = 0.5
NOTEWORTHY_DRIFT = 25.0  # cents


def listen(audio: Audio, *, tempo_bpm: float | None = None, meter: str | None = None,
           downbeat_s: float | None = None) -> Hum:
    """Understand a hummed, sung, whistled or played single line.

    Args:
        audio: any rate and channels, 0.5 to 90 s.
        tempo_bpm: beats a minute when known (tapped, typed, or sung to a click); dotted quarters in 6/8.
        meter: "4/4", "3/4" or "6/8" when known.
        downbeat_s: when some bar begins in the recording, for one that was sung to a click at `tempo_bpm`; the grid
            is then the click's own.

    Returns:
        `Hum`; its grid is monophonic, every length ≥ 1, steps negative before the first downbeat.

    Raises:
        InputError: too short, too long, silent, no pitch, no melody, or an impossible tempo or metre.
        WeightsMissing: CREPE's weights are not installed.
    """
    _check(audio, tempo_bpm, meter, downbeat_s)
    track = track_pitch(audio)
    raw = find_notes(track)
    check_melody(raw, track)
    onsets_s, offsets_s = (np.array([getattr(note, end) for note in raw]) for end in ("onset_s", "offset_s"))
    midi, tuning_cents, drift_cents = round_pitches(np.array([note.pitch for note in raw]), onsets_s, offsets_s)
    tonic, mode = find_key(np.array(midi), onsets_s, offsets_s)
    beat = find_beat(onsets_s, offsets_s, np.array(midi), tempo_bpm=tempo_bpm, meter=meter, downbeat_s=downbeat_s)
    return Hum(
        tempo_bpm=beat.tempo_bpm, tonic=tonic, mode=mode, meter=beat.meter, tuning_cents=round(tuning_cents, 1),
        notes=tuple(HumNote(onset_s=round(note.onset_s, 4), offset_s=round(note.offset_s, 4),
                            pitch_hz=round(440 * 2 ** ((note.pitch - 69) / 12), 3), midi=pitch,
                            confidence=round(note.confidence, 4)) for note, pitch in zip(raw, midi)),
        grid=tuple(GridNote(*cell) for cell in zip(beat.steps, beat.lengths, midi)),
        f0_times_s=track.times_s, f0_hz=np.nan_to_num(440 * 2 ** ((track.midi - 69) / 12)),
        f0_confidence=track.confidence, offset_s=beat.offset_s, swing=beat.swing,
        phrase_starts=tuple(np.flatnonzero(np.r_[True, phrase_ends(onsets_s, offsets_s)[:-1]]).tolist()),
        findings=_findings(beat, midi, (tonic, mode), tuning_cents=tuning_cents, drift_cents=drift_cents,
                           tempo_given=tempo_bpm is not None, meter_given=meter is not None),
    )


def _check(audio: Audio, tempo_bpm: float | None, meter: str | None, downbeat_s: float | None) -> None:
    if downbeat_s is not None and tempo_bpm is None:
        raise InputError("A count-in was given without its tempo; give the tempo that it clicked at.")
    if tempo_bpm is not None and not TEMPO_BPM[0] <= tempo_bpm <= TEMPO_BPM[1]:
        lowest, highest = TEMPO_BPM
        raise InputError(f"A tempo of {tempo_bpm:g} BPM is out of reach; {lowest:g} to {highest:g} would be right.")
    if meter is not None and meter not in METERS:
        raise InputError(f'"{meter}" is not a metre that can be used; {", ".join(METERS)} would be right.')
    if audio.duration_s < MIN_SECONDS:
        raise InputError(f"The recording is only {audio.duration_s:.1f} s long; {RIGHT} of two seconds or more.")
    if audio.duration_s > MAX_HUM_S + 0.5:
        raise InputError(f"The recording is {audio.duration_s:.0f} s long; at most {MAX_HUM_S:.0f} s would be right, "
                         "so cut out the tune.")
    if not np.isfinite(audio.samples).all():
        raise InputError("The recording holds values that are no numbers (NaN or infinity); record it again.")


def _findings(beat: Beat, midi: Sequence[int], key: tuple[int, str], *, tuning_cents: float, drift_cents: float,
              tempo_given: bool, meter_given: bool) -> tuple[Finding, ...]:
    """What was heard, for people."""
    tuning = f"{tuning_cents:+.0f} cents"
    if abs(drift_cents) > NOTEWORTHY_DRIFT:
        tuning += f", {'sinking' if drift_cents < 0 else 'climbing'} by {abs(drift_cents):.0f} cents"
    lowest, highest = (f"{PITCH_CLASSES[m % 12]}{m // 12 - 1}" for m in (min(midi), max(midi)))
    return (
        Finding("tempo", f"{beat.tempo_bpm:.0f} BPM" + (", swung" if beat.swing > 0.5 else ""),
                "as given" if tempo_given else "heard in the hum"),
        Finding("metre", beat.meter, "as given" if meter_given else "heard in the hum"),
        Finding("key", f"{PITCH_CLASSES[key[0]]} {key[1]}", "heard in the hum"),
        Finding("melody", f"{len(midi)} notes, {lowest} to {highest}", "heard in the hum"),
        Finding("tuning", tuning, "heard in the hum"),
    )
