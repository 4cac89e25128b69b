# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Latent tokens as embeddings of a language model, for fusion at its input."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn, Tensor

from mpnp_ros.core.aligner import directions, MAX_VIEWS
from mpnp_ros.core.latents import Latents


class Projector(nn.Module):
    """Turn tokens [T, W] into embeddings [T, hidden] with a perceptron of two layers.

    As LLaVA-1.5's projector, and with what our aligners know too: where a token looks and which
    view it is from. `scale` is the root mean square of the model's own embeddings.
    """

    def __init__(self, width: int, hidden: int, scale: float) -> None:
        super().__init__()
        self.normalise = nn.LayerNorm(width)
        self.project = nn.Linear(width, hidden)
        self.azimuth = nn.Linear(8, hidden, bias=False)
        self.view = nn.Embedding(MAX_VIEWS, hidden)
        self.out = nn.Linear(hidden, hidden)
        nn.init.zeros_(self.view.weight)
        nn.init.normal_(self.out.weight, std=scale * hidden ** -0.5)
        nn.init.zeros_(self.out.bias)

    def forward(self, latents: Latents) -> Tensor:
        """Return one embedding per token."""
        states = self.project(self.normalise(latents.tokens.to(self.out.weight)))
        states = (states + self.azimuth(directions(latents.azimuth.to(states)))
                  + self.view(latents.view.to(states.device)))
        out: Tensor = self.out(nn.functional.gelu(states))
        return out


class PooledProjector(nn.Module):
    """Turn tokens [T, W] into one embedding per view [V, hidden]: their mean, mapped linearly."""

    def __init__(self, width: int, hidden: int, scale: float) -> None:
        super().__init__()
        self.normalise = nn.LayerNorm(width)
        self.project = nn.Linear(width, hidden)
        self.view = nn.Embedding(MAX_VIEWS, hidden)
        nn.init.normal_(self.project.weight, std=scale * width ** -0.5)
        nn.init.zeros_(self.project.bias)
        nn.init.zeros_(self.view.weight)

    def forward(self, latents: Latents) -> Tensor:
        """Return one embedding per view."""
        views, place = latents.view.unique(return_inverse=True)
        tokens = latents.tokens.to(self.project.weight)
        sums = tokens.new_zeros(len(views), tokens.shape[1]).index_add(
            0, place.to(tokens.device), tokens)
        means = sums / place.bincount().to(sums)[:, None]
        states: Tensor = self.project(self.normalise(means)) + self.view(views.to(sums.device))
        return states


class Projectors(nn.Module):
    """One projector for each modality."""

    def __init__(self, kind: type[Projector | PooledProjector], widths: Mapping[str, int],
                 hidden: int, scale: float) -> None:
        super().__init__()
        self._by_modality = nn.ModuleDict({
            modality: kind(width, hidden, scale) for modality, width in sorted(widths.items())})

    def forward(self, latents: Mapping[str, Latents]) -> Tensor | None:
        """Return the embeddings [M, hidden] of all modalities, sorted by name; None for none."""
        parts = [self._by_modality[modality](latents[modality]) for modality in sorted(latents)]
        return torch.cat(parts) if parts else None
