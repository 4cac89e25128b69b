# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The status tells how good the sensors' data are and what encoding takes, at once on a change."""

import math
import time

import numpy as np
import pytest
from rclpy.time import Time
from sensor_msgs.msg import Image, PointCloud2
from sensors import cloud, LIDAR

from mpnp_ros.msg import LatentTokens, ModalityStatus
from mpnp_ros.nodes.encoder_node import EncoderNode
from mpnp_ros.nodes.qos import latched_qos, latents_qos

CAMERA = {'modality': 'camera', 'encoder': 'camera_efficientnet_lite0', 'views': ['front'],
          'view__front__topic': 'image', 'view__front__type': 'sensor_msgs/msg/Image',
          'quality_period_s': 0.0}


def picture(now: Time, brightness: float) -> Image:
    """Return a chequered picture with a camera's noise, dimmed to a share of its light."""
    y, x = np.mgrid[0:240, 0:320]
    light = 40 + 170 * ((x // 20 + y // 20) % 2)[..., None] + np.random.default_rng(
        now.nanoseconds).normal(0.0, 2.0, (240, 320, 3))
    message = Image(height=240, width=320, encoding='rgb8', step=960)
    message.header.stamp = now.to_msg()
    message.data.frombytes((light * brightness).clip(0, 255).astype(np.uint8).tobytes())
    return message


@pytest.mark.weights
def test_darkness_is_told_before_the_period_is_over(graph, need_weights) -> None:
    need_weights('efficientnet-lite0')
    graph.add(EncoderNode, **CAMERA, status_period_s=3600.0)
    sensor = graph.node.create_publisher(Image, 'image', 10)
    latents = graph.collect(LatentTokens, 'latents/camera', latents_qos())
    status = graph.collect(ModalityStatus, 'modality_status', latched_qos(10))
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')

    def seen(brightness: float) -> float:
        sensor.publish(picture(graph.node.get_clock().now(), brightness))
        graph.spin_for(0.1)
        return status[-1].usability if status else math.nan

    graph.until(lambda: seen(1.0) > 0.9, 'a good picture')
    day = status[-1]
    assert day.state == ModalityStatus.ACTIVE
    assert day.quality_message == ''
    assert 'brightness' in day.quality
    assert len(day.quality) == len(day.quality_values)
    encoded = len(latents)
    graph.until(lambda: seen(0.05) < 0.2, 'a bad one')
    assert status[-1].quality_message.startswith('dark (mean')
    graph.until(lambda: len(latents) > encoded, 'its latents all the same: the manager decides')


def test_costs_are_counted_once_the_first_latents_are_out(graph) -> None:
    graph.add(EncoderNode, **LIDAR)
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    latents = graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    status = graph.collect(ModalityStatus, 'modality_status', latched_qos())
    graph.until(lambda: status, 'a status')
    assert math.isnan(status[-1].encode_flops)
    assert math.isnan(status[-1].usability)
    assert status[-1].weights_bytes > 0
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    sensor.publish(cloud(graph.node.get_clock().now()))
    graph.until(lambda: latents, 'latents')
    graph.until(lambda: status[-1].encode_flops > 1e6, 'the count of operations')


def test_a_view_that_falls_silent_costs_its_share_and_is_named(graph) -> None:
    graph.add(EncoderNode, **{
        **LIDAR, 'views': ['top', 'rear'], 'view__rear__topic': 'rear_points',
        'stale_after_s': 0.3})
    sensors = [graph.node.create_publisher(PointCloud2, topic, 10)
               for topic in ('points', 'rear_points')]
    graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    status = graph.collect(ModalityStatus, 'modality_status', latched_qos())
    graph.until(lambda: all(one.get_subscription_count() for one in sensors), 'subscriptions')

    def deliver(count: int) -> None:
        for sensor in sensors[:count]:
            sensor.publish(cloud(graph.node.get_clock().now()))
        graph.spin_for(0.05)

    graph.until(lambda: deliver(2) or status[-1].usability > 0.9, 'a good pair')
    graph.until(lambda: deliver(1) or 0.4 < status[-1].usability < 0.6, 'the half of it')
    assert status[-1].state == ModalityStatus.ACTIVE
    assert status[-1].message.startswith('rear: nothing has arrived')
    assert 'rear: nothing has arrived' in status[-1].quality_message


def test_an_idle_encoder_claims_nothing(graph) -> None:
    graph.add(EncoderNode, **LIDAR)
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    status = graph.collect(ModalityStatus, 'modality_status', latched_qos())
    listener = graph.node.create_subscription(
        LatentTokens, 'latents/lidar', lambda _message: None, latents_qos())
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    sensor.publish(cloud(graph.node.get_clock().now()))
    graph.until(lambda: status and status[-1].usability > 0.5, 'the usability')
    graph.node.destroy_subscription(listener)
    graph.until(lambda: status[-1].state == ModalityStatus.IDLE, 'idle')
    assert math.isnan(status[-1].usability)
    assert list(status[-1].quality) == []


def test_a_frozen_sensor_gives_no_latents_and_says_so(graph) -> None:
    graph.add(EncoderNode, **{**LIDAR, 'frozen_after_s': 0.5})
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    latents = graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    status = graph.collect(ModalityStatus, 'modality_status', latched_qos())
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    start = graph.node.get_clock().now().nanoseconds - 10**9
    still = cloud(Time(nanoseconds=start))
    for tenth in range(10):
        taken = tenth
        still.header.stamp = Time(nanoseconds=start + tenth * 10**8).to_msg()
        sensor.publish(still)
        graph.until(lambda: status and status[-1].received > taken, 'the input')  # noqa: B023
    graph.until(lambda: status[-1].state == ModalityStatus.ERROR, 'the error')
    assert status[-1].message.startswith('top: frozen: the same data for')
    assert status[-1].usability == 0.0
    newest = max(Time.from_msg(one.header.stamp).nanoseconds for one in latents)
    assert (newest - start) / 1e9 == pytest.approx(0.5)
    sensor.publish(cloud(Time(nanoseconds=start + 10**9)))
    graph.until(lambda: status[-1].state == ModalityStatus.ACTIVE, 'the sensor at work again')
    graph.until(lambda: status[-1].usability > 0.5, 'its usability')
    assert Time.from_msg(latents[-1].header.stamp).nanoseconds == start + 10**9


def test_a_standing_world_may_repeat_itself_where_that_is_allowed(graph) -> None:
    node = graph.add(EncoderNode, **{**LIDAR, 'frozen_after_s': 0.0})
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    latents = graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    start = time.time_ns() - 60 * 10**9
    still = cloud(Time(nanoseconds=start))
    for second in range(5):
        still.header.stamp = Time(nanoseconds=start + second * 10**9).to_msg()
        sensor.publish(still)
        graph.until(lambda: len(latents) > second, 'latents')  # noqa: B023
    assert node._status.counts.refused == 0
