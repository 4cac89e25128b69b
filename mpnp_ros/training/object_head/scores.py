# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How well a head finds objects in views it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn, Tensor

from mpnp_ros.encoders.kind_tokens import find, Found
from mpnp_ros.encoders.object_head import OBJECTS
from mpnp_ros.training.object_head.examples import Examples
from mpnp_ros.training.object_head.targets import NONE, Targets, UNSURE

_BATCH = 48
_REACH = 1.5    # cells between what is found and the middle it is to be


@dataclass(frozen=True)
class Scores:
    """Of all views together; NaN where there is nothing to judge.

    :ivar precision: average precision by kind.
    :ivar objects: how many there are, by kind.
    :ivar color: share of the found objects whose colour is right, and `state`.
    :ivar distance: mean absolute error of log(1 + metres) of found objects.
    """

    precision: dict[str, float]
    objects: dict[str, int]
    color: float
    state: float
    distance: float

    def table(self) -> str:
        """Return them in Markdown."""
        lines = ['| kind | objects | average precision |', '|---|---|---|']
        lines += [f'| {name} | {self.objects[name]} | {self.precision[name]:.3f} |'
                  for name in OBJECTS]
        mean = float(np.nanmean(list(self.precision.values())))
        return '\n'.join([
            *lines, f'| mean | {sum(self.objects.values())} | {mean:.3f} |', '',
            'Of what is found in its place: colour right '
            f'{self.color:.3f}, state right {self.state:.3f}, error of log distance '
            f'{self.distance:.3f}.'])


def score(head: nn.Module, examples: Examples, circular: bool = False) -> Scores:
    """Return the scores; a find is right within 1.5 cells of a middle of its kind."""
    judged = _Judged()
    with torch.inference_mode():
        for which in torch.arange(len(examples)).split(_BATCH):
            given = examples.of(which)
            found = find(head([one.float() for one in given.inputs]), circular=circular)
            for index in range(len(which)):
                judged.add(found, given.targets, index)
    return judged.scores()


class _Judged:
    """Counts what is right, view by view."""

    def __init__(self) -> None:
        self._finds: dict[str, list[tuple[float, bool]]] = {name: [] for name in OBJECTS}
        self._objects = dict.fromkeys(OBJECTS, 0)
        self._colors: list[bool] = []
        self._states: list[bool] = []
        self._off: list[float] = []

    def add(self, found: Found, targets: Targets, view: int) -> None:
        """Judge the finds of a view, the most sure first; each middle is found once."""
        heat = targets.heat[view].float()
        for kind, name in enumerate(OBJECTS):
            middles = (heat[kind] == 1.0).nonzero().float()                      # [M, 2]
            self._objects[name] += len(middles)
            free = torch.ones(len(middles), dtype=torch.bool)
            chances = found.kinds[view, :, kind]
            for one in chances.argsort(descending=True).tolist():
                row, column = int(found.row[view, one]), int(found.column[view, one])
                near = free & ((middles - torch.tensor([row, column])).abs().amax(1) <= _REACH)
                if not near.any() and heat[kind, row, column] == UNSURE:
                    continue
                hit = bool(near.any())
                if hit:
                    free[int(near.float().argmax())] = False
                    if chances[one] > 0.3:
                        self._like(found, targets, view, one, row, column)
                self._finds[name].append((float(chances[one]), hit))

    def _like(self, found: Found, targets: Targets, view: int, one: int, row: int,
              column: int) -> None:
        for said, wanted, right in ((found.colors, targets.color, self._colors),
                                    (found.states, targets.state, self._states)):
            true = int(wanted[view, row, column])
            if true != NONE:
                right.append(int(said[view, one].argmax()) == true)
        metres: Tensor = targets.distance[view, row, column]
        if metres != NONE:
            self._off.append(abs(float(found.distance[view, one]) - float(metres)))

    def scores(self) -> Scores:
        """Return what was judged so far."""
        return Scores(
            {name: _average_precision(finds, self._objects[name])
             for name, finds in self._finds.items()}, dict(self._objects),
            _mean(self._colors), _mean(self._states), _mean(self._off))


def _average_precision(finds: list[tuple[float, bool]], objects: int) -> float:
    """Return the mean over all objects of the precision where each is found, 0 where it is not."""
    if not objects:
        return float('nan')
    hits = np.array([hit for _, hit in sorted(finds, key=lambda find: -find[0])], dtype=bool)
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].sum() / objects)


def _mean(values: list[bool] | list[float]) -> float:
    return float(np.mean(values)) if values else float('nan')
