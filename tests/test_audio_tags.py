"""What a file says about itself is read by FFmpeg and libsndfile, which wrote none of it; the sound stays as it was."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from modules.audio.encode import write_audio
from modules.audio.tags import AI_NOTICE, DIGITAL_SOURCE_TYPE, read_recipe, short_key, write_tags, xmp_packet
from modules.errors import InputError
from modules.types import Audio

RECIPE = json.dumps({"seed": 7, "words": "für dich 🎵", "canvas": list(range(3_000))}, ensure_ascii=False)
TAGS = {"title": "Regen, größer", "artist": "Earworm (AI)", "genre": "indie pop", "bpm": "97.5", "key": "F# minor",
        "beats": "4", "comment": "97.5 BPM, F# minor", "recipe": RECIPE, "lufs": "-14.02", "dbtp": "-1"}
TONE = Audio(np.repeat(0.4 * np.sin(np.arange(30_001) * 0.05, dtype=np.float32)[None], 2, axis=0), 44_100)


def ffmpeg_tags(path: Path) -> dict[str, str]:
    """Container's and streams' metadata, names in lower case."""
    with av.open(str(path)) as file:
        found = dict(file.metadata)
        for stream in file.streams:
            found |= stream.metadata
    return {name.lower(): text for name, text in found.items()}


def chunks(path: Path) -> dict[bytes, bytes]:
    """A RIFF file's chunks; fails where their lengths do not add up."""
    whole = path.read_bytes()
    assert struct.unpack("<I", whole[4:8])[0] == len(whole) - 8
    at, out = 12, {}
    while at < len(whole):
        size = struct.unpack("<I", whole[at + 4:at + 8])[0]
        out[whole[at:at + 4]] = whole[at + 8:at + 8 + size]
        at += 8 + size + size % 2
    assert at == len(whole)
    return out


@pytest.mark.parametrize("fmt", ["wav", "flac", "mp3", "ogg"])
def test_another_reader_finds_what_was_written(tmp_path, fmt):
    path = write_audio(tmp_path / f"a.{fmt}", TONE, fmt, "24", TAGS)
    found = ffmpeg_tags(path)
    assert found["title"] == TAGS["title"] and found["artist"] == TAGS["artist"]
    assert found["comment"].startswith(f"{AI_NOTICE}. 97.5 BPM")
    assert found["digitalsourcetype"] == DIGITAL_SOURCE_TYPE
    assert found.get("initialkey", found.get("tkey")) == "F#m"
    assert float(found.get("bpm", found.get("tbpm"))) == pytest.approx(97.5, abs=0.5)
    with soundfile.SoundFile(path) as file:
        assert file.title == TAGS["title"] and file.comment.startswith(AI_NOTICE)


@pytest.mark.parametrize("fmt", ["wav", "flac", "mp3", "ogg"])
def test_the_recipe_comes_back_letter_for_letter(tmp_path, fmt):
    assert read_recipe(write_audio(tmp_path / f"a.{fmt}", TONE, fmt, "16", TAGS)) == RECIPE


@pytest.mark.parametrize("fmt", ["wav", "flac", "mp3", "ogg"])
def test_tags_leave_the_sound_alone(tmp_path, fmt):
    plain = write_audio(tmp_path / f"plain.{fmt}", TONE, fmt, "24")
    tagged = write_audio(tmp_path / f"tagged.{fmt}", TONE, fmt, "24", TAGS)
    assert np.array_equal(soundfile.read(plain)[0], soundfile.read(tagged)[0])


def test_a_wav_has_the_broadcast_chunk_first_then_tempo_and_xmp(tmp_path):
    found = chunks(write_audio(tmp_path / "a.wav", TONE, "wav", "24", TAGS))
    assert next(iter(found)) == b"bext" and {b"fmt ", b"data", b"LIST", b"id3 ", b"_PMX", b"acid"} <= set(found)
    bext = found[b"bext"]
    assert bext[:24] == AI_NOTICE[:24].encode() and struct.unpack("<H", bext[346:348])[0] == 2
    loudness, _, peak = struct.unpack("<hhh", bext[412:418])
    assert (loudness, peak) == (-1402, -100)
    assert struct.unpack("<f", found[b"acid"][20:24])[0] == 97.5 and struct.unpack("<I", found[b"acid"][12:16])[0] == 4
    assert DIGITAL_SOURCE_TYPE.encode() in found[b"_PMX"]


def test_xmp_is_well_formed_whatever_the_title():
    from xml.etree import ElementTree

    packet = xmp_packet({"title": "<a & b>", "artist": "x"}).decode()
    root = ElementTree.fromstring(packet[packet.index("?>") + 2:packet.rindex("<?xpacket")])
    text = {element.tag.split("}")[1]: (element.text or "").strip() for element in root.iter()}
    assert text["li"] in ("<a & b>", "x") and text["DigitalSourceType"] == DIGITAL_SOURCE_TYPE


@pytest.mark.parametrize(("key", "short"), [("F# minor", "F#m"), ("C major", "C"), ("D dorian", "Dm"),
                                            ("Bb lydian", "Bb")])
def test_keys_are_spelt_as_tags_spell_them(key, short):
    assert short_key(key) == short


def test_files_without_a_recipe_are_refused_in_words(tmp_path):
    bare = tmp_path / "bare.wav"
    soundfile.write(bare, TONE.samples.T, 44_100)
    (tmp_path / "text.mp3").write_text("dear sir")
    for path, word in ((bare, "carries no"), (tmp_path / "text.mp3", "carries no"), (tmp_path / "none.mp3", "no file")):
        with pytest.raises(InputError, match=word):
            read_recipe(path)


def test_what_carries_no_tags_is_a_defect(tmp_path):
    with pytest.raises(ValueError, match="aiff"):
        write_tags(tmp_path / "a.aiff", "aiff", TAGS)
