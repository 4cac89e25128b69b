# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The suite on two machines: encoders at one end of a link, manager and LLM node at the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import json
import os
from pathlib import Path
import subprocess
import sys
import time
from typing import Any
from unittest import mock

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter

from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.encoders.base import create
from mpnp_ros.msg import ModalityDecision, ModalityStatus
from mpnp_ros.nodes.latent_cache import Tap
from mpnp_ros.nodes.llm_node import LlmNode
from mpnp_ros.nodes.managed import ManagedNode, shut_down
from mpnp_ros.nodes.modality_manager_node import ModalityManagerNode
from mpnp_ros.nodes.qos import latched_qos
from mpnp_ros.srv import Query, SetModalities

sys.path.insert(1, str(Path(__file__).parent))   # beside this file, wherever it is loaded from

from shaped_link import ShapedLink  # noqa: E402, I100

# What docs/offboard.md recommends for a slow link, and what Fast DDS does by itself.
THIN_LINK = {'FASTDDS_BUILTIN_TRANSPORTS': 'LARGE_DATA?sockets_size=400KB',
             'RMW_FASTRTPS_PUBLICATION_MODE': 'ASYNCHRONOUS'}
DEFAULT = {'FASTDDS_BUILTIN_TRANSPORTS': 'UDPv4'}   # on one host, shared memory would go around
TIMEOUT_S = 60.0
_HERE = Path(__file__).parent
_QUIETLY = ['--ros-args', '--log-level', 'error']


def lidar(modality: str, dtype: str, tokens: int = 64) -> dict[str, Any]:
    """Return the parameters of an encoder node: so many tokens of 128 values, 64 times 2**n."""
    finer = tokens // 64
    return {'modality': modality, 'encoder': 'lidar_range_view', 'dtype': dtype,
            'views': ['top'], 'view.top.topic': 'points', 'status_period_s': 0.5,
            'options.sectors': 32 * min(finer, 4), 'options.bands': 2 * max(finer // 4, 1)}


def save_connectors(model: str | Path, encoders: list[dict[str, Any]], folder: Path,
                    connected_blocks: int) -> None:
    """Write untrained connectors from these encoders to a language model."""
    sources = {}
    for given in encoders:
        encoder = create(given['encoder'], {
            name.removeprefix('options.'): value for name, value in given.items()
            if name.startswith('options.')})
        sources[given['modality']] = Source(encoder.id, encoder.weights_hash, encoder.width)
    Connectors.create(LanguageModel.load(model), sources, hidden=32,
                      connected_blocks=connected_blocks).save(folder)


class Base:
    """The end of the link with manager and LLM node; the caller's thread has to be inside."""

    def __init__(self, llm: dict[str, Any], domain: int) -> None:
        self.context = rclpy.Context()
        rclpy.init(args=_QUIETLY, context=self.context, domain_id=domain)
        self._executor = SingleThreadedExecutor(context=self.context)
        self.node = Node('base', context=self.context)
        self._executor.add_node(self.node)
        self.statuses: dict[str, ModalityStatus] = {}
        self.decision = ModalityDecision()
        self.node.create_subscription(
            ModalityStatus, 'modality_status', self._on_status, latched_qos(64))
        self.node.create_subscription(
            ModalityDecision, 'modality_decision', self._on_decision, latched_qos())
        self.manager = self._add(ModalityManagerNode, {'modalities': ['']})
        self.llm = self._add(LlmNode, {'threads': 1, **llm})
        self._select = self.node.create_client(SetModalities, 'set_modalities')
        self._query = self.node.create_client(Query, 'query')

    def _add(self, kind: type[Any], parameters: dict[str, Any]) -> Any:
        node: ManagedNode = kind(context=self.context, parameter_overrides=[
            Parameter(name, value=value) for name, value in parameters.items()])
        self._executor.add_node(node)
        node.bring_up()
        assert node.active, node.last_error
        return node

    def _on_status(self, status: ModalityStatus) -> None:
        self.statuses[status.modality] = status

    def _on_decision(self, decision: ModalityDecision) -> None:
        self.decision = decision

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        """Work until the condition is true and return its value."""
        deadline_s = time.monotonic() + TIMEOUT_S
        while not (value := condition()):
            assert time.monotonic() < deadline_s, f'waited {TIMEOUT_S} s in vain for {what}'
            self._executor.spin_once(timeout_sec=0.05)
        return value

    def work(self, seconds: float) -> None:
        """Work for a time in which something is measured or must not happen."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0.0:
            self._executor.spin_once(timeout_sec=left_s)

    def call(self, client: Any, request: Any) -> Any:
        """Call a service and return its response."""
        self.until(client.service_is_ready, f'service {client.srv_name}')
        future = client.call_async(request)
        return self.until(lambda: future.done() and future.result(), client.srv_name)

    def select(self, *modalities: str) -> None:
        """Choose the modalities."""
        self.until(lambda: set(modalities) <= set(self.statuses), f'the status of {modalities}')
        response = self.call(self._select, SetModalities.Request(modalities=list(modalities)))
        assert response.success, response.message

    def limit(self, bytes_per_s: float) -> None:
        """Set what the link may be used for; 0: anything."""
        self.manager.set_parameters(
            [Parameter('budget_network_bytes_per_s', value=bytes_per_s)])

    def tap(self, modality: str) -> Tap:
        """Return what the LLM node has received of a modality, once it listens to it."""
        return self.until(
            lambda: self.llm._attached.cache.taps.get(modality), f'the tap of {modality}')

    def ask(self, *modalities: str) -> Query.Response:
        """Ask a question of these modalities."""
        return self.call(self._query, Query.Request(
            question='Is the way clear?', candidates=['yes', 'no'], modalities=list(modalities)))

    def reason(self, modality: str) -> str:
        """Return why the manager uses a modality or not."""
        return dict(zip(self.decision.modalities, self.decision.reasons)).get(modality, '')

    def close(self) -> None:
        """Stop all nodes."""
        for node in (self.llm, self.manager):
            shut_down(node)
        self.node.destroy_node()
        self._executor.shutdown()
        rclpy.shutdown(context=self.context)


@contextmanager
def offboard(link: ShapedLink, encoders: list[dict[str, Any]], llm: dict[str, Any], *,
             dds: dict[str, str], sensor_rate_hz: float, domain: int) -> Iterator[Base]:
    """Run encoders at one end of a link and give the other, with an environment for both."""
    environment = {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET', 'ROS_DOMAIN_ID': str(domain), **dds}
    with mock.patch.dict(os.environ, environment), link.inside('base'):
        robot = subprocess.Popen(link.command('robot', [
            sys.executable, str(_HERE / 'robot.py'),
            json.dumps({'encoders': encoders, 'sensor_rate_hz': sensor_rate_hz}), *_QUIETLY]),
            stdin=subprocess.PIPE)
        try:
            base = Base(llm, domain)
            try:
                yield base
            finally:
                base.close()
        finally:
            robot.communicate()   # closes its input, at which it ends
