"""A recipe's take made again as notes, and as sound only when somebody asks for it. Composes nothing.

An edited take is played from its own notes and from those of the takes before it (`lineage`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Event, Lock
from typing import Any

from modules.config import DURATION_S, SAMPLE_RATE, TRUE_PEAK_DBTP
from modules.engines.lineage import take_id, version_before
from modules.engines.recipe import read_song
from modules.errors import InputError
from modules.performance.palette import style_tone
from modules.performance.patching import last_sound_s, patch, shifted
from modules.performance.perform import perform
from modules.performance.retiming import retimed
from modules.studio.ending import closing_fade_s
from modules.studio.export import Piece
from modules.studio.master import Mastered, master
from modules.studio.mix import Mixed, mix
from modules.studio.mix_sheet import MixSheet, read_sheet
from modules.studio.mixer import Mixer, Remix
from modules.studio.splice import edit_span, lay_in
from modules.types import Audio, Performance, Song
from modules.vocoder.sampled import BLOCK

LONGEST_S = 2 * DURATION_S[1]  # seconds of a recipe that is still played
MOST_BARS = 1_000
SHELF_PLACES = 4  # takes at hand: two with their untouched lanes
SHELF_S = 150.0  # seconds of lanes kept at hand: 30 s of eight lanes take about 90 MB
DRY = "dry "  # before the name of what is kept with untouched faders


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


@dataclass(frozen=True)
class Dry:
    """A take's notes, sounded and mixed as the studio would have it. `mixer`: the take on the table."""

    song: Song
    performance: Performance
    mixed: Mixed

    @cached_property
    def mixer(self) -> Mixer:
        return Mixer(self.mixed.stems, self.song, self.performance)


@dataclass(frozen=True)
class Sounded:
    """A take made again. `mixed`: as a person set the mixer, where one did; `mastered`: what is heard."""

    dry: Dry
    mixed: Mixed
    mastered: Mastered


class Shelf:
    """The takes sounded last, so that editing and remixing one does not play it again each time. Bounded; safe to share
    between threads: what a recipe sounds like depends on nothing else."""

    def __init__(self, most_s: float = SHELF_S) -> None:
        self._kept: OrderedDict[str, Dry | Sounded] = OrderedDict()
        self._most_s, self._lock = most_s, Lock()

    def find(self, name: str) -> Dry | Sounded | None:
        """What was kept under that name, if it is here."""
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
            return self._kept.get(name)

    def keep(self, name: str, found: Dry | Sounded) -> None:
        """Put a take here; the oldest go while more are here than may be, or than fit."""
        with self._lock:
            self._kept[name] = found
            self._kept.move_to_end(name)
            while len(self._kept) > SHELF_PLACES or len(self._kept) > 1 and self._seconds() > self._most_s:
                self._kept.popitem(last=False)

    def _seconds(self) -> float:
        dry = {id(one): one for one in (getattr(kept, "dry", kept) for kept in self._kept.values())}
        return sum(one.performance.duration_s for one in dry.values())


def play(recipe: Mapping[str, Any], *, shelf: Shelf | None = None) -> tuple[Song, Performance]:
    """A recipe's song and its notes: an edit's own where it changed something, else those of the take before it.

    Raises:
        InputError: not a recipe of a take, or one too long to be played.
    """
    kept = shelf.find(DRY + take_id(recipe)) if shelf else None
    if isinstance(kept, Dry):
        return kept.song, kept.performance
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
    parent = recipe.get("parent")
    if parent and parent["changed"] is not None:
        _, before = play(version_before(recipe), shelf=shelf)
        if parent["later_bars"]:
            before = shifted(before, _later_s(parent, performance))
        performance = patch(before, performance, _spans(parent, performance))
    return song, performance


def dried(recipe: Mapping[str, Any], *, shelf: Shelf | None = None, cancel: Event | None = None) -> Dry:
    """A recipe's take with untouched faders; a take that was only mixed has that of the take before it.

    Raises:
        InputError: as `play`.
        Cancelled: `cancel` was set.
    """
    parent = recipe.get("parent")
    if parent and parent["changed"] == {}:
        return dried(version_before(recipe), shelf=shelf, cancel=cancel)
    name = DRY + take_id(recipe)
    kept = shelf.find(name) if shelf else None
    if isinstance(kept, Dry):
        return kept
    song, performance = play(recipe, shelf=shelf)
    stems = render_song(song, performance, recipe.get("request", {}), cancel)
    found = Dry(song, performance, mix(stems, song, performance, cancel=cancel))
    if shelf:
        shelf.keep(name, found)
    return found


