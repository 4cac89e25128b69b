# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What ails a view is named and costs its share; only when nothing is left it is hopeless."""

import pytest

from mpnp_ros.encoders.quality import Quality
from mpnp_ros.suite.sensor_health import SensorHealth

STALE_AFTER_S = 1.0


@pytest.fixture
def health() -> SensorHealth:
    """Return the health of three cameras that all delivered at 10 s."""
    given = SensorHealth(['left', 'front', 'right'])
    given.reset(9.5)
    for view in ('left', 'front', 'right'):
        given.arrived(view, 10.0)
    return given


def test_nothing_is_claimed_before_anything_is_measured(health: SensorHealth) -> None:
    assert health.quality(10.1, STALE_AFTER_S) is None
    assert health.words(10.1, STALE_AFTER_S) == ''


def test_measured_views_are_averaged(health: SensorHealth) -> None:
    for view, usability in (('left', 1.0), ('front', 0.5), ('right', 0.9)):
        health.measured(view, Quality({}, usability))
    quality = health.quality(10.1, STALE_AFTER_S)
    assert quality is not None
    assert quality.usability == pytest.approx(0.8)


def test_a_view_that_cannot_be_used_counts_as_nothing(health: SensorHealth) -> None:
    health.measured('front', Quality({}, 1.0))
    health.ails(['left'], 'frozen')
    quality = health.quality(10.1, STALE_AFTER_S)
    assert quality is not None
    assert quality.usability == pytest.approx(2 / 3)
    assert quality.reason == 'left: frozen'
    assert health.hopeless == ''


def test_a_silent_view_is_named_with_its_silence(health: SensorHealth) -> None:
    health.arrived('left', 12.0)
    health.arrived('front', 12.0)
    assert health.words(12.0, STALE_AFTER_S) == 'right: nothing has arrived for 2.0 s'
    assert health.silent_s(12.5) == pytest.approx(0.5)


def test_a_view_that_never_delivered_is_silent_since_the_start() -> None:
    given = SensorHealth(['left', 'front'])
    given.reset(5.0)
    given.arrived('front', 7.0)
    assert given.words(7.0, STALE_AFTER_S) == 'left: nothing has arrived for 2.0 s'


def test_it_is_hopeless_when_every_view_that_delivers_ails(health: SensorHealth) -> None:
    health.ails(['left', 'front', 'right'], 'garbage')
    assert health.hopeless == 'left: garbage; front: garbage; right: garbage'
    health.served(['front'])
    assert health.hopeless == ''


def test_a_reset_forgets_all(health: SensorHealth) -> None:
    health.ails(['left', 'front', 'right'], 'garbage')
    health.reset(20.0)
    assert health.hopeless == ''
    assert not health.any_arrived
