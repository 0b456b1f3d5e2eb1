"""The library: what is kept comes back, to its owner only; the oldest unstarred go first; it stays quick with 1,000."""

import contextlib
import json
import secrets
import sqlite3
import time
import zipfile
from pathlib import Path
from threading import Thread

import pytest

from modules.errors import InputError
from modules.library.bundle import FACE, INDEX, pack, unpack
from modules.library.entry import About, Vote, about
from modules.library.shelf import Library, Limits, limits, open_library
from modules.ui.library_tab import usage_line

ME, YOU = "my token", "your token"


def names(found) -> list[str]:
    return [kept.title for kept in found]


@pytest.fixture
def library(tmp_path) -> Library:
    return Library(tmp_path / "library")


def keep(library: Library, folder: Path, title: str, *, owner: str = ME, size: int = 1000, words: str = "",
         starred: bool = False, run: str = "r") -> str | None:
    take = secrets.token_hex(16)
    place = folder / take
    place.mkdir(parents=True)
    (place / "sound.mp3").write_bytes(b"x" * size)
    (place / "recipe.json").write_text(json.dumps({"seed": 1}))
    (place / FACE).write_text('{"roll": "<script>"}')
    kept = library.keep(owner, take, sorted(place.glob("*")), About(title, words or title, run=run), starred=starred)
    return take if kept else None


def test_what_is_kept_comes_back_whole_even_after_a_restart(library, tmp_path):
    take = keep(library, tmp_path, "rain on tin roofs")
    again = Library(library.folder)
    assert names(again.find(ME)) == ["rain on tin roofs"]
    folder = again.bring(ME, take, tmp_path / "out")
    assert sorted(path.name for path in folder.iterdir()) == ["face.json", "recipe.json", "sound.mp3"]
    assert (folder / "sound.mp3").read_bytes() == b"x" * 1000


def test_nobody_sees_what_is_not_theirs(library, tmp_path):
    take = keep(library, tmp_path, "mine")
    library.star(ME, take, True)
    library.vote(ME, Vote({"take": "a"}, {"take": "b"}, "one", True))
    assert library.find(YOU) == [] and library.find(YOU, words="mine") == []
    assert library.starred(YOU) == [] and library.votes(YOU) == [] and library.usage(YOU).takes == 0
    for action in (lambda: library.bring(YOU, take, tmp_path / "o"), lambda: library.star(YOU, take, False),
                   lambda: library.forget(YOU, take), lambda: library.share(YOU, take)):
        with pytest.raises(InputError, match="not in your library"):
            action()
    assert library.starred(ME) == [take]
    with pytest.raises(InputError, match="keeps nothing"):
        library.find("")


def test_the_database_does_not_hold_the_token(library, tmp_path):
    keep(library, tmp_path, "mine")
    assert ME.encode() not in b"".join(path.read_bytes() for path in library.folder.glob("library.sqlite*"))


def test_search_finds_beginnings_of_words_and_all_of_them(library, tmp_path):
    keep(library, tmp_path, "Bossa nova", words="bossa nova with flute, A minor, São Paulo")
    keep(library, tmp_path, "Techno", words="techno without drums")
    assert names(library.find(ME, words="flu bos")) == ["Bossa nova"]
    assert names(library.find(ME, words="sao")) == ["Bossa nova"]
    assert library.find(ME, words="flute techno") == []
    for odd in ('"', "AND OR NOT", "a*b", "near(", "'; drop table takes; --", "()"):
        library.find(ME, words=odd)  # does not raise
    assert len(library.find(ME)) == 2


def test_the_oldest_unstarred_go_first(tmp_path):
    library = Library(tmp_path / "library", Limits(5000, 5000, 100))
    first = keep(library, tmp_path, "first")
    for name in ("second", "third"):
        keep(library, tmp_path, name)
    library.star(ME, first, True)
    keep(library, tmp_path, "large", size=2500)
    assert names(library.find(ME)) == ["large", "third", "first"]
    assert {path.name for path in (library.folder / "files").iterdir()} == {k.take for k in library.find(ME)}
    assert library.usage(ME).size <= 5000
    assert names(library.find(ME, words="second")) == []


def test_without_room_beside_the_starred_nothing_is_kept(tmp_path):
    library = Library(tmp_path / "library", Limits(3000, 3000, 100))
    keep(library, tmp_path, "starred", size=2000, starred=True)
    small = keep(library, tmp_path, "small", size=500)
    assert keep(library, tmp_path, "large", size=2500) is None
    assert names(library.find(ME)) == ["small", "starred"]  # nothing was thrown away for what cannot be kept
    assert library.bring(ME, small, tmp_path / "o").is_dir()


def test_one_person_cannot_push_others_out(tmp_path):
    library = Library(tmp_path / "library", Limits(100_000, 100_000, 3))
    keep(library, tmp_path, "yours", owner=YOU)
    for number in range(6):
        keep(library, tmp_path, f"mine {number}")
    assert names(library.find(ME)) == ["mine 5", "mine 4", "mine 3"]
    assert names(library.find(YOU)) == ["yours"]


def test_a_link_shows_one_take_to_whoever_has_it(library, tmp_path):
    take = keep(library, tmp_path, "shared")
    token = library.share(ME, take)
    assert token == library.share(ME, take) and len(token) >= 20
    assert library.bring_shared(token, tmp_path / "o").title == "shared"
    library.forget(ME, take)
    with pytest.raises(InputError, match="not kept any more"):
        library.bring_shared(token, tmp_path / "p")


