# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What is found in maps of objects, and the tokens of kinds that tell it."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from mpnp_ros.encoders.kind_tokens import (
    find, Found, joined, kind_tokens, KINDS, LAYOUT_WIDTH, MOST, NEARNESS_M, OF_ALL,
    PLACES)
from mpnp_ros.encoders.object_head import COLORS, ObjectMaps, OBJECTS, STATES

SIZE = (6, 8)
CAR, BUS, THING = OBJECTS.index('car'), OBJECTS.index('bus'), len(OBJECTS)
# Places in a token.
STATE, WHOLE, NONE, NUMBERS, IN_STATES, SURE, KIND, COLOR, FAR = (PLACES[name].start for name in (
    'state', 'whole', 'none', 'numbers', 'in_states', 'sure', 'nearest_kind', 'color', 'far'))


def logit(chance: float) -> float:
    return math.log(chance / (1.0 - chance))


def maps(*objects: tuple[int, int, int, float], metres: float = 10.0) -> ObjectMaps:
    """Return maps with objects of kind, row, column and chance, and nothing else.

    They are `metres` away and one more for each column, in the colours and states of their
    columns.
    """
    heat = torch.full((1, len(OBJECTS), *SIZE), -20.0)
    color = torch.zeros(1, len(COLORS), *SIZE)
    state = torch.zeros(1, len(STATES), *SIZE)
    for kind, row, column, chance in objects:
        heat[0, kind, row, column] = logit(chance)
        color[0, column, row, column] = 20.0
        state[0, column % len(STATES), row, column] = 20.0
    away = (metres + torch.arange(SIZE[1])).log1p().expand(1, *SIZE)
    return ObjectMaps(heat, color, state, away)


def tokens(*objects: tuple[int, int, int, float], **given: float) -> torch.Tensor:
    """Return the tokens [KINDS + OF_ALL, width] of one group of objects."""
    found = find(maps(*objects, **given))
    return kind_tokens(found, torch.zeros_like(found.row), 1)[0]


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


def test_each_kind_has_a_token_that_names_it_in_each_group_and_of_all() -> None:
    told = tokens((CAR, 2, 2, 0.9))
    assert told.shape == (len(KINDS) + len(OF_ALL), LAYOUT_WIDTH)
    for first, whole in ((0, 0.0), (len(KINDS), 1.0)):
        assert torch.equal(told[first:, :len(KINDS)][:len(KINDS)], torch.eye(len(KINDS)))
        assert (told[first:, WHOLE][:len(KINDS)] == whole).all()
    for row, (kind, state) in zip(told[len(KINDS):], OF_ALL):
        assert KINDS[int(row[:len(KINDS)].argmax())] == kind
        assert [one for one, there in zip(STATES, row[STATE:WHOLE]) if there] == (
            [state] if state else [])


def test_of_what_is_not_there_nothing_is_told() -> None:
    bus = tokens((CAR, 2, 2, 0.9))[BUS]
    assert float(bus[NONE]) == pytest.approx(1.0)
    assert float(bus[NUMBERS:].abs().max()) < 1e-3


def test_things_are_all_that_was_found_and_once_where_two_kinds_are_likely() -> None:
    one = tokens((CAR, 2, 2, 0.7), (BUS, 2, 2, 0.6))[THING]
    assert float(one[NONE]) == pytest.approx(0.0, abs=1e-4)
    torch.testing.assert_close(one[[KIND + CAR, KIND + BUS]], torch.tensor([0.7, 0.6]),
                               atol=1e-3, rtol=0)
    two = tokens((CAR, 1, 1, 0.9), (BUS, 4, 6, 0.8))[THING]
    assert float(two[NUMBERS + 1]) == pytest.approx(0.72, abs=1e-3)


def test_those_in_a_state_have_tokens_of_their_own() -> None:
    told = dict(zip(OF_ALL, tokens((CAR, 1, 0, 0.9), (CAR, 3, 1, 0.8), (BUS, 5, 1, 0.7))[
        len(KINDS):]))
    assert STATES[:2] == ('moving', 'stopped')                # in columns 0 and 1
    moving, stopped, things = (told[name] for name in (
        ('car', 'moving'), ('car', 'stopped'), ('thing', 'stopped')))
    assert float(moving[NUMBERS]) == pytest.approx(0.9, abs=1e-3)
    assert float(stopped[NUMBERS]) == pytest.approx(0.8, abs=1e-3)
    assert float(things[NUMBERS + 1]) == pytest.approx(0.56, abs=1e-3)
    torch.testing.assert_close(told['car', ''][IN_STATES:][:2] * 4, torch.tensor([0.9, 0.8]),
                               atol=1e-3, rtol=0)


def numbers(chances: list[float]) -> list[float]:
    """Return how likely 1, 2, ... MOST or more are, by trying all cases."""
    likely = [0.0] * (MOST + 1)
    for case in itertools.product((False, True), repeat=len(chances)):
        likely[min(sum(case), MOST)] += math.prod(
            chance if there else 1.0 - chance for there, chance in zip(case, chances))
    return likely[1:]


def test_it_is_told_how_likely_each_number_of_cars_is() -> None:
    chances = [0.9, 0.8, 0.6, 0.5, 0.3, 0.9, 0.9, 0.7, 0.8, 0.9, 0.6, 0.9]
    places = [(row, column) for row in (0, 2, 4) for column in (0, 2, 4, 6)]
    car = tokens(*((CAR, *place, chance) for place, chance in zip(places, chances)))[CAR]
    torch.testing.assert_close(
        car[NUMBERS:IN_STATES], torch.tensor(numbers(chances)), atol=1e-4, rtol=0)
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
    told = kind_tokens(found, (found.column >= 4).long(), 2)[0]
    left, right, whole = told.split((len(KINDS), len(KINDS), len(OF_ALL)))
    for group, alone in ((left, (CAR, 0, 0, 0.9)), (right, (BUS, 4, 6, 0.9))):
        torch.testing.assert_close(group, tokens(alone)[:len(KINDS)], atol=1e-4, rtol=0)
    torch.testing.assert_close(whole[[CAR, BUS]][:, NUMBERS], torch.tensor([0.9, 0.9]),
                               atol=1e-4, rtol=0)


def test_what_several_views_show_counts_together() -> None:
    first, second = find(maps((CAR, 0, 0, 0.9))), find(maps((CAR, 4, 6, 0.8)))
    both = Found(*(torch.cat(pair) for pair in zip(
        *(vars(one).values() for one in (first, second)))))
    found = joined(both)
    groups = torch.arange(2)[:, None].expand_as(both.row).reshape(1, -1)
    whole = kind_tokens(found, groups, 2)[0, 2 * len(KINDS):]
    assert float(whole[CAR, NUMBERS + 1]) == pytest.approx(0.72, abs=1e-3)
