# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Nodes of one process: latents pass without a topic, and everything else is as with one."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
from sensors import LIDAR
from suite import Suite

from mpnp_ros.msg import LatentTokens
from mpnp_ros.nodes.encoder_node import EncoderNode
from mpnp_ros.nodes.latent_bus import LatentBus
from mpnp_ros.nodes.llm_node import LlmNode
from mpnp_ros.nodes.qos import latents_qos

ASKED: dict[str, Any] = {'question': 'Is the way clear?', 'candidates': ['yes', 'no']}


class ComposedSuite(Suite):
    """The suite with a bus between its encoder and the LLM node."""

    def __init__(self, graph: Any, connectors: Path) -> None:
        self.bus = LatentBus()
        self.composing = graph
        super().__init__(_With(graph, self.bus), connectors)


class _With:
    """A graph that gives a bus to the nodes that take one."""

    def __init__(self, graph: Any, bus: LatentBus) -> None:
        self._graph, self._bus = graph, bus

    def add(self, kind: Any, **parameters: Any) -> Any:
        make = functools.partial(kind, bus=self._bus) if kind in (EncoderNode, LlmNode) else kind
        return self._graph.add(make, **parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._graph, name)


@pytest.fixture
def suite(graph: Any, lidar_connectors: Path) -> ComposedSuite:
    made = ComposedSuite(graph, lidar_connectors)
    made.until_attached('lidar')
    return made


def test_latents_need_no_topic_unless_somebody_else_listens(suite: ComposedSuite) -> None:
    assert suite.encoder._publisher.get_subscription_count() == 0
    response = suite.ask(**ASKED)
    assert response.success, response.message
    assert [use.modality for use in response.modalities] == ['lidar']
    recorded: list[LatentTokens] = suite.graph.collect(
        LatentTokens, 'latents/lidar', latents_qos())
    suite.graph.until(lambda: len(recorded) > 2, 'latents for a recorder')
    assert {message.modality for message in recorded} == {'lidar'}


def test_an_unplugged_modality_lets_go_of_its_sensor_and_comes_back(
    suite: ComposedSuite
) -> None:
    suite.select([])
    suite.graph.until(lambda: not suite.encoder._views.is_open, 'the sensor to be let go')
    assert suite.encoder._taps == 0
    suite.select(['lidar'])
    suite.until_attached('lidar')
    assert suite.encoder._views.is_open


def test_a_standing_question_is_answered_again(suite: ComposedSuite) -> None:
    from mpnp_ros.msg import Answer
    from mpnp_ros.srv import Watch
    answers: list[Answer] = suite.graph.collect(Answer, 'answers')
    watched = suite.graph.call(
        suite.graph.node.create_client(Watch, 'watch'), Watch.Request(**ASKED))
    assert watched.success, watched.message
    suite.graph.until(lambda: len(answers) >= 2, 'two answers on new latents')
    stamps = [answer.modalities[0].stamp for answer in answers if answer.modalities]
    assert len({(stamp.sec, stamp.nanosec) for stamp in stamps}) >= 2


def test_an_encoder_that_leaves_and_returns_is_used_again(suite: ComposedSuite) -> None:
    suite.composing.remove(suite.encoder)
    assert not suite.bus.serves('/latents/lidar')
    suite.graph.until(lambda: 'lidar' not in suite.llm._attached.cache.taps, 'the lidar to leave')
    suite.encoder = suite.graph.add(EncoderNode, **LIDAR)
    suite.until_attached('lidar')
    assert suite.encoder._publisher.get_subscription_count() == 0


def test_two_encoders_of_one_topic_are_refused(suite: ComposedSuite) -> None:
    second = suite.graph.add(EncoderNode, bring_up=False, **LIDAR)
    second.bring_up()
    assert not second.active
    assert 'two encoders of one process publish on it' in second.last_error
