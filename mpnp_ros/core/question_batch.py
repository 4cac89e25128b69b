# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Many questions about many moments at once, with the answers that `Answerer` gives one by one.

What is the same is computed once: a moment's slots; the states of the prompts' common beginning
under them; what the blocks below L-N make of a text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
import os

import torch

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.attention import Slots
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.samples import gather_latents
from mpnp_ros.core.text_runner import select_rows, StartedText

BATCH = 16


@dataclass(frozen=True)
class Asked:
    """One question about one of the moments; without candidates it is answered in free text."""

    text: str
    candidates: tuple[str, ...]
    moment: int


@dataclass(frozen=True)
class Given:
    """An answer, with the probability of each candidate; `error` says why there is none."""

    text: str
    scores: tuple[float, ...] = ()
    error: str = ''


def answer_many(
    answerer: Answerer, moments: Sequence[Mapping[str, Latents]], asked: Sequence[Asked], *,
    batch: int = BATCH, max_new_tokens: int = 16, system_prompt: str | None = None,
) -> list[Given]:
    """Answer the questions in the order given; one that cannot be answered spoils no other.

    Each of `moments` has latents by modality, or none: then the text alone is answered. Raises
    ConnectorMismatch for latents that the connectors were not trained for.
    """
    for moment in moments:
        for latents in moment.values():
            answerer.check(latents)
    if system_prompt is None:
        system_prompt = answerer.connectors.system_prompt
    given: dict[int, Given] = {}
    prompts: dict[str, list[int]] = {}
    for index, one in enumerate(asked):
        try:
            if one.text not in prompts:
                prompts[one.text] = answerer.llm.prompt(one.text, system_prompt)
        except ValueError as error:
            given[index] = Given('', error=str(error))
    for members in _alike(moments, batch):
        here = {index: one for index, one in enumerate(asked)
                if one.moment in members and index not in given}
        if here:
            batch_of = _Batch(answerer, [moments[member] for member in members], {
                one.text: prompts[one.text] for one in here.values()}, max_new_tokens)
            given |= batch_of.answer(here, {member: row for row, member in enumerate(members)})
    return [given[index] for index in range(len(asked))]


def _alike(moments: Sequence[Mapping[str, Latents]], batch: int) -> Iterator[list[int]]:
    """Return the moments in batches whose latents have the same modalities and sizes."""
    groups: dict[tuple[tuple[str, int], ...], list[int]] = defaultdict(list)
    for index, latents in enumerate(moments):
        groups[tuple(sorted((name, one.tokens.shape[0]) for name, one in latents.items()))].append(
            index)
    for signature, members in groups.items():
        # Without latents all moments are the same: each text is run once.
        size = batch if signature else len(members)
        for first in range(0, len(members), size):
            yield members[first:first + size]


class _Batch:
    """Questions about moments whose latents are alike, one row of slots for each moment."""

    def __init__(self, answerer: Answerer, latents: Sequence[Mapping[str, Latents]],
                 prompts: Mapping[str, list[int]], max_new_tokens: int) -> None:
        self._llm, self._prompts = answerer.llm, prompts
        self._max_new_tokens = max_new_tokens
        self._sees = bool(latents[0])
        # No slot in any block is the LLM alone, yet taken apart where the others are.
        self._slots: Slots | None = (None,) * answerer.connectors.connected_blocks or None
        if self._sees:
            with torch.no_grad():
                self._slots = answerer.connectors.fuse(gather_latents(latents, self._llm.device))
        self._begun: StartedText | None = None
        shared = os.path.commonprefix(list(prompts.values()))
        if self._slots is not None and len(prompts) > 1 and shared:
            self._begun = self._llm.begin(shared, self._slots)

    def answer(self, asked: Mapping[int, Asked], row_of: Mapping[int, int]) -> dict[int, Given]:
        """Return the answers by index; `row_of` says which row a moment is."""
        groups: dict[tuple[str, tuple[str, ...]], dict[int, int]] = defaultdict(dict)
        for index, one in asked.items():
            groups[one.text, one.candidates][index] = (
                row_of[one.moment] if self._sees else 0)
        given: dict[int, Given] = {}
        for (text, candidates), places in groups.items():
            rows = sorted(set(places.values()))
            try:
                answers = dict(zip(rows, self._scored(text, candidates, rows) if candidates else (
                    self._written(text, row) for row in rows)))
            except ValueError as error:
                answers = {row: Given('', error=str(error)) for row in rows}
            given |= {index: answers[row] for index, row in places.items()}
        return given

    def _scored(self, text: str, candidates: tuple[str, ...], rows: list[int]) -> list[Given]:
        begun = None if self._begun is None else self._llm.rows_of(self._begun, rows)
        scores = self._llm.score_batch(
            self._prompts[text], candidates, select_rows(self._slots, rows), begun=begun)
        return [Given(candidates[int(row.argmax())], tuple(map(float, row))) for row in scores]

    def _written(self, text: str, row: int) -> Given:
        generation = self._llm.generate(
            self._prompts[text], slots=select_rows(self._slots, [row]),
            max_new_tokens=self._max_new_tokens)
        return Given(generation.text.strip())
