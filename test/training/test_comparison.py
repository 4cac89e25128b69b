# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A comparison: the same samples for all arms, charges for what each uses, and going on."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from tiny_models import connectors, latents, llm
from tiny_suite import TinySuite
import torch

from mpnp_ros.core.draws import draws_of
from mpnp_ros.core.fusion.fusion import Example
from mpnp_ros.core.fusion.last_blocks import LastBlocks
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.text_states import Text
from mpnp_ros.core.training_config import TrainingConfig
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.suite.configuration import read_configuration
from mpnp_ros.training.comparison.arms import make_arm, QUESTION_ONLY, Shape
from mpnp_ros.training.comparison.comparison import Comparison, Options
from mpnp_ros.training.comparison.conditions import groups_of
from mpnp_ros.training.comparison.curves import at, derived, mean_curve, reaches
from mpnp_ros.training.comparison.data import Data, read_data
from mpnp_ros.training.comparison.judging import ALL, NONE, shown, SHUFFLED
from mpnp_ros.training.comparison.kept_texts import KeptTexts
from mpnp_ros.training.comparison.learning import begin
from mpnp_ros.training.comparison.plan import make_plan, Plan, StepFlops
from mpnp_ros.training.comparison.reporting import write_report
from mpnp_ros.training.comparison.results import Results
from mpnp_ros.training.comparison.trial import Point
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.token_cache import TokenCache

SHAPE = Shape(blocks=2, hidden=16, relevance=4, prompts=3)
OPTIONS = Options({'': 1e12}, batch=4, most_steps=2, shares=(0.5,), on_the_way=6, shape=SHAPE)


@pytest.fixture(scope='module')
def model(suite: TinySuite) -> LanguageModel:
    return LanguageModel.load(suite.folder / 'model')


@pytest.fixture(scope='module')
def data(suite: TinySuite, model: LanguageModel) -> Data:
    configuration = read_configuration(suite.params_file)
    for name in ('learned', 'asked'):
        questions = suite.drive(name, 6).with_name('questions.jsonl')
        lines = [json.loads(line) for line in questions.read_text().splitlines()]
        questions.write_text('\n'.join(json.dumps(
            {**line, 'scene': f'{name} {line["stamp_ns"]}'}) for line in lines))
    return read_data(
        configuration, TokenCache(suite.folder / 'tokens', configuration, 0.1), model,
        suite.folder / 'learned', suite.folder / 'asked', Problems(),
        system_prompt=SHAPE.system_prompt, train_scenes=0, questions=0)


@pytest.fixture
def compare(suite: TinySuite, model: LanguageModel, data: Data,
            tmp_path: Path) -> Callable[[], tuple[Comparison, Results, list[str]]]:
    """Return what begins, or goes on with, the same comparison."""
    def begin() -> tuple[Comparison, Results, list[str]]:
        results, told = Results(tmp_path / 'out'), list[str]()
        results.begin({'llm': model.id, **dataclasses.asdict(OPTIONS)}, data.asked)
        return Comparison(data, model, lambda: LanguageModel.load(suite.folder / 'model'),
                          results, OPTIONS, told.append), results, told
    return begin


def test_a_condition_is_of_all_its_groups() -> None:
    assert groups_of('night, fog, dirty lens') == ('night', 'fog', 'dirty lens')
    assert groups_of('day, dirty lens front, dirty lens back, dead camera back') == (
        'day', 'dirty lens', 'dead camera')
    assert groups_of('dusk, dead lidar_top, snow') == ('dusk', 'dead lidar', 'snow')
    assert groups_of('') == ()


