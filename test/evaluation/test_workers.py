# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A worker that dies costs only what it had not finished; so on this machine and on Ray."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
import dataclasses
import multiprocessing
import os
from pathlib import Path
import signal

import pytest
from tiny_suite import make_suite, TinySuite

from mpnp_ros.evaluation.offline import ray_workers
from mpnp_ros.evaluation.offline.bag_task import ANSWER
from mpnp_ros.evaluation.offline.offline_run import _tasks, evaluate_offline, OfflineOptions
from mpnp_ros.evaluation.offline.workers import LocalWorkers
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.bag_questions import BagQuestions


@pytest.fixture(scope='module')
def suite(tmp_path_factory: pytest.TempPathFactory) -> TinySuite:
    return make_suite(tmp_path_factory.mktemp('suite'))


@pytest.fixture(scope='module')
def bags(suite: TinySuite) -> list[BagQuestions]:
    return suite.questions(suite.drive('first', 30), suite.drive('second', 4))


def killer(times: int) -> Callable[[], None]:
    """Return what kills the worker that is at work, as often as told."""
    killed: set[int] = set()

    def look() -> None:
        for worker in multiprocessing.active_children():
            if len(killed) < times and worker.pid not in killed:
                killed.add(worker.pid)
                os.kill(worker.pid, signal.SIGKILL)
    return look


@pytest.mark.parametrize(('deaths', 'lost'), [(1, []), (2, ['first_drive'])])
def test_what_a_dead_worker_left_is_tried_again_once(
    suite: TinySuite, bags: list[BagQuestions], tmp_path: Path, deaths: int, lost: list[str]
) -> None:
    tasks = _tasks(bags, suite.options(controls=()), tmp_path)
    tasks = [dataclasses.replace(task, name=f'{bag}_drive') for task, bag in
             zip(tasks, ('first', 'second'))]
    workers = LocalWorkers(1)
    failed = workers.run(tasks, ANSWER, killer(deaths))
    workers.close()
    assert list(failed) == lost
    assert [task.name for task in tasks if task.finished(ANSWER)] == [
        name for name in ('first_drive', 'second_drive') if name not in lost]
    for why in failed.values():
        assert 'its worker died 2 times' in why and '-9' in why


def test_an_error_of_the_work_is_told_in_one_line(
    suite: TinySuite, bags: list[BagQuestions], tmp_path: Path
) -> None:
    options = suite.options(controls=(), overrides={'llm.model': str(tmp_path / 'no_model')})
    workers = LocalWorkers(1)
    failed = workers.run(_tasks(bags[1:], options, tmp_path), ANSWER, lambda: None)
    workers.close()
    [why] = failed.values()
    assert 'no_model' in why and '\n' not in why.strip()


def kill_one_of_ray(tasks: Path) -> Callable[[int, int, str], None]:
    """Return what kills one of Ray's workers once a first chunk is answered."""
    import psutil
    killed: list[int] = []

    def progress(done: int, total: int, note: str) -> None:
        if killed or not list(tasks.glob(f'*/{ANSWER}_*.jsonl')):
            return
        for process in psutil.process_iter(['cmdline']):
            if ''.join(process.info['cmdline'] or []).startswith('ray::run_stage'):
                killed.append(process.pid)
                process.kill()
                return
    return progress


@pytest.mark.timeout(240)
def test_ray_gives_the_same_records_though_a_worker_is_killed(
    suite: TinySuite, bags: list[BagQuestions], tmp_path: Path
) -> None:
    ray = pytest.importorskip('ray', reason='the optional package ray is not installed')
    here = evaluate_offline(bags, suite.options(), tmp_path / 'here', Problems())
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        out = tmp_path / 'ray'
        options: OfflineOptions = suite.options(ray='local')
        there = evaluate_offline(bags, options, out, Problems(),
                                 progress=kill_one_of_ray(out / 'work'))
    finally:
        ray.shutdown()
    assert (there.path / 'records.jsonl').read_bytes() == (
        here.path / 'records.jsonl').read_bytes()
    assert Counter(record.bag for record in there.records()) == {
        bag.name: 3 * len(bag.questions) for bag in bags}
    assert not list(there.problems())


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__('sys').modules, 'ray', None)
    with pytest.raises(ray_workers.RayMissing, match=r'mpnp_ros\[ray\]'):
        ray_workers.RayWorkers('local')
