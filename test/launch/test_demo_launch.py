# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The demo as a newcomer runs it: real nodes, the shipped drive, its answers, exit code 0."""

import os
import subprocess

import pytest

pytestmark = [pytest.mark.ros, pytest.mark.weights]


def launch_demo(domain: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ['ros2', 'launch', 'mpnp_ros', 'demo.launch.py', *arguments], check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=280,
        env={**os.environ, 'ROS_DOMAIN_ID': str(domain)})


@pytest.mark.timeout(300)
def test_demo_answers_and_loses_the_colour_with_the_camera(domain, need_weights) -> None:
    need_weights('smollm2-135m-instruct')
    need_weights('efficientnet-lite0')
    done = launch_demo(domain)
    assert done.returncode == 0, done.stdout
    assert '6 of 6 steps as expected' in done.stdout
    assert 'no longer answerable' in done.stdout
    assert 'Traceback' not in done.stdout


def test_demo_that_cannot_run_says_so_and_fails(domain, tmp_path) -> None:
    (tmp_path / 'none.jsonl').write_text('', encoding='utf-8')
    done = subprocess.run(
        ['ros2', 'run', 'mpnp_ros', 'demo_node', '--ros-args', '-p',
         f'questions:={tmp_path / "none.jsonl"}'], check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
        env={**os.environ, 'ROS_DOMAIN_ID': str(domain)})
    assert done.returncode != 0
    assert 'the demo failed: ' in done.stdout
