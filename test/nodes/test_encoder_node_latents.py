# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What an encoder node publishes: stamps, frames, azimuths and counts of the sensor's data."""

import math

from geometry_msgs.msg import TransformStamped
import numpy as np
import pytest
from rclpy.time import Time
from sensor_msgs.msg import PointCloud2
from sensors import cloud, LIDAR
from tf2_msgs.msg import TFMessage
import torch

from mpnp_ros.encoders.base import create, View
from mpnp_ros.msg import LatentTokens, ModalityStatus
from mpnp_ros.nodes.encoder_node import EncoderNode
from mpnp_ros.nodes.latents_message import read_message
from mpnp_ros.nodes.qos import latched_qos, latents_qos


def feed(graph, sensor, latents, stamp, points=None) -> LatentTokens:
    """Publish one cloud and return the latents made of it."""
    before = len(latents)
    sensor.publish(cloud(stamp, points))
    graph.until(lambda: len(latents) > before, 'latents')
    return latents[-1]


@pytest.fixture
def lidar(graph):
    """Return the sensor publisher and the latents of a listened-to lidar encoder."""
    graph.add(EncoderNode, **LIDAR)
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    latents = graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    return sensor, latents


def test_stamp_and_frame_are_the_sensors(graph, lidar) -> None:
    stamp = Time(seconds=1234, nanoseconds=56789)
    message = feed(graph, *lidar, stamp)
    assert message.header.stamp == stamp.to_msg()
    assert message.header.frame_id == 'lidar_top'
    assert message.view_stamps[0] == stamp.to_msg()
    assert message.views == ['top']
    assert message.azimuth_frame_id == 'base_link'


def test_payload_matches_its_description(graph, lidar) -> None:
    message = feed(graph, *lidar, graph.node.get_clock().now())
    assert len(message.data) == message.tokens * message.width * message.bits // 8
    latents = read_message(message)
    assert latents.tokens.shape == (message.tokens, message.width)
    assert bool(latents.tokens.isfinite().all())
    assert len(message.weights_hash) == 64
    assert message.encode_ms > 0.0


def test_sequence_counts_up(graph, lidar) -> None:
    numbers = [feed(graph, *lidar, graph.node.get_clock().now()).sequence for _ in range(3)]
    assert numbers == [0, 1, 2]


def test_azimuth_follows_tf_static(graph, lidar) -> None:
    """A wall at the lidar's +x is seen at +90 degrees when the lidar is turned left."""
    transform = TransformStamped()
    transform.header.frame_id, transform.child_frame_id = 'base_link', 'lidar_top'
    transform.transform.rotation.z = transform.transform.rotation.w = math.sqrt(0.5)
    graph.node.create_publisher(TFMessage, '/tf_static', latched_qos()).publish(
        TFMessage(transforms=[transform]))
    angles = np.linspace(-0.2, 0.2, 60)
    wall = np.stack([5 * np.cos(angles), 5 * np.sin(angles), np.full(60, 0.5),
                     np.full(60, 10.0)], axis=1)
    elsewhere = wall * [-8.0, 8.0, 1.0, 1.0]
    sensor, latents = lidar

    def turned() -> bool:
        near = read_message(feed(graph, sensor, latents, graph.node.get_clock().now(), wall))
        far = read_message(feed(graph, sensor, latents, graph.node.get_clock().now(), elsewhere))
        change = (near.tokens - far.tokens).abs().sum(dim=1)
        # The wall and the far returns opposite of it change the most; both lie on the y axis.
        strongest = near.azimuth[change.argsort(descending=True)[:2]].abs()
        return bool((strongest - math.pi / 2).abs().max() < 0.35)

    graph.until(turned, 'azimuths that follow the transform')


def test_status_tells_rates_and_sizes(graph, lidar) -> None:
    status = graph.collect(ModalityStatus, 'modality_status', latched_qos())
    message = feed(graph, *lidar, graph.node.get_clock().now())
    graph.until(lambda: status and status[-1].published == 1, 'the count in the status')
    last = status[-1]
    assert last.state == ModalityStatus.ACTIVE
    assert last.modality == 'lidar'
    assert last.latents_topic == '/latents/lidar'
    assert last.sensor_topics == ['/points']
    assert (last.tokens, last.width) == (message.tokens, message.width)
    assert last.payload_bytes == len(message.data)
    assert last.encoder_id == message.encoder_id
    assert not last.trained
    assert last.encode_ms_p50 > 0.0


def test_silent_sensor_is_stale(graph) -> None:
    graph.add(EncoderNode, **{**LIDAR, 'stale_after_s': 0.3})
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    latents = graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    status = graph.collect(ModalityStatus, 'modality_status', latched_qos())
    graph.until(lambda: status and status[-1].state == ModalityStatus.WAITING, 'waiting')
    assert '/points' in status[-1].message
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    feed(graph, sensor, latents, graph.node.get_clock().now())
    graph.until(lambda: status[-1].state == ModalityStatus.STALE, 'stale')


def test_rate_limit_goes_by_the_stamps(graph) -> None:
    encoder = graph.add(EncoderNode, **{**LIDAR, 'max_rate_hz': 2.0})
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    latents = graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    for tenth in range(11):
        sensor.publish(cloud(Time(nanoseconds=100_000_000_000 + tenth * 100_000_000)))
        graph.until(lambda number=tenth: encoder._status.counts.inputs.total == number + 1,
                    'the sweep')
        graph.until(lambda due=1 + tenth // 5: len(latents) >= due, 'the latents that are due')
    graph.spin_for(0.05)
    stamps = [Time.from_msg(message.header.stamp).nanoseconds for message in latents]
    assert stamps == [100_000_000_000, 100_500_000_000, 101_000_000_000]


@pytest.mark.parametrize(('dtype', 'torch_dtype'), [
    ('float32', torch.float32), ('float16', torch.float16), ('bfloat16', torch.bfloat16)])
def test_latents_cross_the_topic_bit_for_bit(graph, dtype, torch_dtype) -> None:
    graph.add(EncoderNode, **{**LIDAR, 'dtype': dtype})
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    latents = graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    now = graph.node.get_clock().now()
    received = read_message(feed(graph, sensor, latents, now)).tokens
    encoder = create('lidar_range_view')
    expected = encoder.encode([encoder.decode(cloud(now))], [View('top')]).tokens
    assert received.dtype == torch_dtype
    assert torch.equal(received, expected.to(torch_dtype))


def test_int8_latents_cross_the_topic_within_half_a_step(graph) -> None:
    graph.add(EncoderNode, **{**LIDAR, 'dtype': 'int8'})
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    latents = graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    now = graph.node.get_clock().now()
    message = feed(graph, sensor, latents, now)
    encoder = create('lidar_range_view')
    expected = encoder.encode([encoder.decode(cloud(now))], [View('top')]).tokens
    step = torch.tensor(message.scale)[:, None]
    assert bool(((read_message(message).tokens - expected).abs() <= 0.5001 * step).all())
