"""Keeping, coming back, links, votes and experiments, without a browser."""

import json
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from modules.conditions.recall import plain
from modules.errors import InputError
from modules.evaluation.ranking import rank
from modules.library.entry import Vote
from modules.library.shelf import Library, Limits
from modules.types import Check, Controls
from modules.ui import handlers, trials_tab
from modules.ui.compare import ballots, choices, ranking_html, read_vote
from modules.ui.downloads import take_folder
from modules.ui.faces import FACE, read_face, read_report
from modules.ui.form import Form, sentence, to_request
from modules.ui.keeping import FULL, bring, card_of, keeper, open_file, open_shared, recent_cards
from modules.ui.library_tab import ago, row_html, usage_line
from modules.ui.report_table import report_table, verdict_line
from modules.ui.restore import MOST_LINK, fields_of, pack_link, unpack_link
from modules.ui.sessions import Sessions, results_folder
from tests.fake_engine import FakeEngine, fake_listeners, hum_file, read_audio

ME = "my token"


@pytest.fixture
def library(tmp_path) -> Library:
    return Library(tmp_path / "library")


def make(library: Library, form: Form | None = None, owner: str = ME) -> list[str]:
    """Names of the takes that a run made, in order."""
    form = form or Form(prompt="rain", takes=2, seed="5")
    steps = list(handlers.run(form, handlers.empty_desk(), session="me", engines=(FakeEngine(pause_s=0),),
                              listeners=fake_listeners(), sessions=Sessions(), keep=keeper(library, owner)))
    made = sorted(library.find(owner), key=lambda kept: (kept.made_at, kept.number))
    assert steps[-1][0]["message"]
    return [kept.take for kept in made][-form.takes:]


def clear_results() -> None:
    """As after a restart: results are gone, the library is not."""
    import shutil

    for folder in results_folder().iterdir():
        shutil.rmtree(folder)


def test_takes_come_back_after_a_restart_with_working_files(library):
    first, second = make(library)
    clear_results()
    now, before = recent_cards(library, ME, fake_listeners(), now=6, before=12)
    assert [f'data-take="{take}"' in html for take, html in zip((first, second), now)] == [True, True]
    assert "Take 1" in now[0] and "Take 2" in now[1] and before == []
    folder = take_folder(first)
    face = read_face(folder)
    assert (folder / face.files["midi"]).is_file() and json.loads((folder / face.files["recipe"]).read_text())["seed"]
    assert "wav24" in face.files or "mp3" in face.files  # what plays
    assert recent_cards(library, "somebody else", fake_listeners(), now=6, before=12) == ([], [])


def test_the_last_run_stands_before_earlier_ones(library):
    old, new = make(library), make(library, Form(prompt="sun", takes=1, seed="9"))
    now, before = recent_cards(library, ME, fake_listeners(), now=6, before=12)
    assert len(now) == 1 and new[0] in now[0] and len(before) == 2 and old[1] in before[0]


def test_a_folder_that_came_back_is_not_taken_for_an_old_one(library):
    from modules.ui.sessions import new_folder

    take = make(library)[0]
    clear_results()
    bring(library, ME, library.get(ME, take), fake_listeners())
    new_folder()
    assert take_folder(take).is_dir()


def test_a_full_library_says_that_a_take_is_not_kept(tmp_path):
    library = Library(tmp_path / "small", Limits(100, 100, 10))
    steps = list(handlers.run(Form(prompt="x", takes=1), handlers.empty_desk(), session="me",
                              engines=(FakeEngine(pause_s=0),), listeners=fake_listeners(), sessions=Sessions(),
                              keep=keeper(library, ME)))
    assert FULL in steps[-1][0]["message"] and len(steps[-1][0]["cards"]) == 1


def test_a_browser_that_keeps_nothing_still_makes_music(library):
    steps = list(handlers.run(Form(prompt="x", takes=1), handlers.empty_desk(), session="me",
                              engines=(FakeEngine(pause_s=0),), listeners=fake_listeners(), sessions=Sessions(),
                              keep=keeper(library, "")))
    assert "1 take ready" in steps[-1][0]["message"]


def test_only_the_best_are_shown_and_kept(library):
    steps = list(handlers.run(Form(prompt="x", takes=4, best=2, seed="3"), handlers.empty_desk(), session="me",
                              engines=(FakeEngine(pause_s=0),), listeners=fake_listeners(), sessions=Sessions(),
                              keep=keeper(library, ME)))
    assert len(steps[-1][0]["cards"]) == 2 == library.usage(ME).takes
    assert "the best 2 kept" in sentence(Form(prompt="x", takes=4, best=2))


