"""Are words read and set as a singer would? `python -m benchmarks.words`. The exit status is the number of misses.

Reading: the letter model on the words that it was not trained on. Setting: sixty lines of verse (`verse.txt`) in six
styles, beside how real songs set theirs (`real_words.json`, written by `benchmarks.real_words`). Songs: verse, chorus,
second verse and chorus again, composed in each style.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Event

import numpy as np

from benchmarks.tables import Row, show
from benchmarks.word_setting import as_set, measure
from modules.assets import asset
from modules.canvas.vocabulary import STEPS_PER_BEAT
from modules.conditions import letters
from modules.conditions.line_rhythm import STRENGTH, prominence
from modules.conditions.lyrics import LyricPlan, parse, place, rhyme_scheme
from modules.engines.embedded import compose_song
from modules.performance.perform import perform
from modules.styles.cards import cards
from modules.training import lexicon as training
from modules.types import Condition, Controls, Lyrics, Performance, Song
from modules.vocoder.voice import voices

HERE = Path(__file__).parent
STYLES = ("pop_ballad", "indie_pop", "country_waltz", "sea_shanty", "synthwave", "acoustic_folk")
SEEDS = (0, 1)
MOST_RATE = 6.0  # syllables a second that can still be understood when sung
SONG = ("[verse]\n{0}\n\n[chorus]\n{1}\n\n[verse]\n{2}\n\n[chorus]")


@dataclass(frozen=True)
class Setting:
    """The verse as placed in one style."""

    lyrics: Lyrics
    plan: LyricPlan
    tempo_bpm: float


def verse() -> str:
    """The sixty lines, stanzas apart."""
    lines = (HERE / "verse.txt").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))


def reading_rows() -> list[Row]:
    """Phone error, syllables and stress of words that the letter model never saw, nor their relatives."""
    with gzip.open(asset("lexicon/cmudict.txt.gz"), "rt", encoding="utf-8") as file:
        words = {word: tuple(phones.split()) for word, _, phones in (line.strip().partition(" ") for line in file)}
    found = training.measure(words)
    some = sorted(training.held_out(word for word in words if "(" not in word))[::30]
    started = time.process_time()
    for word in some:
        letters.guess_all([word])
    each_ms = 1000 * (time.process_time() - started) / len(some)
    n = found["held_out_words"]
    return [
        Row(f"phone error on {n:,} held-out words, by word family ≤ 8 %", f"{found['phone_error']:.1%}",
            found["phone_error"] <= 0.08),
        Row("the same against the first pronunciation only", f"{found['phone_error_first']:.1%}"),
        Row("the same with stress", f"{found['phone_error_with_stress']:.1%}"),
        Row("whole word right", f"{1 - found['word_error']:.1%}"),
        Row("number of syllables right ≥ 95 %", f"{1 - found['syllable_count_error']:.1%}",
            found["syllable_count_error"] <= 0.05),
        Row("main stress right, words of several syllables", f"{1 - found['stress_error']:.1%}"),
        Row("a word alone ≤ 10 ms of CPU", f"{each_ms:.1f} ms", each_ms <= 10)]


def settings() -> list[Setting]:
    """The verse placed in every style."""
    lyrics = parse(verse())
    out = []
    for style in STYLES:
        card = cards()[style]
        for seed in SEEDS:
            tempo = card.tempo[1]
            out.append(Setting(lyrics, place(lyrics, meter=card.meter, tempo_bpm=tempo, seed=seed, lead_in=True),
                               tempo))
    return out


def setting_rows(all_settings: list[Setting]) -> list[Row]:
    """How the verse is set, beside real songs."""
    real = json.loads((HERE / "real_words.json").read_text(encoding="utf-8"))
    ours = [measure(as_set(one.plan.syllables, one.plan.meter)) for one in all_settings]
    once = all([p.syllable for p in one.plan.syllables] == [s for line in one.lyrics.lines for s in line]
               and all(a.step + a.length <= b.step for a, b in pairwise(one.plan.syllables)) for one in all_settings)
    rows = [Row(f"every syllable of {len(all_settings[0].lyrics.lines)} lines once and in order", f"{once}", once)]

    def beside(name: str, label: str, least: float | None = None, most: float | None = None) -> None:
        mean = float(np.mean([figures[name] for figures in ours]))
        songs = f"songs {real['openewld'][name]:.2f}, lieder {real['lieder'][name]:.2f}"
        holds = None if least is None and most is None else (
            (least is None or mean >= least) and (most is None or mean <= most))
        rows.append(Row(label, f"{mean:.2f} ({songs})", holds))

    def most_real(name: str) -> float:
        return max(real["openewld"][name], real["lieder"][name])

    beside("in_word", "stressed syllable stronger than its light neighbours in the word ≥ real",
           most_real("in_word"))
    beside("stressed_stronger", "stressed syllable stronger than any light neighbour ≥ real",
           most_real("stressed_stronger"))
    beside("stressed_weaker", "… weaker ≤ real", most=min(real[c]["stressed_weaker"] for c in ("openewld", "lieder")))
    beside("stressed_on_beat", "stressed syllables on a beat ≥ real", most_real("stressed_on_beat"))
    beside("light_on_strong", "function words and light syllables on a bar line or half bar ≤ real",
           most=min(real[c]["light_on_strong"] for c in ("openewld", "lieder")))
    beside("longer", "gap after a stressed syllable over that after a light one > 1.1", 1.1)
    beside("end_on_beat", "a line's last stress on a beat ≥ .9", 0.9)
    beside("ends_heard", "line ends of 1.75 times the usual gap ≥ real", most_real("ends_heard"))
    beside("end_gap", "line end over the usual gap, median")
    beside("per_beat", "syllables a beat")
    rates = np.array([rate for one in all_settings for rate in line_rates(one)])
    rows.append(Row(f"syllables a second within a line: median, 95th percentile ≤ {MOST_RATE:g}",
                    f"{np.median(rates):.1f}, {np.percentile(rates, 95):.1f}", np.percentile(rates, 95) <= MOST_RATE))
    alike = np.mean([same for one in all_settings for same in rhymes_alike(one)])
    rows.append(Row("rhyming lines with their last stress at one place of the bar ≥ .95", f"{alike:.2f}",
                    alike >= 0.95))
    even = np.mean([bars == usual for one in all_settings for bars, usual in stanza_bars(one)])
    rows.append(Row("lines as long as their stanza's others, in bars ≥ .9", f"{even:.2f}", even >= 0.9))
    return rows


def line_rates(setting: Setting) -> list[float]:
    """Syllables a second of each line, first onset to last."""
    step_s = 60 / setting.tempo_bpm / STEPS_PER_BEAT[setting.plan.meter]
    out = []
    for line in as_set(setting.plan.syllables, setting.plan.meter):
        span = (line[-1].onset - line[0].onset) * STEPS_PER_BEAT[setting.plan.meter] * step_s
        if len(line) > 2:
            out.append((len(line) - 1) / span)
    return out


def rhymes_alike(setting: Setting) -> list[bool]:
    """For each line that rhymes with an earlier one of its stanza: whether both end at one place of the bar."""
    size = len(STRENGTH[setting.plan.meter])
    ends: list[int] = []
    at = 0
    for line in setting.lyrics.lines:
        wish = prominence(line)
        last = max(i for i in range(len(line)) if wish[i] == 1.0 and line[i].word_index == line[-1].word_index)
        ends.append(setting.plan.syllables[at + last].step % size)
        at += len(line)
    first: dict[tuple[int, str], int] = {}
    out = []
    for line, letter in enumerate(rhyme_scheme(setting.lyrics)):
        key = (setting.lyrics.stanzas[line], letter)
        if key in first:
            out.append(ends[line] == ends[first[key]])
        first.setdefault(key, line)
    return out


def stanza_bars(setting: Setting) -> list[tuple[int, int]]:
    """(bars of a line, bars of most lines of its stanza) for every line."""
    out = []
    for stanza in sorted(set(setting.lyrics.stanzas)):
        bars = [n for n, s in zip(setting.plan.line_bars, setting.lyrics.stanzas, strict=True) if s == stanza]
        usual = Counter(bars).most_common(1)[0][0]
        out += [(n, usual) for n in bars]
    return out


def songs() -> list[tuple[Song, Performance]]:
    """A song of two verses and a chorus in each style."""
    stanzas = [stanza for stanza in verse().split("\n\n") if stanza.strip()]
    out = []
    for index, style in enumerate(STYLES):
        words = SONG.format(*(stanza.strip() for stanza in stanzas[2 * index:2 * index + 3]))
        condition = Condition(styles={style: 1.0}, controls=Controls(), lyrics=parse(words), vocal=True)
        song, _ = compose_song(condition, index, Event())
        out.append((song, perform(song)))
    return out


def song_rows(made: list[tuple[Song, Performance]]) -> list[Row]:
    """What the generator makes of it: the words in order, returning tunes, the voice's range."""
    in_order, chorus, second, inside = [], [], [], []
    for song, performance in made:
        sung = next(part.sung for part in performance.parts if part.sung)
        in_order.append([note.text for note in sung if note.phonemes] == [p.syllable.text for p in song.syllables])
        low, high = voices()[song.voice].comfortable
        inside += [low <= note.midi <= high for note in sung]
        pitch = {note.step: note.midi for note in song.canvas.notes("melody")}
        for section in song.sections:
            if section.source is None:
                continue
            origin = song.sections[section.source]
            shift = (section.start_bar - origin.start_bar) * song.canvas.steps_per_bar
            steps = [p.step for p in song.syllables if section.start_bar <= p.step // song.canvas.steps_per_bar
                     < section.start_bar + section.bars]
            same = [pitch.get(step) == pitch[step - shift] for step in steps if step - shift in pitch]
            if section.name == "chorus":
                chorus += [*same, *[False] * (len(steps) - len(same))]
            else:
                second += same
    return [
        Row(f"{len(made)} songs: every syllable sung once and in order", f"{all(in_order)}", all(in_order)),
        Row("notes of a returning chorus as they were ≥ .95", f"{np.mean(chorus):.2f}", np.mean(chorus) >= 0.95),
        Row("second verse: notes where the first has one, on its pitch ≥ .8", f"{np.mean(second):.2f}",
            np.mean(second) >= 0.8),
        Row("sung notes within the voice's comfortable range ≥ .98", f"{np.mean(inside):.3f}",
            np.mean(inside) >= 0.98)]


def main() -> int:
    misses = show("words are read", reading_rows())
    misses += show("verse is set, in six styles", setting_rows(settings()))
    misses += show("songs", song_rows(songs()))
    return misses


if __name__ == "__main__":
    sys.exit(main())
