# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Bags evaluated offline: the same bytes each time, resumed after a stop, whatever goes wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
import dataclasses
from pathlib import Path
import shutil

import pytest
from tiny_suite import make_suite, START_NS, STEP_NS, TinySuite

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.evaluation.offline.offline_run import evaluate_offline, OfflineOptions
from mpnp_ros.evaluation.offline.offline_suite import Ablation
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.bag_questions import BagQuestions
from mpnp_ros.evaluation.record import QUESTION_ONLY, Record, SHUFFLED
from mpnp_ros.evaluation.run_folder import RunError, RunFolder
from mpnp_ros.suite.configuration import read_configuration
from mpnp_ros.suite.loading import load_answerer


@pytest.fixture(scope='module')
def suite(tmp_path_factory: pytest.TempPathFactory) -> TinySuite:
    return make_suite(tmp_path_factory.mktemp('suite'))


@pytest.fixture(scope='module')
def drive(suite: TinySuite) -> list[BagQuestions]:
    return suite.questions(suite.drive('one', 19))


def evaluate(bags: list[BagQuestions], options: OfflineOptions, out: Path,
             **more: object) -> RunFolder:
    return evaluate_offline(bags, options, out, Problems(), **more)


def answers(run: RunFolder, control: str = '') -> list[Record]:
    return [record for record in run.records() if record.control == control]


