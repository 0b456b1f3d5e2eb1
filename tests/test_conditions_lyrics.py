"""Reading pasted words: marks, stanzas, odd words, scripts, limits, pronunciation and the spelling's division."""

from __future__ import annotations

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from modules import config
from modules.conditions import letters, lexicon, numerals
from modules.conditions.lyrics import parse, rhyme_scheme, to_json
from modules.conditions.phones import is_vowel
from modules.errors import InputError

PHONES = set("AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z "
             "ZH".split())


def words(lyrics, line=None):
    lines = lyrics.lines if line is None else (lyrics.lines[line],)
    return [syllable.word for row in lines for syllable in row if syllable.last_in_word]


def sounds(word, **context):
    return " ".join(phone.rstrip("012") for phone in lexicon.pronounce(word, **context).phones)


def pieces(word):
    return "-".join(lexicon.split_spelling(word, lexicon.syllables(lexicon.pronounce(word).phones)))


def test_marks_of_many_shapes_name_sections():
    lyrics = parse("[Verse 1: Ann]\nhey\n[Pre-Chorus]\nho\nCHORUS:\nhi\n(Bridge)\nha\n**Chorus**\nyo\n"
                   "Verse two\nla\n[Outro]\nbye")
    assert lyrics.line_sections == ("verse", "prechorus", "chorus", "bridge", "chorus", "verse", "outro")
    assert lyrics.stanzas == tuple(range(7)) and not lyrics.warnings


def test_words_that_look_like_marks_are_sung():
    assert words(parse("Bridge over troubled water\nverse upon verse")) == [
        "Bridge", "over", "troubled", "water", "verse", "upon", "verse"]
    assert words(parse("Chorus: we sing")) == ["we", "sing"]


def test_empty_chorus_mark_brings_the_chorus_back():
    lyrics = parse("[verse]\none\n[chorus]\nla la\nla\n[verse]\ntwo\n[chorus]")
    assert lyrics.line_sections == ("verse", "chorus", "chorus", "verse", "chorus", "chorus")
    assert words(lyrics, 4) == words(lyrics, 1)


def test_unknown_mark_is_said_not_sung():
    lyrics = parse("[whispered]\nhello")
    assert words(lyrics) == ["hello"] and "whispered" in lyrics.warnings[0]


def test_without_marks_the_returning_stanza_is_the_chorus():
    hook = "Come back to me\nwherever you are\n\n"
    lyrics = parse("One road\ntwo roads\n\n" + hook + "Three\nfour\n\n" + hook + "Lonely now\n\n" + hook)
    sections = [lyrics.line_sections[lyrics.stanzas.index(stanza)] for stanza in range(6)]
    assert sections == ["verse", "chorus", "verse", "chorus", "bridge", "chorus"]


def test_a_long_block_is_cut_into_fours():
    block = "\n".join(f"line number {word}" for word in "one two three four five six seven eight nine".split())
    assert max(parse(block + "\nten").stanzas) == 1


def test_repeat_signs_say_a_line_again():
    assert len(parse("na na na (x3)\nhey").lines) == 4


@pytest.mark.parametrize(("token", "said"), [
    ("24", "twenty four"), ("24/7", "twenty four seven"), ("1984", "nineteen eighty four"), ("3rd", "third"),
    ("$5", "five dollars"), ("50%", "fifty percent"), ("20th", "twentieth"), ("80s", "eighties"), ("#1", "number one"),
    ("7:30", "seven thirty"), ("Mr.", "Mister"), ("rock&roll", "rock and roll"), ("1,000,001", "one million one"),
    ("1/2", "one half"), ("¾", "three quarters"), ("w/o", "without")])
def test_numbers_and_signs_are_spoken(token, said):
    assert numerals.say(token).replace("/", "").split() == said.split()
    assert words(parse(token)) == said.split()


def test_contractions_quotes_echoes_and_hyphens():
    lyrics = parse("“Don’t” you ‘love’ me, ’cause I’m feelin’ blue — (oh-oh)!")
    assert words(lyrics) == ["Don’t", "you", "love", "me", "’cause", "I’m", "feelin’", "blue", "oh", "oh"]
    assert sounds("feelin’") == "F IY L IH N" and sounds("’cause") == "K AH Z"


