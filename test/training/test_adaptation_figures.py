# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What benchmarks/adaptation.py says: the share won back, and the samples it learns from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mpnp_ros.core.samples import TrainingSample
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.bag_questions import gather
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.labelled import Labelled

BENCHMARKS = Path(__file__).resolve().parents[2] / 'benchmarks'


@pytest.fixture
def cases(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Return the modules that the benchmark is made of."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import adaptation
    from adaptation_cases import choice, stages, table, won_back
    yield SimpleNamespace(choice=choice, stages=stages, table=table,
                          won_back=won_back.won_back, command=adaptation.main)


def answers(share: float, count: int = 200) -> np.ndarray:
    """Return so many answers of which a share is right, evenly spread."""
    return np.diff(np.floor(np.arange(count + 1) * share + 1e-9))


def scenes(count: int = 200, each: int = 5) -> list[str]:
    return [f'scene {index // each}' for index in range(count)]


def labelled(bag: str, scene: str, number: int, stamp_ns: int = 0) -> Labelled:
    question = AskedQuestion(
        f'{scene}, {number}', stamp_ns, 'Is there a car?', 'yes', ('yes', 'no'),
        condition='night', scene=scene, needs_any=('camera', 'lidar'))
    return Labelled(question, bag, scene, TrainingSample(question.text, 'yes', {}), 0)


def nights() -> list[Labelled]:
    return [labelled(f'bag {bag}', f'scene {bag}.{scene}', number)
            for bag in range(6) for scene in range(5) for number in range(9)]


def test_share_is_what_came_back_of_what_was_lost(cases) -> None:
    found = cases.won_back(
        answers(0.8), scenes(), answers(0.5), answers(0.74), scenes())
    assert found.lost == pytest.approx(0.3)
    assert found.share == pytest.approx(0.8)
    assert found.low < 0.8 < found.high


def test_a_loss_that_may_be_none_leaves_the_share_without_an_interval(cases) -> None:
    found = cases.won_back(answers(0.52), scenes(), answers(0.5), answers(0.6), scenes())
    assert found.share == pytest.approx(5.0)
    assert found.low is None and found.high is None
    assert cases.won_back(
        answers(0.5), scenes(), answers(0.6), answers(0.7), scenes()).share is None


def test_answers_before_and_after_are_drawn_together(cases) -> None:
    """With the same gain in every scene only the loss varies; in other orders the gain does."""
    rng = np.random.default_rng(0)
    before = (rng.random(200) < np.repeat(rng.random(40), 5) * 0.6).astype(float)
    after, day = before + 0.2, np.ones(200)
    paired = cases.won_back(day, scenes(), before, after, scenes())
    apart = cases.won_back(
        day, scenes(), before, rng.permutation(after.reshape(40, 5)).reshape(-1), scenes())
    assert paired.share == pytest.approx(apart.share)
    assert paired.high - paired.low < 0.5 * (apart.high - apart.low)


def test_the_same_seed_draws_the_same_samples_and_another_seed_others(cases) -> None:
    first, again, other = (
        [one.question.id for one in cases.choice.choose(nights(), 40, 4, seed)]
        for seed in (0, 0, 1))
    assert first == again and set(first) != set(other) and len(set(first)) == 40


def test_samples_are_a_few_of_a_scene_from_few_bags(cases) -> None:
    chosen = cases.choice.choose(nights(), 38, 4, 3)
    per_scene = [sum(one.scene == scene for one in chosen)
                 for scene in {one.scene for one in chosen}]
    assert max(per_scene) == 4 and len(per_scene) == 10
    assert len({one.bag for one in chosen}) == 2


def test_too_few_samples_are_refused_with_their_number(cases) -> None:
    with pytest.raises(ValueError, match='121 samples.*up to 4 of a scene.*120 in 30 scenes'):
        cases.choice.choose(nights(), 121, 4, 0)


def test_night_is_any_weather_with_sensors_that_work(cases) -> None:
    given = ('night', 'night, rain', 'night, dead lidar', 'night, fog, dead camera', 'day')
    assert [cases.choice.at(one, 'night') for one in given] == [True, True, False, False, False]


def test_a_recording_holds_the_chosen_questions_of_its_bags_alone(cases, suite, tmp_path) -> None:
    given = gather([suite.folder / 'first'], [], ['camera', 'lidar'], Problems())[0]
    chosen = [labelled('first_drive', 'a', number, stamp_ns=given.start_ns)
              for number in range(2)]
    cases.choice.write_recording(tmp_path / 'recording', chosen, {'first_drive': given.path})
    (found,) = gather([tmp_path / 'recording'], [], ['camera', 'lidar'], Problems())
    assert found.path.resolve() == given.path.resolve()
    assert found.questions == tuple(one.question for one in chosen)


def test_scenes_that_are_asked_about_are_not_learned_from(
        cases, suite, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(sys, 'argv', [
        'adaptation.py', '--train', str(suite.folder / 'first'), '--test',
        str(suite.folder / 'first'), '--out', str(tmp_path / 'out'), '--suite',
        str(suite.params_file), '--cache', str(tmp_path / 'tokens')])
    assert cases.command() == 2
    assert 'scenes are learned from and held out' in capsys.readouterr().err


@pytest.fixture
def finished(cases, tmp_path) -> Any:
    """Return a run of ten scenes by day and ten at night: the lidar wins back half of the loss."""
    stages = cases.stages.Stages(tmp_path)
    stages.begin({'llm': 'tiny', 'samples': 8, 'seconds': 3.0, 'threads': 1})
    asked = [{'id': f'{index}', 'scene': f'{index // 4}', 'type': 'exist', 'either': True,
              'mixed': True, 'condition': 'day' if index < 40 else 'night, fog'}
             for index in range(80)]
    stages.add('questions', {'questions': asked})
    stages.add('question_only', {'right': '10' * 40})
    stages.add('before', {'right': '1' * 40 + '1000' * 10})
    return stages


def stage(marks: str, **changes: Any) -> dict[str, Any]:
    return {'right': {'camera and lidar': marks}, 'taken_over': True, 'samples': 8, 'scenes': 2,
            'learned': ['lidar'], 'seconds': 2.0, 'flops': 1e12, 'peak_mib': None, 'steps': 5,
            **changes}


def test_figures_are_of_the_night_and_of_the_mean_over_seeds(cases, finished) -> None:
    for seed, marks in enumerate(('1110' * 10, '1100' * 10)):
        finished.add(f'lidar_{seed}', stage('0' * 40 + marks))
    found = cases.table.figures(finished)
    (row,) = found['populations']['all questions']['adapted']
    assert row['night']['mean'] == pytest.approx(0.625)
    assert row['gain']['mean'] == pytest.approx(0.375)
    assert row['won_back']['share'] == pytest.approx(0.5)
    assert '| 50 % [' in cases.table.report(found)


def test_samples_of_all_conditions_are_judged_in_each(cases, finished) -> None:
    finished.add('everywhere_0', stage('1' * 40 + '1100' * 10))
    found = cases.table.figures(finished)
    gains = {name: one['gain']['mean'] for name, one in found['conditions'].items()}
    assert gains == {'day': 0.0, 'night': 0.25, 'fog': 0.25, 'all': 0.125}


def test_a_folder_of_another_run_is_refused_with_what_differs(finished) -> None:
    with pytest.raises(TrainError, match='samples is 8 there and 9 now'):
        finished.begin({**finished.setup(), 'samples': 9})
