"""Runs each input's extractor once; a recipe's own analysis stands in for sounds that are not at hand."""

from __future__ import annotations

from modules.conditions import recall
from modules.conditions.fuse import Heard
from modules.types import Request


def hear(request: Request) -> Heard:
    """What every given input says.

    Raises:
        InputError: an input cannot be used; the message names it.
    """
    saved = (request.recipe or {}).get("request", {})
    text = hum = reference = lyrics = None
    if request.prompt.strip() or request.negative.strip():
        from modules.conditions.text import understand

        text = understand(request.prompt, request.negative)
    if request.hum is not None:
        from modules.conditions.humming import listen as listen_hum

        hum = listen_hum(request.hum, tempo_bpm=request.controls.tempo_bpm, meter=request.controls.meter)
    elif saved.get("hum"):
        hum = recall.read_hum(saved["hum"])
    if request.reference is not None:
        from modules.conditions.reference import listen as listen_reference

        reference = listen_reference(request.reference)
    elif saved.get("reference"):
        reference = recall.read_reference(saved["reference"])
    if request.lyrics.strip():
        from modules.conditions.lyrics import parse

        lyrics = parse(request.lyrics)
    return Heard(text, hum, reference, lyrics)
