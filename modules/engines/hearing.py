"""Runs each input's extractor once; a recipe's own analysis stands in for sounds that are not at hand."""

from __future__ import annotations

from dataclasses import replace

from modules.conditions import recall
from modules.conditions.corrections import read_without
from modules.conditions.fuse import Heard
from modules.conditions.midi_tune import hum_of_grid
from modules.conditions.reference_fixes import corrected
from modules.types import Audio, Hum, HumBeat, Request

TEMPO = 100.0  # BPM of notes that came without any
SAME_TEMPO = 0.12  # an asked tempo this near to the heard one (or its double or half) is the one hummed in


def hear(request: Request) -> Heard:
    """What every given input says.

    Raises:
        InputError: an input cannot be used; the message names it.
    """
    saved = (request.recipe or {}).get("request", {})
    text = hum = reference = lyrics = None
    if request.prompt.strip() or request.negative.strip():
        from modules.conditions.text import understand

        text, _ = read_without(understand, request.prompt, request.negative, request.set_aside)
    if request.hum is not None:
        hum = hear_hum(request)
    elif request.tune is not None:
        hum = request.tune
    elif saved.get("hum"):
        hum = recall.read_hum(saved["hum"])
    elif request.hum_notes:
        hum = hum_of_grid(request.hum_notes, request.hum_beat.tempo_bpm or request.controls.tempo_bpm or TEMPO,
                          request.hum_beat.meter or request.controls.meter or "4/4")
    if request.reference is not None:
        from modules.conditions.reference import listen as listen_reference

        reference = corrected(listen_reference(request.reference), request.reference_fixes)
    elif saved.get("reference"):
        reference = recall.read_reference(saved["reference"])
    if request.lyrics.strip():
        from modules.conditions.lyrics import parse

        lyrics = parse(request.lyrics)
    return Heard(text, hum, reference, lyrics)


def hear_hum(request: Request) -> Hum:
    """A hum on its own beat.

    An asked tempo near the heard one is taken as the beat that the person had in mind; one far from it is the tempo to
    play at, and the notes keep their places on the beat. A beat that was told, and notes that were corrected on one,
    stay as they are.
    """
    beat, asked = request.hum_beat, request.controls
    if request.hum_notes:
        return listen_on(request.hum, beat)
    beat = replace(beat, meter=beat.meter or asked.meter)
    hum = listen_on(request.hum, beat)
    if beat.tempo_bpm is None and asked.tempo_bpm and any(
            abs(asked.tempo_bpm * ratio / hum.tempo_bpm - 1) < SAME_TEMPO for ratio in (1.0, 2.0, 0.5)):
        return listen_on(request.hum, replace(beat, tempo_bpm=asked.tempo_bpm))
    return hum


def listen_on(sound: Audio, beat: HumBeat) -> Hum:
    """What is heard in a hum, on the beat as far as it was told."""
    from modules.conditions.humming import listen

    return listen(sound, tempo_bpm=beat.tempo_bpm, meter=beat.meter, downbeat_s=beat.start_s)
