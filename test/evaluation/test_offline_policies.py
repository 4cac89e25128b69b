# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Policies that look at questions, offline: what each question gets, why, the same each time."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_suite import START_NS, STEP_NS
from two_sensors import CLEAR, COLOUR, make_two_sensors, TwoSensors

from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.question_vectors import question_vectors
from mpnp_ros.evaluation.offline.latent_bag import write_latent_bags
from mpnp_ros.evaluation.offline.offline_run import evaluate_offline, WORK
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.bag_questions import BagQuestions, gather
from mpnp_ros.evaluation.record import Record, SHUFFLED
from mpnp_ros.evaluation.run_folder import RunError, RunFolder
from mpnp_ros.manager.features import Features, NgramFeatures, StateFeatures
from mpnp_ros.manager.outcome import Outcome
from mpnp_ros.manager.relevance_fit import fit
from mpnp_ros.manager.replay import subsets
from mpnp_ros.suite.configuration import read_configuration

MOMENTS, DARK = 18, (3, 4)
TOLD_BY = {COLOUR: 'camera', CLEAR: 'lidar'}


@pytest.fixture(scope='module')
def suite(tmp_path_factory: pytest.TempPathFactory) -> TwoSensors:
    return make_two_sensors(tmp_path_factory.mktemp('suite'))


@pytest.fixture(scope='module')
def drive(suite: TwoSensors) -> list[BagQuestions]:
    return suite.questions(suite.drive('one', MOMENTS, dark=DARK))


def evaluate(suite: TwoSensors, bags: list[BagQuestions], out: Path, policy: str = 'rules', *,
             problems: Problems | None = None, keep_work: bool = False, workers: int = 1,
             **manager: Any) -> RunFolder:
    overrides = {f'modality_manager.{name}': value
                 for name, value in {'policy': policy, **manager}.items()}
    return evaluate_offline(bags, suite.options(overrides=overrides, workers=workers), out,
                            problems or Problems(), keep_work=keep_work)