def test_emoji_are_skipped_with_a_warning():
    lyrics = parse("hello 😀 world ❤️")
    assert words(lyrics) == ["hello", "world"] and any("Emoji" in warning for warning in lyrics.warnings)


@pytest.mark.parametrize(("text", "script"), [
    ("Привет мир", "Cyrillic"), ("私", "Japanese"), ("مرحبا", "Arabic"),
    ("שלום עולם", "Hebrew"), ("你好", "Chinese")])
def test_scripts_that_cannot_be_sung(text, script):
    with pytest.raises(InputError, match=script):
        parse(text)
    lyrics = parse(f"hello {text}")
    assert words(lyrics) == ["hello"] and script in lyrics.warnings[0]


def test_other_latin_languages_are_sung_with_a_warning():
    lyrics = parse("Tęsknię za tobą każdej nocy\nśpiewając w ciemności świętą pieśń")
    assert any("English letter rules" in warning for warning in lyrics.warnings)


@pytest.mark.parametrize(("text", "message"), [
    ("", "empty"), (" \n\n", "empty"), ("!!! ... --\n?", "no words"), ("😀", "no words"),
    ("[Verse]\n[Chorus]", "no words"),
    ("a\n" * 10_000, "10,000 lines"), ("la la (x8)\n" * 60, "lines"), ("word " * 5000, "characters")])
def test_what_cannot_be_sung_says_why(text, message):
    with pytest.raises(InputError, match=message) as caught:
        parse(text)
    assert str(caught.value).count(".") <= 4 and "\n" not in str(caught.value)


def test_line_limit_is_exact():
    assert len(parse("a line\n" * config.MAX_LYRIC_LINES).lines) == config.MAX_LYRIC_LINES
    with pytest.raises(InputError, match=f"up to {config.MAX_LYRIC_LINES}"):
        parse("a line\n" * (config.MAX_LYRIC_LINES + 1))


def test_prose_without_breaks_is_divided_into_breaths():
    lyrics = parse("the rain is falling on the roof and I am thinking of the summer when we danced on the shore " * 2)
    assert len(lyrics.lines) >= 3 and max(map(len, lyrics.lines)) <= 20
    assert min(map(len, lyrics.lines)) >= 8


@pytest.mark.parametrize(("word", "phones"), [
    ("love", "L AH V"), ("LOVE", "L AH V"), ("sooooo", "S OW"), ("yeahhh", "Y AE"), ("looove", "L AH V"),
    ("lovin'", "L AH V IH N"), ("o'er", "AO R"), ("moonlight", "M UW N L AY T"), ("hmmm", "HH AH M"),
    ("café", "K AH F EY"),
    ("vibed", "V AY B D"), ("ghostliest", "G OW S T L IY AH S T"), ("zapped", "Z AE P T"),
    ("karaokes", "K EH R IY OW K IY Z"),
    ("Zorblax", "Z AO R B L AE K S"), ("NYC", "EH N W AY S IY")])
def test_pronunciation(word, phones):
    assert sounds(word) == phones


def test_context_decides_between_readings():
    assert sounds("wind", before="the") == "W IH N D" and sounds("wind", before="to") == "W AY N D"
    assert sounds("the", after="apple") == "DH IY" and sounds("the", after="car") == "DH AH"


@pytest.mark.parametrize("divided", [
    "riv-er", "sum-mer", "flow-er", "hap-py", "beau-ti-ful", "lone-ly", "sing-ing", "ta-ble", "to-mor-row", "mis-ter",
    "hal-le-lu-jah", "feath-er", "ex-tra", "cre-ate", "is-land"])
def test_spelling_divides_as_in_songbooks(divided):
    assert pieces(divided.replace("-", "")) == divided


def test_stress_and_light_words():
    line = parse("the beautiful river and me").lines[0]
    assert [syllable.stress for syllable in line] == [0, 1, 0, 0, 1, 0, 0, 0]


def test_letter_model_meets_its_card():
    card = letters.letter_model()[1]
    assert card["metrics"]["phone_error"] <= 0.08 and card["metrics"]["syllable_count_error"] <= 0.05
    assert letters.guess("blorping") == letters.guess_all(["blorping", "zed", "abcdefgh"])[0]


