"""The Track tab as HTML: what was heard, how to correct it, pictures, parts; and the original beside a restyling."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from modules.types import Request
from modules.ui.form import Form, sentence, to_request
from modules.ui.original import keep_original, original_box
from modules.ui.reference_tab import parts_list, reference_words
from modules.ui.track_plots import tempogram, track_pictures
from tests.fake_engine import fake_listeners, fake_take, hum_file, read_audio, read_reference


@pytest.fixture
def track(tmp_path) -> Path:
    return hum_file(tmp_path / "track.wav", 12.0)


def test_what_was_heard_can_be_used_and_corrected(track):
    heard = replace(read_reference(track), confidences={"key": 0.3}, drums=0.9, melody_confidence=0.6)
    html = reference_words(heard)
    assert f'data-use-words="{heard.description}"' in html
    assert "A minor <i>a guess</i>" in html and "120 BPM <i>" not in html
    assert {"tempo*2", "tempo/2", "downbeat+1", "downbeat-1"} <= set(
        part.split('"')[0] for part in html.split('data-fix="')[1:])
    assert "<option selected>A minor</option>" in html and html.count("<option") == 72
    assert "Undo" not in html and "Undo corrections" in reference_words(heard, "tempo*2")


def test_words_of_a_track_are_escaped(track):
    html = reference_words(replace(read_reference(track), description='<b>"loud"</b>'))
    assert "<b>" not in html


def test_pictures_show_beats_sections_chords_energy_and_tempo(track):
    heard = read_reference(track)
    html = track_pictures(read_audio(track), heard)
    root = ElementTree.fromstring(html)
    captions = [e.text for e in root.iter("figcaption")]
    assert len(captions) == 4 and len(list(root.iter("img"))) == 2
    beats = next(e for e in root.iter("path") if e.get("class") == "ew-beats").get("d")
    ones = next(e for e in root.iter("path") if e.get("class") == "ew-ones").get("d")
    assert beats.count("M") == len(heard.beats_s) and ones.count("M") == len(heard.downbeats_s)
    words = " ".join(e.get("aria-label") or e.get("alt") or "" for e in root.iter())
    assert "120 BPM was taken" in words and "sections: verse, chorus" in words
    assert "Am" in "".join(root.itertext())


def test_the_tempogram_is_brightest_where_things_return():
    from modules.conditions.spectra import FRAME_S, Spectra

    n = int(20 / FRAME_S)
    flux = np.zeros((n, 3), np.float32)
    flux[(np.arange(0, 20, 0.5) / FRAME_S).astype(int)] = 1.0
    rest = np.zeros(n, np.float32)
    spectra = Spectra(20.0, flux, rest, rest, rest, rest, np.zeros((10, 84)), 0.0,
                      np.zeros((n // 2, 40)))
    profile = tempogram(spectra).mean(axis=1)
    tempi = np.geomspace(40, 240, len(profile))
    best = tempi[profile.argmax()]
    assert min(abs(best / bpm - 1) for bpm in (60, 120)) < 0.05
    assert profile[np.abs(tempi - 120).argmin()] > 3 * profile[np.abs(tempi - 90).argmin()]


def test_parts_have_players_and_links(track):
    files = {"voice": track, "drums": track}
    html = parts_list(files, "the track")
    assert html.count('class="ew-player"') == 2 and html.count(" download=") == 2
    assert "what hits" in html


def test_a_restyled_take_stands_beside_its_original(tmp_path):
    sound = read_audio(hum_file(tmp_path / "song.wav"))
    request = Request(reference=sound, reference_name="song.wav", reference_mode="restyle")
    take = fake_take(request, 3)
    kept = keep_original(take, request, tmp_path, fake_listeners())
    box = original_box(kept, tmp_path)
    times = json.loads(box.split('data-times="')[1].split('"')[0])
    assert times == take.recipe["track_times"] and "song.wav" in box and box.count("ew-bar-switch") == 1
    (tmp_path / kept.file).unlink()
    assert original_box(kept, tmp_path) == ""  # the library keeps no original
    assert keep_original(fake_take(Request(prompt="x"), 3), Request(prompt="x"), tmp_path, fake_listeners()) is None
    assert original_box(None, tmp_path) == ""


def test_the_form_says_what_a_track_is_for_and_passes_corrections_on(track):
    form = Form(reference=str(track), reference_mode="continue", reference_fixes="tempo/2, downbeat+1", strength=0.8)
    request = to_request(form, read_audio)
    assert request.reference_fixes.tempo_times == 0.5 and request.reference_fixes.downbeat_shift == 1
    assert request.strength == 0.8 and request.reference_mode == "continue"
    assert "the end of your clip" in sentence(form) and "corrected" in sentence(form)
    assert "with new parts" in sentence(replace(form, reference_mode="accompany", reference_fixes=""))
