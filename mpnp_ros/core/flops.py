# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Operations of what an answer takes when nothing was kept from before, as torch counts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import dataclasses
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.attention import Slots
from mpnp_ros.core.flop_counter import counter
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.token_tree import TokenTree


@dataclass(frozen=True)
class PassCost:
    """What a pass of a language model is made of: matrix products, counted on short texts.

    :ivar token: per token in all blocks, without attention.
    :ivar logits: per position whose logits are computed.
    :ivar pair: per query and key in the attention of one block.
    :ivar rest: of `token`, what only tokens whose logits are wanted need in the last block, where
        the connected blocks run by themselves.
    :ivar trees: whether a prompt and its candidates run in one pass there.
    :ivar plain: whether that pass leaves out the logits behind the prompt.
    """

    token: int
    logits: int
    pair: int
    blocks: int
    rest: int
    trees: bool
    plain: bool

    @classmethod
    def of(cls, llm: LanguageModel, connected: int) -> PassCost:
        """Count texts of one, two and three tokens and take them apart."""
        counts = []
        for length in (1, 2, 3):
            ids = torch.zeros(1, length, dtype=torch.long, device=llm.device)
            with torch.no_grad(), counter() as counted:
                llm.model(input_ids=ids, use_cache=False, logits_to_keep=1)
            counts.append(int(counted.get_total_flops()))
        first, second = counts[1] - counts[0], counts[2] - counts[1]
        pairs = (second - first) // 2            # of all blocks, for one more pair
        token = first - 3 * pairs
        whole = cls(token, counts[0] - token - pairs, pairs // llm.num_blocks, llm.num_blocks, 0,
                    False, False)
        if not connected:
            return whole
        slots = (None,) * connected
        runner = llm.runner(slots)
        with counter() as counted:
            runner.start((0, 0, 0), slots)
        spared = whole.run(3, 0, ()) - int(counted.get_total_flops())
        trees = runner.trees(slots)
        return dataclasses.replace(whole, rest=spared // 2, trees=trees is not None,
                                   plain=trees is not None and trees.plain)

    def run(self, tokens: int, before: int, slots: Sequence[int], *, rows: int = 1,
            logits: int = 1) -> int:
        """Return the operations of `tokens` more tokens behind `before` in each row.

        `slots` are the numbers of slots in the connected blocks.
        """
        seen = self.blocks * (before + tokens) + sum(slots)
        return rows * (tokens * (self.token + self.pair * seen) + logits * self.logits)

    def answer(self, prompt: Sequence[int], answers: Sequence[Sequence[int]],
               slots: Sequence[int] | None, *, late: int = 0, words: int = 0) -> int:
        """Return the operations of an answer's tokens, or of the first one of a free text.

        :param slots: None where the LLM runs as a whole.
        :param late: how many of the prompt's tokens look at slots, if not all of them do.
        :param words: width of what opens each slot for a question, 0 if nothing does.
        """
        length, longest = len(prompt), max(map(len, answers), default=1) - 1
        blind = max(0, length - late) if late and slots and any(slots) else 0
        opening = 2 * words * sum(slots or ())
        if slots is not None and self.trees and answers:
            tree = TokenTree.grow(prompt, answers)
            wanted = tree.predicting
            unseen = (len(tree) - blind) * len(slots) + sum(slots)
            return opening + self.run(
                len(tree), 0, slots, logits=wanted - self.plain) - self.rest * (
                len(tree) - wanted) - self.pair * blind * unseen
        unseen = late * self.blocks + sum(slots or ())
        total = opening + self.run(length, 0, slots or ()) - self.pair * blind * unseen
        if slots is not None:
            total -= self.rest * (length - 1)
        if longest:
            total += self.run(longest, length, slots or (), rows=len(answers), logits=longest)
        return total


