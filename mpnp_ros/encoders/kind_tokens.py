# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Tokens of kinds: how many of each there are in a view, and what the nearest is like."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from mpnp_ros.encoders.object_head import COLORS, ObjectMaps, OBJECTS, STATES

NEARNESS_M = (3.0, 5.0, 7.0, 10.0, 14.0, 20.0, 28.0, 40.0)   # centres of the soft steps
MOST = 4            # so many of a kind, or more, are told apart from fewer
_STEP = 0.2         # width of the soft steps, in log metres
_FAR = 4.4          # log(1 + 80 m): distances and counts are brought to about one
_MANY = 4.0

LAYOUT = 'kinds'
# Which kind, how many are expected, how likely each number is; of the nearest one how sure, its
# colour, its state, how far, in log metres and in soft steps.
LAYOUT_WIDTH = len(OBJECTS) + 2 + MOST + 1 + len(COLORS) + len(STATES) + 1 + len(NEARNESS_M)


@dataclass(frozen=True)
class Found:
    """The K cells of each of B maps that most surely hold the middle of an object.

    :ivar sureness: [B, K] in [0, 1], the most sure first.
    :ivar row: [B, K], and `column`, of the cell.
    :ivar kinds: how sure of each kind, [B, K, OBJECTS].
    :ivar colors: likelihood of each, [B, K, COLORS], and `states`, [B, K, STATES].
    :ivar distance: log(1 + metres), [B, K].
    """

    sureness: Tensor
    row: Tensor
    column: Tensor
    kinds: Tensor
    colors: Tensor
    states: Tensor
    distance: Tensor


def find(maps: ObjectMaps, most: int = 16, circular: bool = False) -> Found:
    """Return the cells that are surer than all around them, at most so many of each map."""
    kinds = maps.heat.float().sigmoid()                               # [B, OBJECTS, h, w]
    sure = kinds.amax(dim=1)                                          # [B, h, w]
    around = functional.pad(sure[:, None], (1, 1, 0, 0), mode='circular' if circular
                            else 'constant')
    highest = functional.max_pool2d(functional.pad(around, (0, 0, 1, 1)), 3, stride=1)[:, 0]
    peaks = torch.where(sure == highest, sure, 0.0).flatten(1)        # [B, h * w]
    # Stable, so that cells that are equally sure, as unsure ones are, always come in one order.
    sureness, cells = (one[:, :most] for one in peaks.sort(dim=1, descending=True, stable=True))
    columns = maps.heat.shape[3]

    def at(values: Tensor) -> Tensor:
        flat = values.float().flatten(2)                              # [B, C, h * w]
        return flat.gather(2, cells[:, None].expand(-1, flat.shape[1], -1)).transpose(1, 2)

    return Found(
        sureness, cells // columns, cells % columns, kinds=at(kinds),
        colors=at(maps.color).softmax(-1), states=at(maps.state).softmax(-1),
        distance=at(maps.distance[:, None])[..., 0])


def kind_tokens(found: Found, groups: Tensor, count: int) -> Tensor:
    """Return a token of each kind in each group of objects: [B, count, OBJECTS, LAYOUT_WIDTH].

    groups [B, K]: the index of each object's group. A token tells of its kind, in its group, how
    many there are and what the nearest is like. Numbers are those of independent finds: the
    distribution of how many there are is Poisson-binomial.
    """
    member = functional.one_hot(groups, count).to(found.sureness)     # [B, K, count]
    chances = member[..., None] * found.kinds[:, :, None]             # [B, K, count, OBJECTS]
    expected = chances.sum(1)[..., None] / _MANY                      # [B, count, OBJECTS, 1]
    none = (1.0 - chances).prod(1)[..., None]
    nearest = _nearest(found, chances)                                # [B, count, OBJECTS, K]

    def of_nearest(values: Tensor) -> Tensor:
        return torch.einsum('bgok,bkv->bgov', nearest, values)

    steps = torch.tensor(NEARNESS_M, device=found.distance.device).log1p()
    near = torch.exp(-0.5 * ((found.distance[..., None] - steps) / _STEP) ** 2)
    which = torch.eye(len(OBJECTS), device=expected.device).expand(*expected.shape[:3], -1)
    return torch.cat([
        which, expected, none, _numbers(chances), nearest.sum(-1, keepdim=True),
        of_nearest(found.colors), of_nearest(found.states),
        of_nearest(found.distance[..., None]) / _FAR, of_nearest(near)], dim=-1)


def _nearest(found: Found, chances: Tensor) -> Tensor:
    """Return how likely each object is the nearest of its kind and group: [B, count, OBJECTS, K].

    The nearest one there is: it is there and none of those before it is.
    """
    order = found.distance.argsort(dim=1)                             # [B, K]
    by_distance = chances.gather(1, order[..., None, None].expand_as(chances))
    lacking = (1.0 - by_distance).cumprod(1)
    before = torch.cat([torch.ones_like(lacking[:, :1]), lacking[:, :-1]], dim=1)
    first = by_distance * before                                      # [B, K, count, OBJECTS]
    back = order.argsort(dim=1)
    return first.gather(1, back[..., None, None].expand_as(first)).permute(0, 2, 3, 1)


def _numbers(chances: Tensor) -> Tensor:
    """Return of chances [B, K, count, C] how likely 1, 2, ... MOST or more are: [..., C, MOST]."""
    batch, _, *rest = chances.shape
    likely = torch.zeros(batch, *rest, MOST + 1, device=chances.device)
    likely[..., 0] = 1.0
    for chance in chances.unbind(1):
        chance = chance[..., None]
        one_more = functional.pad(likely[..., :-1], (1, 0))
        one_more[..., -1] += likely[..., -1]     # more than the most stay there
        likely = likely * (1.0 - chance) + one_more * chance
    return likely[..., 1:]
