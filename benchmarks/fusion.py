# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Compare ways of fusing sensors into a language model: ours, the paper's, four baselines.

    python benchmarks/fusion.py --train scenes/train --test scenes/test --out runs/fusion
    python benchmarks/fusion.py --report runs/fusion
    python benchmarks/fusion.py --train ... --test ... --out runs/costs --measure

All arms have the same language model, encoders, samples in the same order, and operations to
spend; docs/comparison.md says how it is done. The same command goes on with a run that stopped.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
import sys
import time
from typing import Any

import torch

from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.weights import cache_root
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.suite.configuration import read_configuration
from mpnp_ros.training.comparison.arms import (
    arm_names, kind_of, last_blocks, OURS, QUESTION_ONLY, RATES, Shape)
from mpnp_ros.training.comparison.comparison import Comparison, Options
from mpnp_ros.training.comparison.data import Data, read_data
from mpnp_ros.training.comparison.reporting import write_report
from mpnp_ros.training.comparison.results import Results
from mpnp_ros.training.labelled import fingerprint
from mpnp_ros.training.token_cache import TokenCache

SUITE = Path(__file__).parents[1] / 'config' / 'world.yaml'
SETTLE_S = 0.1
BUDGET = 20e12
QUICK = {'budget_tflop': [('', 0.4e12)], 'seeds': [0], 'train_scenes': 20, 'test_questions': 40,
         'curve_questions': 20, 'arms': [OURS, 'prompt_fuse', QUESTION_ONLY]}


def main() -> int:
    """Run or report the comparison; return the exit code."""
    given = options()
    if given.report is not None:
        print(write_report(Results(given.report)))
        return 0
    try:
        compare(given)
    except (OSError, ValueError, RuntimeError) as error:
        print(f'fusion: {error}', file=sys.stderr)
        return 2
    return 0


def compare(given: argparse.Namespace) -> None:
    """Run what is not finished and write the report."""
    began = time.perf_counter()

    def look(text: str) -> None:
        print(f'{time.perf_counter() - began:7.1f} s  {text}', file=sys.stderr, flush=True)

    device = given.device or ('cuda' if torch.cuda.is_available() else 'cpu')
    torch.set_float32_matmul_precision('high')
    configuration = read_configuration(given.suite)
    if given.modalities:
        configuration = dataclasses.replace(configuration, modalities={
            name: configuration.modalities[name] for name in given.modalities})
    problems = Problems()

    def load() -> LanguageModel:
        return LanguageModel.load(given.llm or configuration.llm.model, device=device)

    llm = load()
    shape = Shape(given.blocks, given.hidden, given.relevance, given.prompts,
                  given.system_prompt)
    data = read_data(
        configuration, TokenCache(given.cache or cache_root() / 'tokens', configuration, SETTLE_S),
        llm, given.train, given.test, problems, system_prompt=shape.system_prompt,
        train_scenes=given.train_scenes, questions=given.test_questions, types=given.types)
    for one in problems:
        look(f'{one.what} ({one.count} times: {", ".join(one.places)})')
    look(described(data))
    known = arm_names(data.sources)
    arms = given.arms or known
    unknown = [arm for arm in arms if arm not in known
               and not 0 < (last_blocks(arm) or 0) <= llm.num_blocks]
    if unknown:
        raise ValueError(f'no arm is called {", ".join(unknown)}; there are {", ".join(known)} '
                         f'and ours_last_N for N up to {llm.num_blocks}')
    chosen = Options(
        {'': BUDGET, **dict(given.budget_tflop)}, given.batch, given.drop, given.together,
        given.alone, given.precision, given.most_steps, given.points, given.curve_questions,
        shape=shape, rates={**RATES, **dict(given.rate)})
    results = Results(given.out)
    results.begin(setup(data, llm, chosen), data.asked)
    comparison = Comparison(data, llm, load, results, chosen, look)
    if given.measure:
        for arm in dict.fromkeys(kind_of(arm) for arm in arms if arm != QUESTION_ONLY):
            comparison.cost(arm)
        return
    comparison.run(arms, given.seeds)
    print(write_report(results))


