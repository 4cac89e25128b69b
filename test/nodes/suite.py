# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The whole suite in one process: lidar encoder, manager and LLM node on the default model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rclpy.time import Time
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import PointCloud2
from sensors import cloud, LIDAR

from mpnp_ros.nodes.encoder_node import EncoderNode
from mpnp_ros.nodes.llm_node import LlmNode
from mpnp_ros.nodes.modality_manager_node import ModalityManagerNode
from mpnp_ros.srv import Query, SetModalities

MODEL = 'smollm2-135m-instruct'
LLM = {'model': MODEL, 'threads': 1, 'default_deadline_s': 30.0}


def query_async(graph: Any, **fields: Any) -> Any:
    """Send a query and return the future of its response."""
    client = graph.node.create_client(Query, 'query')
    graph.until(client.service_is_ready, 'the query service')
    return client.call_async(Query.Request(**fields))


def query(graph: Any, **fields: Any) -> Query.Response:
    """Send a query and return its response."""
    future = query_async(graph, **fields)
    return graph.until(lambda: future.done() and future.result(), 'the answer', 60.0)


class Suite:
    """Encoder, manager and LLM node, and a lidar that delivers points at 20 Hz."""

    def __init__(self, graph: Any, connectors: Path, *, use_sim_time: bool = False,
                 **llm: Any) -> None:
        from mpnp_ros.core.connectors import Connectors
        self.graph = graph
        clock = {'use_sim_time': use_sim_time}
        self._clock_publisher = graph.node.create_publisher(Clock, '/clock', 10)
        self._use_sim_time = use_sim_time
        self._now = Time(seconds=1)
        self.manager = graph.add(ModalityManagerNode, **clock)
        self.encoder = graph.add(EncoderNode, **LIDAR, **clock)
        self.llm = graph.add(LlmNode, **{**LLM, **llm}, connectors=str(connectors), **clock)
        self.sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
        self._timer = graph.node.create_timer(
            0.05, lambda: self.sensor.publish(cloud(self.now())))
        self.connected_blocks = Connectors.load(
            connectors, self.llm._answerer.llm)['lidar'].config.connected_blocks

    def now(self) -> Time:
        """Return the time of the suite's clock."""
        return self._now if self._use_sim_time else self.graph.node.get_clock().now()

    def set_time(self, seconds: float) -> None:
        """Set the simulated clock."""
        self._now = Time(nanoseconds=round(seconds * 1e9))
        self.graph.until(self._clock_publisher.get_subscription_count, 'listeners to the clock')
        self._clock_publisher.publish(Clock(clock=self._now.to_msg()))
        self.graph.until(
            lambda: self.llm.get_clock().now().nanoseconds == self._now.nanoseconds, 'the clock')

    def stop_sensor(self) -> None:
        """Let the lidar fall silent and wait until nothing is on its way any more."""
        self.graph.node.destroy_timer(self._timer)
        self.graph.spin_for(0.3)

    def until_attached(self, modality: str) -> None:
        """Wait until the LLM node holds latents of a modality."""
        self.graph.until(
            lambda: modality in self.llm._attached.cache.taps
            and self.llm._attached.cache.taps[modality].held is not None, f'latents of {modality}')

    def select(self, modalities: list[str]) -> None:
        """Choose the modalities through the manager."""
        response = self.graph.call(
            self.graph.node.create_client(SetModalities, 'set_modalities'),
            SetModalities.Request(modalities=modalities))
        assert response.success, response.message

    def ask(self, question: str, **fields: Any) -> Query.Response:
        """Ask and wait for the answer."""
        return query(self.graph, question=question, **fields)

    def ask_async(self, question: str, **fields: Any) -> Any:
        """Ask and return the future of the answer."""
        return query_async(self.graph, question=question, **fields)
