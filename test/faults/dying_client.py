# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A client of the ask action that dies on the first piece of its answer."""

from __future__ import annotations

import os
import signal
from typing import Any

import rclpy
from rclpy.action import ActionClient
from rclpy.node import Node

from mpnp_ros.action import Ask


def die(_feedback: Any) -> None:
    """Leave without a word to anybody."""
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == '__main__':
    rclpy.init()
    node = Node('dying_client')
    client = ActionClient(node, Ask, 'ask')
    client.wait_for_server()
    client.send_goal_async(
        Ask.Goal(question='tell', text_only=True, max_tokens=1000), feedback_callback=die)
    rclpy.spin(node)
