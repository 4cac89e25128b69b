# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Answers to many samples at once, for held-out accuracy under any subset of modalities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

import torch

from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.samples import check_samples, gather_tokens, TrainingSample

MAX_ANSWER_TOKENS = 16


def evaluate(llm: LanguageModel, connectors: Connectors, samples: Sequence[TrainingSample], *,
             candidates: Sequence[Sequence[str]] | None = None,
             modalities: Collection[str] | None = None, batch: int = 16) -> list[str]:
    """Return the answer to each sample: its best candidate, or greedy text without candidates.

    `candidates` has one list per sample; `modalities` names those that stay attached, all of them
    where it is None. Answers are the ones that `Answerer` gives: samples that share question and
    candidates are scored in batches of `batch`. Raises ConnectorMismatch for latents that do not
    fit, ValueError for samples or candidates that cannot be used.
    """
    check_samples(connectors, samples)
    if candidates is not None and len(candidates) != len(samples):
        raise ValueError(f'{len(candidates)} lists of candidates for {len(samples)} samples')
    groups: dict[tuple[str, tuple[str, ...], bool], list[int]] = defaultdict(list)
    for index, sample in enumerate(samples):
        choice = tuple(candidates[index]) if candidates is not None else ()
        groups[sample.question, choice, bool(_attached(sample, modalities))].append(index)
    answers = [''] * len(samples)
    size = batch if candidates is not None else 1
    for (question, choice, _), members in groups.items():
        prompt = llm.prompt(question, connectors.system_prompt)
        for first in range(0, len(members), size):
            chosen = members[first:first + size]
            given = _answer(llm, connectors, prompt, choice if candidates is not None else None,
                            [samples[index] for index in chosen], modalities)
            for index, answer in zip(chosen, given):
                answers[index] = answer
    return answers


def _answer(llm: LanguageModel, connectors: Connectors, prompt: list[int],
            choice: tuple[str, ...] | None, samples: list[TrainingSample],
            modalities: Collection[str] | None) -> list[str]:
    attached = [_attached(sample, modalities) for sample in samples]
    with torch.no_grad():
        slots = connectors.fuse(gather_tokens(samples, attached, llm.device))
    if choice is None:
        text = llm.generate(prompt, slots=slots, max_new_tokens=MAX_ANSWER_TOKENS).text
        return [text.strip()]
    best = llm.score_batch(prompt, choice, slots).argmax(-1)          # [B], [1] without slots
    return [choice[int(index)] for index in best.expand(len(samples))]


def _attached(sample: TrainingSample, modalities: Collection[str] | None) -> list[str]:
    return sorted(name for name in sample.latents if modalities is None or name in modalities)
