"""Coming back and passing on: what a reload brings, what a link opens, "Use again", and "Share"."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from modules.config import MAX_TAKES
from modules.errors import EarwormError
from modules.library.shelf import Library
from modules.ui.acts import chosen_field, take_of
from modules.ui.errors import speaking
from modules.ui.handlers import REMEMBERED, SHOWN_EARLIER, add_card, lay_out
from modules.ui.keeping import keeper, open_shared, recent_cards
from modules.ui.listeners import Listeners
from modules.ui.restore import RECALLED, asked_of, fields_of, pack_link, unpack_link
from modules.ui.takes import card

ADDRESS = "(...values) => [location.hash, ...values.slice(1)]"  # the link's own part never leaves the browser otherwise
FORGET_ADDRESS = "() => { if (location.hash) history.replaceState(null, '', location.pathname + location.search); }"
TELL_RESTORED = "() => setTimeout(() => document.dispatchEvent(new Event('ew-restored')), 150)"


@dataclass(frozen=True)
class Links:
    address: gr.Textbox
    again: gr.Textbox
    share: gr.Textbox
    box: gr.HTML
    recalled: gr.Textbox
    recalled_chip: gr.HTML


def build() -> Links:
    """Hidden fields, and the boxes for a link and for what is used again."""
    return Links(gr.Textbox("", visible="hidden", elem_id="address", label="address"), chosen_field("again"),
                 chosen_field("share"), gr.HTML("", elem_id="share-box"),
                 gr.Textbox("", visible="hidden", elem_id="recalled", label="recalled", max_length=80),
                 gr.HTML("", elem_id="recalled-chip"))


def recalled_words(recalled: str) -> str:
    """A chip for what is used of an earlier take, with a way to leave it out."""
    words = [RECALLED[name] for name in (recalled or "").split()[1:] if name in RECALLED]
    if not words:
        return ""
    return (f'<ul class="ew-chips"><li><em><span>from an earlier take</span> {escape(" and ".join(words))}</em>'
            '<button type="button" data-clear="recalled" aria-label="Do not use it" title="do not use">×</button></li>'
            "</ul>")


def share_html(link: str, note: str, chosen: str) -> str:
    """The box with a link; `library.js` puts the page's own address before it and copies it. `chosen` changes with each
    press, so that the same link is shown again."""
    return (f'<div class="ew-toast" role="status" data-nth="{escape(chosen)}"><span>{escape(note)}</span>'
            f'<input readonly data-link="{escape(link)}" aria-label="Link">'
            '<button type="button" class="ew-small" data-copy-link="">Copy</button>'
            '<button type="button" class="ew-small" data-close="" aria-label="Close">×</button></div>')


def connect(links: Links, *, owner: gr.BrowserState, desk: gr.State, shown: Sequence[gr.components.Component],
            fields: Mapping[str, gr.components.Component], page: gr.Blocks, library: Library,
            listeners: Listeners, empty: str) -> gr.events.Dependency:
    """Wire what happens when the page opens, and the cards' "Use again" and "Share".

    Args:
        owner: the browser's token; made here on the first visit.
        desk: what is on the page.
        shown: status, earlier lid, earlier cards and slots.
        fields: the form's components by name.
        page: whose opening is listened to.
        empty: what stands where takes will be.

    Returns:
        The event after which the page is ready.
    """
    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    form = list(fields.values())
    first = {name: component.value for name, component in fields.items()}

    def filled(asked: Mapping[str, Any], take: str = "") -> list:
        """All fields, as they stood when this was asked."""
        return [{**first, **fields_of(asked, take)}[name] for name in fields]

    def greet(address, token, desk_now):
        """The takes of the last visit, or what a link holds; a token on the first visit."""
        token = token or secrets.token_urlsafe(24)
        now, before = recent_cards(library, token, listeners, now=MAX_TAKES, before=SHOWN_EARLIER)
        made = [dict(kept.made) for kept in library.find(token, count=REMEMBERED)][::-1]
        desk_now = {**desk_now, "cards": now, "earlier": before, "made": made}
        wanted = _opened(address or "", token)
        try:
            shown_now, values = wanted(desk_now)
        except EarwormError as error:
            shown_now, values = lay_out({**desk_now, "message": str(error)}), [gr.skip()] * len(form)
        if not shown_now[0]["cards"]:
            shown_now = (*shown_now[:4], gr.HTML(empty, visible=True), *shown_now[5:])
        return [token, *shown_now, *values]

    def _opened(address: str, token: str) -> Callable[[dict], tuple[tuple, list]]:
        if address.startswith("#make="):
            return lambda now: (lay_out({**now, "message": "These settings came with the link; press Make."}),
                                filled(unpack_link(address[6:])))
        if address.startswith("#take="):
            return lambda now: _shared(now, address[6:], token)
        return lambda now: (lay_out(now), [gr.skip()] * len(form))

    def _shared(now: dict, shared: str, token: str) -> tuple[tuple, list]:
        folder, face = open_shared(library, shared, listeners, keeper(library, token))
        values = filled(asked_of(folder.name), folder.name)
        return add_card(now, card(face, folder, 1), "This take came with the link."), values

    @speaking
    def use_again(chosen):
        """The form as it stood when the chosen take was made."""
        take = take_of(chosen)
        return filled(asked_of(take), take)

    @speaking
    def share(chosen, token):
        """A link to the chosen take: its settings in the address itself, or a copy from the library."""
        take = take_of(chosen)
        link = pack_link(asked_of(take))
        note = "This link opens the page with these settings; pressing Make brings this take."
        if not link:
            link = f"#take={library.share(token, take)}"
            note = "Whoever has this link can hear this take and go on from it, while your library keeps it."
        return share_html(link, note, chosen)

    ready = page.load(greet, [links.address, owner, desk], [owner, desk, *shown, *form], js=ADDRESS, queue=False,
                      **quiet)
    ready.then(None, None, None, js=FORGET_ADDRESS, api_visibility="private").then(
        None, None, None, js=TELL_RESTORED, api_visibility="private")
    links.again.change(use_again, links.again, form, queue=False, **quiet).success(
        None, None, None, js="() => document.getElementById('composer').scrollIntoView({ behavior: 'smooth' })",
        api_visibility="private").then(None, None, None, js=TELL_RESTORED, api_visibility="private")
    links.share.change(share, [links.share, owner], links.box, queue=False, **quiet)
    links.recalled.change(recalled_words, links.recalled, links.recalled_chip, queue=False, **quiet)
    return ready
