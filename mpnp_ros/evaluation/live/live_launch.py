# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Evaluate bags live: one launch of the suite for each, put together into one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
import shutil
import subprocess
import tempfile
from typing import Any

import yaml

from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.asked_file import write_asked
from mpnp_ros.evaluation.questions.bag_questions import BagQuestions
from mpnp_ros.evaluation.record import AnswerTiming, Record
from mpnp_ros.evaluation.run_folder import RunError, RunFolder
from mpnp_ros.suite.configuration import read_configuration, SuiteConfiguration
from mpnp_ros.suite.latents_fields import LATENTS_TYPE


@dataclass(frozen=True)
class LiveOptions:
    """How bags are played: see the arguments of evaluate.launch.py of the same names."""

    params_file: Path
    overrides: dict[str, Any] = field(default_factory=dict)
    settle_s: float = 0.1
    mode: str = 'flow'
    rate: float = 1.0
    name: str = ''
    composed: bool = False


class RosMissing(ImportError):
    """There is no ROS 2 here to play a bag through."""


def evaluate_live(bags: Sequence[BagQuestions], options: LiveOptions, out: Path,
                  problems: Problems) -> RunFolder:
    """Play each bag through the running suite, ask its questions, and write one run.

    A bag whose launch fails is told in `problems`, and the others are evaluated. Raises
    RosMissing without ROS 2, RunError where no bag could be evaluated.
    """
    ros2 = shutil.which('ros2')
    if ros2 is None:
        raise RosMissing('the live path needs ROS 2: source it (or run in tools/shell), or '
                         'evaluate offline')
    configuration = read_configuration(options.params_file, options.overrides)
    records: list[Record] = []
    timings: list[AnswerTiming] = []
    described: list[dict[str, Any]] = []
    times: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix='mpnp_live_') as scratch:
        params = _with_overrides(configuration, options, Path(scratch))
        for index, bag in enumerate(bags):
            asked = Path(scratch) / f'{index}.asked.json'
            write_asked(asked, bag.questions)
            part = RunFolder(Path(scratch) / f'run{index}')
            done = subprocess.run([
                ros2, 'launch', 'mpnp_ros', 'evaluate.launch.py', f'bag:={bag.path.resolve()}',
                f'bag_name:={bag.name}', f'asked:={asked}', f'out:={part.path}',
                f'params_file:={params}', f'mode:={options.mode}', f'rate:={options.rate}',
                f'settle_s:={options.settle_s}', 'finish:=false',
                f'composed:={str(options.composed).lower()}',
                f'latents_only:={str(_is_latent_bag(bag)).lower()}'], check=False)
            if done.returncode or not part.records_path.is_file():
                problems.add(f'a bag could not be evaluated live: the launch ended with '
                             f'{done.returncode}', bag.name)
                continue
            records += part.records()
            timings += part.timings()
            problems.take(part.problems())
            described.append(part.read_json('run.json'))
            times[bag.name] = part.read_json('timing.json')
    if not described:
        raise RunError('no bag could be evaluated live')
    run = RunFolder(out)
    run.write_records(records)
    run.write_timings(timings)
    run.write_problems(problems)
    run.write_json('timing.json', {'bags': times})
    run.write_json('run.json', described[0] | {
        'name': options.name or described[0]['name'],
        'configuration': options.params_file.name,
        'bags': [bag for one in described for bag in one['bags']]})
    return run


def _is_latent_bag(bag: BagQuestions) -> bool:
    return any(topic['type'] == LATENTS_TYPE for topic in bag.topics)


def _with_overrides(configuration: SuiteConfiguration, options: LiveOptions,
                    scratch: Path) -> Path:
    """Return a parameter file in which the overrides have taken their places."""
    if not options.overrides:
        return options.params_file.resolve()
    path = scratch / options.params_file.name
    content = yaml.safe_load(options.params_file.read_text(encoding='utf-8'))
    for name, value in options.overrides.items():
        node, _, parameter = name.partition('.')
        key = next((key for key in content if key.rsplit('/', 1)[-1] == node), f'/**/{node}')
        given = content.setdefault(key, {'ros__parameters': {}})['ros__parameters']
        _set(given, parameter.split('.'), value)
    path.write_text(yaml.safe_dump(content), encoding='utf-8')
    return path


def _set(values: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Set a parameter in nested values, whether they spell it nested or dotted."""
    dotted = '.'.join(path)
    if dotted in values or len(path) == 1:
        values[dotted] = value
        return
    _set(values.setdefault(path[0], {}), path[1:], value)