def described(data: Data) -> str:
    """Return in a line what is learned from and asked."""
    tokens: dict[str, int] = {}
    for one in data.learned:
        for name, latents in one.sample.latents.items():
            tokens[name] = max(tokens.get(name, 0), len(latents.tokens))
    return (f'{len(data.learned)} questions about {len({one.scene for one in data.learned})} '
            f'scenes to learn, {len(data.asked)} about '
            f'{len({one.labelled.scene for one in data.asked})} to answer; tokens '
            + ', '.join(f'{name} {count}' for name, count in sorted(tokens.items())))


def setup(data: Data, llm: LanguageModel, chosen: Options) -> dict[str, Any]:
    """Return what makes a comparison this one and no other."""
    values = dataclasses.asdict(chosen)
    return {
        'llm': f'{llm.id} {llm.weights_hash[:16]}',
        'encoders': {name: f'{source.encoder_id} {source.weights_hash[:16]}'
                     for name, source in data.sources.items()},
        'learned': fingerprint(data.learned),
        'asked': fingerprint([one.labelled for one in data.asked]),
        **{name: value for name, value in values.items() if name != 'budgets'},
        'budget_tflop': {name or 'all': flops / 1e12 for name, flops in chosen.budgets.items()},
        'device': str(llm.device), 'torch': torch.__version__}


def options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('--train', type=Path, help='folder of bags to learn from')
    add('--test', type=Path, help='folder of bags to be asked about: other scenes')
    add('--out', type=Path, default=Path('runs/fusion'))
    add('--report', type=Path, default=None, metavar='FOLDER',
        help='make tables and plots of a run again')
    add('--measure', action='store_true', help='only measure what a step of each arm costs')
    add('--suite', type=Path, default=SUITE)
    add('--modalities', nargs='+', default=[], help='of the suite; all by default')
    add('--types', nargs='+', default=[], help='of questions; all by default')
    add('--llm', default='', help="name in the catalogue, folder or id in place of the suite's")
    add('--cache', type=Path, default=None, help='tokens of frozen encoders')
    add('--device', default='', help='cuda where there is a GPU, otherwise cpu')
    add('--arms', nargs='+', default=[],
        help='all by default; ours_last_N besides is ours with the last N blocks')
    add('--seeds', type=int, nargs='+', default=[0, 1, 2])
    add('--budget-tflop', type=_budget, nargs='+', default=[('', BUDGET)],
        metavar='[ARM=]TFLOP', help='operations of each arm and seed')
    add('--most-steps', type=int, default=100_000)
    add('--batch', type=int, default=16)
    add('--drop', type=float, default=0.3, help='share of modalities dropped in training')
    add('--together', type=int, default=4, help='questions of a step about one moment')
    add('--alone', type=float, default=0.5,
        help='share of the steps, the first ones, that show one modality each')
    add('--precision', choices=('float32', 'bfloat16'), default='float32',
        help='of trainings and answers; what a step costs is measured in float32')
    add('--rate', type=_rate, nargs='+', default=[], metavar='ARM=RATE[:GATES]')
    add('--train-scenes', type=int, default=0, help='the first so many; 0: all')
    add('--test-questions', type=int, default=0, help='so many, spread over scenes; 0: all')
    add('--curve-questions', type=int, default=300, help='asked on the way')
    add('--points', type=float, nargs='+', default=[0.125, 0.25, 0.5],
        help='shares of the operations at which they are asked')
    add('--blocks', type=int, default=Shape.blocks)
    add('--hidden', type=int, default=Shape.hidden)
    add('--relevance', type=int, default=Shape.relevance,
        help='dimensions in which questions open slots of ours')
    add('--prompts', type=int, default=Shape.prompts, help='prompt vectors of PromptFuse')
    add('--system-prompt', default=Shape.system_prompt)
    add('--quick', action='store_true', help='see that it runs: its figures say nothing')
    given = parser.parse_args()
    if given.quick:
        vars(given).update({name: value for name, value in QUICK.items()
                            if getattr(given, name) == parser.get_default(name)})
    if given.report is None and not (given.train and given.test):
        parser.error('--train and --test are needed, or --report')
    return given


def _budget(text: str) -> tuple[str, float]:
    arm, _, value = text.rpartition('=')
    return arm, float(value) * 1e12


def _rate(text: str) -> tuple[str, tuple[float, float]]:
    arm, _, values = text.partition('=')
    rate, _, gates = values.partition(':')
    return arm, (float(rate), float(gates or rate))


if __name__ == '__main__':
    sys.exit(main())
