"""Edits that compose: redo, reroll, extend, restyle, reharmonise, new moods. Each is a plan with other cells known.

Every function gives a `Draft`: what is known, what is open, and what of the take stays as it sounds. Fills nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from modules.canvas import vocabulary as v
from modules.canvas.chord_names import read_progression
from modules.conditions.fuse import Heard, fuse
from modules.engines import bars as stretches
from modules.engines.lineage import Change
from modules.errors import InputError
from modules.generator import tasks
from modules.generator.arrangement import set_lanes
from modules.generator.givens import write_rhythm
from modules.generator.plan import Plan, blend
from modules.performance.clock import RITARD_BARS
from modules.performance.palette import choose_instruments, lanes_of
from modules.studio.ending import closing_fade_s
from modules.types import LANES, MODE_OFFSETS, Condition, Controls, Performance, Request, Song

CHORD_LANES = ("comp", "comp2", "pad")  # their cells say how, the chords say what: they follow a new harmony
FOLLOWERS = frozenset({"harmony", "bass", "counter"})  # drawn again under new chords
PARTS = (*LANES, "harmony")
TITLES = {"comp": "chord playing", "comp2": "second chord playing", "counter": "counter-melody", "harmony": "chords"}

# words about harmony → what they ask of the draw: bins of the plan, a style to lean on, major or minor home
HARMONY_WORDS: Mapping[str, dict] = {
    "jazz": {"richness": 3.0, "style": "swing_jazz"}, "rich": {"richness": 3.0, "harmonic_rhythm": 2.0},
    "colour": {"richness": 3.0}, "color": {"richness": 3.0}, "soul": {"richness": 2.5, "style": "neo_soul"},
    "simpl": {"richness": 0.0, "harmonic_rhythm": 1.0}, "plain": {"richness": 0.0}, "pop": {"richness": 0.5},
    "sad": {"mode": "minor"}, "dark": {"mode": "minor"}, "melanchol": {"mode": "minor"}, "minor": {"mode": "minor"},
    "happi": {"mode": "major"}, "happy": {"mode": "major"}, "bright": {"mode": "major"}, "major": {"mode": "major"},
    "hope": {"mode": "major"}, "busi": {"harmonic_rhythm": 3.0}, "busy": {"harmonic_rhythm": 3.0},
    "more chords": {"harmonic_rhythm": 3.0}, "moving": {"harmonic_rhythm": 3.0},
    "calm": {"harmonic_rhythm": 0.0}, "fewer": {"harmonic_rhythm": 0.0}, "static": {"harmonic_rhythm": 0.0},
    "bossa": {"richness": 2.5, "style": "bossa_nova"}, "blues": {"style": "shuffle_blues"},
    "gospel": {"richness": 2.5, "style": "gospel"}, "classical": {"style": "classical_sonata"},
}


@dataclass(frozen=True)
class Mood:
    """A piece's other face: plan energy 0–7, the style it leans towards and by how much, what is asked of it."""

    energy: int
    style: str
    lean: float
    controls: Controls
    production: tuple[str, ...] = ()


MOODS: Mapping[str, Mood] = {
    "calm": Mood(1, "new_age_piano", 0.6, Controls(energy=0.1, brightness=0.3, density=0.2, unwanted=("drums",),
                                                  articulation=("legato",)), ("reverb",)),
    "tense": Mood(5, "cinematic_tense", 0.6, Controls(energy=0.6, brightness=0.35, articulation=("staccato",)),
                  ("dark",)),
    "triumphant": Mood(7, "cinematic_heroic", 0.6, Controls(energy=1.0, brightness=0.75), ("wide",)),
}


@dataclass(frozen=True)
class Draft:
    """An edit before it is composed: `plan` None = nothing is to be drawn. `change` says what stays, `words` is for
    people. `other_chords`: among the drawn harmonies those unlike the old ones are taken."""

    song: Song
    plan: Plan | None
    condition: Condition
    change: Change
    words: str
    other_chords: bool = False


def plan_of(song: Song) -> Plan:
    """The plan that a finished song stands on, nothing of it returning by rule."""
    return Plan(canvas=song.canvas, styles=song.styles, tempo_bpm=song.tempo_bpm, tonic=song.tonic, mode=song.mode,
                swing=song.swing, swing_unit=song.swing_unit, copy_bars=tasks.nothing_returns(song.canvas),
                ending=song.ending, syllables=song.syllables)


