"""Editing and mixing in a real browser: by drag, touch and keys, undo, stop, the mixer's sound, and the real engine."""

from __future__ import annotations

import time
import zipfile
from functools import partial

import pytest

from modules.library.shelf import Library
from modules.ui.page import build_page, launch_options
from tests import visiting
from tests.fake_engine import FakeEngine, fake_listeners
from tests.test_ui_browser import ARGUMENTS, CHROMIUM, PATIENCE_MS
from tests.test_ui_real import address as real_address  # noqa: F401 - a fixture

visit = partial(visiting.visit, patience_ms=2 * PATIENCE_MS)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed at /usr/bin/chromium"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    library = Library(tmp_path_factory.mktemp("kept") / "library")
    page = build_page(FakeEngine(pause_s=0.01), fake_listeners(), library=library)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options())
    yield url
    page.close()


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        yield found
        found.close()


@pytest.fixture
def page(browser, address):
    tab = visit(browser, address)
    yield tab
    tab.context.close()
    assert tab.errors == []


def make(page, prompt: str = "indie pop") -> None:
    page.locator("#prompt textarea").fill(prompt)
    page.locator("#make").click()
    page.wait_for_selector("text=takes ready")


def open_editor(page) -> None:
    page.locator("[data-act=edit]").first.click()
    page.wait_for_selector(".ew-edit")


