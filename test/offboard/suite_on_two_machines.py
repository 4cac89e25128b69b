# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Encoders on a robot, manager and LLM node elsewhere, 10 Mbit/s, 50 ms and 1 % loss between."""

from __future__ import annotations

from collections.abc import Iterator
import re
import time

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not on this machine')

from shaped_link import Shape, ShapedLink  # noqa: E402, I100
from tiny_models import model, tokenizer  # noqa: E402
from two_machines import Base, lidar, offboard, save_connectors, THIN_LINK  # noqa: E402

pytestmark = pytest.mark.ros

# 8 KiB and 256 KiB, at 10 Hz: 1 and 21 Mbit/s.
ENCODERS = [lidar('lidar', 'int8'), lidar('sweep', 'float32', tokens=512)]
RATE_HZ, LINK_BYTES_PER_S = 10.0, 1.25e6
MAX_AGE_S = 2.0


@pytest.fixture(scope='module')
def link(link_of) -> ShapedLink:
    return link_of(Shape())


@pytest.fixture(scope='module')
def base(link: ShapedLink, domain: int, tmp_path_factory: pytest.TempPathFactory
         ) -> Iterator[Base]:
    """Return the base, with a tiny language model and a robot that has begun to tell of itself."""
    folder = tmp_path_factory.mktemp('llm')
    model('llama').save_pretrained(folder / 'model')
    tokenizer().save_pretrained(folder / 'model')
    (folder / 'connectors').mkdir()
    save_connectors(folder / 'model', ENCODERS, folder / 'connectors', connected_blocks=2)
    llm = {'model': str(folder / 'model'), 'connectors': str(folder / 'connectors'),
           'max_age_s': MAX_AGE_S, 'default_deadline_s': 30.0}
    with offboard(link, ENCODERS, llm, dds=THIN_LINK, sensor_rate_hz=RATE_HZ,
                  domain=domain) as one:
        yield one


def test_latents_in_int8_arrive_and_a_question_is_answered_with_them(
    base: Base, link: ShapedLink
) -> None:
    base.limit(0.0)
    base.select('lidar')
    tap = base.tap('lidar')
    base.until(lambda: tap.received >= 5, 'the first latents')
    sent, received = link.counts()['robot'].offered_bytes, tap.received
    base.until(lambda: tap.received >= received + 20, 'twenty more')
    sent, received = link.counts()['robot'].offered_bytes - sent, tap.received - received

    status = base.statuses['lidar']
    assert (status.bits, status.payload_bytes) == (8, 64 * 128)
    # Beside the values: scales, azimuths, headers of the frames, statuses, what was lost.
    assert 1.0 < sent / received / status.payload_bytes < 2.0
    answer = base.ask('lidar')
    assert answer.success, answer.message
    (use,) = answer.modalities
    assert use.modality == 'lidar' and use.tokens == 64
    assert link.shape.delay_s < use.age_s < MAX_AGE_S


def sweeps_taken(base: Base) -> int:
    """Return how many sweeps have become latents, or would have but for those that wait."""
    status = base.statuses['sweep']
    return int(status.published + status.dropped)


def test_what_the_link_cannot_carry_is_shed_and_nothing_wedges(
    base: Base, link: ShapedLink
) -> None:
    base.limit(0.0)
    base.select('lidar', 'sweep')
    taps = base.tap('lidar'), base.tap('sweep')
    base.until(lambda: all(tap.received for tap in taps), 'latents of both')
    taken, received = sweeps_taken(base), taps[1].received
    carried, began_s = link.counts()['robot'].carried_bytes, time.monotonic()
    base.until(lambda: sweeps_taken(base) >= taken + 30, 'more sweeps')
    carried, took_s = link.counts()['robot'].carried_bytes - carried, time.monotonic() - began_s
    assert carried / took_s < LINK_BYTES_PER_S + link.shape.buffer_bytes / took_s
    assert taps[1].received - received < 25
    answer = base.ask('sweep')
    if answer.success:
        assert [use.age_s < MAX_AGE_S for use in answer.modalities] == [True]
    else:
        assert 's old, the limit is' in answer.message
    for tap in taps:
        received = tap.received
        base.until(lambda tap=tap, received=received: tap.received > received, 'more latents')


def test_a_modality_that_the_link_cannot_carry_is_not_taken_and_the_other_arrives(
    base: Base
) -> None:
    base.limit(400e3)   # 256 KiB at 1.5 Hz
    base.select('lidar', 'sweep')
    base.until(lambda: 'over the budget' in base.reason('sweep'), 'the decision')
    assert list(base.decision.selected) == [True, False]
    assert re.search(r'B/s of 400 kB/s; would fit at up to 1\.[1-5] Hz \(max_rate_hz\)',
                     base.reason('sweep')), base.reason('sweep')
    tap = base.tap('lidar')
    received = tap.received
    base.until(lambda: tap.received >= received + 10, 'latents of the lidar')
    answer = base.ask('lidar')
    assert answer.success and answer.modalities[0].age_s < MAX_AGE_S, answer.message
