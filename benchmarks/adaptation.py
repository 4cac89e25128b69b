# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Measure what connectors of a camera lose at night, and what an adaptation wins back.

    python benchmarks/adaptation.py --train scenes --test held_out --out runs/adaptation
    python benchmarks/adaptation.py --report runs/adaptation

Connectors of the camera learn by day. Then a lidar is plugged in from a few hundred labelled
samples by what the action `adapt` runs, in a process of its own and within its limits; beside it
the camera learns the same samples without a lidar, and with it. docs/adaptation.md says more. The
same command goes on with a run that stopped; other --seeds and --cases add to it.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
import json
import os
from pathlib import Path
import sys
import time

from adaptation_cases.cases import CASES
from adaptation_cases.choice import (
    at, CAMERA, LIDAR, NIGHT, seen_by_camera, seen_by_either)
from adaptation_cases.run import Amounts, ByDay, Run
from adaptation_cases.stages import Stages
from adaptation_cases.table import figures, report
import torch
import yaml

from mpnp_ros.core.connector_file import SUFFIX
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.weights import cache_root, weights_hash
from mpnp_ros.evaluation.bags.bag import find_bags
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.bag_questions import gather
from mpnp_ros.suite.configuration import read_configuration, SuiteConfiguration
from mpnp_ros.training.adaptation.samples import restricted, SETTLE_S
from mpnp_ros.training.comparison.data import spread
from mpnp_ros.training.config_file import load_config
from mpnp_ros.training.labelled import fingerprint, Labelled, read_labelled, sources
from mpnp_ros.training.split import refuse_shared_scenes
from mpnp_ros.training.token_cache import TokenCache

_CONFIG = Path(__file__).parents[1] / 'config'
SUITE, RECIPE = _CONFIG / 'world.yaml', _CONFIG / 'train' / 'world.yaml'


def main() -> int:
    """Run or report; return the exit code."""
    given = options()
    stages = Stages(given.report or given.out)
    try:
        if given.report is None:
            measure(given, stages)
        print(tell(stages))
    except (OSError, ValueError, RuntimeError) as error:
        print(f'adaptation: {error}', file=sys.stderr)
        return 2
    return 0


def measure(given: argparse.Namespace, stages: Stages) -> None:
    """Do the stages that are not finished."""
    began = time.monotonic()

    def look(text: str) -> None:
        print(f'{time.monotonic() - began:7.1f} s  {text}', file=sys.stderr, flush=True)

    configuration = read_configuration(given.suite)
    cache = TokenCache(given.cache or cache_root() / 'tokens', configuration, SETTLE_S)
    problems = Problems()
    bags = find_bags(given.train)[:given.bags or None]
    learned = read(bags, configuration, cache, problems)
    asked = spread(read(find_bags(given.test), configuration, cache, problems))
    mixed = given.questions or len(asked)
    at_night = [one for one in asked[mixed:] if at(one.question.condition, NIGHT)]
    asked = [*asked[:mixed], *at_night[:given.more_at_night]]
    refuse_shared_scenes(learned, asked)
    for one in problems:
        look(f'{one.what} ({one.count} times: {", ".join(one.places)})')
    look(f'{len(learned)} questions to learn from, {len(asked)} to answer')
    llm = LanguageModel.load(configuration.llm.model, dtype=configuration.llm.dtype,
                             device=configuration.llm.device)
    amounts = Amounts(
        given.samples, given.scene_questions, given.seconds, given.threads)
    by_day = recipe(given)
    stages.begin({
        'llm': f'{llm.id} {llm.weights_hash[:16]}',
        'encoders': {name: f'{source.encoder_id} {source.weights_hash[:16]}'
                     for name, source in sources(learned, Problems()).items()},
        'camera': None if given.camera is None else weights_hash(
            given.camera / f'{CAMERA}{SUFFIX}')[:16],
        'learned': fingerprint(learned), 'asked': fingerprint(asked), **asdict(amounts),
        'by_day': asdict(by_day) if given.camera is None else None,
        'processors': os.cpu_count(), 'torch': torch.__version__})
    stages.add('questions', {'questions': [{
        'id': one.question.id, 'scene': one.scene, 'type': one.question.type,
        'condition': one.question.condition, 'either': seen_by_either(one.question),
        'mixed': place < mixed} for place, one in enumerate(asked)]})
    paths = {one.name: one.path for one in gather(
        bags, [], sorted(configuration.modalities), Problems())}
    run = Run(stages, llm, configuration.llm, write_suite(configuration, stages.folder), learned,
              asked, paths, amounts, by_day, look, given.camera)
    run.learn_by_day()
    run.judge_before()
    for seed in given.seeds:
        for name in given.cases:
            look(f'{CASES[name].title}, seed {seed}')
            run.adapt(name, seed)
            tell(stages)
    look('done')


