# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The connectors of the simulated world that come with the package, and the drive of the demo."""

from __future__ import annotations

from collections.abc import Iterator
import json
import re
from typing import Any

import pytest
import torch

from mpnp_ros import shipped
from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.weights import locate, WeightsMissing
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.record import QUESTION_ONLY, SHUFFLED
from mpnp_ros.manager.policies.learned import LearnedPolicy
from mpnp_ros.manager.policy import create_policy
from mpnp_ros.suite.configuration import read_configuration, SuiteConfiguration
from mpnp_ros.suite.loading import load_answerer
from mpnp_ros.training.config import Data
from mpnp_ros.training.labelled import Labelled, read_labelled
from mpnp_ros.training.token_cache import TokenCache

pytestmark = pytest.mark.weights
_MEGABYTES = 20


@pytest.fixture(scope='module')
def configuration() -> SuiteConfiguration:
    """Return the suite of the simulated world; skips where pretrained weights are missing."""
    for name in ('smollm2-135m-instruct', 'efficientnet-lite0'):
        try:
            locate(name)
        except WeightsMissing as missing:
            pytest.skip(str(missing))
    return read_configuration(shipped.configuration('world.yaml'))


@pytest.fixture(scope='module')
def asked(configuration: SuiteConfiguration, tmp_path_factory: Any) -> list[Labelled]:
    """Return what the demo asks, with what the sensors say at those moments."""
    drive, folder = shipped.world_drive(), tmp_path_factory.mktemp('drive')
    lines = (drive / 'questions.jsonl').read_text(encoding='utf-8').splitlines()
    marked = folder / 'questions.jsonl'
    marked.write_text(''.join(
        f'{line}\n' for line in lines if json.loads(line).get('demo')), encoding='utf-8')
    tokens = TokenCache(folder, configuration, Data.model_fields['settle_s'].default)
    return read_labelled([drive / 'bag'], [marked], configuration, tokens, Problems())


@pytest.fixture(scope='module')
def answerer(configuration: SuiteConfiguration) -> Iterator[Answerer]:
    """Return the language model with the connectors."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)   # two are slower wherever something else runs
    yield load_answerer(configuration.llm)
    torch.set_num_threads(before)


@pytest.fixture(scope='module')
def scores() -> dict[str, Any]:
    """Return how the connectors answered what was held out."""
    found: dict[str, Any] = json.loads(
        (shipped.world_connectors() / 'scores.json').read_text(encoding='utf-8'))
    return found


def test_every_sensor_of_the_world_has_a_small_connector(
        configuration: SuiteConfiguration) -> None:
    files = list(shipped.world_connectors().glob('*.safetensors'))
    assert {path.stem for path in files} == set(configuration.modalities)
    assert sum(path.stat().st_size for path in files) < _MEGABYTES * 10 ** 6


def test_card_and_scores_name_no_folder_of_the_machine_they_were_made_on() -> None:
    absolute = re.compile(r'(^|[\s"\'=`(:,\[])/\w+/', re.MULTILINE)
    for path in shipped.world_connectors().iterdir():
        content = path.read_bytes()
        if path.suffix == '.safetensors':   # a length, a header in JSON, and numbers
            content = content[8:8 + int.from_bytes(content[:8], 'little')]
        assert not absolute.search(content.decode('utf-8')), path.name


def test_the_manager_of_the_world_can_go_by_what_was_learned(
        configuration: SuiteConfiguration) -> None:
    policy = create_policy('learned', relevance=configuration.manager.relevance)
    assert isinstance(policy, LearnedPolicy)
    assert set(policy.model.modalities) == set(configuration.modalities)


@pytest.mark.parametrize('control', [QUESTION_ONLY, SHUFFLED])
def test_held_out_questions_are_answered_better_than_by_each_control(
        scores: dict[str, Any], control: str) -> None:
    low = scores['overall']['low']
    high = scores['controls'][control]['overall']['high']
    assert low > high


def test_every_question_of_the_demo_is_answered_right(
        answerer: Answerer, asked: list[Labelled]) -> None:
    assert len(asked) == 6
    for one in asked:
        given = answerer.answer(
            one.question.text, one.sample.latents, candidates=list(one.question.candidates))
        assert given.text == one.sample.answer, one.question.text


def test_without_any_sensor_that_it_needs_the_answer_is_unknown(
        answerer: Answerer, asked: list[Labelled]) -> None:
    for one in asked:
        rest = {name: latents for name, latents in one.sample.latents.items()
                if name not in one.sample.needs}
        given = answerer.answer(one.question.text, rest)
        assert given.text == 'unknown', one.question.text
