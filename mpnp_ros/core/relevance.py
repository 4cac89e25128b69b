# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which slots a question is about: what its words say of each, added to the gates' logarithms.

A frozen model's queries were never made to find one token among many by kind and direction at
once. A question's words are, though: the mean of their embeddings meets a key of each slot, and
the product opens or closes the slot for all heads of a block, before anything else is compared.
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses

import torch
from torch import nn, Tensor

from mpnp_ros.core.attention import BlockSlots, Slots

_STRENGTH = 6.0    # of names that are used, as a logarithm of the gate


class Relevance(nn.Module):
    """Turn what is sensed into relevance [N, R, T, words]: its product with a question's words.

    One number a slot and connected block: (query(words - mean)) . key(state), in `size`
    dimensions; and, where the first values of tokens have names, how far the question uses the
    names of those that a token has (`mpnp_ros.core.named_values`).

    :ivar mean: of the words of the questions that were learned from, [words].
    :ivar named: where words say that a name is used, [words, names], and `unnamed`, what is added
        to that, [names].
    """

    mean: Tensor
    named: Tensor
    unnamed: Tensor

    def __init__(self, words: int, hidden: int, blocks: int, size: int, names: int = 0) -> None:
        super().__init__()
        self._sizes = (blocks, size)
        self.register_buffer('mean', torch.zeros(words))
        self.query = nn.Linear(words, blocks * size)
        self.key = nn.Linear(hidden, blocks * size)
        nn.init.normal_(self.key.weight, std=hidden ** -0.5)
        nn.init.zeros_(self.key.bias)
        nn.init.normal_(self.query.weight, std=words ** -0.5)
        nn.init.zeros_(self.query.bias)
        self._names = names
        if names:
            self.register_buffer('named', torch.zeros(words, names))
            self.register_buffer('unnamed', torch.zeros(names))
            self.strength = nn.Parameter(torch.full((blocks,), _STRENGTH))

    def forward(self, states: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return factors [N, R, T, words] and what is added to their products, [N, R, T].

        :param states: of the aligner's trunk, [R, T, hidden].
        :param tokens: that it made them of, [R, T, W].
        """
        blocks, size = self._sizes
        # In full precision: most of what questions have in words is in the mean as well.
        with torch.autocast(states.device.type, enabled=False):
            keys = self.key(states.float()).unflatten(-1, (blocks, size)) * size ** -0.5
            weights = self.query.weight.view(blocks, size, -1)        # [N, size, words]
            bias = self.query.bias.view(blocks, size) - weights @ self.mean
            factors = torch.einsum('rtnd,ndw->nrtw', keys, weights)
            offsets = torch.einsum('rtnd,nd->nrt', keys, bias)
            if self._names:
                given = tokens[..., :self._names].float()
                strength = self.strength[:, None, None]
                used = given @ self.named.T                           # [R, T, words]
                factors = factors + strength[..., None] * used
                offsets = offsets + strength * (given @ self.unnamed - used @ self.mean)
            return factors, offsets


def question_words(embedding: nn.Module, prompts: Sequence[Sequence[int]], lead: int,
                   device: torch.device) -> Tensor:
    """Return the means [B, words] of the embeddings of prompts, without what follows questions."""
    with torch.no_grad():
        return torch.stack([
            embedding(torch.tensor(list(prompt[:-lead] or prompt), device=device)).float().mean(0)
            for prompt in prompts])


def depends_on_questions(slots: Slots | None) -> bool:
    """Say whether what is asked decides how open slots are."""
    return any(block is not None and block.relevance is not None for block in slots or ())


def opened(slots: Slots | None, words: Tensor) -> Slots | None:
    """Return the slots as questions with such words [B, words] meet them.

    Slots of one row serve all questions; others have as many rows as there are questions.
    """
    if slots is None:
        return None
    return tuple(None if block is None else _opened(block, words) for block in slots)


def _opened(block: BlockSlots, words: Tensor) -> BlockSlots:
    if block.relevance is None:
        return block
    meant = (block.relevance @ words.to(block.relevance)[..., None])[..., 0]   # [B, S]
    return dataclasses.replace(block, log_gate=block.log_gate + meant, relevance=None)
