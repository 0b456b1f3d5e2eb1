"""Instrument words: names, plurals, families, lanes and "only". Reads `called` of assets/instruments.yaml.

A generic word means more when it is refused than when it is wished for: "no acoustic guitar" refuses nylon strings too,
"guitar" leaves the choice of guitar to the style. Knows nothing of negation itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from modules.assets import instruments
from modules.conditions.text_words import Hit, Words, canonical, pattern
from modules.types import LANES

# word → (names wished for, names refused); names are instruments, families or lanes
_ELECTRIC = ("clean_guitar", "muted_guitar", "overdriven_guitar", "distortion_guitar")
_SAXES = ("soprano_sax", "alto_sax", "tenor_sax", "baritone_sax")
_GENERIC: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    **{word: (("drums",), ("drums",)) for word in (
        "drum", "percussion", "drumming", "percussive", "drum beat", "drummer", "percussionist", "percussion section",
        "drum section")},
    **{word: ((), ("drums",)) for word in ("beat", "drum loop", "groove box")},
    **{word: (("bass",), ("bass",)) for word in ("bass", "bass line", "low end", "bassist", "bass player")},
    **{word: ((), ("melody",)) for word in ("melody", "lead melody", "lead line", "lead", "tune", "melodic lead")},
    **{word: ((), ("comp", "comp2", "pad")) for word in ("chord", "comping", "harmony part", "chord part")},
    **{word: ((), ("comp", "comp2", "pad", "bass", "drums")) for word in ("accompaniment", "backing")},
    **{word: (("guitar",), ("guitar",)) for word in ("guitar", "gtr", "guitarist", "guitar section")},
    "piano": (("piano",), ("piano",)), "pianist": (("piano",), ("piano",)), "keys": (("keys",), ("keys", "piano")),
    "keyboard": (("keys",), ("keys", "piano")),
    "organ": (("organ",), ("organ",)), "strings": (("strings",), ("strings",)),
    "bowed strings": (("strings",), ("strings",)),
    "brass": (("brass_section",), ("brass",)), "horns": (("brass_section",), ("brass",)),
    "horn section": (("brass_section",), ("brass",)), "brass section": (("brass_section",), ("brass",)),
    "brass ensemble": (("brass_section",), ("brass",)), "brass choir": (("brass_section",), ("brass",)),
    "horn line": (("brass_section",), ("brass",)), "sax section": (("reeds",), _SAXES),
    "saxophone section": (("reeds",), _SAXES), "woodwind section": (("woodwinds",), ("woodwinds",)),
    "wind section": (("woodwinds",), ("woodwinds",)), "string trio": (("string_quartet",), ("strings",)),
    "string duo": (("violin", "cello"), ("strings",)), "string players": (("strings",), ("strings",)),
    "rhythm section": (("drums", "bass"), ("drums",)),
    "piano trio": (("piano", "bass", "drums"), ("piano",)), "power trio": (("guitar", "bass", "drums"), ("guitar",)),
    "organ trio": (("organ", "guitar", "drums"), ("organ",)),
    "woodwind": (("woodwinds",), ("woodwinds",)), "winds": (("woodwinds",), ("woodwinds",)),
    "reed": (("reeds",), ("reeds",)), "mallet": (("mallets",), ("mallets",)), "bells": (("bells",), ("bells",)),
    "church bells": (("tubular_bells",), ("tubular_bells",)),
    **{word: (("synth",), ("synth", "synth_bass")) for word in ("synth", "synthesizer", "synthesiser", "electronics")},
    "sax": (("alto_sax",), _SAXES), "saxophone": (("alto_sax",), _SAXES),
    "electric guitar": (("clean_guitar",), _ELECTRIC), "distorted guitar": (("distortion_guitar",), _ELECTRIC[2:]),
    **{word: (("distortion_guitar",), _ELECTRIC[2:]) for word in ("distortion", "overdrive", "fuzz")},
    "acoustic guitar": (("acoustic_guitar",), ("acoustic_guitar", "nylon_guitar")),
    "electric piano": (("rhodes",), ("rhodes", "fm_piano")), "trumpet": (("trumpet",), ("trumpet", "muted_trumpet")),
    "synth bass": (("synth_bass",), ("synth_bass", "sub_bass", "acid_bass", "reese_bass", "bass_808")),
    "808": (("bass_808",), ("bass_808", "kit_808")), "choir": (("choir",), ("choir", "choir_pad")),
    "pad": (("warm_pad",), ("pad",)), "synth pad": (("warm_pad",), ("pad",)),
    "string section": (("string_ensemble",), ("strings",)),
    "orchestra": (("string_ensemble",), ("strings", "brass", "woodwinds")),
    "upright bass": (("upright_bass",), ("upright_bass",)),
    "bass guitar": (("finger_bass",), ("finger_bass", "pick_bass", "fretless_bass", "slap_bass")),
}
PIECES = ("hi hat", "hihat", "hat", "snare", "cymbal", "ride cymbal", "crash", "kick", "kick drum", "bass drum", "tom",
          "clap", "handclap", "cowbell", "tambourine", "shaker")
MOST_ALIKE = 3  # lanes that can carry the same instrument
# instruments that Earworm does not have: the one that takes their part is named to the person
STAND_INS = frozenset(
    "erhu rebab kemenche nyckelharpa violadagamba duduk shawm didgeridoo hang hangdrum handpan guzheng pipa kora "
    "zither "
    "gayageum yangqin melodica mellotron sackbut bugle euphonium alphorn pedalsteel pedalsteelguitar lapsteel "
    "lapsteelguitar dobro balalaika charango cavaquinho cuatro bouzouki saz lute theorbo baglama veena sarod "
    "tanpura mbira "
    "balafon gamelan theremin bansuri ney dizi quena zampona flugelhorn cornet bassclarinet altoflute bassflute "
    "basstrombone oboedamore concertina harmonium santoor cimbalom autoharp sousaphone".split())
_NOT_PLURAL = ("strings", "keys", "horns", "bells", "winds", "vibes", "brushes", "bongos", "congas", "brass",
               "bagpipes", "lead", "tune", "backing", "sub", "grand", "upright")
_MAX_WORDS = 5
_COUNT = re.compile(r"(?<![^ ])(?:(?P<two>two|2|twin|dual|double|both|a pair of|pair of|a couple of)|(?P<three>three|3|"
                    r"four|4|several|multiple|many))(?: \w+)?? $")
_ENSEMBLE = re.compile(r" (?:(?P<two>duo|duet|duos|duets)|(?P<three>trio|quartet|quintet|ensemble))(?![^ ])")
_MOOD_VIBES = re.compile(r"(?:^|(?<![^ ])(?:and|with|on|plus|no|without|jazz|the|or|some|soft|mellow|electric|of|add|"
                         r"only|just|less|minus|playing|play|warm|gentle) )$")  # what may stand before the instrument
_ACOUSTIC = ("synth", *_ELECTRIC, "rhodes", "fm_piano", "clavinet", "synth_bass", "sub_bass", "bass_808", "acid_bass",
             "reese_bass", "electronic_kit", "kit_808", "kit_909", "chip_kit", "lofi_kit")
_ELECTRONIC = ("strings", "strings_plucked", "brass", "woodwinds", "reeds", "guitar", "piano", "mallets", "voice",
               "upright_bass", "finger_bass", "pick_bass", "fretless_bass", "slap_bass", "standard_kit", "room_kit",
               "rock_kit", "jazz_kit", "brush_kit", "orchestral_kit", "latin_kit")
_LINE_UPS = (
    (pattern("unplugged|(?:only|just|all|purely|fully|entirely|completely) acoustic(?: instruments)?|acoustic "
             "(?:instruments )?only|no electronics?|nothing electronic|no electronic (?:sounds|instruments)|"
             "without electronics?|nothing synthetic"), _ACOUSTIC),
    (pattern("(?:no|without|nothing) electric(?: instruments)?"),
     (*_ELECTRIC, "rhodes", "clavinet", "finger_bass", "pick_bass", "fretless_bass", "slap_bass")),
    (pattern("(?:only|just|all|purely|fully|entirely|completely) electronic(?: instruments)?|electronic (?:instruments "
             ")?only|no acoustic instruments|nothing acoustic|no real instruments"), _ELECTRONIC),
)


def _plurals(word: str) -> Iterator[str]:
    yield word
    if word not in _NOT_PLURAL and not word.endswith("s"):
        yield word + "s"
    if word.endswith(("s", "x", "ch", "sh")):
        yield word + "es"
    if word.endswith("y"):
        yield word[:-1] + "ies"


@lru_cache(maxsize=1)
def lexicon() -> dict[str, Hit]:
    """Words without spaces → a hit of kind "instrument" ((wished, refused)) or "piece" (its name)."""
    found: dict[str, Hit] = {}

    def add(phrase: str, kind: str, value: object) -> None:
        for word in _plurals(canonical(phrase)):
            found.setdefault(word.replace(" ", ""), Hit(0, 0, kind, value))

    for phrase, value in _GENERIC.items():
        add(phrase, "instrument", value)
    for name, entry in instruments().items():
        for phrase in (name.replace("_", " "), *map(str, entry["called"])):
            if phrase == "slow strings":
                continue  # "slow" there speaks of the tempo
            add(phrase, "instrument", ((name,), (name,)))
    for piece in PIECES:
        add(piece, "piece", piece)
    return found


def look_up(words: Words, book: Mapping[str, Hit]) -> Iterator[Hit]:
    """Longest entries of `book` at each word, over text not taken yet; "drumless" and "guitar free" come unwanted."""
    starts = [0] + [i + 1 for i, sign in enumerate(words.text) if sign == " "] if words.text else []
    ends = [start - 1 for start in starts[1:]] + [len(words.text)] if starts else []
    index = 0
    while index < len(starts):
        for last in range(min(index + _MAX_WORDS, len(starts)) - 1, index - 1, -1):
            start, end = starts[index], ends[last]
            compact = words.text[start:end].replace(" ", "")
            mood = "wanted"
            entry = book.get(compact)
            if entry is None and compact.endswith(("less", "free")) and len(compact) > 6:
                entry, mood = book.get(compact[:-4]), "unwanted"
            if compact in ("vibes", "vibe") and not _MOOD_VIBES.search(words.text[:start]):
                continue
            if entry is not None and words.free(start, end):
                words.take(start, end)
                yield Hit(start, end, entry.kind, entry.value, mood, count=_count(words, entry, start, end))
                index = last
                break
        else:
            shared = _shared_noun(words, book, starts, ends, index)
            if shared is not None:
                yield shared
        index += 1


def _count(words: Words, entry: Hit, start: int, end: int) -> int:
    """How many of an instrument are asked for: "two guitars", "violin duet"; a drum kit or a section is one."""
    if entry.kind != "instrument" or not entry.value[0] or set(entry.value[0]) & set(LANES):
        return 1
    match = _COUNT.search(words.text[:start])
    if match is None or not words.free(*match.span()):  # the 3 of "B3 organ" is none
        match = _ENSEMBLE.match(words.text, end)
    return 1 if match is None else 2 if match["two"] else MOST_ALIKE


def _shared_noun(words: Words, book: Mapping[str, Hit], starts: list[int], ends: list[int], index: int) -> Hit | None:
    """The first of "electric and acoustic guitars": an adjective whose noun comes after "and"."""
    if index + 3 >= len(starts) or words.text[starts[index + 1]:ends[index + 1]] not in ("and", "or"):
        return None
    start, end = starts[index], ends[index]
    adjective = words.text[start:end]
    noun = words.text[starts[index + 3]:ends[index + 3]]
    full = words.text[starts[index + 2]:ends[index + 3]].replace(" ", "")
    entry, other = book.get(adjective + noun), book.get(full)
    if entry is None or other is None or entry.kind != "instrument" or not words.free(start, end):
        return None
    words.take(start, end)
    return Hit(start, end, entry.kind, entry.value)


def line_ups(words: Words) -> Iterator[Hit]:
    """Hits that refuse whole kinds of instruments: "unplugged", "purely electronic"."""
    for rule, refused in _LINE_UPS:
        for match in words.find(rule):
            yield Hit(*match.span(), "instrument", ((), refused), "unwanted")


def members(name: str) -> frozenset[str]:
    """Instruments that a name of an instrument, family or lane stands for; a lane's are those that play only there."""
    registry = instruments()
    if name in registry:
        return frozenset((name,))
    if name in LANES:
        return frozenset(n for n, entry in registry.items() if set(entry["lanes"]) == {name})
    return frozenset(n for n, entry in registry.items() if entry["family"] == name)


