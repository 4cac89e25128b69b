# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A question that names a modality which is not attached has the manager attach it."""

from __future__ import annotations

from typing import Any

from tiny_llm import CANDIDATES, latents, save_tiny, WIDTHS

from mpnp_ros.core.latents import pack
from mpnp_ros.msg import Answer, LatentTokens, ModalityDecision, ModalityStatus
from mpnp_ros.nodes.latents_message import fill_message
from mpnp_ros.nodes.llm_node import LlmNode
from mpnp_ros.nodes.modality_manager_node import ModalityManagerNode
from mpnp_ros.nodes.qos import latched_qos, latents_qos
from mpnp_ros.srv import Query

COLOUR = 'What color is the car?'


class World:
    """The LLM node on a tiny model and the manager by rules; the test is both encoders."""

    def __init__(self, graph: Any, folder: Any) -> None:
        self.graph = graph
        self.manager = graph.add(ModalityManagerNode, policy='rules')
        self.llm = graph.add(LlmNode, **save_tiny(folder), threads=1, max_age_s=60.0)
        node = graph.node
        self.decisions = graph.collect(ModalityDecision, 'modality_decision', latched_qos())
        self.statuses = node.create_publisher(ModalityStatus, 'modality_status', latched_qos(8))
        self.latents = {name: node.create_publisher(LatentTokens, f'latents/{name}', latents_qos())
                        for name in WIDTHS}
        self._timer = node.create_timer(0.1, self._beat)
        self.querying = node.create_client(Query, 'query')
        self.until_attached('camera', 'lidar')
        graph.until(lambda: self.llm._topic.publisher.get_subscription_count(), 'the manager')

    def _beat(self) -> None:
        for name, publisher in self.latents.items():
            self.statuses.publish(ModalityStatus(
                modality=name, latents_topic=f'latents/{name}', state=ModalityStatus.ACTIVE,
                usability=1.0, age_s=0.1, latent_rate_hz=10.0, encode_flops=1e8))
            if publisher.get_subscription_count():
                made = latents(name, seed=0, width=WIDTHS[name])
                message = LatentTokens(views=['front', 'rear'])
                fill_message(message, pack(made.tokens, 'float32'), made)
                message.header.stamp = self.graph.node.get_clock().now().to_msg()
                publisher.publish(message)

    def until_attached(self, *names: str) -> None:
        taps = self.llm._attached.cache
        self.graph.until(lambda: set(taps.taps) == set(names) and all(
            tap.held for tap in taps.taps.values()), f'latents of {names} alone')

    def ask(self, *modalities: str) -> Query.Response:
        return self.graph.call(self.querying, Query.Request(
            question=COLOUR, candidates=CANDIDATES, modalities=modalities))


def test_a_modality_that_a_query_names_is_attached_for_it(graph, tmp_path) -> None:
    world = World(graph, tmp_path)
    assert [use.modality for use in world.ask().modalities] == ['camera', 'lidar']
    world.until_attached('camera')          # all that a question of colours needs
    refused = world.ask('lidar')
    assert refused.error_code == Query.Response.ERROR_MODALITY
    assert "'lidar' is not attached" in refused.message
    world.until_attached('camera', 'lidar')
    decision = world.decisions[-1]
    assert decision.trigger == 'question'
    assert dict(zip(decision.modalities, decision.reasons))['lidar'] == (
        f'named by the question "{COLOUR}"')
    answered = world.ask('lidar')
    assert answered.success, answered.message
    assert [use.modality for use in answered.modalities] == ['lidar']


def test_a_name_that_no_encoder_offers_is_not_passed_on(graph, tmp_path) -> None:
    world = World(graph, tmp_path)
    answers = graph.collect(Answer, 'answers')
    graph.until(lambda: world.llm._topic.publisher.get_subscription_count() == 2, 'the listener')
    refused = world.ask('sonar', 'lidar', 'lidar')
    assert refused.error_code == Query.Response.ERROR_MODALITY
    graph.until(lambda: answers, 'the published answer')
    assert list(answers[0].named) == ['lidar']
