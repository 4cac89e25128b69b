# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Answers to many samples at once, for held-out accuracy under any subset of modalities."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.question_batch import answer_many, Asked
from mpnp_ros.core.samples import check_samples, TrainingSample

MAX_ANSWER_TOKENS = 16


def evaluate(llm: LanguageModel, connectors: Connectors, samples: Sequence[TrainingSample], *,
             candidates: Sequence[Sequence[str]] | None = None,
             modalities: Collection[str] | None = None, batch: int = 16) -> list[str]:
    """Return the answer to each sample: its best candidate, or greedy text without candidates.

    `candidates` has one list per sample; `modalities` names those that stay attached, all of them
    where it is None. Answers are the ones that `Answerer` gives; samples of `batch` readings run
    together. Raises ConnectorMismatch for latents that do not fit, ValueError for samples or
    candidates that cannot be used.
    """
    check_samples(connectors, samples)
    if candidates is not None and len(candidates) != len(samples):
        raise ValueError(f'{len(candidates)} lists of candidates for {len(samples)} samples')
    if candidates is not None and not all(candidates):
        raise ValueError(f'sample {list(map(bool, candidates)).index(False)} has no candidates')
    moments: list[Mapping[str, Latents]] = []
    places: dict[tuple[int, ...], int] = {}
    asked = []
    for index, sample in enumerate(samples):
        shown = {name: latents for name, latents in sorted(sample.latents.items())
                 if modalities is None or name in modalities}
        reading = tuple(map(id, shown.values()))
        if reading not in places:
            places[reading] = len(moments)
            moments.append(shown)
        choice = tuple(candidates[index]) if candidates is not None else ()
        asked.append(Asked(sample.question, choice, places[reading]))
    given = answer_many(
        Answerer(llm, connectors), moments, asked, batch=batch, max_new_tokens=MAX_ANSWER_TOKENS)
    for sample, answer in zip(samples, given):
        if answer.error:
            raise ValueError(f'sample {sample.question!r}: {answer.error}')
    return [answer.text for answer in given]
