"""Edit panel and mixer with a fake workshop: orders become cards, versions come back, wrong asks get told."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event

import gradio as gr
import pytest

from modules.errors import InputError
from modules.types import Request, Take
from modules.ui import changes, handlers
from modules.ui.edit_panel import moved, panel_html, read_order
from modules.ui.keeping import arrive, nowhere
from modules.ui.lineage_strip import strip_html, versions, with_kin
from modules.ui.mix_panel import panel_html as mixer_html
from modules.ui.page import build_page
from modules.ui.sessions import Sessions
from tests.fake_engine import FakeEngine, fake_listeners, fake_take


@pytest.fixture
def take():
    """(name of a take on the page, its recipe, the desk that knows it)."""
    listeners = fake_listeners()
    folder, _ = arrive(fake_take(Request(prompt="x", seed=5), 5), listeners)
    recipe = changes.recipe_of_take(folder.name)
    return folder.name, recipe, with_kin(handlers.empty_desk(), folder.name, recipe, 1)


def run(order: dict, take: str, desk: dict, sessions: Sessions | None = None, session: str = "me") -> list[tuple]:
    listeners = fake_listeners()
    return list(changes.carry_out(order, take, desk, session=session, workshop=listeners.workshop, listeners=listeners,
                                  sessions=sessions or Sessions(), keep=nowhere))


def last_desk(steps: list[tuple]) -> dict:
    return [step[2] for step in steps if isinstance(step[2], dict) and "cards" in step[2]][-1]


def test_an_order_becomes_a_card_and_a_version(take):
    name, recipe, desk = take
    steps = run({"kind": "redo", "what": "5-8", "lanes": ["drums"]}, name, desk)
    assert "data-stop" in steps[0][0] and "Done: redo drums 5-8." in steps[-1][0]
    made, after = steps[-1][1], last_desk(steps)
    assert len(after["cards"]) == 1 and 'data-act="edit"' in after["cards"][0] and 'data-act="mix"' in after["cards"][0]
    assert after["family"][made]["parent"] == after["family"][name]["id"]
    strip = strip_html(changes.recipe_of_take(made), after["family"])
    assert strip.count("data-version") == 2 and strip.count("aria-current") == 1 and "redo drums 5-8" in strip
    assert all(data == gr.skip() for data in steps[0][2:])


def test_a_set_makes_a_card_each_and_siblings_stand_side_by_side(take):
    name, recipe, desk = take
    after = last_desk(run({"kind": "moods"}, name, desk))
    assert len(after["cards"]) == 3
    found = versions(recipe, after["family"])
    assert [one["depth"] for one in found] == [0, 1, 1, 1]


def test_undo_and_redo_walk_along_the_versions(take):
    name, recipe, desk = take
    desk = moved(desk, name, recipe)
    steps = run({"kind": "redo"}, name, desk)
    made, desk = steps[-1][1], last_desk(steps)
    edited = changes.recipe_of_take(made)
    desk = moved(desk, made, edited)
    workshop = fake_listeners().workshop
    assert "data-undo" in panel_html(made, edited, desk, workshop) and desk["undone"] == []
    desk = moved(desk, name, recipe)
    assert desk["undone"] == [made]
    assert f'data-show="{made}"' in panel_html(name, recipe, desk, workshop)
    desk = moved(desk, made, edited)
    assert desk["undone"] == [] and desk["open"] == made


def test_versions_that_only_a_recipe_remembers_can_be_brought_back(take):
    name, recipe, desk = take
    made = run({"kind": "redo"}, name, desk)[-1][1]
    edited = changes.recipe_of_take(made)
    strip = strip_html(edited, {})
    assert strip.count("data-version") == 2 and "data-take" not in strip
    with pytest.raises(StopIteration):
        next(one for one in versions(edited, {}) if one["take"])


def test_a_second_job_and_what_cannot_be_done_are_said(take):
    name, _, desk = take
    sessions = Sessions()
    sessions.begin("me")
    with pytest.raises(gr.Error, match="on the way"):
        run({"kind": "redo"}, name, desk, sessions)
    with pytest.raises(gr.Error, match="cannot be done"):
        run({"kind": "redo", "what": "impossible"}, name, desk)
    with pytest.raises(gr.Error, match="no longer kept"):
        run({"kind": "redo"}, "0" * 32, desk)
    for text in ("", "[]", '{"kind": "redo"}', "3"):
        with pytest.raises(InputError, match="choose it again"):
            read_order(text)


def test_stopping_ends_the_job_and_keeps_what_is_done(take):
    name, _, desk = take
    listeners, sessions = fake_listeners(), Sessions()
    job = changes.carry_out({"kind": "redo", "what": "slow"}, name, desk, session="me", workshop=listeners.workshop,
                            listeners=listeners, sessions=sessions, keep=nowhere)
    next(job)
    next(job)
    sessions.stop("me")
    rest = list(job)
    assert "Stopped." in rest[-1][0] and "me" not in sessions._running


def test_the_panel_shows_every_part_and_escapes_what_people_wrote(take):
    name, recipe, desk = take
    shown = panel_html(name, {**recipe, "sections": [{"name": "<b>x", "start_bar": 0, "bars": 8}]}, desk,
                       fake_listeners().workshop)
    assert shown.count('class="ew-row') >= 8 and shown.count("ew-absent") == 3
    assert "<b>x" not in shown and "&lt;b&gt;x" in shown
    bars = json.loads(shown.split('data-bars="')[1].split('"')[0])
    assert len(bars) == 9 and bars == sorted(bars) and bars[-1] <= 1.0


def test_the_mixer_shows_what_the_recipe_has_set(take):
    name, recipe, _ = take
    shown = mixer_html(name, {**recipe, "mixer": {"mute": ["drums"], "target_lufs": -16}}, 1)
    assert "&quot;mute&quot;: [&quot;drums&quot;]" in shown and 'value="-16" selected' in shown
    assert shown.count("data-mute=") == len(recipe["lanes"]) and shown.count("data-preset=") == 8


def test_edit_and_mix_work_from_a_script(take, tmp_path):
    from gradio_client import Client, handle_file
    from gradio_client.exceptions import AppError

    name, recipe, _ = take
    page = build_page(FakeEngine(), fake_listeners())
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True)
    try:
        client = Client(url, verbose=False)
        made, files = client.predict(take=name, kind="redo", what="chorus", lanes="drums, bass", api_name="/edit")
        assert made[0]["summary"].startswith("redo drums and bass chorus") and len(files) == 3
        source = tmp_path / "take_1.json"
        source.write_text(json.dumps(recipe), encoding="utf-8")
        mixed, _ = client.predict(recipe=handle_file(str(source)), preset="club", level="drums=-3", lufs=-16,
                                  api_name="/mix")
        assert mixed[0]["recipe"]["mixer"]["gain_db"]["drums"] == -3.0
        assert mixed[0]["recipe"]["mixer"]["target_lufs"] == -16.0 and Path(source).exists()
        heard = client.predict(name, json.dumps({"mute": ["drums"], "target_lufs": -23}), api_name="/card_mix")
        assert heard["lufs"] == -23 and heard["address"].endswith(".mp3")
        for wrong, word in (({"take": name, "level": "kazoo=1"}, "kazoo"), ({}, "No take")):
            with pytest.raises(AppError, match=word):
                client.predict(**wrong, api_name="/mix")
        with pytest.raises(AppError, match="whole number"):
            client.predict(take=name, seed="x", api_name="/edit")
    finally:
        page.close()


def test_the_fake_workshop_makes_takes_like_the_real_one(take):
    _, recipe, _ = take
    items = list(fake_listeners().workshop.carry_out(recipe, {"kind": "redo"}, Event()))
    made = [item for item in items if isinstance(item, Take)]
    assert len(made) == 1 and made[0].recipe["parent"]["edit"]["kind"] == "redo"
