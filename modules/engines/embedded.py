"""The default engine: plan → generator → performance → vocoder → studio, all on this machine, nothing downloaded."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Thread

import numpy as np
import torch

from modules.canvas import Canvas
from modules.conditions.fuse import BESIDE, SEEDS, check_request, fuse
from modules.conditions.track import track_times
from modules.engines import beside, own_voice
from modules.engines.hearing import hear
from modules.engines.recipe import request_json, write_recipe
from modules.engines.replay import Dry, Shelf, Sounded, master_song, render_song, sounded
from modules.errors import Cancelled, InputError, WeightsMissing
from modules.evaluation import music
from modules.evaluation.copying import MOST_SHARED, shared_run, without_runs
from modules.evaluation.critic import criticise
from modules.evaluation.report import report, summary
from modules.evaluation.vibe import as_busy, nearness
from modules.generator import checkpoint, compose
from modules.generator.originality import quotes
from modules.generator.plan import Plan, blend, draw_plan
from modules.generator.strophes import follow_tune
from modules.generator.thinning import thin
from modules.performance.palette import choose_instruments, lanes_of
from modules.performance.perform import perform
from modules.performance.retiming import retimed
from modules.studio.master import master
from modules.studio.mix import mix
from modules.styles.cards import cards, melody_pcs
from modules.types import LANES, Audio, Condition, GridNote, Progress, Reference, Request, Song, Take
from modules.vocoder import sampled
from modules.vocoder.render import sound_engine, sounded_by
from modules.vocoder.voice import voices

COPIED = 100.0  # merit that a draft loses by repeating a track's tune
DRAWS = 4  # canvases drawn for each take; the critic keeps one
# The model's matrices are so small that a second thread costs more than it gives (canvas.md, second trial).
torch.set_num_threads(1)


class EmbeddedEngine:
    """Earworm's own engine. Safe to share between people: it holds read-only weights only."""

    name = "embedded"

    def available(self) -> str | None:
        """None, or why the shipped weights cannot be used."""
        try:
            checkpoint.generator()
        except WeightsMissing as error:
            return str(error)
        return None

    def takes(self, request: Request, cancel: Event) -> Iterator[Progress | Take]:
        """Yield progress and finished takes.

        Raises:
            InputError: the request cannot be met; nothing was made.
            Cancelled: `cancel` was set.
        """
        check_request(request)
        check_voice(request.voice)
        beside.check_track(request)
        track = request.reference if request.reference_mode in BESIDE else None
        yield Progress(0.01, "Listening to what you gave")
        started = time.monotonic()
        Thread(target=sampled.load_font, name="font").start()  # seconds of reading, beside the listening
        heard = hear(request)
        stop_if(cancel)
        condition = fuse(request, heard)
        asked = request_json(request, heard)
        listened_s = time.monotonic() - started
        if "parent" in (request.recipe or {}):  # an edited take is played from its own notes and those before it
            yield retake(request.recipe, condition, cancel)
            return
        first = int(request.recipe.get("take", 1)) if request.recipe and request.takes == 1 else 1
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="composer") as composer:
            # the next take is composed on one core while this one sounds on the other
            pending = composer.submit(compose_song, condition, take_seed(request.seed, first), cancel)
            for index in range(request.takes):
                number = first + index
                base = 0.05 + 0.95 * index / request.takes
                share = 0.95 / request.takes
                yield Progress(base, f"Writing take {number}")
                song, timings = pending.result()
                if index + 1 < request.takes:
                    pending = composer.submit(compose_song, condition, take_seed(request.seed, number + 1), cancel)
                yield Progress(base + 0.3 * share, f"Playing take {number}")
                timings = {"listen": listened_s} | timings
                yield sound_take(song, condition, asked, timings, number, cancel, track)
        yield Progress(1.0, "Done")


def stop_if(cancel: Event) -> None:
    """Raise `Cancelled` when asked to stop."""
    if cancel.is_set():
        raise Cancelled("Stopped.")


def check_voice(name: str) -> None:
    """Raise `InputError` for a voice that is not shipped."""
    if name not in ("", "auto", *voices()):
        raise InputError(f"There is no voice called {name!r}; choose auto or one of {', '.join(voices())}.")


