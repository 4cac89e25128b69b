# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Weights that are trained in other coordinates than those in which they are used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn, Tensor


@dataclass(frozen=True)
class _Follower:

    parameter: Tensor
    use: Callable[[Tensor], Tensor]
    learn: Callable[[Tensor], Tensor]


class Followers:
    """The weights as an optimiser changes them, and those in use that follow.

    :ivar trained: by the name of the parameter in use.
    """

    def __init__(self) -> None:
        self.trained: dict[str, nn.Parameter] = {}
        self._followers: dict[str, _Follower] = {}

    def add(self, name: str, parameter: Tensor, begins: Tensor, *,
            use: Callable[[Tensor], Tensor], learn: Callable[[Tensor], Tensor]) -> None:
        """Let a parameter follow trained weights, which begin as given.

        :param use: from trained weights to those in use.
        :param learn: from a gradient of the weights in use to that of the trained ones.
        """
        self.trained[name] = nn.Parameter(begins.detach().clone())
        self._followers[name] = _Follower(parameter, use, learn)

    @torch.no_grad()
    def pull(self) -> None:
        """Add the gradients of the weights in use to those that are trained; leave them none."""
        for name, one in self._followers.items():
            gradient, one.parameter.grad = one.parameter.grad, None
            if gradient is not None:
                gradient, trained = one.learn(gradient), self.trained[name]
                trained.grad = gradient if trained.grad is None else trained.grad + gradient

    @torch.no_grad()
    def push(self) -> None:
        """Let the weights in use follow."""
        for name, one in self._followers.items():
            one.parameter.copy_(one.use(self.trained[name]))

    @torch.no_grad()
    def require_agreement(self) -> None:
        """Raise ValueError where the weights in use are not those that follow the trained ones.

        Then both are of a training whose coordinates came out differently.
        """
        for name, one in self._followers.items():
            follows = one.use(self.trained[name])
            if not torch.allclose(follows, one.parameter, rtol=1e-2,
                                  atol=1e-2 * float(follows.abs().max())):
                raise ValueError(
                    f'{name} was trained in coordinates that come out differently here (another '
                    'machine or other threads): go on from the connectors as a new training')
