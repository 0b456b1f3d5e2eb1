"""When each phone of a sung line sounds. Vowels start on their notes; consonants before them take their time from
the note or rest that went before, as singers do. Owns the timeline, refuses to know spectra and pitch curves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from modules.errors import InputError
from modules.types import SungNote
from modules.vocoder.phones import NASALS, PAUSE, PHONES, VOWELS
from modules.vocoder.voicebank import Voicebank

REST_S = 0.18  # a shorter gap between notes is sung through
LINE_REST_S = 0.22  # a line's last note ends at least so long before the next line …
LINE_NOTE_SHARE = 0.6  # … but keeps this share of its length
VOWEL_SHARE = 0.4  # a vowel keeps at least this share of the time between two vowel onsets …
VOWEL_MIN_S = 0.07  # … or this much if that is less
SPOKEN_VOWEL_SHARE, SPOKEN_VOWEL_MIN_S = 0.35, 0.05  # speech gives its consonants more
CODA_OVERHANG = 0.5  # share of final consonants that may sound after the note's end when a rest follows
CONSONANT_MAX_S = 0.16  # phrase-final speech lengthens consonants more than a singer does
DOUBLE_LENGTH = 1.3  # a consonant that ends one syllable and starts the next is held this much longer
BREATH_BEFORE_S = 0.03  # silence kept between a rest's start and the next consonant


@dataclass(frozen=True)
class Phone:
    """A phone in time. `nucleus` marks what carries the note; `note` is the index of the note it belongs to."""

    symbol: str
    start_s: float
    end_s: float
    note: int
    nucleus: bool = False


@dataclass
class _Syllable:
    """While planning: a nucleus from `start_s` to `end_s` with the consonants round it."""

    start_s: float
    end_s: float
    note: int
    onset: list[str]
    nucleus: str
    spoken: bool = False
    coda: list[str] = field(default_factory=list)


def take_breaths(notes: Sequence[SungNote]) -> list[SungNote]:
    """The notes with those at line ends shortened where they leave no time to breathe."""
    result = list(notes)
    for i, (note, following) in enumerate(pairwise(notes)):
        if note.line_end and following.onset_s - note.offset_s < LINE_REST_S:
            shortest = note.onset_s + LINE_NOTE_SHARE * (note.offset_s - note.onset_s)
            result[i] = replace(note, offset_s=min(max(following.onset_s - LINE_REST_S, shortest), note.offset_s))
    return result


def split_syllable(phonemes: Sequence[str]) -> tuple[list[tuple[list[str], str]], list[str]]:
    """([(consonants before, nucleus), …], consonants after): one entry a vowel; without a vowel a sonorant sings.

    Raises:
        InputError: a symbol is not one of the 39 ARPAbet phones.
    """
    unknown = [p for p in phonemes if p not in PHONES]
    if unknown:
        raise InputError(f"{unknown[0]!r} is not a phoneme; ARPAbet without digits would be right, like AA or K.")
    nuclei = [i for i, p in enumerate(phonemes) if p in VOWELS]
    if not nuclei:  # "mm", "shh", "z": hum the nasal or liquid, else add the neutral vowel
        nuclei = [i for i, p in enumerate(phonemes) if p in NASALS or p in ("L", "R")][:1]
    if not nuclei:
        return [(list(phonemes), "AH")], []
    groups, start = [], 0
    for i in nuclei:
        groups.append((list(phonemes[start:i]), phonemes[i]))
        start = i + 1
    return groups, list(phonemes[start:])


def _syllables(notes: Sequence[SungNote]) -> list[_Syllable]:
    """Notes → nuclei; melisma notes lengthen the nucleus before them, and its coda waits until their end."""
    result: list[_Syllable] = []
    for index, note in enumerate(notes):
        if not note.phonemes:
            if result and note.onset_s - result[-1].end_s < REST_S:
                result[-1].end_s = note.offset_s
                continue
            coda = result[-1].coda if result else []
            vowel = result[-1].nucleus if result else "AA"
            if result:
                result[-1].coda = []
            result.append(_Syllable(note.onset_s, note.offset_s, index, [], vowel, coda=coda))
            continue
        groups, coda = split_syllable(note.phonemes)
        each_s = (note.offset_s - note.onset_s) / len(groups)
        for number, (onset, nucleus) in enumerate(groups):
            start = note.onset_s + number * each_s
            result.append(_Syllable(start, start + each_s, index, onset, nucleus, note.manner == "spoken"))
        result[-1].coda = coda
    return result


def _lengths(symbols: list[str], before: str, after: str, bank: Voicebank) -> list[float]:
    """Seconds of each consonant in speech, in its context."""
    context = [before, *symbols, after]
    return [min(bank.natural_s(*context[i:i + 3]), CONSONANT_MAX_S) for i in range(len(symbols))]


def _append(timeline: list[Phone], symbols: list[str], lengths: list[float], start_s: float, notes: list[int]) -> None:
    for symbol, length, note in zip(symbols, lengths, notes, strict=True):
        timeline.append(Phone(symbol, start_s, start_s + length, note))
        start_s += length


def plan_phones(notes: Sequence[SungNote], bank: Voicebank) -> list[list[Phone]]:
    """Phrases of contiguous phones, sorted; between phrases there is silence.

    Args:
        notes: sorted, not overlapping.
        bank: gives the consonants' lengths in speech.
    """
    syllables = _syllables(notes)
    phrases: list[list[Phone]] = []
    timeline: list[Phone] = []
    free_from_s = 0.0  # end of what sounds before a phrase
    for index, syllable in enumerate(syllables):
        if not timeline:
            lengths = _lengths(syllable.onset, PAUSE, syllable.nucleus, bank)
            room = max(syllable.start_s - free_from_s - BREATH_BEFORE_S, 0.0)
            scale = min(1.0, room / sum(lengths)) if lengths else 1.0
            scale = max(scale, 0.4)  # at the very start of a piece the vowel waits for its consonants
            start = max(syllable.start_s - scale * sum(lengths), free_from_s)
            _append(timeline, syllable.onset, [scale * x for x in lengths], start, [syllable.note] * len(lengths))
        vowel_start = timeline[-1].end_s if timeline else syllable.start_s
        following = syllables[index + 1] if index + 1 < len(syllables) else None
        if following is not None and following.start_s - syllable.end_s < REST_S:
            vowel_end = _join(timeline, syllable, following, vowel_start, bank)
            free_from_s = vowel_end
            continue
        lengths = _lengths(syllable.coda, syllable.nucleus, PAUSE, bank)
        rest = following.start_s - syllable.end_s if following is not None else 10.0
        overhang = min(CODA_OVERHANG * sum(lengths), 0.5 * rest)
        end = syllable.end_s + overhang
        room = end - vowel_start - _vowel_min(end - vowel_start, syllable.spoken)
        scale = min(1.0, room / sum(lengths)) if lengths else 1.0
        vowel_end = end - scale * sum(lengths)
        timeline.append(Phone(syllable.nucleus, vowel_start, vowel_end, syllable.note, True))
        _append(timeline, syllable.coda, [scale * x for x in lengths], vowel_end, [syllable.note] * len(lengths))
        phrases.append(timeline)
        free_from_s = timeline[-1].end_s
        timeline = []
    return phrases


def _vowel_min(window_s: float, spoken: bool) -> float:
    share, least_s = (SPOKEN_VOWEL_SHARE, SPOKEN_VOWEL_MIN_S) if spoken else (VOWEL_SHARE, VOWEL_MIN_S)
    return min(max(share * window_s, least_s), 0.75 * window_s)


def _join(timeline: list[Phone], syllable: _Syllable, following: _Syllable, vowel_start: float,
          bank: Voicebank) -> float:
    """Add a nucleus and all consonants up to the next nucleus; the next starts on its note."""
    coda, onset = list(syllable.coda), list(following.onset)
    doubled = bool(coda) and bool(onset) and coda[-1] == onset[0]
    if doubled:
        coda.pop()
    lengths = _lengths(coda + onset, syllable.nucleus, following.nucleus, bank)
    if doubled:
        lengths[len(coda)] *= DOUBLE_LENGTH
    window = following.start_s - vowel_start
    room = window - _vowel_min(window, syllable.spoken)
    scale = min(1.0, room / sum(lengths)) if lengths else 1.0
    vowel_end = following.start_s - scale * sum(lengths)
    timeline.append(Phone(syllable.nucleus, vowel_start, vowel_end, syllable.note, True))
    notes = [syllable.note] * len(coda) + [following.note] * len(onset)
    _append(timeline, coda + onset, [scale * x for x in lengths], vowel_end, notes)
    return vowel_end
