# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Questions with their answers as states entering block L-N: what training starts from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import os
from typing import Any

import torch
from torch import nn, Tensor
from transformers import DynamicCache

from mpnp_ros.core.attention import LatentAttention, Slots
from mpnp_ros.core.beginnings import begin, Beginning, Beginnings
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.lower_states import LowerStates, PromptStates
from mpnp_ros.core.state_cache import StateCache
from mpnp_ros.core.upper import UpperBlocks


@dataclass(frozen=True)
class Text:
    """Hold the token ids of a prompt and of its answer, with the end token."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]


@dataclass(frozen=True)
class TextBatch:
    """Hold a batch of texts, padded at the end, and the positions that predict the answers.

    ids [B, T]; states [B, T, hidden] entering block L-N; positions, targets and counts [B, K]:
    where logits are wanted, the tokens expected there, and False for padding. `behind` is what
    stands in front of them without being run under slots.
    """

    ids: Tensor
    states: Tensor
    positions: Tensor
    targets: Tensor
    counts: Tensor
    behind: Beginnings | None = None

    def logits(self, blocks: UpperBlocks, attention: LatentAttention,
               slots: Slots | None) -> Tensor:
        """Return the logits [B, K, vocabulary] that predict the answers under slots."""
        before = {} if self.behind is None else self.behind.arguments(blocks, self.ids.shape[1])
        with attention.attached(slots):
            return blocks.upper(self.states, self.ids, positions=self.positions, **before)


@dataclass(frozen=True)
class _Prompt:

    states: Tensor                           # [T, hidden], without what it begins with
    answers: dict[tuple[int, ...], Tensor]   # each [K - 1, hidden]
    beginning: Beginning | None = None       # its own, that looks at no slots

    @property
    def size_bytes(self) -> int:
        parts = [self.states, *self.answers.values(),
                 *((self.beginning.ids, self.beginning.kept) if self.beginning else ())]
        return sum(part.numel() * part.element_size() for part in parts)


_TOGETHER = 16   # prompts of one length that are computed in one batch


class TextStates:
    """Give out batches of texts, whose states are computed once and kept while they fit.

    What all prompts begin with is computed once, and all answers of a prompt together, on top of
    the prompt's own keys and values.
    With `late`, only the last tokens of a prompt, so many of them, look at slots: what stands
    before them is run once through the connected blocks as well, unless these change (`fixed`).
    Prompts of one length are computed together where all fit: which ones does not depend on the
    order in which texts are asked for, so neither do the bits.
    """

    def __init__(self, llm: LanguageModel, blocks: UpperBlocks, texts: Iterable[Text], *,
                 late: int = 0, fixed: bool = True, capacity_bytes: int = 2 ** 31) -> None:
        self._blocks, self._late, self._fixed = blocks, late, fixed
        self._lower = LowerStates(llm.model, blocks)
        self._kept: StateCache[_Prompt] = StateCache(capacity_bytes)
        answers: dict[tuple[int, ...], set[tuple[int, ...]]] = defaultdict(set)
        for text in texts:
            answers[text.prompt].add(text.answer)
        self._answers = {prompt: sorted(given) for prompt, given in answers.items()}
        if late:
            _require_in_sight(llm, max((
                len(prompt) + max(map(len, given)) for prompt, given in answers.items()),
                default=0))
        # What looks at slots is left to each prompt, a token at least: what predicts the answer.
        self._begin = os.path.commonprefix([prompt[:-max(late, 1)] for prompt in answers])
        self._beginning: PromptStates | None = None
        whole = sum(len(prompt) - len(self._begin) + sum(map(len, given))
                    for prompt, given in self._answers.items())
        width = llm.hidden_size
        if late and fixed:
            width += 2 * llm.num_kv_heads * llm.head_dim * (llm.num_blocks - blocks.start)
        self._company = _company(answers, _TOGETHER if (
            whole * width * llm.model.dtype.itemsize < capacity_bytes) else 1)

    @property
    def shared(self) -> int:
        """Return how many tokens the texts of any batch begin with alike."""
        return 0 if self._late else len(self._begin)

    def prepare(self) -> None:
        """Compute what all prompts begin with, if that has not been done."""
        if self._begin and self._beginning is None:
            self._beginning = self._lower.prompt(self._begin)

    def company(self, prompt: tuple[int, ...]) -> Sequence[tuple[int, ...]]:
        """Return the prompts that one is computed with, itself included."""
        return self._company[prompt]

    def batch(self, texts: Sequence[Text]) -> TextBatch:
        """Return a batch of texts, each one of those given at the start."""
        rows, ids, behind = [], [], list[Beginning]()
        for text in texts:
            prompt = self._prompt(text.prompt)
            before = [self._beginning.states[0]] if self._beginning and not self._late else []
            rows.append(torch.cat([*before, prompt.states, prompt.answers[text.answer]]))
            ids.append(torch.tensor([*text.prompt[-self._late:], *text.answer[:-1]]))
            if prompt.beginning is not None:
                behind.append(prompt.beginning)
        longest = max(len(text.answer) for text in texts)
        shape = (len(texts), longest)
        positions, targets = torch.zeros(shape, dtype=torch.long), torch.zeros(shape).long()
        counts = torch.zeros(shape, dtype=torch.bool)
        for row, text in enumerate(texts):
            first, count = len(text.prompt[-self._late:]) - 1, len(text.answer)
            positions[row] = torch.arange(first, first + longest).clamp(max=first + count - 1)
            targets[row, :count] = torch.tensor(text.answer)
            counts[row, :count] = True
        device = rows[0].device
        return TextBatch(
            nn.utils.rnn.pad_sequence(ids, batch_first=True).to(device),
            nn.utils.rnn.pad_sequence(rows, batch_first=True),
            positions.to(device), targets.to(device), counts.to(device),
            Beginnings(behind) if behind else None)

    def _prompt(self, ids: tuple[int, ...]) -> _Prompt:
        kept = self._kept.get(ids)
        if kept is None:
            for prompt, made in self._compute(self._company[ids]).items():
                self._kept.put(prompt, made, made.size_bytes)
                kept = made if prompt == ids else kept
        assert kept is not None
        return kept

    def _compute(self, prompts: Sequence[tuple[int, ...]]) -> dict[tuple[int, ...], _Prompt]:
        """Return what is kept of prompts of one length."""
        self.prepare()
        skipped = len(self._begin)
        together = self._lower.prompts(
            [prompt[skipped:] for prompt in prompts], behind=self._beginning)
        following = [(row, answer) for row, prompt in enumerate(prompts)
                     for answer in self._answers[prompt]]
        states = self._lower.answers(
            together, [answer for _, answer in following],
            rows=[row for row, _ in following]).states
        made = {prompt: _Prompt(whole[-self._late:].clone(), {}, own) for prompt, whole, own
                in zip(prompts, together.states, self._beginnings(prompts, together.states))}
        for (row, answer), given in zip(following, states):
            made[prompts[row]].answers[answer] = given[:len(answer) - 1].clone()
        return made

    def _beginnings(self, prompts: Sequence[tuple[int, ...]],
                    states: Tensor) -> Sequence[Beginning | None]:
        """Return what of prompts of one length looks at no slots; states are without `_begin`."""
        if not self._late:
            return [None] * len(prompts)
        if self._beginning is not None:
            states = torch.cat(
                [self._beginning.states.expand(len(prompts), -1, -1), states], dim=1)
        ids = torch.tensor([prompt[:-self._late] for prompt in prompts], device=states.device)
        return begin(self._blocks, ids, states[:, :-self._late], fixed=self._fixed)


def late_tokens(llm: LanguageModel, connectors: Connectors) -> int:
    """Return how many of a prompt's last tokens look at slots, 0 for all of them."""
    return llm.format.lead if connectors.answer_only else 0


def _require_in_sight(llm: LanguageModel, longest: int) -> None:
    """Raise ValueError where a window of the model's attention ends within the longest text."""
    layers: list[Any] = DynamicCache(config=llm.model.config).layers
    window = min((layer.sliding_window for layer in layers if layer.is_sliding), default=None)
    if window is not None and longest >= window:
        raise ValueError(f'a text of {longest} tokens: the attention of {llm.id} slides, and '
                         f'connectors that only answers look at learn texts of less than {window}')


def _company(prompts: Iterable[tuple[int, ...]],
             most: int) -> dict[tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """Return for each prompt those of its length that it is computed with, itself included."""
    by_length: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for prompt in sorted(prompts):
        by_length[len(prompt)].append(prompt)
    return {prompt: company
            for alike in by_length.values() for first in range(0, len(alike), most)
            for company in [tuple(alike[first:first + most])] for prompt in company}
