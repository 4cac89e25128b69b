# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Measure plugging in and out: memory, loading again, and the first answer with a new modality.

Memory and loading are measured on the encoders by themselves, each in a process of its own. The
first answer is measured on the suite: encoder, manager and LLM node as three processes, a sensor
of 10 Hz, the modality plugged in through `set_modalities`; from the manager's decision to the
first answer whose modalities name it. No other suite may run in the same ROS domain.
Run in tools/shell: ROS_DOMAIN_ID=83 python benchmarks/plugging.py
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from node_processes import running
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import Image
import torch

from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.encoders.base import create, View
from mpnp_ros.msg import ModalityDecision, ModalityStatus
from mpnp_ros.nodes.qos import latched_qos
from mpnp_ros.nodes.stamps import nanoseconds
from mpnp_ros.srv import Query, SetModalities
from mpnp_ros.suite.encoder_slot import EncoderSlot

MODEL = 'smollm2-135m-instruct'
ENCODERS = ('camera_efficientnet_lite0', 'camera_clip', 'lidar_range_view')
PERIOD_S = 0.1


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--rounds', type=int, default=10)
    parser.add_argument('--memory-of', choices=ENCODERS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.memory_of:
        measure_memory(given.memory_of, given.rounds)
        return
    print(f'{os.cpu_count()} hardware threads, 1 torch thread in each process')
    print(f'{"":28}{"weights MiB":>12}{"resident MiB: loaded":>22}{"unloaded":>10}'
          f'{"load again ms":>15}')
    for name in ENCODERS:
        subprocess.run([sys.executable, os.path.abspath(__file__), f'--memory-of={name}',
                        f'--rounds={given.rounds}'], check=True)
    print(f'\n{"decision to first answer that uses the camera":46}{"n":>5}{"median ms":>11}'
          f'{"worst ms":>10}')
    for what, unload_after_s in (('weights in memory', 0.0), ('weights on the disk', 0.3)):
        took_ms = measure_plugging(given.rounds, unload_after_s)
        print(f'{what:46}{len(took_ms):>5}{statistics.median(took_ms):>11.0f}'
              f'{max(took_ms):>10.0f}')
    print(f'to reach with weights in memory: {PERIOD_S * 1e3 + 150:.0f} ms, one sensor period + '
          '150 ms')


def measure_memory(name: str, rounds: int) -> None:
    """Print an encoder's row: memory of this process with and without it, time to load it."""
    torch.set_num_threads(1)
    slot = EncoderSlot(lambda: create(name))
    sample = (np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
              if name.startswith('camera') else ring())
    loaded, unloaded, load_ms = [], [], []
    for _ in range(rounds + 1):
        encoder = slot.load()
        assert encoder is not None
        encoder.encode([sample], [View('front')])
        weights = slot.weights_bytes
        loaded.append(resident_mib())
        load_ms.append(slot.load_ms)
        del encoder
        slot.unload()
        unloaded.append(resident_mib())
    print(f'{name:28}{weights / 2**20:>12.1f}{statistics.median(loaded[1:]):>22.1f}'
          f'{statistics.median(unloaded[1:]):>10.1f}{statistics.median(load_ms[1:]):>15.1f}')


def ring() -> np.ndarray:
    """Return a lidar sweep [P, 4] all around."""
    angle = np.linspace(-np.pi, np.pi, 20000)
    return np.stack([8 * np.cos(angle), 8 * np.sin(angle), np.sin(40 * angle), 10 + 0 * angle],
                    axis=1).astype(np.float32)


def resident_mib() -> float:
    """Return the memory of this process that is in RAM, MiB."""
    pages = int(Path('/proc/self/statm').read_text(encoding='ascii').split()[1])
    return pages * os.sysconf('SC_PAGE_SIZE') / 2**20


class Driver:
    """The benchmark's side of the suite: a camera, and somebody who plugs and asks."""

    def __init__(self) -> None:
        self.node = Node('plugging')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self.decision = ModalityDecision()
        self.status = ModalityStatus()
        self.node.create_subscription(
            ModalityDecision, 'modality_decision', self._on_decision, latched_qos())
        self.node.create_subscription(
            ModalityStatus, 'modality_status', self._on_status, latched_qos())
        self._camera = self.node.create_publisher(Image, '/camera/image', 1)
        self._choose = self.node.create_client(SetModalities, 'set_modalities')
        self._query = self.node.create_client(Query, 'query')
        self._random = np.random.default_rng(0)
        self.node.create_timer(PERIOD_S, self._take_picture)

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        """Work until the condition is true and return its value."""
        deadline_s = time.monotonic() + 300.0
        while not (value := condition()):
            if time.monotonic() > deadline_s:
                raise SystemExit(f'waited in vain for {what}')
            self._executor.spin_once(timeout_sec=0.05)
        return value

    def wait_for_suite(self) -> None:
        """Wait until all three nodes are there."""
        self.until(lambda: self.status.modality and self._query.service_is_ready()
                   and self._choose.service_is_ready(), 'the suite')

    def plug(self, modalities: list[str]) -> int:
        """Choose the modalities and return the stamp of the decision that does it, ns."""
        before = self.decision.sequence
        future = self._choose.call_async(SetModalities.Request(modalities=modalities))
        self.until(lambda: future.done() and self.decision.sequence > before, 'the decision')
        return nanoseconds(self.decision.header.stamp)

    def ask(self) -> bool:
        """Ask a question of the camera and tell whether the answer used it."""
        future = self._query.call_async(Query.Request(
            question='Is there a car?', candidates=['yes', 'no'], modalities=['camera']))
        reply = self.until(lambda: future.done() and future.result(), 'the reply')
        return bool(reply.success and reply.modalities)

    def _on_decision(self, decision: ModalityDecision) -> None:
        self.decision = decision

    def _on_status(self, status: ModalityStatus) -> None:
        self.status = status

    def _take_picture(self) -> None:
        message = Image(height=240, width=320, encoding='rgb8', step=960)
        message.header.stamp = self.node.get_clock().now().to_msg()
        message.data.frombytes(self._random.integers(0, 256, 240 * 960, np.uint8).tobytes())
        self._camera.publish(message)


def measure_plugging(rounds: int, unload_after_s: float) -> list[float]:
    """Return the times from a decision to the first answer that uses what it plugged in, ms."""
    with tempfile.TemporaryDirectory() as folder:
        encoder = create('camera_efficientnet_lite0')
        Connectors.create(LanguageModel.load(MODEL), {'camera': Source(
            encoder.id, encoder.weights_hash, encoder.width)}, connected_blocks=8).save(folder)
        del encoder
        with suite(folder, unload_after_s):
            rclpy.init()
            driver = Driver()
            driver.wait_for_suite()
            took_ms = [one_round(driver, unload_after_s) for _ in range(rounds + 1)][1:]
            driver.node.destroy_node()
            rclpy.try_shutdown()
            return took_ms


def one_round(driver: Driver, unload_after_s: float) -> float:
    """Unplug the camera, plug it in again, and time the first answer that uses it, ms."""
    driver.plug([])
    driver.until(lambda: driver.status.state == ModalityStatus.IDLE, 'the camera to idle')
    if unload_after_s:
        driver.until(lambda: driver.status.weights_bytes == 0, 'the weights to leave')
    decided_ns = driver.plug(['camera'])
    while not driver.ask():
        pass
    return (driver.node.get_clock().now().nanoseconds - decided_ns) / 1e6


@contextmanager
def suite(connectors: str, unload_after_s: float) -> Iterator[None]:
    """Run the three nodes, each in a process of its own."""
    nodes = {
        'encoder_node': {
            'modality': 'camera', 'encoder': 'camera_efficientnet_lite0', 'views': '[front]',
            'view.front.topic': '/camera/image', 'status_period_s': '0.1', 'threads': '1',
            'unload_after_s': str(unload_after_s)},
        'modality_manager_node': {},
        'llm_node': {'model': MODEL, 'connectors': connectors, 'threads': '1'},
    }
    with running(nodes):
        yield


if __name__ == '__main__':
    main()