def test_a_beam_finds_what_is_likelier_than_greedy_reading():
    model, card = letters.letter_model()
    some = ["thorough", "wrexham", "quixotry", "yosemite"]
    for word in some:
        spelled = torch.tensor([[card["letters"].index(c) for c in word]])
        greedy, wide = letters.search(model, spelled, 1)[0], letters.search(model, spelled)[0]
        assert wide[0][0] >= greedy[0][0] - 1e-5 and len(wide) == letters.BEAM
        assert [score for score, _ in wide] == sorted((score for score, _ in wide), reverse=True)


def test_json_has_lines_words_syllables():
    data = json.loads(json.dumps(to_json(parse("[chorus]\nHello world\n\nbye"))))
    assert data["sections"] == ["chorus", "chorus"] and data["syllables"] == 4
    hello = data["lines"][0]["words"][0]
    assert hello["word"] == "Hello" and [s["text"] for s in hello["syllables"]] == ["Hel", "lo"]
    assert hello["syllables"][1] == {"text": "lo", "phonemes": ["L", "OW"], "stress": 1, "notes": 1}
    assert [line["rhyme"] for line in data["lines"]] == ["A", "A"]


def test_tildes_draw_a_syllable_over_several_notes():
    line = parse("lo~ve me ten~~der lo-o-ove~ ~ now").lines[0]
    assert [(s.text, s.notes) for s in line] == [("love", 2), ("me", 1), ("ten", 3), ("der", 1), ("love", 4),
                                                 ("now", 1)]


def test_hyphens_set_the_syllables_of_one_word():
    line = parse("ev-er-y heav-en to-night pray-er ev-ry").lines[0]
    assert [s.text for s in line] == ["ev", "er", "y", "heav", "en", "to", "night", "pray", "er", "ev", "ry"]
    assert len({s.word_index for s in line}) == 5
    assert [s.phonemes for s in line[:3]] == [("EH", "V"), ("ER",), ("IY",)]
    assert words(parse("a well-known sugar-coated bye-bye")) == ["a", "well", "known", "sugar", "coated", "bye", "bye"]


def test_phonemes_in_braces_are_sung_as_they_stand():
    line = parse("oh Siobhan{SH AH V AO1 N} {k ae t}").lines[0]
    assert [(s.text, s.phonemes) for s in line[1:]] == [("Sio", ("SH", "AH")), ("bhan", ("V", "AO", "N")),
                                                        ("kaet", ("K", "AE", "T"))]
    assert [s.stress for s in line[1:]] == [0, 1, 1]
    wrong = parse("my cat{K AX T}")
    assert words(wrong) == ["my", "cat"] and "K AE1 T" in wrong.warnings[0]


def test_what_is_pasted_along_is_not_sung():
    lyrics = parse("[00:12.34]<i>Hold</i> on [Am]to &amp; [G/B]fro\nAm  G  C\n[Chorus x2]\nla")
    assert words(lyrics) == ["Hold", "on", "to", "and", "fro", "la", "la"]
    assert lyrics.line_sections == ("verse", "chorus", "chorus") and lyrics.stanzas == (0, 1, 2)


@pytest.mark.parametrize(("text", "scheme"), [
    ("the light\nof day\ntonight\naway", "ABAB"), ("the sea\nmy memory\nis gone", "AAB"), ("in time\nyou shine", "AA"),
    ("singing\nbringing\n\nsinging\nalone", "AAAB"), ("love\nmove", "AB")])
def test_rhymes_are_found_by_sound(text, scheme):
    assert "".join(rhyme_scheme(parse(text))) == scheme


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.one_of(st.sampled_from("aeioubcdlmnrst '’-\n()[]{}~x2éぎょ"), st.characters()),
               max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        lyrics = parse(text)
    except InputError as error:
        assert str(error)
        return
    assert len(lyrics.lines) == len(lyrics.line_sections) == len(lyrics.stanzas)
    for number, line in enumerate(lyrics.lines):
        assert line and line[-1].last_in_line and line[-1].last_in_word
        for syllable in line:
            assert set(syllable.phonemes) <= PHONES and syllable.stress in (0, 1, 2) and syllable.line == number
            assert sum(is_vowel(phone) for phone in syllable.phonemes) == 1
        for index in {syllable.word_index for syllable in line}:
            own = [syllable for syllable in line if syllable.word_index == index]
            assert "".join(syllable.text for syllable in own) == own[0].word
