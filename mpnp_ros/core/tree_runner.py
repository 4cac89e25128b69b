# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Answers weighed in one pass of the last N blocks, for many prompts and latents at once.

A row is the end of a prompt with all its answers, under the latents of one moment. What prompts
begin with runs once for each moment, and its keys and values serve all rows of that moment; what
the blocks below L-N make of the tokens is computed once for each text, many of them at a time.
Above them rows of one shape run together and none is padded; below, what a row is padded with is
seen by none of its tokens. So what else is asked changes a row by rounding at most.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn, Tensor
from transformers import DynamicCache, PreTrainedModel

from mpnp_ros.core.attention import LatentAttention, Slots
from mpnp_ros.core.lower_states import copied, LowerStates, PromptStates, repeat_rows
from mpnp_ros.core.plain_head import PlainHead
from mpnp_ros.core.relevance import depends_on_questions, opened, question_words
from mpnp_ros.core.slot_rows import count_rows, only_for_answers, select_rows
from mpnp_ros.core.state_cache import StateCache, StateMemory
from mpnp_ros.core.token_tree import TokenTree
from mpnp_ros.core.upper import UpperBlocks

# Most tokens of a pass, and most logits where they are held: 32 MiB in float32. Larger blocks of
# memory are new ones each time, whose first touch costs more than longer passes gain.
_TOKENS, _LOGITS = 768, 2 ** 23
# Most texts whose states are held at once, whatever is kept of them.
_TEXTS = 512


@dataclass(frozen=True)
class AskedText:
    """A prompt's token ids, the answers that may follow, and the rows of slots it is asked under.

    An answer ends with its end token.
    """

    prompt: tuple[int, ...]
    answers: tuple[tuple[int, ...], ...]
    rows: tuple[int, ...] = (0,)


# Keys and values [1, kv_heads, tokens, head_dim] of each connected block.
_Kept = tuple[tuple[Tensor, Tensor], ...]


@dataclass(frozen=True)
class _Text:
    """What a text begins with, run once for many of them, and the tree behind that."""

    prefix: tuple[int, ...]
    tree: TokenTree

    @classmethod
    def split(cls, asked: AskedText, shared: tuple[int, ...]) -> _Text:
        begins = len(asked.prompt) > len(shared) and asked.prompt[:len(shared)] == shared
        prefix = shared if begins else ()
        return cls(prefix, TokenTree.grow(asked.prompt[len(prefix):], asked.answers))

    def blind(self, lead: int) -> int:
        """Return how many tokens of the stem look at no slots if the last `lead` ones do."""
        return max(0, self.tree.stem - lead)

    @property
    def shape(self) -> tuple[tuple[int, ...], int, int]:
        return self.prefix, self.tree.stem, len(self.tree)


