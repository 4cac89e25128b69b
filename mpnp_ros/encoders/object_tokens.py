# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Tokens of objects: what was found, one token each, and one that sums up the view."""

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

# Per object: sureness, what it is, its colour, its state, how far, where in the view.
_OBJECT = 1 + len(OBJECTS) + len(COLORS) + len(STATES) + 1 + len(NEARNESS_M) + 2
# Per view: how many of each kind are expected, how likely each number is, of each state and
# colour how many are expected, how many objects in all.
_SUMMARY = len(OBJECTS) * (1 + MOST) + len(STATES) + len(COLORS) + 1 + MOST
LAYOUT = 'objects'
LAYOUT_WIDTH = 2 + _OBJECT + _SUMMARY   # then come the head's own features


def width_of(hidden: int) -> int:
    """Return the values of a token, from a head of so many channels."""
    return LAYOUT_WIDTH + hidden


@dataclass(frozen=True)
class Found:
    """The K cells of each of B maps that most surely hold the middle of an object.

    :ivar sureness: [B, K] in [0, 1], the most sure first.
    :ivar row: [B, K], and `column`, of the cell.
    :ivar kinds: how sure of each kind, [B, K, OBJECTS].
    :ivar colors: likelihood of each, [B, K, COLORS], and `states`, [B, K, STATES].
    :ivar distance: log(1 + metres), [B, K].
    :ivar features: [B, K, hidden].
    """

    sureness: Tensor
    row: Tensor
    column: Tensor
    kinds: Tensor
    colors: Tensor
    states: Tensor
    distance: Tensor
    features: Tensor


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
        distance=at(maps.distance[:, None])[..., 0], features=at(maps.features))


def object_tokens(found: Found, size: tuple[int, int], most: int) -> Tensor:
    """Return a token of each of the first `most` objects: [B, most, width].

    `size` is that of the map, (rows, columns); a view with fewer cells repeats the last.
    """
    rows, columns = size
    steps = torch.tensor(NEARNESS_M, device=found.distance.device).log1p()
    near = torch.exp(-0.5 * ((found.distance[..., None] - steps) / _STEP) ** 2)
    sure = found.sureness[..., None]                                  # [B, K, 1]
    told = torch.cat([
        sure, found.kinds, sure * found.colors, sure * found.states,
        sure * found.distance[..., None] / _FAR, sure * near,
        sure * torch.stack([(2 * found.row + 1) / rows - 1.0,
                            (2 * found.column + 1) / columns - 1.0], dim=-1)], dim=-1)
    kind = torch.zeros(*told.shape[:2], 2, device=told.device)
    kind[..., 0] = 1.0
    summary = torch.zeros(*told.shape[:2], _SUMMARY, device=told.device)
    return torch.cat([kind, told, summary, sure * torch.tanh(found.features)], dim=-1)[:, :most]


def summary_tokens(found: Found, groups: Tensor, count: int) -> Tensor:
    """Return a token of each group of objects: how many of what there are, [B, count, width].

    groups [B, K]: the index of each object's group. Numbers are those of independent finds: the
    distribution of how many there are is Poisson-binomial.
    """
    member = functional.one_hot(groups, count).to(found.sureness)     # [B, K, count]
    kinds = member[..., None] * found.kinds[:, :, None]               # [B, K, count, OBJECTS]
    every = member * found.sureness[..., None]                        # [B, K, count]
    share = every[..., None] / _MANY
    expected = torch.cat([
        kinds.sum(1) / _MANY,
        (share * found.states[:, :, None]).sum(1), (share * found.colors[:, :, None]).sum(1),
        every.sum(1)[..., None] / _MANY], dim=-1)
    numbers = torch.cat([
        _numbers(kinds).flatten(-2), _numbers(every[..., None]).flatten(-2)], dim=-1)
    batch = len(expected)
    kind = torch.zeros(batch, count, 2, device=expected.device)
    kind[..., 1] = 1.0
    features = torch.einsum('bkc,bkh->bch', every, torch.tanh(found.features)) / _MANY
    objects = torch.zeros(batch, count, _OBJECT, device=expected.device)
    return torch.cat([kind, objects, expected, numbers, features], dim=-1)


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
