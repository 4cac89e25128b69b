# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The whole suite in one process: latents pass from encoders to the LLM node without a topic."""

from __future__ import annotations

import argparse
from collections.abc import Callable
import signal
import sys
import threading
from typing import Any

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args

from mpnp_ros.nodes.encoder_node import EncoderNode
from mpnp_ros.nodes.latent_bus import LatentBus
from mpnp_ros.nodes.llm_node import LlmNode
from mpnp_ros.nodes.managed import ManagedNode, shut_down
from mpnp_ros.nodes.modality_manager_node import ModalityManagerNode


class Composed:
    """Nodes of one process, each on an executor and a thread of its own.

    A node's entities are made, used and destroyed on its thread, as in a process of its own.
    """

    def __init__(self) -> None:
        self.bus = LatentBus()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._nodes: list[ManagedNode] = []

    def add(self, make: Callable[..., ManagedNode], name: str, **more: Any) -> ManagedNode:
        """Make a node under a name, and run it until `stop`; raises what its constructor does."""
        node = make(cli_args=['--ros-args', '-r', f'__node:={name}'], **more)
        self._nodes.append(node)
        thread = threading.Thread(target=self._spin, args=(node,), name=name, daemon=True)
        self._threads.append(thread)
        return node

    def start(self) -> None:
        """Run the nodes."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop the nodes, each on its thread."""
        self._stopping.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        for node, thread in zip(self._nodes, self._threads):
            if thread.ident is None:
                shut_down(node)

    def _spin(self, node: ManagedNode) -> None:
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        try:
            if node.parameters.autostart:
                executor.create_task(node.bring_up)
            while not self._stopping.is_set():
                executor.spin_once(timeout_sec=0.2)
        except ExternalShutdownException:
            pass
        finally:
            shut_down(node)
            executor.shutdown()


def compose(encoders: list[str], core: bool) -> Composed:
    """Return the encoder nodes of the names given, and with `core` the manager and the LLM."""
    composed = Composed()
    try:
        for name in encoders:
            composed.add(EncoderNode, name, bus=composed.bus)
        if core:
            composed.add(ModalityManagerNode, 'modality_manager')
            composed.add(LlmNode, 'llm', bus=composed.bus)
    except BaseException:
        composed.stop()
        raise
    return composed


def main(args: list[str] | None = None) -> None:
    """Run the suite in one process until it is told to stop."""
    given = sys.argv if args is None else args
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--encoders', nargs='*', default=[], metavar='NODE',
                        help='names of the encoder nodes, as in the parameter file')
    parser.add_argument('--core', choices=('true', 'false'), default='true',
                        help='run the modality manager and the LLM node too')
    asked = parser.parse_args(remove_ros_args(given)[1:])
    rclpy.init(args=given, signal_handler_options=SignalHandlerOptions.NO)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    composed = None
    try:
        composed = compose(asked.encoders, asked.core == 'true')
        composed.start()
        while not stopping.wait(0.2):   # Python handles a signal between two waits
            pass
    except ValueError as error:  # a parameter that cannot be used
        rclpy.logging.get_logger('mpnp_ros').fatal(str(error))
        raise SystemExit(2) from error
    finally:
        if composed is not None:
            composed.stop()
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
