"""What a sound or video file says about itself: title, tempo, key, its recipe, and that an AI made it.

Each container gets the fields that its own standard has: ID3v2.4 in MP3 and WAV, Vorbis comments in FLAC and OGG,
iTunes items in MP4; in WAV also the broadcast chunk (EBU Tech 3285) and the tempo chunk that loop players read; and the
IPTC digital source type as XMP wherever XMP has a place (XMP specification part 3: MP3, WAV, MP4). Knows nothing of
takes: gets words. The sound itself is never changed.
"""

from __future__ import annotations

import json
import struct
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from xml.sax.saxutils import escape

import mutagen
from mutagen import id3
from mutagen.flac import FLAC
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4, AtomDataType, MP4FreeForm
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from modules.errors import InputError

AI_NOTICE = "AI-generated with Earworm"
# IPTC NewsCodes, "Digital Source Type": media created algorithmically by a model trained on sampled content.
DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
RECIPE_FIELD = "EARWORM_RECIPE"
_RECIPE_FILE = "earworm-recipe.json"
_ITUNES = "----:com.apple.iTunes:"
_XMP_UUID = uuid.UUID("be7acfcb-97a9-42e8-9c71-999491e3afac").bytes  # of the XMP box in MP4
_MOST_RECIPE = 4_000_000  # characters of an embedded recipe that are read


def with_notice(comment: str) -> str:
    """The comment, beginning with the AI notice."""
    if comment.startswith(AI_NOTICE):
        return comment
    return f"{AI_NOTICE}. {comment}" if comment else AI_NOTICE


def write_tags(path: Path | str, fmt: str, tags: Mapping[str, str]) -> None:
    """Write all tags into a finished file.

    Args:
        path: the file; changed in place.
        fmt: "wav", "flac", "mp3", "ogg" or "mp4".
        tags: any of title, artist, comment, genre, bpm ("97.5"), key ("F# minor"), beats (how many), recipe
            (JSON), lufs and dbtp (for the broadcast chunk). The AI notice and digital source type are always written.
    """
    path = Path(path)
    if fmt == "mp3":
        sound = MP3(path)
        sound.tags = _id3(tags, xmp=True)
        sound.save()
    elif fmt == "wav":
        sound = WAVE(path)
        sound.tags = None
        sound.add_tags()
        for frame in _id3(tags, xmp=False).values():
            sound.tags.add(frame)
        sound.save()
        _add_wav_chunks(path, tags)
    elif fmt in ("flac", "ogg"):
        sound = FLAC(path) if fmt == "flac" else OggVorbis(path)
        for name, text in _vorbis(tags).items():
            sound[name] = text
        sound.save()
    elif fmt == "mp4":
        _write_mp4(path, tags)
    else:
        raise ValueError(f"{fmt} carries no tags")


