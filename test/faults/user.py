# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Who uses the suite from outside: a lidar, clients that ask, ears for what is published."""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Any

import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

from mpnp_ros.msg import Answer, ModalityDecision, ModalityStatus
from mpnp_ros.nodes.qos import latched_qos
from mpnp_ros.nodes.stamps import nanoseconds
from mpnp_ros.srv import Query, SetModalities, Watch

POINTS = 2000
TIMEOUT_S = 120.0
ASKED: dict[str, Any] = {'question': 'is the way clear?', 'candidates': ['yes', 'no']}


class User:
    """A node in its own context; the caller's thread works for it while it waits."""

    def __init__(self, domain: int, *, lidar_hz: float) -> None:
        self._context = rclpy.Context()
        rclpy.init(args=['--ros-args', '--log-level', 'error'], context=self._context,
                   domain_id=domain)
        self._executor = SingleThreadedExecutor(context=self._context)
        self.node = Node('user', context=self._context)
        self._executor.add_node(self.node)
        self.status = ModalityStatus()
        self.decision = ModalityDecision()
        self.answers = 0                    # to standing questions
        self.oldest_s = 0.0                 # of all latents that an answer has used
        self.node.create_subscription(
            ModalityStatus, 'modality_status', self._on_status, latched_qos(64))
        self.node.create_subscription(
            ModalityDecision, 'modality_decision', self._on_decision, latched_qos())
        self.node.create_subscription(Answer, 'answers', self._on_answer, 100)
        self._select = self.node.create_client(SetModalities, 'set_modalities')
        self._watch = self.node.create_client(Watch, 'watch')
        self._query = self.node.create_client(Query, 'query')
        self._random = np.random.default_rng(0)
        self._sensor = self.node.create_publisher(PointCloud2, '/points', 1)
        self.node.create_timer(1.0 / lidar_hz, self._sweep)

    def until(self, condition: Callable[[], Any], what: str, timeout_s: float = TIMEOUT_S) -> Any:
        """Work until the condition is true and return its value."""
        deadline_s = time.monotonic() + timeout_s
        while not (value := condition()):
            assert time.monotonic() < deadline_s, f'waited {timeout_s} s in vain for {what}'
            self.work(0.02)
        return value

    def work(self, seconds: float) -> None:
        """Do what there is to do for a time."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0.0:
            self._executor.spin_once(timeout_sec=left_s)

    def call(self, client: Any, request: Any, timeout_s: float = 5.0) -> Any:
        """Return the response, or None where none comes in time."""
        if not client.service_is_ready():
            self.work(0.1)
            return None
        future = client.call_async(request)
        end_s = time.monotonic() + timeout_s
        while not future.done() and time.monotonic() < end_s:
            self.work(0.005)
        if not future.done():
            client.remove_pending_request(future)
            return None
        return future.result()

    def ask(self, client: Any = None, **fields: Any) -> Query.Response | None:
        """Ask a question, and note how old the latents are that its answer used."""
        asked_ns = self.node.get_clock().now().nanoseconds
        response = self.call(client or self._query, Query.Request(**{**ASKED, **fields}))
        for use in response.modalities if response else ():
            # The node looks them up no sooner than the question was sent.
            self._note_age(max(use.age_s, (asked_ns - nanoseconds(use.stamp)) / 1e9))
        return response

    def uses_lidar(self) -> bool:
        """Ask a question and tell whether its answer used the lidar."""
        response = self.ask()
        return bool(response and [use.modality for use in response.modalities] == ['lidar'])

    def does_without(self) -> bool:
        """Ask a question and tell whether it was answered without any sensor."""
        response = self.ask()
        return bool(response and response.success and not response.modalities)

    def select(self, *modalities: str) -> SetModalities.Response | None:
        """Choose the modalities."""
        return self.call(self._select, SetModalities.Request(modalities=list(modalities)))

    def watch(self, name: str) -> Watch.Response | None:
        """Let a question stand under a name."""
        return self.call(self._watch, Watch.Request(id=name, **ASKED))

    def close(self) -> None:
        """Leave the graph."""
        self.node.destroy_node()
        self._executor.shutdown()
        rclpy.shutdown(context=self._context)

    def _note_age(self, age_s: float) -> None:
        self.oldest_s = max(self.oldest_s, age_s)

    def _on_status(self, status: ModalityStatus) -> None:
        self.status = status

    def _on_decision(self, decision: ModalityDecision) -> None:
        self.decision = decision

    def _on_answer(self, answer: Answer) -> None:
        self.answers += bool(answer.question_id and answer.success)
        for use in answer.modalities:
            self._note_age(use.age_s)

    def _sweep(self) -> None:
        stamp = self.node.get_clock().now().to_msg()
        angle = np.linspace(-np.pi, np.pi, POINTS, endpoint=False)
        distance = self._random.normal(8.0, 0.01, POINTS)
        points = np.stack([distance * np.cos(angle), distance * np.sin(angle),
                           0.5 + 0 * angle, 10.0 + 0 * angle], axis=1).astype('<f4')
        message = PointCloud2(
            header=Header(stamp=stamp, frame_id='lidar'), height=1, width=POINTS, point_step=16,
            row_step=16 * POINTS, is_dense=True,
            fields=[PointField(name=name, offset=4 * index, datatype=PointField.FLOAT32, count=1)
                    for index, name in enumerate(('x', 'y', 'z', 'intensity'))])
        message.data.frombytes(points.tobytes())
        self._sensor.publish(message)
