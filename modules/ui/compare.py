"""Compare: two takes at the same place and the same loudness, blind if wanted, votes, and what the votes say.

`assets/theme/compare.js` plays and asks; a vote comes here as JSON in a hidden field. Votes are kept in the library
with what was varied between the takes, so that settings can be ranked, not only takes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

import gradio as gr

from modules.errors import InputError
from modules.evaluation.ranking import Ballot, Ranking, rank, ranking_csv, table_csv
from modules.library.entry import Vote
from modules.library.shelf import Library
from modules.ui.errors import speaking

FIRST_LABEL = "take"
OUTCOMES = {"one": "first", "other": "second", "tie": "tie", "bad": "both bad"}


@dataclass(frozen=True)
class ComparePanel:
    vote: gr.Textbox
    by: gr.Dropdown
    table: gr.HTML
    clear: gr.Button


def deck_html() -> str:
    """The player of two takes, and the question."""
    choices = "".join(
        f'<label class="ew-deck"><span>{side}</span><select data-side="{index}" aria-label="Take {side}"></select>'
        "</label>"
        for index, side in enumerate("AB"))
    sides = "".join(
        f'<button type="button" data-switch="{index}" aria-pressed="{"true" if index == 0 else "false"}" '
        f'title="Key {side}">{side}</button>' for index, side in enumerate("AB"))
    votes = "".join(f'<button type="button" class="ew-small" data-outcome="{name}">{words}</button>'
                    for name, words in (("one", "A is better"), ("tie", "About the same"), ("other", "B is better"),
                                        ("bad", "Neither is good")))
    return (
        '<section class="ew-compare" aria-label="Compare takes"><header><h3>Compare</h3>'
        '<button type="button" class="ew-small" data-compare="" aria-expanded="false">Listen side by side</button>'
        '</header><div class="ew-duel" hidden><p class="ew-hint">Both run at once, so that switching leaves no gap. '
        'Keys: A, B, space.</p>'
        f'<div class="ew-decks">{choices}<p class="ew-blind-line" role="status"></p></div>'
        '<div class="ew-transport"><button type="button" class="ew-duel-play" aria-pressed="false" '
        'aria-label="Play both">▶</button>'
        f'<div class="ew-switch" role="group" aria-label="Which one is heard">{sides}</div>'
        '<input type="range" class="ew-duel-seek" min="0" max="1" step="0.001" value="0" aria-label="Position">'
        '<span class="ew-time"><b>0:00</b></span></div>'
        '<div class="ew-duel-options"><label><input type="checkbox" data-option="match" checked> same loudness</label>'
        '<label><input type="checkbox" data-option="blind"> blind</label>'
        '<button type="button" class="ew-small" data-next="">Another pair</button></div>'
        f'<fieldset class="ew-votes"><legend>Which one would you keep?</legend>{votes}</fieldset>'
        '<p class="ew-duel-status" role="status"></p></div></section>')


def build() -> ComparePanel:
    """Components, in place; the whole panel is shown when there are two takes or more."""
    with gr.Column(elem_id="compare"):
        gr.HTML(deck_html())
        vote = gr.Textbox("", visible="hidden", elem_id="vote", label="vote")
        with gr.Row(elem_id="ranking-row", elem_classes="ew-ranking-row"):
            by = gr.Dropdown([("takes", FIRST_LABEL)], value=FIRST_LABEL, label="Rank", elem_id="rank-by",
                             filterable=False, min_width=150, scale=0)
            clear = gr.Button("Forget my votes", size="sm", min_width=60, elem_id="forget-votes", scale=0)
        table = gr.HTML("", elem_id="ranking")
    return ComparePanel(vote, by, table, clear)


def choices(votes: Sequence[Vote]) -> list[str]:
    """What can be ranked: labels that differed in at least one vote."""
    names = dict.fromkeys(name for vote in votes for name in (*vote.one, *vote.other))
    return [name for name in names
            if any(vote.one.get(name) and vote.other.get(name) and vote.one[name] != vote.other[name]
                   for vote in votes)]


def ballots(votes: Sequence[Vote], by: str) -> list[Ballot]:
    """Votes as between values of one label."""
    return [Ballot(vote.one[by], vote.other[by], vote.outcome) for vote in votes if by in vote.one and by in vote.other]


def ranking_html(ranking: Ranking, votes: Sequence[Vote], by: str) -> str:
    """The table with intervals, what to make of it, and both CSV files."""
    if not ranking.votes:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(s.label)}</th><td>{s.wins}–{s.ties}–{s.losses}</td><td>{s.bad}</td>'
        f'<td><span class="ew-interval" style="--low:{100 * s.low:.1f}%;--high:{100 * s.high:.1f}%;'
        f'--at:{100 * s.chance:.1f}%"></span></td>'
        f"<td>{100 * s.chance:.0f} % <small>({100 * s.low:.0f}–{100 * s.high:.0f})</small></td></tr>"
        for s in ranking.standings)
    names = sorted({name for vote in votes for name in (*vote.one, *vote.other)})
    table = table_csv(("voted_at", "blind", "outcome", *(f"first_{n}" for n in names), *(f"second_{n}" for n in names)),
                      [(f"{vote.voted_at:.0f}", int(vote.blind), OUTCOMES[vote.outcome],
                        *(vote.one.get(n, "") for n in names), *(vote.other.get(n, "") for n in names))
                       for vote in votes])
    links = "".join(f'<a class="ew-small" download="{name}.csv" href="data:text/csv;charset=utf-8,{quote(text)}">'
                    f"{title}</a>" for name, title, text in (("ranking", "Ranking as CSV", ranking_csv(ranking)),
                                                             ("votes", "Votes as CSV", table)))
    return (f'<table class="ew-report ew-ranking"><caption class="ew-hidden">Ranking by {escape(by)}</caption><thead>'
            '<tr><th scope="col">'
            f'{escape(by.capitalize())}</th><th scope="col">Won–tied–lost</th><th scope="col">Both bad</th>'
            '<th scope="col">95 % interval</th><th scope="col">Preferred to an average one</th></tr></thead><tbody>'
            f'{rows}</tbody></table><p class="ew-hint">{escape(ranking.note)}</p><div class="ew-acts">{links}</div>')


def read_vote(text: str, library: Library, owner: str) -> Vote:
    """The vote that the page sent.

    Raises:
        InputError: it is damaged, or a take is not kept.
    """
    try:
        data = json.loads(text)
        one, other, outcome = str(data["one"]), str(data["other"]), str(data["outcome"])
    except (ValueError, KeyError, TypeError):
        raise InputError("That vote did not arrive whole; vote again.") from None
    return Vote(library.get(owner, one).labels, library.get(owner, other).labels, outcome, bool(data.get("blind")))


def connect(panel: ComparePanel, owner: gr.BrowserState, library: Library) -> None:
    """Count votes and show what they say."""
    quiet = {"show_progress": "hidden", "api_visibility": "private", "queue": False}
    shown = [panel.by, panel.table]

    @speaking
    def show(token, by):
        """The ranking by the chosen label, and what else can be chosen."""
        votes = library.votes(token) if token else []
        names = choices(votes) or [FIRST_LABEL]
        by = by if by in names else names[0]
        return (gr.Dropdown([(f"{name}s" if name == FIRST_LABEL else name, name) for name in names], value=by),
                ranking_html(rank(ballots(votes, by)), votes, by))

    @speaking
    def count(text, token):
        """Write a vote down."""
        if text:
            library.vote(token, read_vote(text, library, token))

    @speaking
    def forget(token):
        """Begin anew."""
        library.forget_votes(token)

    for event in (panel.vote.change(count, [panel.vote, owner], None, **quiet),
                  panel.clear.click(forget, owner, None, **quiet)):
        event.success(show, [owner, panel.by], shown, **quiet)
    panel.by.input(show, [owner, panel.by], shown, **quiet)
    owner.change(show, [owner, panel.by], shown, **quiet)
