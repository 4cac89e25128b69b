# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever clients do, each question has an answer or a refusal, and the next one is answered."""

from __future__ import annotations

import os
from pathlib import Path
import signal
import subprocess
import sys

from rclpy.qos import QoSProfile
from running_suite import RunningSuite
from user import ASKED, User

from mpnp_ros.srv import Query

Code = Query.Response
CLIENTS, QUESTIONS, QUEUE_SIZE, MIB = 5, 50, 8, 2 ** 20
# A client is sent the replies to all others too, and these live in one busy process.
DEEP = QoSProfile(depth=2 * QUESTIONS)


def test_fifty_questions_at_once_get_an_answer_or_are_told_that_it_is_busy(
    suite: RunningSuite, user: User
) -> None:
    clients = [user.node.create_client(Query, 'query', qos_profile=DEEP) for _ in range(CLIENTS)]
    try:
        user.until(lambda: all(one.service_is_ready() for one in clients), 'the service')
        futures = [clients[number % CLIENTS].call_async(Query.Request(**ASKED))
                   for number in range(QUESTIONS)]
        user.until(lambda: all(future.done() for future in futures), 'all responses', 30.0)
    finally:
        for one in clients:
            user.node.destroy_client(one)
    responses = [future.result() for future in futures]
    assert {response.error_code for response in responses} <= {Code.OK, Code.ERROR_BUSY}
    assert sum(response.success for response in responses) >= QUEUE_SIZE
    for response in responses:
        assert response.text if response.success else 'busy' in response.message
    assert user.uses_lidar() and not suite.ended()


def test_a_client_that_dies_in_mid_stream_keeps_nobody_waiting(
    suite: RunningSuite, user: User, domain: int
) -> None:
    client = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name('dying_client.py'))],
        env={**os.environ, 'ROS_DOMAIN_ID': str(domain)})
    user.until(lambda: client.poll() is not None, 'the death of the client')
    assert client.returncode == -signal.SIGKILL
    response = user.until(user.ask, 'the next answer')
    assert response.success, response.message
    assert not suite.ended()


def test_a_question_of_many_megabytes_is_refused_by_its_size(
    suite: RunningSuite, user: User
) -> None:
    response = user.ask(question=64 * MIB * 'a')
    assert response is not None and response.error_code == Code.ERROR_QUESTION
    assert f'{64 * MIB} bytes, the limit is 4096' in response.message
    assert user.uses_lidar() and not suite.ended()
