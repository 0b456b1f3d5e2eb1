"""A take as a card: player, piano roll, words, match report, downloads and stems, as HTML.

Knows a `Take` and the files written for it; refuses to know who asked and how it was made. `earworm.js` plays it: a
player is any element with `data-audio`; its position is the CSS variable `--p`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import soundfile

from modules.types import Check, Take
from modules.ui.downloads import download_menu, pictures_box, url
from modules.ui.plots import lane_title, piano_roll, waveform

PLAYABLE = (".mp3", ".ogg", ".wav", ".flac")  # what browsers play, lightest first
PLAY_ICON = ('<svg viewBox="0 0 24 24" aria-hidden="true"><path class="ew-i-play" d="M7 4.5v15l13-7.5z"/>'
             '<path class="ew-i-pause" d="M6.5 4.5h4v15h-4zM13.5 4.5h4v15h-4z"/></svg>')
VERDICTS = {"yes": ("✓", "as asked"), "near": ("≈", "close"), "no": ("✕", "missed"), "heard": ("·", "not asked")}


def clock(seconds: float) -> str:
    """Minutes and seconds: 75 → "1:15"."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def playable(files: Mapping[str, Path]) -> Path:
    """The lightest sound file that a browser plays.

    Raises:
        ValueError: there is none; the exporter breaks its contract.
    """
    for suffix in PLAYABLE:
        for path in files.values():
            if Path(path).suffix.lower() == suffix:
                return Path(path)
    raise ValueError(f"no playable file among {sorted(files)}; the exporter must write one of {PLAYABLE}")


def _player(path: Path, duration_s: float, name: str, body: str, group: str = "") -> str:
    """A play button, a seek bar and a clock."""
    return (f'<div class="ew-player" data-audio="{url(path)}" data-duration="{duration_s:.3f}" data-group="{group}">'
            f'<button type="button" class="ew-play" aria-label="Play {escape(name)}" aria-pressed="false">{PLAY_ICON}'
            f'</button><div class="ew-seek" data-seek="" role="slider" tabindex="0" '
            f'aria-label="Position in {escape(name)}" aria-valuemin="0" aria-valuemax="{duration_s:.0f}" '
            f'aria-valuenow="0">{body}</div>'
            f'<span class="ew-time"><b>0:00</b> / {clock(duration_s)}</span></div>')


def report_table(checks: Sequence[Check]) -> str:
    """Asked against heard, with a word and a sign beside every colour."""
    rows = "".join(
        f'<tr class="ew-{check.verdict}"><th scope="row">{escape(check.name)}</th><td>{escape(check.asked) or "–"}</td>'
        f'<td>{escape(check.heard)}</td><td class="ew-verdict"><i aria-hidden="true">{VERDICTS[check.verdict][0]}</i>'
        f'{VERDICTS[check.verdict][1]}</td></tr>' for check in checks)
    return ('<table class="ew-report"><thead><tr><th scope="col">What</th><th scope="col">Asked</th>'
            f'<th scope="col">Heard</th><th scope="col">Match</th></tr></thead><tbody>{rows}</tbody></table>')


def verdict_line(checks: Sequence[Check]) -> str:
    """The report in a few words for the closed lid: "3 of 4 as asked"."""
    asked = [check for check in checks if check.verdict != "heard"]
    if not asked:
        return "what was measured"
    kept = sum(check.verdict == "yes" for check in asked)
    near = sum(check.verdict == "near" for check in asked)
    return f"{kept} of {len(asked)} as asked" + (f", {near} close" if near else "")


def _lyrics(take: Take) -> str:
    words = take.recipe.get("lyrics") or ()
    if not words:
        return ""
    spans, so_far = [], ""
    for word in words:
        shown = word.get("syllable") or word.get("text") or ""
        so_far += shown.lower()
        whole = word.get("text", "").lower()
        goes_on = len(so_far) < len(whole) and whole.startswith(so_far)  # more syllables of this word follow
        so_far = so_far if goes_on else ""
        spans.append(f'<span data-s="{word["onset_s"]:.2f}" data-e="{word["offset_s"]:.2f}">{escape(shown)}</span>'
                     + ("" if goes_on else " "))
    return f'<p class="ew-sung" aria-label="Lyrics">{"".join(spans).rstrip()}</p>'


