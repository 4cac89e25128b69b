# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What questions say of relevance, trained where the words of questions differ about equally.

Questions share most of their words. Along the directions in which the words of those that are
learned from differ, w = (1 / s)^(1/2) with s their spread: between leaving them as they are, where
what many questions share is learned first, and making them white, where every wording is learned
by itself.
"""

from __future__ import annotations

from collections.abc import Collection
import functools

import torch
from torch import Tensor

from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.followers import Followers

_MOST = 128      # directions
_LEAST = 1e-3    # spread of a direction that counts, of the largest


@torch.no_grad()
def whiten_questions(followers: Followers, connectors: Connectors, words: Tensor,
                     fresh: Collection[str]) -> None:
    """Let what connectors know of questions follow weights in these directions.

    :param words: of the different questions, [Q, words] (`question_words`).
    :param fresh: modalities whose connectors have learned nothing yet; others change from where
        they are.
    """
    names = {id(parameter): name for name, parameter in connectors.named_parameters()}
    mean = words.mean(0)
    basis = _basis(words - mean)                                      # [words, k]
    for connector in connectors:
        relevance = connector.relevance
        if relevance is None or not relevance.query.weight.requires_grad:
            continue
        weight = relevance.query.weight                               # [N * size, words]
        count, begins = basis.shape[1], torch.zeros(len(weight), basis.shape[1])
        before = weight.detach().clone()
        if connector.config.modality in fresh:
            relevance.mean.copy_(mean)
            begins = before[:, :count] * (before.shape[1] / count) ** 0.5
            before.zero_()
        followers.add(
            names[id(weight)], weight, begins.to(weight),
            use=functools.partial(_use, before, basis), learn=functools.partial(_learn, basis))
    followers.push()


def _use(before: Tensor, basis: Tensor, trained: Tensor) -> Tensor:
    return before + trained @ basis.T


def _learn(basis: Tensor, gradient: Tensor) -> Tensor:
    return gradient @ basis


def _basis(centred: Tensor) -> Tensor:
    """Return directions, scaled so that what is left of the words is one in the mean square."""
    _, spread, directions = torch.linalg.svd(centred, full_matrices=False)
    count = min(_MOST, int((spread > _LEAST * spread[0]).sum())) if len(centred) > 1 else 0
    if not count:                            # all questions are the same
        return directions[:1].T
    spread = spread[:count] / len(centred) ** 0.5
    scale = spread ** -0.5
    scale = scale / (scale * spread).square().mean().sqrt()
    return (directions[:count] * scale[:, None]).T.contiguous()
