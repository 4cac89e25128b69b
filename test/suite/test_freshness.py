# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which latents may be used: by age, in the future, missing, named."""

from __future__ import annotations

import pytest
import torch

from mpnp_ros.core.latents import Latents
from mpnp_ros.suite.freshness import AgeLimits, Held, require_fresh, take_fresh, Unusable

LIMITS = AgeLimits(max_age_s=1.0, future_tolerance_s=0.2)
NOW_NS = 100_000_000_000


def held(age_s: float) -> Held:
    latents = Latents('lidar', torch.ones(2, 3), torch.zeros(2), torch.zeros(2).long(), 'e', 'w')
    return Held(latents, NOW_NS - round(age_s * 1e9))


@pytest.mark.parametrize('age_s', [-0.2, 0.0, 1.0])
def test_latents_within_the_limits_are_used(age_s: float) -> None:
    assert require_fresh('lidar', held(age_s), NOW_NS, LIMITS).latents.modality == 'lidar'


def test_too_old_latents_are_refused_with_the_trouble_behind_it() -> None:
    with pytest.raises(Unusable, match=r'1\.500 s old, the limit is 1\.000 s; lens covered'):
        require_fresh('lidar', held(1.5), NOW_NS, LIMITS, 'lens covered')


def test_latents_of_the_future_are_refused() -> None:
    with pytest.raises(Unusable, match=r'0\.300 s in the future'):
        require_fresh('lidar', held(-0.3), NOW_NS, LIMITS)


def test_a_days_difference_points_at_the_clocks() -> None:
    with pytest.raises(Unusable, match='use_sim_time'):
        require_fresh('lidar', held(90000.0), NOW_NS, LIMITS)


def test_what_is_left_out_is_noted_and_the_rest_is_used() -> None:
    def fresh(name: str) -> Held:
        if name == 'radar':
            raise Unusable('radar: silent')
        return held(0.0)

    found, note = take_fresh(['radar', 'lidar'], fresh)
    assert (list(found), note) == (['lidar'], 'left out: radar: silent')


def test_nothing_attached_is_answered_from_the_text() -> None:
    assert take_fresh([], lambda name: held(0.0)) == ({}, 'text only: no modality is attached')
