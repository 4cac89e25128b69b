# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Prompts and the answers that may follow them, run through a causal LM with latent slots.

What no latent reaches, the blocks below L-N, is computed once per text and kept: the same
question on a new sensor reading costs N of L blocks (mPnP-LLM, section 2.3).
"""

from __future__ import annotations

from collections.abc import Sequence
import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from mpnp_ros.core.architecture import UnsupportedArchitecture
from mpnp_ros.core.attention import BlockSlots, LatentAttention, Slots
from mpnp_ros.core.lower_states import (
    AnswerStates, LowerStates, pad_answers, PromptStates, repeat_rows)
from mpnp_ros.core.state_cache import StateCache
from mpnp_ros.core.upper import UpperBlocks

# Some 300 questions of 40 tokens each for a model of 135 M parameters in float32.
CAPACITY_BYTES = 512 * 2 ** 20


@dataclass(frozen=True)
class StartedText:
    """Hold a prompt that was run under slots: logits [B, vocabulary] of the next token, and cache.

    B is the number of rows of the slots, 1 without any.
    """

    ids: tuple[int, ...]
    slots: Slots | None
    logits: Tensor
    cache: DynamicCache

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return int(self.logits.shape[0])


class TextRunner:
    """Run prompts and answers; one thread at a time, gradients are not recorded."""

    def __init__(self, model: PreTrainedModel, attention: LatentAttention,
                 capacity_bytes: int = CAPACITY_BYTES) -> None:
        self._model, self._attention = model, attention
        self._parts: dict[int, UpperBlocks | None] = {}
        self._prompts: StateCache[PromptStates] = StateCache(capacity_bytes)
        self._answers: StateCache[AnswerStates] = StateCache(capacity_bytes // 4)

    def prepare(self, slots: Slots | None) -> None:
        """Do what the first text under such slots would do first: take the model apart, once."""
        self._in_parts(slots)

    def start(self, ids: Sequence[int], slots: Slots | None) -> StartedText:
        """Run a prompt's token ids under slots of B rows."""
        prompt = tuple(ids)
        parts = self._in_parts(slots)
        with torch.no_grad(), self._attention.attached(slots):
            cache = DynamicCache(config=self._model.config)
            rows = torch.tensor([prompt] * _rows(slots), device=self._model.device)
            if parts is None:
                logits = self._model(input_ids=rows, past_key_values=cache, use_cache=True,
                                     logits_to_keep=1).logits
            else:
                known = self._known(prompt, parts)
                logits = parts.upper(known.states.expand(len(rows), -1, -1), rows,
                                     past_key_values=cache, logits_to_keep=1)
                # A layer replaces its tensors when it grows, so they can be shared.
                cache.layers[:parts.start] = [
                    copy.copy(layer) for layer in known.cache.layers[:parts.start]]
        return StartedText(prompt, slots, logits[:, -1], cache)

    def extend(self, started: StartedText, ids: Sequence[int]) -> StartedText:
        """Go on to a longer prompt's token ids, which begin with those that were started.

        `started` stays usable. The states above block L-N of a text that several prompts begin
        with depend on the slots but not on the rest, so they are computed once for all of them.
        """
        prompt, done = tuple(ids), len(started.ids)
        parts = self._in_parts(started.slots)
        if parts is None or prompt[:done] != started.ids or len(prompt) == done:
            return self.start(ids, started.slots)
        with torch.no_grad(), self._attention.attached(started.slots):
            known = self._known(prompt, parts)
            cache = DynamicCache(config=self._model.config)
            cache.layers = [copy.copy(layer) for layer in started.cache.layers]
            rows = torch.tensor([prompt[done:]] * started.rows, device=self._model.device)
            states = known.states[:, done:].expand(len(rows), -1, -1)
            logits = parts.upper(states, rows, past_key_values=cache, logits_to_keep=1)
            cache.layers[:parts.start] = [
                copy.copy(layer) for layer in known.cache.layers[:parts.start]]
        return StartedText(prompt, started.slots, logits[:, -1], cache)

    def select(self, started: StartedText, rows: Sequence[int]) -> StartedText:
        """Return the given rows of a started text, which stays usable."""
        if list(rows) == list(range(started.rows)):
            return started
        index = torch.tensor(list(rows), device=started.logits.device)
        parts = self._in_parts(started.slots)
        cache = DynamicCache(config=self._model.config)
        cache.layers = [copy.copy(layer) for layer in started.cache.layers]
        layers: list[Any] = cache.layers[0 if parts is None else parts.start:]
        for layer in layers:
            if layer.is_initialized:
                layer.batch_select_indices(index)
        return StartedText(
            started.ids, select_rows(started.slots, rows), started.logits[index], cache)

    def grow(self, started: StartedText, token: int) -> Tensor:
        """Add a token to a text of one row, and return the logits [vocabulary] of the next."""
        ids = torch.tensor([[token]], device=self._model.device)
        with torch.no_grad(), self._attention.attached(started.slots):
            logits = self._model(input_ids=ids, past_key_values=started.cache, use_cache=True,
                                 logits_to_keep=1).logits
        return logits[0, -1]

    def weigh(self, started: StartedText, answers: Sequence[Sequence[int]]) -> Tensor:
        """Return the total log-probability [B, C] of C answers (token ids, with the end token).

        All answers run in one padded batch on top of the prompt's cache; `started` stays usable.
        """
        inputs, targets, counts = pad_answers(answers, self._model.device)
        totals = started.logits.float().log_softmax(-1)[:, targets[:, 0]]  # [B, C]
        if not inputs.shape[1]:
            return totals
        logits = self._follow(started, answers, inputs).float()           # [B, C, K - 1, V]
        chosen = targets[:, 1:].expand(logits.shape[:-1])[..., None]
        likely = logits.gather(-1, chosen)[..., 0] - logits.logsumexp(-1)
        return totals + (likely * counts[:, 1:]).sum(-1)

    def _follow(self, started: StartedText, answers: Sequence[Sequence[int]],
                inputs: Tensor) -> Tensor:
        count, width = inputs.shape
        parts = self._in_parts(started.slots)
        rows = started.logits.shape[0]
        ids = inputs.repeat(rows, 1)                                      # [B * C, K - 1]
        cache = DynamicCache(config=self._model.config)
        cache.layers = [copy.copy(layer) for layer in started.cache.layers]
        slots = _repeated(started.slots, count)
        with torch.no_grad(), self._attention.attached(slots):
            if parts is None:
                repeat_rows(cache.layers, count)
                logits = self._model(
                    input_ids=ids, past_key_values=cache, use_cache=True).logits
            else:
                repeat_rows(cache.layers[parts.start:], count)
                states = self._known_answers(started.ids, answers, parts).states
                logits = parts.upper(states.repeat(rows, 1, 1), ids, past_key_values=cache)
        return logits.view(rows, count, width, -1)

    def _in_parts(self, slots: Slots | None) -> UpperBlocks | None:
        """Return the model in two parts, None where it is run as a whole."""
        if not slots:
            return None
        if len(slots) not in self._parts:
            try:
                self._parts[len(slots)] = UpperBlocks(
                    self._model, self._attention.architecture, len(slots))
            except UnsupportedArchitecture:
                self._parts[len(slots)] = None
        return self._parts[len(slots)]

    def _known(self, prompt: tuple[int, ...], parts: UpperBlocks) -> PromptStates:
        known = self._prompts.get((parts.start, prompt))
        if known is None:
            known = LowerStates(self._model, parts).prompt(prompt)
            self._prompts.put((parts.start, prompt), known, known.size_bytes)
        return known

    def _known_answers(self, prompt: tuple[int, ...], answers: Sequence[Sequence[int]],
                       parts: UpperBlocks) -> AnswerStates:
        key = (parts.start, prompt, tuple(map(tuple, answers)))
        known = self._answers.get(key)
        if known is None:
            lower = LowerStates(self._model, parts)
            known = lower.answers(self._known(prompt, parts), answers)
            self._answers.put(key, known, known.states.numel() * known.states.element_size())
        return known


def _rows(slots: Slots | None) -> int:
    return max((block.key.shape[0] for block in slots or () if block is not None), default=1)


def select_rows(slots: Slots | None, rows: Sequence[int]) -> Slots | None:
    """Return the given rows of slots."""
    if slots is None:
        return None
    index = torch.tensor(list(rows))
    return tuple(block and BlockSlots(*(
        part[index.to(part.device)] for part in (block.key, block.value, block.log_gate)))
        for block in slots)


def _repeated(slots: Slots | None, times: int) -> Slots | None:
    """Repeat each row of the slots; a single row serves any batch as it is."""
    if slots is None or _rows(slots) == 1:
        return slots
    return tuple(block and BlockSlots(*(
        part.repeat_interleave(times, dim=0)
        for part in (block.key, block.value, block.log_gate))) for block in slots)