def no_wish() -> Condition:
    """The condition of an edit that asks for nothing by itself."""
    return fuse(Request(), Heard())


def redo(song: Song, what: str, lanes: tuple[str, ...], seed: int) -> Draft:
    """Lanes (empty = all but the chords) in bars drawn again; a named lane that rests there, or that the take has not,
    begins to play."""
    runs = stretches.find_stretches(song, what)
    song = with_players(song, lanes, seed)
    opened = frozenset(lanes or (lane for lane in LANES if lane in song.instruments or lane == "melody"))
    return _opened(song, [(run, opened) for run in runs], frozenset(lanes) & frozenset(LANES),
                   " ".join(filter(None, (f"{titles(lanes) or 'all parts'} again",
                                          stretches.told(runs, song.canvas.n_bars)))))


def reroll(song: Song, kept_bars: str, kept_lanes: tuple[str, ...]) -> Draft:
    """Everything drawn again but the bars and lanes that are locked ("harmony" among them).

    Raises:
        InputError: nothing is left to draw.
    """
    n_bars = song.canvas.n_bars
    locked = {bar for run in stretches.find_stretches(song, kept_bars) for bar in run} if kept_bars.strip() else set()
    runs = stretches.stretches(set(range(n_bars)) - locked)
    playing = {lane for lane in LANES if lane in song.instruments or (lane == "melody" and song.syllables)}
    opened = frozenset({*playing, "harmony"} - set(kept_lanes))
    if not runs or not opened & set(LANES):
        raise InputError("Everything is locked, so nothing would change; unlock a part or some bars.")
    kept = [f"the {titles(kept_lanes)}"] if kept_lanes else []
    kept += [stretches.told(stretches.stretches(locked), n_bars).removeprefix("in ")] if locked else []
    return _opened(song, [(run, opened) for run in runs], frozenset(),
                   f"all but {' and '.join(kept)} again" if kept else "all again, on the same form")


def _opened(song: Song, holes: list[tuple[range, frozenset[str]]], wake: frozenset[str], words: str) -> Draft:
    plan = tasks.redo(plan_of(song), song.canvas, holes, wake=wake)
    if song.syllables:
        _keep_words(plan, song)
    changed: dict[str, list[tuple[int, int]]] = {}
    for bars, lanes in holes:
        for lane in (*lanes, *(CHORD_LANES if "harmony" in lanes else ())):
            if lane != "harmony" and (bars.start, bars.stop) not in changed.setdefault(lane, []):
                changed[lane].append((bars.start, bars.stop))
    whole = sum(len(bars) for bars, _ in holes) == song.canvas.n_bars
    return Draft(song, plan, no_wish(), Change(changed, sound_kept=not whole), words)


def _keep_words(plan: Plan, song: Song) -> None:
    """A sung tune that is drawn again starts its notes where the words are, in place."""
    row = v.ROW_NAMES.index("melody")
    worded = song.canvas.copy()
    write_rhythm(worded, song.syllables)
    free = ~plan.canvas.known_steps[row]
    plan.canvas.rhythm[row, free] = worded.rhythm[row, free]


def extend(song: Song, what: str, played: Performance) -> Draft:
    """Longer by `what` seconds, before the ending."""
    plan = tasks.extend(plan_of(song), song.canvas, stretches.extra_bars(song, what))
    row = plan.canvas.known_steps[v.ROW_NAMES.index("melody")].reshape(plan.canvas.n_bars, -1).all(axis=1)
    first = int(np.flatnonzero(~row)[0])
    if song.ending == "ritard":
        first = min(first, song.canvas.n_bars - RITARD_BARS)
    quiet_from_s = played.duration_s - (closing_fade_s(song, played) or 0.0)
    while first > 0 and played.bar_starts_s[first] > quiet_from_s:
        first -= 1  # what the old ending had turned down is played anew
    last = plan.canvas.n_bars
    bars = {lane: [(max(first, 0), last)] for lane in LANES}
    return Draft(replace(song, duration_s=None), plan, no_wish(), Change(bars, sound_kept=first > 0),
                 f"{float(what):g} s longer")


