"""The match report: what was asked against what is heard in the finished audio, line by line, in a songwriter's words.

Tempo, key, metre, melody, instruments, words, length, loudness and energy are measured on sound, by other means than
those that made it. Where nothing was asked, a line says what is heard. `sound` measures; here are verdicts and words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from modules.assets import instruments
from modules.canvas.vocabulary import SCALES
from modules.conditions import beats as pulse
from modules.conditions.spectra import Spectra, analyse
from modules.conditions.tonality import find_key, scale_share
from modules.config import TARGET_LUFS, TRUE_PEAK_DBTP
from modules.evaluation import sound
from modules.evaluation.shape import bar_lines, grade, only_heard, shape
from modules.types import LANES, PITCH_CLASSES, Audio, Check, Condition, Part, Performance, Song

SAME_TEMPO, NEAR_TEMPO = 0.015, 0.05  # of the asked tempo
TEMPO_HEARD = 0.45  # how well onsets return at the asked tempo, against the best of all tempi
KEY_MARGIN, SCALE_MARGIN = 0.3, 0.04  # of correlation; of the share of what sounds that lies in the scale
METER_MARGIN = 0.12
WORTH = {"yes": 1.0, "near": 0.5, "no": 0.0}
LANE_WORDS = {"melody": "melody", "counter": "counter-melody", "bass": "bass", "comp": "chords", "comp2": "more chords",
              "pad": "pad", "drums": "drums", "vocal": "voice"}
ENDINGS = {"fade": "fades out", "ring": "rings out", "hit": "ends on a hit", "cut": "is cut off",
           "ritard": "slows down and rings out"}


def report(audio: Audio, stems: Mapping[str, Audio], performance: Performance, song: Song, condition: Condition, *,
           loudness: tuple[float, float]) -> tuple[Check, ...]:
    """Judge one take.

    Args:
        audio: the finished mix.
        stems: lane → its sound, "vocal" for the singer.
        performance: when what should sound.
        song: what was composed.
        condition: what was asked.
        loudness: measured (integrated LUFS, true peak dBTP) of `audio`.

    Returns:
        Lines in reading order; verdict "yes", "near", "no", or "heard" where nothing was asked. About 0.02 s for each
        second of audio.
    """
    spectra = analyse(audio)
    envelope = pulse.onset_envelope(spectra)
    checks = [_tempo(envelope, song, condition), _key(spectra, song, condition),
              _meter(spectra, envelope, song, condition)]
    if condition.melody and condition.melody_source != "track":
        checks.append(_melody(spectra, stems, performance, song, condition))
    checks += _instruments(stems, performance, condition)
    if song.syllables or any(part.sung for part in performance.parts):
        checks.append(_words(stems, performance, song, condition))
    if condition.controls.energy_curve:
        checks.append(_curve(spectra, condition, bar_lines(performance, song)[-1]))
    checks += [_length(audio, condition), _loudness(loudness), _ending(audio, song, condition)]
    checks += shape(spectra, performance, song, condition)
    return tuple(checks)


def merit(checks: Sequence[Check]) -> float:
    """0–1: how well a take does by its report, to choose among takes: what was asked counts twice, the critic once."""
    judged = [(2.0 if check.asked else 1.0, WORTH[check.verdict] if check.match is None else check.match)
              for check in checks if check.verdict in WORTH]
    return sum(weight * value for weight, value in judged) / sum(weight for weight, _ in judged) if judged else 0.5


def summary(song: Song, condition: Condition) -> str:
    """One plain line: "82 BPM, A minor, rhodes, brushed drums; your hum is the melody"."""
    plays = {lane: song.instruments[lane] for lane, active in zip(LANES, song.canvas.active, strict=True)
             if lane in song.instruments and active.any()}
    lanes = [lane for lane in ("melody", "comp", "pad", "bass", "drums") if lane in plays]
    wanted = [lane for lane, name in plays.items() if asked_for(name, lane, condition.controls.wanted)]
    names: list[str] = []
    for lane in [*wanted, *lanes]:
        if lane == "melody" and song.voice:
            continue
        name = instrument_words(song.instruments[lane])
        if name not in names and len(names) < 3:
            names.append(name)
    facts = [f"{song.tempo_bpm:.0f} BPM", f"{PITCH_CLASSES[song.tonic]} {song.mode}"]
    if song.canvas.meter != "4/4":
        facts.append(song.canvas.meter)
    line = ", ".join([*facts, *names])
    hum = ("your hum is the melody" if condition.faithfulness >= 1 else
           "the melody follows your hum" if condition.faithfulness > 0 else "in the mood of your hum")
    given = {"continue": "your clip goes on", "accompany": "plays along with your track"}.get(condition.reference_mode)
    given = given or {"hum": hum, "reference": "the track's melody, dressed anew"}.get(condition.melody_source)
    deed = {"spoken": "speaks your words", "hummed": "hums the tune"}.get(song.singing, "sings your words")
    sung = f"{song.voice.capitalize()} {deed}" if song.voice and (
        condition.lyrics is not None or song.singing == "hummed") else None
    return "; ".join([line, *filter(None, (given, sung))])


def instrument_words(name: str) -> str:
    """What people call an instrument: "brush_kit" → "brushed drums"."""
    special = {"brush_kit": "brushed drums", "standard_kit": "drums", "kit_808": "808 drums", "kit_909": "909 drums",
               "fm_piano": "FM piano", "bass_808": "808 bass", "lofi_kit": "lo-fi drums", "chip_kit": "8-bit drums"}
    return special.get(name, name.replace("_kit", " drums").replace("_", " "))


def asked_for(instrument: str, lane: str, names: tuple[str, ...]) -> bool:
    """True when an instrument playing a lane is meant by one of the names (instrument, family or lane)."""
    family = instruments().get(instrument, {}).get("family", "voice" if lane == "vocal" else "")
    lanes = {lane, "drums" if lane == "percussion" else lane}
    return any(name in (instrument, family) or name in lanes or (name == "percussion" and lane == "drums")
               or (name in ("vocal", "vocals") and lane == "vocal") for name in names)


def _tempo(envelope: np.ndarray, song: Song, condition: Condition) -> Check:
    asked = condition.controls.tempo_bpm
    scores, raw = pulse.tempo_scores(envelope)
    if raw.max() < pulse.NO_BEAT:
        return Check("tempo", f"{asked:.0f} BPM" if asked else "", "no beat that stands out", None, "heard")
    tempo, strength = pulse.tempo_near(envelope, asked or song.tempo_bpm)
    if strength < TEMPO_HEARD:
        blind = float(pulse.TEMPI[scores.argmax()])
        tempo = pulse.refine(pulse.track(envelope, blind), blind)
    if asked is None:
        return only_heard("tempo", f"{tempo:.0f} BPM")
    off = abs(tempo / asked - 1)
    said = f"{tempo:.0f} BPM" if off > SAME_TEMPO else f"{asked:.0f} BPM"
    multiple = min((abs(np.log(tempo / asked / m)), m) for m in (0.5, 1.0, 2.0))
    if multiple[1] != 1.0 and multiple[0] < NEAR_TEMPO:
        felt = "twice" if multiple[1] == 2 else "half"
        return Check("tempo", f"{asked:.0f} BPM", f"{said}, felt {felt} as fast", 0.7, "near")
    if off <= SAME_TEMPO:
        return Check("tempo", f"{asked:.0f} BPM", said, 1.0, "yes")
    match = max(0.0, 1 - off / 0.12)
    return Check("tempo", f"{asked:.0f} BPM", said, round(match, 3), "near" if off <= NEAR_TEMPO else "no")


def _key(spectra: Spectra, song: Song, condition: Condition) -> Check:
    controls = condition.controls
    mode = controls.mode or song.mode
    key = find_key(spectra.notes, tuple(dict.fromkeys(("major", "minor", song.mode))))
    best = key.scores[key.tonic, key.mode]
    # Keys that share their notes differ only in where home is, which ears disagree about: where the sound holds the
    # composed key's notes as well as any other's, and that key explains it nearly as well, the composed one is meant.
    expected = (song.tonic, song.mode)
    share, most = scale_share(spectra.notes, *expected)
    fits = share > most - SCALE_MARGIN and best - key.scores[expected] < KEY_MARGIN
    key_heard = expected if fits else (key.tonic, key.mode)
    heard = f"{PITCH_CLASSES[key_heard[0]]} {key_heard[1]}"
    if controls.tonic is None and controls.mode is None:
        return only_heard("key", heard)
    asked = (controls.tonic if controls.tonic is not None else key_heard[0], mode)
    said = f"{PITCH_CLASSES[asked[0]]} {asked[1]}" if controls.tonic is not None else mode
    if asked == key_heard:
        return Check("key", said, heard, 1.0, "yes")
    shared = _shared(asked, key_heard)
    if shared == 7:
        return Check("key", said, f"{heard} (the same notes)", 0.8, "near")
    return Check("key", said, heard, round({6: 0.5}.get(shared, 0.0), 3), "near" if shared == 6 else "no")


def _shared(one: tuple[int, str], other: tuple[int, str]) -> int:
    """Notes that two keys' scales share, 2–7."""
    a, b = ({(tonic + degree) % 12 for degree in SCALES[mode]} for tonic, mode in (one, other))
    return len(a & b)