_ONLY_BEFORE = pattern("(?:only|just|solo|unaccompanied|nothing but|nothing except|no (?:other )?(?:instruments?|"
                       "accompaniment|"
                       "anything) (?:except|but|besides|other than)(?: for)?)(?: a| an| the| some)?")
_ONLY_AFTER = pattern("only|alone|by itself|on its own|and nothing else|nothing else|unaccompanied")


def only_spans(words: Words) -> Iterator[tuple[int, int, bool]]:
    """(start, end, list follows) of words that make a list of instruments the whole line-up."""
    for match in _ONLY_BEFORE.finditer(words.text):
        yield *match.span(), True
    for match in _ONLY_AFTER.finditer(words.text):
        yield *match.span(), False


def lanes_left_out(names: list[str]) -> tuple[str, ...]:
    """Lanes that nothing in `names` can play."""
    registry = instruments()
    kept = {lane for name in names for member in (members(name) or frozenset()) for lane in registry[member]["lanes"]}
    kept |= {name for name in names if name in LANES}
    if not any(registry[member]["family"] == "synth" for name in names for member in members(name)):
        # one acoustic line-up carries tune and chords; pads and answers would be further instruments
        kept -= {"pad", "counter"} if len(names) == 1 and kept & {"melody", "comp"} == {"melody", "comp"} else set()
    return tuple(lane for lane in LANES if lane not in kept)
