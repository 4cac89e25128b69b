# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Measure what ROS adds: a latent's way into the LLM node's cache, a query's way there and back.

The LLM node runs in this process as it does in the suite; the encoder's and the client's side run
in a process of their own. The same latents are handed over within this process too, as with
`composed:=true`. Run in tools/shell: python benchmarks/ros_latency.py
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
import os
from pathlib import Path
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

from latency_rows import p99_of
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
import torch

from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.latents import Latents, pack
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.msg import LatentTokens, ModalityDecision, ModalityStatus
from mpnp_ros.nodes.latent_bus import LatentBus
from mpnp_ros.nodes.latents_message import fill_message
from mpnp_ros.nodes.llm_node import LlmNode
from mpnp_ros.nodes.qos import latched_qos, latents_qos
from mpnp_ros.nodes.stamps import nanoseconds, stamp_from
from mpnp_ros.srv import Query

MODEL = 'smollm2-135m-instruct'
ENCODER, HASH = 'benchmark', '0' * 64


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--latents', type=int, default=200)
    parser.add_argument('--queries', type=int, default=50)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--tokens', type=int, default=64)
    parser.add_argument('--width', type=int, default=384,
                        help='150 tokens of 768 are six cameras of 25, in 225 KiB')
    parser.add_argument('--other-side', action='store_true', help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.other_side:
        other_side(given)
    else:
        llm_side(given)


def llm_side(given: argparse.Namespace) -> None:
    """Host the LLM node, time the arrivals, print what both sides measured."""
    with tempfile.TemporaryDirectory() as folder:
        Connectors.create(
            LanguageModel.load(MODEL), {'camera': Source(ENCODER, HASH, given.width)},
            connected_blocks=8).save(folder)
        rclpy.init()
        bus = LatentBus()
        node = LlmNode(bus=bus, parameter_overrides=[
            Parameter('model', value=MODEL), Parameter('connectors', value=str(Path(folder))),
            Parameter('threads', value=given.threads), Parameter('max_age_s', value=3600.0)])
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        node.bring_up()
        assert node.active, node.last_error
    arrivals: list[float] = []
    cache: Any = node._attached.cache
    take = cache._take

    def timed(modality: str, message: LatentTokens) -> bool:
        kept: bool = take(modality, message)
        arrivals.append((time.time_ns() - nanoseconds(message.header.stamp)) / 1e6)
        return kept

    cache._take = timed
    child = subprocess.Popen([
        sys.executable, os.path.abspath(__file__), '--other-side', f'--latents={given.latents}',
        f'--queries={given.queries}', f'--tokens={given.tokens}', f'--width={given.width}',
    ], stdout=subprocess.PIPE, text=True)
    while child.poll() is None:
        executor.spin_once(timeout_sec=0.05)
    assert child.stdout is not None and child.returncode == 0
    overhead = [float(line) for line in child.stdout.read().split()]
    kept = cache.taps['camera']
    assert kept.refused == 0, kept.refusal
    over_topic = list(arrivals)
    within = handed_over(bus, cache, executor, arrivals, given)
    print(f'{torch.get_num_threads()} torch thread(s) in the LLM node, two processes, '
          f'{os.environ.get("RMW_IMPLEMENTATION", "default RMW")}')
    print(f'{"":52}{"n":>5}{"median ms":>11}{"p99 ms":>9}')
    row(f'latent of {given.tokens} x {given.width} fp16 '
        f'({given.tokens * given.width * 2 / 1024:.0f} KiB), publish to cache', over_topic)
    row('the same within one process', within)
    row('query round trip minus core time', overhead)
    node.destroy_node()
    rclpy.try_shutdown()


def handed_over(bus: LatentBus, cache: Any, executor: SingleThreadedExecutor,
                arrivals: list[float], given: argparse.Namespace) -> list[float]:
    """Hand latents over the bus, from a thread as an encoder's, while the node spins."""
    topic = '/composed/camera'
    outlet = bus.open(topic, lambda: None)
    cache.follow({'camera': topic})
    arrivals.clear()

    def encode() -> None:
        for message in messages(given):
            outlet.hand_out(message)
            time.sleep(0.01)

    thread = threading.Thread(target=encode)
    thread.start()
    while thread.is_alive():
        executor.spin_once(timeout_sec=0.05)
    return list(arrivals)


def messages(given: argparse.Namespace) -> Iterator[LatentTokens]:
    """Return latents as an encoder makes them, each with the time it was ready."""
    tokens = torch.from_numpy(np.random.default_rng(0).normal(
        size=(given.tokens, given.width)).astype(np.float32))
    made = Latents('camera', tokens, torch.zeros(given.tokens),
                   torch.zeros(given.tokens, dtype=torch.int64), ENCODER, HASH)
    for _ in range(given.latents):
        message = LatentTokens(views=['front'])
        fill_message(message, pack(tokens, 'float16'), made)
        message.header.stamp = stamp_from(time.time_ns())
        yield message


def row(name: str, values: list[float]) -> None:
    """Print one line of the table."""
    print(f'{name:52}{len(values):>5}{statistics.median(values):>11.2f}{p99_of(values):>9.2f}')


def other_side(given: argparse.Namespace) -> None:
    """Publish latents as an encoder does, then ask; print each query's overhead in ms."""
    rclpy.init()
    node = Node('other_side')
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    status = node.create_publisher(ModalityStatus, 'modality_status', latched_qos())
    decision = node.create_publisher(ModalityDecision, 'modality_decision', latched_qos())
    publisher = node.create_publisher(LatentTokens, 'latents/camera', latents_qos())
    client = node.create_client(Query, 'query')
    status.publish(ModalityStatus(modality='camera', latents_topic='/latents/camera',
                                  state=ModalityStatus.ACTIVE))
    decision.publish(ModalityDecision(modalities=['camera'], selected=[True], reasons=['']))
    while not (publisher.get_subscription_count() and client.service_is_ready()):
        executor.spin_once(timeout_sec=0.05)
    for message in messages(given):
        publisher.publish(message)
        executor.spin_once(timeout_sec=0.02)
    for _ in range(given.queries):
        began = time.perf_counter()
        future = client.call_async(Query.Request(question='Is the way clear?',
                                                 candidates=['yes', 'no']))
        while not future.done():
            executor.spin_once(timeout_sec=1.0)
        elapsed_ms = (time.perf_counter() - began) * 1e3
        reply = future.result()
        assert reply.success and reply.modalities, reply.message
        print(elapsed_ms - reply.timing.core_ms)
    node.destroy_node()
    rclpy.try_shutdown()


if __name__ == '__main__':
    main()