def lead_in(song: Song, what: str) -> Draft:
    """Longer by `what` seconds, before the beginning."""
    n_bars = stretches.extra_bars(song, what)
    plan = tasks.lead_in(plan_of(song), song.canvas, n_bars)
    bars = {lane: [(0, n_bars)] for lane in LANES}
    curve = tuple((time_s + n_bars * song.step_s * song.canvas.steps_per_bar, energy)
                  for time_s, energy in song.energy_curve)
    steps, beats = n_bars * song.canvas.steps_per_bar, n_bars * song.canvas.beats_per_bar
    song = replace(song, duration_s=None, syllables=plan.syllables, energy_curve=curve,
                   beat_tempi=(1.0,) * beats + song.beat_tempi if song.beat_tempi else (),
                   lateness=tuple((step + steps, by) for step, by in song.lateness))
    return Draft(song, plan, no_wish(), Change(bars, n_bars, sound_kept=True), f"begins {float(what):g} s earlier")


def restyle(song: Song, what: str, seed: int) -> Draft:
    """The melody and chords kept, everything else to be drawn in the described style."""
    from modules.conditions.text import understand

    condition = fuse(Request(prompt=what), Heard(text=understand(what)))
    if not condition.styles:
        raise InputError(f"No style was understood from {what!r}; name one, such as \"bossa nova\" or \"synthwave\".")
    mixed = blend(condition.styles)
    lead = mixed[0][0]
    tempo = condition.controls.tempo_bpm or song.tempo_bpm
    dressed = replace(song, styles={card.name: weight for card, weight in mixed}, tempo_bpm=tempo, swing=lead.swing[0],
                      swing_unit=lead.swing[1], ending=lead.ending, production=condition.production,
                      articulation=condition.controls.articulation,
                      duration_s=song.duration_s if tempo == song.tempo_bpm else None)
    return _dressed(song, dressed, condition, seed, f"as {what.strip()}", {})


def mood(song: Song, what: str, seed: int) -> Draft:
    """The same tune and chords, bar for bar, in another mood: for scenes that change while the music goes on."""
    face = check_mood(what)
    styles = {name: weight * (1 - face.lean) for name, weight in song.styles.items()}
    styles[face.style] = styles.get(face.style, 0.0) + face.lean
    condition = replace(no_wish(), styles=styles, controls=face.controls, production=face.production)
    canvas = song.canvas.copy()
    canvas.energy[:] = np.clip(face.energy + np.sign(canvas.energy - canvas.energy.mean()), 0, 7)
    sections = tuple(replace(s, energy=int(canvas.energy[s.start_bar])) for s in canvas.sections)
    canvas = replace(canvas, sections=sections)
    dressed = replace(song, canvas=canvas, sections=sections, styles=styles, production=face.production,
                      articulation=face.controls.articulation, brightness=face.controls.brightness, energy_curve=())
    keep = {lane: name for lane, name in song.instruments.items() if lane == "melody"}
    return _dressed(song, dressed, condition, seed, what.strip().lower(), keep)


def check_mood(what: str) -> Mood:
    """The mood of that name.

    Raises:
        InputError: there is none.
    """
    face = MOODS.get(what.strip().lower())
    if face is None:
        raise InputError(f"There is no mood {what!r}; choose from {', '.join(MOODS)}.")
    return face


def _dressed(song: Song, dressed: Song, condition: Condition, seed: int, words: str, keep: dict[str, str]) -> Draft:
    """`dressed` with instruments and playing lanes chosen for its styles; what `keep` names plays on as it does."""
    mixed = blend(dressed.styles)
    asked = condition.controls
    chosen = choose_instruments(mixed, asked, seed, sung=bool(song.syllables)) | keep
    controls = replace(asked, wanted=(*asked.wanted, *lanes_of(asked.wanted, chosen)),
                       unwanted=(*asked.unwanted, *(lane for lane in LANES if lane not in chosen)))
    canvas = dressed.canvas.copy()
    set_lanes(canvas, replace(condition, controls=controls), mixed, np.random.default_rng(seed))
    dressed = replace(dressed, instruments=chosen)
    return Draft(dressed, tasks.restyle(plan_of(dressed), dressed.canvas, canvas.active), condition, Change(), words)


