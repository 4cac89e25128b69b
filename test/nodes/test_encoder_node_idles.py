# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""An encoder works only while somebody listens to its latents."""

import pytest
from sensor_msgs.msg import PointCloud2
from sensors import cloud, LIDAR

from mpnp_ros.msg import LatentTokens, ModalityStatus
from mpnp_ros.nodes.encoder_node import EncoderNode
from mpnp_ros.nodes.qos import latched_qos, latents_qos


def test_no_listener_means_no_sensor_subscription_and_no_work(graph) -> None:
    node = graph.add(EncoderNode, **LIDAR)
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    status = graph.collect(ModalityStatus, 'modality_status', latched_qos())
    for _ in range(5):
        sensor.publish(cloud(graph.node.get_clock().now()))
        graph.spin_for(0.05)
    graph.until(lambda: status, 'a status')
    assert status[-1].state == ModalityStatus.IDLE
    assert status[-1].received == 0
    assert sensor.get_subscription_count() == 0
    assert node.count_subscribers('/points') == 0


def test_listener_opens_the_sensor_and_leaving_closes_it(graph) -> None:
    graph.add(EncoderNode, **LIDAR)
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    for _ in range(3):
        latents: list[LatentTokens] = []
        listener = graph.node.create_subscription(
            LatentTokens, 'latents/lidar', latents.append, latents_qos())
        graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
        sensor.publish(cloud(graph.node.get_clock().now()))
        graph.until(lambda latents=latents: latents, 'latents')
        graph.node.destroy_subscription(listener)
        graph.until(lambda: sensor.get_subscription_count() == 0, 'the end of the subscription')


def test_always_on_works_without_a_listener(graph) -> None:
    node = graph.add(EncoderNode, always_on=True, **LIDAR)
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    sensor.publish(cloud(graph.node.get_clock().now()))
    graph.until(lambda: node._status.counts.outputs.total == 1, 'the first latents')


def test_deactivation_says_offline_and_drops_the_sensor(graph) -> None:
    node = graph.add(EncoderNode, always_on=True, **LIDAR)
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    status = graph.collect(ModalityStatus, 'modality_status', latched_qos())
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    node.trigger_deactivate()
    graph.until(lambda: status and status[-1].state == ModalityStatus.OFFLINE, 'offline')
    graph.until(lambda: sensor.get_subscription_count() == 0, 'the end of the subscription')
    node.trigger_activate()
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription again')


@pytest.mark.timeout(180)
def test_a_thousand_toggles_under_load(graph) -> None:
    node = graph.add(EncoderNode, **LIDAR)
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    graph.node.create_timer(
        0.05, lambda: sensor.publish(cloud(graph.node.get_clock().now())))
    latents: list[LatentTokens] = []
    for _ in range(1000):
        listener = graph.node.create_subscription(
            LatentTokens, 'latents/lidar', latents.append, latents_qos())
        graph.until(lambda: node._views.is_open, 'the sensor subscription')
        graph.node.destroy_subscription(listener)
        graph.until(lambda: not node._views.is_open, 'the end of the subscription')
    assert node.active
    before = len(latents)
    graph.node.create_subscription(
        LatentTokens, 'latents/lidar', latents.append, latents_qos())
    graph.until(lambda: len(latents) > before, 'latents after the toggles')