@pytest.fixture(scope='module')
def whole(suite: TinySuite, drive: list[BagQuestions],
          tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return evaluate(drive, suite.options(), tmp_path_factory.mktemp('runs') / 'whole')


def test_every_question_is_answered_and_controlled(whole: RunFolder) -> None:
    assert Counter(record.control for record in whole.records()) == {
        '': 57, QUESTION_ONLY: 57, SHUFFLED: 57}
    assert len({record.id for record in answers(whole)}) == 57
    assert all(record.modality_set == 'lidar' for record in answers(whole))
    assert all(record.modality_set == 'none' for record in answers(whole, QUESTION_ONLY))
    assert not list(whole.problems())


def test_two_runs_give_the_same_bytes(
    suite: TinySuite, drive: list[BagQuestions], whole: RunFolder, tmp_path: Path
) -> None:
    again = evaluate(drive, suite.options(), tmp_path / 'again')
    for name in ('records.jsonl', 'run.json', 'problems.json'):
        assert (again.path / name).read_bytes() == (whole.path / name).read_bytes()


def test_answers_are_those_of_the_node_s_own_core(suite: TinySuite, whole: RunFolder) -> None:
    """One question at a time, on latents made from the sweep of the question's stamp."""
    from tiny_suite import cloud, OPTIONS

    from mpnp_ros.core.latents import Latents, pack, unpack
    from mpnp_ros.encoders.base import create, View
    answerer: Answerer = load_answerer(read_configuration(suite.params_file).llm)
    encoder = create('lidar_range_view', OPTIONS)
    for record in answers(whole)[::7]:
        index = (record.stamp_ns - START_NS) // STEP_NS
        sample = encoder.decode(cloud(record.stamp_ns, 400, seed=index))
        encoded = encoder.encode([sample], [View('top')])
        latents = Latents('lidar', unpack(pack(encoded.tokens, 'float16')), encoded.azimuth,
                          encoded.view, encoder.id, encoder.weights_hash)
        alone = answerer.answer(record.question, {'lidar': latents},
                                candidates=record.candidates, max_new_tokens=3)
        assert record.answer == alone.text
        assert record.scores == pytest.approx(alone.scores, abs=2e-5)


def test_the_shuffled_control_sees_another_moment(whole: RunFolder) -> None:
    scored = {record.id: record for record in answers(whole) if record.scores}
    others = [record for record in answers(whole, SHUFFLED) if record.scores]
    assert any(record.scores != scored[record.id].scores for record in others)
    assert all(record.modalities[0].age_s == 0.1 for record in others)


class Stop(Exception):
    """What stops a run between two chunks, as a kill would: what is finished stays."""


def stop_at(moments: int) -> Callable[[int, int, str], None]:
    def progress(done: int, total: int, note: str) -> None:
        if done >= moments:
            raise Stop
    return progress


def test_a_run_that_was_stopped_goes_on_and_ends_the_same(
    suite: TinySuite, drive: list[BagQuestions], whole: RunFolder, tmp_path: Path
) -> None:
    out = tmp_path / 'resumed'
    for moments in (1, 17, 20):
        with pytest.raises(Stop):
            evaluate(drive, suite.options(), out, progress=stop_at(moments))
        assert not (out / 'records.jsonl').exists()
    seen: list[int] = []
    resumed = evaluate(drive, suite.options(), out,
                       progress=lambda done, total, note: seen.append(done))
    assert seen[0] >= 19   # the answers were done: only what was left of the control was run
    assert (resumed.path / 'records.jsonl').read_bytes() == (
        whole.path / 'records.jsonl').read_bytes()


def test_a_resumed_run_knows_what_was_refused_before_the_stop(
    suite: TinySuite, tmp_path: Path
) -> None:
    """The sweeps around the stop are broken: the latents from before it serve behind it."""
    damaged = suite.questions(suite.drive('damaged', 19, broken=(3, 15, 16, 17, 18)))
    whole = evaluate(damaged, suite.options(controls=()), tmp_path / 'whole')
    with pytest.raises(Stop):
        evaluate(damaged, suite.options(controls=()), tmp_path / 'resumed', progress=stop_at(1))
    resumed = evaluate(damaged, suite.options(controls=()), tmp_path / 'resumed')
    assert [problem.count for problem in whole.problems()] == [1 + 1 + 2 + 3 + 4]
    for name in ('records.jsonl', 'problems.json', 'run.json'):
        assert (resumed.path / name).read_bytes() == (whole.path / name).read_bytes()
    used = [record.modality_set for record in answers(whole)]
    assert used[-6:] == ['lidar'] * 3 + ['none'] * 3   # the latents of sweep 14 grow too old


def test_the_work_of_another_run_is_not_built_upon(
    suite: TinySuite, drive: list[BagQuestions], tmp_path: Path
) -> None:
    evaluate(drive, suite.options(controls=()), tmp_path / 'run', keep_work=True)
    with pytest.raises(RunError, match='unfinished evaluation of other inputs'):
        evaluate(drive, suite.options(controls=(), settle_s=0.2), tmp_path / 'run')


def test_several_workers_give_the_records_of_one(suite: TinySuite, tmp_path: Path) -> None:
    bags = suite.questions(suite.drive('two', 5), suite.drive('three', 9))
    one = evaluate(bags, suite.options(), tmp_path / 'one')
    two = evaluate(bags, suite.options(workers=2), tmp_path / 'two')
    assert (one.path / 'records.jsonl').read_bytes() == (two.path / 'records.jsonl').read_bytes()


def test_a_bag_that_cannot_be_read_costs_only_its_own_share(
    suite: TinySuite, tmp_path: Path
) -> None:
    bags = suite.questions(suite.drive('good', 3), suite.drive('lost', 3))
    shutil.rmtree(bags[1].path)
    problems = Problems()
    run = evaluate_offline(bags, suite.options(), tmp_path / 'run', problems)
    assert {record.bag for record in run.records()} == {bags[0].name}
    assert Counter(record.control for record in run.records())[SHUFFLED] == 9
    assert any('could not be evaluated' in one.what for one in run.problems())


def test_a_sweep_that_cannot_be_used_is_told_and_the_one_before_serves(
    suite: TinySuite, tmp_path: Path
) -> None:
    run = evaluate(suite.questions(suite.drive('holes', 4, broken=(2,))),
                   suite.options(controls=()), tmp_path / 'run')
    used = {record.stamp_ns: record.modalities[0].stamp_ns for record in run.records()}
    broken_ns = START_NS + 2 * STEP_NS
    assert used[broken_ns] == broken_ns - STEP_NS
    assert used[broken_ns + STEP_NS] == broken_ns + STEP_NS
    assert any('lidar, top' in one.what for one in run.problems())


def test_a_sensor_that_froze_is_told_and_not_used_as_on_the_robot(
    suite: TinySuite, tmp_path: Path
) -> None:
    run = evaluate(suite.questions(suite.drive('frozen', 6, frozen_from=1)),
                   suite.options(controls=()), tmp_path / 'run')
    used = {record.stamp_ns: record.modalities[0].stamp_ns for record in run.records()}
    # Of the same data for one second nothing is said, after that its last latents grow old.
    last_ns = START_NS + 3 * STEP_NS
    assert [used[START_NS + index * STEP_NS] for index in range(3, 6)] == [last_ns] * 3
    assert any('frozen: the same data for 1.5 s' in one.what for one in run.problems())


def test_latents_that_are_too_old_are_left_out_and_noted(
    suite: TinySuite, tmp_path: Path
) -> None:
    late = [dataclasses.replace(bag, questions=tuple(
        dataclasses.replace(question, stamp_ns=question.stamp_ns + 5 * 10 ** 9)
        for question in bag.questions[-3:])) for bag in suite.questions(suite.drive('late', 3))]
    run = evaluate(late, suite.options(controls=()), tmp_path / 'run')
    assert all(record.modality_set == 'none' and 'text only: lidar: latents are 5.1' in record.note
               for record in run.records())


def test_a_question_that_names_what_is_not_attached_is_refused(
    suite: TinySuite, tmp_path: Path
) -> None:
    bags = [dataclasses.replace(bag, questions=(dataclasses.replace(
        bag.questions[0], modalities=('radar',)), *bag.questions[1:]))
        for bag in suite.questions(suite.drive('named', 1))]
    first, *rest = answers(evaluate(bags, suite.options(), tmp_path / 'run'))
    assert "modality 'radar' is not attached; attached: lidar" in first.refusal
    assert first.right is False and not any(record.refusal for record in rest)


def test_an_ablation_changes_the_scores_and_nothing_else(
    suite: TinySuite, drive: list[BagQuestions], whole: RunFolder, tmp_path: Path
) -> None:
    closed = evaluate(drive, suite.options(ablation=Ablation(gates={'lidar': 0.0})),
                      tmp_path / 'closed')
    blind = {record.id: record.scores for record in answers(whole, QUESTION_ONLY)}
    for record in answers(closed):
        assert record.scores == pytest.approx(blind[record.id], abs=1e-5)
    half = evaluate(drive, suite.options(ablation=Ablation(connected_blocks=1)),
                    tmp_path / 'half')
    assert answers(half)[0].modalities[0].gates[0] == 0.0
    assert [one.scores for one in answers(half)] != [one.scores for one in answers(whole)]


def test_an_ablation_of_what_is_not_there_is_refused(
    suite: TinySuite, drive: list[BagQuestions], tmp_path: Path
) -> None:
    with pytest.raises(RunError, match='the connectors have 2'):
        evaluate(drive, suite.options(ablation=Ablation(connected_blocks=9)), tmp_path / 'run')
