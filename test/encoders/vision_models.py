# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Vision models of transformers, tiny and randomly initialised, saved as users have them."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from transformers import (
    AutoModel,
    BeitConfig,
    CLIPConfig,
    CLIPVisionConfig,
    DeiTConfig,
    Dinov2Config,
    Dinov2WithRegistersConfig,
    PretrainedConfig,
    SiglipConfig,
    SiglipVisionConfig,
    ViTConfig,
)

SIZE, PATCH, WIDTH = 32, 8, 24
_VISION = {'hidden_size': WIDTH, 'num_hidden_layers': 2, 'num_attention_heads': 2,
           'intermediate_size': 48, 'image_size': SIZE, 'patch_size': PATCH}
_TEXT = {'hidden_size': 16, 'num_hidden_layers': 1, 'num_attention_heads': 2,
         'intermediate_size': 16, 'vocab_size': 99, 'bos_token_id': 0, 'eos_token_id': 1}

VISION_TRANSFORMERS: dict[str, PretrainedConfig] = {
    'vit': ViTConfig(**_VISION),
    'deit': DeiTConfig(**_VISION),
    'beit': BeitConfig(**_VISION),
    'dinov2': Dinov2Config(**_VISION),
    'dinov2_registers': Dinov2WithRegistersConfig(**_VISION),
    'clip_vision': CLIPVisionConfig(**_VISION),
    'clip': CLIPConfig(vision_config=_VISION, text_config=_TEXT),
    'siglip_vision': SiglipVisionConfig(**_VISION),
    'siglip': SiglipConfig(vision_config=_VISION, text_config=_TEXT),
}


def save_model(config: PretrainedConfig, folder: Path) -> str:
    """Save a model with random weights, and its preprocessing; return the folder as text."""
    torch.manual_seed(0)
    AutoModel.from_config(config).save_pretrained(folder)
    (folder / 'preprocessor_config.json').write_text(json.dumps({
        'image_mean': [0.5, 0.4, 0.3], 'image_std': [0.2, 0.25, 0.3], 'resample': 3,
        'rescale_factor': 1 / 255, 'size': {'height': SIZE, 'width': SIZE}}))
    return str(folder)
