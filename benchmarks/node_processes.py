# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Nodes in processes of their own, ended with a context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
import subprocess
import sys
from typing import Any


@contextmanager
def running(nodes: Mapping[str, Mapping[str, Any]], options: Sequence[str] = ()) -> Iterator[None]:
    """Run nodes, each with its parameters and the options of all, until the context ends."""
    processes = [subprocess.Popen([
        sys.executable, '-m', f'mpnp_ros.nodes.{node}', '--ros-args', '--log-level', 'warn',
        *options, '-p', 'autostart:=true',
        *(word for name, value in given.items() for word in ('-p', f'{name}:={value}'))])
        for node, given in nodes.items()]
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(60.0)
            except subprocess.TimeoutExpired:
                process.kill()
