# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""An adaptation keeps its best by what it watches, and stops where it learns by heart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import json
import math
from pathlib import Path
import shutil
import time
from typing import Any

import pytest
from tiny_models import connectors
from tiny_suite import START_NS, STEP_NS, TinySuite
import torch

from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.samples import TrainingSample
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.training.adaptation.learning import adapt
from mpnp_ros.training.adaptation.limits import Spending
from mpnp_ros.training.adaptation.request import AdaptationRequest, DEFAULT_STEPS
from mpnp_ros.training.adaptation.samples import (
    FEWEST_WATCHED, MOST_WATCHED, read_samples, set_apart, split)
from mpnp_ros.training.adaptation.watch import LOOKS, PATIENCE, Watch
from mpnp_ros.training.labelled import Labelled

MOMENTS, EACH = 6, 30
# The tiny model says 'yes' by itself.
TEXT, CANDIDATES = 'is the way clear?', ['yes', 'no']


class Scripted(Watch):
    """See given likelihoods, one at each look."""

    def __init__(self, made: Connectors, values: Sequence[float]) -> None:
        super().__init__(None, made, [])  # type: ignore[arg-type]
        self._values = iter(values)

    def likelihood(self) -> float:
        return next(self._values)


@pytest.fixture
def tiny(suite: TinySuite) -> Connectors:
    """Return connectors of a tiny model."""
    return connectors(LanguageModel.load(suite.folder / 'model'))


@pytest.fixture
def request_for(suite: TinySuite, tmp_path: Path) -> Callable[..., AdaptationRequest]:
    """Return a function that makes a request to learn from a drive with answers by moment."""
    def make(answers: Sequence[str], **changes: Any) -> AdaptationRequest:
        path = tmp_path / 'given'
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(suite.folder / 'first', path)
        (path / 'questions.jsonl').write_text(''.join(json.dumps({
            'id': f'{index}.{number}', 'stamp_ns': START_NS + index * STEP_NS, 'question': TEXT,
            'candidates': CANDIDATES, 'answer': answer, 'scene': f'{index}'}) + '\n'
            for index, answer in enumerate(answers) for number in range(EACH)), encoding='utf-8')
        return AdaptationRequest(**{
            'data': str(path / 'drive'), 'out': str(tmp_path / 'sets' / '0001'), 'max_steps': 40,
            'tokens': str(suite.folder / 'watched_tokens'), 'suite': str(suite.params_file),
            'llm': {'model': str(suite.folder / 'model'), 'dtype': 'float32', 'device': 'cpu',
                    'system_prompt': '', 'max_tokens': 3}, **changes})
    return make


def learn(request: AdaptationRequest) -> dict[str, Any]:
    shutil.rmtree(Path(request.out).parent, ignore_errors=True)
    return adapt(request, lambda event, **values: None, time.monotonic())


def labelled(scenes: int, each: int, candidates: Sequence[str] = CANDIDATES) -> list[Labelled]:
    return [Labelled(AskedQuestion(f'{scene}.{number}', 0, TEXT, 'yes', tuple(candidates)), 'bag',
                     f'{scene}', TrainingSample(TEXT, 'yes', {}), 0)
            for scene in range(scenes) for number in range(each)]


