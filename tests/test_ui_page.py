"""The page's wiring with a fake engine: forms, handlers one by one, sessions, errors, and the named endpoints."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import gradio as gr
import pytest

from modules.conditions.text_words import WHOLE
from modules.config import MAX_TAKES
from modules.errors import Busy, EngineUnavailable, InputError
from modules.studio.export import KINDS
from modules.types import Controls, Finding, TextReading
from modules.ui import handlers
from modules.ui.downloads import export_kept, take_folder
from modules.ui.faces import playable
from modules.ui.form import Form, sentence, to_request
from modules.ui.more import DIALS, keys, read_key, read_seed
from modules.ui.page import build_page, launch_options
from modules.ui.sessions import Sessions, new_folder, results_folder
from modules.ui.text_tab import chip_list, next_surprise, own_ideas
from tests.fake_engine import FakeEngine, fake_listeners, hum_file, read_audio

ROOT = Path(__file__).resolve().parent.parent


def run_all(form: Form, engine: FakeEngine, sessions: Sessions | None = None, session: str = "me") -> list[tuple]:
    return list(handlers.run(form, handlers.empty_desk(), session=session, engines=(engine,),
                             listeners=fake_listeners(), sessions=sessions or Sessions()))


def desks(steps: list[tuple]) -> list[dict]:
    return [step[0] for step in steps if isinstance(step[0], dict) and "cards" in step[0]]


def test_page_offers_every_action_by_name():
    page = build_page(FakeEngine(), fake_listeners())
    names = set(page.get_api_info()["named_endpoints"])
    assert names == {"/make", "/listen_text", "/listen_hum", "/listen_reference", "/listen_lyrics", "/separate",
                     "/export", "/edit", "/mix", "/grid"}
    make = page.get_api_info()["named_endpoints"]["/make"]["parameters"]
    assert [p["parameter_name"] for p in make if not p.get("parameter_has_default")] == []
    assert {d.name for d in DIALS} <= {p["parameter_name"] for p in make}


def test_one_more_card_takes_the_next_place_and_the_oldest_steps_back():
    desk = handlers.empty_desk()
    for number in range(MAX_TAKES + 2):
        desk, _, lid, earlier, *slots = handlers.add_card(desk, f"card {number}", "")
    assert desk["cards"] == [f"card {i}" for i in range(2, MAX_TAKES + 2)]
    assert set(desk["earlier"]) == {"card 0", "card 1"} and "card 0" in earlier
    assert [slot.value for slot in slots] == desk["cards"] and lid.visible


def test_interface_imports_no_torch():
    code = "import sys, modules.ui.page; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT,
                          env={**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"}).returncode == 0


def test_nothing_on_the_page_names_an_outside_host():
    options = launch_options()
    text = options["css"] + options["head"] + str(options["theme"]._font_css)
    hosts = set(re.findall(r"https?://[^\s'\"/)]+", text)) - {"http://www.w3.org"}
    assert hosts == set()
    assert all(Path(folder).is_absolute() for folder in options["allowed_paths"])


def test_fields_become_a_request(tmp_path):
    form = Form(prompt=" warm ", negative="drums", hum=str(hum_file(tmp_path / "tune.wav")), faithfulness=0.4,
                lyrics="la la", voice="alto", singing="spoken", dials={"tempo_bpm": 90.0, "energy": None},
                key="F# minor", meter="3/4", takes=3, seed="7")
    request = to_request(form, read_audio)
    assert (request.prompt, request.negative, request.hum_name) == ("warm", "drums", "tune.wav")
    assert (request.controls.tempo_bpm, request.controls.energy) == (90.0, None)
    assert (request.controls.tonic, request.controls.mode, request.controls.meter) == (6, "minor", "3/4")
    assert (request.faithfulness, request.takes, request.seed, request.voice) == (0.4, 3, 7, "alto")
    assert request.singing == "spoken"
    assert request.hum.duration_s == pytest.approx(3.0, abs=0.01)


def test_dials_are_auto_until_touched():
    fields = {"prompt": None, "negative": "", "lyrics": None, "seed": None,
              "dial_tempo_bpm": 110, "auto_tempo_bpm": True,
              "dial_energy": 0.9, "auto_energy": False}
    form = Form.from_fields(fields)
    assert form.dials == {"tempo_bpm": None, "energy": 0.9}
    assert form.prompt == form.lyrics == form.seed == ""


@pytest.mark.parametrize("text, expected", [
    ("auto", (None, None)), ("F# minor", (6, "minor")), ("Bb major", (10, "major")), ("gb Major", (6, "major")),
    ("D dorian", (2, "dorian")), ("a", (9, "major"))])
def test_keys_are_read(text, expected):
    assert read_key(text) == expected


def test_what_is_drawn_chosen_and_set_aside_becomes_part_of_the_request():
    form = Form.from_fields({"prompt": "x", "set_aside": "tempo: 90 BPM\nwithout: drums", "curve": "0:0.2, 15:0.9",
                             "blend": "bossa_nova:0.60,synthwave:0.40", "lane_bass": "tuba", "lane_drums": "none",
                             "lane_pad": "", "dial_density": 0.8, "auto_density": False})
    request = to_request(form, read_audio)
    assert request.set_aside == ("tempo: 90 BPM", "without: drums")
    assert request.styles == {"bossa_nova": 0.6, "synthwave": 0.4}
    assert request.controls.energy_curve == ((0.0, 0.2), (15.0, 0.9)) and request.controls.density == 0.8
    assert request.controls.lane_instruments == (("bass", "tuba"), ("drums", "none"))
    assert sentence(form) == ("2 takes from the words “x”, the style Bossa nova 60% and Synthwave 40% and your "
                              "density, energy curve and instruments.")


def test_wrong_choices_are_refused_in_words():
    for wrong, told in ((Form(prompt="x", curve="0:9"), "energy curve"),
                        (Form(prompt="x", blend="kazoo punk"), "style"),
                        (Form(prompt="x", lanes={"bass": "flute"}), "cannot play the bass")):
        with pytest.raises(InputError, match=told):
            to_request(wrong, read_audio)


def test_a_form_with_nothing_in_it_asks_for_a_surprise():
    first, second = (to_request(Form(seed=seed), read_audio).prompt for seed in ("1", "2"))
    assert first and second and first != second == to_request(Form(seed="2"), read_audio).prompt
    assert to_request(Form(blend="waltz"), read_audio).prompt == ""


def test_chips_can_be_changed_set_aside_and_used_again():
    reading = TextReading({"bossa_nova": 1.0}, Controls(duration_s=20.0, energy_curve=((0.0, 0.2), (20.0, 1.0))), (
        Finding("style", "Bossa nova 100%", WHOLE), Finding("tempo", "90 BPM", "90 bpm"),
        Finding("read as", "guitar", "<gitar>")))
    html = chip_list(reading, "at 90 BPM", "", (Finding("key", "A minor", "am"),))
    assert 'data-words="90 bpm"' in html and 'data-aside="tempo: 90 BPM"' in html and 'data-open="style-map"' in html
    assert 'data-aside="read as' not in html and "<gitar>" not in html  # its words are not in the prompt any more
    assert 'class="ew-aside"' in html and 'data-aside="key: A minor" aria-label="Use key: A minor again"' in html
    assert 'data-said-length="20"' in html and 'data-said-curve="0:0.2,20:1"' in html
    chosen = chip_list(reading, "x", "", (), "waltz")
    assert "Bossa nova" not in chosen and 'data-clear="style-blend"' in chosen


def test_ideas_grow_with_the_takes_of_a_session():
    steps = run_all(Form(prompt="x", takes=2, seed="5"), FakeEngine(pause_s=0))
    desk = desks(steps)[-1]
    assert len(desk["made"]) == 2 and desk["made"][0]["styles"] == {"bossa_nova": 1.0}
    assert own_ideas(handlers.empty_desk()) == gr.skip()
    html = own_ideas(desk).value
    assert html.count("data-prompt=") == 3 and "From your takes" in html and "Bossa nova" in html
    assert handlers.prepare(1, desk)[0]["made"] == desk["made"]  # the next run goes on from it


def test_surprises_of_a_session_differ():
    first, past = next_surprise([])
    second, past = next_surprise(past)
    assert first != second and past[1] == 2


def test_every_offered_key_is_read():
    assert len({read_key(name) for name in keys()}) == len(keys()) == 72


@pytest.mark.parametrize("text", ["H major", "F# blues", "loud"])
def test_unknown_keys_are_refused(text):
    with pytest.raises(InputError, match="F# minor"):
        read_key(text)


def test_seeds():
    assert read_seed(" 42 ") == 42
    assert read_seed("") != read_seed("")  # random, 1 in 2**32 to fail
    for wrong in ("-1", "3.5", "two", str(2**32)):
        with pytest.raises(InputError, match="whole number"):
            read_seed(wrong)


def test_a_file_that_is_no_sound_is_refused_in_words(tmp_path):
    wrong = tmp_path / "letter.wav"
    wrong.write_text("dear sir")
    with pytest.raises(InputError, match="letter.wav is no sound file"):
        to_request(Form(hum=str(wrong)), read_audio)


def test_the_line_says_what_will_be_used():
    assert "nothing is filled in" in sentence(Form())
    line = sentence(Form(prompt="warm lo-fi", hum="x.wav", reference="y.wav", lyrics="[verse]\none\ntwo", takes=1,
                         negative="drums", dials={"tempo_bpm": 90, "energy": None}, key="A minor"))
    assert line == ("1 take from your tune, followed note for note, the words “warm lo-fi”, the vibe of your track, "
                    "2 lines of lyrics and your tempo and key, without drums.")
    assert "2 lines of lyrics, spoken" in sentence(Form(lyrics="one\ntwo", singing="spoken"))
    assert "a hummed tune" in sentence(Form(prompt="x", singing="hummed"))


def test_takes_come_one_after_another_with_their_files():
    steps = run_all(Form(prompt="x", takes=2, seed="5"), FakeEngine(pause_s=0))
    found = desks(steps)
    assert [len(desk["cards"]) for desk in found] == [1, 2]
    card = found[-1]["cards"][1]
    assert "Take 2" in card and "seed 6" in card and "not asked" in card and "missed" in card
    for address in re.findall(r'(?:href|data-audio)="gradio_api/file=([^"]+)"', card):
        path = Path(address)
        assert path.is_file() and path.is_relative_to(results_folder())
    recipe = next(Path(a) for a in re.findall(r'href="gradio_api/file=([^"]+\.json)"', card))
    assert json.loads(recipe.read_text())["seed"] == 6


def test_what_people_type_is_text_not_markup():
    steps = run_all(Form(prompt="x", takes=1, lyrics="<img/src=x> sing"), FakeEngine(pause_s=0))
    assert "<img" not in desks(steps)[-1]["cards"][0]


def test_stop_keeps_what_is_done_and_is_only_mine():
    sessions, engine = Sessions(), FakeEngine(pause_s=0.001)
    mine = handlers.run(Form(takes=3, seed="1"), handlers.empty_desk(), session="me", engines=(engine,),
                        listeners=fake_listeners(), sessions=sessions)
    other = sessions.begin("you")
    steps = []
    for step in mine:
        steps.append(step)
        if desks([step]):
            assert sessions.stop("me")
    assert len(desks(steps)[-1]["cards"]) == 1
    assert desks(steps)[-1]["message"] == "Stopped. 1 finished take stays."
    assert not other.is_set()
    assert not sessions.stop("me")  # nothing left to stop


def test_one_job_a_person():
    sessions = Sessions()
    first = sessions.begin("me")
    with pytest.raises(Busy, match="Stop"):
        sessions.begin("me")
    first.set()
    second = sessions.begin("me")  # a stopped job that winds down is no obstacle
    sessions.end("me", first)
    assert sessions.stop("me") and second.is_set()


def test_a_refused_request_becomes_a_message_and_frees_the_session():
    sessions = Sessions()
    with pytest.raises(gr.Error, match="impossible"):
        run_all(Form(prompt="impossible"), FakeEngine(pause_s=0), sessions)
    sessions.begin("me")  # does not raise


def test_an_engine_that_cannot_run_says_why():
    with pytest.raises(EngineUnavailable, match="needs a GPU"):
        handlers.choose_engine((FakeEngine(reason="it needs a GPU."),), "embedded")
    with pytest.raises(EngineUnavailable, match="no engine “other”"):
        handlers.choose_engine((FakeEngine(),), "other")
    assert "needs a GPU" in handlers.engine_note((FakeEngine(reason="it needs a GPU."),), "embedded")


def test_earlier_takes_step_back_and_stay():
    desk = {"cards": ["<b>new</b>"], "earlier": ["<b>old</b>"], "message": ""}
    new, _, make, stop, lid, earlier, *slots = handlers.prepare(2, desk)
    assert new["cards"] == [] and new["earlier"] == ["<b>new</b>", "<b>old</b>"]
    assert "new" in earlier and earlier.index("new") < earlier.index("old")
    assert len(slots) == MAX_TAKES and [slot.visible for slot in slots] == [True] * 2 + [False] * 4
    assert not make.interactive and stop.visible


def test_folders_cannot_be_guessed_and_old_ones_go():
    first, second = new_folder(), new_folder()
    assert first != second and len(first.name) == 32
    os.utime(first, (0, 0))
    new_folder()
    assert not first.exists() and second.exists()


def test_an_exporter_without_sound_is_a_defect():
    with pytest.raises(ValueError, match="no playable file"):
        playable({"midi": Path("a.mid")})


@pytest.mark.parametrize("name", ["", "..", "0" * 32, "A" * 32, "/etc/passwd"])
def test_only_kept_takes_are_found(name):
    with pytest.raises(InputError, match="no longer kept"):
        take_folder(name)


def test_what_is_asked_for_twice_is_made_once():
    engine = FakeEngine(pause_s=0)
    card = desks(run_all(Form(prompt="x", takes=1, seed="5"), engine))[-1]["cards"][0]
    take = re.search(r'data-take="([0-9a-f]{32})"', card)[1]
    first = export_kept(fake_listeners(), take, "flac")
    first.write_text("kept")
    assert export_kept(fake_listeners(), take, "flac").read_text() == "kept"
    with pytest.raises(InputError, match="choose from"):
        export_kept(fake_listeners(), take, "../x")


def test_the_menu_offers_every_kind_once_and_karaoke_only_when_sung():
    for words in ("", "la la"):
        card = desks(run_all(Form(prompt="x", takes=1, lyrics=words), FakeEngine(pause_s=0)))[-1]["cards"][0]
        menu = card[card.index("ew-downloads"):]
        ready = re.findall(r'<a class="ew-item" href="([^"]+)"', menu)
        to_make = re.findall(r'data-export="(\w+)"', menu)
        assert len(ready) == 3 and len(to_make) + 3 == len(KINDS) - (not words)
        assert len(set(to_make)) == len(to_make) and ("lrc" in to_make) == bool(words)


@pytest.fixture(scope="module")
def address():
    page = build_page(FakeEngine(pause_s=0.01), fake_listeners())
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, server_port=None, **launch_options())
    yield url
    page.close()


def test_endpoints_work_from_a_script(address, tmp_path):
    client_module = pytest.importorskip("gradio_client")
    client = client_module.Client(address, verbose=False, download_files=str(tmp_path / "got"))
    tune = client_module.handle_file(str(hum_file(tmp_path / "tune.wav")))
    assert client.predict("lo-fi at 90 bpm", "drums", api_name="/listen_text")["findings"][0]["label"] == "style"
    heard = client.predict(tune, api_name="/listen_hum")
    assert heard["key"] == "C major" and len(heard["notes"]) == 5
    assert client.predict(tune, api_name="/listen_reference")["tempo_bpm"] == 120.0
    assert len(client.predict("[verse]\nla la\nlo", api_name="/listen_lyrics")["lines"]) == 2
    done, files = client.predict(prompt="x", hum=tune, takes=2, seed="3", tempo_bpm=100, api_name="/make")
    assert [take["seed"] for take in done] == [3, 4]
    assert done[0]["recipe"]["tempo_bpm"] == 100
    assert sorted({Path(f).suffix for f in files}) == [".json", ".mid", ".wav"] and len(files) == 6
    with pytest.raises(Exception, match="F# minor"):
        client.predict(prompt="x", key="H", api_name="/make")
    best, _ = client.predict(prompt="x", takes=3, best=1, api_name="/make")
    assert len(best) == 1
    cells, report = client.predict(prompts="calm|wild", vary="energy=0.2,0.8", seed="4", api_name="/grid")
    assert [cell["labels"] for cell in cells] == [{"prompt": p, "energy": e} for p in ("calm", "wild")
                                                  for e in ("0.2", "0.8")]
    assert {cell["seed"] for cell in cells} == {4} and zipfile.is_zipfile(report)
    with pytest.raises(Exception, match="cannot be varied"):
        client.predict(prompts="calm", vary="taste=1", api_name="/grid")
    # other formats of a take: by its name, or from its recipe
    flac, midi = client.predict(take=done[0]["take"], to="flac, midi", api_name="/export")
    assert Path(flac).read_text() == "flac of seed 3" and Path(midi).read_bytes()[:4] == b"MThd"
    recipe = client_module.handle_file(next(f for f in files if f.endswith("4.json")))
    assert Path(client.predict(recipe=recipe, to="mp4", api_name="/export")[0]).read_text() == "mp4 of seed 4"
    with pytest.raises(Exception, match="choose from wav24"):
        client.predict(take=done[0]["take"], to="tape", api_name="/export")
    with pytest.raises(Exception, match="no longer kept"):
        client.predict(take="../../etc", to="mp3", api_name="/export")
    with pytest.raises(Exception, match="Nothing to export"):
        client.predict(to="mp3", api_name="/export")


def test_only_results_and_examples_are_served(address):
    import httpx

    page = httpx.get(f"{address}gradio_api/file={ROOT / 'modules' / 'types.py'}")
    assert page.status_code in (403, 404)
