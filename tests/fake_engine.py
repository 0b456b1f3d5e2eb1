"""A quick engine and quick listeners for tests of the page: sine arpeggios, real `Audio`, real types, no models."""

from __future__ import annotations

import json
import time
import wave
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import soundfile

from modules.audio.tags import read_recipe
from modules.canvas.canvas import Canvas
from modules.conditions.midi_tune import is_midi, read_tune
from modules.conditions.recall import plain
from modules.engines.lineage import Change, child_of
from modules.errors import Cancelled, EngineUnavailable, InputError
from modules.studio.export import KINDS
from modules.studio.mix_sheet import read_sheet, sheet_json
from modules.types import (
    Audio,
    Check,
    ChordSpan,
    Controls,
    Finding,
    GridNote,
    Hum,
    HumBeat,
    HumNote,
    Lyrics,
    Part,
    Performance,
    PlayedNote,
    Progress,
    Reference,
    Request,
    Section,
    SectionSpan,
    Song,
    SungNote,
    Syllable,
    Take,
    TextReading,
)
from modules.ui.faces import Face, face_of, write_face
from modules.ui.listeners import Listeners
from modules.ui.sound_plots import sound_pictures
from modules.ui.track_plots import track_pictures
from modules.ui.workshop import Workshop

SAMPLE_RATE = 22_050
CHORDS = (("Am", 9, (57, 60, 64)), ("F", 5, (53, 57, 60)), ("C", 0, (48, 52, 55)), ("G", 7, (55, 59, 62)))


