# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What every way of fusing latents into a language model offers to training and comparison."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn, Tensor

from mpnp_ros.core.latents import Latents
from mpnp_ros.core.text_states import Text


@dataclass(frozen=True)
class Example:
    """A prompt with its answer, and the latents by modality that it is answered from."""

    text: Text
    latents: Mapping[str, Latents]


@dataclass(frozen=True)
class AnswerLogits:
    """Logits [B, K, vocabulary] where answers are predicted, padded at the end.

    `targets` [B, K] are the tokens expected there, `counts` [B, K] is False for padding.
    """

    logits: Tensor
    targets: Tensor
    counts: Tensor

    def loss(self) -> Tensor:
        """Return the cross-entropy per token of the answers."""
        losses = nn.functional.cross_entropy(
            self.logits.float().flatten(0, 1), self.targets.flatten(), reduction='none')
        return (losses.view(self.counts.shape) * self.counts).sum() / self.counts.sum()

    def right(self) -> Tensor:
        """Return for each answer [B] whether its every token is the likeliest."""
        return ((self.logits.argmax(-1) == self.targets) | ~self.counts).all(-1)

    def last(self) -> Tensor:
        """Return the logits [B, vocabulary] of each answer's last token."""
        ends = self.counts.sum(-1) - 1
        return self.logits[torch.arange(len(ends), device=ends.device), ends]


class Fusion(nn.Module, ABC):
    """Predict answers from prompts and latents; what requires a gradient is what is learned."""

    name: ClassVar[str]

    @abstractmethod
    def forward(self, examples: Sequence[Example]) -> AnswerLogits:
        """Return the logits at the answers' positions."""

    def prepare(self, texts: Iterable[Text]) -> int:
        """Be told which texts are coming, and return the operations that getting ready took."""
        return 0

    def trained(self) -> list[nn.Parameter]:
        """Return what is learned."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    def gates(self) -> set[nn.Parameter]:
        """Return those of `trained` that get the learning rate of gates."""
        return set()


def answer_targets(texts: Sequence[Text], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the answers' tokens [B, K], padded with zeros, and False [B, K] for padding."""
    longest = max(len(text.answer) for text in texts)
    targets = torch.zeros(len(texts), longest, dtype=torch.long)
    counts = torch.zeros(len(texts), longest, dtype=torch.bool)
    for row, text in enumerate(texts):
        targets[row, :len(text.answer)] = torch.tensor(text.answer)
        counts[row, :len(text.answer)] = True
    return targets.to(device), counts.to(device)