class TreeRunner:
    """Weigh answers under slots of the last N blocks; one thread at a time, no gradients."""

    def __init__(self, model: PreTrainedModel, attention: LatentAttention, parts: UpperBlocks,
                 capacity_bytes: int, *, lead: int = 1) -> None:
        self._model, self._attention, self._parts = model, attention, parts
        self._lead = lead
        self._capacity_bytes = capacity_bytes
        self._lower = LowerStates(model, parts)
        self._states: StateCache[Tensor] = StateCache(capacity_bytes)
        self._prefixes: StateCache[PromptStates] = StateCache(capacity_bytes)
        self._heads: StateCache[_Kept] = StateCache(capacity_bytes)
        self._head = parts.plain_head
        # None of a sliding window's length may be out of sight: trees do not forget.
        self._longest = min((layer.sliding_window for layer in _layers(model)
                             if layer.is_sliding), default=None)
        self._vocabulary = int(model.config.get_text_config(decoder=True).vocab_size)

    @property
    def plain(self) -> bool:
        """Say whether logits are had of candidates alone, without all those behind a prompt."""
        return self._head is not None

    def without_texts(self) -> TreeRunner:
        """Return a runner of the same parts that has kept no text."""
        return TreeRunner(self._model, self._attention, self._parts, self._capacity_bytes,
                          lead=self._lead)

    def keep_states(self, memory: StateMemory) -> None:
        """Keep the states of texts in this memory."""
        self._states.share(memory)
        self._prefixes.share(memory)
        self._heads.share(memory)

    def takes(self, text: AskedText) -> bool:
        """Say whether a text can be weighed here: with sliding windows, only a short one."""
        length = len(text.prompt) + sum(map(len, text.answers))
        return self._longest is None or length < self._longest

    def weigh(self, asked: Sequence[AskedText], slots: Slots,
              shared: Sequence[int] = ()) -> list[Tensor]:
        """Return the logarithm [rows, C] of each answer's share among the answers of its text.

        `shared` is what the prompts begin with; a prompt that does not is run as a whole.
        """
        begun: dict[tuple[int, ...], DynamicCache] = {}
        with torch.no_grad():
            return [shares for first in range(0, len(asked), _TEXTS) for shares in self._weigh(
                asked[first:first + _TEXTS], slots, tuple(shared), begun)]

    def last_state(self, asked: AskedText, shared: Sequence[int] = ()) -> Tensor:
        """Return the state [hidden] of a prompt's last token that enters block L-N.

        It is at hand for a text that was weighed with the same `shared`.
        """
        text = _Text.split(asked, tuple(shared))
        with torch.no_grad():
            return self._known([text])[text][text.tree.stem - 1]

    def _weigh(self, asked_texts: Sequence[AskedText], slots: Slots, shared: tuple[int, ...],
               begun: dict[tuple[int, ...], DynamicCache]) -> list[Tensor]:
        """Do what `weigh` does; `begun` keeps caches of prefixes under these slots."""
        texts = [_Text.split(one, shared) for one in asked_texts]
        alike: dict[tuple[tuple[int, ...], int, int], list[int]] = defaultdict(list)
        for number, text in enumerate(texts):
            alike[text.shape].append(number)
        ends: list[list[Tensor]] = [[] for _ in asked_texts]
        known = self._known(texts)
        for (prefix, *_), numbers in alike.items():
            group = [texts[number] for number in numbers]
            states = torch.stack([known[text] for text in group])
            late = only_for_answers(slots)
            if late:
                heads = self._begin_texts(group, states)
                words = None if not depends_on_questions(slots) else question_words(
                    self._model.get_input_embeddings(),
                    [asked_texts[number].prompt for number in numbers], self._lead,
                    self._model.device)
            elif prefix and prefix not in begun:
                begun[prefix] = self._begin(prefix, slots)
            pairs = [(place, row) for place, number in enumerate(numbers)
                     for row in asked_texts[number].rows]
            most = self._most_rows(group[0].tree)
            for first in range(0, len(pairs), most):
                part = pairs[first:first + most]
                given = (self._run_late(group, states, part, heads, words, slots) if late else
                         self._run(group, states, part, begun.get(prefix), slots))
                counts = Counter(place for place, _ in part)
                for place, own in zip(counts, given.split(list(counts.values()))):
                    ends[numbers[place]].append(
                        own if self._head else _totals(group[place].tree, own))
        totals = [torch.cat(parts) for parts in ends]
        if self._head:
            totals = _totals_of_states([text.tree for text in texts], totals, self._head)
        return [total.log_softmax(-1) for total in totals]

    def _run(self, texts: Sequence[_Text], states: Tensor, pairs: Sequence[tuple[int, int]],
             begun: DynamicCache | None, slots: Slots) -> Tensor:
        """Run texts under slots, for each row a pair of their indices.

        Return [R, predicting, V] logits, or [R, predicting, hidden] of what a plain head takes.
        """
        rows = [row for _, row in pairs]
        which = torch.tensor([place for place, _ in pairs], device=states.device)
        inputs = {name: part[which] for name, part in self._inputs(texts).items()}
        cache = None if begun is None else copied(begun)
        if cache is not None and rows != list(range(count_rows(slots))):
            for layer in self._above(cache):
                layer.batch_select_indices(torch.tensor(rows, device=states.device))
        with self._attention.attached(select_rows(slots, rows)):
            return self._parts.upper(states[which], past_key_values=cache,
                                     keep=texts[0].tree.predicting, raw=self._head is not None,
                                     **inputs)

    def _run_late(self, texts: Sequence[_Text], states: Tensor, pairs: Sequence[tuple[int, int]],
                  heads: Sequence[_Kept], words: Tensor | None, slots: Slots) -> Tensor:
        """Do the same where only what follows the questions looks at the slots."""
        which = [place for place, _ in pairs]
        seen = texts[0].blind(self._lead)
        inputs = {name: part[which] for name, part in self._inputs(texts, seen).items()}
        cache = self._lower.fresh_cache()
        for layer, *kept in zip(self._above(cache), *(heads[place] for place in which)):
            layer.update(torch.cat([key for key, _ in kept]),
                         torch.cat([value for _, value in kept]))
        own = select_rows(slots, [row for _, row in pairs])
        if words is not None:
            own = opened(own, words[which])
        with self._attention.attached(own):
            return self._parts.upper(states[which, seen:], past_key_values=cache,
                                     keep=texts[0].tree.predicting, raw=self._head is not None,
                                     **inputs)

    def _most_rows(self, tree: TokenTree) -> int:
        rows = _TOKENS // len(tree)
        if self._head is None:
            rows = min(rows, _LOGITS // (self._vocabulary * tree.predicting))
        return max(1, rows)

    def _begin(self, prefix: tuple[int, ...], slots: Slots) -> DynamicCache:
        """Return the cache of a prefix under each row of the slots."""
        cache, rows = self._lower.fresh_cache(), count_rows(slots)
        if not prefix:
            return cache
        known = self._prefix(prefix)
        with self._attention.attached(slots):
            self._parts.upper(known.states.expand(rows, -1, -1), known.ids.expand(rows, -1),
                              past_key_values=cache, keep=0)
        cache.layers[:self._parts.start] = copied(known.cache).layers[:self._parts.start]
        return cache

    def _begin_texts(self, texts: Sequence[_Text], states: Tensor) -> list[_Kept]:
        """Return what the connected blocks keep of the beginnings of texts of one shape.

        No slot is looked at there, so it serves whatever is sensed.
        """
        blind = texts[0].blind(self._lead)
        names = [(text.prefix, text.tree.ids[:blind]) for text in texts]
        kept = [self._heads.get(name) for name in names]
        lacking = [place for place, one in enumerate(kept) if one is None]
        most = max(1, _TOKENS // max(1, blind))
        for first in range(0, len(lacking), most):
            few = lacking[first:first + most]
            cache = self._begin(texts[0].prefix, (None,))
            repeat_rows(self._above(cache), len(few))
            if blind:
                inputs: dict[str, Any] = {
                    name: part[few] for name, part in self._inputs(texts, until=blind).items()}
                self._parts.upper(states[few, :blind], past_key_values=cache, keep=0, **inputs)
            for row, place in enumerate(few):
                made = tuple((layer.keys[row:row + 1].clone(), layer.values[row:row + 1].clone())
                             for layer in self._above(cache) if layer.is_initialized)
                kept[place] = made
                self._heads.put(names[place], made, sum(
                    part.numel() * part.element_size() for pair in made for part in pair))
        return [one for one in kept if one is not None]

    def _above(self, cache: DynamicCache) -> list[Any]:
        """Return a cache's layers of the connected blocks."""
        layers: list[Any] = cache.layers[self._parts.start:]
        return layers

    def _prefix(self, prefix: tuple[int, ...]) -> PromptStates:
        known = self._prefixes.get(prefix)
        if known is None:
            known = self._lower.prompt(prefix)
            self._prefixes.put(prefix, known, known.size_bytes)
        return known

    def _known(self, texts: Sequence[_Text]) -> dict[_Text, Tensor]:
        """Return the states [n, hidden] entering block L-N of each text."""
        kept = {text: self._states.get(text) for text in texts}
        known = {text: states for text, states in kept.items() if states is not None}
        for few in _passes([text for text in kept if text not in known]):
            cache = None
            if few[0].prefix:
                cache = copied(self._prefix(few[0].prefix).cache)
                repeat_rows(cache.layers, len(few))
            states = self._parts.lower(past_key_values=cache, **self._inputs(few))
            for text, own in zip(few, states):
                known[text] = own[:len(text.tree)].clone()
                self._states.put(text, known[text],
                                 known[text].numel() * known[text].element_size())
        return known

    def _inputs(self, texts: Sequence[_Text], first: int = 0,
                until: int | None = None) -> dict[str, Tensor]:
        """Return the model's own arguments for texts of one prefix, a row each, padded.

        For the tokens from `first` until another one, if not for all of them.
        """
        before = len(texts[0].prefix)
        longest = max(len(text.tree) for text in texts)
        # A token that pads sees itself, as something has to be seen.
        sees = torch.eye(longest, dtype=torch.bool).repeat(len(texts), 1, 1, 1)  # [T, 1, n, n]
        for row, text in enumerate(texts):
            sees[row, 0, :len(text.tree), :len(text.tree)] = text.tree.sees()
        sees = nn.functional.pad(sees, (before, 0), value=True)               # the prefix is seen
        mask = torch.zeros(sees.shape, dtype=self._model.dtype).masked_fill(~sees, -torch.inf)
        ids = _padded([text.tree.ids for text in texts], longest)
        depths = _padded([text.tree.depths for text in texts], longest)
        last = longest if until is None else until
        inputs = {'input_ids': ids[:, first:last], 'position_ids': depths[:, first:last] + before,
                  'attention_mask': mask[:, :, first:last, :before + last]}
        return {name: part.to(self._model.device) for name, part in inputs.items()}


def _passes(texts: Sequence[_Text]) -> Iterator[list[_Text]]:
    """Return texts of one prefix and about one length for each pass below block L-N."""
    by_prefix: dict[tuple[int, ...], list[_Text]] = defaultdict(list)
    for text in texts:
        by_prefix[text.prefix].append(text)
    for group in by_prefix.values():
        few: list[_Text] = []
        for text in sorted(group, key=lambda text: len(text.tree)):
            if few and (len(few) + 1) * len(text.tree) > _TOKENS:
                yield few
                few = []
            few.append(text)
        yield few


def _padded(rows: Sequence[tuple[int, ...]], longest: int) -> Tensor:
    return torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])