def recipe(given: argparse.Namespace) -> ByDay:
    """Return how the camera learns by day: as a training file says, but for what is given."""
    found = load_config(given.recipe, [
        f'data.bags={json.dumps([str(given.train.resolve())])}', 'data.held_out=[]',
        f'training.steps={given.steps}', f'training.batch={given.batch}'])
    made = found.connectors
    return ByDay({
        'connected_blocks': made.count, 'blocks': tuple(made.blocks), 'hidden': made.hidden,
        'faithful': made.faithful, 'answer_only': made.answer_only, 'relevance': made.relevance,
        'system_prompt': made.system_prompt}, found.training_config())


def read(bags: list[Path], configuration: SuiteConfiguration, cache: TokenCache,
         problems: Problems) -> list[Labelled]:
    """Return the questions that a camera can answer, with the latents of camera and lidar."""
    found = [one for one in read_labelled(bags, [], configuration, cache, problems)
             if seen_by_camera(one.question)]
    encoders = sources(found, problems)
    return restricted(found, {name: encoders[name] for name in (CAMERA, LIDAR)
                              if name in encoders})


def write_suite(configuration: SuiteConfiguration, folder: Path) -> Path:
    """Write the parameter file of a suite that has a camera and a lidar, and no other sensor."""
    wanted = {configuration.modalities[name].node for name in (CAMERA, LIDAR)}
    path = folder / 'suite.yaml'
    path.write_text(yaml.safe_dump({
        node: {'ros__parameters': values} for node, values in configuration.given.items()
        if node in wanted}), encoding='utf-8')
    return path


def tell(stages: Stages) -> str:
    """Write the figures of what is finished, and return them as Markdown."""
    found = figures(stages)
    stages.add('results', found)
    text = report(found)
    stages.write('results.md', text)
    return text


def options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('--train', type=Path, help='folder of bags to learn from, by day and at night')
    add('--test', type=Path, help='folder of bags to be asked about: other scenes')
    add('--out', type=Path, default=Path('runs/adaptation'))
    add('--report', type=Path, default=None, metavar='FOLDER', help='make the table again')
    add('--suite', type=Path, default=SUITE)
    add('--cache', type=Path, default=None, help='tokens of frozen encoders')
    add('--bags', type=int, default=0, help='learn from the first so many bags; 0: all')
    add('--questions', type=int, default=800,
        help='to answer, spread over scenes of all conditions; 0: all')
    add('--more-at-night', type=int, default=None, help='beside them; default: all')
    add('--camera', type=Path, default=None, metavar='FOLDER',
        help='connectors whose camera has learned already; it does not learn by day then')
    add('--recipe', type=Path, default=RECIPE, help='how the camera learns by day (mpnp-train)')
    add('--steps', type=int, default=600, help='of the camera by day')
    add('--batch', type=int, default=64)
    add('--samples', type=int, default=300, help='labelled samples of an adaptation')
    add('--scene-questions', type=int, default=5, help='most of them about one scene')
    add('--seconds', type=float, default=180.0, help='of an adaptation, everything included')
    add('--threads', type=int, default=os.cpu_count() or 1, help='of an adaptation')
    add('--seeds', type=int, nargs='+', default=[0, 1, 2], help='of the samples that are drawn')
    add('--cases', nargs='+', choices=list(CASES), default=list(CASES))
    given = parser.parse_args()
    if given.report is None and not (given.train and given.test):
        parser.error('--train and --test are needed, or --report')
    return given


if __name__ == '__main__':
    sys.exit(main())