def tone(midi: float, duration_s: float, level: float = 0.2) -> np.ndarray:
    """A decaying sine, float32 (n,)."""
    t = np.arange(int(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    return (level * np.sin(2 * np.pi * 440 * 2 ** ((midi - 69) / 12) * t) * np.exp(-2 * t)).astype(np.float32)


def hum_file(path: Path, duration_s: float = 3.0) -> Path:
    """Write a steady rising hum as 16-bit WAV."""
    sound = np.concatenate([tone(m, duration_s / 5, 0.4) for m in (60, 62, 64, 67, 64)])
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    return path


def fake_take(request: Request, seed: int) -> Take:
    """An eight-bar arpeggio over vi–IV–I–V with drums; melody drawn from the seed; sung if there are lyrics."""
    rng = np.random.default_rng(seed)
    tempo = request.controls.tempo_bpm or 120.0
    bar_s = 240.0 / tempo
    bars = max(2, round((request.controls.duration_s or 16.0) / bar_s))
    duration = bars * bar_s
    melody, comp, drums, bass = [], [], [], []
    for bar in range(bars):
        notes = CHORDS[bar % 4][2]
        for eighth in range(8):
            at = bar * bar_s + eighth * bar_s / 8
            comp.append(PlayedNote(at, at + bar_s / 8, notes[eighth % 3], 70))
            drums.append(PlayedNote(at, at + 0.05, 36 if eighth % 4 == 0 else 38 if eighth % 4 == 2 else 42, 90))
            if rng.random() < 0.6:
                melody.append(PlayedNote(at, at + bar_s / 8, int(rng.choice([69, 72, 74, 76, 79])), 90))
        bass.append(PlayedNote(bar * bar_s, (bar + 1) * bar_s, notes[0] - 12, 80))
    parts = [Part("melody", "flute", 73, False, tuple(melody)), Part("comp", "electric_piano", 4, False, tuple(comp)),
             Part("bass", "upright_bass", 32, False, tuple(bass)), Part("drums", "kit_standard", 0, True, tuple(drums))]
    words = request.lyrics.replace("[verse]", "").replace("[chorus]", "").split()
    lyrics = [{"text": w, "syllable": w, "onset_s": n.onset_s, "offset_s": n.offset_s, "midi": n.midi}
              for w, n in zip(words, melody)]
    if lyrics:
        sung = tuple(SungNote(n["onset_s"], n["offset_s"], n["midi"], 90, ("AH",), n["text"]) for n in lyrics)
        parts[0] = Part("vocal", "voice", 53, False, (), sung=sung)
    stems = {}
    for part in parts:
        line = np.zeros(int((duration + 1) * SAMPLE_RATE), np.float32)
        for note in (*part.notes, *part.sung):
            sound = tone(note.midi, min(note.offset_s - note.onset_s + 0.2, 1.0))
            start = int(note.onset_s * SAMPLE_RATE)
            line[start:start + len(sound)] += sound[:len(line) - start]
        stems[part.lane] = Audio(np.stack([line, line]) * 0.5, SAMPLE_RATE)
    half = bars // 2
    plan = (Section("verse", 0, half, 3), Section("chorus", half, bars - half, 6))
    song = Song(Canvas.empty("4/4", plan), tempo, 9, "minor", 0.5, 8, plan, {"bossa_nova": 1.0},
                {p.lane: p.instrument for p in parts}, seed=seed)
    report = (Check("tempo", "120 BPM" if request.controls.tempo_bpm else "", f"{tempo:.0f} BPM", 1.0, "yes"),
              Check("key", "", "A minor", None, "heard"), Check("melody", "your hum", "82 % of it", 0.82, "near"),
              Check("drums", "none", "a kit", 0.0, "no"))
    recipe = {
        "engine": "fake", "seed": seed, "duration_s": duration, "tempo_bpm": tempo, "key": "A minor", "meter": "4/4",
        "request": {"prompt": request.prompt, "negative": request.negative, "lyrics": request.lyrics,
                    "seed": request.seed, "takes": request.takes, "engine": request.engine, "voice": request.voice,
                    "styles": dict(request.styles), "faithfulness": request.faithfulness,
                    "set_aside": list(request.set_aside), "controls": plain(request.controls),
                    "hum": {"notes": 5} if request.hum else None, "hum_name": request.hum_name},
        "styles": {"bossa_nova": 1.0}, "take": seed - request.seed + 1,
        "lanes": [{"name": part.lane, "instrument": part.instrument} for part in parts],
        "sections": [{"name": s.name, "start_bar": s.start_bar, "bars": s.bars, "start_s": s.start_bar * bar_s,
                      "end_s": (s.start_bar + s.bars) * bar_s} for s in plan],
        "chords": [{"start_s": b * bar_s, "end_s": (b + 1) * bar_s, "name": CHORDS[b % 4][0]} for b in range(bars)],
        "track_times": [[b * bar_s, b * bar_s * 0.75 + 0.3] for b in range(bars)]
        if request.reference_mode == "restyle" and request.reference is not None else [],
        "lyrics": lyrics, "loudness": {"integrated_lufs": -14.0, "true_peak_dbtp": -1.0},
    }
    audio = Audio(np.clip(sum(stem.samples for stem in stems.values()), -1, 1).astype(np.float32), SAMPLE_RATE)
    performance = Performance(tuple(parts), duration + 1, ((0.0, tempo),),
                              tuple(b * bar_s for b in range(bars)), "4/4")
    return Take(audio, stems, song, performance, report, recipe, seed,
                f"Warm bossa nova at {tempo:.0f} BPM in A minor, {duration:.0f} s: flute over electric piano.")


class FakeEngine:
    """Yields takes after `steps` progress steps each, `pause_s` seconds apart; "slow" in a prompt: 6 s a take."""

    name = "embedded"

    def __init__(self, *, pause_s: float = 0.02, steps: int = 4, reason: str | None = None) -> None:
        self.pause_s, self.steps, self.reason = pause_s, steps, reason
        self.requests: list[Request] = []

    def available(self) -> str | None:
        return self.reason

    def takes(self, request: Request, cancel: Event) -> Iterator[Progress | Take]:
        self.requests.append(request)
        if "impossible" in request.prompt:
            raise InputError("the prompt asks for the impossible; ask for something else.")
        if "crash" in request.prompt:
            raise RuntimeError("a defect in the engine")
        steps = 60 if "slow" in request.prompt else self.steps
        for number in range(request.takes):
            for step in range(steps):
                if cancel.wait(self.pause_s if steps == self.steps else 0.1):
                    raise Cancelled("Stopped.")
                yield Progress((number + step / steps) / request.takes, f"Take {number + 1}: composing")
            yield fake_take(request, request.seed + number)


def read_text(prompt: str, negative: str) -> TextReading:
    findings = [Finding("style", "bossa nova", prompt[:12])] if prompt else []
    if "bpm" in prompt.lower():
        findings.append(Finding("tempo", "90 BPM", "90 bpm"))
    if negative:
        findings.append(Finding("without", negative, negative))
    return TextReading({"bossa_nova": 1.0} if prompt else {}, Controls(), tuple(findings))


def read_audio(path: Path) -> Audio:
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise InputError(f"{Path(path).name} is no sound file; a WAV, MP3, FLAC or OGG would be right.") from error
    return Audio(np.ascontiguousarray(samples.T), rate)


def read_hum(path: Path, beat: HumBeat) -> Hum:
    if is_midi(path):
        return read_tune(path)
    sound = read_audio(path)
    if np.abs(sound.samples).max() < 1e-3:
        raise InputError("the recording is silent; hum a little closer to the microphone.")
    step = sound.duration_s / 5
    midis = (60, 62, 64, 67, 64)
    notes = tuple(HumNote(i * step, (i + 0.9) * step, 440 * 2 ** ((m - 69) / 12), m, 0.9) for i, m in enumerate(midis))
    times = np.arange(0, sound.duration_s, 0.02)
    f0 = np.array([440 * 2 ** ((midis[min(int(t / step), 4)] + 0.2 * np.sin(30 * t) - 69) / 12) for t in times])
    f0[(times % step) > 0.9 * step] = 0
    return Hum(beat.tempo_bpm or 96.0, 0, "major", beat.meter or "4/4", -12.0, notes,
               tuple(GridNote(2 * i, 2, m) for i, m in enumerate(midis)),
               times, f0, np.ones_like(f0), findings=(Finding("phrase", "5 notes"),))


def read_reference(path: Path) -> Reference:
    sound = read_audio(path)
    length = sound.duration_s
    beats = np.arange(0, length, 0.5)
    energy = 0.5 + 0.4 * np.sin(np.arange(max(2, int(length))) / 3)
    return Reference(120.0, beats, beats[::4], "4/4", 9, "minor", 0.8, (ChordSpan(0, length, 9, "min"),),
                     (SectionSpan("verse", 0, length / 2), SectionSpan("chorus", length / 2, length)), energy, 0.6,
                     {"bossa_nova": 0.7, "lofi": 0.3}, "A warm, medium-tempo groove in A minor with soft drums.")


def read_lyrics(text: str) -> Lyrics:
    lines, sections, section = [], [], "verse"
    for raw in text.splitlines():
        if raw.strip().startswith("["):
            section = raw.strip(" []").lower()
        elif raw.strip():
            words = raw.split()
            lines.append(tuple(Syllable(w, ("AH",), int(i % 2 == 0), w, i, len(lines), section,
                                        last_in_line=i == len(words) - 1) for i, w in enumerate(words)))
            sections.append(section)
    return Lyrics(tuple(lines), tuple(sections), tuple(0 for _ in lines))


def export(take: Take, folder: Path) -> Mapping[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    sound = folder / f"earworm_{take.seed}.wav"
    soundfile.write(sound, take.audio.samples.T, take.audio.sample_rate)
    (folder / f"earworm_{take.seed}.mid").write_bytes(b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0")
    (folder / f"earworm_{take.seed}.json").write_text(json.dumps(take.recipe))
    return {"wav24": sound, "midi": folder / f"earworm_{take.seed}.mid", "recipe": folder / f"earworm_{take.seed}.json"}


def export_as(source: Path, kinds: Sequence[str], folder: Path) -> Mapping[str, Path]:
    out = {}
    for kind in kinds:
        if kind not in KINDS:
            raise InputError(f"{kind!r} is not a way to export; choose from {', '.join(KINDS)}.")
        out[kind] = folder / (source.name.split(".")[0] + KINDS[kind].suffix)
        out[kind].write_text(f"{kind} of seed {json.loads(source.read_text())['seed']}")
    return out


def draw_sound(path: Path) -> str:
    return sound_pictures(read_audio(path), json.loads(path.with_suffix(".json").read_text())["sections"])


def stems(take: Take, folder: Path) -> Mapping[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for lane, stem in take.stems.items():
        soundfile.write(folder / f"{lane}.wav", stem.samples.T, stem.sample_rate)
    return {lane: folder / f"{lane}.wav" for lane in take.stems}


def separate(path: Path, how: str, folder: Path) -> Mapping[str, Path]:
    if how == "demucs":
        raise EngineUnavailable("Demucs cannot run here: there is no network; the built-in way needs no download.")
    sound = read_audio(path)
    out = {}
    for name in ("voice", "drums", "rest"):
        out[name] = folder / f"{name}.wav"
        soundfile.write(out[name], sound.samples.T / 3, sound.sample_rate)
    return out


def write_original(track: Audio, path: Path) -> Path:
    path = path.with_suffix(".wav")
    soundfile.write(path, track.samples.T, track.sample_rate)
    return path


def reopen(source: Path, folder: Path) -> Face:
    text = read_recipe(source) if source.suffix in (".wav", ".mp3") else source.read_text()
    try:
        recipe = json.loads(text)
        asked = recipe["request"]
        take = fake_take(Request(prompt=asked["prompt"], lyrics=asked["lyrics"], seed=asked["seed"]), recipe["seed"])
        take = replace(take, recipe=recipe)
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{source.name} is not an Earworm recipe.") from None
    face = face_of(take, export(take, folder), {})
    write_face(face, folder)
    return face


def carry_out(recipe: Mapping, order: Mapping, cancel: Event) -> Iterator[Progress | Take]:
    """One take (three of a set), its seed one further; "slow" in `what`: 6 s."""
    if order.get("what") == "impossible":
        raise InputError("that cannot be done; ask for something else.")
    for number in range(3 if order["kind"] in ("moods", "progressions") else 1):
        for step in range(60 if order.get("what") == "slow" else 3):
            if cancel.wait(0.1 if order.get("what") == "slow" else 0.01):
                raise Cancelled("Stopped.")
            yield Progress(step / 60, "Writing it")
        take = fake_take(Request(prompt=recipe["request"]["prompt"]), recipe["seed"] + 1 + number)
        words = f"{order['kind']} {' and '.join(order.get('lanes') or ())} {order.get('what', '')}".strip()
        edit = {"kind": order["kind"], "what": order.get("what", ""), "words": words}
        mixer = {"mixer": sheet_json(read_sheet(order["sheet"]))} if order.get("sheet") else {}
        parent = child_of(recipe, edit, Change())
        yield replace(take, recipe={**take.recipe, **mixer, "parent": parent}, summary=f"{words}. {take.summary}")


def fake_workshop() -> Workshop:
    def play(recipe: Mapping) -> Performance:
        return fake_take(Request(), recipe["seed"]).performance

    def preview(recipe: Mapping, sheet: Mapping, path: Path) -> tuple[float, float]:
        soundfile.write(path, fake_take(Request(), recipe["seed"]).audio.samples.T, SAMPLE_RATE)
        return sheet["target_lufs"], -1.0

    def dry(recipe: Mapping, folder: Path) -> Mapping[str, Path]:
        return stems(fake_take(Request(), recipe["seed"]), folder)

    def loop(recipe: Mapping, bars: str, path: Path) -> float:
        soundfile.write(path, np.zeros(SAMPLE_RATE), SAMPLE_RATE)
        return 1.0

    return Workshop(carry_out, play, preview, dry, loop)


def fake_listeners() -> Listeners:
    return Listeners(read_text, read_hum, read_reference, read_lyrics, read_audio, export, stems, export_as, draw_sound,
                     lambda: ("alto", "baritone"), lambda path, heard: track_pictures(read_audio(path), heard),
                     separate, write_original, reopen, fake_workshop())


def main() -> None:
    """`python -m tests.fake_engine [port]`: the page with the fakes, to look at."""
    import sys

    from modules.ui.page import build_page, launch_options

    page = build_page(FakeEngine(pause_s=0.3), fake_listeners())
    page.launch(server_port=int(sys.argv[1]) if len(sys.argv) > 1 else 7861, prevent_thread_lock=True,
                **launch_options())
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
