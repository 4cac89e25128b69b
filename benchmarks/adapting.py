# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Measure how long a query takes before, during and after an adaptation through the action.

The LLM node runs in a process of its own with the connectors of the suite; latents of a camera,
made up, arrive twice a second and each query uses them. The node learns from DATA, a bag with
answers or a folder of such bags, in a process that it starts at low priority.
Run in tools/shell: ROS_DOMAIN_ID=84 python benchmarks/adapting.py DATA --modalities lidar
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable
import os
from pathlib import Path
import tempfile
import time
from typing import Any

from latency_rows import print_row
from node_processes import running
import rclpy
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
import torch

from mpnp_ros import shipped
from mpnp_ros.action import Adapt
from mpnp_ros.core.connector_file import load_connector, SUFFIX
from mpnp_ros.core.latents import Latents, pack
from mpnp_ros.msg import LatentTokens, ModalityDecision, ModalityStatus
from mpnp_ros.nodes.latents_message import fill_message
from mpnp_ros.nodes.qos import latched_qos, latents_qos
from mpnp_ros.nodes.stamps import stamp_from
from mpnp_ros.srv import Query
from mpnp_ros.suite.configuration import read_configuration

CAMERA, TOKENS, PERIOD_S = 'camera', 106, 0.5
WIDTH = 34
START_S = 120.0    # until the LLM node is there, and answers
QUESTION, CANDIDATES = 'Are there any cars?', ['yes', 'no']


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('data', type=Path)
    add('--modalities', nargs='+', default=[], help='to learn; all by default')
    add('--seconds', type=float, default=180.0, help='of the adaptation, everything included')
    add('--suite', type=Path, default=shipped.configuration('world.yaml'))
    add('--queries', type=int, default=100, help='before and after')
    add('--every', type=float, default=0.2, help='seconds from one query to the next')
    add('--threads', type=int, default=1, help='of the LLM node, and of the adaptation')
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running(
            {'llm_node': {'threads': given.threads, 'adapt_threads': given.threads,
                          'adapt_suite': given.suite.resolve(), 'adapted_connectors': folder}},
            ('--params-file', os.fspath(given.suite))):
        client = Client(read_configuration(given.suite).llm.connectors)
        try:
            measure(client, given)
        finally:
            rclpy.try_shutdown()


def measure(client: Client, given: argparse.Namespace) -> None:
    """Ask before, during and after, and print a row for each."""
    client.until_answered()
    print(f'{given.threads} torch thread(s) in each of two processes on {os.cpu_count()} cores, '
          f'load average {os.getloadavg()[0]:.1f}')
    print(f'{"queries, two candidates scored":{WIDTH}}{"n":>5}{"median ms":>11}{"p99 ms":>9}'
          f'{"most ms":>9}', flush=True)
    print_row('before', client.queries_ms(given.queries, given.every), WIDTH)
    goal = client.adapt(Adapt.Goal(
        data=os.fspath(given.data.resolve()), modalities=given.modalities,
        max_seconds=given.seconds))
    ended = goal.get_result_async()
    took: dict[str, list[float]] = defaultdict(list)
    while not ended.done():
        # The phase that it began in: a query is short.
        took[client.phase or 'starting'].append(client.query_ms(given.every))
    for phase, times in took.items():
        print_row(f'meanwhile, {phase}', times, WIDTH)
    print_row('after', client.queries_ms(given.queries, given.every), WIDTH)
    print(ended.result().result.message)


class Client:
    """Who asks, and in place of encoder and manager whoever gives latents."""

    def __init__(self, connectors: str) -> None:
        rclpy.init()
        self.phase = ''
        self._node = Node('adapting')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._query = self._node.create_client(Query, 'query')
        self._adapt = ActionClient(self._node, Adapt, 'adapt')
        self._publisher = self._node.create_publisher(
            LatentTokens, f'latents/{CAMERA}', latents_qos())
        config = load_connector(shipped.path_of(connectors) / f'{CAMERA}{SUFFIX}')[0].config
        self._latents = Latents(
            CAMERA, torch.rand(TOKENS, config.width), torch.zeros(TOKENS),
            torch.zeros(TOKENS, dtype=torch.int64), config.encoder_id,
            config.encoder_weights_hash)
        self._latched = [
            self._node.create_publisher(ModalityStatus, 'modality_status', latched_qos()),
            self._node.create_publisher(ModalityDecision, 'modality_decision', latched_qos())]
        self._latched[0].publish(ModalityStatus(
            modality=CAMERA, latents_topic=f'/latents/{CAMERA}', state=ModalityStatus.ACTIVE))
        self._latched[1].publish(ModalityDecision(
            modalities=[CAMERA], selected=[True], reasons=['']))
        self._node.create_timer(PERIOD_S, self._publish)

    def until_answered(self) -> None:
        """Wait until the node answers with the camera."""
        self._until(lambda: self._query.service_is_ready() and self._adapt.server_is_ready(),
                    'the LLM node')
        until = time.monotonic() + START_S
        while not self._ask().modalities:
            if time.monotonic() > until:
                raise SystemExit('the LLM node does not use the camera')
            self._spin(0.1)

    def queries_ms(self, count: int, every_s: float) -> list[float]:
        """Return the round trips of so many queries."""
        return [self.query_ms(every_s) for _ in range(count)]

    def query_ms(self, every_s: float) -> float:
        """Return the round trip of a query, and wait for the rest of a period."""
        began = time.perf_counter()
        given = self._ask()
        took_s = time.perf_counter() - began
        if not given.success:
            raise SystemExit(f'a query was not answered: {given.message}')
        self._spin(every_s - took_s)
        return took_s * 1e3

    def adapt(self, goal: Adapt.Goal) -> Any:
        """Send a goal and return its handle; `phase` follows its feedback."""
        def note(message: Any) -> None:
            self.phase = message.feedback.phase

        handle = self._wait(self._adapt.send_goal_async(goal, feedback_callback=note))
        if not handle.accepted:
            raise SystemExit('the goal was refused')
        return handle

    def _ask(self) -> Query.Response:
        return self._wait(self._query.call_async(
            Query.Request(question=QUESTION, candidates=CANDIDATES)))

    def _publish(self) -> None:
        message = LatentTokens(views=['front'])
        fill_message(message, pack(self._latents.tokens, 'float16'), self._latents)
        message.header.stamp = stamp_from(time.time_ns())
        self._publisher.publish(message)

    def _until(self, condition: Callable[[], Any], what: str) -> None:
        until = time.monotonic() + START_S
        while not condition():
            if time.monotonic() > until:
                raise SystemExit(f'{what} did not come within {START_S:.0f} s')
            self._executor.spin_once(timeout_sec=0.05)

    def _spin(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left)

    def _wait(self, future: Any) -> Any:
        self._until(future.done, 'an answer')
        return future.result()


if __name__ == '__main__':
    main()
