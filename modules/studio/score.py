"""The lead sheet: melody, chord names, words and sections of a song as MusicXML 4.0, and as a picture (verovio).

Owns notation: bar lines, ties, beams, the spelling of pitches. Refuses to know how the song was played: the sheet is
the canvas, on its grid, in sixteenths. Where a song has no tune, the sheet gives its chords over rests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from modules.assets import instruments
from modules.audio.tags import AI_NOTICE
from modules.canvas.spelling import in_key, key_fifths, spell
from modules.config import VERSION
from modules.performance.lines import lane_pitches
from modules.studio.notation import VALUES, Written, write_bars
from modules.types import Song

SUNG_PROGRAM = 52  # General MIDI "choir aahs"
PER_QUARTER = 4  # a grid step is a sixteenth in every metre
SIGNS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
# Our quality → MusicXML kind, what stands beside the root, and an added degree.
KINDS: Mapping[str, tuple[str, str, int | None]] = {
    "maj": ("major", "", None), "min": ("minor", "m", None), "7": ("dominant", "7", None),
    "maj7": ("major-seventh", "maj7", None), "m7": ("minor-seventh", "m7", None), "dim": ("diminished", "dim", None),
    "dim7": ("diminished-seventh", "dim7", None), "m7b5": ("half-diminished", "m7b5", None),
    "sus4": ("suspended-fourth", "sus4", None), "sus2": ("suspended-second", "sus2", None),
    "aug": ("augmented", "aug", None), "6": ("major-sixth", "6", None), "m6": ("minor-sixth", "m6", None),
    "9": ("dominant-ninth", "9", None), "maj9": ("major-ninth", "maj9", None), "m9": ("minor-ninth", "m9", None),
    "5": ("power", "5", None), "add9": ("major", "add9", 9),
}


def lead_sheet(song: Song, title: str, *, comment: str = "") -> bytes:
    """The song as a MusicXML file.

    Args:
        title: stands above the sheet.
        comment: is kept in the file's remarks, after the AI notice.
    """
    root = Element("score-partwise", version="4.0")
    SubElement(SubElement(root, "work"), "work-title").text = title
    identification = SubElement(root, "identification")
    SubElement(identification, "creator", type="composer").text = "Earworm (AI)"
    SubElement(identification, "rights").text = AI_NOTICE
    encoding = SubElement(identification, "encoding")
    SubElement(encoding, "software").text = f"Earworm {VERSION}"
    for element in ("beam", "accidental"):
        SubElement(encoding, "supports", element=element, type="yes")
    miscellaneous = SubElement(identification, "miscellaneous")
    SubElement(miscellaneous, "miscellaneous-field", name="note").text = f"{AI_NOTICE}. {comment}".strip()
    parts = SubElement(root, "part-list")
    score_part = SubElement(parts, "score-part", id="P1")
    name = "Voice" if song.syllables else song.instruments.get("melody", "melody").replace("_", " ").capitalize()
    SubElement(score_part, "part-name").text = name
    SubElement(SubElement(score_part, "score-instrument", id="P1-I1"), "instrument-name").text = name
    sound = SubElement(score_part, "midi-instrument", id="P1-I1")
    SubElement(sound, "midi-channel").text = "1"
    SubElement(sound, "midi-program").text = str(1 + _program(song))
    part = SubElement(root, "part", id="P1")
    for number, pieces in enumerate(write_bars(song), 1):
        _write_bar(SubElement(part, "measure", number=str(number)), song, number - 1, pieces)
    indent(root, " ")
    return (b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 '
            b'Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n' + tostring(root, encoding="utf-8"))


def _program(song: Song) -> int:
    """General MIDI program 0–127 that plays the sheet."""
    melody = instruments().get(song.instruments.get("melody", ""), {})
    return SUNG_PROGRAM if song.syllables else int(melody.get("program", 0))


def draw_score(musicxml: bytes, *, width: int = 1_000) -> str:
    """A MusicXML file as one SVG picture, its pages below each other on white.

    Args:
        width: of a page, in pixels at 100 %.
    """
    import verovio

    toolkit = verovio.toolkit()
    toolkit.setOptions({"scale": 45, "pageWidth": round(width / 0.45), "pageHeight": round(1.414 * width / 0.45),
                        "adjustPageHeight": True, "breaks": "auto", "header": "auto", "footer": "none",
                        "svgViewBox": True, "svgHtml5": False, "xmlIdSeed": 1, "lyricSize": 4.8,
                        "pageMarginTop": 90, "pageMarginBottom": 60, "spacingSystem": 8,
                        "defaultBottomMargin": 1.2})
    if not toolkit.loadData(musicxml.decode()):
        raise ValueError("verovio does not read the lead sheet")
    pages, top = [], 0.0
    for number in range(1, toolkit.getPageCount() + 1):
        svg = re.sub(r"^<\?xml[^>]*\?>\s*", "", toolkit.renderToSVG(number))
        box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
        height = width * float(box[2]) / float(box[1])
        # ids of one page (and the style rules that name the page by its id) must not meet those of another
        svg = re.sub(r'((?:xlink:)?href="#|\bid="|#(?=\w+ (?:g\.|ellipse|path|polygon|polyline|rect)))',
                     rf"\g<1>p{number}-", svg)
        pages.append(svg.replace("<svg ", f'<svg y="{top:.1f}" width="{width}" height="{height:.1f}" ', 1))
        top += height
    return (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="0 0 {width} {top:.1f}" width="{width}" height="{top:.1f}" role="img" aria-label="Lead sheet">'
            f'<metadata>{AI_NOTICE}</metadata><rect width="100%" height="100%" fill="#fff"/>{"".join(pages)}</svg>\n')


def _write_bar(measure: Element, song: Song, bar: int, pieces: list[Written]) -> None:
    fifths = key_fifths(song.do_pc)
    section = next((s for s in song.sections if s.start_bar == bar), None)
    if bar == 0:
        _write_attributes(measure, song, fifths)
        _write_tempo(measure, song)
    if section is not None:
        kind = SubElement(SubElement(measure, "direction", placement="above"), "direction-type")
        SubElement(kind, "rehearsal").text = section.name.capitalize()
    chords = _chords_of_bar(song, bar)
    signs: dict[tuple[str, int], int] = {}  # alterations written in this bar, by letter and octave
    at = 0
    for piece in pieces:
        for when in sorted(step for step in chords if at <= step < at + piece.length):
            _write_chord(measure, song, fifths, *chords[when], offset=when - at)
        _write_note(measure, song, fifths, piece, signs, whole_bar=len(pieces) == 1)
        at += piece.length
    if bar == song.canvas.n_bars - 1:
        SubElement(SubElement(measure, "barline", location="right"), "bar-style").text = "light-heavy"


def _write_attributes(measure: Element, song: Song, fifths: int) -> None:
    attributes = SubElement(measure, "attributes")
    SubElement(attributes, "divisions").text = str(PER_QUARTER)
    key = SubElement(attributes, "key")
    SubElement(key, "fifths").text = str(fifths)
    SubElement(key, "mode").text = song.mode
    time = SubElement(attributes, "time")
    for name, number in zip(("beats", "beat-type"), song.canvas.meter.split("/")):
        SubElement(time, name).text = number
    clef = SubElement(attributes, "clef")
    pitches = [note.midi for note in lane_pitches(song, "melody")]
    low = bool(pitches) and sorted(pitches)[len(pitches) // 2] < 57
    for name, text in (("sign", "F" if low else "G"), ("line", "4" if low else "2")):
        SubElement(clef, name).text = text


def _write_tempo(measure: Element, song: Song) -> None:
    direction = SubElement(measure, "direction", placement="above")
    metronome = SubElement(SubElement(direction, "direction-type"), "metronome")
    SubElement(metronome, "beat-unit").text = "quarter"
    if song.canvas.meter == "6/8":
        SubElement(metronome, "beat-unit-dot")
    SubElement(metronome, "per-minute").text = f"{song.tempo_bpm:.4g}"
    if song.swing > 0.52 and song.canvas.meter != "6/8":
        kind = SubElement(direction, "direction-type")
        SubElement(kind, "words").text = f"Swing {'eighths' if song.swing_unit == 8 else 'sixteenths'}"
    quarters = song.tempo_bpm * (1.5 if song.canvas.meter == "6/8" else 1.0)
    SubElement(direction, "sound", tempo=f"{quarters:.6g}")


def _chords_of_bar(song: Song, bar: int) -> dict[int, tuple[int | None, str]]:
    """Step inside the bar → (root above do or None, quality), where a chord begins."""
    canvas = song.canvas
    out = {}
    for beat, _, root, quality in canvas.chords():
        if beat // canvas.beats_per_bar == bar:
            out[beat % canvas.beats_per_bar * canvas.steps_per_beat] = (root, quality)
    return out


def _write_chord(measure: Element, song: Song, fifths: int, root: int | None, quality: str, *, offset: int) -> None:
    harmony = SubElement(measure, "harmony")
    if root is None:
        letter, alter = "C", 0
        kind, text, degree = "none", "N.C.", None
    else:
        letter, alter = spell((root + song.do_pc) % 12, fifths, song.mode)
        kind, text, degree = KINDS[quality]
    place = SubElement(harmony, "root")
    SubElement(place, "root-step").text = letter
    if alter:
        SubElement(place, "root-alter").text = str(alter)
    SubElement(harmony, "kind", text=text).text = kind
    if degree is not None:
        added = SubElement(harmony, "degree")
        for name, value in (("degree-value", str(degree)), ("degree-alter", "0"), ("degree-type", "add")):
            SubElement(added, name).text = value
    if offset:
        SubElement(harmony, "offset").text = str(offset)


def _write_note(measure: Element, song: Song, fifths: int, piece: Written, signs: dict[tuple[str, int], int], *,
                whole_bar: bool) -> None:
    note, sign = SubElement(measure, "note"), None
    if piece.midi is None:
        SubElement(note, "rest", **({"measure": "yes"} if whole_bar else {}))
    else:
        letter, alter = spell(piece.midi % 12, fifths, song.mode)
        pitch = SubElement(note, "pitch")
        SubElement(pitch, "step").text = letter
        if alter:
            SubElement(pitch, "alter").text = str(alter)
        octave = (piece.midi - alter) // 12 - 1
        SubElement(pitch, "octave").text = str(octave)
        if not piece.tied_from and signs.get((letter, octave), in_key(letter, fifths)) != alter:
            signs[letter, octave] = alter
            sign = SIGNS[alter]
    SubElement(note, "duration").text = str(piece.length)
    for kind, there in (("stop", piece.tied_from), ("start", piece.tied_to)):
        if there:
            SubElement(note, "tie", type=kind)
    SubElement(note, "voice").text = "1"
    if not (piece.midi is None and whole_bar):
        name, dots = VALUES[piece.length]
        SubElement(note, "type").text = name
        for _ in range(dots):
            SubElement(note, "dot")
    if sign:
        SubElement(note, "accidental").text = sign
    for level, kind in piece.beams.items():
        SubElement(note, "beam", number=str(level)).text = kind
    if piece.tied_from or piece.tied_to:
        notations = SubElement(note, "notations")
        for kind, there in (("stop", piece.tied_from), ("start", piece.tied_to)):
            if there:
                SubElement(notations, "tied", type=kind)
    if piece.lyric:
        lyric = SubElement(note, "lyric", number="1")
        SubElement(lyric, "syllabic").text = piece.lyric[0]
        SubElement(lyric, "text").text = piece.lyric[1]
        if piece.extends and piece.lyric[0] in ("single", "end"):
            SubElement(lyric, "extend")
