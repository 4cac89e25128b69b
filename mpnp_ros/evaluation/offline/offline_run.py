# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Evaluate bags without topics: deterministic, resumable, as fast as the machine allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import dataclasses
from dataclasses import dataclass, field
import hashlib
import json
import os
from pathlib import Path
import shutil
import time
from typing import Any

from mpnp_ros import __version__
from mpnp_ros.evaluation.offline.bag_task import (
    ANSWER,
    BagTask,
    CHUNK,
    Outcome,
    outcome_of,
    SHUFFLE,
)
from mpnp_ros.evaluation.offline.offline_suite import Ablation
from mpnp_ros.evaluation.offline.workers import HereWorker, LocalWorkers, Workers
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.bag_questions import BagQuestions
from mpnp_ros.evaluation.record import CONTROLS, QUESTION_ONLY, SCHEMA, SHUFFLED
from mpnp_ros.evaluation.run_folder import RunError, RunFolder
from mpnp_ros.suite.configuration import as_parameters, MANAGER, read_configuration

# Called with the number of moments done, their total and a note.
Progress = Callable[[int, int, str], None]
WORK = 'work'
CLOCK_BUDGETS = ('budget_answer_ms', 'budget_watts')


@dataclass(frozen=True)
class OfflineOptions:
    """What to run the bags through.

    :ivar params_file: parameter file of the suite, with `overrides` by '<node>.<parameter>'.
    :ivar settle_s: questions are asked this long after their stamps, on the bag's clock.
    :ivar controls: those of record.CONTROLS that are run beside the answers.
    :ivar workers: processes; 0: as many as there are processors, at most one a bag.
    :ivar ray: address of a Ray cluster, '' for none.
    """

    params_file: Path
    overrides: dict[str, Any] = field(default_factory=dict)
    ablation: Ablation = field(default_factory=Ablation)
    settle_s: float = 0.1
    controls: tuple[str, ...] = CONTROLS
    workers: int = 0
    ray: str = ''
    name: str = ''


def evaluate_offline(
    bags: Sequence[BagQuestions], options: OfflineOptions, out: Path, problems: Problems, *,
    keep_work: bool = False, progress: Progress = lambda *_: None,
) -> RunFolder:
    """Answer all questions and write records, problems and run.json into `out`.

    A run that was stopped goes on where it stood. Bags that fail are told in `problems`, and the
    others are evaluated. Raises RunError where `out` holds another run, or no bag could be
    evaluated: then the models could not be loaded, for instance.
    """
    run = RunFolder(out)
    work = run.path / WORK
    configuration = read_configuration(options.params_file, options.overrides)
    for name in CLOCK_BUDGETS:
        if getattr(configuration.manager, name):
            problems.add(f'{name} has no effect offline: nothing is timed that decides', MANAGER)
    _claim(run, work, bags, options, as_parameters(configuration))
    tasks = _tasks(bags, options, work)
    began = time.monotonic()
    workers = _workers(options, tasks)
    total = sum(task.moments for task in tasks) * (1 + (SHUFFLED in options.controls))

    try:
        failed = _run(workers, tasks, ANSWER, progress, total)
        # A partner that failed has no latents to show.
        tasks = _paired([task for task in tasks if task.name not in failed])
        if SHUFFLED in options.controls:
            failed |= _run(workers, tasks, SHUFFLE, progress, total)
            tasks = [task for task in tasks if task.name not in failed]
    finally:
        workers.close()
    if not any(task.moments for task in tasks):
        if not list(work.glob(f'*/{ANSWER}_*')):
            shutil.rmtree(work)   # nothing was done that a next attempt could build upon
        raise RunError('no bag could be evaluated: ' + '; '.join(
            f'{name}: {why}' for name, why in failed.items()))
    for name, why in failed.items():
        problems.add(f'a bag could not be evaluated: {why}', name)
    outcomes = {task.name: outcome_of(task, ANSWER) for task in tasks if task.moments}
    for outcome in outcomes.values():
        problems.take(outcome.problems)
    _merge(run, tasks, options)
    run.write_problems(problems)
    run.write_json('run.json', _described(
        bags, options, as_parameters(configuration), outcomes))
    run.write_json('timing.json', _timing(tasks, outcomes, bags, time.monotonic() - began))
    if not keep_work:
        shutil.rmtree(work, ignore_errors=True)
    return run


def _run(workers: Workers, tasks: Sequence[BagTask], stage: str, progress: Progress,
         total: int) -> dict[str, str]:
    """Run what is left of a stage; return why bags failed, by name."""
    note = 'answering' if stage == ANSWER else 'control: the sensors of other moments'

    told = -1

    def look() -> None:
        nonlocal told
        done = _done(tasks, stage)
        if done != told:
            progress(done, total, note)
        told = done

    look()
    return workers.run(
        [task for task in tasks if task.moments and not task.finished(stage)], stage, look)


