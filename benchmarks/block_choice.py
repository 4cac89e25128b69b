# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Whether blocks chosen by their gradients learn more than the last ones.

    python benchmarks/block_choice.py TRAINING_FILE --reach 8 --keep 4 --seeds 3

Every choice has the same number of connected blocks, the same data and steps. `last` connects the
last ones, `scored` those of the highest gradients among the last `reach`, `spread` every other of
these. Operations are those of a training step; a longer reach costs more of them, so `last` of
twice the blocks stands beside it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import statistics
import sys
import time
from typing import Any

import torch

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connector_training import ConnectorTraining
from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.flops import counter
from mpnp_ros.evaluation.figures.scores import score
from mpnp_ros.evaluation.figures.text_table import text_table
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.training.accelerated import Accelerated
from mpnp_ros.training.cli_options import add_common, token_folder
from mpnp_ros.training.config_file import load_config
from mpnp_ros.training.cost.block_scores import best_blocks, block_scores
from mpnp_ros.training.held_out import judge
from mpnp_ros.training.labelled import sources
from mpnp_ros.training.prepared import prepare, Prepared


def trained(prepared: Prepared, encoders: dict[str, Source], blocks: list[int],
            seed: int) -> dict[str, Any]:
    """Train connectors of some blocks and return figures on what is held out."""
    given = prepared.config.connectors
    connectors = Connectors.create(
        prepared.llm, encoders, connected_blocks=len(blocks), blocks=tuple(blocks),
        hidden=given.hidden, system_prompt=given.system_prompt, seed=seed)
    values = prepared.config.model_copy(update={
        'training': prepared.config.training.model_copy(update={'seed': seed})})
    training = ConnectorTraining(
        prepared.llm, connectors, [one.sample for one in prepared.learned],
        values.training_config())
    while not training.finished:
        training.advance()
    training.gradients()
    with counter() as counted:
        training.gradients()
    figures = score(judge(Answerer(prepared.llm, connectors), prepared.held_out))['overall']
    return {'blocks': blocks, 'seed': seed, 'accuracy': figures['accuracy'],
            'low': figures['low'], 'high': figures['high'], 'train_loss': training.means.loss,
            'step_gflop': int(counted.get_total_flops()) / 1e9, 'seconds': training.seconds}


def main() -> int:
    """Run the comparison; return its exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').split('\n', 1)[0])
    add_common(parser)
    parser.add_argument('--reach', type=int, default=8, help='blocks to choose from, the last')
    parser.add_argument('--keep', type=int, default=4, help='blocks that are connected')
    parser.add_argument('--seeds', type=int, default=3)
    parser.add_argument('--json', type=Path, default=None)
    options = parser.parse_args()
    prepared = prepare(load_config(options.config, options.settings), token_folder(options),
                       Accelerated('cpu'), Problems())
    encoders = sources([*prepared.learned, *prepared.held_out], Problems())
    total, reach, keep = prepared.llm.num_blocks, options.reach, options.keep
    began = time.perf_counter()
    scores = block_scores(
        prepared.llm, encoders, [one.sample for one in prepared.learned],
        prepared.config.training_config(), hidden=prepared.config.connectors.hidden, reach=reach,
        system_prompt=prepared.config.connectors.system_prompt)
    print(f'scores of the last {reach} blocks, in {time.perf_counter() - began:.1f} s: '
          + ' '.join(f'{value:.3f}' for value in scores[total - reach:]))
    within = list(range(total - reach, total))
    choices = {
        f'last {keep}': within[-keep:],
        f'scored {keep} of {reach}': best_blocks(scores, keep, reach),
        f'spread {keep} of {reach}': within[::reach // keep][:keep],
        f'last {reach}': within,
    }
    results = {}
    for name, blocks in choices.items():
        results[name] = [trained(prepared, encoders, blocks, seed)
                         for seed in range(options.seeds)]
        print(f'{name}: {[round(one["accuracy"], 3) for one in results[name]]}', file=sys.stderr)
    rows = [[name, ' '.join(map(str, of[0]['blocks'])),
             f'{statistics.mean(one["accuracy"] for one in of):.3f}',
             f'{min(one["accuracy"] for one in of):.3f} to '
             f'{max(one["accuracy"] for one in of):.3f}',
             f'{statistics.mean(one["train_loss"] for one in of):.3f}',
             f'{of[0]["step_gflop"]:.1f}'] for name, of in results.items()]
    print(f'{len(prepared.learned)} questions learned, {len(prepared.held_out)} held out, '
          f'{options.seeds} seeds, {prepared.config.training.steps} steps, torch '
          f'{torch.__version__}')
    print('\n'.join(text_table(
        ['choice', 'blocks', 'accuracy', 'of the seeds', 'loss', 'GFLOP a step'], rows, left=2)))
    if options.json is not None:
        options.json.write_text(json.dumps(
            {'scores': scores, 'results': results}, indent=1) + '\n', encoding='utf-8')
    return 0


if __name__ == '__main__':
    sys.exit(main())
