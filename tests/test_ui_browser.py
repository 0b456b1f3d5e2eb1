"""The real page in a real browser: a person's whole journey, with a fake engine and a fake microphone."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from modules.ui.page import build_page, launch_options
from tests.fake_engine import FakeEngine, fake_listeners, hum_file, read_text

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
             "--autoplay-policy=no-user-gesture-required")
LYRICS = "[verse]\nMorning light upon the sill\n[chorus]\nStay a while with me"
PATIENCE_MS = 20_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed at /usr/bin/chromium"),
]


@pytest.fixture(scope="module")
def engine():
    return FakeEngine(pause_s=0.02)


@pytest.fixture(scope="module")
def heard_texts():
    return []


@pytest.fixture(scope="module")
def address(engine, heard_texts):
    def listen(prompt, negative):
        heard_texts.append(prompt)
        return read_text(prompt, negative)

    page = build_page(engine, replace(fake_listeners(), text=listen))
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options())
    yield url
    page.close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    playwright = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")
    tune = hum_file(tmp_path_factory.mktemp("microphone") / "hum.wav")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=str(CHROMIUM),
                                       args=[*ARGUMENTS, f"--use-file-for-fake-audio-capture={tune}"])
        yield found
        found.close()


@pytest.fixture
def page(browser, address):
    """A fresh page of one person that remembers requests and console errors; both are checked at the end."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["microphone"])
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE_MS)
    outside, errors = [], []
    tab.on("request", lambda r: r.url.startswith((address, "data:", "blob:")) or outside.append(r.url))
    tab.on("console", lambda message: message.type == "error" and errors.append(message.text))
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(address)
    tab.wait_for_selector("#make")
    yield tab
    context.close()
    assert outside == []
    assert errors == []


def make(page) -> None:
    page.locator("#make").click()
    page.wait_for_selector("text=takes ready")


def test_everything_at_once(page, engine, tmp_path):
    page.locator("#prompt textarea").fill("warm lo-fi at 90 bpm")
    page.wait_for_selector("#understood >> text=90 BPM")
    page.get_by_role("tab", name="Hum").click()
    page.locator("#hum input[type=file]").set_input_files(str(hum_file(tmp_path / "tune.wav")))
    page.wait_for_selector("#heard-hum >> text=C major")
    assert page.locator(".ew-tune-note").count() == 5
    page.get_by_role("tab", name="Lyrics").click()
    page.locator("#lyrics textarea").fill(LYRICS)
    page.wait_for_selector("#heard-lyrics >> text=syllables")
    page.wait_for_selector("#used >> text=your tune, followed note for note")
    page.wait_for_selector("#used >> text=2 lines of lyrics")
    make(page)
    asked = engine.requests[-1]
    assert asked.prompt == "warm lo-fi at 90 bpm" and asked.lyrics == LYRICS and asked.hum is not None
    assert asked.controls.tempo_bpm is None  # nobody touched the dial
    assert page.locator("article.ew-take:not(.ew-skeleton)").count() == 2

    # it plays; the other take goes on from the same place
    plays = page.locator(".ew-player[data-group=takes] .ew-play")
    plays.nth(0).click()
    page.wait_for_function("document.querySelector('.ew-time b').textContent >= '0:02'")
    plays.nth(1).click()
    clock = "document.querySelectorAll('.ew-player[data-group=takes] .ew-time b')[1].textContent"
    page.wait_for_function(f"{clock} >= '0:02'", timeout=1500)
    assert plays.nth(0).get_attribute("aria-pressed") == "false"
    assert plays.nth(1).get_attribute("aria-label") == "Pause take 2"

    page.locator(".ew-downloads summary").first.click()
    with page.expect_download() as download:
        page.locator("a[download]", has_text="WAV").first.click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    assert saved.read_bytes()[:4] == b"RIFF" and saved.stat().st_size > 100_000

    # what is not there yet is made when asked for, and stays a link
    with page.expect_download() as download:
        page.locator("[data-export=flac]").first.click()
    download.value.save_as(tmp_path / "take.flac")
    assert (tmp_path / "take.flac").read_text().startswith("flac of seed")
    assert page.locator("a.ew-item", has_text="FLAC").count() == 1