def read_recipe(path: Path | str) -> str:
    """The recipe that a file of any of these formats carries, as JSON text.

    Raises:
        InputError: no such file, not a sound or video, or one without a recipe.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no file {path.name}; check the path.")
    try:
        sound = mutagen.File(path)
    except mutagen.MutagenError:
        sound = None
    text = ""
    if sound is not None and sound.tags is not None:
        if isinstance(sound.tags, id3.ID3):
            found = [frame for frame in sound.tags.getall("GEOB") if frame.filename == _RECIPE_FILE]
            text = found[0].data.decode("utf-8", "replace") if found else ""
        elif isinstance(sound, MP4):
            text = b"".join(sound.tags.get(_ITUNES + RECIPE_FIELD, [])).decode("utf-8", "replace")
        else:
            text = (sound.tags.get(RECIPE_FIELD) or [""])[0]
    if not text or len(text) > _MOST_RECIPE:
        raise InputError(f"{path.name} carries no Earworm recipe; give a file that Earworm wrote, or its take_N.json.")
    return text


def short_key(key: str) -> str:
    """A key as tags spell it, major or minor: "F# minor" → "F#m", "D dorian" → "Dm", "Bb lydian" → "Bb"."""
    tonic, _, mode = key.partition(" ")
    return tonic + ("m" if mode in ("minor", "dorian", "phrygian") else "")


def xmp_packet(tags: Mapping[str, str]) -> bytes:
    """An XMP packet with title, maker and the IPTC digital source type."""
    title, maker = escape(tags.get("title", "")), escape(tags.get("artist", ""))
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>'
        f"<dc:creator><rdf:Seq><rdf:li>{maker}</rdf:li></rdf:Seq></dc:creator>"
        f"<xmp:CreatorTool>Earworm</xmp:CreatorTool>"
        f"<Iptc4xmpExt:DigitalSourceType>{DIGITAL_SOURCE_TYPE}</Iptc4xmpExt:DigitalSourceType>"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>').encode()


def _id3(tags: Mapping[str, str], *, xmp: bool) -> id3.ID3:
    out = id3.ID3()
    frames = [id3.TIT2(3, [tags.get("title", "")]), id3.TPE1(3, [tags.get("artist", "")]),
              id3.TSSE(3, ["Earworm"]), id3.COMM(3, "eng", "", [with_notice(tags.get("comment", ""))]),
              id3.TXXX(3, "DigitalSourceType", [DIGITAL_SOURCE_TYPE]), id3.TXXX(3, "AI-generated", ["yes"])]
    if tags.get("genre"):
        frames.append(id3.TCON(3, [tags["genre"]]))
    if tags.get("bpm"):
        frames.append(id3.TBPM(3, [str(round(float(tags["bpm"])))]))  # whole numbers by the standard
    if tags.get("key"):
        frames.append(id3.TKEY(3, [short_key(tags["key"])]))
    if tags.get("recipe"):
        frames.append(id3.GEOB(3, "application/json", _RECIPE_FILE, "Recipe", tags["recipe"].encode()))
    if xmp:
        frames.append(id3.PRIV("XMP", xmp_packet(tags)))
    for frame in frames:
        out.add(frame)
    return out


def _vorbis(tags: Mapping[str, str]) -> dict[str, str]:
    fields = {"TITLE": tags.get("title", ""), "ARTIST": tags.get("artist", ""), "GENRE": tags.get("genre", ""),
              "BPM": f'{float(tags["bpm"]):g}' if tags.get("bpm") else "",
              "INITIALKEY": short_key(tags["key"]) if tags.get("key") else "", "ENCODER": "Earworm",
              "COMMENT": with_notice(tags.get("comment", "")), "DIGITALSOURCETYPE": DIGITAL_SOURCE_TYPE,
              "AI_GENERATED": "yes", RECIPE_FIELD: tags.get("recipe", "")}
    return {name: text for name, text in fields.items() if text}


def _write_mp4(path: Path, tags: Mapping[str, str]) -> None:
    film = MP4(path)
    if film.tags is None:
        film.add_tags()

    def free(text: str) -> list[MP4FreeForm]:
        return [MP4FreeForm(text.encode(), AtomDataType.UTF8)]

    film.tags["\xa9nam"], film.tags["\xa9ART"] = tags.get("title", ""), tags.get("artist", "")
    film.tags["\xa9too"], film.tags["\xa9cmt"] = "Earworm", with_notice(tags.get("comment", ""))
    film.tags[f"{_ITUNES}DigitalSourceType"] = free(DIGITAL_SOURCE_TYPE)
    if tags.get("genre"):
        film.tags["\xa9gen"] = tags["genre"]
    if tags.get("bpm"):
        film.tags["tmpo"] = [round(float(tags["bpm"]))]
    if tags.get("key"):
        film.tags[f"{_ITUNES}initialkey"] = free(short_key(tags["key"]))
    if tags.get("recipe"):
        film.tags[_ITUNES + RECIPE_FIELD] = free(tags["recipe"])
    film.save()
    packet = _XMP_UUID + xmp_packet(tags)
    with open(path, "ab") as file:
        file.write(struct.pack(">I", 8 + len(packet)) + b"uuid" + packet)


def _add_wav_chunks(path: Path, tags: Mapping[str, str]) -> None:
    """The broadcast chunk first, as broadcasters expect it; tempo, words (LIST INFO) and XMP behind the sound."""
    whole = path.read_bytes()
    if whole[:4] != b"RIFF" or whole[8:12] != b"WAVE":
        raise ValueError(f"{path.name} is no RIFF WAVE file")
    after = _chunk(b"LIST", _info(tags)) + _chunk(b"_PMX", xmp_packet(tags))
    if tags.get("bpm"):
        after += _chunk(b"acid", _acid(tags))
    body = b"WAVE" + _chunk(b"bext", _bext(tags)) + whole[12:] + after
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _info(tags: Mapping[str, str]) -> bytes:
    words = {b"INAM": tags.get("title", ""), b"IART": tags.get("artist", ""), b"IGNR": tags.get("genre", ""),
             b"ICMT": with_notice(tags.get("comment", "")), b"ISFT": "Earworm"}
    return b"INFO" + b"".join(_chunk(name, text.encode() + b"\0") for name, text in words.items() if text)


def _bext(tags: Mapping[str, str]) -> bytes:
    """EBU Tech 3285 v2: description, originator, date, loudness in hundredths."""
    now = datetime.now(timezone.utc)

    def field(text: str, size: int) -> bytes:
        return text.encode("ascii", "replace")[:size].ljust(size, b"\0")

    def hundredths(name: str) -> int:
        return round(100 * float(tags[name])) if tags.get(name) else 0x7FFF  # the standard's "not set"

    return (field(with_notice(tags.get("comment", "")), 256) + field("Earworm", 32) + field(tags.get("title", ""), 32)
            + field(now.strftime("%Y-%m-%d"), 10) + field(now.strftime("%H:%M:%S"), 8) + struct.pack("<QH", 0, 2)
            + bytes(64) + struct.pack("<hhhhh", hundredths("lufs"), 0x7FFF, hundredths("dbtp"), 0x7FFF, 0x7FFF)
            + bytes(180) + f"A=PCM,T=Earworm;DST={DIGITAL_SOURCE_TYPE}\r\n".encode())


def _acid(tags: Mapping[str, str]) -> bytes:
    """Tempo for loop players; the flags say that the sound may be stretched to another one."""
    return struct.pack("<IHHfIHHf", 4, 60, 0x8000, 0.0, int(tags.get("beats") or 0), 4, 4, float(tags["bpm"]))


def compact(recipe: Mapping) -> str:
    """A recipe as JSON without spaces, for embedding."""
    return json.dumps(recipe, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
