# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Fill a transform tree from the latched `/tf_static` topic."""

from __future__ import annotations

import numpy as np
from rclpy.node import Node
from tf2_msgs.msg import TFMessage

from mpnp_ros.core.transforms import TransformTree
from mpnp_ros.nodes.qos import latched_qos
from mpnp_ros.suite.view_geometry import take_transforms

TOPIC = '/tf_static'


class StaticTransforms:
    """Listen to `/tf_static` and answer where a sensor sits.

    Read directly rather than through tf2_ros, whose compiled part not every installation has;
    moving joints (`/tf`) are not followed.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._tree = TransformTree()
        # Every publisher of /tf_static latches its own message, hence the depth.
        self._subscription = node.create_subscription(
            TFMessage, TOPIC, self._on_transforms, latched_qos(depth=100))

    def lookup(self, target: str, source: str) -> np.ndarray | None:
        """Return the [4, 4] matrix target_from_source, or None where it is not known."""
        return self._tree.lookup(target, source.lstrip('/'))

    def close(self) -> None:
        """Stop listening."""
        self._node.destroy_subscription(self._subscription)

    def _on_transforms(self, message: TFMessage) -> None:
        for ignored in take_transforms(self._tree, message):
            self._node.get_logger().warning(f'{TOPIC}: {ignored}')
