# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What is found in maps of objects, and the tokens of kinds that tell it."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from mpnp_ros.encoders.kind_tokens import find, kind_tokens, LAYOUT_WIDTH, MOST, NEARNESS_M
from mpnp_ros.encoders.object_head import COLORS, ObjectMaps, OBJECTS, STATES

SIZE = (6, 8)
CAR, BUS = OBJECTS.index('car'), OBJECTS.index('bus')
# Places in a token.
NONE, NUMBERS = len(OBJECTS) + 1, len(OBJECTS) + 2
SURE = NUMBERS + MOST
COLOR = SURE + 1
FAR = COLOR + len(COLORS) + len(STATES)


def logit(chance: float) -> float:
    return math.log(chance / (1.0 - chance))


def maps(*objects: tuple[int, int, int, float], metres: float = 10.0) -> ObjectMaps:
    """Return maps with objects of kind, row, column and chance, and nothing else.

    They are `metres` away and one more for each column, in the colours of their columns.
    """
    heat = torch.full((1, len(OBJECTS), *SIZE), -20.0)
    color = torch.zeros(1, len(COLORS), *SIZE)
    for kind, row, column, chance in objects:
        heat[0, kind, row, column] = logit(chance)
        color[0, column, row, column] = 20.0
    away = (metres + torch.arange(SIZE[1])).log1p().expand(1, *SIZE)
    return ObjectMaps(heat, color, torch.zeros(1, len(STATES), *SIZE), away)


def tokens(*objects: tuple[int, int, int, float], **given: float) -> torch.Tensor:
    """Return the tokens [OBJECTS, width] of one group of objects."""
    found = find(maps(*objects, **given))
    return kind_tokens(found, torch.zeros_like(found.row), 1)[0, 0]


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


def test_each_kind_has_a_token_that_names_it() -> None:
    told = tokens((CAR, 2, 2, 0.9))
    assert told.shape == (len(OBJECTS), LAYOUT_WIDTH)
    assert torch.equal(told[:, :len(OBJECTS)], torch.eye(len(OBJECTS)))


def test_of_what_is_not_there_nothing_is_told() -> None:
    bus = tokens((CAR, 2, 2, 0.9))[BUS]
    assert float(bus[NONE]) == pytest.approx(1.0)
    assert float(bus[NUMBERS:].abs().max()) < 1e-3


def numbers(chances: list[float]) -> list[float]:
    """Return how likely 1, 2, ... MOST or more are, by trying all cases."""
    likely = [0.0] * (MOST + 1)
    for case in itertools.product((False, True), repeat=len(chances)):
        likely[min(sum(case), MOST)] += math.prod(
            chance if there else 1.0 - chance for there, chance in zip(case, chances))
    return likely[1:]


def test_it_is_told_how_likely_each_number_of_cars_is() -> None:
    chances = [0.9, 0.8, 0.6, 0.5, 0.3]
    places = [(0, 0), (0, 3), (2, 6), (3, 1), (5, 5)]
    car = tokens(*((CAR, *place, chance) for place, chance in zip(places, chances)))[CAR]
    torch.testing.assert_close(
        car[NUMBERS:SURE], torch.tensor(numbers(chances)), atol=1e-4, rtol=0)
    assert float(car[NONE]) == pytest.approx(math.prod(1.0 - one for one in chances), abs=1e-4)


def test_the_nearest_one_is_told_and_one_behind_it_as_far_as_it_is_not_there() -> None:
    car = tokens((CAR, 1, 1, 0.75), (CAR, 4, 6, 0.8), (BUS, 1, 3, 0.9))[CAR]
    colors = car[COLOR:COLOR + len(COLORS)]
    # Behind the nearer one, of column 1, stands the other, of column 6.
    torch.testing.assert_close(colors[[1, 6]], torch.tensor([0.75, 0.25 * 0.8]), atol=1e-3, rtol=0)
    assert float(car[SURE]) == pytest.approx(0.75 + 0.2, abs=1e-3)


def test_the_distance_of_the_nearest_one_peaks_at_its_step() -> None:
    for step, metres in enumerate(NEARNESS_M):
        car = tokens((CAR, 2, 0, 0.99), metres=metres)[CAR]
        assert int(car[FAR + 1:].argmax()) == step


def test_groups_are_told_apart() -> None:
    found = find(maps((CAR, 0, 0, 0.9), (BUS, 4, 6, 0.9)))
    left, right = kind_tokens(found, (found.column >= 4).long(), 2)[0]
    torch.testing.assert_close(left, tokens((CAR, 0, 0, 0.9)), atol=1e-4, rtol=0)
    torch.testing.assert_close(right, tokens((BUS, 4, 6, 0.9)), atol=1e-4, rtol=0)
