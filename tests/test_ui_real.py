"""The page with the real engine behind it, in a real browser: words and a hum in, takes that play out."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from modules.conditions.settings import read_notes
from modules.engines.recipe import read_song

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
ARGUMENTS = ("--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
             "--disable-component-update --disable-sync").split()

pytestmark = [pytest.mark.browser,
              pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed (packages-dev.txt)")]


@pytest.fixture(scope="module")
def address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "app.py", "--port", str(port)], cwd=ROOT, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, env={**os.environ, "GOMP_SPINCOUNT": "0"})
    url = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(url, timeout=2).read()
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.3)
        yield url
    finally:
        server.terminate()
        server.wait(20)


def test_words_and_a_hum_become_takes_that_play(address, tmp_path):
    from playwright.sync_api import sync_playwright

    outside, wrong = [], []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(150_000)
        page.on("request", lambda r: outside.append(r.url) if not r.url.startswith((address, "data:", "blob:")) else 0)
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else 0)
        page.goto(address)
        page.wait_for_selector("#make")
        page.locator("#prompt textarea").fill("gentle folk, 8 seconds, no drums")
        page.get_by_role("tab", name="Hum").click()
        page.locator("#hum input[type=file]").set_input_files(str(ROOT / "assets/examples/hum_ode_to_joy.wav"))
        page.wait_for_selector(".ew-tune-note")
        # one note is moved by drag, one by key, one deleted
        notes = page.locator(".ew-tune-note")
        heard, frame = notes.count(), notes.nth(2).bounding_box()
        page.mouse.move(frame["x"] + 4, frame["y"] + frame["height"] / 2)
        page.mouse.down()
        page.mouse.move(frame["x"] + 4, frame["y"] - 3.5 * frame["height"], steps=6)
        page.mouse.up()
        page.keyboard.press("PageDown")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("PageDown")
        page.keyboard.press("Delete")
        assert notes.count() == heard - 1
        corrected = page.locator("#hum-notes textarea, #hum-notes input").input_value()
        page.wait_for_selector("#used >> text=as you corrected it")
        page.locator("#make").click()
        page.wait_for_selector("text=takes ready")
        cards = page.locator("article.ew-take:not(.ew-skeleton)")
        assert cards.count() == 2
        assert "drums" not in cards.first.locator(".ew-legend, ul").first.inner_text().lower()
        page.locator(".ew-downloads summary").first.click()
        with page.expect_download() as download:
            page.locator("a[download]", has_text="WAV").first.click()
        download.value.save_as(tmp_path / "take.wav")
        with page.expect_download() as download:
            page.locator("a[download]", has_text="Recipe").first.click()
        download.value.save_as(tmp_path / "take.json")
        page.locator(".ew-play").first.click()
        page.wait_for_function("document.querySelector('article .ew-time b').textContent >= '0:01'")
        browser.close()
    assert (tmp_path / "take.wav").stat().st_size > 500_000
    recipe = json.loads((tmp_path / "take.json").read_text())
    wanted = read_notes(corrected)
    assert [(n["step"], n["midi"]) for n in recipe["request"]["hum_notes"]] == [(n.step, n.midi) for n in wanted]
    tune = [n.midi for n in read_song(recipe).canvas.notes("melody")][:10]
    assert [b - a for a, b in zip(tune, tune[1:])] == [b.midi - a.midi for a, b in zip(wanted[:9], wanted[1:10])]
    assert not outside and not wrong
