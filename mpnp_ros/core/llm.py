# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A causal language model that answers with latent slots in its last blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import os
import time
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mpnp_ros.core.attention import LatentAttention, Slots
from mpnp_ros.core.loading import load_model
from mpnp_ros.core.prompting import PromptFormat
from mpnp_ros.core.quantised import quantise
from mpnp_ros.core.sampling import Sampler
from mpnp_ros.core.slot_rows import count_rows
from mpnp_ros.core.state_cache import StateMemory
from mpnp_ros.core.text_runner import StartedText, TextRunner
from mpnp_ros.core.text_stream import TextStream
from mpnp_ros.core.tree_runner import AskedText


@dataclass(frozen=True)
class Generation:
    """Hold generated text; times are in milliseconds of wall time.

    `finish_reason` is 'stop' (the answer ended), 'length' (`max_new_tokens` or the model's context
    is full) or 'stopped' (the caller asked to stop).
    """

    text: str
    token_ids: list[int]
    finish_reason: str
    prefill_ms: float
    decode_ms: float


class LanguageModel:
    """Generate answers and score candidates, with or without latent slots; one thread at a time.

    `num_blocks`, `hidden_size`, `num_kv_heads`, `head_dim` and `words`, the width of embeddings,
    describe the model to connectors, `id` and `weights_hash` tell it from others; `max_tokens` is
    the longest text it takes, None where it does not say. What latents do not reach is kept per
    prompt, so a question asked again on new latents costs only the connected blocks.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, *, id: str,
                 weights_hash: str, compiled: bool = True) -> None:
        self.model = model.eval().requires_grad_(False)
        self.tokenizer = tokenizer
        self.id, self.weights_hash = id, weights_hash
        self.attention = LatentAttention(model)
        self.format = PromptFormat(tokenizer)
        self._compiled = compiled
        self._runner = TextRunner(
            model, self.attention, lead=self.format.lead, compiled=compiled)
        self._ends = _end_ids(model, self.format.end_id)
        architecture = self.attention.architecture
        self.num_blocks = len(architecture.blocks)
        self.num_kv_heads, self.head_dim = architecture.num_kv_heads, architecture.head_dim
        config: Any = model.config.get_text_config(decoder=True)
        self.hidden_size = int(config.hidden_size)
        embeddings: Any = model.get_input_embeddings()
        self.words = int(embeddings.weight.shape[1])
        self.max_tokens: int | None = getattr(config, 'max_position_embeddings', None)

    @classmethod
    def load(cls, source: str | os.PathLike[str], *, dtype: str = 'float32',
             device: str = 'cpu', compiled: bool = True) -> LanguageModel:
        """Load a model by catalogue name, directory, .gguf file or Hugging Face id.

        Nothing is fetched. `compiled` lets tokens be decoded by code that is compiled for this
        machine where that can be done. Raises WeightsMissing, UnsupportedArchitecture and
        ValueError as `load_model` does.
        """
        loaded = load_model(source, dtype, device)
        return cls(loaded.model, loaded.tokenizer, id=loaded.id, weights_hash=loaded.weights_hash,
                   compiled=compiled)

    def quantise(self, kept_as: str) -> None:
        """Keep the weights in fewer bits from now on; what was kept of texts is forgotten.

        `kept_as` is 'bfloat16', 'int8' or 'int4', or 'dtype' to leave them as they are. Adapters
        are attached before. Raises ValueError as the function of this name does.
        """
        quantise(self.model, kept_as, compiled=self._compiled)
        self._runner = TextRunner(
            self.model, self.attention, lead=self.format.lead, compiled=self._compiled)

    @property
    def decodes_compiled(self) -> bool:
        """Compile what decodes tokens, once; say whether compiled code does that."""
        return self._runner.prepare_growth()

    @property
    def device(self) -> torch.device:
        """Return the device that the model is on."""
        return self.model.device

    def runner(self, slots: Slots | None) -> TextRunner:
        """Return what runs texts under such slots, another than the LLM's own: with none kept."""
        self._runner.prepare(slots)
        return self._runner.without_texts()

    def forget(self) -> None:
        """Forget what was computed of texts: the blocks' weights have changed."""
        self._runner = self._runner.without_texts()
        self._runner.__dict__.pop('decoder', None)   # it copied what adapters add

    def keep_states(self, memory: StateMemory, slots: Slots | None) -> None:
        """Keep what is computed of texts below such slots' blocks in this memory alone.

        What was kept elsewhere is out of reach from now on.
        """
        self._runner.keep_states(memory, slots)

    def last_state(self, text: AskedText | Sequence[int], slots: Slots | None,
                   shared: Sequence[int] = ()) -> Tensor | None:
        """Return the state [hidden] of a prompt's last token that enters the slots' first block.

        It is at hand for a text that was run before, alone or with what it `shared`. None where
        the model only runs as a whole.
        """
        return self._runner.last_state(text, slots, shared)

    def prompt(self, question: str, system: str = '') -> list[int]:
        """Return the token ids of a prompt."""
        return self.format.prompt(question, system)

    def beginning(self, system: str = '') -> list[int]:
        """Return the token ids that prompts begin with before the question."""
        return list(os.path.commonprefix([self.prompt('a', system), self.prompt('0', system)]))

    def generate(self, prompt: Sequence[int], *, slots: Slots | None = None,
                 max_new_tokens: int = 32, temperature: float = 0.0, top_p: float = 1.0,
                 seed: int = 0, on_token: Callable[[str], None] | None = None,
                 should_stop: Callable[[], bool] | None = None) -> Generation:
        """Continue a prompt until the answer ends, `max_new_tokens`, a full context or a stop.

        `on_token` gets the text piece by piece, whole characters only; `should_stop` is asked
        before every token. Raises ValueError for a prompt that is empty or fills the context,
        for slots of more than one row and for options out of range.
        """
        if max_new_tokens < 1:
            raise ValueError(f'max_new_tokens is {max_new_tokens}, expected at least 1')
        sampler, stream = Sampler(temperature, top_p, seed), TextStream(self.tokenizer)
        room = self._room(prompt, max_new_tokens)
        _require_one_row(slots)
        self._runner.prepare_growth()
        chosen: list[int] = []
        reason = 'length'
        began = prefilled = time.perf_counter()
        started: StartedText | None = None
        while len(chosen) < room:
            if should_stop is not None and should_stop():
                reason = 'stopped'
                break
            if started is None:
                started = self._runner.start(prompt, slots)
                logits = started.logits[0]                            # [vocabulary]
                prefilled = time.perf_counter()
            else:
                logits = self._runner.grow(started, chosen[-1])
            token = sampler.choose(logits)
            if token in self._ends:
                reason = 'stop'
                break
            chosen.append(token)
            piece = stream.add(token)
            if piece and on_token is not None:
                on_token(piece)
        rest = stream.finish()
        if rest and on_token is not None:
            on_token(rest)
        return Generation(stream.text, chosen, reason, (prefilled - began) * 1e3,
                          (time.perf_counter() - prefilled) * 1e3)

    def score(self, prompt: Sequence[int], candidates: Sequence[str], *,
              slots: Slots | None = None) -> list[float]:
        """Return the probability of each candidate among the candidates; they sum to 1.

        A candidate's weight is the total log-probability of its tokens and the end token, the
        quantity that training raises; it is not divided by the length. Prompt and candidates run
        in one pass where the model allows it. Raises ValueError as `generate` does, and for
        candidates that are none, empty or given twice.
        """
        _require_one_row(slots)
        return [float(share) for share in self.score_batch(prompt, candidates, slots)[0]]

    def score_batch(self, prompt: Sequence[int], candidates: Sequence[str],
                    slots: Slots | None) -> Tensor:
        """Return what `score` does for each of the B rows of the slots, [B, candidates]."""
        text = self.ask(prompt, candidates, range(count_rows(slots)))
        return self.score_texts([text], slots)[0]

    def ask(self, prompt: Sequence[int], candidates: Sequence[str],
            rows: Sequence[int] = (0,)) -> AskedText:
        """Return a question with candidates in tokens, asked under the given rows of slots.

        Raises ValueError as `score` does.
        """
        if not candidates:
            raise ValueError('there are no candidates')
        if len(set(candidates)) != len(candidates):
            twice = next(text for text in candidates if list(candidates).count(text) > 1)
            raise ValueError(f'candidate {twice!r} is given twice')
        answers = [self.format.answer(candidate) for candidate in candidates]
        self._room(prompt, max(map(len, answers)), whole=True)
        return AskedText(tuple(prompt), tuple(map(tuple, answers)), tuple(rows))

    def score_texts(self, texts: Sequence[AskedText], slots: Slots | None,
                    shared: Sequence[int] = ()) -> list[Tensor]:
        """Return what `score` does for each row of each text, [rows, candidates].

        All of it runs in a few passes. `shared` is what most of the prompts begin with: it is
        run once for each row of the slots.
        """
        return [shares.exp() for shares in self._runner.weigh_texts(texts, slots, shared)]

    def _room(self, prompt: Sequence[int], wanted: int, *, whole: bool = False) -> int:
        """Return how many of the wanted tokens fit behind a prompt."""
        if not prompt:
            raise ValueError('the prompt is empty')
        if self.max_tokens is None:
            return wanted
        room = self.max_tokens - len(prompt)
        needed = wanted if whole else 1
        if room < needed:
            raise ValueError(
                f'the prompt has {len(prompt)} tokens and the answer at least {needed}: '
                f'{self.id} takes at most {self.max_tokens} together')
        return min(room, wanted)


def _require_one_row(slots: Slots | None) -> None:
    for block in slots or ():
        if block is not None and block.key.shape[0] != 1:
            raise ValueError(
                f'slots of {block.key.shape[0]} rows, expected 1: one prompt has one answer')


def _end_ids(model: PreTrainedModel, format_end: int) -> frozenset[int]:
    config = model.generation_config
    given: Any = None if config is None else config.eos_token_id
    ends = given if isinstance(given, list) else [] if given is None else [given]
    return frozenset([*ends, format_end])
