# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Any vision transformer of Hugging Face: which work, what they are fed, which are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from pictures import scene
import pytest
import torch
from transformers import AutoModel, LlamaConfig, SwinConfig, ViTConfig
from vision_models import PATCH, save_model, SIZE, VISION_TRANSFORMERS, WIDTH

from mpnp_ros.core.weights import weights_hash, WeightsMissing
from mpnp_ros.encoders.base import create, Encoder, View

GRID = SIZE // PATCH


def encoder(folder: str, **options: Any) -> Encoder:
    return create('camera_huggingface', {
        'model': folder, 'rows': GRID, 'columns': GRID, **options})


def tokens(one: Encoder, picture: np.ndarray) -> torch.Tensor:
    return one.encode([picture], [View('front')]).tokens


def normalised(picture: np.ndarray) -> torch.Tensor:
    """Return what the models are to be fed, as `vision_models` writes it down: [1, 3, H, W]."""
    pixels = (picture / 255 - [0.5, 0.4, 0.3]) / [0.2, 0.25, 0.3]
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float()


@pytest.mark.parametrize('name', VISION_TRANSFORMERS)
def test_patches_are_those_of_the_model_itself(name: str, tmp_path: Path) -> None:
    folder = save_model(VISION_TRANSFORMERS[name], tmp_path / name)
    whole = AutoModel.from_pretrained(folder)
    model = getattr(whole, 'vision_model', whole)
    picture = scene(SIZE, SIZE)
    with torch.inference_mode():
        expected = model(pixel_values=normalised(picture)).last_hidden_state[0, -GRID * GRID:]
    given = tokens(encoder(folder), picture)
    assert given.shape == (GRID * GRID + 1, WIDTH)
    torch.testing.assert_close(given[:-1], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(('name', 'pooled'), [
    ('vit', False), ('deit', False), ('beit', True), ('dinov2', True), ('dinov2_registers', True),
    ('clip', True), ('siglip', True)])
def test_whole_token_is_the_pooled_output_or_the_class_token(
    name: str, pooled: bool, tmp_path: Path
) -> None:
    folder = save_model(VISION_TRANSFORMERS[name], tmp_path / name)
    whole = AutoModel.from_pretrained(folder)
    model = getattr(whole, 'vision_model', whole)
    picture = scene(SIZE, SIZE)
    with torch.inference_mode():
        output = model(pixel_values=normalised(picture))
    expected = output.pooler_output[0] if pooled else output.last_hidden_state[0, 0]
    torch.testing.assert_close(
        tokens(encoder(folder), picture)[-1], expected, rtol=1e-4, atol=1e-4)


def test_an_inner_layer_can_be_chosen(tiny_vit: str) -> None:
    model = AutoModel.from_pretrained(tiny_vit)
    picture = scene(SIZE, SIZE)
    with torch.inference_mode():
        states = model(pixel_values=normalised(picture), output_hidden_states=True).hidden_states
    given = tokens(encoder(tiny_vit, layer=-2), picture)[:-1]
    torch.testing.assert_close(given, states[-2][0, 1:], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('name', ['vit', 'dinov2', 'siglip'])
def test_a_larger_input_interpolates_the_positions(name: str, tmp_path: Path) -> None:
    folder = save_model(VISION_TRANSFORMERS[name], tmp_path / name)
    larger = encoder(folder, input_size=2 * SIZE, rows=2 * GRID, columns=2 * GRID)
    assert tokens(larger, scene()).shape == (4 * GRID * GRID + 1, WIDTH)


def test_an_input_that_patches_do_not_divide_is_refused(tiny_vit: str) -> None:
    with pytest.raises(ValueError, match='33 x 33 pixels.*patch size, 8 x 8'):
        encoder(tiny_vit, input_size=33)


def test_a_layer_the_model_does_not_have_is_refused(tiny_vit: str) -> None:
    with pytest.raises(ValueError, match='layer -3.*2 layers'):
        encoder(tiny_vit, layer=-3)


@pytest.mark.parametrize('config', [
    SwinConfig(image_size=32, patch_size=4, embed_dim=8, depths=[1, 1], num_heads=[1, 1],
               window_size=4),
    LlamaConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
                vocab_size=99)], ids=['swin', 'llama'])
def test_what_is_no_vision_transformer_is_refused_by_its_name(
    config: Any, tmp_path: Path
) -> None:
    folder = save_model(config, tmp_path / 'some_model')
    with pytest.raises(ValueError, match='some_model.*vision transformer'):
        encoder(folder)


def test_weights_that_are_not_in_the_file_are_refused(tmp_path: Path) -> None:
    folder = save_model(VISION_TRANSFORMERS['vit'], tmp_path / 'vit')
    deeper = VISION_TRANSFORMERS['vit'].to_dict() | {'num_hidden_layers': 3}
    ViTConfig(**deeper).save_pretrained(folder)
    with pytest.raises(ValueError, match='weights of ViTModel are not in its files.*layer.*2'):
        encoder(folder)


def test_a_model_without_its_preprocessing_is_refused(tmp_path: Path) -> None:
    folder = save_model(VISION_TRANSFORMERS['vit'], tmp_path / 'vit')
    (tmp_path / 'vit' / 'preprocessor_config.json').unlink()
    with pytest.raises(ValueError, match='preprocessor_config.json'):
        encoder(folder)


@pytest.mark.parametrize(('settings', 'size'), [
    ({'size': {'height': 48, 'width': 32}}, (32, 48)),
    ({'size': {'shortest_edge': 40}}, (40, 40)),
    ({'size': 24}, (24, 24)),
    ({'size': {'shortest_edge': 40}, 'do_center_crop': True,
      'crop_size': {'height': 32, 'width': 32}}, (32, 32)),
    ({}, (SIZE, SIZE))])
def test_input_size_is_the_one_the_model_was_trained_on(
    settings: dict[str, Any], size: tuple[int, int], tmp_path: Path
) -> None:
    folder = save_model(VISION_TRANSFORMERS['vit'], tmp_path / 'vit')
    file = tmp_path / 'vit' / 'preprocessor_config.json'
    known = json.loads(file.read_text())
    del known['size']
    file.write_text(json.dumps(known | settings))
    assert encoder(folder).preprocessing.size == size


def test_id_and_hash_are_those_of_the_named_model(tiny_vit: str) -> None:
    one = encoder(tiny_vit)
    assert one.id.startswith(f'camera_huggingface/{Path(tiny_vit).name}/')
    assert one.weights_hash == weights_hash(tiny_vit)


def test_without_a_model_the_option_is_named() -> None:
    with pytest.raises(ValueError, match='option model is empty'):
        create('camera_huggingface')


def test_a_model_that_is_not_on_this_machine_is_told_with_the_command_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_CACHE', str(tmp_path))
    with pytest.raises(WeightsMissing, match='mpnp-weights fetch nobody/no-such-model'):
        encoder('nobody/no-such-model')
