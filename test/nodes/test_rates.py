# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A rate is not measured over the moment between two calls in a row."""

from mpnp_ros.nodes.statistics import Rate


def test_a_call_too_soon_repeats_the_rate_and_loses_no_event() -> None:
    rate = Rate()
    rate.count(5)
    measured = rate.hertz()
    assert measured > 0.0
    rate.count(1)
    assert rate.hertz(least_s=3600.0) == measured
    assert rate.hertz() > 0.0   # the event since then
    assert rate.hertz() == 0.0
