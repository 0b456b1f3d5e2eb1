"""All inputs as one `Condition`: explicit beats implied, later tab beats earlier, conflicts are said, never settled in
silence. Precedence of a setting: slider, then words of the prompt, then hum, then reference, then the style.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from modules.conditions.hum_timing import with_own_timing
from modules.conditions.text_words import WHOLE
from modules.conditions.track import use_track
from modules.config import DURATION_S, MAX_TAKES, TEMPO_BPM
from modules.errors import InputError
from modules.types import (
    METERS,
    MODE_OFFSETS,
    PITCH_CLASSES,
    REFERENCE_MODES,
    SINGING,
    Condition,
    Controls,
    Finding,
    GridNote,
    Hum,
    Lyrics,
    Reference,
    Request,
    TextReading,
)

BESIDE = ("continue", "accompany")  # uses of a track in which it is heard itself
SEEDS = 2**32  # seeds are whole numbers below this


@dataclass(frozen=True)
class Heard:
    """What each extractor made of its input; None = that input was not given."""

    text: TextReading | None = None
    hum: Hum | None = None
    reference: Reference | None = None
    lyrics: Lyrics | None = None


def check_request(request: Request) -> None:
    """Raise `InputError` in one sentence when a request cannot be met as it stands."""
    c = request.controls
    if not (request.prompt.strip() or request.hum or request.tune or request.hum_notes or request.reference
            or request.lyrics.strip() or request.styles or request.recipe):
        raise InputError("Nothing was given to make music from; type a few words, hum, give a track or paste lyrics.")
    if not 1 <= request.takes <= MAX_TAKES:
        raise InputError(f"{request.takes} takes were asked for; ask for 1 to {MAX_TAKES}.")
    if not 0 <= request.seed < SEEDS:
        raise InputError(f"The seed {request.seed} is out of range; give a whole number from 0 to {SEEDS - 1}.")
    for name, value, (low, high), unit in (("tempo", c.tempo_bpm, TEMPO_BPM, "BPM"),
                                           ("length", c.duration_s, DURATION_S, "seconds")):
        if value is not None and not low <= value <= high:
            raise InputError(f"A {name} of {value:g} {unit} is out of reach; give {low:g} to {high:g} {unit}.")
    if c.meter is not None and c.meter not in METERS:
        raise InputError(f"The metre {c.meter!r} is not one Earworm plays; choose {', '.join(METERS)}.")
    if c.mode is not None and c.mode not in MODE_OFFSETS:
        raise InputError(f"The mode {c.mode!r} is unknown; choose {', '.join(MODE_OFFSETS)}.")
    for name in ("energy", "complexity", "density", "brightness"):
        value = getattr(c, name)
        if value is not None and not 0 <= value <= 1:
            raise InputError(f"{name.capitalize()} {value:g} is out of range; give a number from 0 to 1.")
    if not 0 <= request.faithfulness <= 1:
        raise InputError(f"Faithfulness {request.faithfulness:g} is out of range; give a number from 0 to 1.")
    if request.singing not in SINGING:
        raise InputError(f"A voice cannot have its words {request.singing!r}; choose {', '.join(SINGING)}.")
    if request.reference_mode not in REFERENCE_MODES:
        raise InputError(f"Reference mode {request.reference_mode!r} is unknown; choose {', '.join(REFERENCE_MODES)}.")
    if not 0 <= request.strength <= 1:
        raise InputError(f"Strength {request.strength:g} is out of range; give a number from 0 (as the original) to 1 "
                         "(wholly new).")


def read_key(text: str) -> tuple[int, str]:
    """(tonic pitch class, mode) of "F# minor", "Bb", "d dorian".

    Raises:
        InputError: not a key.
    """
    words = text.replace("♯", "#").replace("♭", "b").replace("-flat", "b").replace("-sharp", "#").split()
    letters = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    mode = words[1].lower() if len(words) > 1 else "major"
    mode = {"maj": "major", "min": "minor", "m": "minor", "aeolian": "minor", "ionian": "major"}.get(mode, mode)
    if words and words[0].endswith("m") and len(words) == 1:
        words, mode = [words[0][:-1]], "minor"
    name = words[0][:1].upper() + words[0][1:] if words else ""
    if (not name or name[0] not in letters or name[1:] not in ("", "#", "b") or mode not in MODE_OFFSETS
            or len(words) > 2):
        raise InputError(f"The key {text!r} is not one; write it like \"F# minor\", \"Bb major\" or \"D dorian\".")
    return (letters[name[0]] + {"": 0, "#": 1, "b": -1}[name[1:]]) % 12, mode


def key_name(tonic: int, mode: str) -> str:
    """ "F# minor" for (6, "minor")."""
    return f"{PITCH_CLASSES[tonic]} {mode}"


def fuse(request: Request, heard: Heard) -> Condition:
    """One condition from everything given.

    Args:
        request: checked by `check_request`.
        heard: what the extractors made of each input.

    Returns:
        The condition, with findings and conflicts for people.
    """
    conflicts: list[str] = list(heard.text.warnings) if heard.text else []
    conflicts += heard.lyrics.warnings if heard.lyrics else ()
    findings: list[Finding] = []
    said = heard.text.controls if heard.text else Controls()
    controls = merge(request.controls, said, conflicts)
    melody: tuple[GridNote, ...] = ()
    source, tempi, faithfulness = "", (), request.faithfulness
    if request.keep_voice:
        faithfulness = keep_voice(heard.hum, faithfulness, conflicts)
    if heard.hum is not None:
        melody, controls = use_hum(heard.hum, request, controls, conflicts)
        source, tempi = "hum", heard.hum.beat_tempi
        findings += heard.hum.findings
    if request.styles and heard.text and any(f.label == "style" and f.source != WHOLE for f in heard.text.findings):
        conflicts.append("The styles named in the description give way to the styles that were chosen.")
    styles = dict(request.styles) or (dict(heard.text.styles) if heard.text else {})
    lyrics, use = heard.lyrics, None
    reference = heard.reference
    beside = reference is not None and request.reference_mode in BESIDE
    if reference is not None:
        findings += reference.findings
        if beside and (melody or lyrics is not None):
            conflicts.append("What is played with the track itself takes its tune from there: the hum and the words "
                             "are left out.")
            melody, lyrics, source, tempi = (), None, "", ()
        use = use_track(reference, request, controls, styles, conflicts, has_melody=bool(melody))
        controls, styles = use.controls, use.styles
        if use.melody and not melody:
            melody, source = use.melody, "track" if beside else "reference"
    vocal = lyrics is not None or (request.singing == "hummed" and not beside)
    if request.singing == "spoken" and lyrics is None:
        conflicts.append("There are no words to speak, so nobody speaks; paste lyrics.")
    if heard.text is not None:
        findings = [*heard.text.findings, *findings]
        if heard.text.vocal is False and vocal:
            conflicts.append("The description asks for no singing, but lyrics were given: they are sung."
                             if heard.lyrics else "The description asks for no singing, but humming was chosen.")
        if heard.text.vocal and not vocal:
            conflicts.append("The description asks for singing; paste lyrics to have words sung.")
    condition = Condition(
        styles=styles, controls=controls, melody=melody, melody_source=source, melody_tempi=tempi, lyrics=lyrics,
        vocal=vocal, voice=None if request.voice in ("", "auto") else request.voice, singing=request.singing,
        faithfulness=faithfulness, production=heard.text.production if heard.text else (),
        findings=tuple(findings), conflicts=tuple(conflicts))
    if use is None:
        return condition
    return replace(condition, chords=use.chords, chords_kept=use.chords_kept, as_busy=use.as_busy,
                   sections=use.sections if source != "hum" else (), reference=reference,
                   reference_mode=request.reference_mode,
                   faithfulness=condition.faithfulness if source == "hum" else use.melody_kept)


def merge(sliders: Controls, said: Controls, conflicts: list[str]) -> Controls:
    """Sliders over words; where both say something else, the slider wins and it is noted."""
    values = {}
    for field in fields(Controls):
        slider, word = getattr(sliders, field.name), getattr(said, field.name)
        given = slider is not None and slider != ()
        if given and word not in (None, ()) and word != slider and field.name in ("tempo_bpm", "meter", "duration_s"):
            name = {"tempo_bpm": "tempo", "duration_s": "length"}.get(field.name, field.name)
            conflicts.append(f"The {name} in the description ({word:g}) gives way to the slider ({slider:g})."
                             if isinstance(word, (int, float)) else
                             f"The {name} in the description ({word}) gives way to the setting ({slider}).")
        values[field.name] = slider if given else word
    return let_play(Controls(**values), conflicts)


def let_play(controls: Controls, conflicts: list[str]) -> Controls:
    """A lane that was given an instrument plays, whatever the words refuse."""
    given = [lane for lane, name in controls.lane_instruments if name != "none" and lane in controls.unwanted]
    for lane in given:
        conflicts.append(f"“No {lane}” in the description gives way to the instrument that was chosen for {lane}.")
    return replace(controls, unwanted=tuple(name for name in controls.unwanted if name not in given))


def keep_voice(hum: Hum | None, faithfulness: float, conflicts: list[str]) -> float:
    """The faithfulness to a tune whose own voice is kept: note for note."""
    if hum is None or not len(hum.f0_hz):
        conflicts.append("Your voice can only be kept from a recording; record or upload one.")
        return faithfulness
    if faithfulness < 1:
        conflicts.append("Your voice is kept, so the tune is followed note for note.")
    return 1.0


def use_hum(hum: Hum, request: Request, controls: Controls, conflicts: list[str]) -> tuple[
        tuple[GridNote, ...], Controls]:
    """The hummed melody in the key to be played, and the controls that it implies."""
    grid = request.hum_notes or hum.grid
    if request.follow_timing and (request.faithfulness >= 1 or request.keep_voice):
        grid = with_own_timing(hum, grid)
    if controls.meter is not None and controls.meter != hum.meter:
        conflicts.append(f"The hum was heard in {hum.meter}, so it stays in {hum.meter} instead of {controls.meter}.")
    mode = controls.mode or hum.mode
    tonic = hum.tonic if controls.tonic is None else controls.tonic
    if controls.mode is not None and controls.mode != hum.mode and controls.tonic is None:
        tonic = (hum.tonic - MODE_OFFSETS[hum.mode] + MODE_OFFSETS[mode]) % 12
    heard_do = (hum.tonic - MODE_OFFSETS[hum.mode]) % 12
    do = (tonic - MODE_OFFSETS[mode]) % 12
    shift = (do - heard_do + 6) % 12 - 6
    if shift:
        grid = tuple(replace(note, midi=note.midi + shift) for note in grid)
    swing = hum.swing if controls.swing is None and hum.swing > 0.5 else controls.swing
    return tuple(grid), replace(controls, tempo_bpm=controls.tempo_bpm or hum.tempo_bpm, meter=hum.meter, tonic=tonic,
                                mode=mode, swing=swing)
