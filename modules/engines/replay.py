"""A recipe's take made again as notes, and as sound only when somebody asks for it. Composes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from threading import Event
from typing import Any

from modules.config import DURATION_S
from modules.engines.recipe import read_song
from modules.errors import InputError
from modules.performance.palette import style_tone
from modules.performance.perform import perform
from modules.performance.retiming import retimed
from modules.studio.ending import closing_fade_s
from modules.studio.export import Piece
from modules.studio.master import Mastered, master
from modules.studio.mix import Mixed, mix
from modules.types import Audio, Performance, Song

LONGEST_S = 2 * DURATION_S[1]  # seconds of a recipe that is still played
MOST_BARS = 1_000


def render_song(song: Song, performance: Performance, asked: Mapping[str, Any],
                cancel: Event | None = None) -> dict[str, Audio]:
    """A song's stems as the engine sounds them, the kept voice of what was asked among them."""
    from modules.engines.own_voice import own_voice
    from modules.vocoder.render import render  # loads libraries of sound: only where something is sounded

    kept = own_voice(asked, song, performance) if asked.get("kept_voice") is not None else {}
    return render(performance, seed=song.seed, tone=style_tone(song), cancel=cancel) | kept


def master_song(bus: Audio, song: Song, performance: Performance) -> Mastered:
    """A song's mix at its loudness, length and ending."""
    return master(bus, fade_out_s=closing_fade_s(song, performance), duration_s=song.duration_s)


def replay(recipe: Mapping[str, Any], *, sound: Path | None = None, cancel: Event | None = None) -> Piece:
    """The piece that a recipe holds, played from its own notes.

    Args:
        recipe: of a finished take.
        sound: a lossless file of the finished take, where one is at hand; None = played, mixed and mastered again (the
            same samples on the same kind of machine).

    Raises:
        InputError: not a recipe of a take, or one too long to be played.
    """
    _check_bars(recipe)
    song = read_song(recipe)
    long_s = max(song.canvas.n_steps * song.step_s, song.duration_s or 0.0)
    if not 0 < long_s <= LONGEST_S:
        raise InputError(f"That recipe is {long_s:.0f} s long; up to {LONGEST_S:.0f} s can be played.")
    try:
        performance = perform(song)
        if recipe.get("timing"):
            performance = retimed(performance, recipe["timing"])
    except (KeyError, IndexError, ValueError, TypeError):
        raise InputError("That recipe names a style, part or instrument that this version does not know; give one that "
                         "this version wrote.") from None

    @lru_cache(maxsize=1)
    def mixed() -> Mixed:
        return mix(render_song(song, performance, recipe.get("request", {}), cancel), song, performance, cancel=cancel)

    @lru_cache(maxsize=1)
    def finished() -> Audio:
        if sound is not None:
            from modules.audio.decode import read_audio

            return read_audio(sound, LONGEST_S)
        if recipe.get("timing"):
            raise InputError("This take is heard with a track that its recipe does not hold; make it again with the "
                             "track, or use the sound file that was written then.")
        return master_song(mixed().bus, song, performance).audio

    def laid() -> tuple[Mapping[str, Audio], Audio]:
        from modules.studio.stems import laid_stems

        return laid_stems(mixed(), song, performance, cancel), mixed().bus

    return Piece(song, performance, recipe, finished, laid)


def _check_bars(recipe: Mapping[str, Any]) -> None:
    """Refuse a recipe whose bars would fill the memory, before any is laid out."""
    try:
        bars = [int(section["bars"]) for section in recipe["canvas"]["sections"]]
    except (KeyError, TypeError, ValueError):
        return  # no recipe of a take: `read_song` says so
    if min(bars, default=0) < 0 or sum(bars) > MOST_BARS:
        raise InputError(f"That recipe has {sum(bars)} bars; up to {MOST_BARS} can be played.")