def small_player(path: Path, name: str) -> str:
    """A player with a plain line to seek on, for a sound file."""
    return _player(path, soundfile.info(path).duration, name, '<i class="ew-line"></i>')


def _stem_row(lane: str, path: Path, take_name: str) -> str:
    title = escape(lane_title(lane))
    player = small_player(path, f"{title} of {take_name}")
    return (f'<li><span class="ew-stem"><i class="dot lane-{escape(lane)}"></i>{title}</span>{player}'
            f'<a class="ew-small" href="{url(path)}" download="{escape(Path(path).name)}" '
            f'aria-label="Download {title}">↓</a></li>')


def take_card(take: Take, number: int, files: Mapping[str, Path], stems: Mapping[str, Path],
              original: str = "") -> str:
    """The whole card.

    Args:
        take: as the engine made it.
        number: 1 for the first of its run.
        files: kind of export → written file.
        stems: lane → written sound file.
        original: what `original.original_box` made, for a restyled take.
    """
    duration = take.audio.duration_s
    name = f"take {number}"
    recipe = take.recipe
    roll = piano_roll(take.performance.parts, duration, sections=recipe.get("sections") or (),
                      chords=recipe.get("chords") or (), bar_starts_s=take.performance.bar_starts_s)
    rows = "".join(_stem_row(lane, path, name) for lane, path in stems.items())
    kept_as = next(iter(files.values())).parent.name if files else ""
    stem_box = (f'<details class="ew-box"><summary>Stems <em>{len(stems)} parts</em></summary>'
                f'<ul class="ew-stems">{rows}</ul></details>') if stems else ""
    return (f'<article class="ew-take" data-take="{escape(kept_as)}" aria-label="Take {number}">'
            f'<header><h3>Take {number}</h3>'
            f'<button type="button" class="ew-seed" data-copy="{take.seed}" title="Copy the seed">seed {take.seed}'
            f'</button><button type="button" class="ew-wide" aria-pressed="false" title="Wider">⤢<span '
            f'class="ew-hidden">Show take {number} wider</span></button></header>'
            f'<p class="ew-summary">{escape(take.summary)}</p>'
            f'{_player(playable(files), duration, name, waveform(take.audio), "takes")}{original}{roll}{_lyrics(take)}'
            f'<details class="ew-box"><summary>Asked and heard <em>{verdict_line(take.report)}</em></summary>'
            f'{report_table(take.report)}</details>{pictures_box()}{stem_box}'
            f'{download_menu(files, bool(recipe.get("lyrics")))}</article>')


def skeleton(number: int) -> str:
    """What stands where a take will be."""
    return (f'<article class="ew-take ew-skeleton" aria-hidden="true"><header><h3>Take {number}</h3></header><i></i>'
            '<i class="tall"></i><i></i></article>')


def progress_line(fraction: float, message: str) -> str:
    """The line above the takes while they come."""
    percent = round(100 * min(max(fraction, 0.0), 1.0))
    return (f'<div class="ew-progress" role="status"><span>{escape(message)}</span><b>{percent} %</b>'
            f'<div class="ew-bar"><i style="width:{percent}%"></i></div></div>')


def done_line(message: str) -> str:
    """The line above the takes when nothing is under way."""
    return f'<div class="ew-progress" role="status"><span>{escape(message)}</span></div>' if message else ""


def recipe_of(files: Mapping[str, Path]) -> dict | None:
    """The written recipe, for the interface for scripts."""
    for path in files.values():
        if Path(path).suffix == ".json":
            return json.loads(Path(path).read_text(encoding="utf-8"))
    return None
