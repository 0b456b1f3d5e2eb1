"""Waiting until typing settles, in the browser, before anything is sent."""

from __future__ import annotations

SETTLE_MS = 450  # pause in typing after which a person has probably said it


def settled(name: str, wait_ms: int = SETTLE_MS) -> str:
    """JavaScript for an event's `js=`: passes the values on after `wait_ms` without another event of this name.

    An event that another one follows never resolves, so nothing is sent for it; use with `trigger_mode="multiple"`.
    """
    return ("(...values) => new Promise(done => { const timers = (window.ewTimers ??= {}); "
            f"clearTimeout(timers.{name}); timers.{name} = setTimeout(() => done(values), {wait_ms}); }})")
