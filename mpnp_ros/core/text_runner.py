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
import functools

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from mpnp_ros.core.architecture import UnsupportedArchitecture
from mpnp_ros.core.attention import LatentAttention, Slots
from mpnp_ros.core.decoder import DecodedText, Decoder, find_decoder
from mpnp_ros.core.lower_states import (
    AnswerStates, copied, LowerStates, pad_answers, PromptStates, repeat_rows)
from mpnp_ros.core.native_library import counted
from mpnp_ros.core.relevance import depends_on_questions, opened, question_words
from mpnp_ros.core.slot_rows import count_rows, only_for_answers, repeat_each, select_rows
from mpnp_ros.core.state_cache import StateCache, StateMemory
from mpnp_ros.core.tree_runner import AskedText, TreeRunner
from mpnp_ros.core.upper import UpperBlocks

# Some 300 questions of 40 tokens each for a model of 135 M parameters in float32.
CAPACITY_BYTES = 512 * 2 ** 20


@dataclass
class StartedText:
    """Hold a prompt that was run under slots: logits [B, vocabulary] of the next token, and cache.

    B is the number of rows of the slots, 1 without any. `grown` is the text with the tokens that
    were added to it, where compiled code adds them.
    """

    ids: tuple[int, ...]
    slots: Slots | None
    logits: Tensor
    cache: DynamicCache
    grown: DecodedText | None = None


