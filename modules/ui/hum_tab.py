"""Hum: record to a click or upload, a MIDI file too; the pitch curve with its notes to be corrected; how to use it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

import gradio as gr

from modules.conditions.midi_tune import SUFFIXES, is_midi
from modules.conditions.settings import read_beat
from modules.config import MAX_HUM_S, TEMPO_BPM
from modules.errors import EarwormError
from modules.types import METERS, PITCH_CLASSES, Hum
from modules.ui.errors import as_message
from modules.ui.examples import example_files, title_of
from modules.ui.listeners import Listeners
from modules.ui.note_editor import editor

HINT = ('<p class="ew-hint">Hum, sing, whistle or play a tune. Steady “da da da” is easiest to follow. '
        'The notes appear here at once, and you can move them.</p>')
LISTENING = '<p class="ew-hint ew-listening">Listening …</p>'
SOUNDS = ["audio", ".webm", ".m4a", ".opus", ".aac", *SUFFIXES]  # browsers take .webm for a video


@dataclass(frozen=True)
class HumTab:
    sound: gr.File
    faithfulness: gr.Slider
    follow: gr.Checkbox
    keep: gr.Checkbox
    notes: gr.Textbox
    beat: gr.Textbox
    picture: gr.HTML


def recorder() -> str:
    """Record button, level, and the beat: tapped, typed or clicked (`assets/theme/record.js`)."""
    meters = "".join(f'<option value="{meter}">{meter}</option>' for meter in METERS)
    return (
        f'<div class="ew-recorder" data-most="{MAX_HUM_S:.0f}">'
        '<div class="ew-tape"><button type="button" class="ew-record" aria-pressed="false"><i></i><span>Record</span>'
        '</button><div class="ew-level" role="meter" aria-label="Level of the microphone" aria-valuemin="0" '
        'aria-valuemax="100" aria-valuenow="0"><i></i></div><span class="ew-tape-clock">0:00</span></div>'
        '<div class="ew-beat"><button type="button" class="ew-small ew-tap">Tap</button>'
        f'<label>Tempo <input type="number" class="ew-tempo" min="{TEMPO_BPM[0]:g}" max="{TEMPO_BPM[1]:g}" step="any" '
        'placeholder="auto" inputmode="decimal"></label>'
        f'<label>Metre <select class="ew-meter"><option value="">auto</option>{meters}</select></label>'
        '<label>Click <select class="ew-click"><option value="">none</option><option value="count">count-in</option>'
        '<option value="on">count-in and on (headphones)</option></select></label></div>'
        '<p class="ew-hint ew-tape-said" role="status"></p></div>')


def build() -> HumTab:
    """Components of the tab, in place."""
    with gr.Row(elem_classes="ew-split"):
        with gr.Column(scale=2, min_width=280):
            gr.HTML(recorder())
            gr.HTML(f'<p class="ew-hint">Or a recording or MIDI file, up to {MAX_HUM_S:.0f} s:</p>')
            sound = gr.File(file_types=SOUNDS, type="filepath", elem_id="hum", height=92, label="Your tune",
                            show_label=False)
        with gr.Column(scale=3, min_width=280):
            picture = gr.HTML(HINT, elem_id="heard-hum")
    with gr.Row(elem_classes="ew-use-tune"):
        with gr.Column(scale=2, min_width=280):
            faithfulness = gr.Slider(0, 1, 1, step=0.05, label="How closely to follow it", elem_id="faithfulness",
                                     info="0: mood, key and tempo · 0.5: shape and rhythm · 1: note for note",
                                     buttons=[])
        with gr.Column(scale=3, min_width=280):
            follow = gr.Checkbox(False, label="Follow my timing: the tune comes as early and late as you sang it",
                                 container=False, elem_id="follow-timing")
            keep = gr.Checkbox(False, label="Keep my voice: what you sang, in tune, over the band", container=False,
                               elem_id="keep-voice")
    notes = gr.Textbox("", visible="hidden", elem_id="hum-notes", label="notes of the tune", max_length=20_000)
    beat = gr.Textbox("", visible="hidden", elem_id="hum-beat", label="beat of the tune", max_length=300)
    files = example_files("hum")
    if files:
        with gr.Row(elem_classes="ew-examples"):
            gr.HTML('<span class="ew-label">Try</span>', elem_classes="ew-inline")
            for path in files:
                button = gr.Button(title_of(path), size="sm", min_width=60)
                button.click(lambda file=str(path): file, None, sound, api_visibility="private",
                             show_progress="hidden")
    return HumTab(sound, faithfulness, follow, keep, notes, beat, picture)


def hum_words(hum: Hum, path: Path) -> str:
    """Facts about the tune as chips, and its notes to be corrected."""
    facts = [("notes", str(len(hum.grid))), ("key", f"{PITCH_CLASSES[hum.tonic]} {hum.mode}"),
             ("tempo", f"{hum.tempo_bpm:.0f} BPM"), ("metre", hum.meter)]
    if is_midi(path):  # what was chosen in a file is told in its findings
        facts = [(finding.label, finding.value) for finding in hum.findings]
    elif abs(hum.tuning_cents) >= 5:
        facts.append(("tuning", f"{abs(hum.tuning_cents):.0f} cents {'sharp' if hum.tuning_cents > 0 else 'flat'}"))
    chips = "".join(f"<li><em><span>{escape(label)}</span> {escape(value)}</em></li>" for label, value in facts)
    return (f'<span class="ew-label">{"In the file" if is_midi(path) else "Heard"}</span>'
            f'<ul class="ew-chips">{chips}</ul>{editor(hum, None if is_midi(path) else path)}')


def connect(tab: HumTab, listeners: Listeners) -> None:
    """Draw what was heard as soon as there is a recording, and again when its beat is told; corrections start anew."""

    def listen(path: str | None, beat: str):
        if not path:
            yield HINT, ""
            return
        yield LISTENING, ""
        file = Path(path)
        try:
            hum = listeners.hum(file, read_beat(beat or "", file.name))
        except EarwormError as error:
            raise as_message(error) from error
        yield hum_words(hum, file), ""

    shown = [tab.picture, tab.notes]
    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    gr.on([tab.sound.change, tab.beat.change], listen, [tab.sound, tab.beat], shown, concurrency_id="listen",
          trigger_mode="always_last", **quiet).failure(
        lambda: (HINT, ""), None, shown, queue=False, **quiet)