def _meter(spectra: Spectra, envelope: np.ndarray, song: Song, condition: Condition) -> Check:
    asked = condition.controls.meter
    scores = pulse.meter_scores(spectra, envelope, song.tempo_bpm)
    if not scores:
        return Check("metre", asked or "", "too short to tell", None, "heard")
    best = max(scores, key=scores.__getitem__)
    expected = asked or song.canvas.meter
    heard = expected if scores.get(expected, -9.0) >= scores[best] - METER_MARGIN else best
    if asked is None:
        return only_heard("metre", heard)
    return Check("metre", asked, heard, float(heard == asked), "yes" if heard == asked else "no")


def _melody(spectra: Spectra, stems: Mapping[str, Audio], performance: Performance, song: Song,
            condition: Condition) -> Check:
    whose = {"hum": "your melody", "reference": "the track's melody"}.get(condition.melody_source, "the melody")
    carriers = [part for part in performance.parts if part.lane in ("vocal", "melody") and part.lane in stems]
    matches = [sound.match_melody(condition.melody, part.sung or part.notes, performance, stems[part.lane], spectra,
                                  steps_per_bar=song.canvas.steps_per_bar) for part in carriers]
    asked = f"{whose}, {len(condition.melody)} notes"
    if condition.faithfulness < 1:
        asked += f", {100 * condition.faithfulness:.0f} % faithful"
    if not matches:
        return Check("melody", asked, "no melody sounds", 0.0, "no")
    best = max(matches, key=lambda match: match.found)
    share = best.found / best.asked
    heard = f"{whose}: {best.found} of {best.asked} notes (likeness {best.likeness:.2f})"
    if condition.faithfulness <= 0:
        return Check("melody", asked, heard, None, "heard")
    return grade("melody", asked, heard, share / max(condition.faithfulness, 0.3))


