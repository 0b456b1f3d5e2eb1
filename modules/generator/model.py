"""The network: an encoder of what is known, a causal decoder over beats, a GRU over the cells inside a beat.

The condition also reaches every cell's tokens by a short way (`hint`), so that what a style sounds like is not left to
what the past shows. A gated copy head adds learned weight to the token that stood in the same cell some beats or bars
ago (See et al. 2017, "Get to the point", §2.2, as logits); pitch cells see absolute pitch, interval from the last
sounding pitch and degree of the chord (`canvas.md` findings). Letters as in the package docstring; `G` width of the
cell GRU, `H` of the hint.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from modules.canvas import vocabulary as v
from modules.generator import encoding as enc

MAX_COPY = 5.0  # nats that the copy head may add: uncapped, long samples collapse into repetition


@dataclass(frozen=True)
class ModelConfig:
    """Sizes. `styles` are the names of the style table's rows, in order."""

    styles: tuple[str, ...]
    width: int = 192
    heads: int = 4
    encoder_layers: int = 2
    decoder_layers: int = 3
    cell_width: int = 176
    window: int = 64  # beats that attention reaches back (and, in the encoder, ahead)
    dropout: float = 0.1

    def to_json(self) -> dict:
        return asdict(self)


def copy_offsets(beats_per_bar: int) -> tuple[int, ...]:
    """Beats back that the copy head looks: 1 and 2 beats, 1, 2, 4 and 8 bars."""
    return (1, 2, beats_per_bar, 2 * beats_per_bar, 4 * beats_per_bar, 8 * beats_per_bar)


N_COPIES = 6
HINT_WIDTH = 96  # of the short way from the condition to every cell's tokens


class Attention(nn.Module):
    """Multi-head self-attention with rotary positions. (B, T, D) → (B, T, D)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, turn: Tensor, mask: Tensor) -> Tensor:
        b, t, d = x.shape
        q, k, val = self.qkv(x).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        q, k = rotate(q, turn), rotate(k, turn)
        y = F.scaled_dot_product_attention(q, k, val, attn_mask=mask)
        return self.out(y.transpose(1, 2).reshape(b, t, d))


def turns(positions: Tensor, size: int) -> Tensor:
    """Rotary angles (T, size/2) as (cos, sin) pairs (2, T, size/2)."""
    rate = 500.0 ** (-torch.arange(0, size, 2, dtype=torch.float32) / size)
    angle = positions[:, None].float() * rate[None, :].to(positions.device)
    return torch.stack([angle.cos(), angle.sin()])


def rotate(x: Tensor, turn: Tensor) -> Tensor:
    a, b = x.chunk(2, dim=-1)
    cos, sin = turn[0].to(x.dtype), turn[1].to(x.dtype)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


class Layer(nn.Module):
    """Pre-norm transformer layer."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.up, self.down = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, turn: Tensor, mask: Tensor) -> Tensor:
        x = x + self.drop(self.attention(self.norm1(x), turn, mask))
        return x + self.drop(self.down(F.gelu(self.up(self.norm2(x)))))


class PitchHead(nn.Module):
    """Logits of a pitch row: rest, hold, and onsets as absolute pitch + interval + chord degree + chord tone."""

    def __init__(self, width: int, row: str) -> None:
        super().__init__()
        size = v.ROWS[row][2] - v.ONSET
        self.size = size
        self.out = nn.Linear(width, 3 + size + (2 * size - 1) + 12 + 1)
        pitches = np.arange(size) + v.LOWEST[row]
        relative = np.stack([(pitches - root) % 12 for root in range(12)] + [np.zeros(size, int)])
        tones = np.zeros((v.N_ROOTS, len(v.QUALITIES), size), np.float32)
        for root in range(12):
            for index, quality in enumerate(v.QUALITIES.values()):
                tones[root, index] = np.isin((pitches - root) % 12, quality)
        self.register_buffer("relative", torch.tensor(relative), persistent=False)
        self.register_buffer("tones", torch.tensor(tones), persistent=False)
        self.register_buffer("pitch", torch.arange(size), persistent=False)

    def forward(self, h: Tensor, last: Tensor, root: Tensor, quality: Tensor) -> Tensor:
        """h (N, G); last (N,) last sounding pitch index or -1; root, quality (N,) → (N, 2 + size)."""
        state, absolute, interval, degree, tone = self.out(h).split(
            [3, self.size, 2 * self.size - 1, 12, 1], dim=-1)
        step = (self.pitch[None, :] - last[:, None]).clamp(1 - self.size, self.size - 1) + self.size - 1
        by_interval = interval.gather(1, step) * (last >= 0)[:, None]
        by_degree = degree.gather(1, self.relative[root]) * (root < 12)[:, None]
        onset = state[:, 2:] + absolute + by_interval + by_degree + tone * self.tones[root, quality]
        return torch.cat([state[:, :2], onset], dim=-1)


