# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What an encoder node says of tokens that look nowhere."""

from __future__ import annotations

import itertools
from typing import Any

from geometry_msgs.msg import TransformStamped
import numpy as np
from rclpy.time import Time
from sensor_msgs.msg import Imu
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from mpnp_ros.msg import LatentTokens, ModalityStatus
from mpnp_ros.nodes.encoder_node import EncoderNode
from mpnp_ros.nodes.qos import latched_qos, latents_qos

UNIT = {'modality': 'imu', 'encoder': 'imu_window', 'views': ['imu'], 'view__imu__topic': 'imu',
        'status_period_s': 0.1}
STEP_NS = 20_000_000


def shaken(number: int, noise: np.random.Generator) -> Imu:
    """Return a message of a unit at rest that is shaken a little."""
    message = Imu(header=Header(
        stamp=Time(nanoseconds=1_000_000_000 + number * STEP_NS).to_msg(), frame_id='imu_link'))
    turning, pulling = noise.normal(0.0, 0.01, (2, 3))
    for vector, values in ((message.angular_velocity, turning),
                           (message.linear_acceleration, pulling + [0.0, 0.0, 9.81])):
        vector.x, vector.y, vector.z = map(float, values)
    return message


def test_a_unit_without_a_known_mount_is_told_and_one_with_it_has_no_direction_by_nature(
        graph: Any) -> None:
    graph.add(EncoderNode, **UNIT)
    latents = graph.collect(LatentTokens, 'latents/imu', latents_qos())
    statuses = graph.collect(ModalityStatus, 'modality_status', latched_qos())
    sensor = graph.node.create_publisher(Imu, 'imu', 50)
    graph.until(sensor.get_subscription_count, 'the sensor subscription')
    numbers, noise = itertools.count(), np.random.default_rng(0)

    def told(missing: bool) -> bool:
        sensor.publish(shaken(next(numbers), noise))
        return bool(latents) and bool(statuses) and (
            statuses[-1].published > 0) and ('no azimuth' in statuses[-1].message) == missing

    graph.until(lambda: told(missing=True), 'a word about the unknown mount')
    mount = TransformStamped()
    mount.header.frame_id, mount.child_frame_id = 'base_link', 'imu_link'
    mount.transform.rotation.w = 1.0
    transforms = graph.node.create_publisher(TFMessage, '/tf_static', latched_qos())
    transforms.publish(TFMessage(transforms=[mount]))
    graph.until(lambda: told(missing=False), 'the end of it')
