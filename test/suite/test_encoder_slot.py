# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""An encoder leaves memory as a whole and comes back the same, or says why it does not."""

import weakref

import numpy as np
import pytest
import torch

from mpnp_ros.encoders.base import create, Encoder, View
from mpnp_ros.suite.encoder_slot import EncoderSlot


def lidar() -> Encoder:
    return create('lidar_range_view')


def points() -> np.ndarray:
    angle = np.linspace(-np.pi, np.pi, 400)
    return np.stack([8 * np.cos(angle), 8 * np.sin(angle), 0 * angle, 10 + 0 * angle],
                    axis=1).astype(np.float32)


def test_an_unloaded_encoder_leaves_nothing_behind() -> None:
    slot = EncoderSlot(lidar)
    encoder = slot.load()
    assert encoder is not None
    encoder.encode([points()], [View('top')])
    assert slot.weights_bytes == sum(
        4 * parameter.numel() for parameter in encoder._network.parameters()) > 0
    gone = weakref.ref(encoder), weakref.ref(encoder._network)
    del encoder
    slot.unload()
    assert [one() for one in gone] == [None, None]
    assert slot.weights_bytes == 0
    assert slot.about is not None and slot.about.id.startswith('lidar_range_view')


def test_it_comes_back_the_same() -> None:
    slot = EncoderSlot(lidar)
    before = slot.load().encode([points()], [View('top')]).tokens
    slot.unload()
    assert torch.equal(slot.load().encode([points()], [View('top')]).tokens, before)
    assert slot.load_ms > 0.0


def test_a_first_load_that_fails_is_raised() -> None:
    with pytest.raises(ValueError, match='no_such'):
        EncoderSlot(lambda: create('no_such')).load()


def test_a_later_load_that_fails_is_told_and_tried_again_after_a_while() -> None:
    calls = []

    def make() -> Encoder:
        calls.append(len(calls))
        if len(calls) == 2:
            raise OSError('the disk is gone')
        return lidar()

    slot = EncoderSlot(make)
    slot.load()
    slot.unload()
    assert slot.load() is None
    assert 'the disk is gone' in slot.problem
    assert slot.load(retry_after_s=3600.0) is None
    assert len(calls) == 2
    assert slot.load() is not None
    assert slot.problem == ''


def test_weights_that_changed_meanwhile_are_refused() -> None:
    widths = [128, 256]
    slot = EncoderSlot(lambda: create('lidar_range_view', {'width': widths.pop(0)}))
    slot.load()
    slot.unload()
    assert slot.load() is None
    assert 'changed on the disk' in slot.problem