class CanvasModel(nn.Module):
    """Fills canvases. See `forward` for training and `sampling.fill` for use."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        d, g = config.width, config.cell_width
        self.style = nn.Parameter(torch.randn(len(config.styles) + 1, d) * 0.5)  # the last row: no style given
        self.features = nn.EmbeddingBag(sum(enc.FEATURES.values()), d, mode="sum")
        self.known = nn.EmbeddingBag(enc.N_TOKENS, d, mode="sum")
        self.past = nn.EmbeddingBag(enc.N_TOKENS, d, mode="sum")
        for table in (self.features, self.known, self.past):
            nn.init.normal_(table.weight, std=0.15)
        self.encoder = nn.ModuleList(Layer(d, config.heads, config.dropout) for _ in range(config.encoder_layers))
        self.decoder = nn.ModuleList(Layer(d, config.heads, config.dropout) for _ in range(config.decoder_layers))
        self.norm = nn.LayerNorm(d)
        self.start = nn.Linear(d, g)
        self.beat = nn.Linear(d, g)
        self.token = nn.Embedding(enc.N_TOKENS, g)  # the cell before, in the beat
        self.line = nn.Embedding(enc.N_TOKENS, g)  # the step before, in the row
        self.chord = nn.Embedding(enc.N_TOKENS, g)
        self.place = nn.Embedding(enc.N_POSITIONS, g)
        for table in (self.token, self.line, self.chord, self.place):
            nn.init.normal_(table.weight, std=0.3)
        self.cells = nn.GRU(g, g, batch_first=True)
        self.heads = nn.ModuleList(
            PitchHead(g, name) if name in v.PITCH_ROWS else nn.Linear(g, size)
            for name, size in zip(enc.GROUPS, enc.SIZES, strict=True))
        self.copy = nn.Linear(g, N_COPIES * 2)
        self.copy_place = nn.Embedding(enc.N_POSITIONS, N_COPIES * 2)
        nn.init.zeros_(self.copy_place.weight)
        self.hint = nn.Sequential(nn.Linear(d, HINT_WIDTH), nn.GELU())
        self.hint_token = nn.Embedding(enc.N_TOKENS, HINT_WIDTH)
        nn.init.zeros_(self.hint_token.weight)

    def condition(self, features: Tensor, styles: Tensor) -> Tensor:
        """features (B, T, F) values; styles (B, S + 1) weights → (B, T, D). A fractional value lies between two."""
        b, t, f = features.shape
        base = torch.as_tensor(enc.FEATURE_BASE, device=features.device)
        whole = features.long()
        rows = (whole + base).view(b * t, f)
        if features.is_floating_point():
            part = (features - whole).view(b * t, f)
            above = torch.where(part > 0, rows + 1, rows)
            table = self.features.weight
            summed = self.features(rows) + (part[..., None] * (table[above] - table[rows])).sum(dim=1)
        else:
            summed = self.features(rows)
        return summed.view(b, t, -1) + (styles @ self.style)[:, None]

    def encode(self, tokens: Tensor, condition: Tensor, k: int) -> Tensor:
        """tokens (B, T, C) as `encoding.encoder_tokens` → (B, T, D): what is known, seen from each beat."""
        b, t, c = tokens.shape
        base = torch.as_tensor(enc.token_base(k), device=tokens.device)
        x = self.known((tokens + base).view(b * t, c)).view(b, t, -1) * c ** -0.5 + condition
        place = torch.arange(t, device=x.device)
        turn = turns(place, self.config.width // self.config.heads)
        mask = (place[:, None] - place[None, :]).abs() < self.config.window
        for layer in self.encoder:
            x = layer(x, turn, mask)
        return x

    def embed_past(self, tokens: Tensor, k: int) -> Tensor:
        """tokens (N, C) of finished beats → (N, D)."""
        base = torch.as_tensor(enc.token_base(k), device=tokens.device)
        return self.past(tokens + base) * tokens.shape[1] ** -0.5

    def decode(self, tokens: Tensor, condition: Tensor, encoded: Tensor, k: int) -> Tensor:
        """Teacher-forced beat states (B, T, D); beat t sees tokens (B, T, C) up to t - 1."""
        b, t, c = tokens.shape
        past = self.embed_past(tokens.reshape(b * t, c), k).view(b, t, -1)
        x = F.pad(past, (0, 0, 1, 0))[:, :t] + condition + encoded
        place = torch.arange(t, device=x.device)
        back = place[:, None] - place[None, :]
        turn = turns(place, self.config.width // self.config.heads)
        for layer in self.decoder:
            x = layer(x, turn, (back >= 0) & (back < self.config.window))
        return self.norm(x)

    def copy_gates(self, h: Tensor, place: Tensor) -> Tensor:
        """h (N, G), place (N,) → (N, 2 · N_COPIES): weight in nats for each offset, onsets apart from the rest."""
        return MAX_COPY * torch.tanh((self.copy(h) + self.copy_place(place)) / 2)

    def forward(self, tokens: Tensor, history: Tensor, known: Tensor, features: Tensor, styles: Tensor, last: Tensor,
                loss_mask: Tensor, k: int, beats_per_bar: int) -> dict[str, tuple[Tensor, Tensor]]:
        """Teacher-forced loss.

        Args:
            tokens (B, T, C): true tokens, `SIZES + UNKNOWN` where a row is not modelled.
            history (B, T, C): the same, perhaps corrupted, as the decoder and copy head see the past.
            known (B, T, C): encoder tokens. last (B, T, C): last sounding pitch before a pitch cell, -1 none.
            loss_mask (B, T, C): True where the cell is to be predicted.

        Returns:
            group name → (sum of cross-entropy in nats, number of cells).
        """
        b, t, c = tokens.shape
        groups, places = enc.cell_groups(k), torch.as_tensor(enc.cell_positions(k))
        base = torch.as_tensor(enc.token_base(k))
        condition = self.condition(features, styles)
        h = self.decode(history, condition, self.encode(known, condition, k), k)  # (B, T, D)
        # nothing is asked of the cells behind the last one that counts
        c = int(loss_mask.any(dim=0).any(dim=0).nonzero().max()) + 1 if loss_mask.any() else 1
        c = min(tokens.shape[2], 2 + -(-max(0, c - 2) // k) * k)  # whole rows
        groups, places, base = groups[:c], places[:c], base[:c]
        tokens, history, last, loss_mask = (x[:, :, :c] for x in (tokens, history, last, loss_mask))
        joint = tokens + base  # rows of the joint token table
        before = F.pad(joint[:, :, :-1], (1, 0))  # the cell before; for the first cell: row 0 of the table
        x = self.token(before) + self.place(places) + self.line(self.line_before(joint, history + base, k))
        x = x + self.beat(h)[:, :, None]
        chord = self.chord(joint[:, :, 0]) + self.chord(joint[:, :, 1])
        x[:, :, 2:] = x[:, :, 2:] + chord[:, :, None]
        y = run_cells(self.cells, x.view(b * t, c, -1), torch.tanh(self.start(h)).view(b * t, -1))
        y = y.reshape(b, t, c, -1)
        gates = self.copy_gates(y, places)  # (B, T, C, 2·O)
        hint = self.hint(condition)  # (B, T, H)
        sources = [F.pad(history, (0, 0, o, 0), value=-1)[:, :t] for o in copy_offsets(beats_per_bar)]
        out = {}
        for group, (name, size) in enumerate(zip(enc.GROUPS, enc.SIZES, strict=True)):
            cells = np.flatnonzero(groups == group)
            if not len(cells):
                continue
            part = slice(int(cells[0]), int(cells[-1]) + 1)
            pick = loss_mask[:, :, part]
            if not pick.any():
                continue
            hidden = y[:, :, part][pick]
            if isinstance(self.heads[group], PitchHead):
                root = tokens[:, :, :1].expand_as(pick)[pick].clamp(max=12)
                quality = tokens[:, :, 1:2].expand_as(pick)[pick]
                root = torch.where(quality < len(v.QUALITIES), root, 12)
                logits = self.heads[group](hidden, last[:, :, part][pick], root, quality.clamp(max=17))
            else:
                logits = self.heads[group](hidden)
            rows = base[part, None] + torch.arange(size, device=base.device)  # (K, V)
            hints = torch.einsum("bth,kvh->btkv", hint, self.hint_token(rows))
            logits = logits + hints[pick]
            logits = add_copies(logits.float(), gates[:, :, part][pick],
                                torch.stack([s[:, :, part][pick] for s in sources], dim=-1), size)
            loss = F.cross_entropy(logits.float(), tokens[:, :, part][pick], reduction="sum")
            out[name] = (loss, pick.sum())
        return out

    @staticmethod
    def line_before(joint: Tensor, history: Tensor, k: int) -> Tensor:
        """Token (joint row) one step before each cell in its own row; harmony: the beat before. (B, T, C)."""
        c = joint.shape[2]
        out = F.pad(joint, (1, 0))[:, :, :c].clone()
        previous = F.pad(history, (0, 0, 1, 0))[:, : joint.shape[1]]
        out[:, :, 0], out[:, :, 1] = previous[:, :, 0], previous[:, :, 1]
        out[:, :, 2::k] = previous[:, :, k + 1::k]
        return out


def run_cells(gru: nn.GRU, x: Tensor, state: Tensor) -> Tensor:
    """The cell GRU over x (N, C, G) from state (N, G), in the precision that autocast asks for.

    Written out because the built-in one trains in single precision only: in bfloat16 this takes 0.4 of its CPU time.
    """
    dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
    with torch.autocast("cpu", enabled=False):
        inputs = (x.to(dtype) @ gru.weight_ih_l0.T.to(dtype) + gru.bias_ih_l0.to(dtype)).unbind(1)
        weight, bias, h = gru.weight_hh_l0.T.to(dtype).contiguous(), gru.bias_hh_l0.to(dtype), state.to(dtype)
        out = []
        for given in inputs:
            reset_in, update_in, new_in = given.chunk(3, dim=1)
            reset_h, update_h, new_h = torch.addmm(bias, h, weight).chunk(3, dim=1)
            update = torch.sigmoid(update_in + update_h)
            new = torch.tanh(new_in + torch.sigmoid(reset_in + reset_h) * new_h)
            h = new + update * (h - new)
            out.append(h)
        return torch.stack(out, dim=1)


def add_copies(logits: Tensor, gates: Tensor, sources: Tensor, size: int) -> Tensor:
    """Add gates (N, 2·O) to the logits (N, V) of the tokens in `sources` (N, O), -1 or foreign = none."""
    n_copies = sources.shape[1]
    valid = (sources >= 0) & (sources < size)
    gate = torch.where(sources >= v.ONSET, gates[:, :n_copies], gates[:, n_copies:])
    return logits.scatter_add(1, sources.clamp(0, size - 1), (gate * valid).to(logits.dtype))
