"""A player: a play button, a seek bar and a clock, as HTML that `assets/theme/earworm.js` brings to life."""

from __future__ import annotations

from html import escape
from pathlib import Path

import soundfile

from modules.ui.downloads import url

PLAY_ICON = ('<svg viewBox="0 0 24 24" aria-hidden="true"><path class="ew-i-play" d="M7 4.5v15l13-7.5z"/>'
             '<path class="ew-i-pause" d="M6.5 4.5h4v15h-4zM13.5 4.5h4v15h-4z"/></svg>')


def clock(seconds: float) -> str:
    """Minutes and seconds: 75 → "1:15"."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def player(address: str, duration_s: float, name: str, body: str, group: str = "") -> str:
    """The player of one sound.

    Args:
        address: where the sound is, relative to the page.
        name: what a screen reader calls it: "take 2".
        body: what stands in the seek bar.
        group: players of one group go on where another of them was heard.
    """
    return (f'<div class="ew-player" data-audio="{escape(address)}" data-duration="{duration_s:.3f}" '
            f'data-group="{group}"><button type="button" class="ew-play" aria-label="Play {escape(name)}" '
            f'aria-pressed="false">{PLAY_ICON}</button><div class="ew-seek" data-seek="" role="slider" tabindex="0" '
            f'aria-label="Position in {escape(name)}" aria-valuemin="0" aria-valuemax="{duration_s:.0f}" '
            f'aria-valuenow="0">{body}</div>'
            f'<span class="ew-time"><b>0:00</b> / {clock(duration_s)}</span></div>')


def small_player(path: Path, name: str) -> str:
    """A player with a plain line to seek on, for a sound file."""
    return player(url(path), soundfile.info(path).duration, name, '<i class="ew-line"></i>')
