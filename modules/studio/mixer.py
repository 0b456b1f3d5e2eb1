"""The mixer: a finished take's lanes mixed again as a person set them, doing again only what the change touches.

Starts from the take's own stems (`Take.stems`: every lane after its own processing, before rooms and bus), so that no
note is rendered again and a take read back from disk can be remixed too. Knobs add to what the studio chose: neutral
settings give the original mix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event, Lock

import numpy as np

from modules.config import TARGET_LUFS, TRUE_PEAK_DBTP
from modules.errors import InputError
from modules.studio.ending import closing_fade_s
from modules.studio.master import Mastered, master
from modules.studio.mix import Mixed, check_stems, placed_table, scaled
from modules.studio.mix_sheet import MixSettings
from modules.types import Audio, Performance, Song

# what a person may choose: name → integrated LUFS (Spotify's and YouTube's; Apple's; EBU R 128)
TARGETS_LUFS = {"streaming": TARGET_LUFS, "Apple Music": -16.0, "broadcast": -23.0}


@dataclass(frozen=True)
class Remix:
    """`mixed`: the lanes as set and the bus; `mastered`: the bus at the asked loudness."""

    mixed: Mixed
    mastered: Mastered


class Mixer:
    """One take on the table. Keeps the last setting of every lane and the last bus; safe to call from two threads.

    Args:
        stems: `Take.stems`.
        song, performance: the take's.

    Raises:
        InputError: stems that cannot be mixed, or none that sounds.
    """

    def __init__(self, stems: Mapping[str, Audio], song: Song, performance: Performance) -> None:
        self._table = placed_table(stems, song, performance)
        if not self._table.lanes:
            raise InputError("every stem is silent; a take with at least one lane that sounds would be right.")
        self._stems, self._song, self._performance = dict(stems), song, performance
        self._faded: dict[str, tuple[tuple[float, ...], np.ndarray]] = {}  # lane → its setting and what it gave
        self._bus: tuple[tuple, np.ndarray] | None = None
        self._lock = Lock()

    def remix(self, settings: MixSettings | None = None, *, target_lufs: float = TARGET_LUFS,
              ceiling_dbtp: float = TRUE_PEAK_DBTP, cancel: Event | None = None) -> Remix:
        """Mix and master as set: about half a second of compute for 30 s of sound.

        Args:
            settings: what was turned; None = nothing. A muted or unheard lane's stem stays in `mixed.stems`.
            target_lufs: integrated loudness, −40 … −5; see `TARGETS_LUFS`.
            ceiling_dbtp: most true peak.

        Raises:
            InputError: settings out of range or of unknown lanes.
            Cancelled: `cancel` was set.
        """
        settings = settings or MixSettings()
        check_stems(self._stems, settings, finite=True)
        table = self._table
        with self._lock:
            faded = {lane: self._fade(lane, settings) for lane in table.lanes}
            heard = {lane: sound for lane, sound in faded.items() if settings.hears(lane)}
            key = tuple((lane, settings.strip(lane), settings.reverb_db.get(lane, 0.0)) for lane in heard)
            if self._bus is None or self._bus[0] != key:
                self._bus = (key, table.bus(heard, settings, cancel))
            bus = self._bus[1]
        mixed = scaled(bus, {lane: faded.get(lane) for lane in self._stems}, table.rate)
        return Remix(mixed, master(mixed.bus, target_lufs=target_lufs, ceiling_dbtp=ceiling_dbtp,
                                   fade_out_s=closing_fade_s(self._song, self._performance),
                                   duration_s=self._song.duration_s))

    def _fade(self, lane: str, settings: MixSettings) -> np.ndarray:
        strip = settings.strip(lane)
        kept = self._faded.get(lane)
        if kept is None or kept[0] != strip:
            kept = (strip, self._table.fade(lane, settings))
            self._faded[lane] = kept
        return kept[1]
