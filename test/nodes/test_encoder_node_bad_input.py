# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Input that cannot be used is refused with its cause, and the encoder goes on."""

from array import array

from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import pytest
from rclpy.duration import Duration
from rclpy.time import Time
from sensor_msgs.msg import Image, PointCloud2, PointField
from sensors import cloud, LIDAR, ring_of_points

from mpnp_ros.msg import LatentTokens, ModalityStatus
from mpnp_ros.nodes.encoder_node import EncoderNode
from mpnp_ros.nodes.latents_message import read_message
from mpnp_ros.nodes.qos import latched_qos, latents_qos


def empty_cloud(now: Time) -> PointCloud2:
    return cloud(now, np.zeros((0, 4)))


def nan_cloud(now: Time) -> PointCloud2:
    return cloud(now, np.full((10, 4), np.nan))


def cloud_without_z(now: Time) -> PointCloud2:
    message = cloud(now)
    message.fields = [field for field in message.fields if field.name != 'z']
    return message


def short_cloud(now: Time) -> PointCloud2:
    message = cloud(now)
    del message.data[100:]
    return message


def cloud_of_the_future(now: Time) -> PointCloud2:
    return cloud(now + Duration(seconds=60))


@pytest.mark.parametrize(('bad', 'cause'), [
    (empty_cloud, 'point'),
    (nan_cloud, 'finite'),
    (cloud_without_z, 'z'),
    (short_cloud, 'data'),
    (cloud_of_the_future, 'future'),
])
def test_bad_cloud_is_refused_and_the_next_is_encoded(graph, bad, cause) -> None:
    node = graph.add(EncoderNode, **LIDAR)
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    latents = graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    status = graph.collect(ModalityStatus, 'modality_status', latched_qos())
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    sensor.publish(bad(graph.node.get_clock().now()))
    graph.until(lambda: status and status[-1].refused == 1, 'the refusal in the status')
    assert status[-1].state == ModalityStatus.ERROR
    assert cause in status[-1].message
    assert 'top' in status[-1].message
    assert graph.diagnostics(node)['input'].level == DiagnosticStatus.ERROR
    assert not latents
    sensor.publish(cloud(graph.node.get_clock().now()))
    graph.until(lambda: latents, 'latents after the bad input')
    graph.until(lambda: status[-1].state == ModalityStatus.ACTIVE, 'an active status')


def test_bag_that_starts_again_is_followed(graph) -> None:
    graph.add(EncoderNode, **LIDAR)
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    latents = graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    for count, second in enumerate((500, 501, 100), start=1):
        sensor.publish(cloud(Time(seconds=second)))
        graph.until(lambda: len(latents) == count, 'latents')  # noqa: B023
    assert latents[-1].header.stamp.sec == 100


def test_sensor_whose_clock_jumps_is_refused_until_it_is_back(graph) -> None:
    graph.add(EncoderNode, **LIDAR)
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    latents = graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    status = graph.collect(ModalityStatus, 'modality_status', latched_qos())
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    now = graph.node.get_clock().now()
    for count, (jump_s, state) in enumerate((
            (0, ModalityStatus.ACTIVE), (3600, ModalityStatus.ERROR),
            (0.01, ModalityStatus.ACTIVE), (-3600, ModalityStatus.ACTIVE)), start=1):
        sensor.publish(cloud(now + Duration(seconds=jump_s)))
        graph.until(lambda: status and status[-1].received == count  # noqa: B023
                    and status[-1].state == state, f'state {state}')  # noqa: B023
    graph.until(lambda: len(latents) == 3, 'the latents')
    stamps_s = [(Time.from_msg(one.header.stamp).nanoseconds - now.nanoseconds) / 1e9
                for one in latents]
    # What lies in the past goes out with its stamp: its age is for the LLM node to judge.
    assert stamps_s == pytest.approx([0.0, 0.01, -3600.0])
    graph.until(lambda: status[-1].age_s > 3599.0, 'the age')


def garbage(now: Time) -> PointCloud2:
    """Return random bytes under a header that fits them."""
    message = cloud(now)
    message.data = array('B', np.random.default_rng(0).integers(
        0, 256, len(message.data), dtype=np.uint8).tobytes())
    return message