def reharmonise(song: Song, what: str, bars: str) -> Draft:
    """Other chords under the same tune, in the direction of `what` ("jazzier", "sadder", nothing); bass and
    counter-melody follow them, the other parts play as they did on the new chords."""
    runs = stretches.find_stretches(song, bars)
    draft = _opened(song, [(run, FOLLOWERS & ({"harmony"} | song.instruments.keys())) for run in runs], frozenset(),
                    " ".join(filter(None, ("other chords", stretches.told(runs, song.canvas.n_bars)))))
    wish: dict = {}
    for word, asked in HARMONY_WORDS.items():
        wish |= asked if word in what.lower() else {}
    if what.strip() and not wish:
        raise InputError(f"It is not clear what chords {what.strip()!r} asks for; try jazzier, simpler, sadder, "
                         "happier, richer, busier or calmer, or write the chords themselves.")
    plan, song = draft.plan, draft.song
    if wish.get("mode") and len(runs) == 1 and len(runs[0]) == song.canvas.n_bars:
        tonic = (song.do_pc + MODE_OFFSETS[wish["mode"]]) % 12  # the relative key: the tune's notes stay in it
        song = replace(song, mode=wish["mode"], tonic=tonic)
    if "mode" in wish:
        plan = replace(plan, mode=wish["mode"], tonic=(song.do_pc + MODE_OFFSETS[wish["mode"]]) % 12)
        _lean_home(plan, runs, MODE_OFFSETS[wish["mode"]])
    styles = plan.styles
    if "style" in wish:
        styles = {**{name: 0.35 * weight for name, weight in styles.items() if name != wish["style"]},
                  wish["style"]: 0.65}
    bins = {name: wish[name] for name in ("richness", "harmonic_rhythm") if name in wish}
    words = draft.words + (f": {what.strip()}" if what.strip() else "")
    return replace(draft, song=song, plan=replace(plan, styles=styles, **bins), words=words, other_chords=True)


def _lean_home(plan: Plan, runs: Iterable[range], tonic: int) -> None:
    """The last chord of each stretch is the asked home's, in place: that is what makes it major or minor."""
    bpb = plan.canvas.beats_per_bar
    for run in runs:
        plan.canvas.harmony[(run.stop - 1) * bpb:run.stop * bpb, 0] = tonic
        plan.canvas.known_harmony[(run.stop - 1) * bpb:run.stop * bpb, 0] = True


def given_chords(song: Song, what: str, bars: str) -> Draft:
    """Written chords under the tune ("Am F C G", a chord a bar, over and over; "|" between bars of several)."""
    progression = read_progression(what)
    runs = stretches.find_stretches(song, bars)
    names = " ".join(what.replace("|", " | ").split())
    draft = _opened(song, [(run, FOLLOWERS & ({"harmony"} | song.instruments.keys())) for run in runs], frozenset(),
                    " ".join(filter(None, (f"chords {names}", stretches.told(runs, song.canvas.n_bars)))))
    canvas, bpb = draft.plan.canvas, song.canvas.beats_per_bar
    for run in runs:
        for place, bar in enumerate(run):
            chords = progression[place % len(progression)]
            for beat in range(bpb):
                root, quality = chords[min(len(chords) - 1, beat * len(chords) // bpb)]
                canvas.harmony[bar * bpb + beat] = (root - song.do_pc) % 12, v.QUALITY_NAMES.index(quality)
                canvas.known_harmony[bar * bpb + beat] = True
    return draft


def with_players(song: Song, lanes: tuple[str, ...], seed: int) -> Song:
    """The song with an instrument for every named lane, by its style where it has none.

    Raises:
        InputError: the style and the registry have nothing for a lane.
    """
    missing = [lane for lane in lanes if lane in LANES and lane not in song.instruments
               and not (lane == "melody" and song.syllables)]
    if not missing:
        return song
    chosen = choose_instruments(blend(song.styles), Controls(wanted=tuple(missing)), seed)
    return replace(song, instruments={**song.instruments, **{lane: chosen[lane] for lane in missing}})


def titles(lanes: Iterable[str]) -> str:
    """Parts in words: "drums and bass"."""
    names = [TITLES.get(lane, lane) for lane in lanes]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""