def take_seed(seed: int, number: int) -> int:
    """The seed of take `number` (1, 2, …): asked for alone, it gives the same take."""
    return (seed + number - 1) % SEEDS


def compose_song(condition: Condition, seed: int, cancel: Event) -> tuple[Song, dict[str, float]]:
    """Draw a plan, fill it a few times, keep what the critic likes best, choose the instruments."""
    torch.set_num_threads(1)  # OpenMP keeps this per thread
    started = time.monotonic()
    model = checkpoint.generator()
    mixed = blend(condition.styles)
    chosen = choose_instruments(mixed, condition.controls, seed, sung=condition.vocal)
    if not chosen and not condition.vocal:
        raise InputError("Every part was refused, so nothing would sound; leave at least one of them in.")
    by_hand = tuple(lane for lane, _ in condition.controls.lane_instruments if lane in chosen)
    if condition.reference_mode == "accompany":
        along = {*by_hand, *lanes_of(condition.controls.wanted, chosen)}
        chosen = {lane: name for lane, name in chosen.items() if lane in along}
    silent = tuple(lane for lane in LANES if lane not in chosen)
    controls = replace(condition.controls,
                       wanted=(*condition.controls.wanted, *lanes_of(condition.controls.wanted, chosen), *by_hand),
                       unwanted=(*condition.controls.unwanted, *silent))
    condition = replace(condition, controls=controls)
    voice = choose_voice(condition, seed) if condition.vocal else None
    plan = draw_plan(condition, seed, vocal_range=voices()[voice].comfortable if voice else None)
    vibe = condition.reference_mode == "vibe"
    canvas = compose_canvas(plan, model, seed, cancel,
                            near=condition.reference if condition.reference_mode != "restyle" else None,
                            tune=condition.reference.melody if vibe and not condition.melody else ())
    if plan.syllables:
        canvas = follow_tune(canvas, plan.syllables)
    if condition.as_busy:
        canvas = as_busy(canvas, controls.energy_curve, plan.tempo_bpm, condition.reference)
    elif controls.energy_curve:
        canvas = thin(canvas, controls.energy_curve, canvas.beats_per_bar * 60.0 / plan.tempo_bpm)
    song = Song(
        canvas=canvas, tempo_bpm=plan.tempo_bpm, tonic=plan.tonic, mode=plan.mode, swing=plan.swing,
        swing_unit=plan.swing_unit, sections=canvas.sections, styles=plan.styles, instruments=chosen,
        syllables=plan.syllables, voice=voice, singing=condition.singing,
        brightness=controls.brightness, production=condition.production,
        articulation=controls.articulation,
        ending=plan.ending, seed=seed, duration_s=controls.duration_s, energy_curve=controls.energy_curve,
        beat_tempi=plan.beat_tempi, lateness=plan.lateness)
    song = beside.only_new(song, condition)
    return song, {"compose": time.monotonic() - started}


def choose_voice(condition: Condition, seed: int) -> str:
    """The asked voice, else one that changes from take to take."""
    names = sorted(voices())
    return condition.voice or names[seed % len(names)]


def compose_canvas(plan: Plan, model: torch.nn.Module, seed: int, cancel: Event,
                   near: Reference | None = None, tune: tuple[GridNote, ...] = (),
                   harmonies: list[Canvas] | None = None) -> Canvas:
    """The best of `DRAWS` fillings of a plan, by the critic and the model's own likelihood; one whose melody quotes a
    training piece only where all do, or where the melody was given.

    Args:
        near: a track whose feel the filling should be near.
        tune: a melody of which no longer run may stand in the filling than chance gives.
        harmonies: the plan's canvas with its chords drawn, one for each filling; None = drawn here.
    """
    state = seed % 2**31
    if harmonies is None:
        harmonies = compose.draw_harmony(model, plan, seed=state, draws=DRAWS, cancel=cancel)
    canvases, likelihood = compose.draw_canvases(model, plan, harmonies, seed=state, cancel=cancel)
    lead = cards().get(max(plan.styles, key=plan.styles.get)) if plan.styles else None
    pcs = music.SCALE_PCS if lead is None else (*music.SCALE_PCS, *melody_pcs(lead.scale, plan.mode))
    merits = []
    for canvas, nats in zip(canvases, likelihood, strict=True):
        measures = music.measure(canvas, pcs)
        merits.append(criticise(canvas, measures) + music.score(measures) + 2.0 * float(nats))
        if near is not None:
            merits[-1] += nearness(canvas, plan.tempo_bpm, near)
        if tune and shared_run(canvas, tune) > MOST_SHARED:
            merits[-1] -= COPIED
    if not compose.given_melody(plan.canvas):
        quoted = [quotes(canvas) for canvas in canvases]
        merits = [merit if count == min(quoted) else -np.inf for merit, count in zip(merits, quoted, strict=True)]
    best = canvases[int(np.argmax(merits))]
    return without_runs(best, tune) if tune else best


