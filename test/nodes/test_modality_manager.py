# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The manager keeps the catalogue, decides, and publishes what it decided with reasons."""

import pytest
from sensors import LIDAR

from mpnp_ros.msg import ModalityDecision, ModalityStatus
from mpnp_ros.nodes.encoder_node import EncoderNode
from mpnp_ros.nodes.modality_manager_node import ModalityManagerNode
from mpnp_ros.nodes.qos import latched_qos
from mpnp_ros.srv import GetModalities, SetModalities


def set_modalities(graph, modalities: list[str]) -> SetModalities.Response:
    client = graph.node.create_client(SetModalities, 'set_modalities')
    return graph.call(client, SetModalities.Request(modalities=modalities))


def selected(decision: ModalityDecision) -> list[str]:
    return [name for name, used in zip(decision.modalities, decision.selected) if used]


@pytest.fixture
def decisions(graph):
    """Return the decisions of a manager beside a lidar encoder, once it selected the lidar."""
    graph.add(ModalityManagerNode, offline_after_s=1.0)
    graph.add(EncoderNode, **LIDAR)
    messages = graph.collect(ModalityDecision, 'modality_decision', latched_qos())
    graph.until(lambda: messages and selected(messages[-1]) == ['lidar'], 'the selection')
    return messages


def test_star_takes_an_encoder_that_appears(decisions) -> None:
    assert decisions[-1].trigger == 'catalogue'
    assert decisions[-1].policy == 'static'
    assert decisions[-1].reasons == ['all modalities are asked for']


def test_set_modalities_replaces_the_list(graph, decisions) -> None:
    response = set_modalities(graph, [])
    assert response.success and response.selected == []
    graph.until(lambda: selected(decisions[-1]) == [], 'the empty decision')
    assert decisions[-1].trigger == 'set_modalities'
    assert set_modalities(graph, ['lidar']).selected == ['lidar']


def test_unknown_modality_is_refused_and_nothing_changes(graph, decisions) -> None:
    before = decisions[-1].sequence
    response = set_modalities(graph, ['lidar', 'sonar'])
    assert not response.success
    assert 'sonar' in response.message and 'lidar' in response.message
    assert response.selected == ['lidar']
    graph.spin_for(0.2)
    assert decisions[-1].sequence == before


def test_doubled_modality_is_refused(graph, decisions) -> None:
    response = set_modalities(graph, ['lidar', 'lidar'])
    assert not response.success
    assert 'more than once' in response.message


def test_get_modalities_returns_catalogue_and_decision(graph, decisions) -> None:
    response = graph.call(
        graph.node.create_client(GetModalities, 'get_modalities'), GetModalities.Request())
    assert [status.modality for status in response.catalogue] == ['lidar']
    assert selected(response.decision) == ['lidar']


def test_late_listener_gets_the_decision_in_force(graph, decisions) -> None:
    late = graph.collect(ModalityDecision, 'modality_decision', latched_qos())
    graph.until(lambda: late, 'the latched decision')
    assert (late[0].sequence, late[0].reasons) == (
        decisions[-1].sequence, decisions[-1].reasons)


def test_encoder_that_falls_silent_goes_offline(graph, decisions) -> None:
    """A process that dies says nothing: the manager notices the missing status."""
    status = ModalityStatus(modality='ghost', state=ModalityStatus.ACTIVE)
    graph.node.create_publisher(
        ModalityStatus, 'modality_status', latched_qos()).publish(status)
    graph.until(lambda: selected(decisions[-1]) == ['ghost', 'lidar'], 'the selection')
    graph.until(lambda: selected(decisions[-1]) == ['lidar'], 'the deselection')
    assert decisions[-1].reasons[0] == 'on the list, but its encoder is offline'


def test_bad_list_in_the_parameters_keeps_the_node_up(graph) -> None:
    node = graph.add(ModalityManagerNode, bring_up=False, modalities=['camera', 'camera'])
    node.bring_up()
    assert not node.active
    assert 'camera' in node.last_error
