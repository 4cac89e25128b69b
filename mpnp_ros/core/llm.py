# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A causal language model that answers with latent slots in its last blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import copy
from dataclasses import dataclass
import os
import time
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerBase

from mpnp_ros.core.attention import LatentAttention, Slots
from mpnp_ros.core.loading import load_model
from mpnp_ros.core.prompting import PromptFormat
from mpnp_ros.core.sampling import Sampler
from mpnp_ros.core.text_stream import TextStream


@dataclass(frozen=True)
class Generation:
    """Hold generated text; `finish_reason` is 'stop', 'length' or 'stopped' (asked to stop)."""

    text: str
    token_ids: list[int]
    finish_reason: str
    prefill_ms: float
    decode_ms: float


class LanguageModel:
    """Generate answers and score candidates, with or without latent slots; one thread at a time.

    `num_blocks`, `hidden_size`, `num_kv_heads` and `head_dim` describe the model to connectors,
    `id` and `weights_hash` tell it from others.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, *, id: str,
                 weights_hash: str) -> None:
        self.model = model.eval().requires_grad_(False)
        self.tokenizer = tokenizer
        self.id, self.weights_hash = id, weights_hash
        self.attention = LatentAttention(model)
        self.format = PromptFormat(tokenizer)
        architecture = self.attention.architecture
        self.num_blocks = len(architecture.blocks)
        self.num_kv_heads, self.head_dim = architecture.num_kv_heads, architecture.head_dim
        self.hidden_size = int(model.config.get_text_config(decoder=True).hidden_size)

    @classmethod
    def load(cls, source: str | os.PathLike[str], *, dtype: str = 'float32',
             device: str = 'cpu') -> LanguageModel:
        """Load a model by catalogue name, directory, .gguf file or Hugging Face id.

        Nothing is fetched. Raises WeightsMissing, UnsupportedArchitecture and ValueError as
        `load_model` does.
        """
        loaded = load_model(source, dtype, device)
        return cls(loaded.model, loaded.tokenizer, id=loaded.id, weights_hash=loaded.weights_hash)

    @property
    def device(self) -> torch.device:
        """Return the device that the model is on."""
        return self.model.device

    def prompt(self, question: str, system: str = '') -> list[int]:
        """Return the token ids of a prompt."""
        return self.format.prompt(question, system)

    def generate(self, prompt: Sequence[int], *, slots: Slots | None = None,
                 max_new_tokens: int = 32, temperature: float = 0.0, top_p: float = 1.0,
                 seed: int = 0, on_token: Callable[[str], None] | None = None,
                 should_stop: Callable[[], bool] | None = None) -> Generation:
        """Continue a prompt until the answer ends, `max_new_tokens` or a call to stop.

        `on_token` gets the text as it grows; `should_stop` is asked before every token.
        """
        if max_new_tokens < 1:
            raise ValueError(f'max_new_tokens is {max_new_tokens}, expected at least 1')
        sampler, stream = Sampler(temperature, top_p, seed), TextStream(self.tokenizer)
        cache = DynamicCache(config=self.model.config)
        chosen: list[int] = []
        reason = 'length'
        began = time.perf_counter()
        prefilled = began
        with torch.no_grad(), self.attention.attached(slots):
            step = list(prompt)
            while True:
                if should_stop is not None and should_stop():
                    reason = 'stopped'
                    break
                logits = self._next_logits(step, cache)
                if not chosen:
                    prefilled = time.perf_counter()
                token = sampler.choose(logits)
                if token in self._ends:
                    reason = 'stop'
                    break
                chosen.append(token)
                piece = stream.add(token)
                if piece and on_token is not None:
                    on_token(piece)
                if len(chosen) == max_new_tokens:
                    break
                step = [token]
        rest = stream.finish()
        if rest and on_token is not None:
            on_token(rest)
        done = time.perf_counter()
        return Generation(stream.text, chosen, reason, (prefilled - began) * 1e3,
                          (done - prefilled) * 1e3)

    def score(self, prompt: Sequence[int], candidates: Sequence[str], *,
              slots: Slots | None = None) -> list[float]:
        """Return the probability of each candidate among the candidates; they sum to 1.

        A candidate's weight is the total log-probability of its tokens and the end token, the
        quantity that training lowers the negative of; it is not divided by the length. The prompt
        is computed once, its cache serves all candidates in one padded batch.
        """
        if not candidates:
            raise ValueError('there are no candidates')
        if len(set(candidates)) != len(candidates):
            raise ValueError('a candidate is given twice')
        answers = [self.format.answer(candidate) for candidate in candidates]
        with torch.no_grad(), self.attention.attached(slots):
            totals = self._totals(prompt, answers)
        return [float(value) for value in totals.softmax(-1)]

    @property
    def _ends(self) -> set[int]:
        given: Any = self.model.generation_config.eos_token_id if (
            self.model.generation_config is not None) else None
        ends = given if isinstance(given, list) else [] if given is None else [given]
        return {*ends, self.format.end_id}

    def _next_logits(self, tokens: list[int], cache: DynamicCache) -> Tensor:
        ids = torch.tensor([tokens], device=self.device)
        return self.model(input_ids=ids, past_key_values=cache, use_cache=True,
                          logits_to_keep=1).logits[0, -1]               # [vocabulary]

    def _totals(self, prompt: Sequence[int], answers: list[list[int]]) -> Tensor:
        """Return the total log-probability [C] of each answer after the prompt."""
        cache = DynamicCache(config=self.model.config)
        first = self._next_logits(list(prompt), cache).float().log_softmax(-1)  # [vocabulary]
        totals = first[torch.tensor([answer[0] for answer in answers], device=self.device)]
        longest = max(map(len, answers)) - 1
        if not longest:
            return totals
        batch = copy.deepcopy(cache)
        batch.batch_repeat_interleave(len(answers))
        pad = self.format.end_id
        inputs = torch.tensor(
            [answer[:-1] + [pad] * (longest + 1 - len(answer)) for answer in answers],
            device=self.device)                                          # [C, longest]
        targets = torch.tensor(
            [answer[1:] + [pad] * (longest + 1 - len(answer)) for answer in answers],
            device=self.device)                                          # [C, longest]
        # Padding follows the answers, so no position that counts can see it.
        counts = torch.tensor([[index < len(answer) - 1 for index in range(longest)]
                               for answer in answers], device=self.device)
        logits = self.model(input_ids=inputs, past_key_values=batch, use_cache=True).logits
        chosen = logits.float().log_softmax(-1).gather(-1, targets[..., None])[..., 0]
        return totals + (chosen * counts).sum(-1)