def test_a_recipe_file_opens_as_a_take_and_is_kept(library, tmp_path):
    take = make(library)[1]
    recipe = next(path for path in library.files_of(take) if path.suffix == ".json" and path.name != FACE)
    dropped = tmp_path / "take_2.json"
    dropped.write_text(recipe.read_text())
    folder, face = open_file(dropped, fake_listeners(), keeper(library, ME))
    assert face.seed == 6 and library.usage(ME).takes == 3
    assert open_file(dropped, fake_listeners(), keeper(library, ""))[1].seed == 6
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(InputError, match="not an Earworm recipe"):
        open_file(tmp_path / "other.json", fake_listeners(), keeper(library, ME))


def test_a_shared_take_is_a_copy_of_ones_own(library):
    take = make(library)[0]
    token = library.share(ME, take)
    folder, face = open_shared(library, token, fake_listeners(), keeper(library, "you"))
    assert folder.name != take and face.seed == 5
    assert [kept.take for kept in library.find("you")] == [folder.name]
    library.forget(ME, take)
    assert card_of(library, "you", library.get("you", folder.name), fake_listeners())


FORM = Form(prompt="warm <b>", negative="drums", lyrics="[verse]\nla", voice="alto", faithfulness=0.4,
            blend="bossa_nova:0.60,synthwave:0.40", curve="0:0.2, 15:0.9", lanes={"bass": "tuba", "drums": "none"},
            dials={"tempo_bpm": 90.0, "energy": None, "swing": 0.6}, key="F# minor", meter="3/4", takes=3, seed="7",
            set_aside="tempo: 90 BPM\nstyle: waltz", singing="spoken", strength=0.8, reference_mode="restyle",
            follow_timing=True)


def asked_by(form: Form) -> dict:
    request = to_request(form, read_audio)
    return plain({name: getattr(request, name) for name in
                  ("prompt", "negative", "lyrics", "voice", "styles", "set_aside", "controls", "faithfulness",
                   "reference_mode", "engine", "takes", "seed", "singing", "strength", "follow_timing")})


def test_the_form_comes_back_exactly():
    fields = fields_of(asked_by(FORM))
    fields |= {"hum": None, "reference": None}
    again = Form.from_fields(fields)
    assert to_request(again, read_audio) == to_request(FORM, read_audio)
    assert fields["auto_energy"] and not fields["auto_tempo_bpm"] and fields["key"] == "F# minor"
    assert fields["set_aside"].splitlines() == ["tempo: 90 BPM", "style: waltz"]


def test_a_link_holds_the_settings_and_is_short():
    asked = asked_by(FORM)
    link = pack_link(asked)
    assert link.startswith("#make=") and len(link) < 700
    assert fields_of(unpack_link(link[6:])) == fields_of({**asked, "follow_timing": False})  # it needs a hum
    long = pack_link(asked_by(replace(FORM, lyrics="\n".join(f"line {zlib.crc32(bytes([i]))}" for i in range(64)))))
    assert long is not None and len(long) <= MOST_LINK
    for more in ({"hum": {"notes": []}}, {"edit": {"kind": "redo"}}):
        assert pack_link({**asked, **more}) is None


def test_a_damaged_or_swollen_link_is_refused():
    import base64

    bomb = base64.urlsafe_b64encode(zlib.compress(b"[" + b"0," * 40_000_000, 9)).decode()
    for wrong in ("", "x", "!!!", "AAAA", bomb, base64.urlsafe_b64encode(zlib.compress(b"[1]")).decode()):
        with pytest.raises(InputError, match="damaged"):
            unpack_link(wrong)
    for wrong in ({"controls": 3}, {"styles": {"x": "y"}}, {"seed": "x"}, {"takes": []}):
        with pytest.raises(InputError, match="damaged"):
            fields_of(wrong)


def test_what_was_hummed_is_used_again_without_the_sound(library, tmp_path):
    take = make(library, Form(prompt="x", takes=1, hum=str(hum_file(tmp_path / "tune.wav"))))[0]
    recipe_asked = json.loads(next(p for p in take_folder(take).glob("earworm*.json")).read_text())["request"]
    fields = fields_of(recipe_asked, take)
    assert fields["recalled"] == f"{take} hum"
    form = Form(prompt="x", recalled=fields["recalled"])
    request = to_request(form, read_audio)
    assert request.recipe["request"]["hum"] == {"notes": 5} and request.hum_name == "tune.wav"
    beside = {"reference": {"tempo_bpm": 90}, "reference_mode": "continue"}
    assert fields_of({**recipe_asked, **beside}, take)["recalled"] == f"{take} hum"  # that track is heard itself
    assert "the tune of an earlier take" in sentence(form)
    assert "your tune" in sentence(replace(form, hum="y.wav")) and "earlier" not in sentence(replace(form, hum="y.wav"))
    with pytest.raises(InputError, match="no longer kept"):
        to_request(Form(recalled=f"{'0' * 32} hum"), read_audio)


