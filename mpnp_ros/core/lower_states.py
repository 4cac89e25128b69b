# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the blocks below L-N make of a prompt and of the answers that may follow it.

None of it depends on latents (mPnP-LLM, section 2.3), so it serves every sensor reading.
"""

from __future__ import annotations

from collections.abc import Sequence
import copy
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from mpnp_ros.core.upper import UpperBlocks


@dataclass(frozen=True)
class PromptStates:
    """Hold a prompt's ids [1, T], its states [1, T, hidden] entering block L-N, and its cache.

    Of P prompts of one length that were computed together, each has a row.

    The layers of `cache` below L-N hold the prompt's keys and values, the others are empty.
    Where the beginning of a prompt looks at no slots, ids and states are those of the rest, and
    `begun` holds the beginning's keys and values of all blocks.
    """

    ids: Tensor
    states: Tensor
    cache: DynamicCache
    begun: DynamicCache | None = None

    @property
    def size_bytes(self) -> int:
        """Return the memory that the states and the cache take."""
        layers: list[Any] = [*self.cache.layers, *(self.begun.layers if self.begun else ())]
        held = [self.states, *(part for layer in layers for part in (layer.keys, layer.values)
                               if part is not None)]
        return sum(part.numel() * part.element_size() for part in held)


@dataclass(frozen=True)
class AnswerStates:
    """Hold C answers after one prompt, padded at the end: inputs, states and what to predict.

    `ids` [C, K - 1] are the answers without their last token, `states` [C, K - 1, hidden] enter
    block L-N, `targets` [C, K] are all tokens and `counts` [C, K] is False for padding.
    """

    ids: Tensor
    states: Tensor
    targets: Tensor
    counts: Tensor


class LowerStates:
    """Compute the states that enter the last N blocks; one thread at a time."""

    def __init__(self, model: PreTrainedModel, blocks: UpperBlocks) -> None:
        self._model, self._blocks = model, blocks
        self._fresh = DynamicCache(config=model.config)

    def fresh_cache(self) -> DynamicCache:
        """Return an empty cache; making one from the configuration takes milliseconds."""
        return copied(self._fresh)

    def prompt(self, prompt: Sequence[int]) -> PromptStates:
        """Return the states and the cache of a prompt's token ids."""
        return self.prompts([prompt])

    def late_prompt(self, prompt: Sequence[int], late: int) -> PromptStates:
        """Return the same for a prompt of which only the last `late` tokens look at slots."""
        if len(prompt) <= late:
            return self.prompt(prompt)
        head = self.prompt(prompt[:-late])
        begun = self.fresh_cache()
        with torch.no_grad():
            self._blocks.upper(head.states, head.ids, past_key_values=begun, keep=0)
        begun.layers[:self._blocks.start] = copied(head.cache).layers[:self._blocks.start]
        return replace(self.prompts([prompt[-late:]], behind=head), begun=begun)

    def prompts(self, prompts: Sequence[Sequence[int]], *,
                behind: PromptStates | None = None) -> PromptStates:
        """Return the states and the cache of prompts of one length.

        Prompts that stand `behind` a common beginning are given, and come back, without it; their
        cache holds both.
        """
        ids = torch.tensor([list(prompt) for prompt in prompts], device=self._model.device)
        if behind is None:
            cache = self.fresh_cache()
        else:
            cache = copy.deepcopy(behind.cache)
            repeat_rows(cache.layers, len(prompts))
        return PromptStates(ids, self._blocks.lower(ids, past_key_values=cache), cache)

    def answers(self, prompt: PromptStates, answers: Sequence[Sequence[int]], *,
                rows: Sequence[int] = ()) -> AnswerStates:
        """Return the states of answers after a prompt; an answer ends with its end token.

        `rows` says which prompt each answer follows; left out: the first.
        """
        inputs, targets, counts = pad_answers(answers, self._model.device)
        if inputs.shape[1]:
            cache = copy.deepcopy(prompt.cache)
            choose_rows(cache.layers, torch.tensor(
                rows or [0] * len(answers), device=inputs.device))
            states = self._blocks.lower(inputs, past_key_values=cache)
        else:
            states = prompt.states.new_zeros(len(answers), 0, prompt.states.shape[-1])
        return AnswerStates(inputs, states, targets, counts)


def pad_answers(answers: Sequence[Sequence[int]],
                device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return inputs [C, K - 1], targets [C, K] and counts [C, K], True where a target counts.

    Padding follows the answers, so that no position that counts can see it.
    """
    longest = max(map(len, answers))
    targets = torch.tensor(
        [[*answer, *[answer[-1]] * (longest - len(answer))] for answer in answers], device=device)
    counts = torch.tensor(
        [[index < len(answer) for index in range(longest)] for answer in answers], device=device)
    return targets[:, :-1], targets, counts


def copied(cache: DynamicCache) -> DynamicCache:
    """Return a cache that may grow: a layer replaces its tensors then, so they can be shared."""
    given = copy.copy(cache)
    given.layers = [copy.copy(layer) for layer in cache.layers]
    return given


def repeat_rows(layers: Sequence[Any], times: int) -> None:
    """Repeat each row of a cache's layers in place; empty layers stay empty."""
    for layer in layers:
        if layer.is_initialized:
            layer.batch_repeat_interleave(times)


def choose_rows(layers: Sequence[Any], rows: Tensor) -> None:
    """Replace a cache's rows in place by some of them, in that order; empty layers stay empty."""
    for layer in layers:
        if layer.is_initialized:
            layer.batch_select_indices(rows)
