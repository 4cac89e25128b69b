# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""`mpnp-evaluate scenario`: every configuration of a scenario file, held against its floors."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from mpnp_ros.evaluation.cli_exit import DONE, FAILED, PROBLEMS
from mpnp_ros.evaluation.cli_run import add_common, bags_of, evaluate, evaluate_through_topics
from mpnp_ros.evaluation.finish import finish
from mpnp_ros.evaluation.live.live_launch import LiveOptions
from mpnp_ros.evaluation.offline.offline_run import OfflineOptions
from mpnp_ros.evaluation.offline.offline_suite import Ablation
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.bag_questions import BagQuestions, open_bag
from mpnp_ros.evaluation.record import CONTROLS
from mpnp_ros.evaluation.run_folder import RunFolder
from mpnp_ros.evaluation.scenarios.junit import write_junit
from mpnp_ros.evaluation.scenarios.scenario import (
    Configuration,
    load_scenario,
    Scenario,
    scenario_schema,
)
from mpnp_ros.evaluation.scenarios.scenario_check import check_floors, FloorResult
from mpnp_ros.evaluation.scenarios.scenario_questions import scenario_questions
from mpnp_ros.suite.configuration import read_configuration


def add_scenario(commands: Any) -> None:
    """Add the command `scenario`."""
    parser = commands.add_parser(
        'scenario', help='evaluate what a scenario file describes and check its floors',
        description='Evaluate every configuration of a scenario file and hold the figures '
                    'against its floors; exits with 1 where one is not kept.')
    parser.add_argument('file', type=Path, nargs='?', metavar='FILE')
    parser.add_argument('--out', type=Path, default=None, metavar='FOLDER',
                        help='one folder a configuration is made in it (default: runs/NAME)')
    parser.add_argument('--junit', type=Path, default=None, metavar='FILE',
                        help='write the results for a CI (default: junit.xml in --out)')
    parser.add_argument('--schema', action='store_true',
                        help='print the JSON schema of scenario files and exit')
    add_common(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Evaluate a scenario."""
    if options.schema:
        print(json.dumps(scenario_schema(), indent=1))
        return DONE
    if options.file is None:
        raise ValueError('scenario: expected a scenario file')
    scenario = load_scenario(options.file)
    out = options.out or Path('runs') / scenario.name
    strict = options.strict or scenario.options.strict
    results: dict[str, list[FloorResult]] = {}
    problems: dict[str, Problems] = {}
    for name, configuration in scenario.configurations.items():
        print(f'{scenario.name}: configuration {name}')
        result = _evaluate(scenario, name, configuration, out / name, options)
        problems[name] = result.problems()
        results[name] = check_floors(scenario, result.read_json('scores.json'), name)
        for one in results[name]:
            print(f'{"ok    " if one.passed else "FAILED"} {one.name}: {one.why}')
    write_junit(options.junit or out / 'junit.xml', scenario.name, results, problems,
                strict=strict)
    if not all(one.passed for kept in results.values() for one in kept):
        return FAILED
    return PROBLEMS if strict and any(len(found) for found in problems.values()) else DONE


def _evaluate(scenario: Scenario, name: str, configuration: Configuration, out: Path,
              options: argparse.Namespace) -> RunFolder:
    problems = Problems()
    overrides = configuration.overrides()
    suite = read_configuration(configuration.params, overrides)
    bags: list[BagQuestions] = []
    for bag in scenario.bags:
        opened = open_bag(bag.path, bag.title, problems)
        if opened is not None:
            bags.append(dataclasses.replace(opened, questions=tuple(scenario_questions(
                scenario, bag, problems, start_ns=opened.start_ns,
                end_ns=opened.end_ns + round(suite.llm.max_age_s * 1e9),
                modalities=sorted(suite.modalities)))))
    title = f'{scenario.name}: {name}'
    if scenario.options.path == 'live':
        if configuration.connected_blocks or configuration.gates:
            raise ValueError(f'configuration {name}: connected_blocks and gates are for the '
                             'offline path')
        result = evaluate_through_topics(bags, LiveOptions(
            configuration.params, overrides, rate=scenario.options.rate, name=title), out,
            problems, overwrite=options.overwrite)
    else:
        result = evaluate(bags, OfflineOptions(
            params_file=configuration.params, overrides=overrides,
            ablation=Ablation(configuration.connected_blocks or 0, configuration.gates or {}),
            controls=tuple(one for one in CONTROLS if one in scenario.options.controls),
            workers=options.workers, ray=options.ray, name=title), out, problems,
            overwrite=options.overwrite)
    finish(result, bags_of(bags), quiet=options.quiet)
    return result
