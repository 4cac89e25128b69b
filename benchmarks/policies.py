# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Compare the policies of the modality manager on scenes of the simulated world.

    python benchmarks/policies.py records TRAIN --connectors DIR --sets 8 --out runs/fit
    mpnp-relevance runs/fit --vectors runs/fit/vectors.npz --usability runs/fit/usability.jsonl
                   --out runs/relevance.safetensors
    python benchmarks/policies.py records TEST --connectors DIR --out runs/test
    python benchmarks/policies.py compare runs/test --relevance runs/relevance.safetensors
                   --out runs/policies
    python benchmarks/policies.py sensors runs/test TEST
    python -m mpnp_ros.world.world_drive runs/drive
    python benchmarks/policies.py timeline --connectors DIR --relevance runs/relevance.safetensors
                   --drive runs/drive --out timeline.svg

docs/manager.md describes the figures. What was recorded before a stop is kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import json
import os
from pathlib import Path
import sys

from mpnp_ros import shipped
from mpnp_ros.core import weights
from mpnp_ros.evaluation.run_folder import write_whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a part of the benchmark; return its exit code."""
    options = _parser().parse_args(arguments)
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    try:
        options.run(options)
    except (OSError, ValueError) as error:
        print(f'policies: {error}', file=sys.stderr)
        return 2
    return 0


def records(options: argparse.Namespace) -> None:
    """Record what each set of modalities answers."""
    from policy_benchmark.moments import Scenes
    from policy_benchmark.recording import Recording
    import torch

    from mpnp_ros.core.flops import prepare_count
    from mpnp_ros.suite.configuration import read_configuration
    from mpnp_ros.suite.loading import load_answerer

    configuration = read_configuration(
        options.suite, {'llm.connectors': str(options.connectors)})
    scenes = Scenes(options.bags, configuration, options.cache, questions=options.questions,
                    per_moment=options.per_moment, seed=options.seed)
    answerer = load_answerer(configuration.llm)
    prepare_count(answerer)
    recording = Recording(answerer, options.out, options.sets, options.seed)
    recording.run(scenes)
    for problem in scenes.problems:
        print(f'{problem.what} ({problem.count} times: {", ".join(problem.places)})')
    if recording.questions:
        print(f'{recording.questions} questions, {recording.rows} answers in '
              f'{recording.seconds:.0f} s with {torch.get_num_threads()} of {os.cpu_count()} '
              f'threads: {recording.seconds / recording.questions:.2f} s a question')
    print(f'{options.out}: records.jsonl, usability.jsonl, vectors.npz')


def compare(options: argparse.Namespace) -> None:
    """Replay the records through the policies."""
    from policy_benchmark.comparison import Comparison
    from policy_benchmark.markdown import as_markdown
    from policy_benchmark.plot import draw_plot
    from policy_benchmark.read_cases import read_cases

    from mpnp_ros.manager.relevance import RelevanceModel
    from mpnp_ros.manager.rules import read_rules
    from mpnp_ros.manager.train_relevance import read_vectors

    features, vectors = read_vectors(str(options.records / 'vectors.npz'))
    comparison = Comparison(read_cases(options.records), RelevanceModel.load(options.relevance),
                            read_rules(options.rules), vectors)
    problem = comparison.learned.problem_with_vectors(features.llm, features.block)
    if problem:
        raise ValueError(f'{options.records} has {problem}')
    found = comparison.run()
    options.out.mkdir(parents=True, exist_ok=True)
    write_whole(options.out / 'policies.json', json.dumps(found, indent=1) + '\n')
    text = as_markdown(found)
    write_whole(options.out / 'policies.md', text)
    write_whole(options.out / 'policies.svg', draw_plot(found))
    print(text)
    print(f'{options.out}: policies.json, policies.md, policies.svg')


def sensors(options: argparse.Namespace) -> None:
    """Tell what each sensor adds to the answers, and what taking it away costs."""
    from policy_benchmark.sensors import answers_of, tables

    from mpnp_ros.evaluation.problem import Problems
    from mpnp_ros.evaluation.questions.bag_questions import gather
    from mpnp_ros.evaluation.run_folder import RunFolder
    from mpnp_ros.suite.configuration import read_configuration

    known = sorted(read_configuration(options.suite).modalities)
    needs = {question.id: frozenset((*question.needs, *question.needs_any))
             for bag in gather(options.bags, [], known, Problems()) for question in bag.questions}
    print(tables(answers_of(RunFolder(options.records).records()), needs))


def timeline(options: argparse.Namespace) -> None:
    """Drive from day into fog into night under a policy, and draw what it decided."""
    from policy_benchmark.drive import ManagedDrive, QUICK
    from policy_benchmark.timeline import draw_timeline

    from mpnp_ros.suite.configuration import read_configuration

    configuration = read_configuration(options.suite, {
        **QUICK, 'llm.connectors': str(options.connectors),
        'modality_manager.policy': options.policy,
        'modality_manager.rules': str(options.rules),
        'modality_manager.relevance': str(options.relevance or ''),
        'modality_manager.accuracy_slack': options.slack})
    drive = ManagedDrive(configuration, options.kinds, options.at_once or len(options.kinds))
    found = drive.run(options.drive)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(options.out.with_suffix('.json'), json.dumps(found, indent=1) + '\n')
    write_whole(options.out, draw_timeline(found))
    for problem in drive.problems:
        print(f'{problem.what} ({problem.count} times: {", ".join(problem.places)})')
    answers = [one for step in found['steps'] for one in step['answers']]
    print(f'{options.out} and {options.out.with_suffix(".json").name}: {len(answers)} '
          f'questions, {sum(one["right"] for one in answers)} answered right')


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--threads', type=int, default=0, help="of torch; 0: torch's own choice")
    commands = parser.add_subparsers(required=True)
    given = commands.add_parser('records', help=records.__doc__)
    given.set_defaults(run=records)
    given.add_argument('bags', nargs='+', type=Path, help='bags with questions, or their folders')
    _add_models(given)
    given.add_argument('--out', required=True, type=Path, help='folder of the records')
    given.add_argument('--questions', type=int, default=1200, help='default: %(default)s')
    given.add_argument('--per-moment', type=int, default=5,
                       help='questions of a moment; default: %(default)s')
    given.add_argument('--sets', type=int, default=0, help='sets of modalities that answer: none, '
                       'all, others drawn for each moment; 0: all sets, as compare needs them')
    given.add_argument('--seed', type=int, default=0)
    given.add_argument('--cache', type=Path, default=weights.cache_root() / 'tokens',
                       help='folder of encoded tokens, that of mpnp-train by default')
    given = commands.add_parser('compare', help=compare.__doc__)
    given.set_defaults(run=compare)
    given.add_argument('records', type=Path, help='folder of records of all sets')
    given.add_argument('--relevance', required=True, type=Path, help='what mpnp-relevance wrote')
    _add_rules(given)
    given.add_argument('--out', required=True, type=Path, help='folder of the results')
    given = commands.add_parser('sensors', help=sensors.__doc__)
    given.set_defaults(run=sensors)
    given.add_argument('records', type=Path, help='folder of records of all sets')
    given.add_argument('bags', nargs='+', type=Path, help='the bags that they answer')
    _add_suite(given)
    given = commands.add_parser('timeline', help=timeline.__doc__)
    given.set_defaults(run=timeline)
    _add_models(given)
    _add_rules(given)
    given.add_argument('--policy', default='learned', choices=('all', 'rules', 'learned'))
    given.add_argument('--relevance', type=Path, help='what mpnp-relevance wrote, for learned')
    given.add_argument('--slack', type=float, default=0.02, help='default: %(default)s')
    given.add_argument('--kinds', nargs='+', default=('color', 'exist', 'distance', 'speed'),
                       help='of questions, one of each at a moment; default: %(default)s')
    given.add_argument('--at-once', type=int, default=0,
                       help='how many kinds are asked at a moment, in turn; 0: all of them')
    given.add_argument('--drive', required=True, type=Path,
                       help='what python -m mpnp_ros.world.world_drive recorded')
    given.add_argument('--out', required=True, type=Path, help='the picture, .svg')
    return parser


def _add_models(parser: argparse.ArgumentParser) -> None:
    _add_suite(parser)
    parser.add_argument('--connectors', required=True, type=Path, help='their folder')


def _add_suite(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--suite', type=Path, default=shipped.configuration('world.yaml'),
                        help='parameter file; default: that of the simulated world')


def _add_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--rules', type=Path,
                        default=shipped.configuration('policies/rules.yaml'),
                        help='default: those of the package')


if __name__ == '__main__':
    sys.exit(main())