def test_curves_tell_where_an_accuracy_is_reached() -> None:
    ours = [(0.0, 0.2), (10.0, 0.6), (20.0, 0.8)]
    assert reaches(ours, 0.7) == pytest.approx(15.0)
    assert reaches(ours, 0.1) == 0.0
    assert reaches(ours, 0.9) is None
    assert at(ours, 5.0) == pytest.approx(0.4)
    assert at(ours, 99.0) == 0.8
    two = [[Point(0, 0, 0, 0.2, None), Point(1, 4, 8, 0.4, 1.0)],
           [Point(0, 0, 0, 0.4, None), Point(1, 4, 12, 0.6, 1.0)]]
    assert mean_curve(two) == [(0.0, pytest.approx(0.3)), (10.0, pytest.approx(0.5))]


def test_ours_is_compared_where_it_is_nearly_done_and_where_a_baseline_ends() -> None:
    ours = [(0.0, 0.2), (10.0, 0.6), (20.0, 0.8)]
    found = derived(ours, {'slow': [(0.0, 0.2), (80.0, 0.6)], 'weak': [(0.0, 0.3), (5.0, 0.3)]})
    assert found['flops_95'] == pytest.approx(18.0)
    assert (found['best_at_95'], found['best']) == ('weak', 'slow')
    assert found['baseline_95'] == pytest.approx(0.3)
    assert (found['flops_ours'], found['flops_baseline']) == (10.0, 80.0)
    assert found['times_fewer'] == pytest.approx(8.0)
    worse = derived(ours, {'better': [(0.0, 0.2), (5.0, 0.9)]})
    assert worse['flops_ours'] is None
    assert worse['times_fewer'] is None


@pytest.mark.parametrize('about', [{}, {'answer_only': True}, {'relevance': 4}])
def test_states_that_are_kept_for_all_give_what_own_ones_give(about: dict[str, Any]) -> None:
    given = llm()
    made = connectors(given, **{'answer_only': bool(about), **about})
    system = 'Answer in one word.'
    examples = [Example(Text(tuple(given.prompt(question, system)),
                             tuple(given.format.answer(answer))), seen)
                for question, answer, seen in (
                    ('what colour?', 'red', {'camera': latents('camera', seed=1)}),
                    ('is the way clear at all?', 'yes', {}),
                    ('what colour?', 'blue green', {'lidar': latents('lidar', width=7)}))]
    texts = [one.text for one in examples]
    plain = LastBlocks(given, made)
    plain.prepare(texts)
    kept = KeptTexts(given, made.connected_blocks, texts, texts,
                     late=given.format.lead if about else 0)
    with torch.no_grad():
        expected, found = plain(examples), LastBlocks(given, made, kept.asked)(examples)
    torch.testing.assert_close(found.logits[found.counts], expected.logits[expected.counts],
                               rtol=1e-4, atol=1e-4)
    assert torch.equal(found.targets[found.counts], expected.targets[expected.counts])


def test_a_text_is_charged_to_each_training_that_uses_it() -> None:
    given = llm()
    texts = [Text(tuple(given.prompt(question)), (3, 4)) for question in ('who?', 'where is it?')]
    kept = KeptTexts(given, 2, texts, [])
    first = kept.compute(texts)
    assert first[0] > 0
    assert kept.compute([*texts, texts[0]]) == first
    assert kept.compute(texts[:1])[0] < first[0]


def planned(data: Data, budget: float, **changes: Any) -> Plan:
    return make_plan(data, data.learned, None, TrainingConfig(**{
        'steps': 50, 'batch': 4, 'seed': 1, **changes}), costs=StepFlops(1000.0, 200.0),
        budget=budget)


def test_a_plan_keeps_to_its_budget_and_charges_each_moment_once(data: Data) -> None:
    def plan(budget: float) -> list[int]:
        made = planned(data, budget)
        assert len(made.before) == len(made.batches)
        return [one.encode_flops for one in made.before]

    whole = sum({one.question.stamp_ns: one.encode_flops for one in data.learned}.values())
    unbounded = plan(1e18)
    assert len(unbounded) == 50
    assert unbounded[-1] == whole
    bounded = plan(unbounded[2] + 3 * 1000)
    assert bounded == unbounded[:3]
    assert len(plan(0.0)) == 1


