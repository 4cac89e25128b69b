# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Answer the questions of a moment from many sets of its modalities at once.

A modality's slots are the same whatever else is attached, so they are made once and closed (-inf)
in the rows of the sets that lack it. The sets are rows of one batch through the last N blocks;
what lies below them is computed once for a text. Nothing is approximated: a row gives what the
LLM alone would give with that set, but for rounding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import dataclasses

import torch
from torch import Tensor

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.attention import BlockSlots, Slots
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.slot_rows import changed, concatenated, count_rows
from mpnp_ros.evaluation.questions.question import AskedQuestion

Set = frozenset[str]


def answer_sets(answerer: Answerer, latents: Mapping[str, Latents], sets: Sequence[Set],
                questions: Sequence[AskedQuestion]) -> list[Tensor]:
    """Return the probability [sets, candidates] of each question's candidates.

    Raises ConnectorMismatch for latents that do not fit, ValueError for a question that cannot
    be asked.
    """
    llm, system = answerer.llm, answerer.connectors.system_prompt
    slots = slots_of_sets(answerer, latents, sets)
    rows = range(count_rows(slots))
    texts = [llm.ask(llm.prompt(one.text, system), one.candidates, rows) for one in questions]
    shared = llm.beginning(system) if len(texts) > 1 else ()
    return [shares.expand(len(sets), -1) for shares in llm.score_texts(texts, slots, shared)]


def slots_of_sets(answerer: Answerer, latents: Mapping[str, Latents], sets: Sequence[Set]
                  ) -> Slots | None:
    """Return slots with a row for each set."""
    parts: list[list[BlockSlots]] = [[] for _ in range(answerer.connectors.connected_blocks)]
    for name in answerer.connectors.modalities:
        own = answerer.connectors.slots({name: latents[name]}) if name in latents else None
        if own is None:
            continue
        out = torch.tensor([name not in used for used in sets])[:, None]   # [sets, 1]
        for part, block in zip(parts, own):
            if block is not None:
                part.append(_rows(block, out.to(block.key.device)))
    if not any(parts):
        return answerer.no_slots
    return tuple(concatenated(part) for part in parts)


def _rows(block: BlockSlots, out: Tensor) -> BlockSlots:
    every = changed(block, lambda part: part.expand(len(out), *part.shape[1:]))
    return dataclasses.replace(every, log_gate=every.log_gate.masked_fill(out, -torch.inf))