def sound_take(song: Song, condition: Condition, asked: Mapping, timings: dict[str, float], number: int,
               cancel: Event, track: Audio | None = None) -> Take:
    """Perform, render, mix, master and judge one song.

    Args:
        track: a recording that is heard in the take itself (`engines.beside`).
    """
    marks = [time.monotonic()]
    performance = perform(song)
    points = beside.timing(song, condition, track) if track is not None else ()
    if track is not None and condition.reference_mode == "accompany":
        performance = retimed(performance, points)
    stop_if(cancel)
    stems = render_song(song, performance, asked, cancel)
    stop_if(cancel)
    marks.append(time.monotonic())
    mixed = mix(stems, song, performance, cancel=cancel)
    stop_if(cancel)
    if track is not None:
        mixed = beside.joined(mixed, condition, track, points)
        if condition.reference_mode == "continue":
            performance = retimed(performance, points)
    along = condition.reference_mode == "accompany"  # the track ends as it ends
    mastered = master(mixed.bus) if along else master_song(mixed.bus, song, performance)
    marks.append(time.monotonic())
    timings = timings | {"sound": marks[1] - marks[0], "mix": marks[2] - marks[1]}
    found = Sounded(Dry(song, performance, mixed), mixed, mastered)
    return judge_take(found, condition, asked, timings, number, cancel, timing=points)


def retake(recipe: Mapping, condition: Condition, cancel: Event, *, timings: dict[str, float] | None = None,
           shelf: Shelf | None = None) -> Take:
    """The take that an edited or remixed take's recipe holds; of the recipe only what `lineage.SCORE` names is read,
    "request" and "take"."""
    started = time.monotonic()
    found = sounded(recipe, shelf=shelf, cancel=cancel)
    timings = (timings or {}) | {"sound": time.monotonic() - started}
    history = {name: recipe[name] for name in ("parent", "mixer") if name in recipe}
    return judge_take(found, condition, recipe["request"], timings, recipe["take"], cancel, history)


def judge_take(found: Sounded, condition: Condition, asked: Mapping, timings: dict[str, float], number: int,
               cancel: Event, history: Mapping | None = None, timing: Sequence[tuple[float, float]] = ()) -> Take:
    """Measure a sounded song and write its recipe; `history` and `timing` as in `write_recipe`."""
    started = time.monotonic()
    song, performance, mastered = found.dry.song, found.dry.performance, found.mastered
    loudness = (mastered.integrated_lufs, mastered.true_peak_dbtp)
    checks = report(mastered.audio, found.mixed.stems, performance, song, condition, loudness=loudness)
    stop_if(cancel)
    told = summary(song, condition) + ("" if sampled.available() else f"; {sound_engine()}")
    done = ((history or {}).get("parent") or {}).get("edit", {}).get("words", "")
    told = f"{done[0].upper()}{done[1:]}. {told}" if done else told
    recipe = write_recipe(
        request=asked, condition=condition, song=song, performance=performance, report=checks, loudness=loudness,
        duration_s=mastered.audio.duration_s, seed=song.seed, take=number,
        timings_s=timings | {"judge": time.monotonic() - started},
        sounded_by={part.lane: sounded_by(part) for part in performance.parts},
        kept=own_voice.LANE if own_voice.LANE in found.mixed.stems else "", sound_engine=sound_engine(),
        engine="embedded", summary=told, history=history, timing=timing,
        track_times=track_times(condition, performance))
    return Take(audio=mastered.audio, stems=found.mixed.stems, song=song, performance=performance, report=checks,
                recipe=recipe, seed=song.seed, summary=told)
