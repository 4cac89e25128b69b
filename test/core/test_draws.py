# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which samples a step sees: one sensor alone at first, then all of them."""

from __future__ import annotations

from tiny_models import latents

from mpnp_ros.core.draws import Draws
from mpnp_ros.core.samples import TrainingSample

BOTH = {'camera': latents('camera'), 'lidar': latents('lidar', width=7)}
SAMPLES = [TrainingSample(f'{needs} {number}?', 'yes', BOTH, needs)
           for needs in ((), ('camera',), ('lidar',), ('camera', 'lidar')) for number in range(5)]
SIZE, ALONE = 4, 8


def draws(alone: int = ALONE) -> Draws:
    return Draws(SAMPLES, SIZE, 0.3, 0, alone=alone)


def test_the_first_steps_show_one_modality_each_in_turn() -> None:
    drawn = draws()
    for step in range(ALONE):
        chosen, attached = drawn.next()
        name, others = [('camera', 0), ('camera', 1), ('lidar', 0), ('lidar', 1)][step % 4]
        assert attached == [[name]] * SIZE
        assert all(name in sample.needs and len(sample.needs) == 1 + others for sample in chosen)


def test_no_sample_of_a_turn_comes_again_before_all_others_have_come() -> None:
    drawn = draws(alone=20)
    seen = [sample for step in range(20) for sample in drawn.next()[0] if step % 4 == 0]
    assert sorted(map(seen.count, SAMPLES[5:10])) == [4] * 5   # 20 draws from 5 samples


def test_then_all_samples_come_with_several_modalities() -> None:
    drawn = draws()
    for _ in range(ALONE):
        drawn.next()
    rest = [drawn.next() for _ in range(len(SAMPLES) // SIZE)]
    assert {id(sample) for chosen, _ in rest for sample in chosen} == set(map(id, SAMPLES))
    assert any(len(names) == 2 for _, attached in rest for names in attached)


def test_it_goes_on_from_a_state_in_either_part() -> None:
    for before in (5, ALONE + 2):
        whole, begun, again = draws(), draws(), draws()
        for _ in range(before):
            whole.next()
            begun.next()
        again.restore(begun.state())
        for _ in range(ALONE):
            expected, found = whole.next(), again.next()
            assert [id(one) for one in found[0]] == [id(one) for one in expected[0]]
            assert found[1] == expected[1]


def test_without_anything_that_a_modality_tells_all_are_shown_at_once() -> None:
    drawn = Draws(SAMPLES[:5], SIZE, 0.0, 0, alone=ALONE)
    assert drawn.next()[1] == [['camera', 'lidar']] * SIZE