def test_looks_are_spread_over_the_steps_with_the_first_and_the_last(tiny) -> None:
    watch = Scripted(tiny, [0.0] * 99)
    seen = []
    for step in range(41):
        if watch.due(step, 40):
            watch.look(step)
            seen.append(step)
    assert seen == list(range(0, 41, 40 // LOOKS))
    assert watch.left(40) == 0


def test_steps_that_turn_out_to_be_fewer_end_with_a_look(tiny) -> None:
    watch = Scripted(tiny, [0.0] * 99)
    watch.look(0)
    assert not watch.due(3, 100)
    assert watch.due(3, 3)
    watch.look(3)
    assert not watch.due(3, 3)


def test_looks_stay_apart_when_the_steps_turn_out_to_be_fewer(tiny) -> None:
    watch = Scripted(tiny, [0.0] * 99)
    for step in (0, 40, 80):
        assert watch.due(step, 400)
        watch.look(step)
    assert [step for step in range(81, 95) if watch.due(step, 110)] == [91, 92, 93, 94]
    assert watch.left(110) == 3


def test_connectors_become_again_what_they_were_at_their_best(tiny) -> None:
    watch = Scripted(tiny, [-2.0, -1.0, -1.5])
    parameter = next(tiny.parameters())
    for step in range(3):
        with torch.no_grad():
            parameter.fill_(float(step))
        watch.look(step)
    watch.take_best()
    assert (watch.best, watch.best_step) == (-1.0, 1)
    assert bool((parameter == 1.0).all())


def test_it_is_over_when_some_looks_have_found_nothing_better(tiny) -> None:
    watch = Scripted(tiny, [-3.0, -1.0, *[-2.0] * PATIENCE])
    for step in range(1 + PATIENCE):
        watch.look(step)
        assert not watch.settled
    watch.look(1 + PATIENCE)
    assert watch.settled


def test_a_share_of_the_scenes_that_are_learned_from_is_watched(request_for) -> None:
    given = labelled(10, FEWEST_WATCHED)
    rest, watched = set_apart(given, request_for(['no'] * MOMENTS))
    assert len({one.scene for one in watched}) == 2
    assert {one.scene for one in watched}.isdisjoint(one.scene for one in rest)
    assert len(rest) == 8 * FEWEST_WATCHED and len(watched) == 2 * FEWEST_WATCHED
    assert len(set_apart(labelled(10, 999), request_for(['no']))[1]) == MOST_WATCHED


@pytest.mark.parametrize('given', [
    labelled(10, FEWEST_WATCHED // 2 - 1), labelled(1, 99), labelled(10, 99, candidates=())])
def test_where_too_few_could_be_watched_all_is_learned_from(request_for, given) -> None:
    assert set_apart(given, request_for(['no'])) == (given, [])


def test_what_is_watched_and_gets_worse_stops_the_steps(request_for) -> None:
    """One scene has another answer: the others are learned as if they told it."""
    request = request_for(['no'] * MOMENTS)
    found = read_samples(request, Problems())
    _, watched = set_apart(split(found, request)[0], request)
    (scene,) = {one.scene for one in watched}
    other = request_for(['yes' if f'{index}' == scene else 'no' for index in range(MOMENTS)])
    verdict = learn(other)
    assert verdict['best_step'] == 0
    assert verdict['steps'] == PATIENCE * 40 // LOOKS
    assert not verdict['connectors']


def test_what_is_watched_and_gets_better_lets_them_go_on(request_for) -> None:
    verdict = learn(request_for(['no'] * MOMENTS))
    assert verdict['best_step'] > 0 and verdict['steps'] > PATIENCE * 40 // LOOKS
    assert (verdict['before'], verdict['after']) == (0.0, 1.0)


class _Enough(Exception):
    """End an adaptation at its first step."""


def planned(request: AdaptationRequest) -> int:
    """Return how many steps an adaptation plans at first."""
    steps = 0

    def tell(event: str, **values: Any) -> None:
        nonlocal steps
        if event == 'step':
            steps = values['steps']
            raise _Enough

    with pytest.raises(_Enough):
        adapt(request, tell, time.monotonic())
    return steps


def test_few_samples_are_not_gone_through_again_and_again(request_for) -> None:
    most = math.ceil(20 * (MOMENTS - 2) * EACH / 32)
    assert planned(request_for(['no'] * MOMENTS, max_steps=0)) == most < DEFAULT_STEPS
    assert planned(request_for(['no'] * MOMENTS, max_steps=most + 5)) == most + 5


def test_what_is_not_watched_takes_all_steps(request_for) -> None:
    request = request_for(['no'] * MOMENTS, max_steps=0)
    path = Path(request.data).parent / 'questions.jsonl'
    path.write_text('\n'.join(path.read_text().splitlines()[::EACH]) + '\n', encoding='utf-8')
    assert planned(request) == DEFAULT_STEPS


def test_what_few_steps_leave_no_room_for_is_learned_from(request_for) -> None:
    given = labelled(10, FEWEST_WATCHED)
    assert set_apart(given, request_for(['no'], max_steps=LOOKS - 1)) == (given, [])
    verdict = learn(request_for(['no'] * MOMENTS, max_steps=LOOKS - 1))
    assert verdict['best_step'] == verdict['steps'] == LOOKS - 1


def test_operations_for_a_single_step_are_not_spent_on_looks(request_for) -> None:
    one = learn(request_for(['no'] * MOMENTS, max_steps=1))['flops']
    verdict = learn(request_for(['no'] * MOMENTS, max_steps=0, max_flops=float(one)))
    assert (verdict['steps'], verdict['best_step']) == (1, 1)


def test_looks_count_among_the_operations(request_for) -> None:
    watched = learn(request_for(['no'] * MOMENTS, max_steps=LOOKS))['flops']
    verdict = learn(request_for(['no'] * MOMENTS, max_steps=400, max_flops=2.0 * watched))
    assert LOOKS < verdict['steps'] < 400
    assert watched < verdict['flops'] <= 2 * watched


def multiply(times: int) -> None:
    """Spend 1024 operations so many times."""
    for _ in range(times):
        torch.mm(torch.ones(8, 8), torch.ones(8, 8))


def test_steps_are_planned_with_the_looks_that_are_left(request_for) -> None:
    spending = Spending(request_for(['no'], max_steps=999, max_flops=100 * 1024.0), 0.0)
    with spending.judging(4):
        multiply(20)
    spending.probe(lambda: multiply(1))
    assert spending.steps(0) == 100 - 20 - 20 - 2
    spending.expect_looks(3, 2)          # half of what is judged
    assert spending.steps(0) == 58 - 3 * 10
    with spending.looking():
        multiply(4)
    assert spending.steps(0) == 58 - 4 - 3 * 4