def _workers(options: OfflineOptions, tasks: Sequence[BagTask]) -> Workers:
    if options.ray:
        from mpnp_ros.evaluation.offline.ray_workers import RayWorkers
        return RayWorkers(options.ray)
    count = min(options.workers or len(os.sched_getaffinity(0)), len(tasks))
    if count > 1:
        return LocalWorkers(count)
    return HereWorker()


def _tasks(bags: Sequence[BagQuestions], options: OfflineOptions, work: Path) -> list[BagTask]:
    return _paired([BagTask(
        bag=bag.path.resolve(), name=bag.name, params_file=options.params_file.resolve(),
        overrides=options.overrides, ablation=options.ablation, questions=bag.questions,
        settle_s=options.settle_s, controls=options.controls, work=(work / bag.name).resolve(),
        partner=work / bag.name) for bag in bags])


def _paired(tasks: Sequence[BagTask]) -> list[BagTask]:
    """Return the tasks with the next bag that has questions as each one's partner."""
    asked = [task for task in tasks if task.moments]
    partners = {task.name: asked[(index + 1) % len(asked)].work
                for index, task in enumerate(asked)}
    return [dataclasses.replace(task, partner=partners.get(task.name, task.work))
            for task in tasks]


def _claim(run: RunFolder, work: Path, bags: Sequence[BagQuestions], options: OfflineOptions,
           parameters: Mapping[str, Any]) -> None:
    """Make the folder this run's own; raises RunError where another one has left its work."""
    questions = [dataclasses.asdict(question) for bag in bags for question in bag.questions]
    mark = hashlib.sha256(json.dumps([
        [[str(bag.path.resolve()), bag.messages, bag.end_ns] for bag in bags], questions,
        parameters, dataclasses.asdict(options.ablation), options.settle_s, options.controls,
        CHUNK,
    ], sort_keys=True).encode()).hexdigest()
    claim = work / 'claim'
    if claim.is_file() and claim.read_text(encoding='utf-8') != mark:
        raise RunError(f'{run.path} holds an unfinished evaluation of other inputs; remove the '
                       'folder or name another one')
    work.mkdir(parents=True, exist_ok=True)
    claim.write_text(mark, encoding='utf-8')


def _done(tasks: Sequence[BagTask], stage: str) -> int:
    """Return how many moments are done by now, those of the stages before included."""
    done = sum(min(task.chunks_done(stage) * CHUNK, task.moments) for task in tasks)
    return done + (sum(task.moments for task in tasks) if stage == SHUFFLE else 0)


def _merge(run: RunFolder, tasks: Sequence[BagTask], options: OfflineOptions) -> None:
    """Put the chunks' records into one file: the answers first, then each control."""
    stages = [ANSWER, *(control for control in (QUESTION_ONLY,) if control in options.controls),
              *(SHUFFLE for control in options.controls if control == SHUFFLED)]
    unfinished = run.path / '.records.jsonl.part'
    with unfinished.open('w', encoding='utf-8') as merged:
        for stage in stages:
            for task in tasks:
                for number in range(task.chunks if task.finished(ANSWER) else 0):
                    with task.chunk(stage, number).open(encoding='utf-8') as chunk:
                        shutil.copyfileobj(chunk, merged)
    unfinished.replace(run.records_path)


def _described(bags: Sequence[BagQuestions], options: OfflineOptions,
               parameters: Mapping[str, Any], outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    encoders: dict[str, Any] = {}
    models: dict[str, Any] = {'model': None, 'connectors': {}}
    for outcome in outcomes.values():
        encoders |= outcome.encoders
        models |= outcome.models
    return {
        'schema': SCHEMA, 'name': options.name, 'path': 'offline', 'version': __version__,
        'configuration': options.params_file.name, 'parameters': parameters, **models,
        'encoders': encoders,
        'bags': [bag.described() for bag in bags],
        'options': {
            'settle_s': options.settle_s, 'controls': list(options.controls),
            'ablation': dataclasses.asdict(options.ablation)},
    }


def _timing(tasks: Sequence[BagTask], outcomes: Mapping[str, Outcome],
            bags: Sequence[BagQuestions], wall_s: float) -> dict[str, Any]:
    """Return what the run took, s; `real_time` is bag time over the time of the first stage."""
    answered = sum(outcome.seconds for outcome in outcomes.values())
    drive_s = sum((bag.end_ns - bag.start_ns) / 1e9 for bag in bags if bag.name in outcomes)
    shuffle_s = sum(outcome_of(task, SHUFFLE).seconds for task in tasks
                    if task.finished(SHUFFLE))
    return {
        'wall_s': wall_s, 'bag_s': drive_s, 'stage_s': answered, 'control_s': shuffle_s,
        'read_s': sum(outcome.read_s for outcome in outcomes.values()),
        'encode_s': sum(outcome.encode_s for outcome in outcomes.values()),
        'answer_s': sum(outcome.answer_s for outcome in outcomes.values()),
        'real_time': drive_s / answered if answered else None,
    }
