"""Does a person understand the singing, and is it singing? `python -m benchmarks.voice`: sixty lines of verse, said at
speech rhythm and sung in six styles by both voices, measured beside the raw speaker. The exit status is the number of
bounds missed. `--lines 12` takes every fifth line, for a quick look.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from threading import Event

import numpy as np
from scipy.signal import resample_poly

from benchmarks import voice_measures as measures
from benchmarks import voice_speech as speech
from benchmarks.tables import Row, show
from modules.conditions import lyrics as words
from modules.conditions.fuse import fuse
from modules.conditions.lexicon import dictionary, is_vowel
from modules.engines.embedded import compose_song
from modules.engines.hearing import hear
from modules.engines.replay import render_song
from modules.performance.perform import perform
from modules.studio.loudness import integrated_lufs
from modules.studio.mix import mix
from modules.types import Audio, Performance, Request, Song, SungNote
from modules.vocoder.articulation import plan_phones, take_breaths
from modules.vocoder.voice import sing, voices
from modules.vocoder.voicebank import load_voicebank

STYLES = ("pop_ballad", "indie_pop", "acoustic_folk", "soul", "synthwave", "bossa_nova")
TENS, FORTIES = 10, 40
RHYMES, WORD_POINTS = 6, 48
LEAD_S = 0.3
FEATURES = (1_000.0, 4_000.0)  # Hz: where words are understood
SEED = 5


@dataclass(frozen=True)
class Sung:
    """A line as sung: its notes, moved to the sound's start, float32 (n,) at 16 kHz, the line's number and text."""

    notes: tuple[SungNote, ...]
    samples: np.ndarray
    line: int
    text: str


def at_16k(audio: Audio) -> np.ndarray:
    return resample_poly(audio.mono.astype(float), 160, 441)


def at_speech_rhythm(line: str, voice: str) -> np.ndarray:
    """A line sung where the raw speaker has its vowels, at the nearest semitones, at 16 kHz."""
    spoken = speech.raw_speech(line, voice)
    syllables = [s for part in words.parse(line).lines for s in part]
    onsets = speech.vowel_times(spoken, len(syllables))
    times = (np.arange(len(spoken.f0_hz)) + 0.5) * speech.speaker.F0_STEP_S
    last = next(end for symbol, _, end in reversed(spoken.phones) if symbol != "_")
    notes = []
    for onset, end, syllable in zip(onsets, [*onsets[1:], max(last, onsets[-1] + 0.1)], syllables, strict=True):
        near = spoken.f0_hz[(times >= onset) & (times < onset + 0.12) & (spoken.f0_hz > 0)]
        hz = np.median(near) if len(near) else np.median(spoken.f0_hz[spoken.f0_hz > 0])
        notes.append(SungNote(LEAD_S + onset, LEAD_S + end, round(69 + 12 * np.log2(hz / 440)), 95,
                              syllable.phonemes))
    return at_16k(sing(notes, voice=voice, duration_s=notes[-1].offset_s + 0.4, seed=SEED))


def recognition(lines: list[str]) -> list[Row]:
    """Free recognition of each voice at speech rhythm and of its raw speaker."""
    rows = []
    for voice in voices():
        wrong = {"raw": 0, "ours": 0}
        total = 0
        for line in lines:
            right = speech.words_of(line)
            total += len(right)
            wrong["raw"] += speech.word_errors(right, speech.recognised(speech.raw_speech(line, voice).samples))
            wrong["ours"] += speech.word_errors(right, speech.recognised(at_speech_rhythm(line, voice)))
        raw, ours = wrong["raw"] / total, wrong["ours"] / total
        rows.append(Row(f"{voice}: words misheard at speech rhythm, raw + .10 at most", f"{ours:.2f} (raw {raw:.2f})",
                        ours <= raw + 0.10))
    return rows


def songs(lines: list[str]) -> list[tuple[Song, dict[int, str]]]:
    """A song in each style with its share of the lines, by number."""
    found = []
    for number, style in enumerate(STYLES):
        first, last = (n * len(lines) // len(STYLES) for n in (number, number + 1))
        share = dict(enumerate(lines[first:last], first))
        request = Request(styles={style: 1.0}, lyrics="\n".join(share.values()), takes=1, seed=SEED,
                          voice=list(voices())[number % 2])
        song, _ = compose_song(fuse(request, hear(request)), SEED, Event())
        found.append((song, share))
    return found


def vocal_of(performance: Performance):
    return next(part for part in performance.parts if part.lane == "vocal")


def by_line(sung: Iterable[SungNote]) -> list[list[SungNote]]:
    """Notes of each line."""
    out: list[list[SungNote]] = [[]]
    for note in sung:
        out[-1].append(note)
        if note.line_end:
            out.append([])
    return [part for part in out if part]


def sing_lines(song: Song, share: dict[int, str], voice: str) -> tuple[list[Sung], int]:
    """A song's lines sung alone by a voice, and how many of their syllables are missing."""
    notes = vocal_of(perform(replace(song, voice=voice))).sung
    sound = at_16k(sing(notes, voice=voice, duration_s=notes[-1].offset_s + 0.5, seed=SEED))
    out, missing = [], 0
    wanted = [sum(len(part) for part in words.parse(line).lines) for line in share.values()]
    for (number, text), count, part in zip(share.items(), wanted, by_line(notes), strict=False):
        start = max(part[0].onset_s - 0.25, 0.0)
        heard = sound[int(start * speech.RATE):int((part[-1].offset_s + 0.25) * speech.RATE)]
        moved = tuple(replace(n, onset_s=n.onset_s - start, offset_s=n.offset_s - start) for n in part)
        missing += count - sum(bool(n.phonemes) for n in part)
        out.append(Sung(moved, heard, number, text))
    return out, missing + sum(wanted[len(out):])


