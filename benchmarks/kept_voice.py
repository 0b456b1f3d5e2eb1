"""Is a kept voice in tune and on the beat, and is its timing followed? `python -m benchmarks.kept_voice [SEED]`.

Four public-domain tunes are hummed flat, sinking and unsteadily in time (`modules/training/example_hums.py`), made into
takes with "keep my voice", once on the grid and once in their own timing. The voice's stem, before the mix, is heard by
the pitch tracker of the humming condition against the notes of the take:

cents     median of each note, without its first 80 and last 60 ms
onset     seconds from where a note should begin to the nearest beginning that is heard
formants  mean difference of seven bands from 540 Hz to 4.4 kHz, 1.35 apart, against the recording
timing    rank correlation of how late each note of the take's tune is played and was sung
"""

from __future__ import annotations

import sys
import time
from threading import Event

import numpy as np
from scipy.stats import spearmanr

from benchmarks.tables import Row, show
from modules.conditions.fuse import Heard, fuse
from modules.conditions.hum_timing import positions
from modules.conditions.humming import listen
from modules.conditions.humming.notes import find_notes
from modules.conditions.humming.pitch import track_pitch
from modules.conditions.recall import read_hum
from modules.engines.embedded import compose_song
from modules.engines.own_voice import LANE, own_voice, place_voice
from modules.engines.recipe import request_json
from modules.performance.perform import perform, song_clock
from modules.training.example_hums import TUNES, synth_hum
from modules.types import Audio, Controls, Request

SUNG = ("ode_to_joy", "amazing_grace", "twinkle", "saints")
VOICE = {"timing_s": 0.05, "tuning_cents": -35, "drift_cents": -60, "vibrato_cents": 30, "breath": 0.03}


def bands_db(audio: Audio) -> np.ndarray:
    """Power in seven bands against the whole, dB."""
    power = np.abs(np.fft.rfft(audio.mono)) ** 2
    hz = np.fft.rfftfreq(len(audio.mono), 1 / audio.sample_rate)
    edges = 540 * 1.35 ** np.arange(8)
    return 10 * np.log10([power[(hz >= low) & (hz < high)].sum() / power.sum() for low, high in zip(edges, edges[1:])])


def main() -> int:
    """Print the table; 1 when a bound is missed."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    before, cents, onsets, formants, cpu, agreement = [], [], [], [], [], []
    for index, name in enumerate(SUNG):
        tune = TUNES[name]
        notes = tuple(note for note in tune.notes if note[0] * 60 / tune.tempo_bpm < 9)
        sound, _ = synth_hum(notes, tune.tempo_bpm, seed=seed + index, **VOICE)
        heard = Heard(hum=listen(sound))
        for follow in (False, True):
            request = Request(hum=sound, keep_voice=True, follow_timing=follow, controls=Controls(duration_s=16.0))
            song, _ = compose_song(fuse(request, heard), seed, Event())
            performance, asked = perform(song), request_json(request, heard)
            started = time.process_time()
            voice = own_voice(asked, song, performance)[LANE]
            cpu.append(time.process_time() - started)
            hum = read_hum(asked["hum"])
            spans = place_voice(hum, hum.grid, song, song_clock(song))
            track = track_pitch(voice)
            begun = np.array([note.onset_s for note in find_notes(track)])
            for span in spans:
                held = (track.times_s > span.target_s[0] + 0.08) & (track.times_s < span.target_s[1] - 0.06)
                if np.isfinite(track.midi[held]).sum() > 4:
                    cents.append(100 * abs(np.nanmedian(track.midi[held]) - span.pitches[0][1]))
                onsets.append(np.abs(begun - span.target_s[0]).min())
            before += [100 * abs(69 + 12 * np.log2(note.pitch_hz / 440) - note.midi) for note in hum.notes]
            formants.append(float(np.abs(bands_db(voice) - bands_db(sound)).mean()))
            if follow:
                late = dict(song.lateness)
                sung = positions(hum, [note.onset_s for note in hum.notes]) - [note.step for note in hum.grid]
                start = next(s.start_bar for s in song.sections if s.name != "intro") * song.canvas.steps_per_bar
                played = [late.get(start + note.step, 0.0) for note in hum.grid]
                agreement.append(float(spearmanr(sung, played)[0]))
    rows = [
        Row("as sung: cents off, median, 90 %", f"{np.median(before):.0f}, {np.percentile(before, 90):.0f}"),
        Row("tuned: cents off, median ≤ 6, 90 % ≤ 15", f"{np.median(cents):.1f}, {np.percentile(cents, 90):.1f}",
            bool(np.median(cents) <= 6 and np.percentile(cents, 90) <= 15)),
        Row("onsets off their place, median ≤ 15 ms, 90 % ≤ 40 ms",
            f"{1000 * np.median(onsets):.0f} ms, {1000 * np.percentile(onsets, 90):.0f} ms",
            bool(np.median(onsets) <= 0.015 and np.percentile(onsets, 90) <= 0.04)),
        Row("formants: bands differ by ≤ 3 dB", f"{np.mean(formants):.1f} dB", float(np.mean(formants)) <= 3),
        Row("own timing: rank correlation, sung and played ≥ .8", f"{np.mean(agreement):.2f}",
            float(np.mean(agreement)) >= 0.8),
        Row("CPU for a voice over 16 s, median", f"{np.median(cpu):.1f} s"),
    ]
    return min(1, show("a kept voice: four hums, on the grid and in their own timing", rows))


if __name__ == "__main__":
    sys.exit(main())