def bars_of(page, lane: str, first: int, last: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Points inside bar `first` and bar `last` of a part's row."""
    box = page.locator(f".ew-row[data-lane={lane}] .ew-row-notes").bounding_box()
    starts = page.evaluate("JSON.parse(document.querySelector('.ew-board-roll').dataset.bars)")
    middles = [(starts[bar - 1] + starts[bar]) / 2 for bar in (first, last)]
    y = box["y"] + box["height"] / 2
    return tuple((box["x"] + box["width"] * share, y) for share in middles)


def drag(page, lane: str, first: int, last: int) -> None:
    page.locator(f".ew-row[data-lane={lane}]").scroll_into_view_if_needed()
    (x, y), (to_x, to_y) = bars_of(page, lane, first, last)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move((x + to_x) / 2, y, steps=4)
    page.mouse.move(to_x, to_y, steps=4)
    page.mouse.up()


def test_drag_draw_again_undo_redo_and_a_version_by_click(page):
    make(page)
    open_editor(page)
    drag(page, "drums", 5, 8)
    assert page.locator(".ew-said").inner_text() == "Drums, bars 5 to 8"
    page.locator("[data-do=redo]").click()
    page.wait_for_selector(".ew-version[aria-current]:has-text('redo drums 5-8')")
    assert page.locator("article.ew-take:not(.ew-skeleton)").count() == 3
    assert page.locator("[data-do=redo]").inner_text() == "Draw drums again in bars 5 to 8"  # the choice stays
    assert page.evaluate("document.activeElement.dataset.do") == "redo"
    page.locator("[data-undo]").click()
    page.wait_for_selector(".ew-version[aria-current]:has-text('as it was made')")
    page.locator("[data-redo]:not([disabled])").click()
    page.wait_for_selector(".ew-version[aria-current]:has-text('redo drums 5-8')")
    page.locator(".ew-version", has_text="as it was made").click()
    page.wait_for_selector(".ew-version[aria-current]:has-text('as it was made')")
    page.locator(".ew-edit [data-close]").click()
    page.wait_for_selector(".ew-edit", state="detached")


def test_three_clicks_to_other_drums_in_the_chorus(page):
    """Edit, the drums under the chorus, draw."""
    make(page)
    open_editor(page)
    row = page.locator(".ew-row[data-lane=drums] .ew-row-notes")
    row.click(position={"x": 0.7 * row.bounding_box()["width"], "y": 20})
    assert page.locator(".ew-said").inner_text() == "Drums, bars 5 to 8"
    page.locator("[data-do=redo]").click()
    page.wait_for_selector(".ew-version[aria-current]:has-text('redo drums 5-8')")


def test_bars_are_chosen_with_keys_and_told(page):
    make(page)
    open_editor(page)
    board = page.locator(".ew-board-roll")
    board.focus()
    told = []
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowRight", "Shift+ArrowDown", "Enter", "a", "Escape"):
        board.press(key)
        told.append(page.locator(".ew-said").inner_text())
    assert told == ["Melody, bar 2, verse", "Counter-melody, bar 2, verse", "Counter-melody, bars 2 to 3",
                    "Counter-melody and chords, bars 2 to 3", "Counter-melody and chords, bars 1 to 4",
                    "All parts, bars 1 to 4", "Nothing is chosen."]
    assert page.locator(".ew-said").get_attribute("aria-live") == "polite"
    page.locator("[data-lock=melody]").focus()
    page.keyboard.press("Enter")
    assert page.locator(".ew-said").inner_text() == "The melody is locked."
    page.locator("[data-do=reroll]").click()
    page.wait_for_selector(".ew-version[aria-current]:has-text('reroll melody')")


def test_stop_ends_an_edit_within_a_second(page):
    make(page)
    open_editor(page)
    page.locator(".ew-tool summary", has_text="Style").click()
    page.locator("[data-in=style]").fill("slow")
    page.locator("[data-do=restyle]").click()
    page.wait_for_selector("[data-stop]")
    pressed = time.monotonic()
    page.locator("[data-stop]").click()
    page.wait_for_selector("#edit-status:has-text('Stopped.')", timeout=5000)
    assert time.monotonic() - pressed < 1.0
    drag(page, "bass", 1, 2)  # and the next one works at once
    page.locator("[data-do=redo]").click()
    page.wait_for_selector(".ew-version[aria-current]:has-text('redo bass 1-2')")


def test_the_mixer_is_heard_kept_and_opens_as_it_was_set(page):
    make(page)
    page.locator("[data-act=mix]").first.click()
    page.wait_for_selector(".ew-mix")
    page.locator(".ew-mix [data-play]").click()
    page.wait_for_selector(".ew-mix[data-ready]")
    page.wait_for_function("document.querySelector('.ew-mix .ew-time b').textContent >= '0:01'")
    fader = page.locator("[data-knob=gain_db][data-lane=drums]")
    fader.focus()
    for _ in range(4):
        fader.press("ArrowLeft")
    assert fader.get_attribute("aria-valuetext") == "−2 dB"
    page.wait_for_selector(".ew-hearing:has-text('−14.0 LUFS')")
    page.locator("[data-solo=bass]").click()
    assert page.locator(".ew-mixstrip.ew-unheard").count() == 3
    page.locator("[data-solo=bass]").click()
    page.locator("[data-preset=speech_bed]").click()
    page.wait_for_selector(".ew-hearing:has-text('−23.0 LUFS')")
    page.locator("[data-keep]").click()
    page.wait_for_selector("#mix-status:has-text('Done')")
    page.wait_for_selector(".ew-mix h3:has-text('Mix take 3')")
    assert page.locator("[data-preset=speech_bed]").get_attribute("aria-pressed") == "true"
    assert page.locator("[data-knob=gain_db][data-lane=drums]").input_value() == "-4"


def test_a_phone_chooses_bars_by_touch_and_nothing_runs_over(browser, address):
    tab = visit(browser, address, width=390, touch=True)
    make(tab)
    tab.locator("[data-act=edit]").first.tap()
    tab.wait_for_selector(".ew-edit")
    row = tab.locator(".ew-row[data-lane=bass] .ew-row-notes")
    row.scroll_into_view_if_needed()
    (x, y), (to_x, _) = bars_of(tab, "bass", 2, 4)
    session = tab.context.new_cdp_session(tab)
    for kind, at in (("touchStart", x), ("touchMove", (x + to_x) / 2), ("touchMove", to_x)):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": at, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert tab.locator(".ew-said").inner_text() == "Bass, bars 2 to 4"
    tab.locator("[data-act=mix]").first.tap()
    tab.wait_for_selector(".ew-mix")
    over = tab.evaluate("""[...document.querySelectorAll('.ew-desk, .ew-desk *')]
        .filter((e) => e.getBoundingClientRect().right > innerWidth + 1).length""")
    assert over == 0 and tab.evaluate("document.documentElement.scrollWidth") <= 390
    small = tab.evaluate("""[...document.querySelectorAll('.ew-desk button')].filter((e) => e.offsetParent
        && !e.matches('.ew-sec') && e.getBoundingClientRect().height < 30).map((e) => e.className)""")
    assert small == []
    tab.context.close()
    assert tab.errors == []


@pytest.mark.slow
def test_the_real_journey_from_takes_to_the_stems_of_a_remix(browser, real_address, tmp_path):  # noqa: F811
    """Takes → other drums in bars 9–16, by drag → undo → redo → mixer → the stems as ZIP."""
    tab = visit(browser, real_address, patience_ms=240_000)
    tab.locator("#prompt textarea").fill("synthwave at 140 BPM, 30 seconds")
    tab.locator("#make").click()
    tab.wait_for_selector("text=takes ready")
    tab.locator("[data-act=edit]").first.click()
    tab.wait_for_selector(".ew-edit")
    drag(tab, "drums", 9, 16)
    assert tab.locator(".ew-said").inner_text() == "Drums, bars 9 to 16"
    tab.locator("[data-do=redo]").click()
    tab.wait_for_selector(".ew-version[aria-current]:has-text('drums again in bars 9–16')")
    tab.locator("[data-undo]").click()
    tab.wait_for_selector(".ew-version[aria-current]:has-text('as it was made')")
    tab.locator("[data-redo]:not([disabled])").click()
    tab.wait_for_selector(".ew-version[aria-current]:has-text('drums again')")
    edited = tab.locator("article.ew-take", has_text="Drums again in bars 9–16")
    edited.locator("[data-act=mix]").click()
    tab.wait_for_selector(".ew-mix")
    tab.locator("[data-preset=drums_up]").click()
    tab.wait_for_selector(".ew-hearing:has-text('LUFS')")
    tab.locator("[data-keep]").click()
    tab.wait_for_selector("#mix-status:has-text('Drums up front')")
    kept = tab.locator("article.ew-take", has_text="Mix: Drums up front").last
    kept.locator(".ew-downloads summary").click()
    with tab.expect_download() as download:
        kept.locator("[data-export=stems]").click()
    download.value.save_as(tmp_path / "stems.zip")
    with zipfile.ZipFile(tmp_path / "stems.zip") as bundle:
        assert {"drums.wav", "bus_effects.wav", "README.txt"} <= set(bundle.namelist())
    tab.context.close()
    assert tab.errors == []
