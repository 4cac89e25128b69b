# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The command learns from folders of evaluations and names what it cannot use."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from outcomes import as_record, QUESTIONS, told
import pytest

from mpnp_ros.evaluation.run_folder import RunFolder
from mpnp_ros.manager.relevance import RelevanceModel
from mpnp_ros.manager.train_relevance import main


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return the folder of an evaluation."""
    (tmp_path / 'run').mkdir()
    RunFolder(tmp_path / 'run').write_records(
        as_record(one) for one in told(QUESTIONS, moments=10))
    return tmp_path / 'run'


def test_a_model_is_learned_and_judged_on_what_it_has_not_seen(run, tmp_path, capsys) -> None:
    out = tmp_path / 'model.safetensors'
    assert main([str(run / 'records.jsonl'), '--out', str(out)]) == 0
    model = RelevanceModel.load(out)
    assert model.modalities == ('camera', 'lidar') and model.facts['answers'] == 320
    seen = model.facts['held_out_scenes']
    assert seen['log_loss'] < seen['log_loss_of_the_set_alone']
    assert 'unseen wordings: log loss' in capsys.readouterr().out


def test_states_are_used_where_they_are_given(run, tmp_path) -> None:
    rng = np.random.default_rng(0)
    texts = sorted({text for text, _ in QUESTIONS})
    np.savez(tmp_path / 'vectors.npz', questions=np.array(texts),
             vectors=rng.normal(size=(len(texts), 6)), llm='tiny', block=3)
    out = tmp_path / 'model.safetensors'
    assert main([str(run), '--out', str(out), '--vectors', str(tmp_path / 'vectors.npz')]) == 0
    assert RelevanceModel.load(out).features.manifest() == {
        'kind': 'states', 'llm': 'tiny', 'block': 3, 'width': 6}


def test_usability_is_learned_with(run, tmp_path) -> None:
    lines = [json.dumps({'bag': 'drive', 'stamp_ns': moment, 'usability': {'camera': 0.0}})
             for moment in range(10)]
    (tmp_path / 'usability.jsonl').write_text('\n'.join(lines))
    out = tmp_path / 'model.safetensors'
    assert main([str(run), '--out', str(out), '--usability',
                 str(tmp_path / 'usability.jsonl')]) == 0
    assert np.abs(RelevanceModel.load(out).weights[1]).max() < 1e-6   # nothing of the camera


@pytest.mark.parametrize(('name', 'text', 'cause'), [
    ('usability.jsonl', '{"bag": "b"}', "usability.jsonl, line 1: 'usability' is missing"),
    ('usability.jsonl', '{"bag": "b", "stamp_ns": 1, "usability": {"camera": 2}}', 'expected 0'),
    ('vectors.npz', 'nothing', 'no file of vectors'),
    ('records.jsonl', '{"id": 3}', 'records.jsonl, line 1'),
    ('records.jsonl', '', 'no answer to learn from')])
def test_bad_input_is_named(run, tmp_path, capsys, name: str, text: str, cause: str) -> None:
    (tmp_path / name).write_text(text)
    option = {'usability.jsonl': '--usability', 'vectors.npz': '--vectors'}.get(name)
    given = [str(run), option, str(tmp_path / name)] if option else [str(tmp_path)]
    assert main([*given, '--out', str(tmp_path / 'model')]) == 2
    assert cause in capsys.readouterr().err


def test_a_folder_of_something_else_is_named(tmp_path, capsys) -> None:
    assert main([str(tmp_path), '--out', str(tmp_path / 'model')]) == 2
    assert 'neither the folder of an evaluation' in capsys.readouterr().err
