# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What training costs is measured, and a budget becomes blocks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_models import connectors, llm
from tiny_suite import TinySuite
import torch
from toy_task import samples, UNKNOWN
from training_files import write_file

from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.flop_counter import counter
from mpnp_ros.core.train import train_connectors
from mpnp_ros.core.training_config import TrainingConfig
from mpnp_ros.training.cli import main
from mpnp_ros.training.cost.block_scores import best_blocks, block_scores
from mpnp_ros.training.cost.closed_form import ClosedForm
from mpnp_ros.training.cost.peak_memory import PeakMemory
from mpnp_ros.training.cost.plan import Budget, largest_within, training_cost
from mpnp_ros.training.cost.profile import measure, numbers_of_blocks, Profile, StepCost

SOURCES = {one.config.modality: Source(one.config.encoder_id, one.config.encoder_weights_hash,
                                       one.config.width) for one in connectors(llm())}
CONFIG = TrainingConfig(steps=4, batch=8, unknown_answer=UNKNOWN, precision='float32', drop=0.0)


@pytest.fixture(scope='module')
def profile() -> Profile:
    return measure(llm(), lambda blocks: Connectors.create(
        llm(), SOURCES, connected_blocks=blocks, hidden=32), samples(10, seed=1), CONFIG,
        numbers=(1, 2, 4))


def test_more_blocks_cost_more_a_step_and_less_a_text(profile: Profile) -> None:
    rows = profile.rows
    assert [row.blocks for row in rows] == [1, 2, 4]
    for row, above in zip(rows, rows[1:]):
        assert row.flops < above.flops and row.peak_bytes < above.peak_bytes
        assert row.text_flops > above.text_flops
    assert all(row.seconds > 0 for row in rows)


def test_the_operations_of_a_training_are_those_that_are_counted(profile: Profile) -> None:
    asked = samples(10, seed=1)
    with counter() as counted:
        train_connectors(llm(), connectors(llm(), blocks=2), asked, CONFIG)
    expected = training_cost(profile, 2, CONFIG.steps, len({one.question for one in asked}))
    assert expected.flops == pytest.approx(counted.get_total_flops(), rel=0.1)


def cost(blocks: int) -> StepCost:
    return StepCost(blocks, 0.1 * blocks, 10.0 * blocks, 100.0 * blocks, 1.0, 7.0)


def test_the_most_blocks_within_every_budget_are_chosen() -> None:
    given = Profile(8, 'float32', (cost(1), cost(2), cost(8)))
    assert given.at(5).flops == pytest.approx(50.0)
    chosen = largest_within(given, Budget(seconds=52.0), steps=100, texts=2, most=8)
    assert chosen is not None and chosen.blocks == 5
    assert chosen.flops == 100 * 50.0 + 2 * 7.0
    for budget, blocks in ((Budget(bytes=350.0), 3), (Budget(flops=2014.0), 2), (Budget(), 8)):
        found = largest_within(given, budget, 100, 2, 8)
        assert found is not None and found.blocks == blocks
    assert largest_within(given, Budget(seconds=1.0), 100, 2, 8) is None


def test_the_closed_form_grows_as_the_published_table_does() -> None:
    """OPT-1.3B, 659 samples in 8 epochs, in PFLOP of multiply-accumulates: 0.683 to 0.743."""
    opt = ClosedForm(24, 2048, 72 + 4, 50272)
    step = (opt.step_flops(7, 1) - opt.step_flops(4, 1)) / 2 * 659 * 8 / 1e15
    assert step == pytest.approx(0.743 - 0.683, abs=0.002)
    assert opt.largest(opt.step_flops(7, 16) * 1.001, 16) == 7
    assert opt.largest(1.0, 16) == 0


def test_peak_memory_is_that_of_tensors_alive_at_once() -> None:
    before = torch.zeros(100)
    with PeakMemory() as memory:
        for _ in range(3):
            held = before[:50] + 1.0       # 200 bytes, freed in each round
            other = torch.cat([held, held])   # 400 more
            del held, other
        torch.zeros(125)
    assert memory.peak_bytes == 600


def test_few_blocks_are_all_measured_and_of_many_powers_of_two() -> None:
    assert numbers_of_blocks(4) == [1, 2, 3, 4]
    assert numbers_of_blocks(30) == [1, 2, 4, 8, 16, 30]
    assert numbers_of_blocks(32) == [1, 2, 4, 8, 16, 32]


def test_blocks_are_scored_by_their_gradients() -> None:
    scores = block_scores(llm(), SOURCES, samples(10, seed=1), CONFIG, hidden=32, reach=3)
    assert scores[0] == 0.0 and all(score > 0 for score in scores[1:])
    assert sum(scores) == pytest.approx(1.0)
    assert best_blocks([0.1, 0.4, 0.2, 0.3], 2) == [1, 3]
    assert best_blocks([0.1, 0.4, 0.2, 0.3], 2, reach=2) == [2, 3]


def test_the_command_plans(suite: TinySuite, tmp_path: Path,
                           capsys: pytest.CaptureFixture[str]) -> None:
    path = write_file(suite, tmp_path / 'tiny.yaml')
    given = ['plan', str(path), '--cache', str(suite.folder / 'tokens'), '--json',
             str(tmp_path / 'plan.json')]
    assert main([*given, '--measure', '4', '--budget-bytes', '1e9', '--budget-flops', '1e12',
                 '--choose', 'scored', '--keep', '2']) == 0
    said = capsys.readouterr().out
    assert 'within the budget: the last 4 blocks' in said and "by the paper's formula" in said
    told = json.loads((tmp_path / 'plan.json').read_text())
    assert len(told['blocks']) == 2 and len(told['profile']) == 1