def _totals(tree: TokenTree, logits: Tensor) -> Tensor:
    """Return the log-probability [R, C] of each answer from logits [R, predicting, V]."""
    paths, answers, counts = tree.predictions(logits.device)
    likely = logits.float().log_softmax(-1)[:, paths, answers]            # [R, C, K]
    return likely.masked_fill(~counts, 0.0).sum(-1)


def _totals_of_states(trees: Sequence[TokenTree], ends: Sequence[Tensor],
                      head: PlainHead) -> list[Tensor]:
    """Return the same from states [R, predicting, hidden] of each tree, but for a constant a row.

    What normalises an answer's first token is the same for all answers: it is left out.
    """
    inner = [states[:, 1:].flatten(0, 1) for states in ends]
    normalisers = head.normalisers(torch.cat(inner)).split(list(map(len, inner)))
    totals = []
    for tree, states, normaliser in zip(trees, ends, normalisers):
        paths, answers, counts = tree.predictions(states.device)
        normaliser = nn.functional.pad(normaliser.view(len(states), states.shape[1] - 1), (1, 0))
        likely = head.logits(states[:, paths], answers) - normaliser[:, paths]
        totals.append(likely.masked_fill(~counts, 0.0).sum(-1))           # [R, C]
    return totals


def _layers(model: PreTrainedModel) -> list[Any]:
    return DynamicCache(config=model.config).layers
