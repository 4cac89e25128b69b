# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What is found in maps of objects, and the tokens that tell it."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from mpnp_ros.encoders.object_head import COLORS, ObjectMaps, OBJECTS, STATES
from mpnp_ros.encoders.object_tokens import find, MOST, object_tokens, summary_tokens, width_of

SIZE = (6, 8)
HIDDEN = 4
CAR, BUS = OBJECTS.index('car'), OBJECTS.index('bus')


def logit(chance: float) -> float:
    return math.log(chance / (1.0 - chance))


def maps(*objects: tuple[int, int, int, float]) -> ObjectMaps:
    """Return maps with objects of kind, row, column and chance, and nothing else."""
    heat = torch.full((1, len(OBJECTS), *SIZE), -20.0)
    for kind, row, column, chance in objects:
        heat[0, kind, row, column] = logit(chance)
    return ObjectMaps(
        heat, torch.zeros(1, len(COLORS), *SIZE), torch.zeros(1, len(STATES), *SIZE),
        torch.full((1, *SIZE), math.log1p(10.0)), torch.ones(1, HIDDEN, *SIZE))


def test_objects_are_found_in_the_order_of_how_sure_they_are() -> None:
    found = find(maps((CAR, 1, 1, 0.6), (BUS, 4, 6, 0.9)))
    assert found.row[0, :2].tolist() == [4, 1]
    assert found.column[0, :2].tolist() == [6, 1]
    torch.testing.assert_close(found.sureness[0, :2], torch.tensor([0.9, 0.6]))
    assert found.kinds[0, 0].argmax() == BUS


def test_beside_a_surer_cell_nothing_is_found() -> None:
    found = find(maps((CAR, 2, 2, 0.9), (CAR, 2, 3, 0.8)))
    assert found.sureness[0, 0] == pytest.approx(0.9)
    assert found.sureness[0, 1] < 1e-3


@pytest.mark.parametrize(('circular', 'second'), [(True, 0.0), (False, 0.8)])
def test_the_first_and_the_last_column_are_neighbours_only_around_a_circle(
    circular: bool, second: float
) -> None:
    found = find(maps((CAR, 2, 0, 0.9), (CAR, 2, SIZE[1] - 1, 0.8)), circular=circular)
    assert float(found.sureness[0, 1]) == pytest.approx(second, abs=1e-3)


def test_tokens_are_as_many_and_as_wide_as_asked_for() -> None:
    found = find(maps((CAR, 2, 2, 0.9)))
    assert object_tokens(found, SIZE, 5).shape == (1, 5, width_of(HIDDEN))
    groups = torch.zeros_like(found.row)
    assert summary_tokens(found, groups, 3).shape == (1, 3, width_of(HIDDEN))


def test_what_is_hardly_there_says_hardly_anything() -> None:
    sure, unsure = (object_tokens(find(maps((CAR, 2, 2, chance))), SIZE, 1)[0, 0, 1:]
                    for chance in (0.95, 0.01))
    assert float(unsure.norm()) < 0.05 * float(sure.norm())


def numbers(chances: list[float]) -> list[float]:
    """Return how likely 1, 2, ... MOST or more are, by trying all cases."""
    likely = [0.0] * (MOST + 1)
    for case in itertools.product((False, True), repeat=len(chances)):
        likely[min(sum(case), MOST)] += math.prod(
            chance if there else 1.0 - chance for there, chance in zip(case, chances))
    return likely[1:]


def test_a_view_is_summed_up_by_how_likely_each_number_of_cars_is() -> None:
    chances = [0.9, 0.8, 0.6, 0.5, 0.3]
    places = [(0, 0), (0, 3), (2, 6), (3, 1), (5, 5)]
    found = find(maps(*((CAR, *place, chance) for place, chance in zip(places, chances))))
    told = summary_tokens(found, torch.zeros_like(found.row), 1)[0, 0]
    each = len(OBJECTS) + 1
    likely = told[-HIDDEN - each * MOST:-HIDDEN].view(each, MOST)
    torch.testing.assert_close(
        likely[CAR], torch.tensor(numbers(chances)), atol=1e-4, rtol=0)
    assert float(likely[BUS].max()) < 1e-4


def test_groups_are_summed_up_apart() -> None:
    found = find(maps((CAR, 0, 0, 0.9), (BUS, 4, 6, 0.9)))
    groups = (found.column >= 4).long()
    left, right = summary_tokens(found, groups, 2)[0]
    alone = find(maps((CAR, 0, 0, 0.9)))
    torch.testing.assert_close(
        left, summary_tokens(alone, torch.zeros_like(alone.row), 1)[0, 0], atol=1e-4, rtol=0)
    assert not torch.allclose(left, right, atol=0.1)