@pytest.fixture(scope='module')
def ruled(suite: TwoSensors, drive: list[BagQuestions],
          tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return evaluate(suite, drive, tmp_path_factory.mktemp('runs') / 'ruled', keep_work=True)


def answers(run: RunFolder, question: str, *, dark: bool = False, control: str = ''
            ) -> Iterator[Record]:
    """Return the answers to a question, of moments by day or in the dark."""
    for record in run.records():
        index = (record.stamp_ns - START_NS) // STEP_NS
        if (record.question, record.control, index in DARK) == (question, control, dark):
            yield record


def reasons(record: Record) -> dict[str, str]:
    return {one.modality: ('+' if one.selected else '-') + one.reason for one in record.decision}


@pytest.mark.parametrize(('question', 'used'), TOLD_BY.items())
def test_rules_give_a_question_what_it_needs_and_nothing_else(
    ruled: RunFolder, question: str, used: str
) -> None:
    assert {record.modality_set for record in answers(ruled, question)} == {used}


def test_the_reasons_are_those_of_the_question(ruled: RunFolder) -> None:
    assert reasons(next(answers(ruled, COLOUR))) == {
        'camera': '+colour question (+80 %)', 'lidar': '-not needed: colour question'}
    assert reasons(next(answers(ruled, CLEAR))) == {
        'camera': '-not needed: range question', 'lidar': '+range question (+80 %)'}


def test_only_what_a_question_uses_is_counted(ruled: RunFolder) -> None:
    [camera], [lidar] = ({record.flops['encode'] for record in answers(ruled, question)}
                         for question in (COLOUR, CLEAR))
    assert camera > 0 and lidar > 0 and camera != lidar


def test_a_dark_camera_is_left_out_with_its_reason(ruled: RunFolder) -> None:
    for record in answers(ruled, COLOUR, dark=True):
        assert reasons(record)['camera'].startswith('-dark (mean 0 of 255)')
        assert record.modality_set == 'none'
    assert {record.modality_set for record in answers(ruled, CLEAR, dark=True)} == {'lidar'}


def test_a_camera_that_steps_in_for_a_silent_lidar_is_told_from_it(
    suite: TwoSensors, tmp_path: Path
) -> None:
    bags = suite.questions(suite.drive('silent', 8, silent_after=2))
    last = list(answers(evaluate(suite, bags, tmp_path / 'run'), CLEAR))[-1]
    assert last.modality_set == 'camera'
    assert reasons(last) == {'camera': '+range question (+24 %)',
                             'lidar': '-nothing has arrived on /points for 2.6 s'}


def test_a_lidar_that_never_gave_anything_is_left_out_with_the_cause(
    suite: TwoSensors, tmp_path: Path
) -> None:
    bags = suite.questions(suite.drive('empty', 3, broken=(0, 1, 2)))
    run = evaluate(suite, bags, tmp_path / 'run')
    assert all(reasons(record)['lidar'].startswith('-top: ') and record.modality_set == 'camera'
               for record in answers(run, CLEAR))


def test_the_shuffled_control_sees_the_same_modality_of_another_moment(ruled: RunFolder) -> None:
    for question, used in TOLD_BY.items():
        own = {record.stamp_ns: record.scores for record in answers(ruled, question)}
        others = list(answers(ruled, question, control=SHUFFLED))
        assert {record.modality_set for record in others} <= {used}
        assert any(record.scores != own[record.stamp_ns] for record in others)


def test_two_runs_give_the_same_bytes(
    suite: TwoSensors, drive: list[BagQuestions], ruled: RunFolder, tmp_path: Path
) -> None:
    again = evaluate(suite, drive, tmp_path / 'again')
    for name in ('records.jsonl', 'run.json', 'problems.json'):
        assert (again.path / name).read_bytes() == (ruled.path / name).read_bytes()


def test_several_workers_give_the_records_of_one(suite: TwoSensors, tmp_path: Path) -> None:
    bags = suite.questions(suite.drive('two', 5, dark=(1,)), suite.drive('three', 7, broken=(2,)))
    one = evaluate(suite, bags, tmp_path / 'one')
    two = evaluate(suite, bags, tmp_path / 'two', workers=2)
    assert (one.path / 'records.jsonl').read_bytes() == (two.path / 'records.jsonl').read_bytes()


def test_a_decision_does_not_depend_on_where_a_run_begins(
    suite: TwoSensors, ruled: RunFolder, tmp_path: Path
) -> None:
    """The broken sweep is the first behind the stop: the latents from before it serve."""
    class Stop(Exception):
        pass

    def stop(done: int, _total: int, _note: str) -> None:
        if done:
            raise Stop

    bags = suite.questions(suite.drive('stopped', MOMENTS, dark=(15, 17), broken=(16,)))
    options = suite.options(overrides={'modality_manager.policy': 'rules'})
    whole = evaluate_offline(bags, options, tmp_path / 'whole', Problems())
    with pytest.raises(Stop):
        evaluate_offline(bags, options, tmp_path / 'resumed', Problems(), progress=stop)
    resumed = evaluate_offline(bags, options, tmp_path / 'resumed', Problems())
    for name in ('records.jsonl', 'problems.json'):
        assert (resumed.path / name).read_bytes() == (whole.path / name).read_bytes()


def test_what_a_question_names_is_used_for_it_alone(
    suite: TwoSensors, drive: list[BagQuestions], tmp_path: Path
) -> None:
    bags = [dataclasses.replace(bag, questions=tuple(
        dataclasses.replace(one, modalities=('camera',)) if one.text == CLEAR else one
        for one in bag.questions[:2])) for bag in drive]
    run = evaluate(suite, bags, tmp_path / 'run')
    [named] = answers(run, CLEAR)
    assert named.modality_set == 'camera'
    assert reasons(named)['camera'].startswith('+named by the question "is the way clear?"')
    [other] = answers(run, COLOUR)
    assert reasons(other)['camera'].startswith('+colour question')


def test_a_latent_bag_gives_the_same_decisions(
    suite: TwoSensors, drive: list[BagQuestions], ruled: RunFolder, tmp_path: Path
) -> None:
    [path] = write_latent_bags(ruled.path / WORK, tmp_path / 'latents', [drive[0].name])
    bags = gather([path], [drive[0].path.parent / 'questions.jsonl'], ['camera', 'lidar'],
                  Problems(), after_end_s=1.0)
    again = evaluate(suite, bags, tmp_path / 'again')
    for before, now in zip(ruled.records(), again.records(), strict=True):
        assert (now.answer, now.decision, now.modalities) == (
            before.answer, before.decision, before.modalities)


@pytest.mark.parametrize('policy', ['static', 'all', 'rules'])
def test_a_budget_keeps_out_what_does_not_fit(
    suite: TwoSensors, drive: list[BagQuestions], tmp_path: Path, policy: str
) -> None:
    run = evaluate(suite, drive, tmp_path / 'run', policy,
                   budget_network_bytes_per_s=1.0)
    for question in TOLD_BY:
        for record in answers(run, question):
            assert record.modality_set == 'none'
            assert 'over the budget' in reasons(record)[TOLD_BY[question]]


def test_a_budget_of_what_only_a_clock_tells_is_said_to_have_no_effect(
    suite: TwoSensors, drive: list[BagQuestions], ruled: RunFolder, tmp_path: Path
) -> None:
    run = evaluate(suite, drive, tmp_path / 'run', budget_answer_ms=1e-6)
    assert (run.path / 'records.jsonl').read_bytes() == (
        ruled.path / 'records.jsonl').read_bytes()
    [problem] = run.problems()
    assert 'budget_answer_ms has no effect offline' in problem.what


def learned(path: Path, features: Features, vectors: dict[str, np.ndarray] | None = None) -> str:
    """Write what evaluations would have taught: one modality tells each question."""
    fit([Outcome(question, ('drive', moment), f'{moment}', used, told_by in used)
         for question, told_by in TOLD_BY.items() for moment in range(10)
         for used in subsets(['camera', 'lidar'])], features, vectors=vectors,
        ridge=0.1).save(path)
    return str(path)


def test_what_was_learned_of_words_decides(
    suite: TwoSensors, drive: list[BagQuestions], tmp_path: Path
) -> None:
    relevance = learned(tmp_path / 'relevance.safetensors', NgramFeatures())
    run = evaluate(suite, drive, tmp_path / 'run', 'learned', relevance=relevance)
    for question, used in TOLD_BY.items():
        assert {record.modality_set for record in answers(run, question)} == {used}
    dark = next(answers(run, COLOUR, dark=True))
    assert reasons(dark)['camera'].startswith('-dark')


def test_what_was_learned_of_states_decides_by_the_questions_states(
    suite: TwoSensors, drive: list[BagQuestions], tmp_path: Path
) -> None:
    given = read_configuration(suite.params_file).llm
    llm = LanguageModel.load(given.model)
    connectors = Connectors.load(Path(given.connectors), llm)
    vectors = question_vectors(llm, connectors, list(TOLD_BY))
    block = llm.num_blocks - connectors.connected_blocks
    relevance = learned(
        tmp_path / 'relevance.safetensors', StateFeatures(llm.id, block, vectors.shape[1]),
        dict(zip(TOLD_BY, vectors)))
    runs = [evaluate(suite, drive, tmp_path / name, 'learned', relevance=relevance)
            for name in ('one', 'two')]
    for question, used in TOLD_BY.items():
        assert {record.modality_set for record in answers(runs[0], question)} == {used}
    assert (runs[0].path / 'records.jsonl').read_bytes() == (
        runs[1].path / 'records.jsonl').read_bytes()


def test_states_of_another_model_are_refused(
    suite: TwoSensors, drive: list[BagQuestions], tmp_path: Path
) -> None:
    vectors = dict(zip(TOLD_BY, np.eye(2, 6)))
    relevance = learned(tmp_path / 'relevance.safetensors', StateFeatures('other', 3, 6), vectors)
    with pytest.raises(RunError, match='relevance was learned from those of other'):
        evaluate(suite, drive, tmp_path / 'run', 'learned', relevance=relevance)


@pytest.mark.parametrize(('policy', 'why'), [
    ('oracle', 'knows the answers'), ('learned', 'needs a relevance model'),
    ('best', 'unknown policy')])
def test_a_policy_that_cannot_decide_is_refused(
    suite: TwoSensors, drive: list[BagQuestions], tmp_path: Path, policy: str, why: str
) -> None:
    with pytest.raises(RunError, match=why):
        evaluate(suite, drive, tmp_path / 'run', policy)