@dataclass
class _Known:
    """What was counted for one answerer."""

    cost: PassCost | None
    fuse: dict[Any, tuple[int, tuple[int, ...] | None]]
    runs: dict[Any, dict[str, int]]
    texts: dict[Any, tuple[list[int], list[list[int]]]]


_known: WeakKeyDictionary[Answerer, _Known] = WeakKeyDictionary()


def prepare_count(answerer: Answerer) -> None:
    """Count what belongs to the models alone, which the first `count_flops` would do."""
    _of(answerer)


def count_flops(
    answerer: Answerer, question: str, latents: Mapping[str, Latents],
    candidates: Sequence[str] = (), *, system_prompt: str | None = None,
) -> dict[str, int]:
    """Return the operations of fusing ('fuse') and of answering ('answer') as `answer_many` does.

    Answering is the pass of prompt and candidates through all blocks; of a free text, the pass to
    its first token. Counted once for a model and for each size of latents, and put together from
    that: `count_run` counts the real thing and gives the same. Models with a sliding window are
    counted as they run, once for each size of texts too.
    """
    llm = answerer.llm
    if system_prompt is None:
        system_prompt = answerer.connectors.system_prompt
    known = _of(answerer)
    text = question, tuple(candidates), system_prompt
    if text not in known.texts:
        known.texts[text] = (llm.prompt(question, system_prompt),
                             [llm.format.answer(candidate) for candidate in candidates])
    prompt, answers = known.texts[text]
    key = tuple(sorted((name, one.tokens.shape) for name, one in latents.items()))
    if known.cost is None:
        run = len(prompt), tuple(map(len, answers)), len(TokenTree.grow(prompt, answers)), key
        if run not in known.runs:
            known.runs[run] = count_run(
                answerer, question, latents, candidates, system_prompt=system_prompt)
        return dict(known.runs[run])
    if key not in known.fuse:
        with counter() as counted:
            slots = _slots(answerer, latents)
        known.fuse[key] = int(counted.get_total_flops()), _sizes(slots)
    fuse, sizes = known.fuse[key]
    late = llm.format.lead if answerer.connectors.answer_only else 0
    words = llm.words if answerer.connectors.relevance else 0
    return {'fuse': fuse,
            'answer': known.cost.answer(prompt, answers, sizes, late=late, words=words)}


def count_run(answerer: Answerer, question: str, latents: Mapping[str, Latents],
              candidates: Sequence[str] = (), *,
              system_prompt: str | None = None) -> dict[str, int]:
    """Return the same as `count_flops`, counted over a whole answer as it runs."""
    llm = answerer.llm
    if system_prompt is None:
        system_prompt = answerer.connectors.system_prompt
    prompt = llm.prompt(question, system_prompt)
    with counter() as fuse:
        slots = _slots(answerer, latents)
    runner = llm.runner(slots)
    with counter() as answer:
        if candidates:
            runner.weigh_texts([llm.ask(prompt, candidates)], slots)
        else:
            runner.start(prompt, slots)
    return {'fuse': int(fuse.get_total_flops()), 'answer': int(answer.get_total_flops())}


def _of(answerer: Answerer) -> _Known:
    if answerer not in _known:
        llm = answerer.llm
        _known[answerer] = _Known(None if _slides(llm) else PassCost.of(
            llm, answerer.connectors.connected_blocks), {}, {}, {})
    return _known[answerer]


def _slides(llm: LanguageModel) -> bool:
    """Tell whether attention forgets: then what a token costs depends on where it stands."""
    config: Any = llm.model.config.get_text_config(decoder=True)
    return bool(getattr(config, 'sliding_window', None))


def _slots(answerer: Answerer, latents: Mapping[str, Latents]) -> Slots | None:
    return (answerer.connectors.slots(latents) if latents else None) or answerer.no_slots


def _sizes(slots: Slots | None) -> tuple[int, ...] | None:
    if slots is None:
        return None
    return tuple(0 if block is None else block.key.shape[2] for block in slots)