def sounded(recipe: Mapping[str, Any], *, shelf: Shelf | None = None, cancel: Event | None = None) -> Sounded:
    """A recipe's take, made again: played, mixed as set, mastered, and laid into the take before it where that stays.

    Raises:
        InputError: as `play`.
        Cancelled: `cancel` was set.
    """
    if recipe.get("timing"):
        raise InputError("This take is heard with a track that its recipe does not hold; make it again with the "
                         "track, or use the sound file that was written then.")
    name = take_id(recipe)
    kept = shelf.find(name) if shelf else None
    if isinstance(kept, Sounded):
        return kept
    dry = dried(recipe, shelf=shelf, cancel=cancel)
    if "mixer" in recipe:
        remix = remixed(dry, read_sheet(recipe["mixer"]), cancel)
        mixed, mastered = remix.mixed, remix.mastered
    else:
        mixed, mastered = dry.mixed, master_song(dry.mixed.bus, dry.song, dry.performance)
    parent = recipe.get("parent")
    if parent and parent["sound_kept"]:
        before = sounded(version_before(recipe), shelf=shelf, cancel=cancel)
        mastered = _laid_in(parent, before, dry.performance, mastered)
    found = Sounded(dry, mixed, mastered)
    if shelf:
        shelf.keep(name, found)
    return found


def remixed(dry: Dry, sheet: MixSheet, cancel: Event | None = None) -> Remix:
    """A take mixed and mastered as a sheet says."""
    return dry.mixer.remix(sheet.settings, target_lufs=sheet.target_lufs, cancel=cancel)


def _spans(parent: Mapping[str, Any], performance: Performance) -> dict[str, list[tuple[float, float]]]:
    """Lane → seconds of its changed bars."""
    starts = (*performance.bar_starts_s, performance.duration_s)
    return {lane: [(starts[first], starts[min(last, len(starts) - 1)]) for first, last in spans]
            for lane, spans in parent["changed"].items()}


def _later_s(parent: Mapping[str, Any], performance: Performance) -> float:
    """How much later the old take's music begins: whole blocks of the sampler, so that it falls on the same grid and
    sounds the same there. At most 0.7 ms from the bar line."""
    return round(performance.bar_starts_s[parent["later_bars"]] * SAMPLE_RATE / BLOCK) * BLOCK / SAMPLE_RATE


def _laid_in(parent: Mapping[str, Any], before: Sounded, performance: Performance, mastered: Mastered) -> Mastered:
    """A new master only where the edit is heard."""
    changed = _spans(parent, performance)
    later_s = _later_s(parent, performance)
    old = shifted(before.dry.performance, later_s)
    old_end_s = before.mastered.audio.duration_s + later_s
    spans = []
    for start_s, end_s in sorted({span for stretches in changed.values() for span in stretches}):
        stretch = {lane: [span for span in stretches if span == (start_s, end_s)]
                   for lane, stretches in changed.items()}
        sounds_to_s = max(end_s, last_sound_s(old, stretch), last_sound_s(performance, stretch))
        spans.append(edit_span(start_s, sounds_to_s, old_end_s))
    return lay_in(before.mastered.audio, mastered.audio, spans, ceiling_dbtp=TRUE_PEAK_DBTP, later_s=later_s)


def replay(recipe: Mapping[str, Any], *, sound: Path | None = None, cancel: Event | None = None) -> Piece:
    """The piece that a recipe holds, played from its own notes.

    Args:
        recipe: of a finished take.
        sound: a lossless file of the finished take, where one is at hand; None = played, mixed and mastered again (the
            same samples on the same kind of machine).

    Raises:
        InputError: not a recipe of a take, or one too long to be played.
    """
    song, performance = play(recipe)
    sheet = read_sheet(recipe.get("mixer"))

    @lru_cache(maxsize=1)
    def made() -> Sounded:
        return sounded(recipe, cancel=cancel)

    @lru_cache(maxsize=1)
    def finished() -> Audio:
        if sound is not None:
            from modules.audio.decode import read_audio

            return read_audio(sound, LONGEST_S)
        return made().mastered.audio

    def laid() -> tuple[Mapping[str, Audio], Audio]:
        from modules.studio.stems import laid_stems

        if recipe.get("timing"):  # the new parts alone: the track is the person's
            mixed = dried(recipe, cancel=cancel).mixed
            return laid_stems(mixed, song, performance, cancel=cancel), mixed.bus
        found = made()
        scale = found.mixed.scale if "mixer" in recipe else 1.0  # dry lanes are at their level already
        laid = laid_stems(found.dry.mixed, song, performance, sheet.settings, scale=scale, cancel=cancel)
        return laid, found.mixed.bus

    return Piece(song, performance, recipe, finished, laid, sheet)


def _check_bars(recipe: Mapping[str, Any]) -> None:
    """Refuse a recipe whose bars would fill the memory, before any is laid out."""
    try:
        bars = [int(section["bars"]) for section in recipe["canvas"]["sections"]]
    except (KeyError, TypeError, ValueError):
        return  # no recipe of a take: `read_song` says so
    if min(bars, default=0) < 0 or sum(bars) > MOST_BARS:
        raise InputError(f"That recipe has {sum(bars)} bars; up to {MOST_BARS} can be played.")
