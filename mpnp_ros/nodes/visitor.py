# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A program that visits the suite: it waits, calls services and prints, on one thread."""

from __future__ import annotations

from collections.abc import Callable
import sys
import time
from typing import Any

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rosgraph_msgs.msg import Clock

from mpnp_ros.nodes.stamps import nanoseconds


class VisitFailed(Exception):
    """The visit cannot go on; the text says why."""


class Visitor:
    """Wait for what the suite does, on the replayed clock."""

    def __init__(self, node: Node, executor: SingleThreadedExecutor, timeout_s: float,
                 services: dict[str, Any]) -> None:
        self.node, self._executor, self._timeout_s = node, executor, timeout_s
        self.bag_ns = 0
        """What /clock said last."""
        node.create_subscription(Clock, '/clock', self._on_clock, 10)
        self.clients = {name: node.create_client(kind, name) for name, kind in services.items()}

    def wait_for_services(self) -> None:
        """Wait until every service is there."""
        for name, client in self.clients.items():
            self.until(client.service_is_ready, f'service {client.srv_name} ({name})')

    def call(self, name: str, request: Any, timeout_s: float = 0.0) -> Any:
        """Call a service and return its response."""
        future = self.clients[name].call_async(request)
        return self.until(lambda: future.done() and future.result(), f'the reply of {name}',
                          timeout_s)

    def until(self, condition: Callable[[], Any], what: str, timeout_s: float = 0.0) -> Any:
        """Let the node work until a condition holds, and return its value; raises VisitFailed."""
        deadline = time.monotonic() + (timeout_s or self._timeout_s)
        while not (value := condition()):
            if time.monotonic() > deadline:
                raise VisitFailed(f'gave up waiting for {what}')
            self._executor.spin_once(timeout_sec=0.05)
        return value

    def work(self) -> None:
        """Let the node work on what has come, without waiting for long."""
        self._executor.spin_once(timeout_sec=0.01)

    def _on_clock(self, message: Clock) -> None:
        self.bag_ns = nanoseconds(message.clock)


def say(text: str) -> None:
    """Print a line at once, also through launch's pipe."""
    print(text, flush=True)


def run_visit(name: str, visit: Callable[[Node, SingleThreadedExecutor], bool],
              args: list[str] | None) -> None:
    """Run a visit as a program; exits with 0 when it returns True, 1 when not or when it fails."""
    rclpy.init(args=args)
    executor = SingleThreadedExecutor()
    node = Node(name)
    executor.add_node(node)
    status = 1
    try:
        status = 0 if visit(node, executor) else 1
    except (VisitFailed, OSError, ValueError, KeyError) as error:
        say(f'the {name} failed: {error}')
    except (KeyboardInterrupt, ExternalShutdownException):
        status = 130
    finally:
        node.destroy_node()
        executor.shutdown()
        rclpy.try_shutdown()
    sys.exit(status)
