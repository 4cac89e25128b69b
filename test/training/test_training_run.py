# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A training leaves connectors with a card, a log and figures, and nothing half done."""

from __future__ import annotations

import json
from pathlib import Path
import resource
import shutil

import pytest
from tiny_suite import TinySuite
from training_files import log_lines, TRAINING, training, write_file

from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.training.cli import main
from mpnp_ros.training.error import TrainError


def test_a_training_leaves_connectors_a_card_and_a_log(
        suite: TinySuite, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_file(suite, tmp_path / 'tiny.yaml', held_out={'every': 3}, tensorboard=True)
    out = tmp_path / 'out'
    given = [str(path), '--out', str(out), '--cache', str(suite.folder / 'tokens')]
    assert main(given) == 0
    assert 'question only' in capsys.readouterr().out
    loaded = Connectors.load(out / 'connectors', LanguageModel.load(suite.folder / 'model'))
    summary = loaded.training_summary['lidar']
    assert summary['steps'] == 6 and summary['seed'] == 0 and summary['name'] == 'tiny'
    assert summary['step_flops'] > 0
    card = (out / 'connectors' / 'CARD.md').read_text(encoding='utf-8')
    assert ' '.join(['mpnp-train', *given]) in card and 'seed 0' in card and 'shuffled' in card
    assert json.loads((out / 'connectors' / 'scores.json').read_text())['overall']['n'] == 18
    told = log_lines(tmp_path)
    steps = [line for line in told if line['event'] == 'step']
    assert [line['step'] for line in steps] == [1, 2, 3, 4, 5, 6]
    assert all(line['loss'] > 0 and line['left_s'] >= 0 for line in steps)
    assert [line['step'] for line in told if line['event'] == 'held_out'] == [3, 6]
    assert list((out / 'tensorboard').iterdir())
    assert len((out / 'held_out.jsonl').read_text().splitlines()) == 3 * 18
    # A second training does not replace it by accident.
    assert main(given) == 2
    assert 'holds a finished training: --resume goes on' in capsys.readouterr().err


def test_a_loss_that_is_no_number_stops_it_and_keeps_the_checkpoint(
        suite: TinySuite, tmp_path: Path) -> None:
    with pytest.raises(TrainError, match=r'step \d+ of 40: the loss is (nan|inf).*is kept'):
        training(suite, tmp_path, training={
            **TRAINING, 'steps': 40, 'learning_rate': 1e30, 'clip': 1e30, 'warm_up': 0.9},
            save_every=1).run()
    assert log_lines(tmp_path)[-1]['event'] == 'diverged'
    assert list((tmp_path / 'out' / 'checkpoints').iterdir())
    assert not (tmp_path / 'out' / 'connectors').exists()


def test_a_full_disk_is_said_and_the_checkpoint_before_is_kept(
        suite: TinySuite, finished: Path) -> None:
    out = finished / 'out'
    kept = sorted((out / 'checkpoints').iterdir())
    shutil.rmtree(out / 'connectors')
    kept[-1].unlink()       # so that there is a step to do and to save
    again = training(suite, finished, resume=True)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))   # refuses what is larger
    try:
        with pytest.raises(TrainError, match='step_00000006.safetensors cannot be written'):
            again.run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sorted((out / 'checkpoints').iterdir()) == kept[:-1]
    assert not (out / 'connectors').exists()


def test_a_training_goes_on_from_connectors_that_are_there(
        suite: TinySuite, tmp_path: Path) -> None:
    scores = training(suite, tmp_path, connectors={
        'start': str(suite.folder / 'connectors')}).run()
    assert scores['overall']['n'] == 18


def test_one_scene_cannot_be_split(suite: TinySuite, tmp_path: Path) -> None:
    bags = [str(suite.folder / 'first' / 'drive')]
    with pytest.raises(TrainError, match=r'all 18 questions belong to the scene .*scene: moment'):
        training(suite, tmp_path, data={'bags': bags}).run()
    scores = training(suite, tmp_path, data={'bags': bags, 'scene': 'moment'}).run()
    assert scores['overall']['n'] == 3


def test_a_scene_that_is_learned_from_is_not_held_out(suite: TinySuite, tmp_path: Path) -> None:
    bags = [str(suite.folder / 'first' / 'drive')]
    with pytest.raises(TrainError, match="1 scenes are learned from and held out, .*'drive'"):
        training(suite, tmp_path, data={'bags': bags, 'held_out': bags}).run()