def templates(lines: list[str]) -> np.ndarray:
    """(lines, speakers, points, features): every line by speakers whom no voice was made from."""
    return np.stack([[measures.trace(speech.other_speech(line, name).samples) for name in speech.OTHERS]
                     for line in lines])


def ranked(heard: np.ndarray, table: np.ndarray, line: int) -> tuple[bool, bool, float]:
    """(first of ten, first of forty, margin among forty) of a sound that should be a line of the table."""
    others = np.random.default_rng(line).permutation(np.delete(np.arange(len(table)), line))
    far = measures.nearness(heard, table)
    tens, forties = far[others[:TENS - 1]].min(), far[others[:FORTIES - 1]].min()
    return far[line] < tens, far[line] < forties, (forties - far[line]) / far[line]


def understanding(sung: dict[str, list[Sung]], table: np.ndarray, where: str = "sung") -> list[Row]:
    """Whether the right line is nearest among others, sung and raw."""
    rows = []
    for voice, parts in sung.items():
        found = np.array([ranked(part.samples, table, part.line) for part in parts], float).mean(axis=0)
        raw = np.array([ranked(speech.raw_speech(part.text, voice).samples, table, part.line)
                        for part in parts], float).mean(axis=0)
        rows += [Row(f"{voice} {where}: right line first of ten ≥ .97", f"{found[0]:.2f} (raw {raw[0]:.2f})",
                     found[0] >= 0.97),
                 Row(f"{voice} {where}: first of {min(FORTIES, len(table))} ≥ .95",
                     f"{found[1]:.2f} (raw {raw[1]:.2f})", found[1] >= 0.95),
                 Row(f"{voice} {where}: margin ≥ .8 of the raw voice's", f"{found[2]:.3f} (raw {raw[2]:.3f})",
                     found[2] >= 0.8 * raw[2])]
    return rows


