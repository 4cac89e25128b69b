# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Connector files: what is written is read back, and whatever differs is refused by name."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open
from safetensors.torch import save_file
from tiny_models import connectors, latents, llm, model, tokenizer
import torch
from torch import Tensor

from mpnp_ros.core import connector_file
from mpnp_ros.core.connector_file import ConnectorMismatch
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.llm import LanguageModel

MANIFEST = 'mpnp_ros_connector'
Edit = Callable[[dict[str, Any], dict[str, Tensor]], None]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Return a folder with the connectors of camera and lidar."""
    given = connectors(llm(), system_prompt='Answer in one word.')
    given.training_summary = {'camera': {'steps': 3, 'loss': 0.5}, 'lidar': {'steps': 3}}
    given.save(tmp_path / 'connectors')
    return tmp_path / 'connectors'


def edit(path: Path, change: Edit) -> None:
    """Rewrite a connector file with its manifest and tensors changed."""
    with safe_open(path, framework='pt') as file:
        manifest = json.loads(file.metadata()[MANIFEST])
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    change(manifest, tensors)
    save_file(tensors, path, metadata={MANIFEST: json.dumps(manifest)})


def test_saved_connectors_come_back_the_same(saved: Path) -> None:
    loaded = Connectors.load(saved, llm())
    expected = connectors(llm(), system_prompt='Answer in one word.')
    assert loaded.modalities == ('camera', 'lidar')
    assert loaded.system_prompt == 'Answer in one word.'
    assert loaded.training_summary['camera'] == {'steps': 3, 'loss': 0.5}
    for modality in loaded.modalities:
        assert loaded[modality].config == expected[modality].config
        for name, tensor in expected[modality].state_dict().items():
            assert torch.equal(loaded[modality].state_dict()[name], tensor), name


def test_loaded_connectors_make_the_same_slots(saved: Path) -> None:
    expected = connectors(llm()).slots({'camera': latents()})
    given = Connectors.load(saved, llm()).slots({'camera': latents()})
    assert given is not None and expected is not None
    assert all(a and b and torch.equal(a.key, b.key) for a, b in zip(given, expected))


def test_a_closed_gate_stays_closed_in_the_file(tmp_path: Path) -> None:
    given = connectors(llm())
    given['camera'].gate.close(1)
    given.save(tmp_path)
    assert Connectors.load(tmp_path, llm())['camera'].is_closed(1)


def test_there_is_one_readable_file_per_modality(saved: Path) -> None:
    assert sorted(path.name for path in saved.iterdir()) == [
        'camera.safetensors', 'lidar.safetensors']
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in saved.iterdir())


def test_the_same_connectors_are_the_same_bytes(saved: Path) -> None:
    before = (saved / 'camera.safetensors').read_bytes()
    Connectors.load(saved, llm()).save(saved)
    assert (saved / 'camera.safetensors').read_bytes() == before


def test_a_failed_save_leaves_the_old_file_and_no_other(
        saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (saved / 'camera.safetensors').read_bytes()

    def fail(*_: object) -> None:
        raise OSError('disk full')
    monkeypatch.setattr(connector_file.os, 'fsync', fail)
    with pytest.raises(OSError, match='disk full'):
        connectors(llm(), seed=5).save(saved)
    assert (saved / 'camera.safetensors').read_bytes() == before
    assert len(list(saved.iterdir())) == 2


def other_llm(**changes: Any) -> LanguageModel:
    arguments = {'id': 'other', 'weights_hash': 'b' * 64, **changes.pop('names', {})}
    return LanguageModel(model('llama', **changes), tokenizer(), **arguments)


@pytest.mark.parametrize(('changes', 'words'), [
    ({}, r"'tiny-llama' with weights aaaaaaaaaaaa.*'other' with weights bbbbbbbbbbbb"),
    ({'num_hidden_layers': 3}, r'has 4 blocks of 2 key/value heads x 8; .* has 3 of 2 x 8'),
    ({'num_attention_heads': 2}, r'2 key/value heads x 8; .* of 2 x 16'),
])
def test_connectors_for_another_llm_are_refused(
        saved: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConnectorMismatch, match=words):
        Connectors.load(saved, other_llm(**changes))


def test_the_same_weights_under_another_name_are_accepted(saved: Path) -> None:
    renamed = other_llm(names={'id': 'a-local-copy', 'weights_hash': 'a' * 64})
    assert Connectors.load(saved, renamed).modalities == ('camera', 'lidar')


def open_gate(manifest: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    del tensors['gate.logit']


def put(**values: Any) -> Edit:
    return lambda manifest, tensors: manifest.update(values)


def rename(manifest: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    tensors['aligner.colour.weight'] = tensors.pop('aligner.view.weight')


def halve(manifest: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    tensors['aligner.mix.bias'] = tensors['aligner.mix.bias'].half()


def spoil(manifest: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    tensors['aligner.mix.bias'][0] = float('nan')


def forget(manifest: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    del manifest['encoder_weights_hash']


@pytest.mark.parametrize(('change', 'words'), [
    (put(version=2), 'version 2, this mpnp_ros reads version 1'),
    (forget, r"lacks \['encoder_weights_hash'\]"),
    (put(flavour='sweet'), r"unknown entries \['flavour'\]"),
    (put(width='12'), "width is '12', expected a value of type int"),
    (put(connected_blocks=0), 'connected_blocks is 0, expected at least 1'),
    (put(connected_blocks=5), '5 connected blocks: the LLM has 4'),
    (put(modality='front camera'), "modality 'front camera'"),
    (put(modality='radar'), r"of modality 'radar', expected the file name radar.safetensors"),
    (put(width=13), r'aligner.normalise.bias is torch.float32 \[12\], its manifest says .*\[13\]'),
    (put(connected_blocks=3), 'its manifest says'),
    (put(hidden=10 ** 9), 'its manifest says'),
    (put(faithful=True), r"lacks tensors \['aligner.key.0.bias'"),
    (open_gate, r"lacks tensors \['gate.logit'\]"),
    (rename, r"unknown ones \['aligner.colour.weight'\]"),
    (halve, r'aligner.mix.bias is torch.float16 \[32\], its manifest says torch.float32 \[32\]'),
    (spoil, 'aligner.mix.bias holds NaN or infinity'),
    (put(system_prompt='Be brief.'), 'different system prompts'),
])
def test_files_that_were_changed_are_refused(saved: Path, change: Edit, words: str) -> None:
    edit(saved / 'camera.safetensors', change)
    with pytest.raises(ConnectorMismatch, match=words):
        Connectors.load(saved, llm())


@pytest.mark.parametrize('kept', [0, 4, 100, 5000])
def test_a_truncated_file_is_refused(saved: Path, kept: int) -> None:
    path = saved / 'lidar.safetensors'
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ConnectorMismatch, match=r'lidar.safetensors cannot be read .*truncated'):
        Connectors.load(saved, llm())


def test_a_file_of_something_else_is_refused(saved: Path) -> None:
    save_file({'weight': torch.zeros(3)}, saved / 'radar.safetensors')
    with pytest.raises(ConnectorMismatch, match='radar.safetensors has no connector manifest'):
        Connectors.load(saved, llm())


@pytest.mark.parametrize('folder', ['.', 'nowhere'])
def test_a_folder_without_connectors_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(ConnectorMismatch, match='no connectors there'):
        Connectors.load(tmp_path / folder, llm())


def test_what_cannot_be_written_as_json_is_refused_before_anything_is_written(
        tmp_path: Path) -> None:
    given = connectors(llm())
    given.training_summary = {'camera': {'rates': torch.zeros(1)}}
    with pytest.raises(TypeError, match='JSON'):
        given.save(tmp_path)
    assert list(tmp_path.iterdir()) == []
