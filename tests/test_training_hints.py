"""The short way from the condition to the tokens learns what each style plays, by itself."""

import numpy as np
import torch

from modules.generator import encoding as enc
from modules.generator.model import CanvasModel, ModelConfig
from modules.styles.cards import cards
from modules.training import lessons
from modules.training.hints import teach_hints
from modules.training.style_table import style_table
from modules.training.teacher import write_song


def test_the_right_style_is_likelier_after_teaching(monkeypatch):
    chosen = ("house", "bossa_nova", "metal")
    torch.manual_seed(0)
    config = ModelConfig(styles=chosen, width=96, heads=2, encoder_layers=1, decoder_layers=1, cell_width=16)
    model = CanvasModel(config)
    kept = {name: cards()[name] for name in chosen}
    monkeypatch.setattr("modules.training.style_table.cards", lambda: kept)
    with torch.no_grad():
        model.style.copy_(style_table(chosen, 96, songs=2))
    rng = np.random.default_rng(1)
    pool = []
    for index, name in enumerate(chosen):
        for _ in range(3):
            lesson = write_song(cards()[name], rng)
            pool.append(lessons.example(lesson.canvas, mode=lesson.mode, tempo_bpm=lesson.tempo_bpm,
                                        lanes=lessons.ALL_LANES, styles=(index,), source="teacher"))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    teach_hints(model, pool, steps=60, seed=0)
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"hint.0.weight", "hint.0.bias", "hint_token.weight"}
    right, wrong = [], []
    with torch.inference_mode():
        for ex in pool:
            for index in range(len(chosen)):
                marks = torch.zeros(1, len(chosen) + 1)
                marks[0, index] = 1
                condition = model.condition(torch.from_numpy(ex.features.astype(np.int64))[None], marks)
                hint = model.hint(condition)[0]
                fits = []
                for cell, (base, size) in enumerate(zip(enc.token_base(ex.k), enc.group_sizes(ex.k), strict=True)):
                    logits = hint @ model.hint_token.weight[base:base + size].T
                    true = torch.from_numpy(ex.cells[:, cell].astype(np.int64))
                    fits.append(float(logits.log_softmax(-1).gather(1, true[:, None]).mean()))
                (right if index == ex.styles[0] else wrong).append(np.mean(fits))
    assert np.mean(right) > np.mean(wrong)
