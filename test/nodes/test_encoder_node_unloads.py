# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Weights that nobody needs leave memory, and are there again for the next listener."""

import threading
import weakref

import pytest
from sensor_msgs.msg import PointCloud2
from sensors import cloud, LIDAR

from mpnp_ros.msg import LatentTokens, ModalityStatus
from mpnp_ros.nodes.encoder_node import EncoderNode
from mpnp_ros.nodes.qos import latched_qos, latents_qos

UNLOADING = {**LIDAR, 'unload_after_s': 0.2}


@pytest.fixture
def unloaded(graph):
    """Return a lidar encoder without weights in memory, what it said, and its sensor."""
    node = graph.add(EncoderNode, **UNLOADING)
    gone = weakref.ref(node._slot.encoder._network)
    status = graph.collect(ModalityStatus, 'modality_status', latched_qos())
    graph.until(lambda: status and status[-1].weights_bytes == 0, 'the weights to leave')
    assert gone() is None
    return node, status, graph.node.create_publisher(PointCloud2, 'points', 10)


def test_without_a_listener_the_weights_leave_memory(unloaded) -> None:
    _, status, _ = unloaded
    assert status[-1].state == ModalityStatus.IDLE
    assert status[-1].message == 'the weights are unloaded'
    assert status[-1].encoder_id.startswith('lidar_range_view')
    assert len(status[-1].weights_hash) == 64
    assert status[-1].width == 128


def test_the_next_listener_brings_them_back_on_the_workers_thread(graph, unloaded) -> None:
    node, status, sensor = unloaded
    threads, make = [], node._slot._make

    def noting():
        threads.append(threading.current_thread())
        return make()

    node._slot._make = noting
    latents = graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    # Before any input has come: a sensor that is slow costs no waiting for the weights.
    graph.until(lambda: status[-1].weights_bytes > 0, 'the weights')
    assert threads and threads[0] is not threading.main_thread()
    sensor.publish(cloud(graph.node.get_clock().now()))
    graph.until(lambda: latents, 'latents')
    graph.until(lambda: status[-1].state == ModalityStatus.ACTIVE, 'an active status')


def test_weights_stay_while_somebody_listens_and_by_default(graph) -> None:
    node = graph.add(EncoderNode, **UNLOADING)
    patient = graph.add(EncoderNode, **{**LIDAR, 'modality': 'other'}, namespace='other')
    graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    graph.until(lambda: node._listeners, 'the listener')
    graph.spin_for(0.6)
    assert node._slot.encoder is not None
    assert patient._slot.encoder is not None


def test_weights_that_cannot_be_read_again_are_told_and_tried_again(graph, unloaded) -> None:
    node, status, _ = unloaded
    make = node._slot._make

    def fail():
        raise OSError('the disk is gone')

    node._slot._make = fail
    latents = graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    graph.until(lambda: status[-1].state == ModalityStatus.ERROR, 'the error')
    assert 'the disk is gone' in status[-1].message
    node._slot._make, node._slot._failed_s = make, None   # as if the time to wait were over
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    sensor.publish(cloud(graph.node.get_clock().now()))
    graph.until(lambda: latents, 'latents')


def test_deactivating_an_unloaded_encoder_and_back(graph, unloaded) -> None:
    node, status, sensor = unloaded
    node.trigger_deactivate()
    graph.until(lambda: status[-1].state == ModalityStatus.OFFLINE, 'offline')
    node.trigger_activate()
    latents = graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    sensor.publish(cloud(graph.node.get_clock().now()))
    graph.until(lambda: latents, 'latents')
