# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Latents recorded as a bag answer again as they did, without a sensor or an encoder."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from tiny_suite import make_suite, TinySuite

from mpnp_ros.evaluation.bags.bag import Bag
from mpnp_ros.evaluation.offline.latent_bag import STATUS_TOPIC, write_latent_bags
from mpnp_ros.evaluation.offline.offline_run import evaluate_offline, WORK
from mpnp_ros.evaluation.offline.offline_suite import Ablation
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.bag_questions import BagQuestions, gather
from mpnp_ros.evaluation.record import Record
from mpnp_ros.evaluation.run_folder import RunFolder

MOMENTS = 11


@pytest.fixture(scope='module')
def suite(tmp_path_factory: pytest.TempPathFactory) -> TinySuite:
    return make_suite(tmp_path_factory.mktemp('suite'))


@pytest.fixture(scope='module')
def drive(suite: TinySuite) -> BagQuestions:
    return suite.questions(suite.drive('one', MOMENTS))[0]


@pytest.fixture(scope='module')
def seen(suite: TinySuite, drive: BagQuestions) -> RunFolder:
    return evaluate_offline([drive], suite.options(), suite.folder / 'seen', Problems(),
                            keep_work=True)


@pytest.fixture(scope='module')
def recorded(suite: TinySuite, drive: BagQuestions, seen: RunFolder) -> BagQuestions:
    [path] = write_latent_bags(seen.path / WORK, suite.folder / 'latents', [drive.name])
    problems = Problems()
    [bag] = gather([path], [drive.path.parent / 'questions.jsonl'], ['lidar'], problems,
                   after_end_s=1.0)
    assert not list(problems)
    return bag


def comparable(run: RunFolder) -> list[Record]:
    """Return the records without what tells the two bags apart."""
    return [dataclasses.replace(record, id='', bag='', scene='', flops={})
            for record in run.records()]


def test_answers_are_the_same_bit_for_bit(
    suite: TinySuite, seen: RunFolder, recorded: BagQuestions, tmp_path: Path
) -> None:
    again = evaluate_offline([recorded], suite.options(), tmp_path / 'again', Problems())
    assert comparable(again) == comparable(seen)
    assert not list(again.problems())
    assert again.read_json('run.json')['encoders'] == {}


def test_a_latent_bag_knows_its_encoder_and_weights(
    seen: RunFolder, recorded: BagQuestions
) -> None:
    [encoder] = seen.read_json('run.json')['encoders'].values()
    with Bag(recorded.path, Problems()) as bag:
        assert set(bag.topics) == {STATUS_TOPIC, '/mpnp/latents/lidar'}
        messages = [bag.decode(message) for message in bag.messages(['/mpnp/latents/lidar'])]
    assert len(messages) == MOMENTS
    assert {(one.encoder_id, one.weights_hash) for one in messages} == {
        (encoder['id'], encoder['weights_hash'])}


def test_latents_of_another_encoder_are_refused_by_name(
    suite: TinySuite, recorded: BagQuestions, tmp_path: Path
) -> None:
    other = make_suite_with_beams(suite, tmp_path, 16)
    run = evaluate_offline([recorded], other.options(controls=()), tmp_path / 'run', Problems())
    assert all(record.modality_set == 'none' for record in run.records())
    assert any('latents refused' in problem.what and 'beams=16' in problem.what
               for problem in run.problems())


def test_ablations_run_on_latents_alone(
    suite: TinySuite, seen: RunFolder, recorded: BagQuestions, tmp_path: Path
) -> None:
    run = evaluate_offline(
        [recorded], suite.options(controls=(), ablation=Ablation(connected_blocks=1)),
        tmp_path / 'run', Problems())
    assert [one.scores for one in run.records()] != [
        one.scores for one in seen.records() if not one.control]
    assert not run.read_json('run.json')['encoders']


def make_suite_with_beams(suite: TinySuite, folder: Path, beams: int) -> TinySuite:
    """Return a suite whose connectors were made for an encoder of more beams."""
    import tiny_suite
    before = tiny_suite.OPTIONS
    tiny_suite.OPTIONS = {**before, 'beams': beams}
    try:
        (folder / 'other').mkdir()
        return make_suite(folder / 'other')
    finally:
        tiny_suite.OPTIONS = before
