# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The manager follows questions, sensors and budgets, over topics and services."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter

from mpnp_ros.manager.features import StateFeatures
from mpnp_ros.manager.outcome import Outcome
from mpnp_ros.manager.relevance_fit import fit
from mpnp_ros.msg import (
    Answer, ModalityDecision, ModalityStatus, QuestionVector, StandingQuestion, StandingQuestions)
from mpnp_ros.nodes.modality_manager_node import ModalityManagerNode
from mpnp_ros.nodes.qos import latched_qos
from mpnp_ros.srv import PlanModalities, SetPolicy

COLOUR, RANGE = 'What color is the car?', 'Is the way clear for 10 meters?'
PERIOD_S, MAX_AGE_S = 0.2, 0.6


class World:
    """A manager, and encoders that are nothing but their statuses."""

    def __init__(self, graph: Any, **parameters: Any) -> None:
        self.graph = graph
        self.node = graph.add(ModalityManagerNode, **{
            'policy': 'rules', 'max_age_s': MAX_AGE_S, 'dwell_s': 0.0, **parameters})
        self.decisions = graph.collect(ModalityDecision, 'modality_decision', latched_qos(10))
        self.statuses = graph.node.create_publisher(
            ModalityStatus, 'modality_status', latched_qos(64))
        self.answers = graph.node.create_publisher(Answer, 'answers', 10)
        self.standing = graph.node.create_publisher(
            StandingQuestions, 'standing_questions', latched_qos())
        self.vectors = graph.node.create_publisher(
            QuestionVector, 'question_vectors', latched_qos(64))
        for publisher in (self.statuses, self.answers, self.standing, self.vectors):
            graph.until(publisher.get_subscription_count, 'the manager to listen')
        self.well = {'camera', 'lidar'}
        self._timer = graph.node.create_timer(PERIOD_S, self._beat)
        self.until_selected('camera', 'lidar')

    def _beat(self) -> None:
        for modality in sorted(self.well):
            self.status(modality)

    def status(self, modality: str, **fields: Any) -> None:
        self.statuses.publish(ModalityStatus(**{
            'modality': modality, 'state': ModalityStatus.ACTIVE, 'usability': 1.0, 'age_s': 0.1,
            'latent_rate_hz': 10.0, 'payload_bytes': 10_000, 'encode_flops': 1e8, **fields}))

    def ask(self, question: str) -> None:
        self.answers.publish(Answer(question=question, success=True))

    def until_selected(self, *modalities: str) -> ModalityDecision:
        return self.graph.until(
            lambda: self.decisions and [name for name, used in zip(
                self.decisions[-1].modalities, self.decisions[-1].selected) if used] == list(
                modalities) and self.decisions[-1], f'the selection of {modalities}')

    def reason(self, modality: str) -> str:
        decision = self.decisions[-1]
        return dict(zip(decision.modalities, decision.reasons))[modality]

    def call(self, kind: Any, name: str, **fields: Any) -> Any:
        return self.graph.call(self.graph.node.create_client(kind, name), kind.Request(**fields))


def test_an_answered_question_changes_the_set_and_says_why(graph) -> None:
    world = World(graph)
    world.ask(COLOUR)
    decision = world.until_selected('camera')
    assert (decision.policy, decision.trigger) == ('rules', 'question')
    assert world.reason('lidar') == 'not needed: colour question'
    assert decision.expected_accuracy == pytest.approx(1.0)
    assert decision.network_bytes_per_s == 1e5
    values = {one.key: one.value for one in graph.diagnostics(world.node)['decision'].values}
    assert values['lidar'] == 'left out: not needed: colour question'
    assert values['policy'] == 'rules'


def test_a_standing_question_keeps_its_set_and_what_it_names(graph) -> None:
    world = World(graph)
    world.ask(COLOUR)
    world.until_selected('camera')
    world.standing.publish(StandingQuestions(questions=[
        StandingQuestion(id='1', question=COLOUR, modalities=['lidar'])]))
    world.until_selected('camera', 'lidar')
    assert world.reason('lidar') == f'named by the standing question "{COLOUR}"'
    world.standing.publish(StandingQuestions())
    world.until_selected('camera')


def test_a_dead_encoder_is_replaced_one_period_and_the_maximum_age_after_its_last_status(
    graph
) -> None:
    world = World(graph)
    world.ask(RANGE)
    world.until_selected('lidar')
    graph.spin_for(3 * PERIOD_S)   # its period becomes known
    world.well.remove('lidar')
    died_s = time.monotonic()
    world.until_selected('camera')
    # What this machine does besides may delay the test, hence the margin.
    assert time.monotonic() - died_s < PERIOD_S + MAX_AGE_S + 1.0
    assert world.reason('lidar').startswith('its encoder has fallen silent')
    world.well.add('lidar')
    world.until_selected('lidar')


def test_a_stale_sensor_is_replaced_with_its_status(graph) -> None:
    world = World(graph)
    world.ask(RANGE)
    world.until_selected('lidar')
    world.well.remove('lidar')
    world.status('lidar', state=ModalityStatus.STALE, message='silent for 1.0 s')
    world.until_selected('camera')
    assert world.reason('lidar') == 'silent for 1.0 s'


def test_what_the_link_cannot_carry_is_not_taken(graph) -> None:
    world = World(graph)
    parameters = graph.call(
        graph.node.create_client(SetParameters, 'modality_manager/set_parameters'),
        SetParameters.Request(parameters=[Parameter(
            'budget_network_bytes_per_s', value=150e3).to_parameter_msg()]))
    assert parameters.results[0].successful
    graph.until(lambda: sum(world.decisions[-1].selected) == 1, 'the smaller set')
    assert world.decisions[-1].trigger == 'budget'
    assert ('over the budget: 200 kB/s of 150 kB/s; would fit at up to 5 Hz (max_rate_hz)'
            in world.decisions[-1].reasons)