def test_pictures_are_drawn_behind_their_switch(page):
    page.locator("#prompt textarea").fill("pictures")
    make(page)
    box = page.locator(".ew-pictures").first
    assert box.locator("img, svg").count() == 0
    box.locator("summary").click()
    page.wait_for_selector(".ew-pictures .ew-mel img")
    assert box.locator("svg[role=img]").count() == 2
    words = [e.get_attribute("aria-label") or e.get_attribute("alt") for e in box.locator("[role=img], img").all()]
    assert all(len(text) > 30 for text in words) and "LUFS" in " ".join(words)
    # a click in a picture goes to that place
    box.locator(".ew-mel [data-seek]").click(position={"x": 200, "y": 40})
    page.wait_for_function("document.querySelector('.ew-time b').textContent != '0:00'")


def test_a_take_that_is_gone_says_so(page):
    page.locator("#prompt textarea").fill("gone")
    make(page)
    page.locator(".ew-downloads summary").first.click()
    page.evaluate("document.querySelectorAll('.ew-downloads').forEach(e => e.dataset.take = '0'.repeat(32))")
    page.locator("[data-export=flac]").first.click()
    page.wait_for_selector(".ew-item [role=status] >> text=no longer kept")


def record(page, seconds: float) -> None:
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_function("Number(document.querySelector('.ew-level').getAttribute('aria-valuenow')) > 20")
    page.wait_for_function(f"document.querySelector('.ew-tape-clock').textContent >= '0:0{seconds}'")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.wait_for_selector("#heard-hum .ew-tune")
    page.wait_for_selector("#used >> text=your tune")


def test_microphone_with_and_without_a_click(page, engine):
    page.get_by_role("tab", name="Hum").click()
    record(page, 1)
    # a count-in: the beat is told, and the recording takes the other's place
    page.locator(".ew-tempo").fill("120")
    page.locator(".ew-click").select_option("count")
    record(page, 1)
    page.wait_for_selector("#heard-hum >> text=120 BPM")
    make(page)
    asked = engine.requests[-1]
    assert (asked.hum_beat.tempo_bpm, asked.hum_beat.meter) == (120.0, "4/4")
    assert 0.4 < asked.hum_beat.start_s < 0.8 and asked.hum.duration_s > 1.0  # nine tenths of a beat are kept before it


def test_a_tempo_is_tapped(page):
    page.get_by_role("tab", name="Hum").click()
    for _ in range(4):
        page.locator(".ew-tap").dispatch_event("pointerdown")
        page.wait_for_timeout(500)
    page.wait_for_function("document.querySelector('#hum-beat textarea, #hum-beat input').value.startsWith('tempo=1')")


def notes_of(page) -> str:
    return page.locator("#hum-notes textarea, #hum-notes input").input_value()