def test_random_bytes_do_no_harm(graph) -> None:
    node = graph.add(EncoderNode, **LIDAR, quality_period_s=0.0)
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    latents = graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    status = graph.collect(ModalityStatus, 'modality_status', latched_qos())
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    sensor.publish(garbage(graph.node.get_clock().now()))
    graph.until(lambda: status and status[-1].published + status[-1].refused == 1, 'the verdict')
    graph.until(lambda: status[-1].state == ModalityStatus.ERROR or status[-1].usability < 0.2,
                'the distrust')
    assert all(bool(read_message(one).tokens.isfinite().all()) for one in latents)
    sensor.publish(cloud(graph.node.get_clock().now()))
    graph.until(lambda: status[-1].state == ModalityStatus.ACTIVE
                and status[-1].usability > 0.5, 'trust in what is good')
    assert node.active


CAMERA = {'modality': 'camera', 'encoder': 'camera_efficientnet_lite0', 'views': ['front'],
          'view__front__topic': 'image', 'view__front__type': 'sensor_msgs/msg/Image',
          'status_period_s': 0.1}


def picture(now: Time, **fields) -> Image:
    message = Image(height=48, width=64, encoding='rgb8', step=192, **fields)
    message.header.stamp = now.to_msg()
    message.header.frame_id = 'camera_front'
    message.data.frombytes(np.arange(48 * 192, dtype=np.uint32).astype(np.uint8).tobytes())
    return message


def unknown_encoding(now: Time) -> Image:
    message = picture(now)
    message.encoding = 'yuv422_foo'
    return message


def zero_size(now: Time) -> Image:
    message = picture(now)
    message.height = 0
    return message


def short_step(now: Time) -> Image:
    message = picture(now)
    message.step = 100
    return message


@pytest.mark.weights
@pytest.mark.parametrize(('bad', 'cause'), [
    (unknown_encoding, 'yuv422_foo'), (zero_size, 'height'), (short_step, 'step')])
def test_bad_image_is_refused_and_the_next_is_encoded(graph, need_weights, bad, cause) -> None:
    need_weights('efficientnet-lite0')
    graph.add(EncoderNode, **CAMERA)
    sensor = graph.node.create_publisher(Image, 'image', 10)
    latents = graph.collect(LatentTokens, 'latents/camera', latents_qos())
    status = graph.collect(ModalityStatus, 'modality_status', latched_qos())
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    sensor.publish(bad(graph.node.get_clock().now()))
    graph.until(lambda: status and status[-1].refused == 1, 'the refusal in the status')
    assert status[-1].state == ModalityStatus.ERROR
    assert cause in status[-1].message
    sensor.publish(picture(graph.node.get_clock().now()))
    graph.until(lambda: latents, 'latents after the bad input')


def test_one_bad_view_does_not_take_the_others_along(graph) -> None:
    graph.add(EncoderNode, **{
        **LIDAR, 'views': ['top', 'rear'], 'view__rear__topic': 'rear_points'})
    top = graph.node.create_publisher(PointCloud2, 'points', 10)
    rear = graph.node.create_publisher(PointCloud2, 'rear_points', 10)
    latents = graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    graph.until(lambda: top.get_subscription_count() and rear.get_subscription_count(),
                'the sensor subscriptions')
    now = graph.node.get_clock().now()
    top.publish(cloud(now))
    rear.publish(empty_cloud(now))
    graph.until(lambda: latents, 'latents of the good view')
    assert latents[-1].views == ['top']


def test_point_field_of_an_unknown_type_is_named(graph) -> None:
    graph.add(EncoderNode, **LIDAR)
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    status = graph.collect(ModalityStatus, 'modality_status', latched_qos())
    graph.until(lambda: sensor.get_subscription_count() == 1, 'the sensor subscription')
    message = cloud(graph.node.get_clock().now(), ring_of_points())
    message.fields[0] = PointField(name='x', offset=0, datatype=99, count=1)
    sensor.publish(message)
    graph.until(lambda: status and status[-1].refused == 1, 'the refusal in the status')
    assert '99' in status[-1].message