def test_connectors_are_trained_on_what_was_planned(data: Data, model: LanguageModel) -> None:
    whole = sum({one.question.stamp_ns: one.encode_flops for one in data.learned}.values())
    plan = planned(data, whole + 3700, alone=0.5, together=2)
    assert plan.steps == [200.0, 400.0, 600.0, 1600.0, 2600.0, 3600.0]
    config = TrainingConfig(steps=6, batch=4, seed=1, alone=0.5, together=2, precision='float32')
    kept = KeptTexts(model, 2, map(data.text, data.learned), [])
    arm = make_arm('ours_plain', model, lambda: model, data.sources, SHAPE, kept, 0)
    samples = [one.sample for one in data.learned]
    asked: list[list[str]] = []
    training = begin(arm, config, samples)
    batch = kept.learned.batch
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept.learned, 'batch', lambda texts: asked.append(
            [one.prompt for one in texts]) or batch(texts))
        while not training.finished:
            training.advance()
    assert asked == [[one.text.prompt for one in examples] for examples in plan.batches]
    draws = draws_of(samples, config)
    assert [draws.next()[1] for _ in plan.batches] == [
        [sorted(one.latents) for one in examples] for examples in plan.batches]


def test_shuffled_sensors_are_those_of_another_scene(data: Data) -> None:
    for one, seen in zip(data.asked, shown(data.asked, SHUFFLED)):
        own = one.labelled.sample.latents['lidar'].tokens
        assert not torch.equal(seen['lidar'].tokens, own)
    assert shown(data.asked, NONE) == [{}] * len(data.asked)


def test_every_arm_is_trained_judged_and_reported(
        compare: Callable[[], tuple[Comparison, Results, list[str]]], data: Data) -> None:
    comparison, results, _ = compare()
    arms = ['ours', 'ours_plain', 'ours_last_1', 'paper', 'input_projection', 'prompt_fuse',
            'ep_alm', 'full', QUESTION_ONLY]
    comparison.run(arms, [0])
    trials = results.trials()
    assert sorted(trials) == sorted(arms)
    samples = {arm: [point.samples for point in trials[arm][0].points] for arm in arms}
    assert samples.pop(QUESTION_ONLY) == []
    assert all(of[0] == 0 and of[-1] > 0 for of in samples.values())
    assert set(trials['ours'][0].right) == {ALL, NONE, SHUFFLED}
    assert all(len(trials[arm][0].right[ALL]) == len(data.asked) for arm in arms)
    tables = write_report(results)
    assert 'full fine-tuning' in tables and 'ours, last 1 blocks' in tables
    assert results.cost('ours_last_1').flops < results.cost('ours').flops
    assert 'not measured' in tables                  # there is one modality: none was removed
    for name in ('results.json', 'table.md', 'accuracy_over_flops.svg', 'accuracy_by_type.svg',
                 'accuracy_over_blocks.svg'):
        assert (results.folder / name).is_file()


def test_what_is_finished_is_passed_over(
        compare: Callable[[], tuple[Comparison, Results, list[str]]]) -> None:
    comparison, results, _ = compare()
    comparison.run(['ep_alm'], [0])
    there = results.trials()
    again, _, told = compare()
    again.run(['ep_alm', QUESTION_ONLY], [0])
    assert told[0] == 'ep_alm, seed 0: finished before'
    assert results.trials()['ep_alm'] == there['ep_alm']
    assert QUESTION_ONLY in results.trials()


def test_a_folder_of_another_comparison_is_refused(data: Data, tmp_path: Path) -> None:
    Results(tmp_path).begin({'batch': 16, 'llm': 'one'}, data.asked)
    Results(tmp_path).begin({'batch': 16, 'llm': 'one'}, data.asked)
    with pytest.raises(TrainError, match='batch is 16 there and 8 now'):
        Results(tmp_path).begin({'batch': 8, 'llm': 'one'}, data.asked)
