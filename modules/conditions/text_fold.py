"""Folds the hits of a prompt into one `TextReading`: limits, conflicts (the last word wins), findings and warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modules.conditions.text_course import PLAIN_BAR_S, energy_curve, shape_form
from modules.conditions.text_lineup import LineUp
from modules.conditions.text_words import WHOLE, Hit, Words, pattern
from modules.config import DEFAULT_DURATION_S, DURATION_S, TEMPO_BPM
from modules.styles.cards import cards
from modules.types import METERS, PITCH_CLASSES, Controls, TextReading

_NEAREST_METER = {"2/4": "4/4", "2/2": "4/4", "8/8": "4/4", "12/8": "6/8", "3/8": "3/4", "6/4": "3/4", "9/8": "6/8",
                  "6/16": "6/8", "3/2": "3/4", "5/8": "6/8", "7/8": "4/4", "5/4": "4/4", "7/4": "4/4"}
_STYLE_STRETCH = 0.12  # how far beyond a named style's own tempo range "slow" and "fast" may go
ROOM_S = 10.0  # what a piece goes on after the last moment named, when no length was given
_DOUBLE_BPM, _HALF_BPM = 160.0, 72.0  # "double-time" and "half-time" with no tempo
_OPPOSITES = {"reverb": "dry", "dry": "reverb", "bright": "dark", "dark": "bright"}
_OTHERWISE = {"staccato": "legato", "legato": "staccato", "high": "low", "low": "high"}
_MOVES = {"rise": "rises", "fall": "falls", "arch": "rises and falls", "flat": "stays level"}
_VINTAGE = "1980s"  # recordings from before this decade sound vintage
_SAD = pattern(r"sad(?:ness|der)?|melanchol\w+|sorrow\w*|mournful|tragic|heartbreak\w*|heartbroken|gloomy|"
               r"depress\w+|grief|"
               r"somber|sombre|ominous|sinister|eerie|menacing|lonely|bittersweet")
_HAPPY = pattern(r"happy|happier|cheerful|joyful|joyous|sunny|carefree|playful|cheery|jolly|merry|celebrat\w+")


def key_name(tonic: int | None, mode: str | None) -> str | None:
    """"F# minor", "D", "minor" or None."""
    parts = ([PITCH_CLASSES[tonic]] if tonic is not None else []) + ([mode] if mode else [])
    return " ".join(parts) or None


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:04.1f}" if rest % 1 else f"{int(minutes)}:{int(rest):02d}"


class Fold(LineUp):
    """Collects what was understood. Call `read_styles`, `read`, `read_negative`, then `finish`."""

    def __init__(self) -> None:
        super().__init__()
        self.production: list[str] = []
        self.vocal: bool | None = None

    # ---- styles ----------------------------------------------------------------------------------------------------
    def read_styles(self, words: Words, hits: Sequence[Hit], styles: Mapping[str, float]) -> None:
        """Findings for styles, and whether one was named."""
        named = [hit for hit in hits if hit.kind == "style" and hit.mood == "wanted"]
        self.values["named_style"] = bool(named)
        source = ", ".join(words.source(hit.start, hit.end) for hit in named)
        for name, weight in styles.items():
            self.find("style", f"{cards()[name].title} {weight:.0%}", source if named else WHOLE)
        for hit in hits:
            if hit.kind == "style" and hit.negative:
                self.find("style refused", words.source(hit.start, hit.end), words.source(hit.start, hit.end))

    # ---- the prompt ------------------------------------------------------------------------------------------------
    def read(self, words: Words, hits: Sequence[Hit], styles: Mapping[str, float], *,
             only: Sequence[tuple[int, int, bool]], refused: Sequence[tuple[int, int]]) -> None:
        """Everything but styles; `only` and `refused` are canonical spans."""
        feel: str | None = None
        for hit in hits:
            source = words.source(hit.start, hit.end)
            if hit.kind == "tempo" and not hit.negative:
                self._tempo(hit.value, source)
            elif hit.kind == "time_feel" and not hit.negative:
                feel = hit.value
                self.find("feel", f"{hit.value}-time", source)
            elif hit.kind == "key" and not hit.negative:
                self._set("key", hit.value, "key", key_name(*hit.value) or "", source)
            elif hit.kind == "mode":
                mode = hit.value if not hit.negative else {"minor": "major", "major": "minor"}.get(hit.value)
                if mode:
                    self._set("mode", mode, "mode", mode, source)
            elif hit.kind == "bad_key":
                self.warn(f"There is no key \"{source}\": notes run from A to G; the key stays free.")
            elif hit.kind == "meter" and not hit.negative:
                self._meter(hit.value, source)
            elif hit.kind == "length" and not hit.negative:
                self._length(words, hit, source)
            elif hit.kind == "instrument" and hit.mood in ("wanted", "light", "less", "unwanted", "later"):
                self._instrument(hit, source)
            elif hit.kind == "piece" and hit.negative:
                self.warn(f"A single drum (\"{source}\") cannot be left out yet; \"no drums\" leaves out all of them.")
            elif hit.kind in ("vocal", "ending", "production", "register", "articulation", "era", "contour"):
                self._manner(hit, source)
        self._only(words, hits, only)
        self._tempo_words(words, hits, styles)
        if feel and "tempo" in self.values:
            doubled = self.values["tempo"] * 2
            if feel == "double" and doubled <= TEMPO_BPM[1]:
                self.values["tempo"] = doubled
                self.find("tempo", f"{doubled:g} BPM", "double-time")
        elif feel:
            self.values["tempo"] = _DOUBLE_BPM if feel == "double" else _HALF_BPM
        self._scaled(words, hits)
        self._bars(words, hits)
        self._course(words, hits)
        self._form(words, hits, styles)
        self._mood(words, words.text, negative=False, spans=refused)

    def _tempo(self, asked: float, source: str) -> None:
        tempo = float(min(max(asked, TEMPO_BPM[0]), TEMPO_BPM[1]))
        if tempo != asked:
            self.warn(f"A tempo of {asked:g} BPM is not possible; {tempo:g} BPM is used "
                      f"(from {TEMPO_BPM[0]:g} to {TEMPO_BPM[1]:g}).")
        self._set("tempo", tempo, "tempo", f"{tempo:g} BPM", source)

    def _tempo_words(self, words: Words, hits: Sequence[Hit], styles: Mapping[str, float]) -> None:
        said = [hit for hit in hits if hit.kind == "tempo_word" and hit.mood in ("wanted", "unwanted", "less")]
        if "tempo" in self.values:
            return
        for hit in said:
            tempo, source = hit.value, words.source(hit.start, hit.end)
            if hit.mood != "wanted":
                tempo = 92.0 if tempo >= 115 else 112.0 if tempo <= 88 else tempo
                source = f"not {source}"
            if self.values.get("named_style") and styles:
                low, _, high = cards()[next(iter(styles))].tempo
                tempo = min(max(tempo, low * (1 - _STYLE_STRETCH)), high * (1 + _STYLE_STRETCH))
            tempo = float(round(tempo))
            self._set("tempo", tempo, "tempo", f"about {tempo:g} BPM", source)

    def _meter(self, asked: str, source: str) -> None:
        meter = asked if asked in METERS else _NEAREST_METER.get(asked, "4/4")
        if meter != asked:
            self.warn(f"{asked} is not possible yet; {meter} is used (possible: {', '.join(METERS)}).")
        if self.values.get("meter") != meter:
            self._set("meter", meter, "metre", meter, source)

    def _length(self, words: Words, hit: Hit, source: str) -> None:
        lead = words.text[:hit.start].rstrip().rsplit(" ", 1)[-1]
        if lead in ("at", "from", "until", "till", "by", "after", "before", "to"):
            self.warn(f"What should happen {lead} {source} was not understood; say for example \"drop at 0:15\".")
            return
        length = float(min(max(hit.value, DURATION_S[0]), DURATION_S[1]))
        if length != hit.value:
            self.warn(f"A length of {source} is not possible; {length:g} seconds are used "
                      f"(from {DURATION_S[0]:g} to {DURATION_S[1]:g}).")
        self._set("duration", length, "length", f"{length:g} s", source)

    def _bars(self, words: Words, hits: Sequence[Hit]) -> None:
        for hit in hits:
            if hit.kind == "bars" and "duration" not in self.values:
                if "tempo" not in self.values:
                    self.warn("A length in bars needs a tempo, for example \"8 bars at 120 BPM\"; the length stays "
                              "free.")
                    return
                length = min(max(hit.value * self._bar_s(), DURATION_S[0]), DURATION_S[1])
                self._set("duration", round(length, 3), "length", f"{length:g} s", words.source(hit.start, hit.end))

    def _manner(self, hit: Hit, source: str) -> None:
        """Singing, ending, production and playing: read alike in both boxes."""
        {"vocal": self._vocal, "ending": self._ending, "production": self._production, "contour": self._contour,
         "register": self._playing, "articulation": self._playing, "era": self._playing}[hit.kind](hit, source)

    def _contour(self, hit: Hit, source: str) -> None:
        if hit.mood != "wanted":
            return
        section, shape = hit.value
        known: dict[str, str] = self.values.setdefault("contour", {})
        place = section or "whole tune"
        if known.get(section, shape) != shape:
            self.warn(f"Two movements of the tune for the {place} ({known[section]} and {shape}); the last one is "
                      "used.")
            self.findings = [f for f in self.findings if not (f.label == "tune" and f.value.endswith(f" {place}"))]
        known[section] = shape
        self.find("tune", f"{_MOVES[shape]} in the {place}", source)

    def _playing(self, hit: Hit, source: str) -> None:
        value = hit.value if hit.mood == "wanted" else _OTHERWISE.get(hit.value) if hit.negative else None
        if value is None or value in self.values.get(hit.kind, ()):
            return
        if hit.kind == "articulation":
            others = self.values.get("articulation", ())
            clash = [other for other in others if _OTHERWISE.get(other) == value]
            if clash:
                self.warn(f"Both {clash[0]} and {value} were asked for; the last one is used.")
                self.findings = [f for f in self.findings if f.value != clash[0]]
            self.values["articulation"] = (*(other for other in others if other not in clash), value)
            self.find("playing", value, source)
        else:
            self._set(hit.kind, value, hit.kind, value, source)

    def _vocal(self, hit: Hit, source: str) -> None:
        if hit.mood not in ("wanted", "unwanted"):
            return
        sung, who = hit.value
        if hit.negative:
            sung = not sung
        if self.vocal is not None and self.vocal != sung:
            self.warn("Both singing and no singing were asked for; the last one is used.")
        self.vocal = sung
        self.find("singing", "yes" if sung else "no", source)
        if sung and who:
            self.find("voice", who, source)

    def _ending(self, hit: Hit, source: str) -> None:
        ending = hit.value if not hit.negative else "ring" if hit.value != "ring" else "hit"
        self._set("ending", ending, "ending", ending, source)

    def _production(self, hit: Hit, source: str) -> None:
        tag = hit.value if hit.mood == "wanted" else _OPPOSITES.get(hit.value)
        if hit.mood in ("wanted", "unwanted", "less") and tag and tag not in self.production:
            self.production.append(tag)
            self.find("production", tag, source if hit.mood == "wanted" else f"no {source}")

    def _scaled(self, words: Words, hits: Sequence[Hit]) -> None:
        for kind in ("energy", "complexity", "density", "brightness", "swing"):
            told, sources = [], []
            for hit in hits:
                if hit.kind != kind or hit.mood not in ("wanted", "unwanted", "less"):
                    continue
                wish = hit.mood == "wanted"
                opposite = .5 if kind == "swing" and hit.value > .5 else .5 - (hit.value - .5) * .6
                told.append(hit.value if wish else opposite)
                sources.append(("" if wish else "not ") + words.source(hit.start, hit.end))
            if told:
                value = told[-1] if kind == "swing" else sum(told) / len(told)
                self.values[kind] = round(value, 3)
                self.find(kind, f"{value:.2f}", ", ".join(sources))
        if self.values.get("lighter") and "complexity" not in self.values:
            self.values["complexity"] = .35  # fewer notes: a lane has no level of its own in `Controls`

    def _course(self, words: Words, hits: Sequence[Hit]) -> None:
        told = [hit for hit in hits if hit.kind == "moment" and not hit.negative]
        bar_s = self._bar_s()
        if bar_s is None and any(when and when[1] == "bar" for hit in told for when in hit.value[2:]):
            self.warn("A moment in bars needs a tempo, for example \"drop at bar 9, 120 BPM\"; 120 BPM is assumed "
                      "for it.")
        latest = max((when[0] if when[1] == "s" else (when[0] - 1) * (bar_s or PLAIN_BAR_S) for hit in told
                      for when in hit.value[2:] if when and when[1] != "share"), default=0.0)
        if "duration" not in self.values and latest > DEFAULT_DURATION_S - ROOM_S:
            length = min(latest + ROOM_S, DURATION_S[1])
            self._set("duration", length, "length", f"{length:g} s", f"so that {_clock(latest)} lies within")
        curve = energy_curve(told, self.values.get("duration", DEFAULT_DURATION_S), bar_s)
        if curve:
            self.values["curve"] = curve
            shown = ", ".join(f"{_clock(time)} {level:.0%}" for time, level in curve)
            self.find("energy over time", shown, ", ".join(words.source(hit.start, hit.end) for hit in told))
            late = [hit for hit in told for when in hit.value[2:] if when and when[1] == "s"
                    and when[0] > self.values.get("duration", 1e9)]
            if late:
                self.warn(f"\"{words.source(late[0].start, late[0].end)}\" lies after the end of the piece.")
        if any(hit.value[0] == "fade" for hit in told) and "ending" not in self.values:
            self._set("ending", "fade", "ending", "fade", "fade")

    def _bar_s(self) -> float | None:
        """Length of a bar when a tempo was said."""
        beats = {"3/4": 3, "6/8": 2}.get(self.values.get("meter", "4/4"), 4)
        return beats * 60 / self.values["tempo"] if "tempo" in self.values else None

    def _form(self, words: Words, hits: Sequence[Hit], styles: Mapping[str, float]) -> None:
        told = [hit for hit in hits if hit.kind in ("form", "form_first", "form_last", "section") and not
                (hit.kind == "section" and any(o.kind == "instrument" and o.start == hit.end + 1 for o in hits))]
        base = [name for name, _, _ in cards()[next(iter(styles))].forms[0]] if styles else []
        form = shape_form(told, base)
        if form:
            self.values["form"] = form
            counted = [h for h in told if h.kind != "section" or h.negative or h.value[1]]
            self.find("form", " ".join(form), ", ".join(words.source(h.start, h.end) for h in counted))

    def _mood(self, words: Words, text: str, *, negative: bool, spans: Sequence[tuple[int, int]] = ()) -> None:
        sad, happy = ([m for m in rule.finditer(text) if not any(a <= m.start() < b for a, b in spans)]
                      for rule in (_SAD, _HAPPY))
        if bool(sad) == bool(happy) or "mode" in self.values or "key" in self.values:
            return
        mode = "minor" if bool(sad) != negative else "major"
        match = (sad or happy)[0]
        self.values["mode"] = mode
        self.find("mode", mode, f"not {match.group()}" if negative else words.source(*match.span()))

    # ---- the negative box and refused words ------------------------------------------------------------------------
    def read_negative(self, box: Words, hits: Sequence[Hit], unknown: Sequence[str],
                      styles: Mapping[str, float]) -> None:
        """The negative box; its words come after the prompt's."""
        for hit in hits:
            source = box.source(hit.start, hit.end)
            if hit.kind == "instrument":
                self._instrument(hit, source)
            elif hit.kind == "piece":
                self.warn(f"A single drum (\"{source}\") cannot be left out yet; \"drums\" leaves out all of them.")
            elif hit.kind in ("vocal", "ending", "production", "articulation"):
                self._manner(hit, source)
            elif hit.kind == "style":
                self.find("style refused", source, source)
            elif hit.kind == "mode" and "mode" not in self.values and "key" not in self.values and hit.value in (
                    "minor", "major"):
                mode = {"minor": "major", "major": "minor"}[hit.value]
                self._set("mode", mode, "mode", mode, f"not {source}")
        self._tempo_words(box, hits, styles)
        free = [hit for hit in hits if hit.kind not in self.values]
        self._scaled(box, free)
        if any(hit.kind == "section" for hit in hits) and "form" not in self.values:
            self._form(box, hits, styles)
        self._mood(box, " ".join(unknown), negative=True)

    # ---- the end ---------------------------------------------------------------------------------------------------
    def finish(self, styles: Mapping[str, float]) -> TextReading:
        """The reading."""
        wanted, unwanted = self.settle()
        tonic, mode = self.values.get("key", (None, None))
        if self.values.get("era", _VINTAGE) < _VINTAGE and not self.production:
            self.production.append("vintage")
            self.find("production", "vintage", self.values["era"])
        controls = Controls(
            tempo_bpm=self.values.get("tempo"), tonic=tonic, mode=mode or self.values.get("mode"),
            meter=self.values.get("meter"), swing=self.values.get("swing"), energy=self.values.get("energy"),
            complexity=self.values.get("complexity"), brightness=self.values.get("brightness"),
            duration_s=self.values.get("duration"), form=self.values.get("form", ()), wanted=wanted, unwanted=unwanted,
            energy_curve=self.values.get("curve", ()), ending=self.values.get("ending"),
            contour=tuple(self.values.get("contour", {}).items()), density=self.values.get("density"),
            register=self.values.get("register"), articulation=self.values.get("articulation", ()),
            era=self.values.get("era"))
        return TextReading(styles=dict(styles), controls=controls, findings=tuple(self.findings),
                           warnings=tuple(self.warnings), vocal=self.vocal, production=tuple(self.production))
