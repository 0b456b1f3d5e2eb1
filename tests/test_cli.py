"""The command line: the contract's files, bad input as one sentence and exit 2, nothing half-written."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from modules.cli import main
from modules.conditions.fuse import read_key
from modules.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
RATE = 22_050


@pytest.fixture(scope="module")
def sounds(tmp_path_factory) -> Path:
    """Sounds that cannot be used, each in its own way."""
    folder = tmp_path_factory.mktemp("sounds")
    rng = np.random.default_rng(0)
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.wav").write_text("this is not a sound", encoding="utf-8")
    soundfile.write(folder / "silence.wav", np.zeros(RATE * 4), RATE)
    soundfile.write(folder / "noise.wav", 0.2 * rng.standard_normal(RATE * 4), RATE)
    soundfile.write(folder / "short.wav", 0.2 * np.sin(np.arange(int(RATE * 0.2)) * 0.06), RATE)
    soundfile.write(folder / "nan.wav", np.full(RATE * 2, np.nan, np.float32), RATE, subtype="FLOAT")
    soundfile.write(folder / "long.flac", np.zeros((8000 * 3 * 3600, 1), np.int16), 8000)
    return folder


def refused(capsys, *arguments: str) -> str:
    """The one line that a refused command prints."""
    assert main(list(arguments)) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and "Traceback" not in err and 20 < len(err) < 260, err
    return err


@pytest.mark.parametrize("name", ["empty.wav", "text.wav", "silence.wav", "noise.wav", "short.wav", "nan.wav",
                                  "long.flac", "absent.wav"])
@pytest.mark.parametrize("option", ["--hum", "--reference"])
def test_a_bad_sound_is_one_sentence(name, option, sounds, tmp_path, capsys):
    refused(capsys, "make", "--out", str(tmp_path / "out"), option, str(sounds / name))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments,word", [
    ((), "Nothing"), (("--prompt", "x", "--tempo", "900"), "900"), (("--prompt", "x", "--tempo", "quick"), "quick"),
    (("--prompt", "x", "--key", "H sharp"), "H sharp"), (("--prompt", "x", "--meter", "7/8"), "7/8"),
    (("--prompt", "x", "--duration", "0"), "length"), (("--prompt", "x", "--duration", "10800"), "length"),
    (("--prompt", "x", "--engine", "magic"), "magic"), (("--prompt", "x", "--takes", "0"), "0 takes"),
    (("--prompt", "x", "--format", "aiff"), "aiff"), (("--prompt", "x", "--seed", "-1"), "seed"),
    (("--prompt", "x", "--energy", "nan"), "range"), (("--prompt", "x", "--voice", "elvis"), "elvis"),
    (("--prompt", "x", "--singing", "yodelled"), "yodelled"),
    (("--prompt", "x", "--faithfulness", "2"), "Faithfulness"), (("--lyrics", "la\n" * 10_000), "lines"),
    (("--lyrics", "🎵🎵"), "sing"), (("--recipe", "absent.json"), "absent.json"),
    (("--prompt", "x", "--nonsense"), "nonsense"), (("--style", "bosa nova"), "near it are Bossa nova"),
    (("--style", "techno:loud"), "weight"), (("--style", "house,techno,trance,tango"), "4 styles"),
])
def test_a_bad_option_is_one_sentence(arguments, word, tmp_path, capsys):
    assert word in refused(capsys, "make", "--out", str(tmp_path / "out"), *arguments)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments,word", [
    ((), "Nothing"), (("--prompts", "a|b", "--vary", "taste=1"), "taste"), (("--prompts", "absent.txt"), "absent.txt"),
    (("--prompts", "a", "--vary", "energy=9"), "9"), (("--prompts", "a", "--vary", "seed=" + "1," * 2), "takes"),
    (("--prompt", "a"), "vary"),
])
def test_a_bad_grid_is_one_sentence(arguments, word, tmp_path, capsys):
    takes = ("--takes", "60") if word == "takes" else ()
    assert word in refused(capsys, "grid", "--out", str(tmp_path / "out"), *arguments, *takes)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_grid_is_a_page_with_its_sounds(tmp_path, capsys):
    (tmp_path / "prompts.txt").write_text("calm piano\nwild piano\n", encoding="utf-8")
    out = tmp_path / "out"
    assert main(["grid", "--out", str(out), "--prompts", str(tmp_path / "prompts.txt"), "--duration", "5",
                 "--seed", "3"]) == 0
    assert "prompt wild piano: take 1" in capsys.readouterr().out
    page = (out / "index.html").read_text(encoding="utf-8")
    assert page.count('data-audio="takes/') == 2 and "calm piano" in page
    assert sorted(path.name for path in (out / "takes").iterdir()) == [
        f"{n}_1.{kind}" for n in ("01", "02") for kind in ("json", "mid", "mp3")]


def test_another_json_file_is_no_recipe(tmp_path, capsys):
    (tmp_path / "other.json").write_text('{"request": 3}', encoding="utf-8")
    assert "recipe" in refused(capsys, "make", "--out", str(tmp_path / "o"), "--recipe", str(tmp_path / "other.json"))
    assert "recipe" in refused(capsys, "edit", str(tmp_path / "other.json"), "--out", str(tmp_path / "o"), "--extend",
                               "4")


def test_listening_to_text_and_lyrics_prints_json(tmp_path, capsys):
    (tmp_path / "words.txt").write_text("A slow waltz in D minor, no drums", encoding="utf-8")
    assert main(["listen", str(tmp_path / "words.txt"), "--as", "text"]) == 0
    found = capsys.readouterr().out
    assert json.loads(found) and "D minor" in found and "3/4" in found
    assert main(["listen", str(ROOT / "assets/examples/lyrics_pop.txt"), "--as", "lyrics"]) == 0
    assert json.loads(capsys.readouterr().out)


def test_listening_to_a_hum_prints_its_notes(capsys):
    assert main(["listen", str(ROOT / "assets/examples/hum_ode_to_joy.wav"), "--as", "hum"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) >= {"tempo_bpm", "key", "tuning_cents", "notes"}
    assert set(found["notes"][0]) == {"onset_s", "offset_s", "pitch_hz", "midi", "confidence"}


def test_listening_as_something_else_is_refused(capsys):
    assert "choose" in refused(capsys, "listen", "x.wav", "--as", "smell")


def test_what_is_not_said_stands_as_the_contract_says():
    from modules.cli.arguments import build_parser

    made = build_parser().parse_args(["make", "--out", "x"])
    assert made.format == "wav" and made.takes is None and made.voice == "auto" and made.engine == "embedded"
    varied = build_parser().parse_args(["grid", "--out", "x"])
    assert varied.format == "mp3" and varied.takes == 1


def test_make_writes_the_contract(tmp_path):
    """In a process of its own, as a script runs it."""
    result = subprocess.run(
        [sys.executable, "app.py", "make", "--out", str(tmp_path / "out"), "--prompt", "<b>folk</b> ../../ waltz 🎻",
         "--takes", "2", "--duration", "8", "--seed", "3", "--stems", "--format", "flac"],
        cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.splitlines()) == 2
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {f"take_{n}.{kind}" for n in (1, 2) for kind in ("flac", "mid", "json", "stems")}
    recipe = json.loads((tmp_path / "out/take_1.json").read_text(encoding="utf-8"))
    sound, rate = soundfile.read(tmp_path / "out/take_1.flac")
    assert rate == recipe["sample_rate"] == 44_100 and abs(len(sound) / rate - recipe["duration_s"]) < 0.01
    stems = {path.stem for path in (tmp_path / "out/take_1.stems").iterdir()}
    assert stems == {lane["name"] for lane in recipe["lanes"]}


@pytest.mark.parametrize("text,expected", [
    ("F# minor", (6, "minor")), ("Bb", (10, "major")), ("d dorian", (2, "dorian")), ("Am", (9, "minor")),
    ("E-flat major", (3, "major")), ("cb lydian", (11, "lydian")),
])
def test_keys_are_read(text, expected):
    assert read_key(text) == expected


@pytest.mark.parametrize("text", ["", "H", "C ultra", "minor", "C major seventh"])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(InputError, match="is not one"):
        read_key(text)