def rhymes_of(line: str) -> list[tuple[str, ...]] | None:
    """A line's last word and five that rhyme with it, as phones; None where it has more than a syllable."""
    phones = dictionary().get(speech.words_of(line)[-1], "").split()
    at = [i for i, phone in enumerate(phones) if is_vowel(phone)]
    if len(at) != 1:
        return None
    tail = phones[at[0]:]
    rhymes = sorted({p for p in dictionary().values() if p.split()[-len(tail):] == tail and sum(
        is_vowel(x) for x in p.split()) == 1 and p.split() != phones})
    if len(rhymes) < RHYMES - 1:
        return None
    chosen = np.random.default_rng(len(line)).choice(len(rhymes), RHYMES - 1, replace=False)
    return [tuple(phones), *(tuple(rhymes[i].split()) for i in chosen)]


def rhyme_words(sung: dict[str, list[Sung]]) -> list[Row]:
    """Choosing a line's last word among six that rhyme: only its consonants tell."""
    rows = []
    for voice, parts in sung.items():
        right = {"sung": [], "raw": []}
        for part in parts:
            choices = rhymes_of(part.text)
            if choices is None:
                continue
            table = np.stack([[measures.trace(speech.other_speech(
                f"pau {' '.join(choice).lower()} pau", name, as_phones=True).samples, WORD_POINTS)
                for name in speech.OTHERS] for choice in choices])
            heads = [i for i, note in enumerate(part.notes) if note.phonemes]
            start, end = part.notes[heads[-1]].onset_s - 0.22, part.notes[-1].offset_s + 0.2
            spoken = speech.raw_speech(part.text, voice)
            vowel = speech.vowel_times(spoken, len(heads))[-1]
            pieces = {"sung": (part.samples, start, end), "raw": (spoken.samples, vowel - 0.22, vowel + 0.7)}
            for name, (samples, first, last) in pieces.items():
                cut = samples[max(int(first * speech.RATE), 0):int(last * speech.RATE)]
                right[name].append(measures.nearness(cut, table, WORD_POINTS).argmin() == 0)
        found, raw = np.mean(right["sung"]), np.mean(right["raw"])
        chance = 1 / RHYMES
        rows.append(Row(f"{voice}: last word among six rhymes, halfway from chance to raw",
                        f"{found:.2f} (raw {raw:.2f}, chance {chance:.2f}; {len(right['raw'])} words)",
                        found >= (chance + raw) / 2))
    return rows


def singing(sung: dict[str, list[Sung]], missing: dict[str, int]) -> list[Row]:
    """Timing, pitch and smoothness of the voices alone."""
    rows = []
    for voice, parts in sung.items():
        onsets, pitches, borders, raw_borders, unheard, syllables = [], [], [], [], missing[voice], 0
        for part in parts:
            heads = [n for n in part.notes if n.phonemes]
            syllables += len(heads)
            onsets.append(measures.vowel_onset_errors(part.samples, np.array([n.onset_s for n in heads])))
            pitches.append(measures.pitch_errors(part.samples, [(n.onset_s, n.offset_s, n.midi) for n in part.notes]))
            level = np.array([np.sqrt(np.mean(part.samples[int(n.onset_s * speech.RATE):
                                                           int((n.onset_s + 0.1) * speech.RATE)] ** 2)) for n in heads])
            unheard += int((level < 10 ** (-45 / 20)).sum())
            phones = plan_phones(take_breaths(part.notes), load_voicebank(voice))
            borders.append(measures.border_flux(part.samples, [p.end_s for phrase in phones for p in phrase]))
            raw = speech.raw_speech(part.text, voice)
            raw_borders.append(measures.border_flux(raw.samples, [end for _, _, end in raw.phones]))
        onset = np.concatenate(onsets)
        onset = np.abs(onset[np.isfinite(onset)])
        pitch = np.concatenate(pitches)
        flux, raw_flux = (np.percentile(np.concatenate(x), 99) for x in (borders, raw_borders))
        rows += [
            Row(f"{voice}: syllables not sung, none", f"{unheard} of {syllables + missing[voice]}", unheard == 0),
            Row(f"{voice}: vowels within 30 ms of their notes ≥ .95",
                f"{(onset <= 0.03).mean():.3f} of {len(onset)} with an edge (median {1000 * np.median(onset):.0f} ms, "
                f"90 % {1000 * np.percentile(onset, 90):.0f} ms)", (onset <= 0.03).mean() >= 0.95),
            Row(f"{voice}: pitch of steady parts within 10 cents on average",
                f"{pitch.mean():.1f} cents over {len(pitch)} notes", pitch.mean() <= 10),
            Row(f"{voice}: change at borders of phones, 99 %, no more than raw", f"{flux:.1f} dB (raw {raw_flux:.1f})",
                flux <= raw_flux)]
    return rows


