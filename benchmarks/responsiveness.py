# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Measure how soon the LLM node answers for itself while its model generates or stands watch.

Round trips of parameters, life cycle and a question's cancellation, called from another process,
while the node is idle, while it generates one long text after the other, and while questions
stand and latents come faster than the model takes them.

Run in tools/shell: python benchmarks/responsiveness.py
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
import os
from pathlib import Path
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from latency_rows import print_row
from lifecycle_msgs.srv import GetState
from rcl_interfaces.srv import GetParameters
import rclpy
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
import torch

from mpnp_ros.action import Ask
from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.latents import Latents, pack
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.msg import Answer, LatentTokens, ModalityDecision, ModalityStatus
from mpnp_ros.nodes.latents_message import fill_message
from mpnp_ros.nodes.llm_node import LlmNode
from mpnp_ros.nodes.qos import latched_qos, latents_qos
from mpnp_ros.nodes.stamps import stamp_from
from mpnp_ros.srv import Unwatch, Watch

MODEL = 'smollm2-135m-instruct'
TOKENS, VALUES = 64, 384
SOURCE = Source('benchmark', '0' * 64, VALUES)
WIDTH = 58    # of a row's name


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--calls', type=int, default=200)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--other-side', action='store_true', help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.other_side:
        OtherSide(given.calls).run()
    else:
        llm_side(given.calls, given.threads)


def llm_side(calls: int, threads: int) -> None:
    """Host the LLM node as its own process does, and show what the other side measured."""
    with tempfile.TemporaryDirectory() as folder:
        Connectors.create(LanguageModel.load(MODEL), {'camera': SOURCE},
                          connected_blocks=4).save(folder)
        rclpy.init()
        node = LlmNode(parameter_overrides=[
            Parameter('model', value=MODEL), Parameter('connectors', value=str(Path(folder))),
            Parameter('threads', value=threads), Parameter('default_deadline_s', value=600.0)])
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        node.bring_up()
        assert node.active, node.last_error
    child = subprocess.Popen([
        sys.executable, os.path.abspath(__file__), '--other-side', f'--calls={calls}'])
    print(f'{torch.get_num_threads()} torch thread(s) in the LLM node, two processes on '
          f'{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}, '
          f'{os.environ.get("RMW_IMPLEMENTATION", "default RMW")}')
    print(f'{"":{WIDTH}}{"n":>5}{"median ms":>11}{"p99 ms":>9}{"most ms":>9}', flush=True)
    while child.poll() is None:
        executor.spin_once(timeout_sec=0.05)
    node.on_shutdown(None)
    node.destroy_node()
    rclpy.try_shutdown()
    raise SystemExit(child.returncode)


class OtherSide:
    """The client, and in place of encoder and manager whoever gives latents."""

    def __init__(self, calls: int) -> None:
        rclpy.init()
        self._calls = calls
        self._node = Node('other_side')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._parameters = self._node.create_client(GetParameters, '/llm/get_parameters')
        self._state = self._node.create_client(GetState, '/llm/get_state')
        self._watch = self._node.create_client(Watch, 'watch')
        self._unwatch = self._node.create_client(Unwatch, 'unwatch')
        self._ask = ActionClient(self._node, Ask, 'ask')
        self._latents = self._node.create_publisher(
            LatentTokens, 'latents/camera', latents_qos())
        self._answers: list[Answer] = []
        self._node.create_subscription(Answer, 'answers', self._answers.append, 100)

    def run(self) -> None:
        """Measure in all three situations, one row for each kind of call."""
        self._until(lambda: self._ask.server_is_ready() and self._state.service_is_ready()
                    and self._parameters.service_is_ready())
        self._measure('idle')
        goal = self._generate()
        self._measure('generating')
        self._cancel(goal)
        print_row('a text in work, cancelled: until its result is there',
                  [self._cancel(self._generate()) for _ in range(max(self._calls // 10, 1))],
                  WIDTH)
        self._stand_watch()
        rclpy.try_shutdown()

    def _measure(self, situation: str) -> None:
        for name, client, request in (
                ('get_parameters', self._parameters, GetParameters.Request(names=['max_tokens'])),
                ('get_state', self._state, GetState.Request())):
            times = []
            for _ in range(self._calls):
                began = time.perf_counter()
                self._wait(client.call_async(request))
                times.append((time.perf_counter() - began) * 1e3)
                self._executor.spin_once(timeout_sec=0.005)
            print_row(f'{name}, {situation}', times, WIDTH)

    def _generate(self) -> Any:
        pieces: list[Any] = []
        goal = self._wait(self._ask.send_goal_async(
            Ask.Goal(question='Count from one to a thousand in words.', text_only=True,
                     max_tokens=4000), feedback_callback=pieces.append))
        self._until(lambda: pieces)
        return goal

    def _cancel(self, goal: Any) -> float:
        began = time.perf_counter()
        self._wait(goal.cancel_goal_async())
        self._wait(goal.get_result_async())
        return (time.perf_counter() - began) * 1e3

    def _stand_watch(self) -> None:
        """Publish latents at 20 Hz to eight standing questions, and measure meanwhile."""
        statuses = self._node.create_publisher(ModalityStatus, 'modality_status', latched_qos())
        decisions = self._node.create_publisher(
            ModalityDecision, 'modality_decision', latched_qos())
        statuses.publish(ModalityStatus(modality='camera', latents_topic='/latents/camera',
                                        state=ModalityStatus.ACTIVE))
        decisions.publish(ModalityDecision(modalities=['camera'], selected=[True], reasons=['']))
        self._until(self._latents.get_subscription_count)
        for number in range(8):
            self._wait(self._watch.call_async(Watch.Request(
                question=f'Is there a car in row {number}?', candidates=['yes', 'no'])))
        tokens = torch.randn(TOKENS, VALUES)
        made = Latents('camera', tokens, torch.zeros(TOKENS),
                       torch.zeros(TOKENS, dtype=torch.int64), SOURCE.encoder_id,
                       SOURCE.weights_hash)

        def publish() -> None:
            message = LatentTokens(views=['front'])
            fill_message(message, pack(tokens, 'float16'), made)
            message.header.stamp = stamp_from(time.time_ns())
            self._latents.publish(message)

        timer = self._node.create_timer(0.05, publish)
        self._until(lambda: len(self._answers) > 24)     # what is kept is computed by then
        began, before = time.monotonic(), len(self._answers)
        self._measure('8 standing questions, latents at 20 Hz')
        self._until(lambda: len(self._answers) >= before + 24)
        answers = [answer for answer in self._answers[before:] if answer.success]
        elapsed_s = time.monotonic() - began
        print(f'  meanwhile {len(answers) / elapsed_s:.1f} answers a second, '
              f'{sum(answer.shed for answer in answers) / elapsed_s:.1f} shed; core '
              f'{statistics.median(answer.timing.core_ms for answer in answers):.0f} ms for '
              f'{statistics.median(answer.timing.together for answer in answers):.0f} together; '
              'age of the latents '
              f'{statistics.median(answer.modalities[0].age_s for answer in answers) * 1e3:.0f}'
              ' ms', flush=True)
        self._node.destroy_timer(timer)
        self._wait(self._unwatch.call_async(Unwatch.Request(id='*')))

    def _until(self, condition: Callable[[], Any]) -> None:
        while not condition():
            self._executor.spin_once(timeout_sec=0.05)

    def _wait(self, future: Any) -> Any:
        self._until(future.done)
        return future.result()


if __name__ == '__main__':
    main()
