# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What connectors learn from: questions with answers, and the latents that tell them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import torch

from mpnp_ros.core.connectors import Connectors, TokenBatch
from mpnp_ros.core.latents import Latents


@dataclass(frozen=True)
class TrainingSample:
    """Hold a question, its answer, and the latents at hand by modality.

    `needs` names the modalities any one of which tells the answer. While none of them is
    attached, the right answer is that it is unknown; an empty `needs` says that the answer stays
    the same whatever is attached. Raises ValueError where a name is not among the latents.
    """

    question: str
    answer: str
    latents: Mapping[str, Latents]
    needs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.needs, tuple):
            raise ValueError(f'needs is {self.needs!r}, expected a tuple of modalities')
        unknown = sorted(set(self.needs) - self.latents.keys())
        if unknown:
            raise ValueError(
                f'sample {self.question!r} needs {unknown}, it has latents of '
                f'{sorted(self.latents)}')

    def answer_under(self, attached: Collection[str], unknown_answer: str | None) -> str:
        """Return the right answer while only the `attached` modalities take part.

        Without an `unknown_answer` it is the sample's answer in every case.
        """
        lacking = bool(self.needs) and not set(self.needs) & set(attached)
        return unknown_answer if lacking and unknown_answer is not None else self.answer


def check_samples(connectors: Connectors, samples: Sequence[TrainingSample]) -> None:
    """Raise ConnectorMismatch for latents that do not fit, ValueError for no samples at all."""
    if not samples:
        raise ValueError('there are no samples')
    checked: set[int] = set()
    for sample in samples:
        for modality, latents in sample.latents.items():
            if latents.modality != modality:
                raise ValueError(
                    f'sample {sample.question!r}: latents of {latents.modality!r} stand under '
                    f'{modality!r}')
            if id(latents) not in checked:
                connectors.check(latents)
                checked.add(id(latents))


def gather_tokens(samples: Sequence[TrainingSample], attached: Sequence[Collection[str]],
                  device: torch.device) -> dict[str, TokenBatch]:
    """Return the tokens of each modality for a batch, padded to the longest, float32.

    `attached` names for each sample the modalities that take part; others are masked out.
    """
    return gather_latents([{modality: sample.latents[modality] for modality in chosen}
                           for sample, chosen in zip(samples, attached)], device)


def gather_latents(rows: Sequence[Mapping[str, Latents]],
                   device: torch.device) -> dict[str, TokenBatch]:
    """Return the tokens of each modality for a batch, as `rows` for each set of latents."""
    return {modality: _gather([row.get(modality) for row in rows], device)
            for modality in sorted(set().union(*rows))}


def _gather(latents: list[Latents | None], device: torch.device) -> TokenBatch:
    # Several questions about one moment share its tokens.
    distinct = list({id(entry): entry for entry in latents if entry is not None}.values())
    place = {id(entry): number for number, entry in enumerate(distinct)}
    longest = max(entry.tokens.shape[0] for entry in distinct)
    shape = (len(distinct), longest)
    tokens = torch.zeros(*shape, distinct[0].tokens.shape[1])
    azimuth = torch.full(shape, torch.nan)
    view = torch.zeros(shape, dtype=torch.int64)
    for row, entry in enumerate(distinct):
        count = entry.tokens.shape[0]
        tokens[row, :count] = entry.tokens
        azimuth[row, :count] = entry.azimuth
        view[row, :count] = entry.view
    counts = torch.tensor([0 if entry is None else entry.tokens.shape[0] for entry in latents])
    present = torch.arange(longest) < counts[:, None]
    rows = torch.tensor([0 if entry is None else place[id(entry)] for entry in latents])
    return TokenBatch(*(part.to(device) for part in (tokens, azimuth, view, present, rows)))
