# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""`mpnp-train plan`: how many blocks, and which, a budget allows on this machine."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import dataclasses
import json
from pathlib import Path
from typing import Any

from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.evaluation.figures.text_table import text_table
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.training.accelerated import Accelerated
from mpnp_ros.training.cli_options import add_common, token_folder
from mpnp_ros.training.config_file import load_config
from mpnp_ros.training.cost.block_scores import best_blocks, block_scores
from mpnp_ros.training.cost.closed_form import ClosedForm
from mpnp_ros.training.cost.plan import Budget, largest_within, training_cost
from mpnp_ros.training.cost.profile import measure, Profile
from mpnp_ros.training.labelled import names_of
from mpnp_ros.training.prepared import prepare, Prepared
from mpnp_ros.world.progress import ProgressLine


def main(arguments: Sequence[str]) -> int:
    """Run `mpnp-train plan`; return its exit code: 1 where the budget allows no block."""
    options = _parser().parse_args(arguments)
    config = load_config(options.config, options.settings)
    processes = Accelerated(config.device)
    prepared = prepare(config, token_folder(options), processes, Problems())
    if prepared.lora is not None:
        prepared.lora.detach()     # each number of blocks gets its own
    sources = {one.config.modality: Source(
        one.config.encoder_id, one.config.encoder_weights_hash, one.config.width)
        for one in prepared.connectors}
    samples = [one.sample for one in prepared.learned]
    line, like = ProgressLine('profile, numbers of blocks'), next(iter(prepared.connectors)).config

    def make(blocks: int) -> Connectors:
        return Connectors.create(
            prepared.llm, sources, connected_blocks=blocks, hidden=like.hidden,
            faithful=like.faithful, answer_only=like.answer_only, relevance=like.relevance,
            names=names_of(sources), system_prompt=like.system_prompt)

    profile = measure(
        prepared.llm, make, samples, config.training_config(), lora=config.lora_config(),
        numbers=options.measure, look=line)
    budget = Budget(options.budget_flops, options.budget_seconds, options.budget_bytes)
    steps, texts = config.training.steps, len({one.question for one in samples})
    chosen = largest_within(profile, budget, steps, texts, profile.rows[-1].blocks)
    blocks: list[int] = []
    scores: list[float] = []
    if options.choose == 'scored' and chosen is not None:
        scores = block_scores(
            prepared.llm, sources, samples, config.training_config(),
            hidden=config.connectors.hidden, reach=chosen.blocks,
            system_prompt=prepared.connectors.system_prompt)
        blocks = best_blocks(scores, options.keep or -(-chosen.blocks // 2), chosen.blocks)
    closed = ClosedForm.of(prepared.llm, _tokens(prepared))
    told = {
        'machine': {'device': str(prepared.llm.device), 'computed_in': profile.computed_in},
        'steps': steps, 'batch': profile.batch, 'texts': texts,
        'profile': [dataclasses.asdict(row) for row in profile.rows],
        'closed_form_step_flops': {row.blocks: closed.step_flops(row.blocks, profile.batch)
                                   for row in profile.rows},
        'budget': dataclasses.asdict(budget),
        'chosen': None if chosen is None else dataclasses.asdict(chosen),
        'closed_form_blocks': None if budget.flops is None else closed.largest(
            budget.flops / steps, profile.batch),
        'scores': scores, 'blocks': blocks}
    if options.json is not None:
        options.json.write_text(json.dumps(told, indent=1) + '\n', encoding='utf-8')
    print(_table(profile, closed, steps, texts))
    print(_verdict(told))
    return 0 if chosen is not None else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='mpnp-train plan', description=(__doc__ or '').split('\n', 1)[0],
        epilog='Tokens of encoders are computed once and cached, and are no part of the budget.')
    add_common(parser)
    parser.add_argument('--budget-flops', type=float, default=None, metavar='FLOP',
                        help='operations of the whole training, as torch counts them')
    parser.add_argument('--budget-seconds', type=float, default=None, metavar='S',
                        help='wall time of the whole training on this machine')
    parser.add_argument('--budget-bytes', type=float, default=None, metavar='BYTES',
                        help="peak memory above the LLM's weights")
    parser.add_argument('--choose', choices=('last', 'scored'), default='last',
                        help='the last blocks, or those of the highest gradients among them')
    parser.add_argument('--keep', type=int, default=0, metavar='K',
                        help='how many blocks to choose by score (default: half of them)')
    parser.add_argument('--measure', type=int, nargs='+', default=[], metavar='N',
                        help='numbers of blocks to measure; the others are interpolated '
                             '(default: all of eight and fewer, otherwise powers of two)')
    parser.add_argument('--json', type=Path, default=None, metavar='FILE',
                        help='write all figures there')
    return parser


def _tokens(prepared: Prepared) -> int:
    """Return the median length of texts, with the slots of a moment, in tokens."""
    lengths = sorted(
        len(prepared.llm.prompt(one.sample.question, prepared.connectors.system_prompt))
        + len(prepared.llm.format.answer(one.sample.answer))
        + sum(latents.tokens.shape[0] for latents in one.sample.latents.values())
        for one in prepared.learned[:1000])
    return lengths[len(lengths) // 2]


def _table(profile: Profile, closed: ClosedForm, steps: int, texts: int) -> str:
    header = ['blocks', 's a step', 'GFLOP a step', "paper's formula", 'peak MiB',
              's in all', 'TFLOP in all']
    rows = []
    for row in profile.rows:
        cost = training_cost(profile, row.blocks, steps, texts)
        rows.append([
            str(row.blocks), f'{row.seconds:.3f}', f'{row.flops / 1e9:.2f}',
            f'{closed.step_flops(row.blocks, profile.batch) / 1e9:.2f}',
            f'{row.peak_bytes / 2 ** 20:.1f}', f'{cost.seconds:.0f}', f'{cost.flops / 1e12:.2f}'])
    return '\n'.join(text_table(header, rows))


def _verdict(told: dict[str, Any]) -> str:
    lines = [f'\nmeasured on {told["machine"]["device"]} in {told["machine"]["computed_in"]}, '
             f'batches of {told["batch"]}, {told["steps"]} steps, {told["texts"]} texts']
    chosen = told['chosen']
    if chosen is None:
        return '\n'.join([*lines, 'the budget allows not even one block'])
    lines.append(f'within the budget: the last {chosen["blocks"]} blocks '
                 f'(connectors.connected_blocks: {chosen["blocks"]})')
    if told['closed_form_blocks'] is not None:
        lines.append(f"by the paper's formula it would be {told['closed_form_blocks']}")
    if told['blocks']:
        lines.append(f'of these, by the measured gradients: connectors.blocks: {told["blocks"]}')
    return '\n'.join(lines)