def _instruments(stems: Mapping[str, Audio], performance: Performance, condition: Condition) -> list[Check]:
    """What plays, what was wished for, what was refused."""
    sounding = [part for part in performance.parts
                if part.lane in stems and sound.level_db(stems[part.lane]) > sound.SILENT_DB]
    checks = []
    wanted, unwanted = condition.controls.wanted, condition.controls.unwanted
    if wanted:
        missing = [name for name in wanted if not _plays(name, sounding)]
        there = [_named(name) for name in wanted if name not in missing]
        heard = ", ".join(there) or "none of them"
        if missing:
            heard += f"; no {' or '.join(_named(name) for name in missing)}"
        checks.append(grade("instruments", ", ".join(_named(name) for name in wanted), heard,
                             1 - len(missing) / len(wanted), yes=0.99, near=0.5))
    else:
        names = dict.fromkeys(instrument_words(part.instrument) if part.lane != "vocal" else
                              f"voice ({part.instrument.capitalize()})" for part in sounding)
        checks.append(only_heard("instruments", ", ".join(names) or "nothing"))
    if unwanted:
        present = [name for name in unwanted if _plays(name, sounding)]
        heard = f"{', '.join(_named(name) for name in present)} can be heard" if present else "none of it"
        checks.append(grade("left out", ", ".join(f"no {_named(name)}" for name in unwanted), heard,
                             1 - len(present) / len(unwanted), yes=0.99, near=0.99))
    return checks