def test_notes_are_corrected_by_pointer_and_keys(page, engine, tmp_path):
    page.get_by_role("tab", name="Hum").click()
    page.locator("#hum input[type=file]").set_input_files(str(hum_file(tmp_path / "tune.wav")))
    page.wait_for_selector(".ew-tune-note")
    note = page.locator(".ew-tune-note")
    note.nth(1).scroll_into_view_if_needed()
    frame, board = note.nth(1).bounding_box(), page.locator(".ew-tune-board").bounding_box()
    x, y, row = frame["x"] + 4, frame["y"] + frame["height"] / 2, frame["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 3 * row, steps=6)
    page.mouse.up()
    assert notes_of(page) == "0:2:60, 2:2:65, 4:2:64, 6:2:67, 8:2:64"
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert notes_of(page) == "0:2:60, 2:2:65, 5:1:63, 6:2:67, 8:2:64"
    page.keyboard.press("PageDown")
    page.keyboard.press("Delete")
    page.keyboard.press("s")
    page.keyboard.press("Control+z")
    page.get_by_role("button", name="Split").click()
    page.get_by_role("button", name="Merge").click()
    assert notes_of(page) == "0:2:60, 2:2:65, 5:1:63, 8:2:64"
    page.mouse.dblclick(board["x"] + 0.95 * board["width"], board["y"] + board["height"] / 2)
    assert note.count() == 5
    page.get_by_role("button", name="Delete").click()
    assert page.evaluate("document.querySelector('.ew-tune-said').textContent").startswith("E4, bar 1, beat 3")
    page.wait_for_selector("#used >> text=as you corrected it")
    make(page)
    assert [(n.step, n.length, n.midi) for n in engine.requests[-1].hum_notes] == [
        (0, 2, 60), (2, 2, 65), (5, 1, 63), (8, 2, 64)]


def test_notes_are_moved_by_touch_on_a_phone(browser, address, tmp_path):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.get_by_role("tab", name="Hum").tap()
    page.locator("#hum input[type=file]").set_input_files(str(hum_file(tmp_path / "tune.wav")))
    page.wait_for_selector(".ew-tune-note")
    page.locator(".ew-tune-note").first.scroll_into_view_if_needed()
    frame = page.locator(".ew-tune-note").first.bounding_box()
    x, y = frame["x"] + 4, frame["y"] + frame["height"] / 2
    touch = context.new_cdp_session(page)
    for kind, points in (("touchStart", [{"x": x, "y": y}]),
                         *(("touchMove", [{"x": x, "y": y - part * frame["height"]}]) for part in (0.7, 1.4, 2.0)),
                         ("touchEnd", [])):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_function("document.querySelector('#hum-notes textarea, #hum-notes input').value.startsWith('0:2:62')")
    page.get_by_role("button", name="Split").tap()
    assert notes_of(page).startswith("0:1:62, 1:1:62")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_stop_within_a_second(page):
    page.locator("#prompt textarea").fill("slow")
    page.locator("#make").click()
    page.wait_for_selector("text=Take 1: composing")
    began = time.monotonic()
    page.locator("#stop").click()
    page.wait_for_selector("#status >> text=Stopped.")
    assert time.monotonic() - began < 1.0
    page.locator("#prompt textarea").fill("quick")
    make(page)  # and one can go on


def test_an_error_keeps_the_inputs(page):
    page.locator("#prompt textarea").fill("impossible")
    page.locator("#make").click()
    page.wait_for_selector("#status >> text=ask for something else")
    page.wait_for_selector(".ew-skeleton", state="detached")
    assert page.locator("#prompt textarea").input_value() == "impossible"
    assert page.locator("#make").is_enabled()


def test_first_click_on_an_example_works(page):
    page.get_by_role("button", name="Rainy study").click()
    page.wait_for_selector("#understood >> text=bossa nova")
    page.wait_for_selector("#used >> text=rainy night")


def test_understanding_waits_until_typing_settles(page, heard_texts):
    heard_texts.clear()
    text = "calm piano at 60 bpm"
    page.locator("#prompt textarea").press_sequentially(text, delay=50)
    page.wait_for_selector("#understood >> text=90 BPM")
    assert heard_texts[-1] == text and len(heard_texts) <= 3


def test_a_touched_dial_is_used(page, engine):
    page.locator("#more > button").click()
    assert page.locator("#auto-energy input").is_checked()
    page.wait_for_timeout(1000)  # opening the lid mounts the dials; a key pressed in the same moment is taken back
    page.locator("#dial-energy input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("!document.querySelector('#auto-energy input').checked")
    page.wait_for_selector("#used >> text=your energy")
    page.wait_for_function("document.querySelector('#dial-energy input[type=range]').value == 0.55")
    make(page)
    assert engine.requests[-1].controls.energy == pytest.approx(0.55)
    assert engine.requests[-1].controls.tempo_bpm is None


def test_a_chip_is_set_aside_changed_and_used_again(page, engine):
    page.locator("#prompt textarea").fill("lo-fi at 90 bpm")
    page.wait_for_selector("#understood >> text=90 BPM")
    page.get_by_role("button", name="Do not use tempo: 90 BPM").click()
    page.wait_for_selector(".ew-aside >> text=90 BPM")
    make(page)
    assert engine.requests[-1].set_aside == ("tempo: 90 BPM",)
    page.get_by_role("button", name="Use tempo: 90 BPM again").click()
    page.wait_for_selector(".ew-aside", state="detached")
    # by keyboard: the words behind a chip are changed in the prompt
    page.locator("#understood [data-words]").last.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("70 BPM")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#prompt textarea').value == 'lo-fi at 70 BPM'")
    page.locator("#understood [data-words]").last.focus()
    page.keyboard.press("Delete")
    page.wait_for_selector(".ew-aside")


def test_styles_are_chosen_on_the_map_by_pointer_and_keys(page, engine):
    page.locator("#style-map > button").click()
    page.wait_for_selector(".ew-map")
    page.wait_for_timeout(500)
    page.locator(".ew-dot[data-style=bossa_nova]").click(force=True)
    page.wait_for_selector("#understood >> text=Bossa nova")
    page.locator(".ew-map").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    assert page.locator(".ew-blend > div").count() == 2
    page.wait_for_selector("#used >> text=Bossa nova 50%")
    page.locator("[data-share='0']").fill("80")
    page.wait_for_selector("#used >> text=Bossa nova 80%")
    page.get_by_role("button", name="more electronic").click()
    assert page.locator(".ew-blend > div").count() == 3
    make(page)
    styles = engine.requests[-1].styles
    assert len(styles) == 3 and max(styles, key=styles.get) == "bossa_nova"
    page.get_by_role("button", name="Do not use the style chosen on the map").click()
    page.wait_for_selector("#used >> text=something surprising")
    assert page.locator(".ew-dot.on").count() == 0


def test_an_energy_curve_is_drawn_by_pointer_and_keys(page, engine):
    page.locator("#prompt textarea").fill("curved")
    page.locator("#more > button").first.click()
    page.locator("#curve > button").click()
    board = page.locator(".ew-board")
    page.wait_for_timeout(1000)
    board.scroll_into_view_if_needed()
    frame = board.bounding_box()
    page.mouse.move(frame["x"] + 2, frame["y"] + 0.9 * frame["height"])
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] - 2, frame["y"] + 0.1 * frame["height"], steps=8)
    page.mouse.up()
    page.wait_for_selector("#used >> text=your energy curve")
    make(page)
    curve = engine.requests[-1].controls.energy_curve
    assert curve[0] == (0.0, pytest.approx(0.1, abs=0.03)) and curve[-1] == (30.0, pytest.approx(0.9, abs=0.03))
    board.focus()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    asked = len(engine.requests)
    make(page)
    for _ in range(100):  # "takes ready" still stands from before
        if len(engine.requests) > asked:
            break
        page.wait_for_timeout(50)
    assert engine.requests[-1].controls.energy_curve[0][1] > curve[0][1] + 0.1
    page.get_by_role("button", name="auto", exact=True).click()
    page.wait_for_selector("#used >> text=your energy curve", state="detached")


