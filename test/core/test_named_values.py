# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A question that uses the name of a token's value is about that token, before any learning."""

from __future__ import annotations

import pytest
from tiny_models import ENCODER_HASH, llm
import torch

from mpnp_ros.core.connector import ConnectorConfig
from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.named_values import name_values, uses
from mpnp_ros.core.relevance import question_words
from mpnp_ros.encoders.base import value_names

NAMES = ('car', 'bus', 'standing', 'not standing', '')
QUESTIONS = ['are there any cars?', 'is there a bus?', 'how many buses are there?',
             'is a standing car there?', 'what is the colour of the car?', 'is it not standing?',
             'is the way clear?', 'are buses standing?', 'how many cars are not standing?']


def made(**changes: object) -> Connectors:
    given = llm()
    return Connectors.create(
        given, {'camera': Source('camera_encoder', ENCODER_HASH, 12)}, connected_blocks=2,
        hidden=16, **{'answer_only': True, 'relevance': 4,  # type: ignore[arg-type]
                      'names': {'camera': NAMES}, **changes})


def words(questions: list[str]) -> torch.Tensor:
    given = llm()
    return question_words(given.model.get_input_embeddings(), [
        given.prompt(question) for question in questions], given.format.lead, given.device)


def test_names_are_used_in_singular_and_plural_and_the_longest_counts() -> None:
    assert uses('How many buses are not standing?', NAMES) == [False, True, False, True, False]
    assert uses('Is the car near a scarf?', NAMES) == [True, False, False, False, False]
    assert uses('Are cars standing, and one not standing?', NAMES) == [
        True, False, True, True, False]


def test_a_question_opens_the_tokens_whose_names_it_uses() -> None:
    connectors = made()
    relevance = connectors['camera'].relevance
    assert relevance is not None
    torch.nn.init.zeros_(relevance.key.weight)      # what is learned says nothing yet
    asked = words(QUESTIONS)
    relevance.mean.copy_(asked.mean(0))
    name_values(connectors, QUESTIONS, asked, ['camera'])
    tokens = torch.eye(len(NAMES), 12)[None]                          # one of each value
    factors, offsets = relevance(torch.zeros(1, len(NAMES), 16), tokens)
    meant = torch.einsum('ntw,qw->nqt', factors[:, 0], asked) + offsets
    strength = float(relevance.strength[0].detach())
    for question, row in zip(QUESTIONS, meant[0].tolist()):
        for name, used, found in zip(NAMES, uses(question, NAMES), row):
            expected = strength * (used - 0.5) if name else 0.0
            assert found == pytest.approx(expected, abs=0.2 * strength), (question, name)


def test_what_has_learned_already_stays_as_it_is() -> None:
    connectors = made()
    name_values(connectors, QUESTIONS, words(QUESTIONS), [])
    relevance = connectors['camera'].relevance
    assert relevance is not None and not relevance.named.any()


def test_names_need_relevance_and_tokens_wide_enough() -> None:
    config = made()['camera'].config
    with pytest.raises(ValueError, match='5 values have names: tokens are 4 wide'):
        ConnectorConfig(**{**vars(config), 'width': 4})
    assert made(relevance=0)['camera'].config.names == ()


def test_encoders_that_find_objects_name_them() -> None:
    names = value_names('camera_objects/camera/input_width=320')
    assert names[:3] == ('barrier', 'bicycle', 'bus') and names[-1] == 'not standing'
    assert value_names('lidar_objects/lidar/beams=32') == names
    assert value_names('imu_window/formulas1') == value_names('of_another_package') == ()