def test_rows_are_text_not_markup_and_say_when(library):
    make(library, Form(prompt="<img src=x>", takes=1))
    kept = library.find(ME)[0]
    html = row_html(kept, kept.made_at + 7300)
    assert "<img" not in html and "2 hours ago" in html and "bossa nova" in html
    assert "1 take, 0 starred" in usage_line(library.usage(ME))
    assert [ago(s) for s in (5, 61, 3600, 200_000)] == ["just now", "1 minute ago", "1 hour ago", "2 days ago"]


def test_the_report_shows_opinions_and_numbers():
    checks = (Check("tempo", "90 BPM", "90 BPM", 1.0, "yes"), Check("variety", "", "bars differ", 0.9, "yes"),
              Check("dynamics", "", "flat", None, "no"), Check("key", "", "A minor", None, "heard"))
    html = report_table(checks)
    assert all(word in html for word in ("as asked", "good", "weak", "not asked", "0.90", "Numbers"))
    assert verdict_line(checks) == "1 of 1 as asked"  # the critic's lines were not asked for
    assert read_report({"report": plain(checks)}) == checks
    with pytest.raises(InputError, match="damaged"):
        read_report({"report": [{"name": "x"}]})


def votes(*outcomes: str) -> list[Vote]:
    labels = {"energy": "0.2", "take": "a", "style": "waltz"}, {"energy": "0.8", "take": "b", "style": "waltz"}
    return [Vote(*labels, outcome, True, 1.0) for outcome in outcomes]


def test_settings_are_ranked_by_what_differed():
    cast = votes("one", "one", "tie", "bad")
    assert choices(cast) == ["energy", "take"]
    html = ranking_html(rank(ballots(cast, "energy")), cast, "energy")
    assert "2–2–0" in html and "too few to tell" in html and html.count("data:text/csv") == 2
    assert ranking_html(rank([]), [], "take") == ""


def test_a_vote_counts_for_ones_own_takes_only(library):
    first, second = make(library)
    sent = json.dumps({"one": first, "other": second, "outcome": "tie", "blind": True})
    vote = read_vote(sent, library, ME)
    assert (vote.one["seed"], vote.other["seed"], vote.outcome, vote.blind) == ("5", "6", "tie", True)
    with pytest.raises(InputError, match="not in your library"):
        read_vote(sent, library, "you")
    with pytest.raises(InputError, match="vote again"):
        read_vote("{", library, ME)


def test_an_experiment_is_kept_shown_and_taken_away(library):
    from threading import Event

    plan = trials_tab.Plan("settings", first="energy", first_values="0.2, 0.8", second="tempo", second_values="80, 90")
    trials = trials_tab.plan_trials(plan, to_request(Form(prompt="x", seed="3"), read_audio), ["embedded"])
    steps = list(trials_tab.run_experiment(trials, engines=(FakeEngine(pause_s=0),), listeners=fake_listeners(),
                                           keep=keeper(library, ME), cancel=Event()))
    status, grid, report, _ = steps[-1]
    assert "4 takes made" in status and grid.count('class="ew-take ew-mini"') == 4 and "not made" not in grid
    assert library.find(ME)[0].labels["energy"] == "0.8" and library.usage(ME).takes == 4
    folder = Path(steps[0][3])
    page = (folder / "index.html").read_text()
    assert len(list((folder / "takes").glob("*.wav"))) == 4 and page.count("data-audio=\"takes/") == 4
    assert "http://" not in page.replace("http://www.w3.org", "") and "https://" not in page
    assert "earworm_experiment.zip" in report
    # stopped at once: the cells say so
    stopped = Event()
    stopped.set()
    *_, last = trials_tab.run_experiment(trials, engines=(FakeEngine(pause_s=0),), listeners=fake_listeners(),
                                         keep=keeper(library, ME), cancel=stopped)
    assert "Stopped" in last[0] and last[1].count("not made") == 4 and last[2] == ""
    assert trials_tab.after_stop(trials_tab.WAITING)[1] == trials_tab.NOT_MADE


def test_dials_of_old_recipes_are_read():
    assert fields_of({"prompt": "x"})["auto_energy"] and fields_of({})["takes"] == 2
    assert fields_of({"controls": plain(Controls(tempo_bpm=900.0))})["dial_tempo_bpm"] == 240
