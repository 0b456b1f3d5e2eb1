"""What the page needs from the rooms to its left, as callables; app.py fills it, tests fill it with fakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modules.types import Audio, Hum, Lyrics, Reference, Take, TextReading
from modules.ui.faces import Face
from modules.ui.workshop import Workshop


@dataclass(frozen=True)
class Listeners:
    """Callables that listen, decode and write.

    text        (prompt, negative) → what was understood
    hum         path of a recording → what was heard
    reference   path of a track → what was heard
    lyrics      text → lines of syllables
    read_audio  path of any sound file → Audio (raises InputError when it is none)
    export      (take, folder) → {kind of `studio.export.KINDS`: path}; among them "recipe", "wav24" and a sound file
                that a browser plays
    export_as   (recipe file or a sound with one inside, kinds, folder) → {kind: path}, made now
    pictures    path of a take's WAV beside its recipe → pictures of the sound as HTML
    stems       (take, folder) → {lane: path of a sound file that a browser plays}, in the order shown
    voices      () → names of singing voices, without "auto"
    reopen      (recipe file or a sound with one inside, folder) → the take's face, after its files were written there
    workshop    edits, mixes and parts of finished takes
    """

    text: Callable[[str, str], TextReading]
    hum: Callable[[Path], Hum]
    reference: Callable[[Path], Reference]
    lyrics: Callable[[str], Lyrics]
    read_audio: Callable[[Path], Audio]
    export: Callable[[Take, Path], Mapping[str, Path]]
    stems: Callable[[Take, Path], Mapping[str, Path]]
    export_as: Callable[[Path, Sequence[str], Path], Mapping[str, Path]]
    pictures: Callable[[Path], str]
    voices: Callable[[], tuple[str, ...]]
    reopen: Callable[[Path, Path], Face]
    workshop: Workshop
