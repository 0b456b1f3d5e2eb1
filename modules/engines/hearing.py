"""Runs each input's extractor once; a recipe's own analysis stands in for sounds that are not at hand."""

from __future__ import annotations

from modules.conditions import recall
from modules.conditions.corrections import read_without
from modules.conditions.fuse import Heard
from modules.conditions.reference_fixes import corrected
from modules.types import Audio, Hum, Request

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
        hum = hear_hum(request.hum, request.controls.tempo_bpm, request.controls.meter)
    elif saved.get("hum"):
        hum = recall.read_hum(saved["hum"])
    if request.reference is not None:
        from modules.conditions.reference import listen as listen_reference

        reference = corrected(listen_reference(request.reference), request.reference_fixes)
    elif saved.get("reference"):
        reference = recall.read_reference(saved["reference"])
    if request.lyrics.strip():
        from modules.conditions.lyrics import parse

        lyrics = parse(request.lyrics)
    return Heard(text, hum, reference, lyrics)


def hear_hum(sound: Audio, tempo_bpm: float | None, meter: str | None) -> Hum:
    """A hum on its own beat.

    An asked tempo near the heard one is taken as the beat that the person had in mind; one far from it is the tempo to
    play at, and the notes keep their places on the beat.
    """
    from modules.conditions.humming import listen

    hum = listen(sound, meter=meter)
    if tempo_bpm and any(abs(tempo_bpm * ratio / hum.tempo_bpm - 1) < SAME_TEMPO for ratio in (1.0, 2.0, 0.5)):
        return listen(sound, tempo_bpm=tempo_bpm, meter=meter)
    return hum
