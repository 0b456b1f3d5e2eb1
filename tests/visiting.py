"""A person's visit to the page in a real browser, for the browser tests."""

from __future__ import annotations


def visit(browser, address: str, *, patience_ms: float, width: int = 1280, touch: bool = False):
    """A first visit, when Make can be pressed; errors of the page are collected in the tab's `errors`."""
    context = browser.new_context(viewport={"width": width, "height": 900}, has_touch=touch)
    tab = context.new_page()
    tab.set_default_timeout(patience_ms)
    tab.errors = []
    tab.on("console", lambda message: message.type == "error" and tab.errors.append(message.text))
    tab.on("pageerror", lambda error: tab.errors.append(str(error)))
    tab.goto(address)
    tab.wait_for_selector("#make:not([disabled])")
    return tab
