"""An experiment as a folder that opens from the file system: `index.html` with everything but the sounds, and these.

The page is the playground's own cards, styles and player script, so that one take goes on where another was heard. No
Gradio, no server, no outside host. Also lays out the grid that the playground itself shows.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from modules.assets import asset
from modules.engines.trials import Outcome, Trial
from modules.errors import InputError
from modules.ui.faces import Face, playable
from modules.ui.player import player
from modules.ui.report_table import report_table, verdict_line

TAKES = "takes"  # folder of the sounds beside the page
HEAD = ('<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width, initial-scale=1"><title>{title}</title><style>{css}</style></head>'
        '<body class="ew-static">')
DARK = ('<script>document.body.classList.toggle("dark", matchMedia("(prefers-color-scheme: dark)").matches)</script>'
        "<script>{script}</script></body></html>")


@dataclass
class Grid:
    """An experiment's cells as they come: trial index → what stands there, as HTML."""

    trials: Sequence[Trial]
    cells: dict[int, list[str]] = field(default_factory=dict)

    def add(self, trial: Trial, html: str) -> None:
        """Put something into a trial's cell."""
        self.cells.setdefault(self.trials.index(trial), []).append(html)

    def html(self, waiting: str = "") -> str:
        """The grid: the last axis goes across where there are two or more, else everything stands in one row.

        Args:
            waiting: what stands in a cell that has nothing yet.
        """
        names = list(self.trials[0].labels)
        across = names[-1] if len(names) > 1 else ""
        if not across:
            cells = "".join(f'<section><h3>{escape(trial.labels[names[0]])}</h3>{self._cell(i, waiting)}</section>'
                            for i, trial in enumerate(self.trials))
            return f'<div class="ew-trials-row" data-axis="{escape(names[0])}">{cells}</div>'
        columns = list(dict.fromkeys(trial.labels[across] for trial in self.trials))
        head = "".join(f'<th scope="col">{escape(f"{across} {value}")}</th>' for value in columns)
        rows = ""
        for start in range(0, len(self.trials), len(columns)):
            labels = self.trials[start].labels
            title = ", ".join(f"{name} {labels[name]}" for name in names[:-1])
            cells = "".join(f"<td>{self._cell(start + i, waiting)}</td>" for i in range(len(columns)))
            rows += f'<tr><th scope="row">{escape(title)}</th>{cells}</tr>'
        return (f'<div class="ew-trials-table" tabindex="0" role="region" aria-label="Grid of takes"><table><thead><tr>'
                f'<td></td>{head}</tr></thead><tbody>{rows}</tbody></table></div>')

    def _cell(self, index: int, waiting: str) -> str:
        return "".join(self.cells.get(index, ())) or waiting


def refused(reason: str) -> str:
    """A cell without a take says why."""
    return f'<p class="ew-note-line">⚠ {escape(reason)}</p>'


class Report:
    """The folder: sounds as they come, and the page after each of them, so that a stop loses nothing.

    Args:
        folder: made if need be; it must not be a file.
        trials: of the experiment.
        title: of the page.
    """

    def __init__(self, folder: Path, trials: Sequence[Trial], title: str) -> None:
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder.name} is a file; give a folder to write to.")
        self.folder, self.title, self.grid = folder, title, Grid(trials)

    def name_of(self, outcome: Outcome) -> str:
        """File name of an outcome's take, without ending: "03_1" for the first of the third trial."""
        return f"{self.grid.trials.index(outcome.trial) + 1:02d}_{outcome.number}"

    def add(self, outcome: Outcome, face: Face | None = None, folder: Path | None = None) -> None:
        """Put an outcome where it belongs.

        Args:
            face: of the take, where there is one.
            folder: where the files lie that the face names; copied where they are not the report's own.
        """
        if face is None or folder is None:
            self.grid.add(outcome.trial, refused(outcome.reason))
        else:
            self._add_take(outcome, face, folder)
        self.write_page()

    def _add_take(self, outcome: Outcome, face: Face, folder: Path) -> None:
        (self.folder / TAKES).mkdir(parents=True, exist_ok=True)
        sound, links = "", ""
        wanted = {playable(face.files): "Sound", face.files["midi"]: "MIDI", face.files["recipe"]: "Recipe"}
        for file, title in wanted.items():
            place = self.folder / TAKES / (self.name_of(outcome) + Path(file).suffix)
            if place != folder / file:
                shutil.copyfile(folder / file, place)
            address = f"{TAKES}/{place.name}"
            sound = sound or address
            links += f'<a class="ew-small" href="{escape(address)}" download>{title}</a>'
        spoken = f"take {outcome.number}"
        playing = player(sound, face.duration_s, spoken, face.wave, "takes")
        self.grid.add(outcome.trial, mini_card(face, playing, spoken, outcome.trial.labels, take="", more=links))

    def write_page(self) -> None:
        """Write `index.html` as it stands."""
        self.folder.mkdir(parents=True, exist_ok=True)
        css = "\n".join(asset(f"theme/{name}").read_text(encoding="utf-8")
                        for name in ("earworm.css", "wishes.css", "library.css"))
        script = asset("theme/earworm.js").read_text(encoding="utf-8") 
        body = (f"<main><header><h1>{escape(self.title)}</h1><p>Press play on one, then on another: it goes on at the "
                "same place. Made with Earworm; AI-generated.</p></header>"
                f'{self.grid.html("<p>Not made.</p>")}</main>')
        text = HEAD.format(title=escape(self.title), css=css) + body + DARK.replace("{script}", script)
        (self.folder / "index.html").write_text(text, encoding="utf-8")


def mini_card(face: Face, playing: str, name: str, labels: Mapping[str, str], *, take: str, more: str) -> str:
    """A small card for a grid: player, roll, report.

    Args:
        playing: the player, as HTML.
        name: what people call the take.
        labels: what was varied.
        take: the take's name, "" outside the playground.
        more: buttons or links.
    """
    told = ", ".join(f"{label} {value}" for label, value in labels.items())
    return (f'<article class="ew-take ew-mini" data-take="{escape(take)}" data-lufs="{face.lufs:.2f}" '
            f'data-name="{escape(told)} · {escape(name)}" aria-label="{escape(told)}, {escape(name)}">'
            f'<p class="ew-summary">{escape(face.summary)} <span>seed {face.seed}</span></p>{playing}'
            f'<details class="ew-box"><summary>Notes</summary>{face.roll}{face.words}</details>'
            f'<details class="ew-box"><summary>Heard <em>{verdict_line(face.report)}</em></summary>'
            f'{report_table(face.report)}</details><div class="ew-acts">{more}</div></article>')
