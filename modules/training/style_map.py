"""The style map's layout: `python -m modules.training.style_map` writes `assets/style_map.json`, in half a minute.

Styles are near when their descriptions mean the same and their music is alike: cosine distances of the mean sentence
vector of a card's lines, and of the principal components of `style_features` over songs of the teacher. t-SNE (van der
Maaten & Hinton 2008) lays them out; then dots that would hide each other are eased apart. Each style also gets figures
for the directions: how happy, how electronic, how sparse, as ranks from 0 to 1.
"""

from __future__ import annotations

import json

import numpy as np
from sklearn.manifold import TSNE

from modules.assets import asset, instruments
from modules.styles.cards import Card, cards
from modules.styles.encoder import encode
from modules.training.style_table import style_features
from modules.training.teacher import write_song

TARGET = "style_map.json"
SONGS = 3  # of the teacher for each style
TEXT_SHARE, FAMILY_BONUS = 0.6, 0.7  # weight of the words; relatives lie this much nearer
COMPONENTS = 24
PERPLEXITY = 9
APART = 0.046  # least distance of two dots, of the map's side
SEED = 5
HAPPY = ("happy cheerful sunny music", "joyful carefree uplifting music")
SAD = ("sad dark melancholic music", "ominous bleak mournful music")
ELECTRONIC = ("electronic music made with synthesizers and drum machines", "digital club music")
ACOUSTIC = ("acoustic music played by people on wooden instruments", "unplugged live band")
MACHINES = ("synth", "synth_lead", "synth_pad", "drum_machine")


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length one."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def music_of(book: dict[str, Card]) -> tuple[np.ndarray, np.ndarray]:
    """(S, COMPONENTS) what each style plays, and (S,) how many notes: onsets a step of tune and bass, drums, lanes."""
    rng = np.random.default_rng(SEED)
    means, busy = [], []
    for card in book.values():
        songs = [write_song(card, rng).canvas for _ in range(SONGS)]
        means.append(np.mean([style_features(canvas) for canvas in songs], axis=0))
        busy.append(np.mean([(canvas.steps > 1).mean() + 0.3 * (canvas.active > 0).mean() for canvas in songs]))
    x = np.array(means)
    x = (x - x.mean(axis=0)) / (x.std(axis=0) + 0.02)
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    return u[:, :COMPONENTS] * np.sqrt(s[:COMPONENTS]), np.array(busy)


def spread(places: np.ndarray) -> np.ndarray:
    """(S, 2) in 0–1: by rank half, by place half, so that no corner is empty, then eased apart to `APART`."""
    ranks = np.argsort(np.argsort(places, axis=0), axis=0) / (len(places) - 1)
    scaled = (places - places.min(axis=0)) / np.ptp(places, axis=0)
    out = 0.5 * ranks + 0.5 * scaled
    for _ in range(400):
        gaps = out[:, None] - out[None]
        far = np.linalg.norm(gaps, axis=2) + np.eye(len(out))
        push = np.where(far < APART, (APART - far) / 2, 0.0)
        out = out + (gaps / far[..., None] * push[..., None]).sum(axis=1) * 0.6
    out -= out.min(axis=0)
    return out / out.max(axis=0)


def rank(values: np.ndarray) -> np.ndarray:
    """Ranks from 0 to 1."""
    return np.argsort(np.argsort(values)) / (len(values) - 1)


def machine_share(card: Card) -> float:
    """Share of a card's instruments that are machines."""
    names = [name for lane in card.instruments.values() for name in lane]
    book = instruments()
    return float(np.mean([any(word in book[name]["family"] + name for word in ("synth", "808", "909", "electronic"))
                          for name in names])) if names else 0.0


def draw_map() -> dict:
    """The whole asset as JSON data."""
    book = cards()
    lines = [line for card in book.values() for line in card.describe]
    vectors = np.array(encode(lines))
    ends = np.cumsum([len(card.describe) for card in book.values()])
    meaning = unit(np.array([part.mean(axis=0) for part in np.split(vectors, ends[:-1])]))
    music, busy = music_of(book)
    families = np.array([card.family for card in book.values()])
    centred = unit(meaning - meaning.mean(axis=0))
    far = TEXT_SHARE * (1 - centred @ centred.T) + (1 - TEXT_SHARE) * (1 - unit(music) @ unit(music).T)
    far = np.clip(far, 0, None) * np.where(families[:, None] == families[None], FAMILY_BONUS, 1.0)
    np.fill_diagonal(far, 0.0)
    layout = TSNE(metric="precomputed", init="random", perplexity=PERPLEXITY, random_state=SEED)
    places = spread(layout.fit_transform(far))
    towards = {name: np.array(encode(more)).mean(axis=0) - np.array(encode(less)).mean(axis=0)
               for name, more, less in (("happy", HAPPY, SAD), ("electronic", ELECTRONIC, ACOUSTIC))}
    major = np.array([sum(card.modes.get(mode, 0) for mode in ("major", "lydian", "mixolydian")) for card in
                      book.values()])
    happy = rank(rank(meaning @ towards["happy"]) + 0.5 * rank(major))
    electronic = rank(rank(meaning @ towards["electronic"])
                      + 1.5 * rank(np.array([machine_share(card) for card in book.values()])))
    return {"made_by": "python -m modules.training.style_map", "styles": {
        name: {"x": round(float(places[i, 0]), 4), "y": round(float(places[i, 1]), 4),
               "happy": round(float(happy[i]), 3), "electronic": round(float(electronic[i]), 3),
               "sparse": round(float(1 - rank(busy)[i]), 3)}
        for i, name in enumerate(book)}}


def main() -> None:
    """Write the asset."""
    path = asset("styles").parent / TARGET
    data = draw_map()
    rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in data["styles"].items())
    path.write_text(f'{{"made_by": {json.dumps(data["made_by"])}, "styles": {{\n{rows}\n}}}}\n', encoding="utf-8")
    print(f"{path}: {len(data['styles'])} styles")


if __name__ == "__main__":
    main()