class TextRunner:
    """Run prompts and answers; one thread at a time, gradients are not recorded.

    Under slots that are for answers only, the last `lead` tokens of a prompt look at them.
    Tokens are added by compiled code where `compiled` allows it, a compiler is found and the
    model is made of parts that the code knows; by transformers elsewhere.
    """

    def __init__(self, model: PreTrainedModel, attention: LatentAttention,
                 capacity_bytes: int = CAPACITY_BYTES, *, lead: int = 1,
                 compiled: bool = True) -> None:
        self._model, self._attention, self._lead = model, attention, lead
        self._compiled = compiled
        self._capacity = capacity_bytes
        self._parts: dict[int, UpperBlocks | None] = {}
        self._tree_runners: dict[int, TreeRunner | None] = {}
        self._prompts: StateCache[PromptStates] = StateCache(capacity_bytes)
        self._answers: StateCache[AnswerStates] = StateCache(capacity_bytes // 4)

    def prepare(self, slots: Slots | None) -> None:
        """Do what the first text under such slots would do first: take the model apart, once."""
        self.trees(slots)

    def prepare_growth(self) -> bool:
        """Compile what adds a token to a text, once; say whether compiled code does that."""
        return self.decoder is not None

    def without_texts(self) -> TextRunner:
        """Return a runner that has kept no text, and need not take the model apart again."""
        runner = TextRunner(
            self._model, self._attention, self._capacity, lead=self._lead,
            compiled=self._compiled)
        if 'decoder' in self.__dict__:
            runner.decoder = self.decoder
        runner._parts = dict(self._parts)
        runner._tree_runners = {blocks: trees and trees.without_texts()
                                for blocks, trees in self._tree_runners.items()}
        return runner

    def keep_states(self, memory: StateMemory, slots: Slots | None) -> None:
        """Keep the states of texts in this memory, those of trees under such slots included."""
        trees = self.trees(slots)
        for keeper in (self._prompts, self._answers):
            keeper.share(memory)
        if trees is not None:
            trees.keep_states(memory)

    def last_state(self, text: AskedText | Sequence[int], slots: Slots | None,
                   shared: Sequence[int] = ()) -> Tensor | None:
        """Return the state [hidden] of a prompt's last token that enters the slots' first block.

        None where the model is run as a whole. `shared` is what the texts were run with.
        """
        trees, parts = self.trees(slots), self._in_parts(slots)
        if isinstance(text, AskedText):
            if trees is not None and trees.takes(text):
                return trees.last_state(text, shared)
            text = text.prompt
        if parts is None:
            return None
        prompt = tuple(text)
        early = self._prompts.get((parts.start, prompt, self._lead))
        return (early or self._known(prompt, parts, len(prompt))).states[0, -1]

    def start(self, ids: Sequence[int], slots: Slots | None) -> StartedText:
        """Run a prompt's token ids under slots of B rows."""
        prompt, rows, parts = tuple(ids), count_rows(slots), self._in_parts(slots)
        if depends_on_questions(slots):
            slots = opened(slots, question_words(
                self._model.get_input_embeddings(), [prompt], self._lead, self._model.device))
        late = self._late(prompt, slots)
        with torch.no_grad():
            if parts is None:
                cache = DynamicCache(config=self._model.config)
                tokens = torch.tensor([prompt] * rows, device=self._model.device)
                if late < len(prompt):
                    self._model(input_ids=tokens[:, :-late], past_key_values=cache,
                                use_cache=True, logits_to_keep=1)
                with self._attention.attached(slots):
                    logits = self._model(input_ids=tokens[:, -late:], past_key_values=cache,
                                         use_cache=True, logits_to_keep=1).logits
            else:
                known = self._known(prompt, parts, late)
                cache = copied(known.begun or DynamicCache(config=self._model.config))
                repeat_rows(cache.layers[parts.start:], rows)
                with self._attention.attached(slots):
                    logits = parts.upper(
                        known.states.expand(rows, -1, -1), known.ids.expand(rows, -1),
                        past_key_values=cache, keep=1)
                cache.layers[:parts.start] = copied(known.cache).layers[:parts.start]
        return StartedText(prompt, slots, logits[:, -1], cache)

    def grow(self, started: StartedText, token: int) -> Tensor:
        """Add a token to a text of one row, and return the logits [vocabulary] of the next."""
        # Once begun by the compiled code, a text is with it alone.
        if self.decoder is not None and (started.grown is not None or not counted()):
            if started.grown is None:
                started.grown = DecodedText.begin(started.cache, started.slots)
            return self.decoder.step(started.grown, token)
        ids = torch.tensor([[token]], device=self._model.device)
        with torch.no_grad(), self._attention.attached(started.slots):
            logits = self._model(input_ids=ids, past_key_values=started.cache, use_cache=True,
                                 logits_to_keep=1).logits
        return logits[0, -1]

    @functools.cached_property
    def decoder(self) -> Decoder | None:
        """Return the compiled code that adds tokens, None where transformers does it."""
        return find_decoder(self._model, self._attention) if self._compiled else None

    def weigh_texts(self, texts: Sequence[AskedText], slots: Slots | None,
                    shared: Sequence[int] = ()) -> list[Tensor]:
        """Return the logarithm [rows, C] of each answer's share among the answers of its text.

        A text is asked under rows of the slots; `shared` is what the prompts begin with.
        """
        trees = self.trees(slots)
        taken = [text for text in texts if trees is not None and trees.takes(text)]
        shares = {}
        if trees is not None and slots is not None and taken:
            shares = dict(zip(taken, trees.weigh(taken, slots, shared)))
        for text in texts:
            if text not in shares:
                started = self.start(text.prompt, select_rows(slots, text.rows))
                totals = self.weigh(started, text.answers)               # [rows or 1, C]
                shares[text] = totals.log_softmax(-1).expand(len(text.rows), -1)
        return [shares[text] for text in texts]

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
        slots = repeat_each(started.slots, count)
        with torch.no_grad(), self._attention.attached(slots):
            if parts is None:
                repeat_rows(cache.layers, count)
                logits = self._model(
                    input_ids=ids, past_key_values=cache, use_cache=True).logits
            else:
                repeat_rows(cache.layers[parts.start:], count)
                states = self._known_answers(started, answers, parts).states
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

    def trees(self, slots: Slots | None) -> TreeRunner | None:
        """Return what weighs answers in one pass, None where the model cannot do that."""
        parts = self._in_parts(slots)
        if parts is None or slots is None:
            return None
        if len(slots) not in self._tree_runners:
            trees = TreeRunner(
                self._model, self._attention, parts, self._capacity // 4, lead=self._lead)
            self._tree_runners[len(slots)] = trees if self._agrees(trees, len(slots)) else None
        return self._tree_runners[len(slots)]

    def _agrees(self, trees: TreeRunner, blocks: int) -> bool:
        """Say whether trees give what answers weighed one after the other do."""
        text, plain = AskedText((0, 1, 2), ((3, 4), (4, 3, 5), (4, 2, 1))), (None,) * blocks
        expected = self.weigh(self.start(text.prompt, plain), text.answers).log_softmax(-1)
        try:
            given = trees.weigh([text], plain, shared=text.prompt[:2])[0]
        except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError):
            return False
        exact = self._model.dtype == torch.float32
        return torch.allclose(given, expected, rtol=1e-4, atol=1e-3 if exact else 0.5)

    def _known(self, prompt: tuple[int, ...], parts: UpperBlocks, late: int) -> PromptStates:
        """Return what is known of a prompt of which only the last `late` tokens look at slots."""
        key = parts.start, prompt, late
        known = self._prompts.get(key)
        if known is None:
            lower = LowerStates(self._model, parts)
            known = lower.prompt(prompt) if late == len(prompt) else lower.late_prompt(
                prompt, late)
            self._prompts.put(key, known, known.size_bytes)
        return known

    def _known_answers(self, started: StartedText, answers: Sequence[Sequence[int]],
                       parts: UpperBlocks) -> AnswerStates:
        prompt = started.ids
        key = (parts.start, prompt, tuple(map(tuple, answers)))
        known = self._answers.get(key)
        if known is None:
            lower = LowerStates(self._model, parts)
            known = lower.answers(
                self._known(prompt, parts, self._late(prompt, started.slots)), answers)
            self._answers.put(key, known, known.states.numel() * known.states.element_size())
        return known

    def _late(self, prompt: tuple[int, ...], slots: Slots | None) -> int:
        """Return how many of a prompt's last tokens look at the slots."""
        return min(self._lead if only_for_answers(slots) else len(prompt), len(prompt))
