# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Evaluate a bag that is replayed through topics: the running suite answers its questions."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
import time

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from mpnp_ros import shipped
from mpnp_ros.evaluation.bags.bag import Bag
from mpnp_ros.evaluation.finish import finish
from mpnp_ros.evaluation.live.live_run import describe_live, traffic_figures, write_live
from mpnp_ros.evaluation.offline.moment_plan import plan_moments
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.asked_file import read_asked
from mpnp_ros.evaluation.questions.bag_questions import BagQuestions, gather, open_bag
from mpnp_ros.nodes.live_evaluation import LiveEvaluation
from mpnp_ros.nodes.parameters import declare_parameters, parameter
from mpnp_ros.nodes.visitor import run_visit, say, VisitFailed
from mpnp_ros.suite.configuration import read_configuration, SuiteConfiguration
from mpnp_ros.world.progress import ProgressLine

FLOW, HOLD = 'flow', 'hold'


@dataclass(frozen=True)
class EvaluationParameters:
    """Parameters of `evaluation_node`."""

    bag: str = parameter('', 'The bag that replay_node plays; empty: the shipped drive.')
    questions: str = parameter('', 'File of its questions; empty: questions.jsonl in or beside '
                               'the bag.')
    asked: str = parameter('', 'File of questions that mpnp-evaluate has checked, in place of '
                           '`questions`.')
    bag_name: str = parameter('', "Name of the bag in the records; empty: the bag's own.")
    finish: bool = parameter(True, 'Write scores and report when all is asked.')
    params_file: str = parameter('', 'Parameter file that the suite was started with; empty: '
                                 'that of the demo.')
    out: str = parameter('runs/live', 'Folder of the results; it must hold no other run.')
    mode: str = parameter(FLOW, 'flow: the bag runs on while questions are answered; hold: it '
                          'stands still at each, for the answers of an offline run.',
                          choices=(FLOW, HOLD))
    settle_s: float = parameter(0.1, 'Ask this long after the stamp of a question, s of the '
                                "bag's clock.", minimum=0.0, maximum=60.0)
    rate: float = parameter(1.0, 'Rate that the bag is played at, for the record.',
                            minimum=0.01, maximum=100.0)
    in_flight: int = parameter(4, 'Most questions that wait for their answers at once (flow).',
                               minimum=1, maximum=1024)
    timeout_s: float = parameter(180.0, 'Give up when the suite does not answer for this long, '
                                 's.', minimum=1.0, maximum=3600.0)


def evaluate(node: Node, executor: SingleThreadedExecutor) -> bool:
    """Evaluate the bag and write the run; True when every question was asked."""
    given = declare_parameters(node, EvaluationParameters)
    out = Path(given.out)
    if (out / 'run.json').exists():
        raise VisitFailed(f'{out} holds a finished evaluation; name another folder')
    configuration = read_configuration(
        Path(given.params_file) if given.params_file else shipped.configuration('demo.yaml'))
    problems = Problems()
    bag = _bag(given, configuration, problems)
    with Bag(bag.path, problems) as opened:
        moments = plan_moments(opened, configuration, bag.questions, given.settle_s)
    live = LiveEvaluation(node, executor, timeout_s=given.timeout_s, bag=bag.name,
                          in_flight=given.in_flight)
    say('waiting for the nodes: the language model and the encoders load their weights ...')
    live.wait_for_suite(sorted({name for _, _, expected in moments for name in expected}))
    live.begin(bag.start_ns, moments[0])
    began = time.monotonic()
    line = ProgressLine(f'evaluating {bag.name}')
    (live.hold if given.mode == HOLD else live.flow)(moments, line)
    if live.unmatched:
        problems.add('latents of a moment did not arrive before its questions were asked',
                     f'{bag.name}, {live.unmatched} of {len(moments)} moments')
    figures = traffic_figures({name: seen.arrivals_s for name, seen in live.traffic.items()},
                              {name: seen.status | {'bytes': float(seen.payload_bytes)}
                               for name, seen in live.traffic.items()})
    run = write_live(
        out, live.records, live.timings, problems,
        describe_live(bag, configuration, {
            'mode': given.mode, 'settle_s': given.settle_s, 'rate': given.rate,
            'in_flight': given.in_flight}),
        {'wall_s': time.monotonic() - began, 'topics': figures})
    if given.finish:
        finish(run, {bag.name: bag.path})
    return len(live.records) == len(bag.questions)


def _bag(given: EvaluationParameters, configuration: SuiteConfiguration,
         problems: Problems) -> BagQuestions:
    path = Path(given.bag) if given.bag else shipped.demo_drive() / 'bag'
    if given.asked:
        opened = open_bag(path, given.bag_name or path.stem, problems)
        gathered = [] if opened is None else [
            dataclasses.replace(opened, questions=read_asked(Path(given.asked)))]
    else:
        gathered = gather(
            [path], [Path(given.questions)] if given.questions else [],
            sorted(configuration.modalities), problems,
            after_end_s=0.0)   # the replayed clock ends with the bag
    for problem in problems:
        say(f'{problem.what}: {problem.count} ({", ".join(problem.places)})')
    if not gathered or not gathered[0].questions:
        raise VisitFailed(f'there is no question that can be asked about {path}')
    return gathered[0]


def main(args: list[str] | None = None) -> None:
    """Run the evaluation; exits with 0 when every question was asked."""
    run_visit('evaluation', evaluate, args)


if __name__ == '__main__':
    main()
