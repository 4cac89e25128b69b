# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Turn a dynamically quantised ONNX export of a CLIP image tower into a Hugging Face folder.

The export keeps the matrices as int8 with a scale per output column, which are multiplied out
here; biases, norms and embeddings are float32 under their Hugging Face names. The quantised
activations of the export are not carried over: they are what makes it differ from the original.
"""

from __future__ import annotations

from collections.abc import Sequence
import json
from pathlib import Path

import numpy as np
import torch

from mpnp_ros.core.weights_convert import save_tensors

# Attention heads are not visible in the weights; CLIP uses 64 channels per head in every size
# (Radford et al. 2021, table 20).
_HEAD_DIM = 64
# Of the training data (CLIP's image preprocessing), RGB in [0, 1].
_MEAN = [0.48145466, 0.4578275, 0.40821073]
_STD = [0.26862954, 0.26130258, 0.27577711]


def convert(files: Sequence[Path], folder: Path) -> None:
    """Write the vision model of one quantised ONNX file into `folder` as float16.

    float16 adds a relative rounding error of 2e-4 to weights that int8 already rounded by 4e-3.

    :raises ImportError: the package onnx is missing.
    :raises ValueError: the graph is not a CLIP vision transformer exported with its names.
    """
    try:
        import onnx
    except ImportError as error:
        raise ImportError(
            'converting the CLIP weights needs the package onnx: `pip install onnx`') from error
    source, = files
    graph = onnx.load(str(source)).graph
    constants = {constant.name: np.asarray(onnx.numpy_helper.to_array(constant))
                 for constant in graph.initializer}
    tensors = {name: value for name, value in constants.items()
               if name.startswith('vision_model.') and value.dtype == np.float32}
    for node in graph.node:
        if node.op_type == 'MatMulInteger':
            # '/vision_model/encoder/layers.0/mlp/fc1/MatMul_quant' -> '….layers.0.mlp.fc1.weight'
            name = '.'.join(node.name.split('/')[1:-1]) + '.weight'
            tensors[name] = _weight(constants, node.input[1].removesuffix('_quantized'))
    if 'vision_model.embeddings.patch_embedding.weight' not in tensors:
        raise ValueError(f'{source.name}: expected an export of a CLIP vision model, found '
                         f'{", ".join(sorted(tensors)[:3]) or "no weights"}')
    save_tensors({name: torch.tensor(value).to(torch.float16)
                  for name, value in tensors.items()}, folder / 'model.safetensors')
    config = _config(tensors)
    _write(folder / 'config.json', config)
    side = config['image_size']
    _write(folder / 'preprocessor_config.json', {
        'image_processor_type': 'CLIPImageProcessor', 'image_mean': _MEAN, 'image_std': _STD,
        'rescale_factor': 1 / 255, 'resample': 3, 'size': {'height': side, 'width': side},
        'do_center_crop': False})


def _weight(constants: dict[str, np.ndarray], name: str) -> np.ndarray:
    """Multiply out one int8 matrix [in, out], giving torch's [out, in]."""
    quantised = constants[f'{name}_quantized'].astype(np.float32)
    zero_point = constants[f'{name}_zero_point'].astype(np.float32)
    scale = constants[f'{name}_scale']
    return ((quantised - zero_point) * scale).T


def _config(tensors: dict[str, np.ndarray]) -> dict[str, object]:
    """Read the sizes off the tensors."""
    prefix = 'vision_model.embeddings'
    hidden, channels, patch, _ = tensors[f'{prefix}.patch_embedding.weight'].shape
    positions, _ = tensors[f'{prefix}.position_embedding.weight'].shape
    layers = 1 + max(int(name.split('.')[3]) for name in tensors if '.encoder.layers.' in name)
    intermediate, _ = tensors['vision_model.encoder.layers.0.mlp.fc1.weight'].shape
    projection, _ = tensors['visual_projection.weight'].shape
    return {
        'architectures': ['CLIPVisionModelWithProjection'], 'model_type': 'clip_vision_model',
        'dtype': 'float16', 'hidden_size': hidden, 'intermediate_size': intermediate,
        'num_hidden_layers': layers, 'num_attention_heads': hidden // _HEAD_DIM,
        'num_channels': channels, 'patch_size': patch, 'projection_dim': projection,
        'image_size': patch * round((positions - 1) ** 0.5),
        'hidden_act': 'quick_gelu', 'layer_norm_eps': 1e-5, 'attention_dropout': 0.0}


def _write(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + '\n')
