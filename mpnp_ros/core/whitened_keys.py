# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Keys of slots trained where the queries that they meet are white.

A frozen model's queries share most of what they are: of the second moments of SmolLM2-135M's
last blocks, one direction has several hundred times the middle one. What tells one question
from another is in the small ones, where keys learn last. So the trained weights are those of keys
that meet whitened queries, q' = (M + e I)^(-1/2) q with M the mean of q q^T over text, and the
connectors' own weights follow them: a connector's file does not show how it was trained.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
import functools

import torch
from torch import nn, Tensor

from mpnp_ros.core.aligner import Aligner
from mpnp_ros.core.attention import LatentAttention
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.followers import Followers

_FLOOR = 0.01   # of the mean moment: directions that no query takes are not blown up


def whiten_keys(followers: Followers, connectors: Connectors, moments: Tensor,
                fresh: Collection[str]) -> None:
    """Let the keys of all connectors that are trained follow weights in the white space.

    :param moments: of the connected blocks' queries, [N, kv_heads, head_dim, head_dim], the
        lowest block first; see `query_moments`.
    :param fresh: modalities whose keys have learned nothing yet: they begin anew in the white
        space. Raises ValueError for connectors that follow the paper.
    """
    names = {id(parameter): name for name, parameter in connectors.named_parameters()}
    roots, inverses = _roots(moments)
    for connector in connectors:
        modality, aligner = connector.config.modality, connector.aligner
        if not isinstance(aligner, Aligner):
            raise ValueError(f'the connector of {modality} follows the paper: its blocks '
                             'share their keys, which cannot be whitened for each')
        lowest = connector.config.llm_blocks - len(moments)
        own = [place - lowest for place in connector.config.places]
        for parameter in (aligner.key.weight, aligner.key.bias):
            if not parameter.requires_grad:
                continue
            begins = parameter.detach() if modality in fresh else _times(
                roots[own], parameter.detach())
            # The inverse roots are symmetric: they take gradients back as well.
            times = functools.partial(_times, inverses[own])
            followers.add(names[id(parameter)], parameter, begins, use=times, learn=times)
    followers.push()


def query_moments(attention: LatentAttention, seen: Sequence[tuple[nn.Module, Tensor, Tensor]],
                  connected: int) -> Tensor:
    """Return the second moments [N, kv_heads, head_dim, head_dim] of the last blocks' queries.

    Heads that share keys are taken together.

    :param seen: attention modules with queries [B, heads, T, head_dim] that they saw, turned by
        their positions, and which of them count, [B, T].
    """
    heads = attention.architecture.num_kv_heads
    found = []
    for module in attention.architecture.attentions[-connected:]:
        total, count = torch.zeros(()), 0.0
        for of, queries, counts in seen:
            if of is module:
                grouped = queries.float().unflatten(1, (heads, -1))   # [B, kv, group, T, D]
                total = total.to(queries.device) + torch.einsum(
                    'bkgtd,bkgte,bt->kde', grouped, grouped, counts.float())
                count += float(counts.sum()) * grouped.shape[2]
        found.append(total / count)
    return torch.stack(found)


def _roots(moments: Tensor) -> tuple[Tensor, Tensor]:
    """Return (M + e I)^(1/2) and its inverse, both symmetric."""
    floor = _FLOOR * moments.diagonal(dim1=-2, dim2=-1).mean(-1, keepdim=True)   # [N, kv, 1]
    values, vectors = torch.linalg.eigh(moments.double().cpu())
    roots = (values.clamp(min=0.0) + floor.double().cpu()).sqrt()
    made = [(vectors * scale[..., None, :]) @ vectors.transpose(-1, -2)
            for scale in (roots, 1.0 / roots)]
    return made[0].to(moments), made[1].to(moments)


def _times(matrices: Tensor, weights: Tensor) -> Tensor:
    """Return the products of [n, kv, D, D] with the rows of weights [n * kv * D, ...]."""
    rows = weights.reshape(*matrices.shape[:3], -1)                   # [n, kv, D, ...]
    return (matrices @ rows).reshape(weights.shape)