def test_a_negative_budget_is_refused(graph) -> None:
    world = World(graph)
    for name, value in (('budget_watts', -1.0), ('budget_answer_ms', math.nan)):
        response = graph.call(
            graph.node.create_client(SetParameters, 'modality_manager/set_parameters'),
            SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()]))
        assert not response.results[0].successful and response.results[0].reason
    assert world.node.active


def test_the_policy_is_changed_by_a_service(graph) -> None:
    world = World(graph)
    world.ask(COLOUR)
    world.until_selected('camera')
    response = world.call(SetPolicy, 'set_policy', policy='all')
    assert response.success and response.selected == ['camera', 'lidar']
    assert world.until_selected('camera', 'lidar').policy == 'all'
    for name, cause in (('oracle', 'evaluation only'), ('rulez', "unknown policy 'rulez'"),
                        ('learned', 'mpnp-relevance')):
        response = world.call(SetPolicy, 'set_policy', policy=name)
        assert not response.success and cause in response.message
        assert response.selected == ['camera', 'lidar']


def test_a_plan_for_a_question_changes_nothing_unless_it_is_to_be_kept(graph) -> None:
    world = World(graph)
    plan = world.call(PlanModalities, 'plan_modalities', question=COLOUR)
    assert plan.success and plan.selected == ['camera'] and plan.policy == 'rules'
    assert dict(zip(plan.modalities, plan.reasons))['lidar'] == 'not needed: colour question'
    assert plan.expected_accuracy == pytest.approx(1.0) and plan.flops_per_s == 1e9
    world.until_selected('camera', 'lidar')
    world.call(PlanModalities, 'plan_modalities', question=RANGE, keep_s=0.3)
    assert world.until_selected('lidar').trigger == 'plan_modalities'
    world.until_selected('camera', 'lidar')


@pytest.mark.parametrize(('fields', 'cause'), [
    ({'question': ' '}, 'the question has 1 bytes'), ({'question': 'x' * 5000}, '5000 bytes'),
    ({'question': COLOUR, 'modalities': ['sonar']}, 'unknown modality sonar; known: camera'),
    ({'question': COLOUR, 'keep_s': -1.0}, 'keep_s is -1')])
def test_a_plan_for_nonsense_is_refused(graph, fields: dict, cause: str) -> None:
    response = World(graph).call(PlanModalities, 'plan_modalities', **fields)
    assert not response.success and cause in response.message


def test_a_status_that_cannot_be_true_is_named_in_the_diagnostics(graph) -> None:
    world = World(graph)
    world.well.remove('camera')
    world.status('camera', usability=7.0)
    world.status('', usability=1.0)
    graph.until(lambda: len(world.node._problems) == 2, 'both problems')
    message = graph.diagnostics(world.node)['decision'].message
    assert 'camera: usability 7, expected 0 to 1' in message
    assert 'refused a status: a status without the name of its modality' in message
    world.until_selected('camera', 'lidar')


def test_a_rules_file_with_an_unknown_key_keeps_the_node_up(graph, tmp_path) -> None:
    (tmp_path / 'rules.yaml').write_text('version: 1\nrulse: {}\n')
    node = graph.add(ModalityManagerNode, bring_up=False, policy='rules',
                     rules=str(tmp_path / 'rules.yaml'))
    node.bring_up()
    assert not node.active
    assert "rules.yaml, line 2: unknown key 'rulse'" in node.last_error


def test_a_power_meter_that_is_not_there_is_named(graph, tmp_path) -> None:
    world = World(graph, power_file=str(tmp_path / 'power1_input'), budget_watts=10.0)
    graph.until(lambda: 'power' in world.node._problems, 'the first reading')
    assert 'power1_input: cannot be read' in graph.diagnostics(world.node)['decision'].message


def test_the_states_of_a_question_reach_the_relevance_model(graph, tmp_path) -> None:
    vectors = {'a': np.array([1.0, 0.0]), 'b': np.array([0.0, 1.0])}
    needs = {'a': 'camera', 'b': 'lidar'}
    fit([Outcome(text, ('d', moment), 's', used, needs[text] in used)
         for text in 'ab' for moment in range(30) for used in map(
             frozenset, ((), ('camera',), ('lidar',), ('camera', 'lidar')))],
        StateFeatures('tiny', 3, 2), vectors=vectors).save(tmp_path / 'model')
    world = World(graph, policy='learned', relevance=str(tmp_path / 'model'),
                  accuracy_slack=0.2)
    world.vectors.publish(QuestionVector(
        question='Unseen?', llm='tiny', block=3, vector=[0.1, 0.9]))
    world.ask('Unseen?')
    world.until_selected('lidar')
    world.vectors.publish(QuestionVector(
        question='Unseen?', llm='other', block=3, vector=[0.9, 0.1]))
    graph.until(lambda: 'question_vectors' in world.node._problems, 'the problem')
    assert 'states of other' in world.node._problems['question_vectors']


def test_a_flood_of_garbage_leaves_the_services_prompt(graph) -> None:
    world = World(graph)
    for index in range(300):
        world.status('camera', usability=float(index), quality_message=f'noise {index}')
        world.status(f'ghost_{index}', state=99)
        world.ask(f'question {index}?')
    response = world.call(PlanModalities, 'plan_modalities', question=COLOUR)
    assert response.success and response.selected == ['camera']
    assert set(response.modalities) == {'camera', 'lidar'}