def _plays(name: str, parts: list[Part]) -> bool:
    return any(asked_for(part.instrument, part.lane, (name,)) for part in parts)


def _named(name: str) -> str:
    return LANE_WORDS[name] if name in LANE_WORDS else instrument_words(name)


def _words(stems: Mapping[str, Audio], performance: Performance, song: Song, condition: Condition) -> Check:
    asked = sum(len(line) for line in condition.lyrics.lines) if condition.lyrics is not None else 0
    part = next((part for part in performance.parts if part.sung), None)
    name = "humming" if song.singing == "hummed" else "words"
    if part is None or part.lane not in stems:
        return Check(name, f"{asked} syllables", "no voice sounds", 0.0, "no")
    match = sound.match_words(part.sung, stems[part.lane])
    if song.singing == "hummed":
        heard = f"{100 * match.in_tune / max(match.heard, 1):.0f} % of what is hummed on its note"
        return grade(name, "the tune hummed", heard, match.in_tune / max(match.sung, 1))
    if song.singing == "spoken":  # speech has no note to stand on
        spoken = min(match.heard, asked or match.sung)
        return grade(name, f"{asked} syllables", f"{spoken} of {asked or match.sung} syllables spoken",
                     spoken / max(asked or match.sung, 1))
    asked = asked or match.sung
    sung = min(match.heard, asked)  # a chorus that returns is asked once
    heard = f"{sung} of {asked} syllables sung, {100 * match.in_tune / max(match.heard, 1):.0f} % on their note"
    return grade("words", f"{asked} syllables", heard, sung / max(asked, 1) * (0.5 + 0.5 * match.in_tune
                                                                               / max(match.heard, 1)))


def _curve(spectra: Spectra, condition: Condition, end_s: float) -> Check:
    follows = sound.follows(condition.controls.energy_curve, spectra, end_s)
    if np.isnan(follows):
        return only_heard("energy", "one level throughout")
    words = ("follows the curve" if follows > 0.6 else "follows the curve roughly" if follows > 0.3
             else "goes its own way")
    return grade("energy", "a curve", words, follows, yes=0.6, near=0.3)


def _length(audio: Audio, condition: Condition) -> Check:
    asked, heard = condition.controls.duration_s, audio.duration_s
    said = f"{heard:.0f} s" if heard < 90 else f"{int(heard) // 60}:{int(heard) % 60:02d} min"
    if asked is None:
        return only_heard("length", said)
    off = abs(heard - asked) / asked
    verdict = "yes" if off <= 0.1 or abs(heard - asked) <= 1 else "near" if off <= 0.25 else "no"
    return Check("length", f"{asked:.0f} s", said, round(max(0.0, 1 - off), 3), verdict)


def _loudness(loudness: tuple[float, float]) -> Check:
    lufs, peak = loudness
    off = abs(lufs - TARGET_LUFS)
    over = peak > TRUE_PEAK_DBTP + 0.05
    heard = f"{lufs:.1f} LUFS, peak {peak:.1f} dBTP"
    verdict = "no" if over or off > 3 else "yes" if off <= 1 else "near"
    return Check("loudness", f"{TARGET_LUFS:.0f} LUFS", heard, round(float(np.clip(1 - off / 6, 0, 1)) * (not over), 3),
                 verdict)


def _ending(audio: Audio, song: Song, condition: Condition) -> Check:
    kind, dying_s = sound.ending_of(audio)
    heard = ENDINGS[kind] + (f" over {dying_s:.1f} s" if kind in ("fade", "ring") else "")
    asked = condition.controls.ending
    if asked is None:
        return only_heard("ending", heard)
    fits = kind == asked or (asked in ("ritard", "ring") and kind in ("ring", "hit"))
    near = kind != "cut"
    return Check("ending", ENDINGS[asked], heard, 1.0 if fits else 0.5 if near else 0.0,
                 "yes" if fits else "near" if near else "no")
