# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The sensor topics of one modality: subscribed while somebody listens, and where they look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from rclpy.subscription import Subscription
from rosidl_runtime_py.utilities import get_message
from sensor_msgs.msg import CameraInfo

from mpnp_ros.encoders.assembler import Reading
from mpnp_ros.encoders.base import View
from mpnp_ros.nodes.parameters import declare_parameters
from mpnp_ros.nodes.qos import overridable, sensor_qos
from mpnp_ros.nodes.qos_watch import QosWatch
from mpnp_ros.nodes.stamps import nanoseconds
from mpnp_ros.nodes.static_transforms import StaticTransforms
from mpnp_ros.suite.parameters import ViewParameters
from mpnp_ros.suite.view_geometry import ViewGeometry


class SensorViews:
    """Own the sensor subscriptions of an encoder node and describe the geometry of its views.

    `open` and `close` create and destroy the subscriptions; both must be called on the
    executor's thread. Readings go to `on_reading`, undecoded.
    """

    def __init__(
        self,
        node: Node,
        *,
        modality: str,
        names: list[str],
        message_types: tuple[str, ...],
        base_frame: str,
        transforms: StaticTransforms,
        qos_watch: QosWatch,
        on_reading: Callable[[Reading], None],
    ) -> None:
        if not names or len(set(names)) != len(names) or not all(names):
            raise ValueError(f"parameter 'views': expected distinct names, got {names}")
        self._node = node
        self._qos_watch = qos_watch
        self._on_reading = on_reading
        self._subscriptions: list[Subscription] = []
        self._geometry: dict[str, ViewGeometry] = {}
        self.names = list(names)
        self._parameters: dict[str, ViewParameters] = {}
        self._topics: dict[str, str] = {}
        self._types: dict[str, str] = {}
        for name in names:
            given = declare_parameters(node, ViewParameters, f'view.{name}.')
            kind = given.type or message_types[0]
            if kind not in message_types:
                raise ValueError(
                    f"parameter 'view.{name}.type': the encoder takes "
                    f'{", ".join(message_types)}, not {kind!r}')
            self._parameters[name] = given
            self._geometry[name] = ViewGeometry(name, given, base_frame, transforms.lookup)
            self._types[name] = kind
            self._topics[name] = node.resolve_topic_name(given.topic or f'{modality}/{name}')

    @property
    def topics(self) -> list[str]:
        """Return the fully qualified sensor topics, in the order of the views."""
        return [self._topics[name] for name in self.names]

    @property
    def is_open(self) -> bool:
        """Tell whether the sensor topics are subscribed."""
        return bool(self._subscriptions)

    def open(self) -> None:
        """Subscribe to the sensor topics and their CameraInfo topics."""
        if self._subscriptions:
            return
        for name in self.names:
            topic = self._topics[name]
            self._subscribe(get_message(self._types[name]), topic, self._take_reading(name))
            info_topic = self._parameters[name].camera_info_topic
            if info_topic:
                self._subscribe(CameraInfo, self._node.resolve_topic_name(info_topic),
                                self._geometry[name].take_info)

    def close(self) -> None:
        """Drop the subscriptions; what was learned of the geometry is kept."""
        for subscription in self._subscriptions:
            self._qos_watch.forget(subscription.topic_name)
            self._node.destroy_subscription(subscription)
        self._subscriptions.clear()

    def view(self, name: str) -> View:
        """Return where a view looks, as far as it is known by now."""
        return self._geometry[name].view()

    def frame_id(self, name: str) -> str:
        """Return the frame of the view's last message; empty before the first."""
        return self._geometry[name].frame_id

    def _subscribe(self, kind: Any, topic: str, callback: Callable[[Any], None]) -> None:
        # In a group of its own: a group keeps a reference to every entity it ever had.
        self._subscriptions.append(self._node.create_subscription(
            kind, topic, callback, sensor_qos(),
            callback_group=MutuallyExclusiveCallbackGroup(),
            event_callbacks=self._qos_watch.subscription(topic),
            qos_overriding_options=overridable()))

    def _take_reading(self, name: str) -> Callable[[Any], None]:
        def take(message: Any) -> None:
            self._geometry[name].frame_id = message.header.frame_id
            self._on_reading(Reading(name, nanoseconds(message.header.stamp), message))
        return take