def test_a_packed_library_comes_in_elsewhere_without_markup(library, tmp_path):
    for number in range(3):
        keep(library, tmp_path, f"take {number}", starred=number == 1)
    assert pack(library, ME, tmp_path / "all.zip") == 3
    other = Library(tmp_path / "other")
    assert unpack(other, YOU, tmp_path / "all.zip") == (3, 0)
    assert names(other.find(YOU)) == ["take 2", "take 1", "take 0"] and len(other.starred(YOU)) == 1
    assert names(other.find(YOU, words="take 2")) == ["take 2"]
    assert not list(other.folder.rglob(FACE))
    assert unpack(other, YOU, tmp_path / "all.zip") == (0, 0)  # what is there stays
    assert unpack(other, "third", tmp_path / "all.zip") == (3, 0)  # names that are taken change
    assert pack(library, ME, tmp_path / "starred.zip", starred=True) == 1


def test_a_wicked_file_writes_nothing_outside_and_is_refused(library, tmp_path):
    wicked = tmp_path / "wicked.zip"
    name = "a" * 32
    row = {"take": name, "title": "x", "words": "x", "seed": 1, "tempo_bpm": 1, "key": "", "style": "", "run": "",
           "number": 1, "labels": {}, "made": {}, "made_at": 1, "starred": 0}
    with zipfile.ZipFile(wicked, "w") as file:
        file.writestr(INDEX, json.dumps({"takes": [row]}))
        for member in (f"{name}/../../evil.json", f"{name}/run.sh", "../evil.mp3", f"{name}/ok.mp3"):
            file.writestr(member, "x")
    assert unpack(library, ME, wicked) == (1, 0)
    assert [path.name for path in library.files_of(name)] == ["ok.mp3"]
    assert not list(tmp_path.rglob("evil*")) and not list(tmp_path.rglob("run.sh"))
    (tmp_path / "no.zip").write_text("no zip")
    with pytest.raises(InputError, match="no Earworm library"):
        unpack(library, ME, tmp_path / "no.zip")


def test_votes_are_written_down_in_order(library):
    library.vote(ME, Vote({"take": "a"}, {"take": "b"}, "one", True))
    library.vote(ME, Vote({"take": "a"}, {"take": "c"}, "bad", False))
    assert [(vote.outcome, vote.blind) for vote in library.votes(ME)] == [("one", True), ("bad", False)]
    with pytest.raises(InputError, match="unknown"):
        library.vote(ME, Vote({}, {}, "won", False))
    library.forget_votes(ME)
    assert library.votes(ME) == []


def test_a_thousand_takes_are_searched_within_a_tenth_of_a_second(library, tmp_path):
    rows = []
    for number in range(1000):
        style = ("bossa nova", "techno", "waltz", "lo-fi")[number % 4]
        rows.append((f"{number:032x}", About(f"{style} {number}", f"{style} {number} " + "warm flute rhodes " * 30)))
    with contextlib.closing(sqlite3.connect(library.folder / "library.sqlite")) as reader:
        reader.execute("SELECT 1 FROM takes").fetchall()  # held open, so that not every write waits for the disk
        for take, entry in rows:
            library.keep(ME, take, [], entry)
    began = time.perf_counter()
    for words in ("techno", "bossa flu", "lo", "999", ""):
        library.find(ME, words=words)
    assert (time.perf_counter() - began) / 5 < 0.1
    assert names(library.find(ME, words="bossa 996")) == ["bossa nova 996"]


def test_two_at_once_both_keep(library, tmp_path):
    threads = [Thread(target=lambda who=who: [keep(library, tmp_path, str(n), owner=who) for n in range(8)])
               for who in (ME, YOU)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(library.find(ME)) == len(library.find(YOU)) == 8


def test_the_database_says_its_version_and_is_in_wal_mode(library):
    with sqlite3.connect(library.folder / "library.sqlite") as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == 1
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_limits_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("EARWORM_LIBRARY_MB", "5")
    assert limits().size == 5_000_000
    monkeypatch.setenv("SPACE_ID", "x/y")
    assert limits().owner_takes == 200
    monkeypatch.setenv("EARWORM_LIBRARY_MB", "lots")
    with pytest.raises(InputError, match="megabytes"):
        limits()


def test_where_nothing_can_be_written_the_library_ends_with_the_run(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("EARWORM_DATA", str(tmp_path / "file"))
    library = open_library()
    assert not library.lasting and keep(library, tmp_path, "for now")
    assert "ends when it stops" in usage_line(library.usage(ME), library.lasting)


def test_a_recipe_says_what_it_is_found_by():
    entry = about({"seed": 7, "tempo_bpm": 90, "key": "A minor", "styles": {"bossa_nova": 0.7, "waltz": 0.3},
                   "engine": "embedded", "lanes": [{"name": "melody", "instrument": "alto_flute"}],
                   "request": {"prompt": "rain", "lyrics": "la la"}}, "90 BPM, A minor", run="r", number=2,
                  labels={"energy": "0.2"})
    assert entry.title == "rain" and entry.labels["style"] == "bossa nova" and entry.labels["energy"] == "0.2"
    assert {"alto flute", "A minor", "la la", "90 BPM"} <= {w for w in ("alto flute", "A minor", "la la", "90 BPM")
                                                            if w in entry.words}
    assert entry.made["played"] == {"melody": "alto_flute"}
