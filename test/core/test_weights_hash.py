# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The hash by which connectors know the weights they were trained for."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from weights_stage import sha256, Stage, tensors

from mpnp_ros.core.weights import weights_hash, WeightsMissing


def test_one_file_has_its_sha256(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / 'model.safetensors'
    file.write_bytes(tensors())
    assert weights_hash(file) == sha256(tensors())
    assert weights_hash(tmp_path) == sha256(tensors())


def test_several_files_are_hashed_in_the_order_of_their_names(
    stage: Stage, tmp_path: Path
) -> None:
    for name, value in (('b', 2.0), ('a', 1.0)):
        (tmp_path / f'{name}.safetensors').write_bytes(tensors(value))
    both = bytes.fromhex(sha256(tensors(1.0))) + bytes.fromhex(sha256(tensors(2.0)))
    assert weights_hash(tmp_path) == hashlib.sha256(both).hexdigest()


def test_files_beside_the_weights_do_not_count(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / 'model.safetensors').write_bytes(tensors())
    before = weights_hash(tmp_path)
    (tmp_path / 'config.json').write_text('{}')
    (tmp_path / 'model.bin').write_bytes(b'older format')
    assert weights_hash(tmp_path) == before


def test_a_changed_file_has_another_hash(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / 'model.safetensors'
    file.write_bytes(tensors())
    before = weights_hash(file)
    file.write_bytes(tensors(2.0))
    assert weights_hash(file) == sha256(tensors(2.0)) != before


def test_a_folder_without_weights_is_told(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / 'empty').mkdir()
    with pytest.raises(WeightsMissing, match=r'empty.*\.safetensors'):
        weights_hash(tmp_path / 'empty')


def test_a_cache_that_cannot_be_written_does_not_matter(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / 'model.safetensors').write_bytes(tensors())
    (tmp_path / 'a_file').write_text('')
    stage.monkeypatch.setenv('MPNP_CACHE', str(tmp_path / 'a_file' / 'cache'))
    assert weights_hash(tmp_path / 'model.safetensors') == sha256(tensors())
