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

import torch
from torch import Tensor

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.attention import Slots
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.samples import gather_latents
from mpnp_ros.core.slot_rows import count_rows, select_rows
from mpnp_ros.core.tree_runner import AskedText

BATCH = 32


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
    shared = answerer.llm.beginning(system_prompt)
    about: dict[int, dict[int, Asked]] = defaultdict(dict)
    for index, one in enumerate(asked):
        if index not in given:
            about[one.moment][index] = one
    for members in alike(moments, batch):
        here = {index: one for member in members for index, one in about[member].items()}
        if here:
            rows = _Batch(answerer, [moments[member] for member in members], shared,
                          max_new_tokens)
            given |= rows.answer(
                here, {member: row for row, member in enumerate(members)}, prompts)
    return [given[index] for index in range(len(asked))]


def alike(moments: Sequence[Mapping[str, Latents]], batch: int) -> Iterator[list[int]]:
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
                 shared: Sequence[int], max_new_tokens: int) -> None:
        self._llm, self._shared = answerer.llm, shared
        self._max_new_tokens = max_new_tokens
        slots: Slots | None = None
        if latents[0]:
            with torch.no_grad():
                slots = answerer.connectors.fuse(gather_latents(latents, self._llm.device))
        self._slots = slots or answerer.no_slots
        self._differ = count_rows(self._slots) > 1

    def answer(self, asked: Mapping[int, Asked], row_of: Mapping[int, int],
               prompts: Mapping[str, list[int]]) -> dict[int, Given]:
        """Return the answers by index; `row_of` says which row a moment is."""
        groups: dict[tuple[str, tuple[str, ...]], dict[int, int]] = defaultdict(dict)
        for index, one in asked.items():
            groups[one.text, one.candidates][index] = row_of[one.moment] if self._differ else 0
        given: dict[int, Given] = {}
        texts: dict[tuple[str, tuple[str, ...]], AskedText] = {}
        for (text, candidates), places in groups.items():
            rows = sorted(set(places.values()))
            try:
                if candidates:
                    texts[text, candidates] = self._llm.ask(prompts[text], candidates, rows)
                else:
                    written = {row: self._written(prompts[text], row) for row in rows}
                    given |= {index: written[row] for index, row in places.items()}
            except ValueError as error:
                given |= dict.fromkeys(places, Given('', error=str(error)))
        scores = self._llm.score_texts(list(texts.values()), self._slots, self._shared)
        for (key, asked_text), scored in zip(texts.items(), scores):
            chosen = {row: _best(key[1], shares) for row, shares in zip(asked_text.rows, scored)}
            given |= {index: chosen[row] for index, row in groups[key].items()}
        return given

    def _written(self, prompt: Sequence[int], row: int) -> Given:
        generation = self._llm.generate(
            prompt, slots=select_rows(self._slots, [row]), max_new_tokens=self._max_new_tokens)
        return Given(generation.text.strip())


def _best(candidates: Sequence[str], shares: Tensor) -> Given:
    return Given(candidates[int(shares.argmax())], tuple(shares.tolist()))