def test_the_person_says_who_plays(page, engine):
    page.locator("#prompt textarea").fill("a tuba")
    page.locator("#more > button").first.click()
    page.locator("#players > button").click()
    page.wait_for_timeout(1000)
    page.locator("#lane-bass input").click()
    page.get_by_role("option", name="tuba").click()
    page.wait_for_selector("#used >> text=your instruments")
    make(page)
    assert engine.requests[-1].controls.lane_instruments == (("bass", "tuba"),)


def test_surprises_and_own_ideas_go_into_the_prompt(page):
    page.locator("#surprise").click()
    page.wait_for_function("document.querySelector('#prompt textarea').value.length > 20")
    first = page.locator("#prompt textarea").input_value()
    page.locator("#surprise").click()
    page.wait_for_function(f"document.querySelector('#prompt textarea').value != {first!r}")
    make(page)
    page.wait_for_selector("#ideas >> text=From your takes")
    page.locator("#ideas button").first.click()
    page.wait_for_selector("#used >> text=with flute")


def test_two_people_do_not_see_each_other(browser, address, page):
    other = browser.new_context().new_page()
    other.goto(address)
    other.wait_for_selector("#make")
    page.locator("#prompt textarea").fill("mine")
    make(page)
    assert other.locator(".ew-take").count() == 0
    other.context.close()


def test_phone_has_no_sideways_scroll(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#prompt textarea").fill("for a phone")
    make(page)
    for name in ("Hum", "Track", "Lyrics", "Describe"):
        page.get_by_role("tab", name=name).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_map_works_by_touch_on_a_phone(browser, address):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.wait_for_selector("#make")
    page.locator("#style-map > button").tap()
    page.wait_for_selector(".ew-map")
    page.wait_for_timeout(500)
    page.locator(".ew-dot[data-style=salsa]").tap(force=True)
    page.wait_for_selector("#used >> text=the style Salsa")
    page.wait_for_selector(".ew-near >> text=Salsa")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
