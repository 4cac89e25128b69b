# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Counted operations of what an answer takes when nothing was kept from before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.text_runner import TextRunner
from mpnp_ros.encoders.base import Encoder, View

_counted: WeakKeyDictionary[Answerer, dict[Any, dict[str, int]]] = WeakKeyDictionary()


def count_flops(
    answerer: Answerer, question: str, latents: Mapping[str, Latents],
    candidates: Sequence[str] = (), *, system_prompt: str | None = None,
) -> dict[str, int]:
    """Return the operations of fusing ('fuse') and of answering ('answer').

    Answering is the pass over the prompt through all blocks and that over the candidates; of a
    free text, its first token. The count is the same for texts and latents of the same sizes, and
    is made once for each.
    """
    llm = answerer.llm
    if system_prompt is None:
        system_prompt = answerer.connectors.system_prompt
    prompt = llm.prompt(question, system_prompt)
    answers = [llm.format.answer(candidate) for candidate in candidates]
    key = (len(prompt), tuple(sorted(map(len, answers))),
           tuple(sorted((name, one.tokens.shape) for name, one in latents.items())))
    known = _counted.setdefault(answerer, {})
    if key not in known:
        with _counter() as fuse:
            slots = answerer.connectors.slots(latents) if latents else None
        runner = TextRunner(llm.model, llm.attention)   # one that has kept nothing
        runner.prepare(slots)
        with _counter() as answer:
            started = runner.start(prompt, slots)
            if answers:
                runner.weigh(started, answers)
        known[key] = {'fuse': fuse.get_total_flops(), 'answer': answer.get_total_flops()}
    return dict(known[key])


def count_encode_flops(encoder: Encoder, samples: Sequence[np.ndarray],
                       views: Sequence[View]) -> int:
    """Return the operations of encoding samples, as far as torch counts them.

    What runs in numpy, or as pointwise operations, is not counted.
    """
    with _counter() as counter:
        encoder.encode(samples, views)
    return int(counter.get_total_flops())


def _counter() -> FlopCounterMode:
    # torch counts the attention of GPUs by itself, not that of CPUs.
    on_cpu = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    return FlopCounterMode(display=False, custom_mapping={on_cpu: _attention})


def _attention(query: Sequence[int], key: Sequence[int], value: Sequence[int], *_: Any,
               **__: Any) -> int:
    return int(sdpa_flop_count(query, key, value))
