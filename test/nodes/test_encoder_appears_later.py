# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""An encoder that starts after the suite, with a modality nobody knew, is found and used."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import subprocess
import sys

import pytest
from rclpy.qos import QoSProfile
from sensor_msgs.msg import PointCloud2
from sensors import cloud
from suite import LLM, query

from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.encoders.base import create
from mpnp_ros.msg import ModalityDecision
from mpnp_ros.nodes.llm_node import LlmNode
from mpnp_ros.nodes.modality_manager_node import ModalityManagerNode
from mpnp_ros.nodes.qos import latched_qos
from mpnp_ros.srv import Query


@pytest.fixture
def sonar(domain: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start an encoder of a modality 'sonar' in a process of its own."""
    given = {'autostart': 'true', 'modality': 'sonar', 'encoder': 'lidar_range_view',
             'views': '[bow]', 'view.bow.topic': '/sonar/points', 'status_period_s': '0.2'}
    process = subprocess.Popen(
        [sys.executable, '-m', 'mpnp_ros.nodes.encoder_node', '--ros-args',
         '-r', '__node:=sonar_encoder',
         *(word for name, value in given.items() for word in ('-p', f'{name}:={value}'))],
        env={**os.environ, 'ROS_DOMAIN_ID': str(domain)})
    yield process
    process.terminate()
    process.wait(10.0)


@pytest.fixture
def connectors(default_llm, tmp_path: Path) -> Path:
    """Return a directory with a connector of the lidar; one of the sonar waits beside it."""
    encoder = create('lidar_range_view')
    Connectors.create(default_llm, dict.fromkeys(('lidar', 'sonar'), Source(
        encoder.id, encoder.weights_hash, encoder.width)), connected_blocks=4).save(
            tmp_path / 'connectors')
    (tmp_path / 'connectors' / 'sonar.safetensors').rename(tmp_path / 'sonar.safetensors')
    return tmp_path / 'connectors'


def ask(graph) -> Query.Response:
    return query(graph, question='Is the way clear?', candidates=['yes', 'no'],
                 modalities=['sonar'])


def test_it_is_listed_asked_for_a_connector_and_used_once_that_is_there(
    graph, connectors: Path, sonar: subprocess.Popen[bytes]
) -> None:
    graph.add(ModalityManagerNode)
    graph.add(LlmNode, **LLM, connectors=str(connectors))
    decisions = graph.collect(ModalityDecision, 'modality_decision', latched_qos())
    sensor = graph.node.create_publisher(PointCloud2, '/sonar/points', QoSProfile(depth=1))
    graph.node.create_timer(0.1, lambda: sensor.publish(cloud(graph.node.get_clock().now())))
    graph.until(lambda: decisions and 'sonar' in decisions[-1].modalities, 'the catalogue', 60.0)
    graph.until(lambda: decisions[-1].selected[0], 'the selection')

    refusal = graph.until(
        lambda: 'connector' in (response := ask(graph)).message and response, 'the refusal')
    assert refusal.error_code == Query.Response.ERROR_MODALITY
    assert "'sonar' has no connector" in refusal.message
    assert f'put it into {connectors} as sonar.safetensors' in refusal.message

    (connectors.parent / 'sonar.safetensors').rename(connectors / 'sonar.safetensors')
    answer = graph.until(lambda: (response := ask(graph)).success and response, 'an answer')
    assert [use.modality for use in answer.modalities] == ['sonar']

    sonar.terminate()   # it says so when it goes
    graph.until(lambda: not decisions[-1].selected[0], 'the deselection')
