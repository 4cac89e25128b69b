# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The robot's end of a link: a lidar, and encoder nodes that read it, until standard input ends.

The argument is JSON: `sensor_rate_hz` and `encoders`, a list of the nodes' parameters.
"""

from __future__ import annotations

import json
from pathlib import Path
import select
import sys
import threading
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import PointCloud2
import torch

from mpnp_ros.nodes.encoder_node import EncoderNode
from mpnp_ros.nodes.managed import shut_down
from mpnp_ros.nodes.qos import sensor_qos

sys.path.insert(1, str(Path(__file__).parents[1] / 'nodes'))   # where the sensor's messages are

from sensors import cloud  # noqa: E402, I100


def main() -> None:
    """Bring the encoders up and publish sweeps."""
    given = json.loads(sys.argv[1])
    torch.set_num_threads(1)
    rclpy.init()
    executor = SingleThreadedExecutor()
    nodes = [start(parameters, executor) for parameters in given['encoders']]
    stop = threading.Event()
    # A driver is another process: it does not wait for the encoders.
    driver = threading.Thread(target=drive, args=(given['sensor_rate_hz'], stop))
    driver.start()
    while not select.select([sys.stdin], [], [], 0.0)[0]:
        executor.spin_once(timeout_sec=0.1)
    stop.set()
    driver.join()
    for node in nodes:
        shut_down(node)
    rclpy.try_shutdown()


def start(parameters: dict[str, Any], executor: SingleThreadedExecutor) -> EncoderNode:
    """Return an active encoder node with these parameters."""
    node = EncoderNode(
        cli_args=['--ros-args', '-r', f'__node:={parameters["modality"]}_encoder'],
        parameter_overrides=[
            Parameter(name, value=value) for name, value in parameters.items()])
    executor.add_node(node)
    node.bring_up()
    if not node.active:
        raise SystemExit(node.last_error)
    return node


def drive(rate_hz: float, stop: threading.Event) -> None:
    """Publish the sweeps of a lidar."""
    node = Node('lidar_driver')
    sensor = node.create_publisher(PointCloud2, 'points', sensor_qos())
    while not stop.wait(1.0 / rate_hz):
        sensor.publish(cloud(node.get_clock().now()))
    node.destroy_node()


if __name__ == '__main__':
    main()
