# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A real ROS graph for node tests: its own domain, one executor, events instead of sleeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import time
from typing import Any, TypeVar

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not on this machine')

from lifecycle_msgs.msg import State  # noqa: E402, I100
import rclpy  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.node import Node  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402
import torch  # noqa: E402

from mpnp_ros.core.connectors import Connectors, Source  # noqa: E402
from mpnp_ros.core.llm import LanguageModel  # noqa: E402
from mpnp_ros.core.weights import WeightsMissing  # noqa: E402
from mpnp_ros.encoders.base import create  # noqa: E402
from mpnp_ros.nodes.managed import ManagedNode, shut_down  # noqa: E402

T = TypeVar('T', bound=ManagedNode)
TIMEOUT_S = 30.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(os.path.dirname(__file__)):
            item.add_marker(pytest.mark.ros)


class Graph:
    """Nodes on one executor; the test's thread spins it until what it waits for is true."""

    def __init__(self, domain_id: int) -> None:
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=domain_id)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.node = Node('test', context=self.context)
        self.executor.add_node(self.node)
        self._managed: list[ManagedNode] = []

    def add(self, node_class: type[T], *, bring_up: bool = True, namespace: str = '',
            **parameters: Any) -> T:
        """Create a node with these parameters ('__' stands for '.') and bring it up."""
        node = node_class(context=self.context, namespace=namespace, parameter_overrides=[
            Parameter(name.replace('__', '.'), value=value)
            for name, value in parameters.items()])
        self._managed.append(node)
        self.executor.add_node(node)
        if bring_up:
            node.bring_up()
            assert node.active, node.last_error
        return node

    def remove(self, node: ManagedNode) -> None:
        """Take a node out of the graph, as if its process had ended in order."""
        self._managed.remove(node)
        self.executor.remove_node(node)
        shut_down(node)

    def until(self, condition: Callable[[], Any], what: str, timeout_s: float = TIMEOUT_S) -> Any:
        """Spin until the condition is true and return its value."""
        deadline = time.monotonic() + timeout_s
        while not (value := condition()):
            assert time.monotonic() < deadline, f'waited {timeout_s} s in vain for {what}'
            self.executor.spin_once(timeout_sec=0.05)
        return value

    def spin_for(self, seconds: float) -> None:
        """Spin for a time in which something must NOT happen."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.executor.spin_once(timeout_sec=0.02)

    def call(self, client: Any, request: Any, timeout_s: float = TIMEOUT_S) -> Any:
        """Call a service and return its response."""
        self.until(client.service_is_ready, f'service {client.srv_name}')
        future = client.call_async(request)
        return self.until(lambda: future.done() and future.result(),
                          f'the response of {client.srv_name}', timeout_s)

    def collect(self, kind: Any, topic: str, qos: Any = 10) -> list[Any]:
        """Subscribe to a topic and return the list that its messages are put into."""
        messages: list[Any] = []
        self.node.create_subscription(kind, topic, messages.append, qos)
        return messages

    def diagnostics(self, node: ManagedNode) -> dict[str, Any]:
        """Return the node's diagnostics, by task."""
        return {task.name: task.run(_wrapper()) for task in node.diagnostics.tasks}

    def close(self) -> None:
        for node in reversed(self._managed):
            shut_down(node)
        self.node.destroy_node()
        self.executor.shutdown()
        rclpy.shutdown(context=self.context)


def _wrapper() -> Any:
    import diagnostic_updater
    return diagnostic_updater.DiagnosticStatusWrapper()


@pytest.fixture
def graph(domain: int) -> Iterator[Graph]:
    """Return a fresh graph of nodes in a domain of its own."""
    torch.set_num_threads(1)
    one = Graph(domain)
    yield one
    one.close()


def is_active(node: ManagedNode) -> bool:
    """Tell whether a node is active, through the state machine and not through our own flag."""
    return bool(node._state_machine.current_state[0] == State.PRIMARY_STATE_ACTIVE)


@pytest.fixture(scope='session')
def default_llm() -> LanguageModel:
    """Return the default language model, or skip where its weights are not in the cache."""
    try:
        return LanguageModel.load('smollm2-135m-instruct')
    except WeightsMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope='session')
def lidar_connectors(default_llm, tmp_path_factory) -> Path:
    """Return a directory with an untrained connector from the lidar encoder to the LLM."""
    encoder = create('lidar_range_view')
    folder = tmp_path_factory.mktemp('connectors')
    Connectors.create(default_llm, {'lidar': Source(
        encoder.id, encoder.weights_hash, encoder.width)}, connected_blocks=4).save(folder)
    return folder
