"""What the page needs from the rooms to its left, as callables; app.py fills it, tests fill it with fakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modules.types import Audio, Hum, HumBeat, Lyrics, Reference, Take, TextReading
from modules.ui.faces import Face
from modules.ui.workshop import Workshop


@dataclass(frozen=True)
class Listeners:
    """Callables that listen, decode and write.

    text        (prompt, negative) → what was understood
    hum         (path of a recording or a MIDI file, its beat as far as it was told) → what was heard
    reference   path of a track → what was heard
    lyrics      text → lines of syllables
    read_audio  path of any sound file → Audio (raises InputError when it is none)
    export      (take, folder) → {kind of `studio.export.KINDS`: path}; among them "recipe", "wav24" and a sound file
                that a browser plays
    export_as   (recipe file or a sound with one inside, kinds, folder) → {kind: path}, made now
    pictures    path of a take's WAV beside its recipe → pictures of the sound as HTML
    stems       (take, folder) → {lane: path of a sound file that a browser plays}, in the order shown
    voices      () → names of singing voices, without "auto"
    track_pictures  (path of a track, what was heard in it) → pictures of it as HTML
    separate    (path of a track, way of `audio.separation.WAYS`, folder) → {part: path of a sound file for browsers}
    original    (a track, path to write to) → the path, with the track at the loudness of takes
    reopen      (recipe file or a sound with one inside, folder) → the take's face, after its files were written there
    workshop    edits, mixes and parts of finished takes
    """

    text: Callable[[str, str], TextReading]
    hum: Callable[[Path, HumBeat], Hum]
    reference: Callable[[Path], Reference]
    lyrics: Callable[[str], Lyrics]
    read_audio: Callable[[Path], Audio]
    export: Callable[[Take, Path], Mapping[str, Path]]
    stems: Callable[[Take, Path], Mapping[str, Path]]
    export_as: Callable[[Path, Sequence[str], Path], Mapping[str, Path]]
    pictures: Callable[[Path], str]
    voices: Callable[[], tuple[str, ...]]
    track_pictures: Callable[[Path, Reference], str]
    separate: Callable[[Path, str, Path], Mapping[str, Path]]
    original: Callable[[Audio, Path], Path]
    reopen: Callable[[Path, Path], Face]
    workshop: Workshop
