# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Aligners: latent tokens of one modality to keys and values of the connected blocks."""

from __future__ import annotations

import torch
from torch import nn, Tensor

MAX_VIEWS = 32
_HARMONICS = (1.0, 2.0, 4.0, 8.0)


class Aligner(nn.Module):
    """Turn tokens [B, T, W] into keys and values [N, B, kv_heads, T, head_dim].

    One trunk and one linear head per connected block for keys and for values. Where a token looks
    and which view it is from are added to it, so that 'left' and 'front' can be told apart; token
    order carries no meaning and the number of tokens may vary.
    """

    def __init__(self, width: int, hidden: int, blocks: int, num_kv_heads: int,
                 head_dim: int) -> None:
        super().__init__()
        self._heads = (blocks, num_kv_heads, head_dim)
        outputs = blocks * num_kv_heads * head_dim
        self.normalise = nn.LayerNorm(width)
        self.project = nn.Linear(width, hidden)
        self.azimuth = nn.Linear(2 * len(_HARMONICS), hidden, bias=False)
        self.view = nn.Embedding(MAX_VIEWS, hidden)
        self.mix = nn.Linear(hidden, hidden)
        self.condition = nn.LayerNorm(hidden)
        self.key = nn.Linear(hidden, outputs)
        self.value = nn.Linear(hidden, outputs)
        nn.init.zeros_(self.view.weight)
        # Keys of unit variance meet the LLM's queries on equal terms with its own keys. Values as
        # large as those of text (about 1.4): what small ones say is lost in the frozen blocks,
        # and where nothing is said yet, keys are not learned either.
        nn.init.normal_(self.key.weight, std=hidden ** -0.5)
        nn.init.normal_(self.value.weight, std=2.0 * hidden ** -0.5)
        nn.init.zeros_(self.key.bias)
        nn.init.zeros_(self.value.bias)

    @torch.no_grad()
    def begin_like(self, other: Aligner, shared: int) -> None:
        """Take over what another one has learned of the first `shared` values of its tokens.

        Values beyond them have no say until they are trained. Views of another sensor are not
        these: each begins as the mean of those that the other has seen.
        """
        own = self.state_dict()
        for name, learned in other.state_dict().items():
            if name == 'project.weight':                              # [hidden, W]
                own[name].zero_()
                own[name][:, :shared] = learned[:, :shared]
            elif name.startswith('normalise.'):                       # [W]
                own[name][:shared] = learned[:shared]
            elif name == 'view.weight':                               # [MAX_VIEWS, hidden]
                seen = learned[learned.any(dim=1)]
                own[name].copy_(seen.mean(dim=0) if len(seen) else learned)
            else:
                own[name].copy_(learned)

    def forward(self, tokens: Tensor, azimuth: Tensor, view: Tensor) -> tuple[Tensor, Tensor]:
        """Return (keys, values) of tokens [B, T, W], azimuth [B, T] rad and view [B, T] int64."""
        states = self.trunk(tokens, azimuth, view)
        return self.heads(states)

    def trunk(self, tokens: Tensor, azimuth: Tensor, view: Tensor) -> Tensor:
        """Return the states [B, T, hidden] that keys and values are made of."""
        states = self.project(self.normalise(tokens))                 # [B, T, hidden]
        states = states + self.azimuth(directions(azimuth)) + self.view(view)
        states = nn.functional.gelu(states)
        states = states + nn.functional.gelu(self.mix(states))
        return self.condition(states)

    def heads(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """Return (keys, values) of the trunk's states."""
        return self._split(self.key(states)), self._split(self.value(states))

    def _split(self, heads: Tensor) -> Tensor:
        batch, count, _ = heads.shape
        return heads.view(batch, count, *self._heads).permute(2, 0, 3, 1, 4)


class SharedAligner(nn.Module):
    """Turn tokens into keys and values as the paper does: the same ones for every block.

    Two Linear(W, 4 W) - GELU - Linear(4 W, kv width), as in the mPnP-LLM authors' code. Their
    LLMs have as many key/value heads as query heads, so the kv width is the hidden size; with
    grouped queries it is kv_heads * head_dim. Azimuth and view are not used.
    """

    def __init__(self, width: int, blocks: int, num_kv_heads: int, head_dim: int) -> None:
        super().__init__()
        self._blocks, self._heads = blocks, (num_kv_heads, head_dim)
        self.key = _perceptron(width, num_kv_heads * head_dim)
        self.value = _perceptron(width, num_kv_heads * head_dim)

    def forward(self, tokens: Tensor, azimuth: Tensor, view: Tensor) -> tuple[Tensor, Tensor]:
        """Return (keys, values), each [N, B, kv_heads, T, head_dim], of tokens [B, T, W]."""
        return self._split(self.key(tokens)), self._split(self.value(tokens))

    def _split(self, heads: Tensor) -> Tensor:
        batch, count, _ = heads.shape
        heads = heads.view(batch, count, *self._heads).transpose(1, 2)  # [B, kv_heads, T, D]
        return heads.expand(self._blocks, -1, -1, -1, -1)


def _perceptron(width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, outputs))


def directions(azimuth: Tensor) -> Tensor:
    """Return sines and cosines [..., 8] of azimuth [...] rad, zeros where it is NaN."""
    harmonics = torch.tensor(_HARMONICS, device=azimuth.device)
    angles = azimuth.float()[..., None] * harmonics                   # [..., 4]
    waves = torch.cat([angles.sin(), angles.cos()], dim=-1)
    return torch.where(torch.isnan(azimuth)[..., None], 0.0, waves)
