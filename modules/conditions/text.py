"""The text condition: a prompt and a negative prompt become a `TextReading`.

The letter (tempo, key, instruments, negatives …) is read by grammars on canonical words, the spirit (styles) by the
sentence encoder. Same words in other case, spacing or punctuation mean the same. Knows nothing of canvases or sound;
values typed into sliders are checked elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from modules.conditions import text_course, text_grammar, text_manner, text_tempo, text_tune
from modules.conditions.instruments_grammar import lexicon, line_ups, look_up, only_spans
from modules.conditions.text_fold import Fold
from modules.conditions.text_scope import mark_negation
from modules.conditions.text_spelling import respell
from modules.conditions.text_styles import common_lanes, content, set_scenes, style_lexicon, weigh_styles
from modules.conditions.text_tongues import tell
from modules.conditions.text_words import Hit, Words, pattern
from modules.config import MAX_PROMPT_CHARS
from modules.styles.lookup import keep_best
from modules.types import Controls, TextReading

_LATER = pattern(r"(?:no|without)\s(?:\w+\s){1,3}?"
                 rf"(?P<until>(?:until|till|before|for the first)\s{text_course.TIME})")
_SHARED = ("energy", "complexity", "density", "brightness", "production", "swing", "register", "articulation")
_TECHNICAL = ("tempo", "key", "bad_key", "mode", "meter", "length", "bars", "moment", "form", "form_first", "form_last",
              "time_feel", "ending", "contour")
_PLAIN = re.compile(r"(?<![^ ])(?:(?:a|the) )?(?:tracks?|songs?|pieces?|please|(?:make|give|create|generate|write|"
                    r"compose)"
                    r"(?: me)?|i (?:want|need|would like))(?![^ ])")  # words that every prompt may have
SHOWN_CHARS = 120  # of a word-by-word reading
_LETTERS = re.compile(r"[^\W\d_]")


@lru_cache(maxsize=1)
def _book() -> dict[str, Hit]:
    return {**style_lexicon(), **lexicon()}


def _hits(words: Words) -> list[Hit]:
    """Everything understood in `words`, negation not yet considered, by position."""
    hits: list[Hit] = []
    for match in _LATER.finditer(words.text):
        words.take(*match.span("until"))
        hits.append(Hit(*match.span("until"), "moment", ("until", .25, text_course.read_time(match["time"]), None)))
    for read in (text_grammar.keys, text_tempo.tempos, text_grammar.meters, text_tune.contours, text_course.moments,
                 text_course.shapes, text_manner.endings, text_grammar.lengths):
        hits += read(words)
    hits += line_ups(words)
    hits += look_up(words, _book())
    set_scenes(words, hits)
    styles = [(hit.start, hit.end) for hit in hits if hit.kind == "style"]
    for read in (text_manner.vocals, text_course.forms, text_manner.scaled_words, text_manner.production,
                 text_manner.eras, text_tune.registers, text_tune.articulations):
        hits += read(words)
    hits += text_tempo.tempo_words(words, styles)
    spoken = [(hit.start, hit.end) for hit in hits if hit.kind in ("moment", "ending", "contour")]
    hits = [hit for hit in hits if hit.kind not in _SHARED or not any(a <= hit.start < b for a, b in spoken)]
    _name_solos(hits)
    return sorted(hits, key=lambda hit: (hit.start, hit.end))


def _name_solos(hits: list[Hit]) -> None:
    """A "sax solo" asks for the solo; "solo piano" does not."""
    ends = {hit.end for hit in hits if hit.kind == "instrument"}
    for hit in hits:
        if hit.kind == "section" and hit.value[0] == "solo" and hit.start - 1 in ends:
            hit.value = ("solo", True)


def _in_english(text: str, fold: Fold) -> str:
    """The text itself, or what a prompt in another language was read as, with a hint for the person."""
    told = tell(text)
    if told is None:
        return text
    if not told.english:
        fold.warn(f"This reads as {told.tongue}, and no word of it was understood; describe the music in English, for "
                  "example \"warm lofi hip hop, 82 BPM, no drums\".")
        return ""
    fold.warn(f"This reads as {told.tongue}; Earworm understands English best. It was read word by word as "
              f"\"{told.english[:SHOWN_CHARS]}\".")
    return told.english


@dataclass(frozen=True)
class _Study:
    """Words and hits of a prompt and its negative box, moods set, and what they say of style."""

    words: Words
    hits: list[Hit]
    box: Words
    refused: list[Hit]
    only: list[tuple[int, int, bool]]
    spans: list[tuple[int, int]]
    unknown: list[str]
    said: str
    weights: dict[str, float]


def _study(prompt: str, negative: str, fold: Fold) -> _Study:
    words, box = (Words(_in_english(text[:MAX_PROMPT_CHARS], fold), respell=respell) for text in (prompt, negative))
    for typed, read in dict.fromkeys(words.mended + box.mended):
        fold.find("read as", read, typed)
    hits, refused_hits = _hits(words), _hits(box)
    only = list(only_spans(words))
    spans, unknown = mark_negation(words, hits, [(start, end) for start, end, _ in only])
    for hit in refused_hits:
        hit.mood, hit.box = "unwanted", True
    technical = [(hit.start, hit.end) for hit in hits if hit.kind in _TECHNICAL
                 and not (hit.kind == "meter" and hit.value in ("3/4", "6/8") and words.text[hit.start].isalpha())]
    said = words.without(spans + technical + common_lanes(words, hits, spans + technical))
    said = _PLAIN.sub(" ", said).strip() if content(said, hits, words) else ""
    letter = [(hit.start, hit.end) for hit in refused_hits if hit.kind in (*_TECHNICAL, "instrument", "vocal", "piece",
                                                                           "section", "tempo_word")]
    away = " ".join([box.without(letter)] + unknown
                    + [words.text[h.start:h.end] for h in hits if h.negative and h.kind in ("style", "energy")]).strip()
    away = away if content(away, refused_hits, box) else ""
    weights = weigh_styles(words, hits + refused_hits, said, away)
    return _Study(words, hits, box, refused_hits, only, spans, unknown, said, weights)


def style_shares(prompt: str) -> dict[str, float]:
    """Weights of all styles that a prompt may mean, best first; `understand` keeps the few that lead."""
    return _study(prompt, "", Fold()).weights


def understand(prompt: str, negative: str = "") -> TextReading:
    """Read a prompt and the negative box.

    Args:
        prompt: free text; markup is plain text; only the first `MAX_PROMPT_CHARS` characters count.
        negative: what is not wanted, in the same words without "no".

    Returns:
        Styles, controls, findings and warnings; an empty reading for empty texts.

    Raises:
        WeightsMissing: the sentence encoder or the style head is not where it should be.
    """
    fold = Fold()
    for name, text in (("prompt", prompt), ("negative prompt", negative)):
        if len(text) > MAX_PROMPT_CHARS:
            fold.warn(f"The {name} has {len(text):,} characters; only the first {MAX_PROMPT_CHARS:,} were read.")
    study = _study(prompt, negative, fold)
    words, hits, box, refused_hits = study.words, study.hits, study.box, study.refused
    said, styles = study.said, keep_best(study.weights)
    if said and not styles:
        fold.warn("No style could be told from these words, so the style stays free; name one, for example \"lofi\".")
    fold.read_styles(words, hits, styles)
    fold.read(words, hits, styles, only=study.only, refused=study.spans)
    fold.read_negative(box, refused_hits, study.unknown + box.text.split(), styles)
    reading = fold.finish(styles)
    if (_LETTERS.search(prompt) or prompt.strip()) and not (reading.findings or reading.styles or reading.warnings):
        return TextReading(styles={}, controls=Controls(), warnings=(
            "Nothing in the prompt was understood; describe the music in English words, for example "
            "\"warm lofi hip hop, 82 BPM, no drums\".",))
    return reading


def to_json(reading: TextReading) -> dict[str, Any]:
    """A reading as plain JSON data, for `listen --as text`."""
    from modules.conditions.text_fold import key_name

    controls = reading.controls
    plain: Mapping[str, Any] = {
        "styles": [{"name": name, "weight": weight} for name, weight in reading.styles.items()],
        "tempo_bpm": controls.tempo_bpm, "key": key_name(controls.tonic, controls.mode), "tonic": controls.tonic,
        "mode": controls.mode, "meter": controls.meter, "swing": controls.swing, "energy": controls.energy,
        "complexity": controls.complexity, "brightness": controls.brightness, "duration_s": controls.duration_s,
        "form": list(controls.form), "wanted": list(controls.wanted), "unwanted": list(controls.unwanted),
        "energy_curve": [list(point) for point in controls.energy_curve], "ending": controls.ending,
        "contour": [list(part) for part in controls.contour], "density": controls.density,
        "register": controls.register, "articulation": list(controls.articulation), "era": controls.era,
        "vocal": reading.vocal, "production": list(reading.production),
        "findings": [{"label": f.label, "value": f.value, "source": f.source} for f in reading.findings],
        "warnings": list(reading.warnings),
    }
    return dict(plain)
