"""Track: a recording to match, restyle, continue or play along with; what was heard in it, to correct and to use.

`assets/theme/track.js` writes corrections into a hidden field; the analysis is kept in the session, so that a
correction shows at once without listening again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import gradio as gr

from modules.conditions.recall import plain, read_reference
from modules.conditions.reference_fixes import corrected, read_fixes
from modules.config import MAX_UPLOAD_S
from modules.types import MODE_OFFSETS, PITCH_CLASSES, Reference
from modules.ui.downloads import url
from modules.ui.errors import speaking
from modules.ui.examples import example_files, title_of
from modules.ui.listeners import Listeners
from modules.ui.player import small_player
from modules.ui.sessions import new_folder
from modules.ui.theme import WAVE

HINT = ('<p class="ew-hint">A song whose feel you want, a sketch of yours to dress anew, a clip that should go on. '
        'It stays on this machine and is deleted within a day or so.</p>')
LISTENING = '<p class="ew-hint ew-listening">Listening to the whole of it …</p>'
APART = '<p class="ew-hint ew-listening">Taking it apart …</p>'
MODES = (("Match the vibe: tempo, groove, energy; not one note of it", "vibe"),
         ("Restyle: keep its melody, chords and form, change the rest", "restyle"),
         ("Continue: go on where it ends", "continue"),
         ("Play along: add parts to it", "accompany"))
SAYS = {"vibe": "Words and styles lean on it; a length says how long.",
        "restyle": "Say the new style in words or on the map.",
        "continue": "The take is your clip and what follows; the length is that of what follows.",
        "accompany": "Name the parts to add (“bass and strings”), or choose instruments under More; without, what "
                     "the track seems to lack."}
SURE = 0.5  # confidence under which a finding is called a guess
PARTS = {"voice": "what is sung in the middle", "drums": "what hits", "bass": "bass", "rest": "what is left"}


@dataclass(frozen=True)
class ReferenceTab:
    sound: gr.Audio
    mode: gr.Radio
    strength: gr.Slider
    says: gr.HTML
    apart: gr.Button
    demucs: gr.Button
    parts: gr.HTML
    picture: gr.HTML
    drawn: gr.HTML
    fixes: gr.Textbox
    heard: gr.State


def build() -> ReferenceTab:
    """Components of the tab, in place."""
    with gr.Row(elem_classes="ew-split"):
        with gr.Column(scale=2, min_width=280):
            sound = gr.Audio(sources=["upload"], type="filepath", elem_id="reference", buttons=[],
                             label=f"A track, up to {MAX_UPLOAD_S / 60:.0f} minutes", waveform_options=WAVE)
            mode = gr.Radio(list(MODES), value="vibe", label="What to take from it", elem_id="reference-mode")
            says = gr.HTML(f'<p class="ew-hint">{SAYS["vibe"]}</p>', elem_id="reference-says")
            strength = gr.Slider(0, 1, 0.5, step=0.05, label="How far from the original", elem_id="strength",
                                 info="0: as the original · ½: new style, every note of the tune · 1: wholly new",
                                 visible=False, buttons=[])
        with gr.Column(scale=3, min_width=280):
            picture = gr.HTML(HINT, elem_id="heard-reference")
            fixes = gr.Textbox("", visible="hidden", elem_id="reference-fixes", label="corrections")
            heard = gr.State(None)
            drawn = gr.HTML("", elem_id="track-pictures")
    with gr.Row(elem_classes="ew-examples", visible=False, elem_id="apart-row") as row:
        apart = gr.Button("Take it apart", size="sm", min_width=60, elem_id="apart")
        demucs = gr.Button("Take it apart with Demucs", size="sm", min_width=60, elem_id="apart-demucs")
    parts = gr.HTML("", elem_id="track-parts")
    sound.change(lambda path: gr.Row(visible=bool(path)), sound, row, queue=False, show_progress="hidden",
                 api_visibility="private")
    files = example_files("reference")
    if files:
        with gr.Row(elem_classes="ew-examples"):
            gr.HTML('<span class="ew-label">Try</span>', elem_classes="ew-inline")
            for path in files:
                gr.Button(title_of(path), size="sm", min_width=60).click(
                    lambda file=str(path): file, None, sound, api_visibility="private", show_progress="hidden")
    return ReferenceTab(sound, mode, strength, says, apart, demucs, parts, picture, drawn, fixes, heard)


def reference_words(heard: Reference, fixes: str = "") -> str:
    """What was heard in a sentence that can be used as a prompt, facts as chips, and ways to correct them."""
    styles = sorted(heard.styles.items(), key=lambda item: -item[1])[:3]
    sure = heard.confidences
    facts = [("tempo", f"{heard.tempo_bpm:.0f} BPM", "tempo"),
             ("key", f"{PITCH_CLASSES[heard.tonic]} {heard.mode}", "key"), ("metre", heard.meter, "meter"),
             ("brightness", f"{100 * heard.brightness:.0f} %", "")]
    if heard.swing > 0.52:
        facts.append(("swing", f"{100 * heard.swing:.0f} %", "swing"))
    if styles:
        facts.append(("near", ", ".join(name.replace("_", " ") for name, _ in styles), ""))
    loop = [chord.name for chord in heard.chords if chord.root is not None][:8]
    if loop:
        facts.append(("chords", " ".join(loop) + (" …" if len(heard.chords) > 8 else ""), "chords"))
    tune = f"{len(heard.melody)} notes" if heard.melody else "none that stands out"
    facts.append(("tune", tune + (f", {100 * heard.melody_confidence:.0f} % sure" if heard.melody else ""), ""))
    there = [lane for lane in ("drums", "bass", "voice") if (getattr(heard, lane) or 0) >= SURE]
    if there:
        facts.append(("heard", ", ".join(there), ""))
    chips = "".join(
        f"<li><em><span>{escape(label)}</span> {escape(value)}"
        + (" <i>a guess</i>" if sure.get(name, 1.0) < SURE else "") + "</em></li>" for label, value, name in facts)
    return (f'<p class="ew-sentence">{escape(heard.description)}</p>'
            f'<p class="ew-use"><button type="button" class="ew-small" data-use-words="{escape(heard.description)}">'
            f'Use these words as the prompt</button></p><ul class="ew-chips">{chips}</ul>{corrections(heard, fixes)}')


def corrections(heard: Reference, fixes: str) -> str:
    """Buttons and a list that write corrections; what they do is said to screen readers too."""
    def button(fix: str, text: str, label: str) -> str:
        return (f'<button type="button" class="ew-small" data-fix="{fix}" aria-label="{escape(label)}">'
                f"{escape(text)}</button>")

    now = f"{PITCH_CLASSES[heard.tonic]} {heard.mode}"
    options = "".join(
        f'<option{" selected" if name == now else ""}>{name}</option>'
        for mode in MODE_OFFSETS for name in (f"{pc} {mode}" for pc in PITCH_CLASSES))
    undo = button("", "Undo corrections", "Undo all corrections") if fixes.strip() else ""
    return ('<div class="ew-fixes"><span class="ew-label">Not right?</span>'
            + button("tempo/2", "Half as fast", "The tempo is half as fast")
            + button("tempo*2", "Twice as fast", "The tempo is twice as fast")
            + button("downbeat-1", "◂ “one”", "The first beat of the bar is one beat earlier")
            + button("downbeat+1", "“one” ▸", "The first beat of the bar is one beat later")
            + f'<label>Key <select data-fix-key="" aria-label="The right key">{options}</select></label>{undo}</div>')


def parts_list(files: Mapping[str, Path], name: str) -> str:
    """Players and links for the parts of a track."""
    rows = "".join(
        f'<li><span class="ew-stem">{escape(part)}<em>{escape(PARTS.get(part, ""))}</em></span>'
        f'{small_player(path, f"{part} of {name}")}'
        f'<a class="ew-small" href="{url(path)}" download="{escape(path.name)}" aria-label="Download {escape(part)}">↓'
        "</a></li>" for part, path in files.items())
    return f'<div class="ew-take ew-parts"><h3>Its parts</h3><ul class="ew-stems">{rows}</ul></div>'


def connect(tab: ReferenceTab, listeners: Listeners) -> None:
    """Say what was heard as soon as there is a track, again after each correction; take it apart when asked."""
    quiet = {"show_progress": "hidden", "api_visibility": "private"}

    @speaking
    def listen(path: str | None):
        if not path:
            return HINT, None
        heard = listeners.reference(Path(path))
        return reference_words(heard), plain(heard)

    @speaking
    def draw(path: str | None, kept: dict | None, fixes: str) -> str:
        if not path or not kept:
            return ""
        return listeners.track_pictures(Path(path), corrected(read_reference(kept), read_fixes(fixes)))

    @speaking
    def correct(kept: dict | None, fixes: str):
        if not kept:
            return gr.skip()
        return reference_words(corrected(read_reference(kept), read_fixes(fixes)), fixes)

    @speaking
    def take_apart(path: str | None, how: str) -> str:
        if not path:
            return ""
        return parts_list(listeners.separate(Path(path), how, new_folder()), "the track")

    drawing = {"fn": draw, "inputs": [tab.sound, tab.heard, tab.fixes], "outputs": tab.drawn,
               "concurrency_id": "listen", **quiet}
    tab.sound.change(lambda path: (LISTENING if path else HINT, None, "", "", ""), tab.sound,
                     [tab.picture, tab.heard, tab.fixes, tab.drawn, tab.parts], queue=False, **quiet).then(
        listen, tab.sound, [tab.picture, tab.heard], concurrency_id="listen", **quiet).success(**drawing).failure(
        lambda: HINT, None, tab.picture, queue=False, **quiet)
    tab.fixes.change(correct, [tab.heard, tab.fixes], tab.picture, queue=False, **quiet).success(**drawing)
    tab.mode.change(lambda mode: (gr.Slider(visible=mode == "restyle"), f'<p class="ew-hint">{SAYS[mode]}</p>'),
                    tab.mode, [tab.strength, tab.says], queue=False, **quiet)
    for button, how in ((tab.apart, "simple"), (tab.demucs, "demucs")):
        button.click(lambda: APART, None, tab.parts, queue=False, **quiet).then(
            lambda path, how=how: take_apart(path, how), tab.sound, tab.parts, concurrency_id="listen", **quiet
        ).failure(lambda: "", None, tab.parts, queue=False, **quiet)
