# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Operations of what an answer takes when nothing was kept from before, as torch counts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.attention import Slots
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.text_runner import TextRunner
from mpnp_ros.encoders.base import Encoder, View


@dataclass(frozen=True)
class PassCost:
    """What a pass of a language model is made of: matrix products, counted on short texts.

    :ivar token: per token in all blocks, without attention.
    :ivar logits: per position whose logits are computed.
    :ivar pair: per query and key in the attention of one block.
    """

    token: int
    logits: int
    pair: int
    blocks: int

    @classmethod
    def of(cls, llm: LanguageModel) -> PassCost:
        """Count texts of one, two and three tokens and take them apart."""
        counts = []
        for length in (1, 2, 3):
            ids = torch.zeros(1, length, dtype=torch.long, device=llm.device)
            with torch.no_grad(), _counter() as counter:
                llm.model(input_ids=ids, use_cache=False, logits_to_keep=1)
            counts.append(int(counter.get_total_flops()))
        first, second = counts[1] - counts[0], counts[2] - counts[1]
        pairs = (second - first) // 2            # of all blocks, for one more pair
        token = first - 3 * pairs
        return cls(token, counts[0] - token - pairs, pairs // llm.num_blocks, llm.num_blocks)

    def run(self, tokens: int, before: int, slots: Sequence[int], *, rows: int = 1,
            logits: int = 1) -> int:
        """Return the operations of `tokens` more tokens behind `before` in each row.

        `slots` are the numbers of slots in the connected blocks.
        """
        seen = self.blocks * (before + tokens) + sum(slots)
        return rows * (tokens * (self.token + self.pair * seen) + logits * self.logits)


@dataclass
class _Known:
    """What was counted for one answerer."""

    cost: PassCost | None
    fuse: dict[Any, tuple[int, tuple[int, ...]]]
    runs: dict[Any, dict[str, int]]
    lengths: dict[Any, tuple[int, tuple[int, ...]]]


_known: WeakKeyDictionary[Answerer, _Known] = WeakKeyDictionary()


def prepare_count(answerer: Answerer) -> None:
    """Count what belongs to the models alone, which the first `count_flops` would do."""
    _of(answerer)


def count_flops(
    answerer: Answerer, question: str, latents: Mapping[str, Latents],
    candidates: Sequence[str] = (), *, system_prompt: str | None = None,
) -> dict[str, int]:
    """Return the operations of fusing ('fuse') and of answering ('answer').

    Answering is the pass over the prompt through all blocks and that over the candidates; of a
    free text, its first token. Counted once for a model and for each size of latents, and put
    together from that: `count_run` counts the real thing and gives the same. Models with a sliding
    window are counted as they run, once for each size of texts too.
    """
    llm = answerer.llm
    if system_prompt is None:
        system_prompt = answerer.connectors.system_prompt
    known = _of(answerer)
    text = question, tuple(candidates), system_prompt
    if text not in known.lengths:
        known.lengths[text] = (len(llm.prompt(question, system_prompt)), tuple(
            len(llm.format.answer(candidate)) for candidate in candidates))
    length, answers = known.lengths[text]
    key = tuple(sorted((name, one.tokens.shape) for name, one in latents.items()))
    if known.cost is None:
        run = length, answers, key
        if run not in known.runs:
            known.runs[run] = count_run(
                answerer, question, latents, candidates, system_prompt=system_prompt)
        return dict(known.runs[run])
    if key not in known.fuse:
        with _counter() as counter:
            slots = answerer.connectors.slots(latents) if latents else None
        known.fuse[key] = int(counter.get_total_flops()), _sizes(slots)
    fuse, sizes = known.fuse[key]
    answer = known.cost.run(length, 0, sizes)
    rest = max(answers, default=1) - 1
    if rest:
        answer += known.cost.run(rest, length, sizes, rows=len(answers), logits=rest)
    return {'fuse': fuse, 'answer': answer}


def count_run(answerer: Answerer, question: str, latents: Mapping[str, Latents],
              candidates: Sequence[str] = (), *,
              system_prompt: str | None = None) -> dict[str, int]:
    """Return the same as `count_flops`, counted over a whole answer as it runs."""
    llm = answerer.llm
    if system_prompt is None:
        system_prompt = answerer.connectors.system_prompt
    prompt = llm.prompt(question, system_prompt)
    answers = [llm.format.answer(candidate) for candidate in candidates]
    with _counter() as fuse:
        slots = answerer.connectors.slots(latents) if latents else None
    runner = TextRunner(llm.model, llm.attention)   # one that has kept nothing
    runner.prepare(slots)
    with _counter() as answer:
        started = runner.start(prompt, slots)
        if answers:
            runner.weigh(started, answers)
    return {'fuse': int(fuse.get_total_flops()), 'answer': int(answer.get_total_flops())}


def count_encode_flops(encoder: Encoder, samples: Sequence[np.ndarray],
                       views: Sequence[View]) -> int:
    """Return the operations of encoding samples, as far as torch counts them.

    What runs in numpy, or as pointwise operations, is not counted.
    """
    with _counter() as counter:
        encoder.encode(samples, views)
    return int(counter.get_total_flops())


def _of(answerer: Answerer) -> _Known:
    if answerer not in _known:
        llm = answerer.llm
        _known[answerer] = _Known(None if _slides(llm) else PassCost.of(llm), {}, {}, {})
    return _known[answerer]


def _slides(llm: LanguageModel) -> bool:
    """Tell whether attention forgets: then what a token costs depends on where it stands."""
    config: Any = llm.model.config.get_text_config(decoder=True)
    return bool(getattr(config, 'sliding_window', None))


def _sizes(slots: Slots | None) -> tuple[int, ...]:
    return tuple(block.key.shape[2] for block in slots or () if block is not None)


def _counter() -> FlopCounterMode:
    # torch counts the attention of GPUs by itself, not that of CPUs.
    on_cpu = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    return FlopCounterMode(display=False, custom_mapping={on_cpu: _attention})


def _attention(query: Sequence[int], key: Sequence[int], value: Sequence[int], *_: Any,
               **__: Any) -> int:
    return int(sdpa_flop_count(query, key, value))