def speed(song: Song) -> list[Row]:
    """Compute seconds for thirty seconds of singing."""
    rows = []
    for voice in voices():
        notes = vocal_of(perform(replace(song, voice=voice))).sung
        notes = [note for note in notes if note.offset_s < notes[0].onset_s + 30.0]
        long_s = notes[-1].offset_s - notes[0].onset_s
        load_voicebank(voice)
        started = time.process_time()
        sing(notes, voice=voice, duration_s=notes[-1].offset_s, seed=SEED)
        took = (time.process_time() - started) * 30.0 / long_s
        rows.append(Row(f"{voice}: thirty seconds of singing ≤ 3 s of computing", f"{took:.1f} s", took <= 3.0))
    return rows


def in_the_mix(songs_of: list[tuple[Song, dict[int, str]]], table: np.ndarray) -> list[Row]:
    """The vocal against the band, and the right line from the whole mix."""
    levels, bands, places = [], [], []
    for song, share in songs_of:
        performance = perform(song)
        mixed = mix(render_song(song, performance, {}), song, performance)
        vocal = mixed.stems["vocal"]
        rest = Audio(sum(stem.samples for lane, stem in mixed.stems.items() if lane != "vocal"), vocal.sample_rate)
        lines = by_line(vocal_of(performance).sung)
        sounding = np.zeros(vocal.samples.shape[1], bool)
        for line in lines:
            sounding[int(line[0].onset_s * vocal.sample_rate):int(line[-1].offset_s * vocal.sample_rate)] = True
        cut = [Audio(np.ascontiguousarray(x.samples[:, sounding]), x.sample_rate) for x in (vocal, rest)]
        levels.append(integrated_lufs(cut[0]) - integrated_lufs(cut[1]))
        power = [np.abs(np.fft.rfft(x.mono)) ** 2 for x in cut]
        hz = np.fft.rfftfreq(int(sounding.sum()), 1 / vocal.sample_rate)
        band = (hz > FEATURES[0]) & (hz < FEATURES[1])
        bands.append(10 * np.log10(power[0][band].sum() / power[1][band].sum()))
        whole = at_16k(mixed.bus)
        for number, line in zip(share, lines, strict=False):
            heard = whole[int(max(line[0].onset_s - 0.25, 0) * speech.RATE):
                          int((line[-1].offset_s + 0.25) * speech.RATE)]
            places.append(ranked(heard, table, number)[:2])
    tens, forties = np.array(places, float).mean(axis=0)
    return [Row("vocal over band while it sings, LU", f"{min(levels):.1f} … {max(levels):.1f}"),
            Row("vocal over band in 1–4 kHz, dB", f"{min(bands):.1f} … {max(bands):.1f}"),
            Row("in the whole mix: right line first of ten, of forty", f"{tens:.2f}, {forties:.2f}")]


def main(n_lines: int) -> int:
    lines = speech.verse()
    lines = lines[::max(len(lines) // n_lines, 1)]
    misses = show("said at speech rhythm", recognition(lines))
    written = songs(lines)
    table = templates(lines)
    sung: dict[str, list[Sung]] = {}
    missing: dict[str, int] = {}
    for voice in voices():
        parts = [sing_lines(song, share, voice) for song, share in written]
        sung[voice] = [line for found, _ in parts for line in found]
        missing[voice] = sum(lost for _, lost in parts)
    misses += show("sung in six styles", [*singing(sung, missing), *speed(written[0][0])])
    misses += show("understood when sung", [*understanding(sung, table), *rhyme_words(sung)])
    misses += show("in the mix", in_the_mix(written, table))
    return misses


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=60)
    sys.exit(main(parser.parse_args().lines))
