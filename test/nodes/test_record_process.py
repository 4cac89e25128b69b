# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A recorder that is interrupted, or may not write any more, leaves a bag that can be read."""

from collections.abc import Callable, Iterator
import itertools
import os
from pathlib import Path
import resource
import signal
import subprocess
import sys
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
import pytest
from rclpy.serialization import deserialize_message
from std_msgs.msg import String
from word_bags import read_all

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(domain, tmp_path) -> Iterator[Start]:
    """Return a function that starts a recorder of '/words' into tmp_path / 'bag'."""
    started: list[subprocess.Popen[str]] = []

    def process(storage: str = 'mcap', **options: Any) -> subprocess.Popen[str]:
        given = {'bag': tmp_path / 'bag', 'topics': '[/words]', 'autostart': 'true',
                 'min_free_mib': 0, 'storage': storage, 'compression': 'none',
                 'diagnostic_updater.period': 0.1}
        log = (tmp_path / 'log').open('w')
        started.append(subprocess.Popen(
            [sys.executable, '-m', 'mpnp_ros.nodes.record_node', '--ros-args',
             *(word for name, value in given.items() for word in ('-p', f'{name}:={value}'))],
            env={**os.environ, 'ROS_DOMAIN_ID': str(domain)}, text=True,
            stdout=log, stderr=subprocess.STDOUT, **options))
        log.close()
        return started[-1]

    yield process
    for one in started:
        one.kill()
        one.wait()


def said(tmp_path: Path) -> str:
    return (tmp_path / 'log').read_text(encoding='utf-8')


def count_until(graph: Any, done: Callable[[], bool], padding: int = 0) -> None:
    """Say one number after the other to the recorder."""
    publisher = graph.node.create_publisher(String, '/words', 100)
    numbers = itertools.count()

    def say_next() -> bool:
        if publisher.get_subscription_count():
            publisher.publish(String(data=str(next(numbers)).ljust(padding)))
        return done()

    graph.until(say_next, 'what ends the counting')


def numbers_of(messages: list[tuple[str, str, int, bytes]]) -> list[int]:
    return [int(deserialize_message(data, String).data) for _, _, _, data in messages]


@pytest.mark.parametrize('storage, number', [
    ('mcap', signal.SIGINT), ('sqlite3', signal.SIGTERM)])
def test_interrupted_recorder_leaves_a_whole_bag(
        graph, tmp_path, start, storage, number) -> None:
    recorder = start(storage)
    diagnostics = graph.collect(DiagnosticArray, '/diagnostics')

    def in_the_bag() -> int:
        return max((int(value.value) for message in diagnostics for status in message.status
                    for value in status.values if value.key == 'messages'), default=0)

    count_until(graph, lambda: in_the_bag() >= 20)
    recorder.send_signal(number)
    assert recorder.wait(30) == 0, said(tmp_path)
    assert (tmp_path / 'bag' / 'metadata.yaml').is_file()
    kept = numbers_of(read_all(tmp_path / 'bag'))
    assert len(kept) >= in_the_bag()
    assert kept == list(range(kept[0], kept[0] + len(kept)))


def test_recorder_that_may_not_write_says_so_and_stays(graph, tmp_path, start) -> None:
    limit = 3 * 2**20
    recorder = start(preexec_fn=lambda: resource.setrlimit(
        resource.RLIMIT_FSIZE, (limit, limit)))
    count_until(graph, lambda: 'cannot be written any further' in said(tmp_path), padding=100_000)
    assert 'File too large' in said(tmp_path)
    kept = numbers_of(read_all(tmp_path / 'bag'))
    assert 10 < len(kept) < limit / 100_000
    assert kept == list(range(kept[0], kept[0] + len(kept)))
    recorder.send_signal(signal.SIGINT)
    assert recorder.wait(30) == 0, said(tmp_path)
