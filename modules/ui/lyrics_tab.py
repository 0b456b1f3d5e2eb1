"""Lyrics: words with or without [verse] and [chorus] marks, a voice, and how the lines will be sung."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import gradio as gr

from modules.conditions.rhyme import rhyme_scheme
from modules.config import MAX_LYRIC_LINES
from modules.types import Lyrics
from modules.ui.errors import speaking
from modules.ui.examples import example_files, title_of
from modules.ui.listeners import Listeners
from modules.ui.settle import settled

HINT = ('<p class="ew-hint">One line is one breath. Marks like [verse] and [chorus] on their own line shape the song; '
        'a chorus comes back with the same tune, a second verse goes to the tune of the first.</p>')
MARKS = ('<p class="ew-hint">To correct how a word is sung, mark it in the box: <b>lo~ve</b> draws it over two '
         'notes, <b>ev-ry</b> says where it divides, <b>Siobhan{SH AH V AO1 N}</b> how it sounds.</p>')
MANNERS = (("Sing the words", "sung"), ("Speak them", "spoken"), ("Only hum the tune", "hummed"))


@dataclass(frozen=True)
class LyricsTab:
    words: gr.Textbox
    voice: gr.Dropdown
    singing: gr.Radio
    preview: gr.HTML


def build(listeners: Listeners) -> LyricsTab:
    """Components of the tab, in place."""
    voices = [("Choose for me", "auto"), *((name.replace("_", " ").capitalize(), name) for name in listeners.voices())]
    with gr.Row(elem_classes="ew-split"):
        with gr.Column(scale=3, min_width=280):
            words = gr.Textbox(
                label=f"Words to sing, up to {MAX_LYRIC_LINES} lines", lines=8, max_lines=24, elem_id="lyrics",
                placeholder="[verse]\nMorning light on the window sill\n…\n\n[chorus]\nOh, stay a while\n…")
        with gr.Column(scale=2, min_width=280):
            voice = gr.Dropdown(voices, value="auto", label="Voice", elem_id="voice", filterable=False)
            singing = gr.Radio(list(MANNERS), value="sung", label="What the voice does", elem_id="singing")
            preview = gr.HTML(HINT + MARKS, elem_id="heard-lyrics")
    files = example_files("lyrics")
    if files:
        with gr.Row(elem_classes="ew-examples"):
            gr.HTML('<span class="ew-label">Try</span>', elem_classes="ew-inline")
            for path in files:
                text = path.read_text(encoding="utf-8").strip()
                gr.Button(title_of(path), size="sm", min_width=60).click(
                    lambda text=text: text, None, words, queue=False, show_progress="hidden",
                    api_visibility="private")
    return LyricsTab(words, voice, singing, preview)


def lyric_lines(lyrics: Lyrics) -> str:
    """Lines as syllables, stressed ones strong, their rhyme letter behind, under the names of their sections."""
    out, before = [], None
    for line, section, stanza, letter in zip(lyrics.lines, lyrics.line_sections, lyrics.stanzas, rhyme_scheme(lyrics)):
        if (section, stanza) != before:
            out.append(f'<span class="ew-label">{escape(section)}</span>')
            before = (section, stanza)
        words = "".join(
            (f"<b>{escape(s.text)}</b>" if s.stress == 1 else escape(s.text)) + "~" * (s.notes - 1)
            + (" " if s.last_in_word else "·") for s in line)
        out.append(f'<p class="ew-line-sung"><span>{words}</span>'
                   f'<span class="ew-rhyme" title="rhyme">{letter}</span></p>')
    count = sum(map(len, lyrics.lines))
    notes = "".join(f'<p class="ew-note-line">⚠ {escape(warning)}</p>' for warning in lyrics.warnings)
    return (f'<ul class="ew-chips"><li><span>lines</span> {len(lyrics.lines)}</li><li><span>syllables</span> {count}'
            f'</li></ul>{notes}<div class="ew-lyric-lines">{"".join(out)}</div>')


def connect(tab: LyricsTab, listeners: Listeners) -> None:
    """Show the syllables once typing settles."""

    @speaking
    def parse(text: str) -> str:
        return (lyric_lines(listeners.lyrics(text)) if text.strip() else HINT) + MARKS

    tab.words.change(parse, tab.words, tab.preview, js=settled("lyrics"), trigger_mode="multiple",
                     show_progress="hidden", concurrency_id="listen",
                     api_visibility="private")
