"""The teacher's songs: complete, in their scale, in layers, with endings; and the critic against spoilt ones."""

import numpy as np
import pytest

from modules.canvas import vocabulary as v
from modules.evaluation.critic import criticise
from modules.generator.arrangement import CHORDAL, layer
from modules.styles.cards import cards, melody_pcs
from modules.training import critic as training
from modules.training.teacher import figures as fig
from modules.training.teacher import write_song
from modules.types import LANES, MODE_OFFSETS, Section

SOME = ("indie_pop", "klezmer", "house", "hymn", "bebop", "celtic", "ambient", "trap", "mariachi", "progressive_house")


def song(name, seed=3):
    return write_song(cards()[name], np.random.default_rng(seed))


def test_there_are_enough_cards_of_every_kind():
    assert len(cards()) >= 120
    assert {"pop", "rock", "metal", "folk", "country", "blues", "jazz", "funk", "hip-hop", "house", "techno", "trance",
            "bass", "synthwave", "ambient", "cinematic", "classical", "sacred", "reggae", "latin", "african", "world",
            "game", "children"} == {card.family for card in cards().values()}
    for card in cards().values():
        assert len(card.describe) >= 8
        if card.lanes["drums"] < 9:
            assert sum(len(level) for level in card.grooves.values()) >= 4 and len(card.fills) >= 2


@pytest.mark.parametrize("name", SOME)
def test_every_token_is_in_its_vocabulary_and_nothing_hangs(name):
    canvas = song(name).canvas
    for row, (_, kind, size) in enumerate(v.ROWS.values()):
        line = canvas.steps[row]
        assert line.min() >= 0 and line.max() < size
        if kind != "drum":
            before = np.concatenate([[v.REST], line[:-1]])
            assert not ((line == v.HOLD) & (before == v.REST)).any()
    assert (canvas.steps > 0).reshape(-1, canvas.n_bars, canvas.steps_per_bar).any(axis=(0, 2)).all()


@pytest.mark.parametrize("name", [name for name in SOME if cards()[name].ending != "fade"])
def test_songs_end_on_their_tonic(name):
    lesson = song(name)
    assert (lesson.canvas.harmony[-lesson.canvas.beats_per_bar:, 0] == MODE_OFFSETS[lesson.mode]).all()


def test_melodies_keep_to_the_scale_of_their_style():
    lessons = [lesson for lesson in (song("klezmer", seed) for seed in range(8)) if lesson.mode == "phrygian"]
    tones = [(n.midi + v.LOWEST["melody"]) % 12 for lesson in lessons for n in lesson.canvas.notes("melody")]
    scale = melody_pcs("hijaz", "phrygian")
    assert len(tones) > 100 and np.mean(np.isin(tones, scale)) > 0.85


def test_scales_apply_in_their_modes_only():
    assert melody_pcs("hijaz", "minor") == melody_pcs("diatonic", "major") == (0, 2, 4, 5, 7, 9, 11)
    assert set(melody_pcs("hijaz", "phrygian")) == {4, 5, 8, 9, 11, 0, 2}


def test_layers_keep_the_harmony_carried_and_what_was_asked():
    sections = (Section("intro", 0, 8, 2), Section("verse", 8, 8, 3), Section("outro", 16, 4, 2))
    thinner = 0
    for seed in range(40):
        active = np.ones((len(LANES), 20), int)
        layer(active, sections, np.random.default_rng(seed), keep=frozenset({"drums"}))
        assert active[[LANES.index(lane) for lane in CHORDAL]].any(axis=0).all()
        assert active[LANES.index("drums")].all()
        thinner += not active.all()
    assert 20 < thinner < 40


def test_figures_turn_at_phrase_ends():
    assert fig.in_phrases("R---", "5---", 8, 4) == "R---R---R---5---R---R---R---5---"


def test_a_build_doubles_and_drops_the_kick():
    rows = np.zeros((3, 64), np.int16)
    rows[0, ::4] = v.DRUM_A.index(("kick", None))
    fig.lay_build(rows, 16, 4)
    snares = np.array([v.DRUM_A[t][1] == "snare" for t in rows[0]]).reshape(4, 16).sum(axis=1)
    assert snares[0] < snares[2] < snares[3]
    assert not any(v.DRUM_A[t][0] for t in rows[0, 56:])


@pytest.mark.parametrize("kind, least", [("shuffled bars", 0.8), ("transposed lane", 0.8), ("flattened dynamics", 0.8),
                                         ("scattered tones", 0.8), ("shuffled chords", 0.8)])
def test_the_critic_prefers_whole_pieces(kind, least):
    rng = np.random.default_rng(8)
    won = []
    for name in ("indie_pop", "soul", "bossa_nova", "country", "hymn", "funk", "tango", "synthwave"):
        canvas = training.excerpt(song(name, 5).canvas, 32, rng)
        if kind in training.spoils(canvas, True):
            won.append(criticise(canvas) > criticise(training.SPOIL[kind](canvas, rng)))
    assert np.mean(won) >= least
