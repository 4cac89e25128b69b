# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Tokens of kinds: how many of each there are, here and in all, and what the nearest is like."""

from __future__ import annotations

from dataclasses import dataclass
import functools
import hashlib
import itertools
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from mpnp_ros.core.weights import weights_hash
from mpnp_ros.encoders.object_head import COLORS, ObjectMaps, OBJECTS, STATES

NEARNESS_M = (3.0, 5.0, 7.0, 10.0, 14.0, 20.0, 28.0, 40.0)   # centres of the soft steps
MOST = 10           # so many of a kind, or more, are told apart from fewer, as in nuScenes-QA
_STEP = 0.2         # width of the soft steps, in log metres
_FAR = 4.4          # log(1 + 80 m): distances and counts are brought to about one
_MANY = 4.0

# What tokens of a group are of: each kind, then things of any kind.
KINDS = (*OBJECTS, 'thing')
_VEHICLES = ('bus', 'car', 'construction vehicle', 'trailer', 'truck')
_STATES_OF = {
    **dict.fromkeys(_VEHICLES, ('moving', 'stopped', 'parked')),
    **dict.fromkeys(('bicycle', 'motorcycle'), ('with rider', 'without rider')),
    'pedestrian': ('moving', 'standing', 'not standing'), 'thing': STATES}
# What tokens of all groups are of: kinds, then kinds in each state that they may be in.
OF_ALL = (*((kind, '') for kind in KINDS),
          *((kind, state) for kind in KINDS for state in _STATES_OF.get(kind, ())))

LAYOUT = 'kinds2'
_SIZES = {
    'kind': len(KINDS), 'state': len(STATES), 'whole': 1,         # what the token is of
    'expected': 1, 'none': 1, 'numbers': MOST,                    # how many there are
    'in_states': len(STATES),                                     # how many in each state
    'sure': 1, 'nearest_kind': len(OBJECTS), 'color': len(COLORS),    # the nearest one
    'nearest_state': len(STATES), 'far': 1, 'near': len(NEARNESS_M)}
LAYOUT_WIDTH = sum(_SIZES.values())
# What the first values stand for: those of what a token is of.
NAMES = (*KINDS, *STATES)
# Which values of a token tell what.
PLACES = {name: slice(end - size, end) for (name, size), end in zip(
    _SIZES.items(), itertools.accumulate(_SIZES.values()))}


def hash_of(*weights: Path) -> str:
    """Return a hash of the weights of an encoder and of what its tokens tell."""
    return hashlib.sha256(' '.join([*map(weights_hash, weights), LAYOUT]).encode()).hexdigest()


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


def joined(found: Found) -> Found:
    """Return what was found in all B maps as of one: [1, B * K]."""
    return Found(**{name: values.flatten(0, 1)[None] for name, values in vars(found).items()})


def kind_tokens(found: Found, groups: Tensor, count: int) -> Tensor:
    """Return tokens of KINDS in each group of objects, then OF_ALL: [B, T, LAYOUT_WIDTH].

    groups [B, K]: the index of each object's group, of `count`. A token tells of its kind how many
    there are and what the nearest is like. Numbers are those of independent finds: the
    distribution of how many there are is Poisson-binomial.
    Tokens of one state tell the states of what was found as they are, not narrowed to that one.
    """
    which = _which(count).to(found.sureness.device)                   # [T, KINDS + STATES + 1]
    kinds = torch.cat([found.kinds, found.kinds.sum(-1, keepdim=True).clamp(max=1.0)], dim=-1)
    member = functional.one_hot(groups, count).to(kinds)              # [B, K, count]
    in_groups = member[..., None] * kinds[:, :, None]                 # [B, K, count, KINDS]
    of_kind, in_state, _ = which[-len(OF_ALL):].split((len(KINDS), len(STATES), 1), dim=1)
    in_state = in_state + (in_state.sum(1, keepdim=True) == 0)        # of none: of any
    chances = torch.cat([in_groups.flatten(2), (kinds @ of_kind.T) * (found.states @ in_state.T)],
                        dim=-1)                                       # [B, K, T]
    nearest = _nearest(found, chances)                                # [B, T, K]
    steps = torch.tensor(NEARNESS_M, device=found.distance.device).log1p()
    near = torch.exp(-0.5 * ((found.distance[..., None] - steps) / _STEP) ** 2)
    return torch.cat([
        which.expand(len(chances), -1, -1), chances.sum(1)[..., None] / _MANY,
        (1.0 - chances).prod(1)[..., None], _numbers(chances),
        chances.transpose(1, 2) @ found.states / _MANY, nearest.sum(-1, keepdim=True),
        nearest @ torch.cat([
            found.kinds, found.colors, found.states, found.distance[..., None] / _FAR, near],
            dim=-1)], dim=-1)


@functools.cache
def _which(count: int) -> Tensor:
    """Return what each token is of: its kind, its state if any, whether of all groups."""
    rows = []
    for kind, state, whole in (*((kind, '', 0.0) for kind in KINDS * count),
                               *((kind, state, 1.0) for kind, state in OF_ALL)):
        rows.append([*(float(kind == one) for one in KINDS),
                     *(float(state == one) for one in STATES), whole])
    return torch.tensor(rows)


def _nearest(found: Found, chances: Tensor) -> Tensor:
    """Return how likely each object is the nearest that a token is of: [B, T, K].

    The nearest one there is: it is there and none of those before it is.
    """
    order = found.distance.argsort(dim=1)                             # [B, K]
    by_distance = chances.gather(1, order[..., None].expand_as(chances))
    lacking = (1.0 - by_distance).cumprod(1)
    before = torch.cat([torch.ones_like(lacking[:, :1]), lacking[:, :-1]], dim=1)
    first = by_distance * before                                      # [B, K, T]
    back = order.argsort(dim=1)
    return first.gather(1, back[..., None].expand_as(first)).transpose(1, 2)


def _numbers(chances: Tensor) -> Tensor:
    """Return of chances [B, K, T] how likely 1, 2, ... MOST or more are: [B, T, MOST]."""
    batch, _, *rest = chances.shape
    likely = torch.zeros(batch, *rest, MOST + 1, device=chances.device)
    likely[..., 0] = 1.0
    for chance in chances.unbind(1):
        chance = chance[..., None]
        one_more = functional.pad(likely[..., :-1], (1, 0))
        one_more[..., -1] += likely[..., -1]     # more than the most stay there
        likely = likely * (1.0 - chance) + one_more * chance
    return likely[..., 1:]
