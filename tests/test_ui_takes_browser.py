"""Takes side by side in a real browser: compare, vote, keep, come back, pass on, experiment; for every eye and ear."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path

import pytest

from modules.library.shelf import Library
from modules.ui.page import build_page, launch_options
from tests import visiting
from tests.fake_engine import FakeEngine, fake_listeners
from tests.test_ui_browser import ARGUMENTS, CHROMIUM, PATIENCE_MS

visit = partial(visiting.visit, patience_ms=PATIENCE_MS)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed at /usr/bin/chromium"),
]


@pytest.fixture(scope="module")
def engine():
    return FakeEngine(pause_s=0.01)


@pytest.fixture(scope="module")
def address(engine, tmp_path_factory):
    page = build_page(engine, fake_listeners(), library=Library(tmp_path_factory.mktemp("kept") / "library"))
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


def make(page, prompt: str, takes: int = 2) -> None:
    page.locator("#prompt textarea").fill(prompt)
    if takes != 2:
        if not page.locator("#takes").is_visible():
            page.locator("#more > button").click()
            page.wait_for_timeout(1000)  # opening the lid mounts the dials
        page.locator("#takes input[type=number]").fill(str(takes))
        page.keyboard.press("Tab")
        page.wait_for_selector(f"#used >> text={takes} takes")
    page.locator("#make").click()
    page.wait_for_selector(f"#status >> text={takes} takes ready")


def cards(page):
    return page.locator("#takes-grid article.ew-take:not(.ew-skeleton)")


def test_from_a_prompt_to_a_ranking_and_back_after_a_reload(page, browser, address):
    make(page, "four of a kind", 4)
    assert cards(page).count() == 4
    # two at once: one clock, one of them heard, the louder one turned down
    page.evaluate("document.querySelectorAll('.ew-take')[1].dataset.lufs = '-8.00'")
    page.get_by_role("button", name="Listen side by side").click()
    page.wait_for_function("document.querySelector('.ew-duel-status').textContent == '' && window.Earworm.deck.buffers")
    first, second = (page.locator(f"select[data-side='{side}']") for side in (0, 1))
    first.select_option("0")
    second.select_option("1")
    page.wait_for_function("window.Earworm.deck.loudness[1] < 0.6")
    page.get_by_role("button", name="Play both").click()
    page.wait_for_function("window.Earworm.deck.position() > 0.3")
    deck = "(d => ({at: d.position(), gains: d.gains.map(g => g.gain.value)}))(window.Earworm.deck)"
    before = page.evaluate(deck)
    assert before["gains"] == pytest.approx([1, 0], abs=1e-3)
    sources = page.evaluate("window.kept = [...window.Earworm.deck.sources], window.kept.length")
    page.locator("[data-switch='1']").focus()
    page.keyboard.press("b")
    page.wait_for_timeout(60)
    after = page.evaluate(deck)
    assert after["gains"] == pytest.approx([0, 10 ** (-6 / 20)], abs=1e-3) and after["at"] > before["at"]
    assert sources == 2 and page.evaluate("window.kept.every((s, i) => s === window.Earworm.deck.sources[i])")
    # blind: names are hidden, six pairs, votes are counted
    page.locator("[data-option=blind]").check()
    page.wait_for_selector("text=Pair 1 of 6; names are hidden.")
    assert page.locator(".ew-deck:visible").count() == 0
    for number, outcome in enumerate(("one", "tie", "bad", "other", "one", "one"), 1):
        page.locator(f"[data-outcome={outcome}]").click()
        page.wait_for_selector(f".ew-duel-status >> text=/{number} vote|All 6 pairs heard/")
    page.wait_for_selector("#ranking >> text=Only 6 votes so far")
    assert page.locator("#ranking tbody tr").count() == 4
    with page.expect_download() as download:
        page.get_by_role("link", name="Votes as CSV").click()
    rows = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert len(rows) == 7 and rows[0].startswith("voted_at,blind,outcome")
    # keep one; a reload loses nothing
    cards(page).nth(2).locator(".ew-star").click()
    page.wait_for_selector(".ew-take .ew-star[aria-pressed=true]")
    page.reload()
    page.wait_for_selector("#takes-grid article.ew-take")
    assert cards(page).count() == 4
    assert [star.get_attribute("aria-pressed") for star in page.locator("#takes-grid .ew-star").all()] == [
        "false", "false", "true", "false"]
    page.wait_for_selector("#ideas >> text=From your takes")
    page.get_by_role("button", name="Play take 1", exact=True).click()
    page.wait_for_function("document.querySelector('#takes-grid .ew-time b').textContent != '0:00'")
    # somebody else sees none of it
    other = visit(browser, address)
    assert cards(other).count() == 0
    other.locator("#library > button").click()
    other.wait_for_selector("#library-rows >> text=Every finished take is kept here")
    assert other.errors == []
    other.context.close()


def test_the_library_is_searched_opened_and_cleared(page, tmp_path):
    make(page, "harbour at dawn")
    make(page, "desert road")
    page.locator("#library > button").click()
    page.wait_for_selector(".ew-shelf li:nth-child(4)")
    page.locator("#library-words textarea, #library-words input").fill("harb")
    page.wait_for_function("document.querySelectorAll('.ew-shelf li').length == 2")
    page.locator(".ew-shelf .ew-title").first.click()
    page.wait_for_selector("#status >> text=Opened “harbour at dawn”")
    assert cards(page).count() == 3
    remove = page.locator(".ew-shelf [data-act=remove]").first
    remove.click()
    page.wait_for_selector("text=Remove for good?")
    assert page.locator(".ew-shelf li").count() == 2
    remove.click()
    page.wait_for_function("document.querySelectorAll('.ew-shelf li').length == 1")
    # the whole library as a file, and in again elsewhere
    page.get_by_role("button", name="Save my library").click()
    with page.expect_download() as download:
        page.locator("#library-saved a").click()
    download.value.save_as(tmp_path / "library.zip")
    other = visit(page.context.browser, page.url)
    other.locator("input[data-testid*='Open a take']").set_input_files(str(tmp_path / "library.zip"))
    other.wait_for_selector("#status >> text=3 takes came into your library")
    other.context.close()


def test_settings_travel_in_a_link_and_takes_reopen_from_a_file(page, browser, address, engine, tmp_path):
    page.locator("#prompt textarea").fill("link to the past")
    page.locator("#more > button").click()
    page.wait_for_timeout(1000)
    page.locator("#dial-energy input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#used >> text=your energy")
    make(page, "link to the past")
    asked = engine.requests[-1]
    cards(page).first.get_by_role("button", name="Copy a link to take 1").click()
    page.wait_for_selector(".ew-toast input")
    page.wait_for_function("document.querySelector('.ew-toast input').value.startsWith('http')")
    link = page.locator(".ew-toast input").input_value()
    other = visit(browser, link)
    other.wait_for_function("document.querySelector('#prompt textarea').value == 'link to the past'")
    assert "#" not in other.url
    other.locator("#make").click()
    other.wait_for_selector("text=takes ready")
    assert engine.requests[-1] == asked  # the same takes, to the last setting
    # a recipe dropped on the page opens as a take
    page.locator(".ew-downloads summary").first.click()
    with page.expect_download() as download:
        cards(page).first.locator("a.ew-item", has_text="Recipe").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    other.evaluate("""text => { const data = new DataTransfer();
        data.items.add(new File([text], "take_1.json", {type: "application/json"}));
        document.querySelector("#takes-grid").dispatchEvent(new DragEvent("drop",
            {dataTransfer: data, bubbles: true, cancelable: true})); }""", text)
    other.wait_for_selector("#status >> text=Opened take_1.json")
    assert cards(other).count() == 3
    assert f"seed {json.loads(text)['seed']}" in cards(other).last.inner_text()
    assert other.errors == []
    other.context.close()


def test_use_again_fills_the_form_also_what_is_drawn(page, engine):
    page.locator("#style-map > button").click()
    page.wait_for_timeout(500)
    page.locator(".ew-dot[data-style=bossa_nova]").click(force=True)
    make(page, "again and again")
    asked = engine.requests[-1]
    page.get_by_role("button", name="Do not use the style chosen on the map").click()
    page.locator("#prompt textarea").fill("something else")
    page.wait_for_selector("#used >> text=something else")
    cards(page).first.get_by_role("button", name="Use the settings of take 1").click()
    page.wait_for_selector("#used >> text=again and again")
    page.wait_for_selector(".ew-dot.on[data-style=bossa_nova]")
    page.locator("#make").click()
    page.wait_for_selector("text=takes ready")
    assert engine.requests[-1] == asked


def test_an_experiment_runs_live_and_stops_within_a_second(page):
    page.locator("#prompt textarea").fill("try out")
    page.locator("#experiment > button").click()
    page.wait_for_timeout(500)
    page.get_by_label("one or two settings").check()
    page.wait_for_selector("#trial-second-values")
    page.locator("#trial-start").click()
    page.wait_for_selector("#trials .ew-mini")  # the first stands while others are still to come
    page.wait_for_selector("#trial-status >> text=9 takes made")
    assert page.locator("#trials .ew-mini").count() == 9
    page.wait_for_selector("#trial-report a[download]")
    page.get_by_role("button", name="Listen side by side").click()
    page.wait_for_function("document.querySelectorAll('select[data-side=\"0\"] option').length == 9")
    page.locator("#prompt textarea").fill("slow")
    page.locator("#trial-start").click()
    page.wait_for_selector("#trial-status >> text=1 of 9")
    page.wait_for_selector("#trial-stop")
    began = time.monotonic()
    page.locator("#trial-stop").click()
    page.wait_for_selector("#trial-status >> text=Stopped.")
    assert time.monotonic() - began < 1.0
    page.wait_for_selector("#trial-start:not([disabled])")


def open_everything(page) -> None:
    for lid in ("#more", "#experiment", "#library"):
        page.locator(f"{lid} > button").click()
    page.get_by_role("button", name="Listen side by side").click()
    page.wait_for_function("window.Earworm.deck.buffers")
    page.locator("[data-outcome=one]").click()
    page.wait_for_selector("#ranking table")
    for summary in cards(page).first.locator("summary").all():
        summary.click()
    page.wait_for_timeout(1200)


def test_nobody_is_shut_out(page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing")
    make(page, "for everybody")
    open_everything(page)
    found = []
    for theme in ("light", "dark"):
        page.evaluate(f"document.body.classList.toggle('dark', {str(theme == 'dark').lower()})")
        page.wait_for_timeout(500)
        for tab in ("Hum", "Track", "Lyrics", "Describe"):
            page.get_by_role("tab", name=tab).click()
            page.wait_for_timeout(250)
            found += [(theme, tab, v["id"], [node["html"][:120] for node in v["nodes"]])
                      for v in axe.Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert found == []


def test_everything_fits_on_a_phone(browser, address):
    page = visit(browser, address, width=390)
    make(page, "pocket")
    open_everything(page)
    page.get_by_label("one or two settings").check()
    page.locator("#trial-start").click()
    page.wait_for_selector("#trial-status >> text=9 takes made")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.errors == []
    page.context.close()
