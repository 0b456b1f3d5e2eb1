"""The causal decoder over beats, for sampling: one beat at a time, weights and caches at hand instead of modules.

`model.CanvasModel.decode` is the reference; a test holds the two together.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from modules.generator.model import CanvasModel, rotate, turns


class BeatNetwork:
    """States of B canvases of up to T beats, `next` in order."""

    def __init__(self, model: CanvasModel, conditioned: Tensor, k: int) -> None:
        """`conditioned` (B, T, D): condition plus what the encoder saw; `k` steps a beat."""
        b, t, d = conditioned.shape
        heads = model.config.heads
        self.model, self.conditioned, self.k, self.at = model, conditioned, k, 0
        self.angle = turns(torch.arange(t), d // heads)  # (2, T, D / 2 heads)
        self.layers = [(
            layer.norm1.weight, layer.norm1.bias, layer.attention.qkv.weight, layer.attention.out.weight,
            layer.norm2.weight, layer.norm2.bias, layer.up.weight, layer.up.bias, layer.down.weight, layer.down.bias,
            torch.zeros(b, heads, t, d // heads), torch.zeros(b, heads, t, d // heads)) for layer in model.decoder]

    def next(self, before: Tensor | None) -> Tensor:
        """The next beat's state (B, D); `before` (B, C) are the last beat's tokens, None at the start."""
        model, at = self.model, self.at
        b, _, d = self.conditioned.shape
        heads, window = model.config.heads, model.config.window
        x = self.conditioned[:, at]
        if before is not None:
            x = x + model.embed_past(before, self.k)
        angle, first = self.angle[:, at:at + 1], max(0, at - window + 1)
        for norm1, bias1, qkv, out, norm2, bias2, up, up_bias, down, down_bias, keys, values in self.layers:
            both = F.linear(F.layer_norm(x, (d,), norm1, bias1), qkv).view(b, 3, heads, 1, -1)
            q, key = rotate(both[:, :2], angle).unbind(1)
            keys[:, :, at], values[:, :, at] = key[:, :, 0], both[:, 2, :, 0]
            y = F.scaled_dot_product_attention(q, keys[:, :, first:at + 1], values[:, :, first:at + 1])
            x = x + F.linear(y.view(b, d), out)
            x = x + F.linear(F.gelu(F.linear(F.layer_norm(x, (d,), norm2, bias2), up, up_bias)), down, down_bias)
        self.at += 1
        return F.layer_norm(x, (d,), model.norm.weight, model.norm.bias)
